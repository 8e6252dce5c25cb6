"""The picture of traffic over time: accepted and rejected differ by more than colour."""

import pandas as pd
import pytest

from flowkit import views
from flowkit.errors import ScopeError
from flowkit.views import style


def test_accepted_and_rejected_differ_by_colour_and_pattern(timeline):
    figure = views.traffic_timeline(timeline(2, ["ACCEPT", "REJECT", "-"], "action"))
    assert [trace.name for trace in figure.data] == ["accepted", "rejected", "not told"]
    assert len({trace.marker.color for trace in figure.data}) == 3
    assert len({trace.marker.pattern.shape for trace in figure.data}) == 3
    assert figure.data[0].marker.color == style.ACCEPT
    assert figure.data[1].marker.color == style.REJECT


@pytest.mark.parametrize(("measure", "each"), [("records", 1), ("packets", 2), ("bytes", 40)])
def test_the_bars_show_the_measure(timeline, measure, each):
    figure = views.traffic_timeline(timeline(3, ["ACCEPT"], "action"), measure=measure)
    assert list(figure.data[0].y) == [each] * 3
    assert figure.layout.yaxis.title.text == measure
    assert figure.layout.yaxis.ticksuffix == ("B" if measure == "bytes" else None)


@pytest.mark.parametrize("buckets", [1_000, 50_000])
def test_a_huge_timeline_has_fewer_than_2000_bars_and_every_byte(timeline, buckets):
    frame = timeline(buckets, ["ACCEPT", "REJECT"], "action")
    figure = views.traffic_timeline(frame)
    assert sum(len(trace.x) for trace in figure.data) < 2_000
    assert sum(sum(trace.y) for trace in figure.data) == frame.bytes.sum()
    assert "Drawn in buckets of " in figure.layout.meta["caption"]


@pytest.mark.parametrize(
    ("buckets", "measure", "words"),
    [
        (0, "bytes", "no records in this scope"),
        (0, "records", "no records in this scope"),
        (2, "bytes", "no bytes in these records"),
    ],
)
def test_nothing_to_draw_is_told(timeline, buckets, measure, words):
    frame = timeline(buckets, ["ACCEPT"], "action").assign(bytes=None)
    assert [note.text for note in views.traffic_timeline(frame, measure=measure).layout.annotations] == [words]


def test_the_caption_is_under_the_title_and_in_the_figure(timeline):
    figure = views.traffic_timeline(timeline(1, ["ACCEPT"], "action", caption="Counted <as> logged. " + "word " * 60))
    assert figure.layout.meta["caption"].startswith("Counted <as> logged. word")
    assert figure.layout.title.subtitle.text.startswith("Counted &lt;as&gt; logged. word")
    assert figure.layout.title.subtitle.text.count("<br>") == 2
    assert figure.layout.margin.t > views.traffic_timeline(timeline(1, ["ACCEPT"], "action")).layout.margin.t


@pytest.fixture
def split(timeline):
    """Return a timeline split by a field: each value accepted and rejected."""

    def make(buckets, values, **attrs):
        frame = timeline(buckets, values, **attrs)
        both = pd.concat([frame.assign(action=action) for action in ("ACCEPT", "REJECT")], ignore_index=True)
        both.attrs = frame.attrs
        return both

    return make


def test_values_are_stacked_with_accepted_and_rejected_together(split):
    figure = views.traffic_timeline(split(2, ["other", "22", "443"], by="dst_port"), measure="packets")
    assert [(trace.name, list(trace.y)) for trace in figure.data] == [(name, [4, 4]) for name in ("22", "443", "other")]
    assert len({(trace.marker.color, trace.marker.pattern.shape) for trace in figure.data}) == 3
    assert figure.layout.title.text == "Traffic over time by dst-port, packets"
    assert figure.layout.legend.title.text == "dst-port"


def test_a_huge_split_timeline_has_fewer_than_2000_bars_and_every_byte(split):
    frame = split(3_000, [str(port) for port in range(40)])
    figure = views.traffic_timeline(frame)
    assert sum(len(trace.x) for trace in figure.data) < 2_000
    assert sum(sum(trace.y) for trace in figure.data) == frame.bytes.sum()
    assert figure.layout.meta["bucket_seconds"] == figure.data[0].width / 1000


def test_values_are_no_markup(split, hostile):
    figure = views.traffic_timeline(split(1, hostile, by="<b>tag</b>"))
    told = [text for trace in figure.data for text in (trace.name, trace.meta, figure.layout.title.text)]
    assert "<" not in " ".join(told).replace("<br>", "")


@pytest.mark.parametrize("buckets", [0, 3, 50_000])
@pytest.mark.parametrize("view", ["traffic_timeline", "reject_timeline"])
def test_the_width_drawn_is_told(timeline, view, buckets):
    frame = timeline(buckets, ["ACCEPT"], "action" if view == "traffic_timeline" else "value", every=300)
    figure = getattr(views, view)(frame)
    widths = {trace.width / 1000 for trace in figure.data} or {300}
    assert widths == {figure.layout.meta["bucket_seconds"]}


def test_a_frame_of_something_else_is_refused(timeline):
    with pytest.raises(ScopeError, match="lacks action"):
        views.traffic_timeline(timeline(1, ["22"]))
