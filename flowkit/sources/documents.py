"""Pages of log events as JSON text: each event once, in one order, with the format of its record.

The same events give the same bytes, however CloudWatch Logs cut them into pages.
"""

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Any, BinaryIO, Final, cast

from flowkit.errors import AwsError
from flowkit.formats import DEFAULT, LogFormat
from flowkit.sources.record_formats import of_record

_EVENTS: Final = 5_000
_REMEMBERED: Final = 200_000
"""How many events back a repeated one is known: some 20 pages, 30 MB."""

Event = Mapping[str, Any]


def opened(pages: Iterable[Iterable[Event]], about: Mapping[str, str], formats: Sequence[LogFormat]) -> BinaryIO:
    """Return *pages* as a file of JSON documents; what reading them raises, reading it raises.

    Parameters
    ----------
    pages
        Pages of events of FilterLogEvents, by time.
    about
        What heads every document: plain names and values.
    formats
        Those that flow logs deliver in; beside them, records may be in the default one. Events of one format share
        documents, headed by ``logFormat``: the first for what fits none, which its reader will refuse.
    """
    # not buffered: a buffer would keep to itself what came before an error
    return cast("BinaryIO", _Stream(_documents(pages, about, formats)))


def _documents(
    pages: Iterable[Iterable[Event]], about: Mapping[str, str], formats: Sequence[LogFormat]
) -> Iterator[bytes]:
    candidates, likeliest = tuple(dict.fromkeys((*formats, DEFAULT))), next(iter(formats), None)
    failure: list[AwsError] = []
    events = _in_order(_once(_until(pages, failure)))
    found = False
    while some := list(islice(events, _EVENTS)):
        found = True
        by_format: dict[LogFormat | None, list[Event]] = {}
        for event in some:
            by_format.setdefault(of_record(event["message"], candidates) or likeliest, []).append(event)
        for log_format, alike in by_format.items():
            told = {"logFormat": str(log_format)} if log_format else {}
            yield _json({**about, **told, "events": [_kept(event) for event in alike]})
    if failure:
        raise failure[0]
    if not found:
        yield _json({**about, "nothing": True})


def _until(pages: Iterable[Iterable[Event]], failure: list[AwsError]) -> Iterator[Event]:
    """Yield the events of *pages* up to an error, which goes to *failure*: what came before it stands."""
    try:
        for page in pages:
            yield from page
    except AwsError as error:
        failure.append(error)


def _once(events: Iterable[Event]) -> Iterator[Event]:
    """Yield each event once: a page may repeat what another one ended with."""
    seen: dict[str, None] = {}
    for event in events:
        name = event.get("eventId")
        if name is not None:
            if name in seen:
                continue
            seen[name] = None
            if len(seen) > _REMEMBERED:
                del seen[next(iter(seen))]
        yield event


def _in_order(events: Iterable[Event]) -> Iterator[Event]:
    """Yield events of one time stamp in an order of their own; of several, as they come."""
    for _, together in groupby(events, lambda event: event["timestamp"]):
        yield from sorted(together, key=lambda event: (event.get("logStreamName", ""), event.get("eventId", "")))


def _kept(event: Event) -> dict[str, Any]:
    return {name: event[name] for name in ("timestamp", "message", "logStreamName") if name in event}


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


class _Stream(io.RawIOBase):
    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any buffer
        if not self._left:
            self._left = next(self._parts, b"")
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count
