"""A notebook served as an application by tools/app: widgets answer, no code is shown, nothing is asked elsewhere."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
APP = ROOT / "tools" / "app"
CELLS = [
    """import anywidget, traitlets
import ipywidgets as widgets
not_shown = "this is code"

class Counter(anywidget.AnyWidget):
    _esm = '''
    function render({ model, el }) {
      const button = document.createElement("button");
      const say = () => { button.textContent = `counted ${model.get("count")}`; };
      button.onclick = () => { model.set("count", model.get("count") + 1); model.save_changes(); };
      model.on("change:count", say);
      say();
      el.append(button);
    }
    export default { render };
    '''
    count = traitlets.Int(0).tag(sync=True)

counter, seen = Counter(), widgets.HTML("kernel saw 0")
counter.observe(lambda change: setattr(seen, "value", f"kernel saw {change['new']}"), "count")
button, answer = widgets.Button(description="ask", icon="play"), widgets.HTML("nobody asked")
button.on_click(lambda _button: setattr(answer, "value", "asked"))
widgets.VBox([counter, seen, button, answer])""",
    """import plotly.graph_objects as go
from flowkit import showing
figure = go.FigureWidget(go.Bar(y=[1, 2]), layout={"title": {"text": "a widget"}, "height": 300})
figure""",
    """kept = go.Figure(go.Bar(y=[1, 2]), layout={"title": {"text": "a figure"}, "height": 300})
showing.put([("", kept, None)], scope="a scope", code="a line", static=False)""",
]


def started(folder, notebook, *options):
    environment = os.environ | {
        "FLOWKIT_APP_ENV": sys.prefix,
        "FLOWKIT_APP_HOME": str(folder / "home"),
        "HOME": str(folder),
    }
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "PLOTLY_RENDERER", "APP"):
        environment.pop(name, None)
    return subprocess.Popen(
        [str(APP), str(notebook), *options],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def address(app):
    said = []
    for line in app.stdout:
        said.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+/\?token=\w{20,}", line):
            return found[0]
    raise AssertionError("".join(said))


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Return the address of the notebook as an application, and its process."""
    folder = tmp_path_factory.mktemp("app")
    notebook = folder / "a notebook.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS]), notebook)
    app = started(folder, notebook, "--no-browser")
    yield address(app), app
    if app.poll() is None:
        app.kill()


@pytest.fixture(scope="module")
def page(served, chromium):
    context = chromium.new_context(viewport={"width": 1200, "height": 1100})
    page = context.new_page()
    page.requests = []
    context.on("request", lambda request: page.requests.append(request.url))
    page.goto(served[0])
    page.get_by_text("nobody asked").wait_for()
    page.wait_for_function("document.querySelectorAll('.js-plotly-plot .gtitle').length >= 2")
    yield page
    context.close()


def test_widgets_answer_a_click(page, artefacts):
    page.get_by_role("button", name="counted 0").click()
    page.get_by_text("kernel saw 1").wait_for()
    page.get_by_role("button", name="counted 1").wait_for()
    page.get_by_role("button", name="ask").click()
    page.get_by_text("asked", exact=True).wait_for()
    page.screenshot(path=artefacts / "app.png", full_page=True)


def test_figures_are_shown_once_and_the_code_not_at_all(page):
    assert page.locator(".gtitle").all_text_contents() == ["a widget", "a figure"]
    assert page.locator("h3", has_text="a scope").count() == 1
    assert "this is code" not in page.content()
    assert page.locator(".jp-CodeCell .jp-InputArea").count() == 0


def test_the_page_asks_this_machine_only(page, served, foreign):
    page.wait_for_timeout(1_000)
    assert len(page.requests) > 10
    assert foreign(page.requests) == []
    assert all(re.match(r"(http://127\.0\.0\.1:|blob:|data:)", asked) for asked in page.requests)
    assert served[0].startswith("http://127.0.0.1:")


def test_without_the_token_nothing_is_served(page, served, chromium):
    bare = served[0].split("?")[0]
    context = chromium.new_context()
    other = context.new_page()
    other.goto(bare)
    assert other.get_by_text("a scope").count() == 0
    assert "login" in other.url
    context.close()
    assert page.url


def test_an_interrupt_ends_it(page, served):
    assert page.url
    served[1].send_signal(signal.SIGINT)
    for _ in range(40):
        if served[1].poll() is not None:
            break
        time.sleep(0.5)
    assert served[1].poll() == 0
    assert "Traceback" not in served[1].stdout.read()


def test_a_notebook_that_is_not_there_is_told(tmp_path):
    app = started(tmp_path, tmp_path / "none.ipynb")
    assert "there is no notebook" in app.communicate(timeout=60)[0]
    assert app.returncode == 2


def test_the_workbench_is_an_application(tmp_path, chromium, foreign, artefacts):
    app = started(tmp_path, ROOT / "notebooks" / "workbench.ipynb", "--no-browser")
    try:
        page = chromium.new_context(viewport={"width": 1200, "height": 2000}).new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address(app))
        bench = page.locator(".flowkit-workbench")
        bench.locator("[role=status]", has_text=re.compile(r"Overview: \d")).wait_for()
        bench.locator("button", has_text=re.compile("^Talkers$")).click()
        bench.locator(".sankey-link").first.wait_for()
        bench.get_by_label("port", exact=True).fill("5432")
        bench.get_by_label("port", exact=True).press("Enter")
        bench.locator(".gtitle-subtitle", has_text="port 5432").wait_for()
        page.screenshot(path=artefacts / "app-workbench.png")
        assert bench.locator(".flowkit-code input").input_value() == "flows.narrow(port=5432)"
        assert page.locator(".jp-CodeCell .jp-InputArea").count() == 0
        assert foreign(asked) == []
        page.context.close()
    finally:
        app.send_signal(signal.SIGINT)
        app.wait(timeout=30)
