"""One query in Athena: started, waited for, fetched page by page, and stopped if the user goes away."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flowkit.aws.refusals import answered
from flowkit.errors import AwsError, QueryError, StoppedError
from flowkit.inventory.text import brief, shown
from flowkit.progress import Progress
from flowkit.progress import shown as progressing
from flowkit.stopping import stop_asked

LONGEST: Final = 262_144
"""Bytes of a query that Athena takes at most. Source: "Service Quotas", Amazon Athena User Guide."""
_FIRST_WAIT, _LONGEST_WAIT, _GROWTH = 0.25, 3.0, 1.4
"""Seconds between two looks at a query: short ones are seen soon, long ones cost few requests."""
_PAGE: Final = 1_000
"""Rows of a page of results, the most that Athena gives."""
_GOING_ON: Final = ("QUEUED", "RUNNING")
_STEPS: Final = {
    "bytes scanned limit|exceeded the limit|cutoff": "The workgroup {workgroup} stops a query that scans more. Narrow "
    "the window or what is asked, or ask in another workgroup: workgroup=.",
    "exhausted resources|memory limit|scale factor": "Ask for a shorter window, or narrow what is asked.",
    "timeout|timed out": "Athena stops a query after 30 minutes: ask for a shorter window.",
    "access ?denied|not authorized|permission": "Ask for the rights in `flowkit audit --policy` to the table's bucket, "
    "and to write to the workgroup's place for results.",
    "hive_bad_data|hive_cursor_error|hive_partition_schema": "Files there are not as the table says. `flowkit athena "
    'ddl` prints the statement for a flow log; the files themselves are read by fk.load("s3://…").',
    "table_not_found|does not exist|schema_not_found": "Check database and table: they may have gone since.",
}
"""Parts of Athena's reason, in lower case, and the next step."""
_ELSE: Final = "Run it again; if it fails again, ask for a shorter window."

Pages = tuple[list[str], list[list[str | None]]]
"""The types of the columns, and the rows, as text."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A query that was run: what it scanned [B], how long it took [s], whether the answer was at hand already."""

    query: str
    scanned: int
    seconds: float
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks queries of one database in one workgroup.

    Attributes
    ----------
    client
        Of Athena, by `flowkit.aws.connect.Access`.
    workgroup, catalog, database
        Where they are asked.
    priced
        Returns what a number of bytes costs, in words.
    """

    client: Any
    workgroup: str
    catalog: str
    database: str
    priced: Callable[[int], str]

    def ask(self, sql: str) -> tuple[Pages, Asked]:
        """Return what a query gives, and what it took.

        Raises
        ------
        AwsError
            If Athena refuses the query, stops it, or cannot be reached.
        QueryError
            If the query is longer than Athena takes.
        StoppedError
            If it is interrupted; it is then stopped in Athena too.
        """
        if (length := len(sql.encode())) > LONGEST:
            raise QueryError(
                f"the question takes {length:,} B of SQL, and Athena reads {LONGEST:,}: it brings along too many "
                "addresses or names. Narrow it, such as flows.narrow(vpc_id=…)."
            )
        begun = time.monotonic()
        with progressing(0, what="Athena: scanned") as progress:
            running = _Running(self, self._start(sql), progress)
            scanned = running.wait()
            progress.step(f"Athena scanned {self.priced(scanned)}")
            return running.pages(), Asked(sql, scanned, time.monotonic() - begun)

    def _start(self, sql: str) -> str:
        place = {"Catalog": self.catalog, "Database": self.database}
        try:
            with answered("to run a query (athena:StartQueryExecution)"):
                told = self.client.start_query_execution(
                    QueryString=sql, QueryExecutionContext=place, WorkGroup=self.workgroup
                )
        except AwsError as error:
            raise _explained(error, self.workgroup) from error
        return str(told["QueryExecutionId"])


@dataclass(slots=True)
class _Running:
    """A query that runs in Athena."""

    asking: Asking
    query_id: str
    progress: Progress
    seen: int = 0

    def wait(self) -> int:
        """Return how many bytes it scanned, once it is done."""
        pause = _FIRST_WAIT
        try:
            while (told := self._look()).get("State") in _GOING_ON:
                if stop_asked():
                    raise KeyboardInterrupt  # noqa: TRY301 - both are the user's
                time.sleep(pause)
                pause = min(pause * _GROWTH, _LONGEST_WAIT)
        except KeyboardInterrupt:
            raise StoppedError(self._stopped()) from None
        except AwsError:
            self._stop()  # nobody is left to take its answer
            raise
        if told.get("State") != "SUCCEEDED":
            raise self._failed(told)
        return self.seen

    def _look(self) -> Mapping[str, Any]:
        with answered("how a query goes (athena:GetQueryExecution)"):
            told = self.asking.client.get_query_execution(QueryExecutionId=self.query_id)["QueryExecution"]
        scanned = int((told.get("Statistics") or {}).get("DataScannedInBytes") or 0)
        if scanned > self.seen:
            self.progress.bytes(scanned - self.seen)
            self.seen = scanned
        status: Mapping[str, Any] = told.get("Status") or {}
        return status

    def _failed(self, status: Mapping[str, Any]) -> AwsError:
        reason = str(status.get("StateChangeReason") or "")
        step = next((step for parts, step in _STEPS.items() if re.search(parts, reason.lower())), _ELSE)
        return AwsError.answered(
            f"to run a query in the workgroup {brief(self.asking.workgroup)}",
            shown(str(status.get("State"))),
            brief(reason).rstrip("."),
            f"{step.format(workgroup=brief(self.asking.workgroup))} It scanned {self.asking.priced(self.seen)}.",
            "Query",
        )

    def pages(self) -> Pages:
        """Return all rows of its answer."""
        types: list[str] = []
        rows: list[list[str | None]] = []
        token: dict[str, str] = {}
        while True:
            with answered("for the answer of a query (athena:GetQueryResults)"):
                told = self.asking.client.get_query_results(QueryExecutionId=self.query_id, MaxResults=_PAGE, **token)
            found = told["ResultSet"]
            if not types:
                types = [str(column["Type"]) for column in found["ResultSetMetadata"]["ColumnInfo"]]
            page = [[cell.get("VarCharValue") for cell in row["Data"]] for row in found["Rows"]]
            rows += page if token else page[1:]  # the first row of the first page names the columns
            if not told.get("NextToken"):
                return types, rows
            token = {"NextToken": told["NextToken"]}

    def _stop(self) -> bool:
        """Stop it in Athena; whether AWS said that it did."""
        try:
            with answered("to stop a query (athena:StopQueryExecution)"):
                self.asking.client.stop_query_execution(QueryExecutionId=self.query_id)
        except AwsError:  # it is done already, or cannot be reached
            return False
        return True

    def _stopped(self) -> str:
        how = "and so was the query in Athena" if self._stop() else "but whether the query in Athena was is not known"
        return f"stopped, {how}. It had scanned {self.asking.priced(self.seen)} or more. Run it again to go on."


def _explained(error: AwsError, workgroup: str) -> AwsError:
    """Return in flowkit's words what Athena refuses for the sake of the workgroup, else the error as it is."""
    if "output location" not in str(error).lower():
        return error
    return AwsError.answered(
        f"to run a query in the workgroup {brief(workgroup)}",
        error.code,
        "it has no place for results",
        "Athena itself writes each answer to S3. Give the workgroup such a place, or ask in another: workgroup=.",
        "Query",
    )
