"""The ends of a record: addresses told apart, directions derived, and no field that must be there but the addresses."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FEW = settings(max_examples=max(settings().max_examples // 16, 1), suppress_health_check=list(HealthCheck))
TIMES = "1773129600 1773129650"
V2 = "2 123456789010"

# By field: values of four records, two of one conversation seen at both ends, one through a gateway, one of other kind.
FIELDS = {
    "version": ("5", "5", "5", "5"),
    "account-id": ("111122223333", "111122223333", "-", "unknown"),
    "interface-id": ("eni-a", "eni-b", "-", "eni-a"),
    "srcaddr": ("10.0.0.1", "10.0.0.2", "10.0.9.9", "2001:db8::1"),
    "dstaddr": ("10.0.0.2", "10.0.0.1", "10.0.0.1", "2001:db8::2"),
    "srcport": ("40000", "443", "443", "-"),
    "dstport": ("443", "40000", "40001", "-"),
    "protocol": ("6", "6", "6", "58"),
    "packets": ("3", "4", "5", "-"),
    "bytes": ("300", "400", "500", "-"),
    "start": ("1773129600", "1773129601", "1773129602", "1773129603"),
    "end": ("1773129650", "1773129651", "1773129652", "-"),
    "action": ("ACCEPT", "REJECT", "ACCEPT", "-"),
    "log-status": ("OK", "OK", "OK", "OK"),
    "vpc-id": ("vpc-a", "vpc-b", "-", "vpc-a"),
    "subnet-id": ("subnet-a", "subnet-b", "-", "-"),
    "instance-id": ("i-a", "i-b", "-", "i-c"),
    "tcp-flags": ("3", "19", "0", "-"),
    "pkt-srcaddr": ("10.0.0.1", "10.0.0.2", "203.0.113.7", "-"),
    "pkt-dstaddr": ("10.0.0.2", "10.0.0.1", "10.0.0.1", "-"),
    "az-id": ("use1-az1", "use1-az2", "-", "-"),
    "flow-direction": ("egress", "egress", "ingress", "-"),
    "resource-id": ("-", "-", "nat-a", "-"),
    "tgw-attachment-id": ("-", "-", "tgw-attach-a", "-"),
}


def log(fields, records=range(4)):
    lines = [" ".join(fields)]
    return "\n".join(lines + [" ".join(FIELDS[field][record] for field in fields) for record in records])


def holds(flows, resolved):
    """Every record is in the facts, once; a count is one or none; conversations count at one point each way."""
    frame = resolved(flows, flows.facts)
    assert len(frame) == flows.count()
    assert not frame[["client", "server", "srcaddr", "dstaddr", "observer"]].isna().any(axis=None)
    assert not frame[["to_server", "opened_by", "event", "opens", "counts"]].isna().any(axis=None)
    return frame


@pytest.mark.slow
@FEW
@given(fields=st.permutations(list(FIELDS)).flatmap(lambda order: st.integers(0, 22).map(lambda n: order[n:])))
def test_any_fields_with_addresses_do(load_lines, resolved, fields):
    fields = [*{"srcaddr": 0, "dstaddr": 0} | dict.fromkeys(fields, 0)]
    holds(load_lines(log(fields)), resolved)


# Each of these alone; fields that only name a place, which are read alike, together.
MISSING = ["vpc-id", "subnet-id account-id az-id version", "instance-id", "interface-id", "pkt-srcaddr", "pkt-dstaddr"]
MISSING += ["srcport", "dstport", "protocol", "packets", "bytes", "start", "end", "action", "log-status", "tcp-flags"]
MISSING += ["flow-direction", "resource-id tgw-attachment-id"]


@pytest.mark.parametrize("missing", MISSING)
def test_each_other_field_may_be_missing(load_lines, resolved, missing):
    frame = holds(load_lines(log([name for name in FIELDS if name not in missing.split()])), resolved)
    assert frame.counts.any()


def test_addresses_alone_do(load_lines, resolved):
    frame = holds(load_lines(log(["srcaddr", "dstaddr"])), resolved)
    assert frame.counts.all()


DIRECTED = "version vpc-id interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr flow-direction log-status start end"


@pytest.mark.parametrize("status", ["", "NODATA", "SKIPDATA"])
@pytest.mark.parametrize(
    "fields", [list(FIELDS), DIRECTED.split(), ["srcaddr", "dstaddr", "log-status", "interface-id"]]
)
def test_a_log_without_records_has_no_facts(load_lines, fields, status):
    values = {"log-status": status, "interface-id": "eni-a", "start": "1773129600", "end": "1773129659"}
    line = " ".join(values.get(name, "-") for name in fields)
    flows = load_lines("\n".join([" ".join(fields), *([line] if status else [])]))
    assert flows.facts.to_pandas().empty
    assert flows.counted.to_pandas().empty


def test_the_same_private_address_in_two_vpcs_is_two_ends(load_lines, resolved):
    flows = load_lines(f"""
        version vpc-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end flow-direction
        5 vpc-a eni-a 10.0.0.1 203.0.113.9 40000 443 6 1 100 {TIMES} egress
        5 vpc-b eni-b 10.0.0.1 203.0.113.9 40000 443 6 1 70 {TIMES} egress
        5 vpc-a eni-a 203.0.113.9 10.0.0.1 443 40000 6 1 5 {TIMES} ingress
        5 vpc-b eni-c 10.0.0.7 10.0.0.1 40000 22 6 1 9 {TIMES} egress
        5 vpc-a eni-d 10.0.0.8 10.0.0.1 40000 22 6 1 11 {TIMES} egress
    """)
    frame = resolved(flows, flows.counted)
    found = sorted(
        zip(frame.client, frame.client_vpc, frame.server, frame.server_vpc, frame.bytes, strict=True), key=str
    )
    frame = frame.fillna("-")
    found = sorted(zip(frame.client, frame.client_vpc, frame.server, frame.server_vpc, frame.bytes, strict=True))
    assert found == [
        ("10.0.0.1", "vpc-a", "203.0.113.9", "-", 5),
        ("10.0.0.1", "vpc-a", "203.0.113.9", "-", 100),
        ("10.0.0.1", "vpc-b", "203.0.113.9", "-", 70),
        ("10.0.0.7", "-", "10.0.0.1", "vpc-b", 9),
        ("10.0.0.8", "-", "10.0.0.1", "vpc-a", 11),
    ]


def test_public_addresses_are_the_same_everywhere(load_lines, resolved):
    flows = load_lines(f"""
        version vpc-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end flow-direction
        5 vpc-a eni-a 10.0.0.1 203.0.113.9 40000 443 6 1 100 {TIMES} egress
        5 vpc-b eni-b 10.0.0.2 203.0.113.9 40000 443 6 1 70 {TIMES} egress
    """)
    assert resolved(flows, flows.facts).server_vpc.isna().all()
    assert flows.ends.addresses.count().to_pandas() == 3


def test_an_ipv4_address_within_ipv6_is_another_one(load_lines, resolved):
    flows = load_lines(f"""
        {V2} eni-a 10.0.0.1 203.0.113.9 40000 443 6 1 100 {TIMES} ACCEPT OK
        {V2} eni-a 10.0.0.1 ::ffff:203.0.113.9 40000 443 6 1 70 {TIMES} ACCEPT OK
    """)
    found = resolved(flows, flows.counted).groupby("server").bytes.sum()
    assert len(found) == 2
    assert found["203.0.113.9"] == 100


# A default log: interface and its peers, then the direction of each record; null is "cannot be told".
DIRECTIONS = {
    "most of its records": (
        [("eni-a", "10.0.0.1", "203.0.113.1"), ("eni-a", "203.0.113.2", "10.0.0.1")], ["egress", "ingress"],
    ),
    "one peer, outside": (
        [("eni-a", "10.0.0.1", "203.0.113.1"), ("eni-a", "203.0.113.1", "10.0.0.1")], ["egress", "ingress"],
    ),
    "one peer, inside": ([("eni-a", "10.0.0.1", "10.0.0.2"), ("eni-a", "10.0.0.2", "10.0.0.1")], [None, None]),
    "one peer, whose interface is sure": (
        [("eni-a", "10.0.0.1", "10.0.0.2"), ("eni-b", "10.0.0.1", "10.0.0.2"), ("eni-b", "10.0.0.2", "203.0.113.1")],
        ["egress", "ingress", "egress"],
    ),
    "both outside": ([("eni-a", "203.0.113.1", "203.0.113.2")], [None]),
    "IPv6, one peer": (
        [("eni-a", "fd00::1", "2001:db8::1"), ("eni-a", "2001:db8::1", "fd00::1")], ["egress", "ingress"],
    ),
    "an address of each family": (
        [("eni-a", "10.0.0.1", "203.0.113.1"), ("eni-a", "2001:db8::1", "fd00::1")], ["egress", "ingress"],
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def directions(load_lines, resolved):
    """Load all cases as one log: the n-th has addresses of its own, and its number as packets."""
    lines = []
    for number, (records, _) in enumerate(DIRECTIONS.values()):
        for index, ends in enumerate(records):
            own = " ".join(ends).replace("eni-", f"eni-{number}-")
            own = own.replace(" 10.0.", f" 10.{number}.").replace("203.0.113.", f"203.0.{number}.")
            own = own.replace("fd00::", f"fd00:{number + 1}::").replace("2001:db8::", f"2001:db8:{number + 1}::")
            lines.append(f"{V2} {own} 40000 443 6 {100 * number + index} 100 {TIMES} ACCEPT OK")
    flows = load_lines("\n".join(lines))
    return resolved(flows, flows.facts).set_index("packets").direction.sort_index()


@pytest.mark.parametrize(("number", "case"), list(enumerate(DIRECTIONS)), ids=DIRECTIONS)
def test_the_direction_of_a_default_log(directions, number, case):
    found = directions[directions.index // 100 == number]
    assert [{0: "egress", 1: "ingress"}.get(way) for way in found] == DIRECTIONS[case][1]


def test_an_interface_without_direction_in_some_records(load_lines, resolved):
    flows = load_lines(f"""
        version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end flow-direction
        5 eni-a 10.0.0.1 203.0.113.1 40000 443 6 0 100 {TIMES} egress
        5 eni-a 203.0.113.1 10.0.0.1 443 40000 6 1 100 {TIMES} -
        5 eni-a 10.0.0.1 203.0.113.2 40000 443 6 2 100 {TIMES} -
    """)
    assert resolved(flows, flows.facts).sort_values("packets").direction.tolist() == [0, 1, 0]


LEGS = "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end"
LEGS += " pkt-srcaddr pkt-dstaddr flow-direction"


def test_a_regional_nat_gateway_has_no_interface(load_lines, totals):
    flows = load_lines(f"""
        {LEGS.replace("interface-id", "interface-id resource-id")}
        5 eni-a - 10.0.0.1 203.0.113.9 40000 443 6 1 100 {TIMES} 10.0.0.1 203.0.113.9 egress
        5 - nat-a 10.0.0.1 203.0.113.9 40000 443 6 1 100 {TIMES} 10.0.0.1 203.0.113.9 ingress
        5 - nat-a 192.0.2.5 203.0.113.9 50000 443 6 1 100 {TIMES} 192.0.2.5 203.0.113.9 egress
        5 - nat-a 203.0.113.9 192.0.2.5 443 50000 6 1 30 {TIMES} 203.0.113.9 192.0.2.5 ingress
        5 - nat-a 203.0.113.9 10.0.0.1 443 40000 6 1 30 {TIMES} 203.0.113.9 10.0.0.1 egress
        5 eni-a - 203.0.113.9 10.0.0.1 443 40000 6 1 30 {TIMES} 203.0.113.9 10.0.0.1 ingress
    """)
    ends = ("10.0.0.1", 40000, "203.0.113.9", 443, 6)
    assert totals(flows, flows.counted) == {(*ends, True): 100, (*ends, False): 30}


def test_a_nat_gateway_towards_private_addresses(load_lines, totals):
    flows = load_lines(f"""
        {LEGS}
        5 eni-a 10.0.0.1 172.16.0.9 40000 443 6 1 100 {TIMES} 10.0.0.1 172.16.0.9 egress
        5 eni-n 10.0.0.1 10.0.1.5 40000 443 6 1 100 {TIMES} 10.0.0.1 172.16.0.9 ingress
        5 eni-n 10.0.1.5 172.16.0.9 50000 443 6 1 100 {TIMES} 10.0.1.5 172.16.0.9 egress
        5 eni-n 172.16.0.9 10.0.1.5 443 50000 6 1 30 {TIMES} 172.16.0.9 10.0.1.5 ingress
        5 eni-n 10.0.1.5 10.0.0.1 443 40000 6 1 30 {TIMES} 172.16.0.9 10.0.0.1 egress
        5 eni-a 172.16.0.9 10.0.0.1 443 40000 6 1 30 {TIMES} 172.16.0.9 10.0.0.1 ingress
    """)
    ends = ("10.0.0.1", 40000, "172.16.0.9", 443, 6)
    assert totals(flows, flows.counted) == {(*ends, True): 100, (*ends, False): 30}


PACKETS = "pkt-srcaddr pkt-dstaddr"
# Fields after interface-id, records, and what counts to the server and back, by client and client port.
COUNTED = {
    "pods of a node and its kubelet, to one far host": (
        f"{PACKETS} flow-direction",
        f"""
        eni-n 10.0.0.10 203.0.113.9 40000 443 6 1 100 {TIMES} 10.0.0.101 203.0.113.9 egress
        eni-n 203.0.113.9 10.0.0.10 443 40000 6 1 900 {TIMES} 203.0.113.9 10.0.0.101 ingress
        eni-n 10.0.0.10 203.0.113.9 40001 443 6 1 70 {TIMES} 10.0.0.102 203.0.113.9 egress
        eni-n 203.0.113.9 10.0.0.10 443 40001 6 1 700 {TIMES} 203.0.113.9 10.0.0.102 ingress
        eni-n 10.0.0.10 203.0.113.9 41000 443 6 1 50 {TIMES} 10.0.0.10 203.0.113.9 egress
        eni-n 203.0.113.9 10.0.0.10 443 41000 6 1 20 {TIMES} 203.0.113.9 10.0.0.10 ingress
        """,
        {("10.0.0.101", 40000): (100, 900), ("10.0.0.102", 40001): (70, 700), ("10.0.0.10", 41000): (50, 20)},
    ),
    "pods of a node and its kubelet, to one private host": (
        f"{PACKETS} flow-direction",
        f"""
        eni-n 10.0.0.10 172.16.0.9 40000 443 6 1 100 {TIMES} 10.0.0.101 172.16.0.9 egress
        eni-n 172.16.0.9 10.0.0.10 443 40000 6 1 900 {TIMES} 172.16.0.9 10.0.0.101 ingress
        eni-n 10.0.0.10 172.16.0.9 41000 443 6 1 50 {TIMES} 10.0.0.10 172.16.0.9 egress
        eni-n 172.16.0.9 10.0.0.10 443 41000 6 1 20 {TIMES} 172.16.0.9 10.0.0.10 ingress
        """,
        {("10.0.0.101", 40000): (100, 900), ("10.0.0.10", 41000): (50, 20)},
    ),
    "a regional NAT gateway alone": (
        f"resource-id {PACKETS} flow-direction",
        f"""
        - 10.0.0.1 203.0.113.9 40000 443 6 1 100 {TIMES} nat-a 10.0.0.1 203.0.113.9 ingress
        - 192.0.2.5 203.0.113.9 50000 443 6 1 100 {TIMES} nat-a 192.0.2.5 203.0.113.9 egress
        - 203.0.113.9 192.0.2.5 443 50000 6 1 30 {TIMES} nat-a 203.0.113.9 192.0.2.5 ingress
        - 203.0.113.9 10.0.0.1 443 40000 6 1 30 {TIMES} nat-a 203.0.113.9 10.0.0.1 egress
        """,
        {("10.0.0.1", 40000): (100, 30)},
    ),
    "two hosts that know no other, one with a gap": (
        "log-status",
        """
        eni-a 10.0.0.1 10.0.0.2 40000 443 6 1 100 1773129600 1773129650 OK
        eni-a 10.0.0.2 10.0.0.1 443 40000 6 1 30 1773129600 1773129650 OK
        eni-b 10.0.0.1 10.0.0.2 40000 443 6 1 100 1773129600 1773129650 OK
        eni-b 10.0.0.2 10.0.0.1 443 40000 6 1 30 1773129600 1773129650 OK
        eni-b 10.0.0.1 10.0.0.2 40000 443 6 1 200 1773129660 1773129710 OK
        eni-b 10.0.0.2 10.0.0.1 443 40000 6 1 60 1773129660 1773129710 OK
        """,
        {("10.0.0.1", 40000): (300, 90)},
    ),
    "two transit gateway attachments, both hosts logged": (
        PACKETS,
        f"""
        eni-a 10.1.0.1 10.2.0.1 40000 443 6 1 100 {TIMES} 10.1.0.1 10.2.0.1
        eni-t 10.1.0.1 10.1.8.8 40000 443 6 1 90 {TIMES} 10.1.0.1 10.2.0.1
        eni-u 10.2.8.8 10.2.0.1 40000 443 6 1 90 {TIMES} 10.1.0.1 10.2.0.1
        eni-b 10.1.0.1 10.2.0.1 40000 443 6 1 90 {TIMES} 10.1.0.1 10.2.0.1
        eni-a 10.1.0.1 203.0.113.9 40001 443 6 1 1 {TIMES} 10.1.0.1 203.0.113.9
        eni-b 10.2.0.1 203.0.113.9 40001 443 6 1 1 {TIMES} 10.2.0.1 203.0.113.9
        """,
        {("10.1.0.1", 40000): (100, 0), ("10.1.0.1", 40001): (1, 0), ("10.2.0.1", 40001): (1, 0)},
    ),
    "two transit gateway attachments, no host logged": (
        PACKETS,
        f"""
        eni-t 10.1.0.1 10.1.8.8 40000 443 6 1 90 {TIMES} 10.1.0.1 10.2.0.1
        eni-u 10.2.8.8 10.2.0.1 40000 443 6 1 90 {TIMES} 10.1.0.1 10.2.0.1
        eni-u 10.2.0.1 10.2.8.8 443 40000 6 1 30 {TIMES} 10.2.0.1 10.1.0.1
        eni-t 10.1.8.8 10.1.0.1 443 40000 6 1 30 {TIMES} 10.2.0.1 10.1.0.1
        """,
        {("10.1.0.1", 40000): (90, 30)},
    ),
}


@pytest.mark.parametrize("case", COUNTED)
def test_what_counts(load_lines, totals, case):
    fields, records, expected = COUNTED[case]
    header = f"version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end {fields}"
    lines = [f"5 {line.strip()}" for line in records.strip().splitlines()]
    flows = load_lines("\n".join([header, *lines]))
    found = {}
    for (client, port, *_, to_server), size in totals(flows, flows.counted).items():
        there, back = found.get((client, port), (0, 0))
        found[client, port] = (there + size, back) if to_server else (there, back + size)
    assert found == expected


def test_a_transit_gateway_tells_the_direction_by_what_it_rewrites(load_lines, resolved):
    flows = load_lines(f"""
        version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end pkt-srcaddr pkt-dstaddr
        3 eni-t 10.1.0.1 10.1.8.8 40000 443 6 0 90 {TIMES} 10.1.0.1 10.2.0.1
        3 eni-u 10.2.8.8 10.2.0.1 40000 443 6 1 90 {TIMES} 10.1.0.1 10.2.0.1
        3 eni-u 10.2.0.1 10.2.8.8 443 40000 6 2 30 {TIMES} 10.2.0.1 10.1.0.1
        3 eni-t 10.1.8.8 10.1.0.1 443 40000 6 3 30 {TIMES} 10.2.0.1 10.1.0.1
    """)
    assert resolved(flows, flows.facts).sort_values("packets").direction.tolist() == [1, 0, 1, 0]


def test_hosts_of_one_address_in_two_vpcs_that_talk_to_each_other_to_the_same_port(load_lines, resolved):
    flows = load_lines(f"""
        version vpc-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end flow-direction
        5 vpc-a eni-a 10.0.0.1 10.0.0.9 40000 443 6 1 100 {TIMES} egress
        5 vpc-a eni-x 10.0.0.1 10.0.0.9 40000 443 6 1 100 {TIMES} ingress
        5 vpc-b eni-b 10.0.0.1 10.0.0.9 40000 443 6 1 70 {TIMES} egress
        5 vpc-b eni-y 10.0.0.1 10.0.0.9 40000 443 6 1 70 {TIMES} ingress
    """)
    frame = resolved(flows, flows.counted)
    found = sorted(zip(frame.client_vpc, frame.server_vpc, frame.observer, frame.bytes, strict=True))
    assert found == [("vpc-a", "vpc-a", "eni-a", 100), ("vpc-b", "vpc-b", "eni-b", 70)]
