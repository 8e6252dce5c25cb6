"""What a report says, in the order in which people ask: the answer, what it stands on, the findings, and how."""

import platform
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import pandas as pd

from flowkit.playbooks.finding import SEVERITIES, Evidence, Finding, Step
from flowkit.playbooks.passages import Answer, Facts, Items, Passage, Picture, Rows, Section, Text, octets, shown
from flowkit.playbooks.report import ConnectivityReport, Report
from flowkit.wording import sentence, several

_FEW_ROWS: Final = 10
"""Tables up to so many rows are shown unfolded."""
_MOST_COMMANDS: Final = 6
_FEW_PEERS: Final = 3
_PACKAGES: Final = ("vpc-flowkit", "duckdb", "ibis-framework", "pandas", "plotly", "pyarrow")
"""What an answer hangs on."""
_COUNTS: Final = ("headers", "records", "nodata", "skipdata", "refused")
_LEDGER: Final = ("object", "bytes", "lines", *_COUNTS, "duplicate_of", "damaged_at", "note", "sha256")
NO_FINDING: Final = (
    "Nothing in these records met what the playbook looks for. That is not proof that nothing happened: "
    "see what the log could not show."
)


def of_report(report: Report) -> Section:
    """Return a report as a section, its figures among its passages; see `whole` for a page that stands alone."""
    return Section(report.title, (*_beginning(report), *_findings(report), *_steps(report)))


def whole(report: Report) -> Section:
    """Return a report as a page that is read without whoever wrote it: with next steps, ledger, method and versions."""
    steps = next_steps(report.findings)
    todo = (Section("What to do next", steps, place="Next steps"),) if steps else ()
    made = method(f"Made {shown(report.made)} by flowkit {version('vpc-flowkit')}.")
    findings = _findings(report, repeated=len(steps) != 1)
    body = (*_beginning(report), *todo, *findings, *_steps(report), of_ledger(report.ledger), made)
    return Section(report.title, body)


def _beginning(report: Report) -> tuple[Passage, ...]:
    answer = Answer(report.verdict.replace("_", " "), report.summary, report.worst or "info")
    return answer, _asked(report), *_causes(report)


def _asked(report: Report) -> Facts:
    said = {name: value for name, value in report.parameters.items() if value is not None}
    rows = [*said.items(), ("scope", report.scope), ("coverage", report.coverage)]
    if report.span:
        rows.append(("records", f"{report.span[0]:%Y-%m-%d %H:%M:%S} to {report.span[1]:%Y-%m-%d %H:%M:%S} UTC"))
    if isinstance(report, ConnectivityReport):
        rows.append(("snapshot", report.snapshot_age))
    rows += [*(("note", note) for note in report.notes), ("made by", f"flowkit {version('vpc-flowkit')}")]
    return Facts(tuple((str(name), str(value)) for name, value in rows if str(value)), "What was asked, and of what")


def _causes(report: Report) -> tuple[Section, ...]:
    if not isinstance(report, ConnectivityReport):
        return ()
    fits = tuple(
        " ".join((sentence(one.words), one.why, *(f"Speaks against it: {text}." for text in one.contradicted_by)))
        for one in report.candidates
    )
    told = tuple(sentence(one.says) for one in report.hypotheses)
    causes = Section("Causes that fit, likeliest first", (Items(fits, numbered=True),), place="Causes")
    apart = Section("What separates failures from successes", (Items(told, numbered=True),), place="Pattern")
    return *((causes,) if fits else ()), *((apart,) if told else ())


def _findings(report: Report, *, repeated: bool = True) -> tuple[Section, ...]:
    """Return the findings: those of severity info together, behind the others, since they are many and can wait.

    The next steps of a single one are left out where they need not be *repeated*.
    """
    if len(report.findings) == 1 and report.findings[0].summary == report.summary:
        only = report.findings[0] if repeated else replace(report.findings[0], next_steps=())
        return (Section("Evidence", of_finding(only), only.severity, place="Evidence"),)
    grave = [one for one in report.findings if one.severity != "info"]
    other = [one for one in report.findings if one.severity == "info"]
    title = several(len(grave), "finding") if grave else "Findings"
    listed = (overview(grave),) if len(grave) > 1 else ()
    told: tuple[Passage, ...] = (*listed, *map(finding_section, grave)) if grave else (Text(NO_FINDING),)
    return Section(title, told, place="Findings"), *((_harmless(other),) if other else ())


def overview(findings: Sequence[Finding], starred: Sequence[bool] = ()) -> Rows:
    """Return findings as a table, a row each, in their order."""
    rows = [
        (
            number, one.severity, one.kind.replace("_", " "), one.subject, _peers(one.peer), one.port, one.first,
            one.last, round(one.score, 2),
        )
        for number, one in enumerate(findings, 1)
    ]  # fmt: skip
    names = ["rank", "severity", "kind", "host", "peer", "port", "first", "last", "score"]
    frame = pd.DataFrame(rows, columns=names).astype({"port": "Int64"})
    if any(starred):
        frame["mark"] = ["starred" if one else "" for one in starred]
    frame.attrs["caption"] = "In the order in which they are told below; the score is how sure and how grave, 0 to 1."
    return Rows(frame, "Overview", whole=True)


def _peers(peer: str | list[str]) -> str:
    """Return the first peers, and how many more there are: all stand with the finding."""
    more = len(peer) - _FEW_PEERS if isinstance(peer, list) else 0
    return f"{shown(peer[:_FEW_PEERS])} and {more:,} more" if more > 1 else shown(peer)


def finding_section(finding: Finding, more: Iterable[tuple[str, str]] = (), figures: Sequence[Picture] = ()) -> Section:
    """Return a finding, with *more* facts on it and figures that show it."""
    unfolded = SEVERITIES.index(finding.severity) >= SEVERITIES.index("medium")
    return Section(finding.summary, (*of_finding(finding, more), *figures), finding.severity, unfolded)


def _harmless(findings: Sequence[Finding]) -> Section:
    title = f"For the record: {several(len(findings), 'finding')} of severity info"
    why = "Seen, and either explained or harmless as far as the records show. What speaks against each stands with it."
    return Section(title, (Text(why), *map(finding_section, findings)), "info", unfolded=False, place="For the record")


def of_finding(finding: Finding, more: Iterable[tuple[str, str]] = ()) -> tuple[Passage, ...]:
    """Return what there is to tell of a finding below its summary."""
    passages: list[Passage] = [Facts((*_facts(finding), *more), "In short")]
    for title, evidence in (("For it", finding.supporting), ("Against it", finding.contradicting)):
        passages += _evidence(title, evidence)
    if finding.innocent_explanations:
        passages.append(Section("Innocent explanations", (Items(finding.innocent_explanations),)))
    if finding.next_steps:
        passages.append(Section("Next steps, for you to run", (Items(finding.next_steps, numbered=True, code=True),)))
    return tuple(passages)


def _facts(finding: Finding) -> list[tuple[str, str]]:
    service = " ".join(filter(None, (finding.protocol, "" if finding.port is None else f"port {finding.port}")))
    seen = " to ".join(shown(time) for time in (finding.first, finding.last) if not pd.isna(time))
    rows = [
        ("kind", finding.kind.replace("_", " ")), ("host", finding.subject), ("peer", shown(finding.peer)),
        ("service", service), ("seen", seen), ("bytes out", octets(_whole(finding.bytes_out))),
        ("bytes in", octets(_whole(finding.bytes_in))), ("ATT&CK technique", finding.technique),
        ("how sure", sureness(finding)), ("its records", f"flows.narrow{repr(finding.scope).removeprefix('Scope')}"),
    ]  # fmt: skip
    return [(name, value) for name, value in rows if value]


def _whole(number: int | None) -> int | None:
    return None if pd.isna(number) else int(number)


def sureness(finding: Finding) -> str:
    """Return how sure and how grave a finding is, and how much speaks against it, as a sentence."""
    against = len(finding.contradicting)
    what = "row" if isinstance(finding.contradicting, pd.DataFrame) else "thing"
    speaks = f"{several(against, what)} against it" if against else "nothing on record against it"
    rule_out = len(finding.innocent_explanations)
    innocent = f"; {several(rule_out, 'innocent explanation')} to rule out" if rule_out else ""
    return f"score {finding.score:.2f} of 1 (how sure and how grave); {speaks}{innocent}"


def _evidence(title: str, evidence: Evidence) -> list[Passage]:
    if isinstance(evidence, pd.DataFrame):
        return [Rows(evidence, title, len(evidence) <= _FEW_ROWS)] if len(evidence) else []
    return [Section(title, (Items(evidence),))] if evidence else []


def _steps(report: Report) -> tuple[Section, ...]:
    if not report.steps:
        return ()
    told = tuple(Section(step.question, of_step(step)) for step in report.steps)
    return (Section("How it was found", told, place="How it was found"),)


def of_step(step: Step) -> tuple[Passage, ...]:
    """Return what there is to tell of a step below its question."""
    coverage = (Text(step.coverage, aside=True),) if step.coverage else ()
    caption = str(step.table.attrs.get("caption") or step.finding)
    drawn = (Picture(step.figure, caption),) if step.figure is not None else ()
    return Text(step.finding), *coverage, *drawn, Rows(step.table, "Table", 0 < len(step.table) <= _FEW_ROWS)


def next_steps(findings: Iterable[Finding]) -> tuple[Passage, ...]:
    """Return what is to be done next on the gravest findings, as few commands as a person reads."""
    every = list(dict.fromkeys(step for one in findings if one.severity != "info" for step in one.next_steps))
    if not every:
        return ()
    more = len(every) - _MOST_COMMANDS
    left = (Text(f"{several(more, 'further step')} with the findings below.", aside=True),) if more > 0 else ()
    return Items(tuple(every[:_MOST_COMMANDS]), numbered=True, code=True), *left


def of_ledger(ledger: pd.DataFrame | None) -> Section:
    """Return the account of what was read: each object with its SHA-256, and whether its lines add up."""
    if ledger is None or not len(ledger):
        return Section("Ledger", (Text("No account of the objects read is at hand."),), place="Ledger")
    named = [name for name in _LEDGER if name in ledger and not (ledger[name].isna() | (ledger[name] == "")).all()]
    counted = [name for name in _COUNTS if name in ledger]
    totals = {name: int(ledger[name].sum()) for name in ("lines", *counted) if name in ledger}
    parts = " + ".join(f"{totals[name]:,} {name}" for name in counted)
    wrong = ledger[ledger["lines"] != ledger[counted].sum(axis=1)] if "lines" in ledger else ledger[:0]
    adds = "the counts of each object add up" if not len(wrong) else f"{several(len(wrong), 'object')} do not add up"
    told = f"{several(len(ledger), 'object')}, {totals.get('lines', 0):,} lines = {parts}: {adds}."
    frame = ledger[named]
    frame.attrs["caption"] = "Every object read, and what became of its lines."
    return Section("Ledger", (Text(told), Rows(frame, "Objects", whole=True)), place="Ledger")


def method(made: str) -> Section:
    """Return how the answer came about, and with what."""
    told = (
        f"{made} Flow logs were read as they are; nothing was asked of any address in them, and nothing was sent "
        "anywhere. Traffic seen at several interfaces is counted once. Times are UTC."
    )
    rows = (("Python", platform.python_version()), *((name, _version(name)) for name in _PACKAGES))
    return Section("Method and versions", (Text(told), Facts(rows, "Made with")), place="Method")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
