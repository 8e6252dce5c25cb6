"""What moved, with all by which its way is told: the ends, the path, the route, the gateways that saw it."""

from dataclasses import replace
from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis import transfer_routes as routes
from flowkit.analysis.transfer_ends import LIKELY, NOT, OF_END, SURE, Ends
from flowkit.analysis.transfer_paths import UNTOLD, moved
from flowkit.flows import Flows
from flowkit.keeping import Keep
from flowkit.meaning.counted import SET_ASIDE

_NOBODY: Final = -1
SITUATION: Final = {
    "client_alike": _NOBODY, "server_alike": _NOBODY, "to_server": False, "path": UNTOLD, "hop": "",
    "route": routes.NONE, "seen_nat": _NOBODY, "seen_transit": _NOBODY, "leg": _NOBODY,
}  # fmt: skip
"""What decides about the way, and what each is where nothing tells: numbers of `transfer_ends`, the direction, path and
hop (see `transfer_paths`), the route (`transfer_routes`), the gateways whose interfaces saw it, and the NAT gateway to
whose own address the client sends. A column is only there where something tells."""
_ALIKE: Final = 0.9
"""Share of the bytes out and in that have to agree for an address to be a relay: windows cut at the log's ends."""


def situated(flows: Flows, known: Ends, keep: Keep, split: int) -> tuple[ir.Table, Ends]:
    """Return what moved (see `transfer_paths.moved`) with the columns of `SITUATION`, and the ends, relays among them.

    Where nothing tells of NAT gateways and records have no packet addresses, those that hand on what they get are taken
    for them.
    """
    table = moved(flows, keep, split)
    told = {"pkt_srcaddr", "pkt_dstaddr"} <= set(flows.fields) or (known.gateways.kind == "nat_gateway").any()
    if not told:
        table = keep(table)
        known = _with_relays(known, _relays(_placed(table, known)))
    for end in ("client", "server"):
        table = table.join(known.numbers.rename(**{end: "id", f"{end}_alike": "alike"}), end)
    table = keep(table)
    snapshot = flows.identities.snapshot
    if snapshot is not None and snapshot.route_tables:
        table = routes.with_routes(flows, table, _to_look_up(table, known))
    for kind, name in (("nat_gateway", "seen_nat"), ("transit_gateway", "seen_transit")):
        gateways = known.gateways[known.gateways.kind == kind]
        table = table if gateways.empty else _with_seen(flows, table, gateways, name, keep)
    return _with_legs(table, known, keep), known


def situations(table: ir.Table) -> ir.Table:
    """Return each situation that occurs in what `situated` returned, once, with all columns of `SITUATION`."""
    told = table.select([name for name in SITUATION if name in table.columns]).distinct()
    return told.mutate(**{name: ibis.literal(none) for name, none in SITUATION.items() if name not in told.columns})


def _to_look_up(table: ir.Table, known: Ends) -> ir.Table:
    """Return the pairs whose way a route may tell: from inside to the outside, or to another VPC."""
    kinds = table.select("client_alike", "server_alike").distinct()
    for end in ("client", "server"):
        names = {f"{end}_alike": "alike", **{f"{end}_{name}": name for name in OF_END}}
        kinds = kinds.join(known.alike.rename(**names), f"{end}_alike")
    apart = (kinds.client_vpc != kinds.server_vpc).fill_null(True)
    open_ways = kinds.filter((kinds.client_place != "outside") & kinds.client_subnet.notnull() & apart)
    here = (open_ways.client_region == open_ways.server_region).fill_null(True)
    service = ibis.ifelse(here, open_ways.server_service, ibis.null("string"))  # an endpoint is for its own region's
    asked = open_ways.select("client_alike", "server_alike", subnet="client_subnet", service=service)
    pairs = table.select("client", "server", "client_alike", "server_alike").distinct()
    return pairs.join(asked, ["client_alike", "server_alike"]).select("client", "server", "subnet", "service")


def _with_seen(flows: Flows, table: ir.Table, gateways: pd.DataFrame, name: str, keep: Keep) -> ir.Table:
    """Add the gateway whose own interface saw a conversation between its true ends; a sure one before a likely one."""
    facts = flows.facts.filter((_.preference < SET_ASIDE) & ~_.rejected.fill_null(False))
    numbers = [int(number) for number in gateways.observer]
    sure = [int(number) for number in gateways.observer[gateways.level == SURE]]
    pairs = facts.filter(facts.observer.isin(numbers)).select("observer", "client", "server").distinct()
    first = pairs.observer.min(where=pairs.observer.isin(sure)) if sure else ibis.null("int32")
    seen = keep(pairs.group_by("client", "server").agg(**{name: ibis.coalesce(first, pairs.observer.min())}))
    joined = table.left_join(seen, ["client", "server"]).drop("client_right", "server_right")
    return joined.mutate(**{name: joined[name].cast("int64").fill_null(_NOBODY)})


def _with_legs(table: ir.Table, known: Ends, keep: Keep) -> ir.Table:
    """Add, of clients that send to a NAT gateway's own address, what that address is like."""
    gateways = known.alike.filter(_.nat > NOT).select(server_alike="alike")
    if not len(engine.frame(gateways.limit(1))):
        return table
    legs = keep(table.semi_join(gateways, "server_alike").group_by("client").agg(leg=_.server_alike.min()))
    joined = table.left_join(legs, "client").drop("client_right")
    return joined.mutate(leg=joined.leg.fill_null(_NOBODY))


def _placed(table: ir.Table, known: Ends) -> ir.Table:
    places = known.numbers.join(known.alike.select("alike", "place"), "alike").select("id", "place")
    for end in ("client", "server"):
        table = table.join(places.rename(**{end: "id", f"{end}_place": "place"}), end)
    return table


def _relays(table: ir.Table) -> list[int]:
    """Return what hands on to the outside what hosts inside send to it, by the same ports and bytes.

    So a NAT gateway looks in records without packet addresses.
    """
    keys = ["id", "server_port", "protocol", "to_server"]
    within = table.filter((table.client_place != "outside") & (table.server_place != "outside"))
    beyond = table.filter((table.client_place != "outside") & (table.server_place == "outside"))
    into = within.rename(id="server").group_by(*keys).agg(into=_.bytes.sum())
    onward = beyond.rename(id="client").group_by(*keys).agg(onward=_.bytes.sum())
    both = onward.left_join(into, keys)
    both = both.select("id", "onward", into=both.into.fill_null(0))
    same = both.mutate(less=ibis.ifelse(both.into < both.onward, both.into, both.onward))
    sums = same.group_by("id").agg(less=_.less.sum(), onward=_.onward.sum(), into=_.into.sum())
    alike = (sums.less >= sums.onward * _ALIKE) & (sums.less >= sums.into * _ALIKE) & (sums.less > 0)
    return [int(number) for number in engine.frame(sums.filter(alike).select("id").order_by("id")).id]


def _with_relays(known: Ends, relays: list[int]) -> Ends:
    """Return the ends with these as likely NAT gateways: each is like nothing else from now on."""
    if not relays:
        return known
    kinds = engine.frame(known.numbers.filter(known.numbers.id.isin(relays)).join(known.alike, "alike"))
    first = int(engine.frame(known.alike.aggregate(most=_.alike.max())).most[0]) + 1
    own = kinds.assign(alike=range(first, first + len(kinds)), nat=LIKELY)
    numbers = ibis.memtable(own[["id", "alike"]], schema=known.numbers.schema())
    rows = own[list(known.alike.columns)]
    plain = rows.astype(object).where(rows.notna(), None)
    more = ibis.memtable(plain.to_numpy().tolist(), schema=known.alike.schema())
    return replace(
        known,
        numbers=ibis.union(known.numbers.filter(~known.numbers.id.isin(relays)), numbers),
        alike=ibis.union(known.alike, more),
    )
