"""The tables of docs/scale.md, from results/scale.json and results/scanned.json; `benchmarks.pages` puts them there."""

import json
from typing import Any

from benchmarks import scale
from benchmarks.machine import told
from benchmarks.running import ROOT
from benchmarks.scale_step import CONVERSATIONS, LOAD, STEPS

SCANNED = ROOT / "benchmarks" / "results" / "scanned.json"
DAY, DAYS = 10**12, 30
"""Bytes of gzipped text that arrive in a day, and how many days are kept."""
TB = 2**40
"""Bytes of a TB as AWS bills it: see `flowkit.aws.prices.GB`."""
USD_PER_TB = 5
"""Source: Amazon Athena pricing, SQL queries, us-east-1, as in flowkit/aws/prices.json (a test holds them equal)."""
RATE = 5e9
"""Bytes scanned a second, all of Athena's workers together: an assumption, AWS promises no rate."""
NONE = "Not measured yet."


def tables() -> dict[str, str]:
    """Return the tables by the names of their places."""
    kept = scale.read()
    scanned = json.loads(SCANNED.read_text(encoding="utf-8"))
    return {
        "scale": machine_table(kept["runs"]),
        "spark": spark_table(kept["spark"]),
        "scanned": scanned_table(scanned),
        "terabyte": terabyte_table(scanned),
    }


def seconds(of: dict[str, Any] | None) -> str:
    """Write what a step took: seconds, and if it is known peak memory, or what was shuffled."""
    if of is None:
        return ""
    if scale.FAILED in of:
        return of[scale.FAILED]
    took = f"{of['seconds']:,.1f} s" if of["seconds"] < 100 else f"{of['seconds']:,.0f} s"
    more = of.get("peak_mb", of.get("shuffled_mb"))
    if more is None:
        return took
    return f"{took}, {more:.0f} MB" if more < 100 else f"{took}, {more / 1000:.1f} GB"


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """Write a table, all columns but the first to the right."""
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def machine_table(runs: list[dict[str, Any]]) -> str:
    """Return what loading and asking took on one machine: a row for each number of records."""
    if not runs:
        return NONE
    rows = [
        [
            f"{run['records']:,}" + (f" (`FLOWKIT_MEMORY={run['memory']}`)" if run["memory"] else ""),
            f"{run['stored_mb'] / 1000:,.2f} GB",
            *(seconds(run["steps"].get(step)) for step in STEPS),
        ]
        for run in runs
    ]
    return f"{markdown(['records', 'gzipped text', *STEPS], rows)}\n\n{_on(runs)}"


def spark_table(runs: list[dict[str, Any]]) -> str:
    """Return what the questions took on Spark: a row for each number of records and workers."""
    if not runs:
        return NONE
    steps = list(dict.fromkeys(["count", CONVERSATIONS, *(step for step in STEPS if step != LOAD)]))
    rows = [
        [f"{run['records']:,}", str(run["workers"] or "own"), *(seconds(run["steps"].get(step)) for step in steps)]
        for run in runs
    ]
    memory = f"Each worker: one core, {runs[-1]['worker_memory'].upper()}B."
    return f"{markdown(['records', 'workers', *steps], rows)}\n\n{memory} {_on(runs)}"


def _on(runs: list[dict[str, Any]]) -> str:
    machines = dict.fromkeys(told(run["machine"]) for run in runs)
    dates = sorted({run["taken"][:10] for run in runs})
    return f"Measured {dates[0]}{f' to {dates[-1]}' if dates[1:] else ''}: {'; '.join(machines)}."


def scanned_table(found: dict[str, Any]) -> str:
    """Return what a question scans of a Parquet table: bytes per record, counted by the columns of its SQL."""
    rows = []
    for name, of in found["questions"].items():
        columns = sorted(of["columns"], key=lambda column: -found["columns"][column] * of["columns"][column])
        most = "; ".join(
            f"`{c}`" + (f", {of['columns'][c]} times" if of["columns"][c] > 1 else "") for c in columns[:4]
        )
        more = f"; {len(columns) - 4} more" if len(columns) > 4 else ""
        rows.append([f"`{name}`", str(of["queries"]), str(of["scans"]), f"{of['bytes']:.1f} B", most + more])
    head = ["question", "queries", "scans of the table", "scanned per record", "columns, the largest first"]
    held = (
        f"A record of the generated log takes {found['text_bytes']:.1f} B as gzipped text and "
        f"{found['parquet_bytes']:.1f} B as Parquet with gzip, of 29 columns."
    )
    return f"{markdown(head, rows)}\n\n{held}"


def terabyte_table(found: dict[str, Any]) -> str:
    """Return what questions scan and cost of a terabyte a day: of one day, and of all days that are kept."""
    records = DAY / found["text_bytes"]
    rows = [
        [f"`{name}`", *_scan(records * of["bytes"]), *_scan(DAYS * records * of["bytes"])]
        for name, of in found["questions"].items()
    ]
    text = ["any one scan of text", *_scan(DAY), *_scan(DAYS * DAY)]
    per_day = ["question", "scanned, 1 day", "USD", "time"]
    return (
        f"{markdown([*per_day, f'scanned, {DAYS} days', 'USD', 'time'], [*rows, text])}\n\n{_assumed(records, found)}"
    )


def _scan(count: float) -> tuple[str, str, str]:
    minutes = count / RATE / 60
    time = "seconds" if minutes < 1 else f"{minutes:,.0f} min" if minutes < 90 else f"{minutes / 60:,.1f} h"
    return f"{count / TB:,.2f} TB", f"{count / TB * USD_PER_TB:,.2f}", time


def _assumed(records: float, found: dict[str, Any]) -> str:
    day = records * found["parquet_bytes"] / TB
    return (
        f"{DAY / 1e12:.0f} TB of gzipped text a day is {records / 1e9:,.1f} billion records, "
        f"{day:,.2f} TB of Parquet; {DAYS} days are {DAYS * records / 1e9:,.0f} billion and {DAYS * day:,.1f} TB."
    )
