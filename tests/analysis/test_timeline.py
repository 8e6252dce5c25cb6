"""Buckets and gaps: their widths, and where in time the log is silent because nothing was logged."""

from datetime import timedelta

import pytest

from flowkit.analysis import timeline, traffic_timeline
from flowkit.analysis.caption import every_text

EIGHT = 1773129600  # 2026-03-10T08:00:00Z
HEADER = "version interface-id srcaddr dstaddr packets bytes start end action log-status"


def log(*records):
    """Return a log from (interface, status, first minute, last minute, inclusive), a record each."""
    lines = [HEADER]
    for interface, status, first, last in records:
        seen = "10.0.0.1 10.0.0.2 1 40" if status == "OK" else "- - - -"
        action = "ACCEPT" if status == "OK" else "-"
        lines.append(f"5 {interface} {seen} {EIGHT + 60 * first} {EIGHT + 60 * last + 59} {action} {status}")
    return "\n".join(lines)


def every_minute(first, last, status="OK"):
    return [("eni-a", status, minute, minute) for minute in range(first, last + 1)]


def clock(minute, second=0):
    return f"2026-03-10T{8 + minute // 60:02}:{minute % 60:02}:{second:02}Z"


def gap(first, last, why):
    return clock(first), clock(last, 59), why


@pytest.mark.parametrize(
    ("records", "gaps"),
    [
        pytest.param(every_minute(0, 9), [], id="none"),
        pytest.param(
            every_minute(0, 2) + every_minute(7, 9), [gap(3, 6, "no record")], id="a stretch without any record"
        ),
        pytest.param(every_minute(0, 2) + every_minute(3, 6, "NODATA") + every_minute(7, 9), [], id="NODATA is no gap"),
        pytest.param([*every_minute(0, 9), ("eni-b", "SKIPDATA", 4, 4)], [gap(4, 4, "SKIPDATA")], id="SKIPDATA"),
        pytest.param(
            [*every_minute(0, 9), *(("eni-b", "SKIPDATA", m, m) for m in (3, 4, 5))],
            [gap(3, 5, "SKIPDATA")],
            id="SKIPDATA in a row is one gap",
        ),
        pytest.param(
            [*every_minute(0, 9), ("eni-b", "SKIPDATA", 1, 1), ("eni-c", "SKIPDATA", 7, 8)],
            [gap(1, 1, "SKIPDATA"), gap(7, 8, "SKIPDATA")],
            id="SKIPDATA apart is two",
        ),
        pytest.param(
            [*every_minute(0, 9), ("eni-b", "SKIPDATA", 2, 7), ("eni-c", "SKIPDATA", 3, 4)],
            [gap(2, 7, "SKIPDATA")],
            id="SKIPDATA within SKIPDATA",
        ),
        pytest.param(
            [("eni-a", "OK", 0, 9), ("eni-a", "OK", 10, 19), ("eni-a", "OK", 20, 29)],
            [],
            id="records of ten minutes fill the minutes between their starts",
        ),
        pytest.param(
            [("eni-a", "NODATA", 0, 9), ("eni-a", "OK", 10, 10), ("eni-a", "NODATA", 11, 19), ("eni-a", "OK", 20, 20)],
            [],
            id="so does NODATA",
        ),
        pytest.param(
            [*every_minute(0, 2), ("eni-a", "SKIPDATA", 3, 6), *every_minute(7, 9)],
            [gap(3, 6, "SKIPDATA")],
            id="SKIPDATA with no other record is told once, as SKIPDATA",
        ),
    ],
)
def test_gaps(load_lines, records, gaps):
    assert timeline.gaps(load_lines(log(*records)), 60) == gaps


def test_gaps_are_those_of_the_resources_in_scope(load_lines):
    records = [*every_minute(0, 9), ("eni-b", "SKIPDATA", 4, 4), ("eni-b", "OK", 0, 0), ("eni-b", "OK", 9, 9)]
    flows = load_lines(log(*records))
    assert timeline.gaps(flows.narrow(interface_id="eni-a"), 60) == []
    assert timeline.gaps(flows.narrow(interface_id="eni-b"), 60) == [
        gap(4, 4, "SKIPDATA"),
        gap(1, 3, "no record"),
        gap(5, 8, "no record"),
    ]


def test_silence_of_what_is_narrowed_away_is_no_gap(load_lines):
    flows = load_lines(log(*every_minute(0, 9))).narrow(
        start="2026-03-10T08:00Z", end="2026-03-10T08:10Z", srcaddr="192.0.2.1"
    )
    assert flows.count() == 0
    assert timeline.gaps(flows, 60) == []


def test_a_window_reaching_beyond_the_log_has_gaps_at_its_ends(load_lines):
    flows = load_lines(log(*every_minute(2, 4))).narrow(start="2026-03-10T08:00Z", end="2026-03-10T08:10Z")
    assert timeline.gaps(flows, 60) == [gap(0, 1, "no record"), gap(5, 9, "no record")]


def test_a_window_without_any_record_is_one_gap(load_lines):
    flows = load_lines(log(*every_minute(0, 4))).narrow(start="2026-03-10T09:00Z", end="2026-03-10T09:10Z")
    frame = traffic_timeline(flows)
    assert frame.attrs["gaps"] == [gap(60, 69, "no record")]
    assert "1 stretch without any record" in frame.attrs["caption"]


def test_more_gaps_than_are_drawn_are_still_counted(load_lines):
    flows = load_lines(log(*(("eni-a", "OK", minute, minute) for minute in range(0, 300, 2))))
    assert "149 stretches without any record" in traffic_timeline(flows, every=timedelta(minutes=1)).attrs["caption"]


@pytest.mark.parametrize(
    ("minutes", "seconds"),
    [
        (1, 60),
        (180, 60),
        (181, 300),
        (6 * 60, 300),
        (24 * 60, 600),
        (7 * 24 * 60, 3600),
        (31 * 24 * 60, 6 * 3600),
        (366 * 24 * 60, 7 * 86_400),
        (10 * 366 * 24 * 60, 21 * 86_400),
    ],
)
def test_the_default_width_gives_at_most_180_buckets(load_lines, minutes, seconds):
    flows = load_lines(log(("eni-a", "OK", 0, 0), ("eni-a", "OK", minutes - 1, minutes - 1)))
    assert timeline.width(flows, None) == seconds
    assert minutes * 60 / seconds <= 180


def test_the_width_of_an_empty_scope_is_a_minute(load_lines):
    assert timeline.width(load_lines(log(*every_minute(0, 4))).narrow(srcaddr="192.0.2.1"), None) == 60


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1, "0:00:01"), (60, "1 min"), (90, "0:01:30"), (600, "10 min"), (7200, "2 h"), (86_400, "1 d")],
)
def test_a_width_in_words(seconds, text):
    assert every_text(seconds) == text


@pytest.mark.parametrize(
    ("reasons", "text"),
    [
        ([], "No gap in the logging shows."),
        (["SKIPDATA"], "Shaded: 1 stretch with SKIPDATA (records lost)."),
        (["no record", "no record"], "Shaded: 2 stretches without any record."),
        (
            ["SKIPDATA", "no record"],
            "Shaded: 1 stretch with SKIPDATA (records lost), 1 stretch without any record.",
        ),
    ],
)
def test_gaps_in_words(load_lines, reasons, text):
    flows = load_lines(log(*every_minute(0, 1)))
    assert timeline.gaps_text(flows, [(clock(0), clock(1), why) for why in reasons], untimed=0) == text
