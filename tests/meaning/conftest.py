"""A simulated network whose traffic is known, logged as AWS logs it; and how facts are read in tests."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

import flowkit as fk

BASE = 1_773_129_600
TCP, UDP, ICMP = 6, 17, 1
V2 = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
V3 = f"{V2} vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr"
V5 = f"{V3} region az-id flow-direction"
HEADERS = {"v2": V2, "v3": V3, "v5": V5}
KEY = ["client", "client_port", "server", "server_port", "protocol", "to_server"]


def interface(address):
    """Return the id of the interface that has an address."""
    return f"eni-{int(ip_address(address)):033x}"


@dataclass(frozen=True)
class Node:
    """A host, or a gateway between hosts; *vpc* is empty outside."""

    address: str
    vpc: str = ""
    logged: bool = False
    interval: int = 60

    @property
    def interface(self):
        """One interface per address: gateways and hosts alike."""
        return interface(self.address)


@dataclass(frozen=True)
class Talk:
    """One conversation: packets each way, some lost on the way, through one NAT gateway or two transit gateways.

    What is *stopped* the server's interface rejects, and nothing is answered.
    """

    client: Node
    server: Node
    client_port: int
    server_port: int
    protocol: int
    at: int
    seconds: int
    packets: tuple[int, int]
    size: int
    lost: tuple[int, int] = (0, 0)
    nat_port: int = 0
    stopped: bool = False

    def key(self, *, to_server):
        """Return what facts are grouped by."""
        ends = (self.client.address, self.client_port, self.server.address, self.server_port)
        return (*ends, self.protocol, to_server)


@dataclass(frozen=True)
class Leg:
    """One passage of an interface: what it sees, and what the packet says."""

    node: Node
    way: str
    flow: tuple
    packet: tuple


@dataclass
class World:
    """Nodes, what they said to each other, and what of it was logged."""

    form: str
    nat: Node | None = None
    gateways: dict[str, Node] = field(default_factory=dict)
    talks: list[Talk] = field(default_factory=list)
    gap: tuple[str, int, int] = ("", 0, 0)
    skipdata: bool = False
    copied: frozenset[str] = frozenset()
    seen: dict = field(default_factory=dict)
    by_talk: dict = field(default_factory=dict)
    missed: set = field(default_factory=set)

    def legs(self, talk, *, to_server):
        """Return the interfaces that packets pass, in order."""
        a, b = talk.client, talk.server
        ports = (talk.client_port, talk.server_port)
        if self.nat and a.vpc and not b.vpc:
            yield from self._through_nat(talk, to_server=to_server)
            return
        if not to_server:
            a, b, ports = b, a, ports[::-1]
        plain = (a.address, b.address, *ports)
        yield Leg(a, "egress", plain, plain[:2])
        if a.vpc and b.vpc and a.vpc != b.vpc and self.gateways:
            first, second = self.gateways[a.vpc], self.gateways[b.vpc]
            yield Leg(first, "ingress", (a.address, first.address, *ports), plain[:2])
            yield Leg(second, "egress", (second.address, b.address, *ports), plain[:2])
        yield Leg(b, "ingress", plain, plain[:2])

    def _through_nat(self, talk, *, to_server):
        client, server, nat = talk.client.address, talk.server.address, self.nat.address
        ports, beyond = (talk.client_port, talk.server_port), (talk.nat_port, talk.server_port)
        if to_server:
            yield Leg(talk.client, "egress", (client, server, *ports), (client, server))
            yield Leg(self.nat, "ingress", (client, nat, *ports), (client, server))
            yield Leg(self.nat, "egress", (nat, server, *beyond), (nat, server))
        else:
            yield Leg(self.nat, "ingress", (server, nat, *beyond[::-1]), (server, nat))
            yield Leg(self.nat, "egress", (nat, client, *ports[::-1]), (server, client))
            yield Leg(talk.client, "ingress", (server, client, *ports[::-1]), (server, client))

    def inner(self, leg):
        """Tell whether packets bear their true ends, which they do not beyond the NAT gateway."""
        return leg.node != self.nat or self.nat.address not in leg.packet

    def run(self):
        """Send everything."""
        for talk in self.talks:
            for to_server in (True, False):
                self._send(talk, to_server=to_server)

    def _send(self, talk, *, to_server):
        count = talk.packets[0 if to_server else 1] if to_server or not talk.stopped else 0
        lost = talk.lost[0 if to_server else 1]
        legs = list(self.legs(talk, to_server=to_server))
        for number in range(count):
            flags = 0
            if talk.protocol == TCP:
                flags = (2 if to_server else 18) if number == 0 else (1 if number == count - 1 else 0)
                flags = 2 if talk.stopped else flags
            moment = talk.at + (0 if to_server else 1) + talk.seconds * number // max(count - 1, 1)
            arrives = not 0 < number <= lost  # never the first: it opens
            for leg in legs if arrives else (leg for leg in legs[:1] if leg.node.vpc and leg.node != self.nat):
                self._log(talk, leg, moment, flags, to_server=to_server)

    def _log(self, talk, leg, moment, flags, *, to_server):
        if not leg.node.logged:
            return
        window = moment // leg.node.interval * leg.node.interval
        name, start, end = self.gap
        if leg.node.address == name and start < window + leg.node.interval and window < end:
            self.missed.add((leg.node, talk, to_server))
            return
        action = "REJECT" if talk.stopped and leg.node == talk.server else "ACCEPT"
        record = self.seen.setdefault((leg, talk.protocol, action, window), [0, 0, 0, moment, moment])
        record[0] += 1
        record[1] += talk.size
        record[2] |= flags
        record[3], record[4] = min(record[3], moment), max(record[4], moment)
        if self.inner(leg):
            at = (leg.node, talk, to_server)
            self.by_talk[at] = self.by_talk.get(at, 0) + talk.size

    def lines(self, *, only=None, form=None):
        """Return the log without its header; *only* of interfaces with these addresses, in this *form*."""
        form = form or self.form
        names = HEADERS[form].split()
        for (leg, protocol, action, _window), (packets, size, flags, start, end) in sorted(
            self.seen.items(), key=lambda item: (item[1][3], str(item[0]))
        ):
            if only is not None and leg.node.address not in only:
                continue
            values = {
                "version": form[1:], "interface-id": leg.node.interface, "srcaddr": leg.flow[0],
                "dstaddr": leg.flow[1], "srcport": leg.flow[2], "dstport": leg.flow[3], "protocol": protocol,
                "packets": packets, "bytes": size, "start": BASE + start, "end": BASE + end, "action": action,
                "log-status": "OK", "vpc-id": leg.node.vpc, "tcp-flags": flags, "pkt-srcaddr": leg.packet[0],
                "pkt-dstaddr": leg.packet[1], "flow-direction": leg.way,
            }  # fmt: skip
            yield " ".join(str(values.get(name, "-")) for name in names)
        name, start, end = self.gap
        if self.skipdata and name and only is None:
            values = {"version": form[1:], "interface-id": interface(name)}
            values |= {"start": BASE + start, "end": BASE + end, "log-status": "SKIPDATA"}
            yield " ".join(str(values.get(name, "-")) for name in names)

    def expected(self):
        """Return what must be counted, by key: the numbers that would be right; None where the log cannot tell."""
        found = {}
        for talk in self.talks:
            for to_server in (True, False):
                numbers = self._expected(talk, to_server=to_server)
                if numbers != {0}:
                    found[talk.key(to_server=to_server)] = numbers
        return found

    def _expected(self, talk, *, to_server):
        legs = list(self.legs(talk, to_server=to_server))
        sender, receiver = (talk.client, talk.server) if to_server else (talk.server, talk.client)

        def at(node):
            return self.by_talk.get((node, talk, to_server), 0)

        points = [node for node in (sender, receiver) if node.logged and at(node)]
        whole = [node for node in points if (node, talk, to_server) not in self.missed]
        if whole and self.form != "v5" and any(talk.lost):
            return {at(leg.node) for leg in legs if at(leg.node)}
        if whole:
            return {at(whole[0])}
        if any(at(leg.node) for leg in legs) and any(key[1:] == (talk, to_server) for key in self.missed):
            return None
        return {max((at(leg.node) for leg in legs), default=0)}


def scenario(dice, form, *, place=0, **options):
    """Make a world by *dice*, which decide everything; of worlds in one log each has a *place* of its own.

    *options* are what may occur (`between`: gateways; `gaps`, `loss`, `dark`, `copies`), and `six` for IPv6.
    """
    defaults = {"six": False} | dict.fromkeys(("between", "gaps", "loss", "dark", "copies"), True)
    six, between, gaps, loss, dark, copies = (defaults | options).values()

    def node(address, vpc):
        logged = not dark or dice.random() < 0.8
        return Node(address, vpc, logged=logged, interval=dice.choice([60, 600]))

    vpcs = {2 * place + n: f"vpc-{place}-{n}" for n in range(1, dice.randint(1, 2) + 1)}
    inside = [
        node(f"fd00:{n}::{host}" if six else f"10.{n}.0.{host}", vpc)
        for n, vpc in vpcs.items()
        for host in range(10, 10 + dice.randint(1, 3))
    ]
    far = f"2001:db8:{place + 1}::" if six else f"203.0.{place}."
    outside = [Node(f"{far}{n}") for n in range(1, 1 + dice.randint(1, 2))]
    packets = form != "v2" and not six
    world = World(form)
    if packets and between and dice.random() < 0.7:
        first = 2 * place + 1
        world.nat = Node(f"10.{first}.9.9", vpcs[first], logged=True, interval=dice.choice([60, 600]))
    if packets and between and dice.random() < 0.6:
        world.gateways = {vpc: node(f"10.{n}.8.8", vpc) for n, vpc in vpcs.items()}
    mode = dice.choice(["gap"] * gaps + ["loss"] * loss + ["plain"])
    pinged = set()
    for number in range(dice.randint(1, 8)):
        client, server = dice.choice(inside), dice.choice(inside + outside)
        if not server.vpc and dice.random() < 0.3 and not world.nat:
            client, server = server, client
        protocol = dice.choice([TCP, TCP, UDP] + [ICMP] * (mode != "gap"))  # who asked first may fall in the gap
        if client == server or (protocol == ICMP and (client, server) in pinged):
            continue
        pinged |= {(client, server), (server, client)} if protocol == ICMP else set()
        count = (dice.randint(1, 30), dice.randint(0, 30))
        lost = tuple(dice.randint(0, max(n - 2, 0)) for n in count) if mode == "loss" else (0, 0)
        ports = (0, 0) if protocol == ICMP else (40_000 + number, dice.choice([22, 53, 443, 5432, 8080]))
        world.talks.append(
            Talk(
                client,
                server,
                *ports,
                protocol,
                dice.randint(0, 1200),
                dice.choice([0, 5, 90, 700, 2000]),
                count,
                dice.randint(40, 1500),
                lost,
                0 if protocol == ICMP else 50_000 + number,
                stopped=bool(server.vpc) and dice.random() < 0.15,
            )
        )
    if mode == "gap":
        start = dice.randint(0, 20) * 60
        world.gap = (dice.choice(inside).address, start, start + dice.choice([60, 600]))
        world.skipdata = dice.random() < 0.5
    if copies and dice.random() < 0.3:
        world.copied = frozenset(n.address for n in inside if dice.random() < 0.6)
    world.run()
    return world


def load_worlds(worlds, folder, copied_as=None):
    """Load the log of several worlds, with what was delivered twice in a file of its own, maybe of another form."""
    again = copied_as or worlds[0].form
    logs = {"one": [HEADERS[worlds[0].form], *(line for world in worlds for line in world.lines())]}
    copies = [line for world in worlds if world.copied for line in world.lines(only=world.copied, form=again)]
    logs |= {"two": [HEADERS[again], *copies]} if copies else {}
    for name, lines in logs.items():
        Path(folder, f"{name}.log").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return fk.load(folder, case=Path(folder, "case"))


def resolved(flows, table):
    """Return facts with the addresses and interfaces that their numbers stand for."""
    frame = table.to_pandas()
    addresses = flows.ends.addresses.to_pandas().set_index("id")
    for name in ("client", "server", "srcaddr", "dstaddr"):
        frame[f"{name}_vpc"] = frame[name].map(addresses.vpc_id)
        frame[name] = frame[name].map(addresses.address)
    frame["observer"] = frame.observer.map(flows.ends.observers.to_pandas().set_index("id").observer)
    return frame


def totals(flows, table):
    """Return the bytes of facts by true ends, ports, protocol and way."""
    sums = resolved(flows, table).groupby(KEY).bytes.sum()
    return {(*key[:5], bool(key[5])): int(value) for key, value in sums.items()}


@pytest.fixture(name="resolved", scope="session")
def _resolved():
    return resolved


@pytest.fixture(name="totals", scope="session")
def _totals():
    return totals


@pytest.fixture(scope="session")
def simulated():
    """Return a context that makes worlds of seeds and loads their log: (worlds, flows)."""

    @contextmanager
    def simulate(seeds, form, copied_as=None, **options):
        dice = map(Random, seeds)
        worlds = [scenario(each, form, place=place, **options) for place, each in enumerate(dice)]
        with TemporaryDirectory() as folder:
            yield worlds, load_worlds(worlds, folder, copied_as)

    return simulate
