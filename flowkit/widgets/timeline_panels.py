"""The timelines of the workbench: what is brushed becomes the window, in whole buckets."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from flowkit import analysis, views
from flowkit.flows import Flows
from flowkit.scope import KEYS, Scope
from flowkit.widgets.figure import Picked
from flowkit.widgets.panel import Answer, Chosen, Control, Panel, Pick, Row
from flowkit.widgets.panels import MEASURE, by_field, named
from flowkit.widgets.table import SHOWN

_SPLITS: Final = (
    "dstport", "srcport", "protocol", "interface_id", "instance_id", "subnet_id", "vpc_id", "srcaddr", "dstaddr",
    "flow_direction", "az_id", "pkt_src_aws_service", "pkt_dst_aws_service", "reject_reason",
)  # fmt: skip


def _splits(flows: Flows) -> list[tuple[str, str]]:
    return [(name.replace("_", "-"), name) for name in _SPLITS if name in flows.fields]


def _moment(text: Any) -> datetime:  # noqa: ANN401 - as plotly has it
    """Return a time on an axis of plotly: text without a zone, in UTC."""
    return datetime.fromisoformat(str(text).replace(" ", "T")[:26].rstrip("Z")).replace(tzinfo=UTC)


def window(what: Picked, seconds: int) -> Scope | None:
    """Return the window that was brushed or clicked, in whole buckets of so many *seconds*."""
    if what["on"] == "brush":
        first, last = (_moment(what[end]).timestamp() for end in ("from", "to"))
    elif what["on"] == "point" and isinstance(what.get("x"), str):
        first = last = _moment(what["x"]).timestamp()
    else:
        return None
    start = int(first // seconds) * seconds
    end = max(-int(-last // seconds) * seconds, start + seconds)
    return Scope(start=datetime.fromtimestamp(start, UTC), end=datetime.fromtimestamp(end, UTC))


def _brushable(figure: go.Figure) -> tuple[go.Figure, Callable[[Picked], Pick]]:
    figure.update_layout(dragmode="select", selectdirection="h", selectionrevision=None)
    figure.update_traces(selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}},
                         selector={"type": "bar"})  # fmt: skip
    return figure, partial(window, seconds=int(figure.layout.meta.get("bucket_seconds", 60)))


def _buckets(frame: pd.DataFrame) -> dict[str, Callable[[Row], Pick]]:
    every = timedelta(seconds=int(frame.attrs.get("every", 60)))
    return {"bucket": lambda row: Scope(start=row["bucket"], end=row["bucket"] + every)}


def _timeline(flows: Flows, chosen: Chosen) -> Sequence[Answer]:
    frame = analysis.traffic_timeline(flows, by=chosen.get("by") or None)
    figure, picked = _brushable(views.traffic_timeline(frame, measure=chosen["measure"]))
    cells = _buckets(frame)
    if chosen.get("by"):
        cells["value"] = partial(_value, chosen["by"])
    return [Answer("Traffic over time", figure, frame, picked, cells)]


def _value(field: str, row: Row) -> Pick:
    """Return what a value that a timeline is split by means; not of a field that no scope has, nor of the rest."""
    if row["value"] in ("other", "-") or field not in _NARROWS:
        return None
    return Scope.of(**{_NARROWS[field]: row["value"]})


_NARROWS: Final = {name: name for name in _SPLITS if name in KEYS} | {"flow_direction": "direction"}


def _rejects(flows: Flows, chosen: Chosen) -> Sequence[Answer]:
    frame = analysis.reject_timeline(flows, by=chosen["by"])
    figure, picked = _brushable(views.reject_timeline(frame))
    tuples = named(analysis.rejected_tuples(flows, top=SHOWN))
    fields = ("interface_id", "srcaddr", "dstaddr", "dstport", "protocol", "direction")
    cells = {name: by_field(name) for name in fields if name in tuples}
    over_time = _buckets(frame) | {"value": partial(_value, chosen["by"])}
    return [
        Answer("Rejected traffic over time", figure, frame, picked, over_time),
        Answer("Tuples rejected most", None, tuples, cells=cells, opened=True),
    ]


TIMELINE: Final = Panel(
    "Timeline", _timeline, (Control("by", "Split by", lambda flows: [("nothing", ""), *_splits(flows)]), MEASURE)
)
REJECTS: Final = Panel("Rejects", _rejects, (Control("by", "Split by", _splits),))
