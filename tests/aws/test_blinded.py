"""What a traffic type leaves unseen: ALL nothing, the others each a playbook or more, and words to say it."""

import pytest

from flowkit.aws.blinded import BLINDED, analyses_blinded, blinded, blinded_text

PLAYBOOKS = {"connectivity", "exfiltration", "intrusion", "flood", "compliance", "cost"}


def test_the_table_names_playbooks_effects_and_traffic_types_only():
    assert {blind.playbook for blind in BLINDED} == PLAYBOOKS
    assert {blind.effect for blind in BLINDED} == {"blind", "partial", "wrong"}
    assert {blind.traffic_type for blind in BLINDED} == {"REJECT", "ACCEPT"}
    assert len({(blind.traffic_type, blind.playbook) for blind in BLINDED}) == len(BLINDED)


@pytest.mark.parametrize(
    ("traffic_type", "playbook", "effects"),
    [
        ("ALL", "exfiltration", []),
        ("REJECT", "exfiltration", ["blind"]),
        ("reject", "flood", ["blind"]),
        ("REJECT", "cost", ["blind"]),
        ("ACCEPT", "cost", []),
        ("ACCEPT", "connectivity", ["wrong"]),
        ("ACCEPT", "intrusion", ["partial"]),
    ],
)
def test_what_a_playbook_loses(traffic_type, playbook, effects):
    assert [blind.effect for blind in blinded(traffic_type, playbook)] == effects


def test_in_words():
    assert blinded_text("ALL") == ""
    assert blinded_text("REJECT") == (
        "blind: exfiltration, flood, cost; wrong unless it is known: connectivity; in part: intrusion, compliance"
    )


def test_analyses():
    assert analyses_blinded("ALL") == ()
    assert "egress_volume" in analyses_blinded("REJECT")
    assert "reject_timeline" in analyses_blinded("ACCEPT")
