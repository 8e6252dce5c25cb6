"""The steps of the playbook: each a question, a finding and a table."""

from collections.abc import Callable
from typing import Final

import pandas as pd

from flowkit import analysis, views
from flowkit.analysis.caption import captioned
from flowkit.analysis.transfer_growth import transfer_growth
from flowkit.analysis.transfer_interfaces import transfer_interfaces
from flowkit.analysis.transfer_text import money
from flowkit.flows import Flows
from flowkit.playbooks.cost.case import Costs
from flowkit.playbooks.finding import Step
from flowkit.playbooks.hunting import logged
from flowkit.wording import sentence, several

_DEAREST: Final = 100
_MOST_MEASURED: Final = 2_000_000
"""Records whose lines are measured whole, within some seconds."""


def by_cause(case: Costs) -> Step:
    """Ask for what causes AWS asks money, and how much."""
    frame = case.pairs
    columns = ["cause", "bytes", "usd", "usd_low", "usd_high", "usd_per_month", "low_per_month", "high_per_month"]
    rows = [{"cause": cause, **sums} for cause, sums in frame.attrs["totals"].items()]
    table = pd.DataFrame(rows, columns=columns).sort_values("usd_per_month", ascending=False, ignore_index=True)
    table.attrs = {"caption": frame.attrs["caption"]}
    said = total(case) or "No accepted bytes."
    assumed = " ".join(frame.attrs["assumptions"])
    return Step(
        "by_cause", "What does data transfer cost, and why?", said, table, views.data_transfer_cost(frame),
        assumed,
    )  # fmt: skip


def total(case: Costs) -> str:
    """Return in a sentence what data transfer costs; "" without accepted bytes."""
    sums = case.pairs.attrs["totals"].values()
    low, likely, high = (
        sum(one[name] for one in sums) for name in ("low_per_month", "usd_per_month", "high_per_month")
    )
    return f"Data transfer costs {money(likely)} USD a month, {money(low)} to {money(high)}." if sums else ""


def dearest(case: Costs) -> Step:
    """Ask which flows cost most, by what the user tells hosts by."""
    whole = case.pairs if case.by == "address" else case.told_by(case.by)
    frame = whole[whole.usd_high > 0].head(_DEAREST).reset_index(drop=True)
    frame.attrs = whole.attrs
    said = "None costs anything"
    if len(frame):
        first = frame.iloc[0]
        said = (
            f"{several(len(frame), 'row')} that cost or may; the dearest is {first.client} to {first.server}, "
            f"{first.cause.replace('_', ' ')}, {money(first.usd_per_month)} USD a month"
        )
    return Step("dearest", f"Which flows cost most, by {case.by}?", sentence(said), frame)


def through_nat(case: Costs) -> Step:
    """Ask what goes to S3 and DynamoDB through a NAT gateway, which a gateway endpoint would carry for nothing."""
    whole = case.pairs
    frame = whole[whole.avoidable].reset_index(drop=True)
    saving, low, high = (whole.attrs[name] for name in ("saving", "saving_low", "saving_high"))
    said = "Nothing, as far as is known"
    if len(frame):
        range_ = f" ({money(low)} to {money(high)})" if high - low > 0.01 else ""  # noqa: PLR2004 - a cent
        said = (
            f"{several(len(frame), 'conversation')}: a gateway endpoint would save {money(saving)} USD a month{range_}"
        )
    table = captioned(frame, "through_nat", case.flows, "S3 and DynamoDB of this region through NAT gateways.",
                      inventory=True)  # fmt: skip
    return Step("through_nat", "What goes to S3 or DynamoDB through a NAT gateway?", sentence(said), table)


def grown(case: Costs) -> Step:
    """Ask what costs twice as much as before, or more."""
    frame = transfer_growth(case.flows, at=case.before, region=case.region, prices=case.prices)
    more = float((frame.usd_after - frame.usd_before).sum()) if len(frame) else 0.0
    said = frame.attrs["short"] or (
        f"{several(len(frame), 'conversation')}, {money(more)} USD a month more together" if len(frame) else "Nothing"
    )
    return Step("grown", "What grew against before?", sentence(said), frame)


def interfaces(case: Costs) -> Step:
    """Ask what is paid by the hour and carries nothing, and what fills the log for little."""
    frame = transfer_interfaces(case.flows, case.watched, region=case.region, prices=case.prices)
    counts = frame.state.value_counts()
    words = {
        "idle": "idle, though paid by the hour",
        "chatty": "chatty",
        "not_logged": "paid by the hour but not logged",
    }
    told = [f"{counts[state]:,} {text}" for state, text in words.items() if state in counts]
    known = "" if case.flows.identities.snapshot else "; without an inventory it is not known what is paid by the hour"
    return Step(
        "interfaces", "Which interfaces are idle, and which chatty?",
        sentence((", ".join(told) or "None") + known), frame,
    )  # fmt: skip


def logging(case: Costs) -> Step:
    """Ask what flow logs cost, against what they show."""
    flows, part = _measured(case.flows)
    frame = analysis.logging_cost(flows, region=case.region, prices=case.prices)
    whole = frame[(frame.traffic_type == "ALL") & frame.usd_per_month.notna()]
    shown = sum(one["usd_per_month"] for one in case.pairs.attrs["totals"].values())
    said = "What this log costs is not known"
    if len(whole):
        least, most = whole.usd_per_month.min(), whole.usd_per_month.max()
        said = (
            f"To log all of this costs {money(least)} to {money(most)} USD a month by its destination, before storage; "
            f"it accounts for {money(shown)} USD of data transfer a month"
        )
    figure = views.logging_cost(frame) if len(frame) else None
    return Step("logging", "What does logging itself cost, against what it shows?", sentence(said), frame, figure, part)


def _measured(flows: Flows) -> tuple[Flows, str]:
    """Return the flows whose lines are measured, and which part they are of many: to measure all would take long."""
    if flows.span is None or flows.count() <= _MOST_MEASURED:
        return flows, ""
    first, last = flows.span
    part = (last - first) / 4
    start, end = first + part * 1.5, first + part * 2.5
    told = f"Lines are measured from {start:%Y-%m-%d %H:%M}Z to {end:%H:%M}Z only, the middle quarter of the time."
    return flows.narrow(start=start, end=end), told


STEPS: Final[tuple[Callable[[Costs], Step], ...]] = (logged, by_cause, dearest, through_nat, grown, interfaces, logging)
