"""Who talked most, and who to whom."""

from dataclasses import dataclass
from typing import Final, Literal

import ibis
import ibis.expr.types as ir
import networkx as nx
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis.caption import captioned
from flowkit.analysis.other import NOTHING, OTHER, checked, text_of
from flowkit.errors import ScopeError
from flowkit.flows import Flows, measures

Measure = Literal["bytes", "packets", "records"]

_MEASURES: Final = ("bytes", "packets", "records")
_AS_LOGGED: Final = "as logged (what two interfaces saw counts twice)"
_AFFORDABLE: Final = 500
"""Betweenness takes nodes times edges: half a second at 500 nodes."""


def top_talkers(flows: Flows, *, by: Measure = "bytes", top: int = 20) -> pd.DataFrame:
    """Rank addresses by what they sent and received.

    Parameters
    ----------
    flows
        Records already scoped.
    by
        Measure to rank by, sent and received together.
    top
        How many addresses to name; the rest is the last row, ``other``.

    Returns
    -------
    DataFrame
        Highest first: `address`; sent and received together `bytes` (B), `packets` (count), `records`
        (count); apart `bytes_sent` (B), `bytes_received` (B), `packets_sent` (count),
        `packets_received` (count), `records_sent` (count), `records_received` (count). The row
        ``other`` sums all other addresses; ``attrs["left_out"]`` says how many. A measure that the
        log lacks is null.

    Raises
    ------
    ScopeError
        If *by* is no measure, or *top* less than one.
    MissingFieldError
        If the log has no addresses, or not the measure.

    Notes
    -----
    As logged: what two interfaces saw counts twice. Each record counts at its source as sent and at
    its destination as received, so the column sums are twice the traffic. Rejected records count.
    """
    _needs(flows, by, "srcaddr", "dstaddr")
    counted = list(measures(flows.fields))
    sides = [flows.totals("srcaddr").rename(address="srcaddr"), flows.totals("dstaddr").rename(address="dstaddr")]
    ways = ("sent", "received")
    split = [
        side.select(
            "address", **{f"{n}_{w}": side[n] if w == way else ibis.literal(0, "int64") for n in counted for w in ways}
        )
        for side, way in zip(sides, ways, strict=True)
    ]
    names = [f"{name}_{way}" for name in counted for way in ways]
    totals = (
        ibis.union(*split)
        .group_by("address")
        .agg(**{name: _[name].sum() for name in names})
        .mutate(**{name: _[f"{name}_sent"] + _[f"{name}_received"] for name in counted})
    )
    every = ibis.window()
    ranked = totals.mutate(addresses=_.count().over(every), **{f"all_{n}": _[n].sum().over(every) for n in names})
    frame = engine.frame(ranked.order_by(ibis.desc(by), "address").limit(checked(top)))
    columns = ["address", *counted, *names]
    left_out = int(frame.addresses.max()) - len(frame) if len(frame) else 0
    shown = frame[columns].fillna({"address": NOTHING})
    if left_out:
        rest = {name: int(frame[f"all_{name}"].max()) - int(frame[name].sum()) for name in names}
        rest |= {name: rest[f"{name}_sent"] + rest[f"{name}_received"] for name in counted}
        shown = pd.concat([shown, pd.DataFrame([{"address": OTHER, **rest}])], ignore_index=True)
    shown = _all_measures(shown, ["address", *_MEASURES, *(f"{n}_{w}" for n in _MEASURES for w in ways)])
    rest_text = f"; {left_out:,} others together" if left_out else ""
    sentence = f"The {len(frame)} addresses with most {by} sent and received{rest_text}, {_AS_LOGGED}."
    return captioned(shown, "top_talkers", flows, sentence, by=by, left_out=left_out)


def talker_edges(
    flows: Flows,
    *,
    by: Measure = "bytes",
    source: str = "srcaddr",
    destination: str = "dstaddr",
    top: int = 12,
) -> pd.DataFrame:
    """Sum traffic from each of the top sources to each of the top destinations.

    Parameters
    ----------
    flows
        Records already scoped.
    by
        Measure that decides which sources and destinations are named.
    source, destination
        The fields whose values are the two ends; two different ones.
    top
        How many values of each side to name; the rest of each side is ``other``. More than some
        25 a side are hard to read in a Sankey.

    Returns
    -------
    DataFrame
        A row per pair that occurs, highest first: two columns named as *source* and *destination*
        (text; ``-`` where empty), `records`, `packets` (counts), `bytes` (B). The rows add up to all
        records in scope, rejected ones too. ``attrs["left_out"]`` says how many values are in
        ``other`` on each side.

    Raises
    ------
    ScopeError
        If both ends are the same field, *by* is no measure, or *top* less than one.
    UnknownFieldError, MissingFieldError
        If a field is unknown, or this log was not set up to record it, or lacks the measure.

    Notes
    -----
    As logged: what two interfaces saw counts twice. What the pairs with ``other`` hold is found by
    subtraction from the totals of each side, which is exact, and spares grouping by every pair.
    """
    _needs(flows, by)
    ends = [flows.field(name, "drawing who talks to whom").column for name in (source, destination)]
    if ends[0] == ends[1]:
        raise ScopeError(f"source and destination are both {ends[0]}. Choose two fields, such as srcaddr and dstport.")
    summed = measures(flows.fields)
    sides = [_side(flows.totals(end), end, by, top) for end in ends]
    between = [_is_one_of(flows.table[end], side.rows[end]) for end, side in zip(ends, sides, strict=True)]
    core = engine.frame(flows.table.filter(*between).group_by(ends).agg(**summed))
    frame = _with_others(core, sides, ends, list(summed))
    frame = _all_measures(frame, [*ends, "records", "packets", "bytes"])
    frame = frame.sort_values([by, *ends], ascending=[False, True, True], ignore_index=True)
    left_out = [side.left_out for side in sides]
    rest = f", {left_out[0]:,} other sources and {left_out[1]:,} other destinations together" if any(left_out) else ""
    unit = "bytes" if by == "bytes" else f"{by} (count)"
    sentence = f"{unit.capitalize()} from {ends[0]} to {ends[1]}{rest}, {_AS_LOGGED}."
    return captioned(frame, "talker_edges", flows, sentence, by=by, ends=ends, left_out=left_out)


@dataclass(frozen=True, slots=True)
class _Side:
    """The named values of one end with their totals, the totals of all values, how many are not named."""

    rows: pd.DataFrame
    totals: dict[str, int]
    left_out: int


def _side(totals: ir.Table, end: str, by: str, top: int) -> _Side:
    every = ibis.window()
    counted = [name for name in totals.columns if name != end]
    ranked = totals.mutate(values=_.count().over(every), **{f"all_{n}": _[n].sum().over(every) for n in counted})
    frame = engine.frame(ranked.order_by(ibis.desc(by), end).limit(checked(top)))
    sums = {name: int(frame[f"all_{name}"].max()) if len(frame) else 0 for name in counted}
    left_out = int(frame["values"].max()) - len(frame) if len(frame) else 0
    return _Side(frame[[end, *counted]], sums, left_out)


def _is_one_of(column: ir.Value, values: pd.Series) -> ir.BooleanValue:
    named = column.isin(values.dropna().tolist())
    return named | column.isnull() if values.isna().any() else named  # noqa: PD003 - an Ibis column


def _with_others(core: pd.DataFrame, sides: list[_Side], ends: list[str], summed: list[str]) -> pd.DataFrame:
    """Add what each named value exchanged with all others, and the others among themselves."""
    core = _as_text(core, ends)
    parts = [core]
    for end, other_end, side in zip(ends, reversed(ends), sides, strict=True):
        within = core.groupby(end)[summed].sum()
        named = _as_text(side.rows, [end]).set_index(end)[summed]
        parts.append(named.sub(within, fill_value=0).reset_index().assign(**{other_end: OTHER}))
    named_sums = pd.concat(parts)[summed].sum()
    others = {name: sides[0].totals[name] - int(named_sums[name]) for name in summed}
    parts.append(pd.DataFrame([{ends[0]: OTHER, ends[1]: OTHER, **others}]))
    frame = pd.concat(parts, ignore_index=True)
    return frame[frame.records > 0].astype(dict.fromkeys(summed, "int64"))


def _as_text(frame: pd.DataFrame, ends: list[str]) -> pd.DataFrame:
    return frame.assign(**{end: text_of(frame[end]) for end in ends})


def _all_measures(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return *columns*, null where the log lacks the measure."""
    lacking = {name: pd.array([None] * len(frame), "Int64") for name in columns if name not in frame}
    return frame.assign(**lacking)[columns]


def talker_measures(edges: pd.DataFrame) -> pd.DataFrame:
    """Measure the graph of talkers: how connected each end is.

    Parameters
    ----------
    edges
        What `talker_edges` returned; ``other`` is left out, being no single talker.

    Returns
    -------
    DataFrame
        A row per talker, best connected first: `talker`, `degree` (count of distinct peers),
        `bytes` (B, sent and received), `betweenness` (0 to 1, share of shortest paths that pass
        through it; null above 500 talkers, where it is not worth its time), `component` (number of
        the connected part, 0 the largest).

    Notes
    -----
    Among the named talkers only, so a degree is a lower bound. Betweenness: L. C. Freeman, A Set
    of Measures of Centrality Based on Betweenness, Sociometry 40 (1977).
    """
    graph = graph_of(edges)
    betweenness = nx.betweenness_centrality(graph) if len(graph) <= _AFFORDABLE else {}
    parts = sorted(nx.connected_components(graph), key=lambda part: (-len(part), min(part)))
    component = {talker: number for number, part in enumerate(parts) for talker in part}
    rows = [
        (
            talker,
            len(set(graph[talker]) - {talker}),
            graph.nodes[talker]["bytes"],
            betweenness.get(talker),
            component[talker],
        )
        for talker in graph
    ]
    frame = pd.DataFrame(rows, columns=["talker", "degree", "bytes", "betweenness", "component"])
    return frame.sort_values(["degree", "bytes", "talker"], ascending=[False, False, True], ignore_index=True)


def graph_of(edges: pd.DataFrame) -> "nx.Graph[str]":
    """Return edges as an undirected graph: `bytes` on nodes and edges, both ways summed, ``other`` left out."""
    graph: nx.Graph[str] = nx.Graph()
    for source, destination, count in zip(edges.iloc[:, 0], edges.iloc[:, 1], edges["bytes"].fillna(0), strict=True):
        if OTHER in (source, destination):
            continue
        before = graph.get_edge_data(source, destination, {"bytes": 0})["bytes"]
        graph.add_edge(source, destination, bytes=before + int(count))
    for talker in graph:
        graph.nodes[talker]["bytes"] = sum(data["bytes"] for *_, data in graph.edges(talker, data=True))
    return graph


def _needs(flows: Flows, by: str, *names: str) -> None:
    if by not in _MEASURES:
        raise ScopeError(f"by is one of {', '.join(_MEASURES)}, not {by!r}.")
    for name in (*names, *({by} - {"records"})):
        flows.field(name, "ranking talkers")
