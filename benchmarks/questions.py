"""Ask loaded flows the first questions, and print the warm median time of each as JSON."""

import json
import os
import sys
import time
from statistics import median

QUESTIONS = ("reject_timeline", "top_talkers", "talker_edges", "summary")
TIMES = 5

if __name__ == "__main__":
    folder, os.environ["FLOWKIT_CACHE"] = sys.argv[1:]
    import flowkit as fk

    flows = fk.load(folder)

    def seconds(question: str) -> float:
        """Return how long one answer takes."""
        begun = time.perf_counter()
        getattr(fk.analysis, question)(flows)
        return time.perf_counter() - begun

    for question in QUESTIONS:
        seconds(question)  # warms up
    print(json.dumps({question: median(seconds(question) for _ in range(TIMES)) for question in QUESTIONS}))
