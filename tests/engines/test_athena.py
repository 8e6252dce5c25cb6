"""The same questions of a table in Athena: every analysis and playbook, on records that were brought here unasked."""

import pyarrow.parquet as pq
import pytest

import flowkit as fk
from flowkit import policy
from flowkit.errors import QueryError
from flowkit.widgets.running import Runner
from flowkit.widgets.workbench import Workbench
from tests.athena.stand_in import REGION, WINDOW, delivered
from tests.engines.asked import ARGUMENTS, PLAYBOOKS, answer, assert_same, chosen

VIEWS = {"Overview", "Timeline", "Rejects", "Talkers", "Graph", "Conversations"}
ASKED_THERE = {
    "connection_attempts",
    "coverage",
    "did_talk",
    "logging_cost",
    "logging_gaps",
    "reject_timeline",
    "summary",
}
"""What needs no conversations: only its answer comes home."""


@pytest.fixture
def athena(aws, log_file, tmp_path, monkeypatch):
    monkeypatch.setenv("FLOWKIT_CACHE", str(tmp_path))
    monkeypatch.setattr("time.sleep", lambda _: None)
    return delivered(aws, pq.read_table(log_file))


def load(**options):
    return fk.load("athena://logs/flows", region=REGION, inventory="sample", **WINDOW | options)


@pytest.mark.parametrize("name", chosen(ARGUMENTS, "conversations", "coverage"))
@pytest.mark.usefixtures("athena")
def test_an_analysis_is_the_same(here, name):
    there = load()
    assert_same(answer(there, name), answer(here.narrow(**WINDOW), name))
    brought = there.origin.brought(there.scope) is not None
    assert brought == (name not in ASKED_THERE)


@pytest.mark.parametrize("name", chosen(PLAYBOOKS, "connectivity"))
@pytest.mark.usefixtures("athena")
def test_a_playbook_is_the_same(here, name):
    run = [fk.playbooks.run(name, of, **PLAYBOOKS[name]).to_frame() for of in (load(), here.narrow(**WINDOW))]
    assert_same(*run)


@pytest.mark.usefixtures("athena")
def test_a_policy_is_the_same(here):
    proposed = policy.learn(here, by="subnet")
    assert_same(policy.check(load(), proposed), policy.check(here.narrow(**WINDOW), proposed))


@pytest.mark.parametrize("view", chosen(VIEWS, "Overview", "Talkers"))
@pytest.mark.usefixtures("athena")
def test_a_view_of_the_workbench_is_the_same(here, view):
    benches = [Workbench(of, view=view, runner=Runner(threaded=False)) for of in (load(), here.narrow(**WINDOW))]
    assert [bench.alert.words for bench in benches] == ["", ""]
    there, local = (bench.answers for bench in benches)
    assert there
    for one, other in zip(there, local, strict=True):
        assert_same(one.frame, other.frame)
        assert (one.figure is None) == (other.figure is None)


def test_what_was_brought_answers_whatever_lies_in_it(athena):
    flows = load()
    fk.analysis.conversations(flows)
    asked = len(athena.sql)
    narrowed = flows.narrow(start="2026-03-10T08:00Z", dstport=443)
    assert len(fk.analysis.top_talkers(narrowed))
    assert len(fk.analysis.beacons(narrowed.narrow(srcaddr="10.0.0.0/16")).columns)
    assert len(athena.sql) == asked
    assert "were brought here from athena" in repr(flows.at_hand)


def test_too_many_are_counted_and_not_brought(athena, monkeypatch):
    monkeypatch.setattr("flowkit.flows.Flows.materialise.__kwdefaults__", {"limit": 10})
    flows = load()
    with pytest.raises(QueryError, match=r"records lie in 2026-03-10 .* at most 10 are brought .*fk\.plan\(flows\)"):
        fk.analysis.top_talkers(flows)
    assert len(athena.sql) == 1
