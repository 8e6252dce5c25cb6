"""From a table that lies there already to flows: its columns mapped, its partitions restricted to the window."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

import ibis.expr.types as ir

from flowkit import engine, origin
from flowkit.errors import ScopeError
from flowkit.origin import Origin
from flowkit.scope import Scope
from flowkit.tables.mapping import mapped
from flowkit.tables.partitions import Catalog, Partitions, partitions


def connected(
    table: ir.Table,
    window: Scope,
    *,
    name: str,
    code: str = "",
    accounts: Collection[str] = (),
    regions: Collection[str] = (),
    catalog: Catalog | None = None,
) -> Origin:
    """Return the flow records of a table, read from no more partitions than a scope takes.

    Parameters
    ----------
    table
        With columns that `mapped` knows.
    window
        The scope of all that will be asked; its start must be there where the table is partitioned by time.
    name, code
        What the table is called in an error, and the code that connects to it.
    accounts, regions
        Only the partitions of these.
    catalog
        What is known of its partitions beside the names of its columns.

    Raises
    ------
    FormatError
        If it is a table of something else, or its days are written in an unknown way.
    ScopeError
        If there is no window and the table is partitioned by time.
    """
    said = catalog or Catalog()
    parts = partitions(table, said, _sample)
    if parts.by_time and window.start is None:
        raise ScopeError(
            f"{name} is partitioned by time, and no start is given: each question would read all of it. "
            f'{said.estimate()} Give start= and end=, as in start="2026-03-10T08:00Z".'
        )
    placed = parts.of_places(table, accounts, regions)

    def read(start: datetime | None, end: datetime | None) -> Origin:
        rows = parts.of_window(placed, start, end)
        return origin.of_table(mapped(rows, name=name, besides=parts.besides))

    return replace(read(window.start, window.end), code=code, prune=_pruning(parts, read))


def _pruning(
    parts: Partitions, read: Callable[[datetime | None, datetime | None], Origin]
) -> Callable[[Scope], tuple[ir.Table, ir.Table]] | None:
    if not parts.by_time:
        return None

    def prune(scope: Scope) -> tuple[ir.Table, ir.Table]:
        found = read(scope.start, scope.end)
        return found.records, found.status

    return prune


def _sample(column: ir.Table) -> str | None:
    rows = engine.frame(column.limit(1))
    return None if rows.empty else str(rows.iloc[0, 0])
