"""What each command takes."""

import argparse
from collections.abc import Callable

from flowkit import logs_arguments
from flowkit.cli import (
    athena_command,
    case_commands,
    commands,
    lab_command,
    new_command,
    redact_command,
    report_command,
    train_command,
)
from flowkit.cli.commands import SEVERITIES

Add = Callable[[str, Callable[[argparse.Namespace], int | None], str], argparse.ArgumentParser]


def parser() -> argparse.ArgumentParser:
    """Return what reads the arguments; the function to call with them is among them, as ``run``."""
    reader = argparse.ArgumentParser(prog="flowkit", description="Investigate AWS VPC Flow Logs.")
    kinds = reader.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace], int | None], meaning: str) -> argparse.ArgumentParser:
        command: argparse.ArgumentParser = kinds.add_parser(name, help=meaning)
        command.set_defaults(run=run)
        command.add_argument("--json", action="store_true", help="print JSON for machines")
        return command

    _about_logs(add)
    _about_playbooks(add)
    _about_the_network(add)
    _about_cases(add)
    _about_notebooks(add)
    _about_flowkit(add)
    return reader


def _about_logs(add: Add) -> None:
    summary = add("summary", commands.summary, "what is in the logs, and what they cannot tell")
    load = add("load", commands.load, "read logs into the cache or a case; say what became of each object")
    load.add_argument("--plan", action="store_true", help="only say what it would take: objects, price, time, memory")
    coverage = add("coverage", commands.coverage, "what was logged when, and what was not, by interface")
    for command in (summary, load, coverage):
        logs_arguments.add_to(command)
    insights = add("insights", commands.insights, "run a Logs Insights query on logs, or in CloudWatch")
    insights.add_argument("query", metavar="QUERY", help="the query, or - to read it from standard input")
    insights.add_argument("--log-group", metavar="NAME", action="append", help="ask CloudWatch; may be repeated")
    insights.add_argument("--limit", type=int, metavar="ROWS", help="rows at most from CloudWatch; by default all")
    logs_arguments.add_to(insights, places="*")


def _about_playbooks(add: Add) -> None:
    run = add("run", commands.run, "run a playbook: connectivity, exfiltration, intrusion, flood, compliance or cost")
    run.add_argument("playbook", metavar="PLAYBOOK", help="such as connectivity; an unknown one lists them")
    logs_arguments.add_to(run)
    run.add_argument("--source", metavar="HOST", help="who opens the connection: address, block, id or name")
    run.add_argument("--destination", metavar="HOST", help="who is to be reached, in the same ways")
    run.add_argument("--port", type=int, help="the destination's port")
    run.add_argument("--protocol", help="tcp (the default), udp, icmp, or a number")
    run.add_argument("--by", metavar="GROUP", help="which hosts are alike: subnet, group, tag:KEY (exfiltration)")
    run.add_argument(
        "--policy", metavar="FILE", help="segments and what may pass: YAML, card-data or three-tier (compliance)"
    )
    run.add_argument("--as-of", metavar="DAY", help="day on which exceptions must hold; by default today (compliance)")
    run.add_argument("--retention-days", type=int, metavar="DAYS", help="how long logs are to be kept (compliance)")
    run.add_argument("--prices", metavar="FILE", help="prices instead of those that ship, JSON (cost)")
    run.add_argument("--price-region", metavar="REGION", help="whose prices apply; by default the region logged (cost)")
    run.add_argument("--before", metavar="TIME", help="until when it was as usual; by default the middle (cost)")
    run.add_argument("--allow", metavar="FILE", help="a CSV file of what is allowed: address, reason, until, kind")
    report_command.add_forms_to(run)
    run.add_argument("--fail-on", choices=SEVERITIES, help="exit 1 if a finding is at least this grave")


def _about_the_network(add: Add) -> None:
    inventory = add("inventory", commands.inventory, "the interfaces that answers of `aws ec2 describe-...` tell of")
    inventory.add_argument("paths", nargs="+", metavar="PATH", help="a folder of JSON answers, or files")
    snapshot = add("snapshot", commands.snapshot, "ask AWS what the network looks like, and keep the answers")
    snapshot.add_argument("folder", nargs="?", metavar="FOLDER", help="a new folder; by default named after the time")
    audit = add("audit", commands.audit, "was it logged? which flow logs apply, and what is wrong with them")
    audit.add_argument("source", nargs="?", metavar="SNAPSHOT", help="a folder, or: sample; without it AWS is asked")
    audit.add_argument("--start", help="the time asked about: tell flow logs made after this (2026-03-10T08:00Z)")
    audit.add_argument("--end", help="the end of that time")
    audit.add_argument("--fail-on", choices=SEVERITIES, help="exit 1 if a problem is at least this grave")
    audit.add_argument("--policy", action="store_true", help="print the IAM policy of the rights flowkit takes")
    athena_command.add_to(add("athena", athena_command.athena, "the CREATE TABLE statement for a flow log in Athena"))
    for command in (snapshot, audit):
        command.add_argument("--region", action="append", help="a region to ask, or: all; may be repeated")
        command.add_argument("--profile", action="append", help="a profile of your AWS configuration; may be repeated")
        command.add_argument("--role", action="append", metavar="ARN", help="a role to take; may be repeated")


def _about_cases(add: Add) -> None:
    case_commands.add_to(add("case", case_commands.case, "a case: show it, verify it, compare it, keep and comment"))
    report = add("report", report_command.report, "write the report of a case, or print its summary")
    report_command.add_to(report)
    redact = add("redact", redact_command.redact, "logs, notebooks, reports and cases that tell nothing of whom")
    redact_command.add_to(redact)


def _about_notebooks(add: Add) -> None:
    new = add("new", new_command.new, "copy a notebook to work in; without a name, list what there is")
    new.add_argument("playbook", nargs="?", metavar="PLAYBOOK", help="such as connectivity, or: investigation")
    new.add_argument("file", nargs="?", metavar="FILE", help="a new file or a folder; by default PLAYBOOK.ipynb")
    lab = add("lab", lab_command.lab, "start JupyterLab with flowkit's cards, for this machine only")
    lab.add_argument("folder", nargs="?", default=".", metavar="FOLDER", help="what it shows; by default this folder")
    lab.add_argument("--port", type=int, help="by default the first free one from 8888")
    lab.add_argument("--no-browser", action="store_true", help="only print the address")
    train_command.add_to(add("train", train_command.train, "training scenarios: list them, or write one to work on"))


def _about_flowkit(add: Add) -> None:
    ranges = add("update-ranges", commands.update_ranges, "take over AWS's published address ranges from a file")
    ranges.add_argument("file", metavar="FILE", help="AWS's ip-ranges.json, as downloaded")
    fields = add("fields", commands.fields, "the flow log fields, with their meaning")
    fields.add_argument("names", nargs="*", metavar="NAME", help="only these, in any spelling")
