"""Which rules of an interface's security groups admit packets: any that matches; what none matches is denied."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from flowkit.inventory.packets import ANY, Block, Packets, Span, block, parsed, rule_span, without
from flowkit.inventory.rules import Direction, GroupRule
from flowkit.inventory.verdicts import Part

Member = Callable[[GroupRule], bool | None]
"""Tells of a rule that refers to a group whether the other end is a member; None where that cannot be told."""


class _Line(NamedTuple):
    rule: GroupRule
    protocol: int | None
    span: Span
    blocks: tuple[Block, ...] | None
    understood: bool


class GroupRules:
    """The rules of all security groups of an interface together, made ready to be asked often.

    Groups only allow, and are stateful: whatever answers admitted packets is not asked about. A rule that refers to
    a group means the private and IPv6 addresses of its members, never their public addresses.

    Parameters
    ----------
    group_ids
        The groups of the interface.
    rules
        The rules of each group; a group that is missing is not described in the snapshot.
    prefix_lists
        The blocks of prefix lists; None, or none at all, where the entries are not known.

    Notes
    -----
    Source: AWS, Amazon VPC User Guide, Control traffic to your AWS resources using security groups.
    """

    def __init__(
        self,
        group_ids: Iterable[str],
        rules: Mapping[str, tuple[GroupRule, ...]],
        prefix_lists: Mapping[str, tuple[str, ...] | None],
    ) -> None:
        self.group_ids = tuple(group_ids)
        self.undescribed = tuple(group_id for group_id in self.group_ids if group_id not in rules)
        self._lines: dict[Direction, list[_Line]] = {"ingress": [], "egress": []}
        for group_id in self.group_ids:
            for rule in rules.get(group_id, ()):
                self._lines[rule.direction].append(_line(rule, prefix_lists))

    def admitting(self, direction: Direction, packets: Packets, member: Member) -> tuple[GroupRule, ...]:
        """Return every rule that admits all of the packets."""
        address, (first, last) = parsed(packets.peer), packets.span
        return tuple(
            line.rule
            for line in self._lines[direction]
            if line.protocol in (ANY, packets.protocol)
            and line.span[0] <= first
            and last <= line.span[1]
            and _reaches(line, address, member)
        )

    def parts(self, direction: Direction, packets: Packets, member: Member) -> tuple[Part, ...]:
        """Return which rule admits which of the packets, in the order of their ports."""
        address, left, found, unsure = parsed(packets.peer), [packets.span], [], []
        for line in self._lines[direction]:
            if line.protocol not in (None, ANY, packets.protocol):
                continue
            reached = _reaches(line, address, member)
            if reached is None or line.protocol is None:
                unsure += [line] if reached is not False else []
            elif reached:
                found += _taken(left, line, admits=True)
                left = without(left, line.span)
        for line in unsure:
            found += _taken(left, line, admits=None)
            left = without(left, line.span)
        found += [Part(span, None if self.undescribed else False) for span in left]
        return tuple(sorted(found, key=lambda part: part.span))

    def nearest(self, direction: Direction, packets: Packets, member: Member) -> tuple[GroupRule, ...]:
        """Return the nearest miss of each group that has a rule of that direction, the nearest of all first.

        Nearest is the rule that fails in the fewest of protocol, ports and other end, then by the fewest ports.
        """
        address = parsed(packets.peer)
        ranked = sorted(
            enumerate(self._lines[direction]), key=lambda one: (*_missed(one[1], packets, address, member), one[0])
        )
        nearest: dict[str, GroupRule] = {}
        for _, line in ranked:
            nearest.setdefault(line.rule.group_id, line.rule)
        return tuple(nearest.values())


def _line(rule: GroupRule, prefix_lists: Mapping[str, tuple[str, ...] | None]) -> _Line:
    blocks: tuple[Block, ...] | None = None
    if rule.cidr:
        blocks = (block(rule.cidr),)
    elif rule.prefix_list_id and (cidrs := prefix_lists.get(rule.prefix_list_id)) is not None:
        blocks = tuple(map(block, cidrs))
    span = rule_span(ANY if rule.protocol is None else rule.protocol, rule.first, rule.last)
    return _Line(rule, rule.protocol, span, blocks, understood=bool(rule.end))


def _reaches(line: _Line, address: tuple[int, int], member: Member) -> bool | None:
    """Tell whether the rule means the other end."""
    if line.blocks is not None:
        return any(one.holds(address) for one in line.blocks)
    return member(line.rule) if line.rule.peer_group_id else None


def _taken(left: Iterable[Span], line: _Line, *, admits: bool | None) -> list[Part]:
    pairs = ((max(first, line.span[0]), min(last, line.span[1])) for first, last in left)
    return [Part((low, high), admits, line.rule) for low, high in pairs if low <= high]


def _missed(line: _Line, packets: Packets, address: tuple[int, int], member: Member) -> tuple[int, int]:
    """Return in how many ways a rule misses packets, and by how many ports."""
    same_protocol = line.protocol in (ANY, packets.protocol)
    far = max(line.span[0] - packets.span[0], packets.span[0] - line.span[1], 0) if same_protocol else 0
    misses = (not same_protocol) * 2 + bool(far) + (not _reaches(line, address, member))
    return misses, far
