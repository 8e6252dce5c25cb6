"""Lists that the user brings: labels for blocks of addresses, and lists of bad addresses."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from flowkit.addresses import stix
from flowkit.addresses.files import Named, Refusals, bytes_of, lines_of, path_of, text_of_bytes
from flowkit.addresses.parsed import block
from flowkit.addresses.tables import RangeTable
from flowkit.errors import AddressError

_ADDRESS_WORDS: Final = {"address", "block", "cidr", "indicator", "ip", "ip_address", "ipaddress", "network", "prefix", "subnet"}  # fmt: skip # noqa: E501 - a set of words
_LABEL_WORDS: Final = {"label", "labels", "name", "tag"}
_COLUMNS: Final = re.compile(r"[\s,;]+")
_SAMPLE: Final = 1_000


class Entry(NamedTuple):
    """A block's first and last address, and what the list says of it."""

    first: bytes
    last: bytes
    text: str


@dataclass(frozen=True, slots=True)
class AddressList:
    """A list as it was read, with its account.

    Attributes
    ----------
    name
        The file's name.
    labelling
        Whether it labels blocks; otherwise it lists bad addresses.
    entries
        What is used of it.
    lines
        How many lines the file has; of a STIX bundle, how many indicators.
    refused, examples
        How many lines (STIX: indicators) were not understood, and the first of them.
    ignored
        How many lines were empty, comment or header; of a STIX bundle, indicators that name no address.
    notes
        What else is to be known, a sentence each.
    """

    name: str
    labelling: bool
    entries: tuple[Entry, ...]
    lines: int
    refused: int = 0
    examples: tuple[str, ...] = ()
    ignored: int = 0
    notes: tuple[str, ...] = ()

    @property
    def used(self) -> int:
        """How many entries are used."""
        return len(self.entries)

    def __str__(self) -> str:
        """Return the account in a sentence."""
        kind = "labels" if self.labelling else "bad addresses"
        told = [f"{self.used} entries used", f"{self.refused} refused" if self.refused else "", *self.notes]
        first = f" (first: {self.examples[0]})" if self.examples else ""
        return f"{self.name}, {kind}: {', '.join(filter(None, told))}{first}"


def read_list(file: Named) -> AddressList:
    """Read a list of labels or of bad addresses; its content tells which.

    - ``label,cidr`` with or without a header; with a header, columns in any order. Labels.
    - An address or CIDR block per line, ``#`` before comments, further columns ignored. Bad addresses.
    - A STIX 2 bundle with indicators of IPv4 and IPv6 addresses. Bad addresses.

    Parameters
    ----------
    file
        The file, plain or gzip.

    Raises
    ------
    AddressError
        If it cannot be read, or nothing in it can be understood.

    Notes
    -----
    Without a header, addresses in the first column make a list of bad addresses, whatever follows.
    """
    path = path_of(file)
    text = text_of_bytes(bytes_of(path), path)
    if text.lstrip().startswith("{"):
        bundle = stix.read_bundle(text, path)
        found = AddressList(
            name=path.name,
            labelling=False,
            entries=tuple(Entry(first, last, path.name + note) for first, last, note in bundle.entries),
            lines=bundle.indicators,
            refused=bundle.refusals.count,
            examples=tuple(bundle.refusals.examples),
            ignored=bundle.ignored,
            notes=bundle.notes,
        )
    else:
        found = _Lines.of(lines_of(text)).read(path.name)
    if found.refused and not found.used:
        raise AddressError(
            f"{path} has no entry that can be used; the first that was refused, {found.examples[0]!r}. "
            "Write an address or CIDR block per line, or label,cidr."
        )
    return found


def labels_of(lists: Sequence[AddressList]) -> RangeTable:
    """Return the ``labels`` that lists give, joined, the narrowest block's first."""
    return _joined("labels", [entry for one in lists if one.labelling for entry in one.entries])


def listed_of(lists: Sequence[AddressList]) -> RangeTable:
    """Return the names of the lists of bad addresses, joined, as ``listed``."""
    return _joined("listed", [entry for one in lists if not one.labelling for entry in one.entries])


def _joined(column: str, entries: Sequence[Entry]) -> RangeTable:
    first, last, texts = ([entry[n] for entry in entries] for n in range(3))
    return RangeTable.joining(column, first, last, texts)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines of text, and where in them addresses and labels stand."""

    lines: list[str]
    address: int = 0
    label: int | None = None
    header: int | None = None

    @classmethod
    def of(cls, lines: list[str]) -> Self:
        """Find out by the header, or by the column in which there are more blocks."""
        content = [n for n, line in enumerate(lines[:_SAMPLE]) if _meant(line)]
        names = [cell.lower() for cell in _cells(lines[content[0]])] if content else []
        address = next((n for n, name in enumerate(names) if name in _ADDRESS_WORDS), None)
        if address is not None:
            label = next((n for n, name in enumerate(names) if name in _LABEL_WORDS), None)
            return cls(lines, address, label, content[0])
        second = sum(len(cells) > 1 and block(cells[1]) is not None for cells in (_cells(lines[n]) for n in content))
        first = sum(block(_first(lines[n])) is not None for n in content)
        return cls(lines, 1, 0) if second > first else cls(lines)

    def read(self, name: str) -> AddressList:
        """Read all lines."""
        refusals = Refusals()
        entries = tuple(self._entries(name, refusals))
        ignored = len(self.lines) - len(entries) - refusals.count
        examples = tuple(refusals.examples)
        labelling = self.label is not None
        return AddressList(name, labelling, entries, len(self.lines), refusals.count, examples, ignored)

    def _entries(self, name: str, refusals: Refusals) -> Iterator[Entry]:
        for number, line in enumerate(self.lines):
            if number == self.header or not _meant(line):
                continue
            address, text = self._split(line, name)
            found = block(address)
            if found is None or not text:
                refusals.add(f"line {number + 1}", line)
            else:
                yield Entry(*found, text)

    def _split(self, line: str, name: str) -> tuple[str, str]:
        """Return the address and what the list says of it."""
        if self.label is None and self.header is None:
            return _first(line), name
        cells = [*_cells(line), *[""] * (1 + max(self.address, self.label or 0))]
        return cells[self.address].partition("#")[0].strip(), name if self.label is None else cells[self.label]


def _meant(line: str) -> bool:
    """Tell a line from an empty one and a comment."""
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _first(line: str) -> str:
    return _COLUMNS.split(line.partition("#")[0].strip(), maxsplit=1)[0]


def _cells(line: str) -> list[str]:
    if '"' not in line:
        return [cell.strip() for cell in line.split(",")]
    try:
        return [cell.strip() for cell in next(csv.reader([line], skipinitialspace=True), [])]
    except csv.Error:
        return []
