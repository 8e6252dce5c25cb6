"""The picture of rejected traffic: all of it, few enough bars, nothing from the log taken for markup."""

import pytest

from flowkit import views
from flowkit.errors import ScopeError
from flowkit.views import style


def bars(figure):
    return sum(len(trace.x) for trace in figure.data)


def height(figure):
    return sum(int(sum(trace.y)) for trace in figure.data)


def test_a_bar_per_bucket_and_value(timeline):
    frame = timeline(3, ["22", "443"], by="dstport")
    figure = views.reject_timeline(frame)
    assert [(trace.name, list(trace.y)) for trace in figure.data] == [("22", [1, 1, 1]), ("443", [1, 1, 1])]
    assert figure.layout.barmode == "stack"
    assert figure.data[0].width == 60_000
    assert figure.layout.legend.title.text == "dstport"
    assert [list(trace.y) for trace in views.reject_timeline(frame, measure="bytes").data] == [[40] * 3, [40] * 3]


def test_other_is_grey_and_last_however_large(timeline):
    figure = views.reject_timeline(timeline(2, ["other", "22", "443"]))
    assert [trace.name for trace in figure.data] == ["22", "443", "other"]
    assert figure.data[-1].marker.color == style.OTHER
    assert style.OTHER not in style.PALETTE


def test_no_two_values_look_alike(timeline):
    figure = views.reject_timeline(timeline(1, [str(port) for port in range(24)]))
    assert len({(trace.marker.color, trace.marker.pattern.shape) for trace in figure.data}) == 24


def test_more_values_than_can_be_told_apart_join_other(timeline):
    frame = timeline(1, [str(port) for port in range(500)])
    figure = views.reject_timeline(frame)
    assert len(figure.data) == 25
    assert figure.data[-1].name == "other"
    assert list(figure.data[-1].y) == [476]
    assert height(figure) == frame.records.sum()
    assert "Drawn: the 24 highest of 500 value, the rest as other." in figure.layout.meta["caption"]


@pytest.mark.parametrize(("buckets", "values"), [(200, 9), (10_000, 9), (100_000, 1), (5_000, 60)])
def test_a_huge_timeline_has_fewer_than_2000_bars_and_every_record(timeline, buckets, values):
    frame = timeline(buckets, [str(port) for port in range(values)])
    figure = views.reject_timeline(frame)
    assert bars(figure) < 2_000
    assert height(figure) == frame.records.sum()
    if len(frame) > 2_000:
        assert "Drawn in buckets of " in figure.layout.meta["caption"]
        assert figure.data[0].width > 60_000
    assert frame.attrs["every"] == 60  # the frame itself stays as it was
    assert frame.attrs["caption"] == "What was counted. Scope: all records."


def test_finding_nothing_is_told(timeline):
    figure = views.reject_timeline(timeline(0, []))
    assert [note.text for note in figure.layout.annotations] == ["no rejected records in this scope"]
    assert bars(figure) == 0


def test_measuring_nothing_is_told(timeline):
    frame = timeline(2, ["22"]).assign(bytes=None)
    figure = views.reject_timeline(frame, measure="bytes")
    assert [note.text for note in figure.layout.annotations] == ["no bytes in these records"]


def test_the_caption_is_under_the_title_and_in_the_figure(timeline):
    figure = views.reject_timeline(timeline(1, ["22"]))
    assert figure.layout.meta["caption"] == "What was counted. Scope: all records."
    assert figure.layout.title.subtitle.text == "What was counted. Scope: all records."


def test_gaps_are_shaded_and_few_of_them_named(timeline):
    gaps = [("2026-03-10T08:00:00Z", "2026-03-10T08:00:59Z", why) for why in ("SKIPDATA", "no record")]
    figure = views.reject_timeline(timeline(2, ["22"], gaps=gaps))
    assert [(shape.x0, shape.x1) for shape in figure.layout.shapes] == [gap[:2] for gap in gaps]
    assert [note.text for note in figure.layout.annotations] == ["SKIPDATA", "no record"]
    many = views.reject_timeline(timeline(2, ["22"], gaps=gaps * 3))
    assert (len(many.layout.shapes), len(many.layout.annotations)) == (6, 0)


def test_text_from_a_log_is_no_markup(timeline, hostile):
    figure = views.reject_timeline(timeline(1, hostile, by="<b>tag</b>"))
    told = [text for trace in figure.data for text in (trace.name, trace.meta, trace.hovertemplate)]
    told += [figure.layout.title.text, figure.layout.legend.title.text]
    without_breaks = " ".join(told).replace("<br>", "").replace("<extra></extra>", "")
    assert "<" not in without_breaks
    assert all(len(trace.name) < 100 for trace in figure.data)
    assert not any(value in trace.hovertemplate for trace in figure.data for value in hostile)


@pytest.mark.parametrize(
    ("frame", "measure", "told"),
    [
        (lambda timeline, _: timeline(1, ["22"]), "octets", "measure is one of records, packets, bytes"),
        (lambda timeline, _: timeline(1, ["22"], column="action"), "records", "lacks value"),
        (lambda _, edges: edges(("a", "b", 1)), "records", "lacks bucket, value"),
    ],
)
def test_a_frame_of_something_else_is_refused(timeline, edges, frame, measure, told):
    with pytest.raises(ScopeError, match=told):
        views.reject_timeline(frame(timeline, edges), measure=measure)
