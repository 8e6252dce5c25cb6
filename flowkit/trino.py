"""A connection to Trino that is asked: its questions can be stopped."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from flowkit.errors import StoppedError
from flowkit.stopping import Interruption, stop_asked

Connection: TypeAlias = Any
"""A connection of Trino's client; its type is not at hand where that is not installed."""


@contextmanager
def asking(connection: Connection) -> Iterator[Callable[[], None]]:
    """Give what interrupts the questions that are asked over a connection in here; the user's own go on.

    Trino knows a question by its cursor, and Ibis keeps that to itself: those that are made in here are remembered.
    """
    cursors: list[Any] = []
    make = connection.cursor

    def cursor(*given: object, **named: object) -> object:
        cursors.append(make(*given, **named))
        return cursors[-1]

    def cancel() -> None:
        for one in cursors:
            one.cancel()  # does nothing where it is over, or the server has not taken it yet

    interrupt, shadowed = Interruption(cancel), "cursor" in vars(connection)
    connection.cursor = cursor
    try:
        yield interrupt
        if stop_asked():  # the client takes what came of a cancelled query for all of it
            raise StoppedError.told()
    except KeyboardInterrupt:
        interrupt()  # it would go on without us, until the server misses who asked
        raise
    finally:
        if shadowed:  # by a question around this one, or by the user
            connection.cursor = make
        else:
            del connection.cursor  # that of its class is there again
