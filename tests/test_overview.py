"""The overview of flows: the same facts as text and as HTML, and nothing from the log taken for markup."""

from datetime import UTC, datetime

import pytest

from flowkit import overview
from flowkit.overview import Fact

V5 = """
version interface-id srcaddr dstaddr packets bytes start end action log-status
5 eni-a 10.0.0.1 10.0.0.2 1 1500000 1773129600 1773129659 ACCEPT OK
5 eni-a 10.0.0.2 10.0.0.1 1 40 1773129660 1773129719 REJECT OK
5 eni-a - - - - 1773129720 1773129779 - SKIPDATA
not a flow record
"""


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1_500_000, "1.5 MB"),
        (2 * 10**12, "2.0 TB"),
        (10**21, "1000.0 EB"),
    ],
)
def test_sizes(count, text):
    assert overview.size(count) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "records", "unknown"),
        (55361, "records", "55,361 records"),
        (1_500_000, "B", "1.5 MB (1,500,000 B)"),
        (3, "", "3"),
        (datetime(2026, 3, 10, 8, tzinfo=UTC), "", "2026-03-10 08:00:00Z"),
        ("eni-a", "", "eni-a"),
    ],
)
def test_a_fact_as_people_read_it(value, unit, text):
    assert Fact("topic", "name", value, unit).text == text


def test_flows_as_text(load_lines):
    assert repr(load_lines(V5)).splitlines() == [
        "Flows: all records",
        "  records               2 records",
        "  accepted              1 records",
        "  rejected              1 records",
        "  bytes                 1.5 MB (1,500,040 B)",
        "  packets               2 packets",
        "  first start           2026-03-10 08:00:00Z",
        "  last end              2026-03-10 08:01:59Z",
        "  aggregation interval  60 s",
        "  interfaces            1",
        "  SKIPDATA              1 records",
        "  objects               1 objects",
        "  lines                 5 lines",
        "  refused lines         1 lines",
    ]


def test_flows_as_html(load_lines):
    shown = load_lines(V5).narrow(action="REJECT")._repr_html_()
    assert "<b>Flows</b>: REJECT" in shown
    assert ">1 records</td>" in shown
    assert ">2026-03-10 08:01:00Z</td>" in shown
    assert ">intervals with records lost: a gap</td>" in shown


def test_an_empty_scope_shows_itself(load_lines):
    nobody = load_lines(V5).narrow(srcaddr="192.0.2.1")
    assert "  records               0 records" in repr(nobody)
    assert "srcaddr 192.0.2.1" in nobody._repr_html_()


def test_text_from_a_log_is_no_markup(load_lines):
    hostile = "<script>alert(1)</script>"
    flows = load_lines(V5.replace("eni-a", hostile)).narrow(interface_id=hostile)
    assert flows.count() == 2
    assert "<script" not in flows._repr_html_()
    assert "&lt;script&gt;" in flows._repr_html_()
    assert "<img" not in overview.as_html("scope", [Fact("where", "<img>", "<img src=x>", "", "<img>")])
