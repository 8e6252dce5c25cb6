"""The graph view of the workbench: expand neighbours, find a path between two talkers."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import pandas as pd

from flowkit import analysis, views
from flowkit.errors import ScopeError
from flowkit.flows import Flows
from flowkit.groups import scope_of
from flowkit.widgets.figure import Picked
from flowkit.widgets.panel import Answer, Chosen, Control, Panel, Pick, Row
from flowkit.widgets.panels import MEASURE

_NAMED, _NEIGHBOURS = 20, 15
_SEPARATOR: Final = ", "
_GROUPS: Final = ("address", "name", "instance", "interface", "subnet", "vpc", "group", "place", "service", "block/24")
_ACTS: Final = (
    ("narrow to it", "narrow"), ("expand its neighbours", "expand"), ("path from it", "source"),
    ("path to it", "destination"),
)  # fmt: skip


def _ask(flows: Flows, chosen: Chosen) -> Sequence[Answer]:
    by, measure, anywhere = chosen["by"], chosen["measure"], flows.narrow()  # holds nothing that was worked out
    expanded = [label for label in chosen["expanded"].split(_SEPARATOR) if label]
    edges = _with_neighbours(flows, by, measure, expanded)
    path = _path(flows, chosen)
    labels = list(path.attrs["path"]) if path is not None else []
    figure = views.talker_graph(edges, measure=measure, path=labels)
    drawn = {label for trace in figure.data if trace.ids is not None for label in trace.ids}

    def picked(what: Picked) -> Pick:
        label = what.get("id")  # none on a click beside every dot
        return _meant(anywhere, chosen, str(label)) if label in drawn else None

    cells = {end: _cell(anywhere, chosen, end) for end in ("client", "server")}
    answers = [Answer("Who talks to whom", figure, edges, picked, cells)]
    if path is not None:
        answers.append(Answer("Path", views.talker_path(path), path))
    return answers


def _cell(flows: Flows, chosen: Chosen, end: str) -> Callable[[Row], Pick]:
    return lambda row: _meant(flows, chosen, row[end])


def _meant(flows: Flows, chosen: Chosen, label: str) -> Pick:
    """Return what a click on a talker means: what is chosen beside "A click"."""
    act = chosen["act"]
    if act == "narrow":
        return scope_of(flows, chosen["by"], label)
    if act == "expand":
        before = [name for name in chosen["expanded"].split(_SEPARATOR) if name]
        return {"expanded": _SEPARATOR.join(dict.fromkeys([*before, label]))}
    return {act: label}


def _with_neighbours(flows: Flows, by: str, measure: Any, expanded: Sequence[str]) -> pd.DataFrame:  # noqa: ANN401 - one of its options
    """Return the edges of the highest talkers, and those of each talker that was expanded."""
    frame = analysis.talker_edges(flows, by=by, measure=measure, top=_NAMED)
    for label in expanded:
        near = flows.within(scope_of(flows, by, label))
        more = analysis.talker_edges(near, by=by, measure=measure, top=_NEIGHBOURS)
        touching = more[((more.client == label) | (more.server == label)) & ~more.isin(["other"]).any(axis="columns")]
        both = pd.concat([frame, touching], ignore_index=True).drop_duplicates(["client", "server"], ignore_index=True)
        note = f"With up to {_NEIGHBOURS} neighbours of {label} each way."
        places = {**more.attrs.get("places", {}), **frame.attrs.get("places", {})}
        both.attrs = frame.attrs | {"caption": f"{frame.attrs['caption']} {note}", "places": places}
        frame = both
    return frame


def _path(flows: Flows, chosen: Chosen) -> pd.DataFrame | None:
    source, destination = chosen["source"].strip(), chosen["destination"].strip()
    if not (source and destination):
        return None
    if chosen["by"] != "address":
        raise ScopeError("a path leads from address to address. Choose address in “Group by”.")
    return analysis.talker_path(flows, source, destination)


GRAPH: Final = Panel(
    "Graph",
    _ask,
    (
        Control("by", "Group by", lambda _flows: [(name, name) for name in _GROUPS]),
        MEASURE,
        Control("act", "A click means", lambda _flows: _ACTS),
        Control("expanded", "Expanded", hint="addresses, by comma"),
        Control("source", "Path from", hint="address"),
        Control("destination", "Path to", hint="address"),
    ),
)
