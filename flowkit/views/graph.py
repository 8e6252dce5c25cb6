"""The graph of talkers: where its dots stand, which labels have room, how places and a path show."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Final

import pandas as pd
import plotly.graph_objects as go

from flowkit.views import style

if TYPE_CHECKING:
    import networkx as nx

WIDTH, HEIGHT = 860.0, 600.0
"""Of the plot, in pixels: what is not drawn too near here is not in a wider figure either."""
_SEED: Final = 7
_LETTER, _LINE = 6.4, 14.0
"""Size of text of 11 points."""
_BETWEEN: Final = 26.0
"""Least distance of two dots, edge to edge."""
_INK: Final = "#1a1a1a"
_LOOKS: Final = {
    "inside": ("#0072B2", "circle", "inside"),
    "outside": ("#E69F00", "diamond", "outside"),
    "unknown": ("#CC79A7", "square", "unknown: private, not seen as ours"),
    "mixed": ("#009E73", "triangle-up", "mixed: of several places"),
    "": ("#B8B8B8", "circle", "not told"),
}
"""Colour, shape and words of each place."""
POSITIONS: Final = {
    "top center": (0, 1), "bottom center": (0, -1), "middle right": (1, 0), "middle left": (-1, 0),
    "top right": (1, 1), "top left": (-1, 1), "bottom right": (1, -1), "bottom left": (-1, -1),
}  # fmt: skip
"""Where a label may stand, best first: which way from its dot."""

Box = tuple[float, float, float, float]
Place = tuple[float, float]


@dataclass(frozen=True)
class Marked:
    """What stands out: a path of labels, one label that was chosen, and where each lies, if that is known."""

    path: Sequence[str] = ()
    chosen: str | None = None
    places: Mapping[str, str] = field(default_factory=dict)

    def ring(self, node: str) -> tuple[str, float]:
        """Return colour and width of the line around a dot."""
        if node == self.chosen:
            return _INK, 4.0
        return (_INK, 2.5) if node in self.path else ("white", 1.5)

    def looks(self, node: str) -> tuple[str, str, str]:
        """Return colour, shape and words of the place of a dot."""
        if not self.places:
            return style.ACCEPT, "circle", ""
        return _LOOKS.get(self.places.get(node, ""), _LOOKS[""])


def graph_of(frame: pd.DataFrame, measure: str, path: Sequence[str]) -> "nx.Graph[str]":
    """Return edges as a graph without ``other``, *path* in it even where it is not among those named."""
    import networkx as nx

    graph: nx.Graph[str] = nx.Graph()
    for source, destination, amount in zip(frame.iloc[:, 0], frame.iloc[:, 1], frame[measure].fillna(0), strict=True):
        if style.REST not in (source, destination):
            before = graph.get_edge_data(source, destination, {"amount": 0})["amount"]
            graph.add_edge(source, destination, amount=before + int(amount))
    graph.add_edges_from((pair for pair in pairwise(path) if not graph.has_edge(*pair)), amount=0)
    for one, other, data in graph.edges(data=True):
        data["closeness"] = 1 + math.log10(1 + data["amount"]) / 4
        for node in {one, other}:  # one where a talker talks to its own like, as NTP's port 123 does
            graph.nodes[node]["amount"] = graph.nodes[node].get("amount", 0) + data["amount"]
    most = max((data["amount"] for _, data in graph.nodes(data=True)), default=0)
    for _, data in graph.nodes(data=True):
        data["size"] = 10 + 26 * math.sqrt(data["amount"] / most if most else 0)
    return graph


def placed(graph: "nx.Graph[str]") -> dict[str, Place]:
    """Return where each dot stands, in pixels: near those it talks to, far enough from all others."""
    import networkx as nx

    found = nx.spring_layout(graph, weight="closeness", seed=_SEED, k=2.2 / math.sqrt(len(graph)), iterations=200)
    across, up = ({node: float(place[axis]) for node, place in found.items()} for axis in (0, 1))
    wide, high = _spread(across, WIDTH), _spread(up, HEIGHT)
    places = {node: [wide[node], high[node]] for node in graph}
    _push_apart(places, {node: data["size"] for node, data in graph.nodes(data=True)})
    return {node: (x, y) for node, (x, y) in places.items()}


def _spread(values: dict[str, float], size: float) -> dict[str, float]:
    """Scale to a size, half by distance and half by rank: else a few far dots leave the others no room."""
    least, most = min(values.values()), max(values.values())
    order = sorted(values, key=lambda node: values[node])
    last = max(len(order) - 1, 1)
    return {
        node: size / 2 * ((values[node] - least) / ((most - least) or 1.0) + rank / last)
        for rank, node in enumerate(order)
    }


def _push_apart(places: dict[str, list[float]], sizes: dict[str, float]) -> None:
    """Move dots that stand too near each other, as little as that takes, and none out of the picture."""
    for _round in range(80):
        moved = False
        for one, other in combinations(places, 2):
            (x, y), (u, v) = places[one], places[other]
            least = (sizes[one] + sizes[other]) / 2 + _BETWEEN
            distance = math.hypot(u - x, v - y) or 1e-6
            if distance >= least:
                continue
            step = (least - distance) / 2
            across, up = (u - x) / distance * step, (v - y) / distance * step
            places[one] = [min(max(x - across, 0.0), WIDTH), min(max(y - up, 0.0), HEIGHT)]
            places[other] = [min(max(u + across, 0.0), WIDTH), min(max(v + up, 0.0), HEIGHT)]
            moved = True
        if not moved:
            return


def labelled(graph: "nx.Graph[str]", places: Mapping[str, Place], first: Sequence[str]) -> dict[str, str]:
    """Return on which side of its dot each label stands that has room there: *first* those, then the largest dots'."""
    order = sorted(graph, key=lambda node: (node not in first, -graph.nodes[node]["amount"]))
    taken = [_around(places[node], graph.nodes[node]["size"]) for node in graph]
    drawn = [(places[one], places[other]) for one, other in graph.edges]
    sides: dict[str, str] = {}
    for node in order:
        boxes = {side: box(node, places[node], graph.nodes[node]["size"], way) for side, way in POSITIONS.items()}
        covered = {side: sum(overlap(box, other) for other in taken) for side, box in boxes.items()}
        free = [side for side in boxes if not covered[side]]
        if not free and node not in first:
            continue
        side = min(free or boxes, key=lambda side: (covered[side], _crossed(boxes[side], drawn)))
        sides[node] = side
        taken.append(boxes[side])
    return sides


def _crossed(box: Box, drawn: Sequence[tuple[Place, Place]]) -> int:
    """Count the lines that go through a label."""
    left, bottom, right, top = box
    return sum(
        1
        for (x, y), (u, v) in drawn
        if max(x, u) > left and min(x, u) < right and max(y, v) > bottom and min(y, v) < top
        if _sides_differ(box, (x, y), (u, v))
    )


def _sides_differ(box: Box, one: Place, other: Place) -> bool:
    """Tell whether the corners of a box lie on both sides of a line."""
    (x, y), (u, v) = one, other
    signs = {(u - x) * (corner_y - y) > (v - y) * (corner_x - x) for corner_x in box[::2] for corner_y in box[1::2]}
    return len(signs) > 1


def _around(place: Place, size: float) -> Box:
    x, y = place
    return x - size / 2, y - size / 2, x + size / 2, y + size / 2


def box(node: str, place: Place, size: float, way: tuple[int, int]) -> Box:
    """Return the corners of what a label covers that stands beside its dot as plotly puts it."""
    (across, up), (x, y) = way, place
    width = _LETTER * min(len(node), style.LONGEST_LABEL)
    away = size / 2 + 3
    left = x - width / 2 if not across else x + away if across > 0 else x - away - width
    bottom = y - _LINE / 2 if not up else y + away if up > 0 else y - away - _LINE
    return left, bottom, left + width, bottom + _LINE


def overlap(one: Box, other: Box) -> float:
    """Return how much two boxes share."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return wide * high if wide > 0 and high > 0 else 0.0


def lines(graph: "nx.Graph[str]", places: Mapping[str, Place], path: Sequence[str]) -> list[go.Scatter]:
    """Return a trace per line width, since one for all could have only one width; the path above them all."""
    most = max(data["amount"] for *_, data in graph.edges(data=True))
    by_width: dict[int, list[tuple[str, str]]] = {}
    for one, other, data in graph.edges(data=True):
        by_width.setdefault(round(style.links([data["amount"]], most)[0]), []).append((one, other))
    grey = "rgba(110, 110, 110, {})"
    traces = [
        _line(pairs, places, width, grey.format(0.35 if width == 1 else 0.5))
        for width, pairs in sorted(by_width.items())
    ]
    steps = list(pairwise(path))
    return [*traces, *([_line(steps, places, 5, _INK)] if steps else [])]


def _line(pairs: list[tuple[str, str]], places: Mapping[str, Place], width: int, colour: str) -> go.Scatter:
    return go.Scatter(
        x=[x for one, other in pairs for x in (places[one][0], places[other][0], None)],
        y=[y for one, other in pairs for y in (places[one][1], places[other][1], None)],
        mode="lines", line={"width": width, "color": colour}, hoverinfo="skip", showlegend=False,
    )  # fmt: skip


def dots(
    graph: "nx.Graph[str]", places: Mapping[str, Place], sides: Mapping[str, str], measure: str, marked: Marked
) -> go.Scatter:
    """Return the dots: one trace, whose ``ids`` are the labels as they are."""
    nodes = list(graph)
    rings = [marked.ring(node) for node in nodes]
    looks = [marked.looks(node) for node in nodes]
    return go.Scatter(
        x=[places[node][0] for node in nodes],
        y=[places[node][1] for node in nodes],
        ids=nodes,
        mode="markers+text",
        text=[style.label(node) if node in sides else "" for node in nodes],
        textposition=[sides.get(node, "top center") for node in nodes],
        textfont={"size": 11, "color": _INK, "shadow": ", ".join(["0 0 3px white"] * 4)},
        cliponaxis=False,
        marker={
            "size": [graph.nodes[node]["size"] for node in nodes],
            "color": [colour for colour, *_ in looks],
            "symbol": [shape for _, shape, _ in looks],
            "opacity": 1,
            "line": {"color": [colour for colour, _ in rings], "width": [width for _, width in rings]},
        },
        customdata=[
            [style.full(node), _told(graph, node, measure), len(set(graph[node]) - {node}), _where(marked, node)]
            for node in nodes
        ],
        hovertemplate="%{customdata[0]}%{customdata[3]}<br>%{customdata[1]}<br>%{customdata[2]} peers<extra></extra>",
        showlegend=False,
    )


def _told(graph: "nx.Graph[str]", node: str, measure: str) -> str:
    amount = graph.nodes[node]["amount"]
    return f"{amount:,} {measure}" if amount else f"no {measure} with those drawn"


def _where(marked: Marked, node: str) -> str:
    words = marked.looks(node)[2]
    return f"<br>{words}" if words else ""


def legend(graph: "nx.Graph[str]", marked: Marked) -> list[go.Scatter]:
    """Return the places in words: the dots are one trace, which has no legend of its own."""
    there = {marked.looks(node) for node in graph} if marked.places else set()
    return [
        go.Scatter(
            x=[None], y=[None], mode="markers", name=words, hoverinfo="skip", showlegend=True,
            marker={"color": colour, "symbol": shape, "size": 12},
        )
        for colour, shape, words in _LOOKS.values() if (colour, shape, words) in there
    ]  # fmt: skip


def framed(figure: go.Figure) -> None:
    """Fix the picture to the pixels that the dots were placed in."""
    figure.update_xaxes(visible=False, range=[-90, WIDTH + 90])
    figure.update_yaxes(visible=False, range=[-30, HEIGHT + 30])
