"""Logs Insights queries, written for a scope or an analysis in the names of the log's own format."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, Self

from flowkit.analysis import timeline
from flowkit.errors import FormatError, ScopeError
from flowkit.flows import Flows
from flowkit.formats import DEFAULT, LogFormat
from flowkit.insights.recipes import Asked, Recipe, recipe
from flowkit.insights.terms import Names, conditions, is_record, status_conditions
from flowkit.inventory.text import shown
from flowkit.scope import Scope

LONGEST: Final = 10_000
"""Characters that CloudWatch takes. Source: StartQuery, Amazon CloudWatch Logs API Reference."""
MOST_ROWS: Final = 100_000
"""Rows that one query can return. Source: as above."""
_RECORDS: Final = 1_000
_CAPTION: Final = 300
_UNKNOWN_SPAN: Final = 300
_MINUTE: Final = 60


class Query(str):
    """The text of an Insights query, with what a query's text cannot hold.

    It is that text wherever text is wanted, and prints as it.

    Attributes
    ----------
    start, end
        The time range to ask for, `end` excluded; None where the scope leaves it open.
    log_format
        The columns that the query takes the log to have.
    """

    __slots__ = ("end", "log_format", "start")
    start: datetime | None
    end: datetime | None
    log_format: LogFormat

    def __new__(
        cls,
        text: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        log_format: LogFormat = DEFAULT,
    ) -> Self:
        """Hold the text, and what belongs beside it."""
        made = super().__new__(cls, text)
        made.start, made.end, made.log_format = start, end, log_format
        return made

    def __repr__(self) -> str:
        """Return the text as it is: a cell that ends with a query shows it ready to copy."""
        return str(self)


@dataclass(frozen=True, slots=True)
class _Wanted:
    scope: Scope
    names: Names
    recipe: Recipe | None
    analysis: str | None


def query(
    what: Flows | Scope,
    *,
    analysis: str | None = None,
    by: str | None = None,
    every: timedelta | None = None,
    log_format: str | None = None,
    limit: int | Literal["all"] | None = None,
) -> Query:
    """Write the Logs Insights query for a scope, or for an analysis of it.

    Parameters
    ----------
    what
        Flows, whose scope and format are taken, or a `Scope`.
    analysis
        One of ``reject_timeline``, ``rejected_tuples``, ``summary`` (records, bytes and times by log-status),
        ``talker_edges``, ``top_talkers``, ``traffic_timeline``; by default the records themselves, newest first.
    by
        As in the analysis: the measure to rank talkers by (``bytes``, ``packets``, ``records``), or the field to
        split a timeline by.
    every
        Width of a timeline's bucket; by default as flowkit's own timelines choose it for the flows, and 5 minutes
        for a `Scope`, whose span is not known. CloudWatch counts buckets from its own time stamp, which is the
        record's start.
    log_format
        The format of the log in CloudWatch, as LogFormat in `aws ec2 describe-flow-logs` has it; by default that
        of the flows, for a `Scope` AWS's default format.
    limit
        Rows at most; by default 1,000 records, 20 talkers, 50 pairs or tuples, 10,000 rows of a timeline.
        ``"all"`` leaves it out, so that `run` can fetch more than one query returns.

    Returns
    -------
    Query
        The text. Its `start` and `end` are the time range to run it with, which a query's text cannot
        hold; `run` takes them from it.

    Raises
    ------
    ScopeError
        If the language cannot answer the analysis, a value is none that it takes, or the text gets longer than
        CloudWatch accepts (10,000 characters).
    MissingFieldError
        If the format lacks a field that the scope or the analysis needs. A direction is not derived here:
        without flow-direction it cannot be asked for.
    FormatError
        If the flows have several formats, or *log_format* is none.

    Notes
    -----
    In AWS's default format the fields go by the names that CloudWatch discovers; in any other the query
    parses each message, since AWS documents that custom formats are not discovered. Records are those of
    log status OK, and every copy of a record counts (``count="as_logged"``).
    Source: "Supported logs and discovered fields", Amazon CloudWatch Logs User Guide.

    Examples
    --------
    >>> print(query(Scope(action="REJECT", srcaddr="10.0.1.10", dstaddr="10.0.2.20"), limit=20))
    # Flow records: srcaddr 10.0.1.10, dstaddr 10.0.2.20, REJECT
    fields @timestamp, @message
    | filter logStatus = "OK"
    | filter srcAddr = "10.0.1.10"
    | filter dstAddr = "10.0.2.20"
    | filter action = "REJECT"
    | sort @timestamp desc
    | limit 20
    """
    scope = what if isinstance(what, Scope) else what.scope
    wanted = _Wanted(scope, Names(_format(what, log_format)), recipe(analysis) if analysis else None, analysis)
    seconds = _width(what, every) if analysis and "timeline" in analysis else _MINUTE
    commands = [*_fields(wanted), *wanted.names.parse(), *_chosen(wanted)]
    if wanted.recipe:
        commands += wanted.recipe.commands(Asked(wanted.names, by, seconds))
    else:
        commands += ["sort @timestamp desc"]
    commands += _limit(limit, wanted.recipe.limit if wanted.recipe else _RECORDS)
    return _made("\n".join([*_comments(wanted), "\n| ".join(dict.fromkeys(commands))]), wanted)


def _made(text: str, wanted: _Wanted) -> Query:
    if len(text) > LONGEST:
        raise ScopeError(
            f"the query has {len(text):,} characters, and CloudWatch takes {LONGEST:,}. Name fewer values in the "
            "scope, or name blocks (10.0.0.0/16) instead of single addresses."
        )
    return Query(text, start=wanted.scope.start, end=wanted.scope.end, log_format=wanted.names.log_format)


def _fields(wanted: _Wanted) -> list[str]:
    return [] if wanted.recipe else ["fields @timestamp, @message"]


def _chosen(wanted: _Wanted) -> list[str]:
    """Return the commands that choose records, and where they are asked for those of NODATA and SKIPDATA."""
    record, terms = is_record(wanted.names), conditions(wanted.scope, wanted.names)
    if not (wanted.recipe and wanted.recipe.every_status and "log_status" in wanted.names.columns):
        return [f"filter {term}" for term in [*([record] if record else []), *terms]]
    if not terms:
        return []
    others = [str(record).replace(" = ", " != "), *status_conditions(wanted.scope, wanted.names)]
    return [f"filter ({' and '.join([str(record), *terms])}) or ({' and '.join(others)})"]


def _limit(limit: int | str | None, usual: int) -> list[str]:
    if limit == "all":
        return []
    rows = usual if limit is None else limit
    if isinstance(rows, bool) or not isinstance(rows, int) or not 1 <= rows <= MOST_ROWS:
        raise ScopeError(f"limit is a number from 1 to {MOST_ROWS}, or 'all', not {limit!r}.")
    return [f"limit {rows}"]


def _comments(wanted: _Wanted) -> list[str]:
    """Say what the query asks, and what its text cannot hold or its answer does not show."""
    what = wanted.analysis or "Flow records"
    caption = shown(str(wanted.scope))
    said = [f"{what}: {caption if len(caption) <= _CAPTION else caption[:_CAPTION] + '…'}"]
    if wanted.scope.start or wanted.scope.end:
        said.append(f"Time range to choose beside it: {_iso(wanted.scope.start)} to {_iso(wanted.scope.end)}")
    return [f"# {line}" for line in [*said, *(wanted.recipe.notes if wanted.recipe else ())]]


def _iso(time: datetime | None) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z") if time else "open"


def _format(what: Flows | Scope, given: str | None) -> LogFormat:
    if given is not None:
        return LogFormat.parse(given)
    if isinstance(what, Scope):
        return DEFAULT
    found = list(dict.fromkeys(f.columns for content in what.origin.contents.values() for f in content.formats))
    if len(found) > 1:
        listed = "; ".join(str(LogFormat(columns)) for columns in found)
        raise FormatError(
            f"these flows have {len(found)} formats, and a query reads one. Name that of the log group with "
            f"log_format=: {listed}."
        )
    if found:
        return LogFormat(found[0])
    if set(what.fields) == set(DEFAULT.columns):
        return DEFAULT
    if what.origin.store is None:
        raise FormatError(
            "a table does not say in which order its log group has the columns. Give log_format= as LogFormat in "
            "`aws ec2 describe-flow-logs` has it."
        )
    return LogFormat(tuple(what.fields))


def _width(what: Flows | Scope, every: timedelta | None) -> int:
    if isinstance(what, Flows):
        return timeline.width(what, every)
    if every is None:
        return _UNKNOWN_SPAN
    seconds = every.total_seconds() if isinstance(every, timedelta) else 0
    if seconds < 1 or seconds != int(seconds):
        raise ScopeError(f"every is {every!r}, but a bucket takes whole seconds. Try timedelta(minutes=10).")
    return int(seconds)
