"""Rejected traffic: what a security group or a network ACL refused."""

from datetime import timedelta

import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis import timeline
from flowkit.analysis.caption import captioned, every_text
from flowkit.analysis.split import by_record, commonest, rest_text
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
    rejected, left_out = commonest(by_record(flows, column).filter(_.action == "REJECT"), top)
    counted = rejected.group_by(second=rejected.time - rejected.time % seconds, value="value").agg(
        records=_.count(), packets=_.packets.sum(), bytes=_.bytes.sum()
    )
    counted = counted.order_by("second", "value")
    frame, untimed = timeline.with_buckets(engine.frame(counted))
    gaps = timeline.gaps(flows, seconds)
    sentence = (
        f"{int(frame.records.sum()):,} rejected flow records in buckets of {every_text(seconds)}, "
        f"by {flows.field(by).name}{rest_text(left_out)}. {timeline.gaps_text(flows, gaps, untimed)}"
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
