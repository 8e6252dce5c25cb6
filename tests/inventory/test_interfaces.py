"""Interfaces: what each is for, what it is called, which addresses it holds."""

import json

import pytest

from flowkit.inventory import read

ENI = {"NetworkInterfaceId": "eni-a", "InterfaceType": "interface", "VpcId": "vpc-a", "SubnetId": "subnet-a"}
MANAGED = ENI | {"RequesterManaged": True}
NAME = [{"Key": "Name", "Value": "mine"}]


def interfaces(tmp_path, *items, **answers):
    """Return the interfaces of a snapshot of interfaces and other answers, which reads without a problem."""
    given = ({"NetworkInterfaces": list(items)} if items else {}) | answers
    (tmp_path / "all.json").write_text(json.dumps(given))
    snapshot = read(tmp_path)
    assert snapshot.problems == ()
    return snapshot.interfaces


@pytest.mark.parametrize(
    ("item", "kind", "name"),
    [
        (ENI, "other", ""),
        (ENI | {"TagSet": NAME}, "other", "mine"),
        (ENI | {"Attachment": {"InstanceId": "i-a"}}, "instance", "web"),
        (ENI | {"Attachment": {"InstanceId": "i-b"}}, "instance", ""),
        (ENI | {"Attachment": {"InstanceId": "i-a"}, "TagSet": NAME}, "instance", "mine"),
        (ENI | {"InterfaceType": "efa", "Attachment": {"InstanceId": "i-a"}}, "instance", "web"),
        (MANAGED | {"InterfaceType": "nat_gateway"}, "nat_gateway", ""),
        (MANAGED | {"Description": "Interface for NAT Gateway nat-0a"}, "nat_gateway", "nat-0a"),
        (MANAGED | {"Description": "ELB app/shop-lb/50dc6c495c0c9188"}, "load_balancer", "app/shop-lb"),
        (MANAGED | {"Description": "ELB weblb", "RequesterId": "amazon-elb"}, "load_balancer", "weblb"),
        (MANAGED | {"Description": "ELB net/db/50dc"}, "network_load_balancer", "net/db"),
        (
            ENI | {"InterfaceType": "network_load_balancer", "Description": "ELB net/db/50dc"},
            "network_load_balancer",
            "net/db",
        ),
        (ENI | {"InterfaceType": "gateway_load_balancer"}, "gateway_load_balancer", ""),
        (MANAGED | {"RequesterId": "amazon-elb"}, "load_balancer", "amazon-elb"),
        (MANAGED | {"Description": "RDSNetworkInterface", "RequesterId": "amazon-rds"}, "rds", "RDS"),
        (MANAGED | {"RequesterId": "amazon-rds"}, "rds", "amazon-rds"),
        (
            MANAGED | {"InterfaceType": "vpc_endpoint", "Description": "VPC Endpoint Interface vpce-0a"},
            "vpc_endpoint",
            "vpce-0a",
        ),
        (
            MANAGED
            | {
                "InterfaceType": "transit_gateway",
                "Description": "Network Interface for Transit Gateway Attachment tgw-attach-0a",
            },
            "transit_gateway",
            "tgw-attach-0a",
        ),
        (
            ENI
            | {
                "InterfaceType": "lambda",
                "Description": "AWS Lambda VPC ENI-ship-it-0b3f4a52-7a7e-4c0e-9b8a-0123456789ab",
            },
            "lambda",
            "ship-it",
        ),
        (MANAGED | {"Description": "EFS mount target for fs-0a (fsmt-0b)"}, "efs", "fs-0a"),
        (
            MANAGED | {"Description": "arn:aws:ecs:us-east-1:653711331788:attachment/ed8f"},
            "ecs_task",
            "ECS task attachment ed8f",
        ),
        (MANAGED | {"Description": "ElastiCache shop-001"}, "other", "ElastiCache shop-001"),
        # Anybody may describe an interface of their own as AWS would.
        (ENI | {"Description": "ELB app/shop-lb/50dc6c495c0c9188"}, "other", ""),
        (ENI | {"Description": "RDSNetworkInterface", "Attachment": {"InstanceId": "i-a"}}, "instance", "web"),
    ],
)
def test_what_an_interface_is_for(tmp_path, item, kind, name):
    reservations = [{"Instances": [{"InstanceId": "i-a", "Tags": [{"Key": "Name", "Value": "web"}]}]}]
    (found,) = interfaces(tmp_path, item, Reservations=reservations)
    assert (found.kind, found.name) == (kind, name)


@pytest.mark.parametrize(
    ("answers", "name"),
    [
        (
            {"NatGateways": [{"NatGatewayId": "nat-a", "NatGatewayAddresses": [{"NetworkInterfaceId": "eni-a"}]}]},
            "nat-a",
        ),
        (
            {
                "NatGateways": [
                    {"NatGatewayId": "nat-a", "Tags": NAME, "NatGatewayAddresses": [{"NetworkInterfaceId": "eni-a"}]}
                ]
            },
            "mine",
        ),
        (
            {
                "VpcEndpoints": [
                    {"VpcEndpointId": "vpce-a", "ServiceName": "com.amazonaws.x.kms", "NetworkInterfaceIds": ["eni-a"]}
                ]
            },
            "com.amazonaws.x.kms vpce-a",
        ),
    ],
)
def test_gateways_and_endpoints_name_their_interfaces(tmp_path, answers, name):
    (found,) = interfaces(tmp_path, MANAGED | {"Description": "Interface of a service"}, **answers)
    assert found.name == name


def test_which_addresses_an_interface_holds(tmp_path):
    item = ENI | {
        "PrivateIpAddress": "10.0.0.4",
        "PrivateIpAddresses": [
            {"PrivateIpAddress": "10.0.0.4", "Primary": True, "Association": {"PublicIp": "192.0.2.4"}},
            {"PrivateIpAddress": "10.0.0.5", "Association": {"PublicIp": "192.0.2.5"}},
        ],
        "Ipv6Addresses": [{"Ipv6Address": "2001:DB8:0:0::1"}, {"Ipv6Address": "::ffff:10.0.0.1"}],
        "Ipv4Prefixes": [{"Ipv4Prefix": "10.0.0.16/28"}],
        "Association": {"PublicIp": "192.0.2.4"},
    }
    elastic = [{"PublicIp": "192.0.2.6", "NetworkInterfaceId": "eni-a"}, {"PublicIp": "192.0.2.7"}]
    (found,) = interfaces(tmp_path, item, Addresses=elastic)
    assert found.address == "10.0.0.4"
    assert found.addresses == ("10.0.0.4", "10.0.0.5", "2001:db8::1", "::ffff:a00:1")
    assert found.public_addresses == ("192.0.2.4", "192.0.2.5", "192.0.2.6")
    assert found.prefixes == ("10.0.0.16/28",)


def test_an_interface_of_ipv6_alone(tmp_path):
    (found,) = interfaces(tmp_path, ENI | {"Ipv6Addresses": [{"Ipv6Address": "2001:db8::1"}]})
    assert found.address == "2001:db8::1"


SUBNETS = [{"SubnetId": "subnet-a", "AvailabilityZone": "x-1a", "AvailabilityZoneId": "x1-az3"}]
ZONES = [{"ZoneName": "x-1b", "ZoneId": "x1-az2"}]
TWICE = [*ZONES, {"ZoneName": "x-1b", "ZoneId": "x1-az9"}]  # the zones of two accounts


@pytest.mark.parametrize(
    ("item", "answers", "zone"),
    [
        (ENI | {"AvailabilityZone": "x-1a", "AvailabilityZoneId": "x1-az1"}, {"Subnets": SUBNETS}, ("x-1a", "x1-az1")),
        (ENI, {"Subnets": SUBNETS}, ("x-1a", "x1-az3")),
        (ENI | {"AvailabilityZone": "x-1b"}, {"AvailabilityZones": ZONES}, ("x-1b", "x1-az2")),
        (ENI | {"AvailabilityZone": "x-1b"}, {"AvailabilityZones": TWICE}, ("x-1b", "")),
        (ENI, {}, ("", "")),
    ],
)
def test_the_zone_is_the_interfaces_or_its_subnets(tmp_path, item, answers, zone):
    (found,) = interfaces(tmp_path, item, **answers)
    assert (found.az, found.az_id) == zone


def test_instances_tell_of_interfaces_that_were_not_described(tmp_path):
    held = [ENI | {"PrivateIpAddress": "10.0.0.4"}, ENI | {"NetworkInterfaceId": "eni-b"}]
    instance = {
        "InstanceId": "i-a",
        "NetworkInterfaces": held,
        "Placement": {"AvailabilityZone": "x-1a"},
        "Tags": [{"Key": "Name", "Value": "web"}],
    }
    reservations = [{"Instances": [instance]}]
    found = interfaces(tmp_path, Reservations=reservations)
    assert [(one.interface_id, one.address, one.instance_id, one.name, one.az, one.kind) for one in found] == [
        ("eni-a", "10.0.0.4", "i-a", "web", "x-1a", "instance"),
        ("eni-b", "", "i-a", "web", "x-1a", "instance"),
    ]
    found = interfaces(tmp_path, ENI | {"PrivateIpAddress": "10.0.0.9"}, Reservations=reservations)
    assert [(one.interface_id, one.address) for one in found] == [("eni-a", "10.0.0.9"), ("eni-b", "")]
