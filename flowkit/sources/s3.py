"""Log files in S3: which objects can hold a window, found by listing as little as possible."""

from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Final, cast

from flowkit.aws.bucket import CONNECTIONS, Bucket, Entry
from flowkit.aws.connect import Access
from flowkit.errors import AwsError, SourceError
from flowkit.sources import LogObject
from flowkit.sources.keys import ROOT, FileName, Folder, Window
from flowkit.wording import several

_MOST_FOLDERS_PROBED: Final = 100
_ARCHIVED: Final = {"GLACIER", "DEEP_ARCHIVE"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: starts in the window, of these accounts and regions (any, if none is named)."""

    window: Window
    accounts: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()

    def may_be_in(self, folder: Folder) -> bool:
        """Tell whether a folder can hold what is wanted."""
        span = folder.span()
        return (
            not folder.is_other
            and _of(folder.account, self.accounts)
            and _of(folder.region, self.regions)
            and (span is None or self.window.may_lie_in(*span))
        )

    def may_be(self, entry: Entry) -> bool:
        """Tell whether an object can hold what is wanted: by its name, else by when it was written."""
        name = FileName.of(entry.key)
        if name is None:  # whenever it was copied, it was written after its records had started
            return entry.size > 0 and entry.modified >= self.window.start
        return name.in_window(self.window) and _of(name.account, self.accounts) and _of(name.region, self.regions)


def _of(value: str, wanted: Collection[str]) -> bool:
    return not value or not wanted or value in wanted


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes
    ----------
    objects
        The objects that can hold the window, in the order of their keys; a folder that could not be listed is
        among them, as an object that cannot be read.
    listed
        How many keys the listings showed.
    requests
        How many requests the listings took.
    archived
        How many of the objects lie in an archive and must be restored before they can be read.
    notes
        What else the analyst has to know.
    """

    objects: tuple[LogObject, ...]
    listed: int
    requests: int
    archived: int = 0
    notes: tuple[str, ...] = ()


def search(
    place: str,
    access: Access,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    accounts: Iterable[str] = (),
    regions: Iterable[str] = (),
) -> Found:
    """Return the objects below ``s3://bucket/prefix`` that can hold records which start in [start, end).

    Raises
    ------
    SourceError
        If *place* names no bucket, or nothing below it can hold the window.
    AwsError
        If the bucket is not there, or may not be listed.
    """
    name, _, prefix = place.removeprefix("s3://").partition("/")
    if not name:
        raise SourceError(f"{place} names no bucket. Write s3://bucket, or s3://bucket/prefix.")
    wanted = Wanted(Window.of(start, end), frozenset(accounts), frozenset(regions))
    found = _Search(Bucket(name, access), wanted).run(prefix)
    if not found.objects:
        raise _nothing(place, wanted, found, (start, end))
    return found


def _nothing(place: str, wanted: Wanted, found: Found, window: tuple[datetime | None, datetime | None]) -> SourceError:
    times = [f" {word} {time:%Y-%m-%d %H:%M} UTC" for word, time in zip(("from", "until"), window, strict=True) if time]
    of = [f"account {account}" for account in sorted(wanted.accounts)]
    of += [f"region {region}" for region in sorted(wanted.regions)]
    limits = f" of {', '.join(of)}" if of else ""
    seen = f" {' '.join(found.notes)}" if found.notes else ""
    return SourceError(
        f"no object in {place} can hold records{limits}{''.join(times)} ({several(found.listed, 'key')} seen).{seen} "
        "Check prefix, window, account and region: `aws s3 ls` shows the folders, `flowkit audit` where logs go."
    )


class _Search:
    """One search of a bucket, level by level; folders of one level are listed at the same time."""

    def __init__(self, bucket: Bucket, wanted: Wanted) -> None:
        self._bucket = bucket
        self._wanted = wanted
        self._notes: list[str] = []
        self._listed = 0

    def run(self, prefix: str) -> Found:
        """List what is below *prefix* as far as it can hold what is wanted."""
        entries: list[Entry] = []
        failures: list[LogObject] = []
        with ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="flowkit-listing") as pool:
            todo = self._begin(prefix)
            while todo:
                answers = [(step, pool.submit(step.list)) for step in todo]
                todo = []
                for step, answer in answers:
                    try:
                        listing = answer.result()
                    except AwsError as error:
                        if len(answers) == 1 and not entries:
                            raise
                        failures.append(_unlisted(self._bucket.name, step.prefix, error))
                        continue
                    self._listed += listing.keys
                    entries += [entry for entry in listing.entries if self._wanted.may_be(entry)]
                    todo += listing.next
        distinct = {entry.key: entry for entry in entries}
        objects = [self._object(distinct[key]) for key in sorted(distinct)]
        archived = sum(entry.storage_class in _ARCHIVED for entry in distinct.values())
        return Found((*objects, *failures), self._listed, self._bucket.requests, archived, tuple(self._notes))

    def _begin(self, prefix: str) -> list["_Step"]:
        folder = Folder.of(prefix)
        if folder is not None:
            return self._steps(prefix, folder)
        pages = list(self._bucket.pages(_as_folder(prefix), folders=True))
        folders = [name for page in pages for name in page.folders]
        roots = [name for name in folders if name.endswith(f"{ROOT}/")]
        if roots and len(folders) > 1:
            self._notes.append(f"Read from {roots[0]}; beside it there are {_some(folders, roots)}.")
        if not roots:
            roots = [root for name in folders[:_MOST_FOLDERS_PROBED] if self._holds(root := f"{name}{ROOT}/")]
        if not roots:
            return [_Step(self._flat, prefix)]
        return [step for root in roots for step in self._steps(root, Folder())]

    def _holds(self, prefix: str) -> bool:
        return any(page.entries for page in self._bucket.pages(prefix, most=1))

    def _steps(self, prefix: str, folder: Folder) -> list["_Step"]:
        """Return how to go on at a folder below ``AWSLogs/``."""
        if not self._wanted.may_be_in(folder):
            return []
        if folder.odd or folder.hour:
            return [_Step(self._flat, prefix)]
        if folder.day:
            span = folder.span()
            window = self._wanted.window
            whole = span is not None and window.start <= span[0] and span[1] <= window.end
            return [_Step(self._flat if whole else self._level, _as_folder(prefix))]
        if folder.region and not folder.year:
            return self._days(_as_folder(prefix), folder)
        return [_Step(self._level, _as_folder(prefix))]

    def _days(self, prefix: str, folder: Folder) -> list["_Step"]:
        days = self._wanted.window.days
        if len(days) > _MOST_DAYS:  # rather ask which there are
            return [_Step(self._level, prefix)]
        paths = [prefix + folder.day_folder(day) for day in days]
        return [step for path in paths for step in self._steps(path, cast("Folder", Folder.of(path)))]

    def _flat(self, prefix: str) -> "_Listing":
        pages = list(self._bucket.pages(prefix))
        entries = [entry for page in pages for entry in page.entries]
        return _Listing(entries, [], len(entries))

    def _level(self, prefix: str) -> "_Listing":
        pages = list(self._bucket.pages(prefix, folders=True))
        entries = [entry for page in pages for entry in page.entries]
        folders = [name for page in pages for name in page.folders]
        steps = [step for name in folders for step in self._steps(name, cast("Folder", Folder.of(name)))]
        return _Listing(entries, steps, len(entries) + len(folders))

    def _object(self, entry: Entry) -> LogObject:
        name = f"s3://{self._bucket.name}/{entry.key}"
        identity = f"{name}:{entry.etag}:{entry.size}:{entry.modified.isoformat()}"
        return LogObject(name, entry.size, identity, lambda: _opened(self._bucket, entry), entry.etag, remote=True)


_MOST_DAYS: Final = 400


@dataclass(frozen=True, slots=True)
class _Step:
    """A listing to make."""

    how: Callable[[str], "_Listing"]
    prefix: str

    def list(self) -> "_Listing":
        return self.how(self.prefix)


@dataclass(frozen=True, slots=True)
class _Listing:
    """What a listing showed, and which to make next."""

    entries: list[Entry]
    next: list[_Step]
    keys: int


def _as_folder(prefix: str) -> str:
    return prefix if not prefix or prefix.endswith("/") else f"{prefix}/"


def _some(folders: Iterable[str], but: Collection[str]) -> str:
    others = [name for name in folders if name not in but]
    return ", ".join(others[:5]) + (f" and {len(others) - 5:,} more" if len(others) > 5 else "")  # noqa: PLR2004


def _opened(bucket: Bucket, entry: Entry) -> BinaryIO:
    return cast("BinaryIO", bucket.open(entry))


def _unlisted(bucket: str, prefix: str, error: AwsError) -> LogObject:
    """Return a folder that may not be listed as an object that cannot be read, so that the ledger tells of it."""

    def refuse() -> BinaryIO:
        raise error

    name = f"s3://{bucket}/{prefix}"
    return LogObject(name, 0, f"{name}:unlisted:{datetime.now().astimezone().isoformat()}", refuse, remote=True)
