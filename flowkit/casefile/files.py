"""Files of a case: hashed, written through to the disk, moved to where they belong."""

import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any, Final

from flowkit.errors import CaseError

STAGED: Final = "tmp-"
"""How the names of folders begin in which something is being written; nothing in them is part of the case yet."""
_BLOCK: Final = 1 << 20
_STALE: Final = 24 * 3600
_PRIVATE: Final = 0o700


def hashed(path: Path, *, through: bool = False) -> dict[str, Any]:
    """Return ``sha256`` and ``bytes`` of a file; *through* has the disk hold it before that."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
        if through:
            os.fsync(file.fileno())
    return {"sha256": digest.hexdigest(), "bytes": size}


def below(folder: Path) -> list[str]:
    """Return the files below a folder, in order, as POSIX paths from there; links are not followed."""
    found: list[str] = []
    for here, _folders, names in os.walk(folder):
        links = [name for name in _folders if Path(here, name).is_symlink()]
        found += [Path(here, name).relative_to(folder).as_posix() for name in (*names, *links)]
    return sorted(found)


def inside(folder: Path, name: object) -> Path:
    """Return the path that *name* has in a case.

    Raises
    ------
    CaseError
        If it would lie elsewhere: a journal may have been written by anybody.
    """
    path = PurePosixPath(str(name))
    target = folder.joinpath(*path.parts)
    if path.is_absolute() or ".." in path.parts or not target.resolve().is_relative_to(folder.resolve()):
        raise CaseError(f"the journal of {folder} names a file outside of it: {str(name)!r}. Do not use this case.")
    return target


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Give a folder to write to, beside where its files will be moved; nothing of it is left behind."""
    place = folder / f"{STAGED}{uuid.uuid4().hex}"
    place.mkdir(mode=_PRIVATE)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def move(staged: Path, place: Path, names: Iterable[str]) -> None:
    """Move staged files to their *place*, all or none; a place that is not there yet appears at once."""
    if not place.exists():
        place.parent.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        staged.rename(place)
        through(place.parent)
        return
    done: list[str] = []
    try:
        for name in names:
            (staged / name).rename(place / name)
            done.append(name)
    except OSError:
        for name in done:
            (place / name).rename(staged / name)
        raise
    through(place)
    shutil.rmtree(staged, ignore_errors=True)


def resume(staged: Path, place: Path, files: Mapping[str, Mapping[str, Any]]) -> bool:
    """Move what a killed process left *staged*; return whether all *files* are in their place now."""
    missing = [name for name in files if not (place / name).exists()]
    if not all(_is(staged / name, files[name]["sha256"]) for name in missing):
        return False
    if missing:
        move(staged, place, missing)
    return True


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and not path.is_symlink() and hashed(path)["sha256"] == sha256


def through(folder: Path) -> None:
    """Have the disk hold which files are in a folder, where its file system can."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def sweep(folder: Path) -> None:
    """Remove what killed processes left staged, once nobody can still be writing it."""
    for left in folder.glob(f"{STAGED}*"):
        with suppress(OSError):  # somebody else may be moving it
            if left.is_dir() and time.time() - left.stat().st_mtime > _STALE:
                shutil.rmtree(left, ignore_errors=True)
