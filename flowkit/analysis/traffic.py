"""How much traffic there was, when, accepted and rejected."""

from datetime import timedelta

import ibis
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis import timeline
from flowkit.analysis.caption import captioned, every_text
from flowkit.flows import Flows


def traffic_timeline(flows: Flows, *, every: timedelta | None = None) -> pd.DataFrame:
    """Count flow records, packets and bytes per time bucket, accepted and rejected.

    Parameters
    ----------
    flows
        Records already scoped.
    every
        Width of a bucket; by default the least round one that gives at most 180. Below the log's
        aggregation interval (60 s or 600 s) gaps appear that come from the logging, not the traffic.

    Returns
    -------
    DataFrame
        A row per bucket and action that occur: `bucket` (UTC), `action` (``ACCEPT``, ``REJECT``, or
        ``-`` where the log does not say), `records` (count), `packets` (count), `bytes` (B).
        ``attrs["gaps"]`` says where nothing was logged.

    Raises
    ------
    ScopeError
        If *every* is no whole number of seconds.
    MissingFieldError
        If the log has no ``start``.

    Notes
    -----
    As logged: what two interfaces saw counts twice. A record counts in the bucket of its
    ``start``, although its traffic may reach into the next one.
    Source: "Flow log records" in the Amazon VPC User Guide.
    """
    flows.field("start", "a traffic timeline")
    seconds = timeline.width(flows, every)
    action = flows.table.action.fill_null("-") if "action" in flows.fields else ibis.literal("-")
    measures = {name: _[name].sum() if name in flows.fields else ibis.null("int64") for name in ("packets", "bytes")}
    counted = (
        flows.table.mutate(second=timeline.bucket(_.start, seconds), action=action)
        .group_by("second", "action")
        .agg(records=_.count(), **measures)
        .order_by("second", "action")
    )
    frame, untimed = timeline.with_buckets(engine.frame(counted))
    gaps = timeline.gaps(flows, seconds)
    sentence = (
        f"{int(frame.records.sum()):,} flow records in buckets of {every_text(seconds)}, accepted and rejected, "
        f"as logged (what two interfaces saw counts twice). {timeline.gaps_text(flows, gaps, untimed)}"
    )
    return captioned(frame, "traffic_timeline", flows, sentence, every=seconds, gaps=timeline.drawn(gaps))
