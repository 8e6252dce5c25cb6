"""What one gate says of packets: an interface's groups, a subnet's network ACL, a subnet's route table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flowkit.inventory.ends import HERE, End
from flowkit.inventory.groups import GroupRules
from flowkit.inventory.packets import Packets, Span, span_words
from flowkit.inventory.routing import way
from flowkit.inventory.rulebook import Rulebook
from flowkit.inventory.rules import LAST_ENTRY, AclEntry, Direction, GroupRule
from flowkit.inventory.verdicts import ADMITS, CANNOT_TELL, DENIES, NOT_ASKED, Part, spans_of, verdict_of

_WITHOUT_GROUPS: Final = frozenset(
    {"nat_gateway", "transit_gateway", "gateway_load_balancer", "network_load_balancer", "vpc_endpoint"}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """One place where a rule or a route decides about packets.

    Attributes
    ----------
    name
        Of the request ``source_security_group``, ``source_nacl_outbound``, ``source_route``,
        ``destination_nacl_inbound``, ``destination_security_group``; of the reply ``destination_nacl_outbound``,
        ``destination_route``, ``source_nacl_inbound``. Groups let every reply pass, so they are not asked about it.
    reply
        Whether it is about the packets that answer.
    end
        Whose gate it is.
    verdict
        ``admits``, ``denies``, ``admits in part``, ``not asked`` or ``cannot tell``.
    parts
        Which of the packets' ports which rule admits or denies; empty where the gate is not asked.
    rules
        What decides: the ACL; all groups of the interface, the nearest miss first; the route table.
    entry
        Number of the ACL's entry that denies, else that decides; None for groups and routes.
    why
        The same as a sentence.
    peer
        The other end as it is seen here; None where the gate is not asked, or by which address is not known.
    """

    name: str
    reply: bool
    end: End
    verdict: str
    parts: tuple[Part, ...] = ()
    rules: tuple[str, ...] = ()
    entry: int | None = None
    why: str = ""
    peer: End | None = None


@dataclass(frozen=True, slots=True)
class Hop:
    """Packets at one end: who looks (`here`), whom they come from or go to as seen from there, and which they are."""

    book: Rulebook
    here: End
    there: End | None
    packets: Packets
    unfiltered: str
    one_subnet: bool


def group_gate(name: str, hop: Hop, direction: Direction) -> Gate:
    """Return what the security groups of the interface at one end say."""
    interface, packets = hop.here.interface, hop.packets
    if hop.unfiltered:
        return _not_asked(name, hop.here, hop.unfiltered)
    if interface is None:
        return _unknown(name, hop, f"{_nobody(hop.here)}: its groups are not known.")
    if not interface.group_ids and interface.kind in _WITHOUT_GROUPS:
        return _not_asked(name, hop.here, f"{interface.interface_id} ({interface.kind}) has no security group.")
    if not interface.group_ids:
        return _unknown(name, hop, f"The snapshot names no security group of {interface.interface_id}.")
    if hop.there is None:
        return _unknown(name, hop, _unseen(), rules=interface.group_ids)
    rules, member = hop.book.groups_of(interface), hop.book.member(hop.there)
    parts = rules.parts(direction, packets, member)
    verdict = verdict_of(parts)
    admitting = [part.by for part in parts if isinstance(part.by, GroupRule)]
    nearest = admitting if verdict == ADMITS else rules.nearest(direction, packets, member)
    return Gate(
        name=name,
        reply=False,
        end=hop.here,
        verdict=verdict,
        parts=parts,
        rules=tuple(dict.fromkeys((*(rule.group_id for rule in nearest), *rules.group_ids))),
        why=_groups_why(rules, direction, packets, parts, nearest),
        peer=hop.there,
    )


def _groups_why(
    rules: GroupRules, direction: Direction, packets: Packets, parts: tuple[Part, ...], nearest: Sequence[GroupRule]
) -> str:
    admitting = list(dict.fromkeys(str(part.by) for part in parts if part.admits and part.by))
    said = f"{'; '.join(admitting[:3])}." if admitting else ""
    if rules.undescribed and verdict_of(parts) != ADMITS:
        return f"{said} {', '.join(rules.undescribed)} is not described in the snapshot.".strip()
    unsure = [part.by for part in parts if part.admits is None]
    if unsure:
        return f"{said} Whether {unsure[0]} means {packets.peer} the snapshot does not say.".strip()
    if not (denied := spans_of(parts, admits=False)):
        return said
    what = f"{span_words(packets.protocol, denied)} {'to' if direction == 'egress' else 'from'} {packets.peer}"
    near = f"; the nearest rule: {nearest[0]}" if nearest else f"; it has no {direction} rule"
    none = f"{rules.group_ids[0]} does not admit" if len(rules.group_ids) == 1 else (
        f"None of {', '.join(rules.group_ids)} admits")  # fmt: skip
    return f"{said} {none} {what}{near}.".strip()


def acl_gate(name: str, hop: Hop, direction: Direction, *, reply: bool) -> Gate:
    """Return what the network ACL of the subnet of one end says."""
    here = hop.here
    if hop.unfiltered:
        return _not_asked(name, here, hop.unfiltered, reply=reply)
    if hop.one_subnet:
        return _not_asked(name, here, f"Both ends are in {here.subnet_id}: an ACL is not asked there.", reply=reply)
    if here.where != HERE or not here.subnet_id:
        return _unknown(name, hop, f"{_nobody(here)}: its network ACL is not known.", reply=reply)
    rules = hop.book.acl_of(here.subnet_id, here.vpc_id)
    if rules is None:
        return _unknown(name, hop, f"The snapshot has no network ACL of {here.subnet_id}.", reply=reply)
    if hop.there is None:
        return _unknown(name, hop, _unseen(), rules=(rules.acl.acl_id,), reply=reply)
    parts = rules.parts(direction, hop.packets)
    entry = _deciding(parts)
    return Gate(
        name=name,
        reply=reply,
        end=here,
        verdict=verdict_of(parts),
        parts=parts,
        rules=(rules.acl.acl_id,),
        entry=entry.number if entry else None,
        why=f"{rules.acl.acl_id}: " + _acl_why(parts, hop.packets, direction),
        peer=hop.there,
    )


def _deciding(parts: tuple[Part, ...]) -> AclEntry | None:
    """Return the entry that denies the most ports; where none denies, the one that decides about the most."""
    denied = [part for part in parts if part.admits is False] or list(parts)
    widths: dict[AclEntry, int] = {}
    for part in denied:
        if isinstance(part.by, AclEntry):
            widths[part.by] = widths.get(part.by, 0) + part.span[1] - part.span[0] + 1
    return max(widths, key=widths.__getitem__, default=None)


def _acl_why(parts: tuple[Part, ...], packets: Packets, direction: Direction) -> str:
    entries: dict[AclEntry, list[Part]] = {}
    for part in parts:
        if isinstance(part.by, AclEntry):
            entries.setdefault(part.by, []).append(part)
    said = []
    for entry, ruled in entries.items():
        what = span_words(packets.protocol, [part.span for part in ruled])
        if entry.number in LAST_ENTRY.values():
            said.append(f"no entry allows {what} {'to' if direction == 'egress' else 'from'} {packets.peer}, "
                        f"so entry {entry.number} denies")  # fmt: skip
        elif ruled[0].admits is None:
            said.append(f"entry {entry.number} is not understood")
        else:
            said.append(str(entry) if what in str(entry) or len(entries) == 1 else f"{entry}, of these {what}")
    return f"{'; '.join(said)}."


def route_gate(
    book: Rulebook, name: str, here: End, there: End | None, span: Span, unfiltered: str, *, reply: bool
) -> Gate:
    """Return what the route table of the subnet of one end says."""
    if unfiltered:
        return _not_asked(name, here, unfiltered, reply=reply)
    if there is None and here.where == HERE:
        part = Part(span, admits=None)
        return Gate(name=name, reply=reply, end=here, verdict=CANNOT_TELL, parts=(part,), why=_unseen())
    found = way(book, here, there or here, reply=reply)
    admits = {ADMITS: True, DENIES: False}.get(found.verdict)
    parts = () if found.verdict == NOT_ASKED else (Part(span, admits, found.route),)
    rules = (found.table_id,) if found.table_id else ()
    return Gate(name=name, reply=reply, end=here, verdict=found.verdict, parts=parts, rules=rules, why=found.why)


def _not_asked(name: str, end: End, why: str, *, reply: bool = False) -> Gate:
    return Gate(name=name, reply=reply, end=end, verdict=NOT_ASKED, why=why)


def _unknown(name: str, hop: Hop, why: str, *, rules: tuple[str, ...] = (), reply: bool = False) -> Gate:
    parts = (Part(hop.packets.span, admits=None),)
    return Gate(name=name, reply=reply, end=hop.here, verdict=CANNOT_TELL, parts=parts, rules=rules, why=why)


def _nobody(end: End) -> str:
    if end.where == HERE:
        return f"Nobody in the snapshot holds {end.address}"
    return f"{end.address} lies outside the snapshot"


def _unseen() -> str:
    return "By which address the other end is seen here, the snapshot does not say."
