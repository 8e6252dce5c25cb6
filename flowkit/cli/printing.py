"""How answers are printed: nothing that a log or a name holds reaches the terminal as a command of its own."""

import json
import sys
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flowkit.errors import PolicyError


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame with plain values, None for what is missing."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [dict(zip(plain.columns, row, strict=True)) for row in plain.itertuples(index=False)]


def print_json(value: object) -> None:
    """Print JSON for machines."""
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


def print_table(frame: pd.DataFrame, caption: str) -> None:
    """Print a table for people, and its caption below; of one without rows the caption alone."""
    table = Table(box=box.SIMPLE)
    for name in frame.columns:
        number = pd.api.types.is_numeric_dtype(frame[name])
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in frame.itertuples(index=False):
        table.add_row(*(Text(_cell(value)) for value in row))
    console = Console()
    if len(frame):
        console.print(table)
    console.print(Text(printable(caption)))


def _cell(value: object) -> str:
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - not a number
        return ""
    return f"{value:,}" if isinstance(value, int) else printable(str(value))


def printable(text: str) -> str:
    """Return text with control characters written out: a log or a file name may hold a terminal's own commands."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def said(error: Exception) -> str:
    """Return what an error says, for a terminal.

    A policy's problems stand in lines of their own, indented so that none is taken for ours: what they quote has no
    line breaks. Elsewhere a line break may come from a file's name, and is written out.
    """
    if not isinstance(error, PolicyError):
        return printable(str(error))
    first, *rest = map(printable, str(error).split("\n"))
    return "\n".join([first, *(f"  {line.strip()}" for line in rest)])
