"""How much a flow log of each traffic type would deliver in a day: measured, extrapolated or assumed, as a range."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from flowkit.analysis.delivered import DAY, Delivered
from flowkit.aws.blinded import TRAFFIC_TYPES

_STATUS_LINE: Final = 82
"""Bytes of a NODATA line in the default format, as in AWS's own example ("Flow log record examples")."""
_MOST_SHORTER: Final = 10
"""Records of 60 s intervals for one of 600 s, at most; none more on Nitro, where intervals are 60 s or less anyway."""


@dataclass(frozen=True, slots=True)
class Volume:
    """Lines (count per day) and their text (B per day, line ends included)."""

    lines: float = 0.0
    text: float = 0.0

    def __add__(self, other: "Volume") -> "Volume":
        """Return both together."""
        return Volume(self.lines + other.lines, self.text + other.text)

    def __mul__(self, factor: float) -> "Volume":
        """Return so many times as much."""
        return Volume(self.lines * factor, self.text * factor)


@dataclass(frozen=True, slots=True)
class Range:
    """What may be delivered in a day: at least, most plausibly, at most. None is not known."""

    low: Volume
    likely: Volume | None
    high: Volume | None

    def __add__(self, other: "Range") -> "Range":
        """Return both together; what is not known of one is not known of both."""
        likely = self.likely + other.likely if self.likely and other.likely else None
        high = self.high + other.high if self.high and other.high else None
        return Range(self.low + other.low, likely, high)

    def at(self, interval: int, observed: int) -> "Range":
        """Return the same for another aggregation interval [s] than the one it was observed at."""
        if interval < observed:
            return replace(self, high=self.high * _MOST_SHORTER if self.high else None)
        return replace(self, low=self.low * (1 / _MOST_SHORTER)) if interval > observed else self


Rates = Mapping[str, Range]
"""By traffic type."""


def measured(found: Delivered, unknown: frozenset[str] = frozenset(), partly: Collection[str] = frozenset()) -> Rates:
    """Return what the flow logs of a log deliver.

    Of *unknown* actions no record says how many there are; those *partly* recorded have no upper end.

    Where the log has NODATA lines, silence of an interface without one is a gap, or it did not exist then: the
    highest figure fills it as a gap, the others do not.
    """
    per_day = DAY / found.logged
    gaps = "NODATA" in set(found.lines.status)
    filling = {name: found.logged / minutes if gaps and minutes else 1.0 for name, minutes in found.watched.items()}
    kinds: dict[str, list[Volume]] = {kind: [Volume(), Volume()] for kind in ("ACCEPT", "REJECT", "-", "status")}
    for row in found.lines.to_dict("records"):
        kind = row["action"] if row["status"] == "OK" else "status"
        seen = Volume(row["lines"], row["text"]) * per_day
        kinds[kind][0] += seen
        kinds[kind][1] += seen * filling.get(row["interface_id"], 1.0)
    most = _most_status(found, kinds["status"][0])
    rates = {kind: _of(kind, kinds, most, unknown) for kind in TRAFFIC_TYPES}
    return {kind: replace(one, high=None) if _told_of(kind) & set(partly) else one for kind, one in rates.items()}


def _told_of(kind: str) -> set[str]:
    """Return the actions that a flow log of a traffic type records."""
    return {"ACCEPT", "REJECT"} if kind == "ALL" else {kind}


def _of(kind: str, kinds: Mapping[str, list[Volume]], most_status: Volume, unknown: frozenset[str]) -> Range:
    actions = tuple(kinds) if kind == "ALL" else (kind,)
    low, high = Volume(), Volume()
    for action in actions:
        low += kinds[action][0]
        high += kinds[action][1]
    if _told_of(kind) & unknown:
        return Range(low, None, None)
    if kind == "ALL":
        return Range(low, low, high)
    status = kinds["status"][0]
    most = high + (most_status if most_status.lines > status.lines else status)
    # Where a filtered flow log has a NODATA line, one of ALL has that or a record, which is longer.
    return Range(low, low + status, min(most, sum((pair[1] for pair in kinds.values()), Volume()), key=_text))


def _text(volume: Volume) -> float:
    return volume.text


def _most_status(found: Delivered, status: Volume) -> Volume:
    """Return a NODATA line for each interface and interval: more than a flow log can add to its records."""
    lines = len(found.watched) * DAY * 60 / found.interval
    return Volume(lines, lines * (status.text / status.lines if status.lines else _STATUS_LINE))


def unseen(found: Delivered, count: int, unknown: frozenset[str] = frozenset()) -> Rates:
    """Return what so many interfaces more would deliver: as the median one measured, at most as the busiest."""
    each = [measured(_alone(found, name), unknown) for name in found.watched]
    return {kind: _more([rates[kind] for rates in each], count) for kind in TRAFFIC_TYPES}


def _alone(found: Delivered, name: str) -> Delivered:
    lines = found.lines[found.lines.interface_id == name]
    return replace(found, lines=lines, watched={name: found.watched[name]})


def _more(ranges: Iterable[Range], count: int) -> Range:
    given = list(ranges)
    likely = [one.likely for one in given if one.likely]
    high = [one.high for one in given if one.high]
    if len(likely) < len(given) or not given:
        return Range(Volume(), None, None)
    middle = Volume(median(one.lines for one in likely), median(one.text for one in likely))
    busiest = max(high, key=_text)
    return Range(Volume(), middle * count, busiest * count)


def assumed(count: int, records: float, sizes: tuple[float, float, float]) -> Rates:
    """Return what so many interfaces deliver at a rate that was given; how much of it is rejected is not known."""
    total = [Volume(records, records * size) * count for size in sizes]
    nothing = Range(Volume(), None, None)
    return {"ALL": Range(total[0], total[1], total[2]), "REJECT": nothing, "ACCEPT": nothing}
