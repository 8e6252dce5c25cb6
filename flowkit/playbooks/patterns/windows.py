"""Times in which attempts fail while they work before and after: silence, restarts, hours of the day."""

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from flowkit.playbooks.patterns.chance import Flags, Numbers
from flowkit.playbooks.patterns.judged import Judged, time_of
from flowkit.playbooks.patterns.splits import Ranges, Split, best_ranges

_DAY: Final = 86_400
_MINUTE: Final = 60
_QUARTER: Final = 900
_NAMED: Final = 3
_MOSTLY: Final = 0.6
_BY_RESET: Final = (("outcome", frozenset({"refused"})), ("reset_by", frozenset({"server"})))
_MOST: Final = 60
"""More windows than this are no longer a few."""
_LONGEST_RESTART: Final = 1_800
"""A service that refuses for longer than this many seconds was stopped rather than restarted."""


def windows(attempts: Judged, part: Split | None) -> Iterator[Split | None]:
    """Yield the windows in which attempts fail: of any length, of whole minutes, and the same time of several days.

    Those of any length are looked for within the *part* that holds the failures, if any, too. One that reaches to
    either end of the attempts is a change, not a window. Windows in which the server refuses, and which are short, are
    called restarts.
    """
    seconds = attempts.seconds
    for width in (0, _MINUTE):
        places = seconds if not width else seconds // width
        distinct, cells = np.unique(places, return_inverse=True)
        found = best_ranges(cells, len(distinct), attempts.failed, attempts.counts)
        yield _split(attempts, found) if found else None
        if part and not width:
            within = best_ranges(np.where(part.inside, cells, -1), len(distinct), attempts.failed, attempts.counts)
            split = _split(attempts, within, part.inside) if within else None
            yield split and split.within(part)
    yield _daily(attempts)


def _split(
    attempts: Judged, found: Ranges, part: Flags | None = None, *, time_of_day: tuple[str, str] | None = None
) -> Split | None:
    """Return the windows, unless it is one that begins or ends with the attempts, of a *part* if they are in one."""
    here = np.ones(len(attempts.failed), dtype=bool) if part is None else part
    spans = _spans(attempts.seconds[here], attempts.failed[here], found.inside[here])
    one = len(spans) == 1 and time_of_day is None
    if not 0 < len(spans) <= _MOST or (one and bool(found.inside[here][[0, -1]].any())):
        return None
    refused = any(attempts.mostly(found.inside, *by, _MOSTLY) for by in _BY_RESET)
    short = max(last - first for first, last in spans) <= _LONGEST_RESTART
    named = ", ".join(_words(first, last) for first, last in spans[:_NAMED])
    more = f" and {len(spans) - _NAMED} more" if len(spans) > _NAMED else ""
    count = "one window" if len(spans) == 1 else f"{len(spans)} windows"
    subject = f"attempts in {count} ({named}{more})"
    detail: dict[str, object] = {"windows": [(time_of(first), time_of(last)) for first, last in spans]}
    if time_of_day:
        detail["time_of_day"] = time_of_day
        subject = f"attempts between {time_of_day[0]} and {time_of_day[1]} UTC of each day"
    pattern = "restarts" if refused and short and not time_of_day else "windows"
    return Split(pattern, subject, found.inside, found.ways, detail, 1.0 if pattern == "restarts" else 2.0)


def _spans(seconds: Numbers, failed: Flags, inside: Flags) -> list[tuple[float, float]]:
    """Return the times of the first and the last failure of each unbroken row of attempts inside."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], inside.astype(np.int8), [0]))))
    spans = []
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        times = seconds[first:end][failed[first:end]]
        if len(times):
            spans.append((float(times[0]), float(times[-1])))
    return spans


def _words(first: float, last: float) -> str:
    return f"{time_of(first):%Y-%m-%d %H:%M:%S} to {time_of(last):%H:%M:%S}Z"


def _daily(attempts: Judged) -> Split | None:
    """Return the time of day at which attempts fail, if they do on several days."""
    days = np.unique(attempts.seconds[attempts.failed] // _DAY)
    size = _DAY // _QUARTER
    quarters = (attempts.seconds % _DAY // _QUARTER).astype(np.int64)
    if len(days) < 2:  # noqa: PLR2004 - once is no habit
        return None
    # The day is begun where nothing fails, so that a window over midnight stays whole.
    fails = np.bincount(quarters[attempts.failed], minlength=size)
    begins = int(np.flatnonzero(fails == fails.min())[0])
    while fails[begins] == fails.min() and begins < size - 1:
        begins += 1
    found = best_ranges((quarters - begins) % size, size, attempts.failed, attempts.counts)
    if found is None or len(found.runs) != 1:
        return None
    first, last = ((cell + begins) % size for cell in found.runs[0])
    on = np.unique(attempts.seconds[found.inside & attempts.failed] // _DAY)
    if len(on) < 2:  # noqa: PLR2004
        return None
    told = Ranges(found.inside, found.runs, found.ways + math.log(size))
    return _split(attempts, told, time_of_day=(_clock(first), _clock((last + 1) % size)))


def _clock(quarter: int) -> str:
    return f"{quarter // 4:02d}:{quarter % 4 * 15:02d}"
