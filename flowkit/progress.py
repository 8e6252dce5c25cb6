"""How far a long load is: bytes, records, time left, as one line of text.

Text rather than a widget, so that it stays readable in a notebook that is reopened or exported.
"""

import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from tqdm import tqdm

_SHOWN_AFTER: Final = 1.0
"""Seconds before anything is shown: what takes less needs no progress."""


_LISTENER: "ContextVar[Callable[[str], None] | None]" = ContextVar("listener", default=None)
"""Who is told what goes on, instead of a bar: a widget has its own place for it."""


@contextmanager
def told_to(listener: Callable[[str], None]) -> Iterator[None]:
    """Tell *listener* in words what goes on in here, and draw no bar."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


class WaitingWarning(UserWarning):
    """What is asked takes longer than it should; the sentence says why, and what can be done."""


def say(sentence: str) -> None:
    """Tell whoever waits, in words: in the widget that asks, or else as a warning."""
    listener = _LISTENER.get()
    if listener is not None:
        listener(sentence)
    else:
        warnings.warn(sentence, WaitingWarning, stacklevel=2)


class Progress:
    """Counts bytes and records as they pass; told by several threads at once."""

    def __init__(self, bar: "tqdm[None]", listener: "Callable[[str], None] | None" = None) -> None:
        self._bar, self._listener = bar, listener
        self._records = 0

    def bytes(self, count: int) -> None:
        """Tell that *count* more stored bytes were read."""
        self._bar.update(count)

    def records(self, count: int) -> None:
        """Tell that *count* more records were kept."""
        self._records += count
        self._bar.set_postfix_str(f"{self._records:,} records", refresh=False)

    def step(self, now: str = "") -> None:
        """Tell that one more step is done, and what is done *now*."""
        self._bar.update(1)
        if now:
            self._bar.set_description_str(now, refresh=False)
            if self._listener:
                self._listener(now)


@contextmanager
def shown(total: int, *, what: str, unit: str = "B") -> Iterator[Progress]:
    """Show the progress of *total* bytes (or steps, by *unit*), in a terminal or a notebook; nothing in a pipe."""
    kernel = sys.modules.get("ipykernel.kernelapp")
    notebook = kernel is not None and kernel.IPKernelApp.initialized()
    listener = _LISTENER.get()
    seen = listener is None and (notebook or sys.stderr.isatty())
    if listener is not None:
        listener(what)
    with tqdm(
        total=total, desc=what, unit=unit, unit_scale=unit == "B", unit_divisor=1024, delay=_SHOWN_AFTER,
        disable=not seen, file=sys.stdout if notebook else sys.stderr, mininterval=0.25,
        ncols=shutil.get_terminal_size().columns, leave=unit == "B",
    ) as bar:  # fmt: skip
        yield Progress(bar, listener)
