"""What jobs take in one process; it runs in the environment of each rival, too."""

import time
from collections.abc import Callable, Mapping
from statistics import median

TIMES = 5


def timed(jobs: Mapping[str, Callable[[], object]]) -> dict[str, dict[str, float]]:
    """Return the seconds of each job: `first`, in a fresh process, and `warm`, the median of five further ones."""

    def seconds(job: str) -> float:
        begun = time.perf_counter()
        jobs[job]()
        return time.perf_counter() - begun

    first = {job: seconds(job) for job in jobs}
    return {"first": first, "warm": {job: median(seconds(job) for _ in range(TIMES)) for job in jobs}}
