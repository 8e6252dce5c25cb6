"""What is packed into text: base64 of SVG, JSON or text, the typed arrays of figures, and pictures."""

import base64
import binascii
import gzip
import io
import math
import zlib
from array import array
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

_CODES: Final = {
    "i1": "b",
    "u1": "B",
    "i2": "h",
    "u2": "H",
    "i4": "i",
    "u4": "I",
    "i8": "q",
    "u8": "Q",
    "f4": "f",
    "f8": "d",
}
_SCALES: Final = (1, 1_000, 1_000_000, 1_000_000_000)
_FEW: Final = 2
_MOST: Final = 1 << 26
"""Bytes up to which packed data is unpacked."""
PIXEL: Final = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
"""A picture of one transparent point, in base64: it stands where a picture was left out."""
TEXTUAL: Final = ("text/", "application/json", "image/svg+xml", "application/xml", "application/javascript")
HARMLESS: Final = ("font/", "application/font", "application/x-font", "application/vnd.ms-fontobject")
"""Kinds of data in which nobody's address stands."""


def decoded(text: str) -> bytes | None:
    """Return the bytes of base64 text, None if it is none."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def encoded(content: bytes) -> str:
    """Return bytes as base64 text."""
    return base64.b64encode(content).decode()


def unpacked(content: bytes) -> bytes:
    """Return bytes as they were written: gzip and zlib are undone, other bytes returned as they are."""
    try:
        if content[:2] == b"\x1f\x8b":
            return gzip.GzipFile(fileobj=io.BytesIO(content)).read(_MOST)
        if content[:1] == b"\x78":
            return zlib.decompressobj().decompress(content, _MOST)
    except (OSError, EOFError, zlib.error):
        pass
    return content


def typed_array(value: dict[str, Any], epochs: tuple[int, int], seconds: int) -> dict[str, Any]:
    """Return a typed array of a figure; where all its numbers are times since 1970, shifted."""
    content = decoded(str(value.get("bdata", "")))
    code = _CODES.get(str(value.get("dtype", "")).lstrip("<|="))
    if content is None or code is None or len(content) % array(code).itemsize:
        return value
    numbers = array(code, content)
    moved = shifted_numbers(list(numbers), epochs, seconds)
    return value if moved is None else {**value, "bdata": encoded(array(code, moved).tobytes())}


def shifted_numbers(numbers: list[Any], epochs: tuple[int, int], seconds: int) -> list[Any] | None:
    """Return numbers that all are times since 1970, in one unit, shifted; None if they are something else."""
    known = [one for one in numbers if not (isinstance(one, float) and math.isnan(one))]
    if len(known) < _FEW:
        return None
    low, high = epochs
    for scale in _SCALES:
        if all(low * scale <= one <= high * scale for one in known):
            return [one + seconds * scale if one == one else one for one in numbers]  # noqa: PLR0124 - not a number
    return None


def data_address(text: str, redact: Callable[[str, str], str], left_out: Counter[str]) -> str:
    """Return a ``data:`` address: text in it redacted by *redact* (its kind, it), a picture replaced by a point."""
    head, _, body = text.partition(",")
    kind = head.removeprefix("data:").partition(";")[0] or "text/plain"
    if kind.startswith(HARMLESS):
        return text
    content = decoded(body) if head.endswith(";base64") else None
    if content is not None and kind.startswith(TEXTUAL):
        written = unpacked(content).decode("utf-8", "surrogateescape")
        return f"{head},{encoded(redact(kind, written).encode('utf-8', 'surrogateescape'))}"
    if content is not None or not kind.startswith(TEXTUAL):
        left_out[f"pictures and other data ({kind})"] += 1
        return f"data:image/gif;base64,{PIXEL}"
    return text  # plain text, redacted with what is around it
