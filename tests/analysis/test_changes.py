"""what_changed: what is new, gone, more or less, and what may not be compared."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

import flowkit
from flowkit.analysis.changes import what_changed
from flowkit.errors import MissingFieldError, ScopeError

HEADER = "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
NOON = "2026-03-10T08:10Z"
C, S, T = "10.0.0.1", "10.0.0.2", "10.0.0.3"


def line(minute, source, destination, *, port=443, interface="eni-a", size=100, action="ACCEPT"):
    first = 1773129600 + minute * 60
    return f"5 {interface} {source} {destination} 40001 {port} 6 1 {size} {first} {first + 50} {action} OK"


def silent(minutes, interface="eni-a", what="NODATA"):
    starts = (1773129600 + minute * 60 for minute in minutes)
    return [f"5 {interface} - - - - - - - {first} {first + 59} - {what}" for first in starts]


@pytest.fixture
def load(load_lines):
    """Return a function that loads lines of twenty minutes in which eni-a was watched throughout."""
    return lambda *lines: load_lines("\n".join([HEADER, *silent(range(20)), *lines]))


def rows(frame, *columns):
    shown = frame[["what", *(columns or ("subject", "peer", "port"))]].astype("object")
    return [tuple(row) for row in shown.where(shown.notna(), None).itertuples(index=False, name=None)]


ALWAYS = [line(1, C, S), line(12, C, S)]
CASES = [
    # what is logged besides what is there always, and the changes at ten past
    ([], []),
    ([line(3, C, S)], []),
    ([line(12, C, S, port=22)], [("new port", S, None, 22), ("new conversation", C, S, 22)]),
    ([line(3, C, S, port=22)], [("gone port", S, None, 22), ("gone conversation", C, S, 22)]),
    (
        [line(10, C, T)],
        [("new destination", T, None, None), ("new port", T, None, 443), ("new conversation", C, T, 443)],
    ),
    (
        [line(9, C, T)],
        [("gone destination", T, None, None), ("gone port", T, None, 443), ("gone conversation", C, T, 443)],
    ),
    ([line(12, T, S)], [("new conversation", T, S, 443)]),
    ([line(12, C, S, action="REJECT")], [("new rejects", C, S, 443)]),
    ([line(2, C, S, action="REJECT")], [("gone rejects", C, S, 443)]),
    ([line(2, C, S, action="REJECT"), line(15, C, S, action="REJECT")], []),
    # from one record to three is no finding
    ([line(n, C, S, size=10_000) for n in (12, 13)], []),
]


@pytest.mark.parametrize(("lines", "expected"), CASES)
def test_changes(load, lines, expected):
    assert rows(what_changed(load(*ALWAYS, *lines), at=NOON)) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (100, 100, []),
        (100, 299, []),
        (100, 300, [("more", 3.0)]),
        (300, 100, [("less", 1 / 3)]),
        (0, 0, []),
        (0, 9, [("more", None)]),
    ],
)
def test_volumes(load, before, after, expected):
    sizes = [(n, before) for n in range(10)] + [(n, after) for n in range(10, 20)]
    flows = load(*(line(n, C, S, size=size) for n, size in sizes for _ in range(2)))
    assert rows(what_changed(flows, at=NOON), "ratio") == [
        (what, ratio and pytest.approx(ratio)) for what, ratio in expected
    ]


def test_volumes_are_per_covered_minute(load_lines):
    # The same rate on both sides, but of the second only half was watched.
    lines = [HEADER, *silent(range(15)), *silent([19], "eni-b")]
    lines += [line(n, C, S) for n in range(10) for _ in range(4)] + [line(n, C, S) for n in range(10, 15)] * 4
    frame = what_changed(load_lines("\n".join(lines)), at=NOON)
    assert rows(frame) == []


def test_the_columns_say_how_much_and_when(load):
    row = what_changed(load(*ALWAYS, line(11, T, S, size=7), line(12, T, S, size=8)), at=NOON).iloc[0]
    assert (row.before_bytes, row.after_bytes, row.before_records, row.after_records) == (0, 15, 0, 2)
    assert (row.protocol, row.covered) == (6, "both")
    assert row.first_after == pd.Timestamp("2026-03-10T08:11Z")
    assert pd.isna([row.last_before, row.ratio]).all()


@pytest.mark.parametrize(
    ("watched", "expected", "unknown"),
    [
        (range(20), [("new conversation", "both")], 0),
        (range(4, 20), [("new conversation", "before 6 of 10 min")], 0),
        (range(6, 20), [], 1),
        (range(10, 20), [], 1),
    ],
)
def test_what_was_not_watched_is_counted_and_not_new(load_lines, watched, expected, unknown):
    lines = [HEADER, *silent(range(20)), *ALWAYS, *silent(watched, "eni-b"), line(12, T, S, interface="eni-b")]
    frame = what_changed(load_lines("\n".join(lines)), at=NOON)
    assert rows(frame, "covered") == expected
    assert frame.attrs["not_comparable"] == unknown
    assert ("Not comparable, since not watched on both sides: 1." in frame.attrs["caption"]) == bool(unknown)


def test_where_records_were_lost_nothing_is_new(load_lines):
    lines = [HEADER, *silent(range(20)), *silent(range(10), what="SKIPDATA"), *ALWAYS, line(12, T, S)]
    frame = what_changed(load_lines("\n".join(lines)), at=NOON)
    assert (rows(frame), frame.attrs["not_comparable"]) == ([], 1)


def test_one_interface_that_was_watched_suffices(load):
    # eni-new is there from 08:12 on, but its peer's interface was watched all the time.
    lines = [line(12, T, S), line(12, T, S, interface="eni-new")]
    assert rows(what_changed(load(*ALWAYS, *lines), at=NOON)) == [("new conversation", T, S, 443)]


@dataclass(frozen=True)
class Log:
    traffic_type: str
    flow_log_id: str = "fl-1"
    status: str = "ACTIVE"
    deliver_status: str = "SUCCESS"
    interval: int | None = 60


@dataclass(frozen=True)
class Nic:
    interface_id: str = "eni-a"
    name: str = ""
    vpc_id: str = ""
    subnet_id: str = ""
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    kind: str
    interfaces: tuple[Nic, ...] = (Nic(),)
    vpcs: tuple[str, ...] = ()

    def flow_logs_of(self, _interface):
        return (Log(self.kind),)


@pytest.mark.parametrize(("kind", "unknown"), [("ALL", 0), ("REJECT", 0), ("ACCEPT", 1)])
def test_rejects_are_not_compared_where_they_are_not_logged(load, kind, unknown):
    frame = what_changed(load(*ALWAYS, line(2, C, S, action="REJECT")), at=NOON, inventory=Known(kind))
    assert (len(frame), frame.attrs["not_comparable"]) == (1 - unknown, unknown)


def test_the_window_is_as_long_on_both_sides(load):
    flows = load(*ALWAYS, line(2, T, S), line(12, T, S))
    assert rows(what_changed(flows, at=NOON)) == []
    frame = what_changed(flows, at=NOON, window=timedelta(minutes=5))
    assert rows(frame)[-1] == ("new conversation", T, S, 443)
    assert "2026-03-10 08:05Z to 2026-03-10 08:15Z" in frame.attrs["caption"]


def test_the_largest_of_each_kind_come_first_and_the_rest_is_counted(load):
    lines = [line(12, f"10.0.1.{n}", S, size=n) for n in range(1, 6)] + [line(12, C, S, action="REJECT")]
    frame = what_changed(load(*ALWAYS, *lines), at=NOON, top=3)
    assert rows(frame, "subject") == [
        ("new conversation", "10.0.1.5"),
        ("new rejects", C),
        ("new conversation", "10.0.1.4"),
    ]
    assert frame.attrs["counts"] == {"new conversation": 5, "new rejects": 1}
    assert frame.attrs["left_out"] == 3
    assert "Not named: the 3 lesser ones." in frame.attrs["caption"]


def test_only_what_is_in_scope(load):
    flows = load(*ALWAYS, line(12, T, S), line(12, T, S, port=22))
    frame = what_changed(flows.narrow(dstport=22), at=NOON)
    assert set(frame.port.dropna()) == {22}


def test_a_log_without_bytes_and_action_counts_records(load_lines):
    header = "interface-id srcaddr dstaddr srcport dstport protocol start end"
    starts = [1773129600 + 60 * n for n in range(20)]
    lines = [f"eni-a {C} {S} 40001 443 6 {first} {first + 50}" for first in starts for _ in range(2)]
    lines += [f"eni-a {C} {S} 40001 443 6 {first} {first + 50}" for first in starts[10:] for _ in range(4)]
    frame = what_changed(load_lines("\n".join([header, *lines])), at=NOON)
    assert rows(frame, "ratio") == [("more", 3.0)]
    assert frame.before_bytes.isna().all()


@pytest.mark.parametrize("at", [NOON, datetime(2026, 3, 10, 8, 10, tzinfo=UTC), "2026-03-10T09:10+01:00"])
def test_the_time_takes_every_form_of_a_scope(load, at):
    assert what_changed(load(*ALWAYS), at=at).attrs["at"] == pd.Timestamp(NOON)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"at": "2026-03-10T08:10"}, "^at has no time zone"),
        ({"at": "noon"}, "^at is no time"),
        ({"at": None}, "^at is None"),
        ({"at": "2026-03-10T07:00Z"}, "Choose a time between 2026-03-10 08:00Z and 2026-03-10 08:20Z"),
        ({"at": "2027-03-10T07:00Z"}, "Choose a time between"),
        ({"at": NOON, "window": timedelta(0)}, "window is"),
        ({"at": NOON, "window": 5}, "Try timedelta"),
        ({"at": NOON, "top": 0}, "top is 0"),
    ],
)
def test_what_cannot_be_asked(load, options, told):
    with pytest.raises(ScopeError, match=told):
        what_changed(load(*ALWAYS), **options)


def test_without_ports_nothing_is_compared(load_lines):
    flows = load_lines(f"srcaddr dstaddr protocol start end\n{C} {S} 6 1773129600 1773129650")
    with pytest.raises(MissingFieldError, match="telling what changed needs the field srcport"):
        what_changed(flows, at=NOON)


def test_the_sample_has_a_new_destination():
    frame = what_changed(flowkit.load("sample"), at="2026-03-10T11:05Z")
    first = frame.iloc[0]
    assert (first["what"], first.subject) == ("new destination", "203.0.113.77")
    assert len(frame) == 200
    assert frame.attrs["left_out"] == sum(frame.attrs["counts"].values()) - 200
