"""Staging: what a host collected from others inside before it sent something elsewhere."""

from typing import Any, Final

import pandas as pd

from flowkit.analysis.calls import INSIDE, calls, told
from flowkit.playbooks.hunting import Hunt

_LEAST: Final = 0.5
"""Of what was sent: less collected before is no staging of it."""
_MOST: Final = 5


def staged(case: Hunt, host: str, before: pd.Timestamp, bytes_out: int) -> pd.DataFrame:
    """Return from whom a host collected data inside before it sent so much elsewhere.

    Parameters
    ----------
    case
        The hunt.
    host
        Who sent it.
    before
        When the sending began, UTC.
    bytes_out
        How much it sent (B).

    Returns
    -------
    DataFrame
        `source` (inside), `bytes` (B), `first`, `last` (UTC), most first, at most 5; empty where less than half of what
        was sent was collected: then it was not staged, or before the log begins.
    """
    table = calls(case.flows)
    ids = _ids(case, host)
    within = table.filter((table.client_place == INSIDE) & (table.server_place == INSIDE))
    within = within.filter(within.first < int(before.timestamp()))
    got = within.filter(within.client.isin(ids)).select("first", "last", source="server", bytes="bytes_to_client")
    pushed = within.filter(within.server.isin(ids)).select("first", "last", source="client", bytes="bytes_to_server")
    both = got.union(pushed)
    grouped = both.group_by("source").agg(bytes=both.bytes.sum(), first=both.first.min(), last=both["last"].max())
    frame = told(case.flows, grouped, "source").sort_values(
        ["bytes", "first", "source"], ascending=[False, True, True], ignore_index=True
    )
    columns = ["source", "bytes", "first", "last"]
    return frame[columns].head(_MOST) if frame.bytes.sum() >= _LEAST * bytes_out else frame[columns].head(0)


def _ids(case: Hunt, host: str) -> list[Any]:
    table = case.flows.identities.table
    return [int(one) for one in table.index[table.address == host]]
