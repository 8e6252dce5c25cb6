"""Which minutes the lines of each interface tell of: the ground under every statement on what a log shows.

Worked out in one pass of the engine: the minutes that records touch travel as the bits of integers.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.fields import INTERVALS, LONG, LONG_SHARE
from flowkit.flows import Flows

MINUTE: Final = 60
_LONGEST: Final = 11
"""Minutes after its first that a record can reach: an interval is at most ten, and its times may be off by one."""
_MOST_BITS: Final = 60
_PLACES: Final = ("interface_id", "resource_id", "tgw_attachment_id")
STATUSES: Final = ("OK", "NODATA", "SKIPDATA")
NOWHERE: Final = "-"
"""What stands for the interface where the log names none."""

Window = tuple[int, int]
"""First epoch minute, and the one after the last."""


@dataclass(frozen=True, slots=True)
class Minutes:
    """A set of minutes: bit *n* stands for the epoch minute ``first + n``."""

    first: int = 0
    bits: int = 0

    def count(self, window: Window) -> int:
        """Return how many of them lie in a window."""
        start = max(window[0], self.first)
        return self.between((start, window[1])).bit_count() if start < window[1] else 0

    def between(self, window: Window) -> int:
        """Return those in a window as bits of which the first is the window's first minute."""
        start, end = window
        shift = start - self.first
        if end <= self.first or shift >= self.bits.bit_length():
            return 0
        moved = self.bits >> shift if shift >= 0 else self.bits << -shift
        return moved & ((1 << (end - start)) - 1)

    def counts(self, windows: Sequence[Window]) -> list[int]:
        """Return how many of them lie in each of some windows, which follow one another."""
        if not self.bits or not windows:
            return [0] * len(windows)
        first, end = windows[0][0], windows[-1][1]
        text = format(self.between((first, end)), f"0{end - first}b")[::-1]
        return [text.count("1", start - first, stop - first) for start, stop in windows]

    def closed(self, most: int) -> "Minutes":
        """Return the same with every gap of at most so many minutes filled."""
        grown = self.bits
        for n in range(1, most + 1):
            grown |= self.bits << n
        shrunk = grown
        for n in range(1, most + 1):
            shrunk &= grown >> n
        return replace(self, bits=shrunk | self.bits)


@dataclass(frozen=True, slots=True)
class Told:
    """What the lines of one interface tell.

    Attributes
    ----------
    lines
        By status (``OK``, ``NODATA``, ``SKIPDATA``) and bucket number: how many lines touch the bucket.
    watched
        The minutes of which a record or NODATA tells.
    lost
        The minutes of which SKIPDATA tells that records were lost.
    """

    lines: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    watched: Minutes = Minutes()
    lost: Minutes = Minutes()

    def covered(self, window: Window) -> int:
        """Return the minutes in a window that were watched without loss, as bits."""
        return self.watched.between(window) & ~self.lost.between(window)


@dataclass(frozen=True, slots=True)
class Telling:
    """What each interface's lines tell, and the log's aggregation interval as observed (s)."""

    interfaces: Mapping[str, Told]
    interval: int
    untimed: int

    def of(self, interface: str) -> Told:
        """Return what is told of an interface; nothing, where no line is."""
        return self.interfaces.get(interface, Told())


def window(flows: Flows) -> Window | None:
    """Return the scope's window in minutes, else where it is open the span of records and status records."""
    return flows.origin.remembered(("window", flows.scope), lambda: _window(flows))


def _window(flows: Flows) -> Window | None:
    start, end = flows.scope.start, flows.scope.end
    ends: list[Any] = [start, end + timedelta(microseconds=-1) if end else None]
    if None in ends:
        tables = (flows.stored, flows.status_records)
        spans = pd.concat([engine.frame(t.aggregate(first=t.start.min(), last=t.end.max())) for t in tables])
        found = (spans["first"].min(), spans["last"].max())
        ends = [given or spanned for given, spanned in zip(ends, found, strict=True)]
    if any(pd.isna(time) for time in ends):
        return None
    first, last = (int(time.timestamp()) // MINUTE for time in ends)
    return first, max(first, last) + 1


def told(flows: Flows, drawn: Window, width: int = 60) -> Telling:
    """Return what the lines of each interface tell in a window, counted in buckets of *width* minutes.

    Looked for in the scope's resources, whatever its addresses, ports and actions. A record that
    begins before the window and reaches into it tells of it, too.
    """
    around = flows.surroundings
    return around.origin.remembered(("told", around.scope, drawn, width), lambda: _telling(around, drawn, width))


def _telling(around: Flows, drawn: Window, width: int) -> Telling:
    step = width if width <= _MOST_BITS else next(n for n in range(_MOST_BITS, 0, -1) if width % n == 0)
    frames = [engine.frame(_with_place(_grouped(lines, step), around)) for lines in _reaching(around, drawn)]
    timed = [f[f.chunk.notna()] for f in frames]
    long, lines = (sum(int(f[name].sum()) for f in timed) for name in ("long", "lines"))
    interval = INTERVALS[bool(lines) and long / lines > LONG_SHARE]
    untimed = int(frames[0].lines.sum() - timed[0].lines.sum())
    rows = engine.frame(_merged(timed, step, width, drawn))
    found = groupby(zip(*(rows[name].tolist() for name in rows.columns), strict=True), key=itemgetter(0))
    interfaces = {name: _told(list(cells), step, width, interval) for name, cells in found}
    return Telling(interfaces, interval, untimed)


def _reaching(around: Flows, drawn: Window) -> list[ir.Table]:
    """Return the records and status records that reach into the window, also those that began before it.

    Columns: `place`, `status`, `start` and `end` (s since 1970); of places that are numbers, see `_named`.
    """
    start = around.scope.start
    if start:
        around = replace(around, scope=replace(around.scope, start=start - timedelta(minutes=_LONGEST)))
    status, numbers = around.status_records, around.numbers
    if numbers is None:
        tables = [_lines(around.stored, ibis.literal("OK"))]
    else:
        tables = [numbers.select("start", "end", observer="observer", status=ibis.literal("OK"))]
    if {"log_status", "start", "end"} <= set(status.columns):
        tables.append(_lines(status.filter(status.log_status.isin(["NODATA", "SKIPDATA"])), _.log_status))
    if start:
        minute = drawn[0] * MINUTE
        tables = [table.filter((table.start >= minute) | (table.end >= minute)) for table in tables]
    return tables


def _lines(table: ir.Table, status: Any) -> ir.Table:  # noqa: ANN401 - deferred
    start, end = (table[name].epoch_seconds().cast("int64") for name in ("start", "end"))
    return table.select(place=place(table), status=status, start=start, end=end)


def place(table: ir.Table) -> ir.StringValue:
    """Return what saw a record: its interface, else the gateway or attachment that the log names, else ``-``."""
    named = [table[name].cast("string") for name in _PLACES if name in table.columns]
    return ibis.coalesce(*named, ibis.literal(NOWHERE))


def _grouped(lines: ir.Table, step: int) -> ir.Table:
    """Group lines by place, status and chunk of *step* minutes; per chunk reached the minutes, as bits, and lines."""
    first = lines.start // MINUTE
    last = ibis.least(ibis.greatest(ibis.coalesce(lines.end // MINUTE, first), first), first + _LONGEST)
    keys = [name for name in ("place", "observer", "status") if name in lines.columns]
    spans = lines.select(
        *keys,
        chunk=first // step,
        low=first % step,
        high=first % step + last - first + 1,
        long=ibis.ifelse(lines.end - lines.start > LONG, 1, 0).cast("int64"),
    )
    one = ibis.literal(1).cast("int64")  # a literal alone is a number of 32 bits to Spark and Trino
    reached = range(1 + math.ceil(_LONGEST / step))
    ends = {n: ibis.least(ibis.greatest(spans.high - n * step, 0), step) for n in reached}
    bits = {f"bits{n}": (one << end) - ((one << spans.low) if n == 0 else 1) for n, end in ends.items()}
    touched = {f"lines{n}": ibis.ifelse(_.high > n * step, 1, 0).sum() for n in reached if n}
    counted = {"lines": _.count(), "long": _.long.sum(), **touched}
    spans = spans.mutate(**bits)
    return spans.group_by(*keys, "chunk").agg(**{name: _[name].bit_or() for name in bits}, **counted)


def _with_place(grouped: ir.Table, around: Flows) -> ir.Table:
    """Put the places themselves where they are numbers."""
    if "observer" not in grouped.columns:
        return grouped
    return grouped.join(around.ends.observers.select(observer="id", place="observer"), "observer").drop("observer")


def _merged(frames: Iterable[pd.DataFrame], step: int, width: int, drawn: Window) -> ir.Table:
    """Put together what the groups tell of one chunk of one place, in this process."""
    parts = []
    least, most = drawn[0] // step, (drawn[1] - 1) // step
    for frame in frames:
        groups = ibis.memtable(frame.astype({"chunk": "int64"}))
        for n in range(sum(name.startswith("bits") for name in frame.columns)):
            chunk = groups.chunk + n
            begins = chunk.isin([least]) | (chunk % (width // step) == 0) if n else ibis.literal(value=True)
            lines = groups[f"lines{n or ''}"]
            told = groups.select("place", "status", chunk=chunk, bits=groups[f"bits{n}"], lines=lines, begins=begins)
            parts.append(told.filter(_.lines > 0, _.chunk.between(least, most)))
    merged = ibis.union(*parts).group_by("place", "chunk")
    lost = _.status == "SKIPDATA"
    bits = {"watched": _.bits.bit_or(where=~lost), "lost": _.bits.bit_or(where=lost)}
    counts = {s: _.lines.sum(where=(_.status == s) & _.begins) for s in STATUSES}
    return merged.agg(**bits, **counts).fill_null(dict.fromkeys((*bits, *counts), 0)).order_by("place", "chunk")


def _told(cells: list[tuple[Any, ...]], step: int, width: int, interval: int) -> Told:
    """Return what an interface's rows of `_merged` tell."""
    lines: dict[str, dict[int, int]] = {status: {} for status in STATUSES}
    for _place, chunk, _watched, _lost, *counts in cells:
        bucket = chunk * step // width
        for status, count in zip(STATUSES, counts, strict=True):
            if count:
                lines[status][bucket] = lines[status].get(bucket, 0) + count
    watched, lost = (_joined([(cell[1], cell[n]) for cell in cells if cell[n]], step) for n in (2, 3))
    # A silence too short for a whole interval to lie in it was watched; a minute at each end may be part of it.
    return Told(lines, watched.closed(max(interval // MINUTE - 2, 0)), lost)


def _joined(parts: Sequence[tuple[int, int]], step: int) -> Minutes:
    """Join the minutes of chunks, given in the order of time as bits, into one set."""
    if not parts:
        return Minutes()
    text, above = [], parts[-1][0]
    for chunk, bits in reversed(parts):
        text.append("0" * (step * (above - chunk - 1)) + format(bits, f"0{step}b"))
        above = chunk
    return Minutes(parts[0][0] * step, int("".join(text), 2))
