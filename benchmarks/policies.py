"""How well policies are checked: generated networks with a known truth, `python -m benchmarks.policies SEED...`."""

import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import flowkit as fk
from flowkit.training.segments import Segmented, segmented

NAMES = ("forbidden", "stopped", "excepted", "allowed")


def judged(case: Segmented, folder: Path) -> Counter[tuple[str, str]]:
    """Return how often what was said counts as what: truth and verdict; what is not reported is told as allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "flows.log").write_text(case.log, encoding="utf-8")
    flows = fk.load(folder / "flows.log", case=folder / "kept")
    found = fk.policy.check(flows, fk.policy.read(case.policy), top=100_000)
    told: dict[tuple[str, str, int, int], set[str]] = {}
    for row in found.itertuples():
        told.setdefault((row.client, row.server, int(row.server_port), int(row.protocol)), set()).add(row.verdict)
    counted: Counter[tuple[str, str]] = Counter()
    for talk in case.talks:
        client, server = talk.client.address, talk.server.address
        verdicts = told.pop((client, server, talk.port, talk.protocol), set())
        if not talk.sure:  # told the other way round, from a port that was the client's
            turned = [key for key in told if (key[0], key[1], key[3]) == (server, client, talk.protocol)]
            guesses = [key for key in turned if key[2] == 0 or key[2] > 50_000]
            verdicts |= {verdict for key in guesses for verdict in told[key]}
        sure = "" if talk.sure else " (guess)"
        counted[f"{talk.verdict}{sure}", " ".join(sorted(verdicts)) or "allowed"] += 1
    counted["nothing", "reported"] = sum(1 for key in told if key[2] != 0 and key[2] <= 50_000)
    return counted


def main(seeds: list[int]) -> None:
    """Judge the cases of the seeds and print what counts as what."""
    total: Counter[tuple[str, str]] = Counter()
    began = perf_counter()
    with TemporaryDirectory() as folder:
        for seed in seeds:
            total += judged(segmented(seed), Path(folder) / str(seed))
    print(f"{len(seeds)} policies, {sum(total.values()):,} services, {perf_counter() - began:.0f} s")
    for (truth, verdict), number in sorted(total.items()):
        print(f"{truth:20} told as {verdict:24} {number:6,}")


if __name__ == "__main__":
    main([int(seed) for seed in sys.argv[1:]] or list(range(1, 11)))
