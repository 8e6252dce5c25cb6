"""Is somebody knocking, or already inside? Scans, guessed passwords, moves from host to host.

The steps are functions of a `Hunt`, to be taken one by one::

    case = fk.playbooks.intrusion.hunt(flows)
    fk.playbooks.intrusion.guessed(case)

`playbook` takes them all and gives a `Report`.
"""

from flowkit.flows import Flows
from flowkit.playbooks.hunting import Allow, hunt, logged, take
from flowkit.playbooks.intrusion.steps import STEPS, guessed, moved, noise, scanned, swept
from flowkit.playbooks.intrusion.suspects import suspicions
from flowkit.playbooks.playbook import Parameter, Playbook
from flowkit.playbooks.report import Report

__all__ = ["guessed", "hunt", "logged", "moved", "noise", "playbook", "scanned", "swept"]


def _run(flows: Flows, *, allow: Allow = None) -> Report:
    case = hunt(flows, allow)
    return take(case, playbook.name, STEPS, suspicions, blind=case.empty)


playbook = Playbook(
    name="intrusion",
    title="Intrusion",
    question="is somebody knocking, or already inside?",
    parameters=(Parameter("allow", "a CSV file of what is allowed: address, reason, until, kind"),),
    run=_run,
)
