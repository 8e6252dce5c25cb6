"""Run each measurement in a fresh process, in the environment of the library that it measures.

The process that runs them stays small: a child's peak memory begins at its parent's.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from statistics import median
from tempfile import mkdtemp
from typing import Any

ROOT = Path(__file__).parents[1]
BENCH = ROOT / ".bench"
OWN = "bench"
"""The environment of flowkit, and of what it stands on: this process's own."""
PURPOSES = {"polars": "bench-polars", "flowlogs_reader": "bench-flowlogs-reader", "msticpy": "bench-msticpy"}
"""Rivals with an environment of their own, which `tools/env` makes of what requirements/ pins."""
Figures = dict[str, Any]
UNAVAILABLE = "unavailable"
_TOLD = 160


class UnavailableError(Exception):
    """A rival cannot be installed or run here; the message is the reason's first line."""


def said(error: str, which: int) -> str:
    """Return the line that gives a reason: the first (0) or last (-1) that names an error, else the last of all."""
    lines = [line.strip() for line in error.splitlines() if line.strip()]
    named = [line for line in lines if "error" in line.lower() or "no solution" in line.lower()]
    return (named[which] if named else lines[-1] if lines else "it says nothing")[:_TOLD]


@cache
def interpreter(library: str) -> str:
    """Return the Python of a library's environment, which is made if it is not there.

    Raises
    ------
    UnavailableError
        If it cannot be made.
    """
    purpose = PURPOSES.get(library, OWN)
    if purpose == OWN:
        return sys.executable
    made = subprocess.run([str(ROOT / "tools" / "env"), purpose], cwd=ROOT, capture_output=True, text=True, check=False)
    if made.returncode:
        raise UnavailableError(f"cannot be installed: {said(made.stderr, 0)}")
    return str(ROOT / made.stdout.strip() / "bin" / "python")


def python(module: str, *arguments: object, library: str = "flowkit") -> Figures:
    """Run a module in a fresh Python and return the JSON that its last line is.

    Raises
    ------
    UnavailableError
        If the library is a rival and cannot be installed, or fails. What flowkit's own process says goes on to the
        terminal, and its failure ends the run.
    """
    command = [interpreter(library), "-m", module, *map(str, arguments)]
    rival = library != "flowkit"
    told = subprocess.PIPE if rival else None
    ran = subprocess.run(command, cwd=ROOT, check=not rival, stdout=subprocess.PIPE, stderr=told, text=True)
    if ran.returncode:
        raise UnavailableError(f"fails: {said(ran.stderr, -1)}")
    figures: Figures = json.loads(ran.stdout.splitlines()[-1]) if ran.stdout.strip() else {}
    return figures


@contextmanager
def empty_folder() -> Iterator[Path]:
    """Give a folder for one measurement, on the disk that holds the logs."""
    BENCH.mkdir(exist_ok=True)
    folder = Path(mkdtemp(dir=BENCH))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def by_turns(measures: Mapping[str, Callable[[], Figures]], rounds: int) -> dict[str, list[Figures]]:
    """Measure each library in turn, round by round, so that a slow minute of the machine hits all of them.

    Of a library that is not available, the one entry says why (`UNAVAILABLE`).
    """
    runs: dict[str, list[Figures]] = {library: [] for library in measures}
    for _ in range(rounds):
        for library, measure in measures.items():
            if not unavailable(runs[library]):
                try:
                    runs[library].append(measure())
                except UnavailableError as error:
                    print(f"  {library:16} {error}", flush=True)
                    runs[library] = [{UNAVAILABLE: str(error)}]
    return runs


def unavailable(done: list[Figures]) -> bool:
    """Return whether a library has been found unavailable."""
    return bool(done) and UNAVAILABLE in done[0]


def middle(done: list[Figures], name: str) -> float:
    """Return the median of a figure over the rounds."""
    return median(run[name] for run in done)
