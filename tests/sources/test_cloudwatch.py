"""CloudWatch Logs: every record of the window once, whatever the pages; what cannot be had is said in a sentence."""

import json
import re
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

import flowkit
from flowkit.aws.connect import Access
from flowkit.errors import AwsError, SourceError
from flowkit.formats import DEFAULT, LogFormat
from flowkit.reading.columns import Addresses
from flowkit.reading.objects import Reading, read
from flowkit.scope import Scope
from flowkit.sources import cloudwatch
from flowkit.sources.log_groups import LogGroup, Logs
from flowkit.sources.pace import Pace
from tests.faulty import cut_after, refused
from tests.sources.log_events import DAY, LogEvents, event, nodata, record

PLACE = "cloudwatch://us-east-1//vpc/shop"
HOUR = timedelta(hours=1)


def search(place=PLACE, *, start=DAY, end=DAY + HOUR, **scope):
    return cloudwatch.search(place, access=Access(), start=start, end=end, scope=Scope(**scope))


def records(found):
    """Return the records of all objects, as ``(start, packets)``, and the notes of their reading."""
    rows, notes = [], []
    for log in found.objects():
        reading = Reading()
        for piece in read(log, reading, Addresses()):
            notes += [refusal.reason for refusal in piece.refused]
            if piece.records is not None:
                rows += [(r["start"], r["packets"]) for r in piece.records.to_pylist()]
        notes += [reading.note] if reading.note else []
    return rows, notes


def expected(events):
    return sorted(
        (datetime.fromtimestamp(one["timestamp"] // 1000, UTC), int(one["message"].split()[8])) for one in events
    )


MANY = [event(second, record(second, count=n), number=n) for n, second in enumerate(s // 7 for s in range(3000))]


@pytest.mark.parametrize(
    "paging",
    [
        {},
        {"page": 1000},
        {"page": 333, "empty": 2},
        {"page": 100, "again": 5},
        {"page": 100, "again": 250, "empty": 1, "last_empty": True},
        {"page": 3000, "last_empty": True},
    ],
    ids=str,
)
def test_every_record_is_read_once_whatever_the_pages(log_group, paging):
    log_group(MANY, **paging)
    rows, notes = records(search())
    assert sorted(rows) == expected(MANY)
    assert notes == []


class Direct:
    """A search of a log group without a network between."""

    def __init__(self, served, window, slices):
        self.logs = Logs(Access(region="us-east-1"), served, Pace(1e6, sleep=lambda _: None))
        group = LogGroup("/vpc/shop", "us-east-1", "arn")
        first, last = (datetime.fromtimestamp(edge / 1000, UTC) for edge in window)
        self.search = cloudwatch.Search(
            group=group, start=first, end=last, events=0, bytes=0, requests=0, seconds=0, notes=(), pattern="",
            streams=(), formats=(DEFAULT,), slices=tuple(slices), _logs=self.logs,
        )  # fmt: skip

    def stamps(self):
        texts = [log.open().read() for log in self.search.objects()]
        documents = [json.loads(line) for text in texts for line in text.splitlines()]
        return [one["timestamp"] for document in documents for one in document.get("events", [])]


@given(
    stamps=st.lists(st.integers(0, 60), max_size=40),
    window=st.tuples(st.integers(0, 60), st.integers(1, 30)),
    step=st.integers(1, 30),
    page=st.integers(1, 7),
    again=st.integers(0, 9),
    empty=st.integers(0, 2),
)
def test_slices_that_touch_lose_and_double_nothing(stamps, window, step, page, again, empty):
    start, end = window[0], sum(window)
    events = [event(0) | {"timestamp": stamp, "eventId": f"{n:05}"} for n, stamp in enumerate(stamps)]
    served = LogEvents(events, page=page, again=again, empty=empty)
    slices = cloudwatch.density.slices((start, end), step)
    assert Direct(served, (start, end), slices).stamps() == sorted(s for s in stamps if start <= s < end)


def test_the_edges_of_the_window_are_its_start_but_not_its_end(log_group):
    log_group([event(second) for second in (-0.001, 0, 59.999, 60)])
    found = search(end=DAY + timedelta(minutes=1))
    asked = [one["timestamp"] for log in found.objects() for one in json.loads(log.open().read())["events"]]
    assert asked == [round(DAY.timestamp() * 1000), round(DAY.timestamp() * 1000) + 59_999]


def test_the_same_events_are_the_same_bytes_however_they_are_paged(log_group):
    served = log_group(MANY)
    whole = [log.open().read() for log in search().objects()]
    served.page, served.again, served.empty = 200, 3, 1
    served.events.reverse()  # of one time stamp, streams may come in another order
    assert [log.open().read() for log in search().objects()] == whole


def test_slices_lie_on_a_grid_so_that_another_search_finds_the_same_objects(log_group, monkeypatch):
    monkeypatch.setattr(cloudwatch.density, "_STEPS", (900_000,))
    log_group([event(second) for second in range(0, 7200, 600)])
    one, other = (search(start=DAY + timedelta(minutes=m), end=DAY + timedelta(hours=2)).objects() for m in (0, 10))
    again = search(end=DAY + timedelta(hours=2)).objects()
    assert [log.identity for log in one] == [log.identity for log in again]
    assert len(one) > 3
    assert {log.identity for log in one[2:]} <= {log.identity for log in other}
    assert len({log.identity for log in one}) == len(one)
    assert all(log.remote for log in one)


def test_what_may_still_grow_is_read_again(log_group):
    now = datetime.now(UTC)
    seconds = int((now - DAY).total_seconds()) - 3600
    log_group([event(seconds)])
    window = {"start": now - 2 * HOUR, "end": now}
    assert search(**window).objects()[-1].identity != search(**window).objects()[-1].identity


@pytest.mark.parametrize(
    "change",
    [{"dstport": 22}, {"interface_id": "eni-1"}, {"end": DAY + timedelta(minutes=30)}],
    ids=str,
)
def test_another_request_is_another_object(log_group, change):
    log_group([event(0)])
    assert search().objects()[0].identity != search(**change).objects()[0].identity


def test_objects_are_named_by_group_window_and_pattern(log_group):
    log_group([event(0)], log_format=str(DEFAULT))
    (log,) = search(action="REJECT").objects()
    window = f"{DAY:%Y-%m-%d}T00:00:00Z/{DAY:%Y-%m-%d}T01:00:00Z"
    assert log.name == f'{PLACE} {window} only […, action = "REJECT" || action = "-", …]'


@pytest.mark.parametrize(
    ("place", "group"),
    [
        ("cloudwatch://us-east-1//vpc/shop", "/vpc/shop"),
        ("cloudwatch://us-east-1/vpc/shop", "/vpc/shop"),
        ("cloudwatch:////vpc/shop", "/vpc/shop"),
        ("cloudwatch://us-east-1/vpc-logs", "vpc-logs"),
    ],
)
def test_a_place_names_a_region_and_a_group(log_group, monkeypatch, place, group):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    log_group([event(0)], group=group)
    assert search(place).group.name == group


def test_of_two_groups_the_one_that_is_spelt_so_is_meant(log_group):
    log_group([event(0)], group="/vpc")
    boto3.client("logs", region_name="us-east-1").create_log_group(logGroupName="vpc")
    assert search("cloudwatch://us-east-1/vpc").group.name == "vpc"
    assert search("cloudwatch://us-east-1//vpc").group.name == "/vpc"


@pytest.mark.parametrize(
    "place",
    [
        "cloudwatch://",
        "cloudwatch://us-east-1",
        "cloudwatch://us-east-1/",
        "cloudwatch://us-east-1//",
        "cloudwatch:vpc",
        "cloudwatch://us-east-1/a b",
        "cloudwatch://us-east-1/\x1b[2J",
    ],
)
def test_a_malformed_place_is_told_the_form(place):
    with pytest.raises(SourceError, match=r"names no log group\. Write cloudwatch://region/log-group") as caught:
        search(place)
    assert "\x1b" not in str(caught.value)


def test_a_place_without_a_region_is_told_so():
    with pytest.raises(SourceError, match=r"vpc is no region of AWS.*cloudwatch:///shop"):
        search("cloudwatch://vpc/shop")


# What is asked of AWS


def test_an_interface_is_read_from_its_own_stream(log_group):
    served = log_group([event(1), event(2, record(2, interface="eni-2"), stream="eni-2-all"), event(3, nodata(3))])
    found = search(interface_id="eni-1")
    rows, _ = records(found)
    assert len(rows) == 1
    assert all(asked["logStreamNames"] == ["eni-1-all"] for asked in served.asked)
    assert (found.pattern, found.notes) == ("", ())
    assert found.objects()[0].name.endswith(" only eni-1-all")


def test_where_streams_are_named_otherwise_the_group_is_searched_for_the_interface(log_group):
    log_group([event(1, stream="a"), event(2, record(2, interface="eni-2"), stream="b")])
    found = search(interface_id="eni-1")
    assert found.pattern == '?"eni-1" ?"NODATA" ?"SKIPDATA"'
    assert len(records(found)[0]) == 1


def test_more_streams_than_a_request_may_name_are_several_objects(log_group, monkeypatch):
    assert cloudwatch.MOST_STREAMS == 100
    monkeypatch.setattr(cloudwatch, "MOST_STREAMS", 10)
    events = [event(n, stream=f"eni-{n}-all") for n in range(15)]
    served = log_group(events)
    found = search(interface_id=[f"eni-{n}" for n in range(15)])
    assert len(found.objects()) == 2
    assert sorted(records(found)[0]) == expected(events)
    assert max(len(asked["logStreamNames"]) for asked in served.asked) == 10


def test_a_pattern_leaves_out_records_but_no_status_and_says_so(log_group):
    skipped = event(3, nodata(3, status="SKIPDATA"))
    rejected = event(1, record(1, action="REJECT", count=7))
    log_group([event(0), rejected, event(2, nodata(2)), skipped], log_format=str(DEFAULT))
    found = search(action="REJECT")
    assert found.pattern.endswith('end, action = "REJECT" || action = "-", log_status]')
    assert [packets for _, packets in records(found)[0]] == [7]
    assert [text.count("DATA") for text in map(str, (log.open().read() for log in found.objects()))] == [2]
    (note,) = found.notes
    assert note.startswith('Only records matching […, action = "REJECT" || action = "-", …] were fetched from Cloud')
    assert note.endswith(": that others are missing means nothing.")


def test_a_pattern_by_columns_is_only_written_where_every_record_seen_has_them(log_group):
    log_group([event(0), event(1, "3 eni-1 REJECT")], log_format=str(DEFAULT))
    assert search(action="REJECT").pattern == '?"REJECT" ?"NODATA" ?"SKIPDATA"'


def test_the_search_says_how_much_there_is_and_how_long_it_takes(log_group):
    stream = "eni-0123456789abcdef0-all"
    log_group([event(n / 10, record(n // 10), number=n, stream=stream) for n in range(36_000)])
    found = search()
    assert found.events == pytest.approx(36_000, rel=0.01)
    assert found.bytes == pytest.approx(sum(len(log.open().read()) for log in found.objects()), rel=0.02)
    assert found.requests == len(found.slices) + 4
    assert found.seconds == found.requests / 25


def test_only_what_is_needed_is_asked(log_group, aws):
    log_group([event(n) for n in range(3600)])
    before = len(aws.asked)
    search().objects()
    assert aws.operations()[before:] == ["DescribeLogGroups", "DescribeFlowLogs", *["FilterLogEvents"] * 5]


# Formats

CUSTOM = "${version} ${interface-id} ${action} ${log-status} ${start} ${end} ${srcaddr} ${dstaddr}"


def custom(second=0, srcaddr="10.9.0.1"):
    start = int(DAY.timestamp()) + second
    return f"3 eni-1 REJECT OK {start} {start + 60} {srcaddr} 10.0.0.2"


def formats(found):
    read_as = []
    for log in found.objects():
        reading = Reading()
        list(read(log, reading, Addresses()))
        read_as += [str(LogFormat(log_format.columns)) for log_format in reading.formats]
    return read_as


def test_the_format_is_what_ec2_tells(log_group):
    log_group([event(0, custom())], log_format=CUSTOM)
    found = search()
    assert formats(found) == [CUSTOM]
    assert found.notes == ()


def test_several_flow_logs_may_share_a_group(log_group):
    swapped = CUSTOM.replace("${action} ${log-status}", "${log-status} ${action}")
    events = [event(0, custom(0)), event(1, custom(1).replace("REJECT OK", "OK REJECT")), event(2)]
    log_group(events, log_format=[CUSTOM, swapped])
    found = search(action="REJECT")
    assert sorted(formats(found)) == sorted([CUSTOM, swapped])  # the default one is not asked for
    assert sorted(formats(search())) == sorted([CUSTOM, swapped, str(DEFAULT)])
    assert found.pattern == '?"REJECT" ?"NODATA" ?"SKIPDATA"'


def test_a_record_in_no_known_format_is_refused_with_its_reason(log_group):
    log_group([event(0), event(1, "3 eni-1 REJECT")], log_format=str(DEFAULT))
    rows, notes = records(search())
    assert len(rows) == 1
    assert notes == ["3 columns, the format has 14"]


def test_without_the_right_to_ask_ec2_the_default_format_is_read_and_the_analyst_told(log_group, aws):
    log_group([event(0)])
    aws.on("DescribeFlowLogs", refused(403, "UnauthorizedOperation"))
    found = search()
    assert len(records(found)[0]) == 1
    (note,) = found.notes
    assert note.startswith("The format of the records is taken from their text: AWS was asked")
    assert "UnauthorizedOperation" in note


def test_a_format_given_by_the_user_is_not_asked_for(log_group, aws):
    log_group([event(0, custom())])
    given_format = LogFormat.parse(CUSTOM)
    found = cloudwatch.search(PLACE, access=Access(), start=DAY, end=None, scope=Scope(), log_format=given_format)
    assert formats(found) == [CUSTOM]
    assert "DescribeFlowLogs" not in aws.operations()


def test_a_group_of_something_else_is_refused_in_a_sentence(log_group):
    log_group([event(0, "START RequestId: 8f5 Version: $LATEST"), event(1, '{"level": "INFO"}')])
    with pytest.raises(
        SourceError, match=r"^the log group /vpc/shop is no flow log: it has messages such as 'START Req"
    ):
        search()


# What cannot be had


def test_a_slice_without_events_is_a_fact(log_group, monkeypatch):
    monkeypatch.setattr(cloudwatch.density, "_STEPS", (900_000,))
    log_group([event(0), event(3_000)])
    found = search()
    assert len(found.slices) > 2
    readings = []
    for log in found.objects():
        readings.append(Reading())
        list(read(log, readings[-1], Addresses()))
    assert [reading.note for reading in readings] == [""] * len(readings)
    empty = [reading for reading in readings if not reading.lines]
    assert len(empty) > 1
    assert len({reading.sha256 for reading in empty}) == len(empty)


@pytest.mark.parametrize(
    ("window", "sentence"),
    [
        ({"start": DAY - HOUR, "end": DAY}, r"group /vpc/shop in us-east-1 has no event in .*T23:00:00Z/.*Choose"),
        ({"start": datetime.now(UTC) + HOUR, "end": None}, r"which is yet to come\. Choose an earlier start\."),
        ({"start": DAY, "end": DAY + HOUR, "interface_id": "eni-2"}, r"the streams eni-2-all of the log group /vpc"),
    ],
)  # fmt: skip
def test_a_window_without_any_event_is_told_so(log_group, window, sentence):
    served = log_group([event(5000, stream="eni-2-all"), event(0)])
    served.page = 1
    with pytest.raises(SourceError, match=sentence):
        search(**window)


def test_without_a_start_all_that_the_group_keeps_is_read(log_group):
    log_group([event(0)])
    logs = boto3.client("logs", region_name="us-east-1")
    put = [{"timestamp": round(DAY.timestamp() * 1000), "message": record()}]
    logs.put_log_events(logGroupName="/vpc/shop", logStreamName="eni-1-all", logEvents=put)
    found = search(start=None, end=None)
    assert found.start == DAY - HOUR
    assert len(records(found)[0]) == 1
    assert found.notes == (
        f"No start was given: all that /vpc/shop keeps is read, from {DAY - HOUR:%Y-%m-%dT%H:%M:%SZ}.",
    )


def test_what_the_group_no_longer_keeps_is_told(log_group):
    log_group([event(0)])
    boto3.client("logs", region_name="us-east-1").put_retention_policy(logGroupName="/vpc/shop", retentionInDays=5)
    found = search(start=DAY - timedelta(days=10))
    assert re.match(r"/vpc/shop keeps nothing from before .*: that nothing is there means nothing\.", found.notes[0])
    assert found.start > DAY - timedelta(days=4)


def test_no_such_group_names_the_nearest_and_the_region(log_group):
    log_group([event(0)])
    with pytest.raises(AwsError, match=r"no log group /vpc/shpo in us-east-1; did you mean /vpc/shop\?") as caught:
        search("cloudwatch://us-east-1//vpc/shpo")
    assert (caught.value.code, caught.value.kind) == ("ResourceNotFoundException", "LogGroup")
    with pytest.raises(AwsError, match=r"no log group /vpc/shop in eu-west-1\. Check name and region"):
        search("cloudwatch://eu-west-1//vpc/shop")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "AccessDeniedException", "AccessDenied"),
        (400, "ExpiredTokenException", "Expired"),
        (400, "UnrecognizedClientException", "Credentials"),
        (400, "ResourceNotFoundException", "LogGroup"),
        (400, "SomethingNewException", "Service"),
    ],
)
def test_a_refusal_is_a_sentence_with_its_code(log_group, aws, status, code, kind):
    aws.on("FilterLogEvents", refused(status, code))
    log_group([event(0)])
    with pytest.raises(AwsError, match=rf"^AWS was asked for the events of /vpc/shop in us-east-1 .*{code}") as caught:
        search()
    assert caught.value.kind == kind


def test_without_the_right_to_describe_groups_events_are_read_all_the_same(log_group, aws):
    log_group([event(0)])
    aws.on("DescribeLogGroups", refused(400, "AccessDeniedException"))
    found = search()
    assert len(records(found)[0]) == 1
    assert "AccessDeniedException" in found.notes[0]
    with pytest.raises(SourceError, match="Give start="):
        search(start=None)


def test_without_the_right_to_describe_streams_the_group_is_searched(log_group, aws):
    log_group([event(0), event(1, record(1, interface="eni-2"))])
    aws.on("DescribeLogStreams", refused(400, "AccessDeniedException"))
    found = search(interface_id="eni-2")
    assert len(records(found)[0]) == 1
    assert found.notes[0].startswith("The whole group is searched for the interface: AWS was asked")


def test_without_credentials_the_next_step_is_named(log_group, monkeypatch):
    log_group([event(0)])
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    with pytest.raises(AwsError, match=r"NoCredentialsError.*aws sts get-caller-identity"):
        search()


@pytest.fixture
def _impatient(monkeypatch):
    monkeypatch.setattr("flowkit.aws.connect._ATTEMPTS", 2)


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (refused(400, "ThrottlingException", "Rate exceeded"), "ThrottlingException"),
        (cut_after(5), ""),
        (refused(400, "InvalidParameterException", "The specified nextToken is invalid."), "InvalidParameterException"),
    ],
)
def test_a_slice_that_cannot_be_had_to_its_end_says_so_and_the_rest_is_read(log_group, aws, fault, code):
    page_two = lambda asked: asked.operation == "FilterLogEvents" and asked.json.get("nextToken") == "1000-0"  # noqa: E731
    failing, rest = MANY[:2000], [event(1800 + n, record(1800 + n, count=n)) for n in range(10)]
    found_events = failing + rest
    aws.on(page_two, fault)
    log_group(found_events, page=1000)
    logs = search()
    logs = cloudwatch.replace(logs, slices=tuple(cloudwatch.density.slices(logs.slices[0], 900_000)))
    rows, notes = records(logs)
    assert len(rows) == 1000 + 10
    damage = [note for note in notes if "cannot be read further" in note]
    assert len(damage) == 1
    assert f"answered {code}" in damage[0]


@pytest.mark.parametrize("fault", [refused(400, "ThrottlingException"), cut_after(100)])
def test_what_passes_is_tried_again(log_group, aws, fault):
    aws.on("FilterLogEvents", fault, times=2)
    log_group(MANY, page=1000)
    assert sorted(records(search())[0]) == expected(MANY)


@pytest.mark.usefixtures("_impatient")
def test_loading_again_reads_the_slices_that_were_not_whole(log_group, aws, monkeypatch, tmp_path):
    monkeypatch.setattr(cloudwatch.density, "_STEPS", (900_000,))
    second = lambda asked: asked.operation == "FilterLogEvents" and asked.json.get("nextToken") == "1000-0"  # noqa: E731
    aws.on(second, cut_after(5), times=2)
    served = log_group([*MANY, event(1800)], page=1000)
    load = lambda: flowkit.load(PLACE, start=DAY, end=DAY + HOUR, case=tmp_path / "case")  # noqa: E731
    assert list(load().ledger.records) == [1000, 0, 1, 0]
    before = len(served.asked)
    assert list(load().ledger.records) == [3000, 0, 1, 0]
    slices = {(asked["startTime"], asked["endTime"]) for asked in served.asked[before + 6 :]}
    assert len(slices) == 1
