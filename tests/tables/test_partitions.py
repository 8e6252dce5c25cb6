"""Which partitions a window is looked for in: of every layout those that can hold it, and no others."""

from datetime import UTC, date, datetime, timedelta

import ibis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.errors import FormatError, ScopeError
from flowkit.tables import Catalog, partitions

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOURS = [datetime(2025, 12, 1, tzinfo=UTC) + timedelta(hours=number) for number in range(24 * 150)]
LAYOUTS = {
    "projected": {"day": "%Y/%m/%d"},
    "dashes": {"date": "%Y-%m-%d"},
    "security lake": {"eventday": "%Y%m%d"},
    "moments": {"datehour": "%Y/%m/%d/%H"},
    "hive": {"year": "%Y", "month": "%m", "day": "%d"},
    "hourly": {"day": "%Y/%m/%d", "hour": "%H"},
    "hive, hourly": {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H"},
    "months": {"year": "%Y", "month": "%m"},
}


def sample(column):
    rows = column.limit(1).to_pyarrow().columns[0].to_pylist()
    return rows[0] if rows else None


def table(layout, *, numbers=False, hours=HOURS):
    kind = int if numbers else str
    columns = {name: [kind(hour.strftime(how)) for hour in hours] for name, how in LAYOUTS[layout].items()}
    return ibis.memtable(columns | {"folder": hours})


def read(rows, start, end, **catalog):
    """Return the folders that are read for a window."""
    found = partitions(rows, Catalog(**catalog), sample).of_window(rows, start, end)
    return sorted(found.folder.to_pyarrow().to_pylist())


def whole(layout, hours):
    """Return the hours in folders as coarse as the layout's."""
    finest = "%Y%m%d%H" if {"hour", "datehour"} & set(LAYOUTS[layout]) else "%Y%m%d" if layout != "months" else "%Y%m"
    wanted = {hour.strftime(finest) for hour in hours}
    return [hour for hour in HOURS if hour.strftime(finest) in wanted]


NUMBERS = ("security lake", "hive", "hive, hourly", "months")


@pytest.mark.parametrize(
    ("layout", "numbers"), [(layout, False) for layout in LAYOUTS] + [(layout, True) for layout in NUMBERS]
)
def test_a_window_is_looked_for_from_a_little_before_to_a_day_after(layout, numbers):
    start, end = NOON, NOON + timedelta(hours=1)
    hours = [hour for hour in HOURS if hour > start - timedelta(minutes=70) and hour <= end + timedelta(days=1)]
    assert read(table(layout, numbers=numbers), start, end) == whole(layout, hours)


@pytest.mark.parametrize("layout", ["projected", "hive", "hive, hourly"])
def test_over_the_turn_of_the_year(layout):
    start, end = datetime(2025, 12, 30, 22, tzinfo=UTC), datetime(2026, 1, 31, 23, tzinfo=UTC)
    found = read(table(layout), start, end)
    assert found[0] == (start - timedelta(hours=1) if "hour" in layout else start.replace(hour=0))
    assert found[-1].date() == date(2026, 2, 1)
    assert len(found) == len([hour for hour in HOURS if found[0] <= hour <= found[-1]])


@given(st.integers(0, len(HOURS) - 1), st.integers(1, 2_000), st.sampled_from(sorted(LAYOUTS)))
def test_no_folder_that_can_hold_the_window_is_left_out(first, length, layout):
    start = HOURS[first]
    end = start + timedelta(hours=length)
    found = set(read(table(layout), start, end))
    assert {hour for hour in HOURS if start <= hour <= end + timedelta(days=1)} <= found


def test_without_an_end_to_a_day_from_now_and_without_a_start_from_the_beginning():
    assert read(table("projected"), NOON, None)[-1] == HOURS[-1]
    assert read(table("projected"), None, NOON)[0] == HOURS[0]
    assert read(table("hive"), None, NOON)[0] == HOURS[0]
    assert len(read(table("hive"), None, None)) == len(HOURS)


def test_days_that_are_dates():
    rows = ibis.memtable({"date": [hour.date() for hour in HOURS], "folder": HOURS})
    assert len(read(rows, NOON, NOON + timedelta(hours=1))) == 48


def test_a_catalog_says_how_days_are_written_and_which_columns_are_partitions():
    days = [hour.strftime("%Y-%m-%d") for hour in HOURS]
    rows = ibis.memtable({"day": days, "region": ["x"] * len(HOURS), "folder": HOURS})
    said = {"keys": frozenset({"day", "region"}), "formats": {"day": "yyyy-MM-dd"}}
    found = partitions(rows, Catalog(**said), lambda _: pytest.fail("nothing need be asked"))
    assert dict(found.columns) == {"day": "day", "region": "region"}
    assert len(read(rows, NOON, NOON + timedelta(hours=1), **said)) == 48
    assert not partitions(rows, Catalog(keys=frozenset()), sample).by_time


@pytest.mark.parametrize("written", ["10.03.2026", "2026-W11", "Tuesday", "\x1b[2J"])
def test_days_written_otherwise_are_refused(written):
    rows = ibis.memtable({"day": [written], "srcaddr": ["10.0.0.1"]})
    with pytest.raises(FormatError, match=r"day is written in a way .* Restrict it yourself") as caught:
        partitions(rows, Catalog(), sample)
    assert "\x1b" not in str(caught.value)


def test_an_empty_table_has_no_days_to_tell():
    rows = ibis.memtable({"day": ["x"], "folder": [NOON]}).limit(0)
    assert read(rows, NOON, NOON + timedelta(hours=1)) == []


def test_accounts_and_regions():
    rows = ibis.memtable({"aws_account_id": ["111122223333", "444455556666"], "aws-region": ["a", "b"]})
    found = partitions(rows, Catalog(), sample)
    assert found.of_places(rows, ["111122223333"], []).count().to_pyarrow().as_py() == 1
    assert found.of_places(rows, [], ["a", "b"]).count().to_pyarrow().as_py() == 2
    numbers = ibis.memtable({"accid": [111122223333, 444455556666]})
    found = partitions(numbers, Catalog(), sample)
    assert found.of_places(numbers, ["111122223333"], []).count().to_pyarrow().as_py() == 1
    with pytest.raises(ScopeError, match="region= chooses among partitions, and the table has none"):
        found.of_places(numbers, [], ["a"])
