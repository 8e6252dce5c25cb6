"""Attempts made up with a known reason to fail."""

import numpy as np
import pandas as pd
import pytest

START = pd.Timestamp("2026-03-02 09:00", tz="UTC")
CLIENTS = {  # address: interface, subnet, zone
    "10.0.1.11": ("eni-0c1", "subnet-0a", "use1-az1"),
    "10.0.1.12": ("eni-0c2", "subnet-0a", "use1-az1"),
    "10.0.2.21": ("eni-0c3", "subnet-0b", "use1-az2"),
    "10.0.2.22": ("eni-0c4", "subnet-0b", "use1-az2"),
    "10.0.3.31": ("eni-0c5", "subnet-0c", "use1-az2"),
}
SERVERS = {
    "10.0.9.5": ("eni-0s1", "subnet-0x", "use1-az1"),
    "10.0.9.6": ("eni-0s2", "subnet-0x", "use1-az1"),
    "10.0.8.5": ("eni-0s3", "subnet-0y", "use1-az2"),
}


def attempts(seed, *, n=600, minutes=120, seconds=None):
    """Return attempts that all work, at random times, from random clients and ports to random servers."""
    dice = np.random.default_rng(seed)
    seconds = np.sort(dice.uniform(0, minutes * 60, n)) if seconds is None else np.sort(np.asarray(seconds))
    n = len(seconds)
    frame = pd.DataFrame({"client": dice.choice(list(CLIENTS), n), "server": dice.choice(list(SERVERS), n)})
    for end, known in (("client", CLIENTS), ("server", SERVERS)):
        for place, column in enumerate(("interface", "subnet", "zone")):
            frame[f"{end}_{column}"] = [known[address][place] for address in frame[end]]
    first = START + pd.to_timedelta(np.floor(seconds), unit="s")
    packets = dice.integers(4, 12, n)
    return frame.assign(
        client_port=pd.array(dice.integers(32768, 61000, n), dtype="Int64"),
        server_port=pd.array([5432] * n, dtype="Int64"),
        protocol=6,
        first=first,
        last=first + pd.Timedelta(seconds=2),
        outcome="established",
        stopped_at="",
        failed=pd.array([False] * n, dtype="boolean"),
        packets_to_server=packets,
        packets_to_client=packets,
        bytes_to_server=packets * dice.integers(60, 300, n),
        bytes_to_client=packets * dice.integers(60, 300, n),
        reset_by="",
        idle_before=np.nan,
        records=4,
    )


def fail(frame, which, outcome="rejected", *, stray=0.0, seed=0, **also):
    """Return attempts of which some fail, and of all some *stray* share besides, at random."""
    dice = np.random.default_rng(seed + 1000)
    which = np.asarray(which, dtype=bool)
    strays = dice.random(len(frame)) < stray
    failed = which ^ strays
    outcomes = np.where(failed, np.where(which, outcome, "unanswered"), "established")
    return frame.assign(
        failed=pd.array(failed, dtype="boolean"),
        outcome=outcomes,
        packets_to_server=np.where(failed, 3, frame.packets_to_server),
        bytes_to_server=np.where(failed, 180, frame.bytes_to_server),
        packets_to_client=np.where(failed, 0, frame.packets_to_client),
        bytes_to_client=np.where(failed, 0, frame.bytes_to_client),
        **also,
    )


def minutes_of(frame):
    return ((frame["first"] - START) / pd.Timedelta(minutes=1)).to_numpy(dtype=float)


@pytest.fixture(name="attempts")
def _attempts():
    return attempts


@pytest.fixture(name="fail")
def _fail():
    return fail


@pytest.fixture(name="minutes_of")
def _minutes_of():
    return minutes_of
