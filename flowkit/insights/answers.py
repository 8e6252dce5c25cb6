"""Rows of CloudWatch, which are text throughout, as a DataFrame."""

import re
from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from flowkit import fields
from flowkit.insights.waiting import Row

POINTER: Final = "@ptr"
"""The column that identifies a log event."""

_WHOLE: Final = re.compile(r"-?(?:0|[1-9]\d{0,17})")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}")
_TIMES: Final = ("@timestamp", "@ingestionTime")
_TEXTUAL: Final = ("text", "tag", "address")


def frame(rows: Sequence[Row], *, pointers: bool = False) -> pd.DataFrame:
    """Return rows with typed columns.

    A column all of whose values are numbers is one of numbers, all times one of UTC timestamps; any other is text,
    and so is a flow log field that is text, such as an account id. Null is what a row lacks.
    """
    longest: Row = max(rows, key=len, default={})
    names = list(dict.fromkeys([*longest, *(name for row in rows for name in row)]))
    chosen = [name for name in names if pointers or name != POINTER]
    return pd.DataFrame({name: _column(name, [row.get(name) for row in rows]) for name in chosen})


def _column(name: str, values: list[str | None]) -> Any:  # noqa: ANN401 - a series of any type
    told = {value for value in values if value is not None}
    field = fields.known(name)
    if not told or (field and field.kind in _TEXTUAL):
        return pd.Series(values, dtype="str")
    if all(map(_TIME.fullmatch, told)):
        return pd.Series(pd.to_datetime(pd.Series(values, dtype="str"), format="%Y-%m-%d %H:%M:%S.%f", utc=True))
    if name in _TIMES and all(map(_WHOLE.fullmatch, told)):
        return pd.Series(pd.to_datetime(pd.Series(values, dtype="Int64"), unit="ms", utc=True))
    if all(map(_WHOLE.fullmatch, told)):
        whole = pd.Series([None if value is None else int(value) for value in values], dtype="Int64")
        return whole if whole.hasnans else whole.astype("int64")
    if all(map(_NUMBER.fullmatch, told)):
        return pd.Series([None if value is None else float(value) for value in values], dtype="float64")
    return pd.Series(values, dtype="str")
