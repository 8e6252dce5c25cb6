"""A JupyterLab of our own, for all browser tests: fresh settings, this machine only; and notebooks run in it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from shutil import copy
from urllib.error import URLError

import pytest

ROOT = Path(__file__).parents[2]
WIDTH = 1400
IDLE = """() => {
    const notebook = window.jupyterapp?.shell.currentWidget;
    return notebook?.sessionContext?.session?.kernel?.status === 'idle';
}"""
# No news toast over the figures; every cell in the page, also those not scrolled to.
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """Return the address of a JupyterLab whose root holds a copy of the notebooks."""
    home = tmp_path_factory.mktemp("home")
    folders = {name: home / name.lower() for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    folders |= {"HOME": home, "IPYTHONDIR": home / "ipython", "FLOWKIT_CACHE": home / "cache"}
    overrides = folders["JUPYTER_CONFIG_DIR"] / "labconfig" / "default_setting_overrides.json"
    overrides.parent.mkdir(parents=True)
    overrides.write_text(json.dumps(SETTINGS), encoding="utf-8")
    root = home / "work"
    root.mkdir()
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        copy(notebook, root)
    port = free_port()
    options = [
        "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=",
        "--ServerApp.disable_check_xsrf=True", "--expose-app-in-browser", f"--ServerApp.root_dir={root}",
    ]  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    environment = os.environ | {name: str(folder) for name, folder in folders.items()}
    environment.pop("PLOTLY_RENDERER", None)
    with (home / "lab.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options], cwd=root, env=environment, stdout=log, stderr=log
        )
        try:
            answers(server, f"http://127.0.0.1:{port}/api/status", home / "lab.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()  # ends its kernels, too
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()


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
        page.wait_for_function(IDLE, timeout=120_000)
        page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        # The last cell has run, and every figure is drawn.
        page.locator(".jp-CodeCell").last.locator(".jp-OutputArea-output").first.wait_for(timeout=180_000)
        drawn = "document.querySelectorAll('.jp-OutputArea .js-plotly-plot .main-svg .gtitle').length"
        page.wait_for_function(f"{drawn} >= {figures}", timeout=60_000)
        page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
        height = page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollHeight")
        page.set_viewport_size({"width": WIDTH, "height": int(height) + 200})
        page.wait_for_timeout(1_500)  # plotly fits its figures to the new width
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


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(server, address, log):
    """Wait until the server answers; if it ends before, show what it said."""
    for _ in range(240):
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own address
                return
        except (URLError, ConnectionError, TimeoutError):
            assert server.poll() is None, log.read_text(encoding="utf-8")
            time.sleep(0.5)
    pytest.fail(log.read_text(encoding="utf-8"))
