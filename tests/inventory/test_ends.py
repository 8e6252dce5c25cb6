"""Who is at an end: an interface by any of its addresses, a place in a subnet, AWS itself, or somebody outside."""

import pytest

from flowkit.inventory.ends import Holders, is_private
from flowkit.inventory.rulebook import rulebook
from flowkit.inventory.rules import GroupRule
from tests.inventory.network import SNAPSHOT, interface, snapshot

POD = interface("pods", "10.0.1.30", "subnet-a1", "sg-app", prefixes=("10.0.1.64/28",), more=("2001:db8::30",))
TWIN = interface("twin", "10.0.1.10", "subnet-x", vpc="vpc-x")
NETWORK = snapshot(interfaces=(*SNAPSHOT["interfaces"], POD, TWIN))


@pytest.mark.parametrize(
    ("address", "ends"),
    [
        ("10.0.2.20", [("here", "eni-db", "subnet-a2", False)]),
        ("192.0.2.10", [("here", "eni-app", "subnet-a1", True)]),
        ("10.0.1.10", [("here", "eni-app", "subnet-a1", False), ("here", "eni-twin", "subnet-x", False)]),
        ("10.0.1.70", [("here", "eni-pods", "subnet-a1", False)]),
        ("2001:db8::30", [("here", "eni-pods", "subnet-a1", False)]),
        ("10.0.1.200", [("here", None, "subnet-a1", False)]),
        ("10.0.250.1", [("here", None, "", False)]),  # in the VPC, in no subnet described
        ("10.0.0.2", [("service", None, "", False)]),
        ("10.1.0.2", [("service", None, "", False)]),
        ("10.0.1.2", [("here", None, "subnet-a1", False)]),  # the resolver is at the third address of the VPC's block
        ("169.254.169.254", [("service", None, "", False)]),
        ("fd00:ec2::254", [("service", None, "", False)]),
        ("172.16.0.1", [("elsewhere", None, "", False)]),
        ("198.51.100.1", [("internet", None, "", False)]),
        ("2001:db8:77::1", [("internet", None, "", False)]),
    ],
)
def test_who_holds_an_address(address, ends):
    found = Holders(NETWORK).of(address)
    told = [(one.where, one.interface and one.interface.interface_id, one.subnet_id, one.public) for one in found]
    assert told == ends


@pytest.mark.parametrize(
    ("address", "private"),
    [("10.1.2.3", True), ("172.32.0.1", False), ("100.64.0.1", True), ("fe80::1", True), ("2600::1", False)],
)
def test_what_the_internet_does_not_carry(address, private):
    assert is_private(address) is private


def test_an_end_says_who_it_is():
    holders = Holders(NETWORK)
    assert str(holders.of("10.0.2.20")[0]) == "10.0.2.20 (db, eni-db)"
    assert str(holders.of("10.0.1.200")[0]) == "10.0.1.200 (subnet-a1)"
    assert str(holders.of("198.51.100.1")[0]) == "198.51.100.1"


def refers(group, **more):
    return GroupRule(group_id="sg-1", direction="ingress", peer_group_id=group, **more)


@pytest.mark.parametrize(
    ("address", "rule", "member"),
    [
        ("10.0.2.20", refers("sg-db"), True),
        ("10.0.2.20", refers("sg-extra"), True),
        ("10.0.2.20", refers("sg-app"), False),
        ("192.0.2.10", refers("sg-app"), False),  # AWS: members' private addresses only
        ("198.51.100.1", refers("sg-app"), False),
        ("10.0.1.200", refers("sg-app"), None),  # whoever held it when the packets came
        ("172.16.0.1", refers("sg-app"), False),
        ("172.16.0.1", refers("sg-foreign"), None),
        ("10.0.2.20", refers("sg-db", peering_status="active"), True),
        ("10.0.2.20", refers("sg-db", peering_status="deleted"), False),
        ("10.0.2.20", refers("sg-db", peering_status="expired"), False),
        ("172.16.0.1", refers("sg-foreign", peering_status="deleted"), False),
    ],
)
def test_who_is_a_member_of_a_group_referred_to(address, rule, member):
    book = rulebook(NETWORK)
    assert book.member(book.holders.of(address)[0])(rule) is member


def test_rules_are_made_ready_once():
    assert rulebook(NETWORK) is rulebook(NETWORK)
