"""Stopping what is asked of an engine: the question that runs, and those that follow."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import Lock, Thread
from time import sleep
from typing import Final

from flowkit.errors import StoppedError

_PATIENCE: Final = 0.02
"""Seconds between two interruptions."""
_PROMPT: Final = 1.0
"""Seconds in which a server that is there takes an interruption."""
_STOP: "ContextVar[Stop | None]" = ContextVar("stop", default=None)


class Stop:
    """Stops whatever is asked of an engine under it: the question that runs, and those that follow."""

    def __init__(self) -> None:
        self._asked = False
        self._interrupt: Callable[[], None] | None = None
        self._lock = Lock()

    @property
    def asked(self) -> bool:
        """Whether it was asked to stop."""
        return self._asked

    def __call__(self) -> None:
        """Stop; what was asked raises `StoppedError`."""
        with self._lock:
            self._asked = True
        Thread(target=self._insist, name="flowkit stop", daemon=True).start()

    def _insist(self) -> None:
        """Interrupt until it has ended: an engine forgets what came just before a query began."""
        while self._interrupted():
            sleep(_PATIENCE)

    def _interrupted(self) -> bool:
        with self._lock:
            interrupt = self._interrupt
            if interrupt is not None:
                with suppress(Exception):  # of an engine that is gone: its question ends by that
                    interrupt()
            return interrupt is not None

    @contextmanager
    def watching(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Let *interrupt* be called while this is entered, if it is asked to stop; refuse to begin if it was."""
        with self._lock:
            if self._asked:
                raise StoppedError.told()
            self._interrupt = interrupt
        try:
            yield
        finally:
            with self._lock:
                self._interrupt = None


class Interruption:
    """Interrupts, and waits a second for that at most: a server that is gone is tried for minutes."""

    def __init__(self, interrupt: Callable[[], None]) -> None:
        self._interrupt = interrupt
        self._thread: Thread | None = None

    def __call__(self) -> None:
        """Interrupt, unless the interruption before is still under way."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = Thread(target=self._tried, name="flowkit interrupts", daemon=True)
            self._thread.start()
            self._thread.join(_PROMPT)

    def _tried(self) -> None:
        with suppress(Exception):  # of a server that is gone: its question ends by that
            self._interrupt()


@contextmanager
def stoppable(stop: Stop) -> Iterator[None]:
    """Let *stop* stop what is asked of an engine in here."""
    token = _STOP.set(stop)
    try:
        yield
    finally:
        _STOP.reset(token)


def stop_asked() -> bool:
    """Return whether what is asked here is to stop."""
    stop = _STOP.get()
    return stop is not None and stop.asked


@contextmanager
def watched(interrupt: Callable[[], None]) -> Iterator[None]:
    """Let whoever may stop what is asked here do so by *interrupt*."""
    stop = _STOP.get()
    if stop is None:
        yield
        return
    with stop.watching(interrupt):
        yield
