"""Which segment each address of some flows lies in."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import pandas as pd

from flowkit.addresses import subnet_of
from flowkit.errors import PolicyError
from flowkit.flows import Flows
from flowkit.inventory import Snapshot
from flowkit.inventory.text import brief
from flowkit.meaning.ends import NONE
from flowkit.policy.values import Policy, Segment

MOVED: Final = " / "
"""Between several holders of one address, in `Identities.table`."""
NOWHERE: Final = -1
"""The segment of what is no address."""


@dataclass(frozen=True, eq=False)
class Members:
    """Answers who belongs to a segment; `table` are the addresses by number, as `Identities.table`."""

    table: pd.DataFrame
    snapshot: Snapshot | None

    def of(self, segment: Segment) -> "pd.Series[bool]":
        """Return whether each address belongs to a segment."""
        return self.in_blocks([segment]).notna() | self.held(segment)

    def in_blocks(self, segments: Sequence[Segment]) -> "pd.Series[float]":
        """Return which segment's block each address lies in, by its place; null for none. No two blocks overlap."""
        pairs = [(str(place), block) for place, segment in enumerate(segments) for block in segment.cidr]
        found = subnet_of(self.table.address, pairs).to_pandas()
        return pd.to_numeric(pd.Series(found.to_numpy(), index=self.table.index))

    def held(self, segment: Segment) -> "pd.Series[bool]":
        """Return whether each address belongs to a segment by what held it: its subnet, groups or tags."""
        inside = pd.Series(data=False, index=self.table.index)
        if segment.subnet:
            inside |= self._held_by("subnet_id", set(segment.subnet))
        if segment.group or segment.tag:
            inside |= self._held_by("interface_id", set(self._interfaces(segment)))
        return inside

    def described(self, segment: Segment) -> bool:
        """Return whether the inventory has anything that belongs to a segment, seen in the log or not."""
        if self.snapshot is None:
            return False
        held = self.snapshot.addresses()[["address", "subnet_id", "interface_id"]]
        return bool(Members(held.replace("", None), self.snapshot).of(segment).any())

    def _held_by(self, column: str, wanted: set[str]) -> "pd.Series[bool]":
        """Return whether any of what held an address is wanted; of a few distinct texts, so that this is quick."""
        texts = self.table[column]
        fitting = [text for text in texts.dropna().unique() if wanted & set(text.split(MOVED))]
        return texts.isin(fitting)

    def _interfaces(self, segment: Segment) -> Iterable[str]:
        """Return the interfaces that have one of the groups or all of the tags, their own or their instance's."""
        if self.snapshot is None:
            return
        groups, tags = set(segment.group), {key: set(values) for key, values in segment.tag}
        at_instance = self._instance_tags
        for one in self.snapshot.interfaces:
            own = {**at_instance.get(one.instance_id, {}), **dict(one.tags)}
            grouped = groups & {*one.group_ids, *(self._group_names.get(group, "") for group in one.group_ids)}
            if grouped or (tags and all(own.get(key) in values for key, values in tags.items())):
                yield one.interface_id

    @cached_property
    def _instance_tags(self) -> dict[str, dict[str, str]]:
        return {one.instance_id: dict(one.tags) for one in self.snapshot.instances} if self.snapshot else {}

    @cached_property
    def _group_names(self) -> dict[str, str]:
        return {one.group_id: one.name for one in self.snapshot.groups} if self.snapshot else {}


@dataclass(frozen=True, eq=False)
class Placed:
    """Where addresses lie.

    Attributes
    ----------
    segments
        By an address's number, its segment's place in `Policy.places`; `NOWHERE` for what is no address.
    empty
        Names of segments in which nothing lies that the log or the inventory tells of: mistyped, perhaps, or gone.
    """

    segments: "pd.Series[int]"
    empty: tuple[str, ...]


def placed(flows: Flows, policy: Policy) -> Placed:
    """Place each address of the log, whatever the scope, in a segment.

    Raises
    ------
    PolicyError
        If a segment needs an inventory, or a field, that is not there; or an address lies in two segments.
    """
    identities = flows.identities
    table = identities.table
    _refuse_unknowable(policy, table, identities.snapshot)
    members = Members(table, identities.snapshot)
    internet, elsewhere = len(policy.segments), len(policy.segments) + 1
    found = (table.place == "outside").map({True: internet, False: elsewhere}).astype("int64")
    found[table.address == NONE] = NOWHERE
    taken = members.in_blocks(policy.segments).fillna(NOWHERE).astype("int64")
    for place, segment in enumerate(policy.segments):
        inside = members.held(segment)
        if (twice := inside & (taken != NOWHERE) & (taken != place)).any():
            raise _in_two(policy, segment, table[twice], taken[twice])
        taken = taken.mask(inside, place)
    seen = set(taken.unique())
    unseen = (one for place, one in enumerate(policy.segments) if place not in seen)
    empty = tuple(one.name for one in unseen if not members.described(one))
    return Placed(found.mask(taken != NOWHERE, taken), empty)


def _refuse_unknowable(policy: Policy, table: pd.DataFrame, snapshot: Snapshot | None) -> None:
    load = "Load the flows with it: fk.load(..., inventory=FOLDER), or write the segment as cidr"
    needs: tuple[tuple[str, Callable[[Segment], bool], bool], ...] = (
        ("security groups are known from an inventory only", lambda one: bool(one.group), snapshot is None),
        ("tags are known from an inventory only", lambda one: bool(one.tag), snapshot is None),
        (
            "this log does not record subnet-id, and there is no inventory",
            lambda one: bool(one.subnet), snapshot is None and bool(table.subnet_id.isna().all()),
        ),
    )  # fmt: skip
    found = [
        (one.line, f"the segment {brief(one.name)!r} cannot be told: {why}. {load}.")
        for why, concerns, lacking in needs
        for one in policy.segments
        if lacking and concerns(one)
    ]
    if found:
        raise PolicyError.found(policy.source, sorted(found, key=lambda problem: problem[0] or 0))


def _in_two(policy: Policy, segment: Segment, twice: pd.DataFrame, taken: "pd.Series[int]") -> PolicyError:
    other = policy.segments[int(taken.iloc[0])]
    row = twice.iloc[0]
    names = " and ".join(f"{brief(one.name)!r}{f' (line {one.line})' if one.line else ''}" for one in (other, segment))
    more = f" ({len(twice) - 1:,} more are, too)" if len(twice) > 1 else ""
    moved = MOVED in str(row.interface_id)
    held = f" It was held by {brief(str(row.interface_id))}, one after the other." if moved else ""
    step = "Narrow one of the segments, or name the address in one of them by cidr and in the other not at all."
    return PolicyError.found(
        policy.source, [(segment.line, f"{row.address} lies in {names}, and may lie in one only{more}.{held} {step}")]
    )
