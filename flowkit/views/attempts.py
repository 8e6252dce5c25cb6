"""The picture of attempts to connect."""

from typing import Final

import pandas as pd
import plotly.graph_objects as go

from flowkit.errors import ScopeError
from flowkit.views import style

_EMPTY: Final = "no attempt to connect in this scope"
_LOOKS: Final = {
    "established": (style.ACCEPT, ""), "one_way": ("#56B4E9", "."), "rejected": (style.REJECT, "/"),
    "refused": ("#CC79A7", "x"), "reset": ("#882255", "\\"), "unanswered": ("#E69F00", "-"), "late": (style.OTHER, "|"),
    "unknown": (style.OTHER, "+"),
}  # fmt: skip
_WIDTHS: Final = (60, 300, 600, 1_800, 3_600, 10_800, 86_400)
_MOST_BUCKETS: Final = 120


def connection_attempts(frame: pd.DataFrame) -> go.Figure:
    """Draw what `fk.analysis.connection_attempts` returned: outcomes over time, a colour and hatching for each.

    Parameters
    ----------
    frame
        `first`, `outcome`; buckets are as wide as gives at most 120 of them.

    Raises
    ------
    ScopeError
        If the frame lacks these.
    """
    lacking = [name for name in ("first", "outcome") if name not in frame]
    if lacking:
        raise ScopeError(f"connection_attempts cannot draw this frame: it lacks {', '.join(lacking)}.")
    figure = go.Figure()
    drawn = _bucketed(frame)
    for outcome, (colour, pattern) in _LOOKS.items():
        rows = drawn[drawn.value == outcome]
        if len(rows):
            figure.add_trace(style.bar(outcome, rows, "attempts", colour, pattern))
    style.time_axis(figure, drawn)
    figure.update_layout(showlegend=True, legend_title_text="outcome", yaxis_title_text="attempts")
    return style.finished(figure, drawn, "Attempts to connect, by outcome", "" if len(frame) else _EMPTY)


def _bucketed(frame: pd.DataFrame) -> pd.DataFrame:
    span = (frame["first"].max() - frame["first"].min()).total_seconds() if len(frame) else 0
    width = next((one for one in _WIDTHS if span / one <= _MOST_BUCKETS), _WIDTHS[-1])
    counted = (
        frame.assign(bucket=frame["first"].dt.floor(f"{width}s"))
        .groupby(["bucket", "outcome"]).size().rename("attempts").reset_index().rename(columns={"outcome": "value"})
    )  # fmt: skip
    counted.attrs = {**frame.attrs, "every": width}
    return counted
