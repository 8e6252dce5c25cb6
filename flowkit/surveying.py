"""The cheap pass over flows that lie elsewhere: what each hour holds, and what bringing it here would take."""

import html
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.errors import MissingFieldError
from flowkit.flows import MOST_BROUGHT, Flows
from flowkit.overview import size

_HOUR: Final = 3600
_TOP: Final = 10
_MEMORY: Final = 1_000
"""Bytes that a record takes here, with what is worked out of it: measured 1 GB a million."""
_RATE: Final = {"athena": 4_000}
"""Records brought a second: Athena gives 1,000 rows a request ("GetQueryResults", Athena API Reference), of which four
a second are assumed."""
_DIRECT_RATE: Final = 100_000
"""Of engines that give their rows as they are: assumed."""
COLUMNS: Final = {
    "hour": "datetime64[us, UTC]",
    "records": "int64",
    "bytes": "Int64",
    "rejected": "Int64",
    "interfaces": "Int64",
    "sources": "Int64",
    "destinations": "Int64",
}


@dataclass(frozen=True, eq=False)
class Survey:
    """What lies in a scope, hour by hour, and what `Flows.materialise` would take; counted in the engine itself.

    Attributes
    ----------
    source
        Of which window and resources, as a caption: whatever else restricts the flows is brought along.
    hours
        A row per hour with records: `hour` (UTC), `records` (count), `bytes` (B, as logged), `rejected` (records), and
        by a sketch, a few per cent off: `interfaces`, `sources`, `destinations` (distinct). Null where not logged.
    interfaces
        The ten interfaces with most records: `interface_id`, `records`, `bytes` (B, as logged).
    records
        How many records there are.
    memory
        What they take here [B], with what is worked out of them; 0 where they are here already.
    seconds
        How long bringing them takes [s], by the rates in `notes`; likewise.
    notes
        What the figures stand on, and the next step.
    """

    source: str
    hours: pd.DataFrame
    interfaces: pd.DataFrame
    records: int
    memory: int
    seconds: float
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return what bringing takes as a table: `what`, `value` (text with its unit)."""
        rows = [
            ("records", f"{self.records:,}"),
            ("memory", size(self.memory) if self.memory else "none: they are here"),
            ("time", f"about {max(round(self.seconds), 1):,} s" if self.seconds else "none: they are here"),
        ]
        return pd.DataFrame(rows, columns=["what", "value"])

    def __str__(self) -> str:
        """Return it in words, with its hours."""
        lines = [f"{row.what:9} {row.value}" for row in self.to_frame().itertuples()]
        tables = [frame.to_string(index=False) for frame in (self.hours, self.interfaces) if len(frame)]
        return "\n".join([f"To bring {self.source}", *lines, *self.notes, *tables])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        frames = (self.to_frame(), self.hours, self.interfaces)
        tables = "".join(frame.to_html(index=False, escape=True, border=0) for frame in frames if len(frame))
        return f"<p>To bring {html.escape(self.source)}</p>{notes}{tables}"


def survey(flows: Flows) -> Survey:
    """Return what lies in the window and resources of some flows, by two queries that bring only their answers.

    Raises
    ------
    MissingFieldError
        If the log has no times.
    QueryError
        If the engine refuses.
    """
    around = flows.surroundings
    if "start" not in around.fields:
        raise MissingFieldError.absent("start", "telling what each hour holds", around.fields)
    hours = _hours(around)
    records = int(hours.records.sum())
    here = flows.origin.connection is not None
    name = engine.name(flows.origin.records)
    seconds = 0.0 if here else records / _RATE.get(name, _DIRECT_RATE)
    memory = 0 if here else records * _MEMORY
    notes = ("They are in this process already.",) if here else _notes(records, name)
    return Survey(str(around.scope), hours, _interfaces(around), records, memory, seconds, notes)


def _hours(flows: Flows) -> pd.DataFrame:
    table, has = flows.stored, set(flows.fields)
    told: dict[str, Any] = {"records": _.count()}
    if "bytes" in has:
        told["bytes"] = _.bytes.sum()
    if "action" in has:
        told["rejected"] = (_.action == "REJECT").sum()
    distinct = {"interfaces": "interface_id", "sources": "srcaddr", "destinations": "dstaddr"}
    told |= {name: table[column].approx_nunique() for name, column in distinct.items() if column in has}
    begun = (table.start.epoch_seconds().cast("int64") // _HOUR * _HOUR).name("hour")
    found = engine.frame(table.group_by(begun).agg(**told).order_by("hour"))
    found["hour"] = pd.to_datetime(found.hour, unit="s", utc=True)
    return found.reindex(columns=list(COLUMNS)).astype(COLUMNS)


def _interfaces(flows: Flows) -> pd.DataFrame:
    types = {"interface_id": "str", "records": "int64", "bytes": "Int64"}
    if "interface_id" not in flows.fields:
        return pd.DataFrame(columns=list(types)).astype(types)
    told: dict[str, Any] = {"records": _.count()} | ({"bytes": _.bytes.sum()} if "bytes" in flows.fields else {})
    counted = flows.stored.group_by("interface_id").agg(**told).order_by(_.records.desc(), "interface_id")
    return engine.frame(counted.limit(_TOP)).reindex(columns=list(types)).astype(types)


def _notes(records: int, name: str) -> tuple[str, ...]:
    rate = _RATE.get(name, _DIRECT_RATE)
    assumed = f"The time is reckoned at {rate:,} records a second, the memory at {_MEMORY:,} B a record."
    if records > MOST_BROUGHT:
        step = (
            f"More than {MOST_BROUGHT:,} are not brought unasked: narrow the window to some of these hours or the "
            f"resources to some interfaces, or take all: flows.materialise(limit={records})."
        )
    else:
        step = "An analysis or a playbook that needs them brings them by itself; flows.materialise() does so now."
    return (assumed, step)
