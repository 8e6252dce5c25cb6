"""What ``make bench`` measures, one function for each: flowkit beside whoever does the same job."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from benchmarks.running import BENCH, ROOT, UNAVAILABLE, Figures, by_turns, empty_folder, middle, python, unavailable

LOADERS = ("flowkit", "polars", "pandas", "duckdb", "flowlogs_reader")
ASKED = ("flowkit", "polars", "pandas", "duckdb")
SAMPLED = {"flowlogs_reader"}
"""Who reads a part, because all would take too long; what all would take is extrapolated."""
IMPORTS = 5


def traffic(records: int) -> Path:
    """Return a folder of that many records, made once, and read once so that it is in memory."""
    folder = BENCH / f"traffic-{records}"
    print(f"{records:,} records in {folder.relative_to(ROOT)}", flush=True)
    python("benchmarks.traffic", folder, records)
    for file in folder.iterdir():
        file.read_bytes()
    return folder


def load(library: str, logs: Path, kept: Path) -> Figures:
    """Load once, into an empty folder, which takes the place of what the library loaded before."""
    work = kept / library
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    figures = python("benchmarks.load", library, logs, work, library=library)
    print(f"  {library:16} {figures['seconds']:7.2f} s", flush=True)
    return figures


def loads(records: int, rounds: int, kept: Path) -> Figures:
    """Load with each library by turns; return medians, and how each compares with flowkit."""
    logs = traffic(records)
    runs = by_turns({library: lambda library=library: load(library, logs, kept) for library in LOADERS}, rounds)
    figures = {library: _loaded(done, records) for library, done in runs.items()}
    if any(of.get("records", records) != records for name, of in figures.items() if name not in SAMPLED):
        sys.exit(f"not the {records:,} records that were written: {figures}")
    own = figures["flowkit"]["seconds_for_all"]
    for of in figures.values():
        if UNAVAILABLE not in of:
            of["to_flowkit"] = of["seconds_for_all"] / own
    return figures


def _loaded(done: list[Figures], records: int) -> Figures:
    if unavailable(done):
        return done[0]
    seconds, read = middle(done, "seconds"), done[0]["records"]
    return {
        "version": done[0]["version"],
        "records": read,
        "seconds": seconds,
        "all_seconds": [run["seconds"] for run in done],
        "records_per_second": read / seconds,
        "seconds_for_all": seconds * records / read,
        "import_seconds": middle(done, "import_seconds"),
        "peak_mb": max(run["peak_mb"] for run in done),
    }


def queries(logs: Path, kept: Path, rounds: int) -> Figures:
    """Ask each library the same questions by turns, of what it loaded; all must answer alike."""
    print("queries", flush=True)
    runs = by_turns(
        {
            library: lambda library=library: python("benchmarks.query", library, kept / library, logs, library=library)
            for library in ASKED
        },
        rounds,
    )
    answered = {library: done[0]["answers"] for library, done in runs.items() if not unavailable(done)}
    for library, answers in answered.items():
        if answers != answered["flowkit"]:
            sys.exit(f"{library} and flowkit do not answer alike: {answers} and {answered['flowkit']}")
    return {library: _timed(done) for library, done in runs.items()}


def _timed(done: list[Figures]) -> Figures:
    """Return the medians over the rounds of what was timed the first time, and of what was timed again."""
    if unavailable(done):
        return done[0]
    return {when: {job: median(run[when][job] for run in done) for job in done[0][when]} for when in ("first", "warm")}


def scoring(rounds: int) -> Figures:
    """Score the same calls by turns."""
    print("scoring", flush=True)
    with empty_folder() as folder:
        python("benchmarks.calling", "make", folder)

        def own() -> Figures:
            with empty_folder() as cache:
                return python("benchmarks.calling", "flowkit", folder, cache)

        def rival() -> Figures:
            return python("benchmarks.calling", "msticpy", folder, library="msticpy")

        runs = by_turns({"flowkit": own, "msticpy": rival}, rounds)
    return {
        library: done[0] if unavailable(done) else done[0] | {"seconds": middle(done, "seconds")}
        for library, done in runs.items()
    }


def redraws(logs: Path, kept: Path, rounds: int) -> Figures:
    """Draw the same pictures by turns, from the loaded log."""
    print("redrawing", flush=True)

    def own() -> Figures:
        return python("benchmarks.redraw", "flowkit", kept / "flowkit", logs)

    def rival() -> Figures:
        return python("benchmarks.redraw", "msticpy", kept / "pandas", library="msticpy")

    runs = by_turns({"flowkit": own, "msticpy": rival}, rounds)
    return {library: _timed(done) for library, done in runs.items()}


def answers(logs: Path, rounds: int) -> Figures:
    """Return what it takes to answer: seconds of the questions, and of joining records to conversations before."""
    with empty_folder() as cache:
        asked = python("benchmarks.questions", logs, cache)
        return asked | {"meaning": meaning(logs, cache, rounds), "workbench": workbench(logs, cache)}


def workbench(logs: Path, cache: Path) -> Figures:
    """Return how long picks in the workbench take, from the click to what is redrawn, or why that is not known."""
    if not (os.environ.get("FLOWKIT_CHROMIUM") or shutil.which("chromium")):
        return {UNAVAILABLE: "no Chromium"}
    try:
        return python("benchmarks.workbench", logs, cache)
    except subprocess.CalledProcessError as error:  # a browser that is too slow, say, need not cost all other figures
        return {UNAVAILABLE: f"its process ended with {error.returncode}"}


def meaning(logs: Path, cache: Path, rounds: int) -> Figures:
    """Return what working out the conversations of loaded records takes: `records`, `seconds`, `peak_mb`."""
    done = [python("benchmarks.meaning", logs, cache) for _ in range(rounds)]
    peak = max(run["peak_mb"] for run in done)
    return {"records": done[0]["records"], "seconds": middle(done, "seconds"), "peak_mb": peak}


def large(records: int) -> Figures:
    """Load more records once, and work out their conversations once."""
    logs = traffic(records)
    with empty_folder() as kept:
        loaded = load("flowkit", logs, kept)
        return loaded | {"meaning": meaning(logs, kept / "flowkit", 1)}


def import_seconds() -> float:
    """Return what ``import flowkit`` adds to starting Python."""

    def seconds(code: str) -> float:
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
        return time.perf_counter() - begun

    seconds("import flowkit")  # writes the bytecode
    pairs = [(seconds("import flowkit"), seconds("pass")) for _ in range(IMPORTS)]
    return median(flowkit for flowkit, _ in pairs) - median(bare for _, bare in pairs)
