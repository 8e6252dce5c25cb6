"""Write the kept figures into the pages that tell them: ``python -m benchmarks.pages``.

The picture docs/pictures/bench.svg, the table in the README's section on speed, the tables in docs/scale.md. What is
written stands between two comments, ``<!-- NAME -->`` and ``<!-- /NAME -->``; the rest of a page is its authors'.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import picture, scale_tables
from benchmarks.machine import told
from benchmarks.picture import LATEST, NAMES, seconds
from benchmarks.query import JOBS
from benchmarks.redraw import PICTURES
from benchmarks.running import ROOT, UNAVAILABLE

README, SCALING = ROOT / "README.md", ROOT / "docs" / "scale.md"
WHAT = {
    "bytes_by_srcaddr": "bytes by source address, the ten most",
    "rejects_per_hour": "rejected records per hour",
    "records_of_host": "all records of one host",
    "bytes_counted_once": "top talkers, bytes counted once",
    "rejects": "redraw rejects over time",
    "graph": "redraw who talked to whom",
}


def write() -> Iterator[Path]:
    """Write every page anew; yield those that changed."""
    for page, text in texts().items():
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")
            yield page


def texts() -> dict[Path, str]:
    """Return every page as it should be."""
    figures = json.loads(LATEST.read_text(encoding="utf-8"))
    readme = filled(README.read_text(encoding="utf-8"), "speed", table(figures))
    scaling = SCALING.read_text(encoding="utf-8")
    for name, text in scale_tables.tables().items():
        scaling = filled(scaling, name, text)
    return {picture.PICTURE: picture.draw(figures), README: readme, SCALING: scaling}


def filled(page: str, name: str, text: str) -> str:
    """Return a page with *text* between the comments that *name* it.

    Raises
    ------
    ValueError
        If the page has not the two comments.
    """
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"the page lacks {begin.strip()} … {end}, between which its figures stand")
    return f"{before}{begin}{text}\n{end}{after}"


def table(figures: dict[str, Any]) -> str:
    """Return the comparison as a Markdown table with what it was measured on."""
    libraries = list(dict.fromkeys(name for kind in ("load", "scoring") for name in figures[kind]))
    rows = [
        "| | " + " | ".join(NAMES[name] for name in libraries) + " |",
        "|---|" + "---:|" * len(libraries),
        *(
            f"| {what} | " + " | ".join(cells.get(name, "") for name in libraries) + " |"
            for what, cells in _rows(figures)
        ),
    ]
    on = f"Measured {figures['taken'][:10]} by turns, medians of {figures['rounds']}: {told(figures['machine'])}."
    lacking = {name: of[UNAVAILABLE] for kind in _KINDS for name, of in figures[kind].items() if UNAVAILABLE in of}
    return "\n".join([*rows, "", on, *(f"{NAMES[name]} {why}." for name, why in lacking.items())])


_KINDS = ("load", "query", "scoring", "redraw")


def _rows(figures: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    records = figures["records"]
    there = {kind: {n: of for n, of in figures[kind].items() if UNAVAILABLE not in of} for kind in _KINDS}
    whole = {n: of["records"] == records for n, of in there["load"].items()}
    yield (
        f"load {records:,} records",
        {n: ("" if whole[n] else "about ") + seconds(of["seconds_for_all"]) for n, of in there["load"].items()},
    )
    yield "its peak memory", {n: f"{of['peak_mb']:,.0f} MB" for n, of in there["load"].items() if whole[n]}
    for kind, jobs in (("query", (*JOBS, "bytes_counted_once")), ("redraw", PICTURES)):
        for job in jobs:
            timed = {name: of["warm"] for name, of in there[kind].items()}
            yield WHAT[job], {name: seconds(warm[job]) for name, warm in timed.items() if job in warm}
    pairs = figures["scoring"]["flowkit"]["pairs"]
    yield f"score how regularly {pairs:,} pairs call", {n: seconds(of["seconds"]) for n, of in there["scoring"].items()}


if __name__ == "__main__":
    for page in write():
        print(page.relative_to(ROOT))
