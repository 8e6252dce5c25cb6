"""Pictures of who talks to whom."""

import math
from typing import Any, Final, Literal

import networkx as nx
import pandas as pd
import plotly.graph_objects as go

from flowkit.errors import ScopeError
from flowkit.views import style

Measure = Literal["bytes", "packets", "records"]
_OTHER: Final = "other"
_MOST_LINKS: Final = 1_000
_SEED: Final = 7


def top_talkers(frame: pd.DataFrame) -> go.Figure:
    """Draw what `fk.analysis.top_talkers` returned: a bar per address, sent and received."""
    by = str(frame.attrs.get("by", "bytes"))
    named = frame[frame.address != _OTHER].iloc[::-1]
    figure = go.Figure()
    for way, colour, pattern in (("sent", style.ACCEPT, ""), ("received", "#E69F00", "/")):
        figure.add_trace(
            go.Bar(
                y=[style.safe(a) for a in named.address], x=named[f"{by}_{way}"], name=way, orientation="h",
                marker=style.filled(colour, pattern),
                hovertemplate=f"%{{y}} {way}: %{{x:,}} {by}<extra></extra>",
            )
        )  # fmt: skip
    figure.update_layout(barmode="stack", bargap=0.25, height=180 + 24 * max(len(named), 4))
    figure.update_yaxes(type="category")
    figure.update_layout(style.measure_axis("xaxis", by), legend_traceorder="normal")
    return style.finished(figure, frame, f"Top talkers by {by}", "no records in this scope")


def talker_sankey(frame: pd.DataFrame, *, measure: Measure | None = None) -> go.Figure:
    """Draw what `fk.analysis.talker_edges` returned as flows from sources (left) to destinations (right).

    An address that is both stands in both columns: a cycle would hang the browser.

    Parameters
    ----------
    frame
        Two columns for the ends, then `records`, `packets`, `bytes`.
    measure
        What the width of a link shows; by default what the frame is ranked by.

    Raises
    ------
    ScopeError
        If there are more than 1,000 links to draw.
    """
    measure = measure or frame.attrs.get("by", "bytes")
    shown = frame[frame[measure].fillna(0) > 0]
    if len(shown) > _MOST_LINKS:
        raise ScopeError(
            f"{len(shown):,} links cannot be drawn legibly, {_MOST_LINKS:,} is the limit. "
            "Ask talker_edges for fewer: top=25."
        )
    left, right = (_nodes(shown, end, measure) for end in (0, 1))
    names, colours = (
        [*left, *right],
        [_colour(name, number) for side in (left, right) for number, name in enumerate(side)],
    )
    sources = [left[name] for name in shown.iloc[:, 0]]
    targets = [len(left) + right[name] for name in shown.iloc[:, 1]]
    figure = go.Figure(
        go.Sankey(
            arrangement="snap",
            node={
                "label": [style.safe(name) for name in names], "color": colours, "pad": 14, "thickness": 14,
                "line": {"color": "#666", "width": 0.5},
                "hovertemplate": f"%{{label}}: %{{value:,}} {measure}<extra></extra>",
            },
            link={
                "source": sources, "target": targets, "value": shown[measure].tolist(),
                "color": [_faded(colours[s]) for s in sources],
                "customdata": [f"{records:,} records" for records in shown.records],
                "hovertemplate": f"%{{source.label}} to %{{target.label}}: %{{value:,}} {measure}, "
                "%{customdata}<extra></extra>",
            },
        )
    )  # fmt: skip
    ends = frame.attrs.get("ends", list(frame.columns[:2]))
    figure.update_layout(height=240 + 32 * max(len(left), len(right), 6))
    for x, end, anchor in ((0, ends[0], "left"), (1, ends[1], "right")):
        text = f"<b>{style.safe(str(end).replace('_', '-'))}</b>"
        figure.add_annotation(
            x=x, y=1, xref="paper", yref="paper", text=text, showarrow=False, xanchor=anchor, yanchor="bottom"
        )
    figure = style.finished(figure, frame, f"Who talks to whom, {measure}", "no records in this scope")
    return figure.update_layout(margin_t=figure.layout.margin.t + 24)  # for the names of the two columns


def _nodes(frame: pd.DataFrame, end: int, measure: str) -> dict[str, int]:
    """Return the values of one end with their numbers, highest first, ``other`` last."""
    column = frame.columns[end]
    ranked = frame.groupby(column)[measure].sum().sort_values(ascending=False, kind="stable").index
    names = [name for name in ranked if name != _OTHER] + [name for name in ranked if name == _OTHER]
    return {name: number for number, name in enumerate(names)}


def _colour(name: str, number: int) -> str:
    return style.OTHER if name == _OTHER else style.PALETTE[number % len(style.PALETTE)]


def _faded(colour: str) -> str:
    red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.4)"


def talker_graph(frame: pd.DataFrame, *, measure: Measure | None = None) -> go.Figure:
    """Draw what `fk.analysis.talker_edges` returned as a graph: a dot per talker, a line per pair that talked.

    Dots grow with what a talker sent and received, lines with what the pair exchanged. The same
    frame always gives the same picture: the layout is seeded.

    Parameters
    ----------
    frame
        Two columns for the ends, then `records`, `packets`, `bytes`; ``other`` is not drawn but counted.
    measure
        What the sizes show; by default what the frame is ranked by.

    Notes
    -----
    Layout: T. Fruchterman and E. Reingold, Graph Drawing by Force-directed Placement, Software:
    Practice and Experience 21 (1991), as networkx has it.
    """
    measure = measure or frame.attrs.get("by", "bytes")
    graph = _graph(frame, measure)
    figure = go.Figure()
    if len(graph):
        places = nx.spring_layout(graph, weight="closeness", seed=_SEED, k=1.6 / math.sqrt(len(graph)), iterations=120)
        for trace in _lines(graph, places):
            figure.add_trace(trace)
        figure.add_trace(_dots(graph, places, measure))
    figure.update_layout(height=640, showlegend=False)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x")
    undrawn = int(frame[(frame.iloc[:, 0] == _OTHER) | (frame.iloc[:, 1] == _OTHER)][measure].fillna(0).sum())
    rest = f"; not drawn: {undrawn:,} {measure} with others" if undrawn else ""
    figure = style.finished(figure, frame, f"Graph of talkers, {measure}{rest}", "no records in this scope")
    figure.update_xaxes(visible=False)
    return figure.update_yaxes(visible=False)


def _graph(frame: pd.DataFrame, measure: str) -> "nx.Graph[str]":
    graph: nx.Graph[str] = nx.Graph()
    for source, destination, amount in zip(frame.iloc[:, 0], frame.iloc[:, 1], frame[measure].fillna(0), strict=True):
        if _OTHER not in (source, destination):
            before = graph.get_edge_data(source, destination, {"amount": 0})["amount"]
            graph.add_edge(source, destination, amount=before + int(amount))
    for one, other, data in graph.edges(data=True):
        data["closeness"] = 1 + math.log10(1 + data["amount"]) / 4
        for node in (one, other):
            graph.nodes[node]["amount"] = graph.nodes[node].get("amount", 0) + data["amount"]
    return graph


def _lines(graph: "nx.Graph[str]", places: dict[str, Any]) -> list[go.Scatter]:
    """Return a trace per line width: one for all could have only one width."""
    most = max(data["amount"] for *_, data in graph.edges(data=True))
    by_width: dict[int, list[tuple[str, str]]] = {}
    for one, other, data in graph.edges(data=True):
        by_width.setdefault(round(style.links([data["amount"]], most)[0]), []).append((one, other))
    return [
        go.Scatter(
            x=[x for one, other in pairs for x in (places[one][0], places[other][0], None)],
            y=[y for one, other in pairs for y in (places[one][1], places[other][1], None)],
            mode="lines", line={"width": width, "color": "rgba(110, 110, 110, 0.55)"}, hoverinfo="skip",
        )
        for width, pairs in sorted(by_width.items())
    ]  # fmt: skip


def _dots(graph: "nx.Graph[str]", places: dict[str, Any], measure: str) -> go.Scatter:
    nodes = list(graph)
    most = max(graph.nodes[node]["amount"] for node in nodes)
    amounts = [graph.nodes[node]["amount"] for node in nodes]
    return go.Scatter(
        x=[places[node][0] for node in nodes],
        y=[places[node][1] for node in nodes],
        mode="markers+text",
        text=[style.safe(node) for node in nodes],
        textposition="top center",
        textfont={"size": 11},
        marker={
            "size": [10 + 26 * math.sqrt(amount / most if most else 0) for amount in amounts],
            "color": style.ACCEPT,
            "line": {"color": "white", "width": 1.5},
        },
        customdata=[[f"{amount:,} {measure}", graph.degree(node)] for node, amount in zip(nodes, amounts, strict=True)],
        hovertemplate="%{text}<br>%{customdata[0]}<br>%{customdata[1]} peers<extra></extra>",
    )
