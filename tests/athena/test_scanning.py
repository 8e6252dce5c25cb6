"""What a question would scan, from the sizes of files, and what it costs, before and after."""

import gzip

import boto3
import pytest

import flowkit as fk
from flowkit.athena import scanning
from flowkit.athena.asking import Asked
from flowkit.errors import AwsError, ScopeError
from tests.athena.stand_in import REGION, catalogued
from tests.faulty import refused

WINDOW = {"start": "2026-03-10T08:00Z", "end": "2026-03-10T09:00Z"}
DAYS = {"2026/03/09": 100, "2026/03/10": 200, "2026/03/11": 300, "2026/03/12": 400}
HOME = "AWSLogs/111122223333/vpcflowlogs/eu-central-1"


@pytest.fixture
def bucket(aws):
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="shop-flow-logs")
    for day, count in DAYS.items():
        name = f"111122223333_vpcflowlogs_eu-central-1_fl-1_{day.replace('/', '')}T0805Z_0.log.gz"
        s3.put_object(Bucket="shop-flow-logs", Key=f"{HOME}/{day}/{name}", Body=gzip.compress(b"")[:10] * (count // 10))
    catalogued("flows", {"srcaddr": "string"}, ("day",))
    catalogued("elsewhere", {"srcaddr": "string"}, ("day",), location="s3://shop-flow-logs/mine/")
    return aws


@pytest.mark.usefixtures("bucket")
def test_before_a_question_the_size_of_its_files_says_what_it_scans():
    told = fk.plan("athena://logs/flows", region=REGION, **WINDOW)
    assert (told.objects, told.bytes) == (2, 500)
    assert told.usd == pytest.approx((10 / 1024 / 1024 * 5, 10 / 1024 / 1024 * 5))
    text = str(told)
    assert "500 B: as stored" in text
    assert "0.00005 to 0.00005 USD" in text
    assert "of Parquet the columns it reads" in told._repr_html_()


@pytest.mark.usefixtures("bucket")
def test_where_files_lie_elsewhere_it_is_not_told():
    told = fk.plan("athena://logs/elsewhere", region=REGION, **WINDOW)
    assert (told.objects, told.bytes, told.usd[1]) == (None, None, None)
    assert "unknown" in str(told)
    assert "cannot be told without listing all files" in str(told)


@pytest.mark.usefixtures("bucket")
def test_a_window_without_files_scans_nothing():
    told = fk.plan("athena://logs/flows", region=REGION, start="2020-01-01T00:00Z", end="2020-01-02T00:00Z")
    assert (told.objects, told.bytes) == (0, 0)


def test_what_cannot_be_told(bucket):
    with pytest.raises(ScopeError, match="hangs on its window"):
        fk.plan("athena://logs/flows", region=REGION)
    bucket.on(lambda asked: asked.query.get("list-type"), refused(403, "AccessDenied"))
    with pytest.raises(AwsError, match="AccessDenied"):
        fk.plan("athena://logs/flows", region=REGION, **WINDOW)


@pytest.mark.parametrize(
    ("scanned", "usd"),
    [(0, 0.0), (1, 5 * 10 / 2**20), (10 * 2**20, 5 * 10 / 2**20), (2**40, 5.0), (3 * 2**39, 7.5)],
)
def test_ten_megabytes_are_the_least_that_is_charged(scanned, usd):
    assert scanning.usd(scanned, "us-east-1") == pytest.approx(usd)


def test_after_a_question_athena_says_what_it_scanned(tmp_path, monkeypatch):
    asked = [Asked("SELECT 1", 2**40, 1.5), Asked("SELECT 1", 0, 0.0, kept=True)]
    frame = scanning.frame(asked, "us-east-1")
    assert frame.to_dict("list") == {
        "scanned": [2**40, 0], "usd": [5.0, 0.0], "seconds": [1.5, 0.0], "kept": [False, True],
        "query": ["SELECT 1", "SELECT 1"],
    }  # fmt: skip
    monkeypatch.setenv("FLOWKIT_PRICES", str(tmp_path / "missing.json"))
    assert scanning.frame(asked, "us-east-1").usd.isna().tolist() == [True, False]
    assert scanning.priced(2**40, None) == "1.1 TB (price unknown)"


def test_flows_that_are_not_in_athena():
    with pytest.raises(fk.FlowkitError, match="not in Athena"):
        fk.athena.queries(fk.load("sample"))
