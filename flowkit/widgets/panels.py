"""The views of the workbench, each a question and what clicks on its answer mean; timelines and graph apart."""

from collections.abc import Callable, Sequence
from typing import Final

import pandas as pd

from flowkit import analysis, views
from flowkit.fields import PROTOCOLS
from flowkit.flows import Flows
from flowkit.groups import link_scope, scope_of
from flowkit.scope import Scope
from flowkit.widgets.figure import Picked
from flowkit.widgets.panel import Answer, Chosen, Control, Panel, Pick, Row

_GROUPS: Final = (
    "address", "name", "instance", "interface", "subnet", "az", "vpc", "group", "place", "service", "block/24",
    "block/16", "country", "as", "list", "kind",
)  # fmt: skip
_ENDS: Final = ("client", "server")
_MOST_ROWS: Final = 1_000
"""Of conversations that are sorted and filtered here; a browser shows the first of them."""


def measures(flows: Flows) -> list[tuple[str, str]]:
    """Return the measures that a log has, bytes first."""
    return [(name, name) for name in ("bytes", "packets", "records") if name == "records" or name in flows.fields]


def _groups(_flows: Flows) -> list[tuple[str, str]]:
    return [(name, name) for name in _GROUPS]


MEASURE: Final = Control("measure", "Measure", measures)


def by_field(name: str) -> Callable[[Row], Pick]:
    """Return what a click on a cell of a field means: the flows that have its value."""
    return lambda row: Scope.of(**{name: row[name]})


def named(frame: pd.DataFrame) -> pd.DataFrame:
    """Return *frame* with protocols by name, as people say them and scopes take them."""
    if "protocol" not in frame:
        return frame
    names = {number: name for name, number in PROTOCOLS.items()}
    texts = [names.get(value, value) if pd.notna(value) else None for value in frame.protocol]
    named = frame.assign(protocol=pd.Series(texts, index=frame.index, dtype="object"))
    named.attrs = frame.attrs
    return named


def _coverage(around: Flows) -> pd.DataFrame:
    """Return the coverage of resources and window, which is the same whatever else a scope restricts."""
    return around.origin.remembered(("coverage", around.scope), lambda: analysis.coverage(around))


def _overview(flows: Flows, _chosen: Chosen) -> Sequence[Answer]:
    answers = [Answer("Summary", frame=analysis.summary(flows), opened=True)]
    if not {"start", "end"} <= set(flows.fields):
        return answers
    covered = _coverage(flows.surroundings)
    figure = views.coverage(covered, top=30)
    rows = figure.layout.meta["rows"]

    def picked(what: Picked) -> Pick:
        number = what.get("y")
        known = what["on"] == "point" and isinstance(number, int) and 0 <= number < len(rows)
        return Scope.of(interface_id=rows[number]) if known and rows[number] != "-" else None

    cells = {"interface_id": by_field("interface_id")} if "interface_id" in flows.fields else {}
    return [Answer("Coverage", figure, covered, picked, cells), *answers]


def _edge_cells(flows: Flows, groups: tuple[str, str]) -> dict[str, Callable[[Row], Pick]]:

    def narrows(end: str, by: str) -> Callable[[Row], Pick]:
        return lambda row: scope_of(flows, by, row[end])

    return {end: narrows(end, by) for end, by in zip(_ENDS, groups, strict=True)}


def _talkers(flows: Flows, chosen: Chosen) -> Sequence[Answer]:
    groups, anywhere = (chosen["clients"], chosen["servers"]), flows.narrow()  # holds nothing that was worked out
    frame = analysis.talker_edges(flows, by=groups, measure=chosen["measure"])
    figure = views.talker_sankey(frame)
    meta = figure.layout.meta

    def picked(what: Picked) -> Pick:
        if what["on"] == "link" and 0 <= what["number"] < len(meta["links"]):
            return link_scope(anywhere, groups, *meta["links"][what["number"]])
        if what["on"] == "node" and 0 <= what["number"] < len(meta["nodes"]):
            side, label = meta["nodes"][what["number"]]
            return scope_of(anywhere, dict(zip(_ENDS, groups, strict=True))[side], label)
        return None

    return [Answer("Who talks to whom", figure, frame, picked, _edge_cells(anywhere, groups))]


def _conversations(flows: Flows, chosen: Chosen) -> Sequence[Answer]:
    frame = named(analysis.conversations(flows, chosen["per"], top=_MOST_ROWS))
    cells: dict[str, Callable[[Row], Pick]] = {
        "client": lambda row: Scope.of(address=row["client"]),
        "server": lambda row: Scope.of(address=row["server"]),
        "server_port": lambda row: Scope.of(port=int(row["server_port"])),
        "client_port": lambda row: Scope.of(port=int(row["client_port"])),
        "protocol": by_field("protocol"),
    }
    return [Answer("Conversations", None, frame, cells={c: f for c, f in cells.items() if c in frame}, opened=True)]


def _per(_flows: Flows) -> list[tuple[str, str]]:
    return [("service", "service"), ("client port", "client_port")]


OVERVIEW: Final = Panel("Overview", _overview)
TALKERS: Final = Panel(
    "Talkers",
    _talkers,
    (
        Control("clients", "Clients by", _groups),
        Control("servers", "Servers by", lambda flows: [*_groups(flows), ("port", "port")]),
        MEASURE,
    ),
)
CONVERSATIONS: Final = Panel("Conversations", _conversations, (Control("per", "A row per", _per),))
