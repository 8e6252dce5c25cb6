"""The records of some clients and servers on one port, each with the end that saw it and the way it went."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from ipaddress import ip_address, ip_network
from operator import or_
from typing import Final

import ibis
import ibis.expr.types as ir
from ibis import _

from flowkit import engine
from flowkit.cidr import in_block
from flowkit.fields import PROTOCOLS
from flowkit.flows import Flows
from flowkit.inventory import Snapshot
from flowkit.meaning.ends import own_addresses, seconds

WITH_PORTS: Final = frozenset({PROTOCOLS["tcp"], PROTOCOLS["udp"]})
"""Protocols whose records have ports."""
CLIENT, SERVER, BETWEEN = "client", "server", "between"
_NUMBERS: Final = ("packets", "bytes", "tcp_flags")


def records(
    flows: Flows,
    clients: Sequence[str],
    servers: Sequence[str],
    port: int | None,
    protocol: int,
    held: Mapping[str, tuple[str, ...]],
) -> ir.Table:
    """Return the records between clients and servers: requests to the servers' port, and replies from it.

    Parameters
    ----------
    flows
        Records already scoped.
    clients, servers
        Addresses and blocks.
    port
        The servers', None for protocols without.
    protocol
        IANA number.
    held
        The interfaces that hold each address, see `observers_of`: they tell the direction where it is not logged.

    Returns
    -------
    Table
        `client`, `server`, `client_port` (null without ports), `interface_id`, `at` (``client``, ``server`` or
        ``between``: whose interface saw it), `to_server`, `rejected`, `start` and `end` (s since 1970), `packets`,
        `bytes`, `tcp_flags` (null where the log has none).
    """
    whole = _between(flows, clients, servers, port, protocol)
    return whole.mutate(at=_seen_at(whole, held)).drop("direction")


def _between(flows: Flows, clients: Sequence[str], servers: Sequence[str], port: int | None, protocol: int) -> ir.Table:
    for name in ("srcaddr", "dstaddr", "protocol", "start", "end", "action", "interface_id"):
        flows.field(name, "telling whether connections come about")
    table = flows.table.filter(_.protocol == protocol)
    request = among(table.srcaddr, clients) & among(table.dstaddr, servers)
    reply = among(table.srcaddr, servers) & among(table.dstaddr, clients)
    if protocol in WITH_PORTS:
        for name in ("srcport", "dstport"):
            flows.field(name, "telling connections apart")
        request &= table.dstport == port
        reply &= table.srcport == port
    chosen = table.filter(request | reply).mutate(to_server=request.fill_null(False))
    forth = chosen.to_server
    ports = ibis.ifelse(forth, chosen.srcport, chosen.dstport) if protocol in WITH_PORTS else ibis.null("int64")
    has = chosen.columns
    numbers = {name: (chosen[name] if name in has else ibis.null("int64")).cast("int64") for name in _NUMBERS}
    return chosen.select(
        "interface_id",
        "to_server",
        client=ibis.ifelse(forth, chosen.srcaddr, chosen.dstaddr),
        server=ibis.ifelse(forth, chosen.dstaddr, chosen.srcaddr),
        client_port=ports.cast("int64"),
        rejected=chosen.action == "REJECT",
        direction=chosen.flow_direction if "flow_direction" in has else ibis.null("string"),
        start=seconds(chosen, "start"),
        end=seconds(chosen, "end"),
        **numbers,
    )


def among(address: ir.StringValue, wanted: Sequence[str]) -> ir.BooleanValue:
    """Tell whether an address is one of *wanted*, or lies in a block of them."""
    single = [str(ip_network(one).network_address) for one in wanted if ip_network(one).num_addresses == 1]
    blocks = [
        in_block(address, str(ip_network(one, strict=False))) for one in wanted if ip_network(one).num_addresses > 1
    ]
    terms = [address.isin(single)] if single else []
    return reduce(or_, [*terms, *blocks])


def _seen_at(whole: ir.Table, held: Mapping[str, tuple[str, ...]]) -> ir.StringValue:
    """Return the end whose interface saw a record: by its direction, else by who holds what."""
    by_direction = ibis.ifelse(whole.to_server == (whole.direction == "egress"), CLIENT, SERVER)
    logged = whole.direction.notnull()
    keys = [f"{interface} {address}" for address, interfaces in held.items() for interface in interfaces]
    if not keys:
        return ibis.ifelse(logged, by_direction, BETWEEN)
    is_client = (whole.interface_id + " " + whole.client).isin(keys)
    is_server = (whole.interface_id + " " + whole.server).isin(keys)
    by_holder = ibis.ifelse(is_client, CLIENT, ibis.ifelse(is_server, SERVER, BETWEEN))
    return ibis.ifelse(logged, by_direction, by_holder)


def told_apart(
    flows: Flows, clients: Sequence[str], servers: Sequence[str], port: int | None, protocol: int
) -> dict[str, tuple[str, ...]]:
    """Return who holds which address, told from what two interfaces say of the same packets.

    Where no direction is logged, and an interface speaks with one other only, its records alone do not tell whose it
    is. But a rejected packet is seen no further: of two interfaces, that which rejected a request that the other let
    out is the server's, that which rejected a reply that the other let out the client's.
    """
    whole = _between(flows, clients, servers, port, protocol)
    measures = {
        f"{way}_{action}": ibis.ifelse(is_way & is_action, 1, 0).sum()
        for way, is_way in (("request", whole.to_server), ("reply", ~whole.to_server))
        for action, is_action in (("accepted", ~whole.rejected), ("rejected", whole.rejected))
    }
    told = engine.frame(whole.group_by("client", "server", "interface_id").agg(**measures).order_by("interface_id"))
    found: dict[str, tuple[str, ...]] = {}
    for pair, rows in told.groupby(["client", "server"]):
        if len(rows) == 2:  # noqa: PLR2004 - both ends
            client, server = map(str, pair)
            one, other = ({str(name): value for name, value in row.items()} for row in rows.to_dict("records"))
            ends = (one, other) if _is_client(one, other) else (other, one)
            for address, end in zip((client, server), ends, strict=True):
                found[address] = tuple(dict.fromkeys((*found.get(address, ()), end["interface_id"])))
    return found


def _is_client(one: Mapping[str, int], other: Mapping[str, int]) -> bool:
    if one["request_rejected"] or other["request_rejected"]:
        if one["request_rejected"] and other["request_accepted"]:
            return False
        if other["request_rejected"] and one["request_accepted"]:
            return True
    if one["reply_rejected"] and other["reply_accepted"]:
        return True
    return not (other["reply_rejected"] and one["reply_accepted"]) and not one["reply_rejected"]


def described(snapshot: Snapshot | None) -> dict[str, tuple[str, ...]]:
    """Return the addresses of each interface that a snapshot describes."""
    interfaces = snapshot.interfaces if snapshot else ()
    return {one.interface_id: (*one.addresses, *one.public_addresses) for one in interfaces}


def observers_of(flows: Flows, addresses: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the interfaces that hold each of some addresses or blocks, by the inventory, else by the log."""
    wanted = [ip_network(one, strict=False) for one in addresses]
    held = described(flows.identities.snapshot)
    pairs = [(address, interface) for interface, many in held.items() for address in many]
    plain = [str(one) for one in wanted]
    stored = flows.surroundings.stored
    near = stored.filter(among(stored.srcaddr, plain) | among(stored.dstaddr, plain)).select("interface_id").distinct()
    rest = [one for one in engine.frame(near).interface_id if one not in held]
    if rest:
        told = engine.frame(own_addresses(flows.surroundings.stored.filter(_.interface_id.isin(rest))))
        pairs += list(zip(told.address, told.observer, strict=True))
    found: dict[str, tuple[str, ...]] = {}
    for address, interface in pairs:
        number = ip_address(address)
        if any(number.version == one.version and number in one for one in wanted):
            found[address] = tuple(dict.fromkeys((*found.get(address, ()), str(interface))))
    return found
