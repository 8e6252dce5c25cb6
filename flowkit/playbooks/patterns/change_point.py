"""It worked until a time and fails since, or the reverse."""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

import numpy as np
import pandas as pd

from flowkit.playbooks.patterns.chance import Numbers
from flowkit.playbooks.patterns.judged import Judged, time_of
from flowkit.playbooks.patterns.splits import USUAL, Split, best_cut

_LESS_LIKELY: Final = 1.0


def change_point(attempts: Judged, taken: datetime | None, part: Split | None) -> Iterator[Split | None]:
    """Yield the time since which attempts fail, and the time until which they do; within a *part* of them, too."""
    for fails in ("since", "until"):
        split = _change(attempts, taken, attempts.seconds, below=fails == "until")
        yield split and replace(split, share=USUAL if fails == "since" else split.share)
        if part:
            outside = math.inf if fails == "until" else -math.inf
            seconds = np.where(part.inside, attempts.seconds, outside)
            split = _change(attempts, taken, seconds, below=fails == "until")
            yield split and split.within(part)


def _change(attempts: Judged, taken: datetime | None, seconds: Numbers, *, below: bool) -> Split | None:
    found = best_cut(seconds, attempts.failed, attempts.counts, below=below)
    if found is None or not np.isfinite(seconds[found[1][found[0] - 1 : found[0] + 1]]).all():
        return None
    before, order, ways = found
    after, at = time_of(seconds[order[before - 1]]), time_of(seconds[order[before]])
    inside = np.zeros(len(seconds), dtype=bool)
    inside[order[:before] if below else order[before:]] = True
    ends = f"until {after:%Y-%m-%d %H:%M:%SZ}" if below else f"since {at:%Y-%m-%d %H:%M:%SZ}"
    detail = {"at": at, "after": after, "fails": "until" if below else "since"}
    note = _taken(taken, after, at)
    subject = f"attempts {ends} ({after:%H:%M:%S} to {at:%H:%M:%S} is when it changed{note})"
    return Split("change_point", subject, inside, ways, detail, _LESS_LIKELY)


def _taken(taken: datetime | None, after: pd.Timestamp, at: pd.Timestamp) -> str:
    """Say on which side of the change the snapshot was taken."""
    if taken is None or taken.tzinfo is None:
        return ""
    if taken <= after:
        return "; the snapshot is from before"
    return "; the snapshot is from after" if taken >= at else ""
