"""Who an address is: which interface held it when, where it lies, what is known of it. Once per address.

What an answer needs of an address (its subnet, its instance, its country) is a label of its number, so
that grouping by any of them costs a join with a small table.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
from ibis import _

from flowkit import engine, keeping
from flowkit.addresses import Knowledge, Travelled, block_of, facts, subnet_of, travelled
from flowkit.errors import ScopeError
from flowkit.inventory import Snapshot
from flowkit.meaning.counted import COPY, RECEIVER
from flowkit.meaning.ends import EGRESS, NONE
from flowkit.meaning.undecided import undecided
from flowkit.origin import Origin

PLAIN_GROUPS: Final = {
    "address": "the address itself",
    "subnet": "the subnet, by its interface, else by the inventory's CIDR blocks",
    "az": "the availability zone of its interface",
    "interface": "the interface that held it",
    "instance": "the instance of its interface",
    "name": "the Name tag of its interface or instance",
    "group": "the security groups of its interface",
    "vpc": "the VPC of its interface",
    "place": "inside, outside or unknown",
    "service": "the AWS service, by the log's fields, else by AWS's published ranges",
    "country": "the country, where a database is given",
    "as": "the autonomous system, where a database is given",
    "list": "the user's lists that it is on",
    "kind": "private, public, link_local and so on",
}
"""What either end of a conversation can be grouped by, beside ``tag:KEY``, ``block/LENGTH`` and ``port``."""
_PLACES: Final = ("vpc_id", "subnet_id", "az_id", "instance_id")
_MOVED: Final = " / "
"""Between several holders of one address: it moved, and which held it depends on the time."""
_IPV6_BLOCK: Final = 48


@dataclass(frozen=True, eq=False)
class Identities:
    """What is known of the addresses of an origin; shared by all flows narrowed from it."""

    origin: Origin
    knowledge: Knowledge
    snapshot: Snapshot | None = None

    def __post_init__(self) -> None:
        """Let what was said to be inside hold where it travelled with the records and nothing else is said."""
        if self.travelled and self.travelled.inside and not self.knowledge.inside:
            object.__setattr__(self, "knowledge", replace(self.knowledge, inside=self.travelled.inside))

    @cached_property
    def travelled(self) -> Travelled | None:
        """Facts of addresses that came with the records, as with redacted ones."""
        if self.origin.store is None:
            return None
        named = dict.fromkeys(Path(item.name).parent for item in self.origin.loaded)
        return travelled(folder.resolve() for folder in named if folder.is_dir())

    @cached_property
    def holders(self) -> pd.DataFrame:
        """Return who held which address when, by the records themselves: a row per address and interface.

        Columns: `id` (the address's number), `observer`, `first`, `last` (s since 1970), `records` (count), and
        the ids of VPC, subnet, zone and instance, null where not logged.
        """
        known = self.origin.facts
        seen = known.table.filter((_.direction >= EGRESS) & (_.preference != COPY))
        left = seen.direction == EGRESS
        seen = seen.mutate(
            logged=ibis.ifelse(left, seen.srcaddr, seen.dstaddr),
            true=ibis.ifelse(left == seen.to_server, seen.client, seen.server),
        )
        further = seen.filter((_.preference <= RECEIVER) & (_.true != _.logged))  # such as those of pods
        columns = ("observer", "start", "end")
        own = ibis.union(seen.select(*columns, id="logged"), further.select(*columns, id="true"))
        times = {"first": _.start.min(), "last": _.end.max(), "records": _.count()}
        held = own.group_by("id", "observer").agg(**times)
        places = known.ends.observers.select(
            "observer", *(ibis._[name].nullif(NONE).name(name) for name in _PLACES), number="id"
        )
        joined = held.rename(number="observer").join(places, "number").drop("number")
        ordered = joined.order_by("id", "first", "observer")
        return engine.frame(ordered.select("id", "observer", "first", "last", "records", *_PLACES))

    @cached_property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that own the interfaces in the log."""
        if "account_id" not in self.origin.records.columns:
            return ()
        found = engine.frame(self.origin.records.select("account_id").distinct()).account_id.dropna()
        return tuple(sorted(set(found) - {NONE, "unknown"}))

    @cached_property
    def table(self) -> pd.DataFrame:
        """Return a row per address, by its number: what is known of it, see `analysis.address_facts`."""
        addresses = engine.frame(self.origin.facts.ends.addresses.order_by("id"))
        held = self._held(addresses)
        texts = pa.array(addresses.address, pa.string())
        known = facts(texts, self.knowledge, held=frozenset(addresses.address[addresses.id.isin(held.index)]))
        known = self.travelled.over(known) if self.travelled else known
        told = engine.to_frame(known.drop(["address"]))
        frame = pd.concat([addresses[["id", "address"]], told], axis=1).set_index("id")
        frame = frame.join(held)
        needed = addresses.set_index("id").vpc_id
        frame["several"] = frame.address.duplicated(keep=False)
        frame["vpc_id"] = needed.fillna(frame.vpc_id)
        frame["reused"] = frame.reused.eq(True)
        return self._with_services(self._with_subnets(frame))

    @cached_property
    def undecided(self) -> frozenset[int]:
        """Numbers of the public addresses in pairs of which one is ours, and it cannot be told which."""
        pairs = engine.frame(undecided(self.origin.facts))
        elsewhere = self.table.place.eq("outside")
        doubtful = pairs[pairs.low.map(elsewhere).astype(bool) & pairs.high.map(elsewhere).astype(bool)]
        return frozenset(int(one) for one in (*doubtful.low, *doubtful.high))

    @cached_property
    def undecided_addresses(self) -> frozenset[str]:
        """The same addresses as text."""
        return frozenset(self.table.address[self.table.index.isin(self.undecided)])

    def _held(self, addresses: pd.DataFrame) -> pd.DataFrame:
        """Return, by number, the interfaces that held each address; from the log, else from the inventory."""
        by_log = self.holders.rename(columns={"observer": "interface_id"})
        by_log["interface_id"] = by_log.interface_id.where(by_log.interface_id != NONE, None)
        rows = by_log[["id", "interface_id", *_PLACES]]
        if self.snapshot is not None:
            described = self.snapshot.addresses().replace("", None)
            numbered = described.merge(addresses[["id", "address", "vpc_id"]], on="address", suffixes=("", "_needed"))
            fits = numbered.vpc_id_needed.isna() | (numbered.vpc_id_needed == numbered.vpc_id)
            more = numbered[fits & ~numbered.id.isin(rows.id)][["id", "interface_id", *_PLACES]]
            extra = described.drop_duplicates("interface_id").set_index("interface_id")
            rows = pd.concat([rows, more], ignore_index=True)
            rows = rows.join(extra[[*_PLACES, "name", "groups", "kind"]], on="interface_id", rsuffix="_described")
            for place in _PLACES:
                rows[place] = rows[place].fillna(rows.pop(f"{place}_described"))
            rows = rows.rename(columns={"kind": "interface_kind"})
        else:
            rows = rows.assign(name=None, groups=None, interface_kind=None)
        return _per_address(rows)

    def _with_subnets(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Add the subnet of addresses that hold no interface but lie in its block, if one VPC alone has that block."""
        if self.snapshot is None or self.snapshot.overlapping_vpcs():
            return frame
        placed = subnet_of(pa.array(frame.address, pa.string()), self.knowledge.subnet_cidrs).to_pandas()
        vpcs = {subnet.subnet_id: subnet.vpc_id for subnet in self.snapshot.subnets}
        subnets = pd.Series(placed.to_numpy(), index=frame.index)
        return frame.assign(subnet_id=frame.subnet_id.fillna(subnets), vpc_id=frame.vpc_id.fillna(subnets.map(vpcs)))

    def _with_services(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Let the service that the log names win over the one that the ranges do."""
        records = self.origin.records
        sides = [
            records.filter(records[field] != "")
            .select(address=_end_of(records, side), aws_service=records[field])
            .distinct()
            for side in ("src", "dst")
            if (field := f"pkt_{side}_aws_service") in records.columns
        ]
        if not sides:
            return frame
        named = engine.frame(ibis.union(*sides, distinct=True) if len(sides) > 1 else sides[0])
        by_address: pd.Series[str] = named.sort_values("aws_service").groupby("address")["aws_service"].agg(", ".join)
        return frame.assign(aws_service=frame.address.map(by_address).fillna(frame.aws_service))

    def labels(self, by: str) -> ir.Table:
        """Return the label of each address's number in a grouping: `id`, `label`, kept in the engine.

        Raises
        ------
        ScopeError
            If there is no such grouping.
        """
        if by not in self._labels:
            texts = self._texts(by)
            rows = pa.table({"id": pa.array(texts.index, pa.int32()), "label": pa.array(texts, pa.string())})
            self._labels[by] = keeping.keeper(self.origin.connection)(ibis.memtable(rows))
        return self._labels[by]

    @cached_property
    def _labels(self) -> dict[str, ir.Table]:
        return {}

    def _texts(self, by: str) -> pd.Series:
        table = self.table
        if by in _COLUMNS:
            found = table[_COLUMNS[by]]
        elif by == "address":
            found = table.address.mask(table.several, table.address + " in " + table.vpc_id.fillna("an unknown VPC"))
        elif by == "as":
            found = ("AS" + table.asn.astype("str") + " " + table.as_name.fillna("")).where(table.asn.notna(), None)
        elif by.startswith("tag:") and by != "tag:":
            found = self._tags(by.partition(":")[2])
        elif by.startswith("block/"):
            found = self._blocks(by)
        else:
            raise ScopeError(
                f"no grouping is called {by!r}. There are: {', '.join(PLAIN_GROUPS)}, tag:KEY (such as tag:Role), "
                "block/LENGTH (such as block/24), and port for the server's."
            )
        return found.fillna(table.place) if by not in ("place", "kind") else found

    def _tags(self, key: str) -> pd.Series:
        if self.snapshot is None:
            raise ScopeError(f"the tag {key} is known from an inventory only: fk.load(..., inventory=FOLDER).")
        tags = {i.interface_id: dict(i.tags).get(key) for i in self.snapshot.interfaces}
        tags |= {i.instance_id: dict(i.tags).get(key) for i in self.snapshot.instances}

        def of(holders: str) -> str | None:
            return _joined(map(tags.get, holders.split(_MOVED)))

        at_interface, at_instance = (self.table[n].map(of, na_action="ignore") for n in ("interface_id", "instance_id"))
        return at_interface.fillna(at_instance)

    def _blocks(self, by: str) -> pd.Series:
        length = by.partition("/")[2]
        if not (length.isascii() and length.isdecimal()) or int(length) > 32:  # noqa: PLR2004 - of an IPv4 address
            raise ScopeError(f"{by!r} names no block: write block/24 for outside addresses by their /24.")
        outside = self.table.place == "outside"
        blocks = block_of(pa.array(self.table.address, pa.string()), int(length), min(int(length) * 2, _IPV6_BLOCK))
        labels = self.table.address.mask(outside, pd.Series(blocks.to_pandas().to_numpy(), index=self.table.index))
        return labels.where(labels != NONE, None)


_COLUMNS: Final = {
    "subnet": "subnet_id", "az": "az_id", "interface": "interface_id", "instance": "instance_id", "name": "name",
    "group": "groups", "vpc": "vpc_id", "place": "place", "service": "aws_service", "country": "country",
    "list": "listed", "kind": "kind",
}  # fmt: skip


def _per_address(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row per address; of several holders all are named."""
    columns = [name for name in rows.columns if name != "id"]
    once = rows.drop_duplicates("id", keep=False).set_index("id")
    several = rows[rows.duplicated("id", keep=False)].groupby("id")[columns].agg(_joined)
    holders = rows.groupby("id").interface_id.nunique()
    both = pd.concat([once, several]) if len(several) else once
    return both.assign(reused=holders > 1)


def _joined(values: Iterable[Any]) -> str | None:
    return _MOVED.join(dict.fromkeys(v for v in values if not pd.isna(v))) or None


def _end_of(records: ir.Table, side: str) -> ir.StringValue:
    logged = records[f"{side}addr"]
    return records[f"pkt_{side}addr"].coalesce(logged) if f"pkt_{side}addr" in records.columns else logged
