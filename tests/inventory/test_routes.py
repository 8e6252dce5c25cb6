"""Which route packets take, and whether what it leads to takes them on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.inventory.ends import End, end_of
from flowkit.inventory.packets import block, parsed
from flowkit.inventory.paths import Endpoint, NatGateway, Peering, Route, RouteTable
from flowkit.inventory.routes import RouteRules
from flowkit.inventory.routing import way
from flowkit.inventory.rulebook import rulebook
from flowkit.inventory.verdicts import ADMITS, CANNOT_TELL, DENIES, NOT_ASKED
from tests.inventory.network import SNAPSHOT, interface, snapshot, table

LISTS = {"pl-1": ("10.5.0.0/16", "10.6.0.0/24"), "pl-2": None}
LOCAL, IGW = ("10.0.0.0/16", "local"), ("0.0.0.0/0", "igw-1")


def rules(*routes):
    made = tuple(Route(destination=one[0], target=one[1], propagated="vgw" in one[1]) for one in routes)
    return RouteRules(RouteTable(table_id="rtb-1", routes=made), LISTS)


@pytest.mark.parametrize(
    ("routes", "address", "target"),
    [
        ([LOCAL], "10.0.1.1", "local"),
        ([LOCAL], "10.9.1.1", None),
        ([IGW, LOCAL], "10.0.1.1", "local"),
        ([IGW, LOCAL], "198.51.100.1", "igw-1"),
        ([IGW], "2001:db8::1", None),
        ([LOCAL, ("10.0.1.0/24", "eni-1")], "10.0.1.1", "eni-1"),
        ([LOCAL, ("10.0.1.0/24", "vgw-1")], "10.0.1.1", "local"),  # what is propagated never wins over local
        ([("10.9.0.0/16", "vgw-1"), ("10.9.0.0/16", "pcx-1")], "10.9.1.1", "pcx-1"),
        ([("10.9.0.0/16", "pcx-1"), ("10.9.0.0/24", "vgw-1")], "10.9.0.1", "vgw-1"),
        ([("pl-1", "tgw-1"), ("10.5.0.0/16", "pcx-1")], "10.5.0.1", "pcx-1"),
        ([("pl-1", "tgw-1"), IGW], "10.6.0.1", "tgw-1"),
        ([("pl-2", "vpce-1"), IGW], "10.6.0.1", "igw-1"),
        ([("", "vpce-1"), IGW], "10.6.0.1", "igw-1"),
    ],
)
def test_the_most_specific_route(routes, address, target):
    found = rules(*routes).chosen(address)
    assert (found.target if found else None) == target


def test_routes_of_which_the_blocks_are_not_known_are_told():
    assert [one.target for one in rules(("pl-2", "vpce-1"), ("", "eni-1"), LOCAL).unclear] == ["vpce-1", "eni-1"]


PREFIXES = st.builds(lambda number, length: f"{number}.0.0.0/{length}", st.integers(0, 7), st.integers(0, 9))


@given(st.lists(PREFIXES, max_size=8, unique=True), st.integers(0, 255))
def test_as_looking_through_all_routes_would_find(prefixes, number):
    address = parsed(f"{number}.0.0.1")
    holding = [one for one in prefixes if block(one).holds(address)]
    longest = max((int(one.split("/")[1]) for one in holding), default=None)
    found = rules(*((one, "igw-1") for one in prefixes)).chosen(f"{number}.0.0.1")
    assert (int(found.destination.split("/")[1]) if found else None) == longest


INTERNET = End(address="198.51.100.1", where="internet")
ONLY = interface("only", "10.0.3.3", "subnet-a3", "sg-app", more=("2001:db8::3",))
PUBLIC = interface("public", "10.0.3.4", "subnet-a3", "sg-app", public=("192.0.2.4",))
PEER = End(address="10.1.1.5", vpc_id="vpc-b", subnet_id="subnet-b1", interface=SNAPSHOT["interfaces"][3])
SIX = End(address="2001:db8:ff::9", where="internet")
ELSEWHERE = End(address="10.77.0.1", where="elsewhere")
SERVICE = End(address="10.0.0.2", where="service")
HOLE = Route(destination="0.0.0.0/0", target="nat-1", blackhole=True)
S3 = {"endpoints": (Endpoint(endpoint_id="vpce-s3", kind="Gateway", state="available", service="s3"),)}
GWLB = {"endpoints": (Endpoint(endpoint_id="vpce-s3", kind="GatewayLoadBalancer", state="available"),)}


def nat(state="available", *, private=False, subnet="subnet-a9"):
    return {
        "nat_gateways": (NatGateway(nat_id="nat-1", vpc_id="vpc-a", subnet_id=subnet, state=state, private=private),)
    }


def peering(status, *vpcs):
    return {"peerings": (Peering(peering_id="pcx-1", status=status, vpc_ids=vpcs or ("vpc-b", "vpc-a")),)}


@pytest.mark.parametrize(
    ("routes", "there", "more", "verdict", "why"),
    [
        ([], INTERNET, {}, DENIES, "rtb-1 has no route to 198.51.100.1."),
        ([HOLE], INTERNET, {}, DENIES, "rtb-1 sends 0.0.0.0/0 to nat-1: what it leads to is gone (a blackhole)."),
        ([IGW], INTERNET, {}, DENIES, "eni-only has no public address"),
        ([("0.0.0.0/0", "nat-1")], INTERNET, {}, ADMITS, "which sends it on to igw-1"),
        ([("0.0.0.0/0", "nat-1")], INTERNET, nat("failed"), DENIES, "the NAT gateway is failed"),
        ([("0.0.0.0/0", "nat-1")], INTERNET, nat(private=True), CANNOT_TELL, "does not show"),
        ([("0.0.0.0/0", "nat-1")], INTERNET, nat(subnet=""), CANNOT_TELL, "is not in the snapshot"),
        ([("0.0.0.0/0", "nat-1")], INTERNET, {"nat_gateways": ()}, CANNOT_TELL, "does not show"),
        ([("0.0.0.0/0", "nat-1")], ELSEWHERE, {}, CANNOT_TELL, "does not show"),
        ([IGW], ELSEWHERE, {}, DENIES, "the internet does not carry 10.77.0.1"),
        ([("10.1.0.0/16", "pcx-1")], PEER, {}, ADMITS, "the peering connection to vpc-b is active"),
        ([("10.1.0.0/16", "pcx-1")], PEER, peering("deleted"), DENIES, "that peering connection is deleted"),
        ([("10.1.0.0/16", "pcx-1")], PEER, peering("active", "vpc-a", "vpc-c"), DENIES, "it ends in vpc-c"),
        ([("10.1.0.0/16", "pcx-1")], PEER, {"peerings": ()}, CANNOT_TELL, "is not in the snapshot"),
        ([("10.77.0.0/16", "pcx-1")], ELSEWHERE, {}, CANNOT_TELL, "vpc-b in the snapshot has no such address"),
        ([("10.77.0.0/16", "pcx-1")], ELSEWHERE, peering("active", "vpc-a", "vpc-z"), ADMITS, "vpc-z is active"),
        ([("10.1.0.0/16", "tgw-1")], PEER, {}, CANNOT_TELL, "tgw-1, beyond which the snapshot shows no routes"),
        ([("10.1.0.0/16", "vgw-1")], PEER, {}, CANNOT_TELL, "vgw-1"),
        ([("10.1.0.0/16", "")], PEER, {}, CANNOT_TELL, "nothing that is understood"),
        ([("10.1.0.0/16", "eni-peer")], PEER, {}, ADMITS, "that is the other end"),
        ([("10.1.0.0/16", "eni-appliance")], PEER, {}, CANNOT_TELL, "what that interface does"),
        ([("198.51.100.0/24", "vpce-s3")], INTERNET, S3, ADMITS, "a gateway endpoint of s3"),
        ([("198.51.100.0/24", "vpce-s3")], INTERNET, GWLB, CANNOT_TELL, "what that endpoint does"),
        ([("pl-s3", "vpce-s3")], INTERNET, S3, CANNOT_TELL, "the blocks of that route are not known"),
        ([("pl-s3", "vpce-s3"), ("0.0.0.0/0", "nat-1")], INTERNET, S3, ADMITS, "igw-1"),
        ([("pl-s3", "vpce-s3")], ELSEWHERE, S3, DENIES, "no route to 10.77.0.1"),
        ([("pl-all", "tgw-1"), ("10.1.0.0/16", "pcx-1")], PEER, {}, CANNOT_TELL, "Where rtb-1 leads pl-all"),
        ([("::/0", "eigw-1")], SIX, {}, ADMITS, "outgoing only"),
        ([("::/0", "igw-1")], SIX, {}, ADMITS, "it leads to the internet"),
        ([], SERVICE, {}, NOT_ASKED, "AWS's own"),
    ],
)
def test_where_routes_lead(routes, there, more, verdict, why):
    tables = (*SNAPSHOT["route_tables"], table("rtb-1", *routes, subnets=("subnet-a3",)))
    book = rulebook(snapshot(route_tables=tables, **more))
    found = way(book, end_of(ONLY, "2001:db8::3" if ":" in there.address else "10.0.3.3"), there)
    assert found.verdict == verdict
    assert why in found.why


@pytest.mark.parametrize(
    ("holder", "route", "there", "verdict"),
    [
        (PUBLIC, IGW, INTERNET, ADMITS),
        (PUBLIC, ("0.0.0.0/0", "nat-1"), INTERNET, DENIES),
        (ONLY, IGW, INTERNET, CANNOT_TELL),  # behind a load balancer that keeps its clients' addresses
        (ONLY, ("0.0.0.0/0", "nat-1"), INTERNET, CANNOT_TELL),
        (ONLY, ("::/0", "eigw-1"), SIX, DENIES),
    ],
)
def test_where_replies_are_led(holder, route, there, verdict):
    book = rulebook(snapshot(route_tables=(table("rtb-1", route, subnets=("subnet-a3",)),)))
    here = end_of(holder, holder.addresses[-1] if ":" in there.address else holder.address)
    assert way(book, here, there, reply=True).verdict == verdict


@pytest.mark.parametrize(
    ("here", "why"),
    [
        (INTERNET, "lies outside the snapshot"),
        (End(address="10.0.3.3", vpc_id="vpc-a"), "does not say in which subnet"),
        (End(address="10.2.0.1", vpc_id="vpc-c", subnet_id="subnet-c"), "has no route table of subnet-c"),
    ],
)
def test_whose_routes_are_not_known(here, why):
    found = way(rulebook(snapshot()), here, PEER)
    assert (found.verdict, found.table_id) == (CANNOT_TELL, "")
    assert why in found.why


def test_within_a_subnet_no_route_is_needed():
    book = rulebook(snapshot(route_tables=()))
    here, there = (End(address=one, vpc_id="vpc-a", subnet_id="subnet-a1") for one in ("10.0.1.1", "10.0.1.2"))
    assert way(book, here, there).verdict == ADMITS


def test_nothing_behind_the_subnet_of_a_nat_gateway_names_that_subnets_table():
    tables = (table("rtb-1", ("0.0.0.0/0", "nat-1"), subnets=("subnet-a3",)), table("rtb-nat", subnets=("subnet-a9",)))
    found = way(rulebook(snapshot(route_tables=tables)), end_of(ONLY, "10.0.3.3"), INTERNET)
    assert (found.verdict, found.table_id) == (DENIES, "rtb-nat")
