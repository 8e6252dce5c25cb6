"""A table on the page: sorted and filtered here, over all of its rows; the page gets those that are shown."""

import csv
import io
import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final

import anywidget
import pandas as pd
import traitlets

_HERE: Final = Path(__file__).parent
SHOWN: Final = 100
"""Rows on the page; more are found by sorting, filtering and narrowing, and all of them are in the CSV."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""
_AMOUNTS: Final = ("bytes", "packets", "records", "accepted", "rejected", "conversations", "minutes", "srcports")
"""Beginnings of the names of columns that count something; ports and protocols are numbers, but names."""


class TableBox(anywidget.AnyWidget):
    """Shows the first rows of a frame, in the order and with the filter that the user chose.

    Parameters
    ----------
    picked
        Told of a click on a cell: the row of the frame, as a mapping, and the column.
    """

    _esm = _HERE / "table.js"
    _css = _HERE / "table.css"
    content = traitlets.Unicode('{"columns": [], "rows": [], "sorted": {}}').tag(sync=True)
    caption = traitlets.Unicode("").tag(sync=True)
    label = traitlets.Unicode("").tag(sync=True)
    number = traitlets.Int(0).tag(sync=True)

    def __init__(self, picked: Callable[[dict[str, Any], str], None] = lambda _row, _column: None) -> None:
        super().__init__()
        self._picked = picked
        self._frame = pd.DataFrame()
        self._seen = self._frame
        self._picks: Collection[str] = ()
        self._words = ""
        self._by, self._descending = "", False
        self.on_msg(self.receive)

    def show(self, frame: pd.DataFrame, picks: Collection[str] = ()) -> None:
        """Show *frame*; a click on a cell of the columns *picks* is told."""
        self._frame, self._picks = frame, picks
        if self._by not in frame:
            self._by = ""
        self._draw()

    def filter(self, words: str) -> None:
        """Show only the rows in whose cells each of *words* occurs, in any case."""
        self._words = words
        self._draw()

    def sort(self, column: str) -> None:
        """Sort by *column*: amounts from the highest, texts from A; again by the same column, the other way round."""
        known = column == self._by
        self._descending = not self._descending if known else pd.api.types.is_numeric_dtype(self._frame[column])
        self._by = column
        self._draw()

    def csv(self) -> bytes:
        """Return all rows that pass the filter, in order, as CSV that no spreadsheet takes for formulas."""
        file = io.StringIO()
        writer = csv.writer(file)
        writer.writerow(map(_harmless, self._seen.columns))
        writer.writerows([_harmless(text) for text in row] for row in _texts(self._seen, plain=True))
        return file.getvalue().encode()

    def save(self, name: str) -> None:
        """Let the browser save the CSV under *name*."""
        self.send({"kind": "csv", "name": name}, buffers=[self.csv()])

    def _draw(self) -> None:
        seen = _filtered(self._frame, self._words)
        if self._by:
            seen = seen.sort_values(self._by, ascending=not self._descending, kind="stable", na_position="last")
        self._seen = seen
        shown = seen.head(SHOWN)
        columns = [
            {
                "name": str(name), "label": str(name).replace("_", " "), "picks": name in self._picks,
                "number": bool(pd.api.types.is_numeric_dtype(shown[name])),
            }
            for name in shown.columns
        ]  # fmt: skip
        content = {
            "columns": columns,
            "rows": _texts(shown),
            "sorted": {"column": self._by, "descending": self._descending},
        }
        of = f" of {len(self._frame):,}" if len(seen) < len(self._frame) else ""
        cut = f", the first {SHOWN} shown" if len(seen) > SHOWN else ""
        rows = "1 row" if len(seen) == 1 and not of else f"{len(seen):,}{of} rows"
        with self.hold_sync():
            self.content = json.dumps(content)
            self.caption = f"{rows}{cut}. {self._frame.attrs.get('caption', '')}".strip()
            self.label = f"Table: {self._frame.attrs.get('analysis', 'answer')}".replace("_", " ")
            self.number += 1

    def receive(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        """Take what the page says: which heading or cell was clicked."""
        column, row = message.get("column"), message.get("row")
        if column not in self._frame:
            return
        if message.get("kind") == "sort":
            self.sort(str(column))
        elif message.get("kind") == "picked" and isinstance(row, int) and 0 <= row < len(self._seen):
            self._picked({str(name): value for name, value in self._seen.iloc[row].items()}, str(column))


def _filtered(frame: pd.DataFrame, words: str) -> pd.DataFrame:
    wanted = words.lower().split()
    if not wanted or frame.empty:
        return frame
    lines = frame.astype("string").fillna("-").agg(" ".join, axis="columns").str.lower()
    keep = pd.Series(True, index=frame.index)
    for word in wanted:
        keep &= lines.str.contains(word, regex=False)
    return frame[keep]


def _texts(frame: pd.DataFrame, *, plain: bool = False) -> list[list[str]]:
    """Return the cells as text, null as ``-``; amounts with separators unless *plain*."""
    amounts = {name: not plain and str(name).startswith(_AMOUNTS) for name in frame.columns}
    columns = [[_text(value, plain=plain, amount=amounts[n]) for value in frame[n].tolist()] for n in frame.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _text(value: Any, *, plain: bool, amount: bool) -> str:  # noqa: ANN401 - whatever an analysis returns
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "-"
    if value is None or pd.isna(value):
        return "-"
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ" if plain else "%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, float) and not plain:
        return f"{value:,.3g}"
    return f"{value:,}" if amount and isinstance(value, int) else str(value)


def _harmless(text: object) -> str:
    words = str(text)
    return f"'{words}" if words.startswith(_FORMULA) and words != "-" else words
