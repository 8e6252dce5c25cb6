"""The Python interface: a page per part of it, of what it lists as public; mkdocstrings fills in the docstrings."""

from collections.abc import Iterable
from importlib import import_module

from flowkit.identity import PLAIN_GROUPS
from generated import detectors
from generated.markdown import cell, code, first_sentence, table

__all__ = ["pages"]

_PARTS = {
    "loading": ("Loading and showing", "flowkit", ("load", "plan", "enriched", "show", "Flows", "Scope")),
    "network": ("The network, and whether it was logged", "flowkit", ("snapshot", "audit", "logging_cost")),
    "cases": ("Cases and redaction", "flowkit", ("case", "redact")),
    "widgets": ("Widgets", "flowkit", ("workbench", "scope_picker")),
    "analysis": ("Analyses", "flowkit.analysis", None),
    "views": ("Views", "flowkit.views", None),
    "playbooks": ("Running playbooks", "flowkit.playbooks", None),
    "inventory": ("Inventory", "flowkit.inventory", None),
    "policy": ("Policies", "flowkit.policy", None),
    "insights": ("Logs Insights", "flowkit.insights", None),
    "training": ("Training", "flowkit.training", None),
}
_ELSEWHERE = {"analysis": {*detectors.names(), "logging_cost"}}
"""What a page does not repeat: it stands on another."""
_MEMBERS = """
    options: {members: null, inherited_members: true}
"""


def pages() -> dict[str, str]:
    """Return the pages."""
    return {f"reference/{name}.md": _page(name, *part) for name, part in _PARTS.items()}


def _page(page: str, title: str, module: str, names: Iterable[str] | None) -> str:
    home = import_module(module)
    listed = names or home.__all__
    elsewhere = _ELSEWHERE.get(page, set())
    shown = [name for name in listed if name not in elsewhere and _documented(home, name)]
    rows = [(_link(home, name, elsewhere), cell(first_sentence(getattr(home, name).__doc__))) for name in listed
            if _documented(home, name)]  # fmt: skip
    blocks = "\n\n".join(_block(home, name) for name in shown)
    return f"# {title}\n\n{table(('Name', ''), rows)}\n\n{_groupings() if page == 'analysis' else ''}{blocks}\n"


def _groupings() -> str:
    rows = [(code(name), cell(meaning)) for name, meaning in PLAIN_GROUPS.items()]
    more = [
        ("`tag:KEY`", "the value of a tag of its interface or instance"),
        ("`block/LENGTH`", "the block around it"),
        ("`port`", "the server's port"),
    ]
    said = "What `by=` of the talkers takes, for both ends or, as a pair, for client and server."
    return f"## Groupings\n\n{said}\n\n{table(('by', 'Groups by'), rows + more)}\n\n"


def _documented(home: object, name: str) -> bool:
    """Tell whether a name is a function or a class; modules have pages of their own."""
    found = getattr(home, name)
    return callable(found) and bool(getattr(found, "__module__", ""))


def _place(home: object, name: str) -> str:
    """Return where a name is written: a lazy face cannot be read without running it."""
    found = getattr(home, name)
    return f"{found.__module__}.{found.__qualname__}"


def _link(home: object, name: str, elsewhere: set[str]) -> str:
    if name == "logging_cost" and name in elsewhere:
        return f"[{code(name)}](network.md)"
    if name in elsewhere:
        return f"[{code(name)}](../methods/detectors/{name}.md)"
    return f"[{code(name)}](#{_place(home, name)})"


def _block(home: object, name: str) -> str:
    found = getattr(home, name)
    return f"::: {_place(home, name)}{_MEMBERS if isinstance(found, type) else ''}"
