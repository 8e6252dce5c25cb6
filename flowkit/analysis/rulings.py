"""What the snapshot's rules say of each thing that was recorded, and whether the record agrees."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from flowkit.inventory.gates import Gate, Passage, passages
from flowkit.inventory.packets import ICMP, ICMPV6, TCP, Packets
from flowkit.inventory.rulebook import rulebook
from flowkit.inventory.rules import AclEntry, Direction, GroupRule
from flowkit.inventory.snapshot import Snapshot
from flowkit.inventory.verdicts import ADMITS, CANNOT_TELL, DENIES
from flowkit.meaning.ends import EGRESS, INGRESS, NONE

ADMITTED: Final = "admitted"
REFUSED: Final = "refused"
UNUSED: Final = "unused"
LATE: Final = "late"
CONTRADICTED: Final = "contradicted"
UNSURE: Final = "cannot_tell"
GATES: Final = {
    (True, EGRESS): ("source_security_group", "source_nacl_outbound"),
    (True, INGRESS): ("destination_nacl_inbound", "destination_security_group"),
    (False, EGRESS): ("destination_nacl_outbound",),
    (False, INGRESS): ("source_nacl_inbound",),
}
"""The gates of a record, in their order, by whether it goes to the server and which way it was seen."""
_LOW: Final = 3
"""From this number on, `flowkit.meaning.roles.RULES` are of low confidence."""
_WITHOUT_TYPE: Final = frozenset({ICMP, ICMPV6})
"""Flow records have no ICMP types, so a gate that asks for one cannot contradict them."""


class Ruling(NamedTuple):
    """What one gate says of what was recorded there.

    Attributes
    ----------
    effect
        ``admitted``, ``refused``, ``late``, ``contradicted`` or ``cannot_tell``.
    gate
        Its name; "" where it is none of the two ends' gates.
    rules
        Ids of what decides.
    by
        The entries or group rules that do; several group rules may admit the same.
    peer
        The address at the other end, as seen at the gate.
    """

    effect: str
    gate: str = ""
    rules: tuple[str, ...] = ()
    by: tuple[AclEntry | GroupRule, ...] = ()
    why: str = ""
    peer: str = ""


class Judge:
    """Asks the rules about tuples, each passage once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._book = rulebook(snapshot)
        self._passages: dict[tuple[object, ...], tuple[Passage, ...]] = {}

    def rulings(self, row: Any) -> list[Ruling]:  # noqa: ANN401 - a row of the frame of tuples
        """Return what decided about a tuple where it was recorded.

        Of what was accepted, each gate at that interface; of what was rejected, the gate that denies it; none where
        the interface is neither end's, or no gate is asked.
        """
        passage = self._passage(row)
        if passage is None:
            return []
        gates = [gate for name in GATES[row.to_server, row.direction] if (gate := passage.gate(name)) is not None]
        found = self._rejected(gates, row) if row.rejected else [self._accepted(gate, passage) for gate in gates]
        told = [one for one in found if one is not None]
        unclear = row.opened_by >= _LOW or row.protocol in _WITHOUT_TYPE
        return [one._replace(effect=UNSURE) if unclear and one.effect == CONTRADICTED else one for one in told]

    def _passage(self, row: Any) -> Passage | None:  # noqa: ANN401 - a row of the frame of tuples
        """Return the passage whose end at that side is the interface that recorded it."""
        port = None if row.server_port < 0 else row.server_port
        client_port = max(row.client_port, 0)
        key = (row.client, row.server, port, row.protocol, row.ports)
        if key not in self._passages:
            self._passages[key] = passages(
                self._snapshot, row.client, row.server, port=port, protocol=row.protocol,
                client_ports=(client_port, client_port),
            )  # fmt: skip
        at_source = row.to_server == (row.direction == EGRESS)
        found = self._passages[key]
        if row.observer == NONE:
            return found[0] if len(found) == 1 else None
        for one in found:
            end = one.source if at_source else one.destination
            if end.interface is not None and end.interface.interface_id == row.observer:
                return one
        return None

    def _accepted(self, gate: Gate, passage: Passage) -> Ruling | None:
        peer = gate.peer.address if gate.peer else ""
        if gate.verdict == ADMITS:
            return Ruling(ADMITTED, gate.name, gate.rules, self._admitting(gate, passage), gate.why, peer)
        effect = {DENIES: CONTRADICTED, CANNOT_TELL: UNSURE}.get(gate.verdict)
        why = f"accepted, though the snapshot denies it: {gate.why}" if effect == CONTRADICTED else gate.why
        return Ruling(effect, gate.name, gate.rules, (), why, peer) if effect else None

    def _admitting(self, gate: Gate, passage: Passage) -> tuple[AclEntry | GroupRule, ...]:
        """Return all that admit: of an ACL the entry that decides, of groups every rule that matches."""
        if gate.end.interface is None or gate.peer is None or "group" not in gate.name:
            return tuple(part.by for part in gate.parts[:1] if isinstance(part.by, AclEntry))
        packets = Packets(gate.peer.address, passage.protocol, passage.port)
        direction: Direction = "egress" if gate.name.startswith("source") else "ingress"
        return self._book.groups_of(gate.end.interface).admitting(direction, packets, self._book.member(gate.peer))

    def _rejected(self, gates: Iterable[Gate], row: Any) -> list[Ruling | None]:  # noqa: ANN401 - as above
        asked = [gate for gate in gates if gate.verdict in (ADMITS, DENIES, CANNOT_TELL)]
        for gate in asked:
            peer = gate.peer.address if gate.peer else ""
            if gate.verdict == CANNOT_TELL:
                return [Ruling(UNSURE, gate.name, gate.rules, (), gate.why, peer)]
            if gate.verdict == DENIES:
                by = tuple(part.by for part in gate.parts[:1] if isinstance(part.by, AclEntry))
                return [Ruling(REFUSED, gate.name, gate.rules, by, gate.why, peer)]
        late = row.protocol == TCP and not row.syns
        why = (
            "no rule of the snapshot denies it, and none of these records opens a connection: packets that come after "
            "a close are rejected too"
            if late
            else "rejected, though no rule of the snapshot denies it: a rule of that time did, or it came late"
        )
        rules = tuple(rule for gate in asked for rule in gate.rules)
        return [Ruling(LATE if late else CONTRADICTED, asked[-1].name, rules, (), f"{why}.")] if asked else []
