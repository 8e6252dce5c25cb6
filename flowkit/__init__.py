"""flowkit: an investigation kit for AWS VPC Flow Logs in Jupyter.

>>> import flowkit as fk
>>> flows = fk.load("sample")
>>> frame = fk.analysis.reject_timeline(flows.narrow(dstaddr="10.0.2.20"))
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from flowkit.errors import FlowkitError

if TYPE_CHECKING:
    from flowkit import analysis, athena, insights, inventory, playbooks, policy, training, views
    from flowkit.analysis import logging_cost
    from flowkit.api import audit, case, connect, enriched, load, plan, redact, scope_picker, show, snapshot, workbench
    from flowkit.flows import Flows
    from flowkit.playbooks import from_guardduty
    from flowkit.scope import Scope

__version__ = "0.1.0"
__all__ = [
    "FlowkitError", "Flows", "Scope", "analysis", "athena", "audit", "case", "connect", "enriched", "from_guardduty",
    "insights", "inventory", "load", "logging_cost", "plan", "playbooks", "policy", "redact", "scope_picker", "show",
    "snapshot", "training", "views", "workbench",
]  # fmt: skip

_LAZY = {
    "Flows": "flowkit.flows",
    "Scope": "flowkit.scope",
    "analysis": "flowkit",
    "athena": "flowkit",
    "audit": "flowkit.api",
    "case": "flowkit.api",
    "connect": "flowkit.api",
    "enriched": "flowkit.api",
    "from_guardduty": "flowkit.playbooks",
    "insights": "flowkit",
    "inventory": "flowkit",
    "load": "flowkit.api",
    "logging_cost": "flowkit.analysis",
    "plan": "flowkit.api",
    "playbooks": "flowkit",
    "policy": "flowkit",
    "redact": "flowkit.api",
    "scope_picker": "flowkit.api",
    "show": "flowkit.api",
    "snapshot": "flowkit.api",
    "training": "flowkit",
    "views": "flowkit",
    "workbench": "flowkit.api",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the public name stands for
    """Import what is heavy when it is first used."""
    if name not in _LAZY:
        raise AttributeError(f"module 'flowkit' has no attribute {name!r}")
    home = _LAZY[name]
    value = import_module(f"flowkit.{name}") if home == "flowkit" else getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: Any) -> None:  # noqa: ANN401 - IPython is not imported for a type
    """Bring `%flows`, `%playbook`, `%%flowsql` and `%%insights`: what ``%load_ext flowkit`` calls."""
    from flowkit.magics import FlowkitMagics
    from flowkit.showing import show_figures_offline

    show_figures_offline()
    shell.register_magics(FlowkitMagics)
