"""Logs Insights queries, run in CloudWatch: the window in as many parts as its cap of rows takes."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil
from typing import Any, Final

import pandas as pd

from flowkit.aws.connect import Access
from flowkit.aws.prices import GB, price
from flowkit.errors import AwsError, InsightsError, PriceError, ScopeError
from flowkit.insights.answers import POINTER, frame
from flowkit.insights.notes import InsightsWarning
from flowkit.insights.shape import Shape, shape
from flowkit.insights.waiting import Answer, Asking, Row, Scanned
from flowkit.insights.writing import LONGEST, MOST_ROWS, Query
from flowkit.progress import Progress, shown
from flowkit.scope import Scope

_SCHEME: Final = "cloudwatch://"
_MOST_GROUPS: Final = 50
_SMALLEST_CAP: Final = 1_000
"""Rows below which an answer is whole, whatever its statistics say."""


def run(  # noqa: PLR0913 - each by name
    query: str,
    *,
    log_group: str | Sequence[str],
    start: datetime | str | None = None,
    end: datetime | str | None = None,
    region: str | None = None,
    profile: str | None = None,
    role: str | None = None,
    limit: int | None = None,
    pointers: bool = False,
) -> pd.DataFrame:
    """Run a Logs Insights query in CloudWatch, and return its rows.

    Where a query would have more rows than CloudWatch returns (100,000), its window is halved and asked again, down
    to a second: no row is lost or doubled at the edges. That is sound only where rows are records (``fields``,
    ``filter``, ``parse``, ``sort``, ``display``); of any other query that meets the cap, a warning says that rows are
    missing. Each halving scans the window, and costs, once more.

    Parameters
    ----------
    query
        Text of the query, such as `fk.insights.query` writes.
    log_group
        Name or ARN of the log group, or up to 50 of them; also ``cloudwatch://region/name``.
    start, end
        The window, `end` excluded, as in `Scope`; by default the query's own, where `fk.insights.query` wrote it.
        CloudWatch takes whole seconds, as flow records have.
    region, profile, role
        Where and as whom AWS is asked; by default as boto3 chooses.
    limit
        Rows at most; by default all of them. Below 100,000 it costs no more than one query.
    pointers
        Whether to keep ``@ptr``, the identifier of each log event.

    Returns
    -------
    DataFrame
        The columns that the query asks for. Columns of numbers are numbers, times are UTC timestamps, else text.
        ``attrs``: `caption`; `bytes_scanned` (B, uncompressed) and its price, `usd` (by the table in
        `flowkit.aws.prices`; None if that cannot be read); `records_scanned`, `records_matched` (count), `queries`
        (how many were run); `complete` (False if rows may be missing) and `warnings`.

    Raises
    ------
    AwsError
        If AWS refuses the query, or does not finish it; of an error in the query it names the position.
    ScopeError
        If the window is open, empty or without a time zone.
    InsightsError
        If the text is empty or longer than CloudWatch takes.
    StoppedError
        If it is interrupted; the query is then stopped in CloudWatch too.

    Notes
    -----
    AWS charges by the uncompressed data scanned, whatever the rows are.
    Source: StartQuery and GetQueryResults, Amazon CloudWatch Logs API Reference.
    """
    groups, place = _groups(log_group)
    window, text, most = _window(query, start, end), _checked(query), _limit(limit)
    client = Access(profile=profile, region=region or place, role=role).client("logs")
    parts = _Parts(Asking(client, text, groups), shape(text), most)
    first = ceil(window[0].timestamp())
    with shown(0, what="Logs Insights: scanned") as progress:
        rows = list(parts.rows(first, max(ceil(window[1].timestamp()) - 1, first), progress))
    found = _ordered(frame(rows[:limit], pointers=pointers), parts)
    for warning in parts.warnings:
        warnings.warn(warning, InsightsWarning, stacklevel=2)
    usd, basis = _cost(parts.scanned, client.meta.region_name)
    caption = _caption(found, parts, window, basis)
    found.attrs.update(analysis="insights", caption=caption, usd=usd, **_about(parts))
    return found


@dataclass(slots=True)
class _Parts:
    """A query asked for a window, and for parts of it where it has too many rows."""

    asking: Asking
    shape: Shape
    limit: int | None
    scanned: Scanned = field(default_factory=Scanned)
    complete: bool = True
    warnings: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def rows(self, first: int, last: int, progress: Progress) -> Iterator[Row]:
        """Give each row once, the parts in the order that the query sorts time by."""
        most = min(self.limit or MOST_ROWS, MOST_ROWS)
        waiting = [(first, last)]
        given = 0
        while waiting and (self.limit is None or given < self.limit):
            begin, until = waiting.pop()
            answer = self.asking.ask(begin, until, most, progress)
            self.scanned += answer.scanned
            parts = self._halves(begin, until, answer)
            waiting += parts[::-1] if self._ascending else parts
            if not parts or (until - begin == 1 and _identified(answer)):
                for row in self._new(answer.rows):
                    given += 1
                    yield row

    @property
    def _ascending(self) -> bool:
        return self.shape.order is not None and self.shape.order[0] == ("@timestamp", True)

    def _new(self, rows: Sequence[Row]) -> Iterator[Row]:
        for row in rows:
            pointer = row.get(POINTER) if self.shape.by_record else None
            if pointer is None or pointer not in self.seen:
                self.seen |= {pointer} if pointer else set()
                yield row

    def _halves(self, first: int, last: int, answer: Answer) -> list[tuple[int, int]]:
        """Return the parts to ask instead, the earlier first; none where the answer is whole or cannot be parted.

        Where rows can be told apart the parts share a second, so that nothing between two seconds is lost.
        """
        if not self._lacks(answer):
            return []
        if not self.shape.by_record or first == last:
            self._tell(first, last, answer)
            return []
        middle = (first + last) // 2
        shared = last - first > 1 and _identified(answer)
        return [(first, middle), (middle if shared else middle + 1, last)]

    def _lacks(self, answer: Answer) -> bool:
        """Tell whether there may be rows that were asked for and not returned."""
        if answer.timed_out:
            return True
        count = len(answer.rows)
        if self.shape.limit is not None or (self.limit is not None and count >= self.limit):
            return False
        return answer.capped or (self.shape.by_record and answer.scanned.matched > count >= _SMALLEST_CAP)

    def _tell(self, first: int, last: int, answer: Answer) -> None:
        if answer.timed_out:
            raise AwsError.answered(
                f"for the results of a query in {self.asking.where}",
                "status Timeout",
                "",
                "CloudWatch stops a query after 60 minutes: ask for a shorter window.",
                "Service",
            )
        self.complete = False
        where = f"the second {_time(first)}" if first == last else "this window"
        step = "Narrow the query." if first == last else "Narrow the query, or ask for shorter windows one by one."
        self.warnings.append(
            f"rows may be missing: CloudWatch returned {len(answer.rows):,} for {where}, as many as it returns "
            f"at most. {step}"
        )


def _identified(answer: Answer) -> bool:
    return all(POINTER in row for row in answer.rows)


def _groups(given: str | Sequence[str]) -> tuple[tuple[str, ...], str | None]:
    """Return the names of log groups, and the region that is named with them."""
    regions, names = set(), []
    for group in [given] if isinstance(given, str) else given:
        region, _, name = group[len(_SCHEME) :].partition("/") if group.startswith(_SCHEME) else ("", "", group)
        regions.add(region or _region_of(name))
        names.append(name.removesuffix(":*") if name.startswith("arn:") else name)
    if not names or not all(names) or len(names) > _MOST_GROUPS or len(regions) > 1:
        raise ScopeError(
            f"log_group is the name or ARN of a log group, or up to {_MOST_GROUPS} of one region; not {given!r}. "
            "`aws logs describe-log-groups` lists them."
        )
    return tuple(names), regions.pop() or None


def _region_of(name: str) -> str:
    """Return the region of an ARN (``arn:aws:logs:REGION:…``), or nothing of a plain name."""
    parts = name.split(":")
    return parts[3] if name.startswith("arn:") and len(parts) > 3 else ""  # noqa: PLR2004 - the fourth


def _window(query: str, start: datetime | str | None, end: datetime | str | None) -> tuple[datetime, datetime]:
    own = (query.start, query.end) if isinstance(query, Query) else (None, None)
    window = Scope(start=start or own[0], end=end or own[1])  # type: ignore[arg-type] # it reads text
    if window.start is None or window.end is None:
        lacking = "start" if window.start is None else "end"
        raise ScopeError(
            f"the window has no {lacking}, and CloudWatch charges by what it scans. Give {lacking}= as in "
            "2026-03-10T08:00Z."
        )
    return window.start, window.end


def _checked(query: str) -> str:
    text = str(query)
    if not text.strip():
        raise InsightsError("the query is empty. Write one, or let fk.insights.query(flows) do it.")
    if len(text) > LONGEST:
        raise InsightsError(f"the query has {len(text):,} characters, and CloudWatch takes {LONGEST:,}. Shorten it.")
    return text


def _limit(limit: int | None) -> int | None:
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        raise ScopeError(f"limit is a number of rows from 1, or None for all, not {limit!r}.")
    return limit


def _ordered(found: pd.DataFrame, parts: _Parts) -> pd.DataFrame:
    """Sort what came in parts as the query sorts; where its order is not one of columns, say so."""
    if parts.scanned.queries == 1 or not len(found):
        return found
    order = parts.shape.order
    if order is not None and order[0][0] == "@timestamp" and "@timestamp" not in found.columns:
        return found  # the parts came in that order
    if order is None or not {name for name, _ in order} <= set(found.columns):
        parts.warnings.append("the rows are sorted within parts of the window only, since it had to be asked in parts.")
        return found
    names, ascending = [name for name, _ in order], [up for _, up in order]
    return found.sort_values(names, ascending=ascending, kind="stable", ignore_index=True)


def _cost(scanned: Scanned, region: str) -> tuple[float | None, str]:
    """Return the price of what was scanned in USD, and what it stands on."""
    try:
        found = price("insights_scanned", region)
    except PriceError as error:
        return None, f"; its price is not known: {error}"
    usd = found.cost(scanned.bytes / GB)
    return usd, f", about {usd:,.4f} USD ({found}; a GB is 2**30 B)."


def _about(parts: _Parts) -> dict[str, Any]:
    scanned = parts.scanned
    return {
        "bytes_scanned": scanned.bytes,
        "records_scanned": scanned.records,
        "records_matched": scanned.matched,
        "queries": scanned.queries,
        "complete": parts.complete,
        "warnings": list(parts.warnings),
    }


def _caption(found: pd.DataFrame, parts: _Parts, window: tuple[datetime, datetime], basis: str) -> str:
    scanned = parts.scanned
    several = f" by {scanned.queries} queries" if scanned.queries > 1 else ""
    rows = f"{len(found):,} row{'s' * (len(found) != 1)}"
    said = [
        f"{rows} from {parts.asking.where}, {_time(window[0])} to {_time(window[1])}.",
        f"Scanned{several}: {scanned.records:,} log events, {scanned.bytes:,} B{basis}",
    ]
    if not len(found) and scanned.records:
        said.append(
            "None matched: if the log group holds flow logs of another format, or something else, the query's "
            "field names are not its own."
        )
    if parts.shape.limit is not None and len(found) >= parts.shape.limit:
        said.append(f"The query's own limit of {parts.shape.limit:,} rows is reached.")
    elif parts.limit is not None and len(found) >= parts.limit:
        said.append(f"The limit of {parts.limit:,} rows is reached.")
    return " ".join([*said, *(f"{warning[0].upper()}{warning[1:]}" for warning in parts.warnings)])


def _time(time: datetime | int) -> str:
    moment = time if isinstance(time, datetime) else datetime.fromtimestamp(time, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%SZ}"
