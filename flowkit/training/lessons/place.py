"""Where a scenario plays: a small VPC whose addresses, names and ids hang on the seed, and who is outside."""

from dataclasses import dataclass
from functools import partial
from typing import Final, Self

from flowkit.training.dice import Dice
from flowkit.training.network import Interface, Network, Subnet, Zone, resource_id
from flowkit.training.rules import ANY, EVERYWHERE, TCP, Acl, AclEntry, Direction, GroupRule, Ports, PrefixList
from flowkit.training.rules import SecurityGroup as Group

ACCOUNT: Final = "111122223333"
REGION: Final = "us-east-1"
ZONES: Final = {"a": Zone("us-east-1a", "use1-az4"), "b": Zone("us-east-1b", "use1-az6")}
TIERS: Final = ("public", "app", "db", "desk", "ops")
EPHEMERAL: Final = (1_024, 65_535)
POSTGRES, SSH, SMB, RDP = 5_432, 22, 445, 3_389
_NAMES: Final = (
    "orchard", "harbour", "mill", "quarry", "foundry", "vineyard", "observatory", "lighthouse", "workshop", "library",
    "brewery", "garden", "bakery", "shipyard", "sawmill", "pottery",
)  # fmt: skip
_CUSTOMERS: Final = "198.18"
_SCANNERS: Final = "198.19"
_RARE: Final = ("203.0.113", "198.51.100")
_OWN: Final = "192.0.2"
"""Blocks that belong to nobody (RFC 2544, 5737): customers, scanners, whoever is up to something, our public ends."""
_S3: Final = ("52.216.0.0/15", "3.5.0.0/19")
_SITES: Final = ("104.16", "151.101", "142.250", "23.33", "20.33", "108.138")
_CLOCKS: Final = ("162.159.200.1", "162.159.200.123", "216.239.35.0", "216.239.35.4", "216.239.35.8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Interface):
    """An interface whose ids hang on the *site*, too: each seed has its own."""

    site: str

    @property
    def id(self) -> str:
        """The interface's resource id."""
        return resource_id("eni", f"{self.site}/{self.name}")

    @property
    def instance_id(self) -> str:
        """The instance's resource id, empty where AWS runs the interface."""
        return resource_id("i", f"{self.site}/{self.name}") if self.instance_type else ""


@dataclass(frozen=True)
class World:
    """The network, and the addresses outside that have to do with it.

    Attributes
    ----------
    network
        The VPC with its rules.
    site
        What makes ids of this seed differ from those of another.
    customers, scanners, places
        Who visits, who knocks, whom people visit; the first ones most.
    buckets, clocks, mirror, office
        Addresses of S3, of time servers, of a package mirror, and of the administrators' office.
    strangers
        Addresses that nobody talks to, one for each thing that is amiss.
    """

    network: Network
    site: str
    customers: tuple[str, ...]
    scanners: tuple[str, ...]
    places: tuple[str, ...]
    buckets: tuple[str, ...]
    clocks: tuple[str, ...]
    mirror: str
    office: str
    strangers: tuple[str, ...]

    @classmethod
    def of(cls, dice: Dice, seed: str) -> Self:
        """Return a world; *seed* goes into every id."""
        name = f"{dice.pick(_NAMES)}-{dice.whole(10, 99)}"
        office = f"{_CUSTOMERS}.{dice.whole(200, 250)}.{dice.whole(2, 250)}"
        network = _network(dice, name, f"{seed}/{name}", office)
        return cls(
            network, f"{seed}/{name}",
            customers=_some(dice, _CUSTOMERS, 900, 0, 190),
            scanners=_some(dice, _SCANNERS, 260, 0, 250),
            places=tuple(_within(dice, dice.pick(_SITES)) for _ in range(120)),
            buckets=tuple(_within(dice, dice.pick(("52.216", "52.217"))) for _ in range(4)),
            clocks=_CLOCKS,
            mirror=_within(dice, dice.pick(_SITES)),
            office=office,
            strangers=tuple(f"{dice.pick(_RARE)}.{number}" for number in _apart(dice, 8)),
        )  # fmt: skip

    def of_role(self, *roles: str) -> tuple[Interface, ...]:
        """Return the interfaces of some roles, in the order of their names."""
        return tuple(one for one in self.network.interfaces if role_of(one) in roles)

    def pick(self, dice: Dice, *roles: str) -> Interface:
        """Return some interface of these roles."""
        return dice.pick(self.of_role(*roles))


def role_of(interface: Interface) -> str:
    """Return what an interface is for: ``lb``, ``nat``, ``bastion``, ``app``, ``db``, ``desk`` and others."""
    return interface.name.partition("-")[0]


def _within(dice: Dice, two: str) -> str:
    return f"{two}.{dice.whole(0, 250)}.{dice.whole(2, 250)}"


def _some(dice: Dice, two: str, count: int, low: int, high: int) -> tuple[str, ...]:
    return tuple(f"{two}.{dice.whole(low, high)}.{dice.whole(2, 250)}" for _ in range(count))


def _apart(dice: Dice, count: int, low: int = 10, high: int = 240) -> list[int]:
    """Return different numbers in no order."""
    found: dict[int, None] = {}
    while len(found) < count:
        found[dice.whole(low, high)] = None
    return list(found)


def _network(dice: Dice, name: str, site: str, office: str) -> Network:
    octet = dice.whole(16, 240)
    thirds = dict(zip([f"{tier}-{zone}" for tier in TIERS for zone in "ab"], _apart(dice, 10), strict=True))
    subnets = tuple(
        Subnet(key, f"10.{octet}.{third}.0/24", ZONES[key[-1]], key if key.startswith("db") else "default",
               key.startswith("public"))
        for key, third in thirds.items()
    )  # fmt: skip
    cidr = f"10.{octet}.0.0/16"
    return Network(
        ACCOUNT, REGION, name, cidr, subnets, tuple(_members(dice, site, octet, thirds)), _acls(site, cidr),
        _groups(site, cidr),
        (PrefixList(f"com.amazonaws.{REGION}.s3", "pl-63a5400a", "AWS", _S3),
         PrefixList(f"{name}-office", resource_id("pl", site), ACCOUNT, (f"{office}/32",))),
    )  # fmt: skip


def _members(dice: Dice, site: str, octet: int, thirds: dict[str, int]) -> list[Interface]:
    lasts, public = iter(_apart(dice, 40)), iter(_apart(dice, 10))
    sizes = {"app": "m7g.large", "db": "r7g.xlarge", "desk": "t3.large", "bastion": "t3.micro"}
    names = [("lb-a", "public-a"), ("lb-b", "public-b"), ("nat-a", "public-a"), ("bastion-a", "public-a")]
    names += [(f"app-{zone}-{n}", f"app-{zone}") for zone in "ab" for n in (1, 2)]
    names += [("db-a-1", "db-a"), ("db-b-1", "db-b"), ("build-b-1", "ops-b"), ("files-a-1", "ops-a")]
    names += [(f"desk-{'ab'[n % 2]}-{1 + n // 2}", f"desk-{'ab'[n % 2]}") for n in range(dice.whole(5, 9))]
    found: list[Interface] = []
    for name, subnet in names:
        role = name.partition("-")[0]
        member = partial(
            Member, name=name, site=site, address=f"10.{octet}.{thirds[subnet]}.{next(lasts)}", subnet=subnet,
            public_ip=f"{_OWN}.{next(public)}" if subnet.startswith("public") else "",
        )  # fmt: skip
        if role == "nat":
            about = f"Interface for NAT Gateway {resource_id('nat', name)}"
            found.append(member(kind="nat_gateway", description=about))
        elif role == "lb":
            about = f"ELB app/lb/{resource_id('lb', site)[4:20]}"
            found.append(member(groups=("lb",), description=about))
        else:
            size = sizes.get(role, "m7g.xlarge")
            found.append(member(groups=(role,), instance_type=size))
    return found


def both_ways(number: int, ports: Ports, cidr: str = EVERYWHERE) -> tuple[AclEntry, AclEntry]:
    """Return a pair of entries that let in and out."""
    return AclEntry(number, "ingress", ports, cidr), AclEntry(number, "egress", ports, cidr)


def database_acl(site: str, zone: str, cidr: str, answered: tuple[int, int]) -> Acl:
    """Return the ACL of a database's subnet; *answered* are the client ports that replies may go to."""
    wide = Ports(TCP, *EPHEMERAL)
    return Acl(f"db-{zone}", resource_id("acl", f"{site}/db-{zone}"), (
        AclEntry(100, "ingress", Ports(TCP, POSTGRES, POSTGRES), cidr),
        AclEntry(110, "ingress", Ports(TCP, SSH, SSH), cidr),
        AclEntry(120, "ingress", wide),
        AclEntry(130, "ingress", Ports(17, *EPHEMERAL)),
        AclEntry(100, "egress", Ports(TCP, *answered), cidr),
        AclEntry(110, "egress", Ports(TCP, POSTGRES, POSTGRES), cidr),
        AclEntry(120, "egress", Ports(TCP, 443, 443)),
        AclEntry(130, "egress", Ports(17, 123, 123)),
    ))  # fmt: skip


def _acls(site: str, cidr: str) -> tuple[Acl, ...]:
    return (
        Acl("default", resource_id("acl", f"{site}/default"), both_ways(100, Ports(ANY)), default=True),
        *(database_acl(site, zone, cidr, EPHEMERAL) for zone in "ab"),
    )


def _rule(direction: Direction, port: int, **peer: str) -> GroupRule:
    return GroupRule(direction=direction, ports=Ports(TCP, port, port) if port else Ports(ANY), **peer)


def _groups(site: str, cidr: str) -> tuple[Group, ...]:
    out, administered = _rule("egress", 0, cidr=EVERYWHERE), _rule("ingress", SSH, cidr=cidr)
    rules: dict[str, tuple[GroupRule, ...]] = {
        "lb": (_rule("ingress", 443, cidr=EVERYWHERE), _rule("egress", 8_080, group="app")),
        "bastion": (_rule("ingress", SSH, cidr=EVERYWHERE), out),
        "app": (_rule("ingress", 8_080, group="lb"), administered, out),
        "db": (_rule("ingress", POSTGRES, group="app"), _rule("ingress", POSTGRES, group="db"),
               _rule("ingress", POSTGRES, group="build"), administered, out),
        "desk": (_rule("ingress", RDP, cidr=cidr), administered, out),
        "build": (administered, out),
        "files": (_rule("ingress", SMB, cidr=cidr), administered, out),
    }  # fmt: skip
    return tuple(
        Group(name, resource_id("sg", f"{site}/{name}"), f"what {name} may do", given) for name, given in rules.items()
    )
