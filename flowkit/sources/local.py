"""Log files in folders of this machine."""

from collections.abc import Iterable, Iterator
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
    here = Path(path).expanduser()
    if here.is_dir():
        files = sorted(_below(here))
        if not files:
            raise SourceError(f"the folder {path} is empty: there is no file in it to load.")
        return files
    if here.exists():
        return [here]
    if not has_magic(path):
        raise SourceError(f"there is no file or folder {path}. Check the path; it is taken from {Path.cwd()}.")
    matches = [Path(match) for match in sorted(glob(str(here), recursive=True))]  # noqa: PTH207
    files = [file for match in matches for file in (sorted(_below(match)) if match.is_dir() else [match])]
    if not files:
        raise SourceError(f"no file matches {path}. Try the folder itself: it is searched at any depth.")
    return files


def _below(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.is_file():
            yield path


def _object(file: Path) -> LogObject:
    stat = file.stat()
    where = file.resolve()
    identity = f"file:{where}:{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}:{stat.st_ino}"
    return LogObject(str(file), stat.st_size, identity, lambda: file.open("rb"))
