"""The picture of what rules did."""

from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from flowkit.views import style
from flowkit.wording import several

_EMPTY: Final = "no rule stands before what was recorded in this scope"
_MOST: Final = 30
_ROOM: Final = 1.3
"""How much longer than the longest bar the axis is, for the words behind it."""
_LOOKS: Final = {
    "admitted": (style.ACCEPT, ""),
    "refused": (style.REJECT, "/"),
    "contradicted": ("#E69F00", "x"),
    "late": (style.OTHER, "."),
    "cannot_tell": (style.OTHER, "-"),
}


def rule_effects(frame: pd.DataFrame) -> go.Figure:
    """Draw what `fk.analysis.rule_effects` returned: a bar per rule and effect, as long as it has records.

    Parameters
    ----------
    frame
        `rule`, `entry`, `direction`, `scope`, `effect`, `conversations`, `records`, `suggested`. Of more than 30 rows
        the first are drawn, and none of rules never used; the caption says so.
    """
    columns = ("rule", "entry", "direction", "scope", "effect", "conversations", "suggested")
    style.check(frame, "rule_effects", "records", *columns)
    used = frame[frame.effect != "unused"]
    drawn = used.head(_MOST).copy()
    note = f" Drawn: the first {_MOST} of {len(used):,} rows that did something." if len(used) > _MOST else ""
    note += f" Not drawn: {several(len(frame) - len(used), 'rule')} never used." if len(used) < len(frame) else ""
    drawn.attrs = frame.attrs | {"caption": f"{frame.attrs.get('caption', '')}{note}"}
    rows: list[Any] = list(drawn.itertuples(index=False))
    figure = go.Figure()
    for effect, (colour, pattern) in _LOOKS.items():
        own = [(place, row) for place, row in enumerate(rows) if row.effect == effect]
        if own:
            figure.add_trace(
                go.Bar(
                    y=[place for place, _ in own], x=[row.records for _, row in own], orientation="h",
                    name=effect.replace("_", " "), marker=style.filled(colour, pattern),
                    text=[f"{row.effect.replace('_', ' ')}, {row.records:,}" for _, row in own],
                    textposition="outside", cliponaxis=False, customdata=[_hover(row) for _, row in own],
                    hovertemplate="%{customdata}<extra></extra>",
                )
            )  # fmt: skip
    figure.update_layout(barmode="overlay", bargap=0.3, height=220 + 26 * max(len(rows), 4))
    figure.update_layout(style.measure_axis("xaxis", "records", "flow records"))
    figure = style.finished(figure, drawn, "What rules did", _EMPTY if drawn.empty else "")
    ticks = {"tickmode": "array", "tickvals": list(range(len(rows))), "ticktext": [_called(row) for row in rows]}
    longest = float(drawn.records.max()) if len(drawn) else 0.0
    figure.update_xaxes(range=[0, max(longest * _ROOM, 1)])
    return figure.update_yaxes(range=[len(rows) - 0.4, -0.6], automargin=True, showgrid=False, **ticks)


def _called(row: Any) -> str:  # noqa: ANN401 - a row of the frame
    entry = "" if pd.isna(row.entry) else f" {int(row.entry)}"
    return f"{style.label(str(row.rule))}{entry} {style.label(str(row.direction))}"


def _hover(row: Any) -> str:  # noqa: ANN401 - a row of the frame
    narrower = f"narrower: {style.full(str(row.suggested))}" if row.suggested else ""
    amounts = f"{int(row.records):,} records of {int(row.conversations):,} conversations"
    lines = [_called(row), style.full(str(row.scope)), f"{row.effect.replace('_', ' ')}: {amounts}", narrower]
    return "<br>".join(filter(None, lines))
