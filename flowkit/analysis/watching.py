"""Whether each end was logged: at the time of each attempt, and throughout."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from flowkit import engine
from flowkit.analysis.asked import Asked, Side
from flowkit.analysis.logged import recorded
from flowkit.analysis.outcomes import Logged, Told
from flowkit.analysis.watched import coverage
from flowkit.fields import INTERVALS, LONG
from flowkit.flows import Flows
from flowkit.inventory import Snapshot

_TELLING = ("records", "NODATA")
_DAY = timedelta(days=1)


@dataclass(frozen=True, eq=False)
class Watch:
    """What is logged of one end.

    Attributes
    ----------
    frame
        Its interfaces' coverage, see `analysis.coverage`.
    accepts, rejects
        Whether its flow logs record what is accepted, and what is rejected.
    whole
        Whether it was logged throughout.
    """

    frame: pd.DataFrame
    accepts: bool
    rejects: bool
    whole: bool

    @property
    def dark(self) -> bool:
        """Whether nothing of it is logged."""
        return not len(self.frame) or not self.frame.lit.any()

    def __str__(self) -> str:
        """Return what is logged, in words."""
        if self.dark:
            return "not logged"
        kinds = {(True, True): "", (True, False): ", accepted traffic only", (False, True): ", rejected traffic only"}
        return ("logged throughout" if self.whole else "logged in part") + kinds.get((self.accepts, self.rejects), "")


def told(flows: Flows, asked: Asked) -> pd.DataFrame | None:
    """Return the coverage of both ends' interfaces, see `analysis.coverage`; None where neither has one."""
    ids = asked.interface_ids
    if not ids:
        return None
    span = flows.surroundings.span
    short = span is None or span[1] - span[0] <= _DAY
    return coverage(flows.narrow(interface_id=list(ids)), every=timedelta(minutes=1) if short else None)


def watch(flows: Flows, side: Side, covered: pd.DataFrame | None) -> Watch:
    """Return what is logged of an end, of what both ends' coverage says."""
    ids = side.interface_ids
    if not ids or covered is None:
        return Watch(pd.DataFrame(), accepts=False, rejects=False, whole=False)
    frame = covered[covered.interface_id.isin(ids)]
    actions = _actions(flows.identities.snapshot, ids)
    frame = frame.assign(lit=_lit(frame, _interval(flows, ids)))
    whole = bool(len(frame)) and bool(frame.lit.all()) and set(frame.interface_id) == set(ids)
    return Watch(frame, accepts="ACCEPT" in actions, rejects="REJECT" in actions, whole=whole)


def _actions(snapshot: Snapshot | None, ids: tuple[str, ...]) -> frozenset[str]:
    """Return what flow logs record of all of some interfaces; both, where the inventory knows nothing of them."""
    both = frozenset({"ACCEPT", "REJECT"})
    if snapshot is None or "FlowLogs" not in snapshot.answered:
        return both
    told = [snapshot.flow_logs_of(one) for one in snapshot.interfaces if one.interface_id in ids]
    return frozenset.intersection(both, *(recorded(logs) or both for logs in told))


def _interval(flows: Flows, ids: tuple[str, ...]) -> int:
    """Return the aggregation interval of some interfaces [s]: as the inventory says, else as the log shows."""
    snapshot = flows.identities.snapshot
    interfaces = snapshot.interfaces if snapshot else ()
    told = [log.interval for one in interfaces if one.interface_id in ids for log in snapshot.flow_logs_of(one)]  # type: ignore[union-attr]
    known = [one for one in told if one]
    if known:
        return max(known)
    status = flows.surroundings.stored_status
    own = status.filter(status.interface_id.isin(list(ids)))
    length = own.end.epoch_seconds() - own.start.epoch_seconds()
    found = engine.frame(own.aggregate(n=own.count(), most=length.max())).iloc[0]
    return INTERVALS[0] if found.n and found.most <= LONG else INTERVALS[1]


def _lit(frame: pd.DataFrame, interval: int) -> pd.Series:
    """Tell in which buckets something was logged: silence that need not hold a whole interval is none."""
    telling = frame.state.isin(_TELLING)
    dark = frame.state.eq("nothing")
    found = telling.copy()
    for _, rows in frame.groupby("interface_id"):
        runs = (dark.loc[rows.index] != dark.loc[rows.index].shift()).cumsum()
        for _, run in rows.groupby(runs):
            if dark.loc[run.index[0]] and run.minutes.sum() * 60 < 2 * interval and telling.loc[rows.index].any():
                found.loc[run.index] = True
    return found


def logged(attempts: pd.DataFrame, source: Watch, destination: Watch) -> Logged:
    """Return what the log can show of each attempt."""
    client, server = (_at(attempts, one) for one in (source, destination))
    return Logged(
        client & source.accepts, client & source.rejects, server & destination.accepts, server & destination.rejects
    )


def _at(attempts: pd.DataFrame, end: Watch) -> Told:
    """Tell whether an end was logged when attempts began."""
    if not len(end.frame):
        return np.zeros(len(attempts), bool)
    lit = end.frame.groupby("bucket").lit.any()
    known = pd.DatetimeIndex(lit.index).as_unit("s").asi8
    place = np.searchsorted(known, attempts["first"].to_numpy("int64"), side="right") - 1
    return np.where(place >= 0, lit.to_numpy(bool)[np.clip(place, 0, len(lit) - 1)], False)


def both_throughout(source: Watch, destination: Watch) -> bool:
    """Tell whether both ends were logged throughout, all traffic."""
    return all(one.whole and one.accepts and one.rejects for one in (source, destination))


def of(flows: Flows, asked: Asked, covered: pd.DataFrame | None = None) -> tuple[Watch, Watch]:
    """Return what is logged of both ends; *covered* is what `told` gave, if it was asked for before."""
    covered = told(flows, asked) if covered is None else covered
    return watch(flows, asked.source, covered), watch(flows, asked.destination, covered)
