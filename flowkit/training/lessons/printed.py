"""Tables of scenarios, steps and marks, as text and as HTML; nothing in them is markup or a terminal's command."""

from collections.abc import Iterable, Sequence
from html import escape


def plain(text: str) -> str:
    """Return text with control characters written out, line ends kept."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def html_table(head: Sequence[str], rows: Iterable[Sequence[object]], caption: str) -> str:
    """Return a table as HTML, left-aligned so that sentences can be read."""
    style = ' style="text-align: left; vertical-align: top; white-space: pre-wrap"'
    body = "".join(
        f"<tr>{''.join(f'<td{style}>{escape(plain(str(value)))}</td>' for value in row)}</tr>" for row in rows
    )
    heads = "".join(f"<th{style}>{escape(name)}</th>" for name in head)
    title = f"<caption>{escape(plain(caption))}</caption>"
    return f"<table>{title}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def text_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as text, columns under each other."""
    lines = [[plain(str(value)) for value in row] for row in (head, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines)
