"""Scores of suspects: sub-scores between 0 and 1 that say why, and their weighted mean."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from flowkit.analysis.calls import told
from flowkit.analysis.other import checked
from flowkit.flows import Flows


def between(value: ir.NumericValue, low: float, high: float) -> ir.FloatingValue:
    """Return 0 at *low* and below, 1 at *high* and above, and evenly between; *high* may be the lesser."""
    share = (value.cast("float64") - low) / ((high - low) or 1)
    return ibis.ifelse(share > 0, ibis.ifelse(share < 1, share, 1.0), 0.0).fill_null(0.0)


def unit(value: ir.NumericValue) -> ir.FloatingValue:
    """Return a value cut to 0 to 1."""
    return between(value, 0, 1)


def grown(value: ir.NumericValue, low: float, high: float) -> ir.FloatingValue:
    """Return the same by the logarithm, so that ten times as much counts alike at every size."""
    base, floor = ibis.literal(max(low, 1e-9), "float64"), 1e-9
    share = (value.cast("float64").clip(lower=floor) / base).ln() / (max(high, 1e-9) / base).ln()
    return between(share, 0, 1)


def mixed(scores: Mapping[str, ir.NumericValue], tuned: SimpleNamespace) -> dict[str, ir.NumericValue]:
    """Return the scores by their columns' names, and `score`, their mean by the settings ``weight_NAME``."""
    weights = {name: getattr(tuned, f"weight_{name}") for name in scores}
    total = sum(weights.values()) or 1
    mean = sum((score * (weights[name] / total) for name, score in scores.items()), ibis.literal(0.0))
    return {f"score_{name}": score.cast("float64") for name, score in scores.items()} | {"score": mean}


def ranked(flows: Flows, table: ir.Table, top: int, order: Sequence[Any], *ends: str) -> tuple[pd.DataFrame, int]:
    """Return the first *top* rows in *order*, with addresses for the numbers of *ends*; and how many are left out.

    Let *order* end with time, bytes and the ends, so that no two rows are equal in it: the numbers of addresses follow
    the addresses, which may be others once they are redacted.
    """
    counted = table.mutate(every=table.count().over(ibis.window()))
    first = counted.order_by(order).limit(checked(top))
    first = first.mutate(rank=ibis.row_number().over(ibis.window(order_by=order)))
    frame = told(flows, first, *ends).sort_values("rank", ignore_index=True)
    left_out = int(frame.every[0]) - len(frame) if len(frame) else 0
    return frame.drop(columns=["every", "rank"]), left_out


def rest(left_out: int, what: str = "with lower scores") -> str:
    """Return what a caption says of the rows that are left out."""
    return f"; {left_out:,} {what} are not shown" if left_out else ""


def typed(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return a detector's columns in their order: times in UTC, ports null where there is none, scores that may be."""
    frame = frame.reindex(columns=list(columns))
    for name in ("first", "last"):
        frame[name] = pd.to_datetime(frame[name], unit="s", utc=True).astype("datetime64[s, UTC]")
    for name in [one for one in columns if one.endswith("port")]:
        frame[name] = frame[name].astype("Int64").mask(lambda ports: ports < 0)
    return frame.astype({name: "Float64" for name in columns if name.startswith("score")})


def listed(frame: pd.DataFrame, parts: pd.DataFrame, keys: Sequence[str], column: str) -> "pd.Series[Any]":
    """Return, for each row of *frame*, the list of what *parts* has in *column* for the same *keys*."""
    lists = {key: values.tolist() for key, values in parts.groupby(list(keys), sort=False)[column]}
    rows = zip(*(frame[key] for key in keys), strict=True)
    return pd.Series([lists.get(row, []) for row in rows], index=frame.index, dtype=object)
