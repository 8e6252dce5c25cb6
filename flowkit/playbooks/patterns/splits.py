"""Ways to part the attempts in two: at a number, into ranges, by value; each found in one pass over sorted counts."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from flowkit.playbooks.patterns.chance import Counts, Flags, Numbers, Whole, log_choose

USUAL: Final = 1 / 12
"""The share of each of the five searches for what is met most often."""
OTHER: Final = 1 / 36
"""The share of each of the others, of which there are at most 20."""
_MOST_CELLS: Final = 20_000
_RATES: Final = ((0.98, 0.02), (0.8, 0.02), (0.5, 0.01))
"""Shares that fail within and without, for which ranges are looked for: all, most or half, among a few strays."""


@dataclass(frozen=True, eq=False)
class Split:
    """A part of the attempts that is said to fail.

    Attributes
    ----------
    pattern, detail
        As in `Hypothesis`.
    subject
        What is in the part, as the beginning of a sentence.
    inside
        Which attempts are in it.
    ways
        Logarithm of the number of parts it was chosen from [nat].
    less_likely
        How much less likely it is than others before anything was seen [nat]; for the order only.
    share
        What its search gets of the probability to be wrong; the shares of all searches sum to at most 1.
    """

    pattern: str
    subject: str
    inside: Flags
    ways: float
    detail: dict[str, Any] = field(default_factory=dict)
    less_likely: float = 0.0
    share: float = OTHER

    def within(self, part: "Split") -> "Split":
        """Return it as found within a *part* of the attempts, which had to be chosen too.

        It comes before the part only if chance would refine the part so well once in a thousand times.
        """
        detail = self.detail | {"among": part.detail["value"]}
        subject = f"{self.subject} among the {part.subject}"
        less_likely = self.less_likely + part.less_likely + math.log(1000)
        ways = self.ways + part.ways
        return replace(self, subject=subject, ways=ways, detail=detail, less_likely=less_likely, share=OTHER)


def best_cut(values: Numbers, failed: Flags, counts: Counts, *, below: bool = False) -> tuple[int, Whole, float] | None:
    """Return the best place to cut sorted numbers so that those from there on, or *below* it, fail.

    Returns
    -------
    tuple or None
        How many come before the cut, the order that sorts them, and the logarithm of the number of cuts; None where
        no cut parts failures from the rest. All *values* are numbers.
    """
    order = np.argsort(values, kind="stable")
    in_order = values[order]
    places = np.flatnonzero(in_order[1:] > in_order[:-1]) + 1
    if not len(places):
        return None
    before = np.cumsum(failed[order], dtype=np.int64)[places - 1]
    settled = (
        counts.settled(places, before) if below else counts.settled(len(values) - places, counts.failures - before)
    )
    best = int(settled.argmax())
    return (int(places[best]), order, math.log(len(places))) if settled[best] > 0 else None


@dataclass(frozen=True, eq=False)
class Ranges:
    """Ranges of cells in which attempts fail; `runs` are the first and last cell of each."""

    inside: Flags
    runs: list[tuple[int, int]]
    ways: float


def best_ranges(cells: Whole, size: int, failed: Flags, counts: Counts) -> Ranges | None:
    """Return the ranges of cells that part failures from the rest best, however many they are.

    Each attempt lies in one of *size* cells in a row, -1 in none. What fails and what works is told by the likeliest
    course of a chain of two states (Viterbi, Error Bounds for Convolutional Codes, IEEE Transactions on Information
    Theory 13, 1967); a change of state costs what it takes to say where it is. The ways to choose k ranges among n
    cells are the ways to choose 2 k of n + 1 edges; the number of ranges itself is given 2^-k.
    """
    if size > _MOST_CELLS:
        wide = -(-size // _MOST_CELLS)
        found = best_ranges(np.where(cells < 0, -1, cells // wide), -(-size // wide), failed, counts)
        return found and Ranges(found.inside, [(a * wide, b * wide + wide - 1) for a, b in found.runs], found.ways)
    if size < 1:
        return None
    here = cells >= 0
    fails = np.bincount(cells[here & failed], minlength=size)
    works = np.bincount(cells[here & ~failed], minlength=size)
    best, most = None, 0.0
    for high, low in _RATES:
        state = _states(fails, works, high, low)
        runs = list(_runs(state, fails))
        inside = here & state[cells]
        settled = float(counts.settled(int(inside.sum()), int((inside & failed).sum())))
        ways = log_choose(size + 1, 2 * len(runs)) + len(runs) * math.log(2)
        if runs and settled - ways > most:
            best, most = Ranges(inside, runs, ways), settled - ways
    return best


def _states(fails: Whole, works: Whole, high: float, low: float) -> Flags:
    """Return which cells are in the failing state."""
    gains = fails * math.log(high / low) + works * math.log((1 - high) / (1 - low))
    switch = math.log(2 * len(gains) + 2)
    leads, lead = [], 0.0
    for gain in gains.tolist():
        lead = min(max(lead, -switch), switch) + gain
        leads.append(lead)
    told = np.asarray(leads)
    # Where one state leads by more than a change costs, whatever comes next has come through it.
    settled = np.where(told >= switch, 1, np.where(told <= -switch, 0, -1))
    if settled[-1] < 0:
        settled[-1] = int(told[-1] > 0)
    known = np.flatnonzero(settled >= 0)
    return np.asarray(settled[known[np.searchsorted(known, np.arange(len(settled)))]] == 1)


def _runs(state: Flags, fails: Whole) -> Iterator[tuple[int, int]]:
    """Yield the first and the last cell with failures of each range."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], state.astype(np.int8), [0]))))
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        held = np.flatnonzero(fails[first:end])
        if len(held):
            yield int(first + held[0]), int(first + held[-1])
        else:
            yield int(first), int(end - 1)


def best_values(codes: Whole, size: int, failed: Flags, counts: Counts) -> tuple[Whole, float] | None:
    """Return the values whose attempts fail, worst first, and the logarithm of the number of ways to choose them.

    The values are taken in the order of their share that failed: the best set of any size is a beginning of it.
    """
    total = np.bincount(codes, minlength=size)
    fails = np.bincount(codes[failed], minlength=size)
    order = np.lexsort((np.arange(size), -total, -fails / np.maximum(total, 1)))[: np.count_nonzero(total)]
    if len(order) <= 1:
        return None
    chosen = np.arange(1, len(order))
    ways = math.log(len(order)) + counts.placings(np.int64(len(order)), chosen)
    net = counts.settled(np.cumsum(total[order])[:-1], np.cumsum(fails[order])[:-1]) - ways
    best = int(net.argmax())
    return (order[: best + 1], float(ways[best])) if net[best] > 0 else None
