"""What a run of a notebook showed, kept beside the pages: pictures as files, the rest as Markdown for each cell.

A cell is known by the hash of its code, so that what an older one showed is never put under a newer one.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from generated.markdown import fenced

__all__ = ["FOLDER", "Shown", "code_hash", "keep", "markdown", "read"]

FOLDER = Path(__file__).parents[1] / "shown"
_MOST_LINES, _MOST_ROWS = 30, 6
_LARGEST = 250_000
"""Bytes of a picture: a larger one has thousands of marks, and a page of them is slow."""
_ASIDE = {"style", "script", "table", "details"}
_BLOCKS = {"p", "div", "li", "h1", "h2", "h3", "h4", "pre", "br"}


@dataclass(frozen=True)
class Shown:
    """What a cell showed: its code's hash, and Markdown."""

    code: str
    markdown: str


def code_hash(source: str) -> str:
    """Return what a cell is known by."""
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def read(name: str) -> dict[str, str]:
    """Return the Markdown of each cell of a notebook that showed something, by its code's hash."""
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        return {}
    return {one["code"]: one["markdown"] for one in json.loads(path.read_text(encoding="utf-8"))}


def keep(name: str, cells: list[dict[str, Any]]) -> int:
    """Write what the cells of a notebook that was run show; return how many show something."""
    for old in FOLDER.glob(f"{name}-*.svg"):
        old.unlink()
    found: list[Shown] = []
    pictures = 0
    for cell in cells:
        parts = []
        for data in cell.get("outputs", ()):
            text, picture = markdown(data, f"{name}-{pictures + 1}.svg")
            if picture:
                pictures += 1
                (FOLDER / f"{name}-{pictures}.svg").write_text(picture, encoding="utf-8")
            parts += [text] * bool(text)
        if parts:
            found.append(Shown(code_hash("".join(cell["source"])), "\n\n".join(parts)))
    lines = json.dumps([asdict(one) for one in found], indent=1, ensure_ascii=False)
    (FOLDER / f"{name}.json").write_text(f"{lines}\n", encoding="utf-8")
    return len(found)


def markdown(output: Mapping[str, Any], file: str) -> tuple[str, str]:
    """Return an output as Markdown, and the picture that goes into *file*, if it is one."""
    if output["output_type"] == "stream":
        said = re.sub(r"\r[^\n]*|\x1b\[[\d;]*[A-Za-z]", "", output["text"])  # progress, which overwrites itself
        return (_text(said), "") if output["name"] == "stdout" else ("", "")
    data = output.get("data", {})
    picture = data.get("image/svg+xml", "")
    if picture:
        title = data.get("text/plain", "").splitlines()
        words = re.sub(r"[\[\]\n]", " ", title[0] if title else "")
        return (f"![{words}](../shown/{file}){{.picture}}", picture) if len(picture) <= _LARGEST else ("", "")
    page = data.get("text/html", "")
    if not page:
        return _text(data.get("text/plain", "")), ""
    if 'class="dataframe"' in page:
        return _table(page), ""
    lines = [*_lines(page)]
    rest = [f"… and {len(lines) - _MOST_LINES} lines more"] if len(lines) > _MOST_LINES else []
    words = "<br>\n".join(f"> {line}" for line in [*lines[:_MOST_LINES], *rest])
    return (words, "") if words else (_text(data.get("text/plain", "")), "")


def _text(text: str) -> str:
    lines = text.strip("\n").rstrip().splitlines()
    rest = [f"… and {len(lines) - _MOST_LINES} lines more"] if len(lines) > _MOST_LINES else []
    return fenced("\n".join([*lines[:_MOST_LINES], *rest]), "text") if lines else ""


def _table(page: str) -> str:
    """Return a frame's first rows as one line of HTML without its looks, which are the page's."""
    found = re.search(r"<table.*?</table>", page, re.DOTALL)
    bare = re.sub(r"<(table|thead|tbody|tr|th|td)\b[^>]*>", r"<\1>", found[0] if found else "")
    head, _, body = re.sub(r"\s*\n\s*", "", bare).partition("<tbody>")
    rows = re.findall(r"<tr>.*?</tr>", body)
    rest = f"<p>… and {len(rows) - _MOST_ROWS} rows more</p>" if len(rows) > _MOST_ROWS else ""
    return f'<div class="shown">{head}<tbody>{"".join(rows[:_MOST_ROWS])}</tbody></table>{rest}</div>'


def _lines(page: str) -> Iterator[str]:
    """Yield the words of a page, a line for each block, without tables and looks."""
    reader = _Words()
    reader.feed(page)
    for line in "".join(reader.words).splitlines():
        if words := " ".join(line.split()):
            yield re.sub(r"([*_`<\[\]])", r"\\\1", words)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._aside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser's
        """Begin a line, or what is left out."""
        self._aside += tag in _ASIDE
        if tag in _BLOCKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """End a line, or what is left out."""
        self._aside -= tag in _ASIDE
        if tag in _BLOCKS:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        """Keep words."""
        if not self._aside:
            self.words.append(data.replace("\n", " "))
