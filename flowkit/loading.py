"""From objects to a store: what is not in it yet is read, on every core, and accounted for."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from threading import Event
from typing import Final

import pyarrow.compute as pc

from flowkit.errors import FormatError, SourceError, StoreError
from flowkit.fetching import Fetching, StoppedFetchError
from flowkit.formats import LogFormat
from flowkit.progress import Progress, shown
from flowkit.reading.columns import Addresses
from flowkit.reading.objects import Reading, read
from flowkit.reading.pieces import Piece
from flowkit.sources import LogObject
from flowkit.store import Content, Index, SegmentWriter, Store

_MOST_READERS: Final = 8
"""Each reader holds some 100 MB; beyond eight the disk is the limit."""
_HASHED: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Loaded:
    """An object of a load: what it holds, or whose copy it is, or why it could not be read."""

    name: str
    content: Content | None = None
    duplicate_of: str | None = None
    note: str = ""
    etag: str = ""
    version_id: str = ""


class _StoppedError(Exception):
    """Another reader failed, or the user interrupted; what is whole was kept."""


def load(objects: Sequence[LogObject], store: Store, log_format: LogFormat | None = None) -> list[Loaded]:
    """Bring *objects* into *store*, reading only what is not in it, and say what became of each.

    Of objects with the same bytes the first is read; the others are duplicates of it.

    Raises
    ------
    SourceError
        If none of the objects can be read at all, or none is a flow log.
    StoreError
        If the store cannot be written.
    """
    read_as = str(log_format or "")
    index = store.index()
    hashes, problems = _hashes(objects, index)
    todo = [log for log in _distinct(objects, hashes) if log.identity not in problems]
    todo = [log for log in todo if (hashes.get(log.identity, ""), read_as) not in index.contents]
    readers = _Readers(store, log_format)
    results = readers.run(todo)
    _note(store, {i: sha256 for i, sha256 in hashes.items() if i not in index.seen and i not in results})
    for identity, result in results.items():
        if isinstance(result, Content):
            hashes[identity] = result.sha256
            index.contents[result.sha256, read_as] = result
        else:
            problems[identity] = result
    contents = {sha256: content for (sha256, read), content in index.contents.items() if read == read_as}
    versions = index.versions | readers.versions
    loaded = [_stamped(item, log, versions) for item, log in _account(objects, hashes, problems, contents)]
    _refuse_if_nothing(loaded)
    return loaded


def _stamped(item: Loaded, log: LogObject, versions: Mapping[str, str]) -> Loaded:
    return replace(item, etag=log.etag, version_id=versions.get(log.identity, ""))


def _hashes(objects: Sequence[LogObject], index: Index) -> tuple[dict[str, str], dict[str, str]]:
    """Return the hashes by identity of objects that were seen, or that may be copies: equal in size.

    Remote objects are not fetched for that: copies among them show when they have been read. The second value says
    of the others why they cannot be read.
    """
    hashes = {log.identity: index.seen[log.identity] for log in objects if log.identity in index.seen}
    problems: dict[str, str] = {}
    near = [log for log in objects if not log.remote]
    sizes = Counter(log.size for log in near)
    sizes.update({content.bytes for content in index.contents.values()})
    for log in near:
        if log.identity not in hashes and sizes[log.size] > 1:
            try:
                hashes[log.identity] = _hash(log)
            except OSError as error:
                why = f"cannot be read: {error.strerror}. Check that you may read it, and load it again."
                problems[log.identity] = why
    return hashes, problems


def _hash(log: LogObject) -> str:
    digest = hashlib.sha256()
    with log.open() as file:
        while block := file.read(_HASHED):
            digest.update(block)
    return digest.hexdigest()


def _distinct(objects: Sequence[LogObject], hashes: Mapping[str, str]) -> list[LogObject]:
    """Return the first object of each content, and all whose content is not known."""
    return list({hashes.get(log.identity, log.identity): log for log in reversed(objects)}.values())[::-1]


def _note(store: Store, identities: Mapping[str, str]) -> None:
    """Remember identities under which known contents were met, so that they need no hashing again."""
    segment = store.segment()
    for identity, sha256 in identities.items():
        segment.see(identity, sha256)
    try:
        segment.commit()
    except OSError:
        segment.discard()  # all it costs is to hash them again


class _Readers:
    """Threads that take objects in turn and write what they hold, each into segments of its own."""

    def __init__(self, store: Store, log_format: LogFormat | None) -> None:
        self._store = store
        self._log_format = log_format
        self._addresses = Addresses()
        self._stop = Event()
        self._queue: SimpleQueue[LogObject] = SimpleQueue()
        self.versions: dict[str, str] = {}

    def run(self, objects: Sequence[LogObject]) -> dict[str, Content | str]:
        """Read *objects*; return by identity what each holds, or why it cannot be read."""
        if not objects:
            return {}
        for log in objects:
            self._queue.put(log)
        count = min(os.cpu_count() or 1, _MOST_READERS, len(objects))
        with (
            shown(sum(log.size for log in objects), what="reading flow logs") as progress,
            Fetching(objects, self._store.folder, self._stop) as fetching,
            ThreadPoolExecutor(count, thread_name_prefix="flowkit-reader") as pool,
        ):
            readers = [pool.submit(self._work, fetching, progress) for _ in range(count)]
            try:
                wait(readers)
            finally:
                self._stop.set()
        for reader in readers:
            if error := reader.exception():
                raise error
        return {identity: result for reader in readers for identity, result in reader.result().items()}

    def _work(self, fetching: Fetching, progress: Progress) -> dict[str, Content | str]:
        """Read objects until there are no more, or loading is stopped; what is whole by then is kept."""
        results: dict[str, Content | str] = {}
        segment = self._store.segment()
        try:
            while log := self._next():
                key = segment.new_key()
                try:
                    self._read(fetching.near(log), segment, key, progress)
                except SourceError as error:
                    results[log.identity] = str(error)
                    segment.abandon(key)
                except (_StoppedError, StoppedFetchError):
                    segment.abandon(key)
                    break
                fetching.done(log)
                if segment.full:
                    results |= segment.commit()
                    segment = self._store.segment()
            return results | segment.commit()
        except BaseException as error:
            self._stop.set()
            segment.discard()
            if isinstance(error, OSError):
                raise StoreError.cannot_write(self._store.folder, error) from error
            raise

    def _next(self) -> LogObject | None:
        if self._stop.is_set():
            return None
        try:
            return self._queue.get_nowait()
        except Empty:
            return None

    def _read(self, log: LogObject, segment: SegmentWriter, key: int, progress: Progress) -> None:
        """Write what one object holds to *segment*, and account for each of its lines."""
        reading, counts, reasons = Reading(), Counter[str](), Counter[str]()
        for piece in read(log, reading, self._addresses, log_format=self._log_format, passed=progress.bytes):
            if self._stop.is_set():
                raise _StoppedError
            segment.write(piece, key, reading.formats.index(piece.format) if piece.format else 0)
            found = _counts(piece)
            counts.update(found)
            reasons.update(refused.reason for refused in piece.refused)
            progress.records(found["records"])
        if reading.lines != counts.total():
            raise StoreError(
                f"{log.name} has {reading.lines:,} lines, but {counts.total():,} are accounted for. "
                "This is a fault of flowkit: please report it with the file, if you may."
            )
        content = Content(
            key=key, sha256=reading.sha256, read_as=str(self._log_format or ""), bytes=reading.bytes,
            lines=reading.lines, headers=counts["headers"], records=counts["records"], nodata=counts["nodata"],
            skipdata=counts["skipdata"], refused=counts["refused"], damaged_at=reading.damaged_at,
            note=reading.note, unknown_format=reading.unknown_format, reasons=dict(reasons),
            formats=tuple(reading.formats),
        )  # fmt: skip
        whole = not reading.interrupted and reading.bytes >= log.size
        segment.finish(content, log.identity, whole=whole, version_id=reading.version_id)
        self.versions[log.identity] = reading.version_id


def _counts(piece: Piece) -> dict[str, int]:
    status = piece.status.column("log_status") if piece.status is not None and piece.status.num_rows else None
    nodata = pc.sum(pc.equal(status, "NODATA")).as_py() if status is not None else 0
    return {
        "headers": piece.headers,
        "records": piece.records.num_rows if piece.records is not None else 0,
        "nodata": nodata,
        "skipdata": len(status) - nodata if status is not None else 0,
        "refused": len(piece.refused),
    }


def _account(
    objects: Sequence[LogObject],
    hashes: Mapping[str, str],
    problems: Mapping[str, str],
    contents: Mapping[str, Content],
) -> Iterator[tuple[Loaded, LogObject]]:
    """Yield what became of each object, in their order."""
    first: dict[str, str] = {}
    for log in objects:
        if problem := problems.get(log.identity):
            yield Loaded(log.name, note=problem), log
            continue
        sha256 = hashes[log.identity]
        if sha256 not in contents:
            yield Loaded(log.name, note="changed, or went away, while it was being loaded. Load it again."), log
            continue
        original = first.setdefault(sha256, log.name)
        yield Loaded(log.name, contents[sha256], None if original == log.name else original), log


def _refuse_if_nothing(loaded: Sequence[Loaded]) -> None:
    """Raise if no object could be read at all, or none of them is a flow log."""
    failed = [item for item in loaded if _failed(item)]
    if len(failed) < len(loaded):
        return
    first = failed[0]
    why = first.note or (first.content.note if first.content else "")
    if first.content and first.content.damaged_at is not None:
        why += ". Fetch the object again and compare its size and hash."
    kind = FormatError if any(item.content and item.content.unknown_format for item in failed) else SourceError
    if len(failed) == 1:
        raise kind(f"{first.name}: {why}")
    if all(item.content is None for item in failed):
        raise kind(f"none of the {len(failed):,} objects can be read. The first, {first.name}: {why}")
    raise kind(f"none of the {len(failed):,} files is a flow log. The first, {first.name}: {why}")


def _failed(item: Loaded) -> bool:
    content = item.content
    if content is None:
        return True
    damaged_throughout = content.damaged_at is not None and not content.lines
    return (content.unknown_format or damaged_throughout) and not content.records + content.nodata + content.skipdata
