"""MaxMind DB files, read with the optional library `maxminddb`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, Self

import pyarrow as pa

from flowkit.addresses.parsed import IPV4_BYTES, IPV6_BYTES, Parsed, text_of
from flowkit.errors import AddressError

_MARK: Final = b"\xab\xcd\xefMaxMind.com"
_MARK_WITHIN: Final = 128 * 1024
_SCHEMA: Final = pa.schema([("country", pa.string()), ("asn", pa.int64()), ("as_name", pa.string())])
_IPV4_ONLY: Final = 4
_DAMAGED: Final = (LookupError, OSError, RuntimeError, TypeError, ValueError)
"""What the library raises for a damaged file, besides its own error, which is a RuntimeError."""
_NUMBERS: Final = ("autonomous_system_number", "asn", "as_number")
_NAMES: Final = ("autonomous_system_organization", "as_name", "as_org", "name", "organization")


class Reader(Protocol):
    """What is needed of `maxminddb.Reader`."""

    def get(self, ip_address: Any, /) -> Any:  # noqa: ANN401 - whatever the database holds
        """Return the record of an address, or None."""


@dataclass(frozen=True, slots=True, eq=False)
class Mmdb:
    """An open database.

    Attributes
    ----------
    reader
        Gives the record of an address.
    name
        The file, for messages.
    ipv6
        Whether it has IPv6 addresses.
    """

    reader: Reader
    name: str
    ipv6: bool = True

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a file.

        Raises
        ------
        AddressError
            If the library is missing, or the file is damaged.
        """
        try:
            import maxminddb  # type: ignore[import-not-found,unused-ignore]
        except ImportError as error:
            raise AddressError(
                f"{path} is a MaxMind DB, and the library that reads it is missing. "
                'Install it: pip install "vpc-flowkit[geo]".'
            ) from error
        try:
            reader = maxminddb.open_database(str(path))
            return cls(reader, str(path), ipv6=reader.metadata().ip_version != _IPV4_ONLY)
        except _DAMAGED as error:
            raise AddressError(f"{path} is no whole MaxMind DB ({error}). Fetch it again.") from error

    def find(self, addresses: Parsed) -> pa.Table:
        """Return ``country``, ``asn`` and ``as_name`` of each address, in the order given.

        Raises
        ------
        AddressError
            If the file is damaged where an address is looked up.
        """
        facts: list[tuple[str | None, int | None, str | None]] = [(None, None, None)] * addresses.count
        families = [(addresses.ipv4_at, addresses.ipv4.astype(">u4"), IPV4_BYTES)]
        if self.ipv6:
            families.append((addresses.ipv6_at, addresses.ipv6, IPV6_BYTES))
        for positions, numbers, width in families:
            content = numbers.tobytes()
            for n, position in enumerate(positions.tolist()):
                text = text_of(content[n * width : (n + 1) * width])
                if not text.startswith("::ffff:"):  # the library would answer for the IPv4 address in it
                    facts[position] = self._facts(text)
        columns = list(zip(*facts, strict=True)) or [()] * len(_SCHEMA)
        return pa.table(columns, schema=_SCHEMA)

    def _facts(self, address: str) -> tuple[str | None, int | None, str | None]:
        try:
            record = self.reader.get(address)
        except _DAMAGED as error:
            raise AddressError(f"{self.name} is damaged ({error}). Fetch it again.") from error
        if not isinstance(record, Mapping):
            return None, None, None
        return _country(record), _number(record), _first_text(record, _NAMES)


def is_mmdb(path: Path) -> bool:
    """Tell by the mark that stands near the end of every MaxMind DB."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _MARK_WITHIN))
            return _MARK in file.read()
    except (OSError, ValueError):
        return False  # reading it as text will say why


def _country(record: Mapping[str, Any]) -> str | None:
    for key in ("country", "registered_country", "country_code"):
        value = record.get(key)
        value = value.get("iso_code") if isinstance(value, Mapping) else value
        if isinstance(value, str) and value:
            return value
    return None


def _number(record: Mapping[str, Any]) -> int | None:
    value = next((record[key] for key in _NUMBERS if key in record), None)
    text = str(value).upper().removeprefix("AS")
    return int(text) if text.isascii() and text.isdigit() else None


def _first_text(record: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    return next((record[key] for key in keys if isinstance(record.get(key), str) and record[key]), None)
