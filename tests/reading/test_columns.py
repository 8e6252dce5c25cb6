"""What a column may hold: addresses in their one spelling, times, tags, and what is a record."""

import socket
from ipaddress import IPv6Address

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.formats import LogFormat
from flowkit.reading import columns
from flowkit.reading.columns import Addresses, Row, canonical_address


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("255.255.255.255", "255.255.255.255"),
        ("2001:db8:0:0:0:0:0:1", "2001:db8::1"),
        ("2001:0DB8::0001", "2001:db8::1"),
        ("fd00:0:0:1:0:0:0:2", "fd00:0:0:1::2"),
        ("::", "::"),
        ("::FFFF:10.0.0.1", "::ffff:a00:1"),
        ("64:ff9b::10.0.0.1", "64:ff9b::a00:1"),
        ("10.0.0.256", None),
        ("10.0.0", None),
        ("10.0.0.1.2", None),
        ("010.0.0.1", None),
        ("10.0.0.1/32", None),
        ("fe80::1%eth0", None),
        ("1:2:3:4:5:6:7:8:9", None),
        (":::", None),
        ("10.0.0.1\0", None),
        ("\u0661\u0660.0.0.1", None),
        ("", None),
        ("-", None),
    ],
)
def test_an_address_has_one_spelling(address, canonical):
    assert canonical_address(address) == canonical


@given(st.one_of(st.ip_addresses().map(str), st.text(max_size=12), st.from_regex(r"[0-9a-f:.]{0,20}", fullmatch=True)))
def test_whole_columns_and_single_addresses_are_judged_alike(address):
    one = canonical_address(address)
    assert Addresses().all_valid(pa.chunked_array([[address, None]])) == (one is not None)
    if one is not None and ":" in one:
        assert socket.inet_pton(socket.AF_INET6, one) == IPv6Address(address).packed
        assert canonical_address(one) == one


def test_addresses_are_remembered_but_not_for_ever(monkeypatch):
    monkeypatch.setattr(columns, "_MOST_REMEMBERED", 3)
    addresses = Addresses()
    assert [addresses.canonical(f"::{n:04x}") for n in range(8)] == [str(IPv6Address(n)) for n in range(8)]


def table(**values) -> tuple[pa.Table, LogFormat]:
    log_format = LogFormat(tuple(values))
    schema = columns.schema(log_format)
    return pa.table(
        {name: pa.chunked_array([pa.array(v, schema.field(name).type)]) for name, v in values.items()}
    ), log_format


SOUND = [
    ({"srcaddr": ["10.0.0.1", None]}, True),
    ({"srcaddr": ["10.0.0.1", "x"]}, False),
    ({"srcaddr": [None, None]}, True),
    ({"srcport": [0, 65535]}, True),
    ({"srcport": [65536]}, False),
    ({"protocol": [-1]}, False),
    ({"bytes": [2**50]}, True),
    ({"packets": [2**50 + 1]}, False),
    ({"start": [1418530010], "end": [1418529890]}, True),  # each may be 60 s off
    ({"start": [1418530010], "end": [1418529889]}, False),
    ({"start": [1418530010000], "end": [1418530070]}, True),  # milliseconds beside seconds
    ({"start": [1418530010, None], "end": [None, 5]}, True),
    ({"start": [2**31 * 1000]}, False),
    ({"action": ["ACCEPT", "REJECT", None]}, True),
    ({"action": ["accept"]}, False),
    ({"log_status": ["OK", "NODATA", "SKIPDATA", None]}, True),
    ({"log_status": [""]}, False),
    ({"vpc_id": ["vpc-1", "vpc-id"]}, False),  # a header among the records
    ({"vpc_id": ["vpc-1", ""]}, False),
    ({"pkt_srcaddr": ["x"], "srcaddr": ["10.0.0.1"]}, False),
    ({"pkt_srcaddr": ["10.0.0.1"], "srcaddr": ["10.0.0.1"]}, True),
]


@pytest.mark.parametrize(("values", "sound"), SOUND)
def test_columns_are_judged_whole_and_row_by_row_alike(values, sound):
    rows, log_format = table(**values)
    assert columns.sound(rows, Addresses()) == sound
    row = Row(log_format, Addresses())
    tokens = [[None if v is None else str(v) for v in r.values()] for r in rows.to_pylist()]
    assert all(isinstance(row.values(t), list) for t in tokens) == sound


def test_times_become_utc_seconds_and_tags_are_decoded_once():
    rows, _ = table(
        start=[1418530010, 1418530010999, None],
        instance_tag=["%2D", "a%2520b", None],
        srcaddr=["::0:1", "10.0.0.1", None],
    )
    addresses = Addresses()
    assert columns.sound(rows, addresses)
    done = columns.finish(rows, addresses)
    assert done.column("start").cast(pa.int64()).to_pylist() == [1418530010, 1418530010, None]
    assert str(done.schema.field("start").type) == "timestamp[s, tz=UTC]"
    assert done.column("instance_tag").to_pylist() == ["-", "a%20b", None]
    assert done.column("srcaddr").to_pylist() == ["::1", "10.0.0.1", None]


@pytest.mark.parametrize(
    ("values", "records"),
    [
        ({"log_status": ["OK", "NODATA", "SKIPDATA"]}, [True, False, False]),
        ({"log_status": ["OK", None, None], "srcaddr": ["10.0.0.1", "10.0.0.1", None]}, [True, True, False]),
        ({"log_status": ["NODATA"], "srcaddr": ["10.0.0.1"]}, [False]),
        ({"srcaddr": ["10.0.0.1", None, None], "pkt_dstaddr": [None, "10.0.0.2", None]}, [True, True, False]),
        ({"vpc_id": ["vpc-1", None]}, True),
        ({"srcaddr": ["10.0.0.1", "10.0.0.2"]}, True),
    ],
)
def test_what_is_a_record(values, records):
    mask = columns.is_record(table(**values)[0])
    assert (mask if mask is True else mask.to_pylist()) == records
