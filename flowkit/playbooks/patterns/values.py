"""Which client or server fails, or which subnet or zone of either."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from flowkit.inventory.text import shown
from flowkit.playbooks.patterns.judged import Judged
from flowkit.playbooks.patterns.splits import OTHER, USUAL, Split, best_values

_LEVELS: Final = (("{}", "{}"), ("{}_interface", "{}"), ("{}_subnet", "subnet"), ("{}_zone", "zone"))
"""Columns and their patterns, from the particular to the general."""
_GENERAL: Final = {"subnet": 0.5, "zone": 1.0}
_NAMED: Final = 3
_MOST: Final = 0.5
_ALWAYS: Final = 0.9


def values(attempts: Judged) -> Iterator[Split | None]:
    """Yield what fails of the servers, their subnets and zones, and of the clients.

    Of several that part the attempts alike, the most particular one of which a single value fails stands for all:
    a subnet is to blame only if several of its hosts fail.
    """
    for end in ("server", "client"):
        alone: list[Split] = []
        for column, pattern in _LEVELS:
            found = _failing(attempts, column.format(end), pattern.format(end), end)
            if found and any(np.array_equal(found.inside, one.inside) for one in alone):
                found = None
            if found and len(found.detail["values"]) == 1:
                alone.append(found)
            yield found


def holder(attempts: Judged, found: Sequence[Split]) -> Split | None:
    """Return the one of *found* that most failures belong to, and that works at times: more must decide there."""
    best, most = None, 0.0
    for one in found:
        inside, failed = int(one.inside.sum()), int((one.inside & attempts.failed).sum())
        worth = float(attempts.counts.settled(inside, failed)) - one.ways - one.less_likely
        if failed >= _MOST * attempts.counts.failures and failed < _ALWAYS * inside and worth > most:
            best, most = one, worth
    return best


def _failing(attempts: Judged, column: str, pattern: str, end: str) -> Split | None:
    codes, texts = attempts.codes(column)
    found = best_values(codes, len(texts), attempts.failed, attempts.counts)
    if found is None:
        return None
    chosen, ways = found
    names = sorted(shown(texts[code]) for code in chosen)
    if "" in names:
        return None
    listed = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    way = "to" if end == "server" else "from"
    what = {"subnet": "subnet ", "zone": "zone "}.get(pattern, "")
    detail = {"value": names[0] if len(names) == 1 else listed, "values": names, "end": end, "column": column}
    subject = f"attempts {way} {what}{listed}"
    share = USUAL if column == end else OTHER
    return Split(pattern, subject, np.isin(codes, chosen), ways, detail, _GENERAL.get(pattern, 0.0), share)
