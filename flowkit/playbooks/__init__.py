"""Canned investigations: a question in, a report out, with what speaks for it and against.

``fk.playbooks.run("connectivity", flows, source=…, destination=…, port=…)``
"""

from flowkit.playbooks import compliance, connectivity, cost, exfiltration, flood, intrusion
from flowkit.playbooks.finding import Candidate, Finding, Step
from flowkit.playbooks.guardduty import GuardDutyAnswer, GuardDutyCase, from_guardduty
from flowkit.playbooks.playbook import Parameter, Playbook, get, names, register, run
from flowkit.playbooks.report import ConnectivityReport, Report

for _one in (compliance, connectivity, cost, exfiltration, flood, intrusion):
    register(_one.playbook)

__all__ = [
    "Candidate", "ConnectivityReport", "Finding", "GuardDutyAnswer", "GuardDutyCase", "Parameter", "Playbook",
    "Report", "Step", "compliance", "connectivity", "cost", "exfiltration", "flood", "from_guardduty", "get",
    "intrusion", "names", "register", "run",
]  # fmt: skip
