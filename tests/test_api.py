"""fk.load's doors, and fk.show in a shell: the picture, the caption, the table."""

import ibis
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import flowkit as fk
from flowkit.errors import FlowkitError, SourceError

V5 = """
version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
5 eni-a 10.0.0.1 10.0.0.2 40001 443 6 1 1000 1773129600 1773129650 REJECT OK
5 eni-a 10.0.0.2 10.0.0.1 443 40001 6 4 4000 1773129660 1773129719 ACCEPT OK
"""
FIGURE = "application/vnd.plotly.v1+json"


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(V5)


@pytest.fixture
def shown(monkeypatch):
    """Return a function that shows a frame in a real shell, and returns the bundles it displayed."""
    monkeypatch.setenv("PLOTLY_RENDERER", "plotly_mimetype")
    InteractiveShell.instance()

    def show(frame, **options):
        import plotly.io as pio

        monkeypatch.setattr(pio.renderers, "default", "plotly_mimetype")
        with capture_output() as captured:
            fk.show(frame, **options)
        return [output.data for output in captured.outputs]

    yield show
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(
    ("analysis", "view", "title"),
    [
        ("reject_timeline", None, "Rejected traffic by dstport"),
        ("traffic_timeline", None, "Traffic over time, bytes"),
        ("top_talkers", None, "Top talkers by bytes"),
        ("talker_edges", None, "Who talks to whom, bytes"),
        ("talker_edges", "talker_graph", "Graph of talkers, bytes"),
    ],
)
def test_an_analysis_is_shown_as_picture_caption_and_table(flows, shown, analysis, view, title):
    frame = getattr(fk.analysis, analysis)(flows)
    figure, table = shown(frame, view=view)
    assert figure[FIGURE]["layout"]["title"]["text"] == title
    assert figure[FIGURE]["layout"]["meta"]["caption"] == frame.attrs["caption"]
    assert table["text/html"].startswith(f"<details><summary>Table: {len(frame)} rows. ")
    assert frame.attrs["caption"] in table["text/html"]
    assert table["text/html"].count("<tr") == len(frame) + 1


def test_what_has_no_picture_is_an_open_table(flows, shown):
    (table,) = shown(fk.analysis.summary(flows))
    assert table["text/html"].startswith("<details open>")
    assert "<td>first start</td>" in table["text/html"]


def test_a_long_table_is_cut_and_says_so(shown):
    frame = pd.DataFrame({"address": [f"10.0.0.{n}" for n in range(201)]})
    frame.attrs["analysis"] = "something_tabular"
    (table,) = shown(frame)
    assert "Table: 201 rows (the first 200 shown)." in table["text/html"]
    assert "10.0.0.199<" in table["text/html"]
    assert "10.0.0.200<" not in table["text/html"]


def test_a_table_shows_text_as_text_and_nothing_as_a_dash(shown):
    frame = pd.DataFrame({"<b>name": ["<script>alert(1)</script>", None, "x" * 500]})
    frame.attrs |= {"analysis": "something_tabular", "caption": "<img src=x onerror=alert(1)>"}
    (table,) = shown(frame)
    assert not any(tag in table["text/html"] for tag in ("<script", "<img", "<b>name"))
    assert "&lt;script&gt;" in table["text/html"]
    assert "x" * 500 in table["text/html"]
    assert "<td>-</td>" in table["text/html"]


@pytest.mark.parametrize(
    ("attrs", "view", "told"),
    [
        ({}, None, "no view '' draws this frame. The views are: reject_timeline, talker_graph"),
        ({}, "talker_pie", "no view 'talker_pie' draws this frame"),
        ({"analysis": "summary"}, "summary", "no view 'summary' draws this frame"),
        ({"analysis": "summary"}, "top_talkers", "top_talkers cannot draw this frame"),
        ({}, "__doc__", "no view '__doc__' draws this frame"),
    ],
)
def test_what_cannot_be_drawn_is_refused(shown, attrs, view, told):
    frame = pd.DataFrame({"topic": [], "name": []})
    frame.attrs |= attrs
    with pytest.raises(FlowkitError, match=told):
        shown(frame, view=view)


def test_an_ibis_table_is_flows():
    table = ibis.memtable({"srcaddr": ["10.0.0.1"], "dstaddr": ["10.0.0.2"], "bytes": [40], "start": [1773129600]})
    flows = fk.load(table, start="2026-03-10T08:00Z", end="2026-03-10T08:01Z")
    assert flows.count() == 1
    assert str(flows.scope) == "2026-03-10 08:00Z to 08:01Z"
    assert fk.load(table, end="2026-03-10T08:00Z").count() == 0


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ([], "the list of paths is empty"),
        ("s3://bucket/prefix", "aws s3 sync"),
        ("cloudwatch://eu-central-1/group", "aws logs filter-log-events"),
        (["sample", "s3://bucket"], "reads files and folders only"),
    ],
)
def test_a_source_of_another_kind_is_refused_with_what_to_do(source, told):
    with pytest.raises(SourceError, match=told):
        fk.load(source)


def test_the_code_of_a_load_makes_it_again(flows, tmp_path):
    path = tmp_path / "it's.log"
    path.write_text(V5.strip(), encoding="utf-8")
    loaded = fk.load(path)
    assert eval(loaded.origin.code, {"fk": fk}).count() == flows.count() == 2  # noqa: S307 - our own code
