"""How the tests of reading read: bytes in, rows and refused lines out."""

from dataclasses import dataclass
from io import BytesIO

import pytest

from flowkit.formats import LogFormat
from flowkit.reading.columns import Addresses
from flowkit.reading.objects import Reading, read
from flowkit.reading.pieces import Piece, Refused
from flowkit.sources import LogObject


@dataclass
class Found:
    """All that was found in an object; rows are dicts with their ``_line``."""

    reading: Reading
    pieces: list[Piece]

    def _rows(self, kind: str) -> list[dict]:
        tables = [getattr(piece, kind) for piece in self.pieces]
        return [row for table in tables if table is not None for row in table.to_pylist()]

    @property
    def records(self) -> list[dict]:
        return self._rows("records")

    @property
    def status(self) -> list[dict]:
        return self._rows("status")

    @property
    def refused(self) -> list[Refused]:
        return [line for piece in self.pieces for line in piece.refused]

    @property
    def headers(self) -> int:
        return sum(piece.headers for piece in self.pieces)

    @property
    def lines(self) -> list[int]:
        """The numbers of all lines accounted for, headers apart."""
        rows = [row["_line"] for row in self.records + self.status]
        return sorted(rows + [line.line for line in self.refused])


def read_bytes(content: bytes, log_format: str | None = None) -> Found:
    """Read an object that holds *content*, and hold the reader to its account."""
    reading = Reading()
    log = LogObject("object", len(content), "identity", lambda: BytesIO(content))
    given = LogFormat.parse(log_format) if log_format else None
    found = Found(reading, list(read(log, reading, Addresses(), log_format=given)))
    assert sum(piece.rows for piece in found.pieces) == reading.lines
    assert len(found.lines) + found.headers == reading.lines
    assert len(set(found.lines)) == len(found.lines)
    return found


@pytest.fixture(name="read", scope="session")
def _read():
    return read_bytes
