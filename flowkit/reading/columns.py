"""What a column may hold: types, checks and the last steps from text to typed records.

The same rules exist twice: for whole columns (`sound`, fast, says only yes or no) and for one
record (`Row.values`, slow, says why not). A property test holds them to each other.
"""

import re
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from ipaddress import AddressValueError, IPv6Address
from typing import Any, Final
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

from flowkit import fields
from flowkit.formats import EVENT_TIME, LogFormat

LINE: Final = "_line"
ACTIONS: Final = {None, "ACCEPT", "REJECT"}
STATUSES: Final = {None, "OK", "NODATA", "SKIPDATA"}
ADDRESS_COLUMNS: Final = ("srcaddr", "dstaddr", "pkt_srcaddr", "pkt_dstaddr")
_TIME: Final = pa.timestamp("s", tz="UTC")
_EVENT_TIME: Final = pa.timestamp("ms", tz="UTC")
_LATEST: Final = fields.EPOCH_SECONDS_MAX * 1000
_SKEW: Final = 120
"""``start`` and ``end`` may each be 60 s off ("Flow log records"), so this much the wrong way round."""
_NOTHING: Final = (None, "-")
_INTEGER: Final = re.compile(r"-?[0-9]+|0[xX][0-9a-fA-F]+")
"""As Arrow's CSV reader takes them, hexadecimal ones too."""
_OCTET: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4: Final = rf"^{_OCTET}(?:\.{_OCTET}){{3}}$"
_MOST_REMEMBERED: Final = 1_000_000


class Addresses:
    """The addresses seen so far that are no plain IPv4, each with its canonical text.

    Attributes
    ----------
    respelt
        Whether any address seen was spelt otherwise than the canonical way.
    """

    def __init__(self) -> None:
        self._canonical: dict[str, str | None] = {}
        self.respelt = False

    def canonical(self, address: str) -> str | None:
        """Return the one spelling of *address* (RFC 5952), or None if it is none."""
        try:
            spelt = self._canonical[address]
        except KeyError:
            if len(self._canonical) >= _MOST_REMEMBERED:
                self._canonical.clear()  # by one thread while others ask: what follows does not look it up again
            spelt = self._canonical[address] = canonical_address(address)
        self.respelt |= spelt not in (None, address)
        return spelt

    def all_valid(self, column: pa.ChunkedArray) -> bool:
        """Tell whether each of the addresses in *column* is one, or null."""
        distinct = pc.unique(column)
        others = distinct.filter(pc.invert(pc.match_substring_regex(distinct, _IPV4)))
        return all(self.canonical(address) is not None for address in others.to_pylist())


def canonical_address(address: str) -> str | None:
    """Return an IPv4 address as it is, an IPv6 address as RFC 5952 spells it, else None."""
    try:
        socket.inet_pton(socket.AF_INET, address)
    except (OSError, ValueError):
        return _canonical_ipv6(address)
    return address


def _canonical_ipv6(address: str) -> str | None:
    try:
        parsed = IPv6Address(address)
    except AddressValueError:
        return None
    if parsed.scope_id is not None:
        return None
    if mapped := parsed.ipv4_mapped:  # Python 3.13 spells these otherwise than 3.12
        return f"::ffff:{int(mapped) >> 16:x}:{int(mapped) & 0xFFFF:x}"
    return str(parsed)


@cache
def arrow_type(column: str) -> pa.DataType:
    """Return the type in which a column is first read; times are integers until `finish`."""
    if column == EVENT_TIME:
        return _EVENT_TIME
    field = fields.of_column(column)
    if field.kind == "integer" and field.most <= 2**31 - 1:
        return pa.int32()
    return pa.int64() if field.kind in ("integer", "time") else pa.string()


def schema(log_format: LogFormat) -> pa.Schema:
    """Return the columns of a format as first read, the time stamp of CloudWatch Logs in front."""
    names = (EVENT_TIME, *log_format.columns) if log_format.stamped else log_format.columns
    return pa.schema([(name, arrow_type(name)) for name in names])


@cache
def tells_header(log_format: LogFormat) -> bool:
    """Tell whether some column of a format cannot hold a field's name, so that no header passes for a record."""
    kinds = {fields.of_column(name).kind for name in log_format.columns}
    return not kinds <= {"text", "tag"} or not {"action", "log_status"}.isdisjoint(log_format.columns)


def sound(table: pa.Table, addresses: Addresses) -> bool:
    """Tell whether every value of every column is one its field can have."""
    if not all(_sound_column(name, table, addresses) for name in table.column_names):
        return False
    return not {"start", "end"} <= set(table.column_names) or _in_order(table)


def _sound_column(name: str, table: pa.Table, addresses: Addresses) -> bool:
    column = table.column(name)
    if column.null_count == len(column):
        return True
    field = fields.of_column(name)
    if name == EVENT_TIME or field.kind in ("integer", "time"):
        return _all_within(column.cast(pa.int64()), field.most if field.kind == "integer" else _LATEST)
    if field.kind == "address":
        other = name.removeprefix("pkt_")
        if other != name and other in table.column_names and column.equals(table.column(other)):
            return True  # the packet's addresses are the flow's, and those are checked
        return addresses.all_valid(column)
    if name in ("action", "log_status"):
        return set(pc.unique(column).to_pylist()) <= (ACTIONS if name == "action" else STATUSES)
    shortest = pc.min(pc.binary_length(column)).as_py()
    return bool(shortest) and not (shortest <= len(name) and pc.any(pc.equal(column, field.name)).as_py())


def _all_within(column: pa.ChunkedArray, most: int) -> bool:
    ends = pc.min_max(column).as_py()
    return bool(ends["min"] >= 0 and ends["max"] <= most)


def _in_order(table: pa.Table) -> bool:
    slowest = pc.min(pc.subtract(_seconds(table.column("end")), _seconds(table.column("start")))).as_py()
    return slowest is None or slowest >= -_SKEW


def _seconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    latest = pc.max(column).as_py()
    if latest is None or latest <= fields.EPOCH_SECONDS_MAX:
        return column
    return pc.if_else(pc.greater(column, fields.EPOCH_SECONDS_MAX), pc.divide(column, 1000), column)


class Row:
    """Checks one record at a time and says what is wrong with it."""

    def __init__(self, log_format: LogFormat, addresses: Addresses) -> None:
        self.format = log_format
        names = schema(log_format).names
        self._steps = [(name, _reader(name, addresses)) for name in names]
        self._ends = (names.index("start"), names.index("end")) if {"start", "end"} <= set(names) else None

    def values(self, tokens: Sequence[str | None]) -> list[Any] | str:
        """Return the typed values of a record, or the reason why it cannot be one."""
        values: list[Any] = []
        for (name, read), token in zip(self._steps, tokens, strict=True):
            try:
                values.append(read(token) if token not in _NOTHING else None)
            except ValueError as error:
                return f"{name.replace('_', '-')}: {error}"
        if self._ends and (why := _order_problem(values[self._ends[0]], values[self._ends[1]])):
            return why
        return values


def _order_problem(start: int | None, end: int | None) -> str | None:
    if start is None or end is None:
        return None
    first, last = (t // 1000 if t > fields.EPOCH_SECONDS_MAX else t for t in (start, end))
    return f"end: more than {_SKEW} s before start" if last - first < -_SKEW else None


def _reader(name: str, addresses: Addresses) -> Callable[[str], Any]:
    if name == EVENT_TIME:
        return _event_time
    field = fields.of_column(name)
    if field.kind in ("integer", "time"):
        return _integer_reader(_LATEST if field.kind == "time" else field.most, field.kind)
    if field.kind == "address":
        return lambda token: _required(addresses.canonical(token) and token, "not an address")
    if name == "action":
        return lambda token: _required(token if token in ACTIONS else None, "neither ACCEPT nor REJECT")
    if name == "log_status":
        return lambda token: _required(token if token in STATUSES else None, "not OK, NODATA or SKIPDATA")
    return lambda token: _required(token if token != field.name else None, "the field's own name stands there")


def _integer_reader(most: int, kind: str) -> Callable[[str], int]:
    def read(token: str) -> int:
        if not _INTEGER.fullmatch(token) or len(token.lstrip("-0")) > 20:  # noqa: PLR2004 - of any 64-bit number
            raise ValueError("not a number")
        value = int(token, 16 if token[:2] in ("0x", "0X") else 10)
        if not 0 <= value <= most:
            raise ValueError("an impossible time" if kind == "time" else f"not between 0 and {most}")
        return value

    return read


def _event_time(token: str) -> datetime:
    try:
        time = datetime.fromisoformat(token).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("not a time stamp of CloudWatch Logs") from None
    if not 0 <= time.timestamp() <= _LATEST / 1000:
        raise ValueError("an impossible time")
    return time


def _required(value: str | None, problem: str) -> str:
    if not value:
        raise ValueError(problem)
    return value


def finish(table: pa.Table, addresses: Addresses) -> pa.Table:
    """Return checked columns as they are kept: times as timestamps, one spelling for an address, tags decoded."""
    for index, name in enumerate(table.column_names):
        column, kind = table.column(name), fields.of_column(name).kind
        if kind == "time":
            table = table.set_column(index, name, _seconds(column).cast(_TIME))
        elif kind == "address" and addresses.respelt:
            table = table.set_column(index, name, _mapped(column, lambda a: addresses.canonical(a) or a))
        elif kind == "tag" and _any(pc.match_substring(column, "%")):
            table = table.set_column(index, name, _mapped(column, unquote))
    return table


def _any(mask: pa.ChunkedArray) -> bool:
    return bool(pc.any(mask).as_py())


def _mapped(column: pa.ChunkedArray, change: Callable[[str], str]) -> pa.ChunkedArray:
    """Apply *change* once per distinct value."""
    known = pc.unique(column).to_pylist()
    changed = pa.array([None if value is None else change(value) for value in known], pa.string())
    return changed.take(pc.index_in(column, pa.array(known, pa.string())))


def is_record(table: pa.Table) -> pa.ChunkedArray | bool:
    """Tell records from NODATA and SKIPDATA, as a mask, or True where all are records.

    Without a log-status a line with an address is a record; so is every line of a log
    that has neither.
    """
    names = table.column_names
    status = table.column("log_status") if "log_status" in names else None
    if status is not None and status.null_count == 0:
        return _all_or(pc.equal(status, "OK"))
    addressed = [pc.is_valid(table.column(name)) for name in ADDRESS_COLUMNS if name in names]
    if not addressed:
        return True if status is None else _all_or(pc.coalesce(pc.equal(status, "OK"), pa.scalar(value=True)))
    has_address = addressed[0]
    for mask in addressed[1:]:
        has_address = pc.or_(has_address, mask)
    return _all_or(has_address if status is None else pc.coalesce(pc.equal(status, "OK"), has_address))


def _all_or(mask: pa.ChunkedArray) -> pa.ChunkedArray | bool:
    return True if pc.all(mask).as_py() in (True, None) else mask
