"""What bytes are charged for, kept for the questions that follow: which cost most, by whom, and since when."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis.tariffs import Moved, Rate
from flowkit.analysis.transfer_ends import Ends
from flowkit.analysis.transfer_situations import SITUATION, situated, situations
from flowkit.analysis.transfer_ways import ways
from flowkit.flows import Flows
from flowkit.keeping import Keep

_WAY: Final = ["way", "origin", "destination", "through"]
_ENDS: Final = ("client", "server")
_KEYS: Final = ("charge", *_ENDS, "server_port", "protocol")


@dataclass(frozen=True, eq=False)
class Charges:
    """What bytes are charged for.

    Attributes
    ----------
    table
        In the engine: `client`, `server` (numbers), `server_port`, `protocol`, `bytes`, `late` (B, of it since the
        middle of the time or the time asked for), `first`, `last` and `charge` (number). The same bytes stand in a row
        for each charge.
    charges
        A row per `charge`: `way` (of `tariffs`), `origin`, `destination`, `through`.
    """

    table: ir.Table
    charges: pd.DataFrame

    def amounts(self, home: str, region: str | None) -> list[tuple[int, Moved]]:
        """Return the bytes of each charge, by its number; *region* stands in for *home* and for what is not known."""
        sums = engine.frame(self.table.group_by("charge").agg(bytes=_.bytes.sum().cast("int64")).order_by("charge"))
        told = {row["charge"]: row for row in self.charges.to_dict("records")}
        return [
            (int(number), _moved(told[number], int(size), {"": region or home, home: region or home}))
            for number, size in zip(sums.charge, sums.bytes, strict=True)
        ]

    def most(
        self, flows: Flows, by: str, rates: Mapping[int, Rate], top: int, *, days: tuple[float, float] | None = None
    ) -> tuple[pd.DataFrame, int]:
        """Return the rows with most USD, of labels that *by* gives, and how many others there are.

        With the columns of `table`, those of `charges` and labels in the place of the ends' numbers; `usd` is that of
        the bytes, or where *days* (so many before the split, so many from it on) are given, by how much that of a day
        grew.
        """
        labels = flows.identities.labels(by)
        numbered = labels if by == "address" else labels.mutate(
            number=ibis.dense_rank().over(ibis.window(order_by=labels.label.fill_null("")))
        )  # fmt: skip
        table = self.table
        for end in _ENDS if by != "address" else ():
            table = table.join(numbered.select("number", **{end: "id"}), end).drop(end).rename(**{end: "number"})
        grouped = _added(table)
        each = [(number, rate.likely, rate.high) for number, rate in rates.items()]
        prices = ibis.memtable(each, schema={"charge": "int64", "likely": "float64", "high": "float64"})
        joined = grouped.join(prices, "charge")
        size = joined.late / days[1] - (joined.bytes - joined.late) / days[0] if days else joined.bytes
        costly = joined.mutate(usd=size * joined.likely, most=size * joined.high)
        order = [ibis.desc("usd"), ibis.desc("most"), ibis.desc("bytes"), "first", *_KEYS]
        rows = engine.frame(costly.order_by(order).limit(top))
        left_out = int(engine.frame(grouped.aggregate(n=grouped.count())).n[0]) - top if len(rows) == top else 0
        named = numbered.select("label", id="id" if by == "address" else "number").distinct()
        shown = ibis.memtable({"id": sorted({int(n) for end in _ENDS for n in rows[end]})}, schema={"id": "int64"})
        texts = engine.frame(named.semi_join(shown, "id")).set_index("id").label
        rows = rows.assign(**{end: rows[end].map(texts) for end in _ENDS}).merge(self.charges, on="charge", how="left")
        return rows, left_out


def _moved(told: Mapping[Any, Any], size: int, places: Mapping[str, str]) -> Moved:
    origin = str(told["origin"])
    return Moved(str(told["way"]), places.get(origin, origin), str(told["destination"]), size)


def charged(flows: Flows, known: Ends, split: int | None = None) -> Charges:
    """Return what the bytes of some flows are charged for, worked out once; *split* is the time for `late`."""
    at = split if split is not None else middle(flows)
    name, meanings = f"transfer {at}", list[pd.DataFrame]()
    what = "telling which way bytes went"
    table = flows.kept(name, lambda keep: _charged(flows, known, keep, at, meanings), what)
    told = flows.kept(f"{name} charges", lambda _keep: ibis.memtable(meanings[0]), what)
    return Charges(table, engine.frame(told))


def middle(flows: Flows) -> int:
    """Return the middle of the time that is logged, s since 1970."""
    return int(sum(one.timestamp() for one in flows.span) / 2) if flows.span else 0


def _charged(flows: Flows, known: Ends, keep: Keep, split: int, meanings: list[pd.DataFrame]) -> ir.Table:
    """Return the table of `Charges`, and append its charges to *meanings*."""
    moved, known = situated(flows, known, keep, split)
    moved = keep(moved)
    rows = engine.frame(ways(flows, known, keep(situations(moved))))
    rows["charge"] = rows.groupby(_WAY).ngroup().astype("int64")
    meanings.append(rows[["charge", *_WAY]].drop_duplicates("charge"))
    told = [name for name in SITUATION if name in moved.columns]
    schema = {name: moved.schema()[name] for name in told} | {"charge": "int64"}
    by_situation = keep(ibis.memtable(rows[list(schema)], schema=schema))
    return moved.join(by_situation, told).select(*_KEYS[1:], "bytes", "late", "first", "last", "charge")


def _added(table: ir.Table) -> ir.Table:
    """Add up what the same ends moved for the same charge."""
    sums = {name: table[name].sum().cast("int64") for name in ("bytes", "late")}
    return table.group_by(*_KEYS).agg(**sums, first=table["first"].min(), last=table["last"].max())
