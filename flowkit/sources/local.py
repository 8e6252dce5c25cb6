"""Log files in folders of this machine."""

from collections.abc import Iterable
from glob import glob, has_magic  # Path.glob takes no absolute pattern
from pathlib import Path

from flowkit.errors import SourceError
from flowkit.sources import LogObject


def objects(paths: Iterable[str | Path]) -> list[LogObject]:
    """Return the files that *paths* (files, folders, globs) name, in order, each once.

    Files below a folder are found at any depth; hidden ones (``.DS_Store``) are passed over
    there, as a shell would, and read if named outright.

    Raises
    ------
    SourceError
        If a path does not exist, or a folder or glob holds no file.
    """
    found = dict.fromkeys(file for path in paths for file in _files(str(path)))
    return [_object(file) for file in found]


def _files(path: str) -> list[Path]:
    missing = SourceError(f"there is no file or folder {path}. Check the path; it is taken from {Path.cwd()}.")
    try:
        here = Path(path).expanduser()
        if here.exists():
            found = _below(here) if here.is_dir() else [here]
        elif has_magic(path):
            matches = map(Path, sorted(glob(str(here), recursive=True)))  # noqa: PTH207
            found = [file for match in matches for file in (_below(match) if match.is_dir() else [match])]
        else:
            raise missing
    except (OSError, ValueError, RuntimeError) as error:  # too long, a null byte, no such user's home
        raise missing from error
    files = [file for file in found if not file.is_dir() and file.exists()]
    if not files and here.is_dir():
        raise SourceError(f"the folder {path} is empty: there is no file in it to load.")
    if not files:
        raise SourceError(f"no file matches {path}. Try the folder itself: it is searched at any depth.")
    return files


def _below(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(p for p in found if not any(part.startswith(".") for part in p.relative_to(folder).parts))


def _object(file: Path) -> LogObject:
    stat = file.stat()
    where = file.resolve()
    identity = f"file:{where}:{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}:{stat.st_ino}"
    return LogObject(str(file), stat.st_size, identity, lambda: file.open("rb"))
