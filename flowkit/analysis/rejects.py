"""Rejected traffic: what a security group or a network ACL refused."""

from datetime import timedelta

import ibis
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis import timeline
from flowkit.analysis.caption import captioned, every_text
from flowkit.analysis.other import OTHER, as_text, checked
from flowkit.flows import Flows


def reject_timeline(flows: Flows, *, every: timedelta | None = None, by: str = "dstport", top: int = 8) -> pd.DataFrame:
    """Count rejected flow records per time bucket, split by one field.

    Parameters
    ----------
    flows
        Records already scoped.
    every
        Width of a bucket; by default the least round one that gives at most 180. Below the log's
        aggregation interval (60 s or 600 s) gaps appear that come from the logging, not the traffic.
    by, top
        The field to split by: its *top* commonest values by name, the rest as ``other``.

    Returns
    -------
    DataFrame
        A row per bucket and value that occur: `bucket` (UTC), `value` (text; ``-`` where the field
        is empty), `records` (count), `packets` (count), `bytes` (B). ``attrs["gaps"]`` says where
        nothing was logged, ``attrs["left_out"]`` how many values are in ``other``.

    Raises
    ------
    ScopeError
        If *every* is no whole number of seconds, or *top* less than one.
    UnknownFieldError, MissingFieldError
        If *by* is no flow log field, or one this log was not set up to record, or it has no
        ``action`` or ``start``.

    Notes
    -----
    A record is one flow on one interface in one interval, so records are not attempts. REJECT is
    also what comes late, after a connection was closed. NODATA and SKIPDATA never count.
    Source: "Flow log records" in the Amazon VPC User Guide.
    """
    for needed in ("action", "start"):
        flows.field(needed, "a reject timeline")
    column = flows.field(by, "splitting rejects by it").column
    seconds = timeline.width(flows, every)
    rejected = flows.table.filter(_.action == "REJECT")
    rejected = rejected.mutate(value=as_text(rejected[column]))
    values = engine.frame(
        rejected.group_by("value")
        .agg(n=_.count())
        .mutate(values=_.count().over(ibis.window()))
        .order_by(ibis.desc("n"), "value")
        .limit(checked(top))
    )
    left_out = int(values["values"].max()) - len(values) if len(values) else 0
    shown = ibis.ifelse(_.value.isin(values["value"].tolist()), _.value, OTHER) if left_out else _.value
    measures = {name: _[name].sum() if name in flows.fields else ibis.null("int64") for name in ("packets", "bytes")}
    counted = (
        rejected.mutate(second=timeline.bucket(_.start, seconds), value=shown)
        .group_by("second", "value")
        .agg(records=_.count(), **measures)
        .order_by("second", "value")
    )
    frame, untimed = timeline.with_buckets(engine.frame(counted))
    gaps = timeline.gaps(flows, seconds)
    rest = f", {left_out} rarer ones together as other" if left_out else ""
    sentence = (
        f"{int(frame.records.sum()):,} rejected flow records in buckets of {every_text(seconds)}, "
        f"by {flows.field(by).name}{rest}. {timeline.gaps_text(flows, gaps, untimed)}"
    )
    return captioned(
        frame,
        "reject_timeline",
        flows,
        sentence,
        by=column,
        every=seconds,
        gaps=timeline.drawn(gaps),
        left_out=left_out,
    )
