"""The report of the connectivity playbook: the answer in words, and one finding."""

from collections.abc import Iterator
from typing import Final

import pandas as pd

from flowkit.playbooks.connectivity import advice
from flowkit.playbooks.connectivity.case import Case
from flowkit.playbooks.connectivity.verdict import Verdict
from flowkit.playbooks.finding import CAUSES, Finding, Step, weight
from flowkit.playbooks.report import ConnectivityReport
from flowkit.scope import Scope
from flowkit.wording import sentence, several

_SEVERITY: Final = {
    "reachable": "info", "not_seen": "low", "cannot_tell": "low", "intermittent": "high", "failing": "high",
    "blocked": "high",
}  # fmt: skip
_MOST_ROWS: Final = 1_000
_MOST_ADDRESSES: Final = 4
_ANSWERS: Final = {
    "reachable": "come about", "blocked": "are stopped by a rule", "failing": "fail, and no rule is the reason",
}  # fmt: skip


def report(case: Case, verdict: Verdict, steps: tuple[Step, ...]) -> ConnectivityReport:
    """Return the report of a case."""
    summary = _summary(case, verdict)
    return ConnectivityReport(
        name="connectivity", title=f"Connectivity {case.asked}", verdict=verdict.name, summary=summary,
        findings=(_finding(case, verdict, summary),), steps=steps, parameters=_parameters(case),
        scope=case.flows.scope, coverage=f"The source is {case.source}, the destination {case.destination}.",
        notes=tuple(_notes(case)), span=case.flows.span,
        cause=verdict.cause, candidates=verdict.candidates, pattern=verdict.pattern,
        hypotheses=verdict.hypotheses, fraction_failing=verdict.fraction_failing, snapshot_age=case.snapshot_age,
    )  # fmt: skip


def _summary(case: Case, verdict: Verdict) -> str:
    parts = [sentence(_answer(case, verdict))]
    first = next((one for one in verdict.candidates if one.cause == verdict.cause), None)
    if verdict.cause:
        parts.append(sentence(first.words if first else CAUSES[verdict.cause]))
    elif verdict.name in ("blocked", "failing", "intermittent") and verdict.candidates:
        fitting = [one for one in verdict.candidates if not one.contradicted_by] or list(verdict.candidates)
        parts.append("Which of these it is cannot be told: " + "; ".join(one.words for one in fitting[:3]) + ".")
    if verdict.hypotheses:
        parts.append(sentence(verdict.hypotheses[0].says))
    if (case.attempts.outcome == "one_way").any() and verdict.name == "reachable":
        parts.append("It is one-way: what arrives is accepted, and nothing is sent back.")
    return " ".join(parts)


def _answer(case: Case, verdict: Verdict) -> str:
    worked, failed = len(case.worked), len(case.failed)
    if verdict.name == "not_seen":
        return f"no attempt {case.asked} was recorded, though both ends are logged throughout"
    if not worked + failed:
        if not len(case.attempts):
            return f"no attempt {case.asked} was recorded, and one could have passed unseen"
        seen = several(len(case.attempts), "attempt")
        return f"{seen} {case.asked} {'is' if len(case.attempts) == 1 else 'are'} on record; what would decide is not"
    if worked and failed:
        return f"{failed:,} of {several(worked + failed, 'attempt')} {case.asked} fail"
    every = "the one attempt" if worked + failed == 1 else f"all {worked + failed:,} attempts"
    return f"{every} {case.asked} {_ANSWERS[verdict.name]}"


def _finding(case: Case, verdict: Verdict, summary: str) -> Finding:
    asked, attempts, severity = case.asked, case.attempts, _SEVERITY[verdict.name]
    shown = case.failed if len(case.failed) else case.worked
    against = case.worked if len(case.failed) else case.failed
    servers = sorted(set(shown.server)) or list(asked.destination.blocks)
    clients = sorted(set(shown.client)) or list(asked.source.blocks)
    return Finding(
        kind="connectivity", subject=clients[0], peer=servers[0] if len(servers) == 1 else servers, port=asked.port,
        protocol=asked.protocol_name, score=weight(severity, verdict.fraction_failing or 0.0),
        severity=severity, summary=summary,
        first=shown["first"].min() if len(shown) else None, last=shown["last"].max() if len(shown) else None,
        bytes_out=int(attempts.bytes_to_server.sum()), bytes_in=int(attempts.bytes_to_client.sum()),
        supporting=_rows(shown, case), contradicting=_rows(against, case),
        innocent_explanations=tuple(f"{what} {here}." for what, here in advice.innocent(case)),
        next_steps=tuple(map(str, advice.next_steps(case, verdict.candidates))),
        scope=_scope(case),
    )  # fmt: skip


def _rows(attempts: pd.DataFrame, case: Case) -> pd.DataFrame:
    rows = attempts.head(_MOST_ROWS)
    what = "that fail" if rows.failed.any() else "that came about"
    more = f", the first {_MOST_ROWS:,} of {len(attempts):,}" if len(attempts) > _MOST_ROWS else ""
    rows.attrs = {**case.attempts.attrs, "caption": f"Attempts {what}{more}."}
    return rows


def _scope(case: Case) -> Scope:
    asked = case.asked
    port = () if asked.port is None else (asked.port,)
    return Scope(address=(*asked.source.blocks, *asked.destination.blocks), protocol=(asked.protocol,), port=port)


def _parameters(case: Case) -> dict[str, object]:
    asked = case.asked
    return {
        "source": asked.source.said, "destination": asked.destination.said, "port": asked.port,
        "protocol": asked.protocol_name,
    }  # fmt: skip


def _notes(case: Case) -> Iterator[str]:
    yield from (*case.flows.origin.notes, *case.flows.origin.losses)
    for side in (case.asked.source, case.asked.destination):
        addresses = ", ".join(side.blocks[:_MOST_ADDRESSES])
        more = f" and {len(side.blocks) - _MOST_ADDRESSES:,} more" if len(side.blocks) > _MOST_ADDRESSES else ""
        if addresses != side.said:
            yield f"{side.said} is {addresses}{more}."
    if case.left_out:
        yield f"Only the first {len(case.attempts):,} attempts were looked at."
