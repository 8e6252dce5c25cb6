"""JSON: names where a key says so, whole; the rest as text; what AWS says in its own words stays."""

import pytest

from flowkit.redaction.documents import Documents, names_in
from flowkit.redaction.texts import Texts

INTERFACE = {
    "NetworkInterfaces": [
        {
            "Description": "ELB app/shop-lb/50dc6c495c0c9188",
            "NetworkInterfaceId": "eni-03f201a7a6e84c978",
            "PrivateIpAddress": "10.0.1.5",
            "Groups": [{"GroupName": "payments", "GroupId": "sg-024652102aac91429"}],
            "TagSet": [{"Key": "Name", "Value": "web-1"}, {"Key": "Zone", "Value": "eu-central-1a"}],
            "MapPublicIp": True,
            "Weight": 3,
        }
    ]
}


def test_an_answer_keeps_its_form(texts):
    made = Documents(texts)(INTERFACE)["NetworkInterfaces"][0]
    assert made["Description"].startswith("ELB app/name-")
    assert "shop-lb" not in str(made)
    assert "50dc6c495c0c9188" not in str(made)
    assert "payments" not in str(made)
    assert made["TagSet"][0]["Key"] == "Name"
    assert made["TagSet"][1]["Value"] == "eu-central-1a"
    assert made["NetworkInterfaceId"].startswith("eni-")
    assert (made["MapPublicIp"], made["Weight"]) == (True, 3)
    assert list(made) == list(INTERFACE["NetworkInterfaces"][0])


def test_and_comes_back(texts, back):
    made = Documents(texts)(INTERFACE)
    again = Documents(Texts(back))(made)
    described = again["NetworkInterfaces"][0].pop("Description")
    assert described.startswith("ELB app/shop-lb/")  # digits behind a load balancer's name are no secret of the key
    assert again["NetworkInterfaces"][0] == {
        name: value for name, value in INTERFACE["NetworkInterfaces"][0].items() if name != "Description"
    }


def test_the_names_an_answer_tells():
    assert names_in(INTERFACE) == {"shop-lb", "payments", "web-1"}


PLACES = [
    "eu-central-1a",
    "us-gov-west-1",
    "ap-southeast-2",
    "us-iso-east-1b",
    "eusc-de-east-1",
    "use1-az2",
    "apne1-az4",
]
NAMES = ["db-b-1", "qa-web-1", "db-primary-2a", "eu-shop-1", "us-orders-2b", "web1-az1", "hr-east-wing-1"]


@pytest.mark.parametrize(("name", "kept"), [*((name, True) for name in PLACES), *((name, False) for name in NAMES)])
def test_a_name_that_looks_like_a_region_is_a_name(texts, name, kept):
    made = Documents(texts)({"TagSet": [{"Key": "Name", "Value": name}]})["TagSet"][0]["Value"]
    assert (made == name) == kept
    assert (name in str(names_in({"Value": name}))) != kept
    host = texts(f"{name}.ec2.internal")
    assert (name in host) == kept


DESCRIPTIONS = [
    ("Interface for NAT Gateway nat-0955c5f9881878701", "Interface for NAT Gateway nat-"),
    ("RDSNetworkInterface", "RDSNetworkInterface"),
    ("default VPC security group", "default VPC security group"),
    ("AWS Lambda VPC ENI-orders-1b2c3d4e-1111-2222-3333-444455556666", "AWS Lambda VPC ENI-name-"),
    ("let Bob in", "name-"),
]


@pytest.mark.parametrize(("text", "start"), DESCRIPTIONS)
def test_descriptions(texts, text, start):
    made = Documents(texts)({"Description": text})["Description"]
    assert made.startswith(start)
    assert not any(word in made for word in ("Bob", "orders", "0955c5f9881878701"))


def test_times_by_their_key_and_numbers_that_are_none(texts):
    made = Documents(texts)({"timestamp": 1_773_143_100_000, "bytes": 1_773_143_100, "start": 5})
    assert made["timestamp"] != 1_773_143_100_000
    assert (made["bytes"], made["start"]) == (1_773_143_100, 5)
