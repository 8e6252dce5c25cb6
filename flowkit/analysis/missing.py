"""Gaps in the log: runs of minutes of which no line of an interface tells, or in which records were lost."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

import pandas as pd

from flowkit.analysis import minutes
from flowkit.analysis.caption import captioned
from flowkit.analysis.minutes import MINUTE, Minutes, Told, Window
from flowkit.analysis.other import checked
from flowkit.analysis.weighing import rest
from flowkit.flows import Flows
from flowkit.wording import several

EVERY: Final = "every interface"
"""What stands for the interface where none at all was watched."""
SILENT, LOST = "no line", "SKIPDATA"
_RUN: Final = re.compile("0+|s+")
_TOP: Final = 20_000
_TYPES: Final = {
    "interface_id": "str", "cause": "str", "position": "str", "minutes": "int64", "first": "datetime64[s, UTC]",
    "last": "datetime64[s, UTC]",
}  # fmt: skip


def logging_gaps(flows: Flows, *, top: int = _TOP) -> pd.DataFrame:
    """List the runs of minutes in which an interface was not watched.

    Parameters
    ----------
    flows
        Records already scoped; of the scope its window and its resources count, no address, port or action.
    top
        How many rows at most, the longest; ``attrs["left_out"]`` counts the others.

    Returns
    -------
    DataFrame
        The longest first: `interface_id` (``every interface`` where no line of any tells: the delivery stopped, or
        objects are missing), `cause` (``no line``: neither a record nor NODATA; ``SKIPDATA``: AWS says
        that records were lost), `position` (``between`` lines of the interface; ``before`` its first or ``after`` its
        last in the window: then it may not have existed), `minutes` (min), `first` (UTC, the minute it begins),
        `last` (UTC, the minute after it). ``attrs["least"]`` is the shortest silence listed [min].

    Raises
    ------
    ScopeError
        If *top* is less than one.
    MissingFieldError
        If the log has no ``start`` or ``end``.

    Notes
    -----
    Silence counts from two aggregation intervals on, as observed (60 or 600 s): a shorter one need not hold a whole
    interval, and AWS's clocks are not in step. SKIPDATA counts whatever its length. Without ``log-status`` nobody can
    tell an idle interface from one that was not watched: then there are rows of neither, and the caption says so.
    Interfaces without any line in the window do not show; see `coverage`, whose ``unseen`` names those of an inventory.
    Sources: "Flow log records" and "Flow log limitations" in the Amazon VPC User Guide.
    """
    checked(top)
    for name in ("start", "end"):
        flows.field(name, "finding gaps")
    drawn = minutes.window(flows.surroundings)
    can_tell = "log_status" in flows.fields
    telling = minutes.told(flows, drawn) if drawn else minutes.Telling({}, MINUTE, 0)
    least = 2 * telling.interval // MINUTE
    each = [*sorted(telling.interfaces.items()), (EVERY, _together(telling.interfaces.values()))]
    rows = [(name, *run) for name, told in each for run in (_runs(told, drawn, least) if drawn and can_tell else ())]
    frame = pd.DataFrame(rows, columns=["interface_id", "cause", "position", "minutes", "first", "last"])
    frame = frame.sort_values(["minutes", "first", "interface_id"], ascending=[False, True, True], ignore_index=True)
    times = {name: pd.to_datetime(frame[name] * MINUTE, unit="s", utc=True) for name in ("first", "last")}
    shown, left_out = frame.assign(**times).astype(_TYPES).head(top), max(len(frame) - top, 0)
    between = shown[(shown.position == "between") & (shown.interface_id != EVERY)]
    sentence = (
        f"{several(len(shown), 'gap')} of {least} min or longer, or with SKIPDATA{rest(left_out, 'shorter ones')}; "
        f"{len(between):,} between lines of the same interface, {int(between.minutes.sum()):,} interface minutes."
        if can_tell
        else "The log has no log-status, so silence and a gap look the same: no gap can be told."
    )
    return captioned(
        shown, "logging_gaps", flows, sentence, missing=True, left_out=left_out, least=least, can_tell=can_tell
    )


def _together(every: Iterable[Told]) -> Told:
    """Return what the lines of all interfaces tell together: the minutes of which any tells, lost or not."""
    parts = [part for told in every for part in (told.watched, told.lost) if part.bits]
    first = min((part.first for part in parts), default=0)
    bits = 0
    for part in parts:
        bits |= part.bits << (part.first - first)
    return Told(watched=Minutes(first, bits))


def _runs(told: Told, drawn: Window, least: int) -> Iterator[tuple[str, str, int, int, int]]:
    """Yield cause, position, length, first minute and the minute after the last of each run."""
    length = drawn[1] - drawn[0]
    covered, lost = (f"{bits:0{length}b}"[::-1] for bits in (told.covered(drawn), told.lost.between(drawn)))
    text = "".join("s" if gone == "1" else seen for seen, gone in zip(covered, lost, strict=True))
    begin = next((n for n, sign in enumerate(text) if sign != "0"), length)
    end = length - next((n for n, sign in enumerate(reversed(text)) if sign != "0"), length)
    for run in _RUN.finditer(text):
        first, last = run.span()
        if text[first] == "0" and last - first < least:
            continue
        position = "before" if first < begin else "after" if first >= end else "between"
        cause = LOST if text[first] == "s" else SILENT
        yield cause, position, last - first, drawn[0] + first, drawn[0] + last
