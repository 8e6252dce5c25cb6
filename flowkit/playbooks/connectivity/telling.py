"""The report of the connectivity playbook: the answer in words, and one finding."""

from typing import Final

from flowkit.playbooks.connectivity import advice
from flowkit.playbooks.connectivity.case import Case
from flowkit.playbooks.connectivity.verdict import Verdict
from flowkit.playbooks.finding import Finding, Step
from flowkit.playbooks.report import ConnectivityReport
from flowkit.scope import Scope

_SEVERITY: Final = {
    "reachable": "info", "not_seen": "low", "cannot_tell": "low", "intermittent": "high", "failing": "high",
    "blocked": "high",
}  # fmt: skip
_SCORE: Final = {"reachable": 0.1, "not_seen": 0.3, "cannot_tell": 0.2}
_MOST_ROWS: Final = 1_000
_WORDS: Final = {
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


def report(case: Case, verdict: Verdict, steps: tuple[Step, ...]) -> ConnectivityReport:
    """Return the report of a case."""
    summary = _summary(case, verdict)
    notes = [case.flows.origin.notes] if isinstance(case.flows.origin.notes, str) else list(case.flows.origin.notes)
    if case.left_out:
        notes.append(f"Only the first {len(case.attempts):,} attempts were looked at.")
    return ConnectivityReport(
        name="connectivity", title="Connectivity", verdict=verdict.name, summary=summary,
        findings=(_finding(case, verdict, summary),), steps=steps, parameters=_parameters(case),
        scope=case.flows.scope, coverage=f"The source is {case.source}, the destination {case.destination}.",
        notes=tuple(notes), cause=verdict.cause, candidates=verdict.candidates, pattern=verdict.pattern,
        hypotheses=verdict.hypotheses, fraction_failing=verdict.fraction_failing, snapshot_age=case.snapshot_age,
    )  # fmt: skip


def _summary(case: Case, verdict: Verdict) -> str:
    known = len(case.worked) + len(case.failed)
    parts = [f"{str(case.asked)[:1].upper()}{str(case.asked)[1:]}: {verdict.name.replace('_', ' ')}."]
    if known:
        parts.append(f"{len(case.failed):,} of {known:,} attempts fail.")
    if verdict.cause:
        first = next((one for one in verdict.candidates if one.cause == verdict.cause), None)
        rule = f" ({first})" if first and first.rule else ""
        parts.append(f"{_WORDS[verdict.cause][:1].upper()}{_WORDS[verdict.cause][1:]}{rule}.")
    elif verdict.name in ("blocked", "failing", "intermittent") and verdict.candidates:
        parts.append("More than one cause fits: " + "; ".join(str(one) for one in verdict.candidates[:3]) + ".")
    if verdict.hypotheses:
        parts.append(f"{verdict.hypotheses[0].says[:1].upper()}{verdict.hypotheses[0].says[1:]}.")
    if (case.attempts.outcome == "one_way").any() and verdict.name == "reachable":
        parts.append("It is one-way: what arrives is accepted, and nothing is sent back.")
    return " ".join(parts)


def _finding(case: Case, verdict: Verdict, summary: str) -> Finding:
    asked, attempts = case.asked, case.attempts
    shown = case.failed if len(case.failed) else case.worked
    against = case.worked if len(case.failed) else case.failed
    servers = sorted(set(shown.server)) or list(asked.destination.blocks)
    clients = sorted(set(shown.client)) or list(asked.source.blocks)
    return Finding(
        kind="connectivity", subject=clients[0], peer=servers[0] if len(servers) == 1 else servers, port=asked.port,
        protocol=asked.protocol_name, score=_SCORE.get(verdict.name, verdict.fraction_failing or 1.0),
        severity=_SEVERITY[verdict.name], summary=summary,
        first=shown["first"].min() if len(shown) else None, last=shown["last"].max() if len(shown) else None,
        bytes_out=int(attempts.bytes_to_server.sum()), bytes_in=int(attempts.bytes_to_client.sum()),
        supporting=shown.head(_MOST_ROWS), contradicting=against.head(_MOST_ROWS),
        innocent_explanations=tuple(f"{what} {here}." for what, here in advice.innocent(case)),
        next_steps=tuple(command for _, command in advice.next_steps(case, verdict.candidates)),
        scope=_scope(case),
    )  # fmt: skip


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
