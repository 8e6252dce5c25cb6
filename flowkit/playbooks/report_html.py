"""A report as HTML, in pieces that a notebook or a page can show; every text in it is escaped."""

from collections.abc import Callable, Iterator
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import pandas as pd

from flowkit.playbooks import report_parts
from flowkit.playbooks.finding import SEVERITIES, Step
from flowkit.playbooks.passages import (
    Answer,
    Facts,
    Items,
    Passage,
    Picture,
    Rows,
    Section,
    Text,
    alone,
    cells,
    marked,
    numeric,
    parted,
    same,
)
from flowkit.playbooks.report import Report

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MOST_ROWS: Final = 50
_ON_PAPER: Final = 50
_LONG: Final = 40
"""Characters from which the text of a cell may break anywhere, such as a hash."""
_ACROSS: Final = 3
"""Pairs side by side of a table of one row."""
_DEEPEST: Final = 6
"""HTML has no deeper heading."""


def body(report: Report) -> str:
    """Return a report as a part of a page, without its figures."""
    return framed("".join(part for part in passages(report) if isinstance(part, str)))


def passages(report: Report, *, level: int = 3) -> "Iterator[str | go.Figure]":
    """Yield a report in pieces, HTML to be `framed` and figures, from its heading of a *level* on."""
    yield from _joined(pieces(report_parts.of_report(report), level))


def of_step(step: Step, *, level: int = 3) -> "Iterator[str | go.Figure]":
    """Yield a step in pieces, HTML and its figure."""
    yield from _joined(pieces(Section(step.question, report_parts.of_step(step)), level))


def step_html(step: Step) -> str:
    """Return a step as a part of a page, without its figure."""
    return framed("".join(part for part in of_step(step) if isinstance(part, str)))


def framed(html: str) -> str:
    """Return a part of a report as a page or an output of a notebook can show it."""
    return f'<style>{style()}</style><div class="flowkit-report">{html}</div>'


@cache
def style() -> str:
    """Return how a report looks, as CSS."""
    return files("flowkit.playbooks").joinpath("report.css").read_text(encoding="utf-8")


def pieces(passage: Passage, level: int, most: int = _MOST_ROWS) -> "Iterator[str | Picture]":
    """Yield a passage as HTML, with the pictures in it as they are.

    *level* is that of the next heading, *most* the rows of a table.
    """
    if isinstance(passage, Section):
        yield from _section(passage, level)
    elif isinstance(passage, Picture):
        yield passage
    elif isinstance(passage, Rows):
        yield _rows(passage, most)
    else:
        yield _WRITTEN[type(passage)](passage)


def _joined(parts: "Iterator[str | Picture]") -> "Iterator[str | go.Figure]":
    """Yield HTML that stands together as one, and figures."""
    held = ""
    for part in parts:
        if isinstance(part, str):
            held += part
            continue
        if held:
            yield held
        held = ""
        yield part.figure
    if held:
        yield held


def _section(section: Section, level: int) -> "Iterator[str | Picture]":
    heading = headline(section, level)
    if section.unfolded is None:
        yield heading
    else:
        opened = " open" if section.unfolded else ""
        yield f'<details class="finding {escape(section.severity)}"{opened}><summary>{heading}</summary>'
    for one in section.passages:
        yield from pieces(one, level + 1)
    if section.unfolded is not None:
        yield "</details>"


def headline(section: Section, level: int, identity: str = "") -> str:
    """Return the heading of a section, with the severity as a word and a mark."""
    number = min(level, _DEEPEST)
    named = f' id="{identity}"' if identity else ""
    return f"<h{number}{named}>{mark(section.severity)}{escape(section.title)}</h{number}>"


def mark(severity: str) -> str:
    """Return a severity as a word beside dots, one more for each step; "" for none."""
    if severity not in SEVERITIES:
        return escape(severity)
    full, most = SEVERITIES.index(severity), len(SEVERITIES) - 1
    dots = "●" * full + "○" * (most - full)
    return f'<span class="mark {severity}"><span aria-hidden="true">{dots}</span> {marked(severity)}</span> '


def _answer(answer: Answer) -> str:
    severity = escape(answer.severity)
    gravest = f'<span class="worst">gravest finding: {mark(answer.severity)}</span>' if answer.severity else ""
    return (
        f'<div class="verdict {severity}"><p><strong>{escape(answer.verdict)}</strong> {gravest}</p>'
        f"<p>{escape(answer.text)}</p></div>"
    )


def _text(text: Text) -> str:
    return f'<p class="aside">{escape(text.text)}</p>' if text.aside else f"<p>{escape(text.text)}</p>"


def _facts(facts: Facts) -> str:
    """Return pairs as a table, *across* of them side by side."""
    told = [f'<th scope="row">{escape(name)}</th><td>{escape(value)}</td>' for name, value in facts.rows]
    rows = "".join(f"<tr>{''.join(told[at : at + facts.across])}</tr>" for at in range(0, len(told), facts.across))
    kind = "facts across" if facts.across > 1 else "facts"
    return f'<table class="{kind}">{_caption(facts.caption, heard=facts.across > 1)}<tbody>{rows}</tbody></table>'


def _caption(text: str, *, heard: bool) -> str:
    """Return a table's caption, only for those who hear a page where the same stands above the table."""
    kind = ' class="heard"' if heard else ""
    return f"<caption{kind}>{escape(text)}</caption>" if text else ""


def _items(items: Items) -> str:
    marks = items.marks or ("",) * len(items.items)
    texts = map(_command, items.items) if items.code else map(escape, items.items)
    told = "".join(f"<li>{mark(severity)}{text}</li>" for severity, text in zip(marks, texts, strict=True))
    kind = "ol" if items.numbered else "ul"
    return f"<{kind}>{told}</{kind}>"


def _command(text: str) -> str:
    """Return a command with its reason before it."""
    command, reason = parted(text)
    told = f"{escape(reason)}: " if reason else ""
    return f"{told}<code>{escape(command)}</code>" if command else escape(reason)


def _rows(rows: Rows, most: int) -> str:
    opened = " open" if rows.unfolded else ""
    shown = table(rows.frame, most, whole=rows.whole)
    return f"<details{opened}><summary>{escape(rows.summary(most))}</summary>{shown}</details>"


_WRITTEN: Final[dict[type, Callable[..., str]]] = {
    Answer: _answer, Text: _text, Facts: _facts, Items: _items, Rows: _rows,
}  # fmt: skip


def table(frame: pd.DataFrame, most: int = _MOST_ROWS, *, whole: bool = False) -> str:
    """Return the first rows of a frame, every text in it escaped; one row as pairs, a *whole* one to be printed."""
    caption = str(frame.attrs.get("caption", "")) or "Table"
    if len(frame) == 1:
        known, blank = alone(frame)
        left = f'<p class="aside">Nothing is known of: {escape(", ".join(blank))}.</p>' if blank else ""
        return _facts(Facts(known, caption, across=_ACROSS)) + left
    if not len(frame):
        return '<p class="aside">No rows.</p>'
    alike = same(frame.head(most))
    told = "; ".join(f"{name} {value or 'empty'}" for name, value in alike)
    above = f'<p class="aside">The same in every row shown: {escape(told)}.</p>' if alike else ""
    shown = frame.head(most).drop(columns=[name for name, _value in alike])
    more = f"<p>{len(frame) - most:,} more rows are not shown.</p>" if len(frame) > most else ""
    cut = len(shown) > _ON_PAPER and not whole
    told = f'<p class="paper">On paper, the first {_ON_PAPER} rows; the HTML file has the others.</p>' if cut else ""
    return f"{above}{_grid(shown, caption, 'sortable cut' if cut else 'sortable')}{told}{more}"


def _grid(frame: pd.DataFrame, caption: str, kind: str) -> str:
    """Return a table whose columns a page can sort."""
    right = numeric(frame)
    head = "".join(f'<th scope="col">{_breakable(str(name))}</th>' for name in frame.columns)
    rows = "".join(f"<tr>{''.join(map(_cell, row, right))}</tr>" for row in cells(frame))
    many = " many" if frame.shape[1] > 10 else ""  # noqa: PLR2004 - a sheet of paper is no wider
    named = f"{_caption(caption, heard=True)}<thead><tr>{head}</tr></thead>"
    return f'<div class="wide"><table class="{kind}{many}">{named}<tbody>{rows}</tbody></table></div>'


def _cell(text: str, right: bool) -> str:  # noqa: FBT001 - mapped
    kind = " class=n" if right else " class=long" if len(text) > _LONG else ""
    return f"<td{kind}>{escape(text)}</td>"


def _breakable(name: str) -> str:
    """Return the name of a column, which may go on in the next line behind each _."""
    return escape(name).replace("_", "_<wbr>")
