"""The picture of what was rejected most: a bar per tuple, few enough, nothing from the log taken for markup."""

import pandas as pd
import pytest

from flowkit import views
from flowkit.errors import ScopeError

EIGHT = pd.Timestamp("2026-03-10T08:00Z")
LONG = "2001:db8:1111:2222:3333:4444:5555:666"


def rejected(*ends, **columns):
    """Return tuples of (source, destination) as rejected_tuples gives them, the first with most records."""
    rows = [
        ("eni-a", "ingress", source, destination, 22, 6, len(ends) - n, 9, 400, 2, EIGHT, EIGHT)
        for n, (source, destination) in enumerate(ends)
    ]
    names = ["interface_id", "direction", "srcaddr", "dstaddr", "dstport", "protocol", "records", "packets", "bytes"]
    frame = pd.DataFrame(rows, columns=[*names, "srcports", "first", "last"]).assign(**columns)
    frame.attrs |= {"caption": "What was counted. Scope: all records."}
    return frame


def labels(figure):
    return list(figure.layout.yaxis.ticktext)


def test_a_bar_per_tuple_the_most_at_the_top():
    figure = views.rejected_tuples(rejected(("198.51.100.1", "10.0.0.1"), ("198.51.100.1", "10.0.0.1")))
    assert list(figure.data[0].x) == [2, 1]
    assert labels(figure) == ["198.51.100.1 -&gt; 10.0.0.1:22/tcp"] * 2  # at two interfaces, say
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]


@pytest.mark.parametrize(
    ("ends", "columns", "label"),
    [
        (("a", "b"), {"protocol": 17, "dstport": 53}, "a -&gt; b:53/udp"),
        (("a", "b"), {"protocol": 200}, "a -&gt; b:22/200"),
        (("a", "b"), {"dstport": None, "protocol": None}, "a -&gt; b"),
        (("::1", "::2"), {}, "::1 -&gt; [::2]:22/tcp"),
        ((f"{LONG}1", f"{LONG}2"), {}, f"{LONG}1<br>-&gt; [{LONG}2]:22/tcp"),
    ],
)
def test_labels(ends, columns, label):
    assert labels(views.rejected_tuples(rejected(ends, **columns))) == [label]


@pytest.mark.parametrize(
    ("columns", "lines"),
    [
        ({}, ["ingress at eni-a", "1 records, 9 packets, 400 bytes, 2 source ports"]),
        ({"bytes": None, "srcports": None}, ["ingress at eni-a", "1 records, 9 packets"]),
        ({"interface_id": None, "packets": None, "bytes": None}, ["ingress", "1 records, 2 source ports"]),
    ],
)
def test_a_bar_tells_the_rest_on_hovering(columns, lines):
    told = views.rejected_tuples(rejected(("a", "b"), **columns)).data[0].customdata[0].split("<br>")
    assert told == ["a -&gt; b:22/tcp", *lines, "2026-03-10 08:00:00Z to 2026-03-10 08:00:00Z"]


def test_the_first_twenty_are_drawn_and_the_caption_says_so():
    frame = rejected(*((f"10.0.0.{n}", "b") for n in range(30)))
    figure = views.rejected_tuples(frame)
    assert len(figure.data[0].x) == 20
    assert figure.layout.meta["caption"].endswith("Drawn: the first 20 of 30 tuples.")
    assert frame.attrs["caption"] == "What was counted. Scope: all records."


def test_finding_nothing_is_told():
    figure = views.rejected_tuples(rejected())
    assert [note.text for note in figure.layout.annotations] == ["no rejected records in this scope"]


def test_text_from_a_log_is_no_markup(hostile):
    frame = rejected(*((text, text) for text in hostile), interface_id=hostile[0], direction=hostile[1])
    figure = views.rejected_tuples(frame)
    told = " ".join([*labels(figure), *figure.data[0].customdata])
    assert "<" not in told.replace("<br>", "")
    assert "%{" not in told
    assert max(map(len, labels(figure))) < 250


def test_a_frame_of_something_else_is_refused():
    with pytest.raises(ScopeError, match="rejected_tuples cannot draw this frame: it lacks interface_id"):
        views.rejected_tuples(pd.DataFrame({"records": []}))
