"""The sample's VPC: three tiers over two zones, and one network ACL entry that is too narrow.

Outside ends lie in ranges that belong to nobody: clients and scanners in 198.18.0.0/15 (benchmarking),
the address data leaks to in 203.0.113.0/24, "Amazon S3" in 198.51.100.0/24, our own public
addresses in 192.0.2.0/24 (documentation).
"""

from typing import Final

from flowkit.training.network import Interface, Network, Subnet, Zone, resource_id
from flowkit.training.rules import (
    ICMP,
    TCP,
    UDP,
    Acl,
    AclEntry,
    Direction,
    GroupRule,
    Ports,
    PrefixList,
    SecurityGroup,
)

ACCOUNT: Final = "111122223333"
REGION: Final = "eu-central-1"
VPC_CIDR: Final = "10.0.0.0/16"
ZONE_A: Final = Zone("eu-central-1a", "euc1-az1")
ZONE_B: Final = Zone("eu-central-1b", "euc1-az2")

UNUSUAL_DESTINATION: Final = "203.0.113.77"
TIME_SERVERS: Final = ("198.18.123.11", "198.18.123.12", "198.18.123.13")
UPDATE_SERVER: Final = "198.18.80.10"
OFFICE: Final = "198.19.200.5"
S3_RANGE: Final = "198.51.100.0/25"
S3_ADDRESSES: Final = ("198.51.100.17", "198.51.100.18", "198.51.100.33", "198.51.100.34")
BLOCKED_RANGE: Final = "198.19.66.0/24"
PORTS_ANSWERED: Final = (32768, 57343)
"""What the database's ACL lets out; Linux clients use 32768 to 60999."""

SUBNETS: Final = (
    Subnet("public-a", "10.0.0.0/24", ZONE_A, "public", public=True),
    Subnet("public-b", "10.0.10.0/24", ZONE_B, "public", public=True),
    Subnet("web-a", "10.0.3.0/24", ZONE_A, "default"),
    Subnet("web-b", "10.0.13.0/24", ZONE_B, "default"),
    Subnet("app-a", "10.0.1.0/24", ZONE_A, "default"),
    Subnet("app-b", "10.0.11.0/24", ZONE_B, "default"),
    Subnet("db-a", "10.0.2.0/24", ZONE_A, "database-a"),
    Subnet("db-b", "10.0.12.0/24", ZONE_B, "database-b"),
)


def _host(name: str, address: str, subnet: str, group: str, size: str, public_ip: str = "") -> Interface:
    return Interface(
        name=name,
        address=address,
        subnet=subnet,
        groups=(group,),
        instance_type=size,
        public_ip=public_ip,
        description="Primary network interface",
    )


def _balancer(zone: str, address: str, public_ip: str) -> Interface:
    return Interface(
        name=f"shop-lb-{zone}",
        address=address,
        subnet=f"public-{zone}",
        groups=("shop-lb",),
        public_ip=public_ip,
        description="ELB app/shop-lb/50dc6c495c0c9188",
    )


NAT_GATEWAY_ID: Final = resource_id("nat", "shop-nat")

INTERFACES: Final = (
    Interface(
        name="shop-nat",
        address="10.0.0.5",
        subnet="public-a",
        public_ip="192.0.2.5",
        kind="nat_gateway",
        description=f"Interface for NAT Gateway {NAT_GATEWAY_ID}",
    ),
    _balancer("a", "10.0.0.20", "192.0.2.20"),
    _balancer("b", "10.0.10.20", "192.0.2.21"),
    _host("bastion", "10.0.0.30", "public-a", "shop-bastion", "t3.micro", "192.0.2.30"),
    _host("web-a-1", "10.0.3.10", "web-a", "shop-web", "c6i.large"),
    _host("web-b-1", "10.0.13.10", "web-b", "shop-web", "c6i.large"),
    _host("app-a-1", "10.0.1.10", "app-a", "shop-app", "m6i.large"),
    _host("app-a-2", "10.0.1.11", "app-a", "shop-app", "m6i.large"),
    _host("app-b-1", "10.0.11.10", "app-b", "shop-app", "m6i.large"),
    _host("batch-b-1", "10.0.11.40", "app-b", "shop-app", "m6i.large"),
    _host("dns-a-1", "10.0.1.53", "app-a", "shop-dns", "t3.small"),
    _host("db-a-1", "10.0.2.20", "db-a", "shop-db", "r6i.xlarge"),
    _host("db-b-1", "10.0.12.20", "db-b", "shop-db", "r6i.xlarge"),
)

_ALL: Final = Ports()
_EPHEMERAL: Final = (1024, 65535)


def _both_ways(number: int, ports: Ports, cidr: str = "0.0.0.0/0") -> tuple[AclEntry, AclEntry]:
    return AclEntry(number, "ingress", ports, cidr), AclEntry(number, "egress", ports, cidr)


def _database_acl(zone: str, answered: tuple[int, int]) -> Acl:
    """Return a database subnet's ACL; *answered* are the client ports replies may go to."""
    name = f"database-{zone}"
    return Acl(
        name,
        resource_id("acl", name),
        (
            AclEntry(100, "ingress", Ports(TCP, 5432, 5432), VPC_CIDR),
            AclEntry(110, "ingress", Ports(TCP, 22, 22), "10.0.0.0/24"),
            AclEntry(120, "ingress", Ports(TCP, *_EPHEMERAL)),
            AclEntry(130, "ingress", Ports(UDP, *_EPHEMERAL)),
            AclEntry(140, "ingress", Ports(ICMP), VPC_CIDR),
            AclEntry(100, "egress", Ports(TCP, *answered), VPC_CIDR),
            AclEntry(110, "egress", Ports(TCP, 5432, 5432), VPC_CIDR),
            AclEntry(120, "egress", Ports(TCP, 443, 443)),
            AclEntry(130, "egress", Ports(UDP, 53, 53), VPC_CIDR),
            AclEntry(135, "egress", Ports(UDP, 123, 123)),
            AclEntry(140, "egress", Ports(ICMP), VPC_CIDR),
        ),
    )


ACLS: Final = (
    Acl("default", resource_id("acl", "default"), _both_ways(100, _ALL), default=True),
    Acl(
        "public",
        resource_id("acl", "public"),
        (AclEntry(90, "ingress", _ALL, BLOCKED_RANGE, "deny"), *_both_ways(100, _ALL)),
    ),
    _database_acl("a", PORTS_ANSWERED),
    _database_acl("b", _EPHEMERAL),
)

PREFIX_LISTS: Final = (
    PrefixList("shop-office", resource_id("pl", "shop-office"), ACCOUNT, ("198.19.200.0/28",)),
    PrefixList(f"com.amazonaws.{REGION}.s3", "pl-6ea54007", "AWS", (S3_RANGE,)),
)


def _group(name: str, description: str, *rules: GroupRule) -> SecurityGroup:
    return SecurityGroup(name, resource_id("sg", name), description, rules)


def _rule(
    direction: Direction,
    ports: Ports,
    *,
    cidr: str = "",
    group: str = "",
    prefix_list: str = "",
    description: str = "",
) -> GroupRule:
    return GroupRule(
        direction=direction,
        ports=ports,
        cidr=cidr,
        group=group,
        prefix_list=prefix_list,
        description=description,
    )


_SSH: Final = Ports(TCP, 22, 22)
_HTTP: Final = Ports(TCP, 8080, 8080)
_POSTGRES: Final = Ports(TCP, 5432, 5432)
_ADMIN: Final = (
    _rule("ingress", _SSH, group="shop-bastion", description="administration"),
    _rule("ingress", Ports(ICMP), group="shop-bastion", description="ping"),
)
_OUT: Final = _rule("egress", _ALL, cidr="0.0.0.0/0")

GROUPS: Final = (
    _group("default", "default VPC security group", _rule("ingress", _ALL, group="default"), _OUT),
    _group(
        "shop-lb",
        "load balancer",
        _rule("ingress", Ports(TCP, 443, 443), cidr="0.0.0.0/0", description="customers"),
        _rule("egress", _HTTP, group="shop-web", description="requests and health checks"),
    ),
    _group(
        "shop-web",
        "web tier",
        _rule("ingress", _HTTP, group="shop-lb"),
        *_ADMIN,
        _rule("egress", _HTTP, group="shop-app"),
        _rule("egress", Ports(UDP, 53, 53), group="shop-dns"),
        _rule("egress", Ports(UDP, 123, 123), cidr="0.0.0.0/0", description="time"),
        _rule("egress", Ports(TCP, 443, 443), cidr="0.0.0.0/0", description="updates"),
    ),
    _group("shop-app", "application tier", _rule("ingress", _HTTP, group="shop-web"), *_ADMIN, _OUT),
    _group(
        "shop-db",
        "database",
        _rule("ingress", _POSTGRES, group="shop-app"),
        _rule("ingress", _POSTGRES, group="shop-db", description="replication"),
        *_ADMIN,
        _OUT,
    ),
    _group(
        "shop-dns",
        "resolver",
        _rule("ingress", Ports(UDP, 53, 53), cidr=VPC_CIDR),
        _rule("ingress", Ports(TCP, 53, 53), cidr=VPC_CIDR),
        *_ADMIN,
        _OUT,
    ),
    _group("shop-bastion", "way in", _rule("ingress", _SSH, prefix_list="shop-office"), _OUT),
)

NETWORK: Final = Network(ACCOUNT, REGION, "shop", VPC_CIDR, SUBNETS, INTERFACES, ACLS, GROUPS, PREFIX_LISTS)
