"""The picture of a chain: in order, each hop with its bytes and its service, nothing from the log taken for markup."""

from itertools import pairwise

import pandas as pd
import pytest

from flowkit import views
from flowkit.errors import ScopeError
from flowkit.views import style

EIGHT = pd.Timestamp("2026-03-10T08:00Z")


def hops(*pairs, path=None, **columns):
    """Return a chain of (client, server) as talker_path gives it."""
    rows = [(n, c, s, 443, 6, 1_500_000, 3, 2, 1, EIGHT, EIGHT) for n, (c, s) in enumerate(pairs, 1)]
    names = ["hop", "client", "server", "server_port", "protocol", "bytes", "records", "accepted", "rejected"]
    frame = pd.DataFrame(rows, columns=[*names, "first", "last"]).assign(**columns)
    frame.attrs |= {"caption": "What was found. Scope: all records."} | ({"path": path} if path else {})
    return frame


def words(figure):
    return [note.text for note in figure.layout.annotations if note.text]


def arrows(figure):
    return [(note.ax, note.x) for note in figure.layout.annotations if note.showarrow]


@pytest.mark.parametrize(
    ("pairs", "path", "chain", "way"),
    [
        ([("a", "b"), ("b", "c")], None, ["a", "b", "c"], [(0, 1), (1, 2)]),
        ([("b", "a"), ("c", "b")], None, ["a", "b", "c"], [(1, 0), (2, 1)]),
        ([("b", "a")], ["a", "b"], ["a", "b"], [(1, 0)]),
        ([("a", "b")], None, ["a", "b"], [(0, 1)]),
    ],
)
def test_dots_in_order_and_arrows_from_client_to_server(pairs, path, chain, way):
    figure = views.talker_path(hops(*pairs, path=path))
    assert list(figure.data[0].ids) == chain
    assert arrows(figure) == way
    assert words(figure) == ["<b>1.5 MB</b>", "tcp 443"] * len(pairs)
    assert figure.layout.title.text == f"From {chain[0]} to {chain[-1]}"
    assert figure.layout.meta["path"] == chain


@pytest.mark.parametrize(
    ("columns", "above", "below"),
    [
        ({"bytes": None}, "<b>3 records</b>", "tcp 443"),
        ({"protocol": 17, "server_port": 53}, "<b>1.5 MB</b>", "udp 53"),
        ({"protocol": 1, "server_port": 0}, "<b>1.5 MB</b>", "icmp"),
        ({"protocol": 200, "server_port": None}, "<b>1.5 MB</b>", "protocol 200"),
        ({"protocol": None}, "<b>1.5 MB</b>", "443"),
        ({"accepted": 0}, "<b>1.5 MB</b>", "tcp 443, all rejected"),
        ({"accepted": None, "rejected": None}, "<b>1.5 MB</b>", "tcp 443"),
    ],
)
def test_what_an_arrow_bears(columns, above, below):
    figure = views.talker_path(hops(("a", "b"), **columns))
    assert words(figure) == [above, below]
    stopped = "rejected" in below
    assert (figure.layout.annotations[0].arrowcolor == style.REJECT) == stopped


def test_a_hop_tells_all_on_hovering():
    told = views.talker_path(hops(("a", "b"))).data[1].customdata[0]
    assert told.split("<br>") == [
        "hop 1: a to b", "tcp 443, 1.5 MB", "3 records: 2 accepted, 1 rejected",
        "2026-03-10 08:00:00Z to 2026-03-10 08:00:00Z",
    ]  # fmt: skip
    untimed = views.talker_path(hops(("a", "b"), first=pd.NaT)).data[1].customdata[0]
    assert untimed.endswith("- to 2026-03-10 08:00:00Z")


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("10.0.0.1", ["10.0.0.1"]),
        ("2001:db8:1111:2222:3333:4444:5555:6666", ["2001:db8:1111:2222:", "3333:4444:5555:6666"]),
        ("10.0.0.1 in vpc-0123456789abcdef0", ["10.0.0.1 in ", "vpc-0123456789abcdef0"]),
    ],
)
def test_long_labels_are_broken_where_parts_end(name, lines):
    text = views.talker_path(hops((name, "b"))).data[0].text[0]
    assert text.split("<br>") == ["", *lines]


def test_no_chain_is_told():
    figure = views.talker_path(hops())
    assert words(figure) == ["no such chain: the caption says why"]
    assert figure.layout.title.subtitle.text == "What was found. Scope: all records."


def test_text_from_a_log_is_no_markup(hostile):
    figure = views.talker_path(hops(*pairwise(hostile)))
    dots, hovers = figure.data
    told = [*dots.text, *(row[0] for row in dots.customdata), *hovers.customdata, figure.layout.title.text]
    assert "<" not in " ".join(told).replace("<br>", "")
    assert "%{" not in " ".join(told)


def test_a_frame_of_something_else_is_refused():
    with pytest.raises(ScopeError, match="talker_path cannot draw this frame: it lacks hop"):
        views.talker_path(pd.DataFrame({"bytes": []}))
