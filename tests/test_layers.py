"""Imports point one way, and each outside library has its homes: the two tables, held against the code."""

import ast
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

# Low to high. A layer may import from the lines above its own; those on one line do not import each other.
ORDER = """
errors progress wording
stopping
fields
formats
cidr
scope inventory addresses
scope_code
aws
sources
reading
store fetching
loading
spark spill trino
remote
engine
keeping
meaning overview
origin evidence planning
tables
athena
identity
flows
groups surveying
analysis
policy
insights
views
pictures
showing
playbooks
casefile
widgets redaction
api
logs_arguments
training
jupyter
cli magics
flowkit
"""
# Layers held to less than their place in the order would give them.
ONLY = {"training": {"errors", "fields", "formats"}}

HOMES = {
    "IPython": {"showing", "magics", "jupyter"},
    "anywidget": {"widgets"},
    "boto3": {"aws", "training"},
    "botocore": {"aws"},
    "duckdb": {"engine"},
    "ibis": {
        "cidr",
        "scope",
        "remote",
        "engine",
        "keeping",
        "meaning",
        "overview",
        "origin",
        "tables",
        "athena",
        "identity",
        "flows",
        "groups",
        "surveying",
        "analysis",
        "policy",
        "insights",
        "api",
    },
    "ijson": {"reading"},
    "ipywidgets": {"widgets"},
    "isal": {"reading"},
    "jupyter_server": {"jupyter"},
    "kaleido": {"pictures"},
    "lark": {"insights"},
    "maxminddb": {"addresses"},
    "moto": {"training"},
    "networkx": {"analysis", "views"},
    "numpy": {"reading", "addresses", "analysis", "playbooks"},
    "pandas": {
        "inventory",
        "aws",
        "athena",
        "engine",
        "overview",
        "origin",
        "evidence",
        "identity",
        "flows",
        "groups",
        "surveying",
        "analysis",
        "policy",
        "insights",
        "views",
        "showing",
        "widgets",
        "api",
        "casefile",
        "cli",
        "magics",
        "planning",
        "playbooks",
    },
    "plotly": {"views", "pictures", "showing", "widgets", "playbooks", "casefile", "redaction"},
    "pyarrow": {
        "addresses",
        "reading",
        "store",
        "loading",
        "engine",
        "origin",
        "athena",
        "identity",
        "casefile",
        "redaction",
    },
    "rich": {"cli"},
    "sqlglot": {"athena"},
    "tornado": {"jupyter"},
    "tqdm": {"progress"},
    "traitlets": {"widgets"},
    "yacryptopan": {"redaction"},
    "yaml": {"policy"},
}

LINES = [line.split() for line in ORDER.strip().splitlines()]
MAY = {layer: set().union(*LINES[:number]) for number, line in enumerate(LINES) for layer in line} | ONLY

# The installed package, not the one beside this file: test_wheel.py runs this against the wheel's copy.
PACKAGE = Path(find_spec("flowkit").origin).parent
MODULES = sorted(PACKAGE.rglob("*.py"))


def layer_of(module):
    """Return the second part of a module's name, the file or folder; the face itself is ``flowkit``."""
    parts = [part for part in module.split(".") if part != "__init__"]
    return parts[1] if len(parts) > 1 else "flowkit"


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "flowkit":
            yield from (f"flowkit.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_what_its_layer_may(path):
    name = ".".join(("flowkit", *path.relative_to(PACKAGE).with_suffix("").parts))
    layer = layer_of(name)
    assert layer in MAY, f"{layer} has no place in ORDER"
    for imported in imports(ast.parse(path.read_text(encoding="utf-8"))):
        library = imported.split(".")[0]
        if library == "flowkit":
            assert layer_of(imported) in MAY[layer] | {layer}, f"{name} imports {imported}"
        elif library not in sys.stdlib_module_names:
            assert layer in HOMES.get(library, ()), f"{name} imports {imported}"
