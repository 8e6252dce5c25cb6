"""The thread that answers: newest first, stoppable, nothing swallowed."""

from threading import Event, get_ident

import ibis
import pytest

from flowkit import engine
from flowkit.errors import StoppedError
from flowkit.stopping import Stop, stoppable
from flowkit.widgets.running import Question, Runner


class Told(list):
    def question(self, key, work):
        return Question(key, work, self.append, self.append)


@pytest.fixture
def told():
    return Told()


def slow():
    numbers = ibis.range(1_000_000).unnest().name("n").as_table()
    pairs = numbers.cross_join(numbers.rename(m="n"))
    return engine.frame(pairs.aggregate(total=(pairs.n * pairs.m % 7).sum()))


@pytest.mark.parametrize("threaded", [True, False])
def test_an_answer_and_an_error_are_both_told(told, threaded):
    runner = Runner(threaded=threaded)
    runner.ask(told.question("a", lambda: 1))
    runner.ask(told.question("b", lambda: 1 // 0))
    assert runner.wait(10)
    assert told[0] == 1
    assert isinstance(told[1], ZeroDivisionError)
    assert not runner.busy("a")


def test_it_works_in_another_thread(told):
    runner = Runner()
    runner.ask(told.question("a", get_ident))
    assert runner.wait(10)
    assert told[0] != get_ident()


def test_a_newer_question_overtakes_an_older_one(told):
    runner, begun, asked = Runner(), Event(), Event()

    def work():
        begun.set()
        asked.wait(10)
        return slow()

    runner.ask(told.question("a", work))
    assert begun.wait(10)
    runner.ask(told.question("a", lambda: "older"))
    runner.ask(told.question("a", lambda: "newest"))
    asked.set()
    assert runner.wait(20)
    assert told[-1] == "newest"
    assert "older" not in told
    assert len(told) == 1


def test_what_runs_can_be_stopped_and_says_so(told):
    runner, begun = Runner(), Event()

    def work():
        begun.set()
        return slow()

    runner.ask(told.question("a", work))
    assert begun.wait(10)
    runner.stop("a")
    assert runner.wait(20)
    assert isinstance(told[0], StoppedError)
    assert "ask again" in str(told[0])


def test_a_stop_holds_for_all_that_follows():
    stop = Stop()
    stop()
    with stoppable(stop), pytest.raises(StoppedError):
        engine.frame(ibis.memtable({"a": [1]}))
    assert len(engine.frame(ibis.memtable({"a": [1]}))) == 1


def test_what_goes_on_is_told_in_words(told, load_lines):
    flows = load_lines("2 111122223333 eni-a 10.0.0.1 10.0.0.2 40000 443 6 1 100 1773129600 1773129650 ACCEPT OK")
    words = []
    question = Question("a", lambda: flows.kept("x", lambda _keep: flows.table, "adding up"), told.append, told.append)
    Runner(threaded=False).ask(Question(question.key, question.work, question.done, question.failed, words.append))
    assert words == ["adding up"]
