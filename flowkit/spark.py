"""A session of Spark that is asked: its questions can be stopped, and a server that is silent is told of."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from time import sleep
from typing import Any, Final, TypeAlias
from uuid import uuid4

from flowkit.progress import say
from flowkit.stopping import Interruption, stop_asked

Session: TypeAlias = Any
"""A session of Spark, in this process or by Spark Connect; its type is not at hand where Spark is not installed."""
_PATIENT: Final = 4.0
"""Seconds of trying again before it is told of: a server under load is silent for less."""
_LOOK: Final = 0.2
"""Seconds between two looks whether the user stopped it."""


@contextmanager
def asking(session: Session) -> Iterator[Callable[[], None]]:
    """Give what interrupts the questions that are asked of a session in here; the user's own go on."""
    tag = f"flowkit-{uuid4().hex}"
    add, remove, interrupting = _tagging(session)
    interrupt = Interruption(partial(interrupting, tag))
    add(tag)
    try:
        with _telling(session):
            yield interrupt
    except KeyboardInterrupt:
        interrupt()  # by Spark Connect the question would go on without us
        raise
    finally:
        remove(tag)


def _tagging(session: Session) -> tuple[Callable[[str], None], ...]:
    """Return what tags the questions of this thread, what ends that, and what interrupts by tag.

    In this process it is the context that does: the session's own tags do not reach the thread that fetches rows,
    observed with PySpark 4.3.
    """
    if _by_connect(session):
        return session.addTag, session.removeTag, session.interruptTag
    context = session.sparkContext
    return context.addJobTag, context.removeJobTag, context.cancelJobsWithTag


def _by_connect(session: Session) -> bool:
    return type(session).__module__.startswith("pyspark.sql.connect")


@contextmanager
def _telling(session: Session) -> Iterator[None]:
    """Tell of a server of Spark Connect that is silent: its client goes on for ten minutes without a word."""
    if not _by_connect(session):
        yield
        return
    client = session.client
    theirs = client.get_retry_policies()
    client.set_retry_policies([_Telling(policy) for policy in theirs])
    try:
        yield
    finally:
        client.set_retry_policies(theirs)


class _Telling:
    """A policy of the session's for trying again, which is followed, told of, and stopped by the user."""

    def __init__(self, policy: Any) -> None:  # noqa: ANN401 - Spark's RetryPolicy
        self._policy = policy

    def to_state(self) -> "_Trying":
        """Begin to try."""
        return _Trying(self._policy.to_state())


class _Trying:
    """How far trying is; Spark's client asks it what its own state would be asked."""

    def __init__(self, state: Any) -> None:  # noqa: ANN401 - Spark's RetryPolicyState
        self._state = state
        self._waited, self._told = 0.0, False
        self.name = state.name

    def can_retry(self, error: BaseException) -> bool:
        """Return whether trying again is of use."""
        return bool(self._state.can_retry(error))

    def next_attempt(self, *error: BaseException | None) -> int | None:
        """Wait as long as the policy says, and return 0 (ms); None if it says, or the user, that it is enough."""
        wait = None if stop_asked() else self._state.next_attempt(*error)
        if wait is None:
            return None
        if self._waited >= _PATIENT and not self._told:
            self._told = True
            say(
                f"Spark's server has not answered for {self._waited:.0f} s. It is tried again, for ten minutes unless "
                "your session says otherwise. If it is gone, interrupt this, stop() the session, connect again, and "
                "load the table from the new connection."
            )
        self._waited += wait / 1000
        return _waited(wait / 1000)


def _waited(seconds: float) -> int | None:
    """Wait, and return 0; None if the user stopped it meanwhile."""
    while seconds > 0:
        sleep(min(seconds, _LOOK))
        seconds -= _LOOK
        if stop_asked():
            return None
    return 0
