"""How often the connectivity playbook is right, on generated cases, and how long it takes amid others' records.

``python -m benchmarks.connectivity [SEED…]`` prints what was wrong and the shares of what was right; with ``--large``
the seconds of one case with 2 million records of other hosts beside it.
"""

import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import flowkit as fk
from flowkit.training.connectivity import Case, Judged, case, cases, judge

LARGE = 2_000_000


def load(asked: Case, folder: Path) -> fk.Flows:
    """Load a case as its user would."""
    place = folder / asked.name.replace("/", "-")
    described = place / "snapshot"
    described.mkdir(parents=True)
    log = place / "flows.log"
    log.write_text(asked.log)
    for name, content in asked.snapshot.items():
        (described / name).write_bytes(content)
    more = {"inventory": described} if asked.snapshot else {}
    return fk.load(log, case=place / "kept", **more)


def large() -> None:
    """Time the answer to a question about two hosts of many, with nothing worked out before."""
    asked = case("client_ports", "large", background=LARGE)
    with tempfile.TemporaryDirectory() as folder:
        flows = load(asked, Path(folder))
        for _ in range(2):
            began = time.perf_counter()
            report = fk.playbooks.run("connectivity", flows, **asked.question)
            seconds = time.perf_counter() - began
            print(f"{flows.count():,} records: {report.verdict}, {report.cause} in {seconds:.2f} s", flush=True)


def main(seeds: list[str]) -> None:
    """Print what was wrong, and the shares of what was right."""
    judged: dict[str, list[Judged]] = defaultdict(list)
    began = time.perf_counter()
    for seed in seeds:
        for asked in cases(seed):
            with tempfile.TemporaryDirectory() as folder:
                report = fk.playbooks.run("connectivity", load(asked, Path(folder)), **asked.question)
            told = judge(asked, report)
            judged[asked.name.partition("/")[0]].append(told)
            if not (told.verdict and told.cause) or told.rule is False or told.pattern is False:
                print(f"{asked.name} {asked.about}\n    {told}\n    right: {asked.truth}", flush=True)
                given = (report.verdict, report.cause, report.pattern, report.fraction_failing)
                print(f"    said:  {given} {'; '.join(map(str, report.candidates))}", flush=True)
    every = [one for many in judged.values() for one in many]
    _table(judged)
    print(f"{len(every)} cases, {time.perf_counter() - began:.0f} s")


def _table(judged: dict[str, list[Judged]]) -> None:
    every = [one for many in judged.values() for one in many]
    print(f"{'kind':28} {'cases':>5} {'verdict':>8} {'cause':>8} {'rule':>8} {'pattern':>8} {'misled':>8}")
    for name, many in [*judged.items(), ("all", every)]:
        shares = [_share(many, field) for field in ("verdict", "cause", "rule", "pattern", "misled")]
        print(f"{name:28} {len(many):5} " + " ".join(f"{one:>8}" for one in shares))


def _share(many: list[Judged], field: str) -> str:
    told = [getattr(one, field) for one in many if getattr(one, field) is not None]
    return f"{sum(told) / len(told):.1%}" if told else "-"


if __name__ == "__main__":
    if sys.argv[1:] == ["--large"]:
        large()
    else:
        main(sys.argv[1:] or [f"shown-{n}" for n in range(20)])
