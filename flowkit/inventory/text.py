"""Text from a snapshot: made fit to show, canonical addresses and blocks, times with a zone."""

from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

_LONGEST_SHOWN: Final = 80


def shown(text: str) -> str:
    r"""Return *text* with every control, format and bidirectional character written out.

    For HTML, escape the result as well.

    >>> print(shown("web\x1b[2J"))
    web\x1b[2J
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def brief(text: str) -> str:
    """Return *text* as `shown`, cut to what fits in a sentence."""
    return shown(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…")


def sound(text: str) -> str:
    """Return *text* without lone surrogates, which no encoding and no table can hold."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def address(text: str) -> str | None:
    """Return the canonical spelling of an address, as flow records have it, or None if it is none."""
    try:
        parsed = ip_address(text)
    except ValueError:
        return None
    return None if getattr(parsed, "scope_id", None) else spelt(parsed)


def spelt(parsed: IPv4Address | IPv6Address) -> str:
    """Return an address as text; IPv4-mapped ones alike on every Python (3.13 changed its spelling)."""
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(parsed) if mapped is None else f"::ffff:{int(mapped) >> 16:x}:{int(mapped) & 0xFFFF:x}"


def block(text: str) -> str | None:
    """Return the canonical spelling of a CIDR block, or None if it is none."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    return f"{spelt(network.network_address)}/{network.prefixlen}"


def time(text: str) -> datetime | None:
    """Return an ISO 8601 time in UTC, or None if it is none or names no zone."""
    try:
        parsed = datetime.fromisoformat(text)
        return parsed.astimezone(UTC) if parsed.tzinfo else None
    except (ValueError, OverflowError):
        return None
