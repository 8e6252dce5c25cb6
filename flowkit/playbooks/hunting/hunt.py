"""The hunt: the records looked at, what was not logged, and what somebody has allowed."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import pandas as pd

from flowkit import analysis, engine, views
from flowkit.analysis.caption import captioned
from flowkit.flows import Flows
from flowkit.playbooks.finding import Step
from flowkit.playbooks.hunting.allowing import Allow, Allowed, allowed
from flowkit.wording import several

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MOST_NAMED: Final = 5


@dataclass(frozen=True, eq=False)
class Hunt:
    """What the steps of a playbook look at.

    Attributes
    ----------
    flows
        The records.
    allowed
        The allow-list.
    by
        Which hosts are alike: a grouping such as ``subnet``, ``group`` or ``tag:Role``.
    """

    flows: Flows
    allowed: tuple[Allowed, ...] = ()
    by: str = "subnet"

    @cached_property
    def interfaces(self) -> dict[str, frozenset[str]]:
        """The interfaces that held each address, by the records."""
        known = self.flows.identities
        held = known.holders.assign(address=known.holders.id.map(known.table.address))
        return {str(address): frozenset(rows.observer) for address, rows in held.groupby("address")}

    @cached_property
    def covered(self) -> pd.DataFrame:
        """Coverage of all interfaces, see `analysis.coverage`; empty where the log names none or has no times."""
        if not {"interface_id", "start", "end"} <= set(self.flows.fields):
            return pd.DataFrame({"interface_id": [], "bucket": [], "state": []})
        return analysis.coverage(self.flows)

    @cached_property
    def actions(self) -> frozenset[str]:
        """The actions on record."""
        if "action" not in self.flows.fields:
            return frozenset()
        return frozenset(engine.frame(self.flows.table.select("action").distinct()).action.dropna())

    @cached_property
    def sure_inside(self) -> bool:
        """Whether it was said what lies inside, by ``inside=`` or an inventory, so that private peers are others'."""
        return bool(self.flows.identities.knowledge.inside) or self.flows.identities.snapshot is not None

    @property
    def undecided(self) -> frozenset[str]:
        """The addresses in pairs of which one is ours, and the log does not say which."""
        return self.flows.identities.undecided_addresses

    @property
    def empty(self) -> str:
        """Why nothing can be told of these flows at all; "" where they hold a record, or were watched and silent."""
        watched = len(self.covered) and self.covered.minutes_covered.sum() > 0
        return "" if self.flows.span is not None or watched else f"there is no record in {self.flows.scope}"

    @cached_property
    def coverage(self) -> str:
        """What the log could not show, in a sentence or two."""
        if not len(self.covered):
            return "The log does not say which interfaces were watched: what was not logged is not known."
        watched, asked = int(self.covered.minutes_covered.sum()), int(self.covered.minutes.sum())
        by = self.covered.groupby("interface_id")[["minutes_covered", "minutes"]].sum()
        partly = by[by.minutes_covered < by.minutes].index
        share = watched / max(asked, 1)
        named = ", ".join(partly[:_MOST_NAMED]) + (
            f" and {len(partly) - _MOST_NAMED:,} more" if len(partly) > _MOST_NAMED else ""
        )
        parts = [f"{several(len(by), 'interface')} in the log, watched in {share:.1%} of their minutes"]
        parts.append(f"not throughout: {named}." if len(partly) else "each throughout.")
        skipped = int(self.covered.skipped.sum())
        lost = f" Records were lost there: {several(skipped, 'SKIPDATA line')}." if skipped else ""
        one_sided = f" Only {next(iter(self.actions))} is logged." if len(self.actions) == 1 else ""
        return f"{'; '.join(parts)}{lost}{one_sided}"

    @property
    def doubt(self) -> str:
        """Of how many addresses it cannot be told whose they are, as a sentence; "" where of all it can."""
        if not self.undecided:
            return ""
        return (
            f"Of {several(len(self.undecided), 'address', 'addresses')} it cannot be told whether they are ours: "
            "their interface logged one peer only, and no direction."
        )


def picture(frame: pd.DataFrame) -> "go.Figure | None":
    """Return the picture of what a detector found, None where it found nothing."""
    return views.suspects(frame) if len(frame) else None


def hunt(flows: Flows, allow: Allow = None, *, by: str = "subnet") -> Hunt:
    """Begin a hunt.

    Parameters
    ----------
    flows
        Records already scoped.
    allow
        See `allowed`.
    by
        See `Hunt`.
    """
    return Hunt(flows, allowed(allow), by)


def logged(case: Hunt) -> Step:
    """Say what was watched, and what was not."""
    frame = case.covered if len(case.covered) else captioned(case.covered, "coverage", case.flows, "No interface.")
    figure = views.coverage(frame) if len(frame) else None
    return Step("logged", "What was watched, and when?", case.coverage, frame, figure)
