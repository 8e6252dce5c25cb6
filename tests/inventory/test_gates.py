"""The gates from one end to the other and back: which are asked, by which address, and which of them decides."""

import json

import pytest

from flowkit.inventory import read
from flowkit.inventory.gates import passages
from flowkit.inventory.verdicts import ADMITS, CANNOT_TELL, DENIES, IN_PART, NOT_ASKED
from tests.inventory.network import OPEN, SNAPSHOT, acl, entry, interface, rule, snapshot, table

TCP, UDP, ICMP, ICMPV6 = 6, 17, 1, 58
NAMES = [
    "source_security_group", "source_nacl_outbound", "source_route", "destination_nacl_inbound",
    "destination_security_group", "destination_nacl_outbound", "destination_route", "source_nacl_inbound",
]  # fmt: skip
LETTERS = {ADMITS: "a", DENIES: "D", IN_PART: "p", NOT_ASKED: "-", CANNOT_TELL: "?"}


def asked(source, destination, port=5432, protocol=TCP, *, client_ports=(32768, 60999), **changed):
    found = passages(snapshot(**changed), source, destination, port=port, protocol=protocol, client_ports=client_ports)
    assert len(found) == 1
    return found[0]


def letters(found):
    return "".join(LETTERS[gate.verdict] for gate in found.gates)


@pytest.mark.parametrize(
    ("source", "destination", "port", "protocol", "said"),
    [
        ("10.0.1.10", "10.0.2.20", 5432, TCP, "aaaaaaaa"),
        ("10.0.1.10", "10.0.2.20", 5433, TCP, "aaaDaaaa"),
        ("10.0.1.10", "10.0.2.20", 22, TCP, "aaaDDaaa"),
        ("10.0.1.10", "10.0.2.20", 5432, UDP, "aaaDDDaa"),
        ("10.0.2.20", "10.0.1.10", 8080, TCP, "DDaaaaaD"),  # groups without an egress rule let nothing out
        ("10.0.1.10", "10.0.1.11", 8080, TCP, "a-a-a-a-"),  # one subnet: no ACL
        ("10.0.1.10", "10.0.1.11", 22, TCP, "a-a-D-a-"),
        ("10.0.1.10", "10.1.1.5", 443, TCP, "aaaaaaaa"),  # over peering, a group of the other VPC
        ("10.1.1.5", "10.0.1.10", 8080, TCP, "Daaaaaaa"),
        ("10.0.1.10", "198.51.100.1", 443, TCP, "aaa????a"),
        ("10.0.1.11", "198.51.100.1", 443, TCP, "aaD????a"),  # an internet gateway, but no public address
        ("10.0.2.20", "198.51.100.1", 443, TCP, "DDa????D"),
        ("198.51.100.1", "10.0.1.10", 8080, TCP, "???aDaa?"),
        ("198.51.100.1", "192.0.2.10", 8080, TCP, "???aDaa?"),
        ("172.16.0.9", "10.0.1.10", 8080, TCP, "???aDaD?"),
        ("10.0.1.10", "10.0.0.2", 53, UDP, "--------"),
        ("10.0.1.10", "169.254.169.254", 80, TCP, "--------"),
        ("10.0.1.10", "10.0.2.77", 5432, TCP, "aaaa?aaa"),  # in a subnet, but held by nobody
        ("10.0.1.77", "10.0.2.20", 5432, TCP, "?aaa?aaa"),
        ("10.0.1.10", "10.0.9.5", 443, TCP, "aaaa-aaa"),  # a NAT gateway has no groups
    ],
)
def test_what_each_gate_says(source, destination, port, protocol, said):
    found = asked(source, destination, port, protocol)
    assert [gate.name for gate in found.gates] == NAMES
    assert [gate.reply for gate in found.gates] == [False] * 5 + [True] * 3
    assert letters(found) == said
    assert all(gate.why for gate in found.gates)


@pytest.mark.parametrize(
    ("port", "name", "rules", "entry_number", "why"),
    [
        (5432, "destination_nacl_inbound", ("acl-db",), 100, "entry 100 allows TCP port 5432 from 10.0.0.0/16"),
        (
            5433,
            "destination_nacl_inbound",
            ("acl-db",),
            32767,
            "no entry allows TCP port 5433 from 10.0.1.10, so entry",
        ),
        (5432, "destination_security_group", ("sg-db", "sg-extra"), None, "sgr-db allows TCP port 5432 from sg-app"),
        (5433, "destination_security_group", ("sg-extra", "sg-db"), None, "sg-extra allows TCP port 5433"),
        (
            5430,
            "destination_security_group",
            ("sg-db", "sg-extra"),
            None,
            "None of sg-extra, sg-db admits TCP port 5430",
        ),
        (5432, "destination_nacl_outbound", ("acl-db",), 90, "entry 90 allows TCP ports 32768-61000 to 10.0.1.0/24"),
        (5432, "destination_route", ("rtb-db",), None, "rtb-db sends 10.0.0.0/16 to local"),
        (5432, "source_nacl_inbound", ("acl-a",), 100, "acl-a: entry 100 allows all protocols from 0.0.0.0/0"),
    ],
)
def test_what_decides(port, name, rules, entry_number, why):
    gate = asked("10.0.1.10", "10.0.2.20", port).gate(name)
    assert (gate.rules, gate.entry) == (rules, entry_number)
    assert why in gate.why


def test_a_reply_that_an_acl_lets_out_for_some_client_ports_only():
    found = asked("10.0.1.10", "10.0.2.20", client_ports=(1024, 65535))
    gate = found.gate("destination_nacl_outbound")
    assert (letters(found), gate.verdict, gate.entry) == ("aaaaapaa", IN_PART, 32767)
    assert [(part.span, part.admits) for part in gate.parts] == [
        ((1024, 32767), False), ((32768, 61000), True), ((61001, 65535), False),
    ]  # fmt: skip
    assert "no entry allows TCP ports 1024-32767 and 61001-65535 to 10.0.1.10, so entry 32767 denies" in gate.why


def test_without_a_port_each_gate_tells_which_it_admits():
    found = asked("10.0.1.10", "10.0.2.20", port=None)
    assert [part.span for part in found.gate("destination_nacl_inbound").parts if part.admits] == [(5432, 5432)]
    assert [part.span for part in found.gate("destination_security_group").parts if part.admits] == [
        (5432, 5432), (5433, 5433),
    ]  # fmt: skip


PING_ACL = acl("acl-db", entry(10, True, "10.0.0.0/16", ICMP, 8, -1), *OPEN[1:], subnets=("subnet-a2",))
NO_ECHO = acl("acl-db", OPEN[0], entry(10, False, "0.0.0.0/0", ICMP, 0, 0, direction="egress"), OPEN[1],
              subnets=("subnet-a2",))  # fmt: skip
PINGED = (*SNAPSHOT["rules"], rule("sg-db", "10.0.1.0/24", ICMP, 8, -1))


@pytest.mark.parametrize(
    ("rules", "one_acl", "said", "entry_number"),
    [
        (PINGED, PING_ACL, "aaaaaaaa", 100),
        (PINGED, NO_ECHO, "aaaaaDaa", 10),
        (SNAPSHOT["rules"], PING_ACL, "aaaaDaaa", 100),
    ],
)
def test_a_ping_asks_and_its_answer_is_an_echo_reply(rules, one_acl, said, entry_number):
    acls = (SNAPSHOT["acls"][0], one_acl)
    found = asked("10.0.1.10", "10.0.2.20", None, ICMP, rules=rules, acls=acls)
    assert (letters(found), found.gate("destination_nacl_outbound").entry) == (said, entry_number)


SIX = {
    "interfaces": (
        interface("app", "10.0.1.10", "subnet-a1", "sg-app", more=("2001:db8::10",)),
        interface("db", "10.0.2.20", "subnet-a2", "sg-db", more=("2001:db8:0:2::20",)),
    ),
    "acls": (
        acl("acl-a", *OPEN, entry(101, True, "::/0"), entry(101, True, "::/0", direction="egress"), default=True),
    ),
    "rules": (rule("sg-app", "::/0", direction="egress"), rule("sg-db", "sg-app", ICMPV6)),
}  # fmt: skip


def test_ipv6_has_its_own_entries_rules_and_routes():
    route_tables = (table("rtb-a", ("2001:db8::/32", "local"), main=True),)
    found = asked("2001:db8::10", "2001:db8:0:2::20", None, ICMP, **SIX, route_tables=route_tables)
    assert (found.protocol, letters(found)) == (ICMPV6, "aaaaaaaa")
    assert found.gate("source_nacl_outbound").entry == 101
    dark = asked("2001:db8::10", "2001:db8:0:2::20", 443, **SIX | {"acls": (acl("acl-a", *OPEN, default=True),)})
    assert (letters(dark), dark.gate("source_nacl_outbound").entry) == ("aDDDDDDD", 32768)


def test_addresses_of_two_ip_versions_have_no_passage():
    assert passages(snapshot(**SIX), "10.0.1.10", "2001:db8:0:2::20", port=443, protocol=TCP) == ()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"acls": ()}, "a?a?a?a?"),
        ({"route_tables": ()}, "aa?aaa?a"),
        ({"groups": (), "rules": ()}, "?aaa?aaa"),
        ({"rules": (), "groups": SNAPSHOT["groups"]}, "DaaaDaaa"),
        ({"interfaces": ()}, "?aaa?aaa"),
    ],
)
def test_what_the_snapshot_lacks_cannot_be_told(changed, said):
    assert letters(asked("10.0.1.10", "10.0.2.20", **changed)) == said


WEB = (*SNAPSHOT["rules"], rule("sg-app", "192.0.2.0/24", TCP, 80), rule("sg-app", "sg-app", TCP, 81))
OTHER = (*SNAPSHOT["interfaces"], interface("web", "10.0.1.50", "subnet-a1", "sg-app", public=("192.0.2.50",)))


@pytest.mark.parametrize(
    ("source", "destination", "port", "said"),
    [
        ("10.0.1.10", "192.0.2.50", 80, "aaaaaaaa"),  # out through the gateway and in again: ACLs are asked
        ("10.0.1.10", "192.0.2.50", 81, "aaaaDaaa"),  # a reference to a group means no public addresses
        ("10.0.1.10", "10.0.1.50", 81, "a-a-a-a-"),
        ("192.0.2.10", "10.0.1.50", 80, "aaaaaaaa"),  # as the records of the destination have it
        ("10.0.2.20", "192.0.2.50", 80, "DDa????D"),  # from behind a NAT gateway: by which address cannot be told
    ],
)
def test_public_addresses_are_seen_as_aws_translates_them(source, destination, port, said):
    acls = (acl("acl-a", *OPEN, default=True), SNAPSHOT["acls"][1])
    found = asked(source, destination, port, rules=WEB, interfaces=OTHER, acls=acls)
    assert letters(found) == said


def test_the_gate_that_denies_by_address_names_the_one_it_saw():
    found = asked("10.0.1.10", "192.0.2.50", 22, rules=WEB, interfaces=OTHER)
    assert "does not admit TCP port 22 from 192.0.2.10" in found.gate("destination_security_group").why
    assert "to 192.0.2.50" not in found.gate("source_security_group").why
    assert found.verdict == DENIES


TWIN = interface("twin", "10.0.2.20", "subnet-x1", "sg-x", vpc="vpc-x")


def test_of_overlapping_vpcs_the_sources_own_is_meant():
    network = snapshot(interfaces=(*SNAPSHOT["interfaces"], TWIN))
    near = passages(network, "10.0.1.10", "10.0.2.20", port=5432, protocol=TCP)
    assert [one.destination.vpc_id for one in near] == ["vpc-a"]
    far = passages(network, "10.1.1.5", "10.0.2.20", port=5432, protocol=TCP)
    assert [one.destination.vpc_id for one in far] == ["vpc-a", "vpc-x"]
    assert [one.gate("source_route").verdict for one in far] == [ADMITS, DENIES]


def test_one_interface_asks_itself_without_passing_any_gate():
    held = interface("app", "10.0.1.10", "subnet-a1", "sg-app", more=("10.0.1.12",))
    found = asked("10.0.1.10", "10.0.1.12", interfaces=(held,))
    assert (letters(found), found.verdict) == ("--------", NOT_ASKED)


def test_a_peering_that_is_gone_ends_references_and_routes():
    gone = snapshot(peerings=(), rules=tuple(
        rule(one.group_id, one.end, one.protocol, one.first, one.last, direction=one.direction,
             peering_status="deleted" if one.peering_id else "")
        for one in SNAPSHOT["rules"]))  # fmt: skip
    (found,) = passages(gone, "10.0.1.10", "10.1.1.5", port=443, protocol=TCP)
    assert letters(found) == "aa?aDa?a"


ANSWERS = {
    "describe-network-interfaces": {"NetworkInterfaces": [
        {"NetworkInterfaceId": "eni-c", "VpcId": "vpc-1", "SubnetId": "subnet-1", "PrivateIpAddress": "10.0.1.1",
         "Groups": [{"GroupId": "sg-default"}]},
        {"NetworkInterfaceId": "eni-s", "VpcId": "vpc-1", "SubnetId": "subnet-2", "PrivateIpAddress": "10.0.2.1",
         "Groups": [{"GroupId": "sg-default"}]},
    ]},
    "describe-security-groups": {"SecurityGroups": [
        {"GroupId": "sg-default", "GroupName": "default", "VpcId": "vpc-1",
         "IpPermissions": [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-default"}]}],
         "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]},
    ]},
    "describe-network-acls": {"NetworkAcls": [
        {"NetworkAclId": "acl-default", "VpcId": "vpc-1", "IsDefault": True, "Associations": [], "Entries": [
            {"RuleNumber": number, "RuleAction": action, "Protocol": "-1", "CidrBlock": "0.0.0.0/0", "Egress": egress}
            for egress in (True, False) for number, action in ((100, "allow"), (32767, "deny"))]},
    ]},
    "describe-route-tables": {"RouteTables": [
        {"RouteTableId": "rtb-main", "VpcId": "vpc-1", "Associations": [{"Main": True}],
         "Routes": [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}]},
    ]},
}  # fmt: skip


def test_a_default_vpc_as_aws_describes_it_admits_its_own_only(tmp_path):
    for name, answer in ANSWERS.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(answer), encoding="utf-8")
    network = read(tmp_path)
    (own,) = passages(network, "10.0.1.1", "10.0.2.1", port=22, protocol=TCP)
    (other,) = passages(network, "198.51.100.1", "10.0.2.1", port=22, protocol=TCP)
    assert (letters(own), letters(other)) == ("aaaaaaaa", "???aDaD?")
    assert own.gate("destination_nacl_inbound").rules == ("acl-default",)
