"""brute_force: bursts of like dialogues, on any port; not checks, polls, and clients that connect for each query."""

import os
from pathlib import Path

import pytest

import flowkit
from flowkit.analysis.guessing import SETTINGS, brute_force
from flowkit.errors import ScopeError
from tests.analysis.dialled import call, log, plain, refusal

ATTACKER, TARGET, SERVER = "198.51.100.7", "10.0.0.1", "10.0.0.2"


def guesses(second, attempts, **more):
    """Return attempts of two seconds each, one after the other; some passwords are longer."""
    for n in range(attempts):
        yield call(ATTACKER, TARGET, 2222, second + 2 * n, there=(11, 2300 + 4 * (n % 5)), seconds=2, **more)


CHECKER, APP, POLLER, BROWSER = "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"
LOG = log(
    *guesses(1800, 40),
    call(ATTACKER, TARGET, 2222, 1890, there=(400, 60_000), back=(500, 900_000), seconds=300),
    *guesses(5400, 12),
    *(call(CHECKER, TARGET, 80, n, there=(5, 400), back=(5, 600)) for n in range(0, 7200, 15)),
    *(call(APP, SERVER, 5432, n, there=(6, 900 + n % 70), back=(6, 1000 + n % 90)) for n in range(0, 7200, 6)),
    *(call(POLLER, "203.0.113.5", 443, n, there=(8, 1200), back=(9, 6500)) for n in range(0, 7200, 30)),
    *(call(BROWSER, "203.0.113.6", 443, 900 + n, there=(9, 1500 + 700 * n), back=(9, 999 * n)) for n in range(1, 15)),
    *(refusal("198.51.100.8", TARGET, 2222, 1000 + n) for n in range(50)),
)  # fmt: skip


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(plain(LOG))  # AWS's default fields: less than any other log has


def test_guesses_come_first_and_alone(flows):
    frame = brute_force(flows)
    found = frame[frame.score >= 0.6]
    shown = found[["attacker", "attacker_place", "target", "target_place", "port", "attempts", "attempts_per_minute"]]
    assert shown.to_numpy().tolist() == [
        [ATTACKER, "outside", TARGET, "inside", 2222, 40, pytest.approx(30.77, abs=0.01)],
        [ATTACKER, "outside", TARGET, "inside", 2222, 12, 12],
    ]
    assert found.bytes_per_attempt.tolist() == [4608, 4606]
    assert found.access_after.tolist() == [True, False]
    assert str(found.access_at[0]) == "2026-03-10 08:31:30+00:00"
    assert found.access_bytes.tolist()[0] == 960_000
    assert str(found["first"][0]) == "2026-03-10 08:30:00+00:00"
    assert frame.score[0] > 0.85
    assert set(frame.attacker) == {ATTACKER}
    assert "2 bursts" in frame.attrs["caption"]


def test_settings(flows):
    steady = brute_force(flows, steady=2, top=3)
    assert (len(steady), steady.attrs["left_out"]) == (3, 1)
    assert CHECKER in steady.attacker.tolist()
    with pytest.raises(ScopeError, match=r"brute_force has no setting 'attempt'. Did you mean attempts"):
        brute_force(flows, attempt=3)
    assert all(setting.unit and setting.why for setting in SETTINGS)


def test_nothing_is_an_empty_frame_of_the_same_types(flows):
    empty = brute_force(flows.narrow(action="REJECT"))
    assert len(empty) == 0
    assert empty.dtypes.to_dict() == brute_force(flows, top=9).dtypes.to_dict()


KNOWN = [("ssh-bruteforce-pcap", [["147.32.80.40", "10.30.0.37", 902]]), ("apt29-day2", [])]


@pytest.mark.reference_data
@pytest.mark.parametrize(("name", "found"), KNOWN, ids=[name for name, _ in KNOWN])
def test_real_guesses(name, found):
    flows = flowkit.load(Path(os.environ["FLOWKIT_REFERENCE_DATA"]) / "traffic" / f"{name}.log.gz")
    frame = brute_force(flows)
    assert frame[frame.score >= 0.6][["attacker", "target", "port"]].to_numpy().tolist() == found
