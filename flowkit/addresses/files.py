"""Small files of text that the user names: plain or gzip, in any usual encoding."""

import gzip
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Final

from flowkit.errors import AddressError

Named = str | PathLike[str]
_GZIP: Final = b"\x1f\x8b"
_MOST_EXAMPLES: Final = 5
_SHOWN: Final = 120


@dataclass(slots=True)
class Refusals:
    """How many lines were refused, and the first of them with their numbers."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, where: str, text: str) -> None:
        """Count a line."""
        self.count += 1
        if len(self.examples) < _MOST_EXAMPLES:
            self.examples.append(f"{where}: {text[:_SHOWN]}")


def path_of(file: Named) -> Path:
    """Return the path of a file that the user named.

    Raises
    ------
    AddressError
        If ``~name`` in it is nobody's home.
    """
    try:
        return Path(file).expanduser()
    except RuntimeError as error:
        raise AddressError(f"{file}: {error}. Write the path in full.") from error


def bytes_of(path: Path) -> bytes:
    """Return the content of a file, unpacked if it is gzip.

    Raises
    ------
    AddressError
        If it cannot be read.
    """
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise AddressError(f"{path} cannot be read: {reason}. Check the path.") from error
    if not content.startswith(_GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise AddressError(f"{path} is a damaged gzip file ({error}). Fetch it again.") from error


def text_of_bytes(content: bytes, path: Path) -> str:
    """Return content as text: UTF-8, UTF-16 with its mark, else every byte a character of Latin-1.

    Raises
    ------
    AddressError
        If it is marked as UTF-16 and is not.
    """
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError as error:
            raise AddressError(f"{path} is marked as UTF-16 and is not. Save it as UTF-8.") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, without what ends them (LF, or CR and LF)."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]
