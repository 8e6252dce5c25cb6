import gzip
import json
import os
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.addresses.lists import labels_of, listed_of, read_list
from flowkit.addresses.parsed import Parsed, text_of
from flowkit.errors import AddressError, FlowkitError


@pytest.fixture
def read(tmp_path):
    def read(content, name="given.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_list(path)

    return read


def entries(found):
    return [(text_of(entry.first), text_of(entry.last), entry.text) for entry in found.entries]


def account(found):
    return found.lines, found.used, found.refused, found.ignored


DATABASE = ("10.0.0.0", "10.0.0.255", "database")


@pytest.mark.parametrize(
    "text",
    [
        "database,10.0.0.0/24\n",
        "label,cidr\ndatabase,10.0.0.0/24\n",
        "CIDR,Label\n10.0.0.0/24,database\n",
        "owner, network, name\nme, 10.0.0.0/24, database\n",
        '# ours\n\n"database" , "10.0.0.0/24"\n',
        "label,cidr\r\ndatabase,10.0.0.0/24\r\n",
        "\ufefflabel,cidr\ndatabase,10.0.0.0/24",
        "label,cidr\ndatabase,10.0.0.0/24".encode("utf-16"),
        gzip.compress(b"label,cidr\ndatabase,10.0.0.0/24", mtime=0),
    ],
)
def test_labels(read, text):
    found = read(text)
    assert (found.labelling, entries(found), found.refused) == (True, [DATABASE], 0)


def test_a_label_may_have_a_comma(read):
    assert read('"web, public",10.0.0.0/24\n').entries[0].text == "web, public"


@pytest.mark.parametrize(
    "text",
    [
        "203.0.113.7\n",
        "# feed\n203.0.113.7\t8\n",
        "203.0.113.7 # seen twice\n",
        "203.0.113.7,2026-01-01,scanner\n",
        " 203.0.113.7;x\n",
        "203.0.113.7/32",
        "ip,count\n203.0.113.7,5\n",
    ],
)
def test_bad_addresses(read, text):
    found = read(text, "feed.txt")
    assert (found.labelling, entries(found)) == (False, [("203.0.113.7", "203.0.113.7", "feed.txt")])


def test_lines_are_all_accounted_for(read):
    found = read("# feed\n\n203.0.113.7\n203.0.113.300\n10.0.0.1/24\n2001:db8::/32 x\nevil.example\n")
    assert account(found) == (7, 2, 3, 2)
    assert found.examples == ("line 4: 203.0.113.300", "line 5: 10.0.0.1/24", "line 7: evil.example")
    assert str(found) == ("given.txt, bad addresses: 2 entries used, 3 refused (first: line 4: 203.0.113.300)")


def test_a_label_that_is_missing_is_refused(read):
    assert account(read('label,cidr\n,10.0.0.0/24\nweb,10.0.1.0/24\nweb\n"web,10.0.0.0/24\n')) == (5, 1, 3, 1)


def test_an_empty_list_is_a_list(read):
    assert account(read("# nothing today\n")) == (1, 0, 0, 1)


@pytest.mark.parametrize("text", ["evil.example\n", "Dear all,\nplease find the list attached\n", b"\x89PNG\r\n\x1a\n"])
def test_a_file_in_which_nothing_is_understood(read, text):
    with pytest.raises(AddressError, match=r"no entry that can be used.*Write an address or CIDR block per line"):
        read(text)


def indicator(pattern, **fields):
    return {"type": "indicator", "id": "indicator--1", "pattern_type": "stix", "pattern": pattern} | fields


def bundle(*indicators):
    objects = [{"type": "identity", "name": "us"}, *indicators]
    return json.dumps({"type": "bundle", "id": "bundle--1", "objects": objects})


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("[ipv4-addr:value = '203.0.113.7']", ["203.0.113.7"]),
        ("[ipv4-addr:value='203.0.113.0/30']", ["203.0.113.0"]),
        ("[ipv6-addr:value = '2001:db8::1']", ["2001:db8::1"]),
        ("[ipv4-addr:value ISSUBSET '203.0.113.0/24']", ["203.0.113.0"]),
        ("[ipv4-addr:value IN ('203.0.113.7', '203.0.113.9')]", ["203.0.113.7", "203.0.113.9"]),
        ("[ipv4-addr:value = '203.0.113.7' OR ipv6-addr:value = '2001:db8::1']", ["203.0.113.7", "2001:db8::1"]),
        ("[ipv4-addr:value = '203.0.113.7'] OR [ipv4-addr:value = '203.0.113.9']", ["203.0.113.7", "203.0.113.9"]),
        ("[domain-name:value = 'x.example' OR (ipv4-addr:value = '203.0.113.7')]", ["203.0.113.7"]),
    ],
)
def test_stix_patterns(read, pattern, found):
    feed = read(bundle(indicator(pattern)), "feed.json")
    assert [first for first, _, _ in entries(feed)] == found
    assert (feed.refused, feed.ignored, feed.labelling) == (0, 0, False)
    assert {entry.text for entry in feed.entries} == {"feed.json"}


@pytest.mark.parametrize(
    "pattern",
    [
        "[ipv4-addr:value = '203.0.113.7' AND domain-name:value = 'x.example']",
        "[ipv4-addr:value = '203.0.113.7'] FOLLOWEDBY [ipv4-addr:value = '203.0.113.9']",
        "[ipv4-addr:value != '203.0.113.7']",
        "[ipv4-addr:value NOT = '203.0.113.7']",
        "[NOT ipv4-addr:value = '203.0.113.7']",
        "[ipv4-addr:value LIKE '203.0.113.%']",
        "[ipv4-addr:value = '203.0.113.300']",
        "[ipv4-addr:value = 203]",
        "[ipv4-addr:belongs_to_refs[*].number = 64496]",
        "nonsense",
        "",
        None,
    ],
)
def test_stix_patterns_that_an_address_alone_does_not_meet(read, pattern):
    feed = read(bundle(indicator(pattern), indicator("[ipv4-addr:value = '203.0.113.1']")))
    assert account(feed) == (2, 1, 1, 0)
    assert feed.examples == (f"indicator--1: {pattern}",)


def test_stix_indicators_of_other_things_are_counted(read):
    feed = read(
        bundle(
            indicator("[domain-name:value = 'x.example']"),
            indicator("[file:hashes.'SHA-256' = 'aa' AND file:name = 'x']"),
            indicator("alert tcp any any", pattern_type="snort"),
            indicator("[ipv4-addr:value = '203.0.113.1']"),
        )
    )
    assert account(feed) == (4, 1, 0, 3)
    assert feed.notes == ("observables that are no addresses: domain-name 1, file 2, snort rules 1",)


def test_stix_indicators_that_are_over_are_listed_with_a_note(read):
    feed = read(
        bundle(
            indicator("[ipv4-addr:value = '203.0.113.1']", revoked=True, valid_until="2020-01-01T00:00:00Z"),
            indicator("[ipv4-addr:value = '203.0.113.2']", valid_until="2020-01-01T00:00:00Z"),
        ),
        "feed.json",
    )
    assert [entry.text for entry in feed.entries] == ["feed.json (revoked)", "feed.json (valid until 2020-01-01)"]
    assert feed.notes == ("1 indicators revoked", "1 indicators valid until 2020-01-01")


@pytest.mark.parametrize("text", ["{", '{"type": "report"}', '{"type": "bundle", "objects": 1}', '{"a":' * 99_999])
def test_json_that_is_no_bundle(read, text):
    with pytest.raises(AddressError, match=r"(Fetch it again|Export the indicators as a STIX 2.1 bundle)\.$"):
        read(text)


def test_tables_join_what_several_lists_say(read):
    lists = [
        read("corp,10.0.0.0/8\nweb,10.0.0.0/24\n", "a.csv"),
        read("frontend,10.0.0.5\n", "b.csv"),
        read("203.0.113.0/24\n10.0.0.5\n", "bad.txt"),
        read("203.0.113.7\n", "worse.txt"),
    ]
    asked = Parsed.of(pa.array(["10.0.0.5", "10.9.0.1", "203.0.113.7", "::1"]))
    assert labels_of(lists).find(asked)["labels"].to_pylist() == ["frontend, web, corp", "corp", None, None]
    assert listed_of(lists).find(asked)["listed"].to_pylist() == ["bad.txt", None, "worse.txt, bad.txt", None]


WORDS = st.sampled_from(
    [b"10.0.0.1", b"::1/128", b"label,cidr\n", b"\n", b",", b'"', b"#", b"{", b"[]", b"\x1f\x8b", b"\xff\xfe"]
)


@given(st.one_of(st.binary(max_size=200), st.lists(st.one_of(WORDS, st.binary(max_size=3)), max_size=20).map(b"".join)))
def test_any_bytes_are_counted_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any-list"
    path.write_bytes(content)
    try:
        found = read_list(path)
    except FlowkitError:
        return
    assert found.lines == found.used + found.refused + found.ignored


@given(st.text(max_size=80))
def test_any_pattern_is_counted_or_refused(tmp_path_factory, pattern):
    path = tmp_path_factory.getbasetemp() / "any-bundle"
    path.write_text(bundle(indicator(pattern), indicator("[ipv4-addr:value = '203.0.113.1']")))
    found = read_list(path)
    assert found.lines == 2 <= found.used + found.refused + found.ignored


@pytest.mark.parametrize("name", ["missing", "", "x" * 5000, "nul\0byte", "~nosuchuser/list"])
def test_a_file_that_cannot_be_read(tmp_path, name):
    with pytest.raises(AddressError, match=r"(Check the path|Write the path in full)\.$"):
        read_list(name if name.startswith("~") else tmp_path / name)


@pytest.mark.reference_data
def test_a_public_list():
    found = read_list(Path(os.environ["FLOWKIT_REFERENCE_DATA"]) / "lists" / "ipsum-level3plus.txt.gz")
    assert (found.labelling, found.refused) == (False, 0)
    assert found.used > 14_000
