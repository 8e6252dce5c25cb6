"""A filter pattern lets through at least what its scope keeps, in the syntax that AWS documents."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.formats import DEFAULT, LogFormat
from flowkit.scope import Scope
from flowkit.sources.patterns import LONGEST, of_scope, shown
from tests.sources.log_events import matches, nodata, record

SHORT = LogFormat(("srcaddr", "dstaddr", "dstport", "protocol", "action", "log_status"))
STATUS = '?"NODATA" ?"SKIPDATA"'
OF_PORT_22 = '[srcaddr, dstaddr, dstport = "22" || dstport = "-", protocol, action, log_status]'

OF_REJECTED_SOURCE = (
    '[srcaddr = 10.0.2.* || srcaddr = "-", dstaddr, dstport, protocol, action = "REJECT" || action = "-", log_status]'
)


def of_dstaddr(*blocks):
    conditions = " || ".join(f"dstaddr = {block}" for block in (*blocks, '"-"'))
    return f"[srcaddr, {conditions}, dstport, protocol, action, log_status]"


@pytest.mark.parametrize(
    ("scope", "log_format", "pattern"),
    [
        ({}, DEFAULT, ""),
        ({"start": "2026-03-10T08:00Z"}, DEFAULT, ""),
        ({"direction": "ingress"}, DEFAULT, ""),
        ({"action": "REJECT"}, None, f'?"REJECT" {STATUS}'),
        ({"action": "ACCEPT"}, None, ""),  # hardly anything would be left out
        ({"protocol": "tcp"}, None, ""),  # 6 may stand in any column
        ({"dstport": [22, 3389]}, None, f'?"22" ?"3389" {STATUS}'),
        ({"dstport": 22, "action": "REJECT"}, None, f'?"22" {STATUS}'),
        ({"address": "10.0.2.15", "dstport": 22}, SHORT, f'?"10.0.2.15" {STATUS}'),
        ({"address": "10.0.2.0/24"}, SHORT, ""),
        ({"address": "2001:db8::1"}, SHORT, ""),
        ({"srcaddr": "2001:db8::/64"}, SHORT, ""),
        (
            {"protocol": "tcp"},
            SHORT,
            '[srcaddr, dstaddr, dstport, protocol = "6" || protocol = "-", action, log_status]',
        ),
        (
            {"srcaddr": "10.0.2.0/24", "action": "REJECT"},
            SHORT,
            OF_REJECTED_SOURCE,
        ),
        (
            {"dstaddr": "10.4.0.0/14"},
            SHORT,
            of_dstaddr("10.4.*", "10.5.*", "10.6.*", "10.7.*"),
        ),
        ({"dstaddr": "10.128.0.0/9"}, SHORT, of_dstaddr("10.*")),
        ({"dstaddr": "128.0.0.0/1"}, SHORT, ""),
        ({"interface_id": "eni-1"}, SHORT, f'?"eni-1" {STATUS}'),  # no column for it
        ({"srcaddr": [f"10.0.{n}.1" for n in range(200)], "dstport": 22}, SHORT, OF_PORT_22),
        ({"address": [f"10.0.{n}.1" for n in range(200)]}, None, ""),
    ],
    ids=str,
)
def test_a_pattern_asks_for_what_columns_and_words_can_tell(scope, log_format, pattern):
    assert of_scope(Scope(**scope), log_format) == pattern


def test_what_must_hold_twice_is_asked_once():
    scope = Scope(dstport=22) & Scope(dstport=[22, 443])
    assert of_scope(scope, SHORT) == OF_PORT_22


def test_columns_whose_names_are_long_are_numbered():
    log_format = LogFormat((*DEFAULT.columns, *(f"{n}{'x' * 100}" for n in range(9))))
    pattern = of_scope(Scope(dstport=22), log_format)
    assert len(pattern) <= LONGEST
    assert pattern.startswith('[c0, c1, c2, c3, c4, c5, dstport = "22" || dstport = "-", c7')


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("", ""),
        ('?"22"', '?"22"'),
        ('[a, b = "1", c, d]', '[…, b = "1", …]'),
        ('[a = "1", b, c = "2"]', '[a = "1", …, c = "2"]'),
    ],
)
def test_columns_that_are_not_asked_about_are_not_shown(pattern, text):
    assert shown(pattern) == text


ADDRESSES = st.sampled_from(["10.0.0.1", "10.0.0.17", "10.0.1.1", "10.16.0.1", "11.0.0.1", "100.0.0.1", "2001:db8::1"])
NETWORKS = st.builds(
    lambda address, bits: str(ip_network(f"{address}/{min(bits, ip_address(address).max_prefixlen)}", strict=False)),
    ADDRESSES,
    st.integers(1, 128),
)
PORTS = st.sampled_from([22, 220, 443, 6])
SCOPES = st.fixed_dictionaries(
    {},
    optional={
        "address": st.lists(NETWORKS, min_size=1, max_size=3),
        "srcaddr": st.lists(NETWORKS, min_size=1, max_size=3),
        "dstaddr": st.lists(NETWORKS, min_size=1, max_size=3),
        "port": st.lists(PORTS, min_size=1, max_size=3),
        "dstport": st.lists(PORTS, min_size=1, max_size=3),
        "protocol": st.sampled_from([["tcp"], ["udp"], ["tcp", "udp"]]),
        "action": st.sampled_from([["ACCEPT"], ["REJECT"], ["ACCEPT", "REJECT"]]),
        "interface_id": st.lists(st.sampled_from(["eni-1", "eni-11"]), min_size=1),
    },
)
RECORDS = st.fixed_dictionaries(
    {
        "srcaddr": ADDRESSES,
        "dstaddr": ADDRESSES,
        "dstport": PORTS,
        "action": st.sampled_from(["ACCEPT", "REJECT"]),
        "interface": st.sampled_from(["eni-1", "eni-11"]),
    }
)


def keeps(scope, told):
    """Tell whether a scope keeps a record, with Python's own idea of addresses; `record` has srcport 20641, TCP."""
    inside = lambda side, blocks: any(ip_address(told[side]) in ip_network(block) for block in blocks)  # noqa: E731
    tests = {
        "address": lambda blocks: inside("srcaddr", blocks) or inside("dstaddr", blocks),
        "srcaddr": lambda blocks: inside("srcaddr", blocks),
        "dstaddr": lambda blocks: inside("dstaddr", blocks),
        "port": lambda ports: not {20641, told["dstport"]}.isdisjoint(ports),
        "dstport": lambda ports: told["dstport"] in ports,
        "protocol": lambda names: "tcp" in names,
        "action": lambda actions: told["action"] in actions,
        "interface_id": lambda ids: told["interface"] in ids,
    }
    return all(tests[key](values) for key, values in scope.items())


@given(scope=SCOPES, other=SCOPES, told=RECORDS, known=st.booleans())
def test_what_the_scope_keeps_passes_the_pattern(scope, other, told, known):
    pattern = of_scope(Scope(**scope) & Scope(**other), DEFAULT if known else None)
    passes = matches(pattern, record(**told))
    assert passes or not (keeps(scope, told) and keeps(other, told))
    asked = all(told["interface"] in one.get("interface_id", [told["interface"]]) for one in (scope, other))
    for status in ("NODATA", "SKIPDATA"):
        assert matches(pattern, nodata(interface=told["interface"], status=status)) or not asked


@given(told=RECORDS, wanted=RECORDS)
def test_a_pattern_by_columns_leaves_out_what_differs_in_one(told, wanted):
    pattern = of_scope(Scope(dstport=wanted["dstport"], action=wanted["action"]), DEFAULT)
    same = (told["dstport"], told["action"]) == (wanted["dstport"], wanted["action"])
    assert matches(pattern, record(**told)) == same
