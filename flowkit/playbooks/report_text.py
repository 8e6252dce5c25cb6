"""A report as Markdown; what came from a log or a name stands there letter by letter, and is no markup."""

import re
from collections.abc import Callable, Iterator
from typing import Final

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
    parted,
    same,
)
from flowkit.wording import sentence

_DEEPEST: Final = 6
_MOST_ROWS: Final = 50
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;"}
_MARKUP: Final = re.compile(r"([\\`*_\[\]{}|~#$!])|([&<>@])|(?<=\w)(:)(?=//)|(?<=www)(\.)", re.IGNORECASE)
_BEGINS: Final = re.compile(r"^(\s*)([-+=]|\d{1,9}(?=[.)]))")
"""What would make a list, a heading or a rule of a paragraph that begins so."""


def markdown(section: Section) -> str:
    """Return a section as Markdown (CommonMark with pipe tables)."""
    return "\n\n".join(_lines(section, 1)) + "\n"


def plain(text: str) -> str:
    r"""Return text in which nothing is markup: no emphasis, link, mention, table cell, HTML or line of its own.

    >>> plain("*a* | <b> [x](http://y)")
    '\\*a\\* \\| &lt;b&gt; \\[x\\](http\\://y)'
    """
    line = "".join(c if c.isprintable() else " " if c.isspace() else repr(c)[1:-1] for c in text).strip()
    told = _MARKUP.sub(_escaped, line)
    return _BEGINS.sub(lambda found: f"{found[1]}{_first(found[2])}", told)


def _escaped(found: re.Match[str]) -> str:
    return _ENTITIES.get(found[0]) or f"\\{found[0]}"


def _first(text: str) -> str:
    return f"&#{ord(text[0])};{text[1:]}" if text[0].isdigit() else f"\\{text}"


def code(text: str) -> str:
    """Return text as code: in more backticks than are in it anywhere."""
    line = " ".join(text.split())
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"


def _lines(passage: Passage, level: int) -> Iterator[str]:
    """Yield the blocks of a passage; *level* is that of the next heading."""
    if isinstance(passage, Section):
        severity = f"**{marked(passage.severity)}**: " if passage.severity else ""
        yield f"{'#' * min(level, _DEEPEST)} {severity}{plain(passage.title)}"
        for one in passage.passages:
            yield from _lines(one, level + 1)
    elif text := _WRITTEN[type(passage)](passage):
        yield text


def _answer(answer: Answer) -> str:
    worst = f" (gravest finding: {marked(answer.severity)})" if answer.severity else ""
    return f"**{plain(sentence(answer.verdict))}**{worst} {plain(answer.text)}"


def _text(text: Text) -> str:
    return plain(text.text)


def _facts(facts: Facts) -> str:
    rows = [[name, value] for name, value in facts.rows]
    return "\n\n".join(filter(None, (plain(facts.caption), _grid(["what", "value"], rows))))


def _items(items: Items) -> str:
    marks = items.marks or ("",) * len(items.items)
    told = [
        f"{f'{number}.' if items.numbered else '-'} "
        f"{f'**{marked(severity)}**: ' if severity else ''}{_command(text) if items.code else plain(text)}"
        for number, (severity, text) in enumerate(zip(marks, items.items, strict=True), 1)
    ]
    return "\n".join(told)


def _command(text: str) -> str:
    command, reason = parted(text)
    told = plain(reason) + (": " if reason and command else "")
    return told + (code(command) if command else "")


def _rows(rows: Rows) -> str:
    if not len(rows.frame):
        return plain(rows.summary(_MOST_ROWS))
    shown = rows.frame.head(_MOST_ROWS)
    alike = same(shown)
    told = "; ".join(f"{name} {value or 'empty'}" for name, value in alike)
    above = plain(f"The same in every row shown: {told}.") if alike else ""
    if len(shown) == 1:
        known, blank = alone(shown)
        above = plain(f"Nothing is known of: {', '.join(blank)}.") if blank else ""
        names, table = ["what", "value"], [list(pair) for pair in known]
    else:
        left = shown.drop(columns=[name for name, _value in alike])
        names, table = [str(name) for name in left.columns], list(cells(left))
    return "\n\n".join(filter(None, (plain(rows.summary(_MOST_ROWS)), above, _grid(names, table))))


def _picture(picture: Picture) -> str:
    return plain(f"Figure (in the HTML report): {picture.caption}")


def _grid(names: list[str], rows: list[list[str]]) -> str:
    lines = [[plain(cell) for cell in row] for row in (names, *rows)]
    lines.insert(1, ["---"] * len(names))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


_WRITTEN: Final[dict[type, Callable[..., str]]] = {
    Answer: _answer, Text: _text, Facts: _facts, Items: _items, Rows: _rows, Picture: _picture,
}  # fmt: skip
