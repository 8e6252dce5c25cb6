"""The same questions of a table in Trino, by Trino's own client, on a stand-in; and how one is stopped."""

import importlib.util
from contextlib import closing
from threading import Thread

import ibis
import pyarrow.parquet as pq
import pytest

import flowkit as fk
from flowkit import engine
from flowkit.errors import QueryError, StoppedError
from flowkit.stopping import Stop, stoppable
from flowkit.widgets.running import Runner
from flowkit.widgets.workbench import Workbench
from tests.athena.stand_in import WINDOW
from tests.engines.asked import ARGUMENTS, PLAYBOOKS, answer, assert_same, chosen
from tests.engines.test_athena import VIEWS
from tests.engines.trino_stand_in import ENDLESS, Trino

pytestmark = [
    pytest.mark.trino,
    pytest.mark.skipif(importlib.util.find_spec("trino") is None, reason="no client of Trino: see tools/test"),
]


@pytest.fixture(scope="module")
def trino(log_file):
    with closing(Trino(pq.read_table(log_file))) as answering:
        yield answering


@pytest.fixture
def connection(trino):
    return ibis.trino.connect(host="127.0.0.1", port=trino.port, database="memory", schema="main")


@pytest.fixture
def far(connection):
    return fk.load(connection.table("flows"), inventory="sample", **WINDOW)


@pytest.mark.parametrize("name", chosen(ARGUMENTS, "conversations", "coverage", "reject_timeline"))
def test_an_analysis_is_the_same(here, far, name):
    assert_same(answer(far, name), answer(here.narrow(**WINDOW), name))


@pytest.mark.parametrize("name", chosen(PLAYBOOKS, "connectivity"))
def test_a_playbook_is_the_same(here, far, name):
    assert_same(*(fk.playbooks.run(name, of, **PLAYBOOKS[name]).to_frame() for of in (far, here.narrow(**WINDOW))))


@pytest.mark.parametrize("view", chosen(VIEWS, "Talkers"))
def test_a_view_of_the_workbench_is_the_same(here, far, view):
    benches = [Workbench(of, view=view, runner=Runner(threaded=False)) for of in (far, here.narrow(**WINDOW))]
    assert [bench.alert.words for bench in benches] == ["", ""]
    assert benches[0].answers
    for one, other in zip(*(bench.answers for bench in benches), strict=True):
        assert_same(one.frame, other.frame)


def test_a_question_is_stopped_there_and_the_next_one_answers(trino, connection, far):
    stop, endless = Stop(), connection.table(ENDLESS)
    trino.begun.clear()
    Thread(target=lambda: trino.begun.wait(30) and stop()).start()
    with stoppable(stop), pytest.raises(StoppedError, match="stopped before it was done"):
        engine.frame(endless)
    assert any(ENDLESS in trino.sql[number] for number in trino.cancelled)
    assert far.count() > 0


def test_what_it_refuses_is_told(connection):
    with pytest.raises(QueryError, match="trino says: Binder Error: No function matches"):
        engine.frame(connection.table("flows").mutate(x=refused(connection.table("flows").bytes)))


@ibis.udf.scalar.builtin(name="error")
def refused(_why: int) -> int: ...


def test_a_server_that_is_gone_is_told_of(log_file):
    answering = Trino(pq.read_table(log_file))
    table = ibis.trino.connect(host="127.0.0.1", port=answering.port, database="memory", schema="main").table("flows")
    answering.close()
    with pytest.raises(QueryError, match="The connection is gone: connect again"):
        engine.frame(table.limit(1))
