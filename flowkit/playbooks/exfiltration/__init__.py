"""Does data leave for where it should not? Uploads, drips, calls home, tunnels: the steps and the ranked findings.

The steps are functions of a `Hunt`, to be taken one by one::

    case = fk.playbooks.exfiltration.hunt(flows)
    fk.playbooks.exfiltration.calls_home(case)

`playbook` takes them all and gives a `Report`.
"""

from flowkit.flows import Flows
from flowkit.playbooks.exfiltration.staging import staged
from flowkit.playbooks.exfiltration.steps import STEPS, calls_home, left, long_open, new, on_lists, tunnelled
from flowkit.playbooks.exfiltration.suspects import suspicions
from flowkit.playbooks.hunting import Allow, Hunt, hunt, logged, take
from flowkit.playbooks.playbook import Parameter, Playbook
from flowkit.playbooks.report import Report

__all__ = ["calls_home", "hunt", "left", "logged", "long_open", "new", "on_lists", "playbook", "staged", "tunnelled"]


def _run(flows: Flows, *, by: str = "subnet", allow: Allow = None) -> Report:
    case = hunt(flows, allow, by=by)
    return take(case, playbook.name, STEPS, suspicions, parameters={"by": by}, blind=_blind(case))


def _blind(case: Hunt) -> str:
    if case.actions == {"REJECT"}:
        return "only what was rejected is logged: what left was accepted, and is not on record"
    return case.empty


playbook = Playbook(
    name="exfiltration",
    title="Exfiltration",
    question="does data leave for where it should not?",
    parameters=(
        Parameter("by", "which hosts are alike: subnet, group, tag:KEY", default="subnet"),
        Parameter("allow", "a CSV file of what is allowed: address, reason, until, kind"),
    ),
    run=_run,
)
