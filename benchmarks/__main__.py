"""Measure flowkit beside its rivals, print one table, keep the figures as JSON, and draw them anew for the README.

Each measurement runs in a fresh process, the libraries by turns, so that a slow minute of the machine hits all of
them; each rival in an environment of its own. A rival that cannot be installed is a row that says so.
"""

import argparse
import json
import os
from datetime import UTC, datetime

from benchmarks import measures, pages
from benchmarks.machine import machine
from benchmarks.picture import LATEST
from benchmarks.report import report
from benchmarks.running import BENCH, ROOT, Figures, empty_folder, python


def compared(records: int, rounds: int) -> Figures:
    """Return the figures of what others do as well."""
    with empty_folder() as kept:  # what each library loaded
        loaded = measures.loads(records, rounds, kept)
        logs = BENCH / f"traffic-{records}"
        return {
            "taken": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            "records": records,
            "rounds": rounds,
            "load": loaded,
            "query": measures.queries(logs, kept, rounds),
            "redraw": measures.redraws(logs, kept, rounds),
            "scoring": measures.scoring(rounds),
        }


def own(records: int, rounds: int, large: int) -> Figures:
    """Return the figures of what flowkit alone does."""
    logs = BENCH / f"traffic-{records}"
    return {
        "large": measures.large(large) if large else None,
        "answers": measures.answers(logs, rounds),
        "remote": python("benchmarks.remote", logs),
        "addresses": python("benchmarks.addresses"),
        "import_seconds": measures.import_seconds(),
    }


def keep(figures: Figures) -> None:
    """Keep what was measured, and draw it."""
    LATEST.parent.mkdir(exist_ok=True)
    LATEST.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    for page in pages.write():
        print(f"written anew: {page.relative_to(ROOT)}")


def main() -> None:
    """Measure, print, keep, draw."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--records", type=int, default=4_000_000, help="records that all libraries load")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each library")
    parser.add_argument(
        "--large",
        type=int,
        default=int(os.environ.get("BENCH_RECORDS", "0")),
        help="records for one more load by flowkit, to see its memory grow or not (BENCH_RECORDS)",
    )
    parser.add_argument("--full", dest="large", action="store_const", const=16_000_000, help="--large 16000000")
    parser.add_argument("--rivals-only", action="store_true", help="leave out what flowkit alone does")
    asked = parser.parse_args()

    BENCH.mkdir(exist_ok=True)
    figures = compared(asked.records, asked.rounds)
    keep(figures)  # what follows takes long, and need not cost these if it fails
    if not asked.rivals_only:
        figures |= own(asked.records, asked.rounds, asked.large)
        keep(figures)
    print(f"\n{report(figures)}\n\nkept in {LATEST.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
