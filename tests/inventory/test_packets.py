"""Protocols, ports and ICMP types as rules write them, and as sentences say them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.inventory.packets import (
    ALL,
    ANY,
    asked_spans,
    block,
    common,
    merged,
    parsed,
    port_words,
    protocol_number,
    rule_span,
    span_words,
    without,
)

PORTS = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted).map(tuple)
SPANS = st.lists(PORTS, max_size=5)


def ports(spans):
    return {port for first, last in spans for port in range(first, last + 1)}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("tcp", 6), ("UDP", 17), (" icmp ", 1), ("icmpv6", 58), ("-1", ANY), ("all", ANY), ("47", 47), ("255", 255),
        ("256", None), ("-2", None), ("", None), ("tpc", None), ("٦", None),
    ],
)  # fmt: skip
def test_protocols(text, number):
    assert protocol_number(text) == number


@pytest.mark.parametrize(
    ("protocol", "first", "last", "span"),
    [
        (6, 443, 443, (443, 443)),
        (17, 0, 65535, ALL),
        (6, None, None, ALL),
        (6, -1, -1, ALL),
        (ANY, 443, 443, ALL),  # AWS: all protocols means all ports, whatever ports stand there
        (50, 443, 443, ALL),
        (1, -1, -1, ALL),
        (1, None, None, ALL),
        (1, 8, -1, (2048, 2303)),
        (1, 8, None, (2048, 2303)),
        (1, 8, 0, (2048, 2048)),
        (58, 128, 0, (32768, 32768)),
        (1, 3, 4, (772, 772)),
    ],
)
def test_what_a_rule_means(protocol, first, last, span):
    assert rule_span(protocol, first, last) == span


@pytest.mark.parametrize(
    ("protocol", "spans"),
    [
        (6, ((443, 443), (1024, 65535))),
        (1, ((2048, 2048), (0, 0))),
        (58, ((32768, 32768), (33024, 33024))),
        (47, (ALL, ALL)),
    ],
)
def test_what_is_asked_there_and_back(protocol, spans):
    assert asked_spans(protocol, (443, 443), (1024, 65535)) == spans


@pytest.mark.parametrize(
    ("cidr", "address", "holds"),
    [
        ("10.0.0.0/16", "10.0.255.255", True),
        ("10.0.0.0/16", "10.1.0.0", False),
        ("10.0.0.5/32", "10.0.0.5", True),
        ("0.0.0.0/0", "203.0.113.1", True),
        ("0.0.0.0/0", "2001:db8::1", False),
        ("::/0", "10.0.0.1", False),
        ("2001:db8::/56", "2001:db8:0:ff::1", True),
        ("10.0.0.9/16", "10.0.1.1", True),
    ],
)
def test_blocks(cidr, address, holds):
    assert block(cidr).holds(parsed(address)) is holds


@pytest.mark.parametrize(
    ("spans", "words"),
    [
        ([], "no port"),
        ([ALL], "all ports"),
        ([(443, 443)], "port 443"),
        ([(1, 2), (5, 5), (7, 9)], "ports 1-2, 5 and 7-9"),
    ],
)
def test_ports_as_words(spans, words):
    assert port_words(spans) == words


@pytest.mark.parametrize(
    ("protocol", "spans", "words"),
    [
        (17, [(53, 53)], "UDP port 53"),
        (1, [ALL], "ICMP"),
        (1, [(2048, 2303)], "ICMP type 8"),
        (58, [(32768, 32768)], "ICMPv6 type 128 code 0"),
        (ANY, [ALL], "all protocols"),
        (47, [ALL], "GRE"),
        (254, [ALL], "protocol 254"),
    ],
)
def test_packets_as_words(protocol, spans, words):
    assert span_words(protocol, spans) == words


@given(SPANS)
def test_merged_spans_hold_the_same_ports_in_order_and_apart(spans):
    found = merged(spans)
    assert ports(found) == ports(spans)
    assert all(one[1] + 1 < other[0] for one, other in pairwise(found))


@given(SPANS, SPANS)
def test_common_ports(one, other):
    assert ports(common(one, other)) == ports(one) & ports(other)


@given(SPANS, PORTS)
def test_ports_without_others(spans, taken):
    assert ports(without(spans, taken)) == ports(spans) - ports([taken])
