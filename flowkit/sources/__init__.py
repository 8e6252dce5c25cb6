"""Where logs lie: each source yields the objects it holds, as `LogObject`s."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class LogObject:
    """One object of a source: a file, an S3 object, a page of log events.

    Attributes
    ----------
    name
        How the source calls it; heads its row in the ledger.
    size
        Its size in bytes, as stored (compressed).
    identity
        Changes whenever the content may have changed; an object whose identity was
        seen is not read again.
    open
        Opens it for reading, from the start, as bytes.
    """

    name: str
    size: int
    identity: str
    open: Callable[[], BinaryIO]
