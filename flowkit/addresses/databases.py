"""Databases of country and autonomous system by address, as CSV or MaxMind DB."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from sys import intern
from typing import Final, NamedTuple, Protocol

import pyarrow as pa

from flowkit.addresses import mmdb
from flowkit.addresses.files import Named, Refusals, bytes_of, lines_of, path_of, text_of_bytes
from flowkit.addresses.parsed import Parsed, block, packed
from flowkit.addresses.tables import RangeTable
from flowkit.errors import AddressError

_COUNTRY: Final = re.compile(r"[A-Za-z]{2}")
_NUMBER: Final = re.compile(r"(?:AS)?(\d{1,10})", re.IGNORECASE)
_COUNTRY_WORDS: Final = {"country", "country_code", "country_iso_code", "iso_code"}
_NUMBER_WORDS: Final = {"asn", "as_number", "autonomous_system_number"}
_NAME_WORDS: Final = {"as_name", "as_org", "autonomous_system_organization", "name", "organization"}
_MOST_NUMBER: Final = 2**32 - 1
_UNKNOWN: Final = {"", "-", 0}
_SAMPLE: Final = 100


class Finder(Protocol):
    """What finds facts of addresses: a `RangeTable` or an open MaxMind DB."""

    def find(self, addresses: Parsed) -> pa.Table:
        """Return the facts of each address, in the order given."""


@dataclass(frozen=True, slots=True, eq=False)
class Database:
    """A database as it was read, with its account.

    Attributes
    ----------
    name
        The file's name.
    finder
        Gives ``country``, or ``asn`` and ``as_name``, or all three.
    used
        How many ranges it has; None if it does not tell.
    lines
        How many lines the file has; None if it has none.
    refused, examples
        How many lines were not understood, and the first of them.
    ignored
        How many lines were empty, comment or header, or say of a range that nothing is known.
    """

    name: str
    finder: Finder
    used: int | None = None
    lines: int | None = None
    refused: int = 0
    examples: tuple[str, ...] = ()
    ignored: int = 0

    def __str__(self) -> str:
        """Return the account in a sentence."""
        used = "" if self.used is None else f": {self.used} ranges used"
        refused = f", {self.refused} lines refused (first: {self.examples[0]})" if self.refused else ""
        return f"{self.name}{used}{refused}"


def read_database(file: Named) -> Database:
    """Read a database of countries or autonomous systems; its content tells which.

    CSV, plain or gzip: ``first,last`` or ``cidr``, then a country's two letters, or the number and name of an
    autonomous system; or a header that names such columns. MaxMind DB (``.mmdb``): country, city and ASN databases.

    Raises
    ------
    AddressError
        If it cannot be read, nothing in it can be understood, or a MaxMind DB is given without the library for it.
    """
    path = path_of(file)
    if mmdb.is_mmdb(path):
        return Database(path.name, mmdb.Mmdb.open(path))
    lines = lines_of(text_of_bytes(bytes_of(path), path))
    layout = _layout(lines, path)
    rows = _read(lines, layout)
    refused, used = rows.refusals, len(rows.first)
    if not used and refused.count:
        raise _strange(path, refused.examples[0])
    table = _table(rows, layout)
    return Database(path.name, table, used, len(lines), refused.count, tuple(refused.examples), rows.ignored)


class _Layout(NamedTuple):
    """Where in a row things stand; `last` is `first` where a CIDR block stands there."""

    first: int
    last: int
    country: int | None
    number: int | None
    name: int | None
    header: int | None


@dataclass(slots=True)
class _Rows:
    """The rows that are used, by column, and the account of the rest."""

    first: list[bytes] = field(default_factory=list)
    last: list[bytes] = field(default_factory=list)
    values: list[str | int] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    refusals: Refusals = field(default_factory=Refusals)
    ignored: int = 0


def _layout(lines: Sequence[str], path: Path) -> _Layout:
    """Find the columns: by the names in a header, else by what the first rows hold."""
    rows = [(n, _cells(line)) for n, line in enumerate(lines[:_SAMPLE]) if _meant(line)]
    start = next((row for row in rows if block(row[1][0]) is not None), None)
    if start is None:
        raise _strange(path, f"line {rows[0][0] + 1}: {lines[rows[0][0]][:_SAMPLE]}" if rows else "it has no rows")
    first = rows[0]
    last = int(len(start[1]) > 1 and packed(start[1][1]) is not None)
    if first is not start and (found := _named(first, last)):
        return found
    value = last + 1
    for _, cells in rows:
        if len(cells) > value and _COUNTRY.fullmatch(cells[value]):
            return _Layout(0, last, value, None, None, None)
        if len(cells) > value and _NUMBER.fullmatch(cells[value]):
            return _Layout(0, last, None, value, value + 1, None)
    raise _strange(path, f"line {start[0] + 1}: {lines[start[0]][:_SAMPLE]}")


def _named(header: tuple[int, list[str]], last: int) -> _Layout | None:
    number, cells = header
    names = [cell.lower() for cell in cells]
    country, asn, name = (
        next((n for n, text in enumerate(names) if text in words and n > last), None)
        for words in (_COUNTRY_WORDS, _NUMBER_WORDS, _NAME_WORDS)
    )
    if country is None and asn is None:
        return None
    return _Layout(0, last, country, None if country is not None else asn, name, number)


def _read(lines: Sequence[str], layout: _Layout) -> _Rows:
    rows = _Rows()
    parse, country = (_country, True) if layout.country is not None else (_number, False)
    at = layout.country if country else layout.number
    width, name = max(layout.last, at or 0), layout.name
    known: dict[str, str | int | None] = {}
    for number, line in enumerate(lines):
        cells = _cells(line)
        ends = _ends(cells, layout) if len(cells) > width else None
        text = cells[at or 0] if ends else ""
        value = known[text] if text in known else known.setdefault(text, parse(text))
        if number == layout.header or not (ends or _meant(line)) or (ends and value in _UNKNOWN):
            rows.ignored += 1
        elif ends is None or value is None:
            rows.refusals.add(f"line {number + 1}", line)
        else:
            rows.first.append(ends[0])
            rows.last.append(ends[1])
            rows.values.append(value)
            rows.names.append(intern(cells[name]) or None if name is not None and len(cells) > name else None)
    return rows


def _ends(cells: Sequence[str], layout: _Layout) -> tuple[bytes, bytes] | None:
    if layout.last == layout.first:
        return block(cells[layout.first])
    first, last = packed(cells[layout.first]), packed(cells[layout.last])
    if first is None or last is None or len(first) != len(last) or first > last:
        return None
    return first, last


def _country(text: str) -> str | None:
    """Return the two letters, nothing where it is not known, or None if the text is no country."""
    return text.upper() if _COUNTRY.fullmatch(text) else "" if text in _UNKNOWN else None


def _number(text: str) -> int | None:
    """Return the number, 0 where it is not known, or None if the text is no number of an autonomous system."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return 0 if text in _UNKNOWN else None
    return number if (number := int(found[1])) <= _MOST_NUMBER else None


def _table(rows: _Rows, layout: _Layout) -> RangeTable:
    if layout.country is not None:
        values = pa.table({"country": pa.array(rows.values, pa.string())})
    else:
        values = pa.table({"asn": pa.array(rows.values, pa.int64()), "as_name": pa.array(rows.names, pa.string())})
    return RangeTable.of(rows.first, rows.last, values)


def _meant(line: str) -> bool:
    return not line.startswith("#") and bool(line.strip())


def _cells(line: str) -> list[str]:
    """Return the cells of a row; each line is a row of its own, whatever its quotes."""
    if '"' not in line:
        return [cell.strip() for cell in line.split(",")]
    head, _, quoted = line.partition('"')
    if quoted.find('"') == len(quoted) - 1 >= 0 and head.endswith(","):  # the last cell only: much the commonest
        return [cell.strip() for cell in (*head[:-1].split(","), quoted[:-1])]
    try:
        return [cell.strip() for cell in next(csv.reader([line], skipinitialspace=True, strict=True), [])] or [""]
    except csv.Error:
        return [""]


def _strange(path: Path, example: str) -> AddressError:
    return AddressError(
        f"{path} is no database of countries or autonomous systems that flowkit knows ({example}). "
        "Give rows of first,last,country or first,last,asn,name, the same with a CIDR block, or an .mmdb file."
    )
