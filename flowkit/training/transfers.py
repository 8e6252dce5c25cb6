"""Networks whose data transfer is known to the byte: the log, the inventory, and what each cause costs.

Two zones; hosts in public and private subnets behind one or two NAT gateways; a peered VPC, one behind a transit
gateway, one in another region; an interface endpoint, a load balancer; S3 and DynamoDB with or
without a gateway endpoint; hosts elsewhere. Prices are the generator's own, as quoted for us-east-1.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from flowkit.training.dice import Dice
from flowkit.training.logfiles import COLUMNS
from flowkit.training.transfer_network import ACCOUNT, Host, World, described, world

Knows = Literal["all", "fields", "inventory", "default"]
"""What is to be had: version 5 and the inventory, either alone, or the default format alone."""
KNOWS: Final[tuple[Knows, ...]] = ("all", "fields", "inventory", "default")
START: Final = 1_773_129_600
MINUTES: Final = 30
GB: Final = 2**30
DAYS_OF_MONTH: Final = 30.44
ZONE, NAT, TRANSIT, ENDPOINT, REGION = 0.01, 0.045, 0.02, 0.01, 0.02
"""USD per GB, us-east-1."""
OUT: Final = ((10_240, 0.09), (51_200, 0.085), (153_600, 0.07), (float("inf"), 0.05))
"""(Up to so many GB a month, USD per GB) to the internet."""
_DEFAULT: Final = 14
"""Columns of the default format."""


class Charge(NamedTuple):
    """Bytes that cost for a cause; *price* is USD per GB, None that of the internet with its tiers."""

    cause: str
    bytes: int
    price: float | None


@dataclass(frozen=True)
class Case:
    """What is logged, the inventory, what it costs by cause, and what an endpoint would save (USD, all of it)."""

    log: str
    snapshot: Mapping[str, bytes]
    usd: Mapping[str, float]
    saving: float
    minutes: int = MINUTES


@dataclass
class _Traffic:
    dice: Dice
    lines: list[str] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    avoidable: float = 0.0

    def record(
        self, at: Host, pair: tuple[str, str], ports: tuple[int, int], size: int, minute: int, **more: str
    ) -> None:
        """Log some bytes at an interface; *more* are fields of version 5, the packet's addresses those of the pair."""
        start = START + 60 * minute
        values = {
            "version": "5", "account-id": ACCOUNT, "interface-id": at.interface_id, "srcaddr": pair[0],
            "dstaddr": pair[1], "srcport": str(ports[0]), "dstport": str(ports[1]), "protocol": "6",
            "packets": str(max(size // 1400, 1)), "bytes": str(size), "start": str(start), "end": str(start + 59),
            "action": "ACCEPT", "log-status": "OK", "vpc-id": at.vpc_id, "subnet-id": at.subnet_id,
            "instance-id": at.instance_id, "tcp-flags": "0", "type": "IPv4", "pkt-srcaddr": pair[0],
            "pkt-dstaddr": pair[1], "region": at.region, "az-id": at.zone_id, "traffic-path": "-",
        } | {name.replace("_", "-"): value for name, value in more.items()}  # fmt: skip
        self.lines.append(" ".join(values.get(name, "-") for name in COLUMNS.split()))

    def charge(self, cause: str, size: int, price: float | None) -> None:
        """Note what some bytes cost."""
        self.charges.append(Charge(cause, size, price))


def case(seed: str, knows: Knows = "all") -> Case:
    """Return a network's half hour, always the same for a seed."""
    dice = Dice(f"transfers/{seed}")
    here = world(dice)
    traffic = _Traffic(dice)
    for client, server in _pairs(here, dice):
        _converse(traffic, here, client, server)
    header, lines = COLUMNS, sorted(traffic.lines, key=lambda line: line.split()[10])
    if knows in ("inventory", "default"):
        header, lines = (" ".join(header.split()[:_DEFAULT]), [" ".join(line.split()[:_DEFAULT]) for line in lines])
    snapshot = described(here) if knows in ("all", "inventory") else {}
    return Case("\n".join([header, *lines]) + "\n", snapshot, _usd(traffic.charges), traffic.avoidable)


def _pairs(here: World, dice: Dice) -> Iterator[tuple[Host, Host]]:
    """Yield who talks to whom: each host to some of what it can reach."""
    yield here.public[0], here.public[0].beside
    for client in (*here.public, *here.private):
        reached = [*here.private, *here.peers, *here.transits, *here.far, here.endpoint]
        servers = [one for one in reached if one.address != client.address]
        yield from ((client, dice.pick(servers)) for _ in range(dice.whole(2, 5)))
        yield from ((client, dice.pick(here.outside)) for _ in range(dice.whole(2, 5)))
    for target in here.private:
        yield here.balancer, target
    for host in here.public:
        yield Host("visitor", dice.pick(here.visitors)), host


def _converse(traffic: _Traffic, here: World, client: Host, server: Host) -> None:
    port = traffic.dice.whole(32_768, 60_999)
    first = traffic.dice.whole(0, MINUTES - 4) if client is not here.public[0] else 0
    length = traffic.dice.whole(1, 4) if client is not here.public[0] else MINUTES
    for minute in range(first, first + length):
        up, down = (int(traffic.dice.often_small(2_000, 900_000_000)) for _ in range(2))
        for back, size in ((False, up), (True, down)):
            _pass(traffic, here, (client, server), (port, 443), size, minute, back=back)


def _pass(
    traffic: _Traffic, here: World, pair: tuple[Host, Host], ports: tuple[int, int], size: int, minute: int, *,
    back: bool,
) -> None:  # fmt: skip
    client, server = pair
    source, target = (server, client) if back else (client, server)
    sockets = (source.address, target.address)
    way = ports[::-1] if back else ports
    through = here.way(client, server)
    if through == "nat":
        _through_nat(traffic, here, pair, ports, size, minute, back=back)
    elif through == "transit":
        _through_transit(traffic, here, (source, target), way, size, minute)
    else:
        path = here.path(client, server)
        if source.logged:
            more = {"flow_direction": "egress", "traffic_path": path}
            traffic.record(source, sockets, way, size, minute, **more, **_services(source, target))
        if target.logged:
            more = {"flow_direction": "ingress", **_services(source, target)}
            traffic.record(target, sockets, way, size, minute, **more)
    _charge(traffic, here, pair, size, back=back)


def _services(source: Host, target: Host) -> dict[str, str]:
    return {"pkt_src_aws_service": source.service or "-", "pkt_dst_aws_service": target.service or "-"}


def _through_nat(
    traffic: _Traffic, here: World, pair: tuple[Host, Host], ports: tuple[int, int], size: int, minute: int, *,
    back: bool,
) -> None:  # fmt: skip
    host, far = pair
    nat, beyond = here.nat_of(host), (ports[0] % 20_000 + 1_024, ports[1])
    more = _services(far, host) if back else _services(host, far)
    packet = {"pkt_srcaddr": far.address, "pkt_dstaddr": host.address}
    out, into = {"flow_direction": "egress", "traffic_path": "1"}, {"flow_direction": "ingress"}
    if back:
        traffic.record(nat, (far.address, nat.address), beyond[::-1], size, minute, **into, **more)
        traffic.record(nat, (nat.address, host.address), ports[::-1], size, minute, **out, **more, **packet)
        traffic.record(host, (far.address, host.address), ports[::-1], size, minute, **into, **more)
        return
    packet = {"pkt_srcaddr": host.address, "pkt_dstaddr": far.address}
    traffic.record(host, (host.address, far.address), ports, size, minute, **out, **more)
    traffic.record(nat, (host.address, nat.address), ports, size, minute, **into, **more, **packet)
    on = {"flow_direction": "egress", "traffic_path": "8"}
    traffic.record(nat, (nat.address, far.address), beyond, size, minute, **on, **more)


def _through_transit(
    traffic: _Traffic, here: World, pair: tuple[Host, Host], ports: tuple[int, int], size: int, minute: int
) -> None:
    source, target = pair
    enters, leaves = here.attachment(source), here.attachment(target)
    packet = {"pkt_srcaddr": source.address, "pkt_dstaddr": target.address}
    out, into = {"flow_direction": "egress"}, {"flow_direction": "ingress"}
    traffic.record(source, (source.address, target.address), ports, size, minute, **out)
    traffic.record(enters, (source.address, enters.address), ports, size, minute, **into, **packet)
    traffic.record(leaves, (leaves.address, target.address), ports, size, minute, **out, traffic_path="1", **packet)
    traffic.record(target, (source.address, target.address), ports, size, minute, **into)


def _charge(traffic: _Traffic, here: World, pair: tuple[Host, Host], size: int, *, back: bool) -> None:
    """Note what bytes between two hosts cost, by AWS's rules."""
    client, server = pair
    way, across = here.way(client, server), client.zone_id != server.zone_id
    if way == "nat":
        apart = here.nat_of(client).zone_id != client.zone_id
        traffic.charge("nat_gateway", size, NAT)
        if apart:
            traffic.charge("cross_zone", size, 2 * ZONE)
        if server.gateway_service and server.region == here.region:
            traffic.avoidable += size / GB * (NAT + (2 * ZONE if apart else 0))
    if way == "transit":
        traffic.charge("transit_gateway", size, TRANSIT)
    elif way == "peering":
        traffic.charge("peering", size, 2 * ZONE if across else 0)
    elif way == "region":
        traffic.charge("cross_region", size, REGION)
    elif server is here.endpoint:
        traffic.charge("interface_endpoint", size, ENDPOINT)
    elif way == "local" and across and client is not here.balancer:
        traffic.charge("cross_zone", size, 2 * ZONE)
    _charge_outside(traffic, here, pair, size, back=back)


def _charge_outside(traffic: _Traffic, here: World, pair: tuple[Host, Host], size: int, *, back: bool) -> None:
    client, server = pair
    inward = not client.logged
    leaves = back if inward else not back
    if not leaves or (client.logged and server.logged):
        return
    far = client if inward else server
    if not far.service:
        traffic.charge("internet_egress", size, None)
    elif far.region != here.region:
        traffic.charge("cross_region", size, REGION)


def _usd(charges: list[Charge]) -> dict[str, float]:
    """Return what each cause costs; the internet's tiers by what a month like this would send."""
    sums: dict[str, float] = defaultdict(float)
    out = sum(one.bytes for one in charges if one.price is None) / GB
    scale = DAYS_OF_MONTH * 24 * 60 / MINUTES
    for one in charges:
        if one.price is not None:
            sums[one.cause] += one.bytes / GB * one.price
    low = cost = 0.0
    for end, price in OUT:
        cost += max(min(out * scale, end) - low, 0) * price
        low = end
    sums["internet_egress"] += cost / scale
    return dict(sums)


def found(frame: Any) -> dict[str, tuple[float, float, float]]:  # noqa: ANN401 - a DataFrame
    """Return what an answer of `data_transfer_cost` says of each cause: at least, likely, at most, in USD."""
    totals = frame.attrs["totals"]
    return {cause: (one["usd_low"], one["usd"], one["usd_high"]) for cause, one in totals.items()}
