"""Who lies in which segment: by block, subnet, group and tag; and what cannot be told, or is told twice."""

import json

import pytest

import flowkit as fk
from flowkit.errors import PolicyError
from flowkit.policy import read
from flowkit.policy.placing import placed

LOG = """version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action \
log-status subnet-id
5 1 eni-1 10.0.1.1 10.0.2.1 50001 22 6 1 100 1772000000 1772000009 ACCEPT OK subnet-1
5 1 eni-2 10.0.1.1 10.0.2.1 50001 22 6 1 100 1772000000 1772000009 ACCEPT OK subnet-2
5 1 eni-1 198.51.100.7 10.0.1.1 50002 22 6 1 100 1772000000 1772000009 ACCEPT OK subnet-1
5 1 eni-1 10.9.9.9 10.0.1.1 50003 22 6 1 100 1772000000 1772000009 ACCEPT OK subnet-1
"""
INTERFACES = [
    {"NetworkInterfaceId": "eni-1", "PrivateIpAddress": "10.0.1.1", "SubnetId": "subnet-1", "VpcId": "vpc-1",
     "Groups": [{"GroupId": "sg-1", "GroupName": "web"}, {"GroupId": "sg-9", "GroupName": "all"}],
     "TagSet": [{"Key": "Role", "Value": "web"}, {"Key": "Env", "Value": "prod"}]},
    {"NetworkInterfaceId": "eni-2", "PrivateIpAddress": "10.0.2.1", "SubnetId": "subnet-2", "VpcId": "vpc-1",
     "Groups": [{"GroupId": "sg-9", "GroupName": "all"}], "TagSet": [{"Key": "Role", "Value": "db"}]},
    {"NetworkInterfaceId": "eni-3", "PrivateIpAddress": "10.0.3.1", "SubnetId": "subnet-3", "VpcId": "vpc-1",
     "Groups": [], "TagSet": []},
]  # fmt: skip
GROUPS = [{"GroupId": "sg-1", "GroupName": "web", "VpcId": "vpc-1"}, {"GroupId": "sg-9", "GroupName": "all"}]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("placing")
    (folder / "flows.log").write_text(LOG)
    (folder / "snapshot").mkdir()
    for name, key, rows in (
        ("network-interfaces", "NetworkInterfaces", INTERFACES),
        ("security-groups", "SecurityGroups", GROUPS),
    ):
        (folder / "snapshot" / f"describe-{name}.json").write_text(json.dumps({key: rows}))
    plain = fk.load(folder / "flows.log")
    return {False: plain, True: fk.load(folder / "flows.log", inventory=folder / "snapshot")}


def where(flows, segments):
    policy = read(f"version: 1\nname: x\nsegments:\n{segments}\n")
    found = placed(flows, policy)
    names = [*policy.places, "nowhere"]
    addresses = flows.identities.table.address
    return {addresses[number]: names[place] for number, place in found.segments.items()}, found.empty


REST = {"198.51.100.7": "internet", "10.9.9.9": "elsewhere"}
PLACES = [
    ("  a: {cidr: [10.0.1.0/24]}", False, {"10.0.1.1": "a", "10.0.2.1": "elsewhere"}),
    ("  a: {cidr: [10.0.1.1, 10.0.2.0/24]}", False, {"10.0.1.1": "a", "10.0.2.1": "a"}),
    ("  a: {subnet: [subnet-1]}\n  b: {subnet: [subnet-2]}", False, {"10.0.1.1": "a", "10.0.2.1": "b"}),
    ("  a: {subnet: [subnet-1], cidr: [10.0.1.0/24]}", False, {"10.0.1.1": "a", "10.0.2.1": "elsewhere"}),
    ("  a: {group: [sg-1]}", True, {"10.0.1.1": "a", "10.0.2.1": "elsewhere"}),
    ("  a: {group: [web]}\n  b: {cidr: [10.0.2.0/24]}", True, {"10.0.1.1": "a", "10.0.2.1": "b"}),
    ("  a: {group: [all]}", True, {"10.0.1.1": "a", "10.0.2.1": "a"}),
    ("  a: {tag: {Role: web}}\n  b: {tag: {Role: db}}", True, {"10.0.1.1": "a", "10.0.2.1": "b"}),
    ("  a: {tag: {Role: [web, db]}}", True, {"10.0.1.1": "a", "10.0.2.1": "a"}),
    ("  a: {tag: {Role: [web, db], Env: prod}}", True, {"10.0.1.1": "a", "10.0.2.1": "elsewhere"}),
]


@pytest.mark.parametrize(("segments", "inventory", "expected"), PLACES)
def test_who_lies_where(loaded, segments, inventory, expected):
    assert where(loaded[inventory], segments) == ({**REST, **expected}, ())


def test_a_public_address_may_be_ours(loaded):
    assert where(loaded[False], "  a: {cidr: [198.51.100.0/24]}")[0]["198.51.100.7"] == "a"


@pytest.mark.parametrize(
    ("segment", "inventory", "empty"),
    [("subnet: [subnet-3]", True, False), ("subnet: [subnet-4]", True, True), ("cidr: [10.0.3.0/24]", False, True),
     ("cidr: [10.0.3.0/24]", True, False), ("tag: {Role: cache}", True, True)],
)  # fmt: skip
def test_an_empty_segment_is_one_of_which_nothing_tells(loaded, segment, inventory, empty):
    assert where(loaded[inventory], f"  a: {{{segment}}}")[1] == (("a",) if empty else ())


REFUSED = [
    ("  a: {group: [sg-1]}", False, r"line 4: the segment 'a' cannot be told: security groups are known .*inventory="),
    ("  a: {tag: {Role: web}}", False, r"line 4: the segment 'a' cannot be told: tags are known from an inventory"),
    (
        "  a: {cidr: [10.0.1.0/24]}\n  b: {subnet: [subnet-1]}", False,
        r"line 5: 10.0.1.1 lies in 'a' \(line 4\) and 'b' \(line 5\), and may lie in one only",
    ),
    (
        "  a: {tag: {Env: prod}}\n  b: {group: [all]}", True,
        r"line 5: 10.0.1.1 lies in 'a' \(line 4\) and 'b' \(line 5\)",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("segments", "inventory", "told"), REFUSED)
def test_what_cannot_be_told_is_refused(loaded, segments, inventory, told):
    with pytest.raises(PolicyError, match=told):
        where(loaded[inventory], segments)


def test_without_subnets_in_the_log_there_is_nothing_to_tell_them_by(load_lines):
    flows = load_lines("srcaddr dstaddr bytes\n10.0.0.1 10.0.0.2 40\n")
    with pytest.raises(PolicyError, match="does not record subnet-id, and there is no inventory"):
        where(flows, "  a: {subnet: [subnet-1]}")
