"""How often AWS lets a caller ask for log events, kept to by every thread of a search."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Final

_USUAL: Final = 10.0
_PUBLISHED: Final = {
    "us-east-1": 25.0,
    **dict.fromkeys(("ap-northeast-3", "ap-southeast-3", "ca-west-1", "eu-central-1", "il-central-1"), 5.0),
}


def filter_log_events(region: str) -> float:
    """Return how many FilterLogEvents a second AWS grants in a region ("CloudWatch Logs quotas").

    >>> filter_log_events("eu-central-1"), filter_log_events("eu-west-1")
    (5.0, 10.0)
    """
    return _PUBLISHED.get(region, _USUAL)


class Pace:
    """Lets through so many a second, evenly, whichever thread they come from.

    Parameters
    ----------
    per_second
        How many.
    clock, sleep
        The time, and how to let it pass.
    """

    def __init__(
        self,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._between = 1 / per_second
        self._clock, self._sleep = clock, sleep
        self._lock = Lock()
        self._next = clock()

    def wait(self) -> None:
        """Return when it is the caller's turn."""
        with self._lock:
            now = self._clock()
            turn = max(self._next, now)
            self._next = turn + self._between
        if turn > now:
            self._sleep(turn - now)
