"""The smallest parts of a policy file - ports, protocols, blocks, dates - each as its value, or what is wrong."""

import re
from datetime import date
from difflib import get_close_matches
from ipaddress import ip_network
from typing import Final

from flowkit.fields import PROTOCOLS
from flowkit.inventory.text import block, brief

PORTED: Final = (6, 17, 33, 132, 136)
"""Protocols that have ports: TCP, UDP, DCCP, SCTP, UDP-Lite."""
SERVICES: Final = {
    "ssh": 22, "telnet": 23, "smtp": 25, "dns": 53, "http": 80, "kerberos": 88, "ntp": 123, "ldap": 389, "https": 443,
    "smb": 445, "syslog": 514, "ldaps": 636, "mssql": 1433, "oracle": 1521, "nfs": 2049, "mysql": 3306, "rdp": 3389,
    "postgresql": 5432, "winrm": 5985, "redis": 6379, "kafka": 9092, "mongodb": 27017,
}  # fmt: skip
"""Ports that may be written by name. Source: IANA, Service Name and Transport Protocol Port Number Registry, and the
products' own defaults; the names are those in use."""
_LAST_PORT, _LAST_PROTOCOL = 65_535, 255
_RANGE: Final = re.compile(r"\s*([0-9]{1,9})\s*(?:[-\u2013:]|\.\.)\s*([0-9]{1,9})\s*")


class Wrong(ValueError):  # noqa: N818 - it is caught where the line is known, and never seen
    """A term that is not understood: what is wrong with it, and how it is written."""


def nearest(name: str, names: tuple[str, ...]) -> str:
    """Return the end of a sentence: the question whether another name was meant, if there is one."""
    close = get_close_matches(name[:99].lower(), names, n=1)
    return f"; did you mean {close[0]!r}?" if close else "."


def ports(text: str) -> tuple[int, int]:
    """Return the range that a port, a range of ports or a service's name stands for.

    >>> ports("443"), ports("8000-8100"), ports("postgresql")
    ((443, 443), (8000, 8100), (5432, 5432))
    """
    if text.lower() in SERVICES:
        return (SERVICES[text.lower()],) * 2
    if found := _RANGE.fullmatch(text):
        low, high = int(found[1]), int(found[2])
        if low > high:
            raise Wrong(f"the range of ports {brief(text)!r} runs backwards. Write {high}-{low}.")
    elif text.isascii() and text.isdecimal() and len(text) <= 9:  # noqa: PLR2004 - more is no port
        low = high = int(text)
    else:
        raise Wrong(f"{brief(text)!r} is no port{_meant(text)} {_PORT_STEP}")
    if not 1 <= low <= high <= _LAST_PORT:
        raise Wrong(f"{brief(text)!r} is no port: ports go from 1 to {_LAST_PORT}. {_PORT_STEP}")
    return low, high


_PORT_STEP: Final = "Write ports as [443, 8000-8100], or by name, such as https; leave `ports` out for all."


def _meant(text: str) -> str:
    if "," in text or ";" in text:
        return f"; did you mean [{', '.join(re.findall('[0-9]+(?:-[0-9]+)?', text[:99]))}]?"
    digits = re.sub("[^0-9-]", "", text[:99])
    return f"; did you mean {digits}?" if re.fullmatch("[0-9]{2,5}", digits) else nearest(text, tuple(SERVICES))


def protocol(text: str) -> int:
    """Return the IANA number that a protocol's name or number stands for."""
    if text.lower() in PROTOCOLS:
        return PROTOCOLS[text.lower()]
    if text.isascii() and text.isdecimal() and len(text) <= 3 and int(text) <= _LAST_PROTOCOL:  # noqa: PLR2004 - 0-255
        return int(text)
    raise Wrong(
        f"no protocol is called {brief(text)!r}{nearest(text, tuple(PROTOCOLS))} Write tcp, udp, icmp, icmpv6 or an "
        "IANA number; leave `protocol` out for all."
    )


def cidr(text: str) -> str:
    """Return a block in its canonical spelling; a bare address is a block of one."""
    canonical = None if "%" in text else block(text)
    if canonical is None:
        raise Wrong(f"{brief(text)!r} is no CIDR block. Write one such as 10.20.0.0/24 or 2001:db8::/56.")
    try:
        ip_network(text)
    except ValueError:
        raise Wrong(f"{brief(text)!r} is an address within a block, not a block. Write {canonical}.") from None
    return canonical


def day(text: str) -> date:
    """Return a date written as 2027-01-31."""
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise Wrong(f"{brief(text)!r} is no date. Write year, month and day, such as 2027-01-31.")
