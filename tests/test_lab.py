"""`flowkit lab`: what it becomes, what its server answers; and the prebuilt extension, which belongs to its source."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from hashlib import sha256
from pathlib import Path
from urllib.error import HTTPError, URLError

import pytest

from flowkit.cli.lab_command import lab
from flowkit.errors import FlowkitError
from flowkit.jupyter import launching
from flowkit.jupyter.notebooks import offered
from tests.browser.jupyter import free_port

ROOT = Path(__file__).parents[1]
EXTENSION = ROOT / "labextension"
PREBUILT = EXTENSION / "prebuilt" / "vpc-flowkit"
TOKEN = "a-token-of-the-test"  # noqa: S105 - it opens nothing else
FOLDERS = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "FLOWKIT_CACHE")


def test_the_build_belongs_to_its_source():
    sources = [EXTENSION / "package.json", EXTENSION / "package-lock.json", *sorted((EXTENSION / "src").iterdir())]
    digest = sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    assert (PREBUILT / "source.sha256").read_text().strip() == digest, "the source changed: run make labextension"


def test_the_build_is_whole_and_small():
    about = json.loads((PREBUILT / "package.json").read_text())
    built = about["jupyterlab"]["_build"]
    assert (PREBUILT / built["load"]).is_file()
    assert built["extension"] == "./extension"
    assert sum(path.stat().st_size for path in PREBUILT.rglob("*")) < 100_000
    assert about["version"] == json.loads((EXTENSION / "package.json").read_text())["version"]


def test_neither_source_nor_build_names_an_address_to_ask():
    texts = [path.read_text() for folder in (EXTENSION / "src", PREBUILT / "static") for path in folder.iterdir()]
    found = "".join(texts).replace("http://www.w3.org/2000/svg", "")  # the name of a format, which nobody asks
    assert "://" not in found
    assert "resolved" not in (EXTENSION / "package-lock.json").read_text()


def test_it_is_reachable_from_this_machine_only_and_shows_the_folder(tmp_path):
    made = launching.command(tmp_path, port=8899)
    assert made[:3] == [sys.executable, "-m", "jupyterlab"]
    assert {"--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={tmp_path}", "--ServerApp.port=8899"} <= {*made}
    assert not [part for part in made if "token" in part or "password" in part]


@pytest.mark.parametrize(("browser", "display", "opens"), [(True, ":0", True), (True, "", False), (False, ":0", False)])
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is a screen")
def test_a_browser_is_opened_where_there_is_a_screen(tmp_path, monkeypatch, browser, display, opens):
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", display)
    assert ("--no-browser" not in launching.command(tmp_path, browser=browser)) is opens


@pytest.mark.parametrize("before", [None, "/etc/mine"])
def test_the_users_own_settings_hold(before):
    outer = {"A": "b"} | ({"JUPYTER_CONFIG_PATH": before} if before else {})
    made = launching.environment(outer)
    assert made["JUPYTER_CONFIG_PATH"].split(os.pathsep) == [str(launching.CONFIG), *([before] if before else [])]
    assert made["A"] == "b"


def command(*arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", default=".")
    parser.add_argument("--port", type=int)
    parser.add_argument("--no-browser", action="store_true")
    lab(parser.parse_args(arguments))


def test_the_command_becomes_jupyterlab(tmp_path, monkeypatch):
    became = []
    monkeypatch.setattr(launching.os, "execve", lambda *given: became.append(given))
    command(str(tmp_path), "--port", "8899", "--no-browser")
    ((program, arguments, environment),) = became
    assert (program, arguments[0]) == (sys.executable, sys.executable)
    assert arguments == launching.command(tmp_path, browser=False, port=8899)
    assert str(launching.CONFIG) in environment["JUPYTER_CONFIG_PATH"]


@pytest.mark.parametrize("folder", ["none", "file", "\x1b[2J"])
def test_a_folder_that_is_none(tmp_path, folder):
    (tmp_path / "file").write_text("")
    with pytest.raises(FlowkitError, match="there is no folder") as told:
        launching.command(tmp_path / folder)
    assert "\x1b" not in str(told.value)


def test_without_jupyterlab_it_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setattr(launching, "find_spec", lambda _: None)
    with pytest.raises(FlowkitError, match=r"pip install 'vpc-flowkit\[lab\]'"):
        launching.command(tmp_path)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Run `flowkit lab` with a token on a folder with an odd name; yield a function that asks it, and its process."""
    home = tmp_path_factory.mktemp("home")
    root = home / "a folder; with 'quotes'"
    root.mkdir()
    port = free_port()
    code = f"from flowkit.jupyter.launching import launch; launch({str(root)!r}, browser=False, port={port})"
    environment = os.environ | {name: str(home / name.lower()) for name in FOLDERS} | {"JUPYTER_TOKEN": TOKEN}
    with (home / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=log, stderr=log)

    def ask(path, token=TOKEN):
        header = {"Authorization": f"token {token}"} if token else {}
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/{path}", headers=header)
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310 - our own address
            return json.load(answer)

    try:
        for _ in range(240):
            try:
                ask("api/status")
                break
            except URLError:
                assert process.poll() is None, (home / "log").read_text()
                time.sleep(0.5)
        yield ask, process
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_the_server_offers_the_notebooks(server):
    ask, _ = server
    rows = ask("flowkit/notebooks")["notebooks"]
    assert [row["name"] for row in rows] == [one.name for one in offered()]
    assert rows[0] == {
        "name": "investigation", "kind": "investigation", "label": "New flow investigation",
        "question": "A new investigation",
    }  # fmt: skip
    assert ask("flowkit/notebooks/flood")["content"] == next(one for one in offered() if one.name == "flood").content()


@pytest.mark.slow
def test_the_extension_is_among_those_of_the_page(server):
    ask, _ = server
    names = {one["name"] for one in ask("lab/api/extensions")}
    assert "vpc-flowkit" in names


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "token", "code"),
    [
        ("flowkit/notebooks", None, 403),
        ("flowkit/notebooks/flood", "wrong", 403),
        ("flowkit/notebooks/none", TOKEN, 404),
        ("flowkit/notebooks/..%2f..%2fREADME", TOKEN, 404),
    ],
)
def test_nothing_else_is_answered_and_nobody_else(server, path, token, code):
    ask, _ = server
    with pytest.raises(HTTPError) as refused:
        ask(path, token)
    assert refused.value.code == code


@pytest.mark.slow
def test_it_ends_with_its_process(server):
    _, process = server
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) is not None
