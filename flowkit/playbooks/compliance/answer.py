"""The report of a review: findings ranked, what is allowed set apart, what was not checked said, and the answer."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import pandas as pd

from flowkit.playbooks.compliance.controls import NEVER
from flowkit.playbooks.compliance.review import Review
from flowkit.playbooks.finding import SEVERITIES, Finding, Step
from flowkit.playbooks.report import Report
from flowkit.wording import sentence, several

_WRITTEN: Final = 3
_NO_SNAPSHOT: Final = (
    "No snapshot is loaded (inventory=FOLDER): which interfaces should be logged, and which rules let traffic in, is "
    "not known."
)


def answered(case: Review, found: Iterable[Finding], steps: Sequence[Step], parameters: Mapping[str, Any]) -> Report:
    """Return the report.

    Parameters
    ----------
    case
        The review.
    found
        Findings, in any order.
    steps
        As taken.
    parameters
        What was asked.
    """
    today = datetime.now(UTC).date()
    kept: list[Finding] = []
    notes: list[str] = []
    for one in sorted(found, key=_rank):
        entry = next((each for each in case.allowed if each.holds(today) and each.covers(one)), None)
        if entry is None:
            kept.append(one)
        else:
            notes.append(f"Allowed, {entry}: {one.summary}")
    notes += [f"No longer allowed, its day is over: {one}." for one in case.allowed if not one.holds(today)]
    findings = tuple(kept)
    blind = _blind(case)
    grave = [one for one in findings if one.severity != "info"]
    verdict = "findings" if grave else "cannot_tell" if blind else "nothing_found"
    unchecked = _unchecked(case)
    return Report(
        name="compliance", title="Compliance", verdict=verdict, findings=findings,
        summary=_summary(grave, blind, case, unchecked), steps=tuple(steps), parameters=parameters,
        scope=case.flows.scope, coverage=case.coverage, span=case.flows.span,
        notes=(NEVER, *unchecked, *notes, *case.flows.origin.notes, *case.flows.origin.losses),
    )  # fmt: skip


def _rank(one: Finding) -> tuple[Any, ...]:
    size = (one.bytes_out or 0) + (one.bytes_in or 0)
    time = float("inf") if one.first is None or pd.isna(one.first) else pd.Timestamp(one.first).timestamp()
    return -one.score, -size, one.kind, time, one.subject, str(one.peer)


def _blind(case: Review) -> str:
    if not case.sees_accepted:
        return "only what was rejected is logged: what was let through against a policy is not on record"
    return case.empty


def _unchecked(case: Review) -> tuple[str, ...]:
    """Return what was not checked, and what it takes, a sentence each."""
    flows, known = case.flows, set(case.flows.fields)
    told = (
        (case.policy is None, "Segmentation and egress were not checked: no policy is given (policy=FILE)."),
        (flows.identities.snapshot is None, _NO_SNAPSHOT),
        ("encryption_status" not in known, "Encryption was not checked: the log does not record encryption-status."),
        ("action" not in known, "The log does not record action: everything counts as accepted."),
        (case.actions == {"ACCEPT"}, "Only ACCEPT is on record: that a control stopped anything cannot be shown."),
        (not case.gaps.attrs.get("can_tell", True), "Gaps were not looked for: the log has no log-status."),
        (bool(case.audit and case.audit.snapshot.flow_logs), "How long the destinations keep their logs is not known."),
    )
    return tuple(text for lacking, text in told if lacking)


def _summary(grave: Sequence[Finding], blind: str, case: Review, unchecked: Sequence[str]) -> str:
    if not grave:
        answer = sentence(blind) if blind else "Nothing in what was logged and checked."
        return " ".join((answer, case.coverage, *unchecked))
    counted = ", ".join(
        f"{count:,} {name}" for name in reversed(SEVERITIES) if (count := sum(one.severity == name for one in grave))
    )
    kinds = ", ".join(dict.fromkeys(one.kind.replace("_", " ") for one in grave))
    first = " ".join(one.summary for one in grave[:_WRITTEN])
    return f"{several(len(grave), 'finding')} ({counted}) of {kinds}. {first}"
