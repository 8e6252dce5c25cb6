"""A connection to Trino that is asked: what is asked in the meantime is cancelled, and nothing else."""

import pytest

from flowkit import trino
from flowkit.errors import StoppedError
from flowkit.stopping import Stop, stoppable


class Cursor:
    def __init__(self):
        self.cancelled = False

    def cancel(self):
        self.cancelled = True

    def execute(self, error):
        raise error


class Connection:
    def __init__(self):
        self.made = []

    def cursor(self, *_given, **_named):
        self.made.append(Cursor())
        return self.made[-1]


def test_what_is_asked_is_cancelled_and_the_users_own_goes_on():
    connection = Connection()
    connection.cursor()
    with trino.asking(connection) as interrupt:
        connection.cursor()
        connection.cursor("segment", stats_callback=None)
        interrupt()
    connection.cursor()
    assert [one.cancelled for one in connection.made] == [False, True, True, False]
    assert "cursor" not in vars(connection)


@pytest.mark.parametrize(("error", "cancelled"), [(KeyboardInterrupt(), True), (ValueError(), False)])
def test_the_users_interruption_stops_it_in_trino_too(error, cancelled):
    connection = Connection()
    with pytest.raises(type(error)), trino.asking(connection):
        connection.cursor().execute(error)
    assert [one.cancelled for one in connection.made] == [cancelled]


def test_a_question_within_another_leaves_that_ones_cursors():
    connection = Connection()
    with trino.asking(connection) as interrupt:
        with trino.asking(connection):
            connection.cursor()
        connection.cursor()
        interrupt()
    assert [one.cancelled for one in connection.made] == [True, True]
    assert "cursor" not in vars(connection)


def test_what_came_of_a_cancelled_question_is_no_answer():
    stop = Stop()
    with stoppable(stop), pytest.raises(StoppedError, match="stopped before it was done"), trino.asking(Connection()):
        stop()
