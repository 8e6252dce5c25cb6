"""The gates that packets pass from one end to the other and back, in their order."""

from dataclasses import dataclass, replace
from typing import Final

from flowkit.inventory.ends import HERE, INTERNET, SERVICE, End
from flowkit.inventory.packets import ALL, ICMP, ICMPV6, LAST_PORT, Packets, Span, asked_spans
from flowkit.inventory.passing import Gate, Hop, acl_gate, group_gate, route_gate
from flowkit.inventory.rulebook import Rulebook, rulebook
from flowkit.inventory.snapshot import Snapshot
from flowkit.inventory.verdicts import ADMITS, CANNOT_TELL, DENIES, IN_PART, NOT_ASKED

__all__ = ["CLIENT_PORTS", "Gate", "Passage", "passage", "passages"]
CLIENT_PORTS: Final = (1024, LAST_PORT)
"""The ports from which clients may open a connection, where nothing narrower is known."""
_IPV4: Final = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """One way from one end to the other, and back.

    Attributes
    ----------
    source, destination
        The ends; the source opens the connection.
    protocol
        IANA number.
    port
        The destination's ports (of ICMP the types and codes) that were asked about.
    client_ports
        The source's ports, to which replies go.
    gates
        In the order packets meet them, the request's and then the reply's.
    """

    source: End
    destination: End
    protocol: int
    port: Span
    client_ports: Span
    gates: tuple[Gate, ...]

    def gate(self, name: str) -> Gate | None:
        """Return the gate of that name, None where there is none."""
        return next((gate for gate in self.gates if gate.name == name), None)

    @property
    def verdict(self) -> str:
        """What the gates say together: the first that denies decides, then what cannot be told."""
        said = {gate.verdict for gate in self.gates}
        order = (DENIES, CANNOT_TELL, IN_PART, ADMITS)
        return next((verdict for verdict in order if verdict in said), NOT_ASKED)


def passages(
    snapshot: Snapshot,
    source: str,
    destination: str,
    *,
    port: int | None,
    protocol: int,
    client_ports: Span = CLIENT_PORTS,
) -> tuple[Passage, ...]:
    """Return what a snapshot's rules say of a connection, for each pair of ends that the two addresses may mean.

    Parameters
    ----------
    snapshot
        The state of the network; its rules are made ready once and kept.
    source, destination
        Addresses; the source opens the connection.
    port
        The destination's port; None for all, and for protocols without ports.
    protocol
        IANA number. ICMP is asked about as a ping; between IPv6 addresses it is ICMPv6.
    client_ports
        The source's ports, the first and the last: what replies go to.

    Returns
    -------
    tuple of Passage
        One, or several where VPCs overlap; none where the addresses are of different IP versions. An address in
        the source's own VPC means that VPC's holder only, as its routes cannot lead elsewhere.
    """
    book = rulebook(snapshot)
    pairs = (
        (here, there)
        for here in book.holders.of(source)
        for there in _reachable(here, book.holders.of(destination))
        if here.version == there.version
    )
    return tuple(
        passage(book, here, there, port=port, protocol=protocol, client_ports=client_ports) for here, there in pairs
    )


def _reachable(here: End, ends: tuple[End, ...]) -> tuple[End, ...]:
    own = tuple(end for end in ends if end.vpc_id and end.vpc_id == here.vpc_id)
    return own or ends


def passage(
    book: Rulebook, source: End, destination: End, *, port: int | None, protocol: int, client_ports: Span = CLIENT_PORTS
) -> Passage:
    """Return what rules say of a connection between two ends; see `passages`."""
    protocol = ICMPV6 if protocol == ICMP and source.version != _IPV4 else protocol
    asked, answered = asked_spans(protocol, ALL if port is None else (port, port), client_ports)
    return Passage(
        source=source,
        destination=destination,
        protocol=protocol,
        port=asked,
        client_ports=answered,
        gates=_gates(book, source, destination, protocol, asked, answered),
    )


def _gates(
    book: Rulebook, source: End, destination: End, protocol: int, asked: Span, answered: Span
) -> tuple[Gate, ...]:
    public = source.public or destination.public or INTERNET in (source.where, destination.where)
    at_source, at_destination = _seen(destination, public=public), _seen(source, public=public)
    unfiltered = _unfiltered(source, destination)
    one_subnet = bool(source.subnet_id) and source.subnet_id == destination.subnet_id and not public
    leads = route_gate(book, "source_route", source, at_source, asked, unfiltered, reply=False)
    if _translated(leads):
        at_destination = None

    def hop(here: End, there: End | None, span: Span) -> Hop:
        return Hop(book, here, there, Packets(there.address if there else "", protocol, span), unfiltered, one_subnet)

    there, here = hop(source, at_source, asked), hop(destination, at_destination, asked)
    back, home = hop(destination, at_destination, answered), hop(source, at_source, answered)
    return (
        group_gate("source_security_group", there, "egress"),
        acl_gate("source_nacl_outbound", there, "egress", reply=False),
        leads,
        acl_gate("destination_nacl_inbound", here, "ingress", reply=False),
        group_gate("destination_security_group", here, "ingress"),
        acl_gate("destination_nacl_outbound", back, "egress", reply=True),
        route_gate(book, "destination_route", destination, at_destination, answered, unfiltered, reply=True),
        acl_gate("source_nacl_inbound", home, "ingress", reply=True),
    )


def _seen(end: End, *, public: bool) -> End | None:
    """Return an end as the other one sees it: over the internet by its public IPv4 address, if it is known."""
    if not public or end.where != HERE or end.public or end.version != _IPV4:
        return end
    addresses = end.public_addresses
    return replace(end, address=addresses[0], public=True) if len(addresses) == 1 else None


def _translated(gate: Gate) -> bool:
    """Tell whether the destination sees another source than the one that sent: a NAT gateway's."""
    routes = (part.by for part in gate.parts)
    return any(getattr(route, "target", "").startswith("nat-") for route in routes)


def _unfiltered(source: End, destination: End) -> str:
    """Return why no gate is asked at all, "" where they are."""
    service = next((end for end in (source, destination) if end.where == SERVICE), None)
    if service:
        return f"{service.address} is AWS's own (DNS, metadata, time): no group, ACL or route applies to it."
    if source.interface and source.interface == destination.interface:
        return f"Both ends are {source.interface.interface_id}: packets do not leave it."
    return ""
