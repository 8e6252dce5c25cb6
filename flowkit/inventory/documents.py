"""A file's JSON documents: one, several one after the other, packed, or cut off somewhere."""

import gzip
import json
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from json import JSONDecoder
from pathlib import Path
from typing import Final

_MOST_BYTES: Final = 2**29
"""Unpacked size up to which a file is read: some two hundred thousand interfaces."""
_PIECE: Final = 2**16
_BEFORE_JSON: Final = b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"
"""Byte order marks, white space, and the empty halves of UTF-16."""
_GZIP: Final = b"\x1f\x8b"
_DECODER: Final = JSONDecoder()
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_FIRST_LIST: Final = re.compile(r'\{\s*"(\w+)"\s*:\s*\[')


@dataclass(frozen=True, slots=True)
class Outcome:
    """How reading a file went.

    Attributes
    ----------
    is_json
        Whether it starts like a JSON object or list.
    broken_at
        The byte, of the unpacked content, up to which it is JSON; None for a whole file.
    """

    is_json: bool
    broken_at: int | None = None


def read_documents(path: Path, take: Callable[[object], None]) -> Outcome:
    """Hand each JSON document of a file to *take*, the last as far as it is whole.

    Of a document that breaks off, the whole items of its first list are handed over.

    Raises
    ------
    OSError
        If the file cannot be opened or read.
    """
    content = _content(path)
    if content is None:
        return Outcome(is_json=False)
    encoding = json.detect_encoding(content)
    errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
    text = content.decode(encoding, errors)
    broken = _each(text, take)
    return Outcome(is_json=True, broken_at=None if broken is None else len(text[:broken].encode(encoding, errors)))


def _content(path: Path) -> bytes | None:
    """Return a file's unpacked bytes as far as they can be unpacked, or None if they do not start like JSON."""
    with path.open("rb") as file:
        packed = file.read(len(_GZIP)) == _GZIP
        file.seek(0)
        stream = gzip.GzipFile(fileobj=file) if packed else file
        content = bytearray()
        try:
            while len(content) < _MOST_BYTES and (piece := stream.read1(_PIECE)):
                if not content and piece.lstrip(_BEFORE_JSON)[:1] not in (b"{", b"["):
                    return None
                content += piece
        except (EOFError, zlib.error, gzip.BadGzipFile):
            pass  # the JSON breaks off there, which is told
    return bytes(content) or None


def _each(text: str, take: Callable[[object], None]) -> int | None:
    """Hand over each document; return the position at which *text* stops being JSON, or None."""
    position = _after_space(text, 0)
    while position < len(text):
        try:
            document, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            take(_salvaged(text, position))
            return getattr(error, "pos", position)
        take(document)
        position = _after_space(text, position)
    return None


def _salvaged(text: str, position: int) -> object:
    """Return what is whole of the broken document at *position*: an answer, or a list of its pages."""
    if not text.startswith("[", position):
        return _salvaged_answer(text, position)
    pages, rest = _whole(text, position + 1)
    return [*pages, _salvaged_answer(text, rest)]


def _salvaged_answer(text: str, position: int) -> object:
    start = _FIRST_LIST.match(text, position)
    return {start[1]: _whole(text, start.end())[0]} if start else None


def _whole(text: str, position: int) -> tuple[list[object], int]:
    """Return the whole elements of the list whose first is at *position*, and where the next one would be."""
    found: list[object] = []
    while True:
        position = _after_space(text, position)
        try:
            element, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            return found, position
        found.append(element)
        position = _after_space(text, end)
        if not text.startswith(",", position):
            return found, position
        position += 1


def _after_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position
