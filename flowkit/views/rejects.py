"""The picture of rejected traffic."""

from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from flowkit.views import style

_EMPTY = "no rejected records in this scope"


def reject_timeline(frame: pd.DataFrame, *, measure: Literal["records", "packets", "bytes"] = "records") -> go.Figure:
    """Draw what `fk.analysis.reject_timeline` returned: stacked bars, a colour and hatching for each value.

    Parameters
    ----------
    frame
        `bucket`, `value`, `records`, `packets`, `bytes`.
    measure
        What the bars count.
    """
    figure = go.Figure()
    ranked = frame.groupby("value")[measure].sum().sort_values(ascending=False, kind="stable").index
    named = [value for value in ranked if value != "other"]
    for number, value in enumerate(named):
        colour, pattern = style.PALETTE[number % 9], style.PATTERNS[number % 9]
        figure.add_trace(style.bar(value, frame[frame.value == value], measure, colour, pattern))
    if "other" in ranked:
        figure.add_trace(style.bar("other", frame[frame.value == "other"], measure, style.OTHER, "."))
    style.time_axis(figure, frame)
    style.shade_gaps(figure, frame)
    by = str(frame.attrs.get("by", "value")).replace("_", "-")
    figure.update_layout(legend_title_text=by, showlegend=True)
    figure.update_layout(style.measure_axis("yaxis", measure, f"rejected {measure}"))
    return style.finished(figure, frame, f"Rejected traffic by {by}", _EMPTY)
