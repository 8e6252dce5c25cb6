"""Athena's answers, which are text, as typed columns."""

from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from flowkit.errors import QueryError

_ZONE: Final = " UTC"
"""Athena's sessions are in UTC, and so is every time that names a zone."""


def table(rows: Sequence[Sequence[str | None]], schema: pa.Schema) -> pa.Table:
    """Return rows of text as a table of *schema*; a cell without a value is null.

    Raises
    ------
    QueryError
        If a value is none of its column's type.
    """
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    return pa.table(
        [_column(list(values), field) for values, field in zip(columns, schema, strict=True)], schema=schema
    )


def _column(values: list[str | None], field: pa.Field) -> pa.Array:
    text = pa.array(values, pa.string())
    try:
        if pa.types.is_integer(field.type):
            return _integers(text, field.type)
        if not pa.types.is_timestamp(field.type):
            return text.cast(field.type)
        plain = pc.replace_substring(text, _ZONE, "")
        return plain.cast(pa.timestamp("us")).cast(pa.timestamp("us", field.type.tz)).cast(field.type)
    except pa.ArrowException as error:
        raise QueryError(
            f"Athena answered what is no {field.type} in the column {field.name}: {error}. This is a fault of flowkit: "
            "please report it with the question."
        ) from error


def _integers(text: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return integers, of which Athena writes some that it made of times as ``58.0``."""
    try:
        return text.cast(kind)
    except pa.ArrowInvalid:
        return text.cast(pa.float64()).cast(kind)  # refuses what is no whole number
