"""The picture of what was rejected most."""

from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from flowkit.fields import PROTOCOLS
from flowkit.views import style

_EMPTY: Final = "no rejected records in this scope"
_MOST: Final = 20
_NAMES: Final = {number: name for name, number in PROTOCOLS.items()}


def rejected_tuples(frame: pd.DataFrame) -> go.Figure:
    """Draw what `fk.analysis.rejected_tuples` returned: a bar per tuple, as long as it has records.

    Parameters
    ----------
    frame
        `interface_id`, `direction`, `srcaddr`, `dstaddr`, `dstport`, `protocol`, `records`, `packets`, `bytes`,
        `srcports`, `first`, `last`. Of more than 20 rows the first are drawn; the caption says so.
    """
    columns = ("interface_id", "direction", "srcaddr", "dstaddr", "dstport", "protocol", "srcports", "first", "last")
    style.check(frame, "rejected_tuples", "records", *columns)
    drawn = frame.head(_MOST).copy()
    note = f" Drawn: the first {_MOST} of {len(frame):,} tuples." if len(frame) > _MOST else ""
    drawn.attrs = frame.attrs | {"caption": f"{frame.attrs.get('caption', '')}{note}"}
    rows = list(drawn.itertuples(index=False))
    figure = go.Figure(
        go.Bar(
            y=list(range(len(rows))), x=drawn.records, orientation="h", marker=style.filled(style.REJECT, ""),
            text=[f"{n:,}" for n in drawn.records], textposition="outside", cliponaxis=False,
            customdata=[_hover(row) for row in rows], hovertemplate="%{customdata}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(bargap=0.3, height=200 + 26 * max(len(rows), 4), showlegend=False)
    figure.update_layout(style.measure_axis("xaxis", "records", "rejected flow records"))
    ticks = {"tickmode": "array", "tickvals": list(range(len(rows))), "ticktext": [_called(row) for row in rows]}
    figure = style.finished(figure, drawn, "What was rejected most", style.nothing_to_draw(frame, "records", _EMPTY))
    figure.update_xaxes(rangemode="tozero")
    return figure.update_yaxes(range=[len(rows) - 0.4, -0.6], automargin=True, showgrid=False, **ticks)


def _called(row: Any) -> str:  # noqa: ANN401 - a row of the frame
    """Return ``source -> destination:port/protocol``; of long addresses on two lines."""
    protocol = "" if pd.isna(row.protocol) else f"/{_NAMES.get(int(row.protocol), int(row.protocol))}"
    port = "" if pd.isna(row.dstport) else f":{int(row.dstport)}"
    to = f"[{row.dstaddr}]" if ":" in row.dstaddr and port else row.dstaddr
    parts = [style.label(row.srcaddr), f"-&gt; {style.label(to)}{port}{protocol}"]
    return ("<br>" if len(row.srcaddr) + len(to) > style.LONGEST_LABEL else " ").join(parts)


def _hover(row: Any) -> str:  # noqa: ANN401 - a row of the frame
    amounts = [
        f"{int(value):,} {unit}"
        for value, unit in (
            (row.records, "records"), (row.packets, "packets"), (row.bytes, "bytes"), (row.srcports, "source ports"),
        )
        if not pd.isna(value)
    ]  # fmt: skip
    where = [str(value) for value in (row.direction, row.interface_id) if isinstance(value, str)]
    times = [f"{time:%Y-%m-%d %H:%M:%SZ}" for time in (row.first, row.last) if not pd.isna(time)]
    lines = [_called(row), style.full(" at ".join(where)), ", ".join(amounts), " to ".join(times)]
    return "<br>".join(filter(None, lines))
