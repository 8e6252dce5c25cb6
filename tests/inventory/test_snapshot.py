"""A snapshot's questions: who holds an address, which flow logs watch an interface; and how it shows itself."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

import flowkit
from flowkit.inventory import FlowLog, Instance, Interface, SecurityGroup, Snapshot, Subnet, Vpc, read, shown

SAMPLE = read(Path(flowkit.__file__).parent / "sample" / "snapshot")
A = Interface(
    interface_id="eni-a", vpc_id="vpc-a", subnet_id="subnet-a", name="web", kind="instance", instance_id="i-a",
    address="10.0.0.4", addresses=("10.0.0.4", "::ffff:a00:1"), public_addresses=("192.0.2.4",), az_id="x1-az1",
    group_ids=("sg-a", "sg-b"), account_id="111122223333", tags=(("Name", "web"), ("Tier", "front")),
)  # fmt: skip
B = Interface(interface_id="eni-b", vpc_id="vpc-b", addresses=("10.0.0.4",))
GROUPS = (SecurityGroup(group_id="sg-a", name="shop-web"),)
NASTY = "<script>alert(1)</script>\x1b[2J\u202e\u2066"


def test_a_row_per_address():
    frame = Snapshot(interfaces=(A, B), groups=GROUPS).addresses()
    common = {
        "interface_id": "eni-a", "vpc_id": "vpc-a", "subnet_id": "subnet-a", "az_id": "x1-az1", "instance_id": "i-a",
        "name": "web", "kind": "instance", "groups": "shop-web, sg-b", "account_id": "111122223333",
    }  # fmt: skip
    assert frame.head(3).to_dict("records") == [
        {"address": "10.0.0.4", "public": False} | common,
        {"address": "::ffff:a00:1", "public": False} | common,
        {"address": "192.0.2.4", "public": True} | common,
    ]
    assert list(frame.interface_id) == ["eni-a", "eni-a", "eni-a", "eni-b"]


@pytest.mark.parametrize("name", ["addresses", "to_frame", "shared_addresses"])
def test_an_empty_table_has_the_columns_and_types_of_a_full_one(name):
    empty, full = getattr(Snapshot(), name)(), getattr(SAMPLE, name)()
    assert len(empty) == 0
    assert dict(empty.dtypes) == dict(full.dtypes)


def test_each_column_is_named_in_its_docstring():
    for name in ("addresses", "to_frame", "shared_addresses"):
        assert all(f"``{column}``" in getattr(Snapshot, name).__doc__ for column in getattr(SAMPLE, name)().columns)


def test_a_row_per_interface():
    frame = SAMPLE.to_frame().set_index("name")
    assert frame.loc["bastion"].to_dict() == {
        "interface_id": "eni-0051403c1fb25ff7a",
        "kind": "instance",
        "address": "10.0.0.30",
        "public_address": "192.0.2.30",
        "instance_id": "i-0d6c9fd4c57245a26",
        "subnet_id": "subnet-0238e36be509fd2ee",
        "vpc_id": "vpc-0e2360f87dfe84da0",
        "az": "eu-central-1a",
        "groups": "shop-bastion",
        "flow_logs": "ALL fl-001b0a6808c48768d 60 s",
        "status": "in-use",
    }
    assert list(frame.kind.unique()) == ["nat_gateway", "load_balancer", "instance"]


LOG = FlowLog(flow_log_id="fl-a", traffic_type="ALL", interval=60)


@pytest.mark.parametrize(
    ("flow_logs", "answered", "told"),
    [
        ((), ("FlowLogs",), "not logged"),
        ((), (), "unknown"),
        ((FlowLog(flow_log_id="fl-a", resource_id="vpc-b"),), ("FlowLogs",), "not logged"),
        ((FlowLog(flow_log_id="fl-a", resource_id=""),), ("FlowLogs",), "not logged"),
        ((FlowLog(flow_log_id="fl-a", resource_id="vpc-a", traffic_type="ALL", interval=60),), (), "ALL fl-a 60 s"),
        (
            (
                FlowLog(flow_log_id="fl-a", resource_id="subnet-a", traffic_type="REJECT", deliver_status="FAILED"),
                FlowLog(flow_log_id="fl-b", resource_id="eni-a", traffic_type="ALL", status="DELETED"),
            ),
            (),
            "REJECT fl-a (delivery FAILED); ALL fl-b (DELETED)",
        ),
    ],
)
def test_which_flow_logs_watch_an_interface(flow_logs, answered, told):
    snapshot = Snapshot(interfaces=(A,), flow_logs=flow_logs, answered=answered)
    assert list(snapshot.to_frame().flow_logs) == [told]
    assert len(snapshot.flow_logs_of(A)) == told.count("fl-")


def test_an_interface_of_an_unknown_vpc_is_not_watched_by_a_flow_log_of_an_unknown_resource():
    assert Snapshot(flow_logs=(LOG,)).flow_logs_of(Interface(interface_id="eni-c")) == ()


def test_addresses_of_several_vpcs():
    other = Interface(interface_id="eni-c", vpc_id="vpc-b", addresses=("10.0.0.5",))
    unknown = Interface(interface_id="eni-d", addresses=("10.0.0.5",))
    frame = Snapshot(interfaces=(A, B, other, unknown)).shared_addresses()
    assert frame.to_dict("records") == [
        {"address": "10.0.0.4", "vpc_ids": "vpc-a, vpc-b", "interface_ids": "eni-a, eni-b"}
    ]


@pytest.mark.parametrize(
    ("blocks", "found"),
    [
        ({"vpc-a": ["10.0.0.0/16"], "vpc-b": ["10.1.0.0/16"]}, ()),
        ({"vpc-a": ["10.0.0.0/16", "10.0.0.0/8"]}, ()),
        ({"vpc-b": ["10.0.0.0/8"], "vpc-a": ["10.1.0.0/16"]}, (("vpc-b", "10.0.0.0/8", "vpc-a", "10.1.0.0/16"),)),
        ({"vpc-a": ["0.0.0.0/0"], "vpc-b": ["::/0"]}, ()),
        (
            {"vpc-a": ["2001:db8::/32"], "vpc-b": ["2001:db8:1::/48", "10.0.0.0/8"]},
            (("vpc-a", "2001:db8::/32", "vpc-b", "2001:db8:1::/48"),),
        ),
    ],
)
def test_vpcs_that_overlap(blocks, found):
    vpcs = tuple(Vpc(vpc_id=name, cidrs=tuple(cidrs)) for name, cidrs in blocks.items())
    assert Snapshot(vpcs=vpcs).overlapping_vpcs() == found


@pytest.mark.parametrize(
    ("resource_id", "key", "value"),
    [
        ("eni-a", "Tier", "front"),
        ("i-a", "Name", "web"),
        ("subnet-a", "Name", "a"),
        ("vpc-a", "Name", "shop"),
        ("vpc-a", "Tier", None),
        ("vpc-b", "Name", None),
        ("", "", None),
    ],
)
def test_tags(resource_id, key, value):
    snapshot = Snapshot(
        interfaces=(A,),
        instances=(Instance(instance_id="i-a", tags=(("Name", "web"),)),),
        subnets=(Subnet(subnet_id="subnet-a", tags=(("Name", "a"),)),),
        vpcs=(Vpc(vpc_id="vpc-a", tags=(("Name", "shop"),)),),
    )
    assert snapshot.tag(resource_id, key) == value


def test_it_says_in_a_line_what_it_is():
    snapshot = Snapshot(
        taken=datetime(2026, 3, 10, 7, 55, tzinfo=UTC), taken_from="manifest", interfaces=(A,), problems=("x.", "y.")
    )
    assert repr(snapshot) == (
        "Snapshot of 2026-03-10 07:55Z (from manifest): "
        "1 interface, 0 instances, 0 subnets, 0 VPCs, 0 flow logs; 2 problems"
    )
    assert str(Snapshot()).startswith("Snapshot of an unknown time: 0 interfaces")


def test_what_is_shown_cannot_act():
    assert shown(NASTY) == r"<script>alert(1)</script>\x1b[2J\u202e\u2066"
    assert shown("\ud800\0\n") == r"\ud800\x00\n"
    page = Snapshot(source=NASTY, accounts=(NASTY,), taken_from=NASTY, problems=(NASTY,) * 20)._repr_html_()
    assert "<script" not in page
    assert page.isprintable()
    assert "and 10 more" in page
    assert str(Snapshot(taken=datetime(2026, 3, 10, tzinfo=UTC), taken_from=NASTY)).isprintable()
