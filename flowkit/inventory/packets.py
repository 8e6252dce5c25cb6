"""What a rule looks at of packets: the address at the other end, the protocol, and a span of ports or ICMP types."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Final, NamedTuple

from flowkit.fields import PROTOCOLS

ANY: Final = -1
"""The protocol number with which rules say "all protocols"."""
ICMP: Final = PROTOCOLS["icmp"]
TCP: Final = PROTOCOLS["tcp"]
UDP: Final = PROTOCOLS["udp"]
ICMPV6: Final = PROTOCOLS["icmpv6"]
WITH_PORTS: Final = frozenset({TCP, UDP})
"""The protocols of which AWS's rules look at ports; of all others a rule means every packet."""
LAST_PORT: Final = 65535
ALL: Final = (0, LAST_PORT)
_ECHO: Final = {ICMP: (8 << 8, 0), ICMPV6: (128 << 8, 129 << 8)}
_NAMES: Final = {number: name.upper() for name, number in PROTOCOLS.items()} | {ANY: "all protocols", ICMPV6: "ICMPv6"}
_SUFFIX: Final = 0xFF

Span = tuple[int, int]
"""The first and the last port; of ICMP, each type and code as ``type * 256 + code``."""


class Block(NamedTuple):
    """A CIDR block as numbers, so that thousands of addresses are compared quickly."""

    version: int
    network: int
    mask: int

    def holds(self, address: tuple[int, int]) -> bool:
        """Tell whether it holds an address, given as `parsed`."""
        return self.version == address[0] and self.network == address[1] & self.mask


class Packets(NamedTuple):
    """Packets as one gate sees them.

    Attributes
    ----------
    peer
        The address at the other end: the source of packets coming in, the destination of those going out.
    protocol
        IANA protocol number.
    span
        Their destination ports; of ICMP their types and codes.
    """

    peer: str
    protocol: int
    span: Span = ALL


@lru_cache(maxsize=2**16)
def parsed(address: str) -> tuple[int, int]:
    """Return the version and the number of an address."""
    found = ip_address(address)
    return found.version, int(found)


@lru_cache(maxsize=2**14)
def block(cidr: str) -> Block:
    """Return a CIDR block as numbers."""
    found = ip_network(cidr, strict=False)
    return Block(found.version, int(found.network_address), int(found.netmask))


def protocol_number(text: str) -> int | None:
    """Return the IANA number of a protocol, written as name or number, or None if it is none.

    >>> protocol_number("TCP"), protocol_number("17"), protocol_number("-1"), protocol_number("tpc")
    (6, 17, -1, None)
    """
    written = text.strip().lower()
    if written in ("-1", "all"):
        return ANY
    if written.isascii() and written.isdigit():
        return int(written) if int(written) <= _SUFFIX else None
    return PROTOCOLS.get(written)


def rule_span(protocol: int, first: int | None, last: int | None) -> Span:
    """Return the ports that a rule of a protocol means: none or -1 means all of them.

    Of ICMP, *first* is the type and *last* the code. AWS documents that a rule for another protocol than
    TCP, UDP, ICMP and ICMPv6 means all its packets, whatever ports stand in it.

    >>> rule_span(6, 443, 443), rule_span(1, -1, -1), rule_span(1, 8, -1), rule_span(47, 10, 20)
    ((443, 443), (0, 65535), (2048, 2303), (0, 65535))
    """
    if first is None or first < 0:
        return ALL
    if protocol in WITH_PORTS:
        return ALL if last is None or last < 0 else (first, last)
    if protocol not in _ECHO:
        return ALL
    exact = last is not None and last >= 0
    return first << 8 | (last or 0 if exact else 0), first << 8 | (last or 0 if exact else _SUFFIX)


def asked_spans(protocol: int, port: Span, client_ports: Span) -> tuple[Span, Span]:
    """Return the spans of the packets of a question and of their replies; of ICMP those of a ping."""
    if protocol in WITH_PORTS:
        return port, client_ports
    echo = _ECHO.get(protocol)
    return ((echo[0], echo[0]), (echo[1], echo[1])) if echo else (ALL, ALL)


def protocol_name(protocol: int) -> str:
    """Return a protocol as people write it.

    >>> protocol_name(6), protocol_name(58), protocol_name(254)
    ('TCP', 'ICMPv6', 'protocol 254')
    """
    return _NAMES.get(protocol, f"protocol {protocol}")


def port_words(spans: Iterable[Span]) -> str:
    """Return ports as words.

    >>> port_words([(443, 443)]), port_words([(1, 2), (5, 9)])
    ('port 443', 'ports 1-2 and 5-9')
    """
    listed = [str(first) if first == last else f"{first}-{last}" for first, last in spans]
    if listed in ([], [f"0-{LAST_PORT}"]):
        return "all ports" if listed else "no port"
    plural = len(listed) > 1 or "-" in listed[0]
    joined = " and ".join(filter(None, (", ".join(listed[:-1]), listed[-1])))
    return f"{'ports' if plural else 'port'} {joined}"


def span_words(protocol: int, spans: Iterable[Span]) -> str:
    """Return a protocol with its ports, or with its ICMP type, as words.

    >>> span_words(6, [(443, 443)]), span_words(1, [(2048, 2048)]), span_words(-1, [(0, 65535)])
    ('TCP port 443', 'ICMP type 8 code 0', 'all protocols')
    """
    name, known = protocol_name(protocol), list(spans)
    if protocol in WITH_PORTS:
        return f"{name} {port_words(known)}"
    if protocol not in _ECHO or known == [ALL]:
        return name
    return f"{name} " + " and ".join(map(_icmp, known))


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return spans in order, those that touch or overlap as one."""
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


def common(one: Iterable[Span], other: Iterable[Span]) -> tuple[Span, ...]:
    """Return the ports that are in both."""
    others = list(other)
    pairs = ((max(a, c), min(b, d)) for a, b in one for c, d in others)
    return merged((first, last) for first, last in pairs if first <= last)


def without(spans: Iterable[Span], taken: Span) -> list[Span]:
    """Return spans less another one."""
    first, last = taken
    found = []
    for low, high in spans:
        if last < low or high < first:
            found.append((low, high))
            continue
        found += [(low, first - 1)] if low < first else []
        found += [(last + 1, high)] if last < high else []
    return found


def _icmp(span: Span) -> str:
    kind, code = span[0] >> 8, span[0] & _SUFFIX
    return f"type {kind}" if span[1] - span[0] == _SUFFIX else f"type {kind} code {code}"
