"""Binder: its files belong together and pin what the lock pins; with FLOWKIT_SOAK the environment is made and used."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BINDER = ROOT / "binder"
WELCOME = ROOT / "notebooks" / "welcome.ipynb"
DEMOS = sorted(path for folder in ("notebooks", "playbooks") for path in (ROOT / folder).glob("*.ipynb"))
MOST_INSTALLED = 1_200  # MB
MOST_MEMORY = 1_500  # MB; Binder gives 2,000
soak = pytest.mark.skipif(not os.environ.get("FLOWKIT_SOAK"), reason="takes minutes: FLOWKIT_SOAK (make soak)")


def pins(name):
    lock = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==(\S+)", lock, re.MULTILINE))


def test_what_is_installed_is_what_the_tests_are_pinned_to():
    assert len(pins("binder")) > 100
    assert pins("binder").items() <= pins("test").items()


def test_every_pin_has_its_hashes_and_no_address():
    lock = (ROOT / "requirements" / "binder.txt").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[\w.-]+==)", lock)
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in lock


def test_it_holds_what_the_demos_need():
    assert {"jupyterlab", "ipykernel", "moto", "hatchling"} <= pins("binder").keys()


def test_binder_finds_its_files():
    lines = [line for line in (BINDER / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    (line,) = lines
    assert (BINDER / line.removeprefix("-r ")).resolve() == ROOT / "requirements" / "binder.txt"
    assert re.fullmatch(r"python-3\.1[1-4]\n", (BINDER / "runtime.txt").read_text())
    assert os.access(BINDER / "postBuild", os.X_OK)


def test_post_build_is_bash_that_stops_at_an_error_and_fetches_nothing():
    text = (BINDER / "postBuild").read_text(encoding="utf-8")
    assert text.startswith("#!/bin/bash\n")
    assert "set -euo pipefail" in text
    assert all("--no-index" in line for line in text.splitlines() if "pip install" in line)
    subprocess.run(["/bin/bash", "-n", str(BINDER / "postBuild")], check=True)


def test_the_welcome_leads_to_notebooks_that_are_there():
    text = "".join("".join(cell["source"]) for cell in json.loads(WELCOME.read_text(encoding="utf-8"))["cells"])
    links = re.findall(r"\]\(([^)]+\.ipynb)\)", text)
    assert len(links) >= 7
    assert [link for link in links if not (WELCOME.parent / link).is_file()] == []
    assert f"/lab/tree/notebooks/{WELCOME.name}" in (BINDER / "postBuild").read_text(encoding="utf-8")


BINDER_LINK = "https://mybinder.org/v2/{}?urlpath=lab%2Ftree%2Fnotebooks%2Fwelcome.ipynb"


def badge(*arguments, **variables):
    command = [ROOT / "tools" / "badge", *arguments]
    environment = os.environ | {"PYTHON": sys.executable, "BRANCH": ""} | variables
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("url", "binder", "colab"),
    [
        ("https://github.com/acme/flows", "gh/acme/flows/main", "github/acme/flows/blob/main"),
        ("https://github.com/acme/flows.git", "gh/acme/flows/main", "github/acme/flows/blob/main"),
        ("git@github.com:acme/flows.git", "gh/acme/flows/main", "github/acme/flows/blob/main"),
        ("https://gitlab.com/acme/net/flows/", "gl/acme%2Fnet%2Fflows/main", None),
    ],
)
def test_badges_are_made_from_the_address(url, binder, colab):
    printed = badge(url).stdout
    assert f"({BINDER_LINK.format(binder)})" in printed
    assert (f"https://colab.research.google.com/{colab}/notebooks/welcome.ipynb" in printed) is (colab is not None)


def test_badges_of_another_branch():
    assert (
        BINDER_LINK.format("gh/acme/flows/v1%2Ffix") in badge("https://github.com/acme/flows", BRANCH="v1/fix").stdout
    )


@pytest.mark.parametrize(
    "url",
    ["http://github.com/a/b", "https://example.org/a/b", "https://github.com/a", "https://github.com/a/b)](x", "x"],
)
def test_what_is_no_address_makes_no_badge(url):
    done = badge(url)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "usage: make badge URL=" in done.stderr


def test_badges_are_put_where_their_place_is_marked(tmp_path):
    page = tmp_path / "README.md"
    page.write_text("# A\n<!-- badges -->\nold\n<!-- /badges -->\nB\n", encoding="utf-8")
    for _ in range(2):
        assert badge("https://github.com/acme/flows", str(page)).returncode == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# A\n<!-- badges -->\n[![Open in Binder]")
    assert text.endswith("\n<!-- /badges -->\nB\n")
    assert text.count("mybinder.org/v2") == 1
    assert "old" not in text
    page.write_text("# A\n", encoding="utf-8")
    assert "put them where the badges go" in badge("https://github.com/acme/flows", str(page)).stderr
    assert page.read_text(encoding="utf-8") == "# A\n"


def run(*command, **options):
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, timeout=1_500, **options
    )
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    return done.stdout + done.stderr


def megabytes(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Make what Binder makes of what git would keep: the checkout, the environment, the variables to use it with."""
    folder = tmp_path_factory.mktemp("binder")
    checkout, env = folder / "checkout", folder / "env"
    listed = run("git", "ls-files", "-co", "--exclude-standard", "-z", cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            (checkout / name).write_bytes((ROOT / name).read_bytes())
            (checkout / name).chmod((ROOT / name).stat().st_mode)
    run(sys.executable, "-m", "venv", env)
    run(
        env / "bin" / "python", "-m", "pip", "install", "--no-cache-dir", "-r", checkout / "binder" / "requirements.txt"
    )
    gone = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PLOTLY_RENDERER", "VIRTUAL_ENV"}
    environment = {name: value for name, value in os.environ.items() if name not in gone}
    environment |= {"HOME": str(folder), "FLOWKIT_CACHE": str(folder / "cache"), "IPYTHONDIR": str(folder / "ipython")}
    environment["PATH"] = f"{env / 'bin'}:{environment['PATH']}"
    run("./binder/postBuild", cwd=checkout, env=environment)
    return checkout, env, environment


@soak
@pytest.mark.slow
def test_the_environment_is_small_and_holds_together(built):
    _, env, _ = built
    assert megabytes(env) < MOST_INSTALLED
    run(env / "bin" / "python", "-m", "pip", "check")


@soak
@pytest.mark.slow
def test_the_first_page_is_the_welcome(built):
    _, env, _ = built
    for name, app in (("jupyter_server_config", "ServerApp"), ("jupyter_lab_config", "LabApp")):
        settings = json.loads((env / "etc" / "jupyter" / f"{name}.json").read_text())
        assert settings[app]["default_url"] == "/lab/tree/notebooks/welcome.ipynb"
    assert (env / "share" / "jupyter" / "labextensions" / "vpc-flowkit" / "package.json").is_file()


EXECUTE = """
import sys, time
import nbformat, psutil
from nbclient import NotebookClient

path, folder = sys.argv[1:]
notebook, first = nbformat.read(path, 4), None
client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": folder}})
with client.setup_kernel():
    client.wait_for_reply(client.kc.kernel_info())
    began = time.monotonic()
    for number, cell in enumerate(notebook.cells):
        client.execute_cell(cell, number)
        shown = [kind for output in cell.get("outputs", ()) for kind in output.get("data", {})]
        if first is None and {"application/vnd.plotly.v1+json", "application/vnd.jupyter.widget-view+json"} & {*shown}:
            first = time.monotonic() - began
    kernel = psutil.Process(client.km.provisioner.pid)
    used = [kernel, *kernel.children(recursive=True)]
    print("memory", sum(p.memory_full_info().uss for p in used) // 10**6, "first picture", first)
"""


@soak
@pytest.mark.slow
@pytest.mark.parametrize("path", DEMOS, ids=lambda path: path.name)
def test_every_demo_runs_there_within_the_memory(built, path):
    checkout, env, environment = built
    lies = checkout / path.relative_to(ROOT)
    told = run(env / "bin" / "python", "-c", EXECUTE, lies, lies.parent, env=environment, cwd=lies.parent)
    memory, first = re.search(r"memory (\d+) first picture (\S+)", told).groups()
    print(f"{path.name}: {memory} MB, first picture after {first} s")  # noqa: T201 - shown with -s
    assert int(memory) < MOST_MEMORY
    assert first != "None"


@soak
@pytest.mark.slow
def test_repo2docker_detects_the_files(built, tmp_path):
    checkout, _, _ = built
    run(sys.executable, "-m", "venv", tmp_path / "env")
    run(tmp_path / "env" / "bin" / "python", "-m", "pip", "install", "jupyter-repo2docker")
    told = run(tmp_path / "env" / "bin" / "jupyter-repo2docker", "--no-build", "--debug", checkout)
    assert "binder/requirements.txt" in told
    assert "binder/postBuild" in told
    assert "3.11" in told
