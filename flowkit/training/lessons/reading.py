"""What people write as an answer, read as a plain value: words, numbers with a unit, times."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from numbers import Real
from typing import Final

LONGEST: Final = 2_000
"""Characters of an answer that are looked at."""
_MOST: Final = 200
"""Parts of an answer that are looked at."""
_BYTES: Final = {
    "b": 1, "byte": 1, "bytes": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40, "k": 1e3, "m": 1e6, "g": 1e9,
}  # fmt: skip
_SECONDS: Final = {
    "s": 1, "sec": 1, "second": 1, "seconds": 1, "m": 60, "min": 60, "minute": 60, "minutes": 60,
    "h": 3_600, "hour": 3_600, "hours": 3_600, "d": 86_400, "day": 86_400, "days": 86_400,
}  # fmt: skip
UNITS: Final[Mapping[str, Mapping[str, float]]] = {
    "B": _BYTES,
    "s": _SECONDS,
    "%": {"%": 1, "percent": 1, "percentage": 1},
    "": {},
}
"""The units that an answer may have, by the one that is meant where it has none."""
_NUMBER: Final = re.compile(
    r"^\s*(?:about|some|~|≈|ca\.?)?\s*([-+]?\d[\d,_' ]*(?:\.\d+)?(?:e[-+]?\d+)?)\s*(.*?)\s*$", re.IGNORECASE
)
_PORT: Final = re.compile(r"^(?:port|tcp|udp)?\s*[/: ]?\s*(\d{1,5})\s*(?:/(?:tcp|udp))?$", re.IGNORECASE)


def text(given: object) -> str:
    """Return an answer as text without space around it, cut where it is endless."""
    words = given.decode("utf-8", "replace") if isinstance(given, bytes) else str(given)
    return words.strip()[:LONGEST]


def word(given: object) -> str:
    """Return a name, an address or a code in the one way it is compared.

    >>> word(" Destination NACL-outbound "), word("2001:DB8::0:1"), word("tcp/443")
    ('destination_nacl_outbound', '2001:db8::1', '443')
    """
    plain = text(given).strip("'\"`.,;").casefold()
    if found := _PORT.match(plain):
        return str(int(found[1]))
    try:
        return str(ip_address(plain.partition("/")[0] if plain.endswith(("/32", "/128")) else plain))
    except ValueError:
        pass
    if re.fullmatch(r"\d+\.0", plain):
        return plain[:-2]
    return plain if re.match(r"^[a-z]+-0?[0-9a-f]{8,}$", plain) else re.sub(r"[-\s_/]+", "_", plain)


def words(given: object) -> list[str]:
    """Return the parts of an answer that names several things: a list, or text with commas, arrows or spaces.

    >>> words("10.0.0.1 > 10.0.0.2, desk-a-1"), words([3, "x"])
    (['10.0.0.1', '10.0.0.2', 'desk_a_1'], ['3', 'x'])
    """
    parts: Iterable[object]
    if isinstance(given, (str, bytes)):
        parts = re.split(r"\s*(?:,|;|→|->|>|\n|\band\b|\s)\s*", text(given))
    elif isinstance(given, Iterable):
        parts = given
    else:
        parts = (given,)
    found = []
    for number, part in enumerate(parts):
        if number >= _MOST:
            break
        found.append(word(part))
    return list(dict.fromkeys(one for one in found if one))


def number(given: object, unit: str) -> float | None:
    """Return a quantity in *unit*, None where it is none; without a unit it is taken to have that one.

    >>> number("1.5 GB", "B"), number("5 min", "s"), number(12, "%"), number("lots", "B")
    (1500000000.0, 300.0, 12.0, None)
    """
    if isinstance(given, timedelta):
        return given.total_seconds() if unit == "s" else None
    if isinstance(given, bool):
        return None
    if isinstance(given, Real) or hasattr(given, "__float__"):
        value = float(given)
        return value if math.isfinite(value) else None
    found = _NUMBER.match(text(given))
    if not found:
        return None
    scale = {"": 1.0, **UNITS.get(unit, {}), unit.casefold(): 1.0}.get(found[2].strip().strip(".").casefold())
    value = float(re.sub(r"[,_' ]", "", found[1]))
    return value * scale if scale is not None and math.isfinite(value) else None


def moment(given: object, day: datetime) -> datetime | None:
    """Return a time in UTC, None where it is none; a clock time alone is the one last before *day*.

    >>> moment("09:30", datetime(2026, 3, 10, 12, tzinfo=UTC)).isoformat()
    '2026-03-10T09:30:00+00:00'
    """
    if isinstance(given, datetime):
        return _aware(given)
    if isinstance(given, Real) and not isinstance(given, bool):
        return datetime.fromtimestamp(float(given), UTC)
    said = text(given)
    if clock := re.fullmatch(r"(\d{1,2}):(\d\d)(?::(\d\d))?\s*(?:z|utc)?", said, re.IGNORECASE):
        hour, minute, second = (int(part or 0) for part in clock.groups())
        found = day.replace(hour=hour, minute=minute, second=second, microsecond=0)
        return found if found <= day else found - timedelta(days=1)
    try:
        return _aware(datetime.fromisoformat(re.sub(r"\s*(?:z|utc)$", "+00:00", said, flags=re.IGNORECASE)))
    except ValueError:
        return None


def _aware(given: datetime) -> datetime | None:
    """Return a time in UTC; one without a zone is taken to be UTC, as all times of flow logs are; NaT is none."""
    if given != given:  # noqa: PLR0124 - pandas' NaT is a datetime that does not equal itself
        return None
    return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)
