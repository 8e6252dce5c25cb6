"""Flow logs that record the same traffic of the same interfaces: it is delivered, and paid for, twice."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from flowkit.aws.applying import ALL, Cover, fails
from flowkit.aws.fields_needed import columns, needed
from flowkit.aws.mending import LOGS, known_type
from flowkit.inventory import FlowLog

_WIDTH: Final = ("VPC", "Subnet", "NetworkInterface")


@dataclass(frozen=True, slots=True)
class Doubled:
    """Two flow logs of the same traffic.

    Attributes
    ----------
    kept, spare
        The one to keep, and the one whose deletion loses least.
    interfaces
        How many interfaces both record.
    safe
        Whether the one to keep records all that the spare one does.
    """

    kept: FlowLog
    spare: FlowLog
    interfaces: int
    safe: bool

    @property
    def sentence(self) -> str:
        """What is paid twice, and what deleting one of them would lose."""
        both = common(self.kept, self.spare)
        same = f"{'All' if both == ALL else both} traffic of {self.interfaces:,} interface"
        said = (
            f"{same}{'' if self.interfaces == 1 else 's'} is logged, and paid for, twice: by {self.kept.flow_log_id} "
            f"to {self.kept.destination} and by {self.spare.flow_log_id} to {self.spare.destination}. "
        )
        alone = _alone(self.spare, self.kept)
        if not self.safe:
            rich = f" ({self.spare.flow_log_id} alone has {', '.join(alone)})" if alone else ""
            return f"{said}Each also records what the other does not{rich}, so neither can simply be deleted."
        lost = f"of the records but {', '.join(alone)}" if alone else "of the records"
        said += f"Deleting {self.spare.flow_log_id} loses nothing {lost}"
        other_place = self.kept.destination != self.spare.destination
        return f"{said}{'; make sure first that nobody reads them where it delivers' if other_place else ''}."


def doubled(covers: Iterable[Cover]) -> tuple[Doubled, ...]:
    """Return each pair of flow logs that record the same traffic of an interface."""
    watched: dict[str, set[str]] = defaultdict(set)
    pairs: dict[tuple[str, str], tuple[FlowLog, FlowLog]] = {}
    for cover in covers:
        for one in cover.recording:
            watched[one.flow_log_id].add(cover.resource_id)
        for one, other in combinations(cover.recording, 2):
            if common(one, other):
                pairs[one.flow_log_id, other.flow_log_id] = (one, other)
    return tuple(_judged(one, other, watched) for one, other in pairs.values())


def common(one: FlowLog, other: FlowLog) -> str:
    """Return the traffic that both record: ALL, ACCEPT, REJECT or ""."""
    kinds = {one.traffic_type, other.traffic_type}
    if len(kinds) == 1:
        return kinds.pop()
    return next(iter(kinds - {ALL})) if ALL in kinds else ""


def _judged(one: FlowLog, other: FlowLog, watched: dict[str, set[str]]) -> Doubled:
    """Return the pair with the one that can go, or is worth less, as the spare one."""
    kept, spare = sorted((one, other), key=_worth)
    if not _replaces(kept, spare, watched) and _replaces(spare, kept, watched):
        kept, spare = spare, kept
    both = len(watched[one.flow_log_id] & watched[other.flow_log_id])
    return Doubled(kept, spare, both, _replaces(kept, spare, watched))


def _replaces(kept: FlowLog, spare: FlowLog, watched: dict[str, set[str]]) -> bool:
    """Tell whether nothing that *spare* records is lost without it."""
    return (
        common(kept, spare) == spare.traffic_type
        and watched[spare.flow_log_id] <= watched[kept.flow_log_id]
        and (fails(spare) or not fails(kept))
        and (kept.interval or 0) <= (spare.interval or kept.interval or 0)
        and not needed(_alone(spare, kept))
    )


def _alone(spare: FlowLog, kept: FlowLog) -> list[str]:
    """Return the fields that only one of them records."""
    has = columns(kept.log_format)
    return [column.replace("_", "-") for column in columns(spare.log_format) if column not in has]


def _worth(flow_log: FlowLog) -> tuple[object, ...]:
    """Return what flow logs are sorted by, the most worth keeping first: sound, all traffic, wide, rich, cheap, old."""
    kind = known_type(flow_log.resource_id)
    return (
        fails(flow_log),
        flow_log.traffic_type != ALL,
        _WIDTH.index(kind) if kind in _WIDTH else len(_WIDTH),
        -len(columns(flow_log.log_format)),
        flow_log.destination_type == LOGS,
        flow_log.interval or 0,
        flow_log.created.timestamp() if flow_log.created else 0,
        flow_log.flow_log_id,
    )
