"""Calls: conversations with the places of their ends, which is what detectors look at."""

from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis.conversing import STATES, event_table
from flowkit.flows import Flows

INSIDE: Final = "inside"
ESTABLISHED, REFUSED, RESET, UNANSWERED, ONE_WAY, CONTINUING = range(len(STATES))
"""Numbers of `STATES`, as `state` of a call has them."""
FAILED: Final = (REFUSED, UNANSWERED)
"""States of calls that came to nothing."""


def calls(flows: Flows) -> ir.Table:
    """Return a row per conversation, worked out once for these flows and kept in the engine.

    Parameters
    ----------
    flows
        Records already scoped.

    Returns
    -------
    Table
        `client`, `server` (numbers, see `named`), `client_port`, `server_port` (-1 without), `protocol` (IANA number),
        `first`, `last` (s since 1970), `opens` (number of `HOW`), `state` (number of `STATES`), `bytes_to_server`,
        `bytes_to_client` (B), `packets_to_server`, `packets_to_client`, `records`, `accepted`, `rejected` (count),
        `client_place`, `server_place` (``inside``, ``outside``, ``unknown``).

    Raises
    ------
    MissingFieldError
        If the log has no addresses.
    """
    return flows.kept("calls", lambda _keep: _placed(flows), "joining conversations")


def _placed(flows: Flows) -> ir.Table:
    table, places = event_table(flows), flows.identities.labels("place")
    for end in ("client", "server"):
        table = table.join(places.rename(**{end: "id", f"{end}_place": "label"}), end)
    sizes = {name: table[name].fill_null(0) for name in table.columns if name.startswith(("bytes_", "packets_"))}
    return table.mutate(**sizes)


def undecided(table: ir.Table, flows: Flows) -> ir.BooleanValue:
    """Tell where one of `client` and `server` is ours, and the log does not say which: either may be."""
    ids = sorted(flows.identities.undecided)
    return table.client.isin(ids) & table.server.isin(ids) if ids else ibis.literal(False)


def outward(flows: Flows) -> ir.Table:
    """Return the calls from inside to elsewhere: `host` is the inside end, `peer` the other.

    Where it is undecided which end is ours, the client is taken to be: who is called is rather a service.
    """
    table = calls(flows)
    leaves = (table.client_place == INSIDE) & (table.server_place != INSIDE)
    return table.filter(leaves | undecided(table, flows)).mutate(host=_.client, peer=_.server, place=_.server_place)


def inward(flows: Flows) -> ir.Table:
    """Return the calls from elsewhere to inside: `host` is the inside end, `peer` the other."""
    return (
        calls(flows)
        .filter((_.client_place != INSIDE) & (_.server_place == INSIDE))
        .mutate(host=_.server, peer=_.client, place=_.client_place)
    )


def named(flows: Flows, table: ir.Table, *ends: str) -> ir.Table:
    """Put addresses in the place of their numbers."""
    addresses = flows.identities.labels("address")
    for end in ends:
        table = table.join(addresses.rename(**{end: "id", f"{end}_address": "label"}), end).drop(end)
        table = table.rename(**{end: f"{end}_address"})
    return table


def told(flows: Flows, table: ir.Table, *ends: str) -> pd.DataFrame:
    """Run a query about calls: addresses in the place of the numbers of *ends*, times in that of seconds."""
    frame = engine.frame(named(flows, table, *ends))
    times = [name for name in ("first", "last") if name in frame]
    return frame.assign(**{name: pd.to_datetime(frame[name], unit="s", utc=True) for name in times})


def failed(table: ir.Table) -> ir.BooleanValue:
    """Tell which calls came to nothing: rejected, refused or unanswered."""
    return table.state.isin(FAILED) | (table.accepted == 0)


def median_of(values: ir.NumericColumn) -> ir.NumericScalar:
    """Return the median, worked out alike on every engine."""
    return values.quantile(0.5)
