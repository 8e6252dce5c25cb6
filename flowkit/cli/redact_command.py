"""``flowkit redact``: what it takes and what it does."""

import argparse
import dataclasses
import sys

from flowkit.cli.printing import print_json, printable
from flowkit.errors import SourceError


def add_to(command: argparse.ArgumentParser) -> None:
    """Add the arguments to the command."""
    command.add_argument("source", nargs="?", metavar="IN", help="logs, a folder, a notebook, HTML, JSON, or: sample")
    command.add_argument("target", nargs="?", metavar="OUT", help="where to write; it must not be there")
    command.add_argument("--key-file", metavar="FILE", help="the key; who has it can undo the redaction")
    command.add_argument("--new-key", metavar="FILE", help="write a new key there, readable by you only")
    command.add_argument(
        "--keep", metavar="CIDR", action="append", default=[], help="leave these addresses as they are"
    )
    command.add_argument(
        "--shift", metavar="WEEKS", type=int, help="move times by so many weeks; by default by the key"
    )
    command.add_argument("--rename", metavar="WORD", action="append", default=[], help="rename this word everywhere")
    command.add_argument(
        "--inventory", metavar="FOLDER", help="answers of `aws ec2 describe-...`: whose names to rename"
    )
    command.add_argument("--log-format", metavar="FORMAT", help="format of headerless lines: '${version} ...'")
    command.add_argument("--reverse", action="store_true", help="undo: map a finding, a report or a log back")


def redact(given: argparse.Namespace) -> None:
    """Redact, undo a redaction, or make a key."""
    from flowkit import api, redaction

    if given.new_key:
        made = redaction.new_key(given.new_key)
        sys.stdout.write(
            printable(f"The key {made.id} is in {given.new_key}. Keep it apart from what it redacts.") + "\n"
        )
        if given.source is None:
            return
    key = given.key_file or given.new_key
    if not given.source or not given.target:
        raise SourceError("name what to redact and where to write it: flowkit redact IN OUT --key-file FILE.")
    if not key:
        raise SourceError("name the key with --key-file FILE. To make one: flowkit redact --new-key FILE.")
    options = {"key": key, "keep": given.keep, "shift": given.shift, "log_format": given.log_format}
    if given.reverse:
        report = redaction.reverse(given.source, given.target, **options)
    else:
        report = api.redact(given.source, given.target, names=given.rename, inventory=given.inventory, **options)
    if given.json:
        print_json(dataclasses.asdict(report))
        return
    sys.stdout.write("".join(printable(line) + "\n" for line in str(report).split("\n")))
