"""coverage and did_talk: each state, each answer, and what neither may claim."""

from dataclasses import dataclass, field
from datetime import timedelta

import pandas as pd
import pytest

import flowkit
from flowkit.analysis.minutes import Minutes
from flowkit.analysis.watched import coverage, did_talk
from flowkit.errors import MissingFieldError, ScopeError

EIGHT = pd.Timestamp("2026-03-10T08:00Z")  # 1773129600
HEADER = "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
HEADER += " flow-direction pkt-srcaddr pkt-dstaddr"
A, B, OUTSIDE = "10.0.0.1", "10.0.0.2", "203.0.113.9"


def at(minute, second=0):
    return 1773129600 + int(minute * 60) + second


def record(interface, source, destination, minute, **fields):
    first, length = at(minute), fields.get("length", 50)
    action, direction = fields.get("action", "ACCEPT"), fields.get("direction", "egress")
    packet = fields.get("packet", f"{source} {destination}")
    flow = f"{source} {destination} 40001 443 6 1 100 {first} {first + length}"
    return f"5 {interface} {flow} {action} OK {direction} {packet}"


def status(interface, minute, what="NODATA"):
    return f"5 {interface} - - - - - - - {at(minute)} {at(minute, 59)} - {what} - - -"


def watched(interface, own, minutes, lost=()):
    """Return a line for each of so many minutes: talking to somebody in the first, then silent."""
    lines = [record(interface, own, "10.9.9.9", 0)]
    return lines + [status(interface, n, "SKIPDATA" if n in lost else "NODATA") for n in range(1, minutes)]


@pytest.fixture
def load(load_lines):
    return lambda *lines: load_lines("\n".join([HEADER, *lines]))


@dataclass(frozen=True)
class Log:
    flow_log_id: str = "fl-1"
    traffic_type: str = "ALL"
    status: str = "ACTIVE"
    deliver_status: str = "SUCCESS"
    interval: int | None = 60


@dataclass(frozen=True)
class Nic:
    interface_id: str
    addresses: tuple[str, ...] = ()
    name: str = ""
    vpc_id: str = "vpc-1"
    subnet_id: str = "subnet-1"
    logs: tuple[Log, ...] = (Log(),)


@dataclass(frozen=True)
class Vpc:
    cidrs: tuple[str, ...] = ("10.200.0.0/16",)


@dataclass(frozen=True)
class Known:
    interfaces: tuple[Nic, ...] = ()
    vpcs: tuple[Vpc, ...] = field(default=(Vpc(),))

    @staticmethod
    def flow_logs_of(interface):
        return interface.logs


def cells(frame):
    minutes = ((frame.bucket - EIGHT).dt.total_seconds() // 60).astype(int)
    columns = ["state", "records", "minutes_covered", "minutes", "skipped"]
    return list(zip(frame.interface_id, minutes, *(frame[name] for name in columns), strict=True))


FIVE = timedelta(minutes=5)
STATES = [
    # what is logged, and the cells of five minutes from eight o'clock: state, records, covered, of, skipped
    ([record("eni-a", A, B, 0), record("eni-a", A, B, 7)], [("records", 1, 1, 5, 0), ("records", 1, 1, 3, 0)]),
    ([record("eni-a", A, B, 0), record("eni-a", A, B, 0), status("eni-a", 1)], [("records", 2, 2, 2, 0)]),
    ([status("eni-a", 1), status("eni-a", 2)], [("NODATA", 0, 2, 2, 0)]),
    ([record("eni-a", A, B, 4, length=70)], [("records", 1, 1, 1, 0), ("records", 1, 1, 1, 0)]),
    ([record("eni-a", A, B, 0), status("eni-a", 1, "SKIPDATA")], [("SKIPDATA", 1, 1, 2, 1)]),
    ([status("eni-a", 0, "SKIPDATA"), status("eni-a", 1, "SKIPDATA")], [("SKIPDATA", 0, 0, 2, 2)]),
    (
        [record("eni-a", A, B, 0), record("eni-a", A, B, 12)],
        [("records", 1, 1, 5, 0), ("nothing", 0, 0, 5, 0), ("records", 1, 1, 3, 0)],
    ),
]


@pytest.mark.parametrize(("lines", "expected"), STATES)
def test_states(load, lines, expected):
    assert [cell[2:] for cell in cells(coverage(load(*lines), every=FIVE))] == expected


def test_each_interface_has_every_bucket_of_the_window(load):
    flows = load(record("eni-b", B, A, 0), status("eni-a", 7))
    assert cells(coverage(flows, every=FIVE)) == [
        ("eni-a", 0, "nothing", 0, 0, 5, 0),
        ("eni-a", 5, "NODATA", 0, 1, 3, 0),
        ("eni-b", 0, "records", 1, 1, 5, 0),
        ("eni-b", 5, "nothing", 0, 0, 3, 0),
    ]


def test_the_window_is_the_scopes_and_cuts_what_reaches_over_it(load):
    flows = load(*(record("eni-a", A, B, n, length=110) for n in (0, 2, 4, 6)))
    narrowed = flows.narrow(start="2026-03-10T08:03Z", end="2026-03-10T08:06Z")
    # The record of 08:02 reaches into 08:03, which was so watched.
    assert cells(coverage(narrowed, every=FIVE)) == [
        ("eni-a", 0, "records", 2, 2, 2, 0),
        ("eni-a", 5, "records", 1, 1, 1, 0),
    ]


def test_addresses_and_ports_of_the_scope_do_not_count(load):
    flows = load(record("eni-a", A, B, 0), record("eni-b", B, A, 1))
    assert len(coverage(flows.narrow(dstport=1, action="REJECT"))) == len(coverage(flows)) == 4
    assert set(coverage(flows.narrow(interface_id="eni-b")).interface_id) == {"eni-b"}


@pytest.mark.parametrize("width", [1, 7, 60, 90, 97])
def test_minutes_add_up_whatever_the_buckets(load, width):
    lines = [record("eni-a", A, B, n, length=550) for n in (0, 10, 35, 100, 200)]
    frame = coverage(load(*lines), every=timedelta(minutes=width))
    assert frame.minutes_covered.sum() == 50
    assert frame.minutes.sum() == 210
    assert frame.records.max() >= 1


def test_silence_too_short_for_an_interval_of_ten_minutes_was_watched(load):
    flows = load(*(record("eni-a", A, B, n, length=200) for n in (0, 10, 30)))
    frame = coverage(flows, every=timedelta(hours=1))
    assert frame.attrs["interval"] == 600
    assert int(frame.minutes_covered.sum()) == 14 + 4  # 08:04 to 08:09 lie between two lines, 08:14 to 08:29 may not


def test_default_buckets_are_at_most_sixty(load):
    for last in (30, 59, 60, 61, 700, 30 * 1440, 3 * 365 * 1440):
        frame = coverage(load(record("eni-a", A, B, 0), record("eni-a", A, B, last)))
        assert len(frame) <= 60


def test_what_the_inventory_knows_and_the_log_does_not_shows(load):
    blind = (Log("fl-2", "ACCEPT"),)
    known = Known((Nic("eni-a"), Nic("eni-c", logs=()), Nic("eni-d", logs=blind), Nic("eni-v", vpc_id="vpc-2")))
    frame = coverage(load(record("eni-a", A, B, 0), record("eni-x", A, B, 0)), inventory=known)
    logs = dict(zip(frame.interface_id, frame.flow_logs, strict=True))
    assert frame.attrs["unseen"] == ("eni-c", "eni-d", "eni-v")
    assert set(frame[frame.interface_id.isin(frame.attrs["unseen"])].state) == {"nothing"}
    assert logs["eni-a"] == "ALL fl-1 60 s"
    assert logs["eni-c"] == "not logged"
    assert logs["eni-d"] == "ACCEPT only fl-2 60 s: rejected traffic is not recorded"
    assert pd.isna(logs["eni-x"])


def test_of_the_inventory_only_what_is_in_scope(load):
    known = Known((Nic("eni-c"), Nic("eni-v")))
    flows = load(record("eni-a", A, B, 0)).narrow(interface_id=["eni-a", "eni-c"])
    assert coverage(flows, inventory=known).attrs["unseen"] == ("eni-c",)


@pytest.mark.parametrize(
    ("logs", "text"),
    [
        ((Log("fl-1", "ACCEPT"), Log("fl-2", "REJECT")), "ACCEPT fl-1 60 s; REJECT fl-2 60 s"),
        ((Log("fl-1", "REJECT"),), "REJECT only fl-1 60 s: accepted traffic is not recorded"),
        ((Log(deliver_status="FAILED", interval=None),), "ALL fl-1 (delivery fails)"),
        ((Log(status="DELETING"),), "ALL fl-1 60 s (DELETING)"),
    ],
)
def test_flow_logs_in_words(load, logs, text):
    frame = coverage(load(record("eni-a", A, B, 0)), inventory=Known((Nic("eni-a", logs=logs),)))
    assert set(frame.flow_logs) == {text}


def test_what_no_log_shows_is_told(load):
    attrs = coverage(load(record("eni-a", A, B, 0))).attrs
    assert any("Amazon DNS server" in sentence for sentence in attrs["never_recorded"])
    assert "tcp-flags" in dict(attrs["absent_fields"])
    assert attrs["every"] == 60


@pytest.mark.parametrize(
    ("header", "values", "name"),
    [
        ("resource-id srcaddr dstaddr start end log-status", "nat-1 10.0.0.1 10.0.0.2", "nat-1"),
        ("srcaddr dstaddr start end log-status", "10.0.0.1 10.0.0.2", "-"),
    ],
)
def test_without_an_interface_what_saw_it_is_named(load_lines, header, values, name):
    flows = load_lines(f"{header}\n{values} {at(0)} {at(0, 50)} OK")
    assert set(coverage(flows).interface_id) == {name}


def test_without_log_status_the_caption_says_what_cannot_be_told(load_lines):
    flows = load_lines(f"interface-id srcaddr dstaddr start end\neni-a 10.0.0.1 10.0.0.2 {at(0)} {at(0, 50)}")
    assert "no log-status, so NODATA and SKIPDATA cannot be told" in coverage(flows).attrs["caption"]


def test_without_times_there_is_no_coverage(load_lines):
    with pytest.raises(MissingFieldError, match="coverage needs the field end"):
        coverage(load_lines(f"interface-id srcaddr dstaddr start\neni-a 10.0.0.1 10.0.0.2 {at(0)}"))


def test_records_without_a_time_are_told(load):
    flows = load(record("eni-a", A, B, 0), record("eni-a", A, B, 1).replace(f"{at(1)} {at(1, 50)}", "- -"))
    assert "Not shown: 1 records without a time." in coverage(flows).attrs["caption"]


@pytest.mark.parametrize(
    ("every", "told"),
    [(timedelta(seconds=30), "by the minute"), (timedelta(0), "whole seconds"), (5, "a width is a timedelta")],
)
def test_a_bucket_takes_whole_minutes(load, every, told):
    with pytest.raises(ScopeError, match=told):
        coverage(load(record("eni-a", A, B, 0)), every=every)


def test_more_rows_than_fit_are_refused(load):
    flows = load(*(record(f"eni-{n}", A, B, n * 525_600) for n in range(3)))
    with pytest.raises(ScopeError, match="Take wider"):
        coverage(flows, every=timedelta(minutes=1))


def test_nothing_loaded_gives_the_columns_and_no_rows(load):
    frame = coverage(load(record("eni-a", A, B, 0)).narrow(start="2030-01-01T00:00Z"))
    assert frame.empty
    assert list(frame.columns)[:3] == ["interface_id", "bucket", "state"]


def test_the_sample_lost_records_at_one_interface_only():
    frame = coverage(flowkit.load("sample"), every=timedelta(minutes=4))
    lost = frame[frame.state == "SKIPDATA"]
    assert list(lost.bucket.dt.strftime("%H:%M")) == ["10:20", "10:24", "10:28"]
    assert len(set(lost.interface_id)) == 1
    assert int(lost.skipped.sum()) == 12
    assert set(frame.state) == {"records", "NODATA", "SKIPDATA"}
    assert (frame[frame.state != "SKIPDATA"].minutes_covered == 4).all()


@pytest.mark.parametrize(("most", "bits"), [(0, 0b1010001), (1, 0b1110001), (2, 0b1110001), (3, 0b1111111)])
def test_gaps_are_filled_up_to_a_length(most, bits):
    assert Minutes(5, 0b1010001).closed(most) == Minutes(5, bits)


@pytest.mark.parametrize(
    ("window", "bits", "count"),
    [((10, 14), 0b1011, 3), ((8, 12), 0b1100, 2), ((12, 20), 0b10, 1), ((0, 5), 0, 0), ((30, 40), 0, 0)],
)
def test_minutes_of_a_window(window, bits, count):
    assert Minutes(10, 0b1011).between(window) == bits
    assert Minutes(10, 0b1011).count(window) == count


# did_talk


def answer(frame):
    assert len(frame) == 1
    return frame.iloc[0]


SILENT = "10.0.0.3"
TALKS = [
    # what is logged, the pair, the answer, and a part of the reason
    ([record("eni-a", A, B, 0)], (A, B), "yes", "1 record (1 accepted, 0 rejected)"),
    ([record("eni-a", A, B, 0)], (B, A), "yes", ""),
    ([record("eni-a", A, B, 0)], ("10.0.0.0/30", "10.0.0.2"), "yes", ""),
    ([record("eni-a", A, B, 0, action="REJECT")], (A, B), "yes", "none got through"),
    ([record("eni-n", "10.0.5.5", OUTSIDE, 0, packet=f"{A} {OUTSIDE}")], (A, OUTSIDE), "yes", ""),
    (watched("eni-a", A, 5), (A, B), "not seen, fully covered", f"what it sent and what was stopped on the way to {A}"),
    (watched("eni-b", B, 5), (A, B), "not seen, fully covered", f"{A} has no interface that is known to record this"),
    (watched("eni-a", A, 5, lost={2}), (A, B), "not seen, 1 minute uncovered", "watched in 4 of 5 minutes"),
    (watched("eni-a", A, 5, lost={2, 3}), (A, B), "not seen, 2 minutes uncovered", "watched in 3 of 5 minutes"),
    (
        [*watched("eni-a", A, 5, lost={2}), *watched("eni-b", B, 5, lost={3})],
        (A, B),
        "not seen, fully covered",
        "In each minute at least one of the two was watched.",
    ),
    (
        [*watched("eni-a", A, 5, lost={2}), *watched("eni-b", B, 5, lost={2})],
        (A, B),
        "not seen, 1 minute uncovered",
        "",
    ),
    ([*watched("eni-a", A, 2), *watched("eni-c", SILENT, 5)], (A, B), "not seen, 3 minutes uncovered", ""),
    (watched("eni-a", A, 5), (SILENT, B), "cannot be seen", "No interface in this log is known to hold"),
    (watched("eni-a", A, 5), (A, "169.254.169.254"), "cannot be seen", "metadata service"),
    (watched("eni-a", A, 5), (A, "fd00:ec2::123"), None, "two families"),
    (
        [*watched("eni-a", A, 5), *watched("eni-a", B, 5)],
        (A, B),
        "cannot be seen",
        "eni-a holds both: what stays inside one host passes no interface",
    ),
    ([*watched("eni-a", "2001:db8::1", 3)], ("2001:db8::/64", "2001:db8:1::5"), "not seen, fully covered", ""),
]


@pytest.mark.parametrize(("lines", "pair", "expected", "reason"), TALKS)
def test_answers(load, lines, pair, expected, reason):
    flows = load(*lines)
    if expected is None:
        with pytest.raises(ScopeError, match=reason):
            did_talk(flows, *pair)
        return
    row = answer(did_talk(flows, *pair))
    assert row.answer == expected
    assert reason in row.reason


def test_what_was_recorded_is_counted(load):
    flows = load(record("eni-a", A, B, 0), record("eni-b", A, B, 1, direction="ingress", action="REJECT"))
    row = answer(did_talk(flows, A, B))
    assert (row.records, row.accepted, row.rejected, row.bytes) == (2, 1, 1, 200)
    assert (row["first"] - EIGHT, row["last"] - EIGHT) == (pd.Timedelta(0), pd.Timedelta(seconds=110))
    assert row.interfaces == "eni-a, eni-b"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"port": 443}, "yes"),
        ({"port": 443, "protocol": "tcp"}, "yes"),
        ({"port": 22}, "not seen, fully covered"),
        ({"protocol": "udp"}, "not seen, fully covered"),
    ],
)
def test_port_and_protocol(load, options, expected):
    assert answer(did_talk(load(record("eni-a", A, B, 0)), A, B, **options)).answer == expected


@pytest.mark.parametrize(
    ("known", "pair", "expected", "reason"),
    [
        ((Nic("eni-c", (SILENT,)),), (SILENT, B), "not seen, 5 minutes uncovered", "watched in 0 of 5"),
        ((Nic("eni-c", (SILENT,), logs=()),), (SILENT, B), "cannot be seen", "eni-c (not logged)"),
        (
            (Nic("eni-a", (A,), logs=(Log(traffic_type="ACCEPT"),)),),
            (A, B),
            "cannot be seen",
            "rejected traffic is not recorded",
        ),
        ((), (A, "10.200.0.2"), "cannot be seen", "Amazon DNS server of the VPC 10.200.0.0/16"),
        ((Nic("eni-a", (A, "10.0.0.77")),), (A, "10.0.0.77"), "cannot be seen", "holds both"),
    ],
)
def test_what_an_inventory_adds(load, known, pair, expected, reason):
    row = answer(did_talk(load(*watched("eni-a", A, 5)), *pair, inventory=Known(known)))
    assert row.answer == expected
    assert reason in row.reason


def test_a_log_of_accepted_traffic_tells_of_accepted_traffic(load):
    known = Known((Nic("eni-a", (A,), logs=(Log(traffic_type="ACCEPT"),)),), vpcs=())
    flows = load(*watched("eni-a", A, 5))
    assert answer(did_talk(flows.narrow(action="ACCEPT"), A, B, inventory=known)).answer == "not seen, fully covered"
    assert answer(did_talk(flows.narrow(action="REJECT"), A, B, inventory=known)).answer == "cannot be seen"


def test_the_window_counts_also_where_the_log_is_silent(load):
    flows = load(*watched("eni-a", A, 5)).narrow(start="2026-03-10T08:02Z", end="2026-03-10T08:10Z")
    row = answer(did_talk(flows, A, B))
    assert row.answer == "not seen, 5 minutes uncovered"
    assert row.minutes_uncovered == 5


def test_who_holds_an_address_is_known_from_any_time(load):
    flows = load(record("eni-a", A, SILENT, 0), status("eni-a", 30), status("eni-a", 31))
    later = flows.narrow(start="2026-03-10T08:30Z", end="2026-03-10T08:32Z")
    assert answer(did_talk(later, A, B)).answer == "not seen, fully covered"


def test_without_direction_the_own_address_is_the_commonest(load_lines):
    lines = "\n".join(
        f"2 111122223333 eni-a {A} {other} 40001 443 6 1 40 {at(0)} {at(0, 50)} ACCEPT OK"
        for other in ("10.0.0.7", "10.0.0.8")
    )
    assert answer(did_talk(load_lines(lines), A, B)).answer == "not seen, fully covered"
    assert answer(did_talk(load_lines(lines.splitlines()[0]), A, B)).answer == "cannot be seen"


def test_fields_the_log_lacks_are_null(load_lines):
    flows = load_lines(f"interface-id srcaddr dstaddr start end\neni-a {A} {B} {at(0)} {at(0, 50)}")
    row = answer(did_talk(flows, A, B))
    assert row.answer == "yes"
    assert pd.isna([row.accepted, row.rejected, row.bytes]).all()


@pytest.mark.parametrize(
    ("pair", "told"),
    [
        ((A, A), "a and b are both"),
        ((A, "10.0.0.1/32"), "a and b are both"),
        ((A, [B]), "b is one address"),
        ((A, "nonsense"), "a CIDR block such as"),
        ((A, "10.0.0.1/8"), "Did you mean"),
    ],
)
def test_ends_that_are_none(load, pair, told):
    with pytest.raises(ScopeError, match=told):
        did_talk(load(record("eni-a", A, B, 0)), *pair)


def test_no_window_is_refused(load):
    with pytest.raises(ScopeError, match="Give start and end"):
        did_talk(load(record("eni-a", A, B, 0)).narrow(start="2030-01-01T00:00Z"), A, B)


def test_the_sample_answers():
    flows = flowkit.load("sample")
    assert answer(did_talk(flows, "10.0.1.11", "10.0.2.20")).answer == "yes"
    assert answer(did_talk(flows, "10.0.1.11", "192.0.2.77")).answer == "not seen, 12 minutes uncovered"
    assert answer(did_talk(flows, "10.0.1.10", "192.0.2.77")).answer == "not seen, fully covered"
