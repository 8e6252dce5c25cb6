"""What a playbook finds: findings with what speaks for and against them, causes that fit, and its steps."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

import pandas as pd

from flowkit.scope import Scope

if TYPE_CHECKING:
    import plotly.graph_objects as go

SEVERITIES: Final = ("info", "low", "medium", "high", "critical")
_BANDS: Final = {"info": (0.0, 0.2), "low": (0.2, 0.45), "medium": (0.45, 0.7), "high": (0.7, 0.9),
                 "critical": (0.9, 1.0)}  # fmt: skip
Rule = str | list[str] | None
Evidence = pd.DataFrame | tuple[str, ...]
"""Rows, or sentences where there are none to show."""


def weight(severity: str, sure: float) -> float:
    """Return the score of a finding: within the band of its severity, so that the gravest is also the first.

    *sure* is how sure it is or how much there is of it, 0 to 1; beyond is taken for the end.
    """
    low, high = _BANDS[severity]
    return low + (high - low) * min(max(sure, 0.0), 1.0)


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
    innocent_explanations
        Sentences.
    next_steps
        Commands to look or to mend, each with its reason as a comment behind it; flowkit never runs them.
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
class NextStep:
    """Something for the analyst to do; flowkit never does it.

    Attributes
    ----------
    kind
        ``look`` where it only reads, ``mend`` where it changes something.
    why
        What for.
    command
        For a shell; "" where there is none.
    """

    kind: Literal["look", "mend"]
    why: str
    command: str = ""

    def __str__(self) -> str:
        """Return the command with its reason as the shell's comment, so that both can be pasted."""
        return f"{self.command}  # to {self.kind}: {self.why}".strip()


CAUSES: Final = {
    "source_security_group": "the source's security groups do not admit it",
    "source_nacl_outbound": "the network ACL of the source's subnet denies it on its way out",
    "destination_nacl_inbound": "the network ACL of the destination's subnet denies it on its way in",
    "destination_security_group": "the destination's security groups do not admit it",
    "destination_nacl_outbound": "the network ACL of the destination's subnet denies the reply",
    "source_nacl_inbound": "the network ACL of the source's subnet denies the reply",
    "no_listener": "the destination answers with RST: nothing listens there",
    "no_reply": "it arrives, and the destination does not answer",
    "path_lost": "it is lost on the way between the two",
    "not_logged": "what would decide was not logged",
}
"""Causes of failed connections, in words."""


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

    @property
    def words(self) -> str:
        """The cause in words, with its name and rule behind them."""
        return f"{CAUSES[self.cause]} [{self}]" if self.cause in CAUSES else str(self)


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

    def _ipython_display_(self) -> None:
        from flowkit.playbooks.report_html import framed, of_step
        from flowkit.showing import interleave

        interleave(framed(part) if isinstance(part, str) else part for part in of_step(self))
