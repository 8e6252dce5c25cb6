"""Ask loaded flows the first questions, and print the warm median time of each as JSON.

The same of fresh scopes, of which nothing is kept, as an interactive workbench asks.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
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

    begin, end = flows.span
    hour = (begin + (end - begin) / 2).replace(minute=0, second=0, microsecond=0)
    named = flows.narrow(start=hour, end=hour + timedelta(minutes=10)).facts.join(
        flows.ends.observers.select("subnet_id", observer="id", interface_id="observer"), "observer"
    )
    place = named.select("interface_id", "subnet_id").order_by("interface_id").limit(1).to_pandas().iloc[0]
    scopes: dict[str, dict[str, object]] = {
        "all": {}, "subnet": {"subnet_id": place.subnet_id}, "interface": {"interface_id": place.interface_id},
        "10 min": {"start": hour, "end": hour + timedelta(minutes=10)}, "REJECT": {"action": "REJECT"},
        "ACCEPT": {"action": "ACCEPT"}, "dstport 443": {"dstport": 443}, "port 443": {"port": 443},
        "ingress": {"direction": "ingress"}, "udp": {"protocol": "udp"},
    }  # fmt: skip
    asked: dict[str, Callable[[fk.Flows], object]] = {
        "overview": lambda of: of.overview,
        **{
            name: getattr(ask, name)
            for name in ("traffic_timeline", "reject_timeline", "talker_edges", "conversations", "coverage")
        },
    }

    def narrowed(scope: str, question: str) -> float:
        """Return how long an answer takes of flows narrowed anew, of which nothing is kept."""
        of = flows.narrow(**scopes[scope])
        of.origin._memory.clear()  # noqa: SLF001 - nor does the origin remember what other scopes asked
        begun = time.perf_counter()
        asked[question](of)
        return time.perf_counter() - begun

    first = {question: seconds(question) for question in questions}  # warms up
    warm = {question: median(seconds(question) for _ in range(TIMES)) for question in questions}
    by_scope = {
        scope: {question: median(narrowed(scope, question) for _ in range(TIMES)) for question in asked}
        for scope in scopes
    }
    print(json.dumps({"first": first, "warm": warm, "narrowed": by_scope}))
