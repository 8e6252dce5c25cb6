"""What every test stands on: its own cache, how many cases are generated, what a machine may lack."""

import gc
import os
from pathlib import Path
from shutil import which
from urllib.parse import urlsplit
from urllib.request import Request, urlopen
from zlib import crc32

import pytest
from hypothesis import settings

import flowkit

ARTEFACTS = Path(__file__).parents[1] / "test-artifacts"
CHROMIUM = os.environ.get("FLOWKIT_CHROMIUM") or which("chromium")
PATIENCE = 180_000  # ms for what a page is to show, on a machine with much else to do

# `make test` runs a sample of the cases that take long, the same each time; `make soak` all, by other dice each time.
# No deadline: machines differ.
settings.register_profile("sample", max_examples=10, deadline=None, derandomize=True)
settings.register_profile("soak", max_examples=5_000, deadline=None)
settings.load_profile("soak" if os.environ.get("FLOWKIT_SOAK") else "sample")


# What asks the engine or the stand-in for AWS with every case takes long, and does the same on every interpreter.
ASKING = (
    "analysis/", "athena/test_opening", "aws/test_auditing", "aws/test_collecting", "casefile/test_investigation",
    "casefile/test_reopening", "casefile/test_verifying", "engines/test_athena", "engines/test_live",
    "engines/test_refused", "engines/test_sql", "insights/", "meaning/", "playbooks/", "policy/test_checking",
    "policy/test_learning", "policy/test_placing", "redaction/test_redacting", "sources/test_cloudwatch",
    "sources/test_s3", "tables/test_mapping", "test_api", "test_case_kills", "test_docs", "test_groups",
    "test_identity", "test_lab", "test_loading_remote", "test_plugins", "test_readme", "training/test_connectivity",
    "training/test_habits", "training/test_segments", "training/test_transfers", "views/", "widgets/test_picker",
    "widgets/test_playbook_panel", "widgets/test_workbench",
)  # fmt: skip
TESTS = Path(__file__).parent
SOAKED = (
    "browser/test_from_aws", "browser/test_meaning", "browser/test_reopened", "browser/test_tour",
    "browser/test_workbench.py::test_the_page_is_loaded_again",
    "test_notebooks.py::test_the_export_shows_its_figures_without_a_network[intrusion",
    "test_notebooks.py::test_papermill_asks", "test_notebooks.py::test_the_playbook_holds", "engines/test_cluster",
    "engines/test_spark.py::test_the_same_policy", "redaction/test_redacting_training",
    "training/test_scenarios_notebooks.py::test_a_notebook_runs",
)  # fmt: skip
"""Notebooks run once more, in JupyterLab or with other parameters, those of training, and what takes minutes on a
Spark: `make soak`."""
FIRST = ("browser/", "test_notebooks", "test_readme", "analysis/", "meaning/", "playbooks/", "training/")
"""What takes longest is begun first, so that no process waits for another at the end."""


def pytest_xdist_make_scheduler(config, log):
    """Keep each file's tests in one process, and all browser tests: what they share is made once.

    xdist's own groups stand in test ids, which pytest 9.2 does not let it change.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            path = nodeid.partition("::")[0]
            return "browser" if path.startswith("tests/browser/") else path

    config.option.loadscopereorder = False
    return ByFile(config, log)


def _sampled(item):
    """Tell whether a case is in the sample: of what takes long, each first of a table and every tenth of the rest.

    On a further interpreter (FLOWKIT_BRIEF) that is so of every table.
    """
    if not os.environ.get("FLOWKIT_SOAK") and item.nodeid.removeprefix("tests/").startswith(SOAKED):
        return False
    long = item.get_closest_marker("slow") or os.environ.get("FLOWKIT_BRIEF")
    if os.environ.get("FLOWKIT_SOAK") or not long or not hasattr(item, "callspec"):
        return True
    return min(item.callspec.indices.values()) == 0 or crc32(item.nodeid.encode()) % 10 == 0


def pytest_make_parametrize_id(val, argname):
    """Name bytes by their argument: what is packed may hold the time, and every process must find the same tests."""
    return argname if isinstance(val, bytes) else None


def pytest_collection_modifyitems(config, items):
    places = {item: item.path.relative_to(TESTS).as_posix() for item in items if item.path.is_relative_to(TESTS)}
    items.sort(key=lambda item: not places.get(item, "").startswith(FIRST))
    for item in items:
        if item.path.is_relative_to(TESTS) and item.path.relative_to(TESTS).as_posix().startswith(ASKING):
            item.add_marker(pytest.mark.slow)
    left_out = [item for item in items if not _sampled(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if _sampled(item)]
    lacking = {}
    if not CHROMIUM:
        lacking["browser"] = "no Chromium: install it, or name one in FLOWKIT_CHROMIUM"
    if not os.environ.get("FLOWKIT_REFERENCE_DATA"):
        lacking["reference_data"] = "FLOWKIT_REFERENCE_DATA is not set: it names the folder to read"
    for item in items:
        for marker, reason in lacking.items():
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_collection_finish():
    """Let the garbage collector leave alone what stays: expressions are made of many objects, and it comes often."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_sessionfinish():
    gc.unfreeze()


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """Keep the user's cache out of the tests, and the tests out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLOWKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("FLOWKIT_RANGES", str(tmp_path_factory.mktemp("ranges") / "ip-ranges.csv.gz"))
        yield


@pytest.fixture(scope="session")
def load_lines(tmp_path_factory):
    """Return a function that loads literal lines from a log file of their own."""

    def load(lines, **options):
        path = tmp_path_factory.mktemp("log") / "flows.log"
        path.write_text(lines.strip() + "\n", encoding="utf-8")
        return flowkit.load(path, **options)

    return load


@pytest.fixture(scope="session")
def _stand_in():
    """Run the stand-in for AWS, one for each process of the tests."""
    from flowkit.training import standin

    with standin.running() as address:
        yield address


@pytest.fixture
def aws(_stand_in):
    """Point boto3 at an empty stand-in for AWS, through a proxy that counts and can spoil what is asked."""
    from flowkit.training import standin
    from tests.faulty import proxied

    urlopen(Request(f"{_stand_in}/moto-api/reset", method="POST")).close()  # noqa: S310 - loopback
    with proxied(_stand_in) as proxy, standin.pointed_at(proxy.address):
        yield proxy


@pytest.fixture(scope="session")
def artefacts():
    """Return the folder in which pictures of what the tests saw are kept."""
    ARTEFACTS.mkdir(exist_ok=True)
    return ARTEFACTS


@pytest.fixture(scope="module")
def chromium():
    """Return a browser, for one module: while Playwright runs, nothing else in this process may use asyncio."""
    from playwright.sync_api import sync_playwright

    options = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    options += ["--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        browser.on("context", lambda context: context.set_default_timeout(PATIENCE))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def foreign():
    """Return a function that picks, of addresses asked for, those of another machine."""

    def pick(addresses):
        here = {"127.0.0.1", None, ""}  # data:, blob: and file: name no host
        return [address for address in addresses if urlsplit(address).hostname not in here]

    return pick
