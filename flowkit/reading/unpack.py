"""Bytes as stored to bytes as written: hashing, then gzip or Zstandard, in bounded memory."""

import hashlib
from collections.abc import Callable, Iterator
from itertools import chain
from typing import BinaryIO, Final

import pyarrow as pa
from isal import igzip_lib, isal_zlib

from flowkit.errors import AwsError, SourceError

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
Again = Callable[[], Iterator[bytes]]
_STORED: Final = 128 << 10
_WRITTEN: Final = 256 << 10
_DEEPEST: Final = 3
"""CloudWatch Logs gzips what a Firehose may gzip again; no more layers are known."""


class DamagedError(SourceError):
    """The object cannot be read beyond a byte of it; what came before stands."""

    def __init__(self, offset: int, why: str) -> None:
        super().__init__(f"{why} (byte {offset:,}). Fetch the object again and compare its size and hash.")
        self.offset = offset
        self.why = why


def blocks(file: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of an open file."""
    while block := file.read(_STORED):
        yield block


class Intake:
    """The stored bytes of an object, hashed and counted while they pass by; `interrupted` if some could not be had."""

    def __init__(self, file: BinaryIO, passed: Callable[[int], None]) -> None:
        self._file = file
        self._passed = passed
        self._hash = hashlib.sha256()
        self.bytes = 0
        self.interrupted = False

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes in blocks; an error of the file system ends them as damage."""
        while block := self._read():
            self.take(block)
            yield block

    def _read(self) -> bytes:
        try:
            return self._file.read(_STORED)
        except (OSError, AwsError) as error:
            self.interrupted = True
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise DamagedError(self.bytes, f"the object cannot be read further: {why}") from error

    def take(self, block: bytes) -> None:
        """Count bytes that were read by other means."""
        self._hash.update(block)
        self.bytes += len(block)
        self._passed(len(block))

    def drain(self) -> None:
        """Read what is left, so that the hash covers the whole object."""
        try:
            for _ in self:
                pass
        except DamagedError:
            return  # the object is being reported as damaged already, at an earlier byte

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes so far."""
        return self._hash.hexdigest()


def unpack(stored: Iterator[bytes], again: Again | None = None, depth: int = 0) -> Iterator[bytes]:
    """Yield what was written, in pieces of at most some 256 KiB, whatever it is packed in.

    Where the data is corrupt, *again* gives the stored bytes once more: they are then unpacked byte by
    byte up to the damage, for a decompressor that fails keeps to itself what it had found by then.

    Raises
    ------
    DamagedError
        After all that can be read was yielded.
    """
    first = next(stored, b"")
    while 0 < len(first) < len(ZSTD) and (more := next(stored, b"")):
        first += more
    pieces = chain((first,), stored)
    if depth == _DEEPEST or not first.startswith((GZIP, ZSTD)):
        return pieces
    opened = _gunzip if first.startswith(GZIP) else _unzstd
    return unpack(opened(pieces, again), (lambda: opened(again())) if again else None, depth + 1)


def _gunzip(stored: Iterator[bytes], again: Again | None = None) -> Iterator[bytes]:
    """Inflate one gzip member after another; a small file that inflates for ever stays small here."""
    inflater, offset, given = isal_zlib.decompressobj(31), 0, 0
    for block in stored:
        offset += len(block)
        left = block
        while left:
            if inflater.eof:
                left = left.lstrip(b"\0")
                if left and not GZIP.startswith(left[:2]):
                    raise DamagedError(offset - len(left), "after the gzip data something else follows")
                inflater = isal_zlib.decompressobj(31) if left else inflater
                continue
            try:
                piece = inflater.decompress(left, _WRITTEN)
            except (isal_zlib.error, igzip_lib.error) as error:  # type: ignore[misc]
                if again:
                    yield from _beyond(given, _gunzip(_finely(again(), offset - len(left))))
                raise DamagedError(offset - len(left), f"the gzip data is corrupt: {error}") from error
            if piece:
                yield piece
            given += len(piece)
            left = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    if not inflater.eof:
        raise DamagedError(offset, "the gzip data ends too early")


def _finely(stored: Iterator[bytes], start: int) -> Iterator[bytes]:
    """Yield stored bytes as they come up to *start*, and one at a time from there."""
    offset = 0
    for block in stored:
        whole = max(min(start - offset, len(block)), 0)
        if whole:
            yield block[:whole]
        yield from (block[n : n + 1] for n in range(whole, len(block)))
        offset += len(block)


def _beyond(given: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what follows the first *given* bytes."""
    for piece in pieces:
        if rest := piece[given:]:
            yield rest
        given = max(given - len(piece), 0)


class _Stream:
    """An iterator of bytes as a file that Arrow's and ijson's readers take."""

    closed = False

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""
        self.offset = 0

    def read(self, size: int = -1) -> bytes:
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._left = piece
        size = len(self._left) if size < 0 else size
        taken, self._left = self._left[:size], self._left[size:]
        self.offset += len(taken)
        return taken

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def writable(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True


def stream(pieces: Iterator[bytes]) -> _Stream:
    """Return *pieces* as a file open for reading."""
    return _Stream(pieces)


def _unzstd(stored: Iterator[bytes], again: Again | None = None, step: int = _WRITTEN) -> Iterator[bytes]:
    source, given = _Stream(stored), 0
    packed = pa.CompressedInputStream(pa.PythonFile(source, "r"), "zstd")
    while True:
        try:
            piece = packed.read(step)
        except (OSError, pa.ArrowInvalid) as error:
            if again:
                yield from _beyond(given, _unzstd(_finely(again(), source.offset - 2 * _WRITTEN), step=1))
            raise DamagedError(source.offset, f"the Zstandard data is corrupt or ends too early: {error}") from error
        if not piece:
            return
        given += len(piece)
        yield piece
