"""How often the detectors are right: on generated days, and on real captures.

``python -m benchmarks.detectors [SEED…]`` runs the playbooks exfiltration, intrusion and flood on one generated case
of each kind for each seed; it prints what was missed, then the shares, and for call-homes where the limit lies.
``--kinds=NAME,NAME`` takes only kinds whose names begin so. Cases of a playbook that is not there are left out.
``python -m benchmarks.detectors --real FOLDER`` holds them against real captures with labels.
"""

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import detecting, detectors_real
from benchmarks.detecting import Row
from flowkit.training.habits import KINDS, Case, cases

EVENTS = ((0, 11), (12, 19), (20, 47), (48, 143), (144, 1_000_000))
"""Numbers of call-homes that are told apart."""


@dataclass(frozen=True)
class Judged:
    """How right the findings are: *found*, *first* None where nothing must be found; *false* counts what is not so.

    *rank* is the place of the finding among all, 0 without; *false* are findings above medium that are about others,
    in a harmless case all that are graver than what its truth allows.
    """

    kind: str
    about: dict[str, object]
    detectable: bool
    found: bool | None
    rank: int
    false: int


def judge(asked: Case, rows: list[Row]) -> Judged:
    """Hold findings against the truth."""
    truth = asked.truth
    right = [
        number
        for number, row in enumerate(rows, 1)
        if row["kind"] in truth.kinds and detecting.is_about(row, truth.subject, truth.peers)
    ]
    concerned = {truth.subject, *truth.peers} if truth.malicious else set()
    allowed = "medium" if truth.malicious else truth.severity_at_most
    false = sum(detecting.above(row, allowed) and not detecting.ends(row) & concerned for row in rows)
    found = bool(right) if truth.kinds else None
    return Judged(asked.name.partition("/")[0], asked.about, truth.detectable, found, min(right, default=0), false)


def measure(seeds: Iterable[str], kinds: tuple[str, ...] = tuple(KINDS)) -> list[Judged]:
    """Run the playbooks on all cases, print what was wrong, and return how right they were."""
    judged = []
    for seed in seeds:
        for asked in cases(seed, kinds):
            if asked.playbook in detecting.missing():
                continue
            with tempfile.TemporaryDirectory() as folder:
                rows = detecting.findings(detecting.load(asked.log, Path(folder)))
            told = judge(asked, rows)
            judged.append(told)
            missed = told.detectable and told.found is False
            if missed or told.false:
                print(f"{asked.name} {'MISSED' if missed else ''} {told.false or 'no'} false alarms {asked.about}")
                print(f"    right: {asked.truth.kinds} {asked.truth.subject} {asked.truth.peers[:2]}")
                print(*detecting.shown(rows), sep="\n", flush=True)
    return judged


def print_table(judged: list[Judged]) -> None:
    """Print a line for each kind; of what the log cannot show (not detectable) only how many there are.

    False alarms are graver than medium, and told as so many in so many cases.
    """
    print(
        f"\n{'kind':24} {'cases':>5} {'undetectable':>12} {'found':>8} {'first':>8} {'top 3':>8} {'false alarms':>18}"
    )
    by_kind: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        by_kind[one.kind].append(one)
    for name, every in [*by_kind.items(), ("all", judged)]:
        many = [one for one in every if one.detectable]
        asked = [one for one in many if one.found is not None]
        shares = (
            _share(bool(one.found) for one in asked),
            _share(one.rank == 1 for one in asked),
            _share(1 <= one.rank <= 3 for one in asked),
        )
        alarms = f"{sum(one.false for one in every)} in {sum(one.false > 0 for one in every)}"
        print(
            f"{name:24} {len(every):5} {len(every) - len(many):12} " + " ".join(f"{one:>8}" for one in shares), end=""
        )
        print(f" {alarms:>18}")


def print_limits(judged: list[Judged]) -> None:
    """Print how many call-homes are found by jitter, by number of events and by kind of ports."""
    calls = [one for one in judged if "jitter" in one.about]
    if not calls:
        return
    able = [one for one in calls if one.detectable]
    jitters = sorted({int(str(one.about["jitter"])) for one in calls})
    print("\nshare of call-homes found that the log can show")
    _curve("jitter, %", [(str(jitter), _having(able, jitter=jitter)) for jitter in jitters])
    intervals = sorted({int(str(one.about["interval_s"])) for one in able})
    _curve("interval, s", [(str(interval), _having(able, interval_s=interval)) for interval in intervals])
    _curve("ports", [(ports, _having(able, ports=ports)) for ports in ("fresh", "port", "session")])
    _curve("answer", [(how or "answered", _having(able, blocked=how)) for how in ("", "rejected", "silent", "refused")])
    print("\nshare of call-homes found, whatever the number of events, where records keep their times")
    timed = _having(calls, timing_shown=True)
    _curve("events", [(_span(low, high), _among(timed, low, high)) for low, high in EVENTS])
    print("\nshare of call-homes found by jitter (down) and number of events (across), where records keep their times")
    print(f"{'':>10}" + "".join(f"{_span(low, high):>16}" for low, high in EVENTS))
    for jitter in jitters:
        row = [_found(_among(_having(timed, jitter=jitter), low, high)) for low, high in EVENTS]
        print(f"{jitter:>8} %" + "".join(f"{one:>16}" for one in row))
    lost = _having(calls, timing_shown=False)
    print(f"\nof those whose times the aggregation hides, {_found(lost)} were found, rightly or by luck")


def _having(many: list[Judged], **wanted: object) -> list[Judged]:
    return [one for one in many if all(one.about[name] == value for name, value in wanted.items())]


def _among(many: list[Judged], low: int, high: int) -> list[Judged]:
    return [one for one in many if low <= int(str(one.about["events"])) <= high]


def _span(low: int, high: int) -> str:
    return f"{low}-{high}" if high < EVENTS[-1][1] else f"{low}+"


def _curve(title: str, points: list[tuple[str, list[Judged]]]) -> None:
    print(f"  {title}")
    for name, many in points:
        if many:
            share = sum(bool(one.found) for one in many) / len(many)
            print(f"{name:>12} {_found(many):>14} {'#' * round(40 * share)}")


def _found(many: list[Judged]) -> str:
    return f"{sum(bool(one.found) for one in many)}/{len(many)}" if many else "-"


def _share(told: Iterable[bool]) -> str:
    many = list(told)
    return f"{sum(many) / len(many):.0%}" if many else "-"


def main(arguments: list[str]) -> int:
    """Do what the command line asks for; return how many checks on real captures failed."""
    for name in detecting.missing():
        print(f"no playbook is called {name}: going on without it and its cases")
    if arguments[:1] == ["--real"]:
        return detectors_real.main(Path(arguments[1]))
    prefixes = tuple(",".join(one[8:] for one in arguments if one.startswith("--kinds=")).split(","))
    kinds = tuple(name for name in KINDS if name.startswith(prefixes))
    seeds = [argument for argument in arguments if not argument.startswith("--")] or [f"shown-{n}" for n in range(3)]
    began = time.perf_counter()
    judged = measure(seeds, kinds)
    print_table(judged)
    print_limits(judged)
    print(f"\n{len(judged)} cases, {time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
