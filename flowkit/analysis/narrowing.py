"""The narrower rule that would have admitted the same traffic as a wide one did."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Final, NamedTuple

from flowkit.inventory.packets import WITH_PORTS, Span, merged
from flowkit.inventory.rules import AclEntry, GroupRule

_MOST_SPANS: Final = 4
"""More spans of ports than that become the one that covers them all."""
_WIDEST: Final = {4: 8, 6: 32}
"""A block shorter than this says no more than "anybody": the rule's own stays."""


class Use(NamedTuple):
    """What a rule was used for: the other end, the protocol, and the port or None where it is not to be narrowed."""

    peer: str
    protocol: int
    port: int | None


def narrower(rule: GroupRule | AclEntry, uses: Iterable[Use]) -> tuple[GroupRule | AclEntry, ...]:
    """Return the rules that admit what *rule* admitted, and less besides; none where it is not wider than its use."""
    by_protocol: dict[int, list[Use]] = defaultdict(list)
    for use in uses:
        by_protocol[use.protocol].append(use)
    cidr = _covering({use.peer for used in by_protocol.values() for use in used}, rule.cidr)
    found = tuple(
        _narrowed(rule, protocol, span, cidr)
        for protocol, used in sorted(by_protocol.items())
        for span in _spans(rule, protocol, used)
    )
    return () if not found or (len(found) == 1 and found[0].scope == rule.scope) else found


def _narrowed(rule: GroupRule | AclEntry, protocol: int, span: Span | None, cidr: str) -> GroupRule | AclEntry:
    first, last = span or (rule.first, rule.last)
    return replace(rule, protocol=protocol, first=first, last=last, cidr=cidr)


def _spans(rule: GroupRule | AclEntry, protocol: int, used: list[Use]) -> tuple[Span | None, ...]:
    """Return the ports used; None for the rule's own."""
    if protocol not in WITH_PORTS or any(use.port is None for use in used):
        same = rule.protocol == protocol
        return (None,) if same else ((0, 65535),) if protocol in WITH_PORTS else ((-1, -1),)
    spans = merged((use.port, use.port) for use in used if use.port is not None)
    return spans if len(spans) <= _MOST_SPANS else ((spans[0][0], spans[-1][1]),)


def _covering(peers: set[str], cidr: str) -> str:
    """Return the smallest block that holds all peers, the rule's own where that says little more than anybody."""
    if not cidr or not peers:
        return cidr
    numbers = [ip_address(peer) for peer in peers]
    version, bits = numbers[0].version, numbers[0].max_prefixlen
    low, high = min(map(int, numbers)), max(map(int, numbers))
    length = bits - (low ^ high).bit_length()
    if any(one.version != version for one in numbers) or length < max(_WIDEST[version], ip_network(cidr).prefixlen):
        return cidr
    return str(ip_network(f"{min(numbers, key=int)}/{length}", strict=False))
