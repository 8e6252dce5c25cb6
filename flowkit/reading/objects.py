"""Reading one object, whatever it is: text, JSON, CSV or Parquet, packed or not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from flowkit.errors import FormatError, SourceError
from flowkit.formats import LogFormat
from flowkit.reading import messages, parquet
from flowkit.reading.columns import Addresses
from flowkit.reading.lines import BOM, LineReader, Lines, whole_lines
from flowkit.reading.pieces import Piece
from flowkit.reading.unpack import DamagedError, Intake, blocks, unpack
from flowkit.sources import LogObject

_LOOKED_AT: Final = 4096


@dataclass(slots=True)
class Reading:
    """What was found of an object besides its pieces; complete once they have been consumed.

    Attributes
    ----------
    sha256, bytes
        Of the object as stored.
    lines
        How many lines (messages, rows) it has, counted while reading.
    damaged_at
        Offset of the stored byte beyond which it could not be read, or None.
    note
        What to know of the object as a whole: damage, or that it is no flow log.
    formats
        The formats of its records, in the order met.
    version_id
        How S3 calls the version that was read, else "".
    interrupted
        Whether it could not be had to its end, so that another time it may be.
    """

    sha256: str = ""
    bytes: int = 0
    lines: int = 0
    damaged_at: int | None = None
    note: str = ""
    unknown_format: bool = False
    formats: list[LogFormat] = field(default_factory=list)
    version_id: str = ""
    interrupted: bool = False


def read(
    log: LogObject,
    reading: Reading,
    addresses: Addresses,
    *,
    log_format: LogFormat | None = None,
    passed: Callable[[int], None] = lambda _: None,
) -> Iterator[Piece]:
    """Yield the pieces of an object and fill in *reading*; nothing but an unreadable one raises.

    Raises
    ------
    SourceError
        If the object cannot be opened.
    """
    try:
        opened = log.open()
    except OSError as error:
        why = f"cannot be read: {error.strerror}. Check that you may read it, and load it again."
        raise SourceError(why) from error
    with opened as file:
        intake = Intake(file, passed)
        try:
            for piece in _pieces(log, intake, reading, addresses, log_format):
                if piece.format and piece.format not in reading.formats:
                    reading.formats.append(piece.format)
                yield piece
        except DamagedError as damage:
            reading.damaged_at, reading.note = damage.offset, damage.why
        except FormatError as error:
            reading.unknown_format, reading.note = True, str(error)
        intake.drain()
        reading.sha256, reading.bytes, reading.interrupted = intake.sha256, intake.bytes, intake.interrupted
        reading.version_id = getattr(file, "version_id", "")


def _pieces(
    log: LogObject,
    intake: Intake,
    reading: Reading,
    addresses: Addresses,
    log_format: LogFormat | None,
) -> Iterator[Piece]:
    written = unpack(iter(intake), lambda: _again(log))
    first, rest = _start(written)
    written = chain((first.removeprefix(BOM),), rest)
    if first.startswith(parquet.MAGIC) and intake.bytes:
        intake.drain()
        with log.open() as again:
            for piece in parquet.pieces(again, addresses):
                reading.lines += piece.rows
                yield piece
    elif messages.looks_like_json(first):
        yield from _wrapped(messages.from_json(written), reading, addresses, log_format)
    elif messages.looks_like_csv(first):
        reading.lines = 1
        yield Piece(headers=1)
        yield from _wrapped(messages.from_csv(written), reading, addresses, log_format)
    else:
        yield from _text(whole_lines(written), reading, addresses, log_format)


def _again(log: LogObject) -> Iterator[bytes]:
    with log.open() as file:
        yield from blocks(file)


def _start(written: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return the first bytes, enough to tell what the object is, and the rest; damage belongs to the rest."""
    first = b""
    try:
        while len(first) < _LOOKED_AT and (piece := next(written, b"")):
            first += piece
    except DamagedError as damage:
        return first, _damaged(damage)
    return first, written


def _damaged(damage: DamagedError) -> Iterator[bytes]:
    yield from ()
    raise damage


def _text(
    blocks: Iterator[Lines], reading: Reading, addresses: Addresses, log_format: LogFormat | None
) -> Iterator[Piece]:
    reader = LineReader(addresses, log_format)
    try:
        for block in blocks:
            yield from reader.read(block)
    finally:
        reading.lines = reader.lines
    _check_format(reader)


def _wrapped(
    found: Iterator[messages.Wrapped], reading: Reading, addresses: Addresses, log_format: LogFormat | None
) -> Iterator[Piece]:
    before, told = reading.lines, False
    given = LogFormat(log_format.columns, stamped=True) if log_format else None
    reader = LineReader(addresses, given, stamped_here=True)
    reader.lines = before
    try:
        for part in found:
            told = True
            reader.format = part.format or given
            yield from reader.read(part.lines)
            given = given if part.format else reader.format
    finally:
        reading.lines = reader.lines
    if not told:
        raise FormatError("there are no flow log messages in it. Leave it out, or check what it is an export of.")
    _check_format(reader)


def _check_format(reader: LineReader) -> None:
    if reader.format is None and reader.first_unknown is not None:
        raise FormatError.unknown(reader.first_unknown[:200], len(reader.first_unknown.split()))
