"""Engines that the user brought: what Ibis cannot say to them in its own words, and what they refuse, in flowkit's."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, Final, TypeAlias
from weakref import finalize

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.common.exceptions import IbisError

from flowkit import spark, trino
from flowkit.errors import QueryError

Backend: TypeAlias = Any
"""A backend of Ibis; their common type is not for others to import."""
_LIBRARIES: Final[Mapping[str, tuple[str, ...]]] = {
    "pyspark": ("pyspark", "py4j", "grpc"),
    "athena": ("pyathena", "botocore"),
    "trino": ("trino", "requests", "urllib3"),
}
"""Whose errors an engine's refusals are, by the engine's name in Ibis."""
_LOST: Final = frozenset(
    ("Py4JNetworkError", "ConnectionError", "ConnectionRefusedError", "NewConnectionError", "TrinoConnectionError")
)
"""Errors of the way to the engine, not of what it was asked."""
_GONE: Final = ("StatusCode.UNAVAILABLE", "[NO_ACTIVE_SESSION]", "INVALID_HANDLE.SESSION_")
"""What Spark Connect says of a server that is not there, or knows the session no more."""
_MOST_SQL: Final = {"athena": 262_144, "trino": 1_000_000}
"""Of a query: "Service Quotas", Athena User Guide (bytes); Trino's ``query.max-length``, by default (characters)."""
_SHOWN: Final = 300
"""Characters of an engine's reason that are shown."""
_HOME: Final = "bring the records of a window here, and ask those: flows.narrow(start=…, end=…).materialise()"


def keeps(backend: Backend) -> bool:
    """Return whether an engine holds an intermediate result for the user's session: Spark does."""
    return getattr(backend, "name", "") == "pyspark"


def kept(expression: ir.Table, backend: Backend, name: str) -> ir.Table:
    """Work an expression out and hold it in the user's session by *name*, until no expression reads it any more.

    A checkpoint and no cache: of a cached table Spark plans all that led to it again with every question, seconds each.
    """
    said = spoken(expression, backend.name)
    backend._run_pre_execute_hooks(said)  # noqa: SLF001 - makes tables of this process known, as before any question
    backend.raw_sql(backend.compile(said)).localCheckpoint().createOrReplaceTempView(name)
    table = backend.table(name)
    finalize(table.op(), _forget, backend, name).atexit = False  # the session is gone by then
    return table


def _forget(backend: Backend, name: str) -> None:
    """Let go of what was kept; of a session that is gone there is nothing left to let go of."""
    with suppress(QueryError), told(backend):
        backend.raw_sql(f"DROP VIEW IF EXISTS {name}")  # that of Ibis names no view


def spoken(expression: ir.Table, engine: str) -> ir.Table:
    """Return an expression in the words of an *engine*, by its name in Ibis, where Ibis's own fail or mean another."""
    words = _OWN_WORDS.get(engine)
    if not words or not expression.op().find(tuple(words)):
        return expression

    def said(node: ops.Node, changed: dict[str, Any] | None) -> ops.Node:
        node = node.__recreate__(changed) if changed else node
        return words[type(node)](node) if type(node) in words else node

    return expression.op().replace(said).to_expr()


def _bit_or(node: ops.BitOr) -> ops.Node:
    """Say Spark's function for the bits that any value has: Ibis has no rule for it there."""
    named = ibis.udf.agg.builtin(lambda value: value, name="bit_or", signature=((node.arg.dtype,), node.dtype))
    return named(node.arg.to_expr(), where=_where(node)).op()


def _element(node: ops.ArrayIndex) -> ops.Node:
    """Say Spark's function that gives null where an array ends; that of Ibis's rule fails there."""
    types = ((node.arg.dtype, node.index.dtype), node.dtype)
    named = ibis.udf.scalar.builtin(lambda array, index: array[index], name="get", signature=types)
    return named(node.arg.to_expr(), node.index.to_expr()).op()


def _quantile(node: ops.Quantile) -> ops.Node:
    """Interpolate between the two values about it, as DuckDB does: Trino's own function is an approximation."""
    value, where = node.arg.to_expr().cast("float64"), _where(node)
    ordered = value.collect(where=where).sort()
    place = node.quantile.to_expr() * (value.count(where=where) - 1)
    low = place.floor().cast("int64")
    below, above = ordered[low], ordered[place.ceil().cast("int64")]
    return (below + (above - below) * (place - low)).op()


def _extreme(node: "ops.Greatest | ops.Least") -> ops.Node:
    """Leave null out, as DuckDB and Spark do: Trino's greatest and least are null where any value is."""
    values = [value.to_expr() for value in node.arg]
    filled = [
        value if isinstance(value.op(), ops.Literal) else ibis.coalesce(value, *values[:n], *values[n + 1 :])
        for n, value in enumerate(values)
    ]
    return (ibis.greatest if isinstance(node, ops.Greatest) else ibis.least)(*filled).op()


def _where(node: Any) -> ir.BooleanValue | None:  # noqa: ANN401 - any reduction
    return None if node.where is None else node.where.to_expr()


_TRINO: Final[dict[type[ops.Node], Callable[[Any], ops.Node]]] = {
    ops.Quantile: _quantile,
    ops.Greatest: _extreme,
    ops.Least: _extreme,
}
_OWN_WORDS: Final[dict[str, dict[type[ops.Node], Callable[[Any], ops.Node]]]] = {
    "pyspark": {ops.BitOr: _bit_or, ops.ArrayIndex: _element},
    "athena": _TRINO,
    "trino": _TRINO,
}


def takes_steps(backend: Backend) -> bool:
    """Return whether an engine takes a question of many steps: for Athena and Trino these are too much SQL."""
    return getattr(backend, "name", "") not in _MOST_SQL


def check_takes_steps(backend: Backend) -> None:
    """Refuse what takes intermediate results, of an engine that takes only so much SQL and keeps none.

    Joining records to conversations is 880,000 bytes of SQL where no step of it is kept, measured for Athena.

    Raises
    ------
    QueryError
        With the engine's name and limit.
    """
    if not takes_steps(backend):
        name = backend.name
        raise QueryError(
            f"{name} cannot be asked who opened what: joining records to conversations takes intermediate results, "
            f"which {name} does not keep, or more SQL than its {_MOST_SQL[name]:,} bytes. The analyses bring what they "
            f"need here; for a table of your own, {_HOME}."
        )


@contextmanager
def asked(backend: Backend) -> Iterator[Callable[[], None]]:
    """Give what interrupts the questions asked in here, and say in flowkit's words what a remote engine refuses.

    Athena looks itself whether it is stopped; what is no engine is not interrupted.

    Raises
    ------
    QueryError
        With the engine's name, the first line of its reason, and the next step.
    """
    with told(backend), _interruptible(backend) as interrupt:
        yield interrupt


def _interruptible(backend: Backend) -> AbstractContextManager[Callable[[], None]]:
    name = getattr(backend, "name", "")
    if name == "pyspark" and getattr(backend, "_session", None) is not None:
        return spark.asking(backend._session)  # noqa: SLF001 - Ibis has no name of its own for it
    return trino.asking(backend.con) if name == "trino" and hasattr(backend, "con") else nullcontext(_nothing)


def _nothing() -> None:
    """Interrupt nothing."""


@contextmanager
def told(backend: Backend) -> Iterator[None]:
    """Say in flowkit's words what a remote engine refuses.

    Raises
    ------
    QueryError
        With the engine's name, the first line of its reason, and the next step.
    """
    name = getattr(backend, "name", "") or "the engine"
    try:
        yield
    except IbisError as error:
        raise QueryError(f"the query failed: {name} cannot be asked that: {_brief(error)}. Instead {_HOME}.") from error
    except Exception as error:
        known = type(error).__module__.partition(".")[0] in ("sqlglot", *_LIBRARIES.get(name, ()))  # reads Ibis's SQL
        lost = type(error).__name__ in _LOST or (known and any(part in str(error) for part in _GONE))
        if not lost and not known:
            raise
        raise QueryError(f"the query failed: {name} says: {_brief(error)}. {_next(lost=lost)}") from error


def _next(*, lost: bool) -> str:
    if lost:
        return (
            "The connection is gone: connect again (stop() a session of Spark Connect first, or you get the same one), "
            "load the table from the new connection, and ask again."
        )
    return (
        f"Nothing is left of it. Check that the table and its workers are there, load it again, and ask again; "
        f"if that is refused, too, {_HOME}."
    )


def _brief(error: Exception) -> str:
    """Return the first line that says something, without control characters; of a call by gRPC its details.

    An error of Trino's has its message apart from its type and its number.
    """
    message = getattr(error, "message", None)
    told = message if isinstance(message, str) else str(error)
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    lines = [line.removeprefix("details = ") for line in lines if line.startswith("details = ")] or lines
    said = "".join(c if c.isprintable() else " " for c in (lines or [type(error).__name__])[0]).rstrip(".")
    return said[: _SHOWN - 1] + "…" if len(said) > _SHOWN else said
