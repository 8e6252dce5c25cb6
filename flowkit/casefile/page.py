"""The report of a case: first a page for whoever decides, then all that the case holds."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from flowkit.casefile.telling import Kept
from flowkit.playbooks.finding import SEVERITIES, Finding, Step
from flowkit.playbooks.hunting import hunt, logged
from flowkit.playbooks.passages import Answer, Facts, Items, Passage, Picture, Rows, Section, Text, octets, shown
from flowkit.playbooks.report_parts import (
    finding_section,
    method,
    next_steps,
    of_ledger,
    of_step,
    overview,
    sureness,
)
from flowkit.playbooks.written import Document, Told
from flowkit.wording import several

if TYPE_CHECKING:
    from flowkit.casefile.contents import CaseReport
    from flowkit.casefile.investigation import Case

Span: TypeAlias = tuple[datetime, datetime] | None
_BYTES: Final = re.compile(r"\b(\d[\d,]*) B\b")
_MOST_FOUND: Final = 5
"""Findings on the first page."""
_NEVER: Final = (
    "Flow logs never show what was in a packet, and never record traffic with the Amazon DNS server, "
    "instance metadata (169.254.169.254), DHCP and time synchronisation."
)
_NONE_KEPT: Final = (
    "No finding is kept in this case. That is not proof that nothing happened: see what was asked, and what was "
    "not seen."
)


def document(case: "Case") -> Document:
    """Return what is written of a case.

    Raises
    ------
    CaseError
        If the case was altered.
    """
    report = _gravest_first(case.report())
    flows = case.flows if report.ledger is not None else None
    seen = logged(hunt(flows)) if flows else None
    span = flows.span if flows else None
    pairs = (*report.findings, *report.withdrawn)
    findings = tuple(Told(finding=found, told=_time(kept.kept), more=_more(kept)) for kept, found in pairs)
    about = {
        "case": report.name, "begun": report.created, "head": report.head,
        "coverage": seen.finding if seen else "", "notes": [{"time": at, "text": text} for at, text in report.notes],
        "scopes": report.scopes, "ledger": report.ledger, "timeline": report.timeline,
    }  # fmt: skip
    return Document(section=_page(case, report, seen, span), about=about, findings=findings)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _more(kept: Kept) -> dict[str, object]:
    return {
        "id": kept.id, "sha256": kept.sha256, "starred": kept.starred, "comments": list(kept.comments),
        "withdrawn": kept.withdrawn,
    }  # fmt: skip


def _gravest_first(report: "CaseReport") -> "CaseReport":
    """Return a report of which the gravest findings come first, whatever their score: a reader may stop early."""
    ranked = sorted(report.findings, key=lambda pair: (-SEVERITIES.index(pair[1].severity), -pair[1].score))
    return replace(report, findings=tuple(ranked))


def _page(case: "Case", report: "CaseReport", seen: Step | None, span: Span) -> Section:
    begun = (
        f"Case {report.name} was begun {shown(_time(report.created))}; this was written by flowkit {report.flowkit}."
    )
    passages = (
        _summary(report, seen, span), _findings(case, report), *_withdrawn(case, report), _asked(report),
        _notes(report), _scopes(report), _coverage(seen), of_ledger(report.ledger), method(begun), _journal(report),
    )  # fmt: skip
    return Section(f"Case {report.name}", passages)


def _summary(report: "CaseReport", seen: Step | None, span: Span) -> Section:
    """Return the page for whoever decides: what was found, how sure, what was not seen, what to do next."""
    found = [finding for _kept, finding in report.findings]
    steps = next_steps(found) or (Text("No finding asks for a next step."),)
    passages: tuple[Passage, ...] = (
        Answer(_verdict(report), _told(report), _worst(found)), Section("What was found", _top(report)),
        Section("How sure", (Items(_how_sure(report)),)),
        Section("What was not seen", (Items(_unseen(report, seen, span)),)),
        Section("What to do next", steps),
    )  # fmt: skip
    return Section("Summary", passages, place="Summary", first=True)


def _worst(found: Iterable[Finding]) -> str:
    return max((one.severity for one in found), key=SEVERITIES.index, default="")


def _verdict(report: "CaseReport") -> str:
    if report.findings:
        return f"{several(len(report.findings), 'finding')} {'holds' if len(report.findings) == 1 else 'hold'}"
    return "no finding" if report.ledger is not None else "nothing was loaded"


def _told(report: "CaseReport") -> str:
    """Return what the answer stands on, as a sentence or two."""
    counted = Counter(finding.severity for _kept, finding in report.findings)
    grave = ", ".join(f"{counted[one]} {one}" for one in reversed(SEVERITIES) if counted[one])
    by = f"By severity: {grave}. " if grave else ""
    if report.ledger is None:
        return f"{by}No flow log is in this case, so nothing can be said of any traffic."
    records, objects = int(report.ledger["records"].sum()), len(report.ledger)
    runs = int((report.timeline.kind == "run").sum())
    stands = f"The case stands on {several(records, 'record')} of {several(objects, 'object')}"
    return f"{by}{stands}; {several(runs, 'playbook run')} {'is' if runs == 1 else 'are'} in the journal."


def _top(report: "CaseReport") -> tuple[Passage, ...]:
    if not report.findings:
        return (Text(_NONE_KEPT),)
    top = report.findings[:_MOST_FOUND]
    told = tuple(f"{_readable(finding.summary)}{_last_word(kept)}" for kept, finding in top)
    more = len(report.findings) - len(top)
    left = (Text(f"{several(more, 'more finding')} below.", aside=True),) if more else ()
    return Items(told, numbered=True, marks=tuple(finding.severity for _kept, finding in top)), *left


def _readable(summary: str) -> str:
    return _BYTES.sub(lambda found: octets(int(found[1].replace(",", ""))), summary)


def _last_word(kept: Kept) -> str:
    return f" (Comment: {kept.comments[-1]})" if kept.comments else ""


def _how_sure(report: "CaseReport") -> tuple[str, ...]:
    """Return what is to be known of the findings' weight."""
    found = [finding for _kept, finding in report.findings]
    told = []
    if found:
        unopposed = sum(not len(one.contradicting) for one in found)
        told.append(f"Nothing on record speaks against {unopposed} of {several(len(found), 'finding')}.")
        told.append(f"The first of them: {sureness(found[0])}.")
        told.append("A flow log shows who talked to whom and how much, not why: rule the innocent explanations out.")
    if report.withdrawn:
        gone = len(report.withdrawn)
        told.append(f"{several(gone, 'finding')} did not hold; the reason stands below.")
    return tuple(told) or ("There is no finding to be sure of.",)


def _unseen(report: "CaseReport", seen: Step | None, span: Span) -> tuple[str, ...]:
    if report.ledger is None or seen is None:
        return ("Everything: no flow log is in this case.",)
    refused, damaged = int(report.ledger["refused"].sum()), int(report.ledger["damaged_at"].notna().sum())
    lost = [f"{several(refused, 'line')} could not be read and {'was' if refused == 1 else 'were'} set aside"]
    lost += [f"{several(damaged, 'object')} ended early"] if damaged else []
    read = f"{'; '.join(lost)}." if refused or damaged else "Every line of every object was read."
    ends = "No record has a time." if span is None else f"Nothing before {shown(span[0])} or after {shown(span[1])}."
    return ends, seen.finding, read, _NEVER


def _findings(case: "Case", report: "CaseReport") -> Section:
    if not report.findings:
        return Section("Findings", (Text(_NONE_KEPT),), place="Findings")
    every = overview(
        [finding for _kept, finding in report.findings], [kept.starred for kept, _finding in report.findings]
    )
    told: list[Passage] = [every, *(_finding(case, kept, finding) for kept, finding in report.findings)]
    return Section(several(len(report.findings), "finding"), tuple(told), place="Findings")


def _finding(case: "Case", kept: Kept, finding: Finding) -> Section:
    said = [("comment", text) for text in kept.comments]
    marks = [("mark", "starred")] if kept.starred else []
    gone = [("withdrawn because", kept.withdrawn)] if kept.withdrawn else []
    more = [*gone, *marks, *said, ("kept", shown(_time(kept.kept))), ("SHA-256", kept.sha256)]
    pictures = [Picture(figure, _caption(figure, finding)) for figure in case.figures(kept.id)]
    return finding_section(finding, more, pictures)


def _caption(figure: object, finding: Finding) -> str:
    meta = getattr(getattr(figure, "layout", None), "meta", None)
    return str((meta.get("caption") if isinstance(meta, dict) else "") or f"Kept with: {finding.summary}")


def _withdrawn(case: "Case", report: "CaseReport") -> tuple[Section, ...]:
    if not report.withdrawn:
        return ()
    told = (Text("These were kept and do not hold; what was said of them stays."),)
    every: tuple[Passage, ...] = (*told, *(_finding(case, kept, finding) for kept, finding in report.withdrawn))
    return (Section(f"{several(len(report.withdrawn), 'finding')} withdrawn", every, place="Withdrawn"),)


def _asked(report: "CaseReport") -> Section:
    runs = report.timeline[report.timeline.kind == "run"]
    told: Passage = Text("No playbook was run in this case.")
    if len(runs):
        told = Items(tuple(f"{shown(one.time)}: {one.what}" for one in runs.itertuples()))
    return Section("What was asked", (told,), place="Asked")


def _notes(report: "CaseReport") -> Section:
    told: Passage = Text("Nothing was noted.")
    if report.notes:
        told = Items(tuple(f"{shown(_time(at))}: {text}" for at, text in report.notes))
    return Section("Notes", (told,), place="Notes")


def _scopes(report: "CaseReport") -> Section:
    told: Passage = Text("No scope was saved: what was asked says of which records.")
    if report.scopes:
        rows = tuple((name, f"{scope} [{scope!r}]") for name, scope in report.scopes.items())
        told = Facts(rows, "Saved scopes: the records each holds, and the code that makes it")
    return Section("Scopes", (told,), place="Scopes")


def _coverage(seen: Step | None) -> Section:
    told = of_step(seen) if seen else (Text("No flow log is in this case."),)
    return Section("What was watched, and when", told, place="Coverage")


def _journal(report: "CaseReport") -> Section:
    frame = report.timeline[["number", "time", "kind", "what", "flowkit"]]
    frame.attrs["caption"] = "All that was loaded, asked, found and said, oldest first."
    told = (
        f"The last entry of the journal has the hash {report.head}. Each entry carries the hash of the one before: "
        f"`flowkit case FOLDER verify --head {report.head}` tells whether the case still is as it was then."
    )
    rows = Rows(frame, "Entries", whole=True)
    return Section("Time line and journal", (Text(told), rows), place="Journal")
