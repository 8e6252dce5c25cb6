"""Where flows come from: the tables of a load before any scope, and the account of its objects."""

from collections import Counter, deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
from ibis.backends.duckdb import Backend

from flowkit import engine, fields, formats, keeping
from flowkit.errors import FormatError
from flowkit.formats import DEFAULT, EVENT_TIME, LogFormat
from flowkit.loading import Loaded
from flowkit.meaning.facts import Facts, steps
from flowkit.meaning.kept import kept, stored
from flowkit.progress import shown
from flowkit.reading.columns import LINE, arrow_type
from flowkit.scope import Scope
from flowkit.store import FORMAT, MOST_REFUSED, OBJECT, Content, Store
from flowkit.wording import several

LEDGER_COLUMNS: Final = (
    "object", "sha256", "bytes", "lines", "headers", "records", "nodata", "skipdata", "refused",
    "duplicate_of", "damaged_at", "note", "etag", "version_id",
)  # fmt: skip
_COUNTS: Final = ("lines", "headers", "records", "nodata", "skipdata", "refused")
_REFUSED: Final = {"object": "str", "line": "int64", "reason": "str", "text": "str"}
_TIME: Final = pa.timestamp("us", tz="UTC")
_MOST_REMEMBERED: Final = 64
_KEPT: Final = 150
"""Bytes of a row of a conversation, the widest table that is kept of all records."""
_CROWDED: Final = 0.25
"""Share of the engine's memory that such a table may take: several are kept at once, and sorting needs the rest."""
_MOST_BROUGHT: Final = 3
"""How many scopes' records are held that were brought here: each may take a gigabyte."""
_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class Origin:
    """What a load found: its tables before any scope, its objects, how to ask for it again, what to know of it."""

    connection: Backend | None
    records: ir.Table
    status: ir.Table
    loaded: tuple[Loaded, ...] = ()
    store: Store | None = None
    code: str = ""
    notes: tuple[str, ...] = ()
    record: Callable[[str, Mapping[str, Any], Any], None] | None = None
    """Enters in the journal of a case that a playbook was run: its name, its parameters, its report."""
    prune: Callable[[Scope], tuple[ir.Table, ir.Table]] | None = None
    """Gives records and status of fewer partitions, for a scope; None where there are none to leave out."""

    @cached_property
    def unread(self) -> deque[ir.Table]:
        """What was kept for flows that are gone, still to be let go of.

        A collector runs in any thread, amid a question: there it can only be written down.
        """
        return deque()

    def clear(self) -> None:
        """Let go of what was kept for flows that are gone."""
        with engine.TURN:
            while self.connection is not None and self.unread:
                keeping.drop(self.connection, self.unread.popleft())

    def tables(self, scope: Scope) -> tuple[ir.Table, ir.Table]:
        """Return records and status, of no more partitions than can hold the window of *scope*."""
        return self.prune(scope) if self.prune else (self.records, self.status)

    @cached_property
    def contents(self) -> dict[str, Content]:
        """What counts, by the object's name: copies of another object and unreadable ones do not."""
        return {item.name: item.content for item in self.loaded if item.content and not item.duplicate_of}

    @property
    def losses(self) -> tuple[str, ...]:
        """What of the objects could not be read, a sentence each: an answer stands on the rest."""
        damaged = sum(content.damaged_at is not None for content in self.contents.values())
        refused = sum(content.refused for content in self.contents.values())
        unread = sum(item.content is None or item.content.unknown_format for item in self.loaded)
        told = (
            (damaged, f"Kept up to the damage only: {several(damaged, 'object')} (flows.ledger)."),
            (refused, f"Refused: {several(refused, 'line')} (flows.refused)."),
            (unread, f"Not read at all: {several(unread, 'object')} (flows.ledger)."),
        )
        return tuple(sentence for count, sentence in told if count)

    @cached_property
    def facts(self) -> Facts:
        """What the records mean, worked out once; kept beside them where they are in a store."""
        if self.store is None or self.connection is None:
            engine.check_takes_steps(self.records)
            keep = keeping.keeper(self.connection)
            work = steps(self.records, keep)
            return Facts(keep(work.part(0, 1)), work.ends)  # else each question would begin with all these steps
        return kept(self.records, self.connection, self.store, self._objects)

    @cached_property
    def outgrows(self) -> bool:
        """Whether tables with a row for each record would crowd the engine's memory, and are kept in files instead."""
        if self.connection is None:
            return False
        records = sum(content.records for content in self.contents.values())
        return records * _KEPT > engine.allowed(self.connection) * _CROWDED

    @property
    def _objects(self) -> list[int]:
        return [content.key for content in self.contents.values()]

    @property
    def understood(self) -> bool:
        """Whether `facts` are at hand, so that a question which could do without them asks them at no cost."""
        if "facts" in vars(self):
            return self.connection is not None
        return self.store is not None and stored(self.store, self._objects)

    def remembered(self, what: Hashable, make: Callable[[], _T]) -> _T:
        """Return what *make* gives, worked out once for all flows of this origin; the latest 64 are held."""
        found = self._memory.pop(what, None)  # questions may come from several threads
        if found is None:
            found = (make(),)
        self._memory[what] = found
        if len(self._memory) > _MOST_REMEMBERED:
            self._memory.pop(next(iter(list(self._memory))), None)
        answer: _T = found[0]
        return answer

    @cached_property
    def _memory(self) -> dict[Hashable, tuple[Any]]:
        return {}

    def brought(self, scope: Scope) -> "Origin | None":
        """Return the records brought here of a scope that *scope* lies in; None if none were."""
        return next((origin for held, origin in self._brought if held & scope == scope), None)

    def bring(self, scope: Scope, records: ir.Table, status: ir.Table) -> "Origin":
        """Return the records and status of a scope, brought into this process and held for the next questions."""
        origin = brought(self, scope, records, status)
        self._brought.insert(0, (scope, origin))
        del self._brought[_MOST_BROUGHT:]
        return origin

    @cached_property
    def _brought(self) -> "list[tuple[Scope, Origin]]":
        return []

    @cached_property
    def all_directed(self) -> bool:
        """Whether every record says its direction, so that nothing about it is derived."""
        if "flow_direction" not in self.records.columns:
            return False
        return not len(engine.frame(self.records.filter(self.records.flow_direction.isnull()).limit(1)))  # noqa: PD003 - Ibis

    @property
    def directed(self) -> bool:
        """Whether every record can have flow-direction; of several formats some may lack it."""
        formats = [f.columns for content in self.contents.values() for f in content.formats]
        return all("flow_direction" in columns for columns in formats or [self.records.columns])

    def ledger(self) -> pd.DataFrame:
        """Return a row per object; see `Flows.ledger`."""
        frame = pd.DataFrame(map(_ledger_row, self.loaded), columns=list(LEDGER_COLUMNS))
        return frame.astype(dict.fromkeys(("bytes", *_COUNTS), "int64") | {"damaged_at": "Int64"})

    def refused_by_reason(self) -> pd.DataFrame:
        """Return the number of refused lines by reason; see `Flows.refused_by_reason`."""
        reasons: Counter[str] = Counter()
        for content in self.contents.values():
            reasons.update(content.reasons)
        return pd.DataFrame(reasons.most_common(), columns=["reason", "lines"])

    def refused(self) -> pd.DataFrame:
        """Return the refused lines; see `Flows.refused`."""
        names = {content.key: name for name, content in self.contents.items()}
        segments = sorted({content.segment for content in self.contents.values() if content.refused})
        if not segments or self.store is None or self.connection is None:
            return pd.DataFrame(columns=list(_REFUSED)).astype(_REFUSED)
        files = [file for segment in segments for file in self.store.files(segment, "refused")]
        lines = engine.read_parquet(self.connection, files)
        ordered = lines.filter(lines[OBJECT].isin(sorted(names))).order_by(OBJECT, "line")
        found = engine.frame(ordered.limit(MOST_REFUSED))
        found.insert(0, "object", found.pop(OBJECT).map(names))
        return found.sort_values(["object", "line"], ignore_index=True).astype(_REFUSED)


def of_loaded(
    loaded: Sequence[Loaded], store: Store, log_format: LogFormat | None, code: str, notes: Sequence[str] = ()
) -> Origin:
    """Return the tables of a load; without any record they have the columns of *log_format*."""
    connection = engine.connect()
    counted = [item.content for item in loaded if item.content and not item.duplicate_of]
    found = dict.fromkeys(f for content in counted for f in content.formats) or [log_format or DEFAULT]
    names = list(dict.fromkeys(name for f in found for name in f.columns))
    records, status = (_rows(connection, store, counted, kind, names) for kind in ("records", "status"))
    return Origin(connection, records, status, tuple(loaded), store, code, tuple(notes))


def _rows(connection: Backend, store: Store, counted: Sequence[Content], kind: str, names: Sequence[str]) -> ir.Table:
    """Return the rows of a kind that belong to the objects of this load, and to no other in the store."""
    wanted: dict[str, set[int]] = {}
    for content in counted:
        wanted.setdefault(content.segment, set()).add(content.key)
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


def _ledger_row(item: Loaded) -> dict[str, Any]:
    content = item.content
    counted = content is not None and not item.duplicate_of
    return {
        "object": item.name,
        "sha256": content.sha256 if content else None,
        "bytes": content.bytes if content else 0,
        **{name: getattr(content, name) if counted else 0 for name in _COUNTS},
        "duplicate_of": item.duplicate_of,
        "damaged_at": content.damaged_at if content else None,
        "note": item.note or (content.note if content else ""),
        "etag": item.etag or None,
        "version_id": item.version_id or None,
    }


def brought(origin: Origin, scope: Scope, records: ir.Table, status: ir.Table) -> Origin:
    """Return an origin of the records and status of a scope, which the embedded engine holds from then on."""
    connection = engine.connect()
    with shown(2, what=f"Bringing records of {scope}", unit="query") as progress:
        rows = engine.arrow(records)
        here = engine.hold(connection, "records", rows)
        progress.step()
        status_here = engine.hold(connection, "status", engine.arrow(status))
        progress.step()
    note = f"{several(rows.num_rows, 'record')} of {scope} were brought here from {engine.name(origin.records)}."
    return Origin(connection, here, status_here, code=origin.code, notes=(*origin.notes, note), record=origin.record)


def of_table(table: ir.Table) -> Origin:
    """Return a table that already exists, with AWS's column names.

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
    texts = {name: renamed[name].nullif("-") for name, dtype in renamed.schema().items() if dtype.is_string()}
    times = {name: _utc(renamed[name]) for name in ("start", "end") if name in renamed.columns}
    renamed = renamed.mutate(**texts | times)
    if "log_status" not in renamed.columns:
        return Origin(None, renamed, renamed.limit(0), code="fk.load(table)")
    is_record = renamed.log_status.fill_null("OK") == "OK"
    return Origin(None, renamed.filter(is_record), renamed.filter(~is_record), code="fk.load(table)")


def _utc(time: ir.Value) -> ir.Value:
    """Return epoch seconds, or a time that names no zone, as UTC."""
    seconds = time.as_timestamp("s") if time.type().is_integer() else time
    return seconds.cast("timestamp('UTC')")
