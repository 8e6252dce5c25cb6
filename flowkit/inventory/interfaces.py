"""Network interfaces: what each is for, what an analyst calls it, which addresses it holds."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from flowkit.inventory.item import Item, Tags, distinct, name_of

_KIND_OF_TYPE: Final = {
    "nat_gateway": "nat_gateway",
    "natGateway": "nat_gateway",
    "transit_gateway": "transit_gateway",
    "network_load_balancer": "network_load_balancer",
    "gateway_load_balancer": "gateway_load_balancer",
    "load_balancer": "load_balancer",
    "vpc_endpoint": "vpc_endpoint",
    "gateway_load_balancer_endpoint": "vpc_endpoint",
    "lambda": "lambda",
    "efs": "efs",
}
_KIND_OF_DESCRIPTION: Final = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"Interface for NAT Gateway (nat-\w+)", "nat_gateway"),
        (r"Network Interface for Transit Gateway Attachment (tgw-attach-\w+)", "transit_gateway"),
        (r"ELB (net/[^/]+)", "network_load_balancer"),
        (r"ELB (gwy/[^/]+)", "gateway_load_balancer"),
        (r"ELB (app/[^/]+|\S+)", "load_balancer"),
        (r"VPC Endpoint Interface (vpce-\w+)", "vpc_endpoint"),
        (r"AWS Lambda VPC ENI-(.+?)(?:-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?$", "lambda"),
        (r"(RDS)NetworkInterface", "rds"),
        (r"EFS mount target for (fs-\w+)", "efs"),
        (r"arn:aws[a-z-]*:ecs:[^:]*:\d*:attachment/(.+)", "ecs_task"),
    )
)
_KIND_OF_REQUESTER: Final = {"amazon-elb": "load_balancer", "amazon-rds": "rds"}
_LONGEST: Final = 300
"""Characters of a description that are looked at; AWS allows 255."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Interface:
    """A network interface.

    Attributes
    ----------
    name
        Its Name tag, else its instance's; else that or the id of the NAT gateway, endpoint, load
        balancer or function it serves; else how AWS describes an interface it manages; else "".
    kind
        ``instance``, ``nat_gateway``, ``transit_gateway``, ``network_load_balancer``,
        ``gateway_load_balancer``, ``load_balancer``, ``vpc_endpoint``, ``lambda``, ``rds``, ``efs``,
        ``ecs_task`` or ``other``. AWS's type decides where it says more than "interface", then an
        attachment to an instance, then the description and the requester. These two count
        only where AWS manages the interface: else anybody could have written them.
    az, az_id
        The zone's name, which differs between accounts, and its id, which does not.
    address
        The primary private IPv4 address, else the first IPv6 address.
    addresses
        All private IPv4 and all IPv6 addresses it holds.
    prefixes
        CIDR blocks delegated to it, whose addresses it holds as well (containers).
    public_addresses
        Elastic and automatically assigned public addresses; records of the interface show the private ones.
    requester_managed
        Whether AWS manages it.
    """

    interface_id: str
    name: str = ""
    kind: str = "other"
    vpc_id: str = ""
    subnet_id: str = ""
    az: str = ""
    az_id: str = ""
    account_id: str = ""
    instance_id: str = ""
    interface_type: str = ""
    description: str = ""
    status: str = ""
    address: str = ""
    addresses: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    public_addresses: tuple[str, ...] = ()
    group_ids: tuple[str, ...] = ()
    requester_managed: bool = False
    tags: Tags = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What the other answers say about interfaces.

    Attributes
    ----------
    instances
        Names by instance id.
    services
        Names of NAT gateways and endpoints by interface id.
    elastic
        Elastic addresses by interface id.
    subnets
        Zone name and zone id by subnet id.
    zones
        Zone ids by zone name, where a name has one id only.
    """

    instances: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    elastic: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    subnets: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)


def interface_of(item: Item, around: Surroundings) -> Interface:
    """Read one of `describe-network-interfaces`."""
    interface_id, instance_id = item.text("NetworkInterfaceId"), item.part("Attachment").text("InstanceId")
    subnet_id, tags = item.text("SubnetId"), item.tags()
    interface_type, description = item.text("InterfaceType"), item.text("Description")
    managed = item.flag("RequesterManaged")
    kind, service = _KIND_OF_TYPE.get(interface_type, "instance" if instance_id else "other"), ""
    if managed or interface_type in _KIND_OF_TYPE:
        kind, service = _service(kind, description, item.text("RequesterId"))
    subnet_az, subnet_az_id = around.subnets.get(subnet_id, ("", ""))
    az = item.text("AvailabilityZone") or subnet_az
    held = item.parts("PrivateIpAddresses")
    addresses = _private(item, held)
    return Interface(
        interface_id=interface_id,
        name=name_of(tags) or around.instances.get(instance_id, "") or around.services.get(interface_id, "") or service,
        kind=kind,
        vpc_id=item.text("VpcId"),
        subnet_id=subnet_id,
        az=az,
        az_id=item.text("AvailabilityZoneId") or subnet_az_id or around.zones.get(az, ""),
        account_id=item.text("OwnerId"),
        instance_id=instance_id,
        interface_type=interface_type,
        description=description,
        status=item.text("Status"),
        address=next(iter(addresses), ""),
        addresses=addresses,
        prefixes=_prefixes(item),
        public_addresses=_public(item, held, around.elastic.get(interface_id, ())),
        group_ids=distinct([group.text("GroupId") for group in item.parts("Groups")]),
        requester_managed=managed,
        tags=tags,
    )


def _service(kind: str, description: str, requester: str) -> tuple[str, str]:
    """Return the kind of an interface that AWS manages, and what it serves as far as AWS's description tells."""
    for pattern, told in _KIND_OF_DESCRIPTION:
        if kind in ("other", told) and (found := pattern.match(description[:_LONGEST])):
            return told, f"ECS task attachment {found[1]}" if told == "ecs_task" else found[1]
    if kind == "instance":
        return kind, ""
    return _KIND_OF_REQUESTER.get(requester, kind) if kind == "other" else kind, description or requester


def _private(item: Item, held: Sequence[Item]) -> tuple[str, ...]:
    ipv4 = [item.address("PrivateIpAddress"), *(one.address("PrivateIpAddress") for one in held)]
    return distinct([*ipv4, *(one.address("Ipv6Address") for one in item.parts("Ipv6Addresses"))])


def _public(item: Item, held: Sequence[Item], elastic: Iterable[str]) -> tuple[str, ...]:
    associations = [item.part("Association"), *(one.part("Association") for one in held)]
    return distinct([*(one.address(name) for one in associations for name in ("PublicIp", "CarrierIp")), *elastic])


def _prefixes(item: Item) -> tuple[str, ...]:
    return distinct([one.block(f"{ip}Prefix") for ip in ("Ipv4", "Ipv6") for one in item.parts(f"{ip}Prefixes")])
