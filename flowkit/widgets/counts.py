"""How many records each resource has in a scope: one question, from which all lists are counted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, Final

from flowkit import engine
from flowkit.cidr import in_block
from flowkit.flows import Flows
from flowkit.meaning.ends import NONE
from flowkit.scope import Scope
from flowkit.scope_code import joined, parts

LEVELS: Final = ("vpc_id", "subnet_id", "instance_id", "interface_id")
"""From wide to narrow: each list is narrowed by what is chosen in those before it."""
MOST_BLOCKS: Final = 60
"""CIDR blocks that are counted; each costs a comparison for every pair of addresses."""
_OTHER_OBSERVERS: Final = {"resource_id", "tgw_attachment_id"}


@dataclass(frozen=True, slots=True)
class Counts:
    """Records in a scope by resource.

    Attributes
    ----------
    scope
        What is picked but for resources: what the counts hold for; None before anything was counted.
    total
        Records in all that was given, once that is known.
    rows
        Ids by level, and how many records have them all.
    blocks
        Records with either address in a CIDR block, where these are chosen from.
    """

    scope: Scope | None = None
    total: int | None = None
    rows: tuple[tuple[Mapping[str, str | None], int], ...] = ()
    blocks: Mapping[str, int] = field(default_factory=dict)

    def records(self, picked: Scope) -> int:
        """Return how many records are in *picked*."""
        return sum(records for _ids, records in self._within(picked, LEVELS))

    def of(self, level: str, picked: Scope) -> dict[str, int]:
        """Return the records of each resource of a level, narrowed by what is picked above it; also of those chosen."""
        counts = dict.fromkeys(getattr(picked, level), 0)
        for ids, records in self._within(picked, LEVELS[: LEVELS.index(level)]):
            resource = ids.get(level)
            if resource is not None:
                counts[resource] = counts.get(resource, 0) + records
        return counts

    def _within(self, picked: Scope, levels: Sequence[str]) -> Iterable[tuple[Mapping[str, str | None], int]]:
        every = [(level, set(values)) for part in parts(picked) for level in levels if (values := getattr(part, level))]
        if not every:
            return self.rows
        return (row for row in self.rows if all(row[0].get(level) in values for level, values in every))


def without_resources(picked: Scope) -> Scope:
    """Return *picked* without any restriction of resources."""
    nothing: dict[str, Any] = dict.fromkeys(LEVELS, ())
    return joined(replace(part, **nothing) for part in parts(picked))


def narrowed(given: Flows, picked: Scope) -> Flows:
    """Return the given flows in *picked*, step by step as its code does."""
    return reduce(Flows.within, parts(picked), given)


def counted(given: Flows, picked: Scope, blocks: Sequence[str], total: int | None) -> Counts:
    """Ask the engine for the counts of what is picked; *total* if it is known."""
    bare = without_resources(picked)
    flows = narrowed(given, bare)
    rows = tuple(_rows(flows))
    if total is None:
        total = sum(n for _ids, n in rows) if flows is given else given.count()
    by_block = _by_block(narrowed(given, _without_address(picked)), blocks[:MOST_BLOCKS]) if blocks else {}
    return Counts(bare, total, rows, by_block)


def _without_address(picked: Scope) -> Scope:
    """Return what the list of blocks is narrowed by; `address` is what it edits."""
    return joined([replace(picked, address=(), also=None), *parts(picked.also or Scope())])


def _rows(flows: Flows) -> list[tuple[dict[str, str | None], int]]:
    levels = [level for level in LEVELS if level in flows.fields]
    if not levels:
        return [({}, flows.count())]
    has_numbers = "interface_id" in levels and not _OTHER_OBSERVERS & set(flows.fields)
    numbers = flows.numbers if has_numbers else None
    if numbers is None:
        table = flows.table
        found = table.group_by(levels).agg(records=table.count())
    else:
        seen = flows.ends.observers
        places = {level: seen[level].nullif(NONE) for level in levels if level != "interface_id"}
        seen = seen.select(observer=seen.id, interface_id=seen.observer.nullif(NONE), **places)
        found = numbers.group_by("observer").agg(records=numbers.count()).join(seen, "observer")
    told: list[dict[str, Any]] = engine.arrow(found.select("records", *levels)).to_pylist()
    return [({level: row[level] for level in levels}, row["records"]) for row in told]


def _by_block(flows: Flows, blocks: Sequence[str]) -> dict[str, int]:
    table = flows.table
    pairs = table.group_by("srcaddr", "dstaddr").agg(records=table.count())
    sums = {
        f"block_{number}": (in_block(pairs.srcaddr, block) | in_block(pairs.dstaddr, block))
        .ifelse(pairs.records, 0)
        .sum()
        for number, block in enumerate(blocks)
    }
    told = engine.arrow(pairs.aggregate(**sums)).to_pylist()[0]
    return {block: int(told[f"block_{number}"] or 0) for number, block in enumerate(blocks)}
