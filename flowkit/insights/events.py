"""Loaded records as the log events that Logs Insights would find: their times, messages and discovered fields."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final

import ibis
import ibis.expr.types as ir

from flowkit import engine, fields
from flowkit.flows import Flows
from flowkit.formats import DEFAULT, EVENT_TIME
from flowkit.insights import values
from flowkit.insights.values import Value
from flowkit.store import FORMAT, OBJECT

Field = Callable[[ir.Table], Value]
"""How a field is read from a table."""

UNKNOWN: Final = {
    "@ingestionTime": "when CloudWatch took an event in is not in the records",
    "@log": "the log group is not in the records",
    "@ptr": "there is no event in CloudWatch to point to",
}
"""Fields that CloudWatch adds and that no loaded record tells of: null here."""
STREAM_TOLD: Final = (
    "@logStream is not in the records: it is written here as the interface and -all, as CloudWatch names the streams "
    "of a flow log of all traffic; those of a flow log of accepted or of rejected traffic end otherwise."
)


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator] # Ibis'
def url_encode(text: str) -> str:  # type: ignore[empty-body] # the engine's own
    """Return text percent-encoded."""


@dataclass(frozen=True)
class Layout:
    """The columns of some of the records, in the order of their lines, and which records those are."""

    columns: tuple[str, ...]
    sources: tuple[tuple[int, int], ...] = ()

    def holds(self, table: ir.Table) -> ir.BooleanValue:
        """Tell the records of this layout."""
        return reduce(or_, ((table[OBJECT] == key) & (table[FORMAT] == number) for key, number in self.sources))


@dataclass(frozen=True)
class Events:
    """What is searched.

    Attributes
    ----------
    table
        A row per record, NODATA and SKIPDATA too, as in the store.
    layouts
        The column orders of the log; usually one.
    stamped
        Whether CloudWatch's own time stands with some record.
    searched
        What was searched, in words.
    splits_at_blanks
        Whether each line splits at its blanks into its columns again.
    """

    table: ir.Table
    layouts: tuple[Layout, ...]
    stamped: bool
    searched: str
    splits_at_blanks: Callable[[], bool]

    @property
    def named(self) -> dict[str, Field]:
        """Every field there is, by its name in a query."""
        return self._found | self.discovered

    @property
    def _found(self) -> dict[str, Field]:
        told: dict[str, Field] = {"@timestamp": self.timestamp, "@message": self.message}
        if "interface_id" in self.table.columns:
            told["@logStream"] = lambda table: values.text(table.interface_id.concat("-all"))
        return told | {name: lambda _table: values.missing() for name in UNKNOWN}

    @property
    def timed(self) -> bool:
        """Whether any event has a time."""
        return self.stamped or "start" in self.table.columns

    @property
    def discovered(self) -> dict[str, Field]:
        """The fields of the records, by the names that CloudWatch gives them."""
        columns = [name for name in self.table.columns if not name.startswith("_")]
        return {fields.of_column(name).insights: self._reader(name) for name in columns}

    def _reader(self, column: str) -> Field:
        return lambda table: self.token(table, column)

    def matches(self, regex: str) -> bool:
        """Ask the engine whether nothing matches a regular expression; it raises `QueryError` for what is none."""
        return bool(engine.frame(self.table.limit(0).select(matches=ibis.literal("").re_search(regex))).size)

    def timestamp(self, table: ir.Table) -> Value:
        """Return the time of an event: CloudWatch's own where it is known, else when the record starts."""
        times = [
            table[name]
            for name, there in ((EVENT_TIME, self.stamped), ("start", True))
            if there and name in table.columns
        ]
        if not times:
            return Value("time", ibis.null("int64"))
        moment = ibis.coalesce(*times)
        seconds = moment.truncate("s").epoch_seconds().cast("int64") * 1000
        return Value("time", seconds + moment.millisecond().cast("int64") if self.stamped else seconds)

    def message(self, table: ir.Table) -> Value:
        """Return the line of a record, in its own column order."""
        return values.text(self.per_layout(table, lambda layout: self.line(table, layout.columns)))

    def line(self, table: ir.Table, columns: Sequence[str]) -> ir.StringValue:
        """Return some columns as they stand in a line."""
        return ibis.literal(" ").join([spelt(table, column) for column in columns])

    def token(self, table: ir.Table, column: str) -> Value:
        """Return a field of the record: ``-`` where the record has none, null where its format has none."""
        text = self._where_recorded(table, column, spelt(table, column))
        if fields.of_column(column).kind in ("integer", "time"):
            return Value("number", counted(table, column), spelt=text, whole=True)
        return values.text(text)

    def _where_recorded(self, table: ir.Table, column: str, text: ir.StringValue) -> ir.StringValue:
        lacking = [layout for layout in self.layouts if column not in layout.columns]
        if not lacking:
            return text
        return ibis.ifelse(reduce(or_, (layout.holds(table) for layout in lacking)), ibis.null("string"), text)

    def per_layout(self, table: ir.Table, make: Callable[[Layout], ir.Value]) -> ir.Value:
        """Return for each record what *make* gives for its layout."""
        if len(self.layouts) == 1:
            return make(self.layouts[0])
        return ibis.cases(*((layout.holds(table), make(layout)) for layout in self.layouts))

    @property
    def is_default(self) -> bool:
        """Whether all records are of the default format, whose fields CloudWatch discovers."""
        return all(layout.columns == DEFAULT.columns for layout in self.layouts)


def spelt(table: ir.Table, column: str) -> ir.StringValue:
    """Return a column as it stands in a line: ``-`` for null, tags percent-encoded, times in epoch seconds."""
    kind = fields.of_column(column).kind
    if kind in ("integer", "time"):
        return counted(table, column).cast("string").fill_null("-")
    text = table[column].cast("string")
    if kind == "tag":
        text = ibis.ifelse(text == "-", "%2D", url_encode(text))
    return text.fill_null("-")


def counted(table: ir.Table, column: str) -> ir.IntegerValue:
    """Return an integer or a time of the record as an integer."""
    if fields.of_column(column).kind == "time":
        return table[column].truncate("s").epoch_seconds().cast("int64")
    return table[column].cast("int64")


def of_flows(flows: Flows) -> Events:
    """Return the events of the records in scope.

    NODATA and SKIPDATA records are events too; they tell of no traffic, so a scope that restricts more than
    the window and the resources has none.
    """
    records, whole = flows.stored, flows.scope == flows.scope.surroundings
    table = records.union(flows.stored_status.select(*records.columns)) if whole else records
    contents = flows.origin.contents
    layouts = _layouts(flows.fields, {c.key: [f.columns for f in c.formats] for c in contents.values()})
    stamped = EVENT_TIME in table.columns and any(f.stamped for c in contents.values() for f in c.formats)
    also = "NODATA and SKIPDATA among them" if whole else "without NODATA and SKIPDATA"
    return Events(table, layouts, stamped, f"{flows.scope}, {also}", lambda: _splits(flows))


def _splits(flows: Flows) -> bool:
    """Tell whether no text of the log has a blank or nothing in it: lines have none, but a table could."""
    origin = flows.origin
    kinds = ("text",) if origin.store else ("text", "address")  # on its way to the store each address was read

    def look() -> bool:
        found = []
        for rows in (origin.records, origin.status):
            texts = [rows[name].cast("string") for name in flows.fields if fields.of_column(name).kind in kinds]
            broken = [text.contains(" ") | (text == "") for text in texts]
            found.append(bool(broken) and len(engine.frame(rows.filter(reduce(or_, broken)).limit(1))) > 0)
        return not any(found)

    return origin.remembered("lines split at blanks", look)


def _layouts(names: Sequence[str], formats: Mapping[int, Sequence[tuple[str, ...]]]) -> tuple[Layout, ...]:
    sources: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for key, orders in formats.items():
        for number, columns in enumerate(orders):
            sources.setdefault(columns, []).append((key, number))
    return tuple(Layout(columns, tuple(of)) for columns, of in sources.items()) or (Layout(tuple(names)),)
