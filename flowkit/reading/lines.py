"""Text records: blocks of whole lines into typed columns, quickly where all is well.

A block goes through Arrow's CSV reader at once. If that, or a check of its columns, fails, the
block is cut into smaller ones until the trouble is cornered in a few lines, and those are read
one by one: they say what is wrong, state a new format (a header), or turn out well after all.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from pyarrow import csv

from flowkit import formats
from flowkit.formats import LogFormat
from flowkit.reading import columns
from flowkit.reading.columns import Addresses, Row
from flowkit.reading.pieces import Piece, Refused, of_table, shown
from flowkit.reading.unpack import DamagedError

BLOCK: Final = 24 << 20
"""Bytes of text read at once: some 90,000 version 5 records, a row group in the store."""
LONGEST: Final = 1 << 20
"""No record comes near a MiB; a longer line is refused without being held."""
_CSV_BLOCK: Final = 1 << 19
_TIDIED, _SINGLY, _PARTS = 4 << 20, 8 << 10, 16
_REFUSED_HELD: Final = 20_000
"""Refused lines held at once: a line may be a single byte, its refusal takes some 200."""
BOM: Final = b"\xef\xbb\xbf"
"""What editors of other systems put before a text; Arrow would take it off any block."""
_BLANKS: Final = re.compile(rb"[ \t]+")
_EDGES: Final = re.compile(rb" ?\r?\n ?")


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that cannot be handed on as one: the start of its text and why."""

    reason: str
    text: bytes


Lines = bytes | Broken


def whole_lines(pieces: Iterator[bytes]) -> Iterator[Lines]:
    """Yield blocks that end at an LF, in bounded memory, and lines that are too long or cut off.

    The first block is small: where the format stands in a header, the rest can then be read at once.
    """
    held: list[bytes] = []
    size, unended, enough, skipping = 0, 0, 1, False
    try:
        for piece in pieces:
            end = piece.rfind(b"\n") + 1
            if skipping:
                if not end:
                    continue
                piece, skipping = piece[piece.index(b"\n") + 1 :], False  # noqa: PLW2901 - what is left of it
                end = piece.rfind(b"\n") + 1
            unended = len(piece) - end + (0 if end else unended)
            size += len(piece)
            if unended > LONGEST:
                yield from _last(b"".join([*held, piece]))
                held, size, unended, skipping = [], 0, 0, True
            elif size >= enough and end:
                yield b"".join([*held, piece[:end]])
                held, size, enough = [piece[end:]], unended, BLOCK
            else:
                held.append(piece)
    except DamagedError:
        yield from _last(b"".join(held), "cut off by the damage to the object")
        raise
    yield from _last(b"".join(held))


def _last(text: bytes, cut_off: str = "") -> Iterator[Lines]:
    cut = text.rfind(b"\n") + 1
    if not cut_off and len(text) - cut <= LONGEST:
        cut = len(text)
    if text[:cut]:
        yield text[:cut]
    if rest := text[cut:]:
        yield Broken(cut_off, rest[:LONGEST]) if cut_off else _too_long(rest)


def _too_long(line: bytes) -> Broken:
    return Broken(f"longer than {LONGEST:,} bytes", line[:LONGEST])


class LineReader:
    """Reads the lines of one object, remembering where it is and which format it is in.

    Parameters
    ----------
    addresses
        Those already checked, shared by all objects of a load.
    log_format
        The format of lines before the first header, if known.
    stamped_here
        Whether the time stamps in front were put there by flowkit and are no part of the text.
    """

    def __init__(self, addresses: Addresses, log_format: LogFormat | None, *, stamped_here: bool = False) -> None:
        self.format = log_format
        self.lines = 0
        self.first_unknown: str | None = None
        self._addresses = addresses
        self._stamped_here = stamped_here
        self._row: Row | None = None

    def read(self, block: Lines) -> Iterator[Piece]:
        """Yield what is in the next lines of the object."""
        if isinstance(block, Broken):
            self.lines += 1
            yield Piece(refused=[Refused(self.lines, block.reason, shown(block.text))])
            return
        held: list[Piece] = []
        current: LogFormat | None = None
        refused = 0
        for piece in self._parse(block.replace(b"\r\n", b"\n") if b"\r" in block else block):
            refused += len(piece.refused)
            if (piece.format and current and piece.format != current) or refused > _REFUSED_HELD:
                yield _joined(held or [Piece()])
                held, refused = [], len(piece.refused)
            current = piece.format or current
            held.append(piece)
        yield _joined(held)

    def _parse(self, block: bytes) -> Iterator[Piece]:
        start = 0
        while self.format is None and start < len(block):
            end = block.find(b"\n", start) + 1 or len(block)
            yield from self._singly(block[start:end])
            start = end
        block = block[start:]
        if not block:
            return
        if (piece := self._at_once(block)) or (
            _SINGLY < len(block) <= _TIDIED and (piece := self._at_once(_tidied(block)))
        ):
            yield piece
        elif len(block) <= _SINGLY:
            yield from self._singly(block)
        elif len(parts := list(_parts(block))) == 1:
            yield from self._singly(block)  # a line so long that cutting does not help
        else:
            for part in parts:
                yield from self._parse(part)

    def _at_once(self, block: bytes) -> Piece | None:
        """Return the block as a piece if every line of it is a sound record, else None."""
        if self.format is None or b"\r" in block or b"\t" in block or block.startswith(BOM):
            return None
        if not columns.tells_header(self.format):
            return None
        try:
            table = _read_csv(block, self.format)
        except pa.ArrowInvalid:
            return None
        if not columns.sound(table, self._addresses):
            return None
        count = table.num_rows  # a row per line: neither quotes nor lone CRs are there to make it otherwise
        numbers = pa.array(np.arange(self.lines + 1, self.lines + count + 1))
        self.lines += count
        return of_table(table, numbers, self.format, self._addresses)

    def _singly(self, block: bytes) -> Iterator[Piece]:
        """Read lines one by one; a header among them starts a new piece."""
        rows: list[tuple[int, list[Any]]] = []
        refused: list[Refused] = []
        for line in block.removesuffix(b"\n").split(b"\n"):
            self.lines += 1
            before = self.format
            found = self._line(line)
            if self.format != before and before is not None:
                yield self._piece(rows, refused, before)
                rows, refused = [], []
            if isinstance(found, LogFormat):
                yield Piece(found, headers=1)
            elif isinstance(found, str):
                refused.append(Refused(self.lines, found, shown(self._own_text(line))))
            else:
                rows.append((self.lines, found))
        yield self._piece(rows, refused, self.format)

    def _tokens(self, line: bytes) -> list[str] | str:
        """Return the values of a line as text, or the reason why it has none."""
        if len(line) > LONGEST:
            return f"longer than {LONGEST:,} bytes"
        try:
            tokens = [t.decode() for t in _BLANKS.split(line.strip(b" \t\r"))]
        except UnicodeDecodeError:
            return "not UTF-8"
        return "blank" if tokens == [""] or (self._stamped_here and len(tokens) == 1) else tokens

    def _line(self, line: bytes) -> list[Any] | LogFormat | str:
        """Return a line's values, the format it states, or the reason to refuse it."""
        tokens = self._tokens(line)
        if isinstance(tokens, str):
            return tokens
        if header := formats.of_header(tokens):
            self.format = header
            return header
        if self.format is None:
            self.format = formats.of_record(tokens)
        if self.format is None:
            self.first_unknown = self.first_unknown or self._own_text(line).decode(errors="replace")
            return f"{len(tokens)} columns and no header before it says which"
        if len(tokens) == self.format.width + 1 and not self.format.stamped and formats.is_export_time(tokens[0]):
            self.format = LogFormat(self.format.columns, stamped=True)
        if len(tokens) != self.format.width:
            extra = int(self._stamped_here)
            return f"{len(tokens) - extra} columns, the format has {self.format.width - extra}"
        if self._row is None or self._row.format != self.format:
            self._row = Row(self.format, self._addresses)
        return self._row.values(tokens)

    def _own_text(self, line: bytes) -> bytes:
        return line.partition(b" ")[2] if self._stamped_here else line

    def _piece(self, rows: list[tuple[int, list[Any]]], refused: list[Refused], log_format: LogFormat | None) -> Piece:
        if not rows or log_format is None:
            return Piece(refused=refused)
        wanted = columns.schema(log_format)
        by_column = zip(*(values for _, values in rows), strict=True)
        arrays = [pa.array(values, f.type) for values, f in zip(by_column, wanted, strict=True)]
        numbers = pa.array([number for number, _ in rows], pa.int64())
        piece = of_table(pa.table(arrays, schema=wanted), numbers, log_format, self._addresses)
        return Piece(log_format, piece.records, piece.status, refused + piece.refused)


def _read_csv(block: bytes, log_format: LogFormat) -> pa.Table:
    wanted = columns.schema(log_format)
    return csv.read_csv(
        pa.BufferReader(block),
        csv.ReadOptions(column_names=wanted.names, use_threads=False, block_size=_CSV_BLOCK),
        csv.ParseOptions(delimiter=" ", quote_char=False, ignore_empty_lines=False),
        csv.ConvertOptions(
            column_types=wanted,
            null_values=["-"],
            strings_can_be_null=True,
            check_utf8=not block.isascii(),
            quoted_strings_can_be_null=False,
        ),
    )


def _tidied(block: bytes) -> bytes:
    """Return the block with single blanks between values and none at the ends of lines."""
    return _EDGES.sub(b"\n", _BLANKS.sub(b" ", block)).strip(b" ")


def _parts(block: bytes) -> Iterator[bytes]:
    step = max(len(block) // _PARTS, _SINGLY // 2)
    start = 0
    while start < len(block):
        end = block.find(b"\n", start + step) + 1 or len(block)
        yield block[start:end]
        start = end


def _joined(pieces: list[Piece]) -> Piece:
    if len(pieces) == 1:
        return pieces[0]
    records = [p.records for p in pieces if p.records is not None]
    status = [p.status for p in pieces if p.status is not None]
    return Piece(
        next((p.format for p in pieces if p.format), None),
        pa.concat_tables(records) if records else None,
        pa.concat_tables(status) if status else None,
        [line for p in pieces for line in p.refused],
        sum(p.headers for p in pieces),
    )
