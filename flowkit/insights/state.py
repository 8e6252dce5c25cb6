"""What the commands of a query leave for the next one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import ibis
import ibis.expr.types as ir

from flowkit.insights.events import Field
from flowkit.insights.values import Value

Key: TypeAlias = tuple[ir.Value, bool]
"""What to order by, and whether descending; null comes last either way."""
Order: TypeAlias = Callable[[ir.Table], list[Key]]
"""What a table is ordered by."""


@dataclass(frozen=True)
class State:
    """Rows, the names that can be read in them, the columns to show, and their order.

    Attributes
    ----------
    chosen
        The columns of `fields`, `parse` and `stats`, in order; without `fields` the two that CloudWatch shows.
    said
        Whether some command said what to show.
    displayed
        The columns of the last `display`, or None.
    limited
        The rows asked for at most, or None.
    grouped
        How many `stats` came before.
    made
        How many columns were made.
    ranked
        How many texts were ranked to sort by them.
    """

    table: ir.Table
    named: Mapping[str, Field]
    order: Order
    chosen: tuple[str, ...] = ("@timestamp", "@message")
    said: bool = False
    displayed: tuple[str, ...] | None = None
    limited: int | None = None
    grouped: int = 0
    made: int = 0
    ranked: int = 0

    def reading(self, new: Mapping[str, Field]) -> "State":
        """Return the state in which these names can be read as well."""
        return replace(self, named={**self.named, **new})

    def holding(self, new: Mapping[str, Value]) -> "State":
        """Return the state with a column for each of these values, worked out once."""
        columns = [f"_value_{self.made + n}" for n in range(len(new))]
        table = self.table.mutate(**{c: v.column for c, v in zip(columns, new.values(), strict=True)})
        fields = {name: held(c, v) for c, (name, v) in zip(columns, new.items(), strict=True)}
        return replace(self.reading(fields), table=table, made=self.made + len(columns))

    def showing(self, names: Sequence[str], *, said: bool = True) -> "State":
        """Return the state in which these columns are shown after those already chosen."""
        before = self.chosen if self.said or not said else ()
        return replace(self, chosen=tuple(dict.fromkeys((*before, *names))), said=self.said or said)


def held(column: str, value: Value) -> Field:
    """Return how a value is read that is a column by now."""
    return lambda table: Value(value.kind, table[column], whole=value.whole)


def ordered(value: Value, *, descending: bool) -> list[Key]:
    """Return what to order by, what is missing last."""
    return [(value.column.isnull(), False), *((key, descending) for key in value.keys)]


def turned(keys: Iterable[Key]) -> list[ir.Value]:
    """Return keys as the engine takes them."""
    return [ibis.desc(key) if descending else ibis.asc(key) for key, descending in keys]
