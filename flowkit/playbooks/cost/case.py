"""What the steps look at: the records, whose prices apply, and the answers that several of them need."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from os import PathLike
from typing import Final

import pandas as pd

from flowkit import analysis
from flowkit.errors import ScopeError
from flowkit.flows import Flows
from flowkit.playbooks.hunting import Allow, Hunt, allowed
from flowkit.scope import Scope

_TOP: Final = 10_000
"""Rows of a question: what lies behind them costs as good as nothing each."""


@dataclass(frozen=True, eq=False)
class Costs(Hunt):
    """What the steps of the playbook look at; see `Hunt`.

    Attributes
    ----------
    region, prices
        See `analysis.data_transfer_cost`.
    before
        The time before which it was as usual; None: the middle of what was logged.
    """

    region: str | None = None
    prices: str | PathLike[str] | None = None
    before: datetime | None = None

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """What each conversation costs, by address."""
        return self.told_by("address")

    def told_by(self, by: str) -> pd.DataFrame:
        """Return what conversations cost, told by a grouping."""
        return analysis.data_transfer_cost(self.flows, by=by, top=_TOP, region=self.region, prices=self.prices)

    @property
    def days(self) -> float:
        """How many days were logged."""
        return float(self.pairs.attrs["days"])

    @cached_property
    def inside(self) -> frozenset[str]:
        """The addresses that are not outside."""
        known = self.flows.identities.table
        return frozenset(known.address[known.place != "outside"])

    @property
    def watched(self) -> frozenset[str]:
        """The interfaces of which some line tells."""
        rows = self.covered
        return frozenset(rows.interface_id[rows.minutes_covered > 0]) if len(rows) else frozenset()


def costs(
    flows: Flows, *, region: str | None = None, prices: str | PathLike[str] | None = None, by: str = "address",
    before: str | datetime | None = None, allow: Allow = None,
) -> Costs:  # fmt: skip
    """Begin.

    Parameters
    ----------
    flows
        Records already scoped.
    region, prices, by
        See `analysis.data_transfer_cost`.
    before
        The time before which it was as usual, with its zone; by default the middle of what was logged.
    allow
        What is accepted: see `fk.playbooks.hunting.allowed`.

    Raises
    ------
    ScopeError
        If *before* is no time, or has no zone, or there is no such grouping.
    """
    try:
        at = Scope.of(start=before).start if before else None
    except ScopeError as error:
        raise ScopeError(str(error).replace("start", "before", 1)) from None
    flows.identities.labels(by)  # what is no grouping is told now, not after the first steps
    return Costs(flows, allowed(allow), by, region or None, prices or None, at)
