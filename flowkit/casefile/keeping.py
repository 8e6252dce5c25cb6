"""Findings in a case: kept with their evidence, found again, shown with what was said of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import pandas as pd

from flowkit import playbooks, scope_code
from flowkit.casefile import canonical, files, findings
from flowkit.casefile.entries import Entry
from flowkit.casefile.journal import Journal
from flowkit.casefile.telling import Kept
from flowkit.errors import CaseError
from flowkit.flows import Flows
from flowkit.playbooks import Finding, Report
from flowkit.playbooks.report import COLUMNS

if TYPE_CHECKING:
    import plotly.graph_objects as go

FOLDER: Final = "findings"
_LEAST: Final = 4
"""Characters that the beginning of an id must have to stand for it."""


class _WithFlows(Protocol):
    @property
    def flows(self) -> Flows: ...


def run(name: str, parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Return what the journal says of a run: what was asked, the answer, and the hash of each finding."""
    found = [
        {"sha256": findings.digest(one), "kind": one.kind, "severity": one.severity, "summary": one.summary}
        for one in report.findings
    ]
    return {
        "playbook": name, "parameters": canonical.plain(parameters), "scope": repr(report.scope),
        "verdict": report.verdict, "summary": report.summary, "findings": found,
    }  # fmt: skip


def keep(finding: Finding, note: str, figures: "Sequence[go.Figure]", journal: Journal) -> str:
    """Keep a finding, with a first comment and figures, and return its id; see `Case.keep`.

    Raises
    ------
    OSError
        If the case cannot be written.
    """
    sha256 = findings.digest(finding)
    identity = findings.short(sha256)
    place = journal.folder / FOLDER / identity
    what = {
        "id": identity, "sha256": sha256, "kind": finding.kind, "severity": finding.severity,
        "summary": finding.summary, "text": note,
    }  # fmt: skip
    if not place.is_dir():
        try:
            with files.staging(journal.folder) as staged:
                findings.write(finding, staged, figures)
                journal.write("kept", what, staged=staged, place=place)
        except FileExistsError:
            pass  # another process kept the very same
        else:
            return identity
    journal.write("kept", what)
    if figures:
        with files.staging(journal.folder) as staged:
            findings.write_figures(figures, staged, len(list(place.glob("figure-*.json"))))
            journal.write("figures", {"id": identity}, staged=staged, place=place)
    return identity


def again(given: str, journal: Journal, case: _WithFlows) -> Finding:
    """Return the finding of a hash, or of its beginning, by running the playbook again that gave it.

    Raises
    ------
    CaseError
        If no run gave such a finding, or it gives it no more.
    """
    runs = [entry.what for entry in journal.entries() if entry.kind == "run"]
    for one in reversed(runs):
        if len(given) >= _LEAST and any(finding["sha256"].startswith(given) for finding in one["findings"]):
            flows = case.flows.within(scope_code.read(one["scope"]))
            report = playbooks.run(one["playbook"], flows, **one["parameters"])
            for finding in report.findings:
                if findings.digest(finding).startswith(given):
                    return finding
    raise CaseError.unknown_id(given, [findings.short(one["sha256"]) for run in runs for one in run["findings"]])


def identity(given: str, ids: Collection[str]) -> str:
    """Return the one of *ids* that begins like *given*.

    Raises
    ------
    CaseError
        If none does, or several do.
    """
    near = [one for one in ids if len(given) >= _LEAST and (one.startswith(given) or given.startswith(one))]
    if len(near) != 1:
        raise CaseError.unknown_id(given, ids)
    return near[0]


def _unaltered(folder: Path, identity: str, entries: Iterable[Entry]) -> Path:
    """Return the folder of a kept finding once its files are found to be as the journal has them."""
    place = files.inside(folder, f"{FOLDER}/{identity}")
    for name, about in ((name, about) for entry in entries for name, about in entry.files.items()):
        if name.startswith(f"{FOLDER}/{identity}/"):
            path = files.inside(folder, name)
            if not path.is_file() or files.hashed(path) != about:
                why = f"{FOLDER}/{identity} cannot be read ({path.name} is not as it was kept)"
                raise CaseError.altered(folder, why)
    return place


def finding(folder: Path, identity: str, entries: Iterable[Entry]) -> Finding:
    """Return a kept finding of the case in *folder*, whose journal has *entries*.

    Raises
    ------
    CaseError
        If its files were altered.
    """
    try:
        return findings.read(_unaltered(folder, identity, entries))
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise CaseError.altered(folder, f"{FOLDER}/{identity} cannot be read ({error})") from error


def figures(folder: Path, identity: str, entries: Iterable[Entry]) -> "list[go.Figure]":
    """Return the figures kept with a finding; see `finding`.

    Raises
    ------
    CaseError
        If their files were altered.
    """
    import plotly.io as pio

    place = _unaltered(folder, identity, entries)
    paths = sorted(place.glob("figure-*.json"), key=lambda path: int(path.stem.split("-")[1]))
    try:
        return [pio.from_json(path.read_text(encoding="utf-8")) for path in paths]
    except (OSError, ValueError) as error:
        raise CaseError.altered(folder, f"a figure of {identity} cannot be read ({error})") from error


def frame(kept: Iterable[Kept], folder: Path, entries: Sequence[Entry]) -> pd.DataFrame:
    """Return kept findings, a row each, best first, withdrawn ones last; see `Case.findings`."""
    said = list(kept)
    found = tuple(finding(folder, one.id, entries) for one in said)
    rows = Report(name="", title="", verdict="", summary="", findings=found).to_frame()
    more: dict[str, pd.Series[Any]] = {
        "starred": pd.Series([one.starred for one in said], dtype="bool"),
        "comments": pd.Series([list(one.comments) for one in said], dtype="object"),
        "withdrawn": pd.Series([one.withdrawn for one in said], dtype="str"),
        "kept": pd.to_datetime(pd.Series([one.kept for one in said], dtype="str"), utc=True),
        "sha256": pd.Series([one.sha256 for one in said], dtype="str"),
    }
    rows = rows.assign(id=pd.Series([one.id for one in said], dtype="str"), **more)
    best = rows.assign(gone=rows.withdrawn != "").sort_values(["gone", "score"], ascending=[True, False])
    return best.reset_index(drop=True)[["id", *COLUMNS, *more]]
