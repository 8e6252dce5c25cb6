"""From suspicions to ranked findings: severities, campaigns joined, what is allowed set apart, and the answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Final

import pandas as pd

from flowkit.playbooks.finding import SEVERITIES, Finding, Step, weight
from flowkit.playbooks.hunting.allowing import Allowed
from flowkit.playbooks.hunting.hunt import Hunt
from flowkit.playbooks.report import Report
from flowkit.scope import Scope
from flowkit.wording import sentence, several

_LEADING: Final = (
    "listed_address", "upload", "slow_upload", "access_after_attempts", "tunnel", "beacon", "blocked_beacon",
)  # fmt: skip
"""Which kind names a campaign of several that are equally grave: what happened, before what it may be."""
_SENDING: Final = frozenset({"upload", "slow_upload", "tunnel"})
_CALLING: Final = frozenset({"beacon"})
_MOST_WRITTEN: Final = 3
_MOST_PEERS: Final = 50


@dataclass(frozen=True, eq=False, kw_only=True)
class Suspicion:
    """A finding to be, before it is ranked: see `Finding`; *score* is the detector's own, 0 to 1.

    *for_it* and *against* are sentences, *also* joins what is of one campaign.
    """

    kind: str
    subject: str
    peer: str | list[str]
    score: float
    severity: str
    what: str
    row: Mapping[Any, Any]
    port: int | None = None
    protocol: str = ""
    technique: str = ""
    for_it: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    innocent: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()
    bytes_out: int | None = None
    bytes_in: int | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def campaign(self) -> tuple[str, tuple[str, ...]]:
        """Whom it is about: suspicions of one subject and the same peers are one campaign."""
        return self.subject, (self.peer,) if isinstance(self.peer, str) else tuple(sorted(self.peer))

    @property
    def scope(self) -> Scope:
        """What narrows flows to it; of a flood, whose sources may be forged, to the one flooded."""
        others = () if self.kind == "flood" else self.campaign[1][:_MOST_PEERS]
        return Scope(address=tuple(dict.fromkeys(one for one in (self.subject, *others) if one)))

    @property
    def weight(self) -> float:
        """Severity and score in one number."""
        return weight(self.severity, self.score)


def report(
    case: Hunt,
    name: str,
    suspicions: Iterable[Suspicion],
    steps: Sequence[Step],
    *,
    parameters: Mapping[str, Any],
    blind: str = "",
) -> Report:
    """Return the report of a hunt.

    Parameters
    ----------
    case
        The hunt.
    name
        Of the playbook.
    suspicions
        In any order.
    steps
        As taken.
    parameters
        What was asked.
    blind
        Why the log cannot answer at all; "" where it can.
    """
    joined = sorted(_joined(suspicions), key=_rank)
    today = datetime.now(UTC).date()
    kept: list[tuple[Finding, Allowed | None]] = []
    set_apart: list[tuple[Finding, Allowed | None]] = []
    for one in joined:
        finding = _finding(one)
        entry = next((each for each in case.allowed if each.holds(today) and each.covers(finding)), None)
        (set_apart if entry else kept).append((finding, entry))
    findings = tuple(finding for finding, _entry in kept)
    notes = [*_allowed_notes(case, set_apart, today), *case.flows.origin.notes, *case.flows.origin.losses]
    verdict = _verdict(findings, blind)
    return Report(
        name=name, title=name.capitalize(), verdict=verdict, findings=findings,
        summary=_summary(findings, verdict, case, blind),
        steps=tuple(steps), parameters=parameters, scope=case.flows.scope, notes=tuple(notes),
        coverage=f"{case.coverage} {case.doubt}".rstrip(),
        span=case.flows.span,
    )  # fmt: skip


def _joined(suspicions: Iterable[Suspicion]) -> list[Suspicion]:
    """Return a suspicion for each campaign: the gravest, with the others named behind it."""
    campaigns: dict[tuple[str, tuple[str, ...]], list[Suspicion]] = {}
    for one in suspicions:
        campaigns.setdefault(one.campaign, []).append(one)
    found = []
    for many in campaigns.values():
        first, *others = sorted(many, key=lambda one: (-SEVERITIES.index(one.severity), _place(one.kind), -one.score))
        if _both(many) and first.severity == "medium":
            first = replace(first, severity="high")
        also = tuple(f"Also of this campaign: {one.kind.replace('_', ' ')}, {one.what}." for one in others)
        found.append(replace(first, for_it=(*first.for_it, *also)))
    return found


def _rank(one: Suspicion) -> tuple[Any, ...]:
    """Return what ranks a suspicion; ties go by time, then bytes, so that other addresses give the same order."""
    first = one.row.get("first")
    time = float("inf") if first is None or pd.isna(first) else pd.Timestamp(first).timestamp()
    size = (one.bytes_out or 0) + (one.bytes_in or 0)
    return -one.weight, one.kind, time, -size, one.subject, str(one.peer)


def _place(kind: str) -> int:
    return _LEADING.index(kind) if kind in _LEADING else len(_LEADING)


def _both(many: Sequence[Suspicion]) -> bool:
    """Tell whether a campaign calls home and sends data: either alone has harmless reasons, both together hardly."""
    kinds = {one.kind for one in many if SEVERITIES.index(one.severity) >= SEVERITIES.index("medium")}
    return bool(kinds & _SENDING) and bool(kinds & _CALLING)


def _finding(one: Suspicion) -> Finding:
    rows = pd.DataFrame([dict(one.row)])
    rows.attrs["caption"] = " ".join((sentence(one.what), *one.for_it))
    return Finding(
        kind=one.kind, subject=one.subject, peer=one.peer, port=one.port, protocol=one.protocol, score=one.weight,
        severity=one.severity, technique=one.technique, summary=_told(one), supporting=rows, contradicting=one.against,
        innocent_explanations=one.innocent, next_steps=one.next_steps, bytes_out=one.bytes_out, bytes_in=one.bytes_in,
        first=one.row.get("first"), last=one.row.get("last"), scope=one.scope, **dict(one.more),
    )  # fmt: skip


def _told(one: Suspicion) -> str:
    peers = [one.peer] if isinstance(one.peer, str) else one.peer
    ends = f"{one.subject} and {peers[0]}" if len(peers) == 1 and peers[0] else one.subject
    return f"{one.kind.replace('_', ' ').capitalize()}, {ends}: {one.what}."


def _verdict(findings: Sequence[Finding], blind: str) -> str:
    if any(one.severity != "info" for one in findings):
        return "findings"
    return "cannot_tell" if blind else "nothing_found"


def _summary(findings: Sequence[Finding], verdict: str, case: Hunt, blind: str) -> str:
    grave = [one for one in findings if one.severity != "info"]
    if verdict == "cannot_tell":
        return sentence(blind)
    if not grave:
        return f"Nothing in what was logged. {case.coverage}"
    counted = ", ".join(
        f"{sum(one.severity == name for one in grave):,} {name}"
        for name in reversed(SEVERITIES)
        if any(one.severity == name for one in grave)
    )
    first = " ".join(one.summary for one in grave[:_MOST_WRITTEN])
    return f"{several(len(grave), 'finding')} ({counted}). {first}"


def _allowed_notes(case: Hunt, set_apart: list[tuple[Finding, Allowed | None]], today: date) -> list[str]:
    over = [f"No longer allowed, its day is over: {one}." for one in case.allowed if not one.holds(today)]
    return [f"Allowed, {entry}: {finding.summary}" for finding, entry in set_apart] + over
