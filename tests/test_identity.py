"""Who an address is: who held it when, where it lies, and what it is called in every grouping."""

import json
from pathlib import Path

import ibis
import pandas as pd
import pytest

import flowkit as fk
from flowkit.analysis import conversations, talker_edges, top_talkers
from flowkit.api import enriched
from flowkit.errors import AddressError, InventoryError, ScopeError
from flowkit.identity import PLAIN_GROUPS

SAMPLE = Path(fk.__file__).parent / "sample" / "snapshot"
BASE = 1773129600
NAMES = "interface-id srcaddr dstaddr srcport dstport bytes start flow-direction vpc-id subnet-id az-id instance-id"
REST = "end action protocol log-status"
A, B, FAR = "10.0.0.1", "10.0.0.2", "203.0.113.9"
HOSTILE = ["<script>alert(1)</script>", "=1+1", "a\x00b\x1b[31m", "\u202egnp.exe", "'; DROP TABLE flows; --", "other"]


@pytest.fixture(scope="module")
def load(load_lines):
    """Return a function that loads short lines, ``-`` where they end early; 50 s each, accepted TCP."""

    def load(*lines, names=NAMES, **options):
        rows = [f"version {names} {REST}"]
        for line in lines:
            full = dict(zip(NAMES.split(), [*line.split(), *"-" * 12], strict=False))
            full["start"] = str(BASE + int(full["start"]))
            end = str(int(full["start"]) + 50)
            rows.append(" ".join(["5", *(full[name] for name in names.split()), end, "ACCEPT 6 OK"]))
        return load_lines("\n".join(rows), **options)

    return load


@pytest.fixture
def inventory(tmp_path):
    """Return a function that writes a folder of answers and returns it."""

    def write(**answers):
        (tmp_path / "answers.json").write_text(json.dumps(answers))
        return tmp_path

    return write


def eni(name, address, **more):
    return {
        "NetworkInterfaceId": f"eni-{name}", "PrivateIpAddress": address, "VpcId": "vpc-a", "SubnetId": "subnet-a",
        **more,
    }  # fmt: skip


def tags(**values):
    return [{"Key": key, "Value": value} for key, value in values.items()]


def texts(flows, by):
    """Return the label of each address in a grouping."""
    labels = flows.identities.labels(by).to_pandas().set_index("id").label
    addresses = flows.ends.addresses.to_pandas().set_index("id")
    named = addresses.address + addresses.vpc_id.map(lambda vpc: "" if pd.isna(vpc) else f" {vpc}")
    return {named[n]: None if pd.isna(label) else label for n, label in labels.items()}


def about(flows, *columns):
    """Return what is known of each address."""
    table = flows.identities.table.set_index("address")[list(columns)].astype("object")
    rows = table.where(table.notna(), None).itertuples(name=None)
    return {address: values[0] if len(values) == 1 else tuple(values) for address, *values in rows}


def held(flows):
    holders = flows.identities.holders
    addresses = flows.ends.addresses.to_pandas().set_index("id").address
    times = ((holders[name] - BASE).tolist() for name in ("first", "last"))
    return list(zip(holders.id.map(addresses), holders.observer, *times, holders.records, strict=True))


TALK = [
    f"eni-a {A} {B} 40001 443 500 0 egress vpc-a subnet-a az1 i-a",
    f"eni-a {B} {A} 443 40001 900 5 ingress vpc-a subnet-a az1 i-a",
    f"eni-b {A} {B} 40001 443 500 60 ingress vpc-a subnet-b az2 i-b",
    f"eni-a {A} {FAR} 40002 443 700 120 egress vpc-a subnet-a az1 i-a",
]
WITHOUT_WAY = NAMES.replace("flow-direction ", "")


def test_holders_by_the_log(load):
    flows = load(*TALK)
    assert held(flows) == [(A, "eni-a", 0, 170, 3), (B, "eni-b", 60, 110, 1)]
    assert flows.identities.holders.columns.tolist() == [
        "id", "observer", "first", "last", "records", "vpc_id", "subnet_id", "az_id", "instance_id",
    ]  # fmt: skip
    assert flows.identities.holders.subnet_id.tolist() == ["subnet-a", "subnet-b"]


def test_holders_where_the_direction_is_derived(load):
    more = [f"eni-b 10.0.0.3 {B} 40003 22 60 180 ingress vpc-a subnet-b az2 i-b"]
    assert held(load(*TALK, *more, names=WITHOUT_WAY)) == [(A, "eni-a", 0, 170, 3), (B, "eni-b", 60, 230, 2)]


def test_who_cannot_be_told_from_its_only_peer_holds_nothing(load):
    flows = load(f"eni-a {A} {B} 40001 443 500 0", names=WITHOUT_WAY)
    assert held(flows) == []
    assert about(flows, "interface_id", "place") == {A: (None, "unknown"), B: (None, "unknown")}


def test_the_gateway_between_holds_no_address_of_others(load_lines):
    names = f"{NAMES} pkt-srcaddr pkt-dstaddr {REST}"
    rest = f"- - - - {{}} {{}} {BASE + 9} ACCEPT 6 OK"
    flows = load_lines(
        f"version {names}\n"
        f"5 eni-n {A} 10.0.0.220 40001 443 500 {BASE} ingress {rest.format(A, FAR)}\n"
        f"5 eni-n 10.0.0.220 {FAR} 50001 443 500 {BASE} egress {rest.format('10.0.0.220', FAR)}\n"
        f"5 eni-n {FAR} 10.0.0.220 443 50001 500 {BASE} ingress {rest.format(FAR, '10.0.0.220')}\n"
        f"5 eni-n 10.0.0.220 {A} 443 40001 500 {BASE} egress {rest.format(FAR, A)}\n"
    )
    assert about(flows, "interface_id") == {A: None, "10.0.0.220": "eni-n", FAR: None}


MOVED = [
    f"eni-a {A} {FAR} 40001 443 500 0 egress vpc-a subnet-a az1 i-a",
    f"eni-b {A} {FAR} 40001 443 500 600 egress vpc-a subnet-b az1 i-b",
]


def test_an_address_that_moved_is_flagged_and_has_both_names(load):
    flows = load(*MOVED)
    assert held(flows) == [(A, "eni-a", 0, 50, 1), (A, "eni-b", 600, 650, 1)]
    assert about(flows, "reused") == {A: True, FAR: False}
    assert texts(flows, "interface") == {A: "eni-a / eni-b", FAR: "outside"}
    assert texts(flows, "subnet")[A] == "subnet-a / subnet-b"
    assert texts(flows, "az")[A] == "az1"
    assert texts(flows, "place")[A] == "inside"
    edges = talker_edges(flows, by="interface")
    assert edges[["client", "server", "bytes"]].to_numpy().tolist() == [["eni-a / eni-b", "outside", 1000]]


def test_an_interface_whose_instance_changed_did_not_move(load):
    flows = load(MOVED[0], MOVED[1].replace("eni-b", "eni-a").replace("subnet-b", "subnet-a"))
    assert about(flows, "reused")[A] is False
    assert texts(flows, "interface")[A] == "eni-a"
    assert texts(flows, "instance")[A] == "i-a / i-b"


def test_a_holder_named_by_the_inventory_counts_where_the_log_shows_none(load, inventory):
    folder = inventory(
        NetworkInterfaces=[
            eni("x", A, TagSet=tags(Name="stale")), eni("b", B, TagSet=tags(Name="db", Role="data")),
        ],
        SecurityGroups=[],
    )  # fmt: skip
    flows = load(f"eni-a {A} {B} 40001 443 500 0 egress vpc-a subnet-a az1 i-a", inventory=folder)
    assert about(flows, "interface_id", "name") == {A: ("eni-a", None), B: ("eni-b", "db")}
    assert texts(flows, "tag:Role") == {A: "inside", B: "data"}


def test_a_public_address_of_an_interface_is_that_interface(load, inventory):
    folder = inventory(NetworkInterfaces=[eni("b", B, Association={"PublicIp": FAR}, TagSet=tags(Name="web"))])
    flows = load(f"eni-a {A} {FAR} 40001 443 500 0 egress", inventory=folder)
    assert texts(flows, "name") == {A: "inside", FAR: "web"}
    assert texts(flows, "place")[FAR] == "inside"


def test_the_shipped_inventory_names_the_sample():
    flows = fk.load("sample", inventory=SAMPLE)
    assert about(flows, "name", "instance_id", "subnet_id", "groups", "interface_kind")["10.0.2.20"] == (
        "db-a-1", "i-0ce9868a25e27bf8c", "subnet-0d5635235b20f4325", "shop-db", "instance",
    )  # fmt: skip
    assert about(flows, "name", "interface_kind")["10.0.0.5"] == ("shop-nat", "nat_gateway")
    assert texts(flows, "tag:Tier")["10.0.0.30"] == "bastion"
    assert set(about(flows, "place").values()) == {"inside", "outside"}
    before, after = about(fk.load("sample"), "interface_id", "vpc_id"), about(flows, "interface_id", "vpc_id")
    assert before == after


TWINS = [
    f"eni-a {A} {FAR} 40001 443 100 0 egress vpc-a subnet-a az1 i-a",
    f"eni-b {A} {FAR} 40002 443 300 0 egress vpc-b subnet-b az1 i-b",
]


def test_one_address_in_two_vpcs_is_two(load):
    flows = load(*TWINS)
    found = {k: v for k, v in texts(flows, "address").items() if k != A}
    assert found == {f"{A} vpc-a": f"{A} in vpc-a", f"{A} vpc-b": f"{A} in vpc-b", FAR: FAR}
    assert {k: v for k, v in texts(flows, "interface").items() if k.startswith(f"{A} ")} == {
        f"{A} vpc-a": "eni-a",
        f"{A} vpc-b": "eni-b",
    }
    assert talker_edges(flows)[["client", "bytes"]].to_numpy().tolist() == [
        [f"{A} in vpc-b", 300],
        [f"{A} in vpc-a", 100],
    ]
    assert top_talkers(flows).address.tolist() == [FAR, f"{A} in vpc-b", f"{A} in vpc-a"]
    assert top_talkers(flows, count="as_logged").address.tolist() == [A, FAR]
    assert not flows.identities.table.reused.any()


def test_one_address_seen_from_a_third_vpc_is_neither(load):
    flows = load(*TWINS, f"eni-c 10.9.0.9 {A} 40003 443 50 0 egress vpc-c subnet-c az1 i-c")
    assert texts(flows, "address")[A] == f"{A} in an unknown VPC"
    assert texts(flows, "place")[A] == "inside"
    servers = talker_edges(flows).set_index("client").server
    assert servers["10.9.0.9"] == f"{A} in an unknown VPC"


def test_twins_in_the_inventory_are_told_apart_by_their_vpc(load, inventory):
    folder = inventory(
        NetworkInterfaces=[
            eni("a", A, TagSet=tags(Name="one")), eni("b", A, VpcId="vpc-b", TagSet=tags(Name="two")),
        ],
        Vpcs=[{"VpcId": "vpc-a", "CidrBlock": "10.0.0.0/16"}, {"VpcId": "vpc-b", "CidrBlock": "10.0.0.0/16"}],
        Subnets=[{"SubnetId": "subnet-a", "VpcId": "vpc-a", "CidrBlock": "10.0.0.0/24"}],
    )  # fmt: skip
    flows = load(*TWINS, f"eni-a {A} {B} 40003 443 50 0 egress vpc-a subnet-a az1 i-a", inventory=folder)
    names = texts(flows, "name")
    assert (names[f"{A} vpc-a"], names[f"{A} vpc-b"]) == ("one", "two")
    # the VPCs overlap, so nobody knows whose the silent address is
    assert texts(flows, "subnet")[B] == "inside"
    assert texts(flows, "vpc")[B] == "inside"


def test_twins_of_the_inventory_alone_are_both_named(load, inventory):
    folder = inventory(NetworkInterfaces=[eni("a", B), eni("b", B, VpcId="vpc-b", SubnetId="subnet-b")])
    flows = load(f"eni-c {A} {B} 40001 443 500 0 egress", inventory=folder)
    assert texts(flows, "interface")[B] == "eni-a / eni-b"
    assert texts(flows, "vpc")[B] == "vpc-a / vpc-b"
    assert about(flows, "reused")[B] is True


def test_a_silent_address_lies_in_its_subnet_by_cidr(load, inventory):
    folder = inventory(
        Vpcs=[{"VpcId": "vpc-a", "CidrBlock": "10.0.0.0/16"}, {"VpcId": "vpc-b", "CidrBlock": "10.1.0.0/16"}],
        Subnets=[
            {"SubnetId": "subnet-a", "VpcId": "vpc-a", "CidrBlock": "10.0.0.0/24"},
            {"SubnetId": "subnet-b", "VpcId": "vpc-b", "CidrBlock": "10.1.0.0/24"},
        ],
    )
    silent = ["10.0.0.77", "10.1.0.77", "10.0.9.9", FAR]
    flows = load(*(f"eni-a {A} {to} 40001 443 50 0 egress vpc-z subnet-z az1 i-a" for to in silent), inventory=folder)
    assert texts(flows, "subnet") == {
        A: "subnet-z", "10.0.0.77": "subnet-a", "10.1.0.77": "subnet-b", "10.0.9.9": "inside", FAR: "outside",
    }  # fmt: skip
    assert texts(flows, "vpc")["10.1.0.77"] == "vpc-b"


PEERS = [A, "10.0.0.99", "10.7.0.1", "172.16.0.1", "100.64.0.1", "8.8.8.8", "169.254.169.254", "2001:db8::1", "fd00::1"]
VPC = {"Vpcs": [{"VpcId": "vpc-a", "CidrBlock": "10.0.0.0/16"}]}


@pytest.mark.parametrize(
    ("options", "answers", "inside", "outside"),
    [
        # only the log: whoever holds an interface is inside, public is outside, the rest unknown
        ({}, None, {A}, {"8.8.8.8", "2001:db8::1"}),
        # the inventory's blocks, and the interfaces of the log
        ({}, VPC, {A, "10.0.0.99"}, {"8.8.8.8", "2001:db8::1"}),
        # what is given alone counts, whatever holds an interface or lies in a VPC
        ({"inside": "10.7.0.0/16"}, None, {"10.7.0.1"}, {"8.8.8.8", "2001:db8::1"}),
        ({"inside": "10.7.0.0/16"}, VPC, {"10.7.0.1"}, {"8.8.8.8", "2001:db8::1"}),
        ({"inside": ["8.8.8.0/24", "fd00::/8"]}, None, {"8.8.8.8", "fd00::1"}, {"2001:db8::1"}),
    ],
)
def test_inside_outside_or_unknown(load, inventory, options, answers, inside, outside):
    if answers:
        options = options | {"inventory": inventory(**answers)}
    flows = load(*(f"eni-a {A} {peer} 40001 443 50 0 egress" for peer in PEERS[1:]), **options)
    inside = inside | {"169.254.169.254"}  # of the platform, in every VPC
    expected = {p: "inside" if p in inside else "outside" if p in outside else "unknown" for p in PEERS}
    assert texts(flows, "place") == about(flows, "place") == expected


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"inside": "10.0.0.0/33"}, AddressError, "10.0.0.0/33"),
        ({"inside": "here"}, AddressError, "here"),
        ({"inside": []}, AddressError, "inside is empty"),
        ({"inventory": "no/such/folder"}, InventoryError, "no file or folder"),
    ],
)
def test_what_is_not_understood_is_refused_before_anything_is_loaded(options, error, told):
    with pytest.raises(error, match=told):
        fk.load("sample", **options)
    with pytest.raises(error, match=told):
        enriched(fk.load("sample"), **options)


def test_the_service_of_the_log_wins_over_that_of_the_ranges(load_lines):
    names = f"{NAMES} pkt-src-aws-service pkt-dst-aws-service {REST}"
    end = f"{BASE + 9} ACCEPT 6 OK"
    flows = load_lines(
        f"version {names}\n"
        f"5 eni-a {A} 52.95.110.1 40001 443 500 {BASE} egress - - - - - S3 {end}\n"
        f"5 eni-a 52.95.110.2 {A} 443 40002 500 {BASE} ingress - - - - DYNAMODB - {end}\n"
        f"5 eni-a {A} 8.8.8.8 40003 443 500 {BASE} egress - - - - - - {end}\n"
    )
    found = texts(flows, "service")
    assert (found["52.95.110.1"], found["52.95.110.2"]) == ("S3", "DYNAMODB")
    assert (found[A], found["8.8.8.8"]) == ("inside", "outside")


def test_without_the_field_the_ranges_tell_the_service(load):
    flows = load(f"eni-a {A} 52.95.110.1 40001 443 500 0 egress")
    assert texts(flows, "service")["52.95.110.1"] not in ("outside", "unknown", None)


@pytest.fixture
def known(load, inventory, tmp_path):
    """Return flows of which everything is known that a grouping asks for."""
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "bad.txt").write_text(f"{FAR}\n")
    (tmp_path / "list" / "where.csv").write_text("203.0.113.0,203.0.113.255,NL\n")
    (tmp_path / "list" / "whose.csv").write_text("203.0.113.0,203.0.113.255,64500,Example\n")
    folder = inventory(
        NetworkInterfaces=[
            eni("a", A, Groups=[{"GroupId": "sg-1", "GroupName": "web"}], TagSet=tags(Name="web-1", Role="front")),
        ],
        SecurityGroups=[{"GroupId": "sg-1", "GroupName": "web"}],
        **VPC,
    )  # fmt: skip
    flows = load(TALK[3], inventory=folder)
    return enriched(flows, lists=[tmp_path / "list" / "bad.txt"], databases=sorted((tmp_path / "list").glob("*.csv")))


GROUPS = {
    "address": (A, FAR),
    "subnet": ("subnet-a", "outside"),
    "az": ("az1", "outside"),
    "interface": ("eni-a", "outside"),
    "instance": ("i-a", "outside"),
    "name": ("web-1", "outside"),
    "group": ("web", "outside"),
    "vpc": ("vpc-a", "outside"),
    "place": ("inside", "outside"),
    "service": ("inside", "outside"),
    "country": ("inside", "NL"),
    "as": ("inside", "AS64500 Example"),
    "list": ("inside", "bad.txt"),
    "kind": ("private", "documentation"),
    "tag:Role": ("front", "outside"),
    "tag:Owner": ("inside", "outside"),
    "block/24": (A, "203.0.113.0/24"),
    "block/0": (A, "0.0.0.0/0"),
    "block/32": (A, "203.0.113.9/32"),
}


@pytest.mark.parametrize("by", GROUPS)
def test_labels_of_each_grouping(known, by):
    assert texts(known, by) == dict(zip((A, FAR), GROUPS[by], strict=True))
    edges = talker_edges(known, by=by)
    assert edges[["client", "server", "bytes"]].to_numpy().tolist() == [[*GROUPS[by], 700]]


def test_every_grouping_is_tested():
    assert set(PLAIN_GROUPS) <= set(GROUPS)


@pytest.mark.parametrize("by", [*PLAIN_GROUPS, "block/24"])
def test_every_grouping_stands_without_an_inventory(load, by):
    flows = load(*TALK, f"eni-a {A} - 40002 443 60 0 egress")
    edges = talker_edges(flows, by=by)
    assert edges["bytes"].sum() == 500 + 900 + 700 + 60
    assert edges[["client", "server"]].notna().all(axis=None)


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ("nonsense", r"no grouping is called 'nonsense'. There are: address, subnet, .*tag:KEY .*block/LENGTH"),
        ("", "no grouping is called ''"),
        ("tag:Role", "the tag Role is known from an inventory only: fk.load"),
        ("tag", "no grouping is called 'tag'"),
        ("tag:", "no grouping is called 'tag:'"),
        ("block", "no grouping is called 'block'"),
        ("block/33", "'block/33' names no block"),
        ("block/", "'block/' names no block"),
        ("block/-1", "'block/-1' names no block"),
        ("block/²", "'block/²' names no block"),
        ("block:24", "no grouping is called|names no block"),
        ("Subnet", "no grouping is called 'Subnet'"),
        ("port", "no grouping is called 'port'"),
    ],
)
def test_a_grouping_that_is_none_is_refused(load, by, told):
    with pytest.raises(ScopeError, match=told):
        load(TALK[0]).identities.labels(by)


def test_ipv6_is_grouped_by_blocks_too(load):
    flows = load("eni-a fd00::1 2001:db8:1:2::3 40001 443 50 0 egress")
    assert texts(flows, "block/24") == {"fd00::1": "fd00::1", "2001:db8:1:2::3": "2001:db8:1::/48"}
    assert texts(flows, "block/16")["2001:db8:1:2::3"] == "2001:db8::/32"


def test_a_record_without_an_address_is_nobody(load):
    flows = load(f"eni-a {A} - 40001 443 50 0 egress")
    assert talker_edges(flows).server.tolist() == ["-"]
    assert conversations(flows).server.tolist() == ["-"]
    assert texts(flows, "place") == {"-": None, A: "inside"}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_arrive_as_text(load, inventory, text):
    folder = inventory(
        NetworkInterfaces=[eni("a", A, TagSet=tags(Name=text, Role=text), Groups=[{"GroupId": "sg-1"}])],
        SecurityGroups=[{"GroupId": "sg-1", "GroupName": text}],
    )
    flows = load(f"eni-a {A} {FAR} 40001 443 50 0 egress", inventory=folder)
    expected = "'other'" if text == "other" else text
    for by in ("name", "group", "tag:Role"):
        assert texts(flows, by)[A] == text
        assert talker_edges(flows, by=by).client.tolist() == [expected]


def test_the_key_of_a_tag_may_be_anything(load, inventory):
    keys = {"aws:cloudformation:stack-name": "shop", "a/b": "slash", "": "none", "'": "quote"}
    flows = load(TALK[0], inventory=inventory(NetworkInterfaces=[eni("a", A, TagSet=tags(**keys))]))
    for key in ("aws:cloudformation:stack-name", "a/b", "'"):
        assert texts(flows, f"tag:{key}")[A] == keys[key]


def test_the_tag_of_an_instance_counts_where_the_interface_has_none(load, inventory):
    folder = inventory(
        NetworkInterfaces=[eni("a", A, Attachment={"InstanceId": "i-a"})],
        Reservations=[{"Instances": [{"InstanceId": "i-a", "Tags": tags(Role="front", Name="web")}]}],
    )
    flows = load(TALK[0], inventory=folder)
    assert (texts(flows, "tag:Role")[A], texts(flows, "name")[A]) == ("front", "web")


def test_a_tag_of_an_address_that_moved_names_both(load, inventory):
    folder = inventory(NetworkInterfaces=[eni("a", A, TagSet=tags(Role="old")), eni("b", A, TagSet=tags(Role="new"))])
    assert texts(load(*MOVED, inventory=folder), "tag:Role")[A] == "old / new"


def test_an_ibis_table_has_identities_too():
    table = ibis.memtable({"interface_id": ["eni-a"] * 2, "srcaddr": [A, A], "dstaddr": [B, FAR], "bytes": [40, 50]})
    flows = fk.load(table, inside="10.0.0.0/8")
    assert texts(flows, "interface") == {A: "eni-a", B: "inside", FAR: "outside"}
    assert talker_edges(flows, by="place")[["client", "server", "bytes"]].to_numpy().tolist() == [
        ["inside", "outside", 50],
        ["inside", "inside", 40],
    ]


def test_a_log_of_nothing_but_silence_has_no_addresses(load_lines):
    flows = load_lines(f"version {NAMES} {REST}\n5 eni-a {'- ' * 14}NODATA")
    assert flows.identities.table.empty
    assert flows.identities.holders.empty
    assert talker_edges(flows, by="subnet").empty


def test_what_is_narrowed_knows_what_the_whole_knows(load):
    flows = load(*TALK).narrow(dstaddr=FAR)
    assert texts(flows, "interface")[B] == "eni-b"
    assert flows.identities is flows.narrow(port=443).identities
