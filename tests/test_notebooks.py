"""Every notebook runs, is committed without output, and its export shows the figures without a network."""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import gettempdir

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FOLDERS = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "FLOWKIT_CACHE")


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def test_there_are_notebooks():
    assert [path.name for path in NOTEBOOKS][-1] == "tour.ipynb"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_committed_without_output(path):
    code = [cell for cell in cells(path) if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_names_no_machine(path):
    text = path.read_text(encoding="utf-8")
    places = ("/home/", "/Users/", "C:\\\\", gettempdir(), f"{Path.home()}/", str(ROOT))
    assert [place for place in places if place in text] == []
    assert json.loads(text)["metadata"]["kernelspec"]["name"] == "python3"


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """Return a function that runs a notebook in a folder of its own and returns it as HTML."""
    done = {}

    def run(path):
        if path not in done:
            folder = tmp_path_factory.mktemp("export")
            names = (
                "HOME",
                "JUPYTER_CONFIG_DIR",
                "JUPYTER_DATA_DIR",
                "JUPYTER_RUNTIME_DIR",
                "IPYTHONDIR",
                "FLOWKIT_CACHE",
            )
            environment = os.environ | {name: str(folder / name.lower()) for name in names}
            environment.pop("PLOTLY_RENDERER", None)
            # nbconvert runs a notebook where it lies: a copy in an empty folder.
            copy = folder / path.name
            copy.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
            command = [
                sys.executable, "-m", "nbconvert", "--execute", "--to", "html", "--output-dir", str(folder),
                "--ExecutePreprocessor.store_widget_state=False", "--ExecutePreprocessor.timeout=300",
                "--HTMLExporter.mathjax_url=", "--HTMLExporter.require_js_url=", str(copy),
            ]  # fmt: skip
            ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
            assert ran.returncode == 0, ran.stderr
            done[path] = folder / f"{path.stem}.html"
        return done[path]

    return run


@pytest.mark.slow
@pytest.mark.xdist_group("browser")  # where the export is opened, so that it is made once
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs(export, path):
    page = export(path).read_text(encoding="utf-8")
    assert "Flows</b>: all records" in page
    assert 'data-mime-type="application/vnd.jupyter.stderr"' not in page


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_the_export_shows_its_figures_without_a_network(export, chromium, artefacts, foreign, path):
    shown = sum("fk.show(" in "".join(cell["source"]) for cell in cells(path))
    context = chromium.new_context(offline=True, viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    asked, errors = [], []
    context.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(export(path).as_uri())
    drawn = "document.querySelectorAll('.js-plotly-plot .gtitle').length"
    page.wait_for_function(f"{drawn} >= {shown}", timeout=60_000)
    assert page.locator(".js-plotly-plot").count() == shown
    assert page.locator(".barlayer .point").count() > 100
    assert page.locator(".sankey-link").count() > 10
    page.screenshot(path=artefacts / f"{path.stem}-export.png", full_page=True)
    context.close()
    assert errors == []
    assert foreign(asked) == []
