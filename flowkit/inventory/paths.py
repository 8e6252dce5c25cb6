"""Where packets can go: route tables, and what routes lead to, as AWS describes them."""

from dataclasses import dataclass
from typing import Final, Self

from flowkit.inventory.item import Item, Tags, distinct, name_of

_TARGETS: Final = (
    "GatewayId", "NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "EgressOnlyInternetGatewayId",
    "NetworkInterfaceId", "InstanceId", "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn", "OdbNetworkArn",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """A line of a route table.

    Attributes
    ----------
    destination
        A CIDR block or the id of a prefix list; "" where what AWS said is not understood.
    target
        The id of what it leads to, or ``local``.
    blackhole
        Whether the target is gone, so that packets are dropped.
    propagated
        Whether a virtual private gateway brought it.
    """

    destination: str
    target: str = ""
    blackhole: bool = False
    propagated: bool = False

    @classmethod
    def of(cls, item: Item) -> Self:
        """Read one of a route table's ``Routes``."""
        blocks = item.block("DestinationCidrBlock") or item.block("DestinationIpv6CidrBlock")
        return cls(
            destination=blocks or item.text("DestinationPrefixListId"),
            target=next(filter(None, map(item.text, _TARGETS)), ""),
            blackhole=item.text("State") == "blackhole",
            propagated=item.text("Origin") == "EnableVgwRoutePropagation",
        )

    def __str__(self) -> str:
        """Return the route as words."""
        gone = ", which is a blackhole" if self.blackhole else ""
        return f"{self.destination or 'what is not understood'} via {self.target or 'no target'}{gone}"


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteTable:
    """A route table; `main` is the one for subnets of its VPC that have no other."""

    table_id: str
    name: str = ""
    vpc_id: str = ""
    main: bool = False
    subnet_ids: tuple[str, ...] = ()
    gateway_ids: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    tags: Tags = ()

    @classmethod
    def of(cls, item: Item) -> Self:
        """Read one of `describe-route-tables`."""
        tags, associations = item.tags(), item.parts("Associations")
        return cls(
            table_id=item.text("RouteTableId"),
            name=name_of(tags),
            vpc_id=item.text("VpcId"),
            main=any(one.flag("Main") for one in associations),
            subnet_ids=distinct([one.text("SubnetId") for one in associations]),
            gateway_ids=distinct([one.text("GatewayId") for one in associations]),
            routes=tuple(map(Route.of, item.parts("Routes"))),
            tags=tags,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class PrefixList:
    """A managed prefix list; `cidrs` is None where its entries are not known."""

    prefix_list_id: str
    name: str = ""
    owner: str = ""
    cidrs: tuple[str, ...] | None = None

    @classmethod
    def of(cls, item: Item, cidrs: tuple[str, ...] | None) -> Self:
        """Read one of `describe-managed-prefix-lists`."""
        return cls(
            prefix_list_id=item.text("PrefixListId"),
            name=item.text("PrefixListName"),
            owner=item.text("OwnerId"),
            cidrs=cidrs,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Peering:
    """A VPC peering connection between two VPCs, in the order requester, accepter."""

    peering_id: str
    status: str = ""
    vpc_ids: tuple[str, str] = ("", "")
    accounts: tuple[str, str] = ("", "")
    tags: Tags = ()

    @classmethod
    def of(cls, item: Item) -> Self:
        """Read one of `describe-vpc-peering-connections`."""
        requester, accepter = item.part("RequesterVpcInfo"), item.part("AccepterVpcInfo")
        return cls(
            peering_id=item.text("VpcPeeringConnectionId"),
            status=item.part("Status").text("Code"),
            vpc_ids=(requester.text("VpcId"), accepter.text("VpcId")),
            accounts=(requester.text("OwnerId"), accepter.text("OwnerId")),
            tags=item.tags(),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class InternetGateway:
    """An internet gateway, or one for outgoing IPv6 only, and the VPCs it is attached to."""

    gateway_id: str
    egress_only: bool = False
    vpc_ids: tuple[str, ...] = ()
    tags: Tags = ()

    @classmethod
    def of(cls, item: Item, *, egress_only: bool = False) -> Self:
        """Read one of `describe-internet-gateways` or `describe-egress-only-internet-gateways`."""
        return cls(
            gateway_id=item.text("EgressOnlyInternetGatewayId" if egress_only else "InternetGatewayId"),
            egress_only=egress_only,
            vpc_ids=distinct([one.text("VpcId") for one in item.parts("Attachments")]),
            tags=item.tags(),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class NatGateway:
    """A NAT gateway; `addresses` are the private, `public_addresses` the public ones it sends from."""

    nat_id: str
    vpc_id: str = ""
    subnet_id: str = ""
    state: str = ""
    private: bool = False
    addresses: tuple[str, ...] = ()
    public_addresses: tuple[str, ...] = ()
    tags: Tags = ()

    @classmethod
    def of(cls, item: Item) -> Self:
        """Read one of `describe-nat-gateways`."""
        held = item.parts("NatGatewayAddresses")
        return cls(
            nat_id=item.text("NatGatewayId"),
            vpc_id=item.text("VpcId"),
            subnet_id=item.text("SubnetId"),
            state=item.text("State"),
            private=item.text("ConnectivityType") == "private",
            addresses=distinct([one.address("PrivateIp") for one in held]),
            public_addresses=distinct([one.address("PublicIp") for one in held]),
            tags=item.tags(),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """A VPC endpoint; `kind` is ``Gateway``, ``Interface`` or ``GatewayLoadBalancer``."""

    endpoint_id: str
    kind: str = ""
    service: str = ""
    vpc_id: str = ""
    state: str = ""
    table_ids: tuple[str, ...] = ()
    interface_ids: tuple[str, ...] = ()
    tags: Tags = ()

    @classmethod
    def of(cls, item: Item) -> Self:
        """Read one of `describe-vpc-endpoints`."""
        return cls(
            endpoint_id=item.text("VpcEndpointId"),
            kind=item.text("VpcEndpointType"),
            service=item.text("ServiceName"),
            vpc_id=item.text("VpcId"),
            state=item.text("State"),
            table_ids=item.texts("RouteTableIds"),
            interface_ids=item.texts("NetworkInterfaceIds"),
            tags=item.tags(),
        )
