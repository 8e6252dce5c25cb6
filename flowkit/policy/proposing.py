"""Segments from a grouping of addresses: each in one of them at most, and each written as a policy can."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import pandas as pd

from flowkit.addresses import block_of
from flowkit.errors import PolicyError
from flowkit.flows import Flows
from flowkit.inventory import Snapshot
from flowkit.inventory.text import brief, sound
from flowkit.meaning.ends import NONE
from flowkit.policy.placing import MOVED, Members
from flowkit.policy.values import PREDEFINED, Segment
from flowkit.wording import several

_IPV4_LENGTH, _IPV6_LENGTH = 24, 64
_LONGEST: Final = 40


@dataclass(frozen=True, eq=False)
class Proposed:
    """Segments, and in sentences what was not put in any."""

    segments: tuple[Segment, ...]
    notes: tuple[str, ...]


def segments(flows: Flows, by: str) -> Proposed:
    """Return a segment per group of addresses that are not outside.

    Raises
    ------
    PolicyError
        If there is no such grouping, or it needs an inventory that is not there.
    """
    table, snapshot = flows.identities.table, flows.identities.snapshot
    ours = table[(table.place != "outside") & (table.address != NONE)]
    kind, _, key = by.partition(":")
    if by == "subnet":
        found, rest = _by_subnet(ours, snapshot)
    elif by == "group":
        found, rest = _by_group(ours, _needed(snapshot, "security groups"))
    elif kind == "tag" and key:
        found, rest = _by_tag(ours, _needed(snapshot, "tags"), key)
    else:
        raise PolicyError(f"by is 'subnet', 'group' or 'tag:KEY' (such as tag:Role), not {brief(by)!r}. Give one.")
    notes = []
    if len(rest):
        told = (
            f"{several(len(rest), 'address is', 'addresses are')} in no segment, but `elsewhere`: of none or of several"
        )
        notes.append(f"{told} by {by}, such as {', '.join(rest.address.head(5))}.")
    return Proposed(tuple(found), tuple(notes))


def _needed(snapshot: Snapshot | None, what: str) -> Snapshot:
    if snapshot is None:
        raise PolicyError(
            f"{what} are known from an inventory only. Load the flows with it, fk.load(..., inventory=FOLDER), or "
            "learn by='subnet'."
        )
    return snapshot


def _by_subnet(ours: pd.DataFrame, snapshot: Snapshot | None) -> tuple[list[Segment], pd.DataFrame]:
    """Return a segment per subnet, and per block where the subnet of an address is not known."""
    ids = [text for text in ours.subnet_id.dropna().unique() if MOVED not in text]
    named = {one.subnet_id: one.name for one in snapshot.subnets} if snapshot else {}
    names = _names([named.get(one) or one for one in sorted(ids)])
    found = [Segment(name=name, subnet=(one,)) for name, one in zip(names, sorted(ids), strict=True)]
    rest = ours[ours.subnet_id.isna()]
    blocks = block_of(rest.address, _IPV4_LENGTH, _IPV6_LENGTH).to_pandas().set_axis(rest.index)
    taken = block_of(ours[ours.subnet_id.notna()].address, _IPV4_LENGTH, _IPV6_LENGTH).to_pandas()
    free = sorted(set(blocks.dropna()) - set(taken))
    found += [
        Segment(name=name, cidr=(block,), note="the subnet is not known: a block, by its addresses in the log")
        for name, block in zip(_names(free, "block-"), free, strict=True)
    ]
    return found, ours[~(ours.subnet_id.isin(ids) | ours.index.isin(blocks[blocks.isin(free)].index))]


def _by_group(ours: pd.DataFrame, snapshot: Snapshot) -> tuple[list[Segment], pd.DataFrame]:
    """Return a segment per security group, the rarest first, unless one of its addresses is in a segment already.

    So a group that all hosts have on top of their own makes no segment.
    """
    one_each = [Segment(name=one.group_id, group=(one.group_id,)) for one in snapshot.groups]
    return _disjoint(ours, snapshot, one_each, {one.group_id: one.name for one in snapshot.groups}.get)


def _by_tag(ours: pd.DataFrame, snapshot: Snapshot, key: str) -> tuple[list[Segment], pd.DataFrame]:
    """Return a segment per value of a tag; who had several of them one after the other is in none."""
    tagged = [one.tags for one in snapshot.interfaces] + [one.tags for one in snapshot.instances]
    tags = [dict(pairs).get(key) for pairs in tagged]
    values = sorted({sound(value) for value in tags if value and value.strip()})
    return _disjoint(ours, snapshot, [Segment(name=v, tag=((sound(key), (v,)),)) for v in values], str)


def _disjoint(
    ours: pd.DataFrame, snapshot: Snapshot, offered: Iterable[Segment], named: Callable[[str], str | None]
) -> tuple[list[Segment], pd.DataFrame]:
    """Return those segments that have addresses and share none with one taken before, the smallest first."""
    members = Members(ours, snapshot)
    sized = [(segment, ours.index[members.of(segment)]) for segment in offered]
    taken: set[int] = set()
    chosen: list[Segment] = []
    for segment, addresses in sorted(sized, key=lambda pair: (len(pair[1]), pair[0].name)):
        if len(addresses) and taken.isdisjoint(addresses):
            taken.update(addresses)
            chosen.append(segment)
    names = _names([named(segment.name) or segment.name for segment in chosen])
    renamed = [
        Segment(name=name, group=segment.group, tag=segment.tag) for name, segment in zip(names, chosen, strict=True)
    ]
    return sorted(renamed, key=lambda segment: segment.name), ours[~ours.index.isin(taken)]


def _names(texts: Iterable[str], prefix: str = "") -> list[str]:
    """Return names for segments, each once: a text's letters, digits and what else a name may have."""
    found: list[str] = []
    for text in texts:
        plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", prefix + text)[:_LONGEST].strip("_.-") or "segment"
        name, number = plain, 2
        while name in found or name in PREDEFINED:
            name, number = f"{plain}-{number}", number + 1
        found.append(name)
    return found
