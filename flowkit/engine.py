"""The embedded engine: DuckDB behind Ibis, and how its answers become DataFrames."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir
from threading import RLock
from typing import Final
from weakref import finalize

import duckdb
import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends.duckdb import Backend
from ibis.common.exceptions import IbisError

from flowkit import remote, spill
from flowkit.errors import FlowkitError, QueryError, StoppedError
from flowkit.stopping import stop_asked, watched

_SETTINGS: Final = {
    "TimeZone": "UTC",
    "autoinstall_known_extensions": False,  # an extension would be fetched from the network
    "autoload_known_extensions": False,
    "preserve_insertion_order": False,
    "enable_progress_bar": False,
}
MEMORY: Final = "FLOWKIT_MEMORY"
"""Names the variable that says how much memory the engine may take before it goes on in files: ``2GB``, ``40%``."""
_HALF: Final = "50%"
"""Of the machine's memory: the notebook, the browser and the results need theirs."""
_UNITS: Final = {unit: 1024**power for power, unit in enumerate(("bytes", "KiB", "MiB", "GiB", "TiB"))}


TURN: Final = RLock()
"""A connection answers one question at a time; widgets ask from a thread of their own."""


@contextmanager
def _turn() -> Iterator[None]:
    """Take the turn to ask; engines merge nested selects themselves, in a fraction of Ibis's time for it."""
    with TURN:
        before = ibis.options.sql.fuse_selects
        ibis.options.sql.fuse_selects = False
        try:
            yield
        finally:
            ibis.options.sql.fuse_selects = before


@contextmanager
def asking(backend: object) -> Iterator[None]:
    """Take the turn to ask, let it be stopped, and say in flowkit's words what an engine refuses."""
    try:
        with _turn(), _interruptible(backend) as interrupt, watched(interrupt):
            yield
    except StoppedError:
        raise
    except (duckdb.Error, IbisError, pa.ArrowInvalid, QueryError) as error:
        if stop_asked():
            raise StoppedError.told() from error
        if isinstance(error, QueryError):
            raise
        raise QueryError(_refused(error)) from error


def _interruptible(backend: object) -> AbstractContextManager[Callable[[], None]]:
    return nullcontext(backend.con.interrupt) if isinstance(backend, Backend) else remote.asked(backend)


def _refused(error: Exception) -> str:
    if not isinstance(error, duckdb.OutOfMemoryException):
        return f"the query failed: {error}"
    return (
        f"the engine ran out of memory or of room for its temporary files in {gettempdir()} "
        f"({str(error).splitlines()[0]}). Narrow to a shorter time or fewer hosts, or let it have more by {MEMORY} "
        "(such as 4GB; by default half of the machine's) or TMPDIR."
    )


def backend_of(expression: ir.Table) -> object:
    """Return what answers an expression; tables of this process are answered by the default DuckDB."""
    try:
        return expression.get_backend()
    except IbisError:  # pragma: no cover - several engines in one expression: the question itself says so
        return None


def takes_steps(expression: ir.Table) -> bool:
    """Return whether the engine of an expression takes a question of many steps; see `flowkit.remote.takes_steps`."""
    return remote.takes_steps(backend_of(expression))


def check_takes_steps(expression: ir.Table) -> None:
    """Refuse, as `flowkit.remote.check_takes_steps`, what takes many steps of an engine that keeps none."""
    remote.check_takes_steps(backend_of(expression))


def name(expression: ir.Table) -> str:
    """Return what Ibis calls the engine of an expression."""
    return str(getattr(backend_of(expression), "name", "") or "the engine")


def write_parquet(connection: Backend, expression: ir.Table, file: Path) -> None:
    """Write what an expression gives to a Parquet file.

    Raises
    ------
    OSError
        If the file cannot be written.
    QueryError
        If the engine refuses the query.
    """
    with asking(connection):
        try:
            connection.to_parquet(expression, file)
        except duckdb.IOException as error:
            raise OSError(str(error)) from error


def hold(connection: Backend, name: str, rows: pa.Table) -> ir.Table:
    """Put rows into an engine of our own, as a table by that name."""
    with asking(connection):
        given = connection.con.from_arrow(rows)
        given.create(name)
        return connection.table(name)


def connect() -> Backend:
    """Return an empty engine that reaches no network."""
    connection = ibis.duckdb.connect()
    beside = spill.folder()  # made only when memory runs short; the default is where the notebook is
    finalize(connection.con, rmtree, beside, ignore_errors=True)
    for name, value in (_SETTINGS | {"temp_directory": beside, "memory_limit": memory()}).items():
        connection.raw_sql(f"SET {name} = {quoted(value)}")
    return connection


def quoted(value: object) -> str:
    """Return a value as a literal of SQL: folders may be named anything."""
    return "'" + str(value).replace("'", "''") + "'"


def allowed(connection: Backend) -> int:
    """Return how much memory an engine may take (B)."""
    number, unit = _set_to(connection, "memory_limit").split()  # such as 1.1 GiB
    return int(float(number) * _UNITS[unit])


def folder(connection: Backend) -> Path:
    """Return where an engine of our own keeps files that go with it; made if it is not there yet."""
    found = Path(_set_to(connection, "temp_directory"))
    found.mkdir(mode=0o700, exist_ok=True)
    return found


def _set_to(connection: Backend, name: str) -> str:
    with TURN:
        return str(connection.con.sql(f"SELECT current_setting('{name}')").fetchall()[0][0])


def memory() -> str:
    """Return how much memory the engine may take: what FLOWKIT_MEMORY says, else half of the machine's.

    Raises
    ------
    FlowkitError
        If that is no amount.
    """
    said = os.environ.get(MEMORY, "").strip() or _HALF
    if not re.fullmatch(r"[1-9]\d*(\.\d+)?\s*([MGT]i?B|%)", said, re.ASCII):
        raise FlowkitError(f"{MEMORY} is {said[:50]!r}, which is no amount of memory. Say it as 2GB, 900MB or 40%.")
    return said


def read_parquet(connection: Backend, files: Sequence[Path]) -> ir.Table:
    """Return the rows of Parquet files whose columns may differ, joined by name."""
    with TURN:
        return connection.read_parquet([str(file) for file in files], union_by_name=True)


def arrow(expression: ir.Table) -> pa.Table:
    """Run a query and return its rows as they come from the engine.

    Raises
    ------
    QueryError, StoppedError
        If the engine refuses it, or the user stopped it.
    """
    backend = backend_of(expression)
    with asking(backend):
        return remote.spoken(expression, getattr(backend, "name", "")).to_pyarrow()


def frame(expression: ir.Table) -> pd.DataFrame:
    """Run a query and return its rows; integers stay integers, ``Int64`` where null occurs.

    Raises
    ------
    QueryError, StoppedError
        If the engine refuses it, or the user stopped it.
    """
    return to_frame(arrow(expression))


def query(table: ir.Table, name: str, sql: str, *, ours: bool) -> pd.DataFrame:
    """Run SQL that reads *table* by *name*, and return its rows as `frame` does.

    Where the engine is not *ours* nothing is created in it, not even a view.

    Raises
    ------
    QueryError
        If the engine refuses it, or it gives no rows to return.
    """
    backend = table.get_backend()
    if not isinstance(backend, Backend):
        with asking(backend):
            asked = table.alias(name).sql(sql)
        return frame(asked)
    with asking(backend):
        if ours:
            backend.create_view(name, table, overwrite=True)
        else:
            sql = f"WITH {name} AS ({ibis.to_sql(table)}) SELECT * FROM ({sql}) AS answer"  # noqa: S608 - the user's own
        answer = backend.con.sql(sql)
        if answer is None:
            raise QueryError("the query gives no rows. Write a SELECT, such as: SELECT count(*) FROM flows.")
        return to_frame(answer.to_arrow_table())


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Return an Arrow table as a DataFrame; see `frame`."""
    for index, column in enumerate(table.columns):
        if pa.types.is_decimal(column.type) and column.type.scale == 0:  # DuckDB sums integers as HUGEINT
            table = table.set_column(index, table.column_names[index], _narrowed(column))
        elif pa.types.is_integer(column.type):
            table = table.set_column(index, table.column_names[index], column.cast(pa.int64()))
        elif pa.types.is_timestamp(column.type) and column.type.tz:
            table = table.set_column(index, table.column_names[index], column.cast(pa.timestamp("us", "UTC")))
    nullable = {
        f.name for f, c in zip(table.schema, table.columns, strict=True) if pa.types.is_integer(f.type) and c.null_count
    }
    rows: pd.DataFrame = table.to_pandas(integer_object_nulls=True) if nullable else table.to_pandas()
    return rows.astype(dict.fromkeys(nullable, "Int64"))


def _narrowed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    largest = pc.max(pc.abs(column)).as_py()
    return column.cast(pa.int64() if largest is None or largest < 2**63 else pa.float64())
