"""Network ACLs: the entry of the lowest number that matches decides, port by port, and the last one denies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.inventory.acls import AclRules
from flowkit.inventory.item import Item
from flowkit.inventory.packets import ALL, ANY, Packets
from flowkit.inventory.problems import Problems
from flowkit.inventory.rules import AclEntry, NetworkAcl

IN, OUT = "ingress", "egress"


def acl(*entries):
    """Return an ACL as AWS describes it."""
    raw = {"NetworkAclId": "acl-1", "VpcId": "vpc-a", "IsDefault": False, "Entries": list(entries)}
    return AclRules(NetworkAcl.of(Item(raw, "NetworkAcls", "acl-1", Problems())))


def entry(number, action, cidr="0.0.0.0/0", *, protocol="-1", ports=None, icmp=None, egress=False):
    name = "Ipv6CidrBlock" if ":" in cidr else "CidrBlock"
    found = {"RuleNumber": number, "RuleAction": action, name: cidr, "Protocol": protocol, "Egress": egress}
    found |= {"PortRange": {"From": ports[0], "To": ports[1]}} if ports else {}
    return found | ({"IcmpTypeCode": {"Type": icmp[0], "Code": icmp[1]}} if icmp else {})


LAST = entry(32767, "deny")
DEFAULT = [entry(100, "allow"), LAST, entry(100, "allow", egress=True), entry(32767, "deny", egress=True)]
DEFAULT += [entry(101, "allow", "::/0"), entry(32768, "deny", "::/0")]
WEB = [entry(100, "allow", protocol="6", ports=(443, 443)), LAST]
DATABASE = [
    entry(120, "deny", "10.0.1.0/24", protocol="6", ports=(5432, 5432)),
    entry(110, "allow", "10.0.0.0/16", protocol="6", ports=(5000, 6000)),
    entry(100, "allow", "10.0.1.7/32", protocol="6", ports=(5432, 5432)),
]
PING = [entry(100, "allow", protocol="1", icmp=(8, -1)), entry(110, "allow", protocol="1", icmp=(3, 4))]


@pytest.mark.parametrize(
    ("entries", "peer", "protocol", "port", "number", "allows"),
    [
        (DEFAULT, "203.0.113.1", 6, 22, 100, True),
        (DEFAULT, "2001:db8::1", 6, 22, 101, True),
        ([], "203.0.113.1", 6, 22, 32767, False),  # what AWS shows as * where its answer leaves it out
        ([], "2001:db8::1", 6, 22, 32768, False),
        (WEB, "203.0.113.1", 6, 443, 100, True),
        (WEB, "203.0.113.1", 6, 444, 32767, False),
        (WEB, "203.0.113.1", 17, 443, 32767, False),
        (WEB, "2001:db8::1", 6, 443, 32768, False),  # an IPv4 block means no IPv6 packets
        (DATABASE, "10.0.1.7", 6, 5432, 100, True),
        (DATABASE, "10.0.1.8", 6, 5432, 110, True),  # 110 is before 120, whatever the order described
        (DATABASE, "10.1.1.8", 6, 5432, 32767, False),
        (PING, "10.0.0.1", 1, 8 << 8, 100, True),
        (PING, "10.0.0.1", 1, 0, 32767, False),
        (PING, "10.0.0.1", 1, 3 << 8 | 4, 110, True),
        (PING, "10.0.0.1", 1, 3 << 8 | 1, 32767, False),
        ([entry(50, "deny", protocol="17"), entry(60, "allow")], "10.0.0.1", 6, 22, 60, True),
        ([entry(50, "deny"), entry(60, "allow", protocol="6", ports=(22, 22))], "10.0.0.1", 6, 22, 50, False),
        ([entry(50, "allow", protocol="47")], "10.0.0.1", 47, 0, 50, True),
    ],
)
def test_the_entry_that_decides(entries, peer, protocol, port, number, allows):
    rules, packets = acl(*entries), Packets(peer, protocol, (port, port))
    found = rules.deciding(IN, packets)
    assert (found.number, found.allows) == (number, allows)
    assert [(part.by, part.admits) for part in rules.parts(IN, packets)] == [(found, allows)]


def test_each_direction_has_its_entries():
    rules = acl(entry(100, "allow"), entry(100, "deny", egress=True))
    packets = Packets("10.0.0.1", 6, (22, 22))
    assert rules.deciding(IN, packets).allows
    assert not rules.deciding(OUT, packets).allows


def test_a_range_of_ports_is_divided_among_entries():
    rules = acl(
        entry(90, "deny", protocol="6", ports=(3000, 3999)),
        entry(100, "allow", protocol="6", ports=(1024, 32767)),
    )
    parts = rules.parts(IN, Packets("10.0.0.1", 6, (1024, 65535)))
    assert [(part.span, part.admits, part.by.number) for part in parts] == [
        ((1024, 2999), True, 100), ((3000, 3999), False, 90), ((4000, 32767), True, 100),
        ((32768, 65535), False, 32767),
    ]  # fmt: skip


@pytest.mark.parametrize("damaged", [entry(100, "allow", protocol="tpc"), entry(100, "allow", "10.0.0.0/33")])
def test_a_damaged_entry_makes_doubtful_what_it_may_decide(damaged):
    rules = acl(entry(90, "allow", protocol="6", ports=(22, 22)), damaged, entry(110, "allow"))
    parts = rules.parts(IN, Packets("10.0.0.1", 6, (22, 23)))
    assert [(part.span, part.admits) for part in parts] == [((22, 22), True), ((23, 23), None)]


def test_an_entry_says_what_it_does():
    assert str(acl(*DATABASE).acl.entries[0]) == "entry 120 denies TCP port 5432 from 10.0.1.0/24"
    assert str(acl(*DEFAULT).acl.entries[2]) == "entry 100 allows all protocols to 0.0.0.0/0"


CIDRS = st.sampled_from(["0.0.0.0/0", "10.0.0.0/30", "10.0.0.2/31", "10.0.0.1/32", "::/0", "2001:db8::/127"])
PEERS = st.sampled_from(["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.9", "2001:db8::1", "2001:db8::9"])
BOUNDS = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(sorted).map(tuple)
ENTRIES = st.builds(
    lambda number, direction, protocol, ports, cidr, allows: AclEntry(
        number=number, direction=direction, protocol=protocol, cidr=cidr, allows=allows,
        first=ports[0] if ports else None, last=ports[1] if ports else None,
    ),
    st.integers(1, 40), st.sampled_from([IN, OUT]), st.sampled_from([ANY, 6, 17, 47]), st.none() | BOUNDS, CIDRS,
    st.booleans(),
)  # fmt: skip


def naive(entries, direction, peer, protocol, port):
    """Return the number of the entry that decides about one packet, as one would with a finger on the list."""
    from ipaddress import ip_address, ip_network

    address = ip_address(peer)
    for one in sorted(entries, key=lambda one: one.number):
        network = ip_network(one.cidr)
        if one.direction != direction or network.version != address.version or address not in network:
            continue
        if one.protocol not in (ANY, protocol):
            continue
        if one.protocol in (6, 17) and one.first is not None and not one.first <= port <= one.last:
            continue
        return one.number, one.allows
    return (32767 if address.version == 4 else 32768), False


@given(
    st.lists(ENTRIES, max_size=8, unique_by=lambda one: (one.number, one.direction)),
    st.sampled_from([IN, OUT]), PEERS, st.sampled_from([6, 17, 47]), BOUNDS,
)  # fmt: skip
def test_as_a_finger_on_the_list_would_find(entries, direction, peer, protocol, bounds):
    rules = AclRules(NetworkAcl(acl_id="acl-1", entries=tuple(entries)))
    parts = rules.parts(direction, Packets(peer, protocol, bounds))
    said = {port: (part.by.number, part.admits) for part in parts for port in range(part.span[0], part.span[1] + 1)}
    expected = {port: naive(entries, direction, peer, protocol, port) for port in range(bounds[0], bounds[1] + 1)}
    assert said == expected
    assert sum(part.span[1] - part.span[0] + 1 for part in parts) == len(said), "a port is in one part"
    for port, told in expected.items():
        found = rules.deciding(direction, Packets(peer, protocol, (port, port)))
        assert (found.number, found.allows) == told


def test_all_ports_are_told_where_none_is_asked():
    parts = acl(*WEB).parts(IN, Packets("10.0.0.1", 6, ALL))
    assert [part.span for part in parts] == [(0, 442), (443, 443), (444, 65535)]
