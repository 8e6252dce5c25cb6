"""Which entry of a network ACL decides about packets: the one of the lowest number that matches."""

from typing import Final, NamedTuple

from flowkit.inventory.packets import ANY, Block, Packets, Span, block, parsed, rule_span, without
from flowkit.inventory.rules import LAST_ENTRY, AclEntry, Direction, NetworkAcl
from flowkit.inventory.verdicts import Part

_EVERYWHERE: Final = {4: "0.0.0.0/0", 6: "::/0"}


class _Line(NamedTuple):
    entry: AclEntry
    protocol: int | None
    block: Block | None
    span: Span


class AclRules:
    """A network ACL, made ready to be asked often.

    An ACL is stateless: a reply is asked about like any other packet. Entries are tried in the order of their
    numbers, the first that matches decides; what none matches is denied, which AWS shows as entry 32767 (IPv4) and
    32768 (IPv6).

    Source: AWS, Amazon VPC User Guide, Control subnet traffic with network access control lists.
    """

    def __init__(self, acl: NetworkAcl) -> None:
        self.acl = acl
        self._lines: dict[Direction, list[_Line]] = {"ingress": [], "egress": []}
        for entry in sorted(acl.entries, key=lambda entry: entry.number):
            span = rule_span(ANY if entry.protocol is None else entry.protocol, entry.first, entry.last)
            line = _Line(entry, entry.protocol, block(entry.cidr) if entry.cidr else None, span)
            self._lines[entry.direction].append(line)
        self._last = {
            (direction, version): AclEntry(number=number, direction=direction, allows=False, cidr=_EVERYWHERE[version])
            for direction in self._lines
            for version, number in LAST_ENTRY.items()
        }

    def deciding(self, direction: Direction, packets: Packets) -> AclEntry:
        """Return the entry that decides about packets that are all alike, such as those to one port.

        An entry that is not understood, in that AWS's answer is damaged, never matches here: `parts` tells of it.
        """
        address, port = parsed(packets.peer), packets.span[0]
        for entry, protocol, cidr, (first, last) in self._lines[direction]:
            if (protocol in (ANY, packets.protocol)) and first <= port <= last and cidr and cidr.holds(address):
                return entry
        return self._last[direction, address[0]]

    def parts(self, direction: Direction, packets: Packets) -> tuple[Part, ...]:
        """Return which entry decides about which of the packets, in the order of their ports."""
        address, left, found = parsed(packets.peer), [packets.span], []
        for line in self._lines[direction]:
            if not left:
                break
            if line.protocol not in (None, ANY, packets.protocol) or (line.block and not line.block.holds(address)):
                continue
            understood = line.protocol is not None and line.block is not None
            said = line.entry.allows if understood else None
            for first, last in left:
                low, high = max(first, line.span[0]), min(last, line.span[1])
                if low <= high:
                    found.append(Part((low, high), said, line.entry))
            left = without(left, line.span)
        found += [Part(span, admits=False, by=self._last[direction, address[0]]) for span in left]
        return tuple(sorted(found, key=lambda part: part.span))
