"""The cards of `flowkit lab` in a real JupyterLab: a click opens a copy of a notebook; nothing leaves the machine."""

import json
import os
import subprocess

import pytest

from flowkit.jupyter import launching, notebooks
from tests.browser.jupyter import IDLE, free_port, wait_for

FOLDERS = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "FLOWKIT_CACHE")
SHOWN = [one for one in notebooks.offered() if one.kind != "training"]
TRAINING = [one for one in notebooks.offered() if one.kind == "training"]


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """Run what `flowkit lab` becomes on an empty folder, without a token; yield the address and the folder."""
    home = tmp_path_factory.mktemp("home")
    root = tmp_path_factory.mktemp("work")
    port = free_port()
    command = [
        *launching.command(root, browser=False, port=port), "--IdentityProvider.token=",
        "--ServerApp.disable_check_xsrf=True", "--expose-app-in-browser",
    ]  # fmt: skip
    environment = launching.environment(os.environ | {name: str(home / name.lower()) for name in FOLDERS})
    with (home / "lab.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=root, env=environment, stdout=log, stderr=log)
        try:
            wait_for(server, f"http://127.0.0.1:{port}/api/status", home / "lab.log")
            yield f"http://127.0.0.1:{port}", root
        finally:
            server.terminate()
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()


@pytest.fixture(scope="module")
def page(started, chromium):
    address, _ = started
    context = chromium.new_context(viewport={"width": 1400, "height": 1100})
    page = context.new_page()
    page.requests, page.errors = [], []
    context.on("request", lambda request: page.requests.append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(f"{address}/lab?reset")
    page.locator(".jp-LauncherCard", has_text="New flow investigation").wait_for()
    yield page
    context.close()


def launcher(page):
    """Show a launcher, and return its section of ours."""
    page.evaluate("window.jupyterapp.commands.execute('launcher:create')")
    section = page.locator(".jp-Launcher-section:visible", has_text="New flow investigation")
    section.wait_for()
    return section


def tags(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return {tag for cell in cells for tag in cell["metadata"].get("tags", ())}


def test_there_is_a_card_for_each_notebook_and_one_for_training(page, artefacts):
    labels = page.locator(".jp-Launcher-section", has_text="New flow investigation").locator(".jp-LauncherCard-label")
    expected = [one.label for one in SHOWN] + ["Training"] * bool(TRAINING)
    assert [label.strip() for label in labels.all_inner_texts()] == expected
    page.screenshot(path=artefacts / "launcher.png")


def test_a_card_opens_a_copy_with_a_parameters_cell(page, started, artefacts):
    _, root = started
    launcher(page).locator(".jp-LauncherCard", has_text="Connectivity").click()
    page.wait_for_function(IDLE)
    assert page.evaluate("window.jupyterapp.shell.currentWidget.context.path") == "connectivity.ipynb"
    assert "parameters" in tags(root / "connectivity.ipynb")
    page.locator(".jp-NotebookPanel:visible h1", has_text="Why can this host not reach that one").wait_for()
    page.screenshot(path=artefacts / "launcher-connectivity.png")


def test_a_second_copy_leaves_the_first(page, started):
    _, root = started
    (root / "connectivity.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    launcher(page).locator(".jp-LauncherCard", has_text="Connectivity").click()
    page.wait_for_function("window.jupyterapp.shell.currentWidget?.context?.path === 'connectivity-2.ipynb'")
    assert json.loads((root / "connectivity.ipynb").read_text())["cells"] == []
    assert "parameters" in tags(root / "connectivity-2.ipynb")
    assert not list(root.glob("Untitled*"))


def search(page, text):
    """Open the command palette, and return what it finds."""
    page.wait_for_function(IDLE)  # a notebook that opens takes the focus, which closes the palette
    page.evaluate("window.jupyterapp.commands.execute('apputils:activate-command-palette')")
    page.locator(".lm-CommandPalette-input:visible").fill(text)
    return page.locator(".lm-CommandPalette-item:visible .lm-CommandPalette-itemLabel")


def test_the_palette_has_an_entry_for_each(page):
    expected = {one.label for one in SHOWN} | {f"Training: {one.label}" for one in TRAINING}
    assert expected | ({"Training"} if TRAINING else set()) <= set(search(page, "flowkit").all_inner_texts())
    page.keyboard.press("Escape")
    search(page, "flowkit exfiltration").first.click()
    page.wait_for_function("window.jupyterapp.shell.currentWidget?.context?.path === 'exfiltration.ipynb'")


@pytest.mark.skipif(not TRAINING, reason="there is no training notebook yet")
def test_training_asks_which_and_opens_it(page, started):
    _, root = started
    launcher(page).locator(".jp-LauncherCard", has_text="Training").click()
    page.locator(".jp-Dialog select").select_option(index=0)
    page.locator(".jp-Dialog .jp-mod-accept").click()
    name = f"{TRAINING[0].name}.ipynb"
    page.wait_for_function(f"window.jupyterapp.shell.currentWidget?.context?.path === '{name}'")
    assert "parameters" in tags(root / name)


def test_no_request_left_the_machine_and_no_script_failed(page, foreign):
    assert len(page.requests) > 10
    assert foreign(page.requests) == []
    assert page.errors == []
