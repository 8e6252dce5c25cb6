"""What an engine refuses, or cannot be asked: in flowkit's words, with the next step, whatever library it came from."""

import re
from dataclasses import replace

import ibis
import pytest

import flowkit as fk
from flowkit import engine, remote
from flowkit.errors import QueryError


def error(module, name="SomeError"):
    """Return an error as a library raises it that is not installed here."""
    return type(name, (Exception,), {"__module__": module})


class Backend:
    """An engine by its name."""

    def __init__(self, name):
        self.name = name


RPC = """<_MultiThreadedRendezvous of RPC that terminated with:
\tstatus = StatusCode.UNAVAILABLE
\tdetails = "failed to connect to all addresses"
\tdebug_error_string = "UNKNOWN:Error received from peer"
>"""
REASON = "TABLE_GONE: it went\x1b[31m away\n\tat java.lang.Thread.run(Thread.java:840)"


@pytest.mark.parametrize(
    ("name", "raised", "told"),
    [
        (
            "pyspark",
            error("pyspark.errors.exceptions.captured"),
            r"pyspark says: TABLE_GONE: it went \[31m away\. Nothing",
        ),
        ("pyspark", error("py4j.protocol", "Py4JNetworkError"), r"away\. The connection is gone: connect again"),
        ("athena", error("pyathena.error"), "athena says: TABLE_GONE"),
        ("athena", error("botocore.exceptions"), "load it again"),
        ("trino", error("trino.exceptions"), "trino says"),
        ("trino", error("requests.exceptions", "ConnectionError"), "The connection is gone"),
    ],
)
def test_an_engines_own_error_is_told(name, raised, told):
    with pytest.raises(QueryError, match=told) as caught, remote.told(Backend(name)):
        raise raised(REASON)
    assert "java.lang" not in str(caught.value)
    assert isinstance(caught.value.__cause__, raised)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (RPC, 'pyspark says: "failed to connect to all addresses". The connection is gone: connect again'),
        ("[NO_ACTIVE_SESSION] No active Spark session found.", "No active Spark session found. The connection is gone"),
        ("[INVALID_HANDLE.SESSION_CHANGED] The handle is invalid.", "The handle is invalid. The connection is gone"),
    ],
)
def test_a_server_of_spark_connect_that_is_gone_is_told_as_that(reason, told):
    raised = error("pyspark.errors.exceptions.connect", "SparkConnectGrpcException")
    with pytest.raises(QueryError, match=re.escape(told)), remote.told(Backend("pyspark")):
        raise raised(reason)


@pytest.mark.parametrize(
    ("name", "raised"), [("pyspark", KeyError), ("athena", error("trino.exceptions")), ("", KeyError)]
)
def test_a_mistake_of_ours_is_not_called_a_refusal(name, raised):
    with pytest.raises(raised), remote.told(Backend(name)):
        raise raised(REASON)


def test_what_is_gone_is_told_of_sparks_errors_alone():
    with pytest.raises(KeyError), remote.told(Backend("pyspark")):
        raise KeyError("[NO_ACTIVE_SESSION]")  # such as a name of the user's


def test_a_long_reason_is_cut_and_an_empty_one_is_named():
    for reason, told in (("x" * 400, "x" * 299 + "…"), ("", "SomeError")):
        with pytest.raises(QueryError) as caught, remote.told(Backend("trino")):
            raise error("trino.exceptions")(reason)
        assert f"says: {told}. " in str(caught.value)


@pytest.mark.parametrize(("name", "most"), [("athena", 262_144), ("trino", 1_000_000)])
def test_what_takes_intermediate_results_is_refused_by_name(name, most):
    assert not remote.takes_steps(Backend(name))
    with pytest.raises(QueryError, match=rf"{name} cannot be asked .* {most:,} bytes.*materialise"):
        remote.check_takes_steps(Backend(name))


@pytest.mark.parametrize("name", ["pyspark", "duckdb", ""])
def test_what_an_engine_keeps_is_not_refused(name):
    assert remote.takes_steps(Backend(name))
    remote.check_takes_steps(Backend(name))


def test_it_is_refused_before_anything_is_asked(monkeypatch, here):
    monkeypatch.setattr(engine, "backend_of", lambda _expression: Backend("athena"))
    monkeypatch.setattr(engine, "arrow", lambda _expression: pytest.fail("the engine was asked"))
    origin = replace(here.origin)
    with pytest.raises(QueryError, match="materialise"):
        _ = origin.facts


@pytest.mark.spark
def test_what_ibis_cannot_say_is_told(spark):
    spark.create_view("odd", ibis.memtable({"text": ["a"]}), overwrite=True)
    table = spark.table("odd")
    with pytest.raises(QueryError, match=r"pyspark cannot be asked that: .*\. Instead bring the records"):
        engine.frame(table.aggregate(first=table.text.group_concat(",", order_by=table.text)))


@pytest.mark.spark
@pytest.mark.parametrize(
    "query", ["SELECT nope FROM flows", "SELEC 1", "SELECT * FROM elsewhere", "SELECT 1/0 FROM flows", ""]
)
def test_sql_that_spark_refuses(there, query):
    with pytest.raises(QueryError, match=r"pyspark (says|cannot)") as caught:
        there.sql(query)
    assert "Its columns are: version, account_id" in str(caught.value)


@pytest.mark.spark
def test_a_table_that_went_away(spark, log_file):
    spark.read_parquet(log_file, table_name="gone")
    flows = fk.load(spark.table("gone"))
    assert flows.count()
    spark.raw_sql("DROP VIEW gone")
    with pytest.raises(QueryError, match=r"pyspark says: \[TABLE_OR_VIEW_NOT_FOUND\].*load it again"):
        flows.count()
