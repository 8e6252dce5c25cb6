"""Failures after a long quiet on the same ports: something between forgot the connection."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from flowkit.playbooks.patterns.judged import Judged
from flowkit.playbooks.patterns.splits import USUAL, Split, best_cut

_SHORTEST: Final = 20.0
_KNOWN: Final = (30, 60, 120, 180, 300, 350, 3600, 432_000)
"""Idle time-outs that AWS documents [s]: UDP 30, UDP streams 180, NAT gateways, Network and Gateway Load Balancers and
newer instances 350, other load balancers 60, security groups 432,000 for TCP; and those that hosts are often set to."""
_ENDED: Final = frozenset({"rejected", "refused"})


def idle(attempts: Judged) -> Iterator[Split | None]:
    """Yield the quiet [s] from which on attempts fail; none is counted as no quiet."""
    quiet = np.nan_to_num(attempts.number("idle_before"), nan=0.0)
    found = best_cut(quiet, attempts.failed, attempts.counts)
    if found is None:
        yield None
        return
    before, order, ways = found
    longest, shortest = float(quiet[order[before - 1]]), float(quiet[order[before]])
    if shortest < _SHORTEST:
        yield None
        return
    told = max((known for known in _KNOWN if longest < known <= shortest), default=round(shortest))
    inside = quiet >= shortest
    ended = attempts.mostly(inside, "outcome", _ENDED) or attempts.mostly(inside, "reset_by", frozenset({"server"}))
    subject = f"attempts after at least {told:,} s of quiet on the same ports"
    detail = {"idle_seconds": told, "between": (longest, shortest)}
    yield Split("idle", subject, inside, ways, detail, 0.0 if ended else 3.0, USUAL)
