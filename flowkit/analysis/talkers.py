"""Who talked most, and who to whom."""

from typing import TYPE_CHECKING, Any, Final, Literal

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis.caption import COUNTED, Count, captioned, checked_count
from flowkit.analysis.other import NOTHING, OTHER, checked
from flowkit.analysis.sides import ENDS, PORT, added, amounts, edge_sums, places_of, side_of, with_others
from flowkit.errors import ScopeError
from flowkit.flows import Flows

if TYPE_CHECKING:
    import networkx as nx

Measure = Literal["bytes", "packets", "records"]
EdgeMeasure = Literal["bytes", "packets", "records", "bytes_to_server", "bytes_to_client"]

_MEASURES: Final = ("bytes", "packets", "records")
_EDGE_MEASURES: Final = (*_MEASURES, "bytes_to_server", "bytes_to_client")
_AFFORDABLE: Final = 500
"""Betweenness takes nodes times edges: half a second at 500 nodes."""


def top_talkers(flows: Flows, *, by: Measure = "bytes", top: int = 20, count: Count = "once") -> pd.DataFrame:
    """Rank addresses by what they sent and received.

    Parameters
    ----------
    flows
        Records already scoped.
    by
        Measure to rank by, sent and received together.
    top
        How many addresses to name; the rest is the last row, ``other``.
    count
        ``once``: of the same traffic seen at several interfaces, the sender's record counts, else the
        receiver's, between the true ends (packet-level addresses where logged); ``as_logged``: every
        record, between its own addresses.

    Returns
    -------
    DataFrame
        Highest first: `address`; sent and received together `bytes` (B), `packets` (count), `records`
        (count); apart `bytes_sent` (B), `bytes_received` (B), `packets_sent` (count),
        `packets_received` (count), `records_sent` (count), `records_received` (count). The row
        ``other`` sums all other addresses; ``attrs["left_out"]`` says how many. A measure that the
        log lacks is null. An address that several VPCs have stands once for each, with its VPC.

    Raises
    ------
    ScopeError
        If *by* is no measure, *top* less than one, or *count* neither way.
    MissingFieldError
        If the log has no addresses, or not the measure.

    Notes
    -----
    Each record counts at its source as sent and at its destination as received, so the column sums
    are twice the traffic. Rejected records count.
    """
    flows = flows if count == "as_logged" else flows.at_hand
    _needs(flows, by, _MEASURES, "srcaddr", "dstaddr")
    counted = [name for name in _MEASURES if name == "records" or name in flows.fields]
    sides = _sides_once(flows) if checked_count(count) == "once" else _sides_as_logged(flows)
    totals = sides.mutate(**{name: _[f"{name}_sent"] + _[f"{name}_received"] for name in counted})
    names = [f"{name}_{way}" for name in counted for way in ("sent", "received")]
    every = ibis.window()
    ranked = totals.mutate(addresses=_.count().over(every), **{f"all_{n}": _[n].sum().over(every) for n in names})
    frame = engine.frame(ranked.order_by(ibis.desc(by), "address").limit(checked(top)))
    left_out = int(frame.addresses.max()) - len(frame) if len(frame) else 0
    shown = frame[["address", *counted, *names]]
    if left_out:
        rest = {name: int(frame[f"all_{name}"].max()) - int(frame[name].sum()) for name in names}
        rest |= {name: rest[f"{name}_sent"] + rest[f"{name}_received"] for name in counted}
        shown = pd.concat([shown, pd.DataFrame([{"address": OTHER, **rest}])], ignore_index=True)
    columns = ["address", *_MEASURES, *(f"{n}_{w}" for n in _MEASURES for w in ("sent", "received"))]
    shown = _all_measures(shown, columns)
    rest_text = f"; {left_out:,} others together" if left_out else ""
    sentence = f"The {len(frame)} addresses with most {by} sent and received{rest_text}, {COUNTED[count]}."
    return captioned(shown, "top_talkers", flows, sentence, by=by, left_out=left_out, count=count)


def _sides_as_logged(flows: Flows) -> ir.Table:
    """Return what each address sent and received, as the records have it."""
    split = []
    for side, way in (("srcaddr", "sent"), ("dstaddr", "received")):
        totals = flows.totals(side)
        zero = ibis.literal(0, "int64")
        sums = {f"{n}_{w}": totals[n] if w == way else zero for n in totals.columns if n != side for w in _WAYS}
        split.append(totals.select(address=totals[side].fill_null(NOTHING), **sums))
    return added(ibis.union(*split), "address")


def _sides_once(flows: Flows) -> ir.Table:
    """Return what each address sent and received, of the records that count."""
    return flows.kept("sent and received", lambda _keep: _sent_and_received(flows), "adding up addresses")


def _sent_and_received(flows: Flows) -> ir.Table:
    counted = flows.counted
    split = []
    for end, sent in (("client", counted.to_server), ("server", ~counted.to_server)):
        sums = {
            f"{name}_{way}": ibis.ifelse(sent if way == "sent" else ~sent, amount, amount * 0).sum().cast("int64")
            for name, amount in amounts(counted, flows).items()
            for way in _WAYS
        }
        split.append(counted.group_by(id=counted[end]).agg(**sums))
    labels = flows.identities.labels("address").select("id", address="label")
    return added(ibis.union(*split), "id").join(labels, "id").drop("id")


_WAYS: Final = ("sent", "received")


def talker_edges(
    flows: Flows,
    *,
    by: str | tuple[str, str] = "address",
    measure: EdgeMeasure = "bytes",
    top: int = 12,
    count: Count = "once",
) -> pd.DataFrame:
    """Sum what passed between each of the top clients and each of the top servers, grouped as asked.

    Parameters
    ----------
    flows
        Records already scoped.
    by
        How to group the clients and the servers: one name for both, or two. ``address``, ``subnet``, ``az``,
        ``interface``, ``instance``, ``name``, ``group`` (security group), ``vpc``, ``place`` (inside, outside,
        unknown), ``service`` (AWS's), ``country``, ``as``, ``list``, ``kind``, ``tag:KEY``, ``block/24`` (outside
        addresses by their block), ``port`` (the server's); see `flowkit.identity`.
    measure
        What decides which groups are named: ``bytes``, ``packets`` and ``records`` both ways, or
        ``bytes_to_server``, ``bytes_to_client``.
    top
        How many groups of each side to name; the rest of each side is ``other``. More than some
        25 a side are hard to read in a Sankey.
    count
        ``once``: of the same traffic seen at several interfaces, the sender's record counts, else the
        receiver's; ``as_logged``: every record.

    Returns
    -------
    DataFrame
        A row per pair of groups that occurs, highest first: `client`, `server` (text), `records`, `packets`
        (count), `bytes` (B), both ways together; `bytes_to_server` (B), `bytes_to_client` (B). The rows add
        up to all that counts in scope, rejected records too. ``attrs["left_out"]`` says how many groups
        are in ``other`` on each side, ``attrs["places"]`` where each named group lies: ``inside``, ``outside``,
        ``unknown``, or ``mixed``.

    Raises
    ------
    ScopeError
        If a grouping or the measure is unknown, *top* less than one, or *count* neither way.
    MissingFieldError
        If the log has no addresses, or lacks the measure.

    Notes
    -----
    What is not known of an address is named by where it is: ``outside``, ``unknown``. What the pairs with
    ``other`` hold is found by subtraction from the totals of each side, which is exact.
    """
    flows = flows if count == "as_logged" else flows.at_hand
    _needs(flows, measure, _EDGE_MEASURES, "srcaddr", "dstaddr")
    groups = (by, by) if isinstance(by, str) else tuple(by)
    if len(groups) != 2 or groups[0] == PORT:  # noqa: PLR2004 - two ends
        raise ScopeError(f"by is {by!r}: give one grouping, or two as (clients', servers'). Only servers have a port.")
    table = flows.counted if checked_count(count) == "once" else flows.facts
    sides = [side_of(flows, end, group, count, measure, top) for end, group in zip(ENDS, groups, strict=True)]
    core = table
    for side in sides:
        core = core.join(side.members, side.key)
    core_frame = engine.frame(edge_sums(core, flows, "client_place", "server_place"))
    for end, side in zip(ENDS, sides, strict=True):
        core_frame[end] = core_frame.pop(f"{end}_place").map(dict(enumerate(side.rows[end])))
    frame = with_others(core_frame, sides, list(ENDS), list(sides[0].totals))
    frame = _all_measures(frame, [*ENDS, "records", "packets", "bytes", "bytes_to_server", "bytes_to_client"])
    frame = frame.sort_values([measure, *ENDS], ascending=[False, True, True], ignore_index=True)
    left_out = [side.left_out for side in sides]
    others = [f"{n:,} other {end}s" for n, end in zip(left_out, ENDS, strict=True) if n]
    rest = f", {' and '.join(others)} together" if others else ""
    unit = f"{measure} (B)" if "bytes" in measure else f"{measure} (count)"
    named = groups[0] if groups[0] == groups[1] else f"{groups[0]} and {groups[1]}"
    sentence = f"{unit[0].upper()}{unit[1:]} between clients and servers by {named}{rest}, {COUNTED[count]}."
    places = places_of(flows, sides)
    more: dict[str, Any] = {"by": measure, "groups": groups, "left_out": left_out, "count": count, "places": places}
    return captioned(frame, "talker_edges", flows, sentence, inventory=set(groups) != {"address"}, **more)


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
    import networkx as nx

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
    import networkx as nx

    graph: nx.Graph[str] = nx.Graph()
    for source, destination, count in zip(edges.iloc[:, 0], edges.iloc[:, 1], edges["bytes"].fillna(0), strict=True):
        if OTHER in (source, destination):
            continue
        before = graph.get_edge_data(source, destination, {"bytes": 0})["bytes"]
        graph.add_edge(source, destination, bytes=before + int(count))
    for talker in graph:
        graph.nodes[talker]["bytes"] = sum(data["bytes"] for *_, data in graph.edges(talker, data=True))
    return graph


def _needs(flows: Flows, by: str, measures: tuple[str, ...], *names: str) -> None:
    if by not in measures:
        raise ScopeError(f"the measure is one of {', '.join(measures)}, not {by!r}.")
    for name in (*names, *({by.partition("_")[0]} - {"records"})):
        flows.field(name, "ranking talkers")
