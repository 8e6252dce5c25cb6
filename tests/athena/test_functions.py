"""The SQL of questions: it is Athena's grammar, its functions are ones that Athena has, and it writes nothing."""

import ibis
import pytest
import sqlglot
from sqlglot import expressions as sge

import flowkit as fk
from flowkit.athena.inline import InlineCompiler
from flowkit.scope import Scope
from flowkit.tables import Catalog, mapped, partitions

LISTED = """
abs approx_distinct approx_percentile arbitrary array_agg array_join array_max array_min array_sort avg bit_count
bitwise_and bitwise_and_agg bitwise_left_shift bitwise_not bitwise_or bitwise_or_agg bitwise_right_shift bitwise_xor
bool_and bool_or cardinality cast ceil ceiling coalesce concat contains count count_if date_add date_diff date_format
date_trunc day dense_rank element_at exp extract first_value floor format from_base from_hex from_iso8601_timestamp
from_unixtime greatest hour if lag last_value lead least length ln log10 lower lpad ltrim max max_by min min_by minute
mod month ntile nullif percent_rank pow power rank regexp_extract regexp_like regexp_replace repeat replace reverse
round row_number rpad rtrim second sequence sign slice split split_part sqrt starts_with stddev_pop stddev_samp strpos
substr substring sum to_base to_hex to_unixtime translate trim truncate try try_cast upper url_decode var_pop var_samp
year
"""
"""Of the functions of Trino, on which engine version 3 is built. Source: "Functions in Amazon Athena"."""
FUNCTIONS = set(LISTED.split())
SPECIAL = {"and", "or", "not", "case", "exists", "array", "row", "in", "between", "interval", ""}
"""What sqlglot counts among functions and is syntax."""


def called(sql):
    """Return the names of the functions in a query, as Athena's grammar reads it."""
    (tree,) = sqlglot.parse(sql, dialect="athena")
    assert isinstance(tree, (sge.Select, sge.Union, sge.Subquery)), "it writes nothing"
    assert not any(tree.find_all(sge.Create, sge.Insert, sge.Drop, sge.Delete, sge.Merge))
    found = set()
    for node in tree.find_all(sge.Func):
        name = node.name if isinstance(node, sge.Anonymous) else node.sql("athena").partition("(")[0]
        found.add(name.lower() if name.replace("_", "").isalnum() else "")
    return found


def check(sql):
    assert called(sql) - SPECIAL <= FUNCTIONS


FIELDS = {
    "version": "int32", "account_id": "string", "interface_id": "string", "srcaddr": "string", "dstaddr": "string",
    "srcport": "int32", "dstport": "int32", "protocol": "int32", "packets": "int64", "bytes": "int64", "start": "int64",
    "end": "int64", "action": "string", "log_status": "string", "flow_direction": "string",
}  # fmt: skip
END = "struct<ip: string, port: int32, intermediate_ips: array<string>, interface_uid: string>"
SECURITY_LAKE = {
    "time": "int64", "start_time_dt": "timestamp(3)", "end_time_dt": "timestamp(3)", "src_endpoint": END,
    "dst_endpoint": END, "connection_info": "struct<protocol_num: int32, direction: string, boundary_id: int32>",
    "traffic": "struct<bytes: int64, packets: int64>", "action_id": "int32", "status_code": "string",
    "eventday": "string",
}  # fmt: skip
TABLES = {
    "text": FIELDS | {"day": "string", "hour": "string"},
    "hive": FIELDS | {"year": "string", "month": "string", "day": "string", "hour": "string"},
    "all text": dict.fromkeys(FIELDS, "string"),
    "security lake": SECURITY_LAKE,
}


@pytest.mark.parametrize("columns", TABLES.values(), ids=TABLES)
def test_a_table_of_each_shape_is_read_with_what_athena_has(columns):
    table = ibis.table(columns, name="flows")
    scope = Scope(start="2026-03-10T08:00Z", end="2026-03-10T09:00Z", srcaddr="10.0.0.0/8", protocol="tcp")
    parts = partitions(table, Catalog(formats={"day": "yyyy/MM/dd", "eventday": "yyyyMMdd"}), lambda _: None)
    rows = mapped(parts.of_window(table, scope.start, scope.end), besides=parts.besides)
    flows = fk.load(rows).within(scope)
    check(ibis.to_sql(flows.stored, dialect="athena"))
    check(ibis.to_sql(flows.status_records, dialect="athena"))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"id": [1, 2], "label": ["it's", None]}, [(1, "it's"), (2, None)]),
        ({"id": [], "label": []}, []),
        ({"id": [None], "label": ["x;--"]}, [(None, "x;--")]),
    ],
)
def test_a_table_of_this_process_is_written_out_in_the_query(given, expected):
    table = ibis.memtable(given, schema={"id": "int64", "label": "string"})
    sql = InlineCompiler().to_sqlglot(table.mutate(id=table.id + 0)).sql("athena")
    check(sql)
    (written,) = sqlglot.transpile(sql, read="athena", write="duckdb")
    rows = ibis.duckdb.connect().con.sql(written).fetchall()
    assert rows == expected


def test_a_time_of_this_process_is_one_there():
    table = ibis.memtable({"at": ["2026-03-10T08:00:00"]}).mutate(at=ibis._.at.cast("timestamp"))
    made = ibis.memtable(table.to_pyarrow())
    sql = InlineCompiler().to_sqlglot(made).sql("athena")
    check(sql)
    assert "'2026-03-10 08:00:00'" in sql


@pytest.mark.parametrize("sql", ["SELECT epoch_ms(a) FROM t", "SELECT list_transform(a, 1) FROM t"])
def test_the_check_finds_what_athena_has_not(sql):
    assert called(sql) - SPECIAL - FUNCTIONS
