from ipaddress import ip_address, ip_network

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.addresses.parsed import Parsed, block, block_given, packed, text_of, texts_of
from flowkit.errors import AddressError


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.0.0.0", bytes(4)),  # noqa: S104 - an address
        ("10.0.1.5", bytes([10, 0, 1, 5])),
        ("::", bytes(16)),
        ("2001:db8::1", bytes.fromhex("20010db8000000000000000000000001")),
        ("::ffff:a00:1", bytes.fromhex("00000000000000000000ffff0a000001")),
        *((text, None) for text in ("", "10.0.1", "10.0.1.256", "010.0.0.1", "10.0.0.1/32", "1::2::3", "fe80::1%eth0")),
        *((text, None) for text in ("eni-0", "1\0.2.3.4", "\u0661.2.3.4", "\udcff:")),
    ],
)
def test_packed(text, number):
    assert packed(text) == number


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("10.0.0.0/8", ("10.0.0.0", "10.255.255.255")),
        ("0.0.0.0/0", ("0.0.0.0", "255.255.255.255")),  # noqa: S104 - an address
        ("10.0.0.1", ("10.0.0.1", "10.0.0.1")),
        ("2001:db8::/127", ("2001:db8::", "2001:db8::1")),
        *((text, None) for text in ("10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8")),
        *((text, None) for text in ("10.0.0.0/8/8", "::/129", "10.0.0.0/255.0.0.0", "/8", "10.0.0.0/\u0668")),
    ],
)
def test_block(text, ends):
    assert block(text) == (ends and tuple(map(packed, ends)))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("10.0.1.5/24", "names a host and a block at once. Did you mean 10.0.1.0/24?"),
        ("here", "inside is an address or a CIDR block such as 10.0.0.0/16, not 'here'."),
        ("fe80::1%eth0", "not 'fe80::1%eth0'."),
        (None, "not None."),
    ],
)
def test_a_block_that_is_none_is_told(text, told):
    with pytest.raises(AddressError) as caught:
        block_given(text, "inside")
    assert told in str(caught.value)


@given(st.lists(st.one_of(st.ip_addresses().map(str), st.none(), st.text(max_size=9)), max_size=20))
def test_every_address_is_found_again_where_it_was(texts):
    parsed = Parsed.of(texts_of(pa.array(texts, pa.string())))
    found = [None] * parsed.count
    for n, number in zip(parsed.ipv4_at.tolist(), parsed.ipv4.tolist(), strict=True):
        found[n] = number.to_bytes(4, "big")
    for n, number in zip(parsed.ipv6_at.tolist(), parsed.ipv6.tolist(), strict=True):
        found[n] = number.ljust(16, b"\0")
    assert found == [None if text is None else packed(text) for text in texts]
    assert parsed.ipv4.tolist() == sorted(parsed.ipv4.tolist())


@given(st.ip_addresses())
def test_the_text_of_an_address_leads_back_to_it(address):
    assert ip_address(text_of(address.packed)) == address


def test_the_text_of_an_ipv6_address_never_holds_an_ipv4_address():
    assert text_of(packed("::ffff:10.0.0.1")) == "::ffff:a00:1"
    assert text_of(packed("::10.0.0.1")) == "::a00:1"
    assert text_of(packed("2001:db8:0:0:1::")) == "2001:db8:0:0:1::"


@given(st.ip_addresses(v=6), st.integers(0, 128))
def test_a_block_has_the_ends_that_python_says(address, length):
    network = ip_network((address, length), strict=False)
    assert block(str(network)) == (network.network_address.packed, network.broadcast_address.packed)


@pytest.mark.parametrize(
    "given_as",
    [
        list,
        tuple,
        iter,
        pa.array,
        pd.Series,
        lambda texts: pd.Series(texts).to_numpy(),
        lambda texts: pa.chunked_array([texts[:1], texts[1:]]),
        lambda texts: pa.array(texts).dictionary_encode(),
        lambda texts: pa.array(texts, pa.large_string()),
        lambda texts: pa.array(texts, pa.string_view()),
    ],
)
def test_addresses_come_in_any_container(given_as):
    texts = ["10.0.0.1", None, "::1"]
    found = texts_of(given_as(texts))
    assert (found.type, found.to_pylist()) == (pa.string(), texts)


@pytest.mark.parametrize("given_as", [[], [None], pa.nulls(2)])
def test_no_addresses_are_addresses_too(given_as):
    assert texts_of(given_as).type == pa.string()


@pytest.mark.parametrize("given_as", ["10.0.0.1", [1, 2], [["10.0.0.1"]], ["10.0.0.1", 5], 7, [object()]])
def test_what_is_no_text_is_refused(given_as):
    with pytest.raises(AddressError, match=r"Give|Write"):
        texts_of(given_as)
