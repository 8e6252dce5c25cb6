"""Why can this host not reach that one, and only sometimes? The steps and the verdict.

The steps are functions of a `Case`, to be taken one by one where an answer calls for it::

    case = fk.playbooks.connectivity.case(flows, source="app-a-1", destination="db-a-1", port=5432)
    fk.playbooks.connectivity.path(case)

`playbook` takes them all and gives a `ConnectivityReport`.
"""

from collections.abc import Sequence

from flowkit.flows import Flows
from flowkit.playbooks.connectivity.case import Case, case
from flowkit.playbooks.connectivity.steps import (
    STEPS,
    innocent,
    logged,
    next_steps,
    outcomes_over_time,
    path,
    reply,
    rules,
    seen,
    separated,
)
from flowkit.playbooks.connectivity.telling import report
from flowkit.playbooks.connectivity.verdict import Verdict, verdict
from flowkit.playbooks.playbook import Parameter, Playbook
from flowkit.playbooks.report import ConnectivityReport
from flowkit.progress import shown

__all__ = [
    "Case", "Verdict", "case", "innocent", "logged", "next_steps", "outcomes_over_time", "path", "playbook", "reply",
    "rules", "seen", "separated", "verdict",
]  # fmt: skip


def _run(
    flows: Flows,
    *,
    source: str | Sequence[str],
    destination: str | Sequence[str],
    port: int | None = None,
    protocol: str | int = "tcp",
) -> ConnectivityReport:
    with shown(len(STEPS) + 2, what="connectivity: attempts", unit="step") as progress:
        asked = case(flows, source=source, destination=destination, port=port, protocol=protocol)
        progress.step("connectivity: the verdict")
        told = verdict(asked)
        steps = []
        for step in STEPS:
            progress.step(f"connectivity: {step.__name__.replace('_', ' ')}")
            steps.append(step(asked))
        progress.step()
    return report(asked, told, tuple(steps))


_ENDS = "an address, CIDR block, interface or instance id, or a name of the inventory"
playbook = Playbook(
    name="connectivity",
    title="Connectivity",
    question="why can this host not reach that one, and only sometimes?",
    parameters=(
        Parameter("source", f"who opens the connection: {_ENDS}", required=True),
        Parameter("destination", f"who is to be reached: {_ENDS}", required=True),
        Parameter("port", "the destination's port; none for protocols without", kind=int),
        Parameter("protocol", "tcp, udp, icmp, or a number", default="tcp"),
    ),
    run=_run,
)
