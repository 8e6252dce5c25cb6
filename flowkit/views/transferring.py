"""The picture of what data transfer costs."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from flowkit.errors import ScopeError
from flowkit.views import style
from flowkit.views.costing import money

_NEEDED: Final = ("cause", "client", "server", "server_port", "bytes", "usd_per_month", "price", "assumption")
_NO_ROWS: Final = "no accepted bytes in this scope: nothing was transferred that could cost"
_ALL_FREE: Final = "nothing in this scope costs data-transfer money: it stayed in its zone, or went ways that are free"
_ORDER: Final = (
    "internet_egress", "cross_zone", "nat_gateway", "cross_region", "peering", "transit_gateway", "interface_endpoint",
    "unknown",
)  # fmt: skip
"""Colours and hatching go by the place in this order, so that a cause looks alike in every picture."""
_MOST: Final = 12
"""Conversations of a cause that have room for words."""


def data_transfer_cost(frame: pd.DataFrame) -> go.Figure:
    """Draw what `fk.analysis.data_transfer_cost` returned: an area per cause, in it one per conversation.

    An area is USD per month; what is free has none. Of a cause the twelve dearest conversations are drawn, the rest
    together as ``other``. Causes are told by words, colour and hatching.

    Parameters
    ----------
    frame
        `cause`, `client`, `server`, `server_port`, `bytes`, `usd_per_month`, `price`, `assumption`; ``attrs["totals"]``
        where rows were left out.
    """
    lacking = [name for name in _NEEDED if name not in frame]
    if lacking:
        raise ScopeError(
            f"data_transfer_cost cannot draw this frame: it lacks {', '.join(lacking)}. "
            "It draws what the analysis of its name returns (fk.show picks the view)."
        )
    paid = frame[frame.usd_per_month > 0]
    totals = _totals(frame)
    words = _NO_ROWS if frame.empty else "" if totals else _ALL_FREE
    figure = go.Figure()
    if totals:
        areas = [area for cause in totals for area in _areas(cause, totals[cause], paid[paid.cause == cause])]
        figure.add_trace(_treemap(areas, sum(totals.values())))
    figure.update_layout(height=520)
    return style.finished(figure, frame, "What data transfer costs a month", words)


def _totals(frame: pd.DataFrame) -> dict[str, float]:
    """Return USD per month by cause, dearest first: of all rows where the frame knows them, else of those it has."""
    known: Mapping[Any, Mapping[str, float]] = frame.attrs.get("totals", {})
    shown = frame.groupby("cause").usd_per_month.sum().to_dict()
    sums = {
        str(c): max(float(known.get(c, {}).get("usd_per_month", 0)), float(shown.get(c, 0))) for c in {*known, *shown}
    }
    return {cause: usd for cause, usd in sorted(sums.items(), key=lambda item: (-item[1], item[0])) if usd > 0}


def _areas(cause: str, total: float, rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the area of a cause and those of its conversations; their sum is that of the cause."""
    place = _ORDER.index(cause) if cause in _ORDER else len(_ORDER)
    looks = {
        "colour": style.PALETTE[place % len(style.PALETTE)],
        "pattern": style.PATTERNS[place % len(style.PATTERNS)],
    }
    name = cause.replace("_", " ")
    first = rows.nlargest(_MOST, "usd_per_month", keep="first").to_dict("records")
    rest = total - sum(row["usd_per_month"] for row in first)
    drawn = [
        {
            "id": f"{cause}/{n}",
            "parent": cause,
            "label": _ends(row),
            "value": row["usd_per_month"],
            "hover": _hover(row),
        }
        for n, row in enumerate(first)
    ]
    if rest > total * 1e-9:
        drawn.append({"id": f"{cause}/rest", "parent": cause, "label": style.REST, "value": rest,
                      "hover": f"all other conversations<br>{money(rest)} a month"})  # fmt: skip
    value = sum(one["value"] for one in drawn)
    yield {"id": cause, "parent": "all", "label": f"{name} {money(value)}", "value": value,
           "hover": f"{name}: {money(value)} a month", **looks}  # fmt: skip
    yield from ({**one, **looks} for one in drawn)


def _ends(row: Mapping[Any, Any]) -> str:
    port = "" if pd.isna(row["server_port"]) else f":{int(row['server_port'])}"
    return f"{style.label(row['client'])} → {style.label(row['server'])}{port}"


def _hover(row: Mapping[Any, Any]) -> str:
    return "<br>".join(
        [f"{style.full(row['client'])} to {style.full(row['server'])}", f"{money(row['usd_per_month'])} a month",
         f"{style.safe(row['price'])} for {style.size(int(row['bytes']))}", style.full(row["assumption"])]
    )  # fmt: skip


def _treemap(areas: list[dict[str, Any]], total: float) -> go.Treemap:
    every = sum(area["value"] for area in areas if area["parent"] == "all")
    looks = {"colour": "white", "pattern": "", "hover": f"{money(total)} a month"}
    root = {"id": "all", "parent": "", "label": f"data transfer {money(total)} a month", "value": every, **looks}
    drawn = [root, *areas]
    return go.Treemap(
        ids=[one["id"] for one in drawn], parents=[one["parent"] for one in drawn],
        labels=[one["label"] for one in drawn], values=[one["value"] for one in drawn], branchvalues="total",
        customdata=[one["hover"] for one in drawn], hovertemplate="%{customdata}<extra></extra>",
        texttemplate="%{label}", sort=True, tiling={"pad": 2},
        marker={"colors": [one["colour"] for one in drawn], "line": {"color": "white", "width": 1},
                "pattern": {"shape": [one["pattern"] for one in drawn], "fillmode": "overlay", "fgcolor": "white",
                            "fgopacity": 0.35, "size": 8, "solidity": 0.15}},
        textfont={"size": 13}, pathbar={"visible": False},
    )  # fmt: skip
