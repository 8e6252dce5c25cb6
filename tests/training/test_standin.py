"""The stand-in holds the sample where AWS would: what is loaded from it is the sample."""

import os

import pytest

import flowkit as fk
from flowkit.training import standin

HOUR = {"start": "2026-03-10T08:00Z", "end": "2026-03-10T09:00Z"}
COLUMNS = ["interface_id", "srcaddr", "dstaddr", "srcport", "dstport", "start", "end", "bytes", "action"]


@pytest.fixture(scope="module")
def _filled():
    with standin.running():
        standin.fill()
        yield


def rows(flows):
    return sorted(map(tuple, flows.to_pandas()[COLUMNS].astype("str").itertuples(index=False)))


@pytest.fixture(scope="module")
def sample():
    return fk.load("sample")


@pytest.mark.usefixtures("_filled")
def test_the_bucket_is_the_sample(sample, tmp_path):
    assert fk.load("s3://shop-flow-logs", case=tmp_path).count() == sample.count() == 55_361
    assert rows(fk.load("s3://shop-flow-logs", case=tmp_path, **HOUR)) == rows(sample.narrow(**HOUR))


@pytest.mark.usefixtures("_filled")
@pytest.mark.parametrize(
    "scope",
    [
        {},
        {"interface_id": "eni-03f201a7a6e84c978"},
        {"address": "10.0.2.20", "action": "REJECT"},
        {"dstport": 5432, "protocol": "tcp"},
        {"dstaddr": "10.0.2.0/24"},
    ],
    ids=str,
)
def test_the_log_group_is_the_samples_first_hour(sample, tmp_path, scope):
    flows = fk.load("cloudwatch://eu-central-1//vpc/shop", case=tmp_path, **HOUR, **scope)
    assert rows(flows) == rows(sample.narrow(**HOUR, **scope))
    assert flows.status_records.count().execute() == sample.narrow(**HOUR, **scope).status_records.count().execute()


@pytest.mark.usefixtures("_filled")
def test_one_subnet_is_logged_one_in_part_and_one_not():
    assert sorted(fk.audit(region=standin.REGION).to_frame().covered) == ["no", "partly", "yes"]


def test_what_the_user_has_set_up_is_back_afterwards(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    before = dict(os.environ)
    with standin.pointed_at("http://127.0.0.1:1"):
        assert os.environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
        assert "AWS_PROFILE" not in os.environ
    assert dict(os.environ) == before
