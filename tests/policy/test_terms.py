"""Ports, protocols, blocks and dates: what they stand for, and how what is none is refused."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.policy import terms
from flowkit.policy.terms import Wrong

GOOD = [
    (terms.ports, "1", (1, 1)), (terms.ports, "65535", (65_535, 65_535)), (terms.ports, "8000 - 8100", (8000, 8100)),
    (terms.ports, "HTTPS", (443, 443)), (terms.protocol, "TCP", 6), (terms.protocol, "255", 255),
    (terms.cidr, "10.0.0.7", "10.0.0.7/32"), (terms.cidr, "2001:DB8:0::/48", "2001:db8::/48"),
    (terms.day, "2028-02-29", date(2028, 2, 29)),
]  # fmt: skip
BAD = [
    (terms.ports, "5432o", r"'5432o' is no port; did you mean 5432\? Write ports as"),
    (terms.ports, "postgres", r"is no port; did you mean 'postgresql'\?"),
    (terms.ports, "443,80", r"did you mean \[443, 80\]\?"),
    (terms.ports, "8100-8000", "runs backwards. Write 8000-8100."),
    (terms.ports, "0", "ports go from 1 to 65535"),
    (terms.ports, "1-65536", "ports go from 1 to 65535"),
    (terms.ports, "9" * 5000, "is no port"),
    (terms.ports, "-1", "is no port"),
    (terms.ports, "٤٤٣", "is no port"),
    (terms.protocol, "tpc", r"no protocol is called 'tpc'; did you mean 'tcp'\?"),
    (terms.protocol, "256", "no protocol is called '256'"),
    (terms.cidr, "10.0.0.0/33", "is no CIDR block. Write one such as"),
    (terms.cidr, "10.0.0.7/24", "is an address within a block, not a block. Write 10.0.0.0/24."),
    (terms.cidr, "fe80::1%eth0", "is no CIDR block"),
    (terms.cidr, "10.0.0.0/\x1b[2J", r"10.0.0.0/\\\\x1b\[2J"),
    (terms.day, "31.01.2027", "is no date. Write year, month and day, such as 2027-01-31."),
    (terms.day, "2027-02-29", "is no date"),
    (terms.day, "20270131", "is no date"),
]


@pytest.mark.parametrize(("term", "text", "value"), GOOD)
def test_a_term(term, text, value):
    assert term(text) == value


@pytest.mark.parametrize(("term", "text", "told"), BAD)
def test_what_is_none_is_refused_with_the_fix(term, text, told):
    with pytest.raises(Wrong, match=told):
        term(text)


@given(st.text(max_size=40))
def test_any_text_is_understood_or_refused(text):
    for term in (terms.ports, terms.protocol, terms.cidr, terms.day):
        try:
            term(text)
        except Wrong as error:
            assert str(error).isprintable()  # noqa: PT017 - what is not understood is refused in words
