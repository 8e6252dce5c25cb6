"""Scope: what it takes, what it selects in the engine, and how it reads as text and as code."""

from datetime import UTC, datetime, timedelta, timezone
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import ibis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.errors import MissingFieldError, ScopeError
from flowkit.reading.columns import canonical_address
from flowkit.scope import KEYS, Scope

EIGHT, NINE, TEN = (datetime(2026, 3, 10, hour, tzinfo=UTC) for hour in (8, 9, 10))
RECORDS = ibis.memtable(
    {
        "row": [0, 1, 2, 3, 4, 5],
        "start": [EIGHT, EIGHT, NINE - timedelta(seconds=1), NINE, NINE, TEN],
        "interface_id": ["eni-a", "eni-a", "eni-a", "eni-b", "eni-b", "eni-b"],
        "srcaddr": ["10.0.1.10", "10.0.2.20", "10.0.1.10", "2001:db8::1", "203.0.113.9", "::ffff:a00:10a"],
        "dstaddr": ["10.0.2.20", "10.0.1.10", "198.51.100.1", "2001:db8:0:1::2", "10.0.1.10", "2001:db8::"],
        "srcport": [40000, 5432, 40001, 50000, 6000, 0],
        "dstport": [5432, 40000, 443, 22, 5432, 0],
        "protocol": [6, 6, 17, 6, 6, 58],
        "action": ["ACCEPT", "ACCEPT", "ACCEPT", "REJECT", "REJECT", "ACCEPT"],
    }
)


def selected(scope: Scope, records=RECORDS) -> list[int]:
    terms = scope.filters(records)
    kept = records.filter(*terms) if terms else records
    return sorted(kept.row.to_pyarrow().to_pylist())


@pytest.mark.parametrize(
    ("keys", "rows"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"address": "10.0.1.10"}, [0, 1, 2, 4]),
        ({"srcaddr": "10.0.1.10"}, [0, 2]),
        ({"dstaddr": ["10.0.1.10", "198.51.100.1"]}, [1, 2, 4]),
        ({"address": "10.0.0.0/8"}, [0, 1, 2, 4]),
        ({"address": "0.0.0.0/0"}, [0, 1, 2, 4]),
        ({"address": "2001:db8::/64"}, [3, 5]),
        ({"address": "2001:db8::/48"}, [3, 5]),
        ({"address": "2001:DB8:0:0:0:0:0:1"}, [3]),
        ({"srcaddr": "::ffff:10.0.1.10"}, [5]),
        ({"srcaddr": "::/0"}, [3, 5]),
        ({"port": 5432}, [0, 1, 4]),
        ({"srcport": 5432}, [1]),
        ({"dstport": [22, 443]}, [2, 3]),
        ({"protocol": "udp"}, [2]),
        ({"protocol": ["TCP", 58]}, [0, 1, 3, 4, 5]),
        ({"action": "reject"}, [3, 4]),
        ({"interface_id": "eni-b", "action": "ACCEPT"}, [5]),
        ({"start": EIGHT, "end": NINE}, [0, 1, 2]),
        ({"start": "2026-03-10T09:00Z", "end": "2026-03-10T10:00Z"}, [3, 4]),
        ({"start": "2026-03-10T11:00+01:00"}, [5]),
    ],
)
def test_what_a_scope_selects(keys, rows):
    assert selected(Scope(**keys)) == rows


def test_windows_that_touch_share_no_record_and_lose_none():
    windows = [selected(Scope(start=a, end=b)) for a, b in ((None, EIGHT), (EIGHT, NINE), (NINE, TEN), (TEN, None))]
    assert sorted(row for rows in windows for row in rows) == selected(Scope())


@pytest.mark.parametrize(
    ("one", "other", "rows"),
    [
        ({"address": "10.0.1.10"}, {"address": "10.0.2.20"}, [0, 1]),  # between the two
        ({"port": 5432}, {"port": 40000}, [0, 1]),
        ({"address": "10.0.1.10"}, {"action": "REJECT"}, [4]),
        ({"interface_id": "eni-a"}, {"interface_id": "eni-b"}, []),
        ({"start": EIGHT}, {"end": NINE}, [0, 1, 2]),
        ({"start": EIGHT, "end": TEN}, {"start": NINE}, [3, 4]),
        ({"address": "10.0.1.10"}, {"address": "10.0.1.10"}, [0, 1, 2, 4]),
    ],
)
def test_both_scopes_must_hold_also_where_they_name_the_same_key(one, other, rows):
    assert selected(Scope(**one) & Scope(**other)) == rows
    assert selected(Scope(**other) & Scope(**one)) == rows


def test_three_scopes_of_one_key():
    scope = Scope(address="10.0.1.10") & Scope(address="10.0.2.20") & Scope(address="10.0.0.0/8")
    assert selected(scope) == [0, 1]
    assert selected(scope & Scope(address="198.51.100.1")) == []


def test_scopes_without_a_common_window_are_refused():
    with pytest.raises(ScopeError, match="empty"):
        Scope(end=EIGHT) & Scope(start=NINE)


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"start": datetime(2026, 3, 10, 8)}, "no time zone"),  # noqa: DTZ001 - what is refused
        ({"end": "2026-03-10T08:00"}, "no time zone"),
        ({"start": "yesterday"}, "2026-03-10T08:00Z"),
        ({"start": 1773129600}, "is no time"),
        ({"start": NINE, "end": NINE}, "empty"),
        ({"start": TEN, "end": NINE}, "empty"),
        ({"address": "10.0.1.10/24"}, r"10\.0\.1\.0/24"),
        ({"address": "2001:db8::1/64"}, "2001:db8::/64"),
        ({"srcaddr": "10.0.0.256"}, "CIDR"),
        ({"srcaddr": "db.internal"}, "CIDR"),
        ({"dstaddr": 10}, "CIDR"),
        ({"dstaddr": "fe80::1%eth0"}, "CIDR"),
        ({"address": []}, "empty"),
        ({"port": 65536}, "65535"),
        ({"port": -1}, "65535"),
        ({"port": "https"}, "number"),
        ({"port": 443.5}, "number"),
        ({"port": True}, "number"),
        ({"protocol": "tpc"}, "tcp"),
        ({"protocol": 256}, "255"),
        ({"action": "DROP"}, "ACCEPT and REJECT"),
        ({"direction": "in"}, "egress and ingress"),
        ({"interface_id": ""}, "interface-0123"),
        ({"vpc_id": 7}, "vpc-0123"),
    ],
)
def test_what_cannot_hold_is_refused_with_what_to_write(keys, why):
    with pytest.raises(ScopeError, match=why):
        Scope(**keys)


@pytest.mark.parametrize(("wrong", "meant"), [("dst_port", "dstport"), ("adress", "address"), ("vpc", "vpc_id")])
def test_an_unknown_key_is_refused_with_the_closest_one(wrong, meant):
    with pytest.raises(ScopeError, match=f"did you mean '{meant}'"):
        Scope.of(**{wrong: "1"})


def test_the_keys_are_those_of_the_contract():
    assert " ".join(KEYS) == (
        "start end vpc_id subnet_id interface_id instance_id address srcaddr dstaddr port srcport dstport protocol "
        "action direction"
    )


def test_a_field_the_log_lacks_is_missed_by_name():
    with pytest.raises(MissingFieldError, match=r"vpc-id.*\$\{vpc-id\}"):
        Scope(vpc_id="vpc-1").filters(RECORDS)


def test_a_scope_is_a_value():
    one = Scope(address=["10.0.1.10", "10.0.1.10"], protocol="tcp", start="2026-03-10T08:00Z")
    other = Scope(
        address="10.0.1.10/32", protocol=6, start=datetime(2026, 3, 10, 9, tzinfo=timezone(timedelta(hours=1)))
    )
    assert one == other
    assert hash(one) == hash(other)


SCOPES = [
    (Scope(), "all records"),
    (Scope(start=EIGHT, end=NINE), "2026-03-10 08:00Z to 09:00Z"),
    (Scope(start=EIGHT, end=EIGHT + timedelta(days=1)), "2026-03-10 08:00Z to 2026-03-11 08:00Z"),
    (Scope(start=EIGHT), "from 2026-03-10 08:00Z"),
    (Scope(end=EIGHT + timedelta(seconds=5)), "before 2026-03-10 08:00:05Z"),
    (Scope(dstport=5432, protocol="tcp"), "dstport 5432, tcp"),
    (Scope(address=["10.0.1.0/24", "2001:db8::/64"]), "address 10.0.1.0/24 or 2001:db8::/64"),
    (Scope(interface_id="eni-1", action="REJECT", direction="ingress"), "eni-1, REJECT, ingress"),
    (Scope(protocol=[6, 99]), "tcp or 99"),
    (Scope(address="10.0.1.10") & Scope(address="10.0.2.20"), "address 10.0.1.10 and address 10.0.2.20"),
    (Scope(port=1) & Scope(port=2) & Scope(port=3), "port 1 and port 2 and port 3"),
    (Scope(interface_id='it\'s "quoted"'), 'it\'s "quoted"'),
]


@pytest.mark.parametrize(("scope", "caption"), SCOPES, ids=[caption for _, caption in SCOPES])
def test_text_is_the_caption_and_repr_is_the_code(scope, caption):
    assert str(scope) == caption
    assert eval(repr(scope)) == scope  # noqa: S307 - it is code


WINDOWS = st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2, max_size=2, unique=True).map(sorted)


@given(WINDOWS, st.lists(st.ip_addresses()), st.lists(st.integers(0, 65535)), st.lists(st.integers(0, 255)))
def test_any_scope_round_trips_through_its_code(window, addresses, ports, protocols):
    scope = Scope(
        start=window[0], end=window[1], address=tuple(map(str, addresses)), port=tuple(ports), protocol=tuple(protocols)
    )
    assert eval(repr(scope)) == scope  # noqa: S307 - it is code


def spellings(number: int) -> list[str]:
    """Return an IPv6 address compressed, in 8 groups and written out."""
    address = IPv6Address(number)
    groups = [f"{number >> shift & 0xFFFF:x}" for shift in range(112, -16, -16)]
    return [str(address), ":".join(groups), address.exploded]


SPARSE = st.lists(st.sampled_from([0, 0, 0, 1, 0xFFFF, 0xA00, 0x2001]), min_size=8, max_size=8).map(
    lambda groups: sum(group << 16 * place for place, group in enumerate(groups))
)
MAPPED = st.integers(0, 2**32 - 1).map(lambda number: 0xFFFF << 32 | number)
IPV6 = st.one_of(SPARSE, MAPPED, st.integers(0, 2**128 - 1))
IPV4 = st.one_of(st.integers(0, 2**32 - 1), st.sampled_from([0, 1, 2**31, 2**32 - 1, 0x0A000001, 0x0A0000FF]))
TEXTS = st.one_of(
    IPV4.map(lambda number: str(IPv4Address(number))), IPV6.flatmap(lambda number: st.sampled_from(spellings(number)))
)


@st.composite
def blocks(draw, around: list[str]):
    """Return blocks, most of them around an address of the table, so that there is something to find."""
    address = ip_address(draw(st.sampled_from(around)))
    return ip_network((address, draw(st.integers(0, address.max_prefixlen))), strict=False)


@given(st.data())
def test_a_block_holds_exactly_the_addresses_pythons_ipaddress_says(data):
    texts = data.draw(st.lists(TEXTS, min_size=1, max_size=40))
    chosen = data.draw(st.lists(blocks(texts), min_size=1, max_size=8))
    stored = [canonical_address(text) for text in texts]  # as the store spells them
    table = ibis.memtable({"srcaddr": stored, "dstaddr": ["10.255.255.255"] * len(stored)})
    asked = {f"block{n}": Scope(srcaddr=str(block)).filters(table)[0] for n, block in enumerate(chosen)}
    answers = table.select(**asked).to_pyarrow().to_pydict()
    for n, block in enumerate(chosen):
        assert answers[f"block{n}"] == [ip_address(text) in block for text in texts], block


def test_null_addresses_lie_in_no_block():
    table = ibis.memtable({"srcaddr": ["10.0.0.1", None], "dstaddr": [None, "198.51.100.1"], "row": [0, 1]})
    assert selected(Scope(srcaddr="0.0.0.0/0"), table) == [0]
    assert selected(Scope(address="10.0.0.0/8"), table) == [0]
    assert selected(Scope(address="::/0"), table) == []


def test_status_records_are_narrowed_by_resource_and_by_overlap():
    status = ibis.memtable(
        {
            "row": [0, 1, 2],
            "interface_id": ["eni-a", "eni-a", "eni-b"],
            "start": [EIGHT - timedelta(minutes=5), NINE, EIGHT],
            "end": [EIGHT + timedelta(minutes=5), TEN, NINE],
        }
    )

    def rows(**keys):
        return sorted(status.filter(*Scope(**keys).status_filters(status)).row.to_pyarrow().to_pylist())

    assert rows(start=EIGHT, end=NINE) == [0, 2]
    assert rows(start=EIGHT, interface_id="eni-a") == [0, 1]
    assert rows(end=NINE, dstport=443, action="REJECT") == [0, 2]
