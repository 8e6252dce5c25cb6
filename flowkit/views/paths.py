"""The picture of a chain of conversations."""

import re
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from flowkit.fields import PROTOCOLS
from flowkit.views import style

_INK: Final = "#1a1a1a"
_NAMES: Final = {number: name for name, number in PROTOCOLS.items()}
_AWAY: Final = 16
"""Pixels between the middle of a dot and the end of an arrow."""
_LINE: Final = 22
"""Letters of a label on one line: two lines of an IPv6 address, so that seven have room beside each other."""


def talker_path(frame: pd.DataFrame) -> go.Figure:
    """Draw what `fk.analysis.talker_path` returned: a chain from left to right.

    The arrow of a hop goes from client to server; one that was rejected throughout has another colour and says so.

    Parameters
    ----------
    frame
        `hop`, `client`, `server`, `server_port`, `protocol`, `bytes`, `records`, `accepted`, `rejected`.
    """
    style.check(frame, "talker_path", "bytes", "hop", "client", "server", "server_port", "protocol", "records")
    chain = _chain(frame)
    figure = go.Figure()
    if chain:
        figure.add_trace(_dots(chain))
        figure.add_trace(_hovers(frame))
    for row in frame.itertuples(index=False):
        for note in _arrow(row, chain):
            figure.add_annotation(note)
    words = "" if chain else "no such chain: the caption says why"
    figure.update_layout(height=300, showlegend=False, hovermode="closest")
    title = f"From {style.label(chain[0])} to {style.label(chain[-1])}" if chain else "No chain of conversations"
    figure = style.finished(figure, frame, title, words, {"path": chain})
    figure.update_xaxes(visible=False, range=[-0.4, max(len(chain) - 0.6, 1)])
    return figure.update_yaxes(visible=False, range=[-1, 1])


def _chain(frame: pd.DataFrame) -> list[str]:
    """Return the addresses in order: as the frame says, else as its hops join."""
    told = frame.attrs.get("path")
    if told or frame.empty:
        return list(told or [])
    pairs = list(zip(frame.client, frame.server, strict=True))
    chain = list(pairs[0]) if len(pairs) == 1 or pairs[0][1] in pairs[1] else [pairs[0][1], pairs[0][0]]
    for client, server in pairs[1:]:
        chain.append(server if client == chain[-1] else client)
    return chain


def _dots(chain: list[str]) -> go.Scatter:
    return go.Scatter(
        x=list(range(len(chain))), y=[0] * len(chain), ids=chain, mode="markers+text",
        text=[f"<br>{_in_lines(name)}" for name in chain],  # below what the arrows bear
        textposition="bottom center", textfont={"size": 12}, cliponaxis=False,
        marker={"size": 22, "color": style.ACCEPT, "line": {"width": 2, "color": _INK}},
        customdata=[[style.full(name)] for name in chain], hovertemplate="%{customdata[0]}<extra></extra>",
    )  # fmt: skip


def _in_lines(name: str) -> str:
    """Return a label in lines, broken where parts of it end."""
    shown = name if len(name) <= style.LONGEST_LABEL else f"{name[:21]}…{name[-21:]}"
    lines = [""]
    for part in re.findall(r"[^ :.]*[ :.]?", shown):
        if lines[-1] and len(lines[-1]) + len(part) > _LINE:
            lines.append("")
        lines[-1] += part
    return "<br>".join(style.safe(line) for line in lines)


def _hovers(frame: pd.DataFrame) -> go.Scatter:
    """Return invisible points amid the arrows, which tell of a hop on hovering."""
    told = [
        f"hop {row.hop}: {style.full(row.client)} to {style.full(row.server)}<br>{_service(row)}, {_size(row)}"
        f"<br>{_amount(row.records, 'records')}: {_amount(row.accepted, 'accepted')}, "
        f"{_amount(row.rejected, 'rejected')}<br>{_time(row.first)} to {_time(row.last)}"
        for row in frame.itertuples(index=False)
    ]
    return go.Scatter(
        x=[row - 0.5 for row in frame.hop], y=[0] * len(frame), mode="markers", customdata=told,
        marker={"size": 40, "opacity": 0}, hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip


def _arrow(row: Any, chain: list[str]) -> list[dict[str, Any]]:  # noqa: ANN401 - a row of the frame
    """Return an arrow from client to server, and words above and below it."""
    left, right = row.hop - 1, row.hop
    tail, head = (left, right) if row.client == chain[left] else (right, left)
    stopped = _number(row.accepted) == 0 and bool(_number(row.rejected))
    colour = style.REJECT if stopped else _INK
    away = _AWAY if head > tail else -_AWAY
    arrow = {
        "x": head, "y": 0, "ax": tail, "ay": 0, "xref": "x", "yref": "y", "axref": "x", "ayref": "y", "text": "",
        "showarrow": True, "arrowhead": 2, "arrowsize": 1.4, "arrowwidth": 2, "arrowcolor": colour,
        "standoff": abs(away), "startstandoff": abs(away),
    }  # fmt: skip
    words = {"x": (left + right) / 2, "y": 0, "showarrow": False, "font": {"size": 12, "color": colour}}
    below = f"{_service(row)}{', all rejected' if stopped else ''}"
    return [
        arrow,
        {**words, "text": f"<b>{_size(row)}</b>", "yshift": 14},
        {**words, "text": below, "yshift": -14},
    ]


def _service(row: Any) -> str:  # noqa: ANN401 - a row of the frame
    protocol = _number(row.protocol)
    name = "" if protocol is None else _NAMES.get(protocol, f"protocol {protocol}")
    port = _number(row.server_port)
    return name if not port else f"{name} {port}".strip()


def _size(row: Any) -> str:  # noqa: ANN401 - a row of the frame
    size = _number(row.bytes)
    return _amount(row.records, "records") if size is None else style.size(size)


def _amount(value: object, unit: str) -> str:
    number = _number(value)
    return f"{'-' if number is None else format(number, ',')} {unit}"


def _number(value: Any) -> int | None:  # noqa: ANN401 - of pandas, maybe none
    return None if pd.isna(value) else int(value)


def _time(value: Any) -> str:  # noqa: ANN401 - of pandas, maybe none
    return "-" if pd.isna(value) else f"{value:%Y-%m-%d %H:%M:%SZ}"
