"""Loading from S3 against a line of 15 MB/s: the whole against fetching alone and reading alone, and the listing.

``python -m benchmarks.remote FOLDER`` prints JSON: seconds, ratios, peak memory and requests. Each load is a process of
its own; the bucket is `benchmarks.bucket`, on loopback.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

RATE = 15_000_000
WINDOW = {"start": "2026-03-10T09:00Z", "end": "2026-03-10T10:00Z"}
EVERYTHING = 1e12


@contextmanager
def bucket(folder: Path, rate: float) -> Iterator[str]:
    """Run the bucket."""
    command = [sys.executable, "-m", "benchmarks.bucket", str(folder), str(rate)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None  # noqa: S101 - a pipe, as asked for
        try:
            yield json.loads(server.stdout.readline())["address"]
        finally:
            server.communicate()


def run(what: str, where: str, work: Path) -> dict[str, Any]:
    """Measure in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.remote", what, where, str(work)]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    figures: dict[str, Any] = json.loads(printed)
    return figures


def load(place: str) -> dict[str, Any]:
    """Load, in this process."""
    from flowkit.api import load as fk_load

    _warm(place)
    begin = time.perf_counter()
    flows = fk_load(place, **(WINDOW if "://" in place else {}))
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {"seconds": seconds, "peak_mb": peak, "records": int(flows.ledger.records.sum())}


def fetch(place: str) -> dict[str, Any]:
    """Fetch what a load would, eight objects at a time, and throw it away."""
    from flowkit.sources.places import Wanted, find

    def drain(log: Any) -> int:  # noqa: ANN401 - a LogObject
        with log.open() as body:
            return sum(map(len, iter(lambda: body.read(1 << 20), b"")))

    wanted = Wanted(*(_time(value) for value in WINDOW.values()))
    _warm(place)
    begin = time.perf_counter()
    with ThreadPoolExecutor(8) as pool:
        count = sum(pool.map(drain, find(place, wanted).objects))
    return {"seconds": time.perf_counter() - begin, "bytes": count}


def listed(place: str) -> dict[str, Any]:
    """Find the objects of an hour among a hundred thousand keys."""
    from flowkit.sources.places import Wanted, find

    wanted = Wanted(*(_time(value) for value in WINDOW.values()))
    _warm(place)
    begin, cpu = time.perf_counter(), time.process_time()
    found = find(place, wanted)
    seconds, own = time.perf_counter() - begin, time.process_time() - cpu
    return {"seconds": seconds, "own_seconds": own, "objects": len(found.objects), "listings": found.listings}


def _warm(place: str) -> None:
    """Have boto3 imported and its models read, which takes longer on some machines than the work that is measured."""
    from flowkit.sources.places import Wanted, find

    if "://" in place:
        find(place, Wanted(*(_time(value) for value in WINDOW.values())))


def _time(text: str) -> Any:  # noqa: ANN401 - datetime
    from datetime import datetime

    return datetime.fromisoformat(text)


def measure(folder: Path) -> dict[str, Any]:
    """Return all figures for a folder of logs."""
    figures: dict[str, Any] = {}
    with TemporaryDirectory(dir=folder.parent) as work:
        for file in folder.glob("*.gz"):
            file.read_bytes()
        figures["reading"] = run("load", str(folder), Path(work) / "local")
        with bucket(folder, RATE) as address:
            os.environ |= {"AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
            os.environ["AWS_REGION"] = "eu-central-1"
            figures["fetching"] = run("fetch", "s3://logs", Path(work) / "none")
            figures["both"] = run("load", "s3://logs", Path(work) / "remote")
            figures["listing"] = run("listed", "s3://logs", Path(work) / "none")
    slower = max(figures["reading"]["seconds"], figures["fetching"]["seconds"])
    return {**figures, "both_against_the_slower": figures["both"]["seconds"] / slower}


if __name__ == "__main__":
    if len(sys.argv) > 2:
        os.environ["FLOWKIT_CACHE"] = sys.argv[3]
        print(json.dumps({"load": load, "fetch": fetch, "listed": listed}[sys.argv[1]](sys.argv[2])))
    else:
        print(json.dumps(measure(Path(sys.argv[1]).resolve())))
