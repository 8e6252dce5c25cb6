"""scope_of, link_scope: from what a picture calls a group to the scope that narrows flows to it."""

import json

import pytest

import flowkit
from flowkit.analysis import talker_edges
from flowkit.errors import MissingFieldError, ScopeError
from flowkit.groups import link_scope, scope_of
from flowkit.scope import Scope

NAMES = "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
MORE = "flow-direction vpc-id subnet-id instance-id"
A, B, C, FAR, NEAR_FAR = "10.0.0.1", "10.0.0.2", "10.0.1.3", "203.0.113.9", "203.0.113.10"
SUBNET_A, SUBNET_C = "subnet-a", "subnet-c"


def written(*lines, names=f"{NAMES} {MORE}"):
    """Return a log from (interface, source, destination, port, VPC, subnet, instance), all of it sent."""
    rows = [names]
    for interface, source, destination, port, *places in lines:
        flow = f"5 {interface} {source} {destination} 40001 {port} 6 1 100 1773129600 1773129650 ACCEPT OK egress"
        rows.append(" ".join([flow, *places]))
    return "\n".join(rows)


LINES = [
    ("eni-a", A, FAR, 443, "vpc-a", SUBNET_A, "i-a"),
    ("eni-a", A, B, 5432, "vpc-a", SUBNET_A, "i-a"),
    ("eni-b", B, C, 22, "vpc-a", SUBNET_A, "i-b"),
    ("eni-c", C, NEAR_FAR, 443, "vpc-a", SUBNET_C, "i-c"),
]


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(written(*LINES))


@pytest.fixture(scope="module")
def described(load_lines, tmp_path_factory):
    """Return the same flows with an inventory that knows one of the subnets, and a public address in it."""
    folder = tmp_path_factory.mktemp("inventory")
    association = [{"CidrBlockState": {"State": "associated"}, "Ipv6CidrBlock": "2001:db8:1::/64"}]
    subnet = {"SubnetId": SUBNET_A, "VpcId": "vpc-a", "CidrBlock": "10.0.0.0/24"}
    eni = {"NetworkInterfaceId": "eni-x", "VpcId": "vpc-a", "SubnetId": SUBNET_A, "PrivateIpAddress": "10.0.0.77"}
    answers = {
        "Vpcs": [{"VpcId": "vpc-a", "CidrBlock": "10.0.0.0/16"}],
        "Subnets": [subnet | {"Ipv6CidrBlockAssociationSet": association}],
        "NetworkInterfaces": [eni | {"Association": {"PublicIp": NEAR_FAR}}],
    }
    (folder / "answers.json").write_text(json.dumps(answers))
    return load_lines(written(*LINES), inventory=folder)


@pytest.mark.parametrize(
    ("by", "label", "expected"),
    [
        ("address", A, Scope(address=A)),
        ("address", "2001:db8::1", Scope(address="2001:db8::1")),
        ("port", "443", Scope(port=443)),
        ("block/24", "203.0.113.0/24", Scope(address="203.0.113.0/24")),
        ("block/24", A, Scope(address=A)),
        ("block/16", "2001:db8::/32", Scope(address="2001:db8::/32")),
        ("subnet", SUBNET_A, Scope(address=[A, B])),
        ("instance", "i-c", Scope(address=C)),
        ("vpc", "vpc-a", Scope(address=[A, B, C])),
        ("place", "outside", Scope(address=[NEAR_FAR, FAR])),
        ("country", "inside", Scope(address=[A, B, C])),
    ],
)
def test_scopes(flows, by, label, expected):
    assert scope_of(flows, by, label) == expected


def test_a_subnet_is_its_blocks_where_the_inventory_tells_them(described):
    assert scope_of(described, "subnet", SUBNET_A).address[:1] == ("10.0.0.0/24",)
    assert NEAR_FAR in scope_of(described, "subnet", SUBNET_A).address  # its interface's, outside the blocks
    assert scope_of(described, "subnet", SUBNET_C) == Scope(address=C)


@pytest.mark.parametrize("by", ["address", "subnet", "place", "block/24", "instance", ("address", "port")])
def test_each_group_and_each_link_of_edges_narrows_to_what_it_counts(flows, by):
    edges = talker_edges(flows, by=by)
    groups = edges.attrs["groups"]
    for row in edges.itertuples(index=False):
        narrowed = flows.within(link_scope(flows, groups, row.client, row.server))
        assert narrowed.count() == row.records, row
    for label in {*edges.client, *edges.server} if groups[0] == groups[1] else ():
        touching = edges[(edges.client == label) | (edges.server == label)]
        assert flows.within(scope_of(flows, groups[0], label)).count() == touching.records.sum(), label


def test_both_ends_of_a_link_must_hold(flows):
    assert link_scope(flows, ("address", "address"), A, B) == Scope(address=A) & Scope(address=B)
    assert link_scope(flows, ("address", "port"), A, "443") == Scope(address=A, port=443)
    assert link_scope(flows, ("subnet", "subnet"), SUBNET_A, SUBNET_A) == Scope(srcaddr=[A, B], dstaddr=[A, B])


TWO_VPCS = [
    ("eni-1", A, FAR, 443, "vpc-a", SUBNET_A, "i-a"), ("eni-2", A, FAR, 443, "vpc-b", "subnet-b", "i-b"),
    ("eni-2", A, FAR, 22, "vpc-b", "subnet-b", "i-b"), ("eni-c", C, A, 443, "vpc-c", SUBNET_C, "i-c"),
]  # fmt: skip


def test_of_namesakes_the_label_tells_the_vpc(load_lines):
    flows = load_lines(written(*TWO_VPCS))
    assert scope_of(flows, "address", f"{A} in vpc-b") == Scope(address=A, vpc_id="vpc-b")
    assert scope_of(flows, "instance", "i-a") == Scope(address=A, vpc_id="vpc-a")
    counts = [flows.within(scope_of(flows, "address", f"{A} in {vpc}")).count() for vpc in ("vpc-a", "vpc-b")]
    assert counts == [1, 2]
    label = next(label for label in talker_edges(flows).server if label.startswith(A))
    with pytest.raises(ScopeError, match="no scope tells them apart"):
        scope_of(flows, "address", label)


@pytest.mark.parametrize(
    ("by", "label", "told"),
    [
        ("address", "other", "Name more of them (a higher top)"),
        ("port", "-", "records without port"),
        ("port", "https", "port is a number"),
        ("address", "web", "called 'web' by address"),
        ("instance", "i-z", "called 'i-z' by instance"),
        ("instance", "'; DROP TABLE flows; --", "no address of this log"),
        ("block/24", "10.0.0.1/24", "Did you mean 10.0.0.0/24"),
        ("colour", "red", "no grouping is called 'colour'"),
    ],
)
def test_what_no_scope_can_ask_for_is_refused(flows, by, label, told):
    with pytest.raises(ScopeError) as caught:
        scope_of(flows, by, label)
    assert told in str(caught.value)


def test_too_many_addresses_are_refused_with_what_to_do(flows):
    assert len(scope_of(flows, "place", "inside", most=3).address) == 3
    with pytest.raises(ScopeError, match=r"inside has 3 addresses, .* Group by something finer"):
        scope_of(flows, "place", "inside", most=2)


def test_a_log_without_addresses_is_told(load_lines):
    lines = "version interface-id dstport start end action log-status\n5 eni-a 443 1773129600 1773129650 ACCEPT OK"
    flows = load_lines(lines)
    assert scope_of(flows, "port", "443") == Scope(port=443)
    with pytest.raises(MissingFieldError, match="srcaddr"):
        scope_of(flows, "place", "inside")


def test_the_groups_of_the_sample_can_be_asked_for():
    flows = flowkit.load("sample", inventory="sample")
    edges = talker_edges(flows, by="name")
    scope = link_scope(flows, edges.attrs["groups"], "app-a-1", "db-a-1")
    assert flows.within(scope).count() > 0
