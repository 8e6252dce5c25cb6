"""What a notebook keeps: the picture, the caption, the table; and why there is no picture where there is none."""

import html
import json
import re
import time
from typing import ClassVar

import nbformat
import pandas as pd
import plotly.graph_objects as go
import plotly.io as pio
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from kaleido.errors import KaleidoError
from nbclient import NotebookClient
from nbconvert import HTMLExporter

import flowkit as fk
from flowkit import pictures, showing
from flowkit.api import enriched
from flowkit.errors import FlowkitError

pytestmark = pytest.mark.slow

V5 = """
version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
5 eni-a 10.0.0.1 10.0.0.2 40001 443 6 1 1000 1773129600 1773129650 REJECT OK
5 eni-a 10.0.0.2 10.0.0.1 443 40001 6 4 4000 1773129660 1773129719 ACCEPT OK
"""
FIGURE = "application/vnd.plotly.v1+json"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" height="10"/></svg>'
HOSTILE = "<script>alert(1)</script>\"><img src=x onerror=f>'${x}%{y}\\1"


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(V5)


@pytest.fixture
def drawing(monkeypatch):
    """Have a picture drawn without a browser; return how many figures were asked for at once."""
    asked = []

    def drawn(figures):
        asked.append(len(figures))
        return [SVG] * len(figures), ""

    monkeypatch.setattr(pictures, "drawn", drawn)
    return asked


@pytest.fixture
def capture(monkeypatch):
    """Return a function that calls another in a shell whose renderer is given, and returns what it displayed."""
    InteractiveShell.instance()

    def call(function, *arguments, renderer="plotly_mimetype", **options):
        monkeypatch.setenv("PLOTLY_RENDERER", renderer)
        monkeypatch.setattr(pio.renderers, "default", renderer)
        with capture_output() as captured:
            function(*arguments, **options)
        return [output.data for output in captured.outputs]

    yield call
    InteractiveShell.clear_instance()


@pytest.fixture
def shown(capture, monkeypatch):
    """Return a function that shows a frame in a shell, without a picture, and returns what it displayed."""
    monkeypatch.setattr(pictures, "drawn", lambda _figures: ([], ""))
    return lambda frame, **options: capture(fk.show, frame, **options)


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
    assert frame.attrs["caption"] in html.unescape(table["text/html"])
    assert table["text/html"].count("<tr") == len(frame) + 1


@pytest.mark.parametrize("measure", ["bytes", "packets", "records", "bytes_to_server", "bytes_to_client"])
@pytest.mark.parametrize("view", ["talker_sankey", "talker_graph"])
def test_edges_are_shown_by_whatever_they_are_ranked(flows, shown, measure, view):
    figure, _table = shown(fk.analysis.talker_edges(flows, measure=measure, by="place"), view=view)
    assert figure[FIGURE]["layout"]["title"]["text"].startswith(("Who talks to whom, ", "Graph of talkers, "))


@pytest.mark.parametrize(
    ("analysis", "text"),
    [("summary", "first start"), ("conversations", "unanswered"), ("events", "fresh_port")],
)
def test_what_has_no_picture_is_an_open_table(flows, shown, analysis, text):
    (table,) = shown(getattr(fk.analysis, analysis)(flows))
    assert table["text/html"].startswith("<details open>")
    assert f">{text}</td>" in table["text/html"]


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "=1+1", "a\x00b", "\u202egnp.exe", "<img src=x onerror=f>"]
)
def test_names_out_of_an_inventory_are_shown_as_text(flows, shown, tmp_path, text):
    interface = {
        "NetworkInterfaceId": "eni-a",
        "PrivateIpAddress": "10.0.0.1",
        "TagSet": [{"Key": "Name", "Value": text}],
    }
    (tmp_path / "a.json").write_text(json.dumps({"NetworkInterfaces": [interface]}))
    named = enriched(flows, inventory=tmp_path)
    for view in ("talker_sankey", "talker_graph"):
        figure, table = shown(fk.analysis.talker_edges(named, by="name"), view=view)
        drawn = json.dumps([{**trace, "ids": []} for trace in figure[FIGURE]["data"]])  # what is drawn of it
        assert not any(tag in drawn + table["text/html"] for tag in ("<script", "<img"))
        assert html.escape(text) in table["text/html"]


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
    assert ">-</td>" in table["text/html"]


@pytest.mark.parametrize(
    ("attrs", "view", "told"),
    [
        (
            {},
            "talker_pie",
            "no view 'talker_pie' draws this frame. The views are: connection_attempts, coverage, data_transfer_cost, ",
        ),
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


def bars(title="a figure", caption="what was counted", name="bars"):
    figure = go.Figure(go.Bar(y=[1, 2], name=name))
    return figure.update_layout(title_text=title, meta={"caption": caption})


@pytest.mark.usefixtures("drawing")
def test_a_bundle_holds_what_each_viewer_needs():
    found = showing.bundle(bars())
    assert list(found) == [FIGURE, "text/html", "image/svg+xml", "text/plain"]
    assert found["image/svg+xml"] == SVG
    assert found["text/plain"] == "a figure\nwhat was counted"
    place = re.search(r'<div [^>]*class="plotly-graph-div"[^>]*>(.*?)</div>', found["text/html"], re.DOTALL)
    assert 'role="img" aria-label="a figure. what was counted"' in place[0]
    assert place[1].startswith('<img class="flowkit-picture" alt="a figure. what was counted"')
    assert 'src="data:image/svg+xml;base64,PHN2Zy' in place[1]
    assert ".flowkit-picture')?.remove()" in found["text/html"]


def test_a_bundle_without_a_picture_has_figure_and_words(drawing):
    found = showing.bundle(bars(caption=""), pd.DataFrame().assign(), static=False)
    assert list(found) == [FIGURE, "text/html", "text/plain"]
    assert "<img" not in found["text/html"]
    assert 'role="img"' in found["text/html"]
    assert drawing == []


def test_a_figure_without_a_caption_takes_that_of_its_frame():
    frame = pd.DataFrame()
    frame.attrs["caption"] = "of the frame"
    assert showing.bundle(go.Figure(), frame, static=False)["text/plain"] == "Figure\nof the frame"


@pytest.mark.usefixtures("drawing")
def test_nothing_in_a_figure_is_fetched_and_hostile_text_stays_text():
    found = showing.bundle(bars(html.escape(HOSTILE), HOSTILE, HOSTILE))
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", found["text/html"])
    assert "<script>alert" not in found["text/html"]
    assert "<img src=x" not in found["text/html"]
    assert f'aria-label="{html.escape(HOSTILE + ". " + HOSTILE)}"' in found["text/html"]


def test_several_figures_are_drawn_at_once_and_stand_with_their_tables(capture, drawing):
    frame = pd.DataFrame({"a": [HOSTILE]})
    frame.attrs["caption"] = HOSTILE
    items = [("a figure", bars(), frame), ("another name", bars(), None), (HOSTILE, None, frame)]
    found = capture(showing.put, items, scope=HOSTILE, code=f"narrow({HOSTILE!r})", note=HOSTILE)
    assert drawing == [2]
    assert [next(iter(data)) for data in found if FIGURE in data] == [FIGURE] * 2
    texts = [data["text/html"] for data in found if FIGURE not in data]
    heading, first, second, third, last = texts
    assert heading.startswith(f"<h3>{html.escape(HOSTILE)}</h3><pre><code>narrow(")
    assert re.search(rf"flowkit {re.escape(fk.__version__)}, 20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ\. ", heading)
    assert first.startswith("<details><summary>Table: 1 rows. ")
    assert second == "<h4>another name</h4>"
    assert third == f"<h4>{html.escape(HOSTILE)}</h4>"
    assert last.startswith("<details open>")
    assert not any(tag in text for text in texts for tag in ("<script", "<img", "onerror=f>"))


def test_a_picture_is_drawn_unless_it_is_not_wanted(capture, drawing, flows):
    frame = fk.analysis.top_talkers(flows)
    assert "image/svg+xml" in capture(fk.show, frame)[0]
    assert "image/svg+xml" not in capture(fk.show, frame, static=False)[0]
    assert drawing == [1]


def test_another_renderer_than_ours_shows_in_its_own_way(capture, drawing, flows):
    figure, table = capture(fk.show, fk.analysis.top_talkers(flows), renderer="json")
    assert list(figure) == ["application/json"]
    assert table["text/html"].startswith("<details>")
    assert drawing == []


@pytest.mark.usefixtures("drawing")
def test_plotly_is_put_into_the_page_once_and_again_where_its_cell_is_run_again(capture, monkeypatch):
    shell = InteractiveShell.instance()

    def embedded(cell, run, *deleted):
        metadata = {"cellId": cell, "deletedCells": list(deleted)}
        monkeypatch.setattr(
            type(shell), "parent_header", {"header": {"msg_id": run}, "metadata": metadata}, raising=False
        )
        items = [("", bars(), None)] * 2
        found = capture(showing.put, items, scope="", code="", renderer="plotly_mimetype+notebook")
        return sum(len(data["text/html"]) > 1_000_000 for data in found)

    assert embedded("a", "1") == 1
    assert embedded("b", "2") == 0
    assert embedded("a", "3") == 1
    assert embedded("b", "4", "a") == 1
    assert embedded("a", "5") == 0


@pytest.fixture
def fresh(monkeypatch):
    """Have no browser running, none given up, and none named."""
    monkeypatch.setattr(pictures, "_running", [])
    monkeypatch.setattr(pictures, "_given_up", [])
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    monkeypatch.delenv("FLOWKIT_CHROMIUM", raising=False)
    return monkeypatch


def program(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o700)
    return str(path)


class Kaleido:
    """What kaleido offers, without a browser; it fails where a figure has no data."""

    def __init__(self, **options):
        self.options, self.closed = options, False
        self.made.append(self)

    made: ClassVar = []

    async def open(self):
        pass

    async def close(self):
        self.closed = True

    async def calc_fig(self, figure, size):
        if not figure["data"]:
            raise KaleidoError(525, "plotly error")
        return f"<svg>{figure['layout']['title']['text']} {size['width']} {size['height']}</svg>".encode()


@pytest.fixture
def faked(fresh, tmp_path):
    """Have no real browser; return those that were started."""
    fresh.setattr("kaleido.Kaleido", Kaleido)
    fresh.setattr(Kaleido, "made", [])
    fresh.setenv("FLOWKIT_CHROMIUM", str(tmp_path))
    return Kaleido.made


def test_one_browser_draws_all_and_can_reach_no_network(faked, tmp_path):
    sized = bars("b").update_layout(width=700, height=300)
    assert pictures.drawn([bars("a"), sized]) == (["<svg>a 1000 460</svg>", "<svg>b 700 300</svg>"], "")
    assert pictures.drawn([bars("c")]) == (["<svg>c 1000 460</svg>"], "")
    (browser,) = faked
    assert browser.options == {"path": str(tmp_path), "mathjax": False, "timeout": 60, "proxy_server": "127.0.0.1:9"}
    assert not browser.closed


def test_a_figure_that_cannot_be_drawn_is_told_and_the_next_one_is_drawn(faked):
    assert pictures.drawn([go.Figure()]) == ([], "plotly.js does not draw this (Error 525: plotly error).")
    assert pictures.drawn([bars("c")]) == (["<svg>c 1000 460</svg>"], "")
    assert len(faked) == 1


def test_a_browser_that_draws_nothing_for_long_is_closed_and_another_started(faked, fresh):
    fresh.setattr(pictures, "_IDLE", 0.01)
    assert pictures.drawn([bars("a")])[1] == ""
    for _ in range(100):
        if faked[0].closed:
            break
        time.sleep(0.05)
    assert faked[0].closed
    assert pictures.drawn([bars("b")])[1] == ""
    assert len(faked) == 2


def test_without_kaleido_it_is_said_what_to_install(fresh, capture, flows):
    fresh.setattr(pictures, "find_spec", lambda _name: None)
    figure, table = capture(fk.show, fk.analysis.top_talkers(flows))
    assert FIGURE in figure
    assert html.unescape(table["text/html"]).endswith(
        'No static picture: install kaleido (pip install "vpc-flowkit[static]") and Chromium or Chrome.</small></p>'
    )


def test_without_a_browser_it_is_said_what_to_install(fresh, tmp_path):
    fresh.setenv("BROWSER_PATH", str(tmp_path / "none"))
    told = f"there is no browser at {tmp_path / 'none'}: install Chromium or Chrome, or name one in BROWSER_PATH."
    assert pictures.drawn([bars()]) == ([], told)


@pytest.mark.parametrize(
    ("text", "patience", "told"),
    [("exit 1", 60.0, "the browser failed ("), ("exec sleep 30", 2.0, "the browser took more than 2 s.")],
)
def test_a_browser_that_fails_is_told_of_and_left_alone(fresh, tmp_path, text, patience, told):
    fresh.setattr(pictures, "PATIENCE", patience)
    fresh.setenv("BROWSER_PATH", program(tmp_path / "browser", text))
    found, why = pictures.drawn([bars()])
    assert found == []
    assert why.startswith(told)
    assert why.endswith("It is not tried again before the kernel restarts.")
    fresh.setattr(pictures, "_browser", None)
    assert pictures.drawn([bars()]) == ([], why)


CELLS = [
    "import flowkit as fk\nflows = fk.load('sample')\nfrom flowkit import showing, pictures",
    "talkers = fk.analysis.top_talkers(flows)\nfk.show(talkers)",
    """edges = fk.analysis.talker_edges(flows)
items = [("Who talks to whom, bytes", fk.views.talker_sankey(edges), edges),
         ("Rejects", fk.views.reject_timeline(rejects := fk.analysis.reject_timeline(flows)), rejects)]
showing.put(items, scope=flows.scope, code="fk.load('sample')", note="a note")""",
]


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """Return a notebook as it is after it was run, with no word to plotly or flowkit about renderers."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS])
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PLOTLY_RENDERER", raising=False)
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        NotebookClient(made, timeout=300, kernel_name="python3").execute()
    return made


@pytest.mark.browser
def test_a_notebook_keeps_pictures_beside_the_figures(notebook, artefacts):
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    said = "".join(output.text for output in outputs if output.output_type == "stream")  # how far the work has come
    assert not any(word in said.lower() for word in ("warning", "error", "browser", "chrom"))
    kept = [output["data"] for output in outputs if output.output_type != "stream"]
    figures = [data for data in kept if FIGURE in data]
    assert len(figures) == 3
    assert all(data["image/svg+xml"].startswith("<svg") for data in figures)
    assert "Who talks to whom, bytes" in figures[1]["image/svg+xml"]
    assert sum(len(data.get("text/html", "")) > 1_000_000 for data in kept) == 1
    assert max(len(data["image/svg+xml"]) for data in figures) < 400_000
    for number, data in enumerate(figures):
        (artefacts / f"kept-{number}.svg").write_text(data["image/svg+xml"], encoding="utf-8")


@pytest.mark.browser
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_an_export_shows_figures_and_tables_without_a_network(
    notebook, tmp_path, chromium, artefacts, foreign, scripts
):
    exporter = HTMLExporter(mathjax_url="", require_js_url="")
    page_text, _resources = exporter.from_notebook_node(notebook)
    path = tmp_path / "export.html"
    path.write_text(page_text, encoding="utf-8")
    context = chromium.new_context(offline=True, java_script_enabled=scripts, viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    asked, errors = [], []
    context.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    images = page.locator("img.flowkit-picture")
    if scripts:
        page.wait_for_function("document.querySelectorAll('.js-plotly-plot .gtitle').length >= 3")
        page.wait_for_function("document.querySelectorAll('img.flowkit-picture').length === 0")
        assert page.locator(".js-plotly-plot").count() == 3
        assert page.locator(".jp-RenderedSVG").count() == 0
    else:
        assert page.locator(".js-plotly-plot").count() == 0
        assert images.count() == 3
        assert all(box["width"] > 600 and box["height"] > 300 for box in map(bounds, images.all()))
    assert page.locator("[role=img][aria-label^='Top talkers by bytes. ']").count() == 1
    assert page.locator("details summary").all_inner_texts()[0].startswith("Table: ")
    assert page.locator("h3").inner_text() == "all records"
    assert page.locator("pre code", has_text="fk.load('sample')").count() == 1
    page.screenshot(path=artefacts / f"export-{'scripts' if scripts else 'no-scripts'}.png", full_page=True)
    context.close()
    assert errors == []
    assert foreign(asked) == []


def bounds(locator):
    locator.scroll_into_view_if_needed()
    return locator.bounding_box()
