"""The command line: summary, load, fields. Tables for people, ``--json`` for machines."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flowkit import fields
from flowkit.errors import FlowkitError

_DONE, _REFUSED = 0, 2
_INTERRUPTED: Final = 130
_COUNTS: Final = ("bytes", "lines", "headers", "records", "nodata", "skipdata", "refused")
_NOT_IN_TABLE: Final = {"field", "format"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0 when done, 2 for bad usage or input."""
    given = _parser().parse_args(arguments)
    try:
        given.run(given)
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
    for command in (summary, load):
        command.add_argument("paths", nargs="+", metavar="PATH", help="files, folders, globs, or: sample")
        command.add_argument("--start", help="keep records that start at or after this time (2026-03-10T08:00Z)")
        command.add_argument("--end", help="keep records that start before this time")
        command.add_argument(
            "--log-format",
            metavar="FORMAT",
            help="format of headerless lines: '${version} ${account-id} ...'",
        )
        command.add_argument("--case", metavar="FOLDER", help="keep the loaded records there instead of the cache")
    listing = commands.add_parser("fields", help="the flow log fields, with their meaning")
    listing.set_defaults(run=_fields)
    listing.add_argument("names", nargs="*", metavar="NAME", help="only these, in any spelling")
    for command in (summary, load, listing):
        command.add_argument("--json", action="store_true", help="print JSON for machines")
    return parser


def _loaded(given: argparse.Namespace) -> Any:  # noqa: ANN401 - Flows, imported when first needed
    from flowkit.api import load

    source = given.paths[0] if len(given.paths) == 1 else given.paths
    return load(source, start=given.start, end=given.end, log_format=given.log_format, case=given.case)


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
