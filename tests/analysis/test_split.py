"""Timelines split by a field, and questions answered from numbers: the records themselves say the same."""

from dataclasses import replace
from datetime import timedelta

import pandas as pd
import pytest

from flowkit.analysis import conversations, coverage, reject_timeline, traffic_timeline
from flowkit.errors import MissingFieldError, ScopeError, UnknownFieldError
from flowkit.origin import Origin

LOG = """
version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status vpc-id subnet-id tcp-flags flow-direction
5 eni-a 10.0.0.9 10.0.0.1 40001 443 6 1 40 1773129600 1773129650 ACCEPT OK vpc-1 subnet-1 2 ingress
5 eni-c 10.0.0.9 10.0.0.1 40001 443 6 1 40 1773129600 1773129650 ACCEPT OK vpc-1 subnet-2 2 egress
5 eni-a 10.0.0.1 10.0.0.9 443 40001 6 2 80 1773129659 1773129700 ACCEPT OK vpc-1 subnet-1 18 egress
5 eni-a 203.0.113.9 10.0.0.1 40003 22 6 4 160 1773129601 1773129700 REJECT OK vpc-1 subnet-1 2 ingress
5 eni-a 203.0.113.9 10.0.0.1 40004 23 6 4 160 1773130199 1773130230 REJECT OK vpc-1 subnet-1 2 ingress
5 eni-a 2001:db8::9 2001:db8::1 40005 23 6 4 160 1773130201 1773130230 REJECT OK vpc-1 subnet-1 2 ingress
5 eni-c 10.0.0.9 203.0.113.9 0 0 1 8 320 1773133260 1773133270 REJECT OK vpc-1 subnet-2 - egress
5 eni-a 10.0.0.9 10.0.0.1 40004 443 6 16 640 1773129720 1773129900 - OK vpc-1 - 0 ingress
5 eni-b - - - - - - - 1773129780 1773129839 - NODATA vpc-1 subnet-2 - -
5 eni-a - - - - - - - 1773136800 1773136859 - SKIPDATA vpc-1 subnet-1 - -
"""  # noqa: E501 - lines of a log
SCOPES = (
    {},
    {"action": "REJECT"},
    {"dstport": 443},
    {"port": 443},
    {"address": "10.0.0.0/24"},
    {"direction": "ingress"},
    {"interface_id": "eni-a"},
    {"interface_id": "eni-b"},
    {"subnet_id": ["subnet-1", "subnet-2"]},
    {"vpc_id": "vpc-9"},
    {"start": "2026-03-10T08:00Z", "end": "2026-03-10T08:10Z"},
    {"start": "2026-03-10T08:10:00Z"},
    {"start": "2026-03-10T08:10:01Z", "interface_id": "eni-a"},
    {"start": "2026-03-10T08:00:00.5Z", "end": "2026-03-10T08:10:00.5Z"},
    {"end": "2026-03-10T08:01:30Z", "action": "ACCEPT"},
)
QUESTIONS = {
    "overview": lambda flows: pd.DataFrame(flows.overview),
    "coverage": coverage,
    "coverage by two minutes": lambda flows: coverage(flows, every=timedelta(minutes=2)),
    "rejects by port": reject_timeline,
    "rejects by port, two named": lambda flows: reject_timeline(flows, by="srcport", top=2),
    "rejects by address": lambda flows: reject_timeline(flows, by="srcaddr", top=1),
    "rejects by subnet": lambda flows: reject_timeline(flows, by="subnet-id"),
    "rejects by flags": lambda flows: reject_timeline(flows, by="tcp-flags"),
    "rejects by interface": lambda flows: reject_timeline(flows, by="interface-id"),
    "rejects by direction": lambda flows: reject_timeline(flows, by="flow-direction"),
    "traffic": lambda flows: traffic_timeline(flows, count="as_logged"),
    "traffic by protocol": lambda flows: traffic_timeline(flows, count="as_logged", by="protocol"),
}


@pytest.fixture(scope="module")
def flows(load_lines):
    loaded = load_lines(LOG)
    _ = loaded.facts
    return loaded


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_numbers_say_what_the_records_say(flows, scope, monkeypatch):
    narrowed = flows.narrow(**scope)
    assert narrowed.numbers is not None
    by_numbers = {name: ask(narrowed) for name, ask in QUESTIONS.items()}
    minutes = narrowed.surroundings.minutes
    monkeypatch.setattr(Origin, "understood", property(lambda _self: False))
    apart = replace(flows, origin=replace(flows.origin)).narrow(**scope)
    assert apart.numbers is None
    assert apart.surroundings.minutes == minutes
    for name, ask in QUESTIONS.items():
        by_records = ask(apart)
        pd.testing.assert_frame_equal(by_numbers[name], by_records, obj=name)
        assert by_numbers[name].attrs == by_records.attrs, name


def test_a_direction_that_is_derived_is_asked_of_the_records(load_lines):
    derived = load_lines(LOG.replace(" 18 egress", " 18 -"))
    _ = derived.facts
    assert derived.numbers is not None
    assert derived.narrow(direction="egress").numbers is None


def values(frame):
    return frame.groupby(["value", "action"]).bytes.sum().to_dict()


def test_traffic_is_split_by_a_field_and_counted_once(flows):
    frame = traffic_timeline(flows, by="dstport", every=timedelta(hours=1))
    assert list(frame.columns) == ["bucket", "action", "value", "records", "packets", "bytes"]
    assert values(frame) == {
        ("443", "ACCEPT"): 40, ("40001", "ACCEPT"): 80, ("22", "REJECT"): 160, ("23", "REJECT"): 320,
        ("0", "REJECT"): 320, ("443", "-"): 640,
    }  # fmt: skip
    assert (frame.attrs["by"], frame.attrs["left_out"], frame.attrs["count"]) == ("dstport", 0, "once")
    assert "by dstport, each conversation counted once" in frame.attrs["caption"]


def test_rarer_values_are_other_together(flows):
    frame = traffic_timeline(flows, by="dstport", top=1, count="as_logged", every=timedelta(hours=1))
    assert set(frame.value) == {"443", "other"}
    assert frame.attrs["left_out"] == 4
    assert "4 rarer ones together as other" in frame.attrs["caption"]
    plain = traffic_timeline(flows, count="as_logged", every=timedelta(hours=1))
    assert (frame.bytes.sum(), frame.records.sum()) == (plain.bytes.sum(), plain.records.sum())
    assert not {"by", "left_out"} & plain.attrs.keys()


@pytest.mark.parametrize(("by", "count"), [("interface-id", "once"), ("flow-direction", "as_logged")])
def test_what_conversations_do_not_tell_is_split_as_logged(flows, by, count):
    frame = traffic_timeline(flows, by=by)
    assert frame.attrs["count"] == count
    assert frame.records.sum() == {"once": 7, "as_logged": 8}[count]


def test_a_field_that_is_empty_is_named_by_a_dash(flows):
    assert set(traffic_timeline(flows, by="subnet_id").value) == {"subnet-1", "subnet-2", "-"}


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"by": "colour"}, UnknownFieldError),
        ({"by": "az-id"}, MissingFieldError),
        ({"by": "dstport", "top": 0}, ScopeError),
    ],
)
def test_what_cannot_be_split_is_refused(flows, options, error):
    with pytest.raises(error):
        traffic_timeline(flows, **options)


def test_of_more_rows_than_are_shown_those_with_most_bytes_are_whole(load_lines):
    head, line = LOG.split("\n")[1], "5 eni-a 10.0.0.9 10.0.{}.{} 40001 443 6 1 {} 1773129600 1773129650 ACCEPT OK"
    more = " vpc-1 subnet-1 2 egress"
    lines = [line.format(n // 200, n % 200, 40 + n) + more for n in range(20_005)]
    big = "10.0.100.4"  # the last of them, in two records, one rejected
    lines += [line.format(100, 4, 30_000).replace("ACCEPT", "REJECT") + more]
    frame = conversations(load_lines("\n".join(["", head, *lines, ""])))
    assert (len(frame), frame.attrs["left_out"]) == (20_000, 5)
    assert frame.iloc[0][["server", "bytes_to_server", "records", "rejected", "observed_at"]].tolist() == [
        big, 50_044, 2, 1, "eni-a",
    ]  # fmt: skip
    assert frame.bytes_to_server.min() == 45
    assert frame.bytes_to_server.is_monotonic_decreasing


def test_an_answer_is_remembered_for_other_scopes_with_the_same_surroundings(flows):
    made = []
    origin = replace(flows.origin)
    for number in (1, 2, 1):
        assert origin.remembered(number, lambda n=number: made.append(n) or n) == number
    assert made == [1, 2]
    for number in range(100):
        origin.remembered(number, lambda n=number: n)
    assert origin.remembered(1, lambda: "anew") == "anew"
    assert coverage(flows).equals(coverage(flows.narrow()))
