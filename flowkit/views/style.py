"""How every figure looks: colours that colour-blind readers tell apart, captions, empty states, gaps."""

import html
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

ACCEPT: Final = "#0072B2"
REJECT: Final = "#D55E00"
OTHER: Final = "#999999"
GAP: Final = "rgba(90, 90, 90, 0.18)"
PALETTE: Final = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#F0E442",
    "#332288",
    "#882255",
)
"""Okabe and Ito's colours (Color Universal Design, 2008) and two of Tol's; never the only sign."""
PATTERNS: Final = ("", "/", "x", "-", "|", "+", ".", "\\", "/")
"""Hatching, so that neighbours differ in print too."""
_INK: Final = "#1a1a1a"


def finished(figure: go.Figure, frame: pd.DataFrame, title: str, empty: str) -> go.Figure:
    """Give a figure its title, its caption from the frame, and words where there is nothing to draw."""
    caption = str(frame.attrs.get("caption", ""))
    figure.update_layout(
        title={"text": title, "subtitle": {"text": wrapped(caption), "font": {"size": 12, "color": "#444"}}},
        paper_bgcolor="white",  # a light card also on a dark page: what is shared looks the same everywhere
        plot_bgcolor="white",
        font={"color": _INK, "size": 13},
        margin={"t": 96 + 16 * wrapped(caption).count("<br>"), "l": 70, "r": 20, "b": 50},
        hoverlabel={"namelength": -1},
        meta={"caption": caption, "analysis": str(frame.attrs.get("analysis", ""))},
        colorway=list(PALETTE),
    )
    figure.update_xaxes(showline=True, linecolor="#888", gridcolor="#e5e5e5", zeroline=False)
    figure.update_yaxes(showline=True, linecolor="#888", gridcolor="#e5e5e5", zeroline=False, rangemode="tozero")
    if frame.empty:
        figure.add_annotation(text=safe(empty), showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper", font_size=16)
        figure.update_xaxes(visible=False)
        figure.update_yaxes(visible=False)
    return figure


def safe(value: object) -> str:
    """Return text from a log so that plotly shows it as it is: its labels understand some HTML."""
    return html.escape(str(value), quote=False)


def wrapped(text: str, width: int = 120) -> str:
    """Return a caption in lines of some *width* characters."""
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "<br>".join(safe(part) for part in [*lines, line] if part)


def shade_gaps(figure: go.Figure, frame: pd.DataFrame) -> None:
    """Shade where nothing was logged, and say why."""
    gaps = frame.attrs.get("gaps", [])
    for start, end, why in gaps:
        figure.add_vrect(x0=start, x1=end, fillcolor=GAP, line_width=0, layer="below")
        if len(gaps) <= 5:  # noqa: PLR2004 - labels of more would cover each other
            figure.add_annotation(
                x=start,
                y=1,
                yref="paper",
                text=safe(why),
                showarrow=False,
                xanchor="left",
                font_size=10,
                yanchor="bottom",
            )


def time_axis(figure: go.Figure, frame: pd.DataFrame) -> None:
    """Make the horizontal axis one of time, in UTC, and the bars as wide as their buckets."""
    milliseconds = 1000 * int(frame.attrs.get("every", 60))
    figure.update_traces(width=milliseconds, offset=0, selector={"type": "bar"})
    figure.update_layout(barmode="stack", bargap=0, legend={"traceorder": "normal"})
    figure.update_xaxes(type="date", title_text="time (UTC)")


def filled(colour: str, pattern: str) -> dict[str, Any]:
    """Return the marker of bars in a colour, hatched in white."""
    hatching = {"shape": pattern, "fgcolor": "white", "size": 5, "solidity": 0.25}
    return {"color": colour, "pattern": hatching, "line": {"width": 0}}


def bar(name: str, frame: pd.DataFrame, measure: str, colour: str, pattern: str) -> go.Bar:
    """Return one stacked series of a timeline."""
    return go.Bar(
        x=frame["bucket"],
        y=frame[measure],
        name=safe(name),
        marker=filled(colour, pattern),
        hovertemplate=f"%{{x|%Y-%m-%d %H:%M}}Z<br>{safe(name)}: %{{y:,}} {measure}<extra></extra>",
    )


def measure_axis(axis: str, measure: str, title: str = "") -> dict[str, Any]:
    """Return the layout of an axis that shows a measure, bytes in kB, MB, GB (powers of 1,000)."""
    unit = {"ticksuffix": "B", "exponentformat": "SI"} if measure == "bytes" else {}
    return {axis: {"title": {"text": title or measure}, "rangemode": "tozero", **unit}}


def links(values: list[Any], most: float) -> list[float]:
    """Return line widths in pixels for *values*, the largest 8."""
    return [1 + 7 * (value / most if most else 0) for value in values]
