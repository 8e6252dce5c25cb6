"""Findings for spreadsheets and programs: CSV in which no cell starts a formula, and JSON."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from importlib.metadata import version
from typing import Any, Final

import pandas as pd

from flowkit.playbooks.finding import Evidence, Finding
from flowkit.playbooks.report import COLUMNS, frame_of
from flowkit.playbooks.written import Document, Told
from flowkit.scope import Scope

_FORMULA: Final = re.compile(r"^(?=[\t\r\n])|(^|[;\t\r\n])(?=[\s\0\u200b\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Where a cell starts a formula, also behind blanks, as full-width characters, and where ; parts cells as well."""
_EVIDENCE: Final = ("supporting", "contradicting")


def csv(document: Document) -> str:
    """Return the findings as CSV, a row each, best first; numbers are numbers, lists are parted by blanks.

    Columns: those of `Report.to_frame`, then what else is known of each finding.
    """
    frame = frame_of([one.finding for one in document.findings])
    for name in dict.fromkeys(name for one in document.findings for name in one.more):
        frame[name] = [one.more.get(name) for one in document.findings]
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = frame[name].map(_cell)
    return frame.rename(columns=lambda name: safe(str(name))).to_csv(index=False, lineterminator="\r\n")


def safe(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: with an apostrophe before what would start one.

    >>> safe("=1+1"), safe("  @SUM(A1)"), safe("10.0.0.1")
    ("'=1+1", "'  @SUM(A1)", '10.0.0.1')
    """
    return _FORMULA.sub(lambda found: f"{found[0]}'", text)


def _cell(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return safe(" ".join(map(str, value)))
    if isinstance(value, datetime):
        return "" if pd.isna(value) else str(values(value))
    return "" if value is None else safe(str(value))


def json_text(document: Document) -> str:
    """Return a document as JSON: what it is about, and each finding with its evidence, row by row."""
    told = {
        "made_by": {"name": "flowkit", "version": version("vpc-flowkit")},
        **document.about,
        "findings": [_finding(one) for one in document.findings],
    }
    return json.dumps(values(told), indent=1, allow_nan=False) + "\n"


def _finding(told: Told) -> dict[str, Any]:
    finding = told.finding
    about = {name: getattr(finding, name) for name in COLUMNS}
    rest = {one.name: getattr(finding, one.name) for one in fields(Finding) if one.name not in COLUMNS}
    evidence = {name: _evidence(rest.pop(name)) for name in _EVIDENCE}
    return {**about, **rest, **evidence, **told.more}


def _evidence(evidence: Evidence) -> dict[str, Any]:
    if isinstance(evidence, pd.DataFrame):
        return {"caption": evidence.attrs.get("caption", ""), "rows": evidence}
    return {"sentences": list(evidence)}


def values(value: object) -> Any:  # noqa: ANN401 - what JSON knows
    """Return a value as JSON knows it: times in UTC as text, a frame as a list of rows, None for what is missing."""
    if isinstance(value, pd.DataFrame):
        value = value.to_dict("records")
    elif hasattr(value, "tolist"):  # numpy's
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(name): values(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [values(one) for one in value]
    return _value(value)


def _value(value: object) -> bool | int | float | str | None:
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124 - not a number
        return None
    if isinstance(value, (datetime, date)):
        return value.isoformat().replace("+00:00", "Z")
    finite = isinstance(value, (bool, int, str)) or (isinstance(value, float) and math.isfinite(value))
    return value if finite else repr(value) if isinstance(value, Scope) else str(value)  # type: ignore[return-value]
