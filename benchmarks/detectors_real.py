"""The detectors on real captures: ``NAME.log.gz`` with ``NAME.truth.json`` and ``NAME.labels.csv.gz`` in a folder."""

import csv
import gzip
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks import detecting
from benchmarks.detecting import Row

BEACONS = {"beacon", "blocked_beacon"}
SCANS = {"port_scan", "sweep"}
ENOUGH = 10
"""Conversations from which on a controller is to be found."""
MOST_ALARMS = 3
"""Findings of high severity or above that are bearable in a day."""


@dataclass(frozen=True)
class Capture:
    """A real capture."""

    folder: Path
    name: str

    @property
    def log(self) -> Path:
        """Its flow log."""
        return self.folder / f"{self.name}.log.gz"

    @cached_property
    def truth(self) -> dict[str, Any]:
        """What is known of it."""
        content: dict[str, Any] = json.loads((self.folder / f"{self.name}.truth.json").read_text())
        return content

    @property
    def inside(self) -> set[str]:
        """Addresses with an interface."""
        return set(self.truth["enis"])

    @property
    def days(self) -> float:
        """How long it is, a day at least."""
        return max(1.0, (self.truth["last"] - self.truth["first"]) / 86_400)

    def sources(self, kind: str) -> list[str]:
        """Return who did what is labelled so."""
        return list(self.truth["malicious"][kind]["sources"]["top"])

    def controllers(self) -> dict[tuple[str, str], int]:
        """Return pairs of inside host and controller, with how many conversations they had."""
        tuples: Counter[tuple[str, str]] = Counter()
        for (source, destination, *_), seen in self._labelled({"c2", "c2_beacon"}).items():
            own, peer = (source, destination) if source in self.inside else (destination, source)
            tuples[own, peer] += seen
        return dict(tuples)

    def _labelled(self, kinds: set[str]) -> Counter[tuple[str, ...]]:
        """Count the flows in which an inside host speaks, of records with these labels: a tuple used again is one."""
        with gzip.open(self.log, "rt") as log, gzip.open(self.folder / f"{self.name}.labels.csv.gz", "rt") as labels:
            records = csv.DictReader(log, delimiter=" ")
            named = ("srcaddr", "dstaddr", "srcport", "dstport", "protocol")
            return Counter({
                tuple(record[name] for name in named): 1
                for record, label in zip(records, csv.DictReader(labels), strict=True)
                if label["kind"] in kinds and record["srcaddr"] in self.inside
            })  # fmt: skip


Told = tuple[str, bool]
"""What must hold, and whether it does."""
Check = Callable[[Capture, list[Row]], Iterator[Told]]


def _controllers(capture: Capture, rows: list[Row]) -> Iterator[Told]:
    for (own, peer), count in capture.controllers().items():
        if count >= ENOUGH:
            first = [row["kind"] in BEACONS and detecting.is_about(row, own, [peer]) for row in rows[:3]]
            yield f"{own} calls {peer} ({count} conversations): a beacon within the first 3", any(first)


def _steps(_: Capture, rows: list[Row]) -> Iterator[Told]:
    hosts = {"10.0.0.4", "10.0.1.4"}
    found = any(row["kind"] == "lateral_movement" and hosts <= detecting.ends(row) for row in rows)
    yield f"{' and '.join(sorted(hosts))} in one lateral_movement", found


def _scans(most: int) -> Check:
    def check(capture: Capture, rows: list[Row]) -> Iterator[Told]:
        (scanner,) = capture.sources("port_scan")
        own = [row["kind"] in SCANS and row["subject"] == scanner for row in rows]
        yield f"the scan of {scanner} first", own[:1] == [True]
        yield f"{scanner} is subject of at most {most} scans: {sum(own)}", 1 <= sum(own) <= most

    return check


def _guessing(capture: Capture, rows: list[Row]) -> Iterator[Told]:
    (guesser,) = capture.sources("brute_force")
    first = rows[0] if rows else {"kind": "", "subject": "", "port": None}
    said = (first["kind"], first["subject"], first["port"]) == ("brute_force", guesser, 902)
    yield f"brute_force by {guesser} on port 902 first", said


def _public(capture: Capture, rows: list[Row]) -> Iterator[Told]:
    alarms = sum(detecting.above(row, "medium") for row in rows)
    yield (
        f"at most {MOST_ALARMS} findings of high severity a day: {alarms / capture.days:.1f}",
        (alarms <= MOST_ALARMS * capture.days),
    )
    noise = Counter(row["subject"] for row in rows if row["kind"] == "background_noise")
    yield (
        f"one background_noise for each of {len(capture.inside)} hosts: {dict(noise)}",
        (set(noise) == capture.inside and set(noise.values()) == {1}),
    )


def _harmless(_: Capture, rows: list[Row]) -> Iterator[Told]:
    graver = sum(detecting.above(row, "medium") for row in rows)
    yield f"no finding above medium: {graver}", graver == 0


CHECKS: dict[str, tuple[Check, ...]] = {
    "njrat-c2": (_controllers,),
    "apt29-day2": (_controllers, _steps),
    "nmap-internal-scan": (_scans(1),),
    "outbound-scan-small": (_scans(2),),
    "ssh-bruteforce-pcap": (_guessing,),
    "public-host-24h-a": (_public,),
    "public-host-24h-d": (_public,),
    "benign-door-lock": (_harmless,),
}
"""What must hold of each capture. The small one holds a scan of ports and one of hosts, by the same host."""


def main(folder: Path) -> int:
    """Print what must hold, what was found, and whether it is so; return how many checks failed, 8 if none was made."""
    failed = missing = 0
    for name, checks in CHECKS.items():
        capture = Capture(folder, name)
        if not capture.log.exists():
            print(f"{name}: not in {folder}")
            missing += 1
            continue
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as kept:
            rows = detecting.findings(detecting.load(capture.log, Path(kept)))
        print(f"\n{name}: {len(rows)} findings in {time.perf_counter() - began:.1f} s")
        for what, ok in (told for check in checks for told in check(capture, rows)):
            print(f"  {'ok ' if ok else 'NOT'} {what}")
            failed += not ok
        print(*detecting.shown(rows), sep="\n", flush=True)
    print(f"\n{failed} checks failed, {missing} captures of {len(CHECKS)} not there")
    return failed if missing < len(CHECKS) else missing
