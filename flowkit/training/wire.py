"""Packets on their way: each interface they pass applies its rules and keeps its flow records.

Follows the "Flow log records" and "Flow log record examples" pages of the Amazon VPC User Guide.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from flowkit.training.network import Interface, Network
from flowkit.training.rules import TCP, Direction, FiveTuple

FIN: Final = 1
SYN: Final = 2
RST: Final = 4
SYN_ACK: Final = 18
WINDOW: Final = 60
"""Length of an aggregation interval, s."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Who talks to whom; *nat_port* is the source port the NAT gateway uses, where one is passed."""

    client: str
    server: str
    client_port: int
    server_port: int
    protocol: int = TCP
    nat_port: int = 0


@dataclass(frozen=True, slots=True)
class Packets:
    """Some packets one way: *at* to *until* (s since 1970), *size* in bytes, headers included."""

    at: float
    until: float
    count: int
    size: int
    flags: int = 0


class Leg(NamedTuple):
    """One passage of an interface; *flow* is what the interface sees, *pkt* what the packet says."""

    interface: Interface
    direction: Direction
    flow: FiveTuple
    pkt_srcaddr: str
    pkt_dstaddr: str


class RecordKey(NamedTuple):
    """What packets have in common that one record counts."""

    window: int
    leg: Leg
    action: str


@dataclass(slots=True)
class Tally:
    """The counting part of a record."""

    packets: int = 0
    bytes: int = 0
    flags: int = 0
    start: int = 0
    end: int = 0

    def add(self, packets: Packets) -> None:
        """Count packets that lie within the record's window."""
        start, end = int(packets.at), int(packets.until)
        self.start, self.end = (min(self.start, start), max(self.end, end)) if self.packets else (start, end)
        self.packets += packets.count
        self.bytes += packets.size
        self.flags |= packets.flags


def slices(packets: Packets, interval: int = WINDOW) -> Iterator[tuple[int, Packets]]:
    """Cut packets at the borders of the aggregation intervals [s], evenly over their time."""
    seconds = packets.until - packets.at
    done_count = done_size = 0
    first, last = (int(moment) // interval * interval for moment in (packets.at, packets.until))
    for window in range(first, last + interval, interval):
        until = min(packets.until, window + interval - 0.001)
        count = packets.count if window == last else int(packets.count * (until - packets.at) / seconds)
        size = packets.size * count // packets.count
        if count > done_count:
            at = max(packets.at, window)
            here = count - done_count
            yield window, Packets(at, until if here > 1 else at, here, size - done_size, packets.flags)
            done_count, done_size = count, size


def legs(network: Network, connection: Connection, *, back: bool) -> Iterator[Leg]:
    """Return the interfaces packets pass, in order; *back* is from server to client.

    Outside ends have no interface. Between a private subnet and the outside lies the NAT gateway,
    at which either side sees the gateway's private address.
    """
    client, server = network.at(connection.client), network.at(connection.server)
    flow = _flow(connection, back=back)
    if client and not server and not network.subnet(client).public:
        yield from _legs_through_nat(network, connection, client, back=back)
        return
    if source := network.at(flow.srcaddr):
        yield _leg(source, "egress", flow)
    if destination := network.at(flow.dstaddr):
        yield _leg(destination, "ingress", flow)


def _legs_through_nat(network: Network, connection: Connection, client: Interface, *, back: bool) -> Iterator[Leg]:
    nat, host = network.nat, connection.server
    whole = _flow(connection, back=back)
    beyond = Connection(nat.address, host, connection.nat_port, connection.server_port, connection.protocol)
    outer = _flow(beyond, back=back)
    if back:
        yield _leg(nat, "ingress", outer)
        yield Leg(nat, "egress", whole._replace(srcaddr=nat.address), host, client.address)
        yield _leg(client, "ingress", whole)
    else:
        yield _leg(client, "egress", whole)
        yield Leg(nat, "ingress", whole._replace(dstaddr=nat.address), client.address, host)
        yield _leg(nat, "egress", outer)


def _leg(interface: Interface, direction: Direction, flow: FiveTuple) -> Leg:
    return Leg(interface, direction, flow, flow.srcaddr, flow.dstaddr)


def _flow(connection: Connection, *, back: bool) -> FiveTuple:
    forth = FiveTuple(
        connection.client,
        connection.server,
        connection.client_port,
        connection.server_port,
        connection.protocol,
    )
    if not back:
        return forth
    return FiveTuple(forth.dstaddr, forth.srcaddr, forth.dstport, forth.srcport, forth.protocol)


@dataclass
class Wire:
    """Carries packets through a network and counts them where they pass."""

    network: Network
    records: dict[RecordKey, Tally] = field(default_factory=dict)
    interval: int = WINDOW

    def send(self, connection: Connection, packets: Packets, *, back: bool = False, tracked: bool = True) -> bool:
        """Send packets; return whether they arrive, or were stopped on the way.

        The first packet of a connection, and one that comes after its end, is not *tracked*.
        """
        for leg in legs(self.network, connection, back=back):
            admitted = self.network.admits(leg.interface, leg.flow, leg.direction, tracked=tracked)
            for window, piece in slices(packets, self.interval):
                key = RecordKey(window, leg, "ACCEPT" if admitted else "REJECT")
                self.records.setdefault(key, Tally()).add(piece)
            if not admitted or (leg.direction == "egress" and self.network.loses(leg.interface, leg.flow.dstaddr)):
                return False
        return True
