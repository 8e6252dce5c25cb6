"""The question: who wants to reach whom, on which port; in any of the ways people name hosts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from ipaddress import ip_address, ip_network

from ibis import _

from flowkit import engine
from flowkit.analysis.pairs import WITH_PORTS, observers_of, told_apart
from flowkit.errors import ScopeError
from flowkit.fields import PROTOCOLS
from flowkit.flows import Flows
from flowkit.inventory import Snapshot
from flowkit.inventory.packets import protocol_number
from flowkit.inventory.text import brief
from flowkit.meaning.ends import own_addresses

_LAST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Side:
    """One end of the question.

    Attributes
    ----------
    said
        As it was asked for.
    blocks
        Its addresses and CIDR blocks.
    interfaces
        The interfaces that hold each address, by the inventory or by the log.
    """

    said: str
    blocks: tuple[str, ...]
    interfaces: dict[str, tuple[str, ...]]

    @property
    def interface_ids(self) -> tuple[str, ...]:
        """All its interfaces."""
        return tuple(dict.fromkeys(one for many in self.interfaces.values() for one in many))


@dataclass(frozen=True, slots=True)
class Asked:
    """The question, understood."""

    source: Side
    destination: Side
    port: int | None
    protocol: int

    @property
    def held(self) -> dict[str, tuple[str, ...]]:
        """The interfaces that hold each address of either end."""
        return {**self.source.interfaces, **self.destination.interfaces}

    @property
    def interface_ids(self) -> tuple[str, ...]:
        """The interfaces of both ends."""
        return tuple(dict.fromkeys((*self.source.interface_ids, *self.destination.interface_ids)))

    @property
    def protocol_name(self) -> str:
        """The protocol as people write it."""
        return next((name for name, number in PROTOCOLS.items() if number == self.protocol), str(self.protocol))

    def __str__(self) -> str:
        """Return the question."""
        port = "" if self.port is None else f" port {self.port}"
        return f"from {self.source.said} to {self.destination.said}, {self.protocol_name}{port}"


def understood(
    flows: Flows, source: str | Sequence[str], destination: str | Sequence[str], port: int | None, protocol: str | int
) -> Asked:
    """Return the question with addresses and interfaces.

    Raises
    ------
    ScopeError
        If an end, the port or the protocol is none, or both ends are the same.
    """
    number = protocol_number(str(protocol))
    if number is None or number < 0:
        raise ScopeError(
            f"{brief(str(protocol))} is no protocol. Name one, such as tcp, udp or icmp, or give its number."
        )
    checked = _port(port, number)
    ends = [_side(flows, said) for said in (source, destination)]
    if set(ends[0].blocks) == set(ends[1].blocks):
        raise ScopeError(
            f"source and destination are the same, {brief(ends[0].said)}. Name two ends: what a host sends "
            "itself is never logged."
        )
    asked = Asked(ends[0], ends[1], checked, number)
    return asked if asked.held or "flow_direction" in flows.fields else _told_apart(flows, asked)


def _told_apart(flows: Flows, asked: Asked) -> Asked:
    """Return the question with the interfaces that can be told from the records of the pair alone."""
    blocks = (asked.source.blocks, asked.destination.blocks)
    held = told_apart(flows, *blocks, asked.port, asked.protocol)
    sides = []
    for side in (asked.source, asked.destination):
        within = [ip_network(block) for block in side.blocks]
        own = {a: ids for a, ids in held.items() if any(ip_address(a) in one for one in within)}
        sides.append(replace(side, interfaces=own))
    return replace(asked, source=sides[0], destination=sides[1])


def _port(port: int | None, protocol: int) -> int | None:
    if protocol not in WITH_PORTS:
        if port is not None:
            raise ScopeError(f"protocol {protocol} has no ports. Leave port out.")
        return None
    if port is None:
        raise ScopeError("which port of the destination is meant? Name it: port=5432.")
    text = str(port).strip()
    if isinstance(port, bool) or not (text.isascii() and text.isdecimal() and int(text) <= _LAST_PORT):
        raise ScopeError(f"port {brief(text)} is none: ports are 0 to {_LAST_PORT}.")
    return int(text)


def _side(flows: Flows, said: str | Sequence[str]) -> Side:
    texts = [said] if isinstance(said, str) else list(said)
    if not texts:
        raise ScopeError(
            "an end of the question is empty. Name an address, a block, an interface, an instance or a name."
        )
    blocks = tuple(dict.fromkeys(block for text in texts for block in _blocks(flows, str(text).strip())))
    return Side(", ".join(map(str, texts)), blocks, observers_of(flows, blocks))


def _blocks(flows: Flows, text: str) -> list[str]:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return _held(flows, text)
    single = network.num_addresses == 1
    return [str(network.network_address) if single else str(network)]


def _held(flows: Flows, text: str) -> list[str]:
    """Return the addresses of an interface, an instance, or what bears a name."""
    snapshot = flows.identities.snapshot
    interfaces = snapshot.interfaces if snapshot else ()
    found = [
        address
        for one in interfaces
        if text in (one.interface_id, one.instance_id, one.name)
        for address in one.addresses
    ]
    return found or _in_log(flows, text) or _unknown(text, snapshot)


def _in_log(flows: Flows, text: str) -> list[str]:
    column = {"eni": "interface_id", "i": "instance_id"}.get(text.partition("-")[0])
    if column is None or column not in flows.stored.columns:
        return []
    records = flows.stored.filter(_[column] == text)
    return [str(one) for one in engine.frame(own_addresses(records)).address]


def _unknown(text: str, snapshot: Snapshot | None) -> list[str]:
    names = _names(snapshot) if snapshot else []
    near = get_close_matches(text, names, n=1)
    hint = f" Did you mean {brief(near[0])}?" if near else ""
    where = "in the inventory or the log" if snapshot else "in the log, and no inventory was given"
    raise ScopeError(
        f"{brief(text)} is no address, and no interface, instance or name {where}.{hint} Give an address, a CIDR "
        "block, or load the flows with inventory=."
    )


def _names(snapshot: Snapshot) -> list[str]:
    every: Iterable[str] = (
        name for one in snapshot.interfaces for name in (one.name, one.interface_id, one.instance_id) if name
    )
    return list(dict.fromkeys(every))
