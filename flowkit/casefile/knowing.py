"""The user's lists and databases, kept in the case: what they say of an address is said on another computer too."""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Final

from flowkit.casefile import canonical, files
from flowkit.casefile.journal import Journal
from flowkit.errors import CaseError

FOLDER: Final = "known"
KINDS: Final = ("lists", "databases")
_ID_LENGTH: Final = 16

Known = Mapping[str, Sequence[Path]]
"""Files by their kind, one of `KINDS`, in the order given."""


def enter(journal: Journal, given: Mapping[str, Iterable[str | PathLike[str]]]) -> None:
    """Copy files into the case and enter them; from then on they are what is known, and earlier ones no longer.

    Raises
    ------
    CaseError
        If a file cannot be read.
    OSError
        If the case cannot be written.
    """
    with files.staging(journal.folder) as staged:
        names = {kind: list(_copied(given.get(kind, ()), staged, kind)) for kind in KINDS}
        hashes = {name: files.hashed(staged / name)["sha256"] for name in files.below(staged)}
        place = journal.folder / FOLDER / canonical.digest(hashes)[:_ID_LENGTH]
        what = {"place": place.relative_to(journal.folder).as_posix(), **names}
        if not place.is_dir():
            try:
                journal.write("known", what, staged=staged, place=place)
            except FileExistsError:
                pass  # another process was faster, with the same bytes
            else:
                return
    journal.write("known", what)


def _copied(given: Iterable[str | PathLike[str]], staged: Path, kind: str) -> Iterator[str]:
    """Copy files each to a folder of its own, since their names, which are told, may be the same."""
    for number, one in enumerate(given):
        path = Path(one).expanduser()
        name = f"{kind}/{number}/{path.name}"
        (staged / name).parent.mkdir(parents=True)
        try:
            shutil.copyfile(path, staged / name)
        except OSError as error:
            raise CaseError(f"{path} cannot be read: {error.strerror or error}. Nothing was entered.") from error
        yield name


def latest(journal: Journal) -> Known:
    """Return the files that were entered last."""
    entered = [one.what for one in journal.entries() if one.kind == "known"]
    if not entered:
        return {}
    last = entered[-1]
    return {kind: [files.inside(journal.folder, f"{last['place']}/{name}") for name in last[kind]] for kind in KINDS}
