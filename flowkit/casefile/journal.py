"""The journal of a case: lines that are only ever added, each with the hash of the one before.

::

    journal.jsonl   an entry per line: number, time, what was done, hashes of the files it brought, its own SHA-256
    journal.head    number and hash of the last entry that is complete, and where it ends

Files are written under a temporary name, entered, moved to their place, and then the head moves on. Whatever
is beyond the head was cut short by a kill: the next to write finishes it, or takes it back and enters that.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from flowkit.casefile import canonical, files
from flowkit.casefile.entries import NOTHING, Entry, Head
from flowkit.casefile.locking import locked
from flowkit.errors import CaseError

NAME: Final = "journal.jsonl"
HEAD: Final = "journal.head"
_SHOWN: Final = 200
_PRIVATE: Final = 0o600


class Journal:
    """The journal of the case in a folder; see the module's description."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / NAME

    def head(self) -> Head:
        """Return the last complete entry's number, hash and end.

        Raises
        ------
        CaseError
            If it was altered, or is gone while there are entries.
        """
        try:
            return Head.read((self.folder / HEAD).read_bytes())
        except FileNotFoundError:
            if self.size() and self.path.read_bytes().count(b"\n") > 1:
                raise CaseError.altered(self.folder, f"{HEAD} is gone") from None
            return Head()
        except ValueError as error:
            raise CaseError.altered(self.folder, f"{HEAD}: {error}") from error

    def size(self) -> int:
        """Return how many bytes the journal has."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def unsettled(self) -> bool:
        """Whether a write was cut short, or is going on."""
        return self.size() > self.head().end

    def entries(self) -> tuple[Entry, ...]:
        """Return the complete entries, oldest first.

        Raises
        ------
        CaseError
            If one of them is not as it was written.
        """
        head = self.head()
        lines = self._read(0, head.end).splitlines(keepends=True)
        found: list[Entry] = []
        for number, line in enumerate(lines, 1):
            try:
                entry = Entry.read(line.removesuffix(b"\n"))
            except ValueError as error:
                raise CaseError.altered(self.folder, f"entry {number} of {NAME}: {error}") from error
            before = found[-1].sha256 if found else NOTHING
            if (entry.number, entry.previous) != (number, before):
                raise CaseError.altered(self.folder, f"entry {number} of {NAME} does not follow the one before")
            found.append(entry)
        if (len(found), found[-1].sha256 if found else NOTHING) != (head.number, head.sha256):
            raise CaseError.altered(self.folder, f"{NAME} does not end as {HEAD} says")
        return tuple(found)

    def _read(self, start: int, end: int) -> bytes:
        if not self.path.exists():
            return b""
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(end - start)

    def write(
        self, kind: str, what: Mapping[str, Any], *, staged: Path | None = None, place: Path | None = None
    ) -> Entry:
        """Enter that something was done, and move the files it brought from *staged* to their *place*.

        Parameters
        ----------
        kind, what
            See `Entry`.
        staged, place
            The folder that holds the files, and the one they belong to, both in the case.

        Raises
        ------
        FileExistsError
            If one of the files is there already; nothing is entered.
        CaseError
            If the journal was altered, or another process holds it.
        OSError
            If the case cannot be written; nothing is entered.
        """
        names = files.below(staged) if staged else []
        found = {name: files.hashed(staged / name, through=True) for name in names} if staged else {}
        with locked(self.folder):
            self._settle()
            if place and any((place / name).exists() for name in names):
                raise FileExistsError(str(place))
            head = self.head()
            brought = {"staged": self._name(staged), "place": self._name(place)} if staged and place else {}
            under = {self._name(place / name): about for name, about in found.items()} if place else {}
            entry = head.next(kind, what, files=under, **brought)
            self._append(entry.line(), head.end)
            if staged and place:
                self._moved(staged, place, names, head.end)
            self._set_head(head.after(entry))
        return entry

    def adopt(self, names: Iterable[str]) -> Entry:
        """Enter files that were in the folder before it was a case, by their paths there."""
        found = {name: files.hashed(self.folder / name) for name in names}
        with locked(self.folder):
            self._settle()
            head = self.head()
            entry = head.next("adopted", {}, files=found)
            self._append(entry.line(), head.end)
            self._set_head(head.after(entry))
        return entry

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _append(self, line: bytes, end: int) -> None:
        number = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)
        try:
            os.lseek(number, end, os.SEEK_SET)
            left = memoryview(line)
            try:
                while left:
                    left = left[os.write(number, left) :]
                os.fsync(number)
            except BaseException:
                os.ftruncate(number, end)
                raise
        finally:
            os.close(number)

    def _moved(self, staged: Path, place: Path, names: list[str], end: int) -> None:
        """Move staged files; if that fails, take back the entry that says so."""
        try:
            files.move(staged, place, names)
        except BaseException:
            if not all((place / name).exists() for name in names):
                os.truncate(self.path, end)
            raise

    def _set_head(self, head: Head) -> None:
        partial = self.folder / f"{files.STAGED}head"
        with partial.open("wb") as file:
            file.write(head.content())
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.folder / HEAD)
        files.through(self.folder)

    def settle(self) -> None:
        """Finish or take back what a killed process left half done; then all that is in the journal is in place.

        Raises
        ------
        CaseError
            If the journal was altered, or another process holds it.
        OSError
            If the case cannot be written.
        """
        if self.unsettled:
            with locked(self.folder):
                self._settle()

    def _settle(self) -> None:
        head = self.head()
        size = self.size()
        if size < head.end:
            raise CaseError.altered(self.folder, f"{NAME} has {size:,} bytes and had {head.end:,}")
        while size > head.end:
            rest = self._read(head.end, size)
            line, newline, _more = rest.partition(b"\n")
            entry = self._beyond(line, head) if newline else None
            if entry is None or not self._resumed(entry):
                self._set_aside(rest, head)
                return
            head = head.after(entry)
            self._set_head(head)

    def _beyond(self, line: bytes, head: Head) -> Entry:
        """Return the entry beyond the head, which a kill left whole."""
        try:
            entry = Entry.read(line)
        except ValueError as error:
            raise CaseError.altered(self.folder, f"entry {head.number + 1} of {NAME}: {error}") from error
        if (entry.number, entry.previous) != (head.number + 1, head.sha256):
            raise CaseError.altered(self.folder, f"entry {entry.number} of {NAME} does not follow the one before")
        return entry

    def _resumed(self, entry: Entry) -> bool:
        """Move the files of an entry to their place, if that is still to be done; tell whether they are there."""
        if not entry.staged:
            return all(files.inside(self.folder, name).exists() for name in entry.files)
        place, staged = (files.inside(self.folder, name) for name in (entry.place, entry.staged))
        found = {}
        for name, about in entry.files.items():
            path = files.inside(self.folder, name)
            found[path.relative_to(place).as_posix()] = about
        return files.resume(staged, place, found)

    def _set_aside(self, rest: bytes, head: Head) -> None:
        """Take back what cannot be finished, and enter what it was: nobody had seen it yet."""
        os.truncate(self.path, head.end)
        said = rest[:_SHOWN].decode("utf-8", "replace")
        entry = head.next("set_aside", {"bytes": len(rest), "sha256": canonical.sha256(rest), "text": said})
        self._append(entry.line(), head.end)
        self._set_head(head.after(entry))
