"""The groups of either end of conversations: which are named, what they add up to, and what the rest does."""

from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis.other import NOTHING, OTHER, as_text, checked
from flowkit.flows import Flows

ENDS: Final = ("client", "server")
PORT: Final = "port"


def added(table: ir.Table, key: str) -> ir.Table:
    """Return what the rows of each *key* add up to."""
    return table.group_by(key).agg(**{name: _[name].sum().cast("int64") for name in table.columns if name != key})


def amounts(table: ir.Table, flows: Flows) -> dict[str, ir.IntegerValue]:
    """Return what a record adds to each measure that the log has."""
    logged = {name: table[name].fill_null(0) for name in ("bytes", "packets") if name in flows.fields}
    return logged | {"records": ibis.literal(1, "int64")}


def edge_sums(table: ir.Table, flows: Flows, *keys: str) -> ir.Table:
    """Return what passed for each of the *keys*, by the measures of an edge that the log has."""
    logged = [name for name in ("bytes", "packets") if name in flows.fields]
    sums: dict[str, ir.Value] = {name: table[name].sum() for name in logged}
    if "bytes" in logged:
        sums["bytes_to_server"] = table.bytes.sum(where=table.to_server)
    whole = {name: total.fill_null(0).cast("int64") for name, total in sums.items()}
    grouped = table.group_by(keys).agg(**whole, records=table.count())
    back = {"bytes_to_client": grouped.bytes - grouped.bytes_to_server} if "bytes" in logged else {}
    return grouped.mutate(**back)


@dataclass(frozen=True, slots=True)
class Side:
    """One end: the named groups with their totals, the totals of all, how many are not named, who is in which."""

    rows: pd.DataFrame
    totals: dict[str, int]
    left_out: int
    members: ir.Table
    key: str


def side_of(flows: Flows, end: str, group: str, count: str, measure: str, top: int) -> Side:
    """Return one end, by groups of its addresses or ports: the *top* by *measure* named."""
    key = f"{end}_port" if group == PORT else end
    name = f"{count} {end}s by {group}"
    grouped = flows.kept(name, lambda _keep: _totals(flows, key, group, count), "adding up talkers")
    labels = grouped.select(key, "label") if group == PORT else _labels(flows, group).rename(**{key: "id"})
    counted = [name for name in grouped.columns if name not in ("label", key)]
    frame = engine.frame(grouped.order_by(ibis.desc(measure), "label").limit(checked(top)))
    everything = engine.frame(grouped.aggregate(groups=_.count(), **{n: _[n].sum().fill_null(0) for n in counted}))
    totals = {name: int(everything[name][0]) for name in counted}
    left_out = int(everything.groups[0]) - len(frame)
    rows = frame[["label", *counted]].rename(columns={"label": end})
    places = ibis.memtable({"label": rows[end].tolist(), f"{end}_place": list(range(len(rows)))}, schema=_schema(end))
    members = labels.join(places, "label").select(key, f"{end}_place")
    return Side(rows, totals, left_out, members, key)


def _labels(flows: Flows, group: str) -> ir.Table:
    """Return the groups of addresses as text; a tag that is itself called other, or ``-``, in quotes."""
    labels = flows.identities.labels(group)
    text = labels.label.fill_null(NOTHING) if group == "address" else as_text(labels.label)
    return labels.select("id", label=text)


def _schema(end: str) -> ibis.Schema:
    return ibis.schema({"label": "string", f"{end}_place": "int32"})


def _totals(flows: Flows, key: str, group: str, count: str) -> ir.Table:
    """Return what each group of one end adds up to: `label` and the measures; of ports the number too."""
    table = flows.counted if count == "once" else flows.facts
    sums = flows.kept(f"{count} by {key}", lambda _keep: edge_sums(table, flows, key), "adding up talkers")
    if group == PORT:
        return sums.mutate(label=ibis.ifelse(sums[key] < 0, NOTHING, sums[key].cast("string")))
    return added(sums.join(_labels(flows, group).rename(**{key: "id"}), key).drop(key), "label")


def with_others(core: pd.DataFrame, sides: list[Side], ends: list[str], summed: list[str]) -> pd.DataFrame:
    """Add what each named value exchanged with all others, and the others among themselves."""
    parts = [core]
    for end, other_end, side in zip(ends, reversed(ends), sides, strict=True):
        within = core.groupby(end)[summed].sum()
        named = side.rows.set_index(end)[summed]
        parts.append(named.sub(within, fill_value=0).reset_index().assign(**{other_end: OTHER}))
    named_sums = pd.concat(parts)[summed].sum()
    others = {name: sides[0].totals[name] - int(named_sums[name]) for name in summed}
    parts.append(pd.DataFrame([{ends[0]: OTHER, ends[1]: OTHER, **others}]))
    frame = pd.concat(parts, ignore_index=True)
    return frame[frame.records > 0].astype(dict.fromkeys(summed, "int64"))


def places_of(flows: Flows, sides: list[Side]) -> dict[str, str]:
    """Return where each named group lies: inside, outside or unknown; mixed, where its members differ."""
    places = flows.identities.labels("place")
    found: dict[str, str] = {}
    for end, side in zip(ENDS, sides, strict=True):
        if side.key != end:  # ports lie nowhere
            continue
        members = side.members.join(places, side.members[side.key] == places.id)
        grouped = members.group_by(f"{end}_place").agg(least=_.label.min(), most=_.label.max())
        for number, least, most in engine.frame(grouped).itertuples(index=False):
            label = side.rows[end][number]
            alike = least == most and found.get(label, least) == least
            found[label] = least if alike else "mixed"
    return found
