"""Flows: the records in scope, lazily, with the account of where they came from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from weakref import finalize

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine, evidence, fields, keeping, overview
from flowkit.addresses import knowledge
from flowkit.errors import MissingFieldError, QueryError, SourceError
from flowkit.fields import Field
from flowkit.identity import Identities
from flowkit.keeping import Keep
from flowkit.meaning.ends import Ends, own_addresses
from flowkit.meaning.within import best_points, chooses_points, recounted, set_back, within
from flowkit.origin import Origin
from flowkit.overview import Fact
from flowkit.progress import shown
from flowkit.reading.columns import LINE
from flowkit.scope import OWN_ADDRESS, Scope
from flowkit.store import OBJECT

HANDED_UP: Final[dict[str, Callable[..., Any]]] = {}
"""What methods hand to a higher layer, by their names; `flowkit.api`, which joins the layers, puts it here."""
MOST_BROUGHT: Final = 1_000_000
"""Records that are brought from another engine unasked: some 1 GB of memory with what is worked out of them."""
_LONGEST: Final = 11
"""Minutes that a record can touch: an aggregation interval is at most ten minutes."""


@dataclass(frozen=True, eq=False)
class Flows:
    """Flow records in scope. Nothing is computed until asked for; nothing is ever changed in place.

    Attributes
    ----------
    scope
        What the records are narrowed to; ``str(flows.scope)`` is its caption.
    origin
        What was loaded and how, for repr and reports.
    identities
        What is known of the addresses: who held each when, inside or outside, the user's lists.
    """

    scope: Scope
    origin: Origin
    identities: Identities = None  # type: ignore[assignment] # set below: what the log alone tells

    def __post_init__(self) -> None:
        """Know of addresses what the log alone tells, if nothing else is given."""
        if self.identities is None:
            object.__setattr__(self, "identities", Identities(self.origin, knowledge()))

    @cached_property
    def stored(self) -> ir.Table:
        """The records in scope with the columns of the store: ``_object``, ``_line``, ``_format``, ``_time``."""
        records = self.origin.records
        derivable = {"interface_id", "srcaddr", "dstaddr"} <= set(records.columns)
        if not self.scope.needs_direction or self.origin.directed or not derivable:
            records, _status = self.origin.tables(self.scope)
            return _filtered(records, self.scope.filters(records))
        joined = with_own_address(records)
        return _filtered(joined, self.scope.filters(joined)).select(*records.columns)

    @cached_property
    def table(self) -> ir.Table:
        """The records in scope as an Ibis table: AWS's Parquet names, log status OK only."""
        return self.stored.select(*self.fields)

    @cached_property
    def status_records(self) -> ir.Table:
        """NODATA and SKIPDATA in scope: of its resources, overlapping its window."""
        kept = self.stored_status
        return kept.select(*(name for name in kept.columns if not name.startswith("_")))

    @cached_property
    def stored_status(self) -> ir.Table:
        """As `status_records`, with the columns of the store."""
        _records, status = self.origin.tables(self.scope)
        return _filtered(status, self.scope.status_filters(status))

    @property
    def fields(self) -> list[str]:
        """The fields this log has, in its own order, by their Parquet names."""
        return [name for name in self.origin.records.columns if not name.startswith("_")]

    @property
    def ledger(self) -> pd.DataFrame:
        """A row per object read, whatever the scope: its hash and the account of its lines.

        Columns: `object`, `sha256`, `bytes` (as stored, B), `lines`, `headers`, `records`,
        `nodata`, `skipdata`, `refused` (lines each; they add up to `lines`), `duplicate_of` (object
        with the same bytes, counted there), `damaged_at` (B), `note`, and of objects in S3 `etag` and `version_id`.
        """
        return self.origin.ledger()

    @property
    def refused(self) -> pd.DataFrame:
        """The refused lines: `object`, `line`, `reason`, `text` (cut at 200 characters).

        At most 100,000 rows; ``refused_by_reason`` counts them all.
        """
        return self.origin.refused()

    @property
    def refused_by_reason(self) -> pd.DataFrame:
        """How many lines were refused for which reason: `reason`, `lines`."""
        return self.origin.refused_by_reason()

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
        """The epoch minutes of which a record or a status record in scope tells."""
        return self.origin.remembered(("minutes", self.scope), self._minutes)

    def _minutes(self) -> frozenset[int]:
        numbers, has = self.numbers, {"start", "end"}
        told = [] if numbers is None else [numbers.select(first=numbers.start // 60, last=numbers.end // 60)]
        tables = [self.status_records] if told else [self.stored, self.status_records]
        told += [t.select(first=_minute(t.start), last=_minute(t.end)) for t in tables if has <= set(t.columns)]
        if not told or not has <= set(self.fields):
            return frozenset()
        spans = engine.frame(ibis.union(*(rows.distinct() for rows in told))).dropna()
        pairs = zip(spans["first"].astype("int64"), spans["last"].astype("int64"), strict=True)
        return frozenset(m for first, last in pairs for m in range(first, min(last, first + _LONGEST) + 1))

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

    @cached_property
    def facts(self) -> ir.Table:
        """What the records in scope mean, a row each; see `flowkit.meaning.facts.COLUMNS`.

        `counts` is as it is in this scope: of the interfaces in it, each conversation counts at one.

        Raises
        ------
        MissingFieldError
            If the log has no addresses.
        """
        for name in ("srcaddr", "dstaddr"):
            self.field(name, "telling who talked to whom")
        found = within(self.origin.facts, self.scope)
        if not chooses_points(self.scope):
            return found
        if self.origin.connection is None:
            return recounted(found, best_points(found))
        if not len(engine.frame(set_back(found).limit(1))):
            return found
        return recounted(found, self.kept("best points", lambda _keep: best_points(found), "counting once"))

    @cached_property
    def numbers(self) -> ir.Table | None:
        """The records in scope by numbers, as `facts` without regard to `counts`: far quicker to read than `stored`.

        None where they are not at hand, or where a direction in the scope could mean something else in them.
        """
        if not self.origin.understood or (self.scope.needs_direction and not self.origin.all_directed):
            return None
        return within(self.origin.facts, self.scope)

    @cached_property
    def counted(self) -> ir.Table:
        """Of `facts`, what counts when each conversation is counted once."""
        return self.facts.filter(_.counts)

    @property
    def ends(self) -> Ends:
        """What the numbers in `facts` stand for: addresses and interfaces."""
        return self.origin.facts.ends

    def kept(self, name: str, make: Callable[[Keep], ir.Table], what: str) -> ir.Table:
        """Return what *make* gives, worked out once for these flows; *what* says so while it lasts.

        *make* is given a function that keeps its intermediate results until it is done.
        """
        if name not in self._kept:
            connection, aside = self.origin.connection, self.origin.outgrows
            self.origin.clear()
            with (
                shown(1, what=what, unit="step") as progress,
                keeping.meanwhile(connection, in_files=aside) as keep,
            ):
                table = keeping.keeper(connection, in_files=aside)(make(keep))
                progress.step()
            if connection is not None:
                finalize(self, self.origin.unread.append, table).atexit = False  # the engine is gone by then
            self._kept[name] = table
        return self._kept[name]

    @cached_property
    def _kept(self) -> dict[str, ir.Table]:
        return {}

    def totals(self, column: str) -> ir.Table:
        """Return what each value of a field adds up to: the column, `bytes` (B), `packets`, `records`.

        The engine works it out once and keeps it, since most rankings start from it. Measures that
        the log lacks are absent.
        """
        if column not in self._totals:
            grouped = self.table.group_by(column).agg(**measures(self.fields))
            steps = engine.takes_steps(grouped)  # else all that it gives would be written out in the next query
            self._totals[column] = ibis.memtable(engine.arrow(grouped)) if steps else grouped
        return self._totals[column]

    @cached_property
    def _totals(self) -> dict[str, ir.Table]:
        return {}

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

    @cached_property
    def at_hand(self) -> "Flows":
        """These flows where it can be told who opened what: as they are, or brought here, once for their scope.

        DuckDB and Spark tell it themselves. Of Athena and Trino the records are brought, as by `materialise`.
        """
        ours = self.origin.connection is not None or engine.takes_steps(self.origin.records)
        return self if ours else self.materialise()

    def materialise(self, *, limit: int = MOST_BROUGHT) -> "Flows":
        """Return the same flows with their records in this process, where every question can be asked.

        Brought are all records of the window and resources in scope, whatever else restricts it: who opened what is
        told from whole conversations. Records that flowkit loaded from files are here already. What was brought for a
        wider scope is not asked for again. ``fk.plan(flows)`` says before what it takes.

        Parameters
        ----------
        limit
            How many records at most. A million take some 1 GB with what is worked out of them; they are counted first.

        Raises
        ------
        QueryError
            If there are more, with their number; or the engine refuses.
        """
        if self.origin.connection is not None:
            return self
        around = self.surroundings
        origin = self.origin.brought(around.scope)
        if origin is None:
            count = around.count()
            if count > limit:
                raise QueryError(
                    f"{count:,} records lie in {around.scope}, and at most {limit:,} are brought here. Narrow the "
                    f"window, or name the resources: fk.plan(flows) tells how many lie in which hour. Or take them "
                    f"all: flows.materialise(limit={count})."
                )
            origin = self.origin.bring(around.scope, around.stored, around.stored_status)
        identities = origin.remembered(self.identities, lambda: replace(self.identities, origin=origin))
        return Flows(self.scope, origin, identities)

    def count(self) -> int:
        """Return the number of flow records in scope."""
        return int(engine.frame(self.stored.aggregate(n=_.count())).n[0])

    def to_pandas(self) -> pd.DataFrame:
        """Return the records in scope: AWS's Parquet names, null for ``-``, UTC timestamps, whole integers."""
        return engine.frame(self.table)

    def messages(self, *, limit: int = 1000) -> pd.DataFrame:
        """Return records in scope as the lines they were, oldest first, with object and line number.

        Columns: `object`, `line`, `timestamp` (UTC), `message`: in the column order of its log, single
        blanks, ``-`` for null, tags percent-encoded, times in epoch seconds.

        Parameters
        ----------
        limit
            How many at most; they are text to read, not to compute with.
        """
        if OBJECT not in self.stored.columns:
            raise SourceError(
                "a table does not say which lines its records were. Load the objects themselves for that."
            )
        order = [name for name in ("start", LINE) if name in self.stored.columns]
        rows = engine.frame(self.stored.order_by(order).limit(limit))
        return evidence.messages(rows, self.origin.contents)

    def sql(self, query: str) -> pd.DataFrame:
        """Run SQL of the engine over the records in scope, which it reads ``FROM flows``.

        Raises
        ------
        QueryError
            If the engine refuses the query.
        """
        try:
            return engine.query(self.table, "flows", query.strip().rstrip(";"), ours=self.origin.connection is not None)
        except QueryError as error:
            raise QueryError(f"{error}\nIts columns are: {', '.join(self.fields)}.") from error

    def insights(self, query: str) -> pd.DataFrame:
        """Run a query of the CloudWatch Logs Insights language on the records in scope, without AWS.

        The query runs as written, as CloudWatch would run it. What a reader must know beside the rows is issued as
        `InsightsWarning`: names of a `parse` that get another column than they say, fields that no record has, fields
        that CloudWatch itself would not discover in this log, rows cut at CloudWatch's 10,000.

        Each record is a log event: ``@message`` is its line in its log's own column order, ``@timestamp`` CloudWatch's
        own time where it is known, else ``start``; each field has the name that CloudWatch discovers (``srcAddr``,
        ``startTime``). NODATA and SKIPDATA records are events too, unless the scope restricts more than window and
        resources. ``@logStream`` is written as the interface and ``-all``; ``@log``, ``@ingestionTime`` and ``@ptr``
        are missing.

        Parameters
        ----------
        query
            Commands joined by ``|``: fields, display, filter, parse, stats, sort, limit, dedup; 10,000 characters.

        Returns
        -------
        DataFrame
            The columns that the query shows, grouped ones first; without `fields`, ``@timestamp`` and ``@message``.
            Times are UTC, whole numbers integers. ``attrs``: ``warnings`` (sentences), ``corrected`` (the query with
            the log's own columns where a `parse` misnames them, else None; not run), ``caption`` (what was searched).

        Raises
        ------
        InsightsError
            If it is not understood, or has a command or function that does not run here; with line and column.
        QueryError, StoppedError
            If the engine refuses it, or the user stopped it.

        Notes
        -----
        Where AWS documents nothing: what is missing sorts last; weeks begin on Monday; ``stddev`` is that of a
        sample, ``count_distinct`` and ``pct`` are exact; groups without a `sort` come latest time first. Regular
        expressions are RE2's, which know no lookahead and no references back. A ``-`` of a record is text that is
        there, and no number.
        Source: "CloudWatch Logs Insights language query syntax", Amazon CloudWatch Logs User Guide.

        Examples
        --------
        >>> import flowkit as fk
        >>> flows = fk.load("sample")
        >>> flows.insights("stats count(*) as records by action | sort records desc")
           action  records
        0  ACCEPT    52344
        1  REJECT     3017
        2       -      571
        """
        answer: pd.DataFrame = HANDED_UP["insights"](self, query)
        return answer

    @cached_property
    def overview(self) -> list[Fact]:
        """What, when, how much and what is missing, as facts."""
        found = overview.facts(self.stored, self.status_records, self.origin.loaded, self.numbers)
        return found + [Fact("source", "note", note) for note in self.origin.notes]

    def __repr__(self) -> str:
        """Return the overview as text."""
        return overview.as_text(str(self.scope), self.overview)

    def _repr_html_(self) -> str:
        """Return the overview for a notebook."""
        return overview.as_html(str(self.scope), self.overview)


def measures(columns: Sequence[str]) -> dict[str, ir.Value]:
    """Return how to sum the measures that a log with these columns has, for `aggregate`."""
    sums: dict[str, ir.Value] = {
        name: _[name].sum().coalesce(0).cast("int64") for name in ("bytes", "packets") if name in columns
    }
    return sums | {"records": _.count()}


def _filtered(table: ir.Table, terms: Sequence[ir.BooleanValue]) -> ir.Table:
    return table.filter(*terms) if terms else table


def _minute(time: ir.TimestampValue) -> ir.IntegerValue:
    return time.epoch_seconds().cast("int64") // 60


def with_own_address(records: ir.Table) -> ir.Table:
    """Add each record's interface's own address of the record's family, or null where that cannot be told.

    See `flowkit.meaning.ends.own_addresses`; told from all records, whether or not their direction is logged.
    """
    plain = records.drop("flow_direction") if "flow_direction" in records.columns else records
    own = own_addresses(plain).select("v6", interface="observer", **{OWN_ADDRESS: "address"})
    same = [records.interface_id == own.interface, records.srcaddr.contains(":") == own.v6]
    return records.left_join(own, same)
