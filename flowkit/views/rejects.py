"""The picture of rejected traffic."""

from typing import Final, Literal

import pandas as pd
import plotly.graph_objects as go

from flowkit.views import style

_EMPTY: Final = "no rejected records in this scope"


def reject_timeline(frame: pd.DataFrame, *, measure: Literal["records", "packets", "bytes"] = "records") -> go.Figure:
    """Draw what `fk.analysis.reject_timeline` returned: stacked bars, a colour and hatching for each value.

    Parameters
    ----------
    frame
        `bucket`, `value`, `records`, `packets`, `bytes`. Too many values to tell apart join ``other``, too
        many buckets to draw join their neighbours; the caption says so.
    measure
        What the bars count.
    """
    style.check(frame, "reject_timeline", measure, "bucket", "value")
    drawn = style.binned(style.folded(frame, ["value"], measure, style.MOST_VALUES))
    figure = go.Figure()
    style.stacked(figure, drawn, measure)
    style.time_axis(figure, drawn)
    style.shade_gaps(figure, drawn)
    by = style.safe(str(frame.attrs.get("by", "value")).replace("_", "-"))
    figure.update_layout(legend_title_text=by, showlegend=True)
    figure.update_layout(style.measure_axis("yaxis", measure, f"rejected {measure}"))
    return style.finished(figure, drawn, f"Rejected traffic by {by}", style.nothing_to_draw(frame, measure, _EMPTY))
