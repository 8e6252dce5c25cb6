"""What was loaded, at a glance: what, when, how much, what is missing."""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine, fields
from flowkit.loading import Loaded

_NAMES: Final = (
    ("vpc_id", "VPCs"),
    ("subnet_id", "subnets"),
    ("interface_id", "interfaces"),
    ("account_id", "accounts"),
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing to know about flows: its topic, its name, the value with its unit, and what that means."""

    topic: str
    name: str
    value: Any
    unit: str = ""
    meaning: str = ""

    @property
    def text(self) -> str:
        """The value with its unit, as people read it."""
        if self.value is None:
            return "unknown"
        if isinstance(self.value, datetime):
            return f"{self.value:%Y-%m-%d %H:%M:%SZ}"
        if isinstance(self.value, int):
            counted = f"{self.value:,}"
            return f"{size(self.value)} ({counted} B)" if self.unit == "B" else f"{counted} {self.unit}".strip()
        return f"{self.value} {self.unit}".strip()


def facts(records: ir.Table, status: ir.Table, loaded: Sequence[Loaded], numbers: ir.Table | None = None) -> list[Fact]:
    """Return the facts about *records* and *status* (in scope) and about the objects they came from.

    *numbers* are the same records with times in seconds, where they are at hand: reading them is quicker.
    """
    found = _measured(records, numbers)
    return [*_traffic(found), *_time(found), *_where(found), *_logging(status), *_source(loaded)]


def _measured(records: ir.Table, numbers: ir.Table | None) -> dict[str, Any]:
    """Ask for everything that one pass over the records can tell."""
    timed = {"start", "end"} <= set(records.columns)
    has = set(records.columns)
    asked: dict[str, ir.Value] = {"records": _.count()}
    asked |= {name: _[name].sum() for name in ("bytes", "packets") if name in has}
    if "action" in has:
        asked |= {"accepted": (_.action == "ACCEPT").sum(), "rejected": (_.action == "REJECT").sum()}
    if timed:
        asked |= {"first": _.start.min(), "last": _.end.max(), "untimed": _.count() - _.start.count()}
    asked |= {name: _[name].nunique() for name, _label in _NAMES if name in has}
    if timed and numbers is None:
        asked |= _lengths(_.end.epoch_seconds() - _.start.epoch_seconds())
    found = _row(records, asked)
    return found | _row(numbers, _lengths(_.end - _.start)) if timed and numbers is not None else found


def _lengths(seconds: Any) -> dict[str, ir.Value]:  # noqa: ANN401 - deferred
    return {"longest": seconds.max(), "long": (seconds > fields.LONG).sum()}


def _row(table: ir.Table, asked: dict[str, ir.Value]) -> dict[str, Any]:
    row = engine.frame(table.aggregate(**asked)).iloc[0]
    return {name: _plain(row[name]) for name in asked}


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever pandas holds
    if pd.isna(value):
        return None
    return value.to_pydatetime() if hasattr(value, "to_pydatetime") else int(value)


def _traffic(found: dict[str, Any]) -> list[Fact]:
    told = [Fact("traffic", "records", found["records"], "records", "flow records in scope, log status OK")]
    if "accepted" in found:
        told.append(Fact("traffic", "accepted", found["accepted"] or 0, "records", "action ACCEPT"))
        told.append(Fact("traffic", "rejected", found["rejected"] or 0, "records", "action REJECT"))
    for name, unit in (("bytes", "B"), ("packets", "packets")):
        if name in found:
            meaning = "as logged: what two interfaces saw counts twice"
            told.append(Fact("traffic", name, found[name] or 0, unit, meaning))
    return told


def _time(found: dict[str, Any]) -> list[Fact]:
    if "first" not in found:
        return [Fact("time", "first start", None, meaning="the log has no start and end")]
    told = [
        Fact("time", "first start", found["first"], meaning="of the records in scope, UTC"),
        Fact("time", "last end", found["last"], meaning="of the records in scope, UTC"),
    ]
    if found["untimed"]:
        told.append(Fact("time", "without a time", found["untimed"], "records", "in no timeline and no window"))
    return [*told, _interval(found)] if found["records"] else told


def _interval(found: dict[str, Any]) -> Fact:
    longest, share = found["longest"], (found["long"] or 0) / found["records"]
    if longest is None:
        return Fact("time", "aggregation interval", None)
    observed = fields.INTERVALS[share > fields.LONG_SHARE]
    meaning = f"as observed: the longest record lasts {longest} s, {share:.1%} last more than {fields.LONG} s"
    return Fact("time", "aggregation interval", observed, "s", meaning)


def _where(found: dict[str, Any]) -> list[Fact]:
    return [
        Fact("where", label, found[name], "", f"distinct {name} in the records")
        for name, label in _NAMES
        if name in found
    ]


def _logging(status: ir.Table) -> list[Fact]:
    """Tell what the log says about itself."""
    if "log_status" not in status.columns:
        return [
            Fact(
                "logging",
                "gaps",
                None,
                meaning="the log has no log-status, so gaps cannot be told from silence",
            )
        ]
    counts: dict[str, int] = dict(engine.frame(status.group_by("log_status").agg(n=_.count())).itertuples(index=False))
    return [
        Fact(
            "logging",
            "SKIPDATA",
            int(counts.get("SKIPDATA", 0)),
            "records",
            "intervals with records lost: a gap",
        ),
        Fact("logging", "NODATA", int(counts.get("NODATA", 0)), "records", "intervals logged and silent"),
    ]


def _source(loaded: Sequence[Loaded]) -> list[Fact]:
    contents = [item.content for item in loaded if item.content and not item.duplicate_of]
    counts = (
        ("objects", len(loaded), "objects", "files or other objects read, whatever the scope"),
        ("lines", sum(c.lines for c in contents), "lines", "each a record, NODATA, SKIPDATA, header or refused"),
        ("refused lines", sum(c.refused for c in contents), "lines", "in flows.refused, with the reason"),
        ("duplicates", sum(bool(i.duplicate_of) for i in loaded), "objects", "bytes as another has, counted once"),
        ("damaged", sum(c.damaged_at is not None for c in contents), "objects", "kept up to the damage: flows.ledger"),
        ("not read", sum(_unread(i) for i in loaded), "objects", "unreadable or no flow log: flows.ledger"),
    )
    told = [Fact("source", *count) for count in counts]
    formats = list(dict.fromkeys(f.columns for c in contents for f in c.formats))
    for columns in formats:
        newest = max((fields.of_column(name).since for name in columns), default=0)
        told.append(Fact("format", f"version {newest}", len(columns), "fields", " ".join(columns)))
    return told if loaded else told[:0]


def _unread(item: Loaded) -> bool:
    return item.content is None or item.content.unknown_format


def size(count: float) -> str:
    """Return a number of bytes in the largest unit (1 kB = 1,000 B) that leaves it at least 1."""
    if count < 1000:  # noqa: PLR2004 - the unit itself
        return f"{count:.0f} B"
    power = min(int(math.log10(count) // 3), 6)
    return f"{count / 1000**power:.1f} {'kMGTPE'[power - 1]}B"


def _shown(told: Sequence[Fact]) -> list[Fact]:
    """Leave out what is missing only in name: counts of trouble that are zero."""
    return [f for f in told if f.value != 0 or f.topic == "traffic" or f.name == "SKIPDATA"]


def as_text(caption: str, told: Sequence[Fact]) -> str:
    """Return the facts as lines of text."""
    return "\n".join([f"Flows: {caption}", *(f"  {f.name:<21} {f.text}" for f in _shown(told) if f.topic != "format")])


def as_html(caption: str, told: Sequence[Fact]) -> str:
    """Return the facts as a table for a notebook; every byte from the log is escaped."""
    left = "style='text-align:left;white-space:nowrap'"
    wide = "style='text-align:left'"
    row = f"<tr><th scope='row' {left}>{{}}</th><td {left}>{{}}</td><td {wide}>{{}}</td></tr>"
    rows = "".join(row.format(*(html.escape(part) for part in (f.name, f.text, f.meaning))) for f in _shown(told))
    caption = f"<caption {left}><b>Flows</b>: {html.escape(caption)}</caption>"
    return f"<table>{caption}<tbody>{rows}</tbody></table>"
