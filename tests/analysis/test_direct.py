"""`direct_egress`: who inside opens conversations to outside, by which way."""

import pytest

from flowkit import analysis
from tests.analysis.dialled import START, call, log, rejection
from tests.inventory.network import interface, snapshot

HOST, OTHER, S3 = "10.0.1.10", "10.0.1.11", "52.218.0.1"
NAT, WORLD = "10.0.9.5", "203.0.113.9"
HEADER = (
    "interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status "
    "pkt-srcaddr pkt-dstaddr"
)
THROUGH = "\n".join(
    [
        HEADER,
        f"eni-app {HOST} {WORLD} 40000 443 6 9 9000 {START} {START + 9} ACCEPT OK {HOST} {WORLD}",
        f"eni-app {WORLD} {HOST} 443 40000 6 9 500 {START} {START + 9} ACCEPT OK {WORLD} {HOST}",
        f"eni-nat {HOST} {NAT} 40000 443 6 9 9000 {START} {START + 9} ACCEPT OK {HOST} {WORLD}",
        f"eni-nat {NAT} {WORLD} 51000 443 6 9 9000 {START} {START + 9} ACCEPT OK {NAT} {WORLD}",
    ]
)


def test_a_row_per_host_port_and_aws_service_with_the_reason(load_lines):
    frame = analysis.direct_egress(
        load_lines(
            log(
                call(HOST, WORLD, 443, 0, there=(10, 50_000)),
                call(HOST, "203.0.113.10", 443, 5),
                call(HOST, S3, 443, 9, there=(10, 90_000)),
                call(OTHER, WORLD, 22, 20),
                rejection(OTHER, WORLD, 25, 30),
                call(WORLD, HOST, 80, 40),
                call(HOST, OTHER, 443, 50),
            )
        )
    )
    told = frame[["host", "server_port", "service", "peer", "peers", "conversations"]].to_numpy().tolist()
    assert told == [
        [HOST, 443, "S3", S3, 1, 1],
        [HOST, 443, "", WORLD, 2, 2],
        [OTHER, 22, "", WORLD, 1, 1],
    ]
    assert [bool(reason) for reason in frame.reason] == [True, False, False]
    assert set(frame.path) == {"unknown"}


@pytest.mark.parametrize(
    ("lines", "inventory", "told"),
    [
        (THROUGH, None, {HOST: ("translated", "eni-nat")}),
        (THROUGH, snapshot(), {HOST: ("translated", "eni-nat nat")}),
        (log(call(HOST, WORLD, 443, 0)), snapshot(), {HOST: ("unknown", "")}),
        (
            log(call(HOST, WORLD, 443, 0)),
            snapshot(interfaces=(interface(HOST, HOST, "subnet-a1", public=("192.0.2.10",)),)),
            {HOST: ("public address", "")},
        ),
    ],
    ids=["translated", "translated, named", "unknown", "public address"],
)
def test_the_way_is_told_where_it_can_be(load_lines, lines, inventory, told):
    frame = analysis.direct_egress(load_lines(lines, inventory=inventory, inside=["10.0.0.0/16"]))
    found = {host: (path, via) for host, path, via in zip(frame.host, frame.path, frame.via, strict=True)}
    assert {host: found[host] for host in told} == told


def test_an_ipv6_host_has_a_public_address_itself(load_lines):
    lines = [
        f"5 eni-a 2600:1f18::1 2001:500::1 40000 443 6 5 500 {START} {START + 5} ACCEPT OK 3 egress",
        f"5 eni-a 2001:500::1 2600:1f18::1 443 40000 6 5 900 {START} {START + 5} ACCEPT OK 19 ingress",
    ]
    (path,) = analysis.direct_egress(load_lines(log(lines))).path
    assert path == "public address"
