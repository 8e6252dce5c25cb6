"""Windows of time: slider steps, quick ranges, moves, times as text."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.errors import ScopeError
from flowkit.widgets.windows import MINUTE, Window, read_time, steps, whole_minutes, written

EIGHT = datetime(2026, 3, 10, 8, tzinfo=UTC)
SPAN = Window(EIGHT, EIGHT + 6 * 60 * MINUTE)


def window(start, end):
    return Window(EIGHT + start * MINUTE, EIGHT + end * MINUTE)


@given(st.timedeltas(timedelta(0), timedelta(days=3_000)), st.integers(0, 3_599))
def test_steps_cover_the_span_in_whole_minutes(width, offset):
    first = EIGHT + timedelta(seconds=offset)
    span = whole_minutes(first, first + width)
    assert span.start <= first
    assert span.end > first + width
    stops = steps(span)
    assert 2 <= len(stops) <= 500
    assert stops[0] <= span.start
    assert stops[-1] >= span.end
    gaps = {later - earlier for earlier, later in pairwise(stops)}
    assert len(gaps) == 1
    assert not gaps.pop() % MINUTE


def test_moves():
    hour = window(60, 120)
    assert SPAN.first(60 * MINUTE) == window(0, 60)
    assert SPAN.last(15 * MINUTE) == window(345, 360)
    assert SPAN.last(timedelta(days=9)) == SPAN
    assert hour.halved() == window(75, 105)
    assert hour.doubled(SPAN) == window(30, 150)
    assert window(0, 300).doubled(SPAN) == SPAN
    assert hour.moved(1, SPAN) == window(120, 180)
    assert hour.moved(-1, SPAN) == window(0, 60)


def test_moves_that_lead_nowhere_say_so():
    with pytest.raises(ScopeError, match="nothing earlier"):
        SPAN.moved(-1, SPAN)
    with pytest.raises(ScopeError, match="as short as it can be"):
        Window(EIGHT, EIGHT + timedelta(seconds=2)).halved()


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("", None),
        ("  ", None),
        ("2026-03-10T08:00", EIGHT),
        ("2026-03-10 08:00:30", EIGHT + timedelta(seconds=30)),
        ("2026-03-10T09:00+01:00", EIGHT),
        ("2026-03-10", EIGHT - timedelta(hours=8)),
        ("yesterday", "yesterday"),
    ],
)
def test_times_as_text(text, time):
    assert read_time(text) == time


def test_what_is_written_is_read():
    assert written(None) == ""
    assert read_time(written(EIGHT)) == EIGHT
