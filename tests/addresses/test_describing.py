from ipaddress import ip_network

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit import addresses
from flowkit.addresses import Knowledge, block_of, facts, knowledge, subnet_of
from flowkit.errors import AddressError

COLUMNS = ["address", "kind", "provided", "place", "aws_service", "aws_region", "country", "asn", "as_name", "labels", "listed"]  # fmt: skip # noqa: E501 - a list of names


@pytest.fixture(autouse=True)
def _no_own_ranges(tmp_path, monkeypatch):
    monkeypatch.setenv("FLOWKIT_RANGES", str(tmp_path / "none"))


def places(texts, held=(), **options):
    return facts(texts, knowledge(**options), held=frozenset(held))["place"].to_pylist()


def test_the_names():
    assert addresses.__all__ == sorted(addresses.__all__)
    assert all(hasattr(addresses, name) for name in addresses.__all__)


ASKED = ["10.0.0.5", "10.9.0.5", "203.0.113.7", "169.254.169.254", "224.0.0.1", "100.64.0.1", "::ffff:a00:5", None, "x"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["unknown", "unknown", "outside", "inside", "unknown", "unknown", "unknown", None, None]),
        (
            {"held": ["10.0.0.5", "203.0.113.7", "224.0.0.1"]},
            ["inside", "unknown", "inside", "inside", "unknown", "unknown", "unknown", None, None],
        ),
        (
            {"vpc_cidrs": [("vpc-1", "10.0.0.0/16")], "held": ["10.9.0.5"]},
            ["inside", "inside", "outside", "inside", "unknown", "unknown", "unknown", None, None],
        ),
        (
            {"inside": "10.9.0.0/16", "vpc_cidrs": [("vpc-1", "10.0.0.0/16")], "held": ["10.0.0.5"]},
            ["unknown", "inside", "outside", "inside", "unknown", "unknown", "unknown", None, None],
        ),
        (
            {"inside": ["0.0.0.0/0"]},
            ["inside", "inside", "inside", "inside", "inside", "inside", "unknown", None, None],
        ),
    ],
)
def test_place(options, expected):
    assert places(ASKED, **options) == expected


@pytest.fixture
def known(tmp_path):
    """Return knowledge from one small file of each sort."""
    files = {
        "countries.csv": "203.0.113.0,203.0.113.255,AU\n",
        "more.csv": "203.0.113.0/24,NZ\n198.51.100.0/24,NZ\n",
        "systems.csv": "203.0.113.0,203.0.113.255,64496\n",
        "named.csv": '203.0.113.0/24,64497,"Other"\n198.51.100.0/24,64498,"Third"\n',
        "labels.csv": "web,10.0.0.0/24\n",
        "bad.txt": "203.0.113.7\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    databases = [tmp_path / name for name in ("countries.csv", "more.csv", "systems.csv", "named.csv")]
    return knowledge(databases=databases, lists=[tmp_path / "labels.csv", str(tmp_path / "bad.txt")])


def test_facts(known):
    table = facts(["203.0.113.7", "10.0.0.5", None, "198.51.100.1", "203.0.113.7", "x"], known)
    nothing = dict.fromkeys(COLUMNS)
    listed = nothing | {"address": "203.0.113.7", "kind": "documentation", "place": "outside"}
    listed |= {"country": "AU", "asn": 64496, "listed": "bad.txt"}
    shipped = {"aws_service": None, "aws_region": None}
    assert table.column_names == COLUMNS
    assert [row | shipped for row in table.to_pylist()] == [
        listed,  # the first database that knows it; no name from another one
        nothing | {"address": "10.0.0.5", "kind": "private", "place": "unknown", "labels": "web"},
        nothing,
        nothing
        | {"address": "198.51.100.1", "kind": "documentation", "place": "outside"}
        | {"country": "NZ", "asn": 64498, "as_name": "Third"},
        listed,
        nothing | {"address": "x"},
    ]


def test_columns_have_their_types_even_where_empty():
    types = {name: pa.int64() if name == "asn" else pa.string() for name in COLUMNS}
    for given_as in ([], [None], ["10.0.0.1"]):
        table = facts(given_as, Knowledge())
        assert dict(zip(table.column_names, table.schema.types, strict=True)) == types
        assert table.num_rows == len(given_as)


def test_what_amazon_provides():
    known = knowledge(vpc_cidrs=[("vpc-1", "10.0.0.0/16")], subnet_cidrs=[("subnet-1", "10.0.4.0/24")])
    found = facts(["10.0.0.2", "10.0.4.1", "10.0.4.9"], known)
    assert found["provided"].to_pylist() == ["DNS resolver", "VPC router", None]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"inside": []}, "inside is empty"),
        ({"inside": "10.0.0.1/8"}, "Did you mean 10.0.0.0/8?"),
        ({"inside": ["10.0.0.0/8", "home"]}, "not 'home'"),
        ({"vpc_cidrs": [("vpc-1", "10.0.0.0")], "subnet_cidrs": [("subnet-1", "x")]}, "a subnet's CIDR is"),
        ({"vpc_cidrs": [("vpc-1", None)]}, "a VPC's CIDR is"),
        ({"lists": "/nowhere"}, "/nowhere cannot be read"),
        ({"databases": ["/nowhere"]}, "/nowhere cannot be read"),
    ],
)
def test_what_cannot_be_known_is_told(options, told):
    with pytest.raises(AddressError) as caught:
        knowledge(**options)
    assert told in str(caught.value)


SUBNETS = [("subnet-a", "10.0.0.0/16"), ("subnet-b", "10.0.1.0/24"), ("subnet-c", "2001:db8::/64")]


@pytest.mark.parametrize(
    ("address", "subnet"),
    [("10.0.1.5", "subnet-b"), ("10.0.2.5", "subnet-a"), ("2001:db8::1", "subnet-c"), ("8.8.8.8", None), (None, None)],
)
def test_subnet_of(address, subnet):
    assert subnet_of([address], SUBNETS).to_pylist() == [subnet]


def test_subnet_of_no_subnets():
    assert subnet_of(["10.0.0.1"], []).to_pylist() == [None]


@given(st.lists(st.ip_addresses(), max_size=20), st.integers(0, 32), st.integers(0, 128))
def test_block_of(asked, ipv4_length, ipv6_length):
    found = block_of(list(map(str, asked)), ipv4_length, ipv6_length).to_pylist()
    lengths = {4: ipv4_length, 6: ipv6_length}
    assert list(map(ip_network, found)) == [ip_network((a, lengths[a.version]), strict=False) for a in asked]


def test_block_of_texts():
    texts = ["203.0.113.7", "2001:db8:1:2::3", None, "x", "203.0.113.9", "::ffff:a00:1"]
    expected = ["203.0.113.0/24", "2001:db8:1::/48", None, None, "203.0.113.0/24", "::/48"]
    assert block_of(texts, 24, 48).to_pylist() == expected


@pytest.mark.parametrize("lengths", [(33, 64), (-1, 64), (24, 129), ("24", 64), (True, 64)])
def test_a_length_that_is_none(lengths):
    with pytest.raises(AddressError, match="is a number from 0 to"):
        block_of([], *lengths)
