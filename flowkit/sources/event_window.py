"""Which part of a window a log group can have events in; the times of events, as CloudWatch Logs counts them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from flowkit.errors import SourceError
from flowkit.inventory.text import brief
from flowkit.sources.log_groups import LogGroup, Logs

Window = tuple[int, int]
"""From and up to, in epoch milliseconds."""

_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_UNIT: Final = timedelta(milliseconds=1)
_OLDEST_ARRIVAL: Final = timedelta(days=14)
"""How old an event may be when it arrives, so how much older than its group."""
_FIRST_DELIVERY: Final = timedelta(hours=1)
_LATE_EXPIRY: Final = timedelta(days=1)
"""What is too old to be kept may still be there for some time."""


def of_group(logs: Logs, group: LogGroup, start: datetime | None, end: datetime | None) -> tuple[Window, list[str]]:
    """Return what part of a window a log group can have events in, and what to say of it.

    Raises
    ------
    SourceError
        If that is none.
    """
    now = datetime.now(UTC)
    kept = now - group.retention if group.retention else None
    notes = []
    if start is None:
        begin = _since(logs, group, kept)
        notes.append(f"No start was given: all that {group.name} keeps is read, from {iso(begin)}.")
    else:
        begin = start
        if kept and begin < kept:
            notes.append(f"{group.name} keeps nothing from before {iso(kept)}: that nothing is there means nothing.")
            begin = max(begin, kept - _LATE_EXPIRY)
        if group.created and begin < group.created - _OLDEST_ARRIVAL:
            begin = max(begin, min(group.created - _OLDEST_ARRIVAL, logs.earliest(group) or group.created))
    if begin >= now:
        raise SourceError(f"the window starts at {iso(begin)}, which is yet to come. Choose an earlier start.")
    until = min(end or now, now)
    if begin >= until:
        raise nothing(logs, group, (milliseconds(start or begin), milliseconds(until)))
    return (milliseconds(begin), -((_EPOCH - until) // _UNIT)), notes


def _since(logs: Logs, group: LogGroup, kept: datetime | None) -> datetime:
    """Return from when on a group can have events."""
    first = [moment for moment in (group.created, logs.earliest(group)) if moment]
    if not first and not kept:
        raise SourceError(f"since when the log group {brief(group.name)} has records is not known. Give start=.")
    earliest = [min(first) - _FIRST_DELIVERY] if first else []
    return max([*earliest, *([kept] if kept else [])])


def nothing(logs: Logs, group: LogGroup, window: Window, streams: Sequence[str] = ()) -> SourceError:
    """Return the error for a window without any event."""
    latest = logs.latest(group)
    about = f" Its latest event is of about {iso(latest)}." if latest else ""
    where = f"the streams {', '.join(streams[:3])} of " if streams else ""
    return SourceError(
        f"{where}the log group {brief(group.name)} in {group.region} has no event in {span(window)}.{about} "
        "Choose another window, and check that a flow log delivers there: `aws ec2 describe-flow-logs`."
    )


def span(window: Window) -> str:
    """Return a window as text."""
    return "/".join(iso(time(edge)) for edge in window)


def iso(moment: datetime) -> str:
    """Return a moment as text, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z").replace(".000Z", "Z")


def time(milliseconds: int) -> datetime:
    """Return the moment of a time stamp."""
    return datetime.fromtimestamp(milliseconds / 1_000, UTC)


def milliseconds(moment: datetime) -> int:
    """Return the time stamp of a moment, its fraction of a millisecond cut off."""
    return (moment - _EPOCH) // _UNIT
