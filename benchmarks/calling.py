"""Score how regularly pairs call: ``make FOLDER``, then ``flowkit FOLDER CACHE`` or ``msticpy FOLDER``; prints JSON.

A generated day of five hundred pairs of host and peer, each call a conversation on a fresh port: half of the pairs call
by a clock with jitter, half at random with the same mean gaps. Both score the same conversations: flowkit those of its
log once they are worked out, MSTICPy the same starts as a frame.
"""

import csv
import gzip
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SEED, PAIRS, DAY, MIDNIGHT = 20261123, 500, 86_400, 1_767_225_600
LOG, CALLS = "calls.log.gz", "calls.csv"
LIKELY = 0.01
"""The p-value below which MSTICPy's detection counts here as having found a pair regular."""
COLUMNS = ("host", "peer", "start", "regular")


def starts(rng: random.Random, *, regular: bool) -> Iterator[int]:
    """Yield when a pair calls: every 3 to 20 minutes, by a clock with up to 20 % jitter, or at random."""
    interval, jitter = rng.uniform(180, 1200), rng.uniform(0, 0.2)
    moment = rng.uniform(0, interval)
    while moment < DAY - 60:
        yield MIDNIGHT + int(moment)
        moment += interval * rng.uniform(1 - jitter, 1 + jitter) if regular else rng.expovariate(1 / interval)


def calls(pairs: int) -> Iterator[tuple[str, str, int, bool]]:
    """Yield every call by pair: `COLUMNS`."""
    rng = random.Random(SEED)  # noqa: S311 - traffic, no secret
    for number in range(pairs):
        host, peer = f"10.1.{number // 250}.{number % 250 + 1}", f"203.0.{number // 250}.{number % 250 + 1}"
        regular = number % 2 == 0
        yield from ((host, peer, start, regular) for start in starts(rng, regular=regular))


def make(folder: Path, pairs: int = PAIRS) -> None:
    """Write the log, two records to a call, and the calls themselves."""
    folder.mkdir(parents=True, exist_ok=True)
    rng, made = random.Random(SEED), list(calls(pairs))  # noqa: S311 - as above
    with (folder / CALLS).open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *made])
    with gzip.open(folder / LOG, "wt") as log:
        log.write("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end ")
        log.write("action log-status tcp-flags\n")
        for number, (host, peer, start, _) in enumerate(sorted(made, key=lambda call: call[2])):
            eni, port, tail = f"eni-{host.replace('.', '')}", 1024 + number % 64_000, f"{start} {start + 2} ACCEPT OK"
            there, back = rng.randint(300, 900), rng.randint(300, 9_000)
            log.write(f"2 111122223333 {eni} {host} {peer} {port} 443 6 6 {there} {tail} 3\n")
            log.write(f"2 111122223333 {eni} {peer} {host} 443 {port} 6 6 {back} {tail} 19\n")
    print(json.dumps({"pairs": pairs, "calls": len(made)}))


def truth(folder: Path) -> dict[tuple[str, str], bool]:
    """Return which pairs call by a clock."""
    with (folder / CALLS).open(newline="") as file:
        return {(row["host"], row["peer"]): row["regular"] == "True" for row in csv.DictReader(file)}


def judged(found: set[tuple[str, str]], known: dict[tuple[str, str], bool]) -> dict[str, Any]:
    """Return how many pairs were taken to be regular: rightly, and wrongly."""
    rightly = sum(known[pair] for pair in found)
    return {"pairs": len(known), "regular": sum(known.values()), "found": rightly, "false": len(found) - rightly}


def flowkit(folder: Path, cache: str) -> dict[str, Any]:
    """Score with `beacons`; what the records mean is worked out before, and told apart."""
    os.environ["FLOWKIT_CACHE"] = cache
    from flowkit.analysis import beacons
    from flowkit.api import load

    flows = load(folder / LOG)
    begun = time.perf_counter()
    _ = flows.facts
    joined = time.perf_counter()
    frame = beacons(flows, top=10 * PAIRS)
    seconds = time.perf_counter() - joined
    called = frame[frame.kind == "beacon"]
    found = set(zip(called.host, called.peer, strict=True))
    return {"seconds": seconds, "meaning_seconds": joined - begun, **judged(found, truth(folder))}


def msticpy(folder: Path) -> dict[str, Any]:
    """Score with the periodogram of each pair's calls, second by second."""
    import pandas as pd
    from msticpy.analysis.polling_detection import PeriodogramPollingDetector

    frame = pd.read_csv(folder / CALLS, usecols=list(COLUMNS[:3]))
    detector = PeriodogramPollingDetector(frame)
    begun = time.perf_counter()
    detector.detect_polling("start", groupby=["host", "peer"])
    seconds = time.perf_counter() - begun
    likely = detector.data[detector.data.p_value < LIKELY]
    return {"seconds": seconds, **judged(set(zip(likely.host, likely.peer, strict=True)), truth(folder))}


def main(what: str, folder: str, *more: str) -> None:
    """Make the calls, or score them."""
    if what == "make":
        make(Path(folder), *map(int, more))
    else:
        scored = flowkit(Path(folder), *more) if what == "flowkit" else msticpy(Path(folder))
        print(json.dumps(scored))


if __name__ == "__main__":
    main(*sys.argv[1:])
