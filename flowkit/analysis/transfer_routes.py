"""Where the routes of a host's subnet send what it sends, by the inventory."""

from typing import Any, Final

import ibis
import ibis.expr.types as ir

from flowkit import engine, keeping
from flowkit.flows import Flows
from flowkit.inventory.paths import Route
from flowkit.inventory.rulebook import Rulebook, rulebook

INTERNET, NAT, TRANSIT, PEERING = "internet", "nat", "transit", "peering"
ENDPOINT, LINE, LOCAL = "endpoint", "line", "local"
"""What a route leads to."""
_LEADS: Final = {
    "igw-": INTERNET, "eigw-": INTERNET, "nat-": NAT, "tgw-": TRANSIT, "pcx-": PEERING, "vgw-": LINE, "local": LOCAL,
}  # fmt: skip
_SCHEMA: Final = {"client": "int32", "server": "int32", "route": "string"}
NONE: Final = ""
"""No route is known."""
GATEWAY_SERVICES: Final = ("S3", "DYNAMODB")
"""What a gateway endpoint carries ("Gateway endpoints", AWS PrivateLink Guide)."""


def with_routes(flows: Flows, table: ir.Table, pairs: ir.Table) -> ir.Table:
    """Add `route`, what the route from client to server leads to: one of the words above, of a NAT gateway its id.

    *pairs* are those to look up, each once: `client`, `server`, `subnet` (the client's), `service` (the server's).
    """
    snapshot = flows.identities.snapshot
    if snapshot is None or not snapshot.route_tables:
        return table.mutate(route=ibis.literal(NONE))
    texts = flows.ends.addresses.select(server="id", address="address")
    asked = engine.frame(pairs.join(texts, "server"))
    book = rulebook(snapshot)
    keys = zip(asked.subnet, asked.address, asked.service, strict=True)
    told = asked[["client", "server"]].assign(route=[_lookup(book, *key) for key in keys])
    rows = told.astype({"client": "int32", "server": "int32", "route": "str"})
    found = keeping.keeper(flows.origin.connection)(ibis.memtable(rows, schema=_SCHEMA))
    joined = table.left_join(found, ["client", "server"]).drop("client_right", "server_right")
    return joined.mutate(route=joined.route.fill_null(NONE))


def nat_zones(flows: Flows) -> dict[str, str]:
    """Return the zone of each NAT gateway of the inventory; "" of a regional one, which is in each."""
    snapshot = flows.identities.snapshot
    if snapshot is None:
        return {}
    zones = {one.subnet_id: one.az_id for one in snapshot.subnets}
    return {one.nat_id: zones.get(one.subnet_id, "") for one in snapshot.nat_gateways}


def _lookup(book: Rulebook, subnet: str, address: str, service: Any) -> str:  # noqa: ANN401 - text or a null
    rules = book.table_of(subnet)
    if rules is None:
        return NONE
    if service in GATEWAY_SERVICES and any(_carries(book, route, service) for route in rules.unclear):
        return ENDPOINT
    route = rules.chosen(address)
    if route is None or route.blackhole:
        return NONE
    kind = _kind(book, route)
    return route.target if kind == NAT else kind


def _kind(book: Rulebook, route: Route) -> str:
    if route.target.startswith("vpce-"):
        endpoint = book.endpoints.get(route.target)
        return ENDPOINT if endpoint is None or endpoint.kind == "Gateway" else NONE
    return next((kind for prefix, kind in _LEADS.items() if route.target.startswith(prefix)), NONE)


def _carries(book: Rulebook, route: Route, service: str) -> bool:
    """Tell whether a route by a prefix list of unknown blocks is that of a service's gateway endpoint."""
    endpoint = book.endpoints.get(route.target)
    return endpoint is not None and endpoint.kind == "Gateway" and endpoint.service.endswith(f".{service.lower()}")
