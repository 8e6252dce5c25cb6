"""``flowkit new``: a notebook to work in."""

import argparse
import sys

import pandas as pd

from flowkit.cli.printing import print_json, print_table, printable
from flowkit.jupyter import notebooks


def new(given: argparse.Namespace) -> None:
    """Copy a notebook and say where it is; without a name, list what there is."""
    if given.playbook is None:
        _offer(given)
        return
    path = notebooks.copied(given.playbook, given.file)
    if given.json:
        print_json({"notebook": given.playbook, "file": path})
        return
    sys.stdout.write(printable(f"The notebook is in {path}. Its first code cell holds what to change.") + "\n")


def _offer(given: argparse.Namespace) -> None:
    rows = [{"name": one.name, "kind": one.kind, "question": one.question} for one in notebooks.offered()]
    if given.json:
        print_json(rows)
        return
    print_table(pd.DataFrame(rows, columns=["name", "kind", "question"]), "To copy one: flowkit new NAME [FILE]")
