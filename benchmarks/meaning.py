"""Work out what loaded records mean, in a fresh process, and print what it took as JSON."""

import json
import os
import resource
import shutil
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    folder, os.environ["FLOWKIT_CACHE"] = sys.argv[1:]
    import flowkit as fk

    flows = fk.load(folder)  # in the cache already, see benchmarks.questions
    for kept in Path(os.environ["FLOWKIT_CACHE"]).glob("flows-*/meaning"):
        shutil.rmtree(kept)
    begun = time.perf_counter()
    _ = flows.facts
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps({"records": flows.count(), "seconds": seconds, "peak_mb": peak}))
