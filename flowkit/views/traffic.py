"""The picture of accepted and rejected traffic over time."""

from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from flowkit.views import style

_SERIES = (
    ("ACCEPT", "accepted", style.ACCEPT, ""),
    ("REJECT", "rejected", style.REJECT, "/"),
    ("-", "not told", style.OTHER, "."),
)


def traffic_timeline(frame: pd.DataFrame, *, measure: Literal["bytes", "packets", "records"] = "bytes") -> go.Figure:
    """Draw what `fk.analysis.traffic_timeline` returned: accepted and rejected in bars, the rejected hatched.

    Parameters
    ----------
    frame
        `bucket`, `action`, `records`, `packets`, `bytes`.
    measure
        What the bars show.
    """
    figure = go.Figure()
    for action, name, colour, pattern in _SERIES:
        part = frame[frame.action == action]
        if len(part):
            figure.add_trace(style.bar(name, part, measure, colour, pattern))
    style.time_axis(figure, frame)
    style.shade_gaps(figure, frame)
    figure.update_layout(showlegend=True)
    figure.update_layout(style.measure_axis("yaxis", measure))
    return style.finished(figure, frame, f"Traffic over time, {measure}", "no records in this scope")
