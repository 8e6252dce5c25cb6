"""A small network for the tests of gates: two VPCs that are peered, a NAT and an internet gateway."""

from flowkit.inventory import Interface, Snapshot, Subnet, Vpc
from flowkit.inventory.packets import ANY
from flowkit.inventory.paths import InternetGateway, NatGateway, Peering, Route, RouteTable
from flowkit.inventory.resources import SecurityGroup
from flowkit.inventory.rules import AclEntry, GroupRule, NetworkAcl


def interface(name, address, subnet, *groups, vpc="vpc-a", public=(), **more):
    return Interface(
        interface_id=f"eni-{name}", name=name, instance_id=f"i-{name}", kind=more.pop("kind", "instance"), vpc_id=vpc,
        subnet_id=subnet, address=address, addresses=(address, *more.pop("more", ())), group_ids=groups,
        public_addresses=public, **more,
    )  # fmt: skip


def rule(group, end="0.0.0.0/0", protocol=ANY, first=None, last=None, *, direction="ingress", **more):
    name = "cidr" if "/" in end else "prefix_list_id" if end.startswith("pl-") else "peer_group_id"
    last = first if last is None else last
    return GroupRule(
        group_id=group, direction=direction, protocol=protocol, first=first, last=last, **{name: end}, **more
    )


def entry(number, allows, cidr="0.0.0.0/0", protocol=ANY, first=None, last=None, *, direction="ingress"):
    last = first if last is None else last
    return AclEntry(
        number=number, direction=direction, allows=allows, protocol=protocol, cidr=cidr, first=first, last=last
    )


def acl(acl_id, *entries, subnets=(), default=False, vpc="vpc-a"):
    return NetworkAcl(acl_id=acl_id, vpc_id=vpc, default=default, subnet_ids=subnets, entries=entries)


def table(table_id, *routes, subnets=(), main=False, vpc="vpc-a"):
    """Return a route table; each route is (destination, target), the local one is added."""
    local = Route(destination="10.0.0.0/16" if vpc == "vpc-a" else "10.1.0.0/16", target="local")
    made = (one if isinstance(one, Route) else Route(destination=one[0], target=one[1]) for one in routes)
    return RouteTable(table_id=table_id, vpc_id=vpc, main=main, subnet_ids=subnets, routes=(local, *made))


OPEN = tuple(entry(100, True, direction=direction) for direction in ("ingress", "egress"))
DATABASE = (
    entry(100, True, "10.0.0.0/16", 6, 5432),
    entry(90, True, "10.0.1.0/24", 6, 32768, 61000, direction="egress"),
)
GROUPS = {
    "sg-app": (rule("sg-app", direction="egress"), rule("sg-app", "10.0.0.0/8", 6, 8080)),
    "sg-db": (rule("sg-db", "sg-app", 6, 5432, rule_id="sgr-db"),),
    "sg-extra": (rule("sg-extra", "10.0.1.0/24", 6, 5433),),
    "sg-peer": (rule("sg-peer", "sg-app", 6, 443, peering_id="pcx-1", peering_status="active"),),
}
SNAPSHOT = {
    "interfaces": (
        interface("app", "10.0.1.10", "subnet-a1", "sg-app", public=("192.0.2.10",)),
        interface("app2", "10.0.1.11", "subnet-a1", "sg-app"),
        interface("db", "10.0.2.20", "subnet-a2", "sg-extra", "sg-db"),
        interface("peer", "10.1.1.5", "subnet-b1", "sg-peer", vpc="vpc-b"),
        interface("nat", "10.0.9.5", "subnet-a9", kind="nat_gateway", public=("192.0.2.99",)),
    ),
    "subnets": tuple(
        Subnet(subnet_id=name, vpc_id=vpc, cidrs=(cidr,))
        for name, vpc, cidr in (
            ("subnet-a1", "vpc-a", "10.0.1.0/24"), ("subnet-a2", "vpc-a", "10.0.2.0/24"),
            ("subnet-a9", "vpc-a", "10.0.9.0/24"), ("subnet-b1", "vpc-b", "10.1.1.0/24"),
        )
    ),
    "vpcs": (Vpc(vpc_id="vpc-a", cidrs=("10.0.0.0/16",)), Vpc(vpc_id="vpc-b", cidrs=("10.1.0.0/16",))),
    "groups": tuple(SecurityGroup(group_id=name) for name in GROUPS),
    "rules": tuple(one for rules in GROUPS.values() for one in rules),
    "acls": (
        acl("acl-a", *OPEN, default=True),
        acl("acl-db", *DATABASE, subnets=("subnet-a2",)),
        acl("acl-b", *OPEN, default=True, vpc="vpc-b"),
    ),
    "route_tables": (
        table("rtb-a", ("10.1.0.0/16", "pcx-1"), ("0.0.0.0/0", "igw-1"), main=True),
        table("rtb-db", ("0.0.0.0/0", "nat-1"), subnets=("subnet-a2",)),
        table("rtb-b", ("10.0.0.0/16", "pcx-1"), main=True, vpc="vpc-b"),
    ),
    "peerings": (Peering(peering_id="pcx-1", status="active", vpc_ids=("vpc-a", "vpc-b")),),
    "nat_gateways": (NatGateway(nat_id="nat-1", vpc_id="vpc-a", subnet_id="subnet-a9", state="available"),),
    "internet_gateways": (InternetGateway(gateway_id="igw-1", vpc_ids=("vpc-a",)),),
    "answered": ("NetworkInterfaces", "SecurityGroups", "NetworkAcls", "RouteTables"),
    "accounts": ("111122223333",),
}  # fmt: skip


def snapshot(**changed):
    """Return the network, some of it replaced."""
    return Snapshot(**SNAPSHOT | changed)
