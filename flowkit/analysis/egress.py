"""What left the network, to whom."""

from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis.calls import undecided
from flowkit.analysis.caption import COUNTED, Count, captioned, checked_count
from flowkit.analysis.other import checked
from flowkit.flows import Flows
from flowkit.wording import several

_HOUR: Final = 3600
_TOP: Final = 1000


def egress_volume(flows: Flows, *, top: int = _TOP, count: Count = "once") -> pd.DataFrame:
    """Sum what each inside address sent to each peer that is not inside, and what came back.

    Parameters
    ----------
    flows
        Records already scoped.
    top
        How many pairs at most, those with most bytes out; ``attrs["left_out"]`` counts the others.
    count
        ``once``: of the same traffic seen at several interfaces one record counts; ``as_logged``: every one.

    Returns
    -------
    DataFrame
        Most bytes out first: `address` (inside), `peer`, `place` (the peer's: ``outside``, or ``unknown``: private,
        without an interface in the log), `bytes_out` (B), `bytes_in` (B), `ratio` (out to in; null where nothing
        came in), `packets_out` (count), `packets_in` (count), `bytes_per_conversation` (B out), `conversations` (count:
        opened in scope), `active_hours` (count: hours of the clock with traffic), `first`, `last` (UTC).

    Raises
    ------
    MissingFieldError
        If the log has no addresses or no bytes.
    ScopeError
        If *top* is less than one, or *count* neither way.

    Notes
    -----
    Where an interface logged one public peer only and no direction, which end is ours cannot be told: the client is
    taken to be. Accepted records only: what was rejected did not leave. Between the true ends, packet-level where
    logged, so that traffic through a NAT gateway belongs to the host behind it.
    """
    flows = flows if count == "as_logged" else flows.at_hand
    for name in ("srcaddr", "dstaddr", "bytes"):
        flows.field(name, "telling what left")
    checked_count(count)
    pairs = flows.kept(f"egress {count}", lambda _keep: _pairs(flows, count), "adding up what left")
    rows = engine.frame(pairs.order_by(ibis.desc("bytes_out"), "address", "peer").limit(checked(top)))
    left_out = int(engine.frame(pairs.aggregate(n=_.count())).n[0]) - len(rows) if len(rows) == top else 0
    rows["ratio"] = (rows.bytes_out / rows.bytes_in.where(rows.bytes_in > 0)).astype("Float64")
    times = {name: pd.to_datetime(rows[name], unit="s", utc=True) for name in ("first", "last")}
    rows["bytes_per_conversation"] = (rows.bytes_out / rows.conversations.clip(lower=1)).round().astype("int64")
    columns = ["address", "peer", "place", "bytes_out", "bytes_in", "ratio", "packets_out", "packets_in"]
    frame = rows.assign(**times)[[*columns, "bytes_per_conversation", "conversations", "active_hours", "first", "last"]]
    rest = f"; {left_out:,} pairs with fewer are not shown" if left_out else ""
    unknown = int((frame.place == "unknown").sum())
    private = (
        f" {several(unknown, 'peer')} {'is' if unknown == 1 else 'are'} private without an interface in the log."
        if unknown
        else ""
    )
    sentence = f"Accepted bytes (B) from inside to {len(frame):,} peers that are not{rest}, {COUNTED[count]}.{private}"
    return captioned(
        frame,
        "egress_volume",
        flows,
        sentence,
        inventory=True,
        ends=("address", "peer"),
        left_out=left_out,
        count=count,
    )


def crossing(flows: Flows, count: str = "once") -> ir.Table:
    """Return what was accepted between inside and elsewhere: `own` and `other` are the ends, `left` tells the way.

    Where it is undecided which end is ours, the client is taken to be.
    """
    table = flows.counted if count == "once" else flows.facts
    table = table.filter(~table.rejected.fill_null(False))
    places = flows.identities.labels("place")
    for end in ("client", "server"):
        table = table.join(places.rename(**{end: "id", f"{end}_place": "label"}), end)
    crosses = (table.client_place == "inside") != (table.server_place == "inside")
    across = table.filter(crosses | undecided(table, flows))
    from_client = (across.client_place == "inside") | undecided(across, flows)
    sizes = {name: across[name].fill_null(0) for name in ("bytes", "packets")}
    return across.mutate(
        own=ibis.ifelse(from_client, across.client, across.server),
        other=ibis.ifelse(from_client, across.server, across.client),
        place=ibis.ifelse(from_client, across.server_place, across.client_place),
        left=across.to_server == from_client,
        **sizes,
    )


def each_way(table: ir.Table) -> dict[str, ir.Value]:
    """Return what to sum of `crossing`: bytes and packets out and in."""
    return {
        f"{name}_{way}": ibis.ifelse(went, table[name], table[name] * 0).sum().cast("int64")
        for name in ("bytes", "packets")
        for way, went in (("out", table.left), ("in", ~table.left))
    }


def _pairs(flows: Flows, count: str) -> ir.Table:
    table, names = crossing(flows, count), flows.identities.labels("address")
    grouped = table.group_by("own", "other", "place").agg(
        **each_way(table),
        conversations=(table.opens > 0).sum(),
        active_hours=(table.start // _HOUR).nunique(),
        first=table.start.min(),
        last=table.end.max(),
    )
    named = grouped.filter(grouped.bytes_out > 0).join(names.rename(own="id", address="label"), "own")
    return named.join(names.rename(other="id", peer="label"), "other").drop("own", "other")
