from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.addresses.parsed import Parsed, packed, texts_of
from flowkit.addresses.tables import RangeTable


def parsed(*texts):
    return Parsed.of(texts_of(pa.array(texts, pa.string())))


def ends(blocks):
    networks = [ip_network(block) for block in blocks]
    return [n.network_address.packed for n in networks], [n.broadcast_address.packed for n in networks]


def table(blocks, **options):
    return RangeTable.of(*ends(blocks), pa.table({"block": blocks}), **options)


NESTED = [
    "10.0.0.0/8",
    "10.1.0.0/16",
    "10.1.2.0/24",
    "0.0.0.0/0",
    "255.255.255.255/32",
    "::/0",
    "fd00::/8",
    "fd00::1/128",
]


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("10.0.0.0", "10.0.0.0/8"),
        ("10.0.255.255", "10.0.0.0/8"),
        ("10.1.0.0", "10.1.0.0/16"),
        ("10.1.2.255", "10.1.2.0/24"),
        ("10.1.3.0", "10.1.0.0/16"),
        ("11.0.0.0", "0.0.0.0/0"),
        ("255.255.255.255", "255.255.255.255/32"),
        ("::", "::/0"),
        ("fd00::", "fd00::/8"),
        ("fd00::1", "fd00::1/128"),
        ("fd00::2", "fd00::/8"),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"),
        (None, None),
        ("nowhere", None),
    ],
)
def test_the_longest_prefix_counts(address, found):
    assert table(NESTED).find(parsed(address))["block"].to_pylist() == [found]


def _networks(version, most):
    """Return blocks that nest and meet often: a few high bits vary, and the ends of all space."""
    whole = 2**most - 1
    starts = st.one_of(st.integers(0, whole), st.integers(0, 15).map(lambda n: n << most - 4), st.just(whole))
    make = IPv4Address if version == 4 else IPv6Address
    return st.tuples(starts, st.integers(0, most)).map(lambda item: ip_network((make(item[0]), item[1]), strict=False))


NETWORKS = st.lists(st.one_of(_networks(4, 32), _networks(6, 128)), unique=True, max_size=25)


@given(NETWORKS, st.lists(st.ip_addresses(), max_size=10))
def test_a_lookup_equals_a_loop_over_all_blocks(networks, addresses):
    blocks = [str(network) for network in networks]
    asked = [*addresses, *(ip_address(n[0]) for n in networks), *(ip_address(n[-1]) for n in networks)]
    expected = [
        max((n for n in networks if n.version == a.version and a in n), key=lambda n: n.prefixlen, default=None)
        for a in asked
    ]
    found = table(blocks).find(parsed(*map(str, asked)))["block"].to_pylist()
    assert found == [None if network is None else str(network) for network in expected]


@given(NETWORKS, st.lists(st.ip_addresses(), max_size=5))
def test_joining_gives_all_blocks_the_narrowest_first(networks, addresses):
    blocks = [str(network) for network in networks]
    asked = [*addresses, *(ip_address(n[0]) for n in networks)]
    holding = [
        sorted((n for n in networks if n.version == a.version and a in n), key=lambda n: -n.prefixlen) for a in asked
    ]
    joining = RangeTable.joining("blocks", *ends(blocks), blocks)
    found = joining.find(parsed(*map(str, asked)))["blocks"].to_pylist()
    assert found == [", ".join(map(str, several)) or None for several in holding]


@pytest.mark.parametrize(("address", "row"), [("10.0.0.0", 0), ("10.0.0.4", 1), ("10.0.0.5", 1), ("10.0.0.6", -1)])
def test_of_ranges_that_cross_the_narrower_counts(address, row):
    first, last = [packed("10.0.0.0"), packed("10.0.0.4")], [packed("10.0.0.4"), packed("10.0.0.5")]
    assert RangeTable.of(first, last, pa.table({})).rows(parsed(address)).tolist() == [row]


def test_of_equal_ranges_the_last_counts():
    assert table(["10.0.0.0/8", "11.0.0.0/8", "10.0.0.0/8"]).rows(parsed("10.0.0.1")).tolist() == [2]


def test_a_level_counts_before_the_width():
    found = table(["10.0.0.0/8", "10.1.0.0/16"], level=[1, 0]).rows(parsed("10.1.0.1"))
    assert found.tolist() == [0]


def test_a_text_is_joined_once():
    first, last = ends(["10.0.0.0/8", "10.0.0.0/16"])
    found = RangeTable.joining("labels", first, last, ["a", "a"]).find(parsed("10.0.0.1"))
    assert found["labels"].to_pylist() == ["a"]


def test_an_empty_table_holds_nothing():
    empty = RangeTable.of([], [], pa.table({"block": pa.array([], pa.string())}))
    assert empty.find(parsed("10.0.0.1", "::1"))["block"].to_pylist() == [None, None]
    assert empty.covers(parsed("10.0.0.1")).tolist() == [False]
    assert RangeTable.joining("a", [], [], []).find(parsed("::1"))["a"].to_pylist() == [None]
