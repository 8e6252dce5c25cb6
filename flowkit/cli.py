"""The command line. Tables for people, ``--json`` for machines."""

import argparse
import dataclasses
import json
import sys
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flowkit import fields
from flowkit.errors import FlowkitError, SourceError, StoppedError

_DONE, _FOUND, _REFUSED = 0, 1, 2
_SEVERITIES: Final = ("info", "low", "medium", "high", "critical")
_INTERRUPTED: Final = 130
_COUNTS: Final = ("bytes", "lines", "headers", "records", "nodata", "skipdata", "refused")
_PLACES: Final = "files, folders, globs, s3://bucket/prefix, cloudwatch://region/log-group, or: sample"
_NARROW: Final = "keep these records only, such as dstport=443 or interface-id=eni-0a1; may be repeated"
_OF_LOGS: Final = ("narrow", "account", "case", "inventory", "log_format")
_NOT_IN_TABLE: Final = {"field", "format"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0 when done, 1 for a finding at or above ``--fail-on``, 2 for bad usage or input."""
    given = _parser().parse_args(arguments)
    try:
        return given.run(given) or _DONE
    except StoppedError as error:
        sys.stderr.write(f"flowkit: {_printable(str(error))}\n")
        return _INTERRUPTED
    except FlowkitError as error:
        sys.stderr.write(f"flowkit: {_printable(str(error))}\n")
        return _REFUSED
    except KeyboardInterrupt:
        sys.stderr.write("flowkit: interrupted. What was loaded so far is kept; run the command again to go on.\n")
        return _INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # the reader of the pipe has seen enough
    return _DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="flowkit", description="Investigate AWS VPC Flow Logs.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    summary = commands.add_parser("summary", help="what is in the logs, and what they cannot tell")
    summary.set_defaults(run=_summary)
    load = commands.add_parser("load", help="read logs into the cache or a case; say what became of each object")
    load.set_defaults(run=_load)
    coverage = commands.add_parser("coverage", help="what was logged when, and what was not, by interface")
    coverage.set_defaults(run=_coverage)
    insights = commands.add_parser("insights", help="run a Logs Insights query on logs, or in CloudWatch")
    insights.set_defaults(run=_insights)
    insights.add_argument("query", metavar="QUERY", help="the query, or - to read it from standard input")
    insights.add_argument("--log-group", metavar="NAME", action="append", help="ask CloudWatch; may be repeated")
    insights.add_argument("--limit", type=int, metavar="ROWS", help="rows at most from CloudWatch; by default all")
    for command in (summary, load, coverage, insights):
        needed = "*" if command is insights else "+"
        command.add_argument("paths", nargs=needed, metavar="PATH", help=_PLACES)
        command.add_argument("--start", help="keep records that start at or after this time (2026-03-10T08:00Z)")
        command.add_argument("--end", help="keep records that start before this time")
        command.add_argument(
            "--log-format",
            metavar="FORMAT",
            help="format of headerless lines: '${version} ${account-id} ...'",
        )
        command.add_argument("--case", metavar="FOLDER", help="keep the loaded records there instead of the cache")
        command.add_argument("--inventory", metavar="FOLDER", help="answers of `aws ec2 describe-...`, as JSON")
        command.add_argument("--account", action="append", default=[], help="of S3 this account's; may be repeated")
        command.add_argument("--region", action="append", default=[], help="of S3 this region's; may be repeated")
        command.add_argument("--profile", help="a profile of your AWS configuration")
        command.add_argument("--narrow", action="append", default=[], metavar="KEY=VALUE", help=_NARROW)
    load.add_argument("--plan", action="store_true", help="only say what it would take: objects, price, time, memory")
    inventory = commands.add_parser("inventory", help="the interfaces that answers of `aws ec2 describe-...` tell of")
    inventory.set_defaults(run=_inventory)
    inventory.add_argument("paths", nargs="+", metavar="PATH", help="a folder of JSON answers, or files")
    snapshot = commands.add_parser("snapshot", help="ask AWS what the network looks like, and keep the answers")
    snapshot.set_defaults(run=_snapshot)
    snapshot.add_argument("folder", nargs="?", metavar="FOLDER", help="a new folder; by default named after the time")
    audit = commands.add_parser("audit", help="was it logged? which flow logs apply, and what is wrong with them")
    audit.set_defaults(run=_audit)
    audit.add_argument("source", nargs="?", metavar="SNAPSHOT", help="a folder, or: sample; without it AWS is asked")
    audit.add_argument("--start", help="the time asked about: tell flow logs made after this (2026-03-10T08:00Z)")
    audit.add_argument("--end", help="the end of that time")
    audit.add_argument("--fail-on", choices=_SEVERITIES, help="exit 1 if a problem is at least this grave")
    audit.add_argument("--policy", action="store_true", help="print the IAM policy of the rights flowkit takes")
    for command in (snapshot, audit):
        command.add_argument("--region", action="append", help="a region to ask, or: all; may be repeated")
        command.add_argument("--profile", action="append", help="a profile of your AWS configuration; may be repeated")
        command.add_argument("--role", action="append", metavar="ARN", help="a role to take; may be repeated")
    ranges = commands.add_parser("update-ranges", help="take over AWS's published address ranges from a file")
    ranges.set_defaults(run=_update_ranges)
    ranges.add_argument("file", metavar="FILE", help="AWS's ip-ranges.json, as downloaded")
    listing = commands.add_parser("fields", help="the flow log fields, with their meaning")
    listing.set_defaults(run=_fields)
    listing.add_argument("names", nargs="*", metavar="NAME", help="only these, in any spelling")
    for command in (summary, load, coverage, insights, inventory, snapshot, audit, ranges, listing):
        command.add_argument("--json", action="store_true", help="print JSON for machines")
    return parser


def _loaded(given: argparse.Namespace) -> Any:  # noqa: ANN401 - Flows, imported when first needed
    from flowkit.api import load

    source = given.paths[0] if len(given.paths) == 1 else given.paths
    options = {name: getattr(given, name) for name in ("log_format", "inventory")}
    return load(source, **options, **_where(given))


def _where(given: argparse.Namespace) -> dict[str, Any]:
    """Return which records of which logs are wanted; a key of a scope given twice takes either value."""
    options = {name: getattr(given, name) for name in ("start", "end", "case", "account", "region", "profile")}
    scope: dict[str, list[str]] = {}
    for text in given.narrow:
        key, _, value = text.partition("=")
        scope.setdefault(key.strip().replace("-", "_"), []).append(value.strip())
    return options | scope


def _summary(given: argparse.Namespace) -> None:
    from flowkit.analysis import summary

    flows = _loaded(given)
    frame = summary(flows)
    if given.json:
        _print_json({"scope": str(flows.scope), "facts": frame.to_dict("records")})
        return
    told = {(f.topic, f.name): f.text for f in flows.overview}
    frame["value"] = [told.get((t, n), v) for t, n, v in zip(frame.topic, frame.name, frame.value, strict=True)]
    _print_table(
        frame[~frame.topic.isin(_NOT_IN_TABLE)][["topic", "name", "value", "meaning"]],
        str(frame.attrs["caption"]),
    )


def _load(given: argparse.Namespace) -> None:
    if given.plan:
        _plan(given)
        return
    flows = _loaded(given)
    ledger, refused = flows.ledger, flows.refused_by_reason
    if given.json:
        _print_json({"ledger": _records(ledger), "refused_by_reason": _records(refused), "records": flows.count()})
        return
    totals = {"objects": len(ledger)} | {name: int(ledger[name].sum()) for name in _COUNTS}
    totals |= {"duplicates": int(ledger.duplicate_of.notna().sum()), "records in scope": flows.count()}
    accounted = pd.DataFrame(totals.items(), columns=["what", "count"])
    _print_table(accounted, f"Scope: {flows.scope}. --json prints a row per object.")
    if len(refused):
        _print_table(refused, "Refused lines by reason; flows.refused in Python shows them.")
    for item in ledger[(ledger.note != "") | ledger.damaged_at.notna()].itertuples():
        damage = "" if pd.isna(item.damaged_at) else f" (damaged at byte {item.damaged_at:,}; kept up to there)"
        sys.stdout.write(_printable(f"{item.object}: {item.note}{damage}") + "\n")


def _plan(given: argparse.Namespace) -> None:
    from flowkit.api import plan

    found = plan(given.paths[0] if len(given.paths) == 1 else given.paths, **_where(given))
    if given.json:
        _print_json(dataclasses.asdict(found))
        return
    _print_table(found.to_frame(), f"Plan of {found.source}. Nothing was fetched.")
    for note in found.notes:
        sys.stdout.write(_printable(note) + "\n")


def _coverage(given: argparse.Namespace) -> None:
    from flowkit.analysis import coverage

    frame = coverage(_loaded(given))
    if given.json:
        rows = _records(frame.assign(bucket=frame.bucket.astype("str")))
        _print_json({"coverage": rows, "caption": frame.attrs["caption"], **_plain(frame.attrs)})
        return
    counts = frame.pivot_table(index="interface_id", columns="state", values="minutes", aggfunc="sum", fill_value=0)
    order = [state for state in ("records", "NODATA", "SKIPDATA", "nothing") if state in counts]
    table = counts[order].astype("int64").reset_index()
    _print_table(table, f"Minutes of each interface by state. {frame.attrs['caption']}")


def _insights(given: argparse.Namespace) -> None:
    text = sys.stdin.read() if given.query == "-" else given.query
    if bool(given.paths) == bool(given.log_group):
        raise SourceError("what to ask is not clear. Name logs to run the query on, or a log group with --log-group.")
    if given.paths and given.limit is not None:
        raise SourceError("--limit is for CloudWatch. Limit the query itself: | limit 20.")
    if given.log_group and any(getattr(given, name) for name in _OF_LOGS):
        raise SourceError("a log group is narrowed by the query alone. Put it there, as in: | filter dstPort = 443.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are in the answer
        frame = _in_cloudwatch(text, given) if given.log_group else _loaded(given).insights(text)
    for warning in frame.attrs.get("warnings", ()):
        sys.stderr.write(f"flowkit: {_printable(warning)}\n")
    if given.json:
        about = {name: value for name, value in frame.attrs.items() if name != "analysis"}
        _print_json({"rows": _records(frame), **about})
        return
    _print_table(frame, str(frame.attrs["caption"]))


def _in_cloudwatch(text: str, given: argparse.Namespace) -> pd.DataFrame:
    from flowkit.insights import run

    options = {name: getattr(given, name) for name in ("log_group", "start", "end", "profile", "limit")}
    frame: pd.DataFrame = run(text, region=next(iter(given.region), None), **options)
    return frame


def _plain(about: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what JSON can say of an analysis beside its rows."""
    return {name: list(about[name]) for name in ("unseen", "never_recorded") if name in about}


def _inventory(given: argparse.Namespace) -> None:
    from flowkit.inventory import read

    snapshot = read(given.paths)
    frame = snapshot.to_frame()
    if given.json:
        about = {"taken": snapshot.taken, "taken_from": snapshot.taken_from, "accounts": snapshot.accounts}
        _print_json({**about, "problems": snapshot.problems, "interfaces": _records(frame)})
        return
    shown = ["interface_id", "name", "kind", "address", "public_address", "subnet_id", "groups", "flow_logs"]
    _print_table(frame[shown], str(snapshot))
    for problem in snapshot.problems:
        sys.stdout.write(_printable(problem) + "\n")


def _snapshot(given: argparse.Namespace) -> None:
    from flowkit.api import snapshot

    taken = snapshot(given.folder, region=given.region, profile=given.profile, role=given.role)
    if given.json:
        about = {"folder": taken.source, "taken": taken.taken, "accounts": taken.accounts, "places": taken.places}
        _print_json({**about, "problems": taken.problems})
        return
    for line in (f"{taken}. It is kept in {taken.source}.", *taken.problems):
        sys.stdout.write(_printable(line) + "\n")


def _audit(given: argparse.Namespace) -> int:
    if given.policy:
        from flowkit.aws.actions import policy_text

        sys.stdout.write(policy_text())
        return _DONE
    from flowkit.api import audit

    asked = {name: getattr(given, name) for name in ("region", "profile", "role", "start", "end")}
    found = audit(given.source, **asked)
    if given.json:
        about = {"taken": found.taken, "summary": found.summary, "problems": _records(found.problems)}
        _print_json({**about, "interfaces": _records(found.to_frame())})
    else:
        for line in str(found).splitlines():
            sys.stdout.write(_printable(line) + "\n")
    grave = given.fail_on and found.worst and _SEVERITIES.index(found.worst) >= _SEVERITIES.index(given.fail_on)
    return _FOUND if grave else _DONE


def _update_ranges(given: argparse.Namespace) -> None:
    from flowkit.addresses import ranges, update_ranges

    path, known = update_ranges(given.file), ranges()
    created = f"{known.created:%Y-%m-%d %H:%MZ}" if known else "unknown"
    if given.json:
        _print_json({"file": path, "created": created})
        return
    sys.stdout.write(_printable(f"AWS's ranges of {created} are used from now on. They are kept in {path}.") + "\n")


def _fields(given: argparse.Namespace) -> None:
    chosen = [fields.find(name) for name in given.names] or fields.FIELDS
    rows = [
        {
            "name": f.name, "column": f.column, "insights": f.insights, "logs": f.logs, "since": f.since,
            "kind": f.kind, "unit": f.unit, "values": dict(f.values), "meaning": f.meaning,
        }
        for f in chosen
    ]  # fmt: skip
    if given.json:
        _print_json(rows)
        return
    frame = pd.DataFrame(rows)
    frame["values"] = [", ".join(f"{v} {m}".strip() for v, m in values.items()) for values in frame["values"]]
    _print_table(frame[["name", "logs", "since", "kind", "unit", "meaning", "values"]], f"{len(frame)} flow log fields")


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    plain = frame.astype(object).where(frame.notna(), None)
    return [dict(zip(plain.columns, row, strict=True)) for row in plain.itertuples(index=False)]


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


def _print_table(frame: pd.DataFrame, caption: str) -> None:
    table = Table(box=box.SIMPLE)
    for name in frame.columns:
        number = pd.api.types.is_numeric_dtype(frame[name])
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in frame.itertuples(index=False):
        table.add_row(*(Text(_cell(value)) for value in row))
    console = Console()
    console.print(table)
    console.print(Text(_printable(caption)))


def _cell(value: object) -> str:
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - not a number
        return ""
    return f"{value:,}" if isinstance(value, int) else _printable(str(value))


def _printable(text: str) -> str:
    """Return text with control characters written out: a log or a file name may hold a terminal's own commands."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


if __name__ == "__main__":
    sys.exit(main())
