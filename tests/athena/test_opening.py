"""``athena://database/table``: what is asked there, what comes back, and what is told when it does not."""

import boto3
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

import flowkit as fk
from flowkit.errors import AwsError, FlowkitError, QueryError, ScopeError, SourceError, StoppedError
from flowkit.stopping import Stop, stoppable
from tests.athena.stand_in import REGION, Athena, catalogued
from tests.athena.test_functions import check

WINDOW = {"start": "2026-03-10T08:00Z", "end": "2026-03-10T08:10Z"}
PROJECTED = {
    "projection.enabled": "true", "projection.aws_account_id.type": "enum", "projection.aws_region.type": "enum",
    "projection.day.type": "date", "projection.day.format": "yyyy/MM/dd",
}  # fmt: skip
KEYS = ("aws_account_id", "aws_region", "day")


@pytest.fixture(scope="module")
def sample():
    return fk.load("sample").narrow(**WINDOW)


@pytest.fixture(scope="module")
def records(sample):
    table = sample.table.to_pyarrow()
    for name in ("start", "end"):
        seconds = table[name].cast(pa.timestamp("s", "UTC")).cast(pa.int64())
        table = table.set_column(table.column_names.index(name), name, seconds)
    return table.append_column("day", pa.array(["2026/03/10"] * len(table)))


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)


@pytest.fixture
def columns(records):
    kinds = {pa.int32(): "int", pa.int64(): "bigint"}
    return {f.name: kinds.get(f.type, "string") for f in records.schema if f.name != "day"}


@pytest.fixture
def athena(aws, records, columns, tmp_path, monkeypatch):
    monkeypatch.setenv("FLOWKIT_CACHE", str(tmp_path))
    catalogued("flows", columns, KEYS, Parameters=PROJECTED)
    return Athena(aws, records, page=100)


def load(**options):
    return fk.load("athena://logs/flows", region=REGION, **WINDOW | options)


def test_nothing_is_asked_of_athena_before_there_is_a_question(athena):
    flows = load()
    assert (athena.sql, len(fk.athena.queries(flows))) == ([], 0)
    assert flows.origin.code == (
        "fk.load('athena://logs/flows', start='2026-03-10T08:00Z', end='2026-03-10T08:10Z', region='eu-central-1')"
    )


def test_questions_get_the_answers_of_the_records(athena, sample):
    flows = load()
    assert flows.count() == sample.count()
    assert all("\"day\" >= '2026/03/10'" in sql and "\"day\" <= '2026/03/11'" in sql for sql in athena.sql)
    for sql in athena.sql:
        check(sql)
    answers = [fk.analysis.reject_timeline(of) for of in (flows, sample)]
    assert_frame_equal(*answers, check_dtype=False)
    frames = [of.narrow(srcaddr="10.0.0.0/16", action="REJECT").to_pandas() for of in (flows, sample)]
    assert len(frames[1]) > 0
    order = ["start", "srcaddr", "dstaddr", "srcport", "dstport", "interface_id"]
    assert_frame_equal(*(f.sort_values(order, ignore_index=True) for f in frames), check_dtype=False)
    asked = athena.given[0]
    assert (asked["WorkGroup"], asked["QueryExecutionContext"]["Database"]) == ("primary", "logs")


def test_what_was_scanned_and_what_it_costs(athena):
    flows = load()
    flows.count()
    row = fk.athena.queries(flows).iloc[0]
    assert (row.scanned, row.usd, row.kept) == (1 << 30, pytest.approx(5 / 1024), False)
    assert row["query"] == athena.sql[0]


def test_an_answer_is_asked_for_once(athena):
    assert load().count() == load().count()
    flows = load()
    flows.count()
    assert len(athena.sql) == 1
    assert fk.athena.queries(flows).kept.tolist() == [True]
    flows.narrow(action="REJECT").count()
    assert len(athena.sql) == 2


def test_a_case_keeps_the_answers_and_is_sound(athena, tmp_path):
    case = fk.case(tmp_path / "INC-9")
    load(case=case).count()
    load(case=case).count()
    assert len(athena.sql) == 1
    assert case.verify().ok


def test_a_window_that_is_not_over_is_asked_again(athena):
    for _ in range(2):
        load(end=None).count()
    assert len(athena.sql) == 2


def test_a_table_made_anew_is_asked_again(athena, columns):
    load().count()
    boto3.client("glue", region_name=REGION).delete_table(DatabaseName="logs", Name="flows")
    catalogued("flows", columns, KEYS, Parameters=PROJECTED | {"made": "anew"})
    load().count()
    assert len(athena.sql) == 2


FAILURES = [
    ("FAILED", "SYNTAX_ERROR: line 1:8", "answered FAILED: SYNTAX_ERROR: line 1:8. Run it again"),
    ("CANCELLED", "Bytes scanned limit was exceeded", "The workgroup primary stops a query that scans more"),
    ("FAILED", "Query exhausted resources at this scale factor", "Ask for a shorter window"),
    ("FAILED", "Query timeout", "30 minutes"),
    ("FAILED", "PERMISSION_DENIED: Access Denied \x1b[2J", r"audit --policy"),
    ("FAILED", "HIVE_BAD_DATA: Error parsing field", "flowkit athena ddl"),
]


@pytest.mark.parametrize(("state", "reason", "told"), FAILURES)
def test_a_query_that_fails_is_told_with_the_next_step_and_nothing_is_kept(athena, state, reason, told):
    athena.states, athena.reason = ["RUNNING", state], reason
    flows = load()
    with pytest.raises(AwsError, match=told) as caught:
        flows.count()
    assert caught.value.kind == "Query"
    assert "It scanned 1.1 GB (about 0.0049 USD)" in str(caught.value)
    assert "\x1b" not in str(caught.value)
    athena.states, athena.reason = ["SUCCEEDED"], ""
    assert flows.count() > 0


@pytest.mark.parametrize("operation", ["StartQueryExecution", "GetQueryExecution", "GetQueryResults"])
def test_expired_credentials_stop_a_question_and_the_next_call_works(athena, operation):
    athena.expired = operation
    flows = load()
    with pytest.raises(AwsError, match=r"Sign in again"):
        flows.count()
    assert athena.stopped == (["0"] if operation == "GetQueryExecution" else [])
    athena.expired = ""
    assert flows.count() > 0


def test_an_interruption_stops_the_query_in_athena(athena, monkeypatch):
    athena.states = ["RUNNING"]

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupt)
    flows = load()
    with pytest.raises(StoppedError, match=r"and so was the query in Athena\. It had scanned 1.1 GB"):
        flows.count()
    assert athena.stopped == ["0"]
    athena.states = ["SUCCEEDED"]
    assert flows.count() > 0


def test_what_stops_the_embedded_engine_stops_athena(athena, monkeypatch):
    athena.states = ["RUNNING"]
    flows, stop = load(), Stop()
    monkeypatch.setattr("flowkit.athena.asking.time.sleep", lambda _seconds: stop())
    with stoppable(stop), pytest.raises(StoppedError, match="and so was the query in Athena"):
        flows.count()
    assert athena.stopped == ["0"]


def test_what_is_stopped_before_is_not_asked_of_athena(athena):
    flows, stop = load(), Stop()
    athena.sql.clear()
    stop()
    with stoppable(stop), pytest.raises(StoppedError):
        flows.count()
    assert not athena.sql


def test_a_workgroup_without_a_place_for_results(athena):
    message = "No output location provided. An output location is required either through the Workgroup"
    athena.refuses = message
    with pytest.raises(AwsError, match=r"it has no place for results\. .*workgroup="):
        load().count()


@pytest.mark.usefixtures("athena")
def test_a_workgroup_that_takes_no_queries():
    with pytest.raises(FlowkitError, match=r"nobody.*no such workgroup"):
        load(workgroup="nobody")


@pytest.mark.parametrize(
    ("place", "options", "error", "told"),
    [
        ("athena://logs", {}, SourceError, "Write it as athena://database/table"),
        ("athena://logs/fl'ows", {}, SourceError, "names no table"),
        ("athena://logs/nope", {}, SourceError, "no table 'nope' in logs in eu-central-1. There are: flows"),
        ("athena://nope/flows", {}, SourceError, "no database nope in eu-central-1. .*region="),
        ("athena://logs/flows", {"start": None}, ScopeError, "no start is given.*last 24 hours alone"),
        ("athena://logs/flows", {"log_format": "srcaddr"}, SourceError, "a table has columns"),
        ("sample", {"workgroup": "primary", "region": ()}, SourceError, "workgroup= is Athena's"),
    ],
)
def test_what_cannot_be_loaded(athena, place, options, error, told):
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="shop-flow-logs")
    with pytest.raises(error, match=told):
        fk.load(place, **{"region": REGION, **WINDOW, **options})
    assert athena.sql == []


def compiled(flows):
    return flows.stored.get_backend().compile(flows.stored)


@pytest.mark.usefixtures("athena")
def test_an_injected_partition_must_be_named(columns):
    catalogued("injected", columns, KEYS, Parameters=PROJECTED | {"projection.aws_account_id.type": "injected"})
    with pytest.raises(ScopeError, match=r"must name aws_account_id.*account="):
        fk.load("athena://logs/injected", region=REGION, **WINDOW)
    flows = fk.load("athena://logs/injected", region=REGION, account="111122223333", **WINDOW)
    assert "\"aws_account_id\" IN ('111122223333')" in compiled(flows)


def test_a_question_that_brings_too_much_along_is_refused(athena, monkeypatch):
    monkeypatch.setattr("flowkit.athena.asking.LONGEST", 5_000)
    flows = load()
    with pytest.raises(QueryError, match=r"Athena reads 5,000: it brings along too many"):
        flows.narrow(interface_id=[f"eni-{number:017x}" for number in range(200)]).count()
    assert athena.sql == []
