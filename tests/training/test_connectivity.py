"""Connections through real rules, logged at both ends: the playbook's answers, held against what is right."""

import os

import pytest

import flowkit as fk
from flowkit.training.connectivity import KINDS, case, cases, judge

SEEDS = 20
FEW = ("client_ports", "no_listener", "rejects_not_logged")


def answer(asked, folder):
    described = folder / "snapshot"
    described.mkdir(parents=True)
    (folder / "flows.log").write_text(asked.log)
    for name, content in asked.snapshot.items():
        (described / name).write_bytes(content)
    more = {"inventory": described} if asked.snapshot else {}
    flows = fk.load(folder / "flows.log", case=folder / "kept", **more)
    return fk.playbooks.run("connectivity", flows, **asked.question)


def test_a_case_is_the_same_for_a_seed():
    assert list(cases(7, FEW)) == list(cases(7, FEW))
    assert [one.log for one in cases(7, FEW)] != [one.log for one in cases(8, FEW)]


def test_background_is_other_peoples_records():
    quiet, busy = (case("no_listener", 7, background=count).log.splitlines() for count in (0, 50))
    assert busy[: len(quiet)] == quiet
    assert {line.split()[2][:7] for line in busy[len(quiet) :]} == {"eni-0bb"}
    assert {len(line.split()) for line in busy} == {len(busy[0].split())}


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_of_each_kind_is_answered_right(kind, tmp_path):
    asked = case(kind, 2)
    judged = judge(asked, answer(asked, tmp_path))
    assert (judged.verdict, judged.cause, judged.misled) == (True, True, False)
    assert judged.rule is not False
    assert judged.pattern is not False


@pytest.mark.skipif(not os.environ.get("FLOWKIT_SOAK"), reason="540 cases take half an hour: make soak")
def test_the_playbook_is_right_as_often_as_it_has_to_be(tmp_path):
    every = [asked for seed in range(SEEDS) for asked in cases(f"soak-{seed}")]
    judged = [judge(asked, answer(asked, tmp_path / asked.name)) for asked in every]
    rules = [one.rule for one in judged if one.rule is not None]
    assert len(judged) >= 400
    assert sum(one.verdict for one in judged) >= 0.98 * len(judged)
    assert sum(one.cause for one in judged) >= 0.95 * len(judged)
    assert sum(rules) >= 0.95 * len(rules)
    assert sum(one.misled for one in judged) <= 0.01 * len(judged)
