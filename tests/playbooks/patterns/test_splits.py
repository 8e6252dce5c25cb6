"""Cuts, ranges and values against trying them all."""

from itertools import combinations
from math import log

import numpy as np
import pytest

from flowkit.playbooks.patterns.chance import Counts
from flowkit.playbooks.patterns.splits import best_cut, best_ranges, best_values


def flags(text):
    return np.array([letter == "x" for letter in text])


def counts_of(failed):
    return Counts(total=len(failed), failures=int(failed.sum()))


@pytest.mark.parametrize(
    ("outcomes", "below", "before"),
    [("....xxxx", False, 4), ("..x...xxxx.xx", False, 6), ("xxx.....", True, 3), ("........", False, None)],
)
def test_the_best_cut(outcomes, below, before):
    failed = flags(outcomes)
    found = best_cut(np.arange(len(failed), dtype=float), failed, counts_of(failed), below=below)
    assert (found and found[0]) == before


def test_equal_numbers_are_not_cut_apart():
    failed = flags(".x.xx")
    found = best_cut(np.array([1.0, 1.0, 1.0, 2.0, 2.0]), failed, counts_of(failed))
    assert (found[0], found[2]) == (3, log(1))
    assert best_cut(np.ones(5), failed, counts_of(failed)) is None


@pytest.mark.parametrize(
    ("outcomes", "runs"),
    [
        ("." * 40 + "x" * 12 + "." * 40, [(40, 51)]),
        ("x" * 15 + "." * 60 + "x" * 15, [(0, 14), (75, 89)]),
        ("." * 30 + "x" * 8 + "." + "x" * 8 + "." * 30, [(30, 46)]),
        ("." * 20 + "x" + "." * 30 + "x" * 15 + "." * 20, [(51, 65)]),
    ],
)
def test_ranges_in_spite_of_strays(outcomes, runs):
    failed = flags(outcomes)
    found = best_ranges(np.arange(len(failed)), len(failed), failed, counts_of(failed))
    assert found.runs == runs
    assert [int(place) for first, last in runs for place in range(first, last + 1)] == np.flatnonzero(
        found.inside
    ).tolist()


def test_more_cells_than_are_looked_at_are_taken_together():
    failed = np.zeros(60_000, dtype=bool)
    failed[20_001:40_000] = True
    failed[::2] = False
    found = best_ranges(np.arange(60_000), 60_000, failed, counts_of(failed))
    (first, last) = found.runs[0]
    assert len(found.runs) == 1
    assert abs(first - 20_001) <= 3
    assert abs(last - 39_999) <= 3


def test_attempts_in_no_cell_are_in_no_range():
    failed = flags("xxxxxxxxxx" + "." * 20 + "x")
    cells = np.r_[np.zeros(10), np.ones(20), -1].astype(np.int64)
    found = best_ranges(cells, 2, failed, counts_of(failed))
    assert found.runs == [(0, 0)]
    assert not found.inside[-1]


@pytest.mark.parametrize("seed", range(20))
def test_the_best_values_are_those_found_by_trying_all_sets(seed):
    dice = np.random.default_rng(seed)
    codes = dice.integers(0, 5, 80)
    failed = dice.random(80) < np.where(codes < 2, 0.8, 0.1)
    counts = counts_of(failed)
    chosen, _ = best_values(codes, 5, failed, counts)
    best = max(
        float(counts.settled(int(np.isin(codes, some).sum()), int((np.isin(codes, some) & failed).sum())))
        for some in combinations(range(5), len(chosen))
    )
    inside = np.isin(codes, chosen)
    assert float(counts.settled(int(inside.sum()), int((inside & failed).sum()))) == pytest.approx(best)
