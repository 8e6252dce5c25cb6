"""The network of the connectivity cases: clients and servers in several subnets and two zones, IPv4 and IPv6."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

from flowkit.training.network import Interface, Network, Subnet, Zone, resource_id
from flowkit.training.rules import ANY, TCP, Acl, AclEntry, Direction, GroupRule, Ports, SecurityGroup

ZONES: Final = (Zone("eu-central-1a", "euc1-az2"), Zone("eu-central-1b", "euc1-az3"))
SUBNETS: Final = {
    "clients-a": 0, "clients-b": 1, "servers-a1": 0, "servers-a2": 0, "servers-b1": 1, "servers-b2": 1, "edge": 0,
}  # fmt: skip
"""Each subnet's place among the zones."""
CLIENTS: Final = ("client-a-1", "client-a-2", "client-b-1", "client-b-2")
SERVERS: Final = tuple(f"server-{place}-{n}" for place in ("a1", "a2", "b1", "b2") for n in (1, 2))
EVERY: Final = ("0.0.0.0/0", "::/0")
BLOCKS: Final = ("10.40.0.0/16", "2001:db8:40::/56")
OPEN: Final = tuple(
    AclEntry(100 + n, direction, Ports(ANY), block)
    for direction in ("ingress", "egress")
    for n, block in enumerate(EVERY)
)


@dataclass(frozen=True)
class Rules:
    """What decides: entries of subnets' ACLs where they are not open, groups of interfaces, routes to nowhere."""

    port: int
    protocol: int
    acls: Mapping[str, tuple[AclEntry, ...]] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    blackholes: tuple[tuple[str, str], ...] = ()

    def with_acl(self, subnet: str, *entries: AclEntry) -> Self:
        """Return rules in which a subnet's ACL has other entries."""
        return replace(self, acls={**self.acls, subnet: entries})

    def with_groups(self, interface: str, *groups: str) -> Self:
        """Return rules in which an interface has other groups."""
        return replace(self, groups={**self.groups, interface: groups})


def subnet_of(name: str) -> str:
    """Return the subnet of a client or server.

    >>> subnet_of("server-b1-2")
    'servers-b1'
    """
    kind, place, _ = name.split("-")
    return f"{kind}s-{place}"


def acl_id(subnet: str) -> str:
    """Return the id of a subnet's ACL."""
    return resource_id("acl", f"connectivity/{subnet}")


def group_ids(rules: Rules, name: str) -> frozenset[str]:
    """Return the ids of the groups of a client or server."""
    return frozenset(resource_id("sg", f"connectivity/{group}") for group in _groups_of(rules, name))


def address(name: str, *, ipv6: bool) -> str:
    """Return the address of a client or server."""
    place, number = list(SUBNETS).index(subnet_of(name)) + 1, 10 * int(name[-1])
    return f"2001:db8:40:{place}::{number:x}" if ipv6 else f"10.40.{place}.{number}"


def block(subnet: str, *, ipv6: bool) -> str:
    """Return the block of a subnet."""
    place = list(SUBNETS).index(subnet) + 1
    return f"2001:db8:40:{place}::/64" if ipv6 else f"10.40.{place}.0/24"


def network(rules: Rules) -> Network:
    """Return the network under these rules."""
    return Network(
        account="111122223333",
        region="eu-central-1",
        name="connectivity",
        cidr=BLOCKS[0],
        subnets=tuple(
            Subnet(name, block(name, ipv6=False), ZONES[zone], name, name == "edge", block(name, ipv6=True))
            for name, zone in SUBNETS.items()
        ),
        interfaces=(*(_interface(rules, name) for name in (*CLIENTS, *SERVERS)), _NAT),
        acls=tuple(Acl(name, acl_id(name), tuple(rules.acls.get(name, OPEN))) for name in SUBNETS),
        groups=_security_groups(rules),
        prefix_lists=(),
        ipv6=BLOCKS[1],
        blackholes=rules.blackholes,
    )


_NAT: Final = Interface(
    name="nat", address="10.40.7.5", subnet="edge", public_ip="198.51.100.40", kind="nat_gateway",
    description="Interface for NAT Gateway nat-0123456789abcdef0",
)  # fmt: skip


def _interface(rules: Rules, name: str) -> Interface:
    addresses = {"address": address(name, ipv6=False), "ipv6": address(name, ipv6=True)}
    return Interface(
        name=name, subnet=subnet_of(name), groups=_groups_of(rules, name), instance_type="m7g.large", **addresses
    )


def _groups_of(rules: Rules, name: str) -> tuple[str, ...]:
    return rules.groups.get(name, ("clients" if name.startswith("client") else "servers", "common"))


def _security_groups(rules: Rules) -> tuple[SecurityGroup, ...]:
    asked = Ports(rules.protocol, rules.port, rules.port) if rules.port else Ports(rules.protocol)
    beside = Ports(TCP, rules.port + 1, rules.port + 1)
    return (
        _group("clients", *(_rule("egress", Ports(ANY), block) for block in EVERY)),
        _group("servers", GroupRule(direction="ingress", ports=asked, group="clients"),
               *(_rule("egress", Ports(ANY), block) for block in EVERY)),
        _group("common", _rule("ingress", Ports(TCP, 22, 22), "10.40.250.0/24")),
        _group("web-only", *(_rule("egress", Ports(TCP, 80, 80), block) for block in EVERY)),
        _group("next-port", *(_rule("ingress", beside, block) for block in BLOCKS),
               *(_rule("egress", Ports(ANY), block) for block in EVERY)),
    )  # fmt: skip


def _group(name: str, *rules: GroupRule) -> SecurityGroup:
    return SecurityGroup(name, resource_id("sg", f"connectivity/{name}"), f"{name} of the connectivity cases", rules)


def _rule(direction: Direction, ports: Ports, cidr: str) -> GroupRule:
    return GroupRule(direction=direction, ports=ports, cidr=cidr)
