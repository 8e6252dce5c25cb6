"""What a notebook shows of an explanation: sentences, a picture of the gates in their order, and the table."""

import html
from collections.abc import Sequence
from typing import Final

import pandas as pd

from flowkit.inventory.gates import Gate, Passage
from flowkit.inventory.text import shown
from flowkit.inventory.verdicts import ADMITS, CANNOT_TELL, DENIES, IN_PART, NOT_ASKED

_MOST_DRAWN: Final = 6
_SIGNS: Final = {ADMITS: "✓", DENIES: "✕", IN_PART: "◐", NOT_ASKED: "∅", CANNOT_TELL: "?"}
_EDGES: Final = {ADMITS: "", DENIES: "", IN_PART: "8 3", NOT_ASKED: "2 3", CANNOT_TELL: "4 4"}
_INKS: Final = {
    ADMITS: "light-dark(#00568c, #56b4e9)",
    DENIES: "light-dark(#b34700, #ff9a4d)",
    IN_PART: "light-dark(#7a5c00, #e69f00)",
}
"""Okabe and Ito's blue, vermilion and orange, darker or lighter where the ground needs it; never the only sign."""
_LABELS: Final = {"security_group": "group", "nacl_outbound": "ACL out", "nacl_inbound": "ACL in", "route": "route"}
_WIDTH, _GATE, _STEP, _END = 940, 136, 144, 110
_ROWS: Final = {False: 46, True: 136}
_HIGH: Final = 58
_LETTERS, _SHORT = 19, 12
_STYLE: Final = "max-width:100%;height:auto;font:12px system-ui,sans-serif;color:inherit"


def document(passages: Sequence[Passage], verdicts: Sequence[str], notes: Sequence[str], frame: pd.DataFrame) -> str:
    """Return an explanation as HTML; everything in it is escaped."""
    parts = []
    for number, (passage, verdict) in enumerate(zip(passages, verdicts, strict=True)):
        picture = _picture(passage, verdict) if number < _MOST_DRAWN else ""
        parts.append(f"<p><strong>{_escaped(verdict)}</strong></p>{picture}")
    if len(passages) > _MOST_DRAWN:
        parts.append(f"<p>The first {_MOST_DRAWN} of {len(passages):,} passages are drawn; the table has all.</p>")
    parts += [f"<p>{_escaped(note)}</p>" for note in notes]
    return f"<div>{''.join(parts)}{_table(frame)}</div>"


def _table(frame: pd.DataFrame) -> str:
    head = "".join(f'<th scope="col">{_escaped(name)}</th>' for name in frame.columns)
    rows = []
    for row in frame.itertuples(index=False):
        texts = ["" if value is None or value is pd.NA else str(value) for value in row]
        texts[3] = f"{_SIGNS[texts[3]]} {texts[3]}"
        rows.append("<tr>" + "".join(f'<td style="text-align:left">{_escaped(text)}</td>' for text in texts) + "</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _picture(passage: Passage, verdict: str) -> str:
    """Return the gates as a drawing: the request from left to right, below it the reply from right to left."""
    request = [gate for gate in passage.gates if not gate.reply]
    reply = [gate for gate in passage.gates if gate.reply]
    drawn = [_box(gate, _END + _STEP * place, _ROWS[False]) for place, gate in enumerate(request)]
    places = (4, 2, 0)  # under the gates of the same end
    drawn += [_box(gate, _END + _STEP * place, _ROWS[True]) for place, gate in zip(places, reply, strict=True)]
    middle = (_ROWS[False] + _ROWS[True] + _HIGH) / 2
    ends = [
        _end(4, middle, "source", passage.source.address),
        _end(_WIDTH - 4, middle, "destination", passage.destination.address, anchor="end"),
    ]
    ways = [_arrow(_ROWS[False] - 12, "request", back=False), _arrow(_ROWS[True] + _HIGH + 20, "reply", back=True)]
    return (
        f'<svg role="img" viewBox="0 0 {_WIDTH} 236" width="{_WIDTH}" style="{_STYLE}" '
        f'aria-label="{_escaped(verdict)}">'
        f"{''.join([*ways, *ends, *drawn])}</svg>"
    )


def _box(gate: Gate, left: int, top: int) -> str:
    ink = _INKS.get(gate.verdict, "currentColor")
    side, _, kind = gate.name.partition("_")
    dashes = f' stroke-dasharray="{_EDGES[gate.verdict]}"' if _EDGES[gate.verdict] else ""
    middle = left + _GATE / 2
    rule = _id(gate.rules[0] if gate.rules else "") + (f" {gate.entry}" if gate.entry is not None else "")
    bold = ' font-weight="700"'
    lines = [(f"{side} {_LABELS[kind]}", ""), (f"{_SIGNS[gate.verdict]} {gate.verdict}", bold), (rule, "")]
    texts = "".join(
        f'<text x="{middle}" y="{top + 17 + 17 * number}" text-anchor="middle" fill="currentColor"{style}>'
        f"{_escaped(_cut(text))}</text>"
        for number, (text, style) in enumerate(lines)
    )
    thick = 3 if gate.verdict == DENIES else 1.5
    return (
        f"<g><title>{_escaped(gate.why)}</title>"
        f'<rect x="{left}" y="{top}" width="{_GATE}" height="{_HIGH}" rx="4" fill="none" stroke="currentColor" '
        f'style="stroke:{ink}" stroke-width="{thick}"{dashes}/>{texts}</g>'
    )


def _end(x: int, y: float, what: str, address: str, *, anchor: str = "start") -> str:
    texts = ((y - 8, what), (y + 10, _cut(address)))
    return "".join(
        f'<text x="{x}" y="{height}" text-anchor="{anchor}" fill="currentColor">{_escaped(text)}</text>'
        for height, text in texts
    )


def _arrow(y: int, what: str, *, back: bool) -> str:
    first, last = _END, _END + 4 * _STEP + _GATE
    tip, tail = (first, last) if back else (last, first)
    head = f"{tip},{y} {tip + (8 if back else -8)},{y - 4} {tip + (8 if back else -8)},{y + 4}"
    return (
        f'<line x1="{tail}" y1="{y}" x2="{tip}" y2="{y}" stroke="currentColor"/>'
        f'<polygon points="{head}" fill="currentColor"/>'
        f'<text x="{(first + last) / 2}" y="{y - 6}" text-anchor="middle" fill="currentColor">{what}</text>'
    )


def _id(text: str) -> str:
    """Return an id by its kind and its end, which tell ids apart."""
    return text if len(text) <= _SHORT else f"{text[: text.find('-') + 1]}…{text[-6:]}"


def _cut(text: str) -> str:
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"


def _escaped(text: str) -> str:
    return html.escape(shown(text))
