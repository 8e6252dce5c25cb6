"""What a playbook finds: findings with what speaks for and against them, causes that fit, and its steps."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

import pandas as pd

from flowkit.scope import Scope

if TYPE_CHECKING:
    import plotly.graph_objects as go

SEVERITIES: Final = ("info", "low", "medium", "high", "critical")
Rule = str | list[str] | None
Evidence = pd.DataFrame | tuple[str, ...]
"""Rows, or sentences where there are none to show."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Finding:
    """One thing that was found.

    Attributes
    ----------
    kind
        What it is, such as ``connectivity``.
    subject, peer
        The inside end, and the other: one address, or a list where there are several.
    port, protocol
        The server's port, and the protocol by name.
    score
        0 to 1: how sure and how grave, by which findings are ranked.
    severity
        ``info``, ``low``, ``medium``, ``high`` or ``critical``.
    first, last
        When it was seen, in UTC.
    bytes_out, bytes_in
        Bytes from and to the subject (B).
    technique
        ATT&CK id, "" for none.
    summary
        One sentence.
    supporting, contradicting
        What speaks for it and against.
    innocent_explanations, next_steps
        Sentences; a step is a command to look or to mend, which flowkit never runs.
    scope
        What narrows flows to it.
    """

    kind: str
    subject: str
    summary: str
    peer: str | list[str] = ""
    port: int | None = None
    protocol: str = ""
    score: float = 0.0
    severity: str = "info"
    first: datetime | None = None
    last: datetime | None = None
    bytes_out: int | None = None
    bytes_in: int | None = None
    technique: str = ""
    supporting: Evidence = ()
    contradicting: Evidence = ()
    innocent_explanations: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()
    scope: Scope = field(default_factory=Scope)


@dataclass(frozen=True)
class Candidate:
    """A cause that fits, or would if nothing spoke against it.

    Attributes
    ----------
    cause
        Its name, as in `ConnectivityReport.cause`.
    rule
        Its id: of an ACL or a route table; of groups a list of all of the interface, the nearest miss first; None
        where it is not known.
    entry
        Number of the ACL's entry, else None.
    why
        A sentence.
    contradicted_by
        What speaks against it, a sentence each; what is contradicted does not count as fitting.
    """

    cause: str
    rule: Rule = None
    entry: int | None = None
    why: str = ""
    contradicted_by: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return cause and rule as a line."""
        ids = ", ".join(self.rule) if isinstance(self.rule, list) else self.rule
        where = " ".join(filter(None, (ids, f"entry {self.entry}" if self.entry is not None else "")))
        return f"{self.cause} ({where})" if where else self.cause


@dataclass(frozen=True, eq=False)
class Step:
    """A question, and what was found.

    Attributes
    ----------
    name
        What the function that takes the step is called.
    question, finding
        A sentence each.
    table
        What the finding stands on, a row for each thing counted.
    figure
        The same as a picture, None where none would say more.
    coverage
        What the log could not show.
    """

    name: str
    question: str
    finding: str
    table: pd.DataFrame
    figure: "go.Figure | None" = None
    coverage: str = ""

    def _repr_html_(self) -> str:
        from flowkit.playbooks.report_html import step_html

        return step_html(self)
