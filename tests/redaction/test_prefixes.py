"""Addresses keep how many leading bits they share, and stay within their special block."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yacryptopan import CryptoPAn

from flowkit.addresses.kinds import kind_table
from flowkit.addresses.parsed import Parsed, packed, text_of, texts_of
from flowkit.redaction.prefixes import Prefixes

PREFIXES = Prefixes(bytes(range(32)), keep=["192.168.5.0/24", "2001:db8:77::/48"])

# of the paper's reference implementation with the key 0, 1, … 31, and of its IPv6 form
PUBLISHED = [("192.0.2.1", "2.90.93.17"), ("2001:db8::1", "dd92:2c44:3fc0:ff1e:7ff9:c7f0:8180:7e00")]


@pytest.mark.parametrize(("address", "expected"), PUBLISHED)
def test_the_cipher_is_the_published_one(address, expected):
    number = int(ip_address(address))
    made = CryptoPAn(bytes(range(32))).anonymize_bin(number, ip_address(address).version)
    assert str(ip_address(made)) == expected


KEPT = """
127.0.0.1 0.0.0.0 255.255.255.255 255.255.0.0 169.254.169.254 169.254.169.123 169.254.169.253 224.0.0.251 ::1 ::
fd00:ec2::254 fd00:ec2::123 ff02::1 192.168.5.9 2001:db8:77::9
""".split()  # noqa: SIM905 - read as a list
BLOCKS = """
10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 198.18.0.0/15 fc00::/7
fe80::/64 2001:db8::/32 ::ffff:0:0/96 64:ff9b::/96 ff02::1:ff00:0/104
""".split()  # noqa: SIM905 - read as a list


@pytest.mark.parametrize("address", KEPT)
def test_what_says_nothing_of_a_network_is_kept(address):
    assert PREFIXES.text(address) == address


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_is_mapped_onto_itself(block):
    network = ip_network(block)
    for number in (1, 77, 200):
        address = str(network[number])
        made = PREFIXES.text(address)
        assert ip_address(made) in network
        assert ip_address(PREFIXES.text(made, backward=True)) == ip_address(address)


def test_a_block_is_a_permutation_of_itself():
    hosts = [str(host) for host in ip_network("203.0.113.0/24")]
    made = [PREFIXES.text(host) for host in hosts]
    assert sorted(made, key=ip_address) == hosts
    assert made != hosts


def shared(one, other):
    bits = len(one) * 8
    return bits - (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_length()


@given(st.binary(min_size=4, max_size=4), st.binary(min_size=4, max_size=4), st.integers(0, 31))
def test_prefixes_are_preserved_and_kinds_too(one, other, length):
    number = int.from_bytes(one, "big")
    near = (number ^ (int.from_bytes(other, "big") >> length)).to_bytes(4, "big")
    made = PREFIXES.forward(one), PREFIXES.forward(near)
    assert shared(*made) == shared(one, near)
    assert PREFIXES.backward(made[0]) == one
    texts = texts_of([text_of(one), text_of(made[0])])
    kinds = kind_table().find(Parsed.of(texts))["kind"].to_pylist()
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize(
    ("one", "other"), [("2600:1f14::1", "2600:1f14::2"), ("fd12:1::5", "fd12:2::5"), ("3000::", "2fff::")]
)
def test_prefixes_of_ipv6_are_preserved(one, other):
    pair = packed(one), packed(other)
    made = [PREFIXES.forward(address) for address in pair]
    assert shared(*made) == shared(*pair)
    assert [PREFIXES.backward(address) for address in made] == list(pair)


@pytest.mark.parametrize("text", ["10.0.0.0/8", "10.0.1.0/24", "0.0.0.0/0", "2600:1f14::/36"])
def test_the_image_of_a_block_holds_the_images_of_its_hosts(text):
    network = ip_network(text)
    made = PREFIXES.block(network.network_address.packed, network.prefixlen)
    image = ip_network(f"{text_of(made)}/{network.prefixlen}")
    assert ip_address(PREFIXES.text(str(network[5]))) in image
    assert PREFIXES.block(made, network.prefixlen, backward=True) == network.network_address.packed


def test_an_ipv4_address_inside_of_ipv6_is_replaced_as_such():
    assert PREFIXES.forward(packed("::ffff:10.0.1.5"))[12:] == PREFIXES.forward(packed("10.0.1.5"))


def test_what_is_no_address_has_no_image():
    assert PREFIXES.text("10.0.0.300") is None
