"""``flowkit athena ddl``: the statement that makes a table of a flow log in Athena."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Final

from flowkit.cli.printing import print_json, printable
from flowkit.errors import SourceError
from flowkit.inventory.text import brief

if TYPE_CHECKING:
    from flowkit.athena import Delivery

_ACTIONS: Final = ("ddl",)
_OF_FILES: Final = ("location", "log_format", "parquet", "hive", "hourly")


def add_to(command: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    command.add_argument("action", choices=_ACTIONS, help="ddl: print CREATE TABLE with partition projection")
    command.add_argument("snapshot", nargs="?", metavar="SNAPSHOT", help="an answer of describe-flow-logs, or: sample")
    command.add_argument("--flow-log", metavar="ID", help="which flow log of the snapshot")
    command.add_argument("--log-format", metavar="FORMAT", help="LogFormat (${version} ...) or a file's header line")
    command.add_argument("--location", metavar="S3", help="s3://bucket/prefix, without a snapshot")
    command.add_argument("--parquet", action="store_true", help="the files are Parquet, not text")
    command.add_argument("--hive", action="store_true", help="the folders are Hive-compatible (year=2026/...)")
    command.add_argument("--hourly", action="store_true", help="there is a folder for each hour")
    command.add_argument("--account", action="append", default=[], help="one that delivers there; may be repeated")
    command.add_argument("--region", action="append", default=[], help="one that delivers there; may be repeated")
    command.add_argument("--since", metavar="DAY", help="the first day with files (2026-03-10)")
    command.add_argument("--table", default="vpc_flow_logs", help="what the table is called")
    command.add_argument("--database", help="where it is made; by default where the statement is run")


def athena(given: argparse.Namespace) -> None:
    """Print the statement; what to know beside it goes to standard error."""
    from flowkit.athena import ddl

    delivery, notes = _described(given) if given.snapshot else (_told(given), [])
    if given.since:
        delivery = replace(delivery, since=_day(given.since))
    statement = ddl(delivery, table=given.table, database=given.database)
    notes += [
        f"Every query must name the {what}: with --{what} it is enumerated, and a query may leave it out."
        for what, values in (("account", delivery.accounts), ("region", delivery.regions))
        if not values
    ]
    if given.json:
        print_json({"statement": statement, "notes": notes})
        return
    for line in statement.splitlines():
        sys.stdout.write(printable(line) + "\n")
    for note in notes:
        sys.stderr.write(f"flowkit: {printable(note)}\n")


def _described(given: argparse.Namespace) -> "tuple[Delivery, list[str]]":
    """Return what a snapshot says of a flow log, and which others its table does not hold."""
    from flowkit.api.flows import snapshot_of
    from flowkit.athena.delivery import Delivery, alike, chosen, elsewhere
    from flowkit.aws.applying import Network

    said = [name for name in _OF_FILES if getattr(given, name)]
    if said:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in said)
        raise SourceError(f"the snapshot says already what {options} would. Leave out the one or the other.")
    snapshot = snapshot_of(given.snapshot)
    every = snapshot.flow_logs if snapshot else ()
    flow_log = chosen(every, given.flow_log)
    homes = [Network(snapshot).home(one) for one in alike(flow_log, every)] if snapshot else []
    accounts, regions = (_all([home[part] for home in homes]) for part in (0, 1))
    made = Delivery.of(flow_log, accounts=given.account or accounts, regions=given.region or regions, beside=every)
    other = ", ".join(brief(one.flow_log_id) for one in elsewhere(flow_log, every))
    return made, [f"{other} delivers there into other folders: make a table of its own for it."] if other else []


def _all(values: Sequence[str]) -> list[str]:
    """Return each once, or none where one of them is not known: an enumeration must be whole."""
    return [] if "" in values else sorted(set(values))


def _told(given: argparse.Namespace) -> "Delivery":
    from flowkit.athena.delivery import Delivery, placed
    from flowkit.formats import DEFAULT, LogFormat

    if not given.location:
        raise SourceError(
            "where the files lie is not said. Name a snapshot with the flow log, or --location s3://bucket/prefix "
            "and, unless it is the default format, --log-format."
        )
    if given.flow_log:
        raise SourceError(f"--flow-log {brief(given.flow_log)} is looked for in a snapshot. Name that too.")
    bucket, prefix = placed(given.location)
    log_format = LogFormat.parse(given.log_format) if given.log_format else DEFAULT
    flags: dict[str, bool] = {name: getattr(given, name) for name in ("parquet", "hive", "hourly")}
    of = {"accounts": tuple(given.account), "regions": tuple(given.region)}
    return Delivery(bucket=bucket, prefix=prefix, log_format=log_format, **flags, **of)  # type: ignore[arg-type]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SourceError(f"--since is no day: {brief(text)!r}. Write it like 2026-03-10.") from None
