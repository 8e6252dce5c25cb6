"""Time in buckets, and where in time the log is silent because nothing was logged."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.errors import ScopeError
from flowkit.flows import Flows

_WIDTHS: Final = (60, 300, 600, 900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 7 * 86_400)
_MOST_DRAWN: Final = 200
_MOST_BUCKETS: Final = 180
"""With nine colours a bucket, below the 2,000 bars that a browser draws without delay."""

Gap = tuple[str, str, str]
"""First and last second (ISO 8601, UTC) of a gap, and why: ``SKIPDATA`` or ``no record``."""


def window(flows: Flows) -> tuple[datetime, datetime] | None:
    """Return the window to draw: the scope's, else where it is open the span of the records."""
    span = flows.span
    start, end = flows.scope.start, flows.scope.end
    if span is None:
        return (start, end) if start and end else None
    return start or span[0], end or span[1] + timedelta(seconds=1)


def width(flows: Flows, every: timedelta | None) -> int:
    """Return the width of a bucket in seconds: as asked, else the least round one that gives at most 180."""
    if every is not None:
        if not isinstance(every, timedelta):
            raise ScopeError(f"every is {every!r}, but a width is a timedelta. Try timedelta(minutes=10).")
        seconds = every.total_seconds()
        if seconds < 1 or seconds != int(seconds):
            raise ScopeError(f"every is {every}, but a bucket takes whole seconds. Try timedelta(minutes=10).")
        return int(seconds)
    drawn = window(flows)
    if drawn is None:
        return _WIDTHS[0]
    span = (drawn[1] - drawn[0]).total_seconds()
    wanted = span / _MOST_BUCKETS
    return next((w for w in _WIDTHS if w >= wanted), math.ceil(wanted / 86_400) * 86_400)


def bucket(time: ir.TimestampValue, seconds: int) -> ir.IntegerValue:
    """Return the epoch second at which the bucket of *time* begins.

    Epoch arithmetic, since Ibis's own ``bucket`` compiles neither for Athena nor for Spark.
    """
    epoch = time.epoch_seconds().cast("int64")
    return epoch - epoch % seconds


def gaps(flows: Flows, seconds: int) -> list[Gap]:
    """Return where the log tells nothing: SKIPDATA, and buckets without a single record of any kind.

    Looked for in the scope's window and resources, whatever its addresses, ports and actions.
    """
    around = flows.surroundings
    skipped = _skipped(around, seconds)
    silent = _silent(around, seconds, window(flows))
    return [*_named(skipped, "SKIPDATA"), *_named(silent, "no record")]


def drawn(gaps: list[Gap]) -> list[Gap]:
    """Return the gaps that a figure can show: the 200 longest, in the order of time."""
    longest = sorted(gaps, key=lambda gap: datetime.fromisoformat(gap[1]) - datetime.fromisoformat(gap[0]))
    return sorted(longest[-_MOST_DRAWN:])


def gaps_text(flows: Flows, gaps: list[Gap], untimed: int) -> str:
    """Return what to say of gaps, and of records that are in no bucket since they have no time."""
    skipped = sum(why == "SKIPDATA" for *_, why in gaps)
    counted = ((skipped, "with SKIPDATA (records lost)"), (len(gaps) - skipped, "without any record"))
    stretches = [f"{count} stretch{'es' * (count > 1)} {what}" for count, what in counted if count]
    cut = f" (the {_MOST_DRAWN} longest are drawn)" if len(gaps) > _MOST_DRAWN else ""
    parts = [f"Shaded: {', '.join(stretches)}{cut}." if gaps else "No gap in the logging shows."]
    if "log_status" not in flows.fields:
        parts.append("The log has no log-status, so lost records cannot be told.")
    if untimed:
        parts.append(f"Not shown: {untimed:,} records without a time.")
    return " ".join(parts)


def with_buckets(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Turn the epoch `second` of each row into its `bucket`, a UTC timestamp; count the records without one."""
    timed = frame[frame.second.notna()].copy()
    untimed = int(frame.records.sum() - timed.records.sum())
    timed.insert(0, "bucket", pd.to_datetime(timed.pop("second").astype("int64"), unit="s", utc=True))
    return timed.reset_index(drop=True), untimed


def _skipped(around: Flows, seconds: int) -> list[tuple[int, int]]:
    status = around.status_records
    if not {"log_status", "start", "end"} <= set(status.columns):
        return []
    lost = status.filter(status.log_status == "SKIPDATA")
    pairs = engine.frame(
        lost.select(first=_.start.epoch_seconds(), last=_.end.epoch_seconds()).distinct().order_by("first")
    )
    return _merged(pairs.dropna().astype("int64").itertuples(index=False, name=None), slack=seconds)


def _silent(around: Flows, seconds: int, drawn: tuple[datetime, datetime] | None) -> list[tuple[int, int]]:
    if drawn is None or "start" not in around.fields:
        return []
    step = max(seconds, 60)
    seen = {minute * 60 // step for minute in around.minutes}
    first, last = (int(t.timestamp()) // step for t in drawn)
    silent = ((n * step, (n + 1) * step - 1) for n in range(first, last) if n not in seen)
    return _merged(silent, slack=1)


def _merged(pairs: Iterable[tuple[int, int]], slack: int) -> list[tuple[int, int]]:
    """Join windows that overlap, or lie less than *slack* apart."""
    merged: list[tuple[int, int]] = []
    for first, last in pairs:
        if merged and first <= merged[-1][1] + slack:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


def _named(windows: Iterable[tuple[int, int]], why: str) -> list[Gap]:
    return [(_iso(first), _iso(last), why) for first, last in windows]


def _iso(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")
