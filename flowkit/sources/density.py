"""How many events lie in a window of a log group, told by looking at a few moments of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from flowkit.sources.event_window import Window
from flowkit.sources.log_groups import Event, LogGroup, Logs

_LOOKS: Final = 5
_LOOK: Final = 300_000
_MOST_EMPTY: Final = 5
_PAGE_EVENTS: Final = 10_000
_PAGE_BYTES: Final = 1_000_000
_AROUND: Final = 26
"""Bytes that CloudWatch Logs counts beside the text of an event."""
_INTERVAL: Final = 60_000
"""The shortest aggregation interval: a few events that start together are no burst."""
_STEPS: Final = tuple(seconds * 1_000 for seconds in (60, 300, 900, 3_600, 10_800, 43_200, 86_400))
"""What a slice may last: each divides a day, so that slices of any length lie on one grid."""
_PAGES: Final = 20


@dataclass(frozen=True, slots=True)
class Density:
    """What a few looks at a window showed.

    Attributes
    ----------
    mean, peak
        Events a second: on average, and where most were.
    size
        Bytes of an event's text, on average.
    messages
        Some of the texts.
    whole
        Whether all of the window was searched, where no event was found.
    """

    mean: float
    peak: float
    size: float
    messages: tuple[str, ...] = ()
    whole: bool = False

    def pages(self, seconds: float, per_second: float | None = None) -> float:
        """Return how many pages that many seconds fill, at the mean or at another density."""
        events = seconds * (self.mean if per_second is None else per_second)
        return max(events / _PAGE_EVENTS, events * (self.size + _AROUND) / _PAGE_BYTES)

    def step(self) -> int:
        """Return how long a slice is to be, in milliseconds: some 20 pages where most events are, a day at most."""
        fitting = [step for step in _STEPS if self.pages(step / 1000, self.peak) <= _PAGES]
        return max(fitting, default=_STEPS[0])


def of_window(logs: Logs, group: LogGroup, window: Window, streams: Sequence[str] = ()) -> Density:
    """Look at five moments of a window; where nothing is there, for its first event, and at what follows that.

    Raises
    ------
    AwsError
        If AWS refuses, or cannot be reached.
    """
    found = _looked(logs, group, window, streams)
    if found.messages:
        return found
    events, whole = logs.looked_at(group, *window, streams=streams, most=_MOST_EMPTY * _LOOKS)
    if not events:
        return replace(found, whole=whole)
    first = _of_events(events, events[0]["timestamp"], events[-1]["timestamp"] + 1)
    least = 1_000 * len(events) / (window[1] - window[0])
    if whole:
        return replace(first, mean=least)
    later = _looked(logs, group, (events[0]["timestamp"], window[1]), streams)
    share = (window[1] - events[0]["timestamp"]) / (window[1] - window[0])
    return replace(first, mean=max(later.mean * share, least), peak=max(later.peak, first.peak))


def _looked(logs: Logs, group: LogGroup, window: Window, streams: Sequence[str]) -> Density:
    start, end = window
    part = max((end - start) // _LOOKS, 1)
    span = min(part, _LOOK)
    found = []
    for begin in range(start + (part - span) // 2, end - span + 1, part):
        events, whole = logs.looked_at(group, begin, begin + span, streams=streams, most=_MOST_EMPTY)
        seen = begin + span if whole or not events else events[-1]["timestamp"] + 1
        found.append(_of_events(events, begin, seen))
    messages = tuple(message for look in found for message in look.messages)
    mean = sum(look.mean for look in found) / len(found)
    return Density(mean, max(look.mean for look in found), sum(map(len, messages)) / max(len(messages), 1), messages)


def _of_events(events: Sequence[Event], start: int, end: int) -> Density:
    messages = tuple(event["message"] for event in events)
    size = sum(map(len, messages)) / max(len(messages), 1)
    full = len(events) >= _PAGE_EVENTS or len(events) * (size + _AROUND) > _PAGE_BYTES / 2
    rate = 1_000 * len(events) / max(end - start, 1 if full else _INTERVAL)
    return Density(rate, rate, size, messages)


def slices(window: Window, step: int) -> list[Window]:
    """Cut a window at the multiples of *step*: disjoint, and together the window.

    >>> slices((50, 250), 100)
    [(50, 100), (100, 200), (200, 250)]
    """
    start, end = window
    cuts = [start, *range((start // step + 1) * step, end, step), end]
    return list(pairwise(cuts))
