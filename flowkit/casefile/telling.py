"""What a case tells: the journal as sentences, what was kept of each finding, two cases side by side."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from flowkit.casefile.entries import Entry
from flowkit.wording import several

TIMELINE: Final = ("number", "time", "kind", "what", "flowkit", "sha256")
COMPARED: Final = ("what", "where", "sha256", "told")
_LONGEST: Final = 300


@dataclass(frozen=True)
class Kept:
    """What was said of a finding that was kept.

    Attributes
    ----------
    id, sha256
        Its short and its whole hash.
    kept
        When it was kept first, in UTC, as text.
    starred
        Whether it is marked.
    comments
        What was said of it, oldest first.
    withdrawn
        Why it no longer holds, "" where it does.
    """

    id: str
    sha256: str
    kept: str
    starred: bool = False
    comments: tuple[str, ...] = ()
    withdrawn: str = ""


def kept(entries: Iterable[Entry]) -> dict[str, Kept]:
    """Return what was kept, by its id, as the journal has it; a withdrawn finding that is kept again holds again."""
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        about = entry.what
        if entry.kind == "kept":
            one = found.setdefault(about["id"], {"sha256": about["sha256"], "kept": entry.time, "comments": ()})
            one["withdrawn"] = ""
        if (one := found.get(about.get("id", ""), {})) and about.get("text"):
            one["comments"] += (about["text"],)
        if entry.kind == "starred":
            one["starred"] = about["starred"]
        elif entry.kind == "withdrawn":
            one["withdrawn"] = about["reason"]
    return {name: Kept(name, **values) for name, values in found.items()}


def notes(entries: Iterable[Entry]) -> tuple[tuple[str, str], ...]:
    """Return what was noted, oldest first: time (UTC, as text) and text."""
    return tuple((one.time, str(one.what["text"])) for one in entries if one.kind == "note")


def timeline(entries: Iterable[Entry]) -> pd.DataFrame:
    """Return the journal, a row per entry: `number`, `time` (UTC), `kind`, `what`, `flowkit`, `sha256`."""
    rows = [(one.number, one.time, one.kind, _told(one), one.flowkit, one.sha256) for one in entries]
    frame = pd.DataFrame(rows, columns=list(TIMELINE))
    texts = dict.fromkeys(("kind", "what", "flowkit", "sha256"), "str")
    return frame.assign(time=pd.to_datetime(frame["time"], utc=True)).astype({"number": "int64", **texts})


def _told(entry: Entry) -> str:
    text = _SENTENCES.get(entry.kind, _other)(entry)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _other(entry: Entry) -> str:
    return ", ".join(f"{name} {value}" for name, value in entry.what.items() if value not in ("", None))


def _brought(entry: Entry) -> str:
    size = sum(int(about.get("bytes", 0)) for about in entry.files.values())
    return f"{several(len(entry.files), 'file')} ({size:,} B)"


def _loaded(entry: Entry) -> str:
    totals: Mapping[str, int] = entry.what["totals"]
    return (
        f"{entry.what['code']}: {several(totals['objects'], 'object')}, {several(totals['records'], 'record')}, "
        f"{several(totals['refused'], 'refused line')}"
    )


def _known(entry: Entry) -> str:
    names = [str(name).rpartition("/")[2] for kind in ("lists", "databases") for name in entry.what[kind]]
    return ", ".join(names) or "none any more"


def _run(entry: Entry) -> str:
    said = ", ".join(f"{name}={value}" for name, value in entry.what["parameters"].items() if value is not None)
    verdict = str(entry.what["verdict"]).replace("_", " ")
    return f"{entry.what['playbook']}({said}) on {entry.what['scope']}: {verdict}. {entry.what['summary']}"


_SENTENCES: Final[Mapping[str, Callable[[Entry], str]]] = {
    "created": lambda entry: f"Case {entry.what['name']} was begun",
    "adopted": lambda entry: f"Records that were here before were taken into the journal: {_brought(entry)}",
    "stored": lambda entry: f"Records were stored: {_brought(entry)}",
    "derived": lambda entry: f"What records mean was worked out: {_brought(entry)}",
    "inventory": lambda entry: f"The snapshot in {entry.what['source']} was copied: {_brought(entry)}",
    "known": lambda entry: f"Lists and databases: {_known(entry)}",
    "raw": lambda entry: f"Objects were kept as they are: {_brought(entry)}",
    "loaded": _loaded,
    "run": _run,
    "kept": lambda entry: f"{entry.what['id']} was kept: {entry.what['summary']}",
    "figures": lambda entry: f"Figures of {entry.what['id']} were kept: {_brought(entry)}",
    "starred": lambda entry: f"{entry.what['id']} was {'starred' if entry.what['starred'] else 'starred no longer'}",
    "comment": lambda entry: f"{entry.what['id']}: {entry.what['text']}",
    "withdrawn": lambda entry: f"{entry.what['id']} was withdrawn: {entry.what['reason']}",
    "note": lambda entry: str(entry.what["text"]),
    "scope": lambda entry: f"Scope {entry.what['name']}: {entry.what['scope']}",
    "set_aside": lambda entry: f"A write that was cut short was taken back ({entry.what['bytes']:,} B)",
}


def findings_told(entries: Iterable[Entry]) -> dict[str, str]:
    """Return the summaries of all findings that were kept or that a playbook gave, by their hash."""
    found: dict[str, str] = {}
    for entry in entries:
        if entry.kind == "run":
            found |= {one["sha256"]: f"{one['severity']}: {one['summary']}" for one in entry.what["findings"]}
        elif entry.kind == "kept":
            found.setdefault(entry.what["sha256"], f"{entry.what['severity']}: {entry.what['summary']}")
    return found


def objects_told(objects: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the names of objects by their hash; those that could not be read have none."""
    return {one["sha256"]: str(one["name"]) for one in objects if one["sha256"]}


def compared(here: Sequence[Mapping[str, str]], there: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """Return findings and objects of two cases, a row each; see `Case.compare`."""
    rows = []
    for what, ours, theirs in zip(("finding", "object"), here, there, strict=True):
        for sha256 in {**ours, **theirs}:
            where = "both" if sha256 in ours and sha256 in theirs else "here" if sha256 in ours else "there"
            rows.append((what, where, sha256, ours.get(sha256) or theirs[sha256]))
    frame = pd.DataFrame(rows, columns=list(COMPARED)).astype("str")
    counts = [
        f"{several(int(((frame.what == what) & (frame['where'] == where)).sum()), what)} {words}"
        for what in ("finding", "object")
        for where, words in (("both", "in both"), ("here", "only here"), ("there", "only there"))
    ]
    frame.attrs["caption"] = f"{'; '.join(counts)}."
    return frame
