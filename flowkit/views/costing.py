"""The picture of what logging costs."""

from math import isnan
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from flowkit.errors import ScopeError
from flowkit.views import style

_EMPTY: Final = "no line was delivered in this scope: no rate, and no cost"
_NEEDED: Final = (
    "traffic_type", "destination", "records_per_day", "gb_per_day", "usd_per_month", "storage_usd_per_month",
    "low", "high", "blinds",
)  # fmt: skip
_SERIES: Final = (("ALL", style.ACCEPT, ""), ("REJECT", style.REJECT, "/"), ("ACCEPT", "#009E73", "."))
_CALLED: Final = {
    "cloudwatch": "CloudWatch Logs",
    "cloudwatch_ia": "CloudWatch Logs,<br>infrequent access",
    "s3_text": "S3, text",
    "s3_parquet": "S3, Parquet",
    "firehose": "Firehose,<br>its delivery alone",
}
_CENT: Final = 0.01
_HEADROOM: Final = 1.15
"""Above the highest whisker, for its words."""
_CENTS_MATTER: Final = 10
"""USD below which amounts are told with their cents on an axis."""


def logging_cost(frame: pd.DataFrame) -> go.Figure:
    """Draw what `fk.analysis.logging_cost` returned: a group of bars per destination, one for each traffic type.

    A bar is delivery and storage of a month; the whisker reaches from `low` to `high`.

    Parameters
    ----------
    frame
        `traffic_type`, `destination`, `records_per_day`, `gb_per_day`, `usd_per_month`, `storage_usd_per_month`,
        `low`, `high`, `blinds`. What is not known has no bar, but says so.
    """
    lacking = [name for name in _NEEDED if name not in frame]
    if lacking:
        raise ScopeError(
            f"logging_cost cannot draw this frame: it lacks {', '.join(lacking)}. "
            "It draws what the analysis of its name returns (fk.show picks the view)."
        )
    figure = go.Figure()
    for kind, colour, pattern in _SERIES:
        rows = frame[frame.traffic_type == kind].to_dict("records")
        if rows:
            figure.add_traces(_series(kind, rows, style.filled(colour, pattern)))
    figure.update_layout(barmode="group", scattermode="group", bargap=0.14, scattergap=0.14, height=480)
    figure.update_layout(legend_title_text="flow log records", showlegend=True)
    figure.update_yaxes(title_text="USD per month", tickprefix="$")
    figure = style.finished(figure, frame, "What logging costs a month", "" if len(frame) else _EMPTY)
    most = frame[["usd_per_month", "high"]].max().max()
    if most > 0:
        ticks = ",.2f" if most < _CENTS_MATTER else ",.0f"
        figure.update_yaxes(range=[0, most * _HEADROOM], tickformat=ticks)
    return figure


def _series(kind: str, rows: list[dict[Any, Any]], marker: dict[str, Any]) -> list[go.Bar | go.Scatter]:
    """Return the bars of a traffic type, and their amounts in words above the whiskers."""
    likely = [_likely(row) for row in rows]
    known = [0.0 if isnan(amount) else amount for amount in likely]
    names = [_CALLED.get(str(row["destination"]), style.label(row["destination"])) for row in rows]
    above = [_reach(row["high"] - amount) for row, amount in zip(rows, known, strict=True)]
    whiskers = {
        "type": "data", "symmetric": False, "color": "#1a1a1a", "thickness": 1.2, "width": 4, "array": above,
        "arrayminus": [_reach(amount - row["low"]) for row, amount in zip(rows, likely, strict=True)],
    }  # fmt: skip
    bars = go.Bar(
        x=names, y=[None if isnan(amount) else amount for amount in likely],
        name=f"{kind}, not known (?)" if all(map(isnan, likely)) else kind,
        offsetgroup=kind, legendgroup=kind, marker=marker, error_y=whiskers,
        customdata=[_hover(row, amount) for row, amount in zip(rows, likely, strict=True)],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    words = go.Scatter(
        x=names, y=[amount + more for amount, more in zip(known, above, strict=True)], offsetgroup=kind,
        legendgroup=kind, showlegend=False, mode="text", textposition="top center", textfont={"size": 10},
        text=[_words(amount, row["low"], row["high"]) for row, amount in zip(rows, likely, strict=True)],
        hoverinfo="skip", cliponaxis=False,
    )  # fmt: skip
    return [bars, words]


def _words(amount: float, low: float, high: float) -> str:
    """Return least and most; the amount where there is no upper end, a question mark where it is not known."""
    if isnan(amount):
        return "?"
    least = money(amount if isnan(high) else low)
    return least if isnan(high) or money(high) == least else f"{least}<br>to {money(high)}"


def _likely(row: dict[Any, Any]) -> float:
    """Return delivery and storage together; where storage is not known, delivery."""
    stored = float(row["storage_usd_per_month"])
    return float(row["usd_per_month"]) + (0.0 if isnan(stored) else stored)


def _reach(length: float) -> float:
    return 0.0 if isnan(length) else max(length, 0.0)


def money(amount: float) -> str:
    """Return USD short enough to stand on a bar."""
    if amount and amount < _CENT:
        return "&lt;$0.01"
    return f"${amount:,.2f}" if amount < 100 else f"${amount:,.0f}"  # noqa: PLR2004 - cents matter below


def _hover(row: dict[Any, Any], amount: float) -> str:
    high = "no upper end" if isnan(row["high"]) else money(row["high"])
    lines = [
        f"{row['traffic_type']} to {style.full(row['destination'])}",
        "not known" if isnan(amount) else f"{money(amount)} a month, {money(row['low'])} to {high}",
    ]
    if not isnan(amount):
        lines.append(f"{row['records_per_day']:,.0f} records and {row['gb_per_day']:,.3g} GB a day")
    blinds = str(row["blinds"])
    return "<br>".join([*lines, *(style.full(part.strip()) for part in blinds.split(";") if part.strip())])
