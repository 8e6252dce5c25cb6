"""What costs data-transfer money, and what of it need not: the steps and the ranked findings.

The steps are functions of `Costs`, to be taken one by one::

    case = fk.playbooks.cost.costs(flows)
    fk.playbooks.cost.by_cause(case)

`playbook` takes them all and gives a `Report`.
"""

from dataclasses import replace

from flowkit.flows import Flows
from flowkit.playbooks.cost.case import Costs, costs
from flowkit.playbooks.cost.steps import STEPS, by_cause, dearest, grown, interfaces, logging, through_nat, total
from flowkit.playbooks.cost.suspects import suspicions
from flowkit.playbooks.hunting import Allow, logged, take
from flowkit.playbooks.playbook import Parameter, Playbook
from flowkit.playbooks.report import Report

__all__ = ["by_cause", "costs", "dearest", "grown", "interfaces", "logged", "logging", "playbook", "through_nat"]


def _run(
    flows: Flows, *, price_region: str | None = None, prices: str | None = None, by: str = "address",
    before: str | None = None, allow: Allow = None,
) -> Report:  # fmt: skip
    case = costs(flows, region=price_region, prices=prices, by=by, before=before, allow=allow)
    given = {"price_region": price_region, "prices": prices, "by": by, "before": before}
    asked = {name: value for name, value in given.items() if value}
    told = take(case, playbook.name, STEPS, suspicions, parameters=asked, blind=_blind(case))
    return replace(told, summary=" ".join(filter(None, (total(case), case.pairs.attrs["stand_in"], told.summary))))


def _blind(case: Costs) -> str:
    if case.actions == {"REJECT"}:
        return "only what was rejected is logged: what is charged was accepted, and is not on record"
    return case.empty


playbook = Playbook(
    name="cost",
    title="Cost",
    question="what costs data-transfer money, and what of it need not?",
    parameters=(
        Parameter("price_region", "whose prices apply; by default the region that is logged"),
        Parameter("prices", "a file of prices instead of those that ship"),
        Parameter("by", "what the dearest flows are told by: address, name, subnet, group, tag:KEY", default="address"),
        Parameter("before", "the time before which it was as usual, such as 2026-03-10T12:00Z; by default the middle"),
        Parameter("allow", "a CSV file of what is accepted: address, reason, until, kind"),
    ),
    run=_run,
)
