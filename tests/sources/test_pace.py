"""The pace is kept by all threads together, and the rates are those that AWS publishes."""

from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import pytest

from flowkit.sources.pace import Pace, filter_log_events


class Clock:
    """Time that only sleeping moves."""

    def __init__(self):
        self.now = 100.0
        self.slept = []
        self.lock = Lock()

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        with self.lock:
            self.slept.append(seconds)


@pytest.mark.parametrize(
    ("region", "per_second"),
    [("us-east-1", 25), ("eu-central-1", 5), ("ap-northeast-3", 5), ("eu-west-1", 10), ("xx-new-1", 10)],
)
def test_the_rate_is_that_of_the_region(region, per_second):
    assert filter_log_events(region) == per_second


def test_the_first_waits_for_nothing_and_each_other_for_its_turn():
    clock = Clock()
    pace = Pace(4, clock=clock, sleep=clock.sleep)
    for _ in range(4):
        pace.wait()
    assert clock.slept == [0.25, 0.5, 0.75]


def test_what_was_not_used_is_not_caught_up():
    clock = Clock()
    pace = Pace(4, clock=clock, sleep=clock.sleep)
    clock.now += 60
    pace.wait()
    pace.wait()
    assert clock.slept == [0.25]


def test_threads_share_the_pace():
    clock = Clock()
    pace = Pace(10, clock=clock, sleep=clock.sleep)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: pace.wait(), range(40)))
    assert sorted(clock.slept) == pytest.approx([n / 10 for n in range(1, 40)])
