"""Flows: the records in scope, lazily, with the account of where they came from."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
from ibis import _
from ibis.backends.duckdb import Backend

from flowkit import engine, fields, formats, overview
from flowkit.errors import FormatError, MissingFieldError, QueryError
from flowkit.fields import Field
from flowkit.formats import DEFAULT, EVENT_TIME, LogFormat
from flowkit.loading import Loaded
from flowkit.overview import Fact
from flowkit.reading.columns import LINE, arrow_type
from flowkit.scope import OWN_ADDRESS, Scope
from flowkit.store import FORMAT, MOST_REFUSED, OBJECT, Store

LEDGER_COLUMNS: Final = (
    "object", "sha256", "bytes", "lines", "headers", "records", "nodata", "skipdata", "refused",
    "duplicate_of", "damaged_at", "note",
)  # fmt: skip
_COUNTS: Final = ("lines", "headers", "records", "nodata", "skipdata", "refused")
_KEPT: Final = (OBJECT, LINE, FORMAT, EVENT_TIME)
_TIME: Final = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, eq=False)
class Flows:
    """Flow records in scope. Nothing is computed until asked for; nothing is ever changed in place.

    Attributes
    ----------
    scope
        What the records are narrowed to; ``str(flows.scope)`` is its caption.
    origin
        What was loaded and how, for repr and reports.
    """

    scope: Scope
    origin: "Origin"

    @cached_property
    def stored(self) -> ir.Table:
        """The records in scope with the columns of the store: ``_object``, ``_line``, ``_format``, ``_time``."""
        records = self.origin.records
        if not self.scope.needs_direction or "flow_direction" in records.columns:
            return _filtered(records, self.scope.filters(records))
        if not {"interface_id", "srcaddr", "dstaddr"} <= set(records.columns):
            return _filtered(records, self.scope.filters(records))
        own = own_addresses(records)
        joined = records.left_join(own, "interface_id").drop("interface_id_right")
        return _filtered(joined, self.scope.filters(joined)).drop(OWN_ADDRESS)

    @cached_property
    def table(self) -> ir.Table:
        """The records in scope as an Ibis table: AWS's Parquet names, log status OK only."""
        return self.stored.select(*self.fields)

    @cached_property
    def status_records(self) -> ir.Table:
        """NODATA and SKIPDATA in scope: of its resources, overlapping its window."""
        status = self.origin.status
        kept = _filtered(status, self.scope.status_filters(status))
        return kept.select(*(name for name in kept.columns if not name.startswith("_")))

    @property
    def fields(self) -> list[str]:
        """The fields this log has, in its own order, by their Parquet names."""
        return [name for name in self.origin.records.columns if not name.startswith("_")]

    @property
    def ledger(self) -> pd.DataFrame:
        """A row per object read, whatever the scope: its hash and the account of its lines.

        Columns: `object`, `sha256`, `bytes` (as stored, B), `lines`, `headers`, `records`,
        `nodata`, `skipdata`, `refused` (lines each; they add up to `lines`), `duplicate_of` (object
        with the same bytes, counted there), `damaged_at` (B), `note`.
        """
        return _ledger(self.origin.loaded)

    @property
    def refused(self) -> pd.DataFrame:
        """The refused lines: `object`, `line`, `reason`, `text` (cut at 200 characters).

        At most 100,000 rows; ``refused_by_reason`` counts them all.
        """
        return _refused(self.origin)

    @property
    def refused_by_reason(self) -> pd.DataFrame:
        """How many lines were refused for which reason: `reason`, `lines`."""
        reasons: Counter[str] = Counter()
        for item in self.origin.loaded:
            if item.content and not item.duplicate_of:
                reasons.update(item.content.reasons)
        return pd.DataFrame(reasons.most_common(), columns=["reason", "lines"])

    @cached_property
    def span(self) -> tuple[datetime, datetime] | None:
        """First ``start`` and last ``end`` of the records in scope; None if there is none or no time."""
        if not {"start", "end"} <= set(self.fields):
            return None
        ends = engine.frame(self.stored.aggregate(first=_.start.min(), last=_.end.max())).iloc[0]
        return None if pd.isna(ends["first"]) else (ends["first"].to_pydatetime(), ends["last"].to_pydatetime())

    @cached_property
    def surroundings(self) -> "Flows":
        """The same window and resources without any other restriction: what could have been logged."""
        around = self.scope.surroundings
        return self if around == self.scope else replace(self, scope=around)

    @cached_property
    def minutes(self) -> frozenset[int]:
        """The epoch minutes in which a record or a status record in scope starts."""
        tables = [t for t in (self.stored, self.status_records) if "start" in t.columns]
        started = [t.select(minute=t.start.epoch_seconds().cast("int64") // 60).distinct() for t in tables]
        found = engine.frame(ibis.union(*started)).minute.dropna() if started else ()
        return frozenset(map(int, found))

    def narrow(self, **scope: Any) -> "Flows":  # noqa: ANN401 - Scope checks each value
        """Return the flows that also lie in *scope*; keys as in `Scope`.

        Raises
        ------
        ScopeError
            If a key or value is not understood, or nothing can lie in both windows.
        MissingFieldError
            If the log lacks a field that the scope restricts.
        """
        return self.within(Scope.of(**scope))

    def within(self, scope: Scope) -> "Flows":
        """Return the flows that also lie in *scope*."""
        narrowed = replace(self, scope=self.scope & scope)
        _ = narrowed.stored  # a missing field is told now, not at the first question
        return narrowed

    def field(self, name: str, purpose: str = "this question") -> Field:
        """Return a field of this log by any of its spellings.

        Raises
        ------
        UnknownFieldError, MissingFieldError
            If there is no such field, or this log was not set up to record it.
        """
        found = fields.known(name) or (fields.of_column(name) if name in self.fields else fields.find(name))
        if found.column not in self.fields:
            raise MissingFieldError.absent(found.name, purpose, self.fields)
        return found

    def count(self) -> int:
        """Return the number of flow records in scope."""
        return int(engine.frame(self.stored.aggregate(n=_.count())).n[0])

    def to_pandas(self) -> pd.DataFrame:
        """Return the records in scope: AWS's Parquet names, null for ``-``, UTC timestamps, whole integers."""
        return engine.frame(self.table)

    def sql(self, query: str) -> pd.DataFrame:
        """Run SQL of the engine over the records in scope, which it reads ``FROM flows``.

        Raises
        ------
        QueryError
            If the engine refuses the query.
        """
        try:
            return engine.query(self.table, "flows", query.strip().rstrip(";"))
        except QueryError as error:
            raise QueryError(f"{error}\nIts columns are: {', '.join(self.fields)}.") from error

    @cached_property
    def overview(self) -> list[Fact]:
        """What, when, how much and what is missing, as facts."""
        return overview.facts(self.stored, self.status_records, self.origin.loaded)

    def __repr__(self) -> str:
        """Return the overview as text."""
        return overview.as_text(str(self.scope), self.overview)

    def _repr_html_(self) -> str:
        """Return the overview for a notebook."""
        return overview.as_html(str(self.scope), self.overview)


@dataclass(frozen=True, eq=False)
class Origin:
    """What a load found: its tables before any scope, its objects, and how to ask for it again."""

    connection: Backend | None
    records: ir.Table
    status: ir.Table
    loaded: tuple[Loaded, ...] = ()
    store: Store | None = None
    code: str = ""

    @cached_property
    def formats(self) -> list[LogFormat]:
        """The formats of the records, in the order met."""
        return list(dict.fromkeys(f for item in self.loaded if item.content for f in item.content.formats))


def open_loaded(loaded: Sequence[Loaded], store: Store, log_format: LogFormat | None, code: str) -> Flows:
    """Return what a load found as flows; without any record they have the columns of *log_format*."""
    connection = engine.connect()
    counted = [item for item in loaded if item.content and not item.duplicate_of]
    formats = list(dict.fromkeys(f for item in counted if item.content for f in item.content.formats)) or [
        log_format or DEFAULT
    ]
    names = list(dict.fromkeys(name for f in formats for name in f.columns))
    records = _rows(connection, store, counted, "records", names)
    status = _rows(connection, store, counted, "status", names)
    return Flows(Scope(), Origin(connection, records, status, tuple(loaded), store, code))


def _rows(connection: Backend, store: Store, counted: Sequence[Loaded], kind: str, names: Sequence[str]) -> ir.Table:
    """Return the rows of a kind that belong to the objects of this load, and to no other in the store."""
    wanted: dict[str, set[int]] = {}
    for item in counted:
        if item.content:
            wanted.setdefault(item.content.segment, set()).add(item.content.key)
    whole, parts = [], []
    for segment, keys in wanted.items():
        files = store.files(segment, kind)
        if files and keys == store.keys(segment):
            whole += files
        elif files:
            rows = engine.read_parquet(connection, files)
            parts.append(rows.filter(rows[OBJECT].isin(sorted(keys))))
    if whole:
        parts.insert(0, engine.read_parquet(connection, whole))
    if not parts:
        parts.append(ibis.memtable(_schema(names).empty_table()))
    aligned = [_aligned(part, names) for part in parts]
    return connection.create_view(kind, ibis.union(*aligned) if len(aligned) > 1 else aligned[0])


def _schema(names: Sequence[str]) -> pa.Schema:
    kept = [(OBJECT, pa.int64()), (LINE, pa.int64()), (FORMAT, pa.int32()), (EVENT_TIME, _TIME)]
    return pa.schema([(name, _column_type(name)) for name in names] + kept)


def _column_type(name: str) -> pa.DataType:
    return _TIME if fields.of_column(name).kind == "time" else arrow_type(name)


def _aligned(table: ir.Table, names: Sequence[str]) -> ir.Table:
    """Return the columns *names* and those of the store, null where the files have none."""
    schema = ibis.Schema.from_pyarrow(_schema(names))
    present = set(table.columns)
    return table.select(
        *((table[name] if name in present else ibis.null(dtype)).name(name) for name, dtype in schema.items())
    )


def _filtered(table: ir.Table, terms: Sequence[ir.BooleanValue]) -> ir.Table:
    return table.filter(*terms) if terms else table


def own_addresses(records: ir.Table) -> ir.Table:
    """Return each interface's own address: the one in most of its records, as AWS logs its private one in all.

    Where two addresses share the first place (an interface with a single peer), the one that
    more interfaces' records do not carry cannot be told, and the interface is left out.
    """
    sides = [records.select("interface_id", address=records[side]) for side in ("srcaddr", "dstaddr")]
    seen = ibis.union(*sides).group_by("interface_id", "address").agg(n=_.count())
    most = seen.group_by("interface_id").agg(most=_.n.max())
    first = seen.join(most, [seen.interface_id == most.interface_id, seen.n == most.most])
    single = first.group_by("interface_id").agg(ties=_.count(), **{OWN_ADDRESS: _.address.max()})
    return single.filter(_.ties == 1).drop("ties")


def _ledger(loaded: Sequence[Loaded]) -> pd.DataFrame:
    rows = []
    for item in loaded:
        content = item.content
        counted = content is not None and not item.duplicate_of
        counts = {name: getattr(content, name) if counted else 0 for name in _COUNTS}
        note = item.note or (content.note if content else "")
        sizes = {"sha256": content.sha256, "bytes": content.bytes} if content else {"sha256": None, "bytes": 0}
        damaged_at = content.damaged_at if content else None
        rows.append(
            {
                "object": item.name,
                **sizes,
                **counts,
                "duplicate_of": item.duplicate_of,
                "damaged_at": damaged_at,
                "note": note,
            }
        )
    frame = pd.DataFrame(rows, columns=list(LEDGER_COLUMNS))
    return frame.astype(dict.fromkeys(("bytes", *_COUNTS), "int64") | {"damaged_at": "Int64"})


def _refused(origin: Origin) -> pd.DataFrame:
    schema = {"object": "str", "line": "int64", "reason": "str", "text": "str"}
    names = {item.content.key: item.name for item in origin.loaded if item.content and not item.duplicate_of}
    refusing = {item.content.segment for item in origin.loaded if item.content and item.content.refused}
    files = [
        file
        for segment in sorted(refusing)
        for file in (origin.store.files(segment, "refused") if origin.store else [])
    ]
    if not files or origin.connection is None:
        return pd.DataFrame(columns=list(schema)).astype(schema)
    lines = engine.read_parquet(origin.connection, files)
    ordered = lines.filter(lines[OBJECT].isin(sorted(names))).order_by(OBJECT, "line").limit(MOST_REFUSED)
    found = engine.frame(ordered)
    found.insert(0, "object", found.pop(OBJECT).map(names))
    return found.sort_values(["object", "line"], ignore_index=True)


def open_table(table: ir.Table) -> Flows:
    """Return a table that already exists, with AWS's column names, as flows.

    Raises
    ------
    FormatError
        If its columns are not those of a flow log.
    """
    log_format = formats.of_names(table.columns)
    if log_format is None:
        raise FormatError(
            f"the table is of something else: its columns are {', '.join(table.columns[:8])}. "
            "Flow logs have columns such as srcaddr, dstaddr and interface_id."
        )
    renamed = table.select(**{name: table[old] for name, old in zip(log_format.columns, table.columns, strict=True)})
    for name in {"start", "end"} & set(renamed.columns):
        if renamed[name].type().is_integer():
            renamed = renamed.mutate(**{name: renamed[name].as_timestamp("s")})
    if "log_status" not in renamed.columns:
        return Flows(Scope(), Origin(None, renamed, renamed.limit(0), code="fk.load(table)"))
    is_record = renamed.log_status.fill_null("OK") == "OK"
    return Flows(Scope(), Origin(None, renamed.filter(is_record), renamed.filter(~is_record), code="fk.load(table)"))
