"""Markdown's few forms that the generated pages take."""

import re
from collections.abc import Iterable, Sequence

__all__ = ["cell", "code", "fenced", "first_sentence", "one_colon", "table"]


def cell(text: str) -> str:
    """Return text that stays within its cell of a table and is not taken for HTML."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|").replace("*", "\\*")
    return escaped.replace("\n", " ")


def code(text: str) -> str:
    """Return a word of code for a cell."""
    return f"`{text.replace('|', chr(92) + '|')}`"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are Markdown already."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def fenced(text: str, language: str = "") -> str:
    """Return a block of code, with a fence that is longer than any in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def first_sentence(docstring: str | None) -> str:
    """Return the first paragraph of a docstring as a line."""
    return " ".join((docstring or "").strip().split("\n\n")[0].split())


def one_colon(text: str) -> str:
    """Return text whose literal blocks are introduced by one colon, and a docstring's lone ``::`` by none."""
    return re.sub(r"::(?=\n\n)", ":", re.sub(r"(?m)^::\n", "", text))
