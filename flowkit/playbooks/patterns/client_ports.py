"""Ranges of client ports that fail: an ACL that lets replies back to part of the ephemeral ports only."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from flowkit.inventory.packets import LAST_PORT
from flowkit.inventory.snapshot import Snapshot
from flowkit.playbooks.patterns.chance import Flags, Whole
from flowkit.playbooks.patterns.judged import Judged
from flowkit.playbooks.patterns.splits import USUAL, Ranges, Split, best_ranges

_NAMED: Final = (1024, 5001, 32768, 49152, 61000, 61001)
"""Where ranges of client ports that systems use and that rules are written for begin or end: 1024-65535 (NAT gateways,
load balancers, Lambda), 1025-5000 (old Windows), 32768-60999 and 32768-61000 (Linux), 49152-65535 (IANA, Windows)."""
_REPLY: Final = frozenset({"destination_egress", "source_ingress"})
_UNUSUAL: Final = 4.0
_MOST_RANGES: Final = 3
_NOT_BY_RULE: Final = 8.0

Span = tuple[int, int]


def client_ports(attempts: Judged, snapshot: Snapshot | None, part: Split | None) -> Iterator[Split | None]:
    """Yield the ranges of client ports that fail: between ports that rules are written for, and any.

    They are looked for within the *part* that holds the failures, if any, too: a rule is that of one subnet.
    """
    numbers = attempts.number("client_port")
    ports = np.where((numbers > 0) & (numbers <= LAST_PORT), numbers, -1).astype(np.int64)
    edges = np.array(sorted({0, *_NAMED, *_of_rules(snapshot)}), dtype=np.int64)
    yield _usual(attempts, ports, edges)
    if part:
        found_within = _usual(attempts, np.where(part.inside, ports, -1), edges)
        yield found_within and found_within.within(part)
    distinct, cells = np.unique(ports, return_inverse=True)
    none = int(np.count_nonzero(distinct < 0))
    found = best_ranges(cells - none, len(distinct) - none, attempts.failed, attempts.counts)
    if found is None or len(found.runs) > _MOST_RANGES:
        yield None
    else:
        less_likely = _UNUSUAL + _less_likely(attempts, found.inside)
        yield _split(found, _told(found, distinct[none:], edges), less_likely)


def _usual(attempts: Judged, ports: Whole, edges: Whole) -> Split | None:
    """Return the ranges that fail, of those between *edges*."""
    places = np.where(ports < 0, -1, np.searchsorted(edges, ports, side="right") - 1)
    held, cells = np.unique(places, return_inverse=True)
    none = int(np.count_nonzero(held < 0))
    found = best_ranges(cells - none, len(held) - none, attempts.failed, attempts.counts)
    if found is None or len(found.runs) > _MOST_RANGES:
        return None
    ends, held = np.append(edges[1:], LAST_PORT + 1), held[none:]
    ranges = [(int(edges[held[a]]), int(ends[held[b]]) - 1) for a, b in found.runs]
    return replace(_split(found, ranges, _less_likely(attempts, found.inside)), share=USUAL)


def _split(found: Ranges, ranges: list[Span], less_likely: float) -> Split:
    named = ", ".join(f"{first}-{last}" if first < last else str(first) for first, last in ranges)
    detail = {"ports": ranges[0], "ranges": ranges}
    return Split("client_ports", f"client ports {named}", found.inside, found.ways, detail, less_likely)


def _told(found: Ranges, distinct: Whole, edges: Whole) -> list[Span]:
    """Return the ranges as ports; an end that may lie at a usual one, for all that was seen, is said to lie there."""
    told = []
    for a, b in found.runs:
        first, last = int(distinct[min(a, len(distinct) - 1)]), int(distinct[min(b, len(distinct) - 1)])
        before = int(distinct[a - 1]) if a else 0
        after = int(distinct[b + 1]) if b + 1 < len(distinct) else LAST_PORT + 1
        low = [edge for edge in edges.tolist() if before < edge <= first]
        high = [edge - 1 for edge in [*edges.tolist(), LAST_PORT + 1] if last < edge <= after]
        told.append((max(low, default=first), min(high, default=last)))
    return told


def _less_likely(attempts: Judged, inside: Flags) -> float:
    """Return how unlike a rule about replies it is: those reject the reply, and never make the server refuse."""
    if attempts.mostly(inside, "stopped_at", _REPLY):
        return 0.0
    return _NOT_BY_RULE if attempts.mostly(inside, "outcome", frozenset({"refused"})) else 1.0


def _of_rules(snapshot: Snapshot | None) -> set[int]:
    """Return the ports at which an entry of an ACL begins to decide, or ends to."""
    entries = [entry for acl in snapshot.acls for entry in acl.entries] if snapshot else []
    spans = {(one.first, one.last) for one in entries if one.first is not None and one.last is not None}
    ends = {port for first, last in spans if first < last for port in (first, last + 1)}
    return {port for port in ends if 0 < port <= LAST_PORT}
