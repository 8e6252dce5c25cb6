"""Load a folder of flow logs with one library, and print what it took as JSON.

Run in a fresh process for each measurement. The clock starts when the library has been imported,
which happens once in a session; how long that took is told apart.
"""

import json
import os
import resource
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from benchmarks.traffic import HEADER

READER_FILES = 2
"""How many files flowlogs_reader gets: it takes about the same time for each, and much of it."""


def flowkit(folder: Path, work: Path) -> int:
    """Load into an empty cache; the ledger, the hashes and the checks are part of it."""
    os.environ["FLOWKIT_CACHE"] = str(work)
    from flowkit.api import load

    return int(load(folder).count())


def polars(folder: Path, work: Path) -> int:
    """Turn the text into one typed Parquet file, streaming."""
    import polars as pl

    integers = {
        *("version", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end"),
        *("tcp-flags", "traffic-path"),
    }
    schema = {name: pl.Int64() if name in integers else pl.String() for name in HEADER.split()}
    records, parquet = folder / "*.log.gz", work / "records.parquet"
    pl.scan_csv(records, separator=" ", schema=schema, null_values="-").sink_parquet(parquet)
    return int(pl.scan_parquet(parquet).select(pl.len()).collect().item())


class Files:
    """Stands where flowlogs_reader expects an S3 client, and hands it local files."""

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        """Open the file named *Key*."""
        body: BinaryIO = (Path(Bucket) / Key).open("rb")
        return {"Body": body, "ContentLength": 0}


def flowlogs_reader(folder: Path, _work: Path) -> int:
    """Read every line of the first files into its record objects."""
    from flowlogs_reader import FlowRecord, S3FlowLogsReader

    reader = S3FlowLogsReader("", boto_client=Files())
    files = sorted(folder.glob("*.log.gz"))[:READER_FILES]
    return sum(FlowRecord(row) is not None for file in files for row in reader._read_file(str(file)))  # noqa: SLF001


def peak_bytes() -> int:
    """Return the peak resident memory of this process and its children."""
    unit = 1 if sys.platform == "darwin" else 1024
    usage = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return unit * sum(of.ru_maxrss for of in usage)


LIBRARIES = {function.__name__: function for function in (flowkit, polars, flowlogs_reader)}

if __name__ == "__main__":
    library, folder, work = sys.argv[1:]
    begun = time.perf_counter()
    import_module("flowkit.api" if library == "flowkit" else library)
    imported = time.perf_counter()
    records = LIBRARIES[library](Path(folder), Path(work))
    seconds = time.perf_counter() - imported
    measured = {"records": records, "seconds": seconds, "import_seconds": imported - begun}
    print(json.dumps(measured | {"peak_mb": peak_bytes() / 1e6}))
