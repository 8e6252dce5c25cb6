"""Measure the questions of `benchmarks.scale` on a Spark of one master and so many workers, on Parquet files.

``python -m benchmarks.scale_spark MASTER FOLDER``: MASTER is the address of a cluster that runs (``spark://…``), or how
many workers of one core and 6 GB each to start on this machine, one count after the other (``1,2``). FOLDER holds logs
as `benchmarks.traffic` writes them; they are turned into Parquet first, which is not measured. Takes PySpark and Java.
Each count of workers is one session, as its user has it: the conversations are worked out once and held there, the
questions come after. Kept in results/scale.json.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.logs import COLUMNS, FIELDS, INTEGERS
from benchmarks.machine import machine
from benchmarks.running import BENCH, ROOT, empty_folder
from benchmarks.scale import FAILED, keep
from benchmarks.scale_step import CONVERSATIONS, questions

MEMORY = os.environ.get("BENCH_WORKER_MEMORY", "6g")
DRIVER = os.environ.get("BENCH_DRIVER_MEMORY", "2g")
HERE = "127.0.0.1"
PATIENCE = 60


def to_parquet(logs: Path, work: Path, compression: str = "zstd") -> list[Path]:
    """Write the logs as typed Parquet files, a file per some millions of records, and return them."""
    import duckdb

    types = {column: "BIGINT" if name in INTEGERS else "VARCHAR" for name, column in zip(FIELDS, COLUMNS, strict=True)}
    files = sorted(logs.glob("*.log.gz"))
    made = []
    for number in range(0, len(files), 20):
        made.append(work / f"records-{number:05}.parquet")
        names = [str(file) for file in files[number : number + 20]]
        read = f"read_csv({names}, delim=' ', header=true, nullstr='-', columns={types})"
        duckdb.sql(f"COPY (FROM {read}) TO '{made[-1]}' (FORMAT parquet, COMPRESSION {compression})")
    return made


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind((HERE, 0))
        return int(found.getsockname()[1])


@contextmanager
def daemon(work: Path, name: str, *options: str) -> Iterator[None]:
    """Run a master or a worker of Spark, and stop it by its process id."""
    import pyspark

    home = Path(pyspark.__file__).parent
    env = os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": HERE, "SPARK_DAEMON_MEMORY": "512m"}
    command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", *options]
    with (work / f"{name}-{free_port()}.log").open("w") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def cluster(workers: int, work: Path) -> Iterator[str]:
    """Run a master and workers of one core each; give the master's address.

    Raises
    ------
    TimeoutError
        If the master does not come up.
    """
    port, page = free_port(), free_port()
    with ExitStack() as running:
        options = ("--host", HERE, "--port", str(port), "--webui-port", str(page))
        running.enter_context(daemon(work, "master.Master", *options))
        until = time.monotonic() + PATIENCE
        while socket.socket().connect_ex((HERE, port)):
            if time.monotonic() > until:
                raise TimeoutError(f"no Spark master after {PATIENCE} s: see {work}/master.Master-*.log")
            time.sleep(0.2)
        master = f"spark://{HERE}:{port}"
        for _ in range(workers):
            place = ("--cores", "1", "--memory", MEMORY, "--work-dir", str(work / "work"))
            worker = ("--host", HERE, "--webui-port", str(free_port()), *place, master)
            running.enter_context(daemon(work, "worker.Worker", *worker))
        yield master


def settings(workers: int | None, work: Path) -> dict[str, str]:
    """Return what the session is told: one executor of one core for each worker, and partitions for their cores."""
    told = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.driver.host": HERE,
        "spark.driver.bindAddress": HERE,
        "spark.driver.memory": DRIVER,
        "spark.local.dir": str(work),
        "spark.executor.memory": f"{int(MEMORY[:-1]) * 1024 - 1024}m",
    }
    if workers:
        told |= {"spark.executor.cores": "1", "spark.sql.shuffle.partitions": str(16 * workers)}
    return told


def shuffled_mb(session: Any) -> float:  # noqa: ANN401 - Spark's
    """Return what all executors have written for others to read, up to now."""
    time.sleep(0.5)  # Spark's own book-keeping is a little late
    executors = session.sparkContext._jsc.sc().statusStore().executorList(False)  # noqa: SLF001 - Python has no way of its own
    return sum(executors.apply(number).totalShuffleWrite() for number in range(executors.size())) / 1e6


def ask(master: str, parquet: str, work: str, workers: str) -> None:
    """Ask in this process, which has one session; print a line of JSON for each step."""
    os.environ |= {"SPARK_LOCAL_IP": HERE, "PYSPARK_PYTHON": sys.executable}
    import ibis
    from pyspark.sql import SparkSession

    import flowkit as fk

    builder = SparkSession.builder.master(master).appName("flowkit benchmark")
    for name, value in settings(int(workers) or None, Path(work)).items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    try:
        flows = fk.load(ibis.pyspark.connect(session).read_parquet(parquet))
        asked = {"count": lambda flows: flows.count(), CONVERSATIONS: lambda flows: flows.facts.count().to_pandas()}
        for step, question in (asked | questions()).items():
            before, begun = shuffled_mb(session), time.perf_counter()
            try:
                question(flows)
                took: dict[str, object] = {"seconds": time.perf_counter() - begun}
                took["shuffled_mb"] = shuffled_mb(session) - before
            except fk.FlowkitError as error:
                took = {FAILED: " ".join(str(error).split())[:200]}
            print(json.dumps({step: took}), flush=True)
    finally:
        session.stop()


def measure(master: str, workers: int | None, parquet: Path, records: int, work: Path) -> None:
    """Ask one cluster everything, in a process of its own; print a row for every step, and keep them."""
    run = {
        "taken": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(), "records": records,
        "workers": workers, "worker_memory": MEMORY, "steps": {},
    }  # fmt: skip
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.scale_spark", "--ask", master, str(parquet), str(work)]
    with subprocess.Popen([*command, str(workers or 0)], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            if not line.startswith("{"):
                continue
            ((step, took),) = json.loads(line).items()
            run["steps"][step] = took
            told = took[FAILED] if FAILED in took else f"{took['seconds']:10.2f} {took['shuffled_mb']:12,.0f}"
            print(f"{records:13,} {workers or master!s:>9} {step:14} {told}", flush=True)
            keep("spark", run, "records", "workers")


def main() -> None:
    """Measure each count of workers, or the cluster that runs."""
    if sys.argv[1:2] == ["--ask"]:
        ask(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale_spark", description=__doc__)
    parser.add_argument("master", help="spark://…, or counts of workers to start here: 1,2")
    parser.add_argument("logs", type=Path, metavar="FOLDER", help="a folder of logs")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that master and workers go, too
    BENCH.mkdir(exist_ok=True)
    print(f"{'records':>13} {'workers':>9} {'step':14} {'seconds':>10} {'shuffled MB':>12}")
    with empty_folder() as work:
        parquet = work / "parquet"
        parquet.mkdir()
        import duckdb

        records = duckdb.read_parquet([str(file) for file in to_parquet(given.logs, parquet)]).shape[0]
        if "://" in given.master:
            measure(given.master, None, parquet, records, work)
            return
        for workers in map(int, given.master.split(",")):
            with cluster(workers, work) as master:
                measure(master, workers, parquet, records, work)


if __name__ == "__main__":
    main()
