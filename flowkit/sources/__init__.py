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
        Its size in bytes, as stored (compressed); of what has none before it is asked for, an estimate or 0.
    identity
        Changes whenever the content may have changed; an object whose identity was
        seen is not read again.
    open
        Opens it for reading, from the start, as bytes. What it returns may have a ``version_id``.
    etag
        How S3 calls this state of it, else "".
    remote
        Whether reading it costs a request: it is then fetched ahead, once, and not opened to be hashed only.
    """

    name: str
    size: int
    identity: str
    open: Callable[[], BinaryIO]
    etag: str = ""
    remote: bool = False
