"""The pictures of who talks to whom: no cycle, an honest ``other``, the same picture each time."""

from itertools import combinations

import pandas as pd
import pytest

from flowkit import views
from flowkit.errors import ScopeError
from flowkit.views import graph, style


def talkers(*rows, **attrs):
    """Return a ranking as top_talkers gives it, from (address, bytes sent, bytes received)."""
    frame = pd.DataFrame(rows, columns=["address", "bytes_sent", "bytes_received"])
    frame.insert(1, "bytes", frame.bytes_sent + frame.bytes_received)
    frame.attrs |= {"caption": "What was counted. Scope: all records.", "by": "bytes"} | attrs
    return frame


def crowd(count):
    return [f"10.{n // 65536}.{n // 256 % 256}.{n % 256}" for n in range(count)]


def told(figure):
    return [note.text for note in figure.layout.annotations]


def markup(texts):
    return [text for text in texts if "<" in str(text).replace("<br>", "").replace("<extra></extra>", "")]


def test_a_bar_per_address_sent_and_received():
    figure = views.top_talkers(talkers(("10.0.0.1", 5, 2), ("10.0.0.2", 1, 1), ("other", 9, 9)))
    assert [(trace.name, list(trace.y), list(trace.x)) for trace in figure.data] == [
        ("sent", ["10.0.0.1", "10.0.0.2", "other"], [5, 1, 9]),
        ("received", ["10.0.0.1", "10.0.0.2", "other"], [2, 1, 9]),
    ]
    assert figure.layout.yaxis.autorange == "reversed"  # the highest at the top
    assert [list(trace.marker.color)[-1] for trace in figure.data] == [style.OTHER, style.OTHER]
    assert [trace.marker.pattern.shape for trace in figure.data] == ["", "/"]


def test_a_huge_ranking_has_room_for_its_first_rows_and_says_so():
    figure = views.top_talkers(talkers(*((address, 2, 1) for address in crowd(5_000)), ("other", 9, 9)))
    assert [len(trace.x) for trace in figure.data] == [51, 51]
    assert figure.data[0].y[-1] == "other"
    assert figure.layout.meta["caption"].endswith("Drawn: the first 50 of 5,000 addresses.")


def test_addresses_are_no_markup(hostile):
    figure = views.top_talkers(talkers(*((text, 2, 1) for text in hostile)))
    assert not markup([*figure.data[0].y, *figure.layout.yaxis.ticktext, figure.data[0].hovertemplate])
    assert len(set(figure.data[0].y)) == len(hostile)
    assert max(map(len, figure.layout.yaxis.ticktext)) < 100


def test_sources_and_destinations_are_separate_nodes(edges):
    sankey = views.talker_sankey(edges(("a", "b", 5), ("b", "a", 4), ("a", "a", 3))).data[0]
    assert list(sankey.node.label) == ["a", "b", "a", "b"]
    assert list(zip(sankey.link.source, sankey.link.target, sankey.link.value, strict=True)) == [
        (0, 3, 5),
        (1, 2, 4),
        (0, 2, 3),
    ]


@pytest.mark.parametrize("count", [3, 40, 3_000])
def test_every_link_goes_from_left_to_right(edges, count):
    # A ring: each talks to the next, and the last to the first.
    ring = crowd(count)
    frame = edges(*((a, b, 10 + n) for n, (a, b) in enumerate(zip(ring, ring[1:] + ring[:1], strict=True))))
    sankey = views.talker_sankey(frame).data[0]
    assert max(sankey.link.source) < min(sankey.link.target)
    assert len(sankey.node.label) <= 62
    assert sum(sankey.link.value) == frame.bytes.sum()


def test_other_is_grey_and_last_on_each_side(edges):
    sankey = views.talker_sankey(edges(("other", "b", 99), ("a", "other", 98), ("a", "b", 1))).data[0]
    assert list(zip(sankey.node.label, (c == style.OTHER for c in sankey.node.color), strict=True)) == [
        ("a", False),
        ("other", True),
        ("b", False),
        ("other", True),
    ]


def test_a_huge_sankey_says_what_it_named(edges):
    frame = edges(*((a, b, 1) for a in crowd(100) for b in ("x", "y")))
    figure = views.talker_sankey(frame)
    assert len(figure.data[0].link.value) == 62
    assert figure.layout.meta["caption"].endswith("Drawn: the 30 highest of 100 srcaddr, the rest as other.")


def test_a_sankey_of_another_measure(edges):
    sankey = views.talker_sankey(edges(("a", "b", 5), ("b", "a", 0)), measure="packets").data[0]
    assert list(sankey.link.value) == [2, 2]
    assert list(views.talker_sankey(edges(("a", "b", 5), ("b", "a", 0))).data[0].link.value) == [5]


def test_names_of_the_ends_stand_above_the_columns(edges):
    frame = edges(("i-1", "443", 5)).rename(columns={"srcaddr": "instance_id", "dstaddr": "dstport"})
    assert told(views.talker_sankey(frame)) == ["<b>instance-id</b>", "<b>dstport</b>"]


def test_names_in_a_sankey_are_no_markup(edges, hostile):
    sankey = views.talker_sankey(edges(*((text, text, 9) for text in hostile))).data[0]
    links = [text for pair in sankey.link.customdata for text in pair]
    assert not markup([*sankey.node.label, *sankey.node.customdata, *links])
    assert max(map(len, sankey.node.label)) < 100


def dots(figure):
    return figure.data[-1]


def test_a_dot_per_talker_and_a_line_per_pair(edges):
    figure = views.talker_graph(edges(("a", "b", 5), ("b", "a", 4), ("b", "c", 3), ("a", "other", 7)))
    assert dict(zip(dots(figure).ids, map(tuple, dots(figure).customdata), strict=True)) == {
        "a": ("a", "9 bytes", 1, ""),
        "b": ("b", "12 bytes", 2, ""),
        "c": ("c", "3 bytes", 1, ""),
    }
    assert list(dots(figure).text) == list(dots(figure).ids)
    assert not figure.layout.showlegend
    assert sum(list(trace.x).count(None) for trace in figure.data[:-1]) == 2
    assert {trace.hoverinfo for trace in figure.data[:-1]} == {"skip"}
    assert figure.layout.title.text == "Graph of talkers, bytes; not drawn: 7 bytes with others"


def test_the_same_frame_gives_the_same_picture(edges):
    frame = edges(*((a, b, n + 1) for n, (a, b) in enumerate(zip(crowd(30), crowd(31)[1:], strict=True))))
    assert views.talker_graph(frame).to_json() == views.talker_graph(frame.copy()).to_json()


def test_a_talker_that_talks_to_its_like_is_counted_once(edges):
    figure = views.talker_graph(edges(("123", "123", 7)))
    assert list(map(tuple, dots(figure).customdata)) == [("123", "7 bytes", 0, "")]


def test_a_huge_graph_has_room_for_its_highest_and_says_so(edges):
    figure = views.talker_graph(edges(*((a, "hub", 1 + n) for n, a in enumerate(crowd(2_000)))))
    assert len(dots(figure).text) == 61
    assert figure.layout.meta["caption"].endswith("Drawn: the 60 highest of 2,000 srcaddr, the rest as other.")
    drawn = sum(range(1941, 2001))
    assert figure.layout.title.text.endswith(f"not drawn: {sum(range(1, 2001)) - drawn:,} bytes with others")


PLACES = {"a": "inside", "b": "outside", "c": "unknown", "d": "mixed"}


def test_each_place_has_its_colour_its_shape_and_its_words(edges):
    figure = views.talker_graph(edges(("a", "b", 5), ("c", "d", 4), ("a", "new", 3), places=PLACES))
    looks = list(zip(dots(figure).marker.color, dots(figure).marker.symbol, strict=True))
    assert len(set(looks)) == 5
    legend = {trace.name: (trace.marker.color, trace.marker.symbol) for trace in figure.data if trace.showlegend}
    assert list(legend) == [
        "inside", "outside", "unknown: private, not seen as ours", "mixed: of several places", "not told",
    ]  # fmt: skip
    assert [legend[row[3].removeprefix("<br>")] for row in dots(figure).customdata] == looks
    assert figure.layout.showlegend


def test_a_path_is_dark_above_the_other_lines_and_named_in_the_title(edges):
    frame = edges(("a", "b", 9), ("b", "c", 8), ("a", "c", 7))
    figure = views.talker_graph(frame, path=["a", "b", "new"], chosen="c")
    *others, path = [trace for trace in figure.data if trace.mode == "lines"]
    where = dict(zip(dots(figure).ids, zip(dots(figure).x, dots(figure).y, strict=True), strict=True))
    assert [(x, y) for x, y in zip(path.x, path.y, strict=True) if x is not None] == [
        where[name] for name in ("a", "b", "b", "new")
    ]
    assert path.line.color not in {trace.line.color for trace in others}
    assert path.line.width > min(trace.line.width for trace in others)
    rings = dict(zip(dots(figure).ids, dots(figure).marker.line.width, strict=True))
    assert rings["c"] > rings["a"] == rings["b"] == rings["new"] > 2
    assert figure.layout.title.text == "Graph of talkers, bytes<br>Path a → b → new"
    told = dict(zip(dots(figure).ids, dots(figure).customdata, strict=True))
    assert told["new"][1] == "no bytes with those drawn"


@pytest.mark.parametrize("count", [2, 30, 61])
def test_no_label_covers_another(edges, count):
    ring = crowd(count)
    frame = edges(*((a, b, 10 + n) for n, (a, b) in enumerate(zip(ring, ring[1:] + ring[:1], strict=True))))
    talkers = graph.graph_of(frame, "bytes", ())
    places = graph.placed(talkers)
    sides = graph.labelled(talkers, places, [])
    boxes = [
        graph.box(node, places[node], talkers.nodes[node]["size"], graph.POSITIONS[side])
        for node, side in sides.items()
    ]
    assert not any(graph.overlap(one, other) for one, other in combinations(boxes, 2))
    assert len(sides) >= 0.8 * count
    for x, y in places.values():
        assert 0 <= x <= graph.WIDTH
        assert 0 <= y <= graph.HEIGHT


def test_labels_without_room_are_counted_and_those_asked_for_always_shown(edges):
    frame = edges(*((f"{name}.{'long' * 9}.example", "hub", 5) for name in crowd(60)))
    last = frame.srcaddr.iloc[-1]
    figure = views.talker_graph(frame, chosen=last)
    texts = dict(zip(dots(figure).ids, dots(figure).text, strict=True))
    assert texts[last]
    left_out = sum(not text for text in texts.values())
    assert left_out
    assert figure.layout.meta["caption"].endswith(f"Labels without room: {left_out}.")


TO = [["dstaddr", "x"], ["dstaddr", "y"]]


def test_a_click_finds_the_row(edges, hostile):
    names = [*hostile, "other"]
    frame = edges(*((a, b, 9) for a in names for b in ("x", "y")))
    figure = views.talker_sankey(frame)
    meta, sankey = figure.layout.meta, figure.data[0]
    assert [tuple(pair) for pair in meta["links"]] == list(zip(frame.srcaddr, frame.dstaddr, strict=True))
    assert meta["nodes"] == [*(["srcaddr", name] for name in [*sorted(hostile), "other"]), *TO]
    for source, target, link in zip(sankey.link.source, sankey.link.target, meta["links"], strict=True):
        assert [meta["nodes"][source][1], meta["nodes"][target][1]] == list(link)
    assert set(hostile) <= set(dots(views.talker_graph(frame)).ids)


def test_names_in_a_graph_are_no_markup(edges, hostile):
    figure = views.talker_graph(edges(*((text, "hub", 9) for text in hostile)), path=[hostile[0], "hub", hostile[1]])
    texts = [*dots(figure).text, *(row[0] for row in dots(figure).customdata), figure.layout.title.text]
    assert not markup(texts)
    assert "%{" not in " ".join(texts)


@pytest.mark.parametrize(
    ("view", "frame", "words"),
    [
        ("top_talkers", lambda _: talkers(), "no records in this scope"),
        ("top_talkers", lambda _: talkers(("10.0.0.1", 0, 0)), "no bytes in these records"),
        ("talker_sankey", lambda edges: edges(), "no records in this scope"),
        ("talker_sankey", lambda edges: edges(("a", "b", 0)), "no bytes in these records"),
        ("talker_graph", lambda edges: edges(), "no records in this scope"),
        ("talker_graph", lambda edges: edges(("other", "other", 5)), "only traffic with others"),
    ],
)
def test_nothing_to_draw_is_told(edges, view, frame, words):
    assert words in told(getattr(views, view)(frame(edges)))


@pytest.mark.parametrize("view", ["top_talkers", "talker_sankey", "talker_graph"])
def test_the_caption_is_under_the_title_and_in_the_figure(edges, view):
    frame = talkers(("10.0.0.1", 5, 2)) if view == "top_talkers" else edges(("a", "b", 5))
    figure = getattr(views, view)(frame)
    assert figure.layout.meta["caption"] == "What was counted. Scope: all records."
    assert figure.layout.title.subtitle.text == "What was counted. Scope: all records."


@pytest.mark.parametrize("view", ["top_talkers", "talker_sankey", "talker_graph"])
def test_a_frame_of_something_else_is_refused(view):
    with pytest.raises(ScopeError, match=f"{view} cannot draw this frame: it lacks"):
        getattr(views, view)(pd.DataFrame({"topic": [], "name": [], "value": []}))


@pytest.mark.parametrize("view", ["talker_sankey", "talker_graph"])
def test_an_unknown_measure_is_refused(edges, view):
    with pytest.raises(ScopeError, match="measure is one of"):
        getattr(views, view)(edges(("a", "b", 5)), measure="octets")
