"""``flowkit athena ddl``: the statement on standard output, what to know beside it on standard error."""

import json

import pytest

from flowkit.cli import main

FLOW_LOG = {
    "FlowLogId": "fl-1", "ResourceId": "vpc-1", "LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::logs/net",
    "LogFormat": "${region} ${srcaddr} ${end}", "CreationTime": "2026-03-01T10:00:00+00:00",
    "DestinationOptions": {"FileFormat": "plain-text", "HiveCompatiblePartitions": False, "PerHourPartition": True},
}  # fmt: skip


@pytest.fixture
def answer(tmp_path):
    """Return a function that saves an answer of describe-flow-logs and returns its path."""

    def save(*flow_logs):
        path = tmp_path / "describe-flow-logs.json"
        path.write_text(json.dumps({"FlowLogs": [FLOW_LOG | one for one in flow_logs]}))
        return str(path)

    return save


def test_the_sample(capsys):
    assert main(["athena", "ddl", "sample", "--table", "shop", "--database", "logs"]) == 0
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert lines[0] == "CREATE EXTERNAL TABLE IF NOT EXISTS `logs`.`shop` ("
    assert "  `region` string," in lines
    assert "  'projection.aws_account_id.values' = '111122223333'," in lines
    assert "LOCATION 's3://shop-flow-logs-111122223333/AWSLogs/'" in lines
    assert told.err == ""


def test_an_answer_of_aws_names_neither_account_nor_region(answer, capsys):
    assert main(["athena", "ddl", answer({}), "--region", "eu-central-1", "--since", "2026-02-01"]) == 0
    told = capsys.readouterr()
    assert "'projection.aws_region.values' = 'eu-central-1'" in told.out
    assert "'projection.aws_account_id.type' = 'injected'" in told.out
    assert "'projection.day.range' = '2026/02/01,NOW'" in told.out
    assert told.err == (
        "flowkit: Every query must name the account: with --account it is enumerated, and a query may leave it out.\n"
    )


def test_a_header_line_and_a_place(capsys):
    place = ["--location", "s3://logs/net", "--log-format", "srcaddr dstaddr region end"]
    options = ["--parquet", "--hive", "--hourly", "--account", "111122223333", "--region", "eu-central-1"]
    assert main(["athena", "ddl", *place, *options, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["notes"] == []
    assert "year=${year}/month=${month}/day=${day}/hour=${hour}/" in told["statement"]
    assert "STORED AS PARQUET" in told["statement"]


def test_other_folders_are_told(answer, capsys):
    other = {"FlowLogId": "fl-2", "DestinationOptions": {"HiveCompatiblePartitions": True}}
    assert main(["athena", "ddl", answer({}, other), "--flow-log", "fl-1"]) == 0
    assert "fl-2 delivers there into other folders" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "where the files lie is not said"),
        (["--location", "logs"], "Write it as s3://bucket/prefix"),
        (["--location", "s3://logs", "--flow-log", "fl-1"], "Name that too"),
        (["--location", "s3://logs", "--since", "yesterday"], "--since is no day"),
        (["--location", "s3://logs", "--log-format", "1;2"], "not a list of fields"),
        (["--location", "s3://logs", "--log-format", "srcaddr srcaddr"], "names srcaddr twice"),
        (["--location", "s3://lo'gs"], "is no bucket"),
        (["sample", "--parquet", "--log-format", "srcaddr"], "says already what --log-format, --parquet would"),
        (["sample", "--flow-log", "fl-9\x1b[2J"], "no flow log"),
        (["missing"], "no file or folder missing"),
    ],
)
def test_what_is_not_understood_ends_with_the_next_step(arguments, told, capsys):
    assert main(["athena", "ddl", *arguments]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert "\x1b" not in error
