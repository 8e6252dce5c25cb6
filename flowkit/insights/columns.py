"""The columns of an answer, typed as those of an answer of CloudWatch are."""

import re
from typing import Final

import pandas as pd

from flowkit import fields
from flowkit.insights.values import Value

_WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_TEXTUAL: Final = ("text", "tag", "address")
_EXACT: Final = 2**53


def typed(column: pd.Series, name: str, value: Value) -> pd.Series:
    """Return times as UTC timestamps, and as integers what is whole: a sum, or text of nothing but numbers."""
    if value.kind == "time":
        return pd.to_datetime(column.astype("Int64"), unit="ms", utc=True).astype("datetime64[us, UTC]")
    if value.kind == "text":
        return _text(column, name)
    if value.whole and pd.api.types.is_float_dtype(column):
        known = column.dropna()
        if len(known) and (known.abs() < _EXACT).all() and (known % 1 == 0).all():
            return column.astype("int64" if len(known) == len(column) else "Int64")
    return column


def _text(column: pd.Series, name: str) -> pd.Series:
    field = fields.known(name)
    known = column.dropna()
    if name.startswith("@") or (field and field.kind in _TEXTUAL) or not len(known):
        return column.astype("str")
    if not all(_WHOLE.fullmatch(value) for value in known.unique()):
        return column.astype("str")
    return pd.to_numeric(column).astype("int64" if len(known) == len(column) else "Int64")
