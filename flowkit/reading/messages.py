"""Records inside JSON and CSV: what CloudWatch Logs, its subscriptions and Firehose wrap around them.

Whatever the wrapping, each message becomes a line of text with its time stamp in front, as in an
export to S3, and is read like one. Rows of Logs Insights that name fields instead of carrying
the whole message become lines of just those fields.
"""

import base64
import binascii
import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import ijson

from flowkit import formats
from flowkit.errors import FormatError
from flowkit.formats import LogFormat
from flowkit.reading.lines import LONGEST, Broken, Lines, whole_lines
from flowkit.reading.unpack import DamagedError, stream, unpack

_BLOCK: Final = 8 << 20
_MESSAGE: Final = ("message", "@message")
_STAMP: Final = ("timestamp", "@timestamp")
_CONTROL: Final = "a control message of CloudWatch Logs, no record"
_PAYLOAD: Final = "the packed data in it is damaged"
_NO_TIME: Final = "a row of query results, no record: it has no time"

Scalars = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wrapped:
    """Lines taken out of their wrapping, and their format where the wrapping tells it."""

    format: LogFormat | None
    lines: Lines


def looks_like_json(start: bytes) -> bool:
    """Tell by its first bytes whether an object may be JSON."""
    return start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def looks_like_csv(start: bytes) -> bool:
    """Tell by its first line whether an object is CSV that names a message or fields."""
    names = _csv_names(start.partition(b"\n")[0])
    if len(names) < 2 or len(set(names)) < len(names):  # noqa: PLR2004 - one name may be anything
        return False
    return not {"@message", "message"}.isdisjoint(names) or formats.of_names(_plain(names)) is not None


def from_json(pieces: Iterator[bytes]) -> Iterator[Wrapped]:
    """Yield the messages and rows in JSON documents, however nested and however many there are.

    Raises
    ------
    DamagedError
        Where the text stops being JSON, after what stands before it.
    """
    source = stream(pieces)
    try:
        yield from _blocks(_found(_events(source)))
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise DamagedError(source.offset, f"the JSON ends too early or is broken: {error}") from error


def _events(source: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - whatever has read()
    events: Iterator[tuple[str, Any]] = ijson.basic_parse(source, multiple_values=True, use_float=True)
    return events


def from_csv(pieces: Iterator[bytes]) -> Iterator[Wrapped]:
    """Yield the messages and rows in CSV, as Logs Insights exports them; its first line is not among them."""
    broken: list[Broken] = []
    rows = csv.reader(_csv_text(whole_lines(pieces), broken))
    names = next(rows, [])
    yield from _blocks(_csv_lines(names, rows, broken))


def _csv_text(blocks: Iterator[Lines], broken: list[Broken]) -> Iterator[str]:
    """Yield the lines of CSV; an empty one for each that is too long or cut off, and that one to *broken*."""
    for block in blocks:
        if isinstance(block, Broken):
            broken.append(block)
            yield "\n"
        else:
            yield from (line.decode(errors="replace") + "\n" for line in block.removesuffix(b"\n").split(b"\n"))


def _csv_lines(names: list[str], rows: Iterator[list[str]], broken: list[Broken]) -> Iterator["_Line"]:
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            yield _Line(broken=f"no CSV: {error}")
            continue
        if row is None:
            return
        if broken:
            yield _Line(broken=broken[0].reason, text=broken.pop(0).text.decode(errors="replace"))
        else:
            yield _csv_line(names, row)


def _csv_names(line: bytes) -> list[str]:
    try:
        return next(csv.reader([line.decode(errors="replace").strip().removeprefix("\ufeff")]), [])
    except csv.Error:
        return []


def _csv_line(names: list[str], row: list[str]) -> "_Line":
    if not row:
        return _Line(broken="blank")
    if len(row) != len(names):
        return _Line(broken=f"{len(row)} columns, the header has {len(names)}", text=",".join(row))
    return _line(dict(zip(names, row, strict=True))) or _Line(broken="no message in it", text=",".join(row))


@dataclass(frozen=True, slots=True)
class _Line:
    """One message as a line, or why it cannot be one."""

    format: LogFormat | None = None
    text: str = ""
    broken: str = ""
    nothing: bool = False
    """Whether it stands for a window that was searched and holds no message."""


@dataclass(slots=True)
class _Level:
    """An open JSON object or array: its key in what holds it, and the plain values in it so far."""

    key: str
    is_row: bool = False
    scalars: Scalars = field(default_factory=dict)


def _found(events: Iterable[tuple[str, Any]]) -> Iterator[_Line]:
    """Walk the events of a JSON parser; what closes is looked at, what is long is never held."""
    levels, key = [_Level("")], ""
    try:
        for event, value in events:
            if event == "map_key":
                key = value
            elif event in ("start_map", "start_array"):
                levels.append(_Level(key, is_row=event == "start_array"))
                key = ""
            elif event == "end_map":
                key = ""
                yield from _closed(levels.pop(), levels)
            elif event == "end_array":
                key, row = "", levels.pop()
                if row.scalars and (line := _line(row.scalars)):
                    yield line
            elif not levels[-1].is_row:
                long = isinstance(value, str) and len(value) > LONGEST and key != "data"
                levels[-1].scalars[key] = value[: LONGEST + 1] if long else value
                key = ""
    except (DamagedError, ijson.JSONError, UnicodeDecodeError):
        yield from _cut_off(levels, key)
        raise


def _cut_off(levels: list[_Level], key: str) -> Iterator[_Line]:
    """Yield the message that damage cuts off, if it does: its object has begun, but has not closed."""
    objects = [level for level in levels if not level.is_row and level.key != "extractedFields"]
    in_list = any(level.is_row for level in levels) and not levels[-1].is_row
    values = objects[-1].scalars
    if in_list or not {key, *values}.isdisjoint({*_MESSAGE, "field"}):
        yield _Line(broken="cut off by the damage to the object", text=str(values.get("message", "")))


def _closed(level: _Level, around: list[_Level]) -> Iterator[_Line]:
    """Look at an object that has just ended: a message, a cell of a row, a packed payload, or none."""
    values = level.scalars
    if level.key == "extractedFields":
        return  # the fields of the message beside it, once more
    if any(outer.scalars.get("messageType") == "CONTROL_MESSAGE" for outer in around):
        yield _Line(broken=_CONTROL, text=str(values.get("message", "")))
    elif around[-1].is_row and values.keys() == {"field", "value"}:
        around[-1].scalars[str(values["field"])] = values["value"]
    elif isinstance(data := values.get("data"), str) and (payload := _payload(data)):
        try:
            yield from _found(_events(stream(unpack(iter([payload])))))
        except (DamagedError, ijson.JSONError, UnicodeDecodeError):
            yield _Line(broken=_PAYLOAD, text=data)
    elif values.get("nothing") is True and "logGroup" in values:
        yield _Line(nothing=True)
    elif line := _line(values):
        yield line if line.broken or line.format else _Line(_told(around), line.text)


def _told(around: list[_Level]) -> LogFormat | None:
    """Return the format that the nearest level around a message tells, as CloudWatch Logs' own documents never do."""
    texts = (level.scalars.get("logFormat") for level in reversed(around))
    return next((_format(text) for text in texts if isinstance(text, str)), None)


@lru_cache(maxsize=64)
def _format(text: str) -> LogFormat | None:
    try:
        return LogFormat(LogFormat.parse(text).columns, stamped=True)
    except FormatError:
        return None


def _payload(data: str) -> bytes | None:
    """Return what Lambda and Kinesis carry in base64, if that is gzip or JSON."""
    try:
        decoded = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded if decoded.startswith(b"\x1f\x8b") or looks_like_json(decoded[:64]) else None


def _line(values: Scalars) -> _Line | None:
    """Return the line that an object or a row of results stands for; None if it is something else."""
    stamp = next((_stamp(values[name]) for name in _STAMP if values.get(name) not in (None, "")), None)
    message = next((values[name] for name in _MESSAGE if isinstance(values.get(name), str)), None)
    if message is not None:
        return _of_message(message.rstrip("\r\n"), stamp)
    named = {name: value for name, value in values.items() if not name.startswith("@")}
    log_format = formats.of_names(_plain(named))
    if log_format is None:
        return None
    tokens = ["-" if value in (None, "") else str(value) for value in named.values()]
    text = " ".join(tokens)
    if stamp is None and "start" not in log_format.columns:
        return _Line(broken=_NO_TIME, text=text)
    if any(not token or len(token.split()) != 1 for token in tokens):
        return _Line(broken="a blank inside a value", text=text)
    return _Line(LogFormat(log_format.columns, stamped=True), f"{stamp or '-'} {text}")


def _plain(names: Iterable[str]) -> list[str]:
    return [name for name in names if not name.startswith("@")]


def _of_message(message: str, stamp: str | None) -> _Line:
    if not message.strip():
        return _Line(broken="blank")
    if len(message) > LONGEST:
        return _Line(broken=f"longer than {LONGEST:,} bytes", text=message)
    if "\n" in message:
        return _Line(broken="a line break inside the message", text=message)
    return _Line(None, f"{stamp or '-'} {message}")


def _stamp(value: Any) -> str | None:  # noqa: ANN401 - whatever JSON holds there
    """Return a time stamp (epoch milliseconds or Insights' UTC text) as an export to S3 spells it."""
    try:
        if isinstance(value, (int, float)) or str(value).isdigit():
            time = datetime.fromtimestamp(int(value) / 1000, UTC)
        else:
            time = datetime.fromisoformat(str(value))
            time = time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}Z"


def _blocks(found: Iterable[_Line]) -> Iterator[Wrapped]:
    """Join lines of one format to blocks; damage is told after what came before it."""
    held: list[bytes] = []
    log_format, size = None, 0
    damage: Exception | None = None
    lines = iter(found)
    while True:
        try:
            line = next(lines, None)
        except (DamagedError, ijson.JSONError, UnicodeDecodeError) as error:
            line, damage = None, error
        if held and (line is None or line.broken or line.nothing or line.format != log_format or size > _BLOCK):
            yield Wrapped(log_format, b"\n".join(held) + b"\n")
            held, size = [], 0
        if line is None:
            break
        if line.nothing:
            yield Wrapped(None, b"")
            continue
        if line.broken:
            yield Wrapped(None, Broken(line.broken, line.text.encode(errors="replace")[:LONGEST]))
            continue
        log_format = line.format
        held.append(line.text.encode(errors="replace"))
        size += len(held[-1])
    if damage:
        raise damage
