"""Large packets that do not pass, while small ones do."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from flowkit.playbooks.patterns.judged import Judged
from flowkit.playbooks.patterns.splits import Split, best_cut

_SMALLEST: Final = 400.0


def packet_size(attempts: Judged) -> Iterator[Split | None]:
    """Yield the mean packet size [bytes], the larger one of both ways, from which on attempts fail."""
    sizes = np.zeros(len(attempts.failed))
    for way in ("server", "client"):
        packets = attempts.number(f"packets_to_{way}")
        mean = attempts.number(f"bytes_to_{way}") / np.where(packets > 0, packets, np.nan)
        sizes = np.fmax(sizes, mean)
    found = best_cut(sizes, attempts.failed, attempts.counts)
    smallest = float(sizes[found[1][found[0]]]) if found else 0.0
    if found is None or smallest < _SMALLEST:
        yield None
        return
    subject = f"attempts with packets of {smallest:,.0f} bytes or more on average"
    detail = {"bytes_per_packet": round(smallest)}
    yield Split("packet_size", subject, sizes >= smallest, found[2], detail, 2.0)
