"""Failures only while more is attempted per minute than something bears."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from flowkit.playbooks.patterns.chance import Numbers
from flowkit.playbooks.patterns.judged import Judged, seconds_of
from flowkit.playbooks.patterns.splits import Split, best_cut

_MINUTE: Final = 60.0
_FEWEST: Final = 5
_ONCE: Final = 8.0


def rate(attempts: Judged) -> Iterator[Split | None]:
    """Yield the attempts per minute above which attempts fail.

    They are counted in each minute of the clock, in the part of it that has passed, and in the 60 s before each.

    Attempts of unknown outcome are counted too. A single busy time is weak evidence: clients that are not answered
    try again, and are many because they fail.
    """
    seconds = seconds_of(attempts.every)
    minutes = seconds // _MINUTE
    _, cells, sizes = np.unique(minutes, return_inverse=True, return_counts=True)
    begins = np.cumsum(sizes) - sizes
    before = np.searchsorted(seconds, seconds - _MINUTE, side="right")
    counted = {
        "in minutes with {:,} or more (at most {:,} in others)": sizes[cells],
        "after the first {1:,} of a minute": np.arange(1, len(cells) + 1) - begins[cells],
        "with {:,} or more in 60 s (at most {:,} before others)": np.searchsorted(seconds, seconds, "right") - before,
    }
    for when, numbers in counted.items():
        yield _above(attempts, numbers[attempts.known].astype(np.float64), when)


def _above(attempts: Judged, numbers: Numbers, when: str) -> Split | None:
    found = best_cut(numbers, attempts.failed, attempts.counts)
    if found is None:
        return None
    before, order, ways = found
    most, least = int(numbers[order[before - 1]]), int(numbers[order[before]])
    inside = numbers >= least
    if most < _FEWEST:
        return None
    busy = np.unique(attempts.seconds[inside & attempts.failed] // _MINUTE)
    times = 1 + np.count_nonzero(np.diff(busy) > 1)
    subject = f"attempts {when.format(least, most)}"
    detail = {"per_minute": most, "between": (most, least)}
    return Split("rate", subject, inside, ways, detail, 1.0 if times > 1 else _ONCE)
