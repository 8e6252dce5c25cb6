"""What each command does with its arguments; it returns nothing, or 1 for a finding."""

import argparse
import dataclasses
import sys
import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from flowkit import fields as known_fields
from flowkit import logs_arguments
from flowkit.cli import report_command
from flowkit.cli.printing import print_json, print_table, printable, records
from flowkit.errors import SourceError

if TYPE_CHECKING:
    from flowkit.playbooks import Report

SEVERITIES: Final = ("info", "low", "medium", "high", "critical")
_DONE, _FOUND = 0, 1
_WITH_STEPS: Final = 3
"""Findings whose next steps are printed; the report has all."""
PARAMETERS: Final = (
    "source", "destination", "port", "protocol", "by", "policy", "as_of", "retention_days", "prices", "price_region",
    "before", "allow",
)  # fmt: skip
"""The options of playbooks; each playbook refuses those it does not take."""
_COUNTS: Final = ("bytes", "lines", "headers", "records", "nodata", "skipdata", "refused")
_OF_LOGS: Final = ("narrow", "account", "case", "inventory", "log_format")
_NOT_IN_TABLE: Final = {"field", "format"}


def summary(given: argparse.Namespace) -> None:
    """Print what is in the logs."""
    from flowkit import analysis

    flows = logs_arguments.load(given)
    frame = analysis.summary(flows)
    if given.json:
        print_json({"scope": str(flows.scope), "facts": frame.to_dict("records")})
        return
    told = {(f.topic, f.name): f.text for f in flows.overview}
    frame["value"] = [told.get((t, n), v) for t, n, v in zip(frame.topic, frame.name, frame.value, strict=True)]
    print_table(
        frame[~frame.topic.isin(_NOT_IN_TABLE)][["topic", "name", "value", "meaning"]],
        str(frame.attrs["caption"]),
    )


def load(given: argparse.Namespace) -> None:
    """Print what became of each object, or what loading would take."""
    if given.plan:
        _plan(given)
        return
    flows = logs_arguments.load(given)
    ledger, refused = flows.ledger, flows.refused_by_reason
    if given.json:
        print_json({"ledger": records(ledger), "refused_by_reason": records(refused), "records": flows.count()})
        return
    totals = {"objects": len(ledger)} | {name: int(ledger[name].sum()) for name in _COUNTS}
    totals |= {"duplicates": int(ledger.duplicate_of.notna().sum()), "records in scope": flows.count()}
    accounted = pd.DataFrame(totals.items(), columns=["what", "count"])
    print_table(accounted, f"Scope: {flows.scope}. --json prints a row per object.")
    if len(refused):
        print_table(refused, "Refused lines by reason; flows.refused in Python shows them.")
    for item in records(ledger[(ledger.note != "") | ledger.damaged_at.notna()]):
        byte = item["damaged_at"]
        damage = "" if byte is None else f" (damaged at byte {byte:,}; kept up to there)"
        sys.stdout.write(printable(f"{item['object']}: {item['note']}{damage}") + "\n")


def _plan(given: argparse.Namespace) -> None:
    found = logs_arguments.plan(given)
    if given.json:
        print_json(dataclasses.asdict(found))
        return
    print_table(found.to_frame(), f"Plan of {found.source}. Nothing was fetched.")
    for note in found.notes:
        sys.stdout.write(printable(note) + "\n")


def coverage(given: argparse.Namespace) -> None:
    """Print what was logged when."""
    from flowkit import analysis

    frame = analysis.coverage(logs_arguments.load(given))
    if given.json:
        rows = records(frame.assign(bucket=frame.bucket.astype("str")))
        print_json({"coverage": rows, "caption": frame.attrs["caption"], **_plain(frame.attrs)})
        return
    counts = frame.pivot_table(index="interface_id", columns="state", values="minutes", aggfunc="sum", fill_value=0)
    order = [state for state in ("records", "NODATA", "SKIPDATA", "nothing") if state in counts]
    table = counts[order].astype("int64").reset_index()
    print_table(table, f"Minutes of each interface by state. {frame.attrs['caption']}")


def insights(given: argparse.Namespace) -> None:
    """Print the answer to a Logs Insights query."""
    text = sys.stdin.read() if given.query == "-" else given.query
    if bool(given.paths) == bool(given.log_group):
        raise SourceError("what to ask is not clear. Name logs to run the query on, or a log group with --log-group.")
    if given.paths and given.limit is not None:
        raise SourceError("--limit is for CloudWatch. Limit the query itself: | limit 20.")
    if given.log_group and any(getattr(given, name) for name in _OF_LOGS):
        raise SourceError("a log group is narrowed by the query alone. Put it there, as in: | filter dstPort = 443.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are in the answer
        frame = _in_cloudwatch(text, given) if given.log_group else logs_arguments.load(given).insights(text)
    for warning in frame.attrs.get("warnings", ()):
        sys.stderr.write(f"flowkit: {printable(warning)}\n")
    if given.json:
        about = {name: value for name, value in frame.attrs.items() if name != "analysis"}
        print_json({"rows": records(frame), **about})
        return
    print_table(frame, str(frame.attrs["caption"]))


def _in_cloudwatch(text: str, given: argparse.Namespace) -> pd.DataFrame:
    from flowkit.insights import run

    options = {name: getattr(given, name) for name in ("log_group", "start", "end", "profile", "limit")}
    frame: pd.DataFrame = run(text, region=next(iter(given.region), None), **options)
    return frame


def run(given: argparse.Namespace) -> int:
    """Run a playbook; print its verdict, what fits and what to do next, and write the report."""
    from flowkit import playbooks

    known = playbooks.get(given.playbook)
    asked = {name: getattr(given, name) for name in PARAMETERS if getattr(given, name) is not None}
    report = playbooks.run(known.name, logs_arguments.load(given), **asked)
    written = report_command.write(report, given)
    if given.json:
        _print_report(report, given.html, written)
    else:
        for line in _report_lines(report, written):
            sys.stdout.write(printable(line) + "\n")
    grave = given.fail_on and report.worst and SEVERITIES.index(report.worst) >= SEVERITIES.index(given.fail_on)
    return _FOUND if grave else _DONE


def _report_lines(report: "Report", written: list[str]) -> Iterator[str]:
    yield from (f"{report.title}: {report.verdict.replace('_', ' ')}", "", report.summary, "")
    candidates = getattr(report, "candidates", ())
    for number, one in enumerate(candidates, 1):
        yield f"{number}. {one.words}: {one.why}"
        yield from (f"   Speaks against it: {text}." for text in one.contradicted_by)
    if not candidates:
        yield from (f"{number}. {one.severity}: {one.summary}" for number, one in enumerate(report.findings, 1))
    yield report.coverage
    if age := getattr(report, "snapshot_age", ""):
        yield age
    yield from report.notes
    commands = list(dict.fromkeys(one for finding in report.findings[:_WITH_STEPS] for one in finding.next_steps))
    yield from ["", "Next, for you to run:", *(f"    {command}" for command in commands)] if commands else ()
    yield from ("", *(f"The report is in {path}." for path in written)) if written else ()


def _print_report(report: "Report", html: str | None, written: list[str]) -> None:
    candidates = [dataclasses.asdict(one) for one in getattr(report, "candidates", ())]
    more = {name: getattr(report, name) for name in ("cause", "pattern", "fraction_failing") if hasattr(report, name)}
    about = {"verdict": report.verdict, "summary": report.summary, **more, "candidates": candidates}
    print_json(
        {**about, "findings": records(report.to_frame()), "coverage": report.coverage, "html": html, "written": written}
    )


def _plain(about: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what JSON can say of an analysis beside its rows."""
    return {name: list(about[name]) for name in ("unseen", "never_recorded") if name in about}


def inventory(given: argparse.Namespace) -> None:
    """Print the interfaces of an inventory."""
    from flowkit.inventory import read

    snapshot = read(given.paths)
    frame = snapshot.to_frame()
    if given.json:
        about = {"taken": snapshot.taken, "taken_from": snapshot.taken_from, "accounts": snapshot.accounts}
        print_json({**about, "problems": snapshot.problems, "interfaces": records(frame)})
        return
    shown = ["interface_id", "name", "kind", "address", "public_address", "subnet_id", "groups", "flow_logs"]
    print_table(frame[shown], str(snapshot))
    for problem in snapshot.problems:
        sys.stdout.write(printable(problem) + "\n")


def snapshot(given: argparse.Namespace) -> None:
    """Take a snapshot and print where it is."""
    from flowkit import api

    taken = api.snapshot(given.folder, region=given.region, profile=given.profile, role=given.role)
    if given.json:
        about = {"folder": taken.source, "taken": taken.taken, "accounts": taken.accounts, "places": taken.places}
        print_json({**about, "problems": taken.problems})
        return
    for line in (f"{taken}. It is kept in {taken.source}.", *taken.problems):
        sys.stdout.write(printable(line) + "\n")


def audit(given: argparse.Namespace) -> int:
    """Print what was logged by which flow log, and what is wrong with it."""
    if given.policy:
        from flowkit.aws.actions import policy_text

        sys.stdout.write(policy_text())
        return _DONE
    from flowkit import api

    asked = {name: getattr(given, name) for name in ("region", "profile", "role", "start", "end")}
    found = api.audit(given.source, **asked)
    if given.json:
        about = {"taken": found.taken, "summary": found.summary, "problems": records(found.problems)}
        print_json({**about, "interfaces": records(found.to_frame())})
    else:
        for line in str(found).splitlines():
            sys.stdout.write(printable(line) + "\n")
    grave = given.fail_on and found.worst and SEVERITIES.index(found.worst) >= SEVERITIES.index(given.fail_on)
    return _FOUND if grave else _DONE


def update_ranges(given: argparse.Namespace) -> None:
    """Take over AWS's ranges."""
    from flowkit.addresses import ranges, update_ranges

    path, known = update_ranges(given.file), ranges()
    created = f"{known.created:%Y-%m-%d %H:%MZ}" if known else "unknown"
    if given.json:
        print_json({"file": path, "created": created})
        return
    sys.stdout.write(printable(f"AWS's ranges of {created} are used from now on. They are kept in {path}.") + "\n")


def fields(given: argparse.Namespace) -> None:
    """Print the fields of flow logs."""
    chosen = [known_fields.find(name) for name in given.names] or known_fields.FIELDS
    rows = [
        {
            "name": f.name, "column": f.column, "insights": f.insights, "logs": f.logs, "since": f.since,
            "kind": f.kind, "unit": f.unit, "values": dict(f.values), "meaning": f.meaning,
        }
        for f in chosen
    ]  # fmt: skip
    if given.json:
        print_json(rows)
        return
    frame = pd.DataFrame(rows)
    frame["values"] = [", ".join(f"{v} {m}".strip() for v, m in values.items()) for values in frame["values"]]
    print_table(frame[["name", "logs", "since", "kind", "unit", "meaning", "values"]], f"{len(frame)} flow log fields")
