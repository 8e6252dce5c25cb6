"""A case checked against its journal: every entry, every file, and whether there is anything more."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from errno import EINVAL
from html import escape
from pathlib import Path
from typing import Any, Final

import pandas as pd

from flowkit.casefile import files
from flowkit.casefile.entries import NOTHING, Entry, Head
from flowkit.casefile.journal import HEAD, NAME, Journal
from flowkit.casefile.locking import LOCK
from flowkit.errors import CaseError
from flowkit.progress import shown
from flowkit.wording import several

_OWN: Final = {NAME, HEAD, LOCK}
_MOST_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a case that is not as it was written.

    Attributes
    ----------
    where
        The file, or the entry of the journal.
    expected, found
        What was written, and what is there.
    """

    where: str
    expected: str
    found: str

    def __str__(self) -> str:
        """Return it as a sentence."""
        return f"{self.where}: expected {self.expected}, found {self.found}."


@dataclass(frozen=True, eq=False)
class Verification:
    """What checking a case showed.

    Attributes
    ----------
    problems
        What does not match, in the order of the journal; empty where all does.
    checked
        How much was looked at: ``entries``, ``files``, ``bytes`` (B).
    head
        The hash of the journal's last entry. Written down elsewhere, it proves later that nothing was rewritten since.
    """

    problems: tuple[Problem, ...] = ()
    checked: Mapping[str, int] = field(default_factory=dict)
    head: str = NOTHING

    @property
    def ok(self) -> bool:
        """Whether everything is as it was written."""
        return not self.problems

    def to_frame(self) -> pd.DataFrame:
        """Return the problems, a row each: `where`, `expected`, `found`."""
        rows = [(one.where, one.expected, one.found) for one in self.problems]
        return pd.DataFrame(rows, columns=["where", "expected", "found"]).astype("str")

    def __str__(self) -> str:
        """Return the answer as text."""
        counted = (
            f"{several(self.checked['entries'], 'entry', 'entries')} of the journal and "
            f"{several(self.checked['files'], 'file')} ({self.checked['bytes']:,} B)"
        )
        if self.ok:
            return f"Verified: {counted} are as they were written. The journal's last hash is {self.head}."
        count = several(len(self.problems), "mismatch", "mismatches")
        return f"Altered: {count} in {counted}. The first: {self.problems[0]}"

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{escape(str(one))}</li>" for one in self.problems[:_MOST_SHOWN])
        return f"<p>{escape(str(self))}</p><ul>{items}</ul>"


def verified(journal: Journal, *, head: str | None = None) -> Verification:
    """Check a case from the disk; see `Case.verify`."""
    unsettled = _unsettled(journal)
    check = _Check(journal)
    problems = list(check.journal(head)) or unsettled
    problems += [*check.files(), *check.others()]
    return Verification(tuple(problems), check.checked, check.head.sha256)


def _unsettled(journal: Journal) -> list[Problem]:
    """Finish what a kill left half done; tell where that cannot be."""
    try:
        journal.settle()
    except CaseError as error:
        return [Problem(NAME, "nothing behind the last entry", str(error))]
    except OSError as error:  # it lies where nothing can be written
        why = f"a write that was cut short ({error.strerror}); open the case where it can be written"
        return [Problem(NAME, "nothing behind the last entry", why)]
    return []


class _Check:
    """One check of a case."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._folder = journal.folder
        self._known: dict[str, tuple[dict[str, Any], int]] = {}
        self.head = Head()
        self.checked = {"entries": 0, "files": 0, "bytes": 0}

    def journal(self, written_down: str | None) -> Iterator[Problem]:
        """Check the head, then each entry, then that both belong together."""
        try:
            self.head = self._journal.head()
        except (CaseError, OSError) as error:
            yield Problem(HEAD, "the number and hash of the last entry", str(error))
            yield from self._entries(self._content())
            return
        content = self._content()
        if len(content) < self.head.end:
            yield Problem(NAME, f"{self.head.end:,} bytes", f"{len(content):,}")
        problems = list(self._entries(content[: self.head.end]))
        yield from problems
        last = (self.checked["entries"], self._last)
        if not problems and last != (self.head.number, self.head.sha256):
            yield Problem(HEAD, f"entry {last[0]} with hash {last[1]}", f"{self.head.number} with {self.head.sha256}")
        if written_down and written_down not in self._hashes:
            yield Problem(NAME, f"an entry with the hash {written_down}", "none")

    def _content(self) -> bytes:
        try:
            return self._journal.path.read_bytes()
        except FileNotFoundError:
            return b""

    def _entries(self, content: bytes) -> Iterator[Problem]:
        self._last, self._hashes = NOTHING, {NOTHING}
        for number, line in enumerate(content.split(b"\n")[: -1 if content.endswith(b"\n") else None], 1):
            where = f"{NAME}, entry {number}"
            try:
                entry = Entry.read(line)
            except ValueError as error:
                yield Problem(where, "the line as it was written", str(error))
                yield from self._salvaged(line, number)
                continue
            self.checked["entries"] += 1
            if (entry.number, entry.previous) != (number, self._last):
                yield Problem(where, f"to follow hash {self._last}", f"entry {entry.number} after {entry.previous}")
            self._last = entry.sha256
            self._hashes.add(entry.sha256)
            self._know(entry.files, number)

    def _salvaged(self, line: bytes, number: int) -> Iterator[Problem]:
        """Go on with the files that a broken entry names, lest each of them seem unknown."""
        try:
            values = json.loads(line)
            self._last = str(values["sha256"])
            self._know(values["files"], number)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            self._last = "of the entry before, which cannot be read"
        yield from ()

    def _know(self, found: Mapping[str, Any], number: int) -> None:
        self._known |= {str(name): (dict(about), number) for name, about in found.items()}

    def files(self) -> Iterator[Problem]:
        """Hash each file that the journal names."""
        total = sum(size for about, _ in self._known.values() if isinstance(size := about.get("bytes"), int))
        with shown(total, what="verifying the case") as progress:
            for name, (about, number) in self._known.items():
                try:
                    found = _hashed(files.inside(self._folder, name))
                except CaseError as error:
                    yield Problem(name, "a file in the case", str(error))
                    continue
                except OSError as error:
                    yield Problem(name, f"the file of entry {number}", error.strerror or str(error))
                    continue
                progress.bytes(found["bytes"])
                self.checked["files"] += 1
                self.checked["bytes"] += found["bytes"]
                if found["sha256"] != about.get("sha256"):
                    expected = f"SHA-256 {about.get('sha256')} ({about.get('bytes')} B, entry {number})"
                    yield Problem(name, expected, f"{found['sha256']} ({found['bytes']} B)")

    def others(self) -> Iterator[Problem]:
        """Tell of files that no entry names; what is being written meanwhile is none of them."""
        unknown = [name for name in files.below(self._folder) if name not in self._known and not _own(name)]
        if unknown:  # another process may have entered some since
            self._know_more()
        lock = self._folder / LOCK
        for name in unknown:
            if name not in self._known and (self._folder / name).exists():
                yield Problem(name, "no such file", "one that the journal does not know")
        if lock.is_file() and lock.stat().st_size:
            yield Problem(LOCK, "an empty file", f"{lock.stat().st_size} B")

    def _know_more(self) -> None:
        for line in self._content()[self.head.end :].splitlines():
            with suppress(ValueError):
                entry = Entry.read(line)
                self._know(entry.files, entry.number)


def _hashed(path: Path) -> dict[str, Any]:
    """Return the hash and size of a file; of a link, a pipe or anything else that it is none."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise OSError(EINVAL, "something that is no file")
    return files.hashed(path)


def _own(name: str) -> bool:
    """Tell whether a file is the journal's own, or lies where something is being written."""
    inner = name.partition("/")[2] if name.startswith("flows-v") else name
    return name in _OWN or inner.startswith(files.STAGED)
