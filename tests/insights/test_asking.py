"""Queries run in CloudWatch: a stand-in answers as it would, with caps, pages, states and failures."""

import json
import warnings
from datetime import UTC, datetime

import pandas as pd
import pytest

from flowkit import Scope
from flowkit.aws import connect
from flowkit.errors import AwsError, InsightsError, ScopeError, StoppedError
from flowkit.insights import InsightsWarning, query, run, waiting
from tests.faulty import Answer, refused

START = 1773129600  # 2026-03-10T08:00Z
WINDOW = {"start": "2026-03-10T08:00Z", "end": "2026-03-10T09:00Z"}
PRICE = {"unit": "GB", "dated": "2026-01-01", "source": "the test"}
RECORDS = "fields @timestamp, @message | sort @timestamp desc"


class CloudWatch:
    """Answers a query with the events in its window, newest first unless the query says asc; knows no language."""

    def __init__(self, aws):
        self.aws = aws
        self.events = []
        self.cap = 100_000
        self.page = 10_000
        self.states = []  # what is said before Complete
        self.final = "Complete"
        self.hidden = ()  # columns
        self.bytes = 2000
        self.rows = None  # given instead of events
        self._asked = {}
        self.answers = {"StartQuery": self._start, "GetQueryResults": self.results, "StopQuery": self._stop}
        for operation in self.answers:
            aws.on(operation, lambda asked, forward: self.answers[asked.operation](asked, forward))

    def holds(self, *times):
        self.events = [(time, f"event {number}") for number, time in enumerate(times)]

    @staticmethod
    def said(what):
        return Answer(200, [("Content-Type", "application/x-amz-json-1.1")], json.dumps(what).encode())

    def _stop(self, *_):
        return self.said({"success": True})

    def _start(self, asked, _):
        name = f"q-{len(self._asked)}"
        self._asked[name] = [asked.json, list(self.states)]
        return self.said({"queryId": name})

    def results(self, asked, _):
        given, states = self._asked[asked.json["queryId"]]
        if states:
            said = {"status": states.pop(0), "results": [], "statistics": {"bytesScanned": 1000.0}}
            return self.said(said)
        inside = [e for e in self.events if given["startTime"] <= e[0] <= given["endTime"]]
        inside.sort(key=lambda event: event[0], reverse="asc" not in given["queryString"])
        most = min(given.get("limit", self.cap), self.cap)
        rows = [self._row(*event) for event in inside[:most]] if self.rows is None else self.rows[:most]
        first = int(asked.json.get("nextToken", 0))
        said = {
            "status": self.final,
            "results": rows[first : first + self.page],
            "statistics": {
                "bytesScanned": float(self.bytes),
                "recordsScanned": 50.0,
                "recordsMatched": float(len(inside)),
            },
        }
        if first + self.page < len(rows):
            said["nextToken"] = str(first + self.page)
        return self.said(said)

    def _row(self, time, message):
        stamp = datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        cells = [("@timestamp", stamp), ("@message", message), ("@ptr", f"{message}-{time}")]
        return [{"field": f, "value": v} for f, v in cells if f not in self.hidden]

    @property
    def windows(self):
        """What was asked, as seconds after the start."""
        return [(given["startTime"] - START, given["endTime"] - START) for given, _ in self._asked.values()]

    @property
    def started(self):
        return [given for given, _ in self._asked.values()]


@pytest.fixture
def cloudwatch(aws, monkeypatch):
    monkeypatch.setattr(waiting, "_FIRST_WAIT", 0.001)
    monkeypatch.setattr(waiting, "_LONGEST_WAIT", 0.002)
    monkeypatch.setattr(connect, "_ATTEMPTS", 1)
    return CloudWatch(aws)


def test_it_waits_and_returns_typed_rows(cloudwatch):
    cloudwatch.states = ["Scheduled", "Running", "Unknown", "Running"]
    cloudwatch.holds(START, START + 5)
    frame = run(RECORDS, log_group="/flow", **WINDOW)
    assert frame["@message"].tolist() == ["event 1", "event 0"]
    assert frame["@timestamp"].tolist() == [pd.Timestamp(START + s, unit="s", tz="UTC") for s in (5, 0)]
    assert list(frame) == ["@timestamp", "@message"]
    assert cloudwatch.started == [
        {"logGroupName": "/flow", "queryString": RECORDS, "startTime": START, "endTime": START + 3599, "limit": 100_000}
    ]
    told = frame.attrs
    assert (told["bytes_scanned"], told["records_scanned"], told["queries"], told["complete"]) == (2000, 50, 1, True)
    assert told["caption"].startswith(
        "2 rows from the log group /flow, 2026-03-10 08:00:00Z to 2026-03-10 09:00:00Z. Scanned: 50 log events, 2,000 B"
    )


def test_pages_are_followed(cloudwatch):
    cloudwatch.page = 3
    cloudwatch.holds(*range(START, START + 10))
    frame = run(RECORDS, log_group="/flow", pointers=True, **WINDOW)
    assert len(frame) == 10
    assert frame["@ptr"].is_unique
    assert frame.attrs["queries"] == 1
    assert cloudwatch.aws.operations().count("GetQueryResults") == 4


@pytest.mark.parametrize("pointers", [True, False])
@pytest.mark.parametrize("order", ["desc", "asc"])
@pytest.mark.parametrize(
    "times",
    [
        [START + second for second in range(0, 3600, 7)],
        [START] * 60 + [START + 1] * 60 + [START + 3599] * 60,
        [START + 1799] * 90 + [START + 1800] * 90 + [START + 1801] * 90,
    ],
    ids=["evenly", "at the ends", "about the middle"],
)
def test_a_window_is_halved_until_every_row_came_once(cloudwatch, monkeypatch, times, order, pointers):
    monkeypatch.setattr("flowkit.insights.asking.MOST_ROWS", 100)
    cloudwatch.hidden = () if pointers else ("@ptr",)
    cloudwatch.holds(*times)
    frame = run(f"fields @timestamp, @message | sort @timestamp {order}", log_group="/flow", **WINDOW)
    assert sorted(frame["@message"]) == sorted(message for _, message in cloudwatch.events)
    up = order == "asc"
    assert frame["@timestamp"].is_monotonic_increasing if up else frame["@timestamp"].is_monotonic_decreasing
    assert frame.attrs["complete"]
    assert frame.attrs["queries"] == len(cloudwatch.windows) > 1
    assert frame.attrs["bytes_scanned"] == 2000 * len(cloudwatch.windows)


def test_events_between_two_seconds_are_not_lost_at_an_edge(cloudwatch, monkeypatch):
    monkeypatch.setattr("flowkit.insights.asking.MOST_ROWS", 100)
    cloudwatch.holds(*(START + number / 4 for number in range(8 * 60)))
    frame = run(RECORDS, log_group="/flow", start="2026-03-10T08:00Z", end="2026-03-10T08:03Z")
    assert len(frame) == 480


def test_a_cap_that_a_limit_does_not_raise_is_met_too(cloudwatch):
    cloudwatch.cap = 10_000
    cloudwatch.holds(*(START + number % 3600 for number in range(12_000)))
    frame = run(RECORDS, log_group="/flow", **WINDOW)
    assert len(frame) == frame["@message"].nunique() == 12_000


def test_rows_that_one_second_has_too_many_of_are_missed_aloud(cloudwatch, monkeypatch):
    monkeypatch.setattr("flowkit.insights.asking.MOST_ROWS", 100)
    cloudwatch.holds(*[START + 9] * 150, START, START + 20)
    with pytest.warns(
        InsightsWarning, match=r"rows may be missing: CloudWatch returned 100 for the second .* 08:00:09Z"
    ):
        frame = run(RECORDS, log_group="/flow", **WINDOW)
    assert len(frame) == 102
    assert not frame.attrs["complete"]
    assert "Rows may be missing" in frame.attrs["caption"]


@pytest.mark.parametrize(
    "text",
    [
        "stats sum(bytes) by srcAddr",
        "fields @message | dedup srcAddr",
        "filter @message like /a|b/ | stats count(*) by bin(5m)",
        "fields bytes / 2 | stats sum(bytes) / 2",
        "pattern @message",
    ],
)
def test_a_query_whose_parts_do_not_add_up_is_not_parted(cloudwatch, monkeypatch, text):
    monkeypatch.setattr("flowkit.insights.asking.MOST_ROWS", 100)
    cloudwatch.rows = [[{"field": "srcAddr", "value": f"10.0.0.{n}"}] for n in range(200)]
    with pytest.warns(InsightsWarning, match="rows may be missing: CloudWatch returned 100 for this window"):
        frame = run(text, log_group="/flow", **WINDOW)
    assert (len(frame), len(cloudwatch.windows), frame.attrs["complete"]) == (100, 1, False)


def test_a_limit_asks_once(cloudwatch):
    cloudwatch.holds(*range(START, START + 50))
    frame = run(RECORDS, log_group="/flow", limit=20, **WINDOW)
    assert (len(frame), len(cloudwatch.started), cloudwatch.started[0]["limit"]) == (20, 1, 20)
    assert frame.attrs["complete"]
    assert "The limit of 20 rows is reached." in frame.attrs["caption"]


def test_a_limit_that_groups_reach_is_no_cap(cloudwatch):
    cloudwatch.rows = [[{"field": "srcAddr", "value": f"10.0.0.{n}"}] for n in range(20)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = run("stats count(*) by srcAddr", log_group="/flow", limit=20, **WINDOW)
        again = run("stats count(*) by srcAddr | limit 20", log_group="/flow", **WINDOW)
    assert (len(frame), len(again), frame.attrs["complete"], again.attrs["complete"]) == (20, 20, True, True)
    assert "The query's own limit of 20 rows is reached." in again.attrs["caption"]


@pytest.mark.parametrize(("order", "expected"), [("desc", range(3599, 3449, -1)), ("asc", range(150))])
def test_a_limit_above_the_cap_stops_when_it_is_reached(cloudwatch, monkeypatch, order, expected):
    monkeypatch.setattr("flowkit.insights.asking.MOST_ROWS", 100)
    cloudwatch.holds(*range(START, START + 3600))
    frame = run(f"fields @message | sort @timestamp {order}", log_group="/flow", limit=150, **WINDOW)
    assert frame["@message"].tolist() == [f"event {n}" for n in expected]
    assert len(cloudwatch.windows) < 12


def test_what_lies_between_the_last_two_seconds_is_kept(cloudwatch, monkeypatch):
    monkeypatch.setattr("flowkit.insights.asking.MOST_ROWS", 100)
    cloudwatch.holds(*[START] * 60, START + 0.5, *[START + 1] * 60)
    frame = run(RECORDS, log_group="/flow", start="2026-03-10T08:00:00Z", end="2026-03-10T08:00:02Z")
    assert len(frame) == frame["@message"].nunique() == 121


def test_parts_come_in_the_order_of_a_time_that_is_not_shown(cloudwatch, monkeypatch):
    monkeypatch.setattr("flowkit.insights.asking.MOST_ROWS", 100)
    cloudwatch.hidden = ("@timestamp",)
    cloudwatch.holds(*range(START, START + 250))
    frame = run("fields @message", log_group="/flow", **WINDOW)
    assert frame["@message"].tolist() == [f"event {n}" for n in range(249, -1, -1)]
    assert frame.attrs["warnings"] == []


def test_an_order_that_cannot_be_restored_is_told(cloudwatch, monkeypatch):
    monkeypatch.setattr("flowkit.insights.asking.MOST_ROWS", 100)
    cloudwatch.holds(*range(START, START + 150))
    with pytest.warns(InsightsWarning, match="sorted within parts of the window only"):
        frame = run("fields @message | sort bytes", log_group="/flow", **WINDOW)
    assert (len(frame), frame.attrs["complete"]) == (150, True)


def test_other_orders_are_restored(cloudwatch, monkeypatch):
    monkeypatch.setattr("flowkit.insights.asking.MOST_ROWS", 100)
    cloudwatch.holds(*range(START, START + 150))
    frame = run("fields @timestamp, @message | sort @message asc", log_group="/flow", **WINDOW)
    assert frame["@message"].tolist() == sorted(f"event {n}" for n in range(150))


@pytest.mark.parametrize(
    ("group", "asked"),
    [
        ("/flow", {"logGroupName": "/flow"}),
        (["/a", "/b"], {"logGroupNames": ["/a", "/b"]}),
        (
            "arn:aws:logs:eu-west-1:1:log-group:/a:*",
            {"logGroupIdentifiers": ["arn:aws:logs:eu-west-1:1:log-group:/a"]},
        ),
        ("cloudwatch://eu-west-1//aws/vpc", {"logGroupName": "/aws/vpc"}),
    ],
)
def test_log_groups(cloudwatch, group, asked):
    run(RECORDS, log_group=group, **WINDOW)
    assert asked.items() <= cloudwatch.started[0].items()
    region = "eu-west-1" if "eu-west-1" in str(group) else "eu-central-1"
    assert f"/{region}/logs/" in cloudwatch.aws.asked[0].headers["Authorization"]


def test_a_written_query_brings_its_window(cloudwatch):
    written = query(Scope(start="2026-03-10T08:00:10Z", end="2026-03-10T08:00:20Z"))
    run(written, log_group="/flow")
    run(written, log_group="/flow", start="2026-03-10T08:00Z")
    assert cloudwatch.windows == [(10, 19), (0, 19)]


def test_nothing_found_says_what_may_be_wrong(cloudwatch):
    cloudwatch.rows = []
    frame = run(RECORDS, log_group="/other", **WINDOW)
    assert len(frame) == 0
    assert (
        "None matched: if the log group holds flow logs of another format, or something else" in frame.attrs["caption"]
    )


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"start": "2026-03-10T08:00Z"}, ScopeError, "the window has no end.*Give end="),
        ({"end": "2026-03-10T08:00Z"}, ScopeError, "the window has no start.*Give start="),
        ({"start": "2026-03-10T08:00", "end": "2026-03-10T09:00Z"}, ScopeError, "no time zone"),
        ({"start": "2026-03-10T09:00Z", "end": "2026-03-10T08:00Z"}, ScopeError, "window is empty"),
        ({**WINDOW, "limit": 0}, ScopeError, "limit is a number of rows"),
        ({**WINDOW, "limit": True}, ScopeError, "limit is a number of rows"),
        ({**WINDOW, "log_group": ""}, ScopeError, "describe-log-groups"),
        ({**WINDOW, "log_group": []}, ScopeError, "describe-log-groups"),
        ({**WINDOW, "log_group": ["cloudwatch://a/x", "cloudwatch://b/x"]}, ScopeError, "of one region"),
        ({**WINDOW, "query": "  "}, InsightsError, "the query is empty"),
        ({**WINDOW, "query": "x" * 10_001}, InsightsError, "10,001 characters"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is(options, error, says):
    with pytest.raises(error, match=says):
        run(**{"query": RECORDS, "log_group": "/flow", "profile": "not asked", **options})


@pytest.mark.parametrize(
    ("status", "code", "kind", "says"),
    [
        (400, "ResourceNotFoundException", "LogGroup", r"the log group /flow .*describe-log-groups"),
        (400, "AccessDeniedException", "AccessDenied", "logs:StartQuery"),
        (400, "ExpiredTokenException", "Expired", "Sign in again"),
        (400, "LimitExceededException", "Throttled", "at most 100 queries at a time"),
        (400, "ThrottlingException", "Throttled", "Wait some minutes"),
        (500, "ServiceUnavailableException", "Service", "Run it again"),
    ],
)
def test_refusals_are_sentences(aws, monkeypatch, status, code, kind, says):
    monkeypatch.setattr(connect, "_ATTEMPTS", 1)
    aws.on("StartQuery", refused(status, code))
    with pytest.raises(AwsError, match=says) as caught:
        run(RECORDS, log_group="/flow", **WINDOW)
    assert (caught.value.code, caught.value.kind) == (code, kind)


def test_an_error_in_the_query_is_pointed_at(aws):
    text = "fields @message\n| filtre action = 'REJECT'"
    told = {
        "__type": "MalformedQueryException",
        "message": "unexpected symbol found filtre",
        "queryCompileError": {
            "location": {"startCharOffset": 18, "endCharOffset": 24},
            "message": "unknown \x1b[2J command",
        },
    }
    aws.on(
        "StartQuery",
        lambda *_: Answer(400, [("Content-Type", "application/x-amz-json-1.1")], json.dumps(told).encode()),
    )
    with pytest.raises(AwsError, match=r"line 2, column 3, at \"filtre action") as caught:
        run(text, log_group="/flow", **WINDOW)
    assert caught.value.kind == "Query"
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("final", "says"),
    [
        ("Failed", "shorter window"),
        ("Cancelled", "Somebody stopped it"),
        ("Timeout", "after 60 minutes"),
        ("New", "Run it"),
    ],
)
def test_a_query_that_does_not_end_well(cloudwatch, final, says):
    cloudwatch.final = final
    with pytest.raises(AwsError, match=says) as caught:
        run("stats count(*)", log_group="/flow", **WINDOW)
    assert caught.value.code == f"status {final}"


def test_a_query_by_record_that_takes_too_long_is_asked_in_parts(cloudwatch):
    cloudwatch.holds(START, START + 3000)
    whole = cloudwatch.results
    long = lambda asked, _: (  # noqa: E731
        cloudwatch.said({"status": "Timeout"}) if asked.json["queryId"] == "q-0" else whole(asked, _)
    )
    cloudwatch.answers["GetQueryResults"] = long
    frame = run(RECORDS, log_group="/flow", **WINDOW)
    assert (len(frame), frame.attrs["queries"]) == (2, 3)


def test_a_state_that_stays_unknown_ends(cloudwatch):
    cloudwatch.states = ["Unknown"] * 500
    with pytest.raises(AwsError, match="status Unknown"):
        run(RECORDS, log_group="/flow", **WINDOW)
    assert cloudwatch.aws.operations().count("GetQueryResults") < 50


def test_an_interruption_stops_the_query_in_cloudwatch_too(cloudwatch, monkeypatch):
    cloudwatch.states = ["Running"] * 1000

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(waiting.time, "sleep", interrupt)
    with pytest.raises(StoppedError, match=r"stopped, and so was the query in CloudWatch.* 1,000 B or more"):
        run(RECORDS, log_group="/flow", **WINDOW)
    stop = cloudwatch.aws.asked[-1]
    assert (stop.operation, stop.json) == ("StopQuery", {"queryId": "q-0"})


def test_an_interruption_that_cannot_be_passed_on_says_so(cloudwatch, monkeypatch):
    cloudwatch.states = ["Running"] * 1000
    cloudwatch.answers["StopQuery"] = refused(400, "AccessDeniedException")

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(waiting.time, "sleep", interrupt)
    with pytest.raises(StoppedError, match="whether the query in CloudWatch was is not known"):
        run(RECORDS, log_group="/flow", **WINDOW)


def test_a_query_whose_results_are_refused_is_stopped(cloudwatch):
    cloudwatch.answers["GetQueryResults"] = refused(400, "AccessDeniedException")
    with pytest.raises(AwsError, match="logs:GetQueryResults"):
        run(RECORDS, log_group="/flow", **WINDOW)
    assert cloudwatch.aws.operations()[-1] == "StopQuery"


def test_the_price_is_that_of_what_was_scanned(cloudwatch, monkeypatch, tmp_path):
    cloudwatch.holds(START)
    cloudwatch.bytes = 10 * 2**30
    table = {"prices": [PRICE | {"name": "insights_scanned", "region": "eu-central-1", "tiers": [[None, 0.0063]]}]}
    (tmp_path / "prices.json").write_text(json.dumps(table), encoding="utf-8")
    monkeypatch.setenv("FLOWKIT_PRICES", str(tmp_path / "prices.json"))
    told = run(RECORDS, log_group="/flow", **WINDOW).attrs
    assert told["usd"] == pytest.approx(0.063)
    assert "10,737,418,240 B, about 0.0630 USD (insights_scanned 0.0063 USD per GB: the test" in told["caption"]


def test_an_unknown_price_does_not_lose_the_answer(cloudwatch, monkeypatch, tmp_path):
    cloudwatch.holds(START)
    (tmp_path / "prices.json").write_text("{", encoding="utf-8")
    monkeypatch.setenv("FLOWKIT_PRICES", str(tmp_path / "prices.json"))
    frame = run(RECORDS, log_group="/flow", **WINDOW)
    assert (len(frame), frame.attrs["usd"]) == (1, None)
    assert "its price is not known" in frame.attrs["caption"]


def test_no_secret_is_told(cloudwatch, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    cloudwatch.holds(START)
    frame = run(RECORDS, log_group="/flow", **WINDOW)
    assert "wJalr" not in f"{frame} {frame.attrs}"
