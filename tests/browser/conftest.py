"""A JupyterLab of our own, for all browser tests: fresh settings, this machine only; and notebooks run in it."""

from pathlib import Path

import pytest

from tests.browser.jupyter import IDLE, served

ROOT = Path(__file__).parents[2]
WIDTH = 1400


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """Return the address of a JupyterLab whose root holds a copy of the notebooks."""
    with served(tmp_path_factory.mktemp("home"), (ROOT / "notebooks").glob("*.ipynb")) as address:
        yield address


@pytest.fixture(scope="module")
def opened(lab, chromium):
    """Return a function that opens a notebook, runs all its cells and returns the page, high enough for all of it.

    `requests` of the page lists every address asked for.
    """
    contexts = []

    def run(name, figures):
        context = chromium.new_context(viewport={"width": WIDTH, "height": 1000})
        contexts.append(context)
        page = context.new_page()
        page.requests = []
        context.on("request", lambda request: page.requests.append(request.url))
        page.goto(f"{lab}/lab/tree/{name}?reset")
        page.wait_for_function(IDLE)
        page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        # The last cell has run, and every figure is drawn.
        last = "[...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')].pop()"
        page.wait_for_function(f"/\\d/.test({last}.textContent)")
        drawn = "document.querySelectorAll('.jp-OutputArea .js-plotly-plot .main-svg .gtitle').length"
        page.wait_for_function(f"{drawn} >= {figures}")
        page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
        height = page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollHeight")
        page.set_viewport_size({"width": WIDTH, "height": int(height) + 200})
        page.wait_for_timeout(1_500)  # plotly fits its figures to the new width
        return page

    yield run
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def written(lab, chromium):
    """Return a function that writes a notebook of one cell, runs it, and returns the page."""
    contexts = []

    def run(name, source):
        cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None}
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        content = {"cells": [cell | {"source": source}], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
        context = chromium.new_context(viewport={"width": WIDTH, "height": 1600})
        contexts.append(context)
        page = context.new_page()
        page.requests = []
        context.on("request", lambda request: page.requests.append(request.url))
        saved = page.request.put(
            f"{lab}/api/contents/{name}", data={"type": "notebook", "format": "json", "content": content}
        )
        assert saved.ok
        page.goto(f"{lab}/lab/tree/{name}?reset")
        page.wait_for_function(IDLE)
        page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        return page

    yield run
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def figure():
    """Return a function that finds the figure with a title on a page."""

    def find(page, title):
        return page.locator(".js-plotly-plot").filter(has=page.locator(".gtitle", has_text=title))

    return find


@pytest.fixture(scope="session")
def in_theme():
    """Return a function that shows a page in a theme, from its top."""

    def change(page, theme):
        page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        name = theme.split()[-1].lower()
        page.wait_for_function(f"document.body.dataset.jpThemeLight === '{str(name == 'light').lower()}'")
        page.locator(".jp-WindowedPanel-outer").evaluate("panel => panel.scrollTo(0, 0)")
        page.wait_for_timeout(500)
        return name

    return change
