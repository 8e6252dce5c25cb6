"""Which way bytes took, in the words of `tariffs`: all that tells of it, weighed.

What decides is alike for many conversations, so it is weighed once for each situation there is.
"""

from typing import Final

import ibis
import ibis.expr.types as ir

from flowkit import engine
from flowkit.analysis import transfer_paths as paths
from flowkit.analysis import transfer_routes as routes
from flowkit.analysis.transfer_ends import LIKELY, MANAGED, NOT, OF_END, SURE, Ends
from flowkit.analysis.transfer_situations import SITUATION
from flowkit.flows import Flows

UNKNOWN: Final = -1
"""Whether there is a NAT gateway between nothing tells."""
_ANYBODY: Final = ["EC2", "EC2_INSTANCE_CONNECT"]
"""Ranges in which anybody's own hosts stand, so that the price is that of hosts."""
_EDGES: Final = ["CLOUDFRONT", "CLOUDFRONT_ORIGIN_FACING", "GLOBALACCELERATOR", "ROUTE53"]
_MANAGED: Final = ["rds", "efs"]


def ways(flows: Flows, known: Ends, situations: ir.Table) -> ir.Table:
    """Return what the bytes of each situation may cost for: a row for each that adds up.

    With the columns of `SITUATION`: `way`, `origin` and `destination` (regions), `through` (the NAT gateway).
    """
    table = _sided(situations, known)
    table = _with_gateways(flows, table, known)
    return _charges(_without_legs(_weighed(table)))


def _sided(situations: ir.Table, known: Ends) -> ir.Table:
    """Add what is known of `own`, the end inside where the other is outside, else the client, and of `other`.

    `crosses` tells whether the other is outside, `out` whether the bytes went to it, `inward` whether it opened.
    """
    table = situations
    for end in ("client", "server"):
        names = {f"{end}_alike": "alike", **{f"{end}_{name}": name for name in OF_END}}
        table = table.join(known.alike.rename(**names), f"{end}_alike")
    inward = (table.client_place == "outside") & (table.server_place != "outside")
    columns: dict[str, ir.Value] = {"inward": inward, "out": table.to_server != inward}
    for name in OF_END:
        client, server = table[f"client_{name}"], table[f"server_{name}"]
        columns[f"own_{name}"] = ibis.ifelse(inward, server, client)
        columns[f"other_{name}"] = ibis.ifelse(inward, client, server)
    table = table.mutate(**columns)
    return table.mutate(crosses=(table.own_place != "outside") & (table.other_place == "outside"))


def _with_gateways(flows: Flows, table: ir.Table, known: Ends) -> ir.Table:
    """Add how sure the gateways are that saw a situation, and the zone and name of the NAT gateway."""
    columns = ["observer", "level", "zone", "name"]
    rows = [(-1, NOT, "", ""), *known.gateways[columns].itertuples(index=False, name=None)]
    seen = ibis.memtable(rows, schema=dict(zip(columns, ("int64", "int64", "string", "string"), strict=True)))
    for name in ("seen_nat", "seen_transit"):
        named = {name: "observer", **{f"{name}_{one}": one for one in columns[1:]}}
        table = table.join(seen.rename(**named), name)
    leg = known.alike.select(leg="alike", leg_nat="nat", leg_zone="zone")
    table = table.left_join(leg, "leg").drop("leg_right")
    zones = [(routes.NONE, ""), *routes.nat_zones(flows).items()]
    by_route = ibis.memtable(zones, schema={"route": "string", "route_zone": "string"})
    return table.left_join(by_route, "route").drop("route_right")


def _weighed(table: ir.Table) -> ir.Table:
    """Add `nat` and `transit`, how sure it is that such a gateway is between; first what packets met, then routes."""
    path, route = table.path, table.route
    direct = path.isin([paths.EITHER, paths.INTERNET, paths.ENDPOINT, paths.PRIVATE_GATEWAY, paths.PEERING,
                        paths.PEERING_REGION])  # fmt: skip
    untold, by_nat = path == paths.UNTOLD, route.startswith("nat-")
    leg = table.leg_nat.fill_null(NOT).cast("int64")
    nat = ibis.cases(
        (~table.crosses | table.inward, NOT),
        (table.own_nat > NOT, table.own_nat.cast("int64")),
        (table.seen_nat_level == SURE, SURE),
        (direct, NOT),
        (table.hop.isin(["nat_gateway", "regional_nat_gateway"]), SURE),
        ((untold | (path == paths.SAME_VPC)) & by_nat, SURE),
        (table.other_v6, NOT),
        (untold & (route != routes.NONE) & (route != routes.TRANSIT), NOT),
        (leg > NOT, leg),
        ((path == paths.SAME_VPC) | (table.seen_nat_level == LIKELY), LIKELY),
        else_=UNKNOWN,
    )
    transit = ibis.cases(
        (table.seen_transit_level == SURE, SURE),
        (table.hop == "transit_gateway", SURE),
        ((untold | (path == paths.NO_PATH)) & (route == routes.TRANSIT), SURE),
        (table.seen_transit_level == LIKELY, LIKELY),
        else_=NOT,
    )
    seen, by_leg = table.seen_nat_level > NOT, leg > NOT
    zone = ibis.cases((seen, table.seen_nat_zone), (by_nat, table.route_zone), (by_leg, table.leg_zone))
    name = ibis.cases((seen, table.seen_nat_name), (by_nat, route), else_="")
    return table.mutate(nat=nat, transit=transit, nat_zone=zone.nullif(""), nat_name=name)


def _without_legs(table: ir.Table) -> ir.Table:
    """Leave out what gateways themselves exchange with either side; of a NAT gateway where its hosts' own is known."""
    table = table.filter(~_either(table, "kind", ["transit_gateway"]))
    behind = table.filter(table.crosses & (table.own_nat == NOT) & (table.nat > NOT))
    if not len(engine.frame(behind.limit(1))):
        return table
    return table.filter((table.own_nat == NOT) & (table.other_nat == NOT))


def _charges(table: ir.Table) -> ir.Table:
    """Return a row for each thing that the bytes of a situation may cost: they add up."""
    on_way = [
        table.mutate(way=_through_nat(table)),
        table.mutate(way=_to_nat(table)),
        table.filter(table.crosses & (table.transit == SURE)).mutate(way=ibis.literal("transit")),
        table.mutate(way=ibis.ifelse(table.crosses, _outward(table), _between(table))),
        table.filter(~table.crosses & (table.transit == SURE) & _differs(table, "region")).mutate(
            way=ibis.literal("region")
        ),
    ]
    chosen = [_chosen(rows.filter(rows.way.notnull())) for rows in on_way]
    return ibis.union(*chosen)


def _chosen(table: ir.Table) -> ir.Table:
    sender = ibis.ifelse(table.out, table.own_region, table.other_region)
    receiver = ibis.ifelse(table.out, table.other_region, table.own_region)
    sender = ibis.ifelse(table.crosses, table.own_region, sender)
    through = ibis.ifelse(table.way.contains("nat"), table.nat_name, "")
    to = ibis.ifelse(table.way.startswith("region"), receiver.fill_null(""), "")
    return table.select(*SITUATION, "way", origin=sender.fill_null(""), destination=to, through=through)


def _differs(table: ir.Table, name: str) -> ir.BooleanValue:
    return (table[f"own_{name}"] != table[f"other_{name}"]).fill_null(False)


def _same(table: ir.Table, name: str) -> ir.BooleanValue:
    return (table[f"own_{name}"] == table[f"other_{name}"]).fill_null(False)


def _to_gateway_service(table: ir.Table) -> ir.BooleanValue:
    """Tell what a gateway endpoint would carry: of this region, as far as is known."""
    return table.other_service.isin(routes.GATEWAY_SERVICES).fill_null(False) & ~_differs(table, "region")


def _through_nat(table: ir.Table) -> ir.StringValue:
    service, own = _to_gateway_service(table), table.nat
    words = ((SURE, "nat"), (LIKELY, "nat_likely"), (UNKNOWN, "nat_unknown"))
    endpoint = [((own == level) & service, f"{word}_endpoint") for level, word in words]
    return ibis.cases(*endpoint, *((own == level, word) for level, word in words), else_=ibis.null("string"))


def _to_nat(table: ir.Table) -> ir.StringValue:
    """Return what the way to a NAT gateway costs; a regional one has no zone, and is in each."""
    regional = table.nat_name.startswith("nat-") & table.nat_zone.isnull()
    itself = table.own_nat > NOT
    known = table.nat_zone.notnull() & table.own_zone.notnull()
    unsure = (table.nat == UNKNOWN) | (table.nat == LIKELY) | ((table.nat == SURE) & ~known)
    return ibis.cases(
        (itself | regional | (table.nat == NOT), ibis.null("string")),
        (known & (table.nat_zone == table.own_zone), ibis.null("string")),
        (known & (table.nat == SURE), ibis.ifelse(_to_gateway_service(table), "zone_nat_endpoint", "zone_nat")),
        (unsure, "zone_nat_unknown"),
        else_=ibis.null("string"),
    )


def _outward(table: ir.Table) -> ir.StringValue:
    """Return the way of what crosses the border; null: it comes in, and is free."""
    path, route, out = table.path, table.route, table.out
    service, here, there = table.other_service, _same(table, "region"), _differs(table, "region")
    aws, anybody, edge = (
        service.notnull(),
        service.isin(_ANYBODY),
        service.isin(_EDGES) | (table.other_region == "GLOBAL"),
    )
    endpoint = (path == paths.ENDPOINT) | ((path == paths.EITHER) & _to_gateway_service(table))
    by_line = (path == paths.PRIVATE_GATEWAY) | ((path == paths.UNTOLD) & (route == routes.LINE))
    either = ibis.cases(
        (endpoint | ((path == paths.UNTOLD) & (route == routes.ENDPOINT)), "gateway"),
        (by_line, ibis.ifelse(out, "line", "line_in")),
        (path == paths.PEERING, "peering_unknown"),
        (path == paths.PEERING_REGION, ibis.ifelse(out, "region", "region_in")),
        (edge, ibis.ifelse(out, "internet_edge", ibis.null("string"))),
        (anybody & here, "zone_public"),
        (aws & there, ibis.ifelse(out, "region", "region_in")),
        (aws & here, "service"),
        else_=ibis.null("string"),
    )
    unsure = ibis.cases(
        (aws & (anybody | table.own_region.isnull()), "internet_aws"), (aws, "service_unsure"), else_="internet"
    )
    return either.coalesce(ibis.ifelse(out & ~edge.fill_null(False), unsure, ibis.null("string")))


def _between(table: ir.Table) -> ir.StringValue:
    """Return the way of what stays inside, or goes to a network that is not public."""
    path, route, out = table.path, table.route, table.out
    none = path.isin([paths.UNTOLD, paths.NO_PATH])
    by_line = (path == paths.PRIVATE_GATEWAY) | (none & (route == routes.LINE))
    by_peering = (path == paths.PEERING) | ((path == paths.UNTOLD) & (route == routes.PEERING))
    ours = table.other_place == "inside"
    by_region = (path == paths.PEERING_REGION) | _differs(table, "region")
    local = _same(table, "vpc") | (path == paths.SAME_VPC) | ((path == paths.UNTOLD) & (route == routes.LOCAL))
    apart = _differs(table, "vpc")
    return ibis.cases(
        (_either(table, "kind", ["vpc_endpoint"]), "endpoint"),
        (table.transit == SURE, "transit"),
        (by_line, ibis.ifelse(out, "line", "line_in")),
        (by_region, ibis.ifelse(out | ours, "region", "region_in")),
        (by_peering, _by_zone(table, "peering", "peering_zone", "peering_unknown")),
        (local, _in_vpc(table)),
        (apart & ((table.transit == LIKELY) | (path == paths.NO_PATH)), "transit_likely"),
        (~ours, "beyond"),
        else_="between",
    )  # fmt: skip


def _by_zone(table: ir.Table, same: str | ir.StringValue, other: str | ir.StringValue, unknown: str) -> ir.StringValue:
    return ibis.cases((_same(table, "zone"), same), (_differs(table, "zone"), other), else_=unknown)


def _in_vpc(table: ir.Table) -> ir.StringValue:
    """Return the way within a VPC: free in a zone; load balancers and what AWS manages have terms of their own."""
    balancer = table.own_kind == "load_balancer"  # own is the client here, and a target never is
    managed, told = _either(table, "kind", [MANAGED]), table.own_kind.notnull()
    across = ibis.cases(
        (balancer.fill_null(False), "zone_balancer"),
        (_either(table, "kind", _MANAGED), "zone_managed"),
        (told & ~managed, "zone"),
        else_="zone_unsure",
    )
    return _by_zone(table, ibis.ifelse(managed, "same_zone_unsure", "same_zone"), across, "zone_unknown")


def _either(table: ir.Table, name: str, values: list[str]) -> ir.BooleanValue:
    return table[f"own_{name}"].isin(values).fill_null(False) | table[f"other_{name}"].isin(values).fill_null(False)
