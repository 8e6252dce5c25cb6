"""The picture of what the log can and cannot show."""

from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from flowkit.errors import ScopeError
from flowkit.views import style

_EMPTY: Final = "no line of any interface in this window: the log says nothing of it, neither traffic nor silence"
_STATES: Final = ("records", "NODATA", "SKIPDATA", "nothing")
_COLOURS: Final = dict(zip(_STATES, ("#0072B2", "#A6D4F2", "#D55E00", "#E6E6E6"), strict=True))
"""Two blues for watched, orange for loss, the paper's grey for nothing: told apart in print and by the colour-blind."""
_LETTERS: Final = {"NODATA": "N", "SKIPDATA": "S", "nothing": "?"}
_WORDS: Final = {
    "records": "records",
    "NODATA": "N  NODATA: watched, silent",
    "SKIPDATA": "S  SKIPDATA: records lost",
    "nothing": "?  nothing: unknown, not a line",
}
_PART: Final = "…"
_PART_WORDS: Final = "…  only part of the bucket watched"
_MOST_LETTERS: Final = 1_500
"""Text in more cells delays the browser; colours and hover boxes remain."""
_MOST_APART: Final = 100
"""Gaps between more cells than this would cover them with stripes."""
_ROW: Final = 18


def coverage(frame: pd.DataFrame, *, top: int = 60) -> go.Figure:
    """Draw what `fk.analysis.coverage` returned: a row per interface, in time, coloured by what the log tells.

    Parameters
    ----------
    frame
        `interface_id`, `bucket`, `state`, `records`, `minutes_covered`, `minutes`, `skipped`. A state has
        its colour and its letter.
    top
        How many interfaces to draw: those with the most minutes not watched first; the caption
        counts the others.
    """
    columns = ("interface_id", "bucket", "state", "minutes_covered", "minutes", "skipped")
    style.check(frame, "coverage", "records", *columns)
    if top < 1:
        raise ScopeError(f"top is {top}, but at least one interface is drawn. Try top=60.")
    drawn = _first(frame, top)
    figure = go.Figure()
    if len(drawn):
        figure.add_trace(_heatmap(drawn))
        for trace in _legend(drawn):
            figure.add_trace(trace)
    names = list(dict.fromkeys(drawn.interface_id))
    figure.update_layout(height=230 + _ROW * max(len(names), 6), showlegend=True)
    figure.update_layout(legend={"traceorder": "normal", "itemclick": False, "itemdoubleclick": False})
    words = "" if len(drawn) else _EMPTY
    figure = style.finished(figure, drawn, "What the log can show, by interface", words, {"rows": names})
    figure.update_xaxes(type="date", title_text="time (UTC)", showgrid=False)
    ticks = {
        "tickmode": "array",
        "tickvals": list(range(len(names))),
        "ticktext": [style.label(_called(frame, n)) for n in names],
    }
    return figure.update_yaxes(range=[len(names) - 0.5, -0.5], automargin=True, showgrid=False, **ticks)


def _first(frame: pd.DataFrame, top: int) -> pd.DataFrame:
    """Return the rows of the interfaces to draw, least watched first, the others counted in the caption."""
    sums = frame.assign(gap=frame.minutes - frame.minutes_covered + (frame.skipped > 0))
    ranked = sums.groupby("interface_id")["gap"].sum().sort_values(ascending=False, kind="stable")
    rest = ranked.iloc[top:]
    place = {name: number for number, name in enumerate(ranked.index[:top])}
    drawn = frame[frame.interface_id.isin(list(place))]
    drawn = drawn.sort_values("bucket", kind="stable").sort_values(
        "interface_id", key=lambda names: names.map(place), kind="stable", ignore_index=True
    )
    drawn.attrs = dict(frame.attrs)
    if len(rest):
        watched = "all fully watched" if not rest.any() else f"{int((rest > 0).sum()):,} of them not fully watched"
        note = f"Drawn: the {top:,} least watched; and {len(rest):,} interfaces more, {watched}."
        drawn.attrs["caption"] = f"{frame.attrs.get('caption', '')} {note}".strip()
    return drawn


def _heatmap(drawn: pd.DataFrame) -> go.Heatmap:
    rows = len(dict.fromkeys(drawn.interface_id))
    width = len(drawn) // rows
    starts = list(drawn.bucket[:width])
    every = pd.Timedelta(seconds=int(drawn.attrs.get("every", 60)))
    steps = [n / len(_STATES) for n in range(len(_STATES) + 1)]
    colours = [(edge, _COLOURS[s]) for n, s in enumerate(_STATES) for edge in (steps[n], steps[n + 1])]
    return go.Heatmap(
        x=[*starts, starts[-1] + every],
        y=list(range(rows)),
        z=_grid([_STATES.index(state) for state in drawn.state], width),
        zmin=-0.5, zmax=len(_STATES) - 0.5, colorscale=colours, showscale=False, ygap=1,
        xgap=1 if width <= _MOST_APART else 0,
        text=_grid(_letters(drawn), width), texttemplate="%{text}", textfont={"size": 10},
        customdata=_grid([_hover(drawn, row) for row in drawn.itertuples(index=False)], width),
        hovertemplate="%{customdata}<extra></extra>", name="",
    )  # fmt: skip


def _grid(cells: list[Any], width: int) -> list[list[Any]]:
    return [cells[n : n + width] for n in range(0, len(cells), width)]


def _letters(drawn: pd.DataFrame) -> list[str]:
    """Return the letter of each cell; of very many none."""
    part = drawn.minutes_covered.between(1, drawn.minutes - 1) & (drawn.state != "SKIPDATA")
    states = drawn.state.map(_LETTERS).fillna("")
    tried = (states.mask(part, _PART), states.mask(part, ""))
    return next((list(letters) for letters in tried if (letters != "").sum() <= _MOST_LETTERS), [""] * len(drawn))


def _called(frame: pd.DataFrame, interface: str) -> str:
    """Return what the inventory calls an interface, else its id."""
    return str(frame.attrs.get("named", {}).get(interface) or interface)


def _hover(drawn: pd.DataFrame, row: Any) -> str:  # noqa: ANN401 - a row of the frame
    logs = getattr(row, "flow_logs", None)
    lines = [
        " ".join(dict.fromkeys((style.full(_called(drawn, row.interface_id)), style.full(row.interface_id)))),
        f"{row.bucket:%Y-%m-%d %H:%M}Z: {_MEANS[row.state]}",
        f"{row.records:,} records, {row.minutes_covered:,} of {row.minutes:,} min watched",
        f"{row.skipped:,} SKIPDATA lines" if row.skipped else "",
        f"flow logs: {style.full(logs)}" if isinstance(logs, str) else "",
    ]
    return "<br>".join(filter(None, lines))


_MEANS: Final = {
    "records": "records",
    "NODATA": "NODATA, watched and silent",
    "SKIPDATA": "SKIPDATA, records lost",
    "nothing": "not a single line, unknown",
}


def _legend(drawn: pd.DataFrame) -> list[go.Scatter]:
    """Return a legend in words: a heat map has none of its own."""
    letters = set(_letters(drawn))
    named = [(_WORDS[state], _COLOURS[state]) for state in _STATES]
    named += [(_PART_WORDS, "rgba(0, 0, 0, 0)")] if _PART in letters else []
    return [
        go.Scatter(
            x=[None], y=[None], mode="markers", name=words, hoverinfo="skip",
            marker={"symbol": "square", "size": 12, "color": colour, "line": {"width": 1, "color": "#888"}},
        )
        for words, colour in named
    ]  # fmt: skip
