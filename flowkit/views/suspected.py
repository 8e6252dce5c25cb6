"""The picture of what a detector found: a bar per suspect, as long as its score."""

from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from flowkit.errors import ScopeError
from flowkit.views import style

_EMPTY: Final = "nothing stands out in this scope"
_MOST: Final = 30
_SUBJECTS: Final = ("host", "client", "scanner", "attacker", "origin", "target")
_PEERS: Final = ("peer", "server", "target", "hops")
_ROOM: Final = 1.35
"""How much longer than the highest score the axis is, for the words behind the bars."""


def suspects(frame: pd.DataFrame, *, top: int = _MOST) -> go.Figure:
    """Draw what a detector returned (`beacons`, `uploads`, `sweeps` and so on): a bar per row, as long as its score.

    Parameters
    ----------
    frame
        `score` and who it is about; `kind`, where there is one, has its colour and hatching; named sub-scores are in
        the hover box.
    top
        How many rows are drawn, the first; the caption counts the others.

    Raises
    ------
    ScopeError
        If the frame has no `score`, or *top* is less than one.
    """
    if "score" not in frame or not any(name in frame for name in _SUBJECTS):
        raise ScopeError("suspects draws what a detector returned, such as fk.analysis.beacons(flows).")
    if top < 1:
        raise ScopeError(f"top is {top}, but at least one row is drawn. Try top={_MOST}.")
    scored = frame[frame.score.notna()]
    drawn = scored.head(top).reset_index(drop=True)
    left = len(frame) - len(drawn)
    note = f" Drawn: the first {len(drawn):,} of {len(frame):,} rows." if left else ""
    drawn.attrs = frame.attrs | {"caption": f"{frame.attrs.get('caption', '')}{note}"}
    kinds = drawn["kind"].astype(str) if "kind" in drawn else pd.Series("score", index=drawn.index)
    figure = go.Figure()
    for number, kind in enumerate(dict.fromkeys(kinds)):
        own = drawn[kinds == kind]
        figure.add_trace(
            go.Bar(
                y=list(own.index), x=own.score.astype(float).tolist(), orientation="h", name=kind.replace("_", " "),
                marker=style.filled(style.PALETTE[number % len(style.PALETTE)],
                                    style.PATTERNS[number % len(style.PATTERNS)]),
                text=[f"{kind.replace('_', ' ')} {score:.2f}" for score in own.score.astype(float)],
                textposition="outside", cliponaxis=False, hovertemplate="%{customdata}<extra></extra>",
                customdata=[_hover(row) for row in own.to_dict("records")],
            )
        )  # fmt: skip
    figure.update_layout(barmode="overlay", bargap=0.3, height=200 + 26 * max(len(drawn), 4))
    title = f"Who stands out: {str(frame.attrs.get('analysis', 'suspects')).replace('_', ' ')}"
    figure = style.finished(figure, drawn, title, "" if len(drawn) else _EMPTY)
    labels = [_called(row) for row in drawn.to_dict("records")]
    ticks = {"tickmode": "array", "tickvals": list(range(len(drawn))), "ticktext": labels}
    figure.update_xaxes(range=[0, _ROOM], title_text="score (0 to 1)", tickvals=[0, 0.25, 0.5, 0.75, 1])
    return figure.update_yaxes(range=[len(drawn) - 0.4, -0.6], automargin=True, showgrid=False, **ticks)


def _ends(row: dict[Any, Any]) -> tuple[str, str]:
    subject = next((name for name in _SUBJECTS if name in row), "")
    peer = next((row[name] for name in _PEERS if name in row and name != subject), "")
    many = peer if isinstance(peer, list) else [peer]
    more = f" and {len(many) - 1:,} more" if len(many) > 1 else ""
    return str(row.get(subject, "")), f"{many[0] if many else ''}{more}"


def _called(row: dict[Any, Any]) -> str:
    subject, peer = _ends(row)
    return f"{style.label(subject)} · {style.label(peer)}" if peer else style.label(subject)


def _hover(row: dict[Any, Any]) -> str:
    parts = [f"{name.removeprefix('score_')} {value:.2f}" for name, value in row.items()
             if str(name).startswith("score_") and pd.notna(value)]  # fmt: skip
    return "<br>".join(filter(None, [_called(row), f"score {row['score']:.2f}", style.safe(", ".join(parts))]))
