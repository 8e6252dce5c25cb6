"""Whether the parts of a policy fit each other: pairs of a line and what is wrong there with what to do."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from itertools import combinations
from typing import Final

from flowkit.errors import PolicyError
from flowkit.inventory.text import brief
from flowkit.policy.terms import PORTED, nearest
from flowkit.policy.values import PREDEFINED, Exemption, Policy, Rule, Segment

Problem = tuple[int | None, str]
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_LAST_PORT: Final = 65_535
_IPV4: Final = 4
MOST_SEGMENTS: Final = 1000
"""Pairs of segments are worked with, a million of them at most."""


def checked(policy: Policy) -> Policy:
    """Return a policy whose parts fit each other.

    Raises
    ------
    PolicyError
        If they do not.
    """
    if found := list(problems(policy)):
        raise PolicyError.found(policy.source, found)
    return policy


def problems(policy: Policy) -> Iterator[Problem]:
    """Yield what is wrong, by line."""
    found = [*_of_segments(policy), *independent(policy), *_of_services(policy)]
    found += _idle(policy) if not found else ()
    yield from sorted(found, key=lambda problem: problem[0] or 0)


def independent(policy: Policy) -> Iterator[Problem]:
    """Yield what is wrong even if other parts could not be read: overlapping blocks, unknown segments."""
    yield from _overlaps(policy.segments)
    yield from _unknown(policy)


def _at(line: int | None) -> str:
    return f" (line {line})" if line else ""


def _of_segments(policy: Policy) -> Iterator[Problem]:
    if not policy.name:
        yield policy.line, "the policy has no name. Give it one."
    if not policy.segments:
        yield policy.line, "the policy has no segments, so there is nothing to check. Add one: name: {cidr: [...]}."
    if len(policy.segments) > MOST_SEGMENTS:
        yield policy.line, f"{len(policy.segments):,} segments are more than {MOST_SEGMENTS:,}. Join some of them."
    seen: dict[str, Segment] = {}
    for segment in policy.segments:
        name = brief(segment.name)
        if segment.name in PREDEFINED:
            yield segment.line, f"{name!r} is predefined, and cannot be set. Choose another name."
        elif not _NAME.fullmatch(segment.name):
            step = "Begin with a letter or digit; letters, digits, _ . and - may follow, 64 in all."
            yield segment.line, f"{name!r} is no name of a segment. {step}"
        elif segment.name in seen:
            yield segment.line, f"{name!r} stands there twice{_at(seen[segment.name].line)}. Rename or remove one."
        if not (segment.cidr or segment.subnet or segment.group or segment.tag):
            step = "Say what belongs to it by cidr, subnet, group or tag, or remove it."
            yield segment.line, f"the segment {name!r} is empty. {step}"
        seen[segment.name] = segment
    yield from _shared(policy.segments)


def _shared(segments: tuple[Segment, ...]) -> Iterator[Problem]:
    """Name subnets and groups that two segments claim; who is in two by other means is seen when flows are checked."""
    for kind in ("subnet", "group"):
        owner: dict[str, Segment] = {}
        for segment in segments:
            for one in getattr(segment, kind):
                if (other := owner.setdefault(one, segment)) is not segment:
                    told = f"the {kind} {brief(one)!r} stands in {brief(segment.name)!r} and in {brief(other.name)!r}"
                    yield segment.line, f"{told}{_at(other.line)}, and an address lies in one segment only. Keep one."


def _overlaps(segments: tuple[Segment, ...]) -> Iterator[Problem]:
    """Go through all blocks by their first address: one that begins before the widest so far ends overlaps it."""
    spans = sorted(
        (_span(network), at) for at, segment in enumerate(segments) for network in map(ip_network, segment.cidr)
    )
    widest: tuple[tuple[int, int, int], int] | None = None
    for span, at in spans:
        beyond = widest is None or widest[0][0] != span[0] or -widest[0][2] < span[1]
        if widest is None or beyond:
            widest = span, at
            continue
        if widest[1] != at:  # blocks never overlap in part: this one lies in the widest
            segment, other = segments[at], segments[widest[1]]
            yield (
                segment.line,
                (
                    f"{_block(span)} of {brief(segment.name)!r} overlaps {_block(widest[0])} of {brief(other.name)!r}"
                    f"{_at(other.line)}, and an address lies in one segment only. Make one of the blocks smaller."
                ),
            )


def _span(block: IPv4Network | IPv6Network) -> tuple[int, int, int]:
    """Return family, first and minus the last address: of two that begin alike the wider sorts first."""
    return block.version, int(block.network_address), -int(block.broadcast_address)


def _block(span: tuple[int, int, int]) -> str:
    version, first, last = span
    address, bits = (IPv4Address(first), 32) if version == _IPV4 else (IPv6Address(first), 128)
    return f"{address}/{bits - (-last - first).bit_length()}"


def _unknown(policy: Policy) -> Iterator[Problem]:
    places = policy.places
    for service in policy.services:
        for name in dict.fromkeys((*service.clients, *service.servers)):
            if name not in places:
                named = ", ".join(map(brief, places[:20]))
                yield service.line, f"no segment is called {brief(name)!r}{nearest(name, places)} There are: {named}."


def _of_services(policy: Policy) -> Iterator[Problem]:
    """Refuse what only a policy put together in code can have; a file's terms are checked where they are read."""
    for service in policy.services:
        if not service.clients or not service.servers:
            yield service.line, "a rule names no client or no server. Name a segment on either side."
        if any(not 1 <= low <= high <= _LAST_PORT for low, high in service.ports):
            yield service.line, f"ports go from 1 to {_LAST_PORT}, the lower end of a range first. Write (443, 443)."
        if service.ports and not (service.protocols and set(service.protocols) <= set(PORTED)):
            yield service.line, "ports go with a protocol that has ports. Give protocols=(6,) for TCP."
        if isinstance(service, Exemption) and not (service.owner and service.why):
            yield service.line, "an exception needs an owner and a reason. Add them."


def _idle(policy: Policy) -> Iterator[Problem]:
    """Name each rule of which another takes all: a denial before what it allows, or an earlier one of its kind."""
    ordered = policy.ordered
    for first, second in combinations(ordered, 2):
        if _covers(first, second):
            does = "denies" if first.action == "deny" else "allows"
            why = "" if first.action == second.action else "; what denies comes before what allows"
            at = f"the one on line {first.line}" if first.line else f"'{first}'"
            yield second.line, f"this rule can never decide: {at} {does} all of it already{why}. Remove one of them."


def _covers(whole: Rule, part: Rule) -> bool:
    """Tell whether one rule takes all that another would."""
    return (
        set(part.clients) <= set(whole.clients)
        and set(part.servers) <= set(whole.servers)
        and (not whole.protocols or (bool(part.protocols) and set(part.protocols) <= set(whole.protocols)))
        and (not whole.ports or (bool(part.ports) and all(_within(ports, whole) for ports in part.ports)))
    )


def _within(ports: tuple[int, int], rule: Rule) -> bool:
    return any(low <= ports[0] and ports[1] <= high for low, high in rule.ports)
