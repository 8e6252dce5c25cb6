"""Copies of what a case stands on: the documents of a snapshot, and the objects of a load as they were."""

import shutil
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from os import walk
from pathlib import Path
from typing import Any, BinaryIO, Final, Self, cast

from flowkit.casefile import canonical, files
from flowkit.casefile.journal import Journal
from flowkit.errors import FlowkitError
from flowkit.inventory import Snapshot
from flowkit.loading import Loaded
from flowkit.sources import LogObject
from flowkit.wording import several

INVENTORY: Final = "inventory"
RAW: Final = "raw"
_AT_A_TIME: Final = 200
"""Objects entered together: each entry waits for the disk."""
_ID_LENGTH: Final = 16
_MOST_NAMED: Final = 5


class CaseWarning(UserWarning):
    """What a reader of a case must know: something could not be kept, or not be entered."""


def inventory(snapshot: Snapshot, journal: Journal) -> str:
    """Copy the documents of a snapshot into the case; return their folder there, "" where they are gone.

    Raises
    ------
    OSError
        If the case cannot be written.
    """
    found = _documents(snapshot.source)
    if not found:
        warnings.warn(
            f"the documents of the inventory are not in {snapshot.source or 'any folder'} any more: the case does not "
            "hold them, and opens without an inventory. Load again with inventory=FOLDER.",
            CaseWarning,
            stacklevel=2,
        )
        return ""
    with files.staging(journal.folder) as staged:
        for name, path in found.items():
            (staged / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, staged / name)
        hashes = {name: files.hashed(staged / name)["sha256"] for name in found}
        place = journal.folder / INVENTORY / canonical.digest(hashes)[:_ID_LENGTH]
        what = {"source": snapshot.source, "taken": snapshot.taken, "taken_from": snapshot.taken_from}
        if not place.is_dir():
            _unless_there(journal, "inventory", what, staged, place)
    return place.relative_to(journal.folder).as_posix()


def _unless_there(journal: Journal, kind: str, what: dict[str, Any], staged: Path, place: Path) -> None:
    try:
        journal.write(kind, what, staged=staged, place=place)
    except FileExistsError:
        return  # another process was faster, with the same bytes


def _documents(source: str) -> dict[str, Path]:
    """Return the files of a snapshot by the name they get in the case."""
    whole = Path(source).expanduser()
    given = [whole] if source and whole.exists() else [Path(one).expanduser() for one in source.split(", ") if one]
    found: dict[str, Path] = {}
    for number, path in enumerate(given):
        first = f"{number}/" if len(given) > 1 else ""
        if path.is_file():
            found[f"{first}{path.name}"] = path
        found |= {f"{first}{file.relative_to(path).as_posix()}": file for file in _below(path)}
    return found


def _below(folder: Path) -> Iterator[Path]:
    """Yield the files that `flowkit.inventory.read` would read below a folder."""
    for here, below, names in walk(folder):
        below[:] = sorted(name for name in below if not name.startswith("."))
        shown = (Path(here, name) for name in sorted(names) if not name.startswith("."))
        yield from (path for path in shown if path.is_file())


def copied(objects: Iterable[LogObject], folder: Path) -> list[LogObject]:
    """Return objects of which those that cost a request leave a copy in *folder* when they are read."""
    return [
        replace(log, open=_copying(log, folder / f"object-{number}")) if log.remote else log
        for number, log in enumerate(objects)
    ]


def _copying(log: LogObject, path: Path) -> Any:  # noqa: ANN401 - what a LogObject is opened with
    return lambda: cast("BinaryIO", _Copying(log.open(), path))


class _Copying:
    """Bytes that are kept as they pass; only what was read to its end counts as a copy."""

    def __init__(self, source: BinaryIO, path: Path) -> None:
        self._source, self._path = source, path
        self._partial = path.with_name(f"{path.name}-{id(self)}")
        self._file = self._partial.open("wb")

    @property
    def version_id(self) -> str:
        """How S3 calls the version that is read."""
        return getattr(self._source, "version_id", "")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, size: int = -1) -> bytes:
        """Read on; at the end the copy is whole."""
        block = self._source.read(size)
        self._file.write(block)
        if (not block or size < 0) and not self._file.closed:
            self._file.flush()
            self._partial.replace(self._path)
        return block

    def close(self) -> None:
        """Close both."""
        self._file.close()
        self._source.close()


def keep_raw(loaded: Sequence[Loaded], objects: Sequence[LogObject], copies: Path, journal: Journal) -> None:
    """Keep the objects of a load in the case as they are, under their hashes; what has gone meanwhile is told.

    Parameters
    ----------
    loaded, objects
        What became of each object, and the objects themselves, in the same order.
    copies
        Where `copied` left those that were fetched.
    journal
        Of the case.

    Raises
    ------
    OSError
        If the case cannot be written.
    """
    wanted: dict[str, tuple[LogObject, Path]] = {}
    for number, (item, log) in enumerate(zip(loaded, objects, strict=True)):
        if item.content and not (journal.folder / RAW / item.content.sha256).exists():
            wanted.setdefault(item.content.sha256, (log, copies / f"object-{number}"))
    todo, changed = list(wanted.items()), list[str]()
    for first in range(0, len(todo), _AT_A_TIME):
        changed += _keep(todo[first : first + _AT_A_TIME], journal)
    if changed:
        named = ", ".join(changed[:_MOST_NAMED])
        warnings.warn(
            f"{several(len(changed), 'object')} changed or went away meanwhile and could not be kept ({named}). "
            "Their records and hashes are in the case. Load again to keep what is there now.",
            CaseWarning,
            stacklevel=2,
        )


def _keep(wanted: Sequence[tuple[str, tuple[LogObject, Path]]], journal: Journal) -> list[str]:
    """Keep some objects; return the names of those that are not any more what was loaded."""
    changed = []
    with files.staging(journal.folder) as staged:
        for sha256, (log, copy) in wanted:
            target = staged / sha256
            if not _fetched(log, copy, target) or files.hashed(target)["sha256"] != sha256:
                target.unlink(missing_ok=True)
                changed.append(log.name)
        for _ in range(2):  # another process may have kept some meanwhile
            for name in files.below(staged):
                if (journal.folder / RAW / name).exists():
                    (staged / name).unlink()
            if not files.below(staged):
                break
            try:
                journal.write("raw", {"changed": changed}, staged=staged, place=journal.folder / RAW)
            except FileExistsError:
                continue
            break
    return changed


def _fetched(log: LogObject, copy: Path, target: Path) -> bool:
    if copy.is_file():
        copy.replace(target)
        return True
    try:
        source = log.open()
    except (OSError, FlowkitError):
        return False
    with source, target.open("wb") as file:
        shutil.copyfileobj(source, file)
    return True
