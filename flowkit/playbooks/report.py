"""The answer of a playbook."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import pandas as pd

from flowkit.playbooks.finding import SEVERITIES, Candidate, Finding, Step
from flowkit.playbooks.patterns import Hypothesis
from flowkit.playbooks.written import Document, Told, Written
from flowkit.scope import Scope

COLUMNS: Final = (
    "kind", "subject", "peer", "port", "protocol", "score", "severity", "first", "last", "bytes_out", "bytes_in",
    "technique", "summary",
)  # fmt: skip
_TYPES: Final = {
    "port": "Int64", "score": "float64", "first": "datetime64[s, UTC]", "last": "datetime64[s, UTC]",
    "bytes_out": "Int64", "bytes_in": "Int64",
}  # fmt: skip


@dataclass(frozen=True, eq=False, kw_only=True)
class Report(Written):
    """What a playbook found, and how.

    It displays itself in a notebook, and is written by `to_html`, `to_markdown`, `to_csv`, `to_json` and `to_ocsf`.

    Attributes
    ----------
    name, title
        Of the playbook.
    verdict
        ``findings``, ``nothing_found`` or ``cannot_tell``; of the connectivity playbook see `ConnectivityReport`.
    summary
        The answer as a sentence or two.
    findings
        Best first.
    steps
        In the order in which they were taken.
    parameters
        What was asked.
    scope
        The records it stands on.
    coverage
        What the log could not show.
    notes
        What else to know of the answer, a sentence each.
    span
        The first and the last time of the records it stands on, in UTC; None without any.
    made
        When, in UTC; by default now.
    ledger
        The account of the objects that were read, see `Flows.ledger`; None where it is not at hand.
    """

    name: str
    title: str
    verdict: str
    summary: str
    findings: tuple[Finding, ...] = ()
    steps: tuple[Step, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    scope: Scope = field(default_factory=Scope)
    coverage: str = ""
    notes: tuple[str, ...] = ()
    span: tuple[datetime, datetime] | None = None
    made: datetime = field(default_factory=partial(datetime.now, UTC))
    ledger: pd.DataFrame | None = None

    def to_frame(self) -> pd.DataFrame:
        """Return the findings, a row each, best first.

        Returns
        -------
        DataFrame
            `kind`, `subject`, `peer`, `port`, `protocol`, `score` (0 to 1), `severity`, `first`, `last` (UTC),
            `bytes_out`, `bytes_in` (B), `technique` (ATT&CK id), `summary`.
        """
        return frame_of(self.findings)

    def document(self) -> Document:
        """Return what is written to a file."""
        from flowkit.playbooks.report_parts import whole

        about = {
            "playbook": self.name, "title": self.title, "verdict": self.verdict, "summary": self.summary,
            "made": self.made, "parameters": dict(self.parameters), "scope": self.scope, "span": self.span,
            "coverage": self.coverage, "notes": self.notes, **self._more(), "ledger": self.ledger,
        }  # fmt: skip
        findings = tuple(Told(finding=finding, told=self.made, more={}) for finding in self.findings)
        return Document(section=whole(self), about=about, findings=findings)

    def _more(self) -> dict[str, Any]:
        """Return what a machine is told beside what all reports tell."""
        return {}

    @property
    def worst(self) -> str:
        """The gravest severity of its findings, "" without any."""
        return max((one.severity for one in self.findings), key=SEVERITIES.index, default="")

    def __str__(self) -> str:
        """Return the answer as text."""
        return f"{self.title}: {self.verdict.replace('_', ' ')}. {self.summary}"

    def _repr_html_(self) -> str:
        from flowkit.playbooks.report_html import body

        return body(self)

    def _ipython_display_(self) -> None:
        from flowkit.playbooks.report_html import framed, passages
        from flowkit.showing import interleave

        interleave(framed(part) if isinstance(part, str) else part for part in passages(self))


@dataclass(frozen=True, eq=False, kw_only=True)
class ConnectivityReport(Report):
    """Why one host reaches another, or does not.

    Attributes
    ----------
    verdict
        ``reachable``, ``blocked``, ``failing``, ``intermittent``, ``not_seen`` or ``cannot_tell``.
    cause
        What stops the attempts that fail; None where they do not fail, or more than one thing fits, or none.
    candidates
        Every cause that fits, likeliest first; behind them what the records contradict.
    pattern
        What separates what fails from what works: ``client_ports``, ``change_point``, ``server``, ``client``,
        ``subnet``, ``zone``, ``windows``, ``restarts``, ``idle`` or ``rate``; None where nothing does.
    hypotheses
        All patterns that are no chance, with their attempts for and against, best first.
    fraction_failing
        Of the attempts whose outcome is known, 0 to 1; None without any.
    snapshot_age
        When the snapshot was taken, against the flows.
    """

    cause: str | None = None
    candidates: tuple[Candidate, ...] = ()
    pattern: str | None = None
    hypotheses: tuple[Hypothesis, ...] = ()
    fraction_failing: float | None = None
    snapshot_age: str = ""

    def _more(self) -> dict[str, Any]:
        candidates = [asdict(one) for one in self.candidates]
        about = {name: getattr(self, name) for name in ("cause", "pattern", "fraction_failing", "snapshot_age")}
        return {**about, "candidates": candidates}


def frame_of(findings: Iterable[Finding]) -> pd.DataFrame:
    """Return findings as a frame; see `Report.to_frame`."""
    rows = [[getattr(finding, name) for name in COLUMNS] for finding in findings]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(_TYPES)
