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
        `bucket`, `action`, `records`, `packets`, `bytes`. Too many buckets to draw join their
        neighbours; the caption says so.
    measure
        What the bars show.
    """
    style.check(frame, "traffic_timeline", measure, "bucket", "action")
    drawn = style.binned(frame)
    figure = go.Figure()
    for action, name, colour, pattern in _SERIES:
        part = drawn[drawn.action == action]
        if len(part):
            figure.add_trace(style.bar(name, part, measure, colour, pattern))
    style.time_axis(figure, drawn)
    style.shade_gaps(figure, drawn)
    figure.update_layout(showlegend=True)
    figure.update_layout(style.measure_axis("yaxis", measure))
    words = style.nothing_to_draw(frame, measure, "no records in this scope")
    return style.finished(figure, drawn, f"Traffic over time, {measure}", words)
