"""Ask what `benchmarks.load` loaded the same three questions, and print what each took as JSON: LIBRARY WORK LOGS.

Each library answers from its own loaded form: flowkit from its cache, pandas from a frame in memory, polars from
Parquet, DuckDB from its table. `first` holds the first answers of a fresh process, `warm` the median of further ones;
`answers` is what was answered, which must be the same for all.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.logs import HOST
from benchmarks.timing import timed

TOP, HOUR = 10, 3600
JOBS = ("bytes_by_srcaddr", "rejects_per_hour", "records_of_host")
Jobs = dict[str, Callable[[], Any]]
Answer = Callable[[str, Any], Any]


def flowkit(work: Path, logs: Path) -> tuple[Jobs, Answer]:
    """Ask in SQL, by an analysis, and by narrowing; nothing that an earlier question kept helps."""
    os.environ["FLOWKIT_CACHE"] = str(work)
    from datetime import timedelta

    from flowkit.analysis import reject_timeline, top_talkers
    from flowkit.api import load

    loaded = load(logs)
    top = f"SELECT srcaddr, sum(bytes) AS bytes FROM flows GROUP BY srcaddr ORDER BY bytes DESC, srcaddr LIMIT {TOP}"  # noqa: S608

    def fresh() -> Any:  # noqa: ANN401 - Flows
        loaded.origin._memory.clear()  # noqa: SLF001 - what a new session would not know either
        return loaded.narrow()

    jobs: Jobs = {
        "bytes_by_srcaddr": lambda: fresh().sql(top),
        "rejects_per_hour": lambda: reject_timeline(fresh(), every=timedelta(seconds=HOUR), by="action"),
        "records_of_host": lambda: fresh().narrow(address=HOST).to_pandas(),
        "bytes_counted_once": lambda: top_talkers(fresh()),
    }

    def answer(job: str, frame: Any) -> Any:  # noqa: ANN401 - a frame of any of the libraries
        if job == "rejects_per_hour":
            frame = frame[frame.records > 0]
            return [[int(t.timestamp()), int(n)] for t, n in zip(frame.bucket, frame.records, strict=True)]
        return _rows(frame) if job == "bytes_by_srcaddr" else [len(frame), int(frame.bytes.sum())]

    return jobs, answer


def pandas(work: Path, _logs: Path) -> tuple[Jobs, Answer]:
    """Ask a frame in memory."""
    import pandas as pd

    frame = pd.read_parquet(work / "records.parquet", dtype_backend="pyarrow")

    def top() -> Any:  # noqa: ANN401 - a frame
        summed = frame.groupby("srcaddr", as_index=False).bytes.sum()
        return summed.sort_values(["bytes", "srcaddr"], ascending=[False, True]).head(TOP)

    def rejects() -> Any:  # noqa: ANN401 - a series
        start = frame.loc[frame.action == "REJECT", "start"]
        return (start // HOUR * HOUR).value_counts().sort_index()

    jobs: Jobs = {
        "bytes_by_srcaddr": top,
        "rejects_per_hour": rejects,
        "records_of_host": lambda: frame[(frame.srcaddr == HOST) | (frame.dstaddr == HOST)],
    }

    def answer(job: str, found: Any) -> Any:  # noqa: ANN401 - a frame or a series
        if job == "rejects_per_hour":
            return [[int(hour), int(n)] for hour, n in found.items()]
        return _rows(found) if job == "bytes_by_srcaddr" else [len(found), int(found.bytes.sum())]

    return jobs, answer


def polars(work: Path, _logs: Path) -> tuple[Jobs, Answer]:
    """Ask a Parquet file, lazily."""
    import polars as pl

    scan = pl.scan_parquet(work / "records.parquet")
    hour = pl.col("start") // HOUR * HOUR
    top = scan.group_by("srcaddr").agg(pl.col("bytes").sum()).sort("bytes", "srcaddr", descending=[True, False])
    rejects = scan.filter(pl.col("action") == "REJECT").group_by(hour.alias("hour")).len().sort("hour")
    host = scan.filter((pl.col("srcaddr") == HOST) | (pl.col("dstaddr") == HOST))
    asked = {"bytes_by_srcaddr": top.head(TOP), "rejects_per_hour": rejects, "records_of_host": host}

    def answer(job: str, found: Any) -> Any:  # noqa: ANN401 - a frame
        return [len(found), int(found["bytes"].sum())] if job == "records_of_host" else [list(r) for r in found.rows()]

    return {job: lazy.collect for job, lazy in asked.items()}, answer


def duckdb(work: Path, _logs: Path) -> tuple[Jobs, Answer]:
    """Ask a table, in SQL; the records of a host come as a frame."""
    import duckdb as db
    import pandas as pd

    assert pd  # noqa: S101 - which duckdb would import within the first answer
    database = db.connect(str(work / "records.duckdb"), read_only=True)
    asked = {
        "bytes_by_srcaddr": "SELECT srcaddr, sum(bytes) AS bytes FROM records "
        "GROUP BY ALL ORDER BY bytes DESC, srcaddr LIMIT $most",
        "rejects_per_hour": "SELECT start // $hour * $hour AS hour, count(*) AS records FROM records "
        "WHERE action = 'REJECT' GROUP BY ALL ORDER BY hour",
        "records_of_host": "SELECT * FROM records WHERE srcaddr = $host OR dstaddr = $host",
    }
    given = {"bytes_by_srcaddr": {"most": TOP}, "rejects_per_hour": {"hour": HOUR}, "records_of_host": {"host": HOST}}

    def ask(job: str) -> Callable[[], Any]:
        return lambda: database.execute(asked[job], given[job]).df()

    def answer(job: str, found: Any) -> Any:  # noqa: ANN401 - a frame
        if job == "records_of_host":
            return [len(found), int(found.bytes.sum())]
        return [[key if isinstance(key, str) else int(key), int(n)] for key, n in found.itertuples(index=False)]

    return {job: ask(job) for job in asked}, answer


def _rows(frame: Any) -> list[list[Any]]:  # noqa: ANN401 - a frame
    return [[srcaddr, int(count)] for srcaddr, count in zip(frame.srcaddr, frame.bytes, strict=True)]


LIBRARIES = {function.__name__: function for function in (flowkit, pandas, polars, duckdb)}


def main(library: str, work: str, logs: str) -> None:
    """Ask, and print what it took."""
    jobs, answer = LIBRARIES[library](Path(work), Path(logs))
    took = timed(jobs)
    print(json.dumps({**took, "answers": {job: answer(job, jobs[job]()) for job in JOBS}}))


if __name__ == "__main__":
    main(*sys.argv[1:])
