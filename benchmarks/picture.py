"""Draw the kept figures as one picture, docs/pictures/bench.svg: ``python -m benchmarks.picture``.

A panel for each kind of job, a bar for each library, its length the seconds, each panel with a scale of its own from
nought. flowkit's bars are solid and its name is bold, the others' are hatched: colour is not needed to tell them
apart. Background and ink are the picture's own and change with the reader's preference, light or dark.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from benchmarks.machine import told
from benchmarks.query import JOBS
from benchmarks.redraw import PICTURES
from benchmarks.running import ROOT, UNAVAILABLE

LATEST = ROOT / "benchmarks" / "results" / "latest.json"
PICTURE = ROOT / "docs" / "pictures" / "bench.svg"
WIDTH, LEFT, RIGHT, TOP, ROW, GAP, HEAD = 860, 150, 150, 56, 22, 22, 26
NAMES = {
    "flowkit": "flowkit", "polars": "polars", "pandas": "pandas", "duckdb": "DuckDB by hand",
    "flowlogs_reader": "flowlogs_reader", "msticpy": "MSTICPy",
}  # fmt: skip
TITLES = {
    "bytes_by_srcaddr": "Ask: bytes by source address, the ten most",
    "rejects_per_hour": "Ask: rejected records per hour",
    "records_of_host": "Ask: all records of one host",
    "rejects": "Redraw: rejects over time, from the loaded log to the figure",
    "graph": "Redraw: who talked to whom as a graph",
}
STYLE = """
.ground{fill:#fff;stroke:#d0d7de}text{fill:#1f2328;font:13px system-ui,sans-serif}.title{font-weight:600}
.small{font-size:12px;fill:#59636e}.own{font-weight:700}.bar{fill:#0550ae}.rival{fill:url(#hatch);stroke:#8c6a1f}
.axis{stroke:#8c959f}.line{stroke:#8c6a1f}
@media(prefers-color-scheme:dark){.ground{fill:#0d1117;stroke:#3d444d}text{fill:#f0f6fc}.small{fill:#9198a1}
.bar{fill:#6cb6ff}.rival{stroke:#d9b45b}.axis{stroke:#656c76}.line{stroke:#d9b45b}}
"""
FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img"
 aria-labelledby="t">
<title id="t">Seconds that flowkit and other libraries take for the same jobs</title>
<style>{style}</style>
<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<line class="line" x1="0" y1="0" x2="0" y2="6" stroke-width="3"/></pattern></defs>
<rect class="ground" x="0.5" y="0.5" width="{inner_width}" height="{inner_height}" rx="6"/>"""


@dataclass(frozen=True)
class Bar:
    """A library's seconds, or why there are none; *note* stands after the number."""

    library: str
    seconds: float | None
    note: str = ""


Panel = tuple[str, list[Bar]]


def panels(figures: dict[str, Any]) -> Iterator[Panel]:
    """Yield what there is to draw: a title with its bars."""
    records = figures["records"]
    yield (
        f"Load {records:,} records of gzipped text",
        [_load(name, of, records) for name, of in figures["load"].items()],
    )
    for kind, jobs in (("query", JOBS), ("redraw", PICTURES)):
        for job in jobs:
            yield TITLES[job], [_timed(name, of, job) for name, of in figures[kind].items()]
    scored = figures["scoring"]
    pairs = scored["flowkit"]["pairs"]
    yield f"Score how regularly {pairs:,} pairs call", [_scored(name, of) for name, of in scored.items()]


def _load(name: str, of: dict[str, Any], records: int) -> Bar:
    if UNAVAILABLE in of:
        return Bar(name, None, of[UNAVAILABLE])
    part = of["records"] < records
    return Bar(name, of["seconds_for_all"], ", extrapolated" if part else f", {of['peak_mb']:,.0f} MB")


def _timed(name: str, of: dict[str, Any], job: str) -> Bar:
    return Bar(name, None, of[UNAVAILABLE]) if UNAVAILABLE in of else Bar(name, of["warm"][job])


def _scored(name: str, of: dict[str, Any]) -> Bar:
    if UNAVAILABLE in of:
        return Bar(name, None, of[UNAVAILABLE])
    return Bar(name, of["seconds"], f", {of['found']}/{of['regular']} found")


def seconds(value: float) -> str:
    """Write a time with its unit and two or three digits that matter."""
    if value < 1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:,.0f} s"


def draw(figures: dict[str, Any]) -> str:
    """Return the picture as SVG."""
    parts, y = [], TOP
    for title, bars in panels(figures):
        parts += _panel(title, bars, y)
        y += HEAD + ROW * len(bars) + GAP
    notes = (
        "Shorter is quicker; each panel has its own scale from nought. MB: peak memory. Questions and pictures: warm.",
        f"Medians of {figures['rounds']} by turns, {figures['taken'][:10]}. {told(figures['machine'])}.",
    )
    head = [f'<text x="20" y="{24 + 16 * n}" class="small">{escape(note)}</text>' for n, note in enumerate(notes)]
    height = y - GAP + 14
    frame = FRAME.format(
        width=WIDTH, height=height, inner_width=WIDTH - 1, inner_height=height - 1, style=STYLE.strip()
    )
    return "\n".join([frame, *head, *parts, "</svg>\n"])


def _panel(title: str, bars: list[Bar], y: int) -> Iterator[str]:
    yield f'<text x="20" y="{y + 14}" class="title">{escape(title)}</text>'
    longest = max((bar.seconds for bar in bars if bar.seconds is not None), default=0) or 1
    bottom = y + HEAD + ROW * len(bars) - 4
    yield f'<line class="axis" x1="{LEFT}" x2="{LEFT}" y1="{y + HEAD - 4}" y2="{bottom}"/>'
    for number, bar in enumerate(bars):
        yield from _bar(bar, longest, y + HEAD + ROW * number)


def _bar(bar: Bar, longest: float, y: int) -> Iterator[str]:
    own = bar.library == "flowkit"
    weight = ' class="own"' if own else ""
    yield f'<text x="{LEFT - 8}" y="{y + 11}" text-anchor="end"{weight}>{NAMES[bar.library]}</text>'
    if bar.seconds is None:
        yield f'<text x="{LEFT + 8}" y="{y + 11}" class="small">{escape(bar.note[:90])}</text>'
        return
    length = max(round((WIDTH - LEFT - RIGHT - 40) * bar.seconds / longest, 1), 1)
    drawn = "bar" if own else "rival"
    yield f'<rect class="{drawn}" x="{LEFT}" y="{y}" width="{length}" height="14"/>'
    yield f'<text x="{LEFT + length + 8}" y="{y + 11}">{seconds(bar.seconds)}{escape(bar.note)}</text>'


def main() -> None:
    """Draw the kept figures."""
    PICTURE.write_text(draw(json.loads(LATEST.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
