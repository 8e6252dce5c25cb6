"""How much traffic there was, when, accepted and rejected."""

from datetime import timedelta
from typing import Any

import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis import timeline
from flowkit.analysis.caption import COUNTED, Count, captioned, checked_count, every_text
from flowkit.analysis.other import NOTHING
from flowkit.analysis.split import by_number, by_record, commonest, rest_text, tells
from flowkit.flows import Flows


def traffic_timeline(
    flows: Flows, *, every: timedelta | None = None, count: Count = "once", by: str | None = None, top: int = 8
) -> pd.DataFrame:
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
    by, top
        A field to split by as well: its *top* commonest values by name, the rest as ``other``. Counted once
        can be by address, port, protocol, tcp-flags, interface, instance, subnet or VPC; split by any
        other field, records are counted as logged, and ``attrs["count"]`` and the caption say so.

    Returns
    -------
    DataFrame
        A row per bucket and action that occur, with *by* also per value: `bucket` (UTC), `action`
        (``ACCEPT``, ``REJECT``, or ``-`` where the log does not say), `value` (text; ``-`` where the field is
        empty; only with *by*), `records` (count), `packets` (count), `bytes` (B). ``attrs["gaps"]`` says
        where nothing was logged, ``attrs["left_out"]`` how many values are in ``other``.

    Raises
    ------
    ScopeError
        If *every* is no whole number of seconds, *count* is neither, or *top* less than one.
    UnknownFieldError, MissingFieldError
        If *by* is no flow log field, or the log lacks it or ``start``.

    Notes
    -----
    A record counts in the bucket of its ``start``, although its traffic may reach into the next one.
    Counted once, what was accepted at the sender's interface and rejected at the receiver's is
    accepted; `reject_timeline` shows every rejection.
    Source: "Flow log records" in the Amazon VPC User Guide.
    """
    flows = flows if count == "as_logged" else flows.at_hand
    flows.field("start", "a traffic timeline")
    seconds = timeline.width(flows, every)
    column = flows.field(by, "splitting traffic by it").column if by else None
    once = checked_count(count) == "once" and {"srcaddr", "dstaddr"} <= set(flows.fields) and tells(flows, column)
    rows, left_out = _rows(flows, column, seconds, top, once=once)
    keys = ["second", "action", *(["value"] if column else [])]
    grouped = rows.group_by(keys).agg(records=_.count(), packets=_.packets.sum(), bytes=_.bytes.sum())
    frame, untimed = timeline.with_buckets(engine.frame(grouped.order_by(keys)))
    gaps = timeline.gaps(flows, seconds)
    split = f", by {flows.field(by).name}{rest_text(left_out)}" if by else ""
    sentence = (
        f"{int(frame.records.sum()):,} flow records in buckets of {every_text(seconds)}, accepted and rejected{split}, "
        f"{COUNTED['once' if once else 'as_logged']}. {timeline.gaps_text(flows, gaps, untimed)}"
    )
    more: dict[str, Any] = {"every": seconds, "gaps": timeline.drawn(gaps), "count": "once" if once else "as_logged"}
    more |= {"by": column, "left_out": left_out} if column else {}
    return captioned(frame, "traffic_timeline", flows, sentence, **more)


def _rows(flows: Flows, column: str | None, seconds: int, top: int, *, once: bool) -> tuple[ir.Table, int]:
    """Return the records with `second` and `action`, with a *column* also `value`; and how many values are other."""
    rows, left_out = by_number(flows, flows.counted, column) if once else by_record(flows, column), 0
    if column:
        rows, left_out = commonest(rows, top)
    return rows.mutate(second=rows.time - rows.time % seconds, action=rows.action.fill_null(NOTHING)), left_out
