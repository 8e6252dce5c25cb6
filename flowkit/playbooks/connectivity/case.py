"""The question with all that its steps look at, worked out once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from flowkit import engine
from flowkit.analysis import attempts as counting
from flowkit.analysis import watching
from flowkit.analysis.asked import Asked, understood
from flowkit.analysis.caption import captioned, inventory_text
from flowkit.errors import ScopeError
from flowkit.flows import Flows
from flowkit.inventory import Snapshot
from flowkit.scope import Scope


@dataclass(frozen=True, eq=False)
class Case:
    """What the steps of the connectivity playbook look at.

    Attributes
    ----------
    flows
        The records.
    asked
        Who wants to reach whom.
    covered
        Coverage of both ends' interfaces, see `analysis.coverage`; None where neither has one.
    source, destination
        What is logged of either end.
    attempts
        See `analysis.connection_attempts`.
    left_out
        Whether there are more attempts than that.
    """

    flows: Flows
    asked: Asked
    covered: pd.DataFrame | None
    source: watching.Watch
    destination: watching.Watch
    attempts: pd.DataFrame
    left_out: bool

    @property
    def snapshot(self) -> Snapshot | None:
        """The inventory the flows were loaded with."""
        return self.flows.identities.snapshot

    @property
    def worked(self) -> pd.DataFrame:
        """The attempts that came about."""
        return self.attempts[~self.attempts.failed.fillna(value=True).astype(bool)]

    @property
    def failed(self) -> pd.DataFrame:
        """The attempts that did not."""
        return self.attempts[self.attempts.failed.fillna(value=False).astype(bool)]

    @property
    def snapshot_age(self) -> str:
        """When the inventory was taken, against the flows."""
        return inventory_text(self.flows) or "No inventory: which rule decides cannot be told."


def case(
    flows: Flows,
    *,
    source: str | Sequence[str],
    destination: str | Sequence[str],
    port: int | None = None,
    protocol: str | int = "tcp",
) -> Case:
    """Understand a question, and count its attempts.

    Parameters
    ----------
    flows
        Records already scoped by time; load them with ``inventory=`` for names and rules.
    source, destination
        Addresses (IPv4 or IPv6, in any spelling), CIDR blocks, interface or instance ids, names of the inventory, or a
        list of them; either may be outside the VPC. The source opens the connection.
    port
        The destination's, None for protocols without ports.
    protocol
        By name or IANA number.

    Raises
    ------
    ScopeError
        If an end, the port or the protocol is none, both ends are the same, or the window holds no record at all.
    MissingFieldError
        If the log lacks addresses, ports, the interface, times or the action.
    """
    if flows.span is None and not engine.frame(flows.stored_status.limit(1)).shape[0]:
        loaded = replace(flows, scope=Scope()).span
        ends = [f"{one:%Y-%m-%d %H:%MZ}" for one in loaded or ()]
        held = f" What was loaded goes from {ends[0]} to {ends[1]}." if ends else ""
        raise ScopeError(f"there is no record at all in {flows.scope}.{held} Choose another window.")
    asked = understood(flows, source, destination, port, protocol)
    covered = watching.told(flows, asked)
    watches = watching.of(flows, asked, covered)
    frame, left_out = counting.told(flows, asked, *watches)
    frame = captioned(frame, "connection_attempts", flows, f"Attempts {asked}.", inventory=True, missing=True)
    return Case(flows, asked, covered, *watches, frame, left_out)
