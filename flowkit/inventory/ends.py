"""Who is at an end of a connection: the interface that holds an address, or what lies outside the snapshot."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Final

from flowkit.inventory.interfaces import Interface
from flowkit.inventory.packets import Block, block, parsed
from flowkit.inventory.snapshot import Snapshot

HERE: Final = "here"
INTERNET: Final = "internet"
ELSEWHERE: Final = "elsewhere"
SERVICE: Final = "service"
_IPV4: Final = 4
_PRIVATE: Final = tuple(
    map(block, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7",
                "fe80::/10"))
)  # fmt: skip
_SERVICES: Final = tuple(
    map(block, ("169.254.169.253/32", "169.254.169.254/32", "169.254.169.123/32", "169.254.169.249/32",
                "169.254.169.250/32", "169.254.169.251/32", "169.254.170.2/32", "fd00:ec2::254/128",
                "fd00:ec2::253/128", "fd00:ec2::123/128"))
)  # fmt: skip
"""Amazon's DNS, instance and task metadata, time and licence activation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """One end of a connection.

    Attributes
    ----------
    address
        As it was asked for.
    where
        ``here``: in a VPC of the snapshot; ``internet``: a public address that nobody in the snapshot holds;
        ``elsewhere``: a private one; ``service``: AWS's own, which no rule filters.
    interface
        Who holds it; None where the snapshot shows nobody.
    public
        Whether it is an interface's public address: AWS translates it to a private one on the way.
    """

    address: str
    where: str = HERE
    interface: Interface | None = None
    subnet_id: str = ""
    vpc_id: str = ""
    public: bool = False

    @property
    def version(self) -> int:
        """4 or 6."""
        return parsed(self.address)[0]

    @property
    def public_addresses(self) -> tuple[str, ...]:
        """The public IPv4 addresses its interface has."""
        held = self.interface.public_addresses if self.interface else ()
        return tuple(one for one in held if parsed(one)[0] == _IPV4)

    def __str__(self) -> str:
        """Return the address, its interface and the name it goes by."""
        if self.interface is None:
            return f"{self.address} ({self.subnet_id})" if self.subnet_id else self.address
        name = self.interface.name or self.interface.instance_id
        return f"{self.address} ({', '.join(filter(None, (name, self.interface.interface_id)))})"


class Holders:
    """Who holds which address, made ready to be asked often."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._held: dict[tuple[int, int], list[tuple[Interface, bool]]] = {}
        self._delegated: list[tuple[Block, Interface]] = []
        for interface in snapshot.interfaces:
            for address in interface.addresses:
                self._held.setdefault(parsed(address), []).append((interface, False))
            for address in interface.public_addresses:
                self._held.setdefault(parsed(address), []).append((interface, True))
            self._delegated += [(block(prefix), interface) for prefix in interface.prefixes]
        self._subnets = [(block(cidr), one) for one in snapshot.subnets for cidr in one.cidrs]
        self._vpcs = [(block(cidr), one.vpc_id) for one in snapshot.vpcs for cidr in one.cidrs]
        self._services = {parsed(one) for one in _reserved(cidr for vpc in snapshot.vpcs for cidr in vpc.cidrs[:1])}
        self._known: dict[str, tuple[End, ...]] = {}

    def of(self, address: str) -> tuple[End, ...]:
        """Return each end that an address may mean; where VPCs overlap there are several."""
        if (known := self._known.get(address)) is None:
            known = self._known[address] = self._ends(address)
        return known

    def _ends(self, address: str) -> tuple[End, ...]:
        number = parsed(address)
        held = [*self._held.get(number, ())]
        held += [(interface, False) for prefix, interface in self._delegated if prefix.holds(number)]
        if held:
            return tuple(end_of(interface, address, public=public) for interface, public in dict.fromkeys(held))
        if number in self._services or any(one.holds(number) for one in _SERVICES):
            return (End(address=address, where=SERVICE),)
        inside = [(one.subnet_id, one.vpc_id) for cidr, one in self._subnets if cidr.holds(number)]
        inside = inside or [("", vpc_id) for cidr, vpc_id in self._vpcs if cidr.holds(number)]
        if inside:
            return tuple(End(address=address, subnet_id=subnet_id, vpc_id=vpc_id) for subnet_id, vpc_id in inside)
        return (End(address=address, where=ELSEWHERE if is_private(address) else INTERNET),)


def end_of(interface: Interface, address: str, *, public: bool = False) -> End:
    """Return an interface as an end, by one of its addresses."""
    return End(
        address=address, interface=interface, subnet_id=interface.subnet_id, vpc_id=interface.vpc_id, public=public
    )


def is_private(address: str) -> bool:
    """Tell whether the internet does not carry an address.

    >>> is_private("10.0.0.1"), is_private("198.51.100.7"), is_private("fd00::1")
    (True, False, True)
    """
    number = parsed(address)
    return any(one.holds(number) for one in _PRIVATE)


def _reserved(cidrs: Iterable[str]) -> list[str]:
    """Return the address of Amazon's DNS in each VPC: its first block's third address."""
    networks = (ip_network(cidr) for cidr in cidrs if ":" not in cidr)
    return [str(network[2]) for network in networks if network.num_addresses > 2]  # noqa: PLR2004
