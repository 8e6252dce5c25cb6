"""What changed from one snapshot to the next, as sentences."""

from dataclasses import replace

import pytest

from flowkit.inventory import Interface, SecurityGroup, Snapshot
from flowkit.inventory.paths import Route, RouteTable
from flowkit.inventory.rules import AclEntry, GroupRule, NetworkAcl
from flowkit.playbooks.patterns import changes

WIDE = AclEntry(number=100, direction="egress", allows=True, protocol=6, first=1024, last=65535)
NARROW = replace(WIDE, first=32768, last=60999)
DENY = AclEntry(number=90, direction="ingress", allows=False, protocol=-1, cidr="10.0.1.0/24")
RULE = GroupRule(group_id="sg-db", direction="ingress", protocol=6, first=5432, last=5432, peer_group_id="sg-app")
HOME = Route(destination="10.0.0.0/16", target="local")
AWAY = Route(destination="10.1.0.0/16", target="pcx-1")
DB = Interface(interface_id="eni-db", addresses=("10.0.9.5",), group_ids=("sg-db",))
SAME = {"answered": ("NetworkAcls", "SecurityGroups", "RouteTables", "NetworkInterfaces")}


def acl(*entries, acl_id="acl-1", subnets=("subnet-a",)):
    return Snapshot(acls=(NetworkAcl(acl_id=acl_id, entries=entries, subnet_ids=subnets),), **SAME)


def group(*rules, groups=("sg-db",)):
    return Snapshot(groups=tuple(SecurityGroup(group_id=one) for one in groups), rules=rules, **SAME)


def table(*routes, table_id="rtb-1", **also):
    also = {"subnet_ids": ("subnet-a",)} | also
    return Snapshot(route_tables=(RouteTable(table_id=table_id, routes=routes, **also),), **SAME)


def interface(**also):
    return Snapshot(interfaces=(replace(DB, **also),), **SAME)


CASES = {
    "entry changed": (
        acl(WIDE),
        acl(NARROW),
        (
            "acl-1 egress entry 100 was changed: it allows TCP ports 1024-65535 to 0.0.0.0/0, "
            "and now allows TCP ports 32768-60999 to 0.0.0.0/0."
        ),
    ),
    "entry added": (
        acl(WIDE),
        acl(WIDE, DENY),
        "acl-1 ingress entry 90 was added: denies all protocols from 10.0.1.0/24.",
    ),
    "entry removed": (
        acl(WIDE, DENY),
        acl(WIDE),
        "acl-1 ingress entry 90 was removed: it denies all protocols from 10.0.1.0/24.",
    ),
    "subnet moved": (
        acl(),
        acl(subnets=()),
        "subnet-a had acl-1, and now has its VPC's default network ACL.",
    ),
    "rule removed": (group(RULE), group(), "sg-db rule that allows TCP port 5432 from sg-app was removed."),
    "rule added": (
        group(),
        group(replace(RULE, rule_id="sgr-1")),
        "sg-db rule (sgr-1) that allows TCP port 5432 from sg-app was added.",
    ),
    "group gone": (group(groups=("sg-a", "sg-db")), group(groups=("sg-a",)), "Security group sg-db is gone."),
    "route lost": (table(HOME, AWAY), table(HOME), "rtb-1 lost a route: 10.1.0.0/16 via pcx-1."),
    "route new": (table(HOME), table(HOME, AWAY), "rtb-1 has a new route: 10.1.0.0/16 via pcx-1."),
    "route changed": (
        table(AWAY),
        table(replace(AWAY, blackhole=True)),
        "rtb-1 had the route 10.1.0.0/16 via pcx-1, and now 10.1.0.0/16 via pcx-1, which is a blackhole.",
    ),
    "left a group": (interface(), interface(group_ids=()), "eni-db left sg-db."),
    "joined a group": (interface(), interface(group_ids=("sg-db", "sg-x")), "eni-db joined sg-x."),
    "address lost": (interface(), interface(addresses=()), "eni-db no longer holds 10.0.9.5."),
    "address gained": (interface(addresses=()), interface(), "eni-db now holds 10.0.9.5."),
    "interface new": (Snapshot(**SAME), interface(), "Interface eni-db is new."),
    "list shorter": (
        Snapshot(prefix_list_entries={"pl-1": ("10.0.0.0/8", "10.1.0.0/16")}),
        Snapshot(prefix_list_entries={"pl-1": ("10.0.0.0/8",)}),
        "pl-1 no longer lists 10.1.0.0/16.",
    ),
    "not asked": (
        acl(WIDE),
        Snapshot(answered=SAME["answered"][1:]),
        "NetworkAcls are not in the later snapshot, so they are not compared.",
    ),
    "other account": (
        replace(acl(WIDE), accounts=("111122223333",)),
        replace(acl(), accounts=("444455556666",)),
        "The snapshots are of other accounts, 111122223333 and 444455556666, so they are not compared.",
    ),
}


@pytest.mark.parametrize(("before", "after", "sentence"), CASES.values(), ids=CASES)
def test_each_change_is_one_sentence(before, after, sentence):
    assert changes.between(before, after) == [sentence]


@pytest.mark.parametrize(("before", "after"), [case[:2] for case in CASES.values()], ids=CASES)
def test_nothing_changed_against_itself(before, after):
    assert changes.between(before, before) == changes.between(after, after) == []


def test_a_route_table_that_becomes_the_main_one():
    old = RouteTable(table_id="rtb-1", vpc_id="vpc-1", main=True)
    new = RouteTable(table_id="rtb-2", vpc_id="vpc-1")
    before = Snapshot(route_tables=(old, new))
    after = Snapshot(route_tables=(replace(old, main=False), replace(new, main=True)))
    assert changes.between(before, after) == ["The main route table of vpc-1 was rtb-1, and now is rtb-2."]


def test_what_somebody_typed_is_written_out():
    assert changes.between(group(), group(groups=("sg-db", "sg-\x1b[2J"))) == ["Security group sg-\\x1b[2J is new."]
