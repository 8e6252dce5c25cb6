"""Slices hold some pages each, however events are spread."""

import pytest

from flowkit.aws.connect import Access
from flowkit.sources.density import Density, of_window, slices
from flowkit.sources.log_groups import LogGroup, Logs
from flowkit.sources.pace import Pace
from tests.sources.log_events import START, LogEvents, event

GROUP = LogGroup("/vpc/shop", "us-east-1", "arn")
DAY = 86_400


def looked(events, seconds=DAY, **paging):
    served = LogEvents(events, **paging)
    logs = Logs(Access(region="us-east-1"), served, Pace(1e6, sleep=lambda _: None))
    return of_window(logs, GROUP, (START * 1000, (START + seconds) * 1000)), served


@pytest.mark.parametrize(
    ("seconds", "mean"),
    [
        (range(0, DAY, 60), 1 / 60),
        (range(0, DAY, 6), 1 / 6),
        ([0], 1 / DAY),
        ([0, 5_000], 2 / DAY),
    ],
    ids=["each minute", "each six seconds", "one", "two"],
)
def test_few_looks_tell_how_many_events_there_are(seconds, mean):
    found, served = looked([event(second, number=n) for n, second in enumerate(seconds)])
    assert found.mean == pytest.approx(mean, rel=0.01)
    assert len(served.asked) <= 6


def test_a_burst_that_fills_a_page_is_a_rate():
    found, _ = looked([event(120 + n / 10_000, number=n) for n in range(20_000)], seconds=300)
    assert found.peak == pytest.approx(10_000, rel=0.01)


def test_a_few_events_of_one_moment_are_no_burst():
    assert looked([event(0)])[0].step() == DAY * 1000


def test_nothing_in_all_the_window_is_told():
    found, _ = looked([])
    assert (found.mean, found.messages, found.whole) == (0, (), True)


@pytest.mark.parametrize(
    ("per_second", "seconds"), [(0, DAY), (1, DAY), (10, 10_800), (100, 900), (1_000, 60), (100_000, 60)]
)
def test_a_slice_has_some_twenty_pages_where_most_events_are(per_second, seconds):
    assert Density(per_second, per_second, 90).step() == seconds * 1000


@pytest.mark.parametrize(
    ("window", "step", "parts"),
    [
        ((0, 10), 100, [(0, 10)]),
        ((0, 200), 100, [(0, 100), (100, 200)]),
        ((99, 101), 100, [(99, 100), (100, 101)]),
    ],
)
def test_slices_are_cut_at_multiples(window, step, parts):
    assert slices(window, step) == parts
