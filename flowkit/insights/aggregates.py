"""The functions of `stats`: one value for many events."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import ibis
import ibis.expr.types as ir

from flowkit.insights.functions import ArgumentError, Function
from flowkit.insights.values import Value, natural, number


@dataclass(frozen=True)
class Rows:
    """The events that are aggregated, and how their time is read."""

    table: ir.Table
    time: Callable[[], ir.IntegerValue]


def _numeric(reduce: Callable[[ir.NumericColumn], ir.Scalar], *, whole: bool) -> Callable[..., Value]:
    def give(_rows: Rows, of: Value) -> Value:
        return number(reduce(of.number), whole=whole and of.whole_or_read)

    return give


def _extreme(reduce: Callable[[ir.NumericColumn], ir.Scalar]) -> Callable[..., Value]:
    def give(_rows: Rows, of: Value) -> Value:
        if of.kind == "time":
            return Value("time", reduce(of.column))
        return number(reduce(of.number), whole=of.whole_or_read)

    return give


def _percentile(_rows: Rows, of: Value, percent: Value) -> Value:
    held = percent.literal
    if isinstance(held, str) or held is None or not 0 <= held <= 100:  # noqa: PLR2004 - percent
        raise ArgumentError(
            "the percentile is no number from 0 to 100.", "Write it behind the field, as in pct(bytes, 95)."
        )
    return number(of.number.cast("float64").quantile(held / 100))


def _at(pick: Callable[[Any, Any], ir.Scalar]) -> Callable[..., Value]:
    """Return the value of the event where the time is first or last."""

    def give(rows: Rows, of: Value) -> Value:
        return Value(of.kind, pick(of.column, rows.time()), whole=of.whole)

    return give


def _sorts(pick: Callable[[Any, Any], ir.Scalar]) -> Callable[..., Value]:
    """Return the value that `sort` would put first or last."""

    def give(_rows: Rows, of: Value) -> Value:
        if of.kind != "text":
            return Value(of.kind, pick(of.column, of.column), whole=of.whole)
        is_number = ibis.ifelse(of.number.notnull(), "1", "0")
        return Value("text", pick(of.column, is_number + natural(of.column)))

    return give


def _first(column: Any, key: Any) -> ir.Scalar:  # noqa: ANN401 - whatever the column holds
    return column.argmin(key)


def _last(column: Any, key: Any) -> ir.Scalar:  # noqa: ANN401 - whatever the column holds
    return column.argmax(key)


def _count(rows: Rows, of: Value | None = None) -> Value:
    counted = of.text.count() if of else rows.table.count()
    return number(counted.cast("int64"), whole=True)


_ALL: Final = (
    Function("count(a)", 0, 1, _count),
    Function("count_distinct(a)", 1, 1, lambda _rows, of: number(of.text.nunique(), whole=True)),
    Function("sum(a)", 1, 1, _numeric(lambda column: column.sum(), whole=True)),
    Function("avg(a)", 1, 1, _numeric(lambda column: column.mean(), whole=False)),
    Function("stddev(a)", 1, 1, _numeric(lambda column: column.cast("float64").std(how="sample"), whole=False)),
    Function("median(a)", 1, 1, _numeric(lambda column: column.cast("float64").quantile(0.5), whole=False)),
    Function("min(a)", 1, 1, _extreme(lambda column: column.min())),
    Function("max(a)", 1, 1, _extreme(lambda column: column.max())),
    Function("pct(a, percent)", 2, 2, _percentile),
    Function("earliest(a)", 1, 1, _at(_first)),
    Function("latest(a)", 1, 1, _at(_last)),
    Function("sortsFirst(a)", 1, 1, _sorts(_first)),
    Function("sortsLast(a)", 1, 1, _sorts(_last)),
)  # fmt: skip
AGGREGATES: Final = {function.name.lower(): function for function in _ALL}
"""The functions of `stats` by their names in lower case; the first argument of each are the events."""
