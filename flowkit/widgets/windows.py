"""Windows of time as values: the steps of a slider, quick ranges, moves."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from flowkit.errors import ScopeError

MOST_STEPS: Final = 500
MINUTE: Final = timedelta(minutes=1)
_SHORTEST: Final = timedelta(seconds=1)
_NICE: Final = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)
"""Minutes of a step; beyond, whole days."""


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` up to, not including, `end`."""

    start: datetime
    end: datetime

    @property
    def width(self) -> timedelta:
        """How long it is."""
        return self.end - self.start

    def first(self, width: timedelta) -> "Window":
        """Return its beginning."""
        return Window(self.start, min(self.end, self.start + width))

    def last(self, width: timedelta) -> "Window":
        """Return its end."""
        return Window(max(self.start, self.end - width), self.end)

    def halved(self) -> "Window":
        """Return its middle half, to the second."""
        if self.width <= 2 * _SHORTEST:
            raise ScopeError("the window is as short as it can be: records tell whole seconds.")
        quarter = _whole(self.width / 4)
        return Window(self.start + quarter, self.end - quarter)

    def doubled(self, within: "Window") -> "Window":
        """Return twice as much around the same middle, but no more than *within* has."""
        half = max(_SHORTEST, _whole(self.width / 2))
        return Window(max(within.start, self.start - half), min(within.end, self.end + half))

    def moved(self, times: int, within: "Window") -> "Window":
        """Return the window so many of its widths later, as long as some of it lies *within*."""
        there = Window(self.start + times * self.width, self.end + times * self.width)
        if there.start >= within.end or there.end <= within.start:
            raise ScopeError(f"the log has nothing {'later' if times > 0 else 'earlier'} than that.")
        return there


def _whole(time: timedelta) -> timedelta:
    return timedelta(seconds=int(time.total_seconds()))


def whole_minutes(first: datetime, last: datetime) -> Window:
    """Return the window of whole minutes that holds all records between."""
    start, end = (time.astimezone(UTC).replace(second=0, microsecond=0) for time in (first, last))
    return Window(start, max(start, end) + MINUTE)


def steps(span: Window) -> list[datetime]:
    """Return the times a slider stops at: whole, even minutes, from before *span* to after it."""
    minutes = span.width // MINUTE
    days = -(-minutes // (1440 * (MOST_STEPS - 2)))
    step = next((nice for nice in _NICE if minutes / nice <= MOST_STEPS - 2), days * 1440) * MINUTE
    start = datetime.fromtimestamp(span.start.timestamp() // step.total_seconds() * step.total_seconds(), UTC)
    count = -(-(span.end - start) // step)
    return [start + number * step for number in range(count + 1)]


def read_time(text: str) -> datetime | str | None:
    """Return the time that a text says, in UTC if it names no zone; the text itself if it says none."""
    words = text.strip()
    if not words:
        return None
    try:
        time = datetime.fromisoformat(words)
    except ValueError:
        return words
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def written(time: datetime | None) -> str:
    """Return a time as `read_time` reads it."""
    return time.isoformat().replace("+00:00", "Z") if time else ""
