"""An Ibis table as the source: as a lake has it, with dashes, seconds or times without a zone."""

from datetime import UTC, datetime

import ibis
import pyarrow as pa
import pytest

import flowkit as fk
from flowkit.errors import FormatError, QueryError, SourceError

START = datetime(2026, 3, 10, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def flows():
    rows = {
        "srcAddr": ["10.0.0.1", "10.0.0.2", "-"],
        "dstaddr": ["10.0.0.2", "10.0.0.1", None],
        "bytes": pa.array([5, 6, None], pa.int64()),
        "start": [START.replace(tzinfo=None)] * 3,
        "end": pa.array([1773129659] * 3, pa.int32()),
        "action": ["ACCEPT", "-", "-"],
        "log_status": ["OK", None, "SKIPDATA"],
    }
    return fk.load(ibis.memtable(pa.table(rows)))


def test_its_columns_get_awss_names_and_types(flows):
    frame = flows.to_pandas()
    assert flows.fields == ["srcaddr", "dstaddr", "bytes", "start", "end", "action", "log_status"]
    assert sorted(frame.bytes) == [5, 6]
    assert frame[["start", "end"]].dtypes.astype(str).tolist() == ["datetime64[us, UTC]"] * 2
    assert frame[["start", "end"]].iloc[0].tolist() == [START, START.replace(second=59)]
    assert frame.action.isna().sum() == 1
    assert flows.status_records.to_pyarrow()["srcaddr"].to_pylist() == [None]


def test_it_is_narrowed_and_queried(flows):
    assert flows.narrow(start=START, end="2026-03-10T08:00:01Z", srcaddr="10.0.0.2").count() == 1
    assert flows.narrow(start="2026-03-10T08:00:01Z").count() == 0
    assert flows.sql("SELECT sum(bytes) AS b FROM flows").b[0] == 11


def test_it_has_no_lines_to_account_for(flows):
    assert (len(flows.ledger), len(flows.refused), len(flows.refused_by_reason)) == (0, 0, 0)
    with pytest.raises(SourceError, match="Load the objects themselves"):
        flows.messages()


@pytest.mark.parametrize("query", ["SELECT nope FROM flows", "SELEC 1", "SELECT * FROM elsewhere", ""])
def test_a_query_that_fails_names_the_columns(flows, query):
    with pytest.raises(QueryError, match="Its columns are: srcaddr, dstaddr, bytes"):
        flows.sql(query)


def test_a_users_own_table_called_flows():
    connection = ibis.duckdb.connect()
    connection.raw_sql("CREATE TABLE flows AS SELECT '10.0.0.1' AS srcaddr, '10.0.0.2' AS dstaddr, 40 AS bytes")
    flows = fk.load(connection.table("flows"))
    assert flows.sql("SELECT sum(bytes) AS b FROM flows").b[0] == 40


def test_a_table_of_something_else_is_refused():
    with pytest.raises(FormatError, match="its columns are name, price"):
        fk.load(ibis.memtable({"name": ["a"], "price": [1]}))
