"""The table on the page: what it sends, how it sorts and filters, and that nothing in it is a formula."""

import json

import pandas as pd
import pytest

from flowkit.widgets.table import SHOWN, TableBox

ROWS = {
    "client": ["10.0.0.1", "=cmd()", None],
    "server_port": [5432, 443, 80],
    "bytes": [1_000, 2_000_000, 30],
    "first": pd.to_datetime(["2026-03-10T08:00:00Z", "2026-03-10T09:00:00Z", None]),
}


@pytest.fixture
def frame():
    made = pd.DataFrame(ROWS)
    made.attrs = {"caption": "Three rows.", "analysis": "top_talkers"}
    return made


@pytest.fixture
def told():
    return []


@pytest.fixture
def table(frame, told):
    made = TableBox(lambda row, column: told.append((row, column)))
    made.show(frame, ["client"])
    return made


def rows(table):
    return json.loads(table.content)["rows"]


def test_amounts_have_separators_and_ports_have_none(table):
    assert rows(table)[0] == ["10.0.0.1", "5432", "1,000", "2026-03-10 08:00:00Z"]
    assert rows(table)[2] == ["-", "80", "30", "-"]
    assert table.caption == "3 rows. Three rows."
    assert table.label == "Table: top talkers"


def test_columns_say_what_they_are(table):
    columns = json.loads(table.content)["columns"]
    assert [column["label"] for column in columns] == ["client", "server port", "bytes", "first"]
    assert [column["picks"] for column in columns] == [True, False, False, False]
    assert [column["number"] for column in columns] == [False, True, True, False]


def test_amounts_sort_from_the_highest_and_again_from_the_lowest(table):
    table.sort("bytes")
    assert [row[2] for row in rows(table)] == ["2,000,000", "1,000", "30"]
    assert json.loads(table.content)["sorted"] == {"column": "bytes", "descending": True}
    table.sort("bytes")
    assert [row[2] for row in rows(table)] == ["30", "1,000", "2,000,000"]
    table.sort("client")
    assert [row[0] for row in rows(table)] == ["10.0.0.1", "=cmd()", "-"]


@pytest.mark.parametrize(
    ("words", "left"), [("10.0", 1), ("CMD", 1), ("443 cmd", 1), ("443 10.0", 0), ("", 3), ("(", 1)]
)
def test_a_filter_keeps_rows_with_each_word(table, words, left):
    table.filter(words)
    assert len(rows(table)) == left
    assert table.caption.startswith("3 rows" if left == 3 else f"{left} of 3 rows")


def test_a_page_gets_the_first_rows_and_the_csv_all():
    table = TableBox()
    table.show(pd.DataFrame({"records": range(1_000)}))
    assert len(rows(table)) == SHOWN
    assert f"the first {SHOWN} shown" in table.caption
    assert len(table.csv().splitlines()) == 1_001


def test_the_csv_is_what_the_filter_left_and_no_formula(table):
    table.filter("cmd")
    assert table.csv().decode().splitlines() == [
        "client,server_port,bytes,first", "'=cmd(),443,2000000,2026-03-10T09:00:00Z",
    ]  # fmt: skip


def test_a_click_is_told_with_its_row_as_sorted(table, told):
    table.sort("bytes")
    table.receive(table, {"kind": "picked", "row": 0, "column": "client"}, [])
    assert told[0][0]["client"] == "=cmd()"
    assert told[0][1] == "client"


@pytest.mark.parametrize(
    "message",
    [{"kind": "picked", "row": 99, "column": "client"}, {"kind": "picked", "row": "0", "column": "client"},
     {"kind": "sort", "column": "nothing"}, {"kind": "other"}, {}],
)  # fmt: skip
def test_what_the_page_cannot_mean_does_nothing(table, told, message):
    before = table.content
    table.receive(table, message, [])
    assert not told
    assert table.content == before
