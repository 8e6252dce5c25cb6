"""Measure how loading and asking grow with the number of records, and keep the figures in results/scale.json.

``python -m benchmarks.scale FOLDER…`` takes folders of logs as ``python -m benchmarks.traffic FOLDER RECORDS`` makes
them. Each step is a process of its own; the load begins with an empty cache, the questions with what it left. A row is
printed for every step as it is done, and kept at once: of the same number of records and the same FLOWKIT_MEMORY the
newest is kept.
"""

import argparse
import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from benchmarks.running import ROOT, Figures, empty_folder, python
from benchmarks.scale_step import STEPS, size_mb

KEPT = ROOT / "benchmarks" / "results" / "scale.json"
FAILED = "failed"


def read() -> Figures:
    """Return what is kept: `runs`, a list, and `spark`, another."""
    kept: Figures = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {"runs": [], "spark": []}
    return kept


def keep(kind: str, run: Figures, *same: str) -> None:
    """Keep a run in the place of the one that agrees with it in what *same* names; in the order of those."""
    kept = read()
    others = [one for one in kept[kind] if any(one[name] != run[name] for name in same)]
    kept[kind] = sorted([*others, run], key=lambda one: [str(one[name]).rjust(20) for name in same])
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def row(run: Figures, step: str) -> str:
    """Write one step as a row."""
    of = run["steps"][step]
    if FAILED in of:
        return f"{run['records'] or 0:13,} {step:14} {of[FAILED]}"
    return f"{run['records']:13,} {step:14} {of['seconds']:10.2f} {of['peak_mb']:9,.0f} {of.get('cache_mb', 0):9,.0f}"


def measure(logs: Path) -> None:
    """Take all steps with a folder of logs; what cannot be taken is a row that says so."""
    run: dict[str, Any] = {
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "memory": os.environ.get("FLOWKIT_MEMORY", ""),
        "records": None,
        "stored_mb": size_mb(logs),
        "steps": {},
    }
    with empty_folder() as cache:
        for step in STEPS:
            try:
                run["steps"][step] = python("benchmarks.scale_step", step, logs, cache)
            except subprocess.CalledProcessError as error:  # such as one killed for its memory
                run["steps"][step] = {FAILED: f"ended with {error.returncode}"}
            run["records"] = run["steps"][step].get("records", run["records"])
            print(row(run, step), flush=True)
            if not run["records"]:  # it could not be loaded: there is nothing to ask
                return
            keep("runs", run, "records", "memory")


def main() -> None:
    """Measure each folder."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("logs", nargs="+", type=Path, metavar="FOLDER", help="a folder of logs")
    asked = parser.parse_args()
    print(f"{'records':>13} {'step':14} {'seconds':>10} {'peak MB':>9} {'cache MB':>9}")
    for logs in asked.logs:
        measure(logs.resolve())


if __name__ == "__main__":
    main()
