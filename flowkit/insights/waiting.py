"""One query in CloudWatch: started, waited for, fetched page by page, and stopped if the user goes away."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flowkit.aws.refusals import answered
from flowkit.errors import AwsError, StoppedError
from flowkit.inventory.text import brief, shown
from flowkit.progress import Progress

_FIRST_WAIT, _LONGEST_WAIT, _GROWTH = 0.25, 3.0, 1.4
"""Seconds between two looks; ten requests a second are allowed to all of an account's users together."""
_PAGE: Final = 10_000
"""Rows that a query returns where nothing else is asked for."""
_PATIENCE: Final = 20
"""How often in a row AWS may not know a query's state."""
_GOING_ON: Final = ("Scheduled", "Running", "Unknown")
_STEPS: Final = {
    "Failed": "Run it again; if it fails again, ask for a shorter window.",
    "Cancelled": "Somebody stopped it. Run it again.",
    "Timeout": "CloudWatch stops a query after 60 minutes: ask for a shorter window.",
}

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Scanned:
    """What queries cost: B and records read, records that matched, and how many queries it took."""

    bytes: int = 0
    records: int = 0
    matched: int = 0
    queries: int = 0

    def __add__(self, other: "Scanned") -> "Scanned":
        """Return both together."""
        return Scanned(
            self.bytes + other.bytes,
            self.records + other.records,
            self.matched + other.matched,
            self.queries + other.queries,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a query, what it scanned, and whether there may be more rows than it could return."""

    rows: Sequence[Row]
    scanned: Scanned
    capped: bool = False
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class Asking:
    """A query and where to ask it; windows and row limits come with each question."""

    client: Any
    text: str
    groups: tuple[str, ...]

    @property
    def where(self) -> str:
        """The log groups, for sentences."""
        named = ", ".join(brief(group) for group in self.groups[:3])
        more = f" and {len(self.groups) - 3} more" if len(self.groups) > 3 else ""  # noqa: PLR2004 - what fits
        return f"the log group{'s' * (len(self.groups) > 1)} {named}{more}"

    def ask(self, first: int, last: int, most: int, progress: Progress) -> Answer:
        """Return what the query answers for the seconds from *first* to *last*, both included.

        Raises
        ------
        AwsError
            If AWS refuses the query or does not finish it.
        StoppedError
            If the user interrupts it; it is then stopped in CloudWatch too.
        """
        waiting = _Waiting(self, self._start(first, last, most), progress)
        try:
            return waiting.answer(most)
        except KeyboardInterrupt:
            raise StoppedError(waiting.stopped()) from None
        except AwsError:
            waiting.stop()
            raise

    def _start(self, first: int, last: int, most: int) -> str:
        where = _where(self.groups)
        try:
            with answered(f"to run a query in {self.where} (logs:StartQuery)"):
                told = self.client.start_query(
                    **where, startTime=first, endTime=last, queryString=str(self.text), limit=most
                )
        except AwsError as error:
            raise self._explained(error) from error.__cause__
        return str(told["queryId"])

    def _explained(self, error: AwsError) -> AwsError:
        """Point to where in the query AWS sees the error; say what the limit is that was met."""
        if error.code == "LimitExceededException":
            step = (
                "An account runs at most 100 queries at a time in a region, those of dashboards included. Wait until "
                "some are done, then run this again."
            )
            return AwsError.answered(f"to run a query in {self.where}", error.code, "", step, error.kind)
        told = getattr(error.__cause__, "response", {}).get("queryCompileError") or {}
        place = told.get("location") or {}
        if error.kind != "Query" or "startCharOffset" not in place:
            return error
        words = shown(str(told.get("message") or "")).rstrip(".")
        message = f"{words}{': ' if words else ''}{_pointed(self.text, int(place['startCharOffset']))}"
        return AwsError.answered(
            f"to run a query in {self.where}", error.code, message, "Correct it there, then run it again.", error.kind
        )


@dataclass(slots=True)
class _Waiting:
    """A query that runs."""

    asking: Asking
    query_id: str
    progress: Progress
    seen: int = 0

    def answer(self, most: int) -> Answer:
        """Wait until it is done, and return what it found."""
        wait, unknown = _FIRST_WAIT, 0
        while (told := self._told())["status"] in _GOING_ON:
            unknown = unknown + 1 if told["status"] == "Unknown" else 0
            if unknown > _PATIENCE:
                break
            time.sleep(wait)
            wait = min(wait * _GROWTH, _LONGEST_WAIT)
        scanned = _scanned(told)
        if told["status"] == "Timeout":
            return Answer((), scanned, capped=True, timed_out=True)
        if told["status"] != "Complete":
            raise self._ended(str(told["status"]))
        rows = self._rows(told, most)
        return Answer(rows, scanned, capped=len(rows) in (most, _PAGE))

    def _ended(self, status: str) -> AwsError:
        what = f"for the results of a query in {self.asking.where}"
        step = _STEPS.get(status, "Run it again.")
        return AwsError.answered(what, f"status {shown(status)}", "", step, "Service")

    def _told(self, **token: str) -> dict[str, Any]:
        with answered(f"for the results of a query in {self.asking.where} (logs:GetQueryResults)"):
            told: dict[str, Any] = self.asking.client.get_query_results(queryId=self.query_id, **token)
        scanned = _scanned(told).bytes
        if scanned > self.seen:
            self.progress.bytes(scanned - self.seen)
            self.seen = scanned
        return told

    def _rows(self, told: dict[str, Any], most: int) -> list[Row]:
        rows = list(map(_row, told.get("results") or []))
        while told.get("nextToken") and len(rows) < most:
            told = self._told(nextToken=told["nextToken"])
            rows += map(_row, told.get("results") or [])
        return rows[:most]

    def stop(self) -> bool:
        """Stop it in CloudWatch; whether AWS said that it did."""
        try:
            with answered("to stop a query (logs:StopQuery)"):
                self.asking.client.stop_query(queryId=self.query_id)
        except AwsError:  # it is done already, or cannot be reached
            return False
        return True

    def stopped(self) -> str:
        """Stop it, and say so."""
        done = self.stop()
        how = "and so was the query in CloudWatch" if done else "but whether the query in CloudWatch was is not known"
        return f"stopped, {how}. AWS charges for what it had scanned: {self.seen:,} B or more. Run it again to go on."


def _where(groups: Sequence[str]) -> dict[str, Any]:
    if any(group.startswith("arn:") for group in groups):
        return {"logGroupIdentifiers": list(groups)}
    return {"logGroupNames": list(groups)} if len(groups) > 1 else {"logGroupName": groups[0]}


def _row(cells: Sequence[Mapping[str, str]]) -> Row:
    return {cell["field"]: cell.get("value", "") for cell in cells if "field" in cell}


def _scanned(told: Mapping[str, Any]) -> Scanned:
    statistics = told.get("statistics") or {}
    read, records, matched = (
        int(statistics.get(name) or 0) for name in ("bytesScanned", "recordsScanned", "recordsMatched")
    )
    return Scanned(read, records, matched, queries=1)


def _pointed(text: str, offset: int) -> str:
    """Say which line and column of the query an offset is, and what stands there."""
    before = text[:offset]
    line, column = before.count("\n") + 1, offset - before.rfind("\n")
    return f"line {line}, column {column}, at {brief(text[offset : offset + 40])!r}"
