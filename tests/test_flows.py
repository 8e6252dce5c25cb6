"""Flows: the names of the contract, what they give, and what they say where a field is lacking."""

from datetime import UTC, datetime

import ibis
import pandas as pd
import pytest

import flowkit as fk
from flowkit.errors import FormatError, MissingFieldError, QueryError, ScopeError, UnknownFieldError

LOG = """\
version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
2 123456789010 eni-1 10.0.0.1 10.0.0.2 40000 22 6 20 4249 1418530010 1418530070 ACCEPT OK
2 123456789010 eni-1 10.0.0.1 10.0.0.3 40001 443 6 - - 1418530020 1418530080 REJECT OK
2 123456789010 eni-1 - - - - - - - 1418530100 1418530160 - NODATA
2 123456789010 eni-2 - - - - - - - 1418533700 1418533760 - SKIPDATA
bogus!
"""
START = datetime(2014, 12, 14, 4, 6, 50, tzinfo=UTC)


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(LOG)


def test_counts_and_fields(flows):
    assert flows.count() == 2
    assert flows.fields == LOG.splitlines()[0].replace("-", "_").split()
    assert list(flows.table.columns) == flows.fields
    assert str(flows.scope) == "all records"


def test_the_frame_has_the_types_of_the_contract(flows):
    frame = flows.to_pandas().sort_values("start", ignore_index=True)
    types = frame.dtypes.astype(str).to_dict()
    assert types["bytes"] == types["packets"] == "Int64"
    assert types["srcport"] == types["version"] == "int64"
    assert types["start"].endswith("UTC]")
    assert (frame.start[0], frame.bytes[0], frame.bytes.isna().tolist()) == (START, 4249, [False, True])
    assert "vpc_id" not in frame


def test_the_ledger_has_the_columns_of_the_contract(flows):
    (row,) = flows.ledger.to_dict("records")
    assert list(flows.ledger)[:11] == (
        [
            "object",
            "sha256",
            "bytes",
            "lines",
            "headers",
            "records",
            "nodata",
            "skipdata",
            "refused",
            "duplicate_of",
            "damaged_at",
        ]
    )
    assert [row[name] for name in ("lines", "headers", "records", "nodata", "skipdata", "refused")] == [
        6,
        1,
        2,
        1,
        1,
        1,
    ]
    assert row["bytes"] == len(LOG)
    assert str(flows.ledger.damaged_at.dtype) == "Int64"


def test_refused_lines(flows):
    (row,) = flows.refused.drop(columns="object").to_dict("records")
    assert row == {"line": 6, "reason": "1 columns, the format has 14", "text": "bogus!"}


def test_narrowing_gives_new_flows(flows):
    rejected = flows.narrow(action="REJECT")
    assert (rejected.count(), flows.count()) == (1, 2)
    assert rejected.narrow(dstport=22).count() == 0
    assert repr(rejected.narrow(address="10.0.0.3").scope) == "Scope(address='10.0.0.3', action='REJECT')"


@pytest.mark.parametrize(
    ("scope", "statuses"),
    [
        ({}, ["NODATA", "SKIPDATA"]),
        ({"interface_id": "eni-1"}, ["NODATA"]),
        ({"end": "2014-12-14T05:00Z"}, ["NODATA"]),
        ({"start": "2014-12-14T05:00Z"}, ["SKIPDATA"]),
        ({"dstport": 22}, ["NODATA", "SKIPDATA"]),
    ],
)
def test_status_records_follow_resources_and_window(flows, scope, statuses):
    assert sorted(flows.narrow(**scope).status_records.log_status.to_pyarrow().to_pylist()) == statuses


def test_sql_reads_from_flows_in_scope(flows):
    frame = flows.narrow(action="ACCEPT").sql("SELECT count(*) AS n, sum(bytes) AS bytes FROM flows;")
    assert frame.to_dict("records") == [{"n": 1, "bytes": 4249}]
    assert flows.sql('SELECT "end" FROM flows WHERE dstport = 443').iloc[0, 0] == pd.Timestamp("2014-12-14 04:08:00Z")


def test_sql_that_the_engine_refuses_says_what_columns_there_are(flows):
    with pytest.raises(QueryError, match="srcaddr"):
        flows.sql("SELECT nothing FROM flows")


@pytest.mark.parametrize(
    ("scope", "error"),
    [
        ({"vpc_id": "vpc-1"}, MissingFieldError),
        ({"subnet_id": "subnet-1"}, MissingFieldError),
        ({"dst_port": 22}, ScopeError),
        ({"start": "2014-12-14"}, ScopeError),
    ],
)
def test_a_scope_that_cannot_be_answered_is_refused_at_once(flows, scope, error):
    with pytest.raises(error):
        flows.narrow(**scope)


def test_a_field_is_asked_for_by_any_spelling(flows):
    assert flows.field("srcAddr").column == "srcaddr"
    with pytest.raises(MissingFieldError, match="traffic by flag needs the field tcp-flags"):
        flows.field("tcp_flags", "traffic by flag")
    with pytest.raises(UnknownFieldError):
        flows.field("flags")


DIRECTIONS = """\
interface-id srcaddr dstaddr bytes
eni-1 10.0.0.1 10.0.0.2 1
eni-1 10.0.0.2 10.0.0.1 2
eni-1 10.0.0.1 203.0.113.9 3
eni-1 fd00::1 fd00::2 4
eni-1 fd00::3 fd00::1 5
eni-2 10.0.0.2 10.0.0.1 6
eni-2 10.0.0.3 10.0.0.2 7
"""


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({"direction": "egress"}, [1, 3, 4, 6]),
        ({"direction": "ingress"}, [2, 5, 7]),
        ({"direction": "egress", "interface_id": "eni-2"}, [6]),
    ],
)
def test_direction_is_derived_from_the_interfaces_own_address(load_lines, scope, expected):
    flows = load_lines(DIRECTIONS).narrow(**scope)
    assert sorted(flows.to_pandas().bytes) == expected
    assert "flow_direction" not in flows.fields


def test_direction_where_the_log_has_it(load_lines):
    flows = load_lines("interface-id srcaddr flow-direction\neni-1 10.0.0.1 egress\neni-1 10.0.0.2 ingress")
    assert flows.narrow(direction="ingress").to_pandas().srcaddr.tolist() == ["10.0.0.2"]


def test_direction_that_cannot_be_derived_is_missing(load_lines):
    with pytest.raises(MissingFieldError, match="flow-direction"):
        load_lines("srcaddr dstaddr\n10.0.0.1 10.0.0.2").narrow(direction="ingress")


def test_without_log_status_and_action(load_lines):
    flows = load_lines("srcaddr dstaddr bytes\n10.0.0.1 10.0.0.2 5\n- - -")
    assert (flows.count(), flows.status_records.count().to_pyarrow().as_py(), len(flows.refused)) == (1, 0, 1)
    with pytest.raises(MissingFieldError, match="action"):
        flows.narrow(action="REJECT")
    with pytest.raises(MissingFieldError, match="start"):
        flows.narrow(start="2014-12-14T00:00Z")


def test_an_empty_result_has_the_columns_and_no_rows(flows):
    none = flows.narrow(dstport=9)
    assert (none.count(), list(none.to_pandas()), len(none.to_pandas()), none.span) == (0, flows.fields, 0, None)
    assert none.sql("SELECT * FROM flows").empty
    assert "0" in repr(none)
    assert none._repr_html_()


def test_a_window_at_loading(load_lines):
    flows = load_lines(LOG, start="2014-12-14T04:07Z", end="2014-12-14T05:00Z")
    assert (flows.count(), len(flows.ledger)) == (1, 1)
    with pytest.raises(ScopeError, match="time zone"):
        load_lines(LOG, start="2014-12-14")


def test_an_ibis_table_is_a_source():
    table = ibis.memtable(
        {
            "srcaddr": ["10.0.0.1", "10.0.0.2", None],
            "dstaddr": ["10.0.0.9", "10.0.0.9", None],
            "start": [1418530010, 1418530020, 1418530030],
            "log_status": ["OK", "OK", "NODATA"],
        }
    )
    flows = fk.load(table, start="2014-12-14T04:06:55Z")
    assert flows.to_pandas().srcaddr.tolist() == ["10.0.0.2"]
    assert flows.narrow(address="10.0.0.0/24").count() == 1
    assert fk.load(table).status_records.count().to_pyarrow().as_py() == 1
    assert fk.load(table).ledger.empty
    assert fk.load(table).refused.empty
    assert fk.load(table).sql("SELECT max(srcaddr) AS a FROM flows").a[0] == "10.0.0.2"


def test_a_table_of_something_else_is_refused():
    with pytest.raises(FormatError, match="city"):
        fk.load(ibis.memtable({"city": ["Paris"]}))
