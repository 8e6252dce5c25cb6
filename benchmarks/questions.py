"""Ask loaded flows the first questions, and print the warm median time of each as JSON."""

import json
import os
import sys
import time
from collections.abc import Callable
from statistics import median

TIMES = 5
GROUPINGS = ("subnet", ("subnet", "service"), ("instance", "port"), ("address", "block/16"), ("az", "place"))

if __name__ == "__main__":
    folder, os.environ["FLOWKIT_CACHE"] = sys.argv[1:]
    import flowkit as fk

    flows, ask = fk.load(folder), fk.analysis
    questions: dict[str, Callable[[], object]] = {
        "reject_timeline": lambda: ask.reject_timeline(flows),
        "traffic_timeline": lambda: ask.traffic_timeline(flows),
        "top_talkers": lambda: ask.top_talkers(flows),
        "talker_edges": lambda: ask.talker_edges(flows),
        **{f"talker_edges {by}": lambda by=by: ask.talker_edges(flows, by=by) for by in GROUPINGS},
        "conversations": lambda: ask.conversations(flows),
        "coverage": lambda: ask.coverage(flows),
        "summary": lambda: ask.summary(flows),
    }  # fmt: skip

    def seconds(question: str) -> float:
        """Return how long one answer takes."""
        begun = time.perf_counter()
        questions[question]()
        return time.perf_counter() - begun

    first = {question: seconds(question) for question in questions}  # warms up
    warm = {question: median(seconds(question) for _ in range(TIMES)) for question in questions}
    print(json.dumps({"first": first, "warm": warm}))
