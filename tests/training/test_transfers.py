"""Networks of known cost: the same for a seed, and told by the analysis to the percent where the way can be told."""

import pytest

import flowkit as fk
from flowkit.training.transfers import KNOWS, case, found

SEEDS = ("10", "11", "12", "16")
CASES = [(seed, knows) for seed in SEEDS for knows in KNOWS]


def load(asked, folder):
    (folder / "snapshot").mkdir()
    (folder / "flows.log").write_text(asked.log)
    for name, content in asked.snapshot.items():
        (folder / "snapshot" / name).write_bytes(content)
    return fk.load(folder / "flows.log", **({"inventory": folder / "snapshot"} if asked.snapshot else {}))


def test_a_case_is_the_same_for_a_seed():
    assert case("7") == case("7")
    assert case("7").log != case("8").log
    assert case("7").usd == case("7", "default").usd


@pytest.mark.parametrize("seed", SEEDS)
def test_a_case_has_what_costs_most(seed):
    asked = case(seed)
    assert {"nat_gateway", "internet_egress"} <= set(asked.usd)
    assert all(usd >= 0 for usd in asked.usd.values())
    assert asked.log.count("\n") > 300


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "knows"), CASES)
def test_the_cost_is_told_or_lies_in_its_range(seed, knows, tmp_path):
    asked = case(seed, knows)
    frame = fk.analysis.data_transfer_cost(load(asked, tmp_path))
    told, truth = found(frame), sum(asked.usd.values())
    low, _likely, high = (sum(one[n] for one in told.values()) for n in range(3))
    assert low * 0.999 <= truth <= high * 1.001
    if knows in ("all", "inventory"):
        for cause in {*asked.usd, *told}:
            assert told.get(cause, (0, 0, 0))[1] == pytest.approx(asked.usd.get(cause, 0), rel=0.01, abs=truth * 1e-6)
        months = frame.attrs["days"] / 30.44
        assert frame.attrs["saving"] * months == pytest.approx(asked.saving, rel=0.01, abs=1e-9)
