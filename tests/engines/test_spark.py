"""The same questions on a real Spark: every analysis and every playbook with the answer that DuckDB gives."""

import gc
from threading import Timer

import ibis
import pytest

from flowkit import engine, keeping, playbooks, policy
from flowkit.errors import StoppedError
from flowkit.stopping import Stop, stoppable
from tests.engines.asked import ARGUMENTS, NEEDED, PLAYBOOKS, POLICY, answer, assert_same, chosen, refusal

pytestmark = pytest.mark.spark


@pytest.mark.parametrize("name", chosen(ARGUMENTS, "conversations", "traffic_timeline"))
def test_an_analysis_is_the_same(here, there, name):
    expected = answer(here, name)
    assert len(expected), "the log has nothing of it: equal answers would say little"
    assert_same(answer(there, name), expected)


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_a_missing_field_is_named_the_same(here, there, name):
    assert refusal(there, name) == refusal(here, name)


@pytest.mark.parametrize("name", chosen(PLAYBOOKS, "flood"))
def test_a_playbook_is_the_same(here, there, name):
    expected, found = (playbooks.run(name, flows, **PLAYBOOKS[name]).to_frame() for flows in (here, there))
    assert len(expected), "nothing was found: equal reports would say little"
    assert_same(found, expected)


def test_a_policy_forbids_the_same(here, there):
    read = policy.read(POLICY)
    expected = policy.check(here, read)
    assert {*expected.verdict} == {"forbidden", "unsure", "excepted", "stopped"}
    assert_same(policy.check(there, read), expected)
    assert_same(policy.matrix(there, read), policy.matrix(here, read))


def test_the_same_policy_is_learned(here, there):
    assert str(policy.learn(there)) == str(policy.learn(here))


def test_a_cluster_with_another_clock_answers_in_utc(here, there):
    window = {"start": "2026-03-10T09:00:00Z", "end": "2026-03-10T10:00:00Z"}
    assert there.span == here.span
    assert there.narrow(**window).count() == here.narrow(**window).count() > 0
    found, expected = (flows.narrow(**window).to_pandas() for flows in (there, here))
    order = ["start", "interface_id", "srcaddr", "dstaddr", "srcport", "dstport", "bytes"]
    assert_same(*(frame.sort_values(order, ignore_index=True) for frame in (found, expected)))


def test_what_was_kept_is_let_go_of(spark, there):
    before = set(spark.list_tables())
    kept = keeping.keeper(None)(there.table.limit(1))
    further = kept.select("srcaddr")
    del kept
    gc.collect()
    assert len(set(spark.list_tables()) - before) == 1
    assert len(engine.frame(further)) == 1
    del further
    gc.collect()
    assert set(spark.list_tables()) <= before


def test_a_question_that_takes_long_is_stopped(spark, there):
    spark.raw_sql("SELECT id FROM range(10000000000000)").createOrReplaceTempView("endless")
    stop = Stop()
    Timer(1, stop).start()
    with stoppable(stop), pytest.raises(StoppedError, match="stopped before it was done"):
        engine.frame(spark.table("endless").aggregate(n=ibis._.id.hash().max()))
    assert there.count() > 0
