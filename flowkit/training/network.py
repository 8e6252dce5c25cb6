"""A VPC: subnets, interfaces and the rules around them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from flowkit.training.rules import Acl, Direction, FiveTuple, GroupRule, PrefixList, SecurityGroup, within


def resource_id(prefix: str, name: str) -> str:
    """Return an AWS-like id (``eni-0…``, 17 hex digits) that is always the same for a name.

    >>> resource_id("eni", "app-a-1") == resource_id("eni", "app-a-1")
    True
    """
    return f"{prefix}-0{sha256(f'{prefix}/{name}'.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Zone:
    """An availability zone: its name is per account, its id is what flow logs show."""

    name: str
    id: str


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet; *public* ones have a route to the internet gateway, the others to the NAT gateway."""

    name: str
    cidr: str
    zone: Zone
    acl: str
    public: bool = False
    ipv6: str = ""

    @property
    def id(self) -> str:
        """The subnet's resource id."""
        return resource_id("subnet", self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """A network interface; *groups*, *subnet* are names, *kind* is AWS's interface type, *ipv6* an address or none."""

    name: str
    address: str
    subnet: str
    groups: tuple[str, ...] = ()
    public_ip: str = ""
    kind: str = "interface"
    instance_type: str = ""
    description: str = ""
    ipv6: str = ""

    @property
    def id(self) -> str:
        """The interface's resource id."""
        return resource_id("eni", self.name)

    @property
    def instance_id(self) -> str:
        """The instance's resource id, empty where AWS runs the interface."""
        return resource_id("i", self.name) if self.instance_type else ""


@dataclass(frozen=True)
class Network:
    """One VPC of one account, with everything that decides where packets go.

    *ipv6* is its IPv6 block, if it has one; a pair of *blackholes* is the subnet whose route table has a route for a
    block that leads nowhere.
    """

    account: str
    region: str
    name: str
    cidr: str
    subnets: tuple[Subnet, ...]
    interfaces: tuple[Interface, ...]
    acls: tuple[Acl, ...]
    groups: tuple[SecurityGroup, ...]
    prefix_lists: tuple[PrefixList, ...]
    ipv6: str = ""
    blackholes: tuple[tuple[str, str], ...] = ()

    @property
    def vpc_id(self) -> str:
        """The VPC's resource id."""
        return resource_id("vpc", self.name)

    @cached_property
    def _by_address(self) -> dict[str, Interface]:
        return {address: one for one in self.interfaces for address in (one.address, one.ipv6) if address}

    @cached_property
    def _groups(self) -> dict[str, SecurityGroup]:
        return {group.name: group for group in self.groups}

    @cached_property
    def nat(self) -> Interface:
        """The NAT gateway's interface."""
        return next(interface for interface in self.interfaces if interface.kind == "nat_gateway")

    def at(self, address: str) -> Interface | None:
        """Return the interface that has this private address."""
        return self._by_address.get(address)

    def named(self, name: str) -> Interface:
        """Return the interface of this name."""
        return next(interface for interface in self.interfaces if interface.name == name)

    def subnet(self, interface: Interface) -> Subnet:
        """Return the subnet an interface lies in."""
        return next(subnet for subnet in self.subnets if subnet.name == interface.subnet)

    def acl(self, subnet: Subnet) -> Acl:
        """Return the network ACL of a subnet."""
        return next(acl for acl in self.acls if acl.name == subnet.acl)

    def admits(self, interface: Interface, flow: FiveTuple, direction: Direction, *, tracked: bool) -> bool:
        """Return whether packets may pass an interface.

        *tracked* packets belong to a connection that the security groups let in before. An ACL
        remembers nothing, but is not asked within one subnet. Interfaces without groups (NAT
        gateways) have the ACL only.
        """
        if interface.groups and not tracked and not self._groups_admit(interface, flow, direction):
            return False
        subnet = self.subnet(interface)
        beside = any(within(flow.peer(direction), block) for block in (subnet.cidr, subnet.ipv6) if block)
        return beside or self.acl(subnet).admits(flow, direction)

    def loses(self, interface: Interface, address: str) -> bool:
        """Return whether what an interface sends there gets lost, for want of a route that leads on."""
        return any(name == interface.subnet and within(address, block) for name, block in self.blackholes)

    def _groups_admit(self, interface: Interface, flow: FiveTuple, direction: Direction) -> bool:
        return any(
            rule.direction == direction and rule.ports.match(flow) and self._reaches(rule, flow.peer(direction))
            for name in interface.groups
            for rule in self._groups[name].rules
        )

    def _reaches(self, rule: GroupRule, peer: str) -> bool:
        if rule.group:
            member = self.at(peer)
            return member is not None and rule.group in member.groups
        return any(within(peer, cidr) for cidr in self._cidrs(rule))

    def _cidrs(self, rule: GroupRule) -> Iterator[str]:
        if rule.cidr:
            yield rule.cidr
        for prefix_list in self.prefix_lists:
            if prefix_list.name == rule.prefix_list:
                yield from prefix_list.cidrs
