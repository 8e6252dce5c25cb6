"""Where an engine goes on when memory runs short: folders nobody else may read, which go with their process.

A process that is killed leaves its folder, of many GB at times. Each process holds a lock in its own, which the system
frees when it is gone: what can be locked is nobody's any more, and the next process deletes it.
"""

import atexit
import fcntl
import os
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir, mkdtemp
from typing import Final
from uuid import uuid4

PREFIX: Final = "flowkit-spill-"
_LOCK: Final = "lock"
_PRIVATE: Final = 0o600


def folder() -> Path:
    """Return a path for one engine's files, not made yet: two engines in one folder would write the same files."""
    return of_process(os.getpid()) / uuid4().hex


@cache
def of_process(number: int) -> Path:
    """Return the folder of this process (a forked one has its own), made once and locked as long as it runs."""
    _clear()
    made = Path(mkdtemp(prefix=PREFIX))  # readable by its owner only
    fcntl.flock(os.open(made / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE), fcntl.LOCK_EX)
    atexit.register(_leave, made, number)
    return made


def _leave(made: Path, number: int) -> None:
    if os.getpid() == number:
        rmtree(made, ignore_errors=True)


def _clear() -> None:
    """Delete what processes of this user left that are gone."""
    for left in Path(gettempdir()).glob(f"{PREFIX}*"):
        try:
            if left.is_symlink() or left.lstat().st_uid != os.getuid():
                continue
            held = os.open(left / _LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            continue  # gone meanwhile, or just being made
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            rmtree(left, ignore_errors=True)
        except BlockingIOError:
            pass  # its process runs
        finally:
            os.close(held)
