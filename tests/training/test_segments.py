"""Generated networks: the same for a seed, and what is forbidden in them is found, and nothing that is allowed."""

import os

from benchmarks.policies import judged
from flowkit.training.segments import segmented

SEEDS = range(1, 111 if os.environ.get("FLOWKIT_SOAK") else 3)
RIGHT = {
    "forbidden": {"forbidden"}, "stopped": {"stopped"}, "excepted": {"excepted"}, "allowed": {"allowed"},
    "forbidden (guess)": {"forbidden", "unsure"}, "stopped (guess)": {"stopped", "unsure"},
    "excepted (guess)": {"excepted", "unsure"}, "allowed (guess)": {"allowed", "unsure"},
}  # fmt: skip


def test_a_case_is_the_same_for_a_seed():
    assert segmented(7) == segmented(7)
    assert segmented(8).log != segmented(7).log


def test_cases_have_what_makes_it_hard():
    talks = [talk for seed in range(20) for talk in segmented(seed).talks]
    assert {talk.verdict for talk in talks} == {"allowed", "forbidden", "excepted", "stopped"}
    assert {talk.protocol for talk in talks} == {1, 6, 17, 58}
    assert {talk.sure for talk in talks} == {True, False}


def test_every_forbidden_conversation_is_found_and_no_allowed_one(tmp_path):
    for seed in SEEDS:
        found = judged(segmented(seed), tmp_path / str(seed))
        wrong = {pair: number for pair, number in found.items() if number and pair[1] not in RIGHT.get(pair[0], ())}
        assert not wrong, f"seed {seed}"
