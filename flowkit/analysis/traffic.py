"""How much traffic there was, when, accepted and rejected."""

from datetime import timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis import timeline
from flowkit.analysis.caption import COUNTED, Count, captioned, checked_count, every_text
from flowkit.flows import Flows


def traffic_timeline(flows: Flows, *, every: timedelta | None = None, count: Count = "once") -> pd.DataFrame:
    """Sum bytes, packets and flow records per time bucket, accepted and rejected.

    Parameters
    ----------
    flows
        Records already scoped.
    every
        Width of a bucket; by default the least round one that gives at most 180. Below the log's
        aggregation interval (60 s or 600 s) gaps appear that come from the logging, not the traffic.
    count
        ``once``: of the same traffic seen at several interfaces, the sender's record counts, else the
        receiver's; ``as_logged``: every record does. A log without addresses is counted as logged.

    Returns
    -------
    DataFrame
        A row per bucket and action that occur: `bucket` (UTC), `action` (``ACCEPT``, ``REJECT``, or
        ``-`` where the log does not say), `records` (count), `packets` (count), `bytes` (B).
        ``attrs["gaps"]`` says where nothing was logged.

    Raises
    ------
    ScopeError
        If *every* is no whole number of seconds, or *count* is neither.
    MissingFieldError
        If the log has no ``start``.

    Notes
    -----
    A record counts in the bucket of its ``start``, although its traffic may reach into the next one.
    Counted once, what was accepted at the sender's interface and rejected at the receiver's is
    accepted; `reject_timeline` shows every rejection.
    Source: "Flow log records" in the Amazon VPC User Guide.
    """
    flows.field("start", "a traffic timeline")
    seconds = timeline.width(flows, every)
    once = checked_count(count) == "once" and {"srcaddr", "dstaddr"} <= set(flows.fields)
    grouped = (_once if once else _as_logged)(flows, seconds).order_by("second", "action")
    frame, untimed = timeline.with_buckets(engine.frame(grouped))
    gaps = timeline.gaps(flows, seconds)
    sentence = (
        f"{int(frame.records.sum()):,} flow records in buckets of {every_text(seconds)}, accepted and rejected, "
        f"{COUNTED['once' if once else 'as_logged']}. {timeline.gaps_text(flows, gaps, untimed)}"
    )
    more: dict[str, Any] = {"every": seconds, "gaps": timeline.drawn(gaps), "count": "once" if once else "as_logged"}
    return captioned(frame, "traffic_timeline", flows, sentence, **more)


def _as_logged(flows: Flows, seconds: int) -> ir.Table:
    action = flows.table.action.fill_null("-") if "action" in flows.fields else ibis.literal("-")
    measures = {name: _[name].sum() if name in flows.fields else ibis.null("int64") for name in ("packets", "bytes")}
    rows = flows.table.mutate(second=timeline.bucket(_.start, seconds), action=action)
    return rows.group_by("second", "action").agg(records=_.count(), **measures)


def _once(flows: Flows, seconds: int) -> ir.Table:
    counted = flows.counted
    action = ibis.cases((counted.rejected, "REJECT"), (~counted.rejected, "ACCEPT"), else_="-")
    rows = counted.mutate(second=counted.start - counted.start % seconds, action=action)
    sums = {name: _[name].sum() for name in ("packets", "bytes")}
    return rows.group_by("second", "action").agg(records=_.count(), **sums)
