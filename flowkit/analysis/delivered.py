"""How much a log delivered: lines and bytes of text by interface, action and status, over the time that was logged."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine, fields
from flowkit.analysis import minutes
from flowkit.analysis.minutes import Window
from flowkit.flows import Flows
from flowkit.store import FORMAT, OBJECT

DAY: Final = 24 * 60
"""Minutes of a day."""
_PLAIN: Final = "[A-Za-z0-9_.~-]"
"""What percent-encoding leaves as it is (RFC 3986)."""
_ENCODED: Final = 2
"""Characters that percent-encoding adds to another one."""
_ABSENT: Final = 2
"""Bytes that a column outside a record's own format would seem to take: ``-`` and a blank."""
_KEYS: Final = ("interface_id", "action", "status")


@dataclass(frozen=True, eq=False)
class Delivered:
    """What was delivered for some interfaces in a window.

    Attributes
    ----------
    lines
        Per `interface_id`, `action` (``ACCEPT``, ``REJECT`` or ``-``) and `status` (``OK``, ``NODATA``, ``SKIPDATA``):
        `lines` (count) and `text` (B, each line in its own format, with its line end).
    logged
        Minutes of the window of which any line tells.
    watched
        The same of each interface.
    window
        First epoch minute, and the one after the last; None without a line.
    interval
        The aggregation interval as observed, s.
    packed
        What gzip made of the text: bytes as stored for a byte of text; None where no loaded object was gzip.
    """

    lines: pd.DataFrame
    logged: int
    watched: Mapping[str, int]
    window: Window | None
    interval: int
    packed: float | None

    @property
    def days(self) -> float:
        """Days that were logged."""
        return self.logged / DAY


def delivered(flows: Flows) -> Delivered:
    """Return what was delivered in the window and of the resources of a scope, whatever its other terms.

    Raises
    ------
    MissingFieldError
        If the log has no ``start`` or ``end``.
    """
    for name in ("start", "end"):
        flows.field(name, "telling how much is logged in a day")
    around = flows.surroundings
    return around.origin.remembered(("delivered", around.scope), lambda: _delivered(around))


def _delivered(around: Flows) -> Delivered:
    drawn = minutes.window(around)
    lines = pd.concat([engine.frame(_counted(table, around)) for table in _tables(around)])
    lines = lines.groupby([*_KEYS], as_index=False)[["lines", "text"]].sum()
    packed = _packed(around, lines)
    if drawn is None:
        return Delivered(lines, 0, {}, None, fields.INTERVALS[0], packed)
    telling = minutes.told(around, drawn)
    logged, watched = 0, {}
    for name, told in telling.interfaces.items():
        bits = told.watched.between(drawn) | told.lost.between(drawn)
        watched[name] = bits.bit_count()
        logged |= bits
    return Delivered(lines, logged.bit_count(), watched, drawn, telling.interval, packed)


def _tables(around: Flows) -> list[ir.Table]:
    status = around.origin.status
    terms = around.scope.status_filters(status)
    return [around.stored, status.filter(*terms) if terms else status]


def _counted(table: ir.Table, flows: Flows) -> ir.Table:
    """Return lines and bytes of text by place, action and status."""
    has = set(table.columns)
    action, status = (table[name] if name in has else ibis.null("string") for name in ("action", "log_status"))
    told = table.mutate(
        place_=minutes.place(table),
        action_=ibis.coalesce(action, ibis.literal("-")),
        status_=ibis.coalesce(status, ibis.literal("OK")),
        text_=_text_length(table, flows.fields),
    )
    told, absent = _with_absent(told, flows)
    return told.group_by(interface_id=_.place_, action=_.action_, status=_.status_).agg(
        lines=_.count(), text=(_.text_ - absent).sum().cast("int64")
    )


def _text_length(table: ir.Table, names: list[str]) -> ir.IntegerValue:
    """Return the length of each row as a line of text, with its line end, if it had all of *names*."""
    lengths = [_token_length(table[name], name) if name in table.columns else ibis.literal(1) for name in names]
    total = ibis.literal(len(names)).cast("int64")
    for length in lengths:
        total += length.cast("int64")
    return total


def _token_length(value: Any, name: str) -> ir.IntegerValue:  # noqa: ANN401 - a column of whichever type
    kind = fields.of_column(name).kind
    text = (value.epoch_seconds().cast("int64") if kind == "time" else value).cast("string")
    length = text.length()
    if kind == "tag":
        length = ibis.ifelse(text == "-", len("%2D"), length + _ENCODED * text.re_replace(_PLAIN, "").length())
    return ibis.coalesce(length, ibis.literal(1))


def _with_absent(table: ir.Table, flows: Flows) -> tuple[ir.Table, Any]:
    """Return how many bytes to take off each row for columns that its own format does not have."""
    width = len(flows.fields)
    found = {
        (content.key, number): _ABSENT * (width - len(log_format.columns))
        for content in flows.origin.contents.values()
        for number, log_format in enumerate(content.formats)
    }
    if len(set(found.values())) <= 1 or OBJECT not in table.columns:
        return table, ibis.literal(next(iter(found.values()), 0))
    rows = [(key, number, absent) for (key, number), absent in found.items()]
    known = ibis.memtable(pd.DataFrame(rows, columns=["object_", "format_", "absent_"]).astype("int64"))
    same = [table[OBJECT] == known.object_, table[FORMAT].cast("int64") == known.format_]
    return table.join(known, same), _.absent_


def _packed(flows: Flows, lines: pd.DataFrame) -> float | None:
    """Return bytes as stored for each byte of text, of the loaded objects that are gzip and hold text."""
    packed = [
        content
        for name, content in flows.origin.contents.items()
        if name.endswith(".gz") and content.lines and content.damaged_at is None
    ]
    counted, text = sum(content.lines for content in packed), int(lines.text.sum())
    if not counted or not text:
        return None
    return (sum(content.bytes for content in packed) / counted) / (text / int(lines.lines.sum()))
