"""Intermediate results: worked out once, and kept where there is room."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeAlias
from uuid import uuid4

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from flowkit import engine, remote

Keep: TypeAlias = Callable[[ir.Table], ir.Table]
"""Works an expression out, where that can be kept, so that what builds on it does not do so again."""
_BESIDE: Final = "beside"


def keeper(connection: Backend | None, *, in_files: bool = False) -> Keep:
    """Return a function that keeps what an expression gives, in the engine's memory or beside it *in_files*.

    Of another DuckDB, where nothing of ours is created, it becomes a table of this process; Spark holds it in the
    memory of the user's session until nothing reads it any more; another remote engine keeps nothing, and works it
    out with each question.
    """

    def keep(expression: ir.Table) -> ir.Table:
        if connection is None:
            return _elsewhere(expression)
        with engine.asking(connection):
            where = _beside(connection) if in_files else {"temp": True}
            return connection.create_table(f"kept_{uuid4().hex}", expression, **where)

    return keep


@contextmanager
def meanwhile(connection: Backend | None, *, in_files: bool = False) -> Iterator[Keep]:
    """Give a function that keeps as that of `keeper` does, until this is left."""
    keep, held = keeper(connection, in_files=in_files), []

    def keep_meanwhile(expression: ir.Table) -> ir.Table:
        held.append(keep(expression))
        return held[-1]

    try:
        yield keep_meanwhile
    finally:
        for table in held if connection is not None else ():
            drop(connection, table)


def drop(connection: Backend, table: ir.Table) -> None:
    """Let go of what `keeper` kept in an engine of our own, or beside it."""
    with engine.TURN:
        connection.raw_sql(f"DROP TABLE {table.get_name()}")  # Ibis' own, with the temporary name, does not parse


def _beside(connection: Backend) -> dict[str, Any]:
    """Return how to name a database in a file that goes with the engine.

    Parquet would not do: it has no integers of 128 bits, which sums are, and would make them inexact.
    """
    file = engine.folder(connection) / "kept.duckdb"
    connection.raw_sql(f"ATTACH IF NOT EXISTS {engine.quoted(file)} AS {_BESIDE}")
    return {"database": (_BESIDE, "main")}


def _elsewhere(expression: ir.Table) -> ir.Table:
    backend = engine.backend_of(expression)
    if isinstance(backend, Backend):
        return ibis.memtable(engine.arrow(expression))
    if not remote.keeps(backend):
        return expression
    with engine.asking(backend):
        return remote.kept(expression, backend, f"kept_{uuid4().hex}")
