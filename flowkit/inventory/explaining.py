"""From a question as people ask it - names, ids, addresses, a port - to what each gate says, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import product
from typing import Final

import pandas as pd

from flowkit.errors import InventoryError
from flowkit.inventory import explaining_html
from flowkit.inventory.ends import ELSEWHERE, HERE, INTERNET, SERVICE, End, end_of
from flowkit.inventory.gates import CLIENT_PORTS, Gate, Passage, passage
from flowkit.inventory.interfaces import Interface
from flowkit.inventory.packets import ALL, LAST_PORT, WITH_PORTS, Span, parsed, protocol_number, span_words
from flowkit.inventory.rulebook import Rulebook, rulebook
from flowkit.inventory.snapshot import Snapshot
from flowkit.inventory.text import address, brief, shown
from flowkit.inventory.verdicts import ADMITS, CANNOT_TELL, DENIES, IN_PART

COLUMNS: Final = ("way", "gate", "at", "verdict", "rule", "entry", "why")
_MOST: Final = 100
"""Passages of one question: names may mean many interfaces."""


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """What a snapshot's rules say of a connection, gate by gate.

    Attributes
    ----------
    passages
        One for each pair of ends that was meant; several where VPCs overlap or a name means several interfaces.
    notes
        What the snapshot cannot tell, in sentences.
    """

    passages: tuple[Passage, ...]
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return a row per gate, in the order packets meet them.

        Returns
        -------
        DataFrame
            ``way`` (``request`` or ``reply``, with the ends), ``gate``, ``at`` (whose gate), ``verdict``
            (``admits``, ``denies``, ``admits in part``, ``not asked``, ``cannot tell``), ``rule`` (ids, joined by
            commas: the ACL; all groups of the interface, the nearest miss first; the route table), ``entry`` (the
            ACL's entry; 32767 and 32768 are AWS's last ones, which deny; null of groups and routes), ``why``.
        """
        rows = [_row(one, gate) for one in self.passages for gate in one.gates]
        return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"entry": "Int64"})

    @property
    def verdicts(self) -> tuple[str, ...]:
        """One sentence for each passage: what the first gate that denies says, else that all admit."""
        return tuple(_sentence(one) for one in self.passages)

    def __str__(self) -> str:
        """Return the sentences, then a line per gate."""
        lines = []
        for one, sentence in zip(self.passages, self.verdicts, strict=True):
            lines += [sentence, *(f"  {_line(gate)}" for gate in one.gates)]
        return "\n".join(shown(line) for line in [*lines, *self.notes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Return the same for a notebook, with a picture of the gates."""
        return explaining_html.document(self.passages, self.verdicts, self.notes, self.to_frame())


def explain(
    snapshot: Snapshot,
    source: str,
    destination: str,
    port: int | None = None,
    protocol: str | int = "tcp",
    *,
    client_ports: Span = CLIENT_PORTS,
) -> Explanation:
    """Say which rule admits or denies a connection, at each gate on its way and on that of the reply.

    Parameters
    ----------
    snapshot
        The state of the network, from `flowkit.inventory.read`.
    source, destination
        An address, or the id or name of an interface or instance of the snapshot. The source opens the connection.
    port
        The destination's port. Without one, each gate tells which ports it admits; ICMP has none and is asked
        about as a ping.
    protocol
        A name or an IANA number.
    client_ports
        The first and the last of the source's ports, to which replies go. By default those from 1024 on: AWS
        documents that clients choose theirs in there, Linux mostly 32768-60999, newer Windows 49152-65535.

    Returns
    -------
    Explanation
        ``.to_frame()`` has a row per gate; it shows itself as a table and a picture in a notebook.

    Raises
    ------
    InventoryError
        If the ends are the same, neither is in the snapshot, a name is not known, or port and protocol do not fit.

    Notes
    -----
    Rules are those of the snapshot's time. They tell what AWS lets pass, not whether anything listens: firewalls
    inside instances, endpoint policies, AWS Network Firewall, transit gateway route tables and VPC Block Public
    Access are not looked at.
    Source: AWS, Amazon VPC User Guide: security groups, network ACLs, route tables.

    Examples
    --------
    >>> import flowkit.inventory as inventory
    >>> snapshot = inventory.Snapshot()
    >>> explain(snapshot, "10.0.0.1", "10.0.0.1", 443)
    Traceback (most recent call last):
    flowkit.errors.InventoryError: source and destination are the same: 10.0.0.1. Name two different ends.
    """
    number, span = _asked(port, protocol), _client_ports(client_ports)
    book = rulebook(snapshot)
    sources, destinations = _ends(book, source, "source"), _ends(book, destination, "destination")
    pairs = _pairs(sources, destinations, source, destination)
    _check_seen(snapshot, pairs)
    asked = [passage(book, *pair, port=port, protocol=number, client_ports=span) for pair in pairs[:_MOST]]
    return Explanation(tuple(asked), _notes(snapshot, pairs))


def _asked(port: int | None, protocol: str | int) -> int:
    number = protocol_number(str(protocol))
    if number is None or number < 0:
        raise InventoryError(f"there is no protocol {brief(str(protocol))!r}. Give a name such as tcp, or its number.")
    if port is None:
        return number
    if number not in WITH_PORTS:
        raise InventoryError(f"{protocol} has no ports, so leave out port {brief(str(port))}.")
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= LAST_PORT:
        raise InventoryError(f"port {brief(str(port))} is none: ports are whole numbers from 0 to {LAST_PORT}.")
    return number


def _client_ports(given: Span) -> Span:
    first, last = given
    if not 0 <= first <= last <= LAST_PORT:
        raise InventoryError(f"client_ports {first}-{last} is no range: give the first and the last of 0-{LAST_PORT}.")
    return first, last


def _ends(book: Rulebook, said: str, role: str) -> tuple[End, ...]:
    """Return whatever ends a text may mean."""
    text = str(said).strip()
    if found := address(text):
        return book.holders.of(found)
    if "/" in text and address(text.split("/")[0]):
        raise InventoryError(f"{role} {text} is a block. Name one address of it, an interface or an instance.")
    meant = [one for one in book.snapshot.interfaces if text and text in _names(book, one)]
    if not meant:
        raise InventoryError(f"nothing in the snapshot is called {brief(text)!r}, the {role}{_nearest(book, text)}")
    return tuple(end_of(one, held) for one in meant for held in _by_version(one))


def _names(book: Rulebook, interface: Interface) -> set[str]:
    named = {one.instance_id: one.name for one in book.snapshot.instances}
    names = {interface.interface_id, interface.instance_id, interface.name, named.get(interface.instance_id, "")}
    return names - {""}


def _by_version(interface: Interface) -> Iterable[str]:
    """Return the first address of each IP version."""
    first: dict[int, str] = {}
    for held in interface.addresses:
        first.setdefault(parsed(held)[0], held)
    return first.values()


def _nearest(book: Rulebook, text: str) -> str:
    named = {one.name for one in book.snapshot.instances}
    known = {name for one in book.snapshot.interfaces for name in (one.interface_id, one.instance_id, one.name)}
    close = get_close_matches(text, sorted((known | named) - {""}), n=1)
    if close:
        return f"; did you mean {brief(close[0])!r}?"
    return ". Give an address, or the id or name of an interface or instance: snapshot.to_frame() lists them."


def _pairs(
    sources: tuple[End, ...], destinations: tuple[End, ...], source: str, destination: str
) -> list[tuple[End, End]]:
    """Return who may have asked whom: of one IP version, IPv4 where there are both, and not one and the same."""
    alike = [(one, other) for one, other in product(sources, destinations) if one.version == other.version]
    if not alike:
        raise InventoryError(f"{source} and {destination} have no IP version in common. Name ends that both have one.")
    versions = min(one.version for one, _ in alike)
    alike = [pair for pair in alike if pair[0].version == versions]
    found = [pair for pair in alike if not _same(*pair)]
    if not found:
        raise InventoryError(f"source and destination are the same: {alike[0][0]}. Name two different ends.")
    home = [(one, other) for one, other in found if one.vpc_id and one.vpc_id == other.vpc_id]
    inside = {one for one, _ in home}
    return [pair for pair in found if pair in home or pair[0] not in inside]


def _same(one: End, other: End) -> bool:
    if one.interface is None or other.interface is None:
        return (one.address, one.vpc_id) == (other.address, other.vpc_id)
    return one.interface.interface_id == other.interface.interface_id


def _check_seen(snapshot: Snapshot, pairs: list[tuple[End, End]]) -> None:
    """Refuse a question about ends of which the snapshot tells nothing."""
    if any(HERE in (one.where, other.where) for one, other in pairs):
        return
    one, other = pairs[0]
    whose = f" of account {', '.join(snapshot.accounts)}" if snapshot.accounts else ""
    raise InventoryError(
        f"neither {one.address} nor {other.address} is in this snapshot{whose}, so none of its rules applies. "
        "Check the addresses, or take a snapshot of the account and region that own them: flowkit.snapshot(FOLDER)."
    )


def _notes(snapshot: Snapshot, pairs: list[tuple[End, End]]) -> tuple[str, ...]:
    notes = [_note(end) for pair in pairs for end in pair]
    if len(pairs) > _MOST:
        notes.append(f"{len(pairs) - _MOST:,} more pairs of interfaces were meant. Name one by its id.")
    if any(one.where == ELSEWHERE for pair in pairs for one in pair) and snapshot.accounts:
        notes.append(f"The snapshot is of account {', '.join(snapshot.accounts)}.")
    return tuple(dict.fromkeys(filter(None, notes)))


def _note(end: End) -> str:
    if end.where == HERE and end.interface is None:
        return (f"Nobody in the snapshot holds {end.address}, an address of {end.subnet_id or end.vpc_id}: "
                "what its groups say cannot be told.")  # fmt: skip
    if end.where == INTERNET:
        return f"{end.address} is outside: what stands before it cannot be told."
    if end.where == ELSEWHERE:
        return f"{end.address} is a private address of no VPC in the snapshot: its own gates cannot be told."
    return f"{end.address} is AWS's own: no rule applies to it." if end.where == SERVICE else ""


def _row(one: Passage, gate: Gate) -> tuple[object, ...]:
    way = f"reply {one.destination.address} to {one.source.address}" if gate.reply else (
        f"request {one.source.address} to {one.destination.address}")  # fmt: skip
    return way, gate.name, str(gate.end), gate.verdict, ", ".join(gate.rules), gate.entry, gate.why


def _line(gate: Gate) -> str:
    way = "reply" if gate.reply else "request"
    return f"{way:8}{gate.name:28}{gate.verdict:16}{gate.why}"


def _sentence(one: Passage) -> str:
    what = span_words(one.protocol, [one.port]) if one.port != ALL else span_words(one.protocol, [ALL])
    asked = f"{what} from {one.source} to {one.destination}"
    denying = [gate for gate in one.gates if gate.verdict == DENIES]
    if denying:
        first, *others = denying
        also = f" {', '.join(gate.name for gate in others)} would deny it too." if others else ""
        return f"{asked} is denied by {first.name}: {first.why}{also}"
    for verdict, words in ((IN_PART, "is admitted in part only"), (CANNOT_TELL, "cannot be told whole")):
        gates = [gate for gate in one.gates if gate.verdict == verdict]
        if gates:
            return f"{asked} {words}: {gates[0].name}: {gates[0].why}"
    admitted = any(gate.verdict == ADMITS for gate in one.gates)
    return f"{asked} {'is admitted by every gate' if admitted else 'is not asked about by any gate'}."
