"""The networks of `transfers`: who is there, how they reach each other, and what ``describe-…`` says of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from typing import Any, Final

from flowkit.training.dice import Dice
from flowkit.training.network import resource_id

ACCOUNT: Final = "111122223333"
REGION, FAR_REGION = "us-east-1", "us-west-2"
ZONES: Final = {"us-east-1a": "use1-az1", "us-east-1b": "use1-az2", "us-west-2a": "usw2-az1"}
_OUTSIDE: Final = (
    ("203.0.113.", "", ""), ("52.216.1.", "S3", REGION), ("52.94.0.", "DYNAMODB", REGION),
    ("52.92.129.", "S3", FAR_REGION), ("54.70.1.", "EC2", FAR_REGION),
)  # fmt: skip
"""Beginnings of addresses outside: whose they are, and in which region, by AWS's published ranges."""
_SERVICES: Final = ("S3", "DYNAMODB")


@dataclass(frozen=True)
class Host:
    """What has an address; with a subnet also an interface, and is logged."""

    name: str
    address: str
    subnet: str = ""
    vpc: str = ""
    zone: str = ""
    kind: str = "interface"
    service: str = ""
    region: str = ""

    @property
    def logged(self) -> bool:
        """Whether its interface is logged."""
        return bool(self.subnet)

    @property
    def gateway_service(self) -> bool:
        """Whether a gateway endpoint can carry what goes to it."""
        return self.service in _SERVICES

    @property
    def beside(self) -> "Host":
        """Another host of its subnet."""
        return replace(self, name=f"{self.name}-beside", address=str(ip_address(self.address) + 100))

    @property
    def zone_id(self) -> str:
        """The id of its zone."""
        return ZONES.get(self.zone, "-")

    @property
    def interface_id(self) -> str:
        """The id of its interface."""
        return resource_id("eni", self.name)

    @property
    def subnet_id(self) -> str:
        """The id of its subnet."""
        return resource_id("subnet", self.subnet)

    @property
    def vpc_id(self) -> str:
        """The id of its VPC."""
        return resource_id("vpc", self.vpc)

    @property
    def instance_id(self) -> str:
        """The id of its instance, ``-`` where AWS manages the interface."""
        return resource_id("i", self.name) if self.kind == "interface" and not self.name.startswith("lb") else "-"


_SUBNETS: Final = {
    "public-a": ("10.0.0.0/24", "main", "us-east-1a"), "public-b": ("10.0.10.0/24", "main", "us-east-1b"),
    "private-a": ("10.0.1.0/24", "main", "us-east-1a"), "private-b": ("10.0.11.0/24", "main", "us-east-1b"),
    "peer-a": ("10.1.1.0/24", "peer", "us-east-1a"), "peer-b": ("10.1.11.0/24", "peer", "us-east-1b"),
    "transit-a": ("10.2.1.0/24", "transit", "us-east-1a"), "far-a": ("10.3.1.0/24", "far", "us-west-2a"),
}  # fmt: skip
_CIDRS: Final = {"main": "10.0.0.0/16", "peer": "10.1.0.0/16", "transit": "10.2.0.0/16", "far": "10.3.0.0/16"}


def _host(name: str, subnet: str, number: int, kind: str = "interface") -> Host:
    cidr, vpc, zone = _SUBNETS[subnet]
    address = str(ip_network(cidr)[number])
    return Host(name, address, subnet, vpc, zone, kind, region=zone[:-1])


@dataclass(frozen=True)
class World:
    """Everything there is; *endpoints* are the subnets with a gateway endpoint in their route table."""

    public: tuple[Host, ...]
    private: tuple[Host, ...]
    peers: tuple[Host, ...]
    transits: tuple[Host, ...]
    far: tuple[Host, ...]
    nats: Mapping[str, Host]
    attachments: Mapping[str, Host]
    endpoint: Host
    balancer: Host
    outside: tuple[Host, ...]
    visitors: tuple[str, ...]
    endpoints: tuple[str, ...] = ()
    region: str = REGION

    def nat_of(self, host: Host) -> Host:
        """Return the NAT gateway that a private subnet's routes lead to."""
        return self.nats[host.subnet]

    def attachment(self, host: Host) -> Host:
        """Return the transit gateway's interface in a host's VPC."""
        return self.attachments[host.vpc]

    def way(self, client: Host, server: Host) -> str:
        """Return how a client reaches a server."""
        if not client.logged:
            return "internet"
        if not server.logged:
            if server.gateway_service and server.region == self.region and client.subnet in self.endpoints:
                return "endpoint"
            return "internet" if client.subnet.startswith("public") else "nat"
        return "local" if client.vpc == server.vpc else _BETWEEN[server.vpc if client.vpc == "main" else client.vpc]

    def path(self, client: Host, server: Host) -> str:
        """Return what ``traffic-path`` says of what either sends."""
        return {"internet": "8", "endpoint": "7", "local": "1", "peering": "4", "region": "5"}[self.way(client, server)]


_BETWEEN: Final = {"peer": "peering", "transit": "transit", "far": "region"}


def world(dice: Dice) -> World:
    """Return a network by chance."""

    def hosts(subnets: tuple[str, ...], most: int) -> tuple[Host, ...]:
        return tuple(_host(f"{s}-{n}", s, 10 + n) for s in subnets for n in range(dice.whole(1, most)))

    one = _host("nat-a", "public-a", 5, "nat_gateway")
    two = _host("nat-b", "public-b", 5, "nat_gateway") if dice.chance(0.5) else one
    outside = [
        Host(f"outside-{n}", f"{start}{dice.whole(2, 60)}", service=service, region=region)
        for n, (start, service, region) in enumerate((*_OUTSIDE, _OUTSIDE[0], _OUTSIDE[1]))
    ]
    endpoints = tuple(name for name in ("public-a", "private-a", "private-b") if dice.chance(0.3))
    return World(
        public=hosts(("public-a", "public-b"), 2), private=hosts(("private-a", "private-b"), 3),
        peers=hosts(("peer-a", "peer-b"), 2), transits=hosts(("transit-a",), 2), far=hosts(("far-a",), 2),
        nats={"private-a": one, "private-b": two},
        attachments={"main": _host("tgw-main", "private-a", 200, "transit_gateway"),
                     "transit": _host("tgw-transit", "transit-a", 200, "transit_gateway")},
        endpoint=_host("vpce-a", "private-a", 201, "vpc_endpoint"), balancer=_host("lb-a", "public-a", 202),
        outside=tuple(outside), visitors=tuple(f"198.51.100.{n}" for n in range(2, 9)), endpoints=endpoints,
    )  # fmt: skip


def described(here: World) -> dict[str, bytes]:
    """Return the files of a snapshot."""
    gateways = {one.name: one for one in here.nats.values()}
    first = here.public[0]
    every = (*here.public, *here.private, *here.peers, *here.transits, *here.far, *gateways.values(),
             *here.attachments.values(), here.endpoint, here.balancer, first.beside)  # fmt: skip
    documents: dict[str, Any] = {
        "manifest": {"taken": "2026-03-10T08:00:00Z"},
        "describe-network-interfaces": {"NetworkInterfaces": [_interface(one) for one in every]},
        "describe-subnets": {"Subnets": [_subnet(name) for name in _SUBNETS]},
        "describe-vpcs": {"Vpcs": [_vpc(name) for name in _CIDRS]},
        "describe-nat-gateways": {"NatGateways": [_nat(one) for one in gateways.values()]},
        "describe-route-tables": {"RouteTables": [_table(here, name) for name in _SUBNETS]},
        "describe-vpc-endpoints": {"VpcEndpoints": [_endpoint("s3"), _endpoint("dynamodb")]},
        "describe-managed-prefix-lists": {"PrefixLists": [_prefix_list("s3"), _prefix_list("dynamodb")]},
    }
    return {f"{name}.json": json.dumps(document).encode() for name, document in documents.items()}


def _interface(host: Host) -> dict[str, Any]:
    managed = host.instance_id == "-"
    text = {"lb-a": "ELB app/shop/50dc6c495c0c9188"}.get(host.name, "")
    attachment = {} if managed else {"Attachment": {"InstanceId": host.instance_id}}
    return {
        "NetworkInterfaceId": host.interface_id, "InterfaceType": host.kind, "SubnetId": host.subnet_id,
        "VpcId": host.vpc_id, "AvailabilityZone": host.zone, "AvailabilityZoneId": host.zone_id,
        "PrivateIpAddress": host.address, "PrivateIpAddresses": [{"PrivateIpAddress": host.address}],
        "OwnerId": ACCOUNT, "RequesterManaged": managed, "Description": text, "Status": "in-use", **attachment,
    }  # fmt: skip


def _subnet(name: str) -> dict[str, Any]:
    cidr, vpc, zone = _SUBNETS[name]
    return {
        "SubnetId": resource_id("subnet", name), "VpcId": resource_id("vpc", vpc), "CidrBlock": cidr,
        "AvailabilityZone": zone, "AvailabilityZoneId": ZONES[zone], "OwnerId": ACCOUNT,
    }  # fmt: skip


def _vpc(name: str) -> dict[str, Any]:
    return {"VpcId": resource_id("vpc", name), "CidrBlock": _CIDRS[name], "OwnerId": ACCOUNT}


def _nat(host: Host) -> dict[str, Any]:
    held = {"NetworkInterfaceId": host.interface_id, "PrivateIp": host.address}
    return {
        "NatGatewayId": resource_id("nat", host.name), "SubnetId": host.subnet_id, "VpcId": host.vpc_id,
        "State": "available", "ConnectivityType": "public", "NatGatewayAddresses": [held],
    }  # fmt: skip


def _table(here: World, name: str) -> dict[str, Any]:
    _cidr, vpc, _zone = _SUBNETS[name]
    routes = [{"DestinationCidrBlock": _CIDRS[vpc], "GatewayId": "local"}]
    joined = [other for other in _CIDRS if "main" in (vpc, other) and other != vpc]
    routes += [{"DestinationCidrBlock": _CIDRS[other], **_joins(other if vpc == "main" else vpc)} for other in joined]
    if name.startswith("public"):
        routes.append({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": resource_id("igw", vpc)})
    elif name in here.nats:
        routes.append({"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": resource_id("nat", here.nats[name].name)})
    if name in here.endpoints:
        routes += [
            {"DestinationPrefixListId": f"pl-{service}", "GatewayId": resource_id("vpce", service)}
            for service in ("s3", "dynamodb")
        ]
    return {
        "RouteTableId": resource_id("rtb", name), "VpcId": resource_id("vpc", vpc), "Routes": routes,
        "Associations": [{"SubnetId": resource_id("subnet", name), "Main": False}],
    }  # fmt: skip


def _joins(vpc: str) -> dict[str, str]:
    if vpc == "transit":
        return {"TransitGatewayId": resource_id("tgw", "hub")}
    return {"VpcPeeringConnectionId": resource_id("pcx", vpc)}


def _endpoint(service: str) -> dict[str, Any]:
    return {
        "VpcEndpointId": resource_id("vpce", service), "VpcEndpointType": "Gateway", "State": "available",
        "ServiceName": f"com.amazonaws.{REGION}.{service}", "VpcId": resource_id("vpc", "main"),
    }  # fmt: skip


def _prefix_list(service: str) -> dict[str, Any]:
    return {"PrefixListId": f"pl-{service}", "PrefixListName": f"com.amazonaws.{REGION}.{service}", "OwnerId": "AWS"}
