"""Network ACLs and security group rules as AWS describes them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, Self

from flowkit.inventory.item import Item, Tags, distinct, name_of
from flowkit.inventory.packets import ANY, protocol_name, protocol_number, rule_span, span_words

Direction = Literal["ingress", "egress"]
"""As seen from the interface, or from the subnet."""
LAST_ENTRY: Final = {4: 32767, 6: 32768}
"""Number of the entry that denies whatever no other entry decided, by IP version."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AclEntry:
    """A numbered entry of a network ACL.

    Attributes
    ----------
    number
        Its place: the entry of the lowest number that matches decides.
    protocol
        IANA number, -1 for all; None where what AWS said is not understood.
    cidr
        The IPv4 or IPv6 block at the other end; "" where what AWS said is not understood.
    first, last
        Destination ports; of ICMP the type and the code, -1 for all.
    """

    number: int
    direction: Direction
    allows: bool
    protocol: int | None = ANY
    cidr: str = "0.0.0.0/0"
    first: int | None = None
    last: int | None = None

    @classmethod
    def of(cls, item: Item) -> Self | None:
        """Read one of an ACL's ``Entries``; None where it has no number."""
        number, ports, icmp = item.number("RuleNumber"), item.part("PortRange"), item.part("IcmpTypeCode")
        if number is None:
            return None
        return cls(
            number=number,
            direction="egress" if item.flag("Egress") else "ingress",
            allows=item.text("RuleAction") == "allow",
            protocol=protocol_number(item.text("Protocol")),
            cidr=item.block("CidrBlock") or item.block("Ipv6CidrBlock"),
            first=icmp.number("Type") if icmp.raw else ports.number("From"),
            last=icmp.number("Code") if icmp.raw else ports.number("To"),
        )

    def __str__(self) -> str:
        """Return the entry as words."""
        return f"entry {self.number} {'allows' if self.allows else 'denies'} {self.scope}"

    @property
    def scope(self) -> str:
        """What it speaks of, as words."""
        return _scope(self.protocol, self.first, self.last, self.direction, self.cidr)


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkAcl:
    """A network ACL with its entries; `default` is the one for subnets that have no other."""

    acl_id: str
    name: str = ""
    vpc_id: str = ""
    default: bool = False
    subnet_ids: tuple[str, ...] = ()
    entries: tuple[AclEntry, ...] = ()
    tags: Tags = ()

    @classmethod
    def of(cls, item: Item) -> Self:
        """Read one of `describe-network-acls`."""
        tags = item.tags()
        return cls(
            acl_id=item.text("NetworkAclId"),
            name=name_of(tags),
            vpc_id=item.text("VpcId"),
            default=item.flag("IsDefault"),
            subnet_ids=distinct([one.text("SubnetId") for one in item.parts("Associations")]),
            entries=tuple(entry for one in item.parts("Entries") if (entry := AclEntry.of(one))),
            tags=tags,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupRule:
    """A rule of a security group: it admits packets of one protocol to or from one other end.

    Attributes
    ----------
    rule_id
        ``sgr-…``, where `describe-security-group-rules` was asked; else "".
    protocol, first, last
        As in `AclEntry`.
    cidr, prefix_list_id, peer_group_id
        The other end: one of the three; none where what AWS said is not understood.
    peer_account, peering_id, peering_status
        Of a group that is referred to: who owns it, and how its VPC is connected where it is another one.
    """

    group_id: str
    direction: Direction
    rule_id: str = ""
    protocol: int | None = ANY
    first: int | None = None
    last: int | None = None
    cidr: str = ""
    prefix_list_id: str = ""
    peer_group_id: str = ""
    peer_account: str = ""
    peering_id: str = ""
    peering_status: str = ""
    description: str = ""

    @classmethod
    def of(cls, item: Item) -> Self:
        """Read one of `describe-security-group-rules`."""
        peer = item.part("ReferencedGroupInfo")
        return cls(
            rule_id=item.text("SecurityGroupRuleId"),
            group_id=item.text("GroupId"),
            direction="egress" if item.flag("IsEgress") else "ingress",
            protocol=protocol_number(item.text("IpProtocol")),
            first=item.number("FromPort"),
            last=item.number("ToPort"),
            cidr=item.block("CidrIpv4") or item.block("CidrIpv6"),
            prefix_list_id=item.text("PrefixListId"),
            description=item.text("Description"),
            **_peer(peer),
        )

    @classmethod
    def of_permission(cls, item: Item, group_id: str, direction: Direction) -> Iterator[Self]:
        """Read one of a group's ``IpPermissions`` or ``IpPermissionsEgress``: a rule for each other end in it."""
        protocol = protocol_number(item.text("IpProtocol"))
        first, last = item.number("FromPort"), item.number("ToPort")
        for end, said in _others(item):
            yield cls(
                group_id=group_id,
                direction=direction,
                protocol=protocol,
                first=first,
                last=last,
                description=said.text("Description"),
                **end,
            )

    @property
    def key(self) -> tuple[object, ...]:
        """What is the same in both of AWS's descriptions of a rule."""
        ends = (self.cidr, self.prefix_list_id, self.peer_group_id)
        return (self.group_id, self.direction, self.protocol, *self.span, *ends)

    @property
    def span(self) -> tuple[int, int]:
        """Its ports, or ICMP types and codes."""
        return rule_span(ANY if self.protocol is None else self.protocol, self.first, self.last)

    @property
    def end(self) -> str:
        """The other end as AWS names it."""
        return self.cidr or self.prefix_list_id or self.peer_group_id

    @property
    def scope(self) -> str:
        """What it speaks of, as words."""
        return _scope(self.protocol, self.first, self.last, self.direction, self.end)

    def __str__(self) -> str:
        """Return the rule as words."""
        return f"{self.rule_id or self.group_id} allows {self.scope}"


def group_rules(groups: Iterable[Item], listed: Iterable[Item]) -> tuple[GroupRule, ...]:
    """Return the rules of all groups, each once; those that `describe-security-group-rules` lists have their id.

    Of a group that is described with its permissions those count, else what is listed.
    """
    described = [rule for group in groups for rule in _permitted(group)]
    told = [GroupRule.of(item) for item in listed]
    ids = {rule.key: rule.rule_id for rule in told}
    known = {rule.group_id for rule in described}
    named = (_with_id(rule, ids.get(rule.key, "")) for rule in described)
    return (*named, *(rule for rule in told if rule.group_id not in known))


def _with_id(rule: GroupRule, rule_id: str) -> GroupRule:
    values = {name: getattr(rule, name) for name in GroupRule.__slots__}
    return GroupRule(**values | {"rule_id": rule_id}) if rule_id else rule


def _permitted(group: Item) -> Iterator[GroupRule]:
    group_id = group.text("GroupId")
    for permission in group.parts("IpPermissions"):
        yield from GroupRule.of_permission(permission, group_id, "ingress")
    for permission in group.parts("IpPermissionsEgress"):
        yield from GroupRule.of_permission(permission, group_id, "egress")


def _others(item: Item) -> Iterator[tuple[dict[str, str], Item]]:
    """Return the other ends of a permission, each with what holds its description."""
    for one in item.parts("IpRanges"):
        yield {"cidr": one.block("CidrIp")}, one
    for one in item.parts("Ipv6Ranges"):
        yield {"cidr": one.block("CidrIpv6")}, one
    for one in item.parts("PrefixListIds"):
        yield {"prefix_list_id": one.text("PrefixListId")}, one
    for one in item.parts("UserIdGroupPairs"):
        yield _peer(one), one


def _peer(item: Item) -> dict[str, str]:
    return {
        "peer_group_id": item.text("GroupId"),
        "peer_account": item.text("UserId"),
        "peering_id": item.text("VpcPeeringConnectionId"),
        "peering_status": item.text("PeeringStatus"),
    }


def _scope(protocol: int | None, first: int | None, last: int | None, direction: Direction, end: str) -> str:
    what = "an unknown protocol" if protocol is None else span_words(protocol, [rule_span(protocol, first, last)])
    name = "" if protocol is None else protocol_name(protocol)
    what = name if what == f"{name} all ports" else what
    return f"{what} {'to' if direction == 'egress' else 'from'} {end or 'what is not understood'}"
