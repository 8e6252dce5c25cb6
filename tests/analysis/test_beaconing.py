"""beacons: regular calls by new conversations; jitter, few calls, reused ports, long sessions, blocked calls."""

import random
from dataclasses import replace

import pandas as pd
import pytest

from flowkit import analysis
from flowkit.analysis import beaconing
from flowkit.analysis.beaconing import COLUMNS
from flowkit.errors import ScopeError

HEADER = (
    "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action tcp-flags "
    "flow-direction log-status"
)
START = 1773129600
HOST, OTHER, PEER = "10.0.0.1", "10.0.0.2", "203.0.113.9"


def call(second, port, *, host=HOST, size=600, answered=True, flags=3, lasting=2):
    """Return the two records of a conversation."""
    start = START + int(second)
    eni = f"eni-{host[-1]}"
    action = "ACCEPT" if answered else "REJECT"
    out = f"5 {eni} {host} {PEER} {port} 443 6 5 {size} {start} {start + lasting} {action} {flags} egress OK"
    back = f"5 {eni} {PEER} {host} 443 {port} 6 5 900 {start} {start + lasting} ACCEPT {flags | 16} ingress OK"
    return [out, back] if answered else [out]


def at(interval, count, jitter=0.0, seed=1):
    """Return the seconds of calls with uniform jitter, a share of the interval."""
    dice = random.Random(seed)  # noqa: S311 - a case, no secret
    now, times = 0.0, []
    for _ in range(count):
        times.append(now)
        now += interval * (1 + dice.uniform(-jitter, jitter))
    return times


def independent(mean, count, seed):
    """Return the seconds of calls that know nothing of each other."""
    dice = random.Random(seed)  # noqa: S311 - a case, no secret
    now, times = 0.0, []
    for _ in range(count):
        times.append(now)
        now += dice.expovariate(1 / mean)
    return times


def calls(times, **more):
    return [line for n, second in enumerate(times) for line in call(second, 40000 + n, **more)]


MEETING = [
    line for n in range(60) for line in call(60 * n, 50000, host="10.0.0.5", flags=3 if n == 0 else 0, lasting=59)
]
CASES = {
    "10.0.0.11": (calls(at(300, 24), host="10.0.0.11"), "beacon", 300),
    "10.0.0.12": (calls(at(300, 24, 0.3), host="10.0.0.12"), "beacon", 300),
    "10.0.0.13": (calls(at(60, 120, 0.5), host="10.0.0.13"), "beacon", 60),
    "10.0.0.14": (calls(independent(300, 60, 3), host="10.0.0.14", size=700), "irregular", None),
    "10.0.0.15": (calls(at(300, 24), host="10.0.0.15", answered=False), "blocked_beacon", 300),
    "10.0.0.16": ([one for second in at(300, 24) for n in (0, 3) for one in call(second + n, 40000 + n + int(second),
                   host="10.0.0.16")], "beacon", 300),
    "10.0.0.17": (calls(at(2.5, 60), host="10.0.0.17"), "beacon", 2.5),
}  # fmt: skip


@pytest.fixture(scope="module")
def flows(load_lines):
    every = [line for lines, _kind, _interval in CASES.values() for line in lines]
    return load_lines("\n".join([HEADER, *every, *calls(at(300, 7), host="10.0.0.18"), *MEETING]))


@pytest.fixture(scope="module")
def found(flows):
    return analysis.beacons(flows).set_index("host")


@pytest.mark.parametrize("host", CASES)
def test_what_is_regular_is_told_from_what_is_not(found, host):
    _lines, kind, interval = CASES[host]
    row = found.loc[host]
    assert row["kind"] == kind
    if interval:
        assert row["interval"] == pytest.approx(interval, rel=0.3)
        assert (row["peer"], row["place"]) == (PEER, "outside")


def test_a_clock_scores_more_than_jitter_and_jitter_more_than_chance(found):
    assert found.score_regular["10.0.0.11"] > found.score_regular["10.0.0.12"] > found.score_regular["10.0.0.14"]
    assert found.jitter["10.0.0.11"] == 0
    assert 0.2 < found.jitter["10.0.0.12"] < 0.4


def test_few_calls_are_not_judged(found):
    assert "10.0.0.18" not in found.index


def test_one_long_conversation_is_no_beacon_whatever_its_windows(load_lines):
    long = [line for n in range(90) for line in call(60 * n, 50000, flags=3 if n == 0 else 0, lasting=59)]
    (row,) = analysis.beacons(load_lines("\n".join([HEADER, *long]))).to_dict("records")
    assert row["kind"] == "cannot_tell"
    assert row["why"].startswith("one conversation stayed open for 1.5 h")


def test_rarity_is_of_hosts_and_unknown_where_one_alone_is_logged(found, load_lines):
    assert found.hosts["10.0.0.11"] == len(CASES) + 2
    alone = analysis.beacons(load_lines("\n".join([HEADER, *calls(at(300, 24))])))
    assert alone.score_rare.isna().all()
    assert alone.kind.tolist() == ["beacon"]


def test_part_by_part_they_are_the_same(flows, monkeypatch):
    at_once = analysis.beacons(replace(flows))
    monkeypatch.setattr(beaconing, "_PART", 100)
    in_parts = analysis.beacons(replace(flows))
    pd.testing.assert_frame_equal(in_parts, at_once)


def test_settings_are_tuned_by_name(flows):
    assert set(analysis.beacons(flows, regular=1.1).kind) == {"irregular"}
    with pytest.raises(ScopeError, match=r"Did you mean fewest_calls\?"):
        analysis.beacons(flows, fewest_call=3)
    with pytest.raises(ScopeError, match="a number of 0 or more"):
        analysis.beacons(flows, regular="high")


def test_nothing_has_the_columns_and_types(load_lines):
    frame = analysis.beacons(load_lines("\n".join([HEADER, *call(0, 40000)])))
    assert (tuple(frame.columns), len(frame)) == (COLUMNS, 0)
    assert str(frame.dtypes["first"]) == "datetime64[s, UTC]"
