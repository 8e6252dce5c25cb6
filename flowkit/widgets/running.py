"""Questions asked beside the user's hand: one at a time, the newest first, each of which can be stopped."""

from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import Any

from flowkit.progress import told_to
from flowkit.stopping import Stop, stoppable


@dataclass(frozen=True, eq=False)
class Question:
    """What is to be worked out, and who is told of the answer.

    Attributes
    ----------
    key
        What it is about; a newer question of the same key overtakes an older one.
    work
        Works the answer out. It may ask the engine; it touches no widget.
    done, failed
        Told of the answer, or of what went wrong; neither if it was overtaken.
    saying
        Told in words what goes on, if it takes long.
    urgent
        Whether it goes before those that are not.
    """

    key: str
    work: Callable[[], Any]
    done: Callable[[Any], None]
    failed: Callable[[Exception], None]
    saying: Callable[[str], None] = lambda _words: None
    urgent: bool = False
    stop: Stop = field(default_factory=Stop)


class Runner:
    """Answers questions in a thread of its own, which lives only as long as there are any.

    Parameters
    ----------
    threaded
        Whether there is such a thread. Without, `ask` answers before it returns: for tests, and for a kernel that
        is about to end.
    """

    def __init__(self, *, threaded: bool = True) -> None:
        self._threaded = threaded
        self._changed = Condition()
        self._waiting: dict[str, tuple[Question, Context]] = {}
        self._current: Question | None = None
        self._alive = False

    def ask(self, question: Question) -> None:
        """Answer *question*, after those that wait; what is older of its key is stopped and forgotten."""
        if not self._threaded:
            self._answer(question)
            return
        with self._changed:
            self._forget(question.key)
            self._waiting[question.key] = (question, copy_context())  # messages belong to whoever asked
            if not self._alive:
                self._alive = True
                Thread(target=self._work, name="flowkit questions", daemon=True).start()

    def stop(self, key: str) -> None:
        """Stop what is asked under *key*; `failed` is told so, if it has begun."""
        with self._changed:
            self._waiting.pop(key, None)
            if self._current is not None and self._current.key == key:
                self._current.stop()

    def busy(self, key: str) -> bool:
        """Return whether a question of *key* waits or runs."""
        with self._changed:
            return key in self._waiting or (self._current is not None and self._current.key == key)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left to answer; return whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._alive, timeout)

    def _forget(self, key: str) -> None:
        self._waiting.pop(key, None)
        if self._current is not None and self._current.key == key:
            self._current.stop()

    def _overtaken(self, question: Question) -> bool:
        with self._changed:
            return question.key in self._waiting

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._alive, self._current = False, None
                    self._changed.notify_all()
                    return
                key = min(self._waiting, key=lambda each: not self._waiting[each][0].urgent)
                question, context = self._waiting.pop(key)
                self._current = question
            context.run(self._answer, question)

    def _answer(self, question: Question) -> None:
        try:
            with stoppable(question.stop), told_to(question.saying):
                answer = question.work()
            if not self._overtaken(question):
                question.done(answer)
        except Exception as error:  # noqa: BLE001 - whatever it is, the user is told
            if not self._overtaken(question):
                question.failed(error)
