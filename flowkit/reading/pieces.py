"""What reading gives: pieces of an object, each of one format, every line accounted for."""

from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from flowkit.formats import LogFormat
from flowkit.reading import columns
from flowkit.reading.columns import LINE, Addresses

TEXT_SHOWN: Final = 200
UNDECIDED: Final = "neither an address nor a log-status: NODATA or SKIPDATA, which of the two cannot be told"


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that is no record: its number, the reason, and its text cut at 200 characters."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of lines of one object.

    Attributes
    ----------
    format
        The format of the records; None where there are none.
    records, status
        Typed rows of log status OK, and the NODATA and SKIPDATA rows, each with its ``_line``.
    refused
        The lines that are neither.
    headers
        How many lines were headers.
    """

    format: LogFormat | None = None
    records: pa.Table | None = None
    status: pa.Table | None = None
    refused: list[Refused] = field(default_factory=list)
    headers: int = 0

    @property
    def rows(self) -> int:
        """How many lines the piece accounts for."""
        tables = (self.records, self.status)
        return self.headers + len(self.refused) + sum(int(t.num_rows) for t in tables if t is not None)


def shown(text: str | bytes) -> str:
    """Return the text of a refused line as it is kept."""
    if isinstance(text, bytes):
        text = text[: TEXT_SHOWN * 4].decode("utf-8", errors="replace")
    return text[:TEXT_SHOWN]


def of_table(table: pa.Table, lines: pa.Array, log_format: LogFormat, addresses: Addresses) -> Piece:
    """Return checked rows, numbered *lines*, as a piece: records apart from NODATA and SKIPDATA."""
    table = columns.finish(table, addresses).append_column(LINE, lines)
    mask = columns.is_record(table)
    if mask is True:
        return Piece(log_format, table)
    status = table.filter(pc.invert(mask))
    undecided: list[Refused] = []
    if "log_status" not in table.column_names or status.column("log_status").null_count:
        without = (
            status if "log_status" not in table.column_names else status.filter(status.column("log_status").is_null())
        )
        undecided = [Refused(row[LINE], UNDECIDED, as_line(row, log_format)) for row in without.to_pylist()]
        status = status.slice(0, 0) if without is status else status.filter(status.column("log_status").is_valid())
    return Piece(log_format, table.filter(mask), status, undecided)


def as_line(row: dict[str, object], log_format: LogFormat) -> str:
    """Return a short form of a row as text, for the list of refused lines."""
    return shown(" ".join("-" if row.get(name) is None else str(row[name]) for name in log_format.columns))
