"""Records back as the lines they were: what a report quotes and another tool can read again."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pandas as pd

from flowkit import fields
from flowkit.formats import EVENT_TIME
from flowkit.reading.columns import LINE
from flowkit.store import FORMAT, OBJECT, Content


def messages(rows: pd.DataFrame, contents: Mapping[str, Content]) -> pd.DataFrame:
    """Return rows of the store as text records, each in the column order of the object it came from.

    Columns: `object`, `line`, `timestamp` (UTC; of the event where the source has one, else ``start``),
    `message` (single blanks, ``-`` for null, tags percent-encoded, times in epoch seconds).
    """
    origins = {content.key: (name, content.formats) for name, content in contents.items()}
    told = []
    for row in rows.to_dict("records"):
        name, formats = origins[row[OBJECT]]
        stamp = row[EVENT_TIME] if pd.notna(row[EVENT_TIME]) else row.get("start")
        message = " ".join(_token(column, row[column]) for column in formats[row[FORMAT]].columns)
        told.append((name, row[LINE], stamp, message))
    frame = pd.DataFrame(told, columns=["object", "line", "timestamp", "message"])
    return frame.assign(timestamp=pd.to_datetime(frame.timestamp, utc=True).astype("datetime64[us, UTC]"))


def _token(column: str, value: Any) -> str:  # noqa: ANN401 - whatever the column holds
    kind = fields.of_column(column).kind
    if pd.isna(value):
        return "-"
    if kind == "time":
        return str(int(value.timestamp()))
    if kind == "tag":
        return quote(value, safe="") if value != "-" else "%2D"
    return str(value)
