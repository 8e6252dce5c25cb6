"""Flow logs in CloudWatch Logs, read through FilterLogEvents.

A search looks at a few moments of the window first: how many events lie there, and in which format. Then it cuts
the window into slices of some tens of pages, each an object of the ledger, which several threads can read at
once within the rate that AWS publishes. Slices lie on a fixed grid of time, so the same search later yields the
same objects, and what was read is not read again; only slices that ended in the last six hours are, since
records arrive late.

An event's time stamp is its record's ``start`` ("Publish flow logs to CloudWatch Logs"), so the window of events is
the window of records. Streams are one to an interface: a scope of interfaces reads theirs alone. Of what else a
scope says, CloudWatch Logs is asked for as much as its filter patterns can express (`flowkit.sources.patterns`).
"""

import hashlib
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, Final

from flowkit.aws.connect import Access
from flowkit.errors import AwsError, SourceError
from flowkit.formats import LogFormat
from flowkit.inventory.text import brief
from flowkit.scope import Scope
from flowkit.sources import LogObject, density, documents, event_window, patterns
from flowkit.sources.density import Density
from flowkit.sources.event_window import Window
from flowkit.sources.log_groups import MOST_STREAMS, LogGroup, Logs
from flowkit.sources.pace import filter_log_events
from flowkit.sources.record_formats import like_flow_record, of_record

SCHEME: Final = "cloudwatch://"
_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-\d+")
_GROUP: Final = re.compile(r"[\w./#-]{1,512}", re.ASCII)
_SETTLED: Final = timedelta(hours=6)
_WRAPPING: Final = 86
"""Bytes around a message in an object."""
_SAMPLED: Final = 2_000


@dataclass(frozen=True, slots=True)
class Search:
    """What to read of a log group; nothing of it is read before its objects are opened.

    Attributes
    ----------
    group
        The log group.
    start, end
        The window that is read, [start, end), in UTC.
    events, bytes
        About how many events lie there, and how large their objects are. A pattern leaves fewer.
    requests, seconds
        About how many FilterLogEvents that takes, and how long at the rate AWS publishes for the region.
    notes
        What to know of the result, a sentence each.
    pattern
        The filter pattern that CloudWatch Logs is given, "" for none.
    streams
        The streams that are read, none for all.
    formats
        Those that flow logs deliver in, as far as is known.
    slices
        The windows of the objects, in epoch milliseconds.
    """

    group: LogGroup
    start: datetime
    end: datetime
    events: int
    bytes: int
    requests: int
    seconds: float
    notes: tuple[str, ...]
    pattern: str
    streams: tuple[str, ...]
    formats: tuple[LogFormat, ...]
    slices: tuple[Window, ...]
    _logs: Logs

    def objects(self) -> list[LogObject]:
        """Return the slices of the window as objects, in order of time."""
        settled = event_window.milliseconds(datetime.now(UTC) - _SETTLED)
        size = self.bytes // max(len(self.slices), 1)
        return [
            LogObject(
                self._name(part, streams),
                size,
                self._identity(part, streams) if part[1] <= settled else f"cloudwatch:{uuid.uuid4()}",
                lambda part=part, streams=streams: self._open(part, streams),  # type: ignore[misc] # bound here
                remote=True,
            )
            for part in self.slices
            for streams in _chunks(self.streams)
        ]

    def _name(self, part: Window, streams: Sequence[str]) -> str:
        only = [patterns.shown(self.pattern)] if self.pattern else []
        if streams:
            only.append(", ".join(streams) if len(streams) <= 2 else f"{streams[0]} to {streams[-1]}")  # noqa: PLR2004
        return " ".join([str(self.group), event_window.span(part), *(f"only {text}" for text in only)])

    def _identity(self, part: Window, streams: Sequence[str]) -> str:
        told = [self.group.identity, *map(str, part), self.pattern, *streams, *map(str, self.formats)]
        return f"cloudwatch:{hashlib.sha256(chr(0).join(told).encode()).hexdigest()}"

    def _open(self, part: Window, streams: Sequence[str]) -> BinaryIO:
        pages = self._logs.pages(self.group, *part, streams=streams, pattern=self.pattern)
        about = {"logGroup": self.group.name, "region": self.group.region, "window": event_window.span(part)}
        return documents.opened(pages, about, self.formats)


def search(
    place: str,
    *,
    access: Access,
    start: datetime | None,
    end: datetime | None,
    scope: Scope,
    log_format: LogFormat | None = None,
) -> Search:
    """Find out what of a log group is to be read.

    Parameters
    ----------
    place
        ``cloudwatch://region/log-group``. The group is all that follows the region's slash, so that of
        ``cloudwatch://eu-central-1//vpc/shop`` is ``/vpc/shop``; one slash will do where no other group is meant.
        Without a region, that of *access* is asked.
    access
        As whom to ask.
    start, end
        The window, with a time zone; by default from when the group was made, or as far back as it keeps
        events, to now.
    scope
        What else is wanted: of that, CloudWatch Logs is asked for as much as it can tell apart, which is never
        less. Narrow the result by the same scope.
    log_format
        The format of the records; by default that of the flow logs that deliver there.

    Raises
    ------
    SourceError
        If *place* is malformed, or nothing in the window is a flow log.
    AwsError
        If there is no such group, or AWS refuses.
    """
    region, names = _named(place)
    logs = Logs.of(access.within(region))
    group, note = logs.group(names)
    window, notes = event_window.of_group(logs, group, start, end)
    streams, unknown = _streams(logs, group, scope)
    known, unasked = ([log_format], "") if log_format else logs.formats(group)
    found = density.of_window(logs, group, window, streams[:MOST_STREAMS])
    _check(found, logs, group, window, known, streams)
    rest = replace(scope, interface_id=()) if streams else scope
    pattern = patterns.of_scope(rest, _certain(known, found))
    notes = [*filter(None, (note, unknown, unasked)), *notes, *_told(pattern)]
    parts = density.slices(window, found.step())
    seconds = (window[1] - window[0]) / 1_000
    chunks = len(_chunks(streams))
    events = round(found.mean * seconds * chunks)
    requests = len(parts) * chunks + round(found.pages(seconds) * chunks)
    return Search(
        group=group, start=event_window.time(window[0]), end=event_window.time(window[1]), events=events,
        bytes=round(events * (found.size + _WRAPPING)), requests=requests,
        seconds=requests / filter_log_events(group.region), notes=tuple(notes), pattern=pattern,
        streams=tuple(streams), formats=tuple(known), slices=tuple(parts), _logs=logs,
    )  # fmt: skip


def _named(place: str) -> tuple[str, list[str]]:
    """Return the region and what the group may be called."""
    region, slash, name = place.removeprefix(SCHEME).partition("/")
    if not place.startswith(SCHEME) or not slash or not _GROUP.fullmatch(name) or not name.strip("/"):
        raise SourceError(
            f"{brief(place)} names no log group. Write cloudwatch://region/log-group, such as "
            "cloudwatch://eu-central-1//vpc/shop for the group /vpc/shop."
        )
    if region and not _REGION.fullmatch(region):
        raise SourceError(
            f"{brief(region)} is no region of AWS. Write cloudwatch://region/log-group, such as "
            f"cloudwatch://eu-central-1/{brief(name)}, or cloudwatch:///{brief(name)} for your own region."
        )
    return region, [name] if name.startswith("/") else [name, f"/{name}"]


def _streams(logs: Logs, group: LogGroup, scope: Scope) -> tuple[list[str], str]:
    """Return the streams of the interfaces that *scope* names; none where the whole group must be read."""
    found = []
    for interface in scope.interface_id:
        try:
            names = logs.streams(group, interface)
        except AwsError as error:
            if error.kind != "AccessDenied":
                raise
            return [], f"The whole group is searched for the interface: {error}"
        if not names:
            return [], ""
        found += names
    return list(dict.fromkeys(found)), ""


def _chunks(streams: Sequence[str]) -> list[Sequence[str]]:
    return [streams[n : n + MOST_STREAMS] for n in range(0, len(streams), MOST_STREAMS)] or [()]


def _check(
    found: Density, logs: Logs, group: LogGroup, window: Window, known: Sequence[LogFormat], streams: Sequence[str]
) -> None:
    """Refuse a window without events, and a group of something else."""
    if not found.messages and found.whole:
        raise event_window.nothing(logs, group, window, streams)
    if not known and found.messages and not any(map(like_flow_record, found.messages[:_SAMPLED])):
        raise SourceError(
            f"the log group {brief(group.name)} is no flow log: it has messages such as {brief(found.messages[0])!r}. "
            "Check its name: `aws ec2 describe-flow-logs` tells where flow logs are delivered."
        )


def _certain(known: Sequence[LogFormat], found: Density) -> LogFormat | None:
    """Return the format that every record has, as far as was seen."""
    if len(known) != 1 or not found.messages:
        return None
    return known[0] if all(of_record(message, known) for message in found.messages[:_SAMPLED]) else None


def _told(pattern: str) -> list[str]:
    if not pattern:
        return []
    only = patterns.shown(pattern)
    return [f"Only records matching {only} were fetched from CloudWatch: that others are missing means nothing."]
