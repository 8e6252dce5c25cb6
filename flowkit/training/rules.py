"""Network ACLs and security groups as rule objects, and what each admits."""

from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Final, Literal, NamedTuple

ICMP: Final = 1
TCP: Final = 6
UDP: Final = 17
ANY: Final = -1
"""The protocol number with which rules say "all protocols"."""

EVERYWHERE: Final = "0.0.0.0/0"
ALL_PORTS: Final = (0, 65535)

Direction = Literal["ingress", "egress"]


class FiveTuple(NamedTuple):
    """Addresses, ports and IANA protocol number of packets that belong together."""

    srcaddr: str
    dstaddr: str
    srcport: int
    dstport: int
    protocol: int

    def peer(self, direction: Direction) -> str:
        """Return the address at the other end, as seen from an interface."""
        return self.srcaddr if direction == "ingress" else self.dstaddr


@cache
def within(address: str, cidr: str) -> bool:
    """Return whether *cidr* contains *address*."""
    return ip_address(address) in ip_network(cidr)


@dataclass(frozen=True, slots=True)
class Ports:
    """What of a packet both kinds of rules look at: its protocol and its destination port."""

    protocol: int = ANY
    first: int = ALL_PORTS[0]
    last: int = ALL_PORTS[1]

    @property
    def limited(self) -> bool:
        """Whether the rule names ports at all."""
        return self.protocol in (TCP, UDP)

    def match(self, flow: FiveTuple) -> bool:
        """Return whether the rule speaks of packets like *flow*."""
        if self.protocol not in (ANY, flow.protocol):
            return False
        return not self.limited or self.first <= flow.dstport <= self.last


@dataclass(frozen=True, slots=True)
class AclEntry:
    """A numbered line of a network ACL."""

    number: int
    direction: Direction
    ports: Ports
    cidr: str = EVERYWHERE
    action: Literal["allow", "deny"] = "allow"

    def matches(self, flow: FiveTuple) -> bool:
        """Return whether the entry decides about *flow*."""
        return self.ports.match(flow) and within(flow.peer(self.direction), self.cidr)


@dataclass(frozen=True, slots=True)
class Acl:
    """A network ACL: stateless, the entry of the lowest number that matches decides."""

    name: str
    id: str
    entries: tuple[AclEntry, ...]
    default: bool = False

    def admits(self, flow: FiveTuple, direction: Direction) -> bool:
        """Return whether the first matching entry allows; nothing matching means denied."""
        for entry in sorted(self.entries, key=lambda entry: entry.number):
            if entry.direction == direction and entry.matches(flow):
                return entry.action == "allow"
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRule:
    """A line of a security group; of *cidr*, *group* and *prefix_list* (names) one is given."""

    direction: Direction
    ports: Ports
    cidr: str = ""
    group: str = ""
    prefix_list: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """A security group: stateful, any rule that matches admits."""

    name: str
    id: str
    description: str
    rules: tuple[GroupRule, ...]


@dataclass(frozen=True, slots=True)
class PrefixList:
    """A managed prefix list: *owner* is the account that made it, or ``AWS``."""

    name: str
    id: str
    owner: str
    cidrs: tuple[str, ...]
