from ipaddress import ip_network

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.addresses.kinds import kind_table
from flowkit.addresses.parsed import Parsed
from flowkit.addresses.provided import provided_table

TABLE = kind_table()
KINDS = {
    "10.0.0.1": "private",
    "172.16.0.0": "private",
    "172.31.255.255": "private",
    "172.32.0.0": "public",
    "192.168.255.255": "private",
    "192.169.0.0": "public",
    "100.63.255.255": "public",
    "100.64.0.0": "shared",
    "100.127.255.255": "shared",
    "100.128.0.0": "public",
    "169.254.169.254": "link_local",
    "127.0.0.1": "loopback",
    "224.0.0.1": "multicast",
    "239.255.255.255": "multicast",
    "240.0.0.0": "reserved",
    "255.255.255.254": "reserved",
    "255.255.255.255": "broadcast",
    "0.0.0.0": "unspecified",  # noqa: S104 - an address
    "0.0.0.1": "reserved",
    "192.0.0.8": "reserved",
    "192.0.0.9": "public",
    "192.0.2.1": "documentation",
    "198.51.100.7": "documentation",
    "203.0.113.255": "documentation",
    "198.18.0.0": "benchmark",
    "198.19.255.255": "benchmark",
    "198.20.0.0": "public",
    "8.8.8.8": "public",
    "::": "unspecified",
    "::1": "loopback",
    "::2": "reserved",
    "::ffff:a00:1": "mapped",
    "::ffff:808:808": "mapped",
    "64:ff9b::808:808": "public",
    "64:ff9b:1::1": "reserved",
    "100::1": "reserved",
    "2001::1": "public",
    "2001:2::1": "benchmark",
    "2001:5::1": "reserved",
    "2001:db8::1": "documentation",
    "2001:db9::1": "public",
    "2600:1f14::1": "public",
    "3fff::1": "documentation",
    "4000::": "reserved",
    "fc00::1": "private",
    "fd00:ec2::254": "private",
    "fe80::1": "link_local",
    "fec0::1": "reserved",
    "ff02::1": "multicast",
}


def found(table, *texts):
    return table.find(Parsed.of(pa.array(texts, pa.string()))).to_pylist()


@pytest.mark.parametrize(("address", "kind"), KINDS.items())
def test_kind(address, kind):
    assert found(TABLE, address)[0]["kind"] == kind


@pytest.mark.parametrize(
    ("address", "elsewhere", "holdable"),
    [
        ("8.8.8.8", "outside", True),
        ("203.0.113.1", "outside", True),
        ("198.18.0.1", "outside", True),
        ("240.0.0.1", "outside", True),
        ("10.0.0.1", "unknown", True),
        ("100.64.0.1", "unknown", True),
        ("fd00::1", "unknown", True),
        ("::ffff:808:808", "outside", True),
        ("::ffff:a00:1", "unknown", True),
        ("224.0.0.1", "unknown", False),
        ("255.255.255.255", "unknown", False),
        ("169.254.1.1", "unknown", False),
        ("127.0.0.1", "unknown", False),
        ("0.0.0.0", "unknown", False),  # noqa: S104 - an address
        ("fe80::1", "unknown", False),
    ],
)
def test_where_an_address_is_that_is_not_inside(address, elsewhere, holdable):
    assert found(TABLE, address)[0] | {"kind": ""} == {"kind": "", "elsewhere": elsewhere, "holdable": holdable}


SIMPLE = {
    "private": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
    "shared": ["100.64.0.0/10"],
    "link_local": ["169.254.0.0/16", "fe80::/10"],
    "loopback": ["127.0.0.0/8", "::1/128"],
    "multicast": ["224.0.0.0/4", "ff00::/8"],
    "mapped": ["::ffff:0:0/96"],
}
LIKELY = st.sampled_from(
    [ip_network(b) for blocks in SIMPLE.values() for b in blocks if b not in ("::1/128", "::ffff:0:0/96")]
).flatmap(lambda n: st.ip_addresses(network=n))


@given(st.one_of(st.ip_addresses(), LIKELY))
def test_every_address_has_the_kind_of_its_block(address):
    kind = found(TABLE, str(address))[0]["kind"]
    for name, blocks in SIMPLE.items():
        networks = map(ip_network, blocks)
        assert (kind == name) == any(address in n for n in networks if n.version == address.version)


PROVIDED = provided_table(["10.0.0.0/16", "fd12::/56"], ["10.0.0.0/24", "10.0.1.0/24", "2001:db8::/64", "10.9.9.0/31"])


@pytest.mark.parametrize(
    ("address", "provided", "platform"),
    [
        ("169.254.169.254", "instance metadata", True),
        ("fd00:ec2::254", "instance metadata", True),
        ("169.254.169.253", "DNS resolver", True),
        ("fd00:ec2::253", "DNS resolver", True),
        ("169.254.169.123", "time", True),
        ("fd00:ec2::123", "time", True),
        ("169.254.170.2", "ECS credentials", True),
        ("169.254.170.23", "EKS Pod Identity", True),
        ("fd00:ec2::23", "EKS Pod Identity", True),
        ("169.254.169.250", "KMS activation", True),
        ("169.254.169.251", "KMS activation", True),
        ("fd00:ec2::250", "KMS activation", True),
        ("fd00:ec2::251", "KMS activation", True),
        ("10.0.0.0", "network", False),
        ("10.0.0.1", "VPC router", False),
        ("10.0.0.2", "DNS resolver", False),
        ("10.0.0.3", "reserved", False),
        ("10.0.0.255", "broadcast", False),
        ("10.0.1.2", "reserved", False),
        ("2001:db8::1", "VPC router", False),
        ("2001:db8::ffff:ffff:ffff:ffff", "reserved", False),
        ("10.0.0.4", None, None),
        ("10.9.9.1", None, None),
        ("fd12::2", None, None),
    ],
)
def test_provided(address, provided, platform):
    assert found(PROVIDED, address) == [{"provided": provided, "platform": platform}]
