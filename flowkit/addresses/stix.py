"""Indicators of addresses in STIX bundles.

Source: "STIX Version 2.1", OASIS Standard, sections 4.7 (Indicator), 8.1 (Bundle) and 9 (Patterning).
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from flowkit.addresses.files import Refusals
from flowkit.addresses.parsed import block
from flowkit.errors import AddressError

_TEXT: Final = r"'(?:[^'\\]|\\.)*'"
_COMPARISON: Final = re.compile(
    rf"(?P<object>[a-z0-9-]+):(?P<property>[\w.\[\]*'-]+)\s*(?P<not>NOT\s+)?"
    rf"(?P<operator>=|!=|<>|<=|>=|<|>|IN|LIKE|MATCHES|ISSUBSET|ISSUPERSET)\s*"
    rf"(?P<value>{_TEXT}|\(\s*{_TEXT}(?:\s*,\s*{_TEXT})*\s*\)|[\w.:+-]+)"
)
_TEXTS: Final = re.compile(_TEXT)
_BETWEEN: Final = re.compile(r"[\[\]()\s]|OR\b")
_ADDRESSES: Final = {"ipv4-addr", "ipv6-addr"}
_OPERATORS: Final = {"=", "IN", "ISSUBSET"}


@dataclass(slots=True)
class Bundle:
    """What a bundle holds: blocks with a note, and an account of its indicators.

    Attributes
    ----------
    entries
        First and last address, and the note: `` (revoked)``, `` (valid until 2026-01-31)`` or nothing.
    indicators
        How many there are: each is used, refused or ignored.
    ignored
        How many name no address at all.
    """

    entries: list[tuple[bytes, bytes, str]] = field(default_factory=list)
    indicators: int = 0
    ignored: int = 0
    refusals: Refusals = field(default_factory=Refusals)
    others: Counter[str] = field(default_factory=Counter)
    notable: Counter[str] = field(default_factory=Counter)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was passed over, and what is revoked or ends."""
        others = ", ".join(f"{name} {count}" for name, count in sorted(self.others.items()))
        notable = [f"{count} indicators {what}" for what, count in sorted(self.notable.items())]
        return (*notable, *([f"observables that are no addresses: {others}"] if others else []))


def read_bundle(text: str, path: Path) -> Bundle:
    """Read the indicators of a bundle.

    Raises
    ------
    AddressError
        If the text is no STIX bundle.

    Notes
    -----
    An indicator that is revoked, or whose time is over, is still listed, with a note: the traffic may be
    as old as it is. One that asks for more than an address (``AND``, ``FOLLOWEDBY``, ``NOT``) is refused,
    since the address alone does not meet it.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AddressError(f"{path} begins like JSON and is none ({error}). Fetch it again.") from error
    objects = content.get("objects") if content.get("type") == "bundle" else None
    if not isinstance(objects, list):
        raise AddressError(f"{path} is JSON but no STIX bundle. Export the indicators as a STIX 2.1 bundle.")
    bundle = Bundle()
    for item in objects:
        if isinstance(item, dict) and item.get("type") == "indicator":
            _read(item, bundle)
    return bundle


def _read(indicator: dict[str, Any], bundle: Bundle) -> None:
    bundle.indicators += 1
    pattern = str(indicator.get("pattern"))
    if indicator.get("pattern_type", "stix") != "stix":
        bundle.ignored += 1
        bundle.others[f"{indicator['pattern_type']} rules"] += 1
        return
    comparisons = list(_COMPARISON.finditer(pattern))
    others = [found["object"] for found in comparisons if found["object"] not in _ADDRESSES]
    bundle.others.update(others)
    if comparisons and len(others) == len(comparisons):
        bundle.ignored += 1
        return
    blocks = list(_blocks(comparisons)) if _any_of(pattern) else []
    if not blocks or None in blocks:
        bundle.refusals.add(str(indicator.get("id")), pattern)
        return
    note = _note(indicator)
    bundle.notable.update([note] if note else [])
    bundle.entries += [(*found, f" ({note})" if note else "") for found in blocks if found]


def _any_of(pattern: str) -> bool:
    """Tell whether one comparison that holds is enough: nothing but ``OR`` stands between them."""
    return not _BETWEEN.sub("", _COMPARISON.sub("", pattern))


def _blocks(comparisons: list[re.Match[str]]) -> Iterator[tuple[bytes, bytes] | None]:
    """Return the blocks that comparisons name; None where one cannot be understood."""
    for found in comparisons:
        if found["object"] not in _ADDRESSES:
            continue
        if found["property"] != "value" or found["not"] or found["operator"] not in _OPERATORS:
            yield None
            continue
        values = _TEXTS.findall(found["value"])
        yield from (block(value[1:-1]) for value in values) if values else [None]


def _note(indicator: dict[str, Any]) -> str:
    if indicator.get("revoked") is True:
        return "revoked"
    until = indicator.get("valid_until")
    return f"valid until {str(until)[:10]}" if until else ""
