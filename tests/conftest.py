"""What every test stands on: its own cache, how many cases are generated, what a machine may lack."""

import os
from shutil import which

import pytest
from hypothesis import settings

CHROMIUM = os.environ.get("FLOWKIT_CHROMIUM") or which("chromium")

# `make test` runs a sample of the generated cases, `make soak` the full count. No deadline: machines differ.
settings.register_profile("sample", max_examples=50, deadline=None)
settings.register_profile("soak", max_examples=5_000, deadline=None)
settings.load_profile("soak" if os.environ.get("FLOWKIT_SOAK") else "sample")


def pytest_collection_modifyitems(items):
    lacking = {}
    if not CHROMIUM:
        lacking["browser"] = "no Chromium: install it, or name one in FLOWKIT_CHROMIUM"
    if not os.environ.get("FLOWKIT_REFERENCE_DATA"):
        lacking["reference_data"] = "FLOWKIT_REFERENCE_DATA is not set: it names the folder to read"
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))  # one process, so one JupyterLab
        for marker, reason in lacking.items():
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """Keep the user's cache out of the tests, and the tests out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLOWKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
