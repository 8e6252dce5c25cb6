"""The cheap pass: what each hour holds, and what bringing its records would take."""

from datetime import UTC, datetime

import ibis
import pytest

import flowkit as fk
from flowkit.errors import MissingFieldError
from flowkit.flows import MOST_BROUGHT

EVIL = "eni-<script>"
ROWS = [  # hour, interface, source, bytes, action
    (8, "eni-0a", "10.0.0.1", 100, "ACCEPT"),
    (8, "eni-0a", "10.0.0.1", 200, "REJECT"),
    (8, EVIL, "10.0.0.2", 300, "ACCEPT"),
    (10, "eni-0a", "10.0.0.3", 400, "REJECT"),
]


def table(*columns):
    rows = [
        {
            "start": datetime(2026, 3, 10, hour, 59, 59, tzinfo=UTC), "interface_id": interface, "srcaddr": source,
            "dstaddr": "10.0.0.9", "bytes": count, "action": action,
        }
        for hour, interface, source, count, action in ROWS
    ]  # fmt: skip
    return ibis.memtable(rows).select(columns or list(rows[0]))


def test_each_hour_and_interface_is_counted():
    found = fk.plan(fk.load(table()))
    hours = found.hours.assign(hour=found.hours.hour.dt.hour).to_numpy().tolist()
    assert hours == [[8, 3, 600, 1, 2, 2, 1], [10, 1, 400, 1, 1, 1, 1]]
    assert found.interfaces.to_numpy().tolist() == [["eni-0a", 3, 700], [EVIL, 1, 300]]
    assert (found.records, found.memory, found.to_frame()["what"].tolist()) == (4, 4_000, ["records", "memory", "time"])


def test_window_and_resources_count_whatever_else_restricts():
    flows = fk.load(table())
    narrowed = flows.narrow(interface_id="eni-0a", action="REJECT")
    assert fk.plan(narrowed, end="2026-03-10T09:00Z").records == 2


def test_it_shows_itself_and_escapes_what_the_log_says():
    found = fk.plan(fk.load(table()))
    assert "2026-03-10 10:00:00+00:00" in str(found)
    assert EVIL not in found._repr_html_()
    assert "eni-&lt;script&gt;" in found._repr_html_()
    assert "by itself" in " ".join(found.notes)


def test_too_many_are_said_with_the_call_that_takes_them(monkeypatch):
    monkeypatch.setattr("flowkit.surveying.MOST_BROUGHT", 3)
    assert "materialise(limit=4)" in " ".join(fk.plan(fk.load(table())).notes)
    assert MOST_BROUGHT > 3


def test_what_is_here_takes_nothing():
    found = fk.plan(fk.load("sample"))
    assert (found.memory, found.seconds) == (0, 0.0)
    assert found.records == found.hours.records.sum() == 55361


@pytest.mark.parametrize("columns", [("start",), ("start", "srcaddr"), ("start", "interface_id")])
def test_fields_that_are_not_logged_are_null(columns):
    found = fk.plan(fk.load(table(*columns, "dstaddr")))
    assert found.records == 4
    assert found.hours.bytes.isna().all()
    assert found.hours.sources.isna().all() == ("srcaddr" not in columns)
    assert len(found.interfaces) == (2 if "interface_id" in columns else 0)


def test_without_times_there_are_no_hours():
    with pytest.raises(MissingFieldError, match="telling what each hour holds needs the field start"):
        fk.plan(fk.load(table("srcaddr", "dstaddr")))
