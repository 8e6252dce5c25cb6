"""How much a split tells, and how likely it is by chance, against counting every case."""

from itertools import combinations
from math import comb, exp, isclose, log

import numpy as np
import pytest

from flowkit.playbooks.patterns.chance import Counts, log_choose


@pytest.mark.parametrize(("total", "failures", "inside"), [(8, 4, 4), (9, 3, 2), (7, 1, 3), (6, 6, 2), (10, 5, 9)])
def test_the_tail_is_the_share_of_all_placings(total, failures, inside):
    counts = Counts(total=total, failures=failures)
    placings = list(combinations(range(total), failures))
    for failed in range(max(0, failures + inside - total), min(failures, inside) + 1):
        as_many = sum(sum(place < inside for place in placing) >= failed for placing in placings)
        assert isclose(counts.chance(inside, failed, 0.0), as_many / len(placings), rel_tol=1e-9)


def test_the_number_of_ways_multiplies_the_chance_up_to_one():
    counts = Counts(total=20, failures=10)
    once = counts.chance(10, 10, 0.0)
    assert isclose(counts.chance(10, 10, log(50)), 50 * once, rel_tol=1e-9)
    assert counts.chance(10, 10, 1000.0) == 1.0


def test_a_complete_split_settles_everything_and_none_the_wrong_way():
    counts = Counts(total=30, failures=10)
    assert isclose(float(counts.settled(10, 10)), counts.uncertain)
    assert float(counts.settled(10, 3)) < float(counts.settled(10, 6)) < counts.uncertain
    assert list(counts.settled(np.array([20, 15]), np.array([0, 5]))) == [-1.0, -1.0]


def test_many_attempts_stay_exact():
    counts = Counts(total=200_000, failures=100_000)
    assert counts.chance(100_000, 50_000, 0.0) == pytest.approx(0.5, abs=0.002)
    assert counts.chance(100_000, 100_000, 0.0) == 0.0


def test_log_choose():
    assert isclose(exp(log_choose(10, 4)), comb(10, 4))
    assert log_choose(3, 4) == float("inf")
