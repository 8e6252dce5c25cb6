"""The picture of logging_cost: a group of bars per destination, told apart by more than colour, with its range."""

import pandas as pd
import pytest

from flowkit import views
from flowkit.errors import ScopeError

NONE = float("nan")


def costs(*rows, **columns):
    """Return rows of (traffic type, destination, delivery, storage, low, high) as logging_cost gives them."""
    names = ["traffic_type", "destination", "usd_per_month", "storage_usd_per_month", "low", "high"]
    frame = pd.DataFrame(rows, columns=names).assign(records_per_day=1000.0, gb_per_day=0.5, blinds="", **columns)
    frame.attrs |= {"caption": "What logging costs. Scope: all records.", "analysis": "logging_cost"}
    return frame


def series(figure, kind):
    return next(trace for trace in figure.data if trace.type == kind)


def test_a_bar_is_delivery_and_storage_and_its_whisker_the_range():
    figure = views.logging_cost(costs(("ALL", "cloudwatch", 10.0, 2.0, 11.0, 15.0)))
    bars = series(figure, "bar")
    assert (list(bars.x), list(bars.y)) == (["CloudWatch Logs"], [12.0])
    assert (list(bars.error_y.array), list(bars.error_y.arrayminus)) == ([3.0], [1.0])
    assert list(series(figure, "scatter").text) == ["$11.00<br>to $15.00"]
    assert list(series(figure, "scatter").y) == [15.0]


def test_colour_is_never_the_only_sign():
    kinds = ("ALL", "REJECT", "ACCEPT")
    bars = [
        t
        for t in views.logging_cost(costs(*((k, "s3_text", 1.0, 0.0, 1.0, 1.0) for k in kinds))).data
        if t.type == "bar"
    ]
    assert [trace.name for trace in bars] == list(kinds)
    assert len({trace.marker.color for trace in bars}) == len({trace.marker.pattern.shape for trace in bars}) == 3


@pytest.mark.parametrize(
    ("row", "words", "bar"),
    [
        (("ALL", "firehose", 3.0, NONE, 2.0, NONE), "$3.00", 3.0),
        (("ALL", "s3_text", 0.001, 0.0, 0.001, 0.001), "&lt;$0.01", 0.001),
        (("ALL", "s3_text", 0.0, 0.0, 0.0, 0.0), "$0.00", 0.0),
        (("ALL", "s3_text", 12_345.6, 0.0, 12_345.6, 20_000.0), "$12,346<br>to $20,000", 12_345.6),
        (("ALL", "s3_text", NONE, NONE, 2.0, NONE), "?", None),
    ],
)
def test_amounts_in_words(row, words, bar):
    figure = views.logging_cost(costs(row))
    assert list(series(figure, "scatter").text) == [words]
    assert list(series(figure, "bar").y) == [bar]


def test_what_is_not_known_says_so():
    figure = views.logging_cost(costs(("REJECT", "s3_text", NONE, NONE, NONE, NONE)))
    assert series(figure, "bar").name == "REJECT, not known (?)"
    assert series(figure, "bar").customdata[0] == "REJECT to s3_text<br>not known"


def test_hovering_tells_the_amounts_and_what_is_blind():
    frame = costs(("REJECT", "s3_text", 4.0, 1.0, 2.0, 9.0)).assign(blinds="blind: flood; in part: intrusion")
    assert series(views.logging_cost(frame), "bar").customdata[0].split("<br>") == [
        "REJECT to s3_text", "$5.00 a month, $2.00 to $9.00", "1,000 records and 0.5 GB a day", "blind: flood",
        "in part: intrusion",
    ]  # fmt: skip


def test_nothing_is_told():
    figure = views.logging_cost(costs())
    assert [note.text for note in figure.layout.annotations] == [
        "no line was delivered in this scope: no rate, and no cost"
    ]
    assert figure.layout.meta["caption"] == "What logging costs. Scope: all records."


def test_text_is_no_markup(hostile):
    figure = views.logging_cost(
        costs(
            *(("ALL", text, 1.0, 0.0, 1.0, 1.0) for text in hostile),
        )
    )
    told = " ".join([*series(figure, "bar").x, *series(figure, "bar").customdata])
    assert "<" not in told.replace("<br>", "")
    assert "%{" not in told


def test_a_frame_of_something_else_is_refused():
    with pytest.raises(ScopeError, match="logging_cost cannot draw this frame: it lacks traffic_type"):
        views.logging_cost(pd.DataFrame({"low": []}))
