"""What the steps of the playbook look at: the flows, what was declared, and how long logs are to be kept."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, Final, TypeAlias

import pandas as pd

from flowkit import analysis
from flowkit.analysis import conversation_rules
from flowkit.analysis.rulings import ADMITTED
from flowkit.aws.audited import Audit
from flowkit.aws.auditing import audited
from flowkit.errors import ScopeError
from flowkit.flows import Flows
from flowkit.playbooks.hunting import Allow, Hunt, allowed
from flowkit.policy import Policy, examples, read

RETENTION_DAYS: Final = 365
"""Days. PCI DSS v4.0.1 10.5.1 asks for 12 months of history; other standards leave the number to the organization."""
_HOUR: Final = timedelta(hours=1)
_GATES: Final = ("source_security_group", "destination_security_group")
"""The gates whose rules let traffic in; where both ends' are known, the server's decides what is named."""
_MOST_ASKED: Final = 200
"""Addresses whose rules are asked for at once: those of some 100 conversations, more than anybody reads."""
Given: TypeAlias = Policy | str | PathLike[str] | None


@dataclass(frozen=True, eq=False)
class Review(Hunt):
    """What is reviewed: a hunt, see `Hunt`, beside a declaration.

    Attributes
    ----------
    policy
        What was declared; None where nothing was.
    retention_days
        How long logs are to be kept [d].
    as_of
        The day on which exceptions must still hold, as it was given.
    """

    policy: Policy | None = None
    retention_days: int = RETENTION_DAYS
    as_of: str = ""

    @cached_property
    def covered(self) -> pd.DataFrame:
        """Coverage of all interfaces by the hour, as auditors ask for it; in wider buckets where that is too much."""
        if not {"interface_id", "start", "end"} <= set(self.flows.fields):
            return pd.DataFrame({"interface_id": [], "bucket": [], "state": []})
        try:
            return analysis.coverage(self.flows, every=_HOUR)
        except ScopeError:  # more rows than anybody reads
            return analysis.coverage(self.flows)

    @cached_property
    def audit(self) -> Audit | None:
        """Whether the network's traffic is logged, by the snapshot; None without one that tells of flow logs."""
        snapshot = self.flows.identities.snapshot
        if snapshot is None or not (snapshot.flow_logs or "FlowLogs" in snapshot.answered):
            return None
        first, last = self.flows.span or (None, None)
        return audited(snapshot, start=self.flows.scope.start or first, end=self.flows.scope.end or last)

    @cached_property
    def gaps(self) -> pd.DataFrame:
        """The gaps of all interfaces, see `analysis.logging_gaps`; empty where the log names none or has no times."""
        if not {"interface_id", "start", "end"} <= set(self.flows.fields):
            return pd.DataFrame({"interface_id": [], "cause": [], "position": [], "minutes": [], "first": []})
        return analysis.logging_gaps(self.flows)

    @property
    def sees_accepted(self) -> bool:
        """Whether what was accepted is on record, as far as the log shows."""
        return self.actions != {"REJECT"}

    @property
    def sees_idle(self) -> bool:
        """Whether the log tells idle interfaces from such that were not watched: it has a line of NODATA."""
        ledger = self.flows.ledger
        return not len(ledger) or bool(ledger.nodata.sum() > 0)

    def admitted_by(self, rows: pd.DataFrame) -> list[str]:
        """Return which group rules let each row's `client` reach its `server` and `server_port`, "" where unknown.

        Those of the server, else of the client, as of what leaves.
        """
        none = [""] * len(rows)
        if self.flows.identities.snapshot is None or not {"action", "srcaddr", "dstaddr"} <= set(self.flows.fields):
            return none
        asked = [one for one in dict.fromkeys(rows.server) if " " not in one][:_MOST_ASKED]
        ports = sorted({int(port) for port in rows.server_port.dropna()})
        if not asked or not ports:
            return none
        told = conversation_rules(self.flows.narrow(address=asked, port=ports))
        keys, rules = ["client", "server", "server_port", "protocol"], dict[Any, str]()
        for gate in _GATES:
            own = told[(told.effect == ADMITTED) & (told.gate == gate)]
            rules |= dict(zip(own[keys].itertuples(index=False, name=None), own.rule, strict=True))
        return [rules.get(key, "") for key in rows[keys].itertuples(index=False, name=None)]


def review(
    flows: Flows, policy: Given = None, *, as_of: date | str | None = None, retention_days: int = RETENTION_DAYS,
    allow: Allow = None,
) -> Review:  # fmt: skip
    """Begin a review.

    Parameters
    ----------
    flows
        Records already scoped.
    policy
        A policy file, the name of one of `flowkit.policy.examples`, or what `flowkit.policy.read` gave; without one
        nothing is held against a declaration.
    as_of
        The day on which the policy's exceptions must still hold; today, if not given.
    retention_days
        How long logs are to be kept [d], see `RETENTION_DAYS`.
    allow
        See `flowkit.playbooks.hunting.allowed`.

    Raises
    ------
    PolicyError
        If the policy cannot be read, or is wrong.
    ScopeError
        If *retention_days* is less than one.
    """
    if retention_days < 1:
        raise ScopeError(f"retention_days is {retention_days}, but logs are kept for a day at least. Try 365.")
    named = policy if not isinstance(policy, str) or Path(policy).is_file() else examples().get(policy, policy)
    declared = read(named, as_of=as_of or None) if isinstance(named, str | PathLike) and str(named) else named
    policy = declared if isinstance(declared, Policy) else None
    return Review(flows, allowed(allow), policy=policy, retention_days=retention_days, as_of=str(as_of or ""))
