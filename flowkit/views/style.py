"""How every figure looks: colours that colour-blind readers tell apart, captions, empty states, gaps."""

import html
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from flowkit.errors import ScopeError

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
PATTERNS: Final = ("", "/", "x", "-", "|", "+", ".", "\\")
"""Hatching, so that neighbours differ in print too; one fewer than colours, so that 72 pairs differ."""
REST: Final = "other"
"""What analyses call all that they do not name."""
_MOST_LABELS: Final = 5
"""Labels of more gaps would cover each other."""
_INK: Final = "#1a1a1a"
_MEASURES: Final = ("records", "packets", "bytes", "bytes_to_server", "bytes_to_client")
MOST_VALUES: Final = 24
"""More cannot be told apart in a legend."""
_MOST_BARS: Final = 1_800
"""A browser draws 2,000 without delay; 10,000 take it seconds."""
LONGEST_LABEL: Final = 44
"""Characters: an IPv6 address fits."""


def check(frame: pd.DataFrame, view: str, measure: str, *columns: str) -> None:
    """Refuse a frame that the view cannot draw, and a measure that no frame has."""
    if measure not in _MEASURES:
        raise ScopeError(f"measure is one of {', '.join(_MEASURES)}, not {measure!r}.")
    lacking = [name for name in (*columns, measure) if name not in frame]
    if lacking:
        raise ScopeError(
            f"{view} cannot draw this frame: it lacks {', '.join(lacking)}. "
            f"It draws what the analysis of its name returns (fk.show picks the view)."
        )


def nothing_to_draw(frame: pd.DataFrame, measure: str, empty: str) -> str:
    """Return what to say where there is nothing to draw, *empty* or that nothing was measured; else nothing."""
    if frame.empty:
        return empty
    return "" if frame[measure].fillna(0).any() else f"no {measure} in these records"


def folded(frame: pd.DataFrame, columns: Sequence[str], measure: str, most: int) -> pd.DataFrame:
    """Name only the *most* highest values of each column, the rest with ``other``, and say so in the caption."""
    named = frame.copy()
    notes = []
    for column in columns:
        totals = frame[frame[column] != REST].groupby(column)[measure].sum()
        if len(totals) > most:
            kept = totals.sort_values(ascending=False, kind="stable").index[:most]
            named[column] = frame[column].where(frame[column].isin(kept), REST)
            notes.append(f"the {most} highest of {len(totals):,} {column.replace('_', '-')}")
    return together(named, f"Drawn: {' and '.join(notes)}, the rest as other.") if notes else frame


def binned(frame: pd.DataFrame) -> pd.DataFrame:
    """Widen the buckets of a timeline until a browser draws its bars without delay, and say so in the caption."""
    every = int(frame.attrs.get("every", 60))
    drawn, width = frame, every
    while len(drawn) > _MOST_BARS:
        width *= 2
        wider = frame.assign(bucket=frame["bucket"].dt.floor(f"{width}s"))
        drawn = together(wider, f"Drawn in buckets of {timedelta(seconds=width)}.")
        drawn.attrs["every"] = width
    return drawn


def together(frame: pd.DataFrame, note: str = "") -> pd.DataFrame:
    """Add up the rows that have become alike, and add a note to the caption."""
    measures = [name for name in _MEASURES if name in frame]
    keys = [name for name in frame.columns if name not in measures]
    summed = frame.groupby(keys, sort=False, as_index=False, dropna=False)[measures].sum(min_count=1)[
        list(frame.columns)
    ]
    summed.attrs = frame.attrs | {"caption": f"{frame.attrs.get('caption', '')} {note}".strip()}
    return summed


def finished(
    figure: go.Figure, frame: pd.DataFrame, title: str, words: str, more: Mapping[str, object] | None = None
) -> go.Figure:
    """Give a figure its title, its caption from the frame, and *words* where there is nothing to draw.

    What else a click on it needs, *more*, and the width of its buckets stand in ``layout.meta``, whatever was drawn.
    """
    caption = str(frame.attrs.get("caption", ""))
    meta = {"caption": caption, "analysis": str(frame.attrs.get("analysis", "")), **(more or {})}
    if "bucket" in frame:
        meta["bucket_seconds"] = int(frame.attrs.get("every", 60))
    figure.update_layout(
        title={
            "text": title, "subtitle": {"text": wrapped(caption), "font": {"size": 12, "color": "#444"}},
            "y": 1, "yref": "container", "yanchor": "top", "pad": {"t": 18},
        },
        paper_bgcolor="white",  # a light card also on a dark page: what is shared looks the same everywhere
        plot_bgcolor="white",
        font={"color": _INK, "size": 13},
        margin={"t": 80 + 16 * wrapped(caption).count("<br>"), "l": 70, "r": 20, "b": 50},
        hoverlabel={"namelength": -1},
        meta=meta,
        colorway=list(PALETTE),
    )  # fmt: skip
    axis = {"showline": True, "linecolor": "#888", "gridcolor": "#e5e5e5", "zeroline": False, "title_font_size": 13}
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis, rangemode="tozero")
    if words:
        figure.add_annotation(text=words, showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper", font_size=16)
        figure.update_xaxes(visible=False)
        figure.update_yaxes(visible=False)
    return figure


def safe(value: object) -> str:
    """Return text from a log so that plotly shows it as it is: its labels understand some HTML and ``%{...}``."""
    return html.escape(str(value), quote=False).replace("%{", "&#37;{")


def label(value: object) -> str:
    """Return text from a log short enough to stand beside a figure; identifiers differ at their ends."""
    text = str(value)
    half = LONGEST_LABEL // 2 - 1
    return safe(text if len(text) <= LONGEST_LABEL else f"{text[:half]}…{text[-half:]}")


def full(value: object) -> str:
    """Return text from a log for a hover box, whole, in lines."""
    text = str(value)
    return "<br>".join(safe(text[n : n + 80]) for n in range(0, max(len(text), 1), 80))


def wrapped(text: str, width: int = 120) -> str:
    """Return a caption in lines of some *width* characters."""
    lines, line = [], ""
    pieces = (word[n : n + width] for word in text.split() for n in range(0, len(word), width))
    for word in pieces:
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "<br>".join(safe(part) for part in [*lines, line] if part)


def shade_gaps(figure: go.Figure, frame: pd.DataFrame) -> None:
    """Shade where nothing was logged, and say why where there is room for words."""
    gaps = frame.attrs.get("gaps", [])
    area = {"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "fillcolor": GAP, "line": {"width": 0}, "layer": "below"}
    words = {"y": 1, "yref": "paper", "showarrow": False, "xanchor": "left", "yanchor": "bottom", "font": {"size": 10}}
    figure.update_layout(
        shapes=[{**area, "x0": start, "x1": end} for start, end, _why in gaps],
        annotations=[{**words, "x": s, "text": safe(why)} for s, _, why in gaps] if len(gaps) <= _MOST_LABELS else [],
    )


def time_axis(figure: go.Figure, frame: pd.DataFrame) -> None:
    """Make the horizontal axis one of time, in UTC, and the bars as wide as their buckets."""
    milliseconds = 1000 * int(frame.attrs.get("every", 60))
    figure.update_traces(width=milliseconds, offset=0, selector={"type": "bar"})
    figure.update_layout(barmode="stack", bargap=0, height=460, legend={"traceorder": "normal"})
    figure.update_xaxes(type="date", title_text="time (UTC)")


def filled(colour: str | list[str], pattern: str) -> dict[str, Any]:
    """Return the marker of bars in a colour, hatched in white."""
    hatching = {"shape": pattern, "fgcolor": "white", "size": 5, "solidity": 0.25}
    return {"color": colour, "pattern": hatching, "line": {"width": 0}}


def bar(name: str, frame: pd.DataFrame, measure: str, colour: str, pattern: str) -> go.Bar:
    """Return one stacked series of a timeline."""
    return go.Bar(
        x=frame["bucket"],
        y=frame[measure],
        name=label(name),
        meta=full(name),
        marker=filled(colour, pattern),
        hovertemplate=f"%{{x|%Y-%m-%d %H:%M}}Z<br>%{{meta}}: %{{y:,}} {measure}<extra></extra>",
    )


def stacked(figure: go.Figure, frame: pd.DataFrame, measure: str) -> None:
    """Add a stacked series for each `value` of a timeline, highest first, ``other`` grey and last."""
    ranked = frame.groupby("value")[measure].sum().sort_values(ascending=False, kind="stable").index
    for number, value in enumerate(value for value in ranked if value != REST):
        colour, pattern = (looks[number % len(looks)] for looks in (PALETTE, PATTERNS))
        figure.add_trace(bar(value, frame[frame.value == value], measure, colour, pattern))
    if REST in ranked:
        figure.add_trace(bar(REST, frame[frame.value == REST], measure, OTHER, "."))


def measure_axis(axis: str, measure: str, title: str = "") -> dict[str, Any]:
    """Return the layout of an axis that shows a measure, bytes in kB, MB, GB (powers of 1,000)."""
    unit = {"ticksuffix": "B", "exponentformat": "SI"} if measure.startswith("bytes") else {}
    return {axis: {"title": {"text": title or measure}, "rangemode": "tozero", **unit}}


def links(values: list[Any], most: float) -> list[float]:
    """Return line widths in pixels for *values*, the largest 8."""
    return [1 + 7 * (value / most if most else 0) for value in values]


def size(count: int) -> str:
    """Return bytes in words, such as 1.2 MB (powers of 1,000), as the axes have them."""
    amount, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB", "PB"):
        if amount < 1000:  # noqa: PLR2004 - the step between units
            break
        amount, unit = amount / 1000, larger
    return f"{count:,} B" if unit == "B" else f"{amount:.3g} {unit}"
