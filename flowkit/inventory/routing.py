"""Whether a subnet's routes lead packets to the other end, as far as the snapshot shows what they lead to."""

from collections.abc import Callable
from typing import Final, NamedTuple

from flowkit.inventory.ends import HERE, INTERNET, SERVICE, End, is_private
from flowkit.inventory.paths import Route
from flowkit.inventory.routes import LOCAL, RouteRules
from flowkit.inventory.rulebook import Rulebook
from flowkit.inventory.verdicts import ADMITS, CANNOT_TELL, DENIES, NOT_ASKED

_IPV4: Final = 4
_GATEWAY: Final = "Gateway"
_WORKS: Final = ("", "available", "Available")


class Way(NamedTuple):
    """Whether there is a way, by which table and route, and why."""

    verdict: str
    why: str
    table_id: str = ""
    route: Route | None = None


class _Asked(NamedTuple):
    book: Rulebook
    here: End
    there: End
    reply: bool
    table_id: str
    route: Route


def way(book: Rulebook, here: End, there: End, *, reply: bool = False) -> Way:
    """Return whether the route table of an end's subnet leads to another end.

    Parameters
    ----------
    book
        The snapshot's rules.
    here, there
        Whose table is asked, and where to: the other end as this one sees it.
    reply
        Whether it answers packets that came in.
    """
    if SERVICE in (here.where, there.where):
        return Way(NOT_ASKED, "AWS's own addresses are reached without a route.")
    if here.where != HERE:
        return Way(CANNOT_TELL, f"{here.address} lies outside the snapshot: its routes are not known.")
    if not here.subnet_id:
        return Way(CANNOT_TELL, f"The snapshot does not say in which subnet {here.address} is.")
    rules = book.table_of(here.subnet_id, here.vpc_id)
    if here.subnet_id == there.subnet_id and not (here.public or there.public):
        return Way(ADMITS, "Both ends are in one subnet.", rules.table.table_id if rules else "")
    if rules is None:
        return Way(CANNOT_TELL, f"The snapshot has no route table of {here.subnet_id}.")
    return _by_table(book, here, there, rules, reply=reply)


def _by_table(book: Rulebook, here: End, there: End, rules: RouteRules, *, reply: bool) -> Way:
    table_id, route = rules.table.table_id, rules.chosen(there.address)
    found = _by_route(_Asked(book, here, there, reply, table_id, route)) if route else _no_route(there, table_id)
    unclear = [one for one in rules.unclear if _may_mean(book, one, there, found.verdict)]
    if not unclear:
        return found
    return Way(CANNOT_TELL, f"Where {table_id} leads {unclear[0].destination or 'one route'} the snapshot does not "
               "say: the blocks of that route are not known.", table_id)  # fmt: skip


def _no_route(there: End, table_id: str) -> Way:
    return Way(DENIES, f"{table_id} has no route to {there.address}.", table_id)


def _may_mean(book: Rulebook, route: Route, there: End, verdict: str) -> bool:
    """Tell whether a route by a prefix list of unknown blocks may change the answer."""
    endpoint = book.endpoints.get(route.target)
    to_service = endpoint.kind == _GATEWAY if endpoint else route.target.startswith("vpce-")
    return not (to_service and (is_private(there.address) or verdict == ADMITS))


def _by_route(asked: _Asked) -> Way:
    target, route = asked.route.target, asked.route
    if route.blackhole:
        return _told(asked, DENIES, "what it leads to is gone (a blackhole)")
    kind = next((prefix for prefix in _LEADS if target.startswith(prefix)), "")
    if not kind:
        what = f"{target}, beyond which the snapshot shows no routes" if target else "nothing that is understood"
        return _told(asked, CANNOT_TELL, f"it leads to {what}")
    return _LEADS[kind](asked)


def _told(asked: _Asked, verdict: str, why: str) -> Way:
    route = asked.route
    words = f"{asked.table_id} sends {route.destination or 'it'} to {route.target or 'no target'}: {why}."
    return Way(verdict, words, asked.table_id, route)


def _local(asked: _Asked) -> Way:
    here, there = asked.here, asked.there
    if there.vpc_id and here.vpc_id and there.vpc_id != here.vpc_id:
        return _told(asked, DENIES, f"packets stay in {here.vpc_id}, the other end is in {there.vpc_id}")
    return _told(asked, ADMITS, f"the other end is in the same VPC {here.vpc_id}".strip())


def _internet(asked: _Asked) -> Way:
    here, there = asked.here, asked.there
    if is_private(there.address):
        return _told(asked, DENIES, f"the internet does not carry {there.address}")
    if there.version == _IPV4 and not here.public:
        if here.interface is None:
            return _told(asked, CANNOT_TELL, f"nobody in the snapshot holds {here.address}")
        if not here.public_addresses:
            return _without_public(asked, f"{here.interface.interface_id} has no public address")
    return _told(asked, ADMITS, "it leads to the internet")


def _outgoing(asked: _Asked) -> Way:
    if is_private(asked.there.address):
        return _told(asked, DENIES, f"the internet does not carry {asked.there.address}")
    if asked.reply and asked.there.where == INTERNET:
        return _told(asked, DENIES, "an egress-only gateway lets nobody in")
    return _told(asked, ADMITS, "it leads to the internet, outgoing only")


def _without_public(asked: _Asked, why: str) -> Way:
    if asked.reply:  # a load balancer that keeps the clients' addresses takes the answers back, by no route
        return _told(asked, CANNOT_TELL, f"{why}, so that a load balancer may stand between")
    return _told(asked, DENIES, why)


def _nat(asked: _Asked) -> Way:
    there, gateway = asked.there, asked.book.nat_gateways.get(asked.route.target)
    if asked.reply and asked.here.public_addresses:
        return _told(asked, DENIES, "a NAT gateway does not carry answers to connections that it did not open")
    if gateway is None or gateway.private or asked.reply or is_private(there.address):
        return _told(asked, CANNOT_TELL, "what a NAT gateway does with it the snapshot does not show")
    if gateway.state not in _WORKS:
        return _told(asked, DENIES, f"the NAT gateway is {gateway.state}")
    rules = asked.book.table_of(gateway.subnet_id, gateway.vpc_id) if gateway.subnet_id else None
    if rules is None:
        return _told(asked, CANNOT_TELL, "the route table of the NAT gateway's subnet is not in the snapshot")
    return _onwards(asked, rules)


def _onwards(asked: _Asked, rules: RouteRules) -> Way:
    """Return where the subnet of a NAT gateway leads."""
    route, target = rules.chosen(asked.there.address), asked.route.target
    if route and not route.blackhole:
        to_internet = route.target.startswith("igw-")
        return _told(asked, ADMITS if to_internet else CANNOT_TELL, f"which sends it on to {route.target}")
    if rules.unclear:
        return _told(asked, CANNOT_TELL, "routes of the NAT gateway's subnet are not understood")
    table_id, none = rules.table.table_id, "only a blackhole" if route else "no route"
    why = f"{asked.table_id} leads to {target}, whose subnet's {table_id} has {none} to {asked.there.address}."
    return Way(DENIES, why, table_id, route)


def _peering(asked: _Asked) -> Way:
    book, here, there = asked.book, asked.here, asked.there
    peering = book.peerings.get(asked.route.target)
    if peering is None or not peering.status:
        return _told(asked, CANNOT_TELL, "that peering connection is not in the snapshot")
    if peering.status != "active":
        return _told(asked, DENIES, f"that peering connection is {peering.status}")
    if here.vpc_id not in peering.vpc_ids:
        return _told(asked, CANNOT_TELL, f"the snapshot does not say that it joins {here.vpc_id}")
    other = next((one for one in peering.vpc_ids if one != here.vpc_id), "")
    if there.vpc_id and other and there.vpc_id != other:
        return _told(asked, DENIES, f"it ends in {other}, the other end is in {there.vpc_id}")
    if not there.vpc_id and any(one.vpc_id == other for one in book.snapshot.vpcs):
        return _told(asked, CANNOT_TELL, f"{other} in the snapshot has no such address")
    return _told(asked, ADMITS, f"the peering connection to {other or 'the other VPC'} is active")


def _endpoint(asked: _Asked) -> Way:
    endpoint = asked.book.endpoints.get(asked.route.target)
    if endpoint is None or endpoint.kind != _GATEWAY:
        return _told(asked, CANNOT_TELL, "what that endpoint does with it the snapshot does not show")
    if endpoint.state not in _WORKS:
        return _told(asked, DENIES, f"that endpoint is {endpoint.state}")
    return _told(asked, ADMITS, f"a gateway endpoint of {endpoint.service or 'a service'}")


def _interface(asked: _Asked) -> Way:
    held = asked.there.interface
    if held and asked.route.target in (held.interface_id, held.instance_id):
        return _told(asked, ADMITS, "that is the other end")
    return _told(asked, CANNOT_TELL, "what that interface does with it the snapshot does not show")


_LEADS: Final[dict[str, Callable[[_Asked], Way]]] = {
    LOCAL: _local,
    "igw-": _internet,
    "eigw-": _outgoing,
    "nat-": _nat,
    "pcx-": _peering,
    "vpce-": _endpoint,
    "eni-": _interface,
    "i-": _interface,
}
