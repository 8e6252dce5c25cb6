"""Chance that falls the same on every machine and every Python."""

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Random choices made of ``random.Random(seed).random()`` alone.

    Only that method is promised to repeat between Python versions, and plain multiplication
    gives the same bits everywhere, which logarithms (as in ``gauss``) do not.
    """

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed).random  # noqa: S311 - nothing secret hangs on it

    def between(self, low: float, high: float) -> float:
        """Return a number in [low, high)."""
        return low + (high - low) * self._random()

    def whole(self, low: int, high: int) -> int:
        """Return a whole number in [low, high]."""
        return low + int((high - low + 1) * self._random())

    def often_small(self, low: float, high: float) -> float:
        """Return a number in [low, high), mostly near *low*: half of them in the first eighth."""
        u = self._random()
        return low + (high - low) * u * u * u

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of *choices*."""
        return choices[int(len(choices) * self._random())]

    def pick_often_first(self, choices: Sequence[T]) -> T:
        """Return one of *choices*, the first ones much more often."""
        return choices[int(self.often_small(0, len(choices)))]

    def chance(self, probability: float) -> bool:
        """Return whether something of this probability happens."""
        return self._random() < probability

    def times(self, start: float, end: float, count: int, load: Callable[[float], float]) -> list[float]:
        """Return *count* moments in [start, end), denser where *load* (0 to 1) is higher, in order."""
        moments: list[float] = []
        while len(moments) < count:
            moment = self.between(start, end)
            if self.chance(load(moment)):
                moments.append(moment)
        return sorted(moments)
