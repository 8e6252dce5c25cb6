"""Load a folder of flow logs with one library, and print what it took as JSON: LIBRARY FOLDER WORK.

Run in a fresh process for each measurement. The clock starts when the library has been imported,
which happens once in a session; how long that took is told apart. What was loaded stays in WORK, for
`benchmarks.query`.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

from benchmarks.logs import COLUMNS, FIELDS, INTEGERS

READER_FILES = 2
"""How many files flowlogs_reader gets: it takes about the same time for each, and much of it."""
Loaded = tuple[int, Callable[[], object]]
"""How many records, and what keeps them where loading did not: a frame lives in memory."""


def _is_kept() -> None:
    """Do nothing: it was written when it was loaded."""


def flowkit(folder: Path, work: Path) -> Loaded:
    """Load into an empty cache; the ledger, the hashes and the checks are part of it."""
    os.environ["FLOWKIT_CACHE"] = str(work)
    from flowkit.api import load

    return int(load(folder).count()), _is_kept


def polars(folder: Path, work: Path) -> Loaded:
    """Turn the text into one typed Parquet file, streaming."""
    import polars as pl

    schema = {name: pl.Int64() if name in INTEGERS else pl.String() for name in FIELDS}
    records, parquet = folder / "*.log.gz", work / "records.parquet"
    pl.scan_csv(records, separator=" ", schema=schema, null_values="-").sink_parquet(parquet)
    return int(pl.scan_parquet(parquet).select(pl.len()).collect().item()), _is_kept


def pandas(folder: Path, work: Path) -> Loaded:
    """Read every file with pandas' quickest reader into one typed frame in memory."""
    import pandas as pd

    asked: dict[str, Any] = {"sep": " ", "engine": "pyarrow", "dtype_backend": "pyarrow", "na_values": ["-"]}
    frame = pd.concat([pd.read_csv(file, **asked) for file in sorted(folder.glob("*.log.gz"))], ignore_index=True)
    return len(frame), lambda: frame.to_parquet(work / "records.parquet")


def duckdb(folder: Path, work: Path) -> Loaded:
    """Read the text into a typed table of a database file, by SQL."""
    import duckdb as db

    types = {column: "BIGINT" if name in INTEGERS else "VARCHAR" for name, column in zip(FIELDS, COLUMNS, strict=True)}
    with db.connect(str(work / "records.duckdb")) as database:
        # The types are ours, and a parameter is not taken there.
        read = f"read_csv($1, delim=' ', header=true, nullstr='-', columns={types})"
        database.execute(f"CREATE TABLE records AS SELECT * FROM {read}", [str(folder / "*.log.gz")])  # noqa: S608
        counted = database.execute("SELECT count(*) FROM records").fetchone()
    return int(counted[0]) if counted else 0, _is_kept


class Files:
    """Stands where flowlogs_reader expects an S3 client, and hands it local files."""

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        """Open the file named *Key*."""
        body: BinaryIO = (Path(Bucket) / Key).open("rb")
        return {"Body": body, "ContentLength": 0}


def flowlogs_reader(folder: Path, _work: Path) -> Loaded:
    """Read every line of the first files into its record objects."""
    from flowlogs_reader import FlowRecord, S3FlowLogsReader

    reader = S3FlowLogsReader("", boto_client=Files())
    files = sorted(folder.glob("*.log.gz"))[:READER_FILES]
    read = sum(FlowRecord(row) is not None for file in files for row in reader._read_file(str(file)))  # noqa: SLF001
    return read, _is_kept


def peak_bytes() -> int:
    """Return the peak resident memory of this process and its children."""
    unit = 1 if sys.platform == "darwin" else 1024
    usage = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return unit * sum(of.ru_maxrss for of in usage)


LIBRARIES = {function.__name__: function for function in (flowkit, polars, pandas, duckdb, flowlogs_reader)}


def main(library: str, folder: str, work: str) -> None:
    """Load, and print what it took."""
    begun = time.perf_counter()
    import_module("flowkit.api" if library == "flowkit" else library)
    imported = time.perf_counter()
    records, keep = LIBRARIES[library](Path(folder), Path(work))
    seconds = time.perf_counter() - imported
    measured = {"records": records, "seconds": seconds, "import_seconds": imported - begun}
    measured |= {"peak_mb": peak_bytes() / 1e6}
    keep()
    print(json.dumps(measured | {"version": version({"flowkit": "vpc-flowkit"}.get(library, library))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
