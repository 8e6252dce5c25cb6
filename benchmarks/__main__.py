"""Measure flowkit beside its rivals, print one table, and keep the figures as JSON.

Each load runs in a fresh process, the libraries by turns, so that a slow minute of the machine
hits all of them. This process stays small: a child's peak memory begins at its parent's.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import mkdtemp
from typing import Any

ROOT = Path(__file__).parents[1]
BENCH = ROOT / ".bench"
RESULTS = ROOT / "benchmarks" / "results" / "latest.json"
LIBRARIES = ("flowkit", "polars", "flowlogs_reader")
VERSIONS = (
    "vpc-flowkit",
    "polars",
    "flowlogs_reader",
    "duckdb",
    "pyarrow",
    "ibis-framework",
    "pandas",
    "numpy",
)
IMPORTS = 5
Figures = dict[str, Any]


def python(module: str, *arguments: object) -> str:
    """Run a module in a fresh Python and return what it printed."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


@contextmanager
def empty_folder() -> Iterator[Path]:
    """Give a folder for one measurement, on the disk that holds the logs."""
    folder = Path(mkdtemp(dir=BENCH))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def traffic(records: int) -> Path:
    """Return a folder of that many records, made once, and read once so that it is in memory."""
    folder = BENCH / f"traffic-{records}"
    print(f"{records:,} records in {folder.relative_to(ROOT)}", flush=True)
    python("benchmarks.traffic", folder, records)
    for file in folder.iterdir():
        file.read_bytes()
    return folder


def load(library: str, logs: Path) -> Figures:
    """Load once; return ``records``, ``seconds`` and ``peak_mb``."""
    with empty_folder() as work:
        figures: Figures = json.loads(python("benchmarks.load", library, logs, work))
    print(f"  {library:16} {figures['seconds']:7.2f} s", flush=True)
    return figures


def loads(records: int, rounds: int) -> Figures:
    """Load with each library by turns; return medians, and how flowkit compares."""
    logs = traffic(records)
    runs: dict[str, list[Figures]] = {library: [] for library in LIBRARIES}
    for _ in range(rounds):
        for library, done in runs.items():
            done.append(load(library, logs))
    figures: Figures = {}
    for library, done in runs.items():
        seconds = median(run["seconds"] for run in done)
        read = done[0]["records"]
        figures[library] = {
            "records": read,
            "seconds": seconds,
            "all_seconds": [run["seconds"] for run in done],
            "records_per_second": read / seconds,
            "import_seconds": median(run["import_seconds"] for run in done),
            "peak_mb": max(run["peak_mb"] for run in done),
        }
    if {figures[name]["records"] for name in ("flowkit", "polars")} != {records}:
        sys.exit(f"not the {records:,} records that were written: {figures}")
    flowkit, reader = figures["flowkit"], figures["flowlogs_reader"]
    return figures | {
        "seconds_flowkit_to_polars": flowkit["seconds"] / figures["polars"]["seconds"],
        "speed_flowkit_to_flowlogs_reader": flowkit["records_per_second"] / reader["records_per_second"],
    }


def answers(records: int, rounds: int) -> Figures:
    """Return what it takes to answer: seconds of the questions, and of joining records to conversations before."""
    with empty_folder() as cache:
        logs = BENCH / f"traffic-{records}"
        asked: Figures = json.loads(python("benchmarks.questions", logs, cache))
        return asked | {"meaning": meaning(logs, cache, rounds), "workbench": workbench(logs, cache)}


def workbench(logs: Path, cache: Path) -> Figures | None:
    """Return how long picks in the workbench take, from the click to what is redrawn; None without a browser."""
    if not (os.environ.get("FLOWKIT_CHROMIUM") or shutil.which("chromium")):
        return None
    used: Figures = json.loads(python("benchmarks.workbench", logs, cache))
    return used


def meaning(logs: Path, cache: Path, rounds: int) -> Figures:
    """Return what working out the conversations of loaded records takes: `records`, `seconds`, `peak_mb`."""
    done = [json.loads(python("benchmarks.meaning", logs, cache)) for _ in range(rounds)]
    peak = max(run["peak_mb"] for run in done)
    return {"records": done[0]["records"], "seconds": median(run["seconds"] for run in done), "peak_mb": peak}


def large(records: int) -> Figures:
    """Load more records once, and work out their conversations once."""
    logs = traffic(records)
    loaded = load("flowkit", logs)
    with empty_folder() as cache:
        python("benchmarks.load", "flowkit", logs, cache)
        return loaded | {"meaning": meaning(logs, cache, 1)}


def remote(records: int) -> Figures:
    """Return what loading from a bucket behind a line of 15 MB/s takes, against fetching and reading alone."""
    done: Figures = json.loads(python("benchmarks.remote", BENCH / f"traffic-{records}"))
    return done


def import_seconds() -> float:
    """Return what ``import flowkit`` adds to starting Python."""

    def seconds(code: str) -> float:
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
        return time.perf_counter() - begun

    seconds("import flowkit")  # writes the bytecode
    pairs = [(seconds("import flowkit"), seconds("pass")) for _ in range(IMPORTS)]
    return median(flowkit for flowkit, _ in pairs) - median(bare for _, bare in pairs)


def machine() -> Figures:
    """Return what the figures depend on."""
    models = Path("/proc/cpuinfo")
    lines = models.read_text(encoding="utf-8").splitlines() if models.exists() else []
    named = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": named[0] if named else platform.processor(),
        "cores": os.cpu_count(),
        "memory_gb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9,
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in VERSIONS},
    }


def load_row(name: str, of: Figures) -> str:
    """Write one load as a row of the table."""
    speed = of["records"] / of["seconds"]
    return f"{name:24} {of['records']:12,} {of['seconds']:9.2f} {speed:11,.0f} {of['peak_mb']:9,.0f}"


def narrowed_rows(narrowed: Figures) -> list[str]:
    """Write what questions take in scopes narrowed anew: a row per scope, a column per question."""
    questions = list(next(iter(narrowed.values())))
    head = f"{'seconds, narrowed anew':24} " + " ".join(f"{name:>16}" for name in questions)
    return [head, *(f"{scope:24} " + " ".join(f"{of[q]:16.3f}" for q in questions) for scope, of in narrowed.items())]


def workbench_rows(used: Figures | None) -> list[str]:
    """Write what a pick in the workbench takes, in all and by view."""
    if used is None:
        return ["no Chromium: the workbench was not measured"]
    head = f"{'seconds, workbench':24} {'picks':>6} {'median':>9} {'95 of 100':>10} {'kernel':>9} {'95 of 100':>10}"
    rows = {"all views": used["picks"], **used["views"]}
    columns = (("seconds", 9), ("seconds_p95", 10), ("kernel", 9), ("kernel_p95", 10))
    told = [
        f"{name:24} {of['count']:6} " + " ".join(f"{of[column]:{width}.2f}" for column, width in columns)
        for name, of in rows.items()
    ]
    return [head, *told, f"first display {used['first_display']:.2f} s; slowest: {'; '.join(used['picks']['slowest'])}"]


def remote_rows(measured: Figures) -> list[str]:
    """Write what loading from a bucket takes."""
    listing, slower = measured["listing"], measured["both_against_the_slower"]
    rows = [f"{name:36} {measured[name]['seconds']:9.2f}" for name in ("reading", "fetching", "both")]
    return [
        f"{'seconds, from S3 at 15 MB/s':36}",
        *rows,
        f"both : the slower alone {slower:.2f}, peak {measured['both']['peak_mb']:,.0f} MB",
        f"of 100,000 keys: {listing['listings']} listings, {listing['own_seconds']:.2f} s of flowkit's own",
    ]


def report(figures: Figures) -> str:
    """Write the figures as the table that people read."""
    on, loaded = figures["machine"], figures["load"]
    reader = loaded["flowlogs_reader"]
    extrapolated = loaded["polars"]["records"] / reader["records_per_second"]
    large = [load_row("flowkit, large", figures["large"])] if figures["large"] else []
    asked = figures["answers"]
    joined = [load_row("conversations", asked["meaning"])]
    joined += [load_row("conversations, large", figures["large"]["meaning"])] if figures["large"] else []
    lines = [
        f"{on['cpu']}, {on['cores']} cores, {on['memory_gb']:.0f} GB, {on['system']}, Python {on['python']}",
        ", ".join(f"{name} {number}" for name, number in on["versions"].items()),
        "",
        f"{'load':24} {'records':>12} {'seconds':>9} {'records/s':>11} {'peak MB':>9}",
        *(load_row(library, loaded[library]) for library in LIBRARIES),
        *large,
        "imported before that: " + ", ".join(f"{n} {loaded[n]['import_seconds']:.2f} s" for n in LIBRARIES),
        f"flowkit : polars, seconds {loaded['seconds_flowkit_to_polars']:.2f}",
        f"flowkit : flowlogs_reader, records/s {loaded['speed_flowkit_to_flowlogs_reader']:.1f}",
        f"flowlogs_reader read {reader['records']:,} of them; all: {extrapolated:.0f} s (extrapolated)",
        "",
        f"{'worked out once':24} {'records':>12} {'seconds':>9} {'records/s':>11} {'peak MB':>9}",
        *joined,
        "",
        f"{'seconds':36} {'warm':>9} {'first':>9}",
        *(f"{name:36} {seconds:9.3f} {asked['first'][name]:9.2f}" for name, seconds in asked["warm"].items()),
        "",
        *narrowed_rows(asked["narrowed"]),
        "",
        *workbench_rows(asked["workbench"]),
        "",
        *remote_rows(figures["remote"]),
        "",
        f"{'facts on a million addresses':36} {figures['addresses']['seconds']:9.3f}",
        f"{'import flowkit':36} {figures['import_seconds']:9.3f}",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--records", type=int, default=4_000_000, help="records that all libraries load")
    parser.add_argument("--rounds", type=int, default=3, help="loads by each library")
    parser.add_argument(
        "--large",
        type=int,
        default=int(os.environ.get("BENCH_RECORDS", "0")),
        help="records for one more load by flowkit, to see its memory grow or not (BENCH_RECORDS)",
    )
    parser.add_argument("--full", dest="large", action="store_const", const=16_000_000, help="--large 16000000")
    asked = parser.parse_args()

    BENCH.mkdir(exist_ok=True)
    figures: Figures = {
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "load": loads(asked.records, asked.rounds),
        "large": large(asked.large) if asked.large else None,
        "answers": answers(asked.records, asked.rounds),
        "remote": remote(asked.records),
        "addresses": json.loads(python("benchmarks.addresses")),
        "import_seconds": import_seconds(),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(f"\n{report(figures)}\n\nkept in {RESULTS.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
