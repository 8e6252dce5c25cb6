"""The one place that joins the layers: load, show, the case, and the widgets."""

from flowkit.api.cases import case, redact
from flowkit.api.flows import enriched, load
from flowkit.api.network import audit, snapshot
from flowkit.api.plans import plan
from flowkit.api.tables import connect
from flowkit.api.widgets import scope_picker, workbench
from flowkit.showing import show

__all__ = [
    "audit",
    "case",
    "connect",
    "enriched",
    "load",
    "plan",
    "redact",
    "scope_picker",
    "show",
    "snapshot",
    "workbench",
]
