"""Findings for spreadsheets and programs; no cell starts a formula, whatever a name holds."""

import csv as reading
import io
import json
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from flowkit.playbooks import Finding
from flowkit.playbooks.exporting import csv, json_text, safe, values
from flowkit.playbooks.passages import Section
from flowkit.playbooks.report import COLUMNS
from flowkit.playbooks.written import Document, Told
from flowkit.scope import Scope

AT = datetime(2026, 3, 10, 8, tzinfo=UTC)


def document(*findings, more=None, about=None):
    told = tuple(Told(finding=one, told=AT, more=more or {}) for one in findings)
    return Document(section=Section("", ()), about=about or {}, findings=told)


def found(**more):
    return Finding(**{"kind": "upload", "subject": "10.0.0.1", "summary": "Much left.", "severity": "high"} | more)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
@pytest.mark.parametrize("before", ["", " ", "   ", "\t", "\r", "\n", "\u00a0", "\ufeff", "\0", "x;", "x; ", "x\n"])
def test_no_cell_starts_a_formula(before, sign):
    told = safe(f"{before}{sign}HYPERLINK(1)")
    assert told != f"{before}{sign}HYPERLINK(1)"
    assert told.replace("'", "") == f"{before}{sign}HYPERLINK(1)"
    for part in told.replace("\r", ";").replace("\n", ";").replace("\t", ";").split(";"):
        assert part.strip("\ufeff\0 \u00a0")[:1] not in set("=+-@\uff1d\uff0b\uff0d\uff20")


@pytest.mark.parametrize("text", ["\tcmd", "\rcmd", "\ncmd"])
def test_a_cell_that_begins_with_a_control_character_is_marked(text):
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "10.0.0.1", "a=b", "a - b", "2026-03-10", "203.0.113.7:443", "'quoted"])
def test_other_text_stays_as_it_is(text):
    assert safe(text) == text


def test_numbers_stay_numbers_and_lists_are_parted_by_blanks():
    finding = found(peer=["10.0.0.2", "=1"], port=443, bytes_out=-5, first=AT, score=0.25, summary='=cmd|" /C"!A0')
    text = csv(document(finding, more={"comments": ["-1", "two"], "starred": True}))
    head, row = reading.reader(io.StringIO(text))
    told = dict(zip(head, row, strict=True))
    assert head == [*COLUMNS, "comments", "starred"]
    assert (told["port"], told["bytes_out"], told["score"], told["bytes_in"]) == ("443", "-5", "0.25", "")
    assert (told["peer"], told["comments"]) == ("10.0.0.2 =1", "'-1 two")
    assert (told["summary"], told["first"], told["last"]) == ('\'=cmd|" /C"!A0', "2026-03-10T08:00:00Z", "")


def test_without_findings_there_are_the_columns():
    assert csv(document()) == ",".join(COLUMNS) + "\r\n"


def test_json_holds_the_evidence_row_by_row():
    rows = pd.DataFrame({"host": ["<b>"], "count": pd.array([None], "Int64"), "first": [pd.Timestamp(AT)]})
    rows.attrs["caption"] = "All."
    finding = found(supporting=rows, contradicting=("A backup.",), scope=Scope(port=443), first=AT)
    told = json.loads(json_text(document(finding, about={"title": "T", "ledger": None}, more={"id": "1"})))
    one = told["findings"][0]
    assert (told["title"], told["made_by"]["name"], one["id"]) == ("T", "flowkit", "1")
    at = "2026-03-10T08:00:00Z"
    assert one["supporting"] == {"caption": "All.", "rows": [{"host": "<b>", "count": None, "first": at}]}
    assert one["contradicting"] == {"sentences": ["A backup."]}
    assert (one["scope"], one["first"]) == ("Scope(port=443)", at)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (float("nan"), None),
        (float("inf"), "inf"),
        (pd.NaT, None),
        (np.int64(3), 3),
        (np.array([1.5, np.nan]), [1.5, None]),
        ({1: (AT,)}, {"1": ["2026-03-10T08:00:00Z"]}),
        (True, True),
        (object, str(object)),
    ],
)
def test_a_value_is_one_that_json_knows(value, plain):
    assert values(value) == plain
