"""Records by their columns: a count is never taken for a time, and each refused line is looked at as text."""

import pyarrow as pa
import pytest

from flowkit.formats import LogFormat
from flowkit.redaction.logs import Records
from flowkit.redaction.texts import Texts

RECORD = (
    "2 111122223333 eni-03f201a7a6e84c978 10.0.1.5 8.8.8.8 443 5000 6 10 1773143100 1773143100 1773143159 ACCEPT OK"
)
NODATA = "2 111122223333 eni-03f201a7a6e84c978 - - - - - - - 1773143100 1773143159 - NODATA"
HEADER = "srcaddr dstaddr start instance-tag ecs-cluster-name bytes"


@pytest.fixture
def records(texts):
    return Records(texts)


def test_a_record(records, maps):
    made = next(records.lines([RECORD])).split(" ")
    assert made[1] == maps.account("111122223333")
    assert made[3:5] == [maps.address("10.0.1.5"), maps.address("8.8.8.8")]
    assert made[5:10] == ["443", "5000", "6", "10", "1773143100"]
    assert made[10] == str(maps.epoch(1_773_143_100))
    assert made[12:] == ["ACCEPT", "OK"]


def test_all_comes_back(records, back):
    lines = [
        HEADER,
        "10.0.1.5 fd00::15 1773143100 web%201 pay 111122223333",
        RECORD,
        NODATA,
        "",
        "no record of 10.0.1.5",
    ]
    made = list(records.lines(lines))
    assert made[0] == HEADER
    assert made[4] == ""
    assert "10.0.1.5" not in "".join(made)
    again = list(Records(Texts(back)).lines(made))
    assert again[:1] + again[2:] == lines[:1] + lines[2:]
    assert again[1] == lines[1].replace("%20", " ")


def test_names_met_in_columns_are_known(records):
    list(records.lines([HEADER, "10.0.1.5 - 1773143100 acme%20ltd pay 1"]))
    assert records.names == {"acme ltd", "pay"}


@pytest.mark.parametrize(
    "line",
    [
        "2 111122223333 eni-03f201a7a6e84c978 10.0.1.5 8.8.8.8",
        RECORD.replace("443", "x10.0.1.9"),
        RECORD.replace("10.0.1.5", "host/10.0.1.5"),
        RECORD.replace("ACCEPT", "\x1b[31m10.0.1.5"),
        "2026-03-10T08:00:00.000Z " + RECORD,
    ],
)
def test_what_does_not_fit_is_looked_at_as_text(records, line):
    made = "".join(Records(records.texts, LogFormat.parse("${version} ${srcaddr}")).lines([line])) + "".join(
        records.lines([RECORD, line])
    )
    assert not any(token in made for token in ("10.0.1.5", "10.0.1.9", "111122223333", "2026-03-10"))


def test_messages_by_the_format_that_is_told(records, maps):
    made = records.message("10.0.1.5 1773143100 1773143100", "${srcaddr} ${bytes} ${start}")
    assert made == f"{maps.address('10.0.1.5')} 1773143100 {maps.epoch(1_773_143_100)}"


def test_parquet(records, maps):
    table = pa.table({
        "srcaddr": pa.array(["10.0.1.5", None, "10.0.1.5"]).dictionary_encode(),
        "start": pa.array([1_773_143_100, None, 5], pa.int64()),
        "bytes": pa.array([1_773_143_100, 1, 2], pa.int64()),
        "seen": pa.array([1_773_143_100] * 3, pa.timestamp("s", "UTC")),
        "who": pa.array([["10.0.1.5"], [], None]),
    })  # fmt: skip
    made = records.table(table.replace_schema_metadata({"note": "10.0.1.5"}))
    assert made.schema.metadata is None
    assert made["srcaddr"].to_pylist() == [maps.address("10.0.1.5"), None, maps.address("10.0.1.5")]
    assert made["bytes"].to_pylist() == [1_773_143_100, 1, 2]
    assert made["start"][0].as_py() == maps.epoch(1_773_143_100)
    assert "10.0.1.5" not in str(made.to_pylist())


def test_csv(records, maps):
    text = '@timestamp,srcAddr,bytes,note,@ptr\n2026-03-10 08:00:00,10.0.1.5,1773143100,"a, 10.0.1.5",CmEKJg\n'
    made = records.csv(text).splitlines()
    assert made[0] == "@timestamp,srcAddr,bytes,note,@ptr"
    assert maps.address("10.0.1.5") in made[1]
    assert "1773143100" in made[1]
    assert not any(token in made[1] for token in ("10.0.1.5", "2026-03-10", "CmEKJg"))


def test_what_is_no_time_of_a_flow_log_stays(records):
    made = next(records.lines([RECORD.replace("1773143159", "0")]))
    assert made.split(" ")[11] == "0"
