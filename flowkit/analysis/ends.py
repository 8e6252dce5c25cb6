"""An end of a conversation, an address or a block: which interfaces hold it, and when those were watched."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from ipaddress import ip_network
from operator import and_
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd

from flowkit import engine
from flowkit.analysis import logged, minutes
from flowkit.analysis.minutes import Telling, Window
from flowkit.cidr import in_block
from flowkit.errors import ScopeError
from flowkit.flows import Flows, with_own_address
from flowkit.inventory import Snapshot
from flowkit.scope import OWN_ADDRESS, Scope

_MOST_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class End:
    """One end.

    Attributes
    ----------
    block
        Its address or CIDR block.
    watching
        The interfaces that hold an address of it and are logged.
    blind
        Those that are not, or only in part, with why.
    covered
        The minutes in which all of `watching` were watched without loss, as bits of the window.
    """

    block: str
    watching: tuple[str, ...] = ()
    blind: tuple[tuple[str, str], ...] = ()
    covered: int = 0

    @property
    def holders(self) -> frozenset[str]:
        """The interfaces that hold an address of it, watched or not."""
        return frozenset(self.watching) | {name for name, _why in self.blind}


def checked(a: str, b: str) -> tuple[str, str]:
    """Return two ends in their one form.

    Raises
    ------
    ScopeError
        If one is no address or block, or both are the same.
    """
    for name, value in (("a", a), ("b", b)):
        if not isinstance(value, str):
            raise ScopeError(f"{name} is one address or CIDR block as text, not {value!r}. Ask about each pair apart.")
    ends = [Scope(address=(value,)).address[0] for value in (a, b)]
    if ends[0] == ends[1]:
        raise ScopeError(f"a and b are both {ends[0]}. Name two ends: an address or a CIDR block each.")
    if ip_network(ends[0]).version != ip_network(ends[1]).version:
        raise ScopeError(f"a and b are of two families: {ends[0]} and {ends[1]}. Name both in IPv4 or both in IPv6.")
    return ends[0], ends[1]


def between(records: ir.Table, a: str, b: str) -> ir.Table:
    """Return the records between two ends, in any direction, by the record's addresses or the packet's."""
    said = {
        (side, end): reduce(
            lambda one, other: one | other,
            [in_block(records[n], end) for n in (side, f"pkt_{side}") if n in records.columns],
        )
        for side in ("srcaddr", "dstaddr")
        for end in (a, b)
    }
    there = said["srcaddr", a] & said["dstaddr", b]
    back = said["srcaddr", b] & said["dstaddr", a]
    return records.filter(there | back)


def watched(flows: Flows, blocks: Sequence[str], drawn: Window, inventory: Snapshot | None) -> list[End]:
    """Return the ends with the interfaces that hold them, and when those were watched."""
    held = _held(flows, blocks)
    found = [
        {*held[held[f"in{n}"]].place, *(i.interface_id for i in logged.holding(inventory, flows.scope, block))}
        for n, block in enumerate(blocks)
    ]
    blind = _blind(set().union(*found), flows, inventory)
    names = sorted(set().union(*found) - blind.keys())
    asked = flows.surroundings.narrow(interface_id=names) if names else None
    telling = minutes.told(asked, drawn) if asked else Telling({}, minutes.MINUTE, 0)
    return [_end(block, names, blind, telling, drawn) for block, names in zip(blocks, found, strict=True)]


def _end(block: str, names: set[str], blind: dict[str, str], telling: Telling, drawn: Window) -> End:
    watching = tuple(sorted(names - blind.keys()))
    covered = reduce(and_, (telling.of(name).covered(drawn) for name in watching)) if watching else 0
    return End(block, watching, tuple(sorted((name, blind[name]) for name in names & blind.keys())), covered)


def _blind(names: set[str], flows: Flows, inventory: Snapshot | None) -> dict[str, str]:
    """Return the interfaces whose flow logs leave out what is asked for, with why."""
    asked = frozenset(flows.scope.action) or frozenset({"ACCEPT", "REJECT"})
    blind = {}
    for interface in inventory.interfaces if inventory else ():
        if interface.interface_id in names:
            logs = list(inventory.flow_logs_of(interface)) if inventory else []
            if not asked <= logged.recorded(logs):
                blind[interface.interface_id] = logged.flow_logs_text(logs)
    return blind


def _held(flows: Flows, blocks: Sequence[str]) -> pd.DataFrame:
    """Return the interfaces that held an address of the blocks at any time loaded, and of which block."""
    resources = replace(flows.surroundings.scope, start=None, end=None)
    records = replace(flows, scope=resources).stored
    columns = ["place", *(f"in{n}" for n in range(len(blocks)))]
    if not {"interface_id", "srcaddr", "dstaddr"} <= set(records.columns):
        return pd.DataFrame({name: pd.Series(dtype="bool" if name != "place" else "str") for name in columns})
    own, records = _own(records, derived=not flows.origin.directed)
    pairs = records.select(place=records.interface_id, own=own).distinct().drop_null()
    inside: dict[str, Any] = {f"in{n}": in_block(pairs.own, block) for n, block in enumerate(blocks)}
    marked = pairs.mutate(**inside)
    either = reduce(lambda one, other: one | other, (marked[name] for name in inside))
    return engine.frame(marked.filter(either).select(columns).distinct()).sort_values(columns, ignore_index=True)


def _own(records: ir.Table, *, derived: bool) -> tuple[ir.StringValue, ir.Table]:
    """Return the address that is the interface's own in each record, and the records it is told of."""
    joined = with_own_address(records) if derived else records
    if "flow_direction" not in records.columns:
        return joined[OWN_ADDRESS], joined
    outward, inward = (joined.flow_direction == way for way in ("egress", "ingress"))
    own = ibis.ifelse(outward, joined.srcaddr, ibis.ifelse(inward, joined.dstaddr, ibis.null("string")))
    return (ibis.coalesce(own, joined[OWN_ADDRESS]) if derived else own), joined


def unseeable(two: Sequence[End], inventory: Snapshot | None) -> str:
    """Return why flow logs cannot show traffic between two ends, or nothing."""
    for end in two:
        if never := logged.never_recorded(end.block, inventory):
            return f"{never}."
    if two[0].holders == two[1].holders and len(two[0].holders) == 1:
        return f"{min(two[0].holders)} holds both: what stays inside one host passes no interface."
    if any(end.watching for end in two):
        return ""
    if blind := {f"{name} ({why})" for end in two for name, why in end.blind}:
        return f"No interface of either end is known to record all of this traffic: {named(blind)}."
    return (
        f"No interface in this log is known to hold {two[0].block} or {two[1].block}. "
        f"Load the logs of one of them, or give an inventory."
    )


def silence(two: Sequence[End], length: int) -> str:
    """Return what it means that nothing was recorded between two ends in a window of *length* minutes."""
    first, second = two
    parts = [*_silence_at(first, second, length), *_silence_at(second, first, length)]
    both = first.watching and second.watching and length not in (first.covered.bit_count(), second.covered.bit_count())
    if both and (first.covered | second.covered).bit_count() == length:
        parts.append("In each minute at least one of the two was watched.")
    if shared := first.holders & second.holders:
        parts.append(f"{named(shared)} holds addresses of both: what stays inside one host passes no interface.")
    return " ".join(parts)


def _silence_at(end: End, other: End, length: int) -> list[str]:
    if not end.watching:
        blind = f": {named(f'{name} ({why})' for name, why in end.blind)}" if end.blind else ""
        unknown = f"{end.block} has no interface that is known to record this{blind}"
        return [f"{unknown}: what it sent and what was stopped on the way to {other.block} is not seen."]
    who, covered = f"{end.block} ({named(end.watching)})", end.covered.bit_count()
    if covered < length:
        rest = f"in the rest, what it sent and what was stopped on the way to {other.block} is not seen"
        told = [f"{who} was watched in {covered:,} of {length:,} minutes: {rest}."]
    else:
        told = [f"{who} was watched in all {length:,} minutes: nothing to or from {other.block}."]
    return told + [f"Not counted: {name} ({why})." for name, why in end.blind]


def named(names: Iterable[str]) -> str:
    """Return names in a row, the first ten of many."""
    every = sorted(set(names))
    shown = ", ".join(every[:_MOST_NAMED])
    return shown if len(every) <= _MOST_NAMED else f"{shown} and {len(every) - _MOST_NAMED:,} more"
