import gzip
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.addresses import mmdb
from flowkit.addresses.databases import read_database
from flowkit.addresses.parsed import Parsed
from flowkit.errors import AddressError, FlowkitError


@pytest.fixture
def read(tmp_path):
    def read(content, name="given.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_database(path)

    return read


def find(database, *texts):
    return database.finder.find(Parsed.of(pa.array(texts, pa.string()))).to_pylist()


@pytest.mark.parametrize(
    "text",
    [
        "1.0.0.0,1.0.0.255,AU\n",
        "1.0.0.0/24,AU\n",
        "first,last,country\n1.0.0.0,1.0.0.255,au\n",
        "start_ip,end_ip,join_key,country\n1.0.0.0,1.0.0.255,1.0.0.0,AU\n",
        "network,country_iso_code\n1.0.0.0/24,AU\n",
        '"1.0.0.0","1.0.0.255","AU"\n',
        "# countries\n\n1.0.0.0 , 1.0.0.255 , AU , Australia\r\n",
        gzip.compress(b"1.0.0.0,1.0.0.255,AU", mtime=0),
    ],
)
def test_countries(read, text):
    database = read(text)
    assert find(database, "1.0.0.255", "1.0.1.0") == [{"country": "AU"}, {"country": None}]
    assert (database.used, database.refused) == (1, 0)


@pytest.mark.parametrize(
    "text",
    [
        '2001:db8::,2001:db8::f,64496,"Example, Inc."\n',
        '2001:db8::/124,AS64496,"Example, Inc."\n',
        '2001:db8::/124,"64496","Example, Inc."\n',
        'network,autonomous_system_number,autonomous_system_organization\n2001:db8::/124,64496,"Example, Inc."\n',
        'first,last,name,asn\n2001:db8::,2001:db8::f,"Example, Inc.",64496\n',
    ],
)
def test_autonomous_systems(read, text):
    found = find(read(text), "2001:db8::f", "2001:db8::10")
    assert found == [{"asn": 64496, "as_name": "Example, Inc."}, {"asn": None, "as_name": None}]


@pytest.mark.parametrize("text", ["1.0.0.0,1.0.0.255,64496\n", "1.0.0.0/24,64496,\n"])
def test_an_autonomous_system_may_have_no_name(read, text):
    assert find(read(text), "1.0.0.1") == [{"asn": 64496, "as_name": None}]


def test_lines_are_all_accounted_for(read):
    lines = [
        "# countries",
        "1.0.0.0,1.0.0.255,AU",
        "1.0.1.0,1.0.0.0,AU",
        "1.0.2.0,::1,AU",
        "1.0.2.0,1.0.2.255,Australia",
    ]
    lines += ["", "1.0.3.0,1.0.3.255,-", "1.0.4.0", '1.0.5.0,1.0.5.255,"AU', "2001:db8::,2001:db8::f,NZ"]
    database = read("\n".join(lines))
    assert (database.lines, database.used, database.refused, database.ignored) == (10, 2, 5, 3)
    assert database.examples[0] == "line 3: 1.0.1.0,1.0.0.0,AU"
    assert str(database) == "given.csv: 2 ranges used, 5 lines refused (first: line 3: 1.0.1.0,1.0.0.0,AU)"
    found = find(database, "1.0.0.1", "1.0.2.1", "1.0.3.1", "2001:db8::1")
    assert [row["country"] for row in found] == ["AU", None, None, "NZ"]


def test_an_unclosed_quote_ends_with_its_line(read):
    database = read('1.0.0.0,1.0.0.255,1,"a\n1.0.1.0,1.0.1.255,2,b\n1.0.2.0,1.0.2.255,3,"c"\n1.0.3.0,1.0.3.255,4,"\n')
    assert (database.used, database.refused) == (2, 2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "name,price\na,1\n",
        "1.0.0.0,1.0.0.255\n",
        "1.0.0.0/24,somewhere\n",
        "network,geoname_id\n1.0.0.0/24,x\n",
        "country\n1.0.0.0\n",
        "first,last,country\n1.0.0.9,1.0.0.0,AU\n",
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_a_file_that_is_no_database(read, text):
    with pytest.raises(AddressError, match=r"no database of countries .* or an \.mmdb file\."):
        read(text)


CELLS = st.sampled_from(["1.0.0.0", "1.0.0.255", "1.0.0.0/24", "::", "AU", "64496", "", '"', '"x"', "country", "asn"])
ROWS = st.lists(st.lists(CELLS, max_size=4).map(",".join), max_size=8).map(lambda rows: "\n".join(rows).encode())


@given(st.one_of(ROWS, st.binary(max_size=200)))
def test_any_bytes_are_counted_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any-database"
    path.write_bytes(content)
    try:
        found = read_database(path)
    except FlowkitError:
        return
    assert found.lines == found.used + found.refused + found.ignored


RECORDS = {
    "1.0.0.1": {"country": {"iso_code": "AU"}, "registered_country": {"iso_code": "US"}},
    "1.0.0.2": {"registered_country": {"iso_code": "US"}},
    "1.0.0.3": {"country_code": "NZ", "asn": "AS64497", "as_name": "Other"},
    "1.0.0.4": {"autonomous_system_number": 64496, "autonomous_system_organization": "Example"},
    "1.0.0.5": ["neither"],
    "1.0.0.6": {"country": {}, "asn": None, "name": 5},
    "2001:db8::1": {"country": "CK"},
    "::ffff:100:1": {"country": "AU"},
}


READER = SimpleNamespace(get=RECORDS.get)


@pytest.mark.parametrize(
    ("address", "country", "asn", "name"),
    [
        ("1.0.0.1", "AU", None, None),
        ("1.0.0.2", "US", None, None),
        ("1.0.0.3", "NZ", 64497, "Other"),
        ("1.0.0.4", None, 64496, "Example"),
        ("1.0.0.5", None, None, None),
        ("1.0.0.6", None, None, None),
        ("1.0.0.9", None, None, None),
        ("2001:db8::1", "CK", None, None),
        ("::ffff:100:1", None, None, None),
        (None, None, None, None),
    ],
)
def test_what_a_maxmind_record_says(address, country, asn, name):
    found = mmdb.Mmdb(READER, "x.mmdb").find(Parsed.of(pa.array([address], pa.string())))
    assert found.to_pylist() == [{"country": country, "asn": asn, "as_name": name}]


def test_an_ipv4_database_is_not_asked_for_ipv6():
    found = mmdb.Mmdb(READER, "x.mmdb", ipv6=False).find(Parsed.of(pa.array(["2001:db8::1", "1.0.0.1"])))
    assert found["country"].to_pylist() == [None, "AU"]
    assert mmdb.Mmdb(READER, "x.mmdb").find(Parsed.of(pa.array([], pa.string()))).num_rows == 0


def test_a_database_damaged_within_is_told():
    def get(_):
        raise ValueError("unexpected type")

    damaged = mmdb.Mmdb(SimpleNamespace(get=get), "x.mmdb")
    with pytest.raises(AddressError, match=r"x.mmdb is damaged \(unexpected type\). Fetch it again."):
        damaged.find(Parsed.of(pa.array(["1.0.0.1"])))


def _encoded(value):
    """Return a value as the MaxMind DB format has it: a byte of type and size, then the content."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, dict):
        items = (part for item in value.items() for part in item)
        return bytes([0xE0 + len(value)]) + b"".join(map(_encoded, items))
    if isinstance(value, str):
        return bytes([0x40 + len(value)]) + value.encode()
    return b"\xa2" + value.to_bytes(2, "big")


def _mmdb(record):
    """Return a database that has one record, for 1.0.0.0/8."""
    bits = f"{1:08b}"
    nothing, data = len(bits), len(bits) + 16
    nexts = [n + 1 if n + 1 < len(bits) else data for n in range(len(bits))]
    pairs = [(after, nothing) if bit == "0" else (nothing, after) for bit, after in zip(bits, nexts, strict=True)]
    tree = b"".join(side.to_bytes(3, "big") for pair in pairs for side in pair)
    about = {"node_count": b"\xc1" + bytes([len(bits)]), "record_size": 24, "ip_version": 4, "database_type": "Test"}
    about |= {"binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": b"\x01\x02\x01"}
    about |= {"languages": b"\x00\x04", "description": {}}
    return tree + bytes(16) + _encoded(record) + b"\xab\xcd\xefMaxMind.com" + _encoded(about)


def test_a_maxmind_file_without_its_library(read, monkeypatch):
    monkeypatch.setitem(sys.modules, "maxminddb", None)
    with pytest.raises(AddressError, match=r'pip install "vpc-flowkit\[geo\]"\.$'):
        read(_mmdb({"country": "AU"}), "x.mmdb")


def test_a_maxmind_file(read):
    pytest.importorskip("maxminddb")
    database = read(_mmdb({"country": {"iso_code": "AU"}, "autonomous_system_number": 64496}), "x.mmdb")
    assert find(database, "1.2.3.4", "2.0.0.1", "2001:db8::1") == [
        {"country": "AU", "asn": 64496, "as_name": None},
        {"country": None, "asn": None, "as_name": None},
        {"country": None, "asn": None, "as_name": None},
    ]
    assert str(database) == "x.mmdb"


def test_a_damaged_maxmind_file(read):
    pytest.importorskip("maxminddb")
    with pytest.raises(AddressError, match="is no whole MaxMind DB"):
        read(b"\xab\xcd\xefMaxMind.com" + b"\xff" * 9, "x.mmdb")


@pytest.mark.reference_data
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "address", "fact"),
    [
        ("ip-location-db-asn-country-ipv4.csv.gz", "1.0.0.1", {"country": "AU"}),
        ("ip-location-db-asn-country-ipv6.csv.gz", "2001:200::1", {"country": "JP"}),
        ("ip-location-db-asn-ipv4.csv.gz", "1.0.0.1", {"asn": 13335, "as_name": "Cloudflare, Inc."}),
    ],
)
def test_public_databases(name, address, fact):
    database = read_database(Path(os.environ["FLOWKIT_REFERENCE_DATA"]) / "lists" / name)
    assert (database.refused, database.used) == (0, database.lines)
    assert find(database, address) == [fact]
