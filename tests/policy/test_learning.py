"""What is learned forbids nothing of what it was learned from, can be read back, and says what to review."""

from pathlib import Path

import pytest

import flowkit as fk
from flowkit.errors import MissingFieldError, PolicyError, ScopeError
from flowkit.policy import Rule, Segment, check, learn, read
from flowkit.policy.learning import _merged

HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
    "log-status tcp-flags flow-direction\n"
)
LOG = (
    HEADER
    + """5 1 eni-1 10.0.1.1 10.0.2.1 50001 5432 6 1 100 1772000000 1772000009 ACCEPT OK 2 egress
5 1 eni-2 10.0.1.1 10.0.2.1 50001 5432 6 1 100 1772000000 1772000009 ACCEPT OK 2 ingress
5 1 eni-3 10.0.1.2 10.0.2.1 50001 5432 6 1 100 1772090000 1772090009 ACCEPT OK 2 egress
5 1 eni-3 10.0.1.2 10.0.2.1 50002 5433 6 1 100 1772090000 1772090009 ACCEPT OK 2 egress
5 1 eni-3 10.0.1.2 10.0.2.1 0 0 1 1 100 1772090000 1772090009 ACCEPT OK 0 egress
5 1 eni-3 10.0.1.2 10.0.2.1 50003 23 6 1 100 1772090000 1772090009 REJECT OK 2 egress
5 1 eni-3 10.0.1.2 10.0.2.1 9998 9999 6 1 100 1772090000 1772090009 ACCEPT OK 16 egress
5 1 eni-3 10.0.1.2 10.0.1.1 50003 24 6 1 100 1772090000 1772090009 ACCEPT OK 2 egress
5 1 eni-2 198.51.100.7 10.0.2.1 50003 22 6 1 100 1772000000 1772000009 ACCEPT OK 2 ingress
"""
)


def test_a_policy_is_learned(load_lines):
    flows = load_lines(LOG)
    policy = learn(flows)
    block = {"client": "block-10.0.1.0-24", "server": "block-10.0.2.0-24"}
    assert policy.segments == tuple(
        Segment(name=name, cidr=(f"10.0.{number}.0/24",)) for number, name in enumerate(block.values(), 1)
    )
    one, other = ((name,) for name in block.values())
    why = "3 conversations of 2 hosts, 2026-02-25 to 2026-02-26"
    ping = "1 conversation of 1 host, 2026-02-26"
    assert set(policy.rules) == {
        Rule(action="allow", clients=one, servers=other, ports=((5432, 5433),), protocols=(6,), why=why),
        Rule(action="allow", clients=one, servers=other, protocols=(1,), why=ping),
        Rule(action="allow", clients=other, servers=one, protocols=(1,), why=ping),
        Rule(action="allow", clients=("internet",), servers=other, ports=((22, 22),), protocols=(6,),
             why="1 conversation of 1 host, 2026-02-25"),
    }  # fmt: skip
    text = str(policy)
    assert "# review: open to the internet, a port of administration\n  - {allow: internet" in text
    assert "# Left out: 1 conversation of which it is a guess who was the client" in text
    assert read(text) == policy
    frame = check(flows, policy)
    assert [(row.verdict, row.opened_by_confidence) for row in frame.itertuples()] == [
        ("forbidden", "low"), ("stopped", "high"),
    ]  # fmt: skip


def test_what_was_rare_may_be_left_out(load_lines):
    policy = learn(load_lines(LOG), least=2)
    assert [rule.ports for rule in policy.rules] == [((5432, 5432),)]
    assert "Left out: 3 services with fewer than 2 conversations" in str(policy).replace("4 services", "3 services")


@pytest.mark.parametrize("by", ["subnet", "group", "tag:Name"])
def test_it_forbids_nothing_of_the_sample(by):
    flows = fk.load("sample", inventory=Path(fk.__file__).parent / "sample" / "snapshot")
    policy = learn(flows, by=by)
    assert read(policy.to_yaml()) == policy
    assert set(check(flows, policy).verdict) == {"stopped"}


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"least": 0}, ScopeError, "least is 0"),
        ({"by": "colour"}, PolicyError, "by is 'subnet', 'group' or 'tag:KEY' .* not 'colour'"),
        ({"by": "tag:"}, PolicyError, "not 'tag:'"),
        ({"by": "group"}, PolicyError, "security groups are known from an inventory only"),
        ({"by": "tag:Role"}, PolicyError, "tags are known from an inventory only.*by='subnet'"),
    ],
)
def test_what_is_asked_wrongly_is_refused(load_lines, options, error, told):
    with pytest.raises(error, match=told):
        learn(load_lines(LOG), **options)


def test_nothing_of_ours_is_refused(load_lines):
    public = "5 1 eni-1 198.51.100.1 198.51.100.2 50001 443 6 1 100 1772000000 1772000009 ACCEPT OK 2 -"
    with pytest.raises(PolicyError, match="make 0 segments"):
        learn(load_lines(HEADER + public.replace("eni-1", "-")))


def test_a_log_without_ports_is_refused(load_lines):
    with pytest.raises(MissingFieldError, match="learning a policy needs the field protocol"):
        learn(load_lines("srcaddr dstaddr bytes\n10.0.0.1 10.0.0.2 40\n"))


@pytest.mark.parametrize(
    ("ports", "merged"),
    [
        ([443], ((443, 443),)),
        ([80, 81, 443], ((80, 81), (443, 443))),
        ([0, 22], ((22, 22),)),
        (range(1020, 1030), ((1020, 1023), (1024, 1029))),
        ([22, *range(2000, 2100, 3)], ((22, 22), (2000, 2099))),
        (range(1, 1000, 5), ((1, 996),)),
    ],
)
def test_ports_are_merged(ports, merged):
    assert _merged(ports) == merged
