"""The public face: what ``flowkit`` offers is what it lists, and importing it costs little."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

import flowkit

HEAVY = {"duckdb", "ibis", "networkx", "pandas", "plotly", "pyarrow"}


def test_all_is_sorted():
    assert list(flowkit.__all__) == sorted(set(flowkit.__all__))


@pytest.mark.parametrize("name", flowkit.__all__)
def test_a_listed_name_is_there(name):
    assert getattr(flowkit, name) is not None
    assert name in dir(flowkit)


def test_no_other_name_looks_public():
    defined = {
        name
        for name, value in vars(flowkit).items()
        if getattr(value, "__module__", "").startswith("flowkit") and not name.startswith("_")
    }
    assert defined <= {*flowkit.__all__, "load_ipython_extension"}


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = flowkit.no_such_name


def test_importing_flowkit_loads_no_heavy_library():
    code = "import sys, flowkit; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert not HEAVY & set(loaded.split())


@pytest.mark.parametrize("module", [m.name for m in pkgutil.walk_packages(flowkit.__path__, "flowkit.")])
def test_every_module_imports(module):
    importlib.import_module(module)
