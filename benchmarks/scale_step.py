"""Take one step with a folder of logs in this fresh process, and print what it took as JSON: STEP LOGS CACHE.

``load`` reads the logs into an empty cache; ``conversations`` works out what the loaded records mean; every other step
is a question that a new session asks of loaded logs whose conversations are known. Opening the log is part of it.
"""

import json
import os
import resource
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LOAD, CONVERSATIONS = "load", "conversations"


def questions() -> dict[str, Callable[[Any], object]]:
    """Return the questions by their names; each takes flows."""
    from flowkit import analysis, playbooks

    return {
        "summary": analysis.summary,
        "coverage": analysis.coverage,
        "top_talkers": analysis.top_talkers,
        "beacons": analysis.beacons,
        "exfiltration": lambda flows: playbooks.run("exfiltration", flows),
    }


STEPS = (LOAD, CONVERSATIONS, "summary", "coverage", "top_talkers", "beacons", "exfiltration")


def peak_mb() -> float:
    """Return the peak resident memory of this process; flowkit's readers are threads of it."""
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def size_mb(folder: Path) -> float:
    """Return how much lies in a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def main(step: str, logs: str, cache: str) -> None:
    """Take the step."""
    os.environ["FLOWKIT_CACHE"] = cache
    import flowkit as fk

    asked = questions()
    if step == CONVERSATIONS:
        for kept in Path(cache).glob("flows-*/meaning"):
            shutil.rmtree(kept)
    begun = time.perf_counter()
    flows = fk.load(logs)
    if step == CONVERSATIONS:
        begun = time.perf_counter()
        _ = flows.facts
    elif step != LOAD:
        asked[step](flows)
    seconds = time.perf_counter() - begun
    measured = {"seconds": seconds, "peak_mb": peak_mb()}
    if step in (LOAD, CONVERSATIONS):
        measured |= {"records": flows.count(), "cache_mb": size_mb(Path(cache))}
    print(json.dumps(measured))


if __name__ == "__main__":
    main(*sys.argv[1:])
