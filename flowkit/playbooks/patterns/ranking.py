"""All explanations of an intermittent failure, tried on the same attempts, tested and put in order."""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

import numpy as np
import pandas as pd

from flowkit.inventory.snapshot import Snapshot
from flowkit.playbooks.patterns.chance import Flags
from flowkit.playbooks.patterns.change_point import change_point
from flowkit.playbooks.patterns.client_ports import client_ports
from flowkit.playbooks.patterns.hypothesis import Hypothesis
from flowkit.playbooks.patterns.idle import idle
from flowkit.playbooks.patterns.judged import Judged, judged
from flowkit.playbooks.patterns.packet_size import packet_size
from flowkit.playbooks.patterns.rate import rate
from flowkit.playbooks.patterns.splits import Split
from flowkit.playbooks.patterns.values import holder, values
from flowkit.playbooks.patterns.windows import windows

_FEWEST_FAILED: Final = 5
_FEWEST_WORKED: Final = 3
_CHANCE: Final = 0.001
_EXPLAINED: Final = 0.5
_SEPARATES: Final = 0.1
_CONTRAST: Final = 4
_MAIN: Final = 0.35
_PASSES: Final = 3
"""All failures, and if nothing separates them those of each of two outcomes that most have."""
_ROWS: Final = 1_000


def hypotheses(
    attempts: pd.DataFrame,
    snapshot: Snapshot | None,
    *,
    start: datetime | None,
    end: datetime | None,
    taken: datetime | None = None,
) -> list[Hypothesis]:
    """Return what separates the attempts that fail from those that work, the best explanation first.

    Parameters
    ----------
    attempts
        As `flowkit.analysis.connection_attempts` returns them. Rows whose ``failed`` is null tell nothing; columns
        other than ``first`` and ``failed`` may be missing, and what needs them is then not tried.
    snapshot
        Rules whose port ranges are tried as boundaries of client ports; None where there is none.
    start, end
        The time asked about; attempts that began outside are left out. None: no bound.
    taken
        When the snapshot was taken, None for its own time: an explanation by a change says on which side that is.

    Returns
    -------
    list of Hypothesis
        At most one for each pattern; empty where nothing separates them better than chance, or where fewer than 5
        failed or fewer than 3 worked. Each has ``chance`` < 0.001, explains at least half of the failures, and
        attempts fail at least 4 times as often inside as outside. They are in the order of how much shorter the
        outcomes are told with them: what separates cleanly and is simply said comes first.

    Notes
    -----
    Where nothing separates all failures, those of one outcome that many have are tried alone: restarts among random
    silence. ``says`` and ``detail["outcome"]`` tell so.

    The test supposes that attempts fail independently. A client that tries again at once after each failure makes
    time windows look surer than they are. An explanation is a coincidence in the records, not yet a cause: clients
    take higher ports as time goes by, so that a change in time and a range of ports may both separate; both are
    returned. Method and sources: `flowkit.playbooks.patterns.chance`.
    """
    within = _within(attempts, start, end)
    at = taken or (snapshot.taken if snapshot else None)
    found = _ranked(judged(within), snapshot, at)
    for outcome in [] if found else _main_outcomes(within):
        others = _failed(within) & within["outcome"].ne(outcome)
        told = _ranked(judged(within[~others]), snapshot, at)
        says = f"counting only what is {outcome}"
        found += [
            replace(one, says=f"{says}: {one.says}", detail=one.detail | {"outcome": outcome})
            for one in told
            if one.pattern not in {other.pattern for other in found}
        ]
    return found


def _main_outcomes(attempts: pd.DataFrame) -> list[str]:
    """Return the outcomes of most failures, where they have several: one may have a reason of its own."""
    if "outcome" not in attempts:
        return []
    shares = attempts.loc[_failed(attempts), "outcome"].value_counts(normalize=True)
    return sorted((str(one) for one in shares[(shares >= _MAIN) & (shares < 1)].index), key=lambda one: -shares[one])


def _failed(attempts: pd.DataFrame) -> "pd.Series[bool]":
    return attempts["failed"].astype("boolean").fillna(False)


def _ranked(known: Judged, snapshot: Snapshot | None, at: datetime | None) -> list[Hypothesis]:
    if known.counts.failures < _FEWEST_FAILED or known.counts.total - known.counts.failures < _FEWEST_WORKED:
        return []
    best: dict[str, tuple[float, Hypothesis]] = {}
    for split in _splits(known, snapshot, at):
        worth, found = _tested(known, split)
        if found and (split.pattern not in best or worth > best[split.pattern][0]):
            best[split.pattern] = (worth, found)
    return [found for _, found in sorted(best.values(), key=lambda one: (-one[0], one[1].pattern))]


def _within(attempts: pd.DataFrame, start: datetime | None, end: datetime | None) -> pd.DataFrame:
    first = pd.to_datetime(attempts["first"], utc=True)
    kept = first.notna()
    if start is not None:
        kept &= first >= pd.to_datetime(start, utc=True)
    if end is not None:
        kept &= first < pd.to_datetime(end, utc=True)
    return attempts[kept]


def _splits(known: Judged, snapshot: Snapshot | None, taken: datetime | None) -> Iterator[Split]:
    valued = [split for split in values(known) if split]
    part = holder(known, valued)
    searches = (
        client_ports(known, snapshot, part),
        iter(valued),
        change_point(known, taken, part),
        windows(known, part),
        idle(known),
        rate(known),
        packet_size(known),
    )
    for search in searches:
        yield from (split for split in search if split is not None)


def _tested(known: Judged, split: Split) -> tuple[float, Hypothesis | None]:
    """Return how much shorter the outcomes are told with a split [nat], and it as a hypothesis if it holds."""
    counts = known.counts
    inside, failed = int(split.inside.sum()), int((split.inside & known.failed).sum())
    outside, left = counts.total - inside, counts.failures - failed
    settled = float(counts.settled(inside, failed))
    if not (0 < inside < counts.total) or settled <= 0 or failed < _EXPLAINED * counts.failures:
        return 0.0, None
    separates = settled / counts.uncertain
    chance = counts.chance(inside, failed, split.ways - math.log(split.share / _PASSES))
    if chance >= _CHANCE or separates < _SEPARATES or failed * outside < _CONTRAST * left * inside:
        return 0.0, None
    says = _sentence(split.subject, (failed, inside), (left, outside))
    rows = _rows(known.frame, split.inside == known.failed, split.inside)
    against = _rows(known.frame, split.inside != known.failed, ~split.inside)
    found = Hypothesis(split.pattern, says, min(separates, 1.0), chance, rows, against, split.detail)
    return settled - split.ways - split.less_likely, found


def _sentence(subject: str, inside: tuple[int, int], outside: tuple[int, int]) -> str:
    fail = "fail" if inside[0] >= 0.9 * inside[1] else "often fail"
    others = "do not" if not outside[0] else "hardly do" if outside[0] <= 0.05 * outside[1] else "less often do"
    return f"{subject} {fail} ({inside[0]:,} of {inside[1]:,}), others {others} ({outside[0]:,} of {outside[1]:,})"


def _rows(frame: pd.DataFrame, chosen: Flags, first: Flags) -> pd.DataFrame:
    """Return at most `_ROWS` of the chosen rows by time, half of them of the *first* kind if there are as many."""
    places, others = np.flatnonzero(chosen & first), np.flatnonzero(chosen & ~first)
    some = places[: max(_ROWS // 2, _ROWS - len(others))]
    return frame.iloc[np.sort(np.concatenate((some, others[: _ROWS - len(some)])))]
