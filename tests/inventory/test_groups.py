"""Security groups: any rule of any group admits; references mean members, prefix lists their blocks."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.inventory.groups import GroupRules
from flowkit.inventory.item import Item
from flowkit.inventory.packets import ANY, Packets
from flowkit.inventory.problems import Problems
from flowkit.inventory.rules import GroupRule, group_rules

IN, OUT = "ingress", "egress"
LISTS = {"pl-office": ("192.0.2.0/24", "198.51.100.0/25"), "pl-empty": (), "pl-unknown": None}


def rule(end="0.0.0.0/0", protocol=6, first=None, last=None, *, group="sg-a", direction=IN, **more):
    name = "cidr" if "/" in end else "prefix_list_id" if end.startswith("pl-") else "peer_group_id"
    return GroupRule(
        group_id=group, direction=direction, protocol=protocol, first=first, last=first if last is None else last,
        **{name: end}, **more,
    )  # fmt: skip


def groups(*rules, ids=("sg-a", "sg-b"), known=("sg-a", "sg-b")):
    return GroupRules(ids, {name: tuple(one for one in rules if one.group_id == name) for name in known}, LISTS)


def member_of(*ids):
    return lambda rule: rule.peer_group_id in ids


def nobody(_rule):
    return False


def unsure(_rule):
    return None


HTTPS = rule("0.0.0.0/0", 6, 443)
APP = rule("sg-app", 6, 5432, group="sg-b")


@pytest.mark.parametrize(
    ("rules", "peer", "protocol", "port", "member", "admits"),
    [
        ([], "10.0.0.1", 6, 443, nobody, False),
        ([HTTPS], "203.0.113.1", 6, 443, nobody, True),
        ([HTTPS], "203.0.113.1", 6, 80, nobody, False),
        ([HTTPS], "203.0.113.1", 17, 443, nobody, False),
        ([HTTPS], "2001:db8::1", 6, 443, nobody, False),
        ([rule("::/0", 6, 443)], "2001:db8::1", 6, 443, nobody, True),
        ([rule("10.0.0.0/8", ANY)], "10.1.1.1", 47, 0, nobody, True),
        ([HTTPS, APP], "10.0.0.1", 6, 5432, member_of("sg-app"), True),
        ([HTTPS, APP], "10.0.0.1", 6, 5432, member_of("sg-other"), False),
        ([HTTPS, APP], "10.0.0.1", 6, 5432, unsure, None),
        ([APP, rule("10.0.0.0/24", 6, 5432)], "10.0.0.1", 6, 5432, unsure, True),  # that one is sure
        ([rule("pl-office", 6, 22)], "192.0.2.9", 6, 22, nobody, True),
        ([rule("pl-office", 6, 22)], "198.51.100.200", 6, 22, nobody, False),
        ([rule("pl-empty", 6, 22)], "192.0.2.9", 6, 22, nobody, False),
        ([rule("pl-unknown", 6, 22)], "192.0.2.9", 6, 22, nobody, None),
        ([rule("pl-missing", 6, 22)], "192.0.2.9", 6, 22, nobody, None),
        ([rule("pl-unknown", 6, 23)], "192.0.2.9", 6, 22, nobody, False),
        ([rule("0.0.0.0/0", 1, 8, -1)], "192.0.2.9", 1, 8 << 8, nobody, True),
        ([rule("0.0.0.0/0", 1, 3, 4)], "192.0.2.9", 1, 8 << 8, nobody, False),
        ([rule("0.0.0.0/0", None, 22)], "192.0.2.9", 6, 22, nobody, None),
        ([rule("0.0.0.0/0", 6, 22, direction=OUT)], "192.0.2.9", 6, 22, nobody, False),
    ],
)  # fmt: skip
def test_whether_any_rule_admits(rules, peer, protocol, port, member, admits):
    found, packets = groups(*rules), Packets(peer, protocol, (port, port))
    assert [part.admits for part in found.parts(IN, packets, member)] == [admits]
    assert bool(found.admitting(IN, packets, member)) is bool(admits)


def test_every_rule_that_admits_is_told():
    found = groups(HTTPS, rule("10.0.0.0/8", 6, 0, 1023, group="sg-b"), rule("10.0.0.0/8", 6, 22))
    assert [one.group_id for one in found.admitting(IN, Packets("10.0.0.1", 6, (443, 443)), nobody)] == ["sg-a", "sg-b"]
    assert found.admitting(IN, Packets("10.0.0.1", 6, (443, 1024)), nobody) == ()


@pytest.mark.parametrize(("rules", "admits"), [([], None), ([HTTPS], None), ([rule("0.0.0.0/0", ANY)], True)])
def test_a_group_that_is_not_described_may_admit_what_the_others_do_not(rules, admits):
    found = groups(*rules, known=("sg-a",))
    assert found.undescribed == ("sg-b",)
    assert [part.admits for part in found.parts(IN, Packets("10.0.0.1", 6, (22, 22)), nobody)] == [admits]


@pytest.mark.parametrize(
    ("rules", "nearest"),
    [
        ([HTTPS, APP], ["sg-b", "sg-a"]),  # each misses in one way, 443 by 4,989 ports
        ([rule("10.0.0.0/8", 6, 5433), rule("10.0.0.0/8", 6, 22, group="sg-b")], ["sg-a", "sg-b"]),
        ([rule("10.0.0.0/8", 17, 5432), rule("192.0.2.0/24", 6, 5432, group="sg-b")], ["sg-b", "sg-a"]),
        ([rule("10.0.0.0/8", 6, 5432, direction=OUT)], []),
    ],
)
def test_the_nearest_miss_of_each_group(rules, nearest):
    found = groups(*rules).nearest(IN, Packets("10.0.0.1", 6, (5432, 5432)), nobody)
    assert [one.group_id for one in found] == nearest


GROUP = {
    "GroupId": "sg-a",
    "IpPermissions": [
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
         "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}], "PrefixListIds": [{"PrefixListId": "pl-office"}],
         "UserIdGroupPairs": [{"GroupId": "sg-peer", "VpcPeeringConnectionId": "pcx-1", "PeeringStatus": "active"}]},
    ],
    "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
}  # fmt: skip
LISTED = {
    "SecurityGroupRuleId": "sgr-1", "GroupId": "sg-a", "IsEgress": False, "IpProtocol": "tcp", "FromPort": 22,
    "ToPort": 22, "CidrIpv4": "10.0.0.0/8",
}  # fmt: skip


def test_rules_from_both_of_awss_descriptions():
    def item(raw, kind):
        return Item(raw, kind, "sg-a", Problems())

    rules = group_rules([item(GROUP, "SecurityGroups")], [item(LISTED, "SecurityGroupRules")])
    assert [str(one) for one in rules] == [
        "sgr-1 allows TCP port 22 from 10.0.0.0/8",
        "sg-a allows TCP port 22 from 2001:db8::/32",
        "sg-a allows TCP port 22 from pl-office",
        "sg-a allows TCP port 22 from sg-peer",
        "sg-a allows all protocols to 0.0.0.0/0",
    ]
    assert [str(one) for one in group_rules([], [item(LISTED, "SecurityGroupRules")])] == [str(rules[0])]


ENDS = st.sampled_from(["0.0.0.0/0", "10.0.0.0/30", "10.0.0.2/31", "::/0", "sg-x", "sg-y", "pl-office", "pl-empty"])
PEERS = st.sampled_from(["10.0.0.0", "10.0.0.2", "10.0.0.9", "192.0.2.1", "2001:db8::1"])
BOUNDS = st.tuples(st.integers(0, 25), st.integers(0, 25)).map(sorted).map(tuple)
RULES = st.builds(
    lambda end, protocol, ports, group, direction: rule(
        end, protocol, ports and ports[0], ports and ports[1], group=group, direction=direction
    ),
    ENDS, st.sampled_from([ANY, 6, 17, 47]), st.none() | BOUNDS, st.sampled_from(["sg-a", "sg-b"]),
    st.sampled_from([IN, OUT]),
)  # fmt: skip


def naive(one, direction, peer, protocol, port, members):
    if one.direction != direction or one.protocol not in (ANY, protocol):
        return False
    if one.protocol in (6, 17) and one.first is not None and not one.first <= port <= one.last:
        return False
    if one.peer_group_id:
        return one.peer_group_id in members
    cidrs = [one.cidr] if one.cidr else LISTS[one.prefix_list_id]
    return any(ip_address(peer) in ip_network(cidr) for cidr in cidrs)


@given(
    st.lists(RULES, max_size=8), st.sampled_from([IN, OUT]), PEERS, st.sampled_from([6, 17, 47]), BOUNDS,
    st.sets(st.sampled_from(["sg-x", "sg-y"])),
)  # fmt: skip
def test_as_asking_each_rule_about_each_port_would_find(rules, direction, peer, protocol, bounds, members):
    found, span = groups(*rules), range(bounds[0], bounds[1] + 1)
    parts = found.parts(direction, Packets(peer, protocol, bounds), member_of(*members))
    said = {port: part for part in parts for port in range(part.span[0], part.span[1] + 1)}
    assert sum(part.span[1] - part.span[0] + 1 for part in parts) == len(said) == len(span), "a port is in one part"
    for port in span:
        expected = [one for one in rules if naive(one, direction, peer, protocol, port, members)]
        assert said[port].admits is bool(expected)
        assert said[port].by in (expected or [None])
    admitting = found.admitting(direction, Packets(peer, protocol, bounds), member_of(*members))
    whole = [one for one in rules if all(naive(one, direction, peer, protocol, port, members) for port in span)]
    assert sorted(map(str, admitting)) == sorted(map(str, whole))
