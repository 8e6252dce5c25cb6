"""How much a split of the attempts tells about failing, and how likely it would be by chance.

Under "nothing separates them" each way to spread the failures over the attempts is equally likely, so the number of
failures in any part chosen beforehand is hypergeometric, and its upper tail is Fisher's exact test (R. A. Fisher, The
Design of Experiments, 1935, chapter 2). A part is not chosen beforehand here but is the best of many: its tail is
multiplied by the number of parts it could have been (Bonferroni), counted exactly for each kind of search, as for
maximally selected statistics (Miller and Siegmund, Maximally Selected Chi Square Statistics, Biometrics 38, 1982) and
scan statistics (Kulldorff, A Spatial Scan Statistic, Communications in Statistics 26, 1997), but without their
approximations. That errs on the side of "chance".

Explanations are compared by the length of what they leave to be told (Rissanen, Modeling by Shortest Data
Description, Automatica 14, 1978): the number of ways to place the failures before it, against the number of ways it
has to be chosen times the ways to place them after it.
"""

import math

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]


class Counts:
    """How many attempts there are, and how many failed.

    >>> counts = Counts(total=8, failures=4)
    >>> round(counts.chance(inside=4, failed=4, ways=0.0) * 70, 6)
    1.0
    """

    def __init__(self, *, total: int, failures: int) -> None:
        self.total = total
        self.failures = failures
        self._log_factorial = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, total + 1)))))
        self.uncertain = float(self.placings(np.int64(total), np.int64(failures)))
        """Logarithm of the number of ways to spread the failures over the attempts [nat]."""

    def placings(self, among: Whole | np.int64, placed: Whole | np.int64) -> Numbers:
        """Return the logarithm of the number of ways to choose *placed* of *among*, at most the total [nat]."""
        table = self._log_factorial
        return np.asarray(table[among] - table[placed] - table[among - placed])

    def settled(self, inside: Whole | int, failed: Whole | int) -> Numbers:
        """Return how much of `uncertain` goes once it is known how many of the *inside* ones failed [nat].

        Negative, by convention, where those inside fail no more often than the others.
        """
        inside, failed = np.asarray(inside, dtype=np.int64), np.asarray(failed, dtype=np.int64)
        outside, left = self.total - inside, self.failures - failed
        gained = self.uncertain - self.placings(inside, failed) - self.placings(outside, left)
        return np.where(failed * outside > left * inside, gained, -1.0)

    def chance(self, inside: int, failed: int, ways: float) -> float:
        """Return how likely at least so many failures inside are by chance, of ``exp(ways)`` parts tried; at most 1."""
        most = min(inside, self.failures)
        counts = np.arange(failed, most + 1, dtype=np.int64)
        logs = self.placings(np.int64(inside), counts)
        logs = logs + self.placings(np.int64(self.total - inside), self.failures - counts) - self.uncertain
        top = float(logs.max())
        tail = top + math.log(float(np.exp(logs - top).sum())) + ways
        return math.exp(min(tail, 0.0))


def log_choose(among: int, chosen: int) -> float:
    """Return the logarithm of the number of ways to choose *chosen* of *among*."""
    if not 0 <= chosen <= among:
        return math.inf
    return math.lgamma(among + 1) - math.lgamma(chosen + 1) - math.lgamma(among - chosen + 1)
