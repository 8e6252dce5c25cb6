"""Who is there: the hosts of a small VPC, and the addresses outside that they and others use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from ipaddress import ip_address, ip_network
from typing import Final, Self

from flowkit.training.dice import Dice
from flowkit.training.network import resource_id

ACCOUNT: Final = "111122223333"
REGION: Final = "us-east-1"
_ZONES: Final = ("use1-az1", "use1-az2")

S3: Final = ("52.216.0.0/15", "3.5.0.0/19")
EC2: Final = ("54.144.0.0/14", "34.224.0.0/12")
CLOUDFRONT: Final = ("108.138.0.0/15",)
CDNS: Final = ("104.16.0.0/13", "151.101.0.0/16", "142.250.0.0/15", "23.32.0.0/11", "20.33.0.0/16")
CDNS_IPV6: Final = ("2606:4700::/32", "2a04:4e40::/32", "2a00:1450::/32")
"""Published blocks of AWS in us-east-1, by service, and of large networks that everybody visits."""
RESOLVER: Final = "9.9.9.9"
TIME_SERVERS: Final = ("162.159.200.1", "162.159.200.123", "216.239.35.0", "216.239.35.4", "216.239.35.8")
STRANGERS: Final = ("198.18.0.0/15",)
RARE: Final = ("203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24")
RARE_IPV6: Final = ("2001:db8:bad::/48",)
"""Blocks that belong to nobody (RFC 2544, 5737, 3849) stand for those who scan, take or are seldom visited."""


@cache
def _network(block: str) -> tuple[int, int]:
    network = ip_network(block)
    return int(network.network_address), network.num_addresses


def address_in(dice: Dice, blocks: Sequence[str]) -> str:
    """Return some address of one of the blocks, neither its first nor its last.

    >>> address_in(Dice("x"), ["203.0.113.0/24"])
    '203.0.113.152'
    """
    first, size = _network(dice.pick(blocks))
    number = first + 1 + int(dice.between(0, size - 2))
    return str(ip_address(number))


@cache
def service_of(address: str) -> str:
    """Return what ``pkt-src-aws-service`` says of an address, ``-`` where it is not one of AWS's.

    >>> service_of("3.5.0.9"), service_of("203.0.113.9")
    ('S3', '-')
    """
    given = ip_address(address)
    for service, blocks in (("S3", S3), ("CLOUDFRONT", CLOUDFRONT), ("EC2", EC2)):
        if any(given in ip_network(block) for block in blocks):
            return service
    return "-"


@dataclass(frozen=True)
class Host:
    """An interface and what stands behind it; *octet* is the second one of its VPC's block."""

    name: str
    octet: int
    subnet: int
    number: int

    @cached_property
    def address(self) -> str:
        """Its IPv4 address."""
        return f"10.{self.octet}.{self.subnet}.{self.number}"

    @cached_property
    def ipv6(self) -> str:
        """Its IPv6 address."""
        return f"2001:db8:{self.octet:x}:{self.subnet}::{self.number:x}"

    @cached_property
    def role(self) -> str:
        """What it is for: ``desk``, ``app``, ``db``, ``ci``, ``edge`` or ``balancer``."""
        return self.name.partition("-")[0]

    @cached_property
    def interface_id(self) -> str:
        """The interface's resource id."""
        return resource_id("eni", f"habits/{self.octet}/{self.name}")

    @cached_property
    def instance_id(self) -> str:
        """The instance's resource id; ``-`` where AWS runs the interface."""
        return "-" if self.role == "balancer" else resource_id("i", f"habits/{self.octet}/{self.name}")

    @cached_property
    def subnet_id(self) -> str:
        """The subnet's resource id."""
        return resource_id("subnet", f"habits/{self.octet}/{self.subnet}")

    @cached_property
    def vpc_id(self) -> str:
        """The VPC's resource id."""
        return resource_id("vpc", f"habits/{self.octet}")

    @cached_property
    def zone_id(self) -> str:
        """The availability zone's id."""
        return _ZONES[self.subnet % len(_ZONES)]

    def near(self, address: str) -> bool:
        """Return whether an address lies in the same VPC."""
        return address.startswith((f"10.{self.octet}.", f"2001:db8:{self.octet:x}:"))


_ROLES: Final = (("desk", 1, 6, 10), ("app", 2, 2, 3), ("db", 3, 1, 1), ("ci", 2, 1, 1), ("edge", 4, 1, 2),
                 ("balancer", 4, 1, 1))  # fmt: skip
"""Role, subnet, and how many there are at least and at most."""


@dataclass(frozen=True)
class Site:
    """The hosts of a case, and the outside places that they like, best liked first."""

    hosts: tuple[Host, ...]
    places: tuple[str, ...]
    places_ipv6: tuple[str, ...]

    @classmethod
    def of(cls, dice: Dice) -> Self:
        """Return a site."""
        octet = dice.whole(16, 200)
        hosts: list[Host] = []
        for role, subnet, least, most in _ROLES:
            for n in range(1, dice.whole(least, most) + 1):
                hosts.append(Host(f"{role}-{n}", octet, subnet, 10 * len(hosts) + dice.whole(5, 14)))
        blocks = (*CDNS, *CDNS, *CLOUDFRONT, *EC2, *S3)
        places = tuple(address_in(dice, blocks) for _ in range(160))
        return cls(tuple(hosts), places, tuple(address_in(dice, CDNS_IPV6) for _ in range(60)))

    @cached_property
    def by_address(self) -> Mapping[str, Host]:
        """The hosts by either address."""
        return {address: host for host in self.hosts for address in (host.address, host.ipv6)}

    def of_role(self, *roles: str) -> tuple[Host, ...]:
        """Return the hosts of some roles."""
        return tuple(host for host in self.hosts if host.role in roles)
