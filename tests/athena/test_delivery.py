"""How a flow log is delivered: from DescribeFlowLogs, and what no table can hold."""

import json

import pytest

from flowkit.athena import Delivery
from flowkit.athena.delivery import alike, chosen, elsewhere, placed
from flowkit.errors import FormatError, SourceError
from flowkit.inventory import FlowLog, read

FORMAT = "${version} ${account-id} ${interface-id}"


def flow_log(name="fl-1", **options):
    told = {"destination": "arn:aws:s3:::flow-logs/net", "destination_type": "s3", "log_format": FORMAT}
    return FlowLog(flow_log_id=name, **{**told, **options})


def test_it_is_read_from_the_answer_of_aws(tmp_path):
    answer = {
        "FlowLogId": "fl-1", "LogDestinationType": "s3", "LogDestination": "arn:aws-us-gov:s3:::flow-logs/net/",
        "LogFormat": FORMAT, "CreationTime": "2026-03-01T10:00:00+00:00",
        "DestinationOptions": {
            "FileFormat": "parquet", "HiveCompatiblePartitions": True, "PerHourPartition": True,
        },
    }  # fmt: skip
    (tmp_path / "answer.json").write_text(json.dumps({"FlowLogs": [answer]}))
    made = Delivery.of(chosen(read(tmp_path).flow_logs, None), accounts=["111122223333"])
    assert (made.root, made.parquet, made.hive, made.hourly) == ("s3://flow-logs/net/AWSLogs/", True, True, True)
    assert str(made.since) == "2026-03-01"
    assert made.log_format.columns == ("version", "account_id", "interface_id")


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("s3://b-1", ("b-1", "")),
        ("s3://b-1/", ("b-1", "")),
        ("s3://b-1/net/prod/", ("b-1", "net/prod")),
        ("s3://b-1/AWSLogs/111122223333/vpcflowlogs/eu-central-1/", ("b-1", "")),
        ("s3://b-1/net/AWSLogs/", ("b-1", "net")),
        ("arn:aws:s3:::b-1/net/", ("b-1", "net")),
    ],
)
def test_a_place_is_given_in_several_ways(location, place):
    assert placed(location) == place


@pytest.mark.parametrize("location", ["b-1/net", "https://b-1", "arn:aws:logs:eu-central-1:1:log-group:x", ""])
def test_a_place_that_is_none(location):
    with pytest.raises(SourceError, match="s3://bucket/prefix"):
        placed(location)


CLOUDWATCH = flow_log("fl-2", destination="/vpc/a", destination_type="cloud-watch-logs")


@pytest.mark.parametrize(
    ("flow_logs", "named", "told"),
    [
        ([], None, "none of 0 flow logs goes to S3"),
        ([CLOUDWATCH], None, "none of 1 flow log goes to S3"),
        ([flow_log(), flow_log("fl-3", hive=True)], None, "Name one: fl-1 to .*, fl-3 to "),
        ([flow_log()], "fl-9", "no flow log 'fl-9'.*fl-1 to"),
    ],
)
def test_which_flow_log_is_meant_must_be_clear(flow_logs, named, told):
    with pytest.raises(SourceError, match=told):
        chosen(flow_logs, named)


def test_flow_logs_that_share_a_table_need_not_be_told_apart():
    every = [flow_log(), CLOUDWATCH, flow_log("fl-3")]
    assert chosen(every, None).flow_log_id == "fl-1"
    assert [one.flow_log_id for one in alike(every[0], every)] == ["fl-1", "fl-3"]


@pytest.mark.parametrize(
    ("flow_logged", "beside", "told"),
    [
        (CLOUDWATCH, [], "fl-2 goes to /vpc/a .*Athena reads S3 only"),
        (flow_log(log_format=""), [], "fl-1 has no LogFormat"),
        (flow_log(), [flow_log("fl-3", log_format="${region} ${version}")], "fl-3 delivers to the same place"),
        (flow_log(), [flow_log("fl-3", file_format="parquet")], "fl-3 delivers .*fk.load.'s3://flow-logs/net'"),
        (flow_log(destination="arn:aws:s3:::it's\x1b[2J"), [], r"x1b\[2J"),
    ],
)
def test_what_no_table_can_hold_is_refused(flow_logged, beside, told):
    with pytest.raises((SourceError, FormatError), match=told) as caught:
        Delivery.of(flow_logged, beside=beside)
    assert "\x1b" not in str(caught.value)


def test_what_may_lie_beside_it():
    other = flow_log("fl-3", destination="arn:aws:s3:::flow-logs/other", log_format="${region}")
    broken = flow_log("fl-4", destination="nowhere", log_format="${region}")
    assert Delivery.of(flow_log(), beside=[other, broken, CLOUDWATCH]).prefix == "net"
    parquet = flow_log(file_format="parquet")
    assert Delivery.of(parquet, beside=[flow_log("fl-3", file_format="parquet", log_format="${region}")]).parquet
    assert [one.flow_log_id for one in elsewhere(parquet, [other, broken, flow_log("fl-5", hourly=True)])] == ["fl-5"]
