"""Every shape of table gives the same flows; a table of something else is refused with the nearest names."""

import ibis
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import flowkit as fk
from flowkit.errors import FormatError
from flowkit.tables import mapped
from tests.tables.conftest import WINDOW

SHAPES = ("parquet", "text", "dashed", "old_names", "security_lake")


@pytest.fixture(scope="module", params=SHAPES)
def flows(lake, request):
    return fk.connect(lake, request.param, **WINDOW)


def rows(flows, columns):
    frame = flows.table.select(*columns).to_pyarrow().to_pandas(integer_object_nulls=True)
    return frame.sort_values(columns, ignore_index=True).astype("object").where(lambda cells: cells.notna(), None)


def test_the_records_are_the_same(flows, sample):
    columns = [name for name in sample.fields if name in flows.fields and name != "version"]
    assert set(sample.fields) - set(flows.fields) <= {"sublocation_type", "sublocation_id"}
    assert_frame_equal(rows(flows, columns), rows(sample, columns), check_dtype=False)


def test_what_was_not_logged_is_told_apart(flows, sample):
    assert flows.status_records.count().to_pyarrow().as_py() == sample.status_records.count().to_pyarrow().as_py()


def test_an_analysis_gives_the_same_answer(flows, sample):
    answer, expected = (fk.analysis.reject_timeline(of) for of in (flows, sample))
    assert len(expected)
    assert_frame_equal(answer, expected, check_dtype=False)


def test_the_lake_keeps_other_addresses_apart():
    lake = ibis.duckdb.connect()
    lake.raw_sql(
        "CREATE TABLE t AS SELECT {ip: '203.0.113.9', port: 443, intermediate_ips: ['10.0.0.5']} AS src_endpoint, "
        "{ip: '10.0.1.9', port: 80, intermediate_ips: []::VARCHAR[]} AS dst_endpoint, 2 AS action_id, "
        "{protocol_num: 6, direction: 'Outbound', boundary_id: 11} AS connection_info, 1773129600000 AS time"
    )
    row = fk.connect(lake, "t").to_pandas().iloc[0]
    assert (row.srcaddr, row.pkt_srcaddr, row.dstaddr, row.pkt_dstaddr) == (
        "10.0.0.5", "203.0.113.9", "10.0.1.9", "10.0.1.9",
    )  # fmt: skip
    assert (row.action, row.flow_direction, row.traffic_path) == ("REJECT", "egress", 8)
    assert row.start == pd.Timestamp("2026-03-10T08:00Z")


def made(**columns):
    return ibis.memtable(columns)


FINE = {"srcaddr": ["10.0.0.1"], "dstaddr": ["10.0.0.2"], "start": [1773129600]}


@pytest.mark.parametrize(
    ("written", "value"),
    [("40", 40), ("-", None), ("4O", None), (40, 40), (40.0, 40)],
)
def test_numbers_are_numbers(written, value):
    (found,) = mapped(made(**FINE, bytes=[written])).bytes.to_pyarrow().to_pylist()
    assert found == value


@pytest.mark.parametrize("written", ["1773129600", "1773129600000", 1773129600, 1773129600000])
def test_milliseconds_become_seconds(written):
    assert mapped(made(**FINE | {"start": [written]})).start.to_pyarrow().to_pylist() == [1773129600]


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"price": [1]}, r"has no srcaddr, dstaddr, start\. Its columns are price\..*rename\(srcaddr="),
        (
            {"source_ip": ["a"], "dest_ip": ["b"], "@timestamp": [1]},
            r"srcaddr: perhaps 'source_ip', dstaddr: perhaps 'dest_ip', start: perhaps '@timestamp'\)",
        ),
        ({"srcaddr": ["a"], "dstaddr": ["b"], "\x1b[2J": [1]}, r"has no start\. .*x1b\[2J"),
        (FINE | {"srcAddr": ["x"]}, r"has the field srcaddr twice, once as 'srcAddr'\. Leave one out"),
    ],
)
def test_a_table_of_something_else_is_refused(columns, told):
    with pytest.raises(FormatError, match=told) as caught:
        mapped(made(**columns), name="lake.t")
    assert str(caught.value).startswith("lake.t ")
    assert "\x1b" not in str(caught.value)
