"""Remote objects, fetched while others are read: several at a time, each into a temporary file.

A reader gets the bytes of an object as they come, and may open it again. What has been fetched but not yet
read is bounded, so a slow parser holds up the network and not the disk.
"""

import os
import tempfile
from collections.abc import Callable, Sequence
from io import SEEK_CUR, SEEK_END, RawIOBase
from pathlib import Path
from shutil import rmtree
from threading import Condition, Event, Thread
from types import TracebackType
from typing import BinaryIO, Final, Self, cast

from flowkit.errors import StoreError
from flowkit.sources import LogObject

AT_A_TIME: Final = 8
AHEAD: Final = 128 << 20
"""Bytes fetched before their object is read: seconds of any line, and little of any disk."""
_BLOCK: Final = 1 << 20
_LOOKED_AFTER: Final = 0.2


class StoppedFetchError(Exception):
    """Loading was stopped while somebody waited for bytes."""


class Fetching:
    """Fetches remote objects in their order; use it as a context, and take each object by `near`.

    Parameters
    ----------
    objects
        The objects to fetch, in the order in which they will be read.
    folder
        Where the temporary files go.
    stop
        Set when nothing more is wanted.
    """

    def __init__(self, objects: Sequence[LogObject], folder: Path, stop: Event) -> None:
        self._todo = [log for log in objects if log.remote]
        self._folder = folder
        self._stop = stop
        self._changed = Condition()
        self._ahead = 0
        self._copies: dict[str, _Copy] = {}
        self._place: Path | None = None

    def __enter__(self) -> Self:
        """Begin to fetch."""
        if self._todo:
            try:
                self._place = Path(tempfile.mkdtemp(prefix="tmp-fetched-", dir=self._folder))
            except OSError as error:
                raise StoreError.cannot_write(self._folder, error) from error
            self._copies = {log.identity: _Copy(log, self._place / str(n)) for n, log in enumerate(self._todo)}
            for number in range(min(AT_A_TIME, len(self._todo))):
                Thread(target=self._fetch_all, name=f"flowkit-fetcher-{number}", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop fetching and remove what is left; a thread that still waits for AWS writes to nowhere."""
        self._stop.set()
        with self._changed:
            self._todo.clear()
            self._changed.notify_all()
        if self._place is not None:
            rmtree(self._place, ignore_errors=True)

    def near(self, log: LogObject) -> LogObject:
        """Return *log* as it comes in; one that is not remote is near already."""
        copy = self._copies.get(log.identity)
        if copy is None:
            return log
        opened = cast("Callable[[], BinaryIO]", lambda: _Coming(copy, self))
        return LogObject(log.name, 0, log.identity, opened, log.etag)  # its true size shows when it is there

    def done(self, log: LogObject) -> None:
        """Say that *log* is not needed any more."""
        copy = self._copies.pop(log.identity, None)
        if copy is not None:
            with self._changed:
                self._let_through(copy)
                copy.dropped = True
            copy.path.unlink(missing_ok=True)

    def _fetch_all(self) -> None:
        while (copy := self._next()) is not None:
            try:
                self._fetch(copy)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is raised to the reader of the object
                copy.failure = error
            with self._changed:
                copy.complete = True
                self._changed.notify_all()

    def _next(self) -> "_Copy | None":
        with self._changed:
            while self._todo and not self._stop.is_set():
                if copy := self._copies.get(self._todo.pop(0).identity):
                    return copy
            return None

    def _fetch(self, copy: "_Copy") -> None:
        with copy.log.open() as source, copy.path.open("wb") as file:
            while block := source.read(_BLOCK):
                self._wait_for_room(copy)
                file.write(block)
                file.flush()
                with self._changed:
                    copy.fetched += len(block)
                    copy.version_id = getattr(source, "version_id", "")
                    self._ahead += 0 if copy.wanted else len(block)
                    self._changed.notify_all()

    def _wait_for_room(self, copy: "_Copy") -> None:
        """Wait until there is room for more of *copy*; a copy that nobody wants any more is not whole, and says so."""
        with self._changed:
            while self._ahead >= AHEAD and not (copy.wanted or copy.dropped or self._stop.is_set()):
                self._changed.wait(_LOOKED_AFTER)
            if copy.dropped or self._stop.is_set():
                raise StoppedFetchError

    def _let_through(self, copy: "_Copy") -> None:
        """Count no longer what was fetched of *copy* before it was wanted."""
        if not copy.wanted:
            copy.wanted = True
            self._ahead -= copy.fetched
            self._changed.notify_all()

    def wait_for(self, copy: "_Copy", offset: int | None) -> int:
        """Wait until *copy* has bytes beyond *offset*, or is complete (always, for None); return how many it has.

        Raises
        ------
        StoppedFetchError
            If loading was stopped.
        Exception
            What ended the fetching of the object before *offset*.
        """
        with self._changed:
            self._let_through(copy)
            while not copy.complete and (offset is None or copy.fetched <= offset):
                if self._stop.is_set():
                    raise StoppedFetchError
                self._changed.wait(_LOOKED_AFTER)
            if copy.failure is not None and (offset is None or copy.fetched <= offset):
                raise copy.failure
            return copy.fetched


class _Copy:
    """What has been fetched of an object."""

    def __init__(self, log: LogObject, path: Path) -> None:
        self.log = log
        self.path = path
        self.fetched = 0
        self.version_id = ""
        self.wanted = self.complete = self.dropped = False
        self.failure: Exception | None = None


class _Coming(RawIOBase):
    """A file that is still being fetched, read from its start."""

    def __init__(self, copy: _Copy, fetching: Fetching) -> None:
        self._copy = copy
        self._fetching = fetching
        self._offset = 0
        fetching.wait_for(copy, 0)
        self._file = copy.path.open("rb", buffering=0)

    @property
    def version_id(self) -> str:
        """How S3 calls the version that is read."""
        return self._copy.version_id

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        there = self._fetching.wait_for(self._copy, self._offset)
        wanted = min(len(buffer), max(there - self._offset, 0))
        block = os.pread(self._file.fileno(), wanted, self._offset)
        buffer[: len(block)] = block
        self._offset += len(block)
        return len(block)

    def seek(self, offset: int, whence: int = 0) -> int:
        base = {SEEK_CUR: self._offset}.get(whence, 0)
        if whence == SEEK_END:
            base = self._fetching.wait_for(self._copy, None)
        self._offset = base + offset
        return self._offset

    def tell(self) -> int:
        return self._offset

    def close(self) -> None:
        self._file.close()
        super().close()
