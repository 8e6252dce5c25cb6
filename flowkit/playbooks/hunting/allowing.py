"""What somebody has decided to allow: by whom it may be done, with a reason and an end."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from ipaddress import ip_address, ip_network
from os import PathLike
from pathlib import Path
from typing import Any, Final, TypeAlias

from flowkit.errors import ScopeError, SourceError
from flowkit.inventory.text import brief
from flowkit.playbooks.finding import Finding

_COLUMNS: Final = ("address", "reason", "until", "kind")
_LARGEST: Final = 10 * 2**20


@dataclass(frozen=True, slots=True)
class Allowed:
    """An entry of an allow-list.

    Attributes
    ----------
    address
        An address or CIDR block: of a finding's subject, or of all its peers.
    reason
        Why it is allowed, for whoever reads the report.
    until
        The last day it holds, UTC; None: for ever, which the report says.
    kind
        The kind of finding it allows; "" for all.
    """

    address: str
    reason: str
    until: date | None = None
    kind: str = ""

    def holds(self, today: date) -> bool:
        """Tell whether it still holds on a day."""
        return self.until is None or today <= self.until

    def covers(self, finding: Finding) -> bool:
        """Tell whether a finding is allowed by it."""
        peers = [finding.peer] if isinstance(finding.peer, str) else finding.peer
        block = ip_network(self.address, strict=False)
        ends = (finding.subject, peers)
        inside = [_within(ends[0], block), bool(peers) and all(_within(one, block) for one in peers)]
        return (not self.kind or self.kind == finding.kind) and any(inside)

    def __str__(self) -> str:
        """Return the entry as a sentence."""
        end = f"until {self.until}" if self.until else "without an end"
        return f"{self.address} {self.kind or 'in every finding'}: {self.reason} ({end})"


def _within(text: str, block: Any) -> bool:  # noqa: ANN401 - a network of either version
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return address.version == block.version and address in block


Allow: TypeAlias = str | PathLike[str] | Iterable[Allowed | Mapping[str, Any]] | None
"""An allow-list as it may be given, see `allowed`."""


def allowed(given: Allow) -> tuple[Allowed, ...]:
    """Return an allow-list.

    Parameters
    ----------
    given
        A CSV file with the columns ``address``, ``reason``, and if wanted ``until`` (a day, such as 2026-12-31) and
        ``kind``; or `Allowed` or mappings of these names.

    Raises
    ------
    SourceError
        If the file cannot be read.
    ScopeError
        If an entry has no address or no reason, or its day is none.
    """
    if given is None or given == "":
        return ()
    rows: Iterable[Any] = _read(Path(given)) if isinstance(given, str | PathLike) else given
    return tuple(_entry(row, number) for number, row in enumerate(rows, 1))


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        if path.stat().st_size > _LARGEST:
            raise SourceError(f"{brief(str(path))} is larger than {_LARGEST // 2**20} MiB: no allow-list is.")
        with path.open(newline="", encoding="utf-8-sig") as lines:
            return list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"the allow-list {brief(str(path))} cannot be read: {error}.") from error


def _entry(row: Any, number: int) -> Allowed:  # noqa: ANN401 - whatever was given
    if isinstance(row, Allowed):
        row = {name: getattr(row, name) for name in _COLUMNS}
    if not isinstance(row, Mapping):
        raise ScopeError(f"entry {number} of the allow-list is no mapping with {', '.join(_COLUMNS)}.")
    address, reason = str(row.get("address") or "").strip(), str(row.get("reason") or "").strip()
    if not address or not reason:
        raise ScopeError(f"entry {number} of the allow-list needs an address and a reason.")
    try:
        ip_network(address, strict=False)
    except ValueError as error:
        raise ScopeError(f"entry {number} of the allow-list: {brief(address)} is no address or block.") from error
    return Allowed(address, reason, _day(row.get("until"), number), str(row.get("kind") or "").strip())


def _day(value: Any, number: int) -> date | None:  # noqa: ANN401 - whatever was given
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC).date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError as error:
        raise ScopeError(
            f"entry {number} of the allow-list: {brief(str(value))} is no day such as 2026-12-31."
        ) from error
