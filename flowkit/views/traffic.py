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

    Of a frame that is split by a field, each value has a colour and hatching, accepted and rejected together.

    Parameters
    ----------
    frame
        `bucket`, `action`, `records`, `packets`, `bytes`; where split also `value`. Too many values to tell apart
        join ``other``, too many buckets to draw join their neighbours; the caption says so.
    measure
        What the bars show.
    """
    style.check(frame, "traffic_timeline", measure, "bucket", "action")
    figure = go.Figure()
    split = "value" in frame
    if split:
        both = style.together(frame.drop(columns="action"))
        drawn = style.binned(style.folded(both, ["value"], measure, style.MOST_VALUES))
        style.stacked(figure, drawn, measure)
    else:
        drawn = style.binned(frame)
        for action, name, colour, pattern in _SERIES:
            part = drawn[drawn.action == action]
            if len(part):
                figure.add_trace(style.bar(name, part, measure, colour, pattern))
    style.time_axis(figure, drawn)
    style.shade_gaps(figure, drawn)
    by = style.safe(str(frame.attrs.get("by", "value")).replace("_", "-")) if split else ""
    figure.update_layout(showlegend=True, legend_title_text=by)
    figure.update_layout(style.measure_axis("yaxis", measure))
    words = style.nothing_to_draw(frame, measure, "no records in this scope")
    title = f"Traffic over time by {by}, {measure}" if split else f"Traffic over time, {measure}"
    return style.finished(figure, drawn, title, words)
