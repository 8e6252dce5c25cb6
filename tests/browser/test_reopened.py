"""What was put into a notebook is seen when it is opened in JupyterLab and not run: figure, picture, table."""

import json
import re
import urllib.request

import nbformat
import pandas as pd
import plotly.graph_objects as go
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from flowkit import pictures, showing

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="700" height="300"><rect width="700" height="90"/></svg>'


@pytest.fixture(scope="module")
def kept():
    """Return a cell with the output that `put` left in it."""
    import plotly.io as pio

    figure = go.Figure(go.Bar(y=[1, 2]), layout={"title": {"text": "a figure"}, "height": 300})
    frame = pd.DataFrame({"address": ["10.0.0.1", "<b>10.0.0.2</b>"], "bytes": [1_000, 2]})
    frame.attrs["caption"] = "what was counted"
    InteractiveShell.instance()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "drawn", lambda figures: ([SVG] * len(figures), ""))
        patch.setenv("PLOTLY_RENDERER", "plotly_mimetype+notebook")
        patch.setattr(pio.renderers, "default", "plotly_mimetype+notebook")
        with capture_output() as captured:
            showing.put([("", figure, frame)], scope="a scope", code="a line", note="a note")
    InteractiveShell.clear_instance()
    cell = nbformat.v4.new_code_cell("raise RuntimeError('this notebook is not run')")
    cell.outputs = [nbformat.v4.new_output("display_data", data=output.data) for output in captured.outputs]
    return cell


@pytest.fixture(scope="module")
def reopened(lab, chromium, kept):
    """Return a function that opens the cell in JupyterLab, and returns the page."""
    contexts = []

    def opened(name, *, without=(), code=""):
        cell = nbformat.from_dict(json.loads(json.dumps(kept)))
        cell.source = code or cell.source
        for output in cell.outputs:
            for mime in without:
                output.data.pop(mime, None)
        notebook = nbformat.v4.new_notebook(cells=[cell])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        model = json.dumps({"type": "notebook", "format": "json", "content": notebook}).encode()
        asked = urllib.request.Request(  # noqa: S310 - our own address
            f"{lab}/api/contents/{name}", model, {"Content-Type": "application/json"}, method="PUT"
        )
        urllib.request.urlopen(asked, timeout=30).close()  # noqa: S310 - our own address
        context = chromium.new_context(viewport={"width": 1400, "height": 1000})
        contexts.append(context)
        page = context.new_page()
        page.requests = []
        context.on("request", lambda request: page.requests.append(request.url))
        page.goto(f"{lab}/lab/tree/{name}?reset")
        page.locator(".jp-OutputArea-output h3", has_text="a scope").wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()


CODE = """import plotly.graph_objects as go
from flowkit import showing
showing.put([("", go.Figure(go.Bar(y=[1])), None)], scope="a scope", code="", static=False)"""
IDLE = "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"


def test_a_cell_that_is_run_again_keeps_plotly_in_the_notebook(reopened, lab):
    page = reopened("again.ipynb", code=CODE)
    page.wait_for_function(IDLE)
    for number in (1, 2):
        page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        page.locator(".jp-CodeCell .jp-InputPrompt", has_text=f"[{number}]:").wait_for()
        page.locator(".js-plotly-plot .main-svg").first.wait_for()
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    for _ in range(40):
        with urllib.request.urlopen(f"{lab}/api/contents/again.ipynb", timeout=30) as answer:  # noqa: S310 - our own
            (cell,) = json.load(answer)["content"]["cells"]
        if cell["execution_count"] == 2:
            break
        page.wait_for_timeout(500)
    assert cell["execution_count"] == 2
    texts = ["".join(output["data"].get("text/html", "")) for output in cell["outputs"]]
    assert sum(len(text) > 1_000_000 for text in texts) == 1


def test_figure_and_table_are_seen_though_nothing_was_run(reopened, artefacts, foreign):
    page = reopened("kept.ipynb")
    drawn = page.locator(".js-plotly-plot .gtitle", has_text="a figure")
    drawn.wait_for()
    assert drawn.count() == 1
    assert page.locator(".barlayer .point").count() == 2
    assert page.locator("img.flowkit-picture, .jp-RenderedSVG").count() == 0  # nothing is seen twice
    summary = page.locator(".jp-OutputArea-output details summary")
    assert summary.inner_text() == "Table: 2 rows. what was counted"
    summary.click()
    assert "<b>10.0.0.2</b>" in page.locator(".jp-OutputArea-output details table").inner_text()
    assert re.match(r"flowkit .+Z\. a note$", page.locator(".jp-OutputArea-output p").first.inner_text())
    assert page.locator(".jp-CodeCell .jp-InputPrompt").first.inner_text().strip() in ("[ ]:", "[]:")
    page.screenshot(path=artefacts / "reopened.png")
    assert foreign(page.requests) == []


def test_a_viewer_without_plotly_shows_the_picture(reopened, artefacts):
    # Not trusted, since this JupyterLab did not run it: HTML is shown, its scripts do not run.
    page = reopened("without-plotly.ipynb", without=("application/vnd.plotly.v1+json",))
    picture = page.locator("img.flowkit-picture, .jp-OutputArea-output img")
    picture.first.wait_for()
    assert picture.count() == 1
    assert picture.get_attribute("alt") == "a figure. what was counted"
    assert picture.bounding_box()["width"] == 700
    assert page.locator(".js-plotly-plot").count() == 0
    page.screenshot(path=artefacts / "reopened-without-plotly.png")
