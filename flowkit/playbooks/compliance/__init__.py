"""Is there a complete audit trail, and does traffic stay within what was declared? Evidence for an assessor.

The steps are functions of a `Review`, to be taken one by one::

    case = fk.playbooks.compliance.review(flows, "policy.yaml")
    fk.playbooks.compliance.segmented(case)

`playbook` takes them all and gives a `Report`.
"""

from collections.abc import Callable
from datetime import date
from typing import Final

from flowkit.flows import Flows
from flowkit.playbooks.compliance.answer import answered
from flowkit.playbooks.compliance.breaches import breaches
from flowkit.playbooks.compliance.controls import CONTROLS, Control, controls_frame, supports
from flowkit.playbooks.compliance.exposures import exposures
from flowkit.playbooks.compliance.lapses import lapses
from flowkit.playbooks.compliance.review import RETENTION_DAYS, Given, Review, review
from flowkit.playbooks.compliance.traffic import administered, encrypted, left, readable, segmented
from flowkit.playbooks.compliance.trail import intact, kept, logged, mapped, set_up
from flowkit.playbooks.finding import Step
from flowkit.playbooks.hunting import Allow
from flowkit.playbooks.playbook import Parameter, Playbook
from flowkit.playbooks.report import Report
from flowkit.progress import shown

__all__ = [
    "CONTROLS", "Control", "Review", "administered", "controls_frame", "encrypted", "intact", "kept", "left", "logged",
    "mapped", "playbook", "readable", "review", "segmented", "set_up", "supports",
]  # fmt: skip

STEPS: Final[tuple[Callable[[Review], Step], ...]] = (
    mapped, logged, set_up, kept, intact, segmented, readable, administered, left, encrypted,
)  # fmt: skip


def _run(
    flows: Flows, *, policy: Given = None, as_of: date | str | None = None, retention_days: int = RETENTION_DAYS,
    allow: Allow = None,
) -> Report:  # fmt: skip
    case = review(flows, policy, as_of=as_of, retention_days=retention_days, allow=allow)
    taken: dict[str, Step] = {}
    with shown(len(STEPS) + 1, what="compliance", unit="step") as progress:
        for step in STEPS:
            taken[step.__name__] = step(case)
            progress.step(f"compliance: {step.__name__.replace('_', ' ')}")
        findings = (*lapses(case, taken), *breaches(case, taken), *exposures(case, taken))
        report = answered(case, findings, tuple(taken.values()), _asked(case))
        progress.step()
    return report


def _asked(case: Review) -> dict[str, object]:
    """Return what was asked, as the report tells it: of a policy its name and its hash, since the file may change."""
    policy = case.policy
    told = None if policy is None else f"{policy.name} ({policy.source}, sha256 {policy.digest[:16]})"
    return {"policy": told, "as_of": case.as_of or None, "retention_days": case.retention_days}


playbook = Playbook(
    name="compliance",
    title="Compliance",
    question="is there a complete audit trail, and does traffic stay within what was declared?",
    parameters=(
        Parameter("policy", "a YAML file of segments and what may pass between them; without one that is not checked"),
        Parameter("as_of", "the day on which exceptions must still hold, such as 2026-03-10; by default today"),
        Parameter("retention_days", "how many days logs are to be kept", default=RETENTION_DAYS, kind=int),
        Parameter("allow", "a CSV file of what is allowed: address, reason, until, kind"),
    ),
    run=_run,
)
