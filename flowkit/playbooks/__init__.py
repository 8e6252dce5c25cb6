"""Canned investigations: a question in, a report out, with what speaks for it and against.

``fk.playbooks.run("connectivity", flows, source=…, destination=…, port=…)``
"""

from flowkit.playbooks import connectivity
from flowkit.playbooks.finding import Candidate, Finding, Step
from flowkit.playbooks.playbook import Parameter, Playbook, get, names, register, run
from flowkit.playbooks.report import ConnectivityReport, Report

register(connectivity.playbook)

__all__ = [
    "Candidate", "ConnectivityReport", "Finding", "Parameter", "Playbook", "Report", "Step", "connectivity", "get",
    "names", "register", "run",
]  # fmt: skip
