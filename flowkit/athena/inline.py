"""Athena's SQL as Ibis writes it, with tables of this process written out in the query.

Ibis' own connection makes a table in S3 of them, and asks for answers with UNLOAD, which writes too; flowkit reads.
"""

from collections.abc import Sequence
from typing import Any

import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.athena import AthenaCompiler


class InlineCompiler(AthenaCompiler):  # type: ignore[misc] # Ibis carries no types
    """Writes a table of this process as VALUES."""

    __slots__ = ()

    def visit_InMemoryTable(self, op: Any, *, name: str, schema: Any, data: Any) -> Any:  # noqa: ANN401, ARG002, N802 - as Ibis has it
        """Return the rows as a subquery; typed in the first place, since a column of nulls has no type of its own."""
        rows = data.to_pyarrow(schema)
        columns = [column.to_pylist() for column in rows.columns]
        names = list(schema.names)
        typed = [
            self.cast(sg.column(column, quoted=True), kind).as_(column, quoted=True) for column, kind in schema.items()
        ]
        if not rows.num_rows:
            nothing = [self.cast(sge.Null(), kind).as_(column, quoted=True) for column, kind in schema.items()]
            return sg.select(*nothing).where(sge.false()).subquery(name)
        tuples = [sge.Tuple(expressions=[_literal(value) for value in row]) for row in zip(*columns, strict=True)]
        return sg.select(*typed).from_(_values(tuples, names)).subquery(name)


def _values(tuples: Sequence[sge.Tuple], names: Sequence[str]) -> sge.Values:
    alias = sge.TableAlias(
        this=sg.to_identifier("given", quoted=True), columns=[sg.to_identifier(name, quoted=True) for name in names]
    )
    return sge.Values(expressions=list(tuples), alias=alias)


def _literal(value: object) -> Any:  # noqa: ANN401 - sqlglot's
    """Return a value as a literal; times as text, which the cast reads."""
    if hasattr(value, "isoformat"):
        return sge.convert(str(value).removesuffix("+00:00"))
    return sge.convert(value)
