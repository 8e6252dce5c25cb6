"""What the detectors' benchmarks share: run the three playbooks, put their findings in one order, tell who is meant."""

import heapq
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import flowkit as fk
from flowkit.playbooks.finding import SEVERITIES

PLAYBOOKS = ("exfiltration", "intrusion", "flood")
EITHER_END = {"access_after_attempts"}
"""Kinds of which attacker and attacked may stand on either side."""
Row = dict[str, Any]


def missing() -> list[str]:
    """Return which of the playbooks are not there."""
    return [name for name in PLAYBOOKS if name not in fk.playbooks.names()]


def load(log: str | Path, folder: Path) -> fk.Flows:
    """Load a log, given as text or as a file, with its cache in *folder*."""
    if isinstance(log, str):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "flows.log").write_text(log)
        log = folder / "flows.log"
    return fk.load(log, case=folder / "kept")


def findings(flows: fk.Flows) -> list[Row]:
    """Run the playbooks that are there; return all findings by score, each playbook's in its own order."""
    there = [name for name in PLAYBOOKS if name in fk.playbooks.names()]
    ranked = [_ranked(name, fk.playbooks.run(name, flows).to_frame().to_dict("records")) for name in there]
    return list(heapq.merge(*ranked, key=lambda row: -row["score"]))


def _ranked(playbook: str, rows: Iterable[Row]) -> list[Row]:
    return [{**row, "playbook": playbook} for row in rows]


def peers(row: Row) -> set[str]:
    """Return the other ends of a finding, be they one or many."""
    peer = row["peer"]
    return {peer} - {""} if isinstance(peer, str) else set(peer)


def ends(row: Row) -> set[str]:
    """Return all addresses of a finding."""
    return {row["subject"], *peers(row)}


def is_about(row: Row, subject: str, others: Iterable[str]) -> bool:
    """Return whether a finding has this subject, and names one of the others if it names any."""
    theirs = set(others)
    if row["kind"] in EITHER_END and row["subject"] in theirs and subject in peers(row):
        return True
    return bool(row["subject"] == subject and (not peers(row) or peers(row) & theirs))


def above(row: Row, severity: str) -> bool:
    """Return whether a finding is graver than that."""
    return SEVERITIES.index(row["severity"]) > SEVERITIES.index(severity)


def shown(rows: Iterable[Row], top: int = 5) -> Iterator[str]:
    """Yield a line for each of the first findings."""
    for number, row in enumerate(rows, 1):
        if number > top:
            return
        others = sorted(peers(row))
        peer = ", ".join(others[:2]) + (f" and {len(others) - 2} more" if len(others) > 2 else "")
        port = "-" if row["port"] is None or row["port"] != row["port"] or str(row["port"]) == "<NA>" else row["port"]
        told = f"{row['kind']:22} {row['subject']:>16} {peer:34} {port!s:>6} {row['score']:.2f} {row['severity']}"
        yield f"    {number}. {told}"
