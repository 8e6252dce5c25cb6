"""Planted reasons are found first, chance is not taken for one, and what looks alike is ranked sensibly."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowkit.inventory import Snapshot
from flowkit.inventory.rules import AclEntry, NetworkAcl
from flowkit.playbooks.patterns import hypotheses

REPLY = {"stopped_at": "destination_egress"}
SEEDS = range(12)


def ranked(frame, snapshot=None, *, start=None, end=None, taken=None):
    return hypotheses(frame, snapshot, start=start, end=end, taken=taken)


def in_windows(seed, minutes, count, length):
    starts = np.random.default_rng(seed).choice(np.arange(5, 110, 8), count, replace=False)
    return np.any([(minutes >= start) & (minutes < start + length) for start in starts], axis=0)


def busy_times(seed):
    dice = np.random.default_rng(seed)
    bursts = [60 * minute + dice.uniform(0, 60, 90) for minute in dice.choice(120, 6, replace=False)]
    return np.concatenate([dice.uniform(0, 7200, 600), *bursts])


@pytest.fixture(name="planted")
def _planted(attempts, fail, minutes_of):
    """Return attempts that fail for a reason, by its name, with 1 % of strays."""

    def plant(name, seed, *, n=600, stray=0.01):
        frame = attempts(seed, n=n)
        dice = np.random.default_rng(seed + 7)
        if name == "daily":
            frame = attempts(seed, n=5 * n, minutes=5 * 1440)
        minutes, some = minutes_of(frame), dice.random(len(frame))
        quiet = np.where(some < 0.1, dice.uniform(351, 2000, len(frame)), np.where(some < 0.3, 300 * some, np.nan))
        reasons = {
            "client_ports low": (frame.client_port < 49152, "rejected", REPLY),
            "client_ports high": (frame.client_port >= 49152, "rejected", REPLY),
            "client_ports unusual": (frame.client_port.between(40000, 45999), "rejected", {}),
            "client_ports of a subnet": (
                (frame.client_subnet == "subnet-0a") & (frame.client_port < 49152),
                "rejected",
                REPLY,
            ),
            "server": (frame.server == "10.0.9.6", "refused", {}),
            "server alone in its subnet": (frame.server == "10.0.8.5", "unanswered", {}),
            "client": (frame.client == "10.0.1.12", "unanswered", {}),
            "client half of the time": ((frame.client == "10.0.1.12") & (some < 0.5), "unanswered", {}),
            "subnet of clients": (frame.client_subnet == "subnet-0b", "rejected", {}),
            "subnet of servers": (frame.server_subnet == "subnet-0x", "rejected", {}),
            "zone": (frame.client_zone == "use1-az2", "unanswered", {}),
            "change_point since": (minutes >= 70, "rejected", {}),
            "change_point until": (minutes < 20, "refused", {}),
            "windows": (in_windows(seed, minutes, 3, 4), "unanswered", {}),
            "windows once": (in_windows(seed, minutes, 1, 8), "unanswered", {}),
            "change of a server": ((minutes >= 50) & (frame.server == "10.0.9.5"), "rejected", {}),
            "restarts of a server": (
                in_windows(seed, minutes, 3, 6) & (frame.server == "10.0.9.5"),
                "refused",
                {},
            ),
            "restarts": (in_windows(seed, minutes, 3, 3), "refused", {}),
            "idle": (some < 0.1, "rejected", {"idle_before": quiet}),
            "daily": (((minutes + 540) % 1440 >= 120) & ((minutes + 540) % 1440 < 150), "unanswered", {}),
        }
        which, outcome, also = reasons[name]
        return fail(frame, which, outcome, stray=stray, seed=seed, **also)

    return plant


PLANTED = {
    "client_ports low": ("client_ports", {"ports": (32768, 49151), "ranges": [(32768, 49151)]}),
    "client_ports high": ("client_ports", {"ports": (49152, 60999), "ranges": [(49152, 60999)]}),
    "client_ports of a subnet": ("client_ports", {"ports": (32768, 49151), "among": "subnet-0a"}),
    "server": ("server", {"value": "10.0.9.6", "end": "server"}),
    "server alone in its subnet": ("server", {"value": "10.0.8.5"}),
    "client": ("client", {"value": "10.0.1.12", "end": "client"}),
    "client half of the time": ("client", {"value": "10.0.1.12"}),
    "subnet of clients": ("subnet", {"value": "subnet-0b", "end": "client"}),
    "subnet of servers": ("subnet", {"value": "subnet-0x", "end": "server"}),
    "zone": ("zone", {"value": "use1-az2", "end": "client"}),
    "change_point since": ("change_point", {"fails": "since"}),
    "change_point until": ("change_point", {"fails": "until"}),
    "windows": ("windows", {}),
    "windows once": ("windows", {}),
    "restarts": ("restarts", {}),
    "change of a server": ("change_point", {"fails": "since", "among": "10.0.9.5"}),
    "restarts of a server": ("restarts", {"among": "10.0.9.5"}),
    "idle": ("idle", {"idle_seconds": 350}),
    "daily": ("windows", {"time_of_day": ("02:00", "02:30")}),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_reason_is_found_first(name, seed, planted):
    pattern, detail = PLANTED[name]
    found = ranked(planted(name, seed))
    assert found[0].pattern == pattern
    assert detail.items() <= found[0].detail.items()
    assert found[0].chance < 0.001


@pytest.mark.parametrize("seed", SEEDS)
def test_an_unusual_range_of_ports_is_told_by_what_was_seen(seed, planted):
    (first, last) = ranked(planted("client_ports unusual", seed))[0].detail["ports"]
    assert 40000 <= first < 40400
    assert 45600 < last <= 45999


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("share", [1.0, 0.5])
def test_a_rate_is_bracketed(share, seed, attempts, fail, minutes_of):
    frame = attempts(seed, seconds=busy_times(seed))
    minute = pd.Series(np.floor(minutes_of(frame)))
    busy = (minute.map(minute.value_counts()) > 60) & (np.random.default_rng(seed).random(len(frame)) < share)
    found = ranked(fail(frame, busy, "unanswered", stray=0.01, seed=seed))[0]
    assert found.pattern == "rate"
    most, least = found.detail["between"]
    assert most <= 60 < least


@pytest.mark.parametrize("seed", SEEDS)
def test_large_packets(seed, attempts, fail):
    frame = attempts(seed)
    large = np.random.default_rng(seed).random(len(frame)) < 0.15
    frame = fail(frame, large, "unanswered", stray=0.01, seed=seed)
    frame.loc[large, ["packets_to_server", "bytes_to_server"]] = [8, 8 * 1400]
    found = ranked(frame)[0]
    assert (found.pattern, found.detail) == ("packet_size", {"bytes_per_packet": 1400})


@pytest.mark.parametrize("seed", SEEDS)
def test_one_outcome_may_have_a_reason_that_others_lack(seed, attempts, fail, minutes_of):
    frame = attempts(seed, n=6000)
    frame = fail(frame, in_windows(seed, minutes_of(frame), 3, 0.4), "refused", stray=0.013, seed=seed)
    found = ranked(frame)[0]
    assert found.pattern == "restarts"
    if "outcome" in found.detail:
        assert found.says.startswith("counting only what is refused: attempts in ")
        assert set(found.supporting.outcome) == {"refused", "established"}


@pytest.mark.parametrize("part", range(10))
def test_chance_is_not_taken_for_a_reason(part, attempts, fail):
    found = []
    for seed in range(30 * part, 30 * part + 30):
        dice = np.random.default_rng(seed)
        frame = attempts(seed, n=int(dice.integers(20, 900)))
        failed = dice.random(len(frame)) < dice.choice([0.01, 0.05, 0.2, 0.5, 0.8])
        outcomes = dice.choice(["rejected", "unanswered", "refused"][: dice.integers(1, 4)], len(frame))
        found += ranked(fail(frame, failed, outcomes))
    assert [str(one) for one in found] == []


@pytest.mark.parametrize(
    ("n", "failing"),
    [(4000, [10, 1500, 3900]), (4000, [3997, 3998, 3999]), (40, [36, 37, 38, 39]), (40, []), (6, range(6))],
    ids=["three of 4,000", "the last three of 4,000", "four", "none", "all"],
)
def test_too_few_tell_nothing(n, failing, attempts, fail):
    which = np.zeros(n, dtype=bool)
    which[list(failing)] = True
    assert ranked(fail(attempts(1, n=n), which)) == []


@pytest.fixture(name="rising")
def _rising():
    """Return attempts whose clients take one port after the other."""

    def rise(frame, base):
        ports = base + 4 * frame.groupby("client").cumcount()
        return frame.assign(client_port=ports.astype("Int64"))

    return rise


@pytest.mark.parametrize("seed", SEEDS)
def test_ports_that_rise_with_time_do_not_hide_a_change(seed, attempts, fail, minutes_of, rising):
    frame = rising(attempts(seed), 48_800)
    found = [one.pattern for one in ranked(fail(frame, minutes_of(frame) >= 100, stray=0.01, seed=seed))]
    assert found[0] == "change_point"
    assert "client_ports" in found


@pytest.mark.parametrize("seed", SEEDS)
def test_time_that_goes_with_ports_does_not_hide_a_range_of_them(seed, attempts, fail, rising):
    frame = rising(attempts(seed), 48_900)
    found = [one.pattern for one in ranked(fail(frame, frame.client_port >= 49152, stray=0.01, seed=seed, **REPLY))]
    assert found[0] == "client_ports"
    assert "change_point" in found


@pytest.mark.parametrize("seed", SEEDS)
def test_one_busy_time_of_clients_that_try_again_is_a_window(seed, attempts, fail, minutes_of):
    frame = attempts(seed)
    minutes = minutes_of(frame)
    silent = (minutes >= 50) & (minutes < 55)
    frame = fail(frame, silent, "unanswered")
    again = [frame[silent].assign(first=frame[silent]["first"] + pd.Timedelta(seconds=wait)) for wait in (3, 6, 9, 12)]
    found = [one.pattern for one in ranked(pd.concat([frame, *again], ignore_index=True))]
    assert found[0] == "windows"


def test_the_ports_of_an_acl_entry_are_boundaries(attempts, fail):
    entry = AclEntry(number=100, direction="egress", allows=True, protocol=6, first=45000, last=65535)
    snapshot = Snapshot(acls=(NetworkAcl(acl_id="acl-1", entries=(entry,)),))
    frame = attempts(3, n=60)
    found = ranked(fail(frame, frame.client_port < 45000, **REPLY), snapshot)[0]
    assert found.detail["ports"] == (32768, 44999)


@pytest.mark.parametrize(
    ("hours", "note"),
    [(-1, "the snapshot is from before"), (5, "the snapshot is from after"), (None, "when it changed)")],
)
def test_a_change_says_on_which_side_the_snapshot_is(hours, note, attempts, fail, minutes_of):
    frame = attempts(4)
    taken = None if hours is None else (frame["first"].iloc[0] + pd.Timedelta(hours=hours)).to_pydatetime()
    found = ranked(fail(frame, minutes_of(frame) >= 70), taken=taken)[0]
    assert note in found.says
    assert found.detail["after"] < frame["first"].iloc[0].floor("s") + pd.Timedelta(minutes=71)
    assert found.detail["after"] < found.detail["at"]
    assert ranked(fail(frame, minutes_of(frame) >= 70), Snapshot(taken=taken))[0].says == found.says


def test_the_sentence_and_the_rows(attempts, fail):
    frame = attempts(5, n=4000)
    low = frame.client_port < 49152
    found = ranked(fail(frame, low, stray=0.01, **REPLY))[0]
    assert found.says.startswith("client ports 32768-49151 fail (")
    assert str(found) == found.says
    inside = found.supporting.client_port < 49152
    assert (inside == found.supporting.failed).all()
    assert (len(found.supporting), inside.sum()) == (1000, 500)
    assert ((found.contradicting.client_port < 49152) != found.contradicting.failed).all()
    assert 0 < len(found.contradicting) < 100
    assert 0.9 < found.separates < 1
    assert ranked(fail(frame, low, **REPLY))[0].separates == 1.0


def test_only_the_time_asked_about_counts(attempts, fail, minutes_of):
    frame = attempts(6)
    frame = fail(frame, minutes_of(frame) >= 70)
    half = frame["first"].iloc[0].floor("h") + pd.Timedelta(minutes=70)
    assert ranked(frame, start=half) == ranked(frame, end=half) == []
    assert ranked(frame, start=half - pd.Timedelta(minutes=30))[0].pattern == "change_point"


def test_attempts_of_unknown_outcome_tell_nothing(planted):
    frame = planted("server", 1)
    half = np.arange(len(frame)) % 2 == 0
    unknown = frame.assign(failed=frame.failed.mask(half))
    found = ranked(unknown)[0]
    assert found.pattern == "server"
    assert len(found.supporting) + len(found.contradicting) == len(frame) - half.sum()


@pytest.mark.parametrize("frame", [pd.DataFrame({"first": pd.to_datetime([], utc=True), "failed": []})])
def test_no_attempts(frame):
    assert ranked(frame) == []


def test_few_columns_are_enough(planted):
    frame = planted("server", 2)[["first", "failed", "server"]]
    assert ranked(frame)[0].pattern == "server"


def test_ping_has_no_ports(planted):
    frame = planted("change_point since", 2)
    frame = frame.assign(client_port=pd.array([pd.NA] * len(frame), dtype="Int64"), server_port=pd.NA, protocol=1)
    assert [one.pattern for one in ranked(frame)] == ["change_point"]


def test_names_that_somebody_typed_are_written_out(attempts, fail):
    frame = attempts(7)
    frame = frame.assign(client=frame.client.replace("10.0.1.11", "10.0.1.11\x1b[2J"))
    assert "\x1b" not in ranked(fail(frame, frame.client.str.startswith("10.0.1.11")))[0].says


def told(found):
    return [(one.says, one.separates, one.chance, str(one.detail)) for one in found]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.randoms(use_true_random=False), name=st.sampled_from([*PLANTED]), seed=st.integers(0, 50))
def test_the_order_of_the_rows_does_not_matter(planted, order, name, seed):
    frame = planted(name, seed, n=150, stray=0.02)
    places = list(range(len(frame)))
    order.shuffle(places)
    found, again = ranked(frame), ranked(frame.iloc[places])
    assert told(found) == told(again)
    for one, other in zip(found, again, strict=True):
        pd.testing.assert_frame_equal(one.supporting, other.supporting)
        pd.testing.assert_frame_equal(one.contradicting, other.contradicting)


def test_a_hypothesis_is_a_frozen_value(planted):
    found = ranked(planted("server", 3))[0]
    with pytest.raises(AttributeError):
        found.pattern = "client"
    assert replace(found, says="so").says == "so"


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_refused_above_so_many_a_minute(seed, attempts, fail, minutes_of):
    dice = np.random.default_rng(seed)
    sizes = dice.integers(30, 160, 60)
    frame = attempts(seed, seconds=np.concatenate([60 * n + dice.uniform(0, 60, size) for n, size in enumerate(sizes)]))
    place = frame.groupby(np.floor(minutes_of(frame))).cumcount() + 1
    found = ranked(fail(frame, place > 100, "unanswered", stray=0.01, seed=seed))[0]
    assert found.pattern == "rate"
    assert found.detail["per_minute"] in (99, 100)
    assert found.says.startswith(f"attempts after the first {found.detail['per_minute']} of a minute fail")
