"""Pictures of who talks to whom."""

from collections.abc import Sequence
from typing import Final, Literal

import pandas as pd
import plotly.graph_objects as go

from flowkit.views import graph, style

Measure = Literal["bytes", "packets", "records", "bytes_to_server", "bytes_to_client"]
_OTHER: Final = style.REST
_EMPTY: Final = "no records in this scope"
_MOST_ADDRESSES, _MOST_NODES, _MOST_DOTS = 50, 30, 60


def top_talkers(frame: pd.DataFrame) -> go.Figure:
    """Draw what `fk.analysis.top_talkers` returned: a bar per address, sent and received; ``other`` grey and last.

    Parameters
    ----------
    frame
        `address`, and of the measure that it is ranked by what was sent and received. Of more than 50 rows
        the first are drawn; the caption says so.
    """
    by = str(frame.attrs.get("by", "bytes"))
    style.check(frame, "top_talkers", by, "address", f"{by}_sent", f"{by}_received")
    drawn = _first(frame)
    names = [style.safe(address) for address in drawn.address]
    figure = go.Figure()
    for way, colour, pattern in (("sent", style.ACCEPT, ""), ("received", "#E69F00", "/")):
        colours = [style.OTHER if address == _OTHER else colour for address in drawn.address]
        figure.add_trace(
            go.Bar(
                y=names, x=drawn[f"{by}_{way}"], name=way, orientation="h", marker=style.filled(colours, pattern),
                hovertemplate=f"%{{y}} {way}: %{{x:,}} {by}<extra></extra>",
            )
        )  # fmt: skip
    figure.update_layout(barmode="stack", bargap=0.25, height=180 + 24 * max(len(names), 4))
    ticks = {"tickmode": "array", "tickvals": names, "ticktext": [style.label(address) for address in drawn.address]}
    figure.update_yaxes(type="category", autorange="reversed", automargin=True, **ticks)
    figure.update_layout(style.measure_axis("xaxis", by), legend_traceorder="normal")
    return style.finished(figure, drawn, f"Top talkers by {by}", style.nothing_to_draw(frame, by, _EMPTY))


def _first(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that a figure has room for, ``other`` with them."""
    named = frame[frame.address != _OTHER]
    if len(named) <= _MOST_ADDRESSES:
        return frame
    drawn = pd.concat([named.head(_MOST_ADDRESSES), frame[frame.address == _OTHER]])
    drawn.attrs = dict(frame.attrs)
    return _noted(drawn, f"Drawn: the first {_MOST_ADDRESSES} of {len(named):,} addresses.")


def _noted(frame: pd.DataFrame, note: str) -> pd.DataFrame:
    """Return the same frame with a note in its caption."""
    noted = frame.copy()
    noted.attrs = frame.attrs | {"caption": f"{frame.attrs.get('caption', '')} {note}".strip()}
    return noted


def talker_sankey(frame: pd.DataFrame, *, measure: Measure | None = None) -> go.Figure:
    """Draw what `fk.analysis.talker_edges` returned as flows from sources (left) to destinations (right).

    An address that is both stands in both columns: a cycle would hang the browser.

    Parameters
    ----------
    frame
        Two columns for the ends, then `records`, `packets`, `bytes`. Of more than 30 values a side the
        rest joins ``other``; the caption says so.
    measure
        What the width of a link shows; by default what the frame is ranked by.
    """
    measure = measure or frame.attrs.get("by", "bytes")
    style.check(frame, "talker_sankey", measure, "records")
    ends = list(frame.columns[:2])
    drawn = style.folded(frame[frame[measure].fillna(0) > 0], ends, measure, _MOST_NODES)
    left, right = (_nodes(drawn, end, measure) for end in ends)
    names = [*left, *right]
    colours = [_colour(name, number) for side in (left, right) for number, name in enumerate(side)]
    sources = [left[name] for name in drawn[ends[0]]]
    targets = [len(left) + right[name] for name in drawn[ends[1]]]
    pairs = zip(drawn[ends[0]], drawn[ends[1]], drawn.records, strict=True)
    centres = [*_centres(drawn, ends[0], left, measure), *_centres(drawn, ends[1], right, measure)]
    figure = go.Figure(
        go.Sankey(
            arrangement="snap",
            node={
                "label": [style.label(name) for name in names], "color": colours, "pad": 14, "thickness": 14,
                "line": {"color": "#666", "width": 0.5},
                "x": [0.001] * len(left) + [0.999] * len(right), "y": centres,  # plotly takes 0 and 1 for unset
                "customdata": [style.full(name) for name in names],
                "hovertemplate": f"%{{customdata}}: %{{value:,}} {measure}<extra></extra>",
            },
            link={
                "source": sources, "target": targets, "value": drawn[measure].tolist(),
                "color": [_faded(colours[s]) for s in sources],
                "customdata": [[f"{style.full(a)} to {style.full(b)}", f"{n:,} records"] for a, b, n in pairs],
                "hovertemplate": f"%{{customdata[0]}}: %{{value:,}} {measure}, %{{customdata[1]}}<extra></extra>",
            },
        )
    )  # fmt: skip
    figure.update_layout(height=240 + 32 * max(len(left), len(right), 6))
    for x, end, anchor in ((0, ends[0], "left"), (1, ends[1], "right")):
        text = f"<b>{style.safe(str(end).replace('_', '-'))}</b>"
        figure.add_annotation(
            x=x, y=1, xref="paper", yref="paper", text=text, showarrow=False, xanchor=anchor, yanchor="bottom"
        )
    words = style.nothing_to_draw(frame, measure, _EMPTY)
    more = {
        "links": drawn[ends].to_numpy().tolist(),
        "nodes": [[end, name] for end, side in zip(ends, (left, right), strict=True) for name in side],
    }
    figure = style.finished(figure, drawn, f"Who talks to whom, {measure}", words, more)
    return figure.update_layout(margin_t=figure.layout.margin.t + 24)  # for the names of the two columns


def _nodes(frame: pd.DataFrame, end: str, measure: str) -> dict[str, int]:
    """Return the values of one end with their numbers, highest first, ``other`` last."""
    ranked = frame.groupby(end)[measure].sum().sort_values(ascending=False, kind="stable").index
    names = [name for name in ranked if name != _OTHER] + [name for name in ranked if name == _OTHER]
    return {name: number for number, name in enumerate(names)}


def _centres(frame: pd.DataFrame, end: str, nodes: dict[str, int], measure: str) -> list[float]:
    """Return how far down each node's middle is, so that they stand in their order: plotly's own mixes them."""
    amounts = frame.groupby(end)[measure].sum()
    gaps = 0.4 / max(len(nodes), 1)
    share = (1 - 0.4) / max(float(amounts.sum()), 1.0)
    centres, top = [], gaps / 2
    for name in nodes:
        height = float(amounts[name]) * share
        centres.append(top + height / 2)
        top += height + gaps
    return centres


def _colour(name: str, number: int) -> str:
    return style.OTHER if name == _OTHER else style.PALETTE[number % len(style.PALETTE)]


def _faded(colour: str) -> str:
    red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.4)"


def talker_graph(
    frame: pd.DataFrame, *, measure: Measure | None = None, path: Sequence[str] = (), chosen: str | None = None
) -> go.Figure:
    """Draw what `fk.analysis.talker_edges` returned as a graph: a dot per talker, a line per pair that talked.

    Dots grow with what a talker sent and received, lines with what the pair exchanged. Where the frame tells
    places, each has its colour and shape. The same frame always gives the same picture: the layout is seeded.

    Parameters
    ----------
    frame
        Two columns for the ends, then `records`, `packets`, `bytes`; ``attrs["places"]`` from label to inside,
        outside, unknown or mixed. ``other`` is not drawn but counted; of more than 60 values a side the rest
        joins it, as the caption says. So it does where labels had no room: hovering shows them.
    measure
        What the sizes show; by default what the frame is ranked by.
    path
        Labels in order, as ``attrs["path"]`` of `fk.analysis.talker_path` has them, to be drawn dark, also those
        that the frame does not name.
    chosen
        A label whose dot has a ring.

    Notes
    -----
    Layout: T. Fruchterman and E. Reingold, Graph Drawing by Force-directed Placement, Software:
    Practice and Experience 21 (1991), as networkx has it; dots that stood too near were then moved apart.
    """
    measure = measure or frame.attrs.get("by", "bytes")
    style.check(frame, "talker_graph", measure, "records")
    ends = list(frame.columns[:2])
    drawn = style.folded(frame, ends, measure, _MOST_DOTS)
    marked = graph.Marked(tuple(path), chosen, frame.attrs.get("places") or {})
    talkers = graph.graph_of(drawn, measure, marked.path)
    figure = go.Figure()
    if len(talkers):
        places = graph.placed(talkers)
        sides = graph.labelled(talkers, places, [*marked.path, *([chosen] if chosen else [])])
        traces = [*graph.lines(talkers, places, marked.path), *graph.legend(talkers, marked)]
        figure.add_traces([*traces, graph.dots(talkers, places, sides, measure, marked)])
        drawn = _noted(drawn, f"Labels without room: {len(talkers) - len(sides)}." if len(talkers) > len(sides) else "")
    legend = {"itemclick": False, "itemdoubleclick": False, "traceorder": "normal"}
    figure.update_layout(height=700, showlegend=bool(marked.places), legend=legend, hovermode="closest")
    undrawn = int(drawn[(drawn[ends] == _OTHER).any(axis="columns")][measure].fillna(0).sum())
    rest = f"; not drawn: {undrawn:,} {measure} with others" if undrawn else ""
    way = " → ".join(map(style.label, path))
    words = "" if len(talkers) else style.nothing_to_draw(frame, measure, _EMPTY) or "only traffic with others"
    title = f"Graph of talkers, {measure}{rest}" + (f"<br>Path {way}" if way else "")
    figure = style.finished(figure, drawn, title, words)
    graph.framed(figure)
    line = 24 if way else 0
    margin = {"t": figure.layout.margin.t + line, "l": 10, "r": 10, "b": 10}
    return figure.update_layout(margin=margin, title_pad_t=figure.layout.title.pad.t + line)
