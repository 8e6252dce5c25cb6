"""One writer at a time: a lock that ends with the process that holds it, however it ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from flowkit.errors import CaseError

LOCK: Final = "case.lock"
"""An empty file; the operating system knows who holds it, and frees it when that process is gone."""
_WAIT: Final = 60.0
_AGAIN: Final = 0.01
_PRIVATE: Final = 0o600


@contextmanager
def locked(folder: Path, *, wait: float = _WAIT) -> Iterator[None]:
    """Hold the lock of a case, against other processes and other threads.

    Parameters
    ----------
    folder
        Of the case.
    wait
        How long to wait for others, by default a minute: each holds it for moments only [s].

    Raises
    ------
    CaseError
        If another process holds it all that time.
    OSError
        If the folder cannot be written.
    """
    number = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)
    try:
        _take(number, folder, time.monotonic() + wait)
        yield
    finally:
        os.close(number)


def _take(number: int, folder: Path, until: float) -> None:
    while True:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise CaseError.busy(folder) from None
            time.sleep(_AGAIN)
        else:
            return
