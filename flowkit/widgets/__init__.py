"""What people click: the scope picker and the workbench, whose views register themselves."""

from flowkit.widgets.graph_panel import GRAPH
from flowkit.widgets.panel import Answer, Control, Offer, Panel, Pick, register, registered
from flowkit.widgets.panels import CONVERSATIONS, OVERVIEW, TALKERS
from flowkit.widgets.playbook_panel import PLAYBOOKS
from flowkit.widgets.timeline_panels import REJECTS, TIMELINE

__all__ = ["Answer", "Control", "Offer", "Panel", "Pick", "register", "registered"]

for _each in (OVERVIEW, TIMELINE, REJECTS, TALKERS, GRAPH, CONVERSATIONS, PLAYBOOKS):
    register(_each)
