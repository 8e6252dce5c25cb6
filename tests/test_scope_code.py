"""A scope as code and back: the same scope, whatever it holds; nothing but literals is understood."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.errors import ScopeError
from flowkit.scope import Scope
from flowkit.scope_code import code, joined, parts, read


def several(values):
    return st.lists(values, max_size=3).map(tuple)


TEXT = st.text(min_size=1, max_size=12)
ADDRESS = st.one_of(st.ip_addresses().map(str), st.sampled_from(["10.0.0.0/8", "2001:db8::/32", "0.0.0.0/0"]))
PORT = st.integers(0, 65_535)
TIME = st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
KEYS = {
    **dict.fromkeys(("vpc_id", "subnet_id", "interface_id", "instance_id"), several(TEXT)),
    **dict.fromkeys(("address", "srcaddr", "dstaddr"), several(ADDRESS)),
    **dict.fromkeys(("port", "srcport", "dstport"), several(PORT)),
    "protocol": several(st.one_of(st.integers(0, 255), st.sampled_from(["tcp", "udp"]))),
    "action": several(st.sampled_from(["ACCEPT", "reject"])),
    "direction": several(st.sampled_from(["ingress", "egress"])),
}
WINDOW = st.tuples(st.none() | TIME, st.none() | TIME).filter(lambda w: None in w or w[0] < w[1])
ONE = st.builds(lambda window, keys: Scope(start=window[0], end=window[1], **keys), WINDOW, st.fixed_dictionaries(KEYS))
FURTHER = st.lists(st.builds(lambda keys: Scope(**keys), st.fixed_dictionaries({}, optional=KEYS)), max_size=3)


@given(ONE, FURTHER)
def test_code_and_repr_read_back_as_the_scope(one, further):
    scope = joined([one, *further])
    assert read(code(scope)) == scope
    assert read(repr(scope)) == scope
    assert joined(parts(scope)) == scope
    assert "\n" not in code(scope)


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("flows", Scope()),
        (" incident.narrow(dstport=443)\n", Scope(dstport=443)),
        ("flows.narrow(dstport=1).narrow(dstport=2)", Scope(dstport=1) & Scope(dstport=2)),
        ("Scope()", Scope()),
        ("fk.Scope(dstport=(1, 2)) & flowkit.Scope(action='REJECT')", Scope(dstport=[1, 2], action="REJECT")),
        ("flows.within(Scope(dstport=1) & Scope(dstport=2))", Scope(dstport=1) & Scope(dstport=2)),
        ("flows.narrow(start=None, end='2026-03-10T08:00Z')", Scope(end="2026-03-10T08:00Z")),
    ],
)
def test_what_is_understood(text, scope):
    assert read(text) == scope


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no code of a scope"),
        ("flows.narrow(dstport=", "no code of a scope"),
        ("Scope", "no code of a scope"),
        ("open('/etc/passwd')", "no code of a scope"),
        ("flows.narrow(dstport=__import__('os').getpid())", "no code of a scope"),
        ("flows.narrow(**{'dstport': 1})", "no code of a scope"),
        ("flows.narrow(dstport=1, dstport=2)", "no code of a scope"),
        ("flows.narrow(dstport=True)", "no code of a scope"),
        ("flows.narrow(dstport={1, 2})", "no code of a scope"),
        ("flows.narrow(Scope(dstport=1))", "no code of a scope"),
        ("Scope(dstport=1) | Scope(dstport=2)", "no code of a scope"),
        ("flows.narrow(dst_port=1)", "did you mean 'dstport'"),
        ("flows.narrow(dstport=70000)", "from 0 to 65535"),
        ("flows.narrow(address=[['10.0.0.1']])", "address or a CIDR block"),
        ("flows.narrow(start='0001-01-01T00:00+14:00')", "no code of a scope|no time"),
        ("flows" + ".narrow(dstport=1)" * 5_000, "no code of a scope"),
        ("(" * 5_000, "no code of a scope"),
        ("x" * 300_000, "200,000"),
        ("flows\0", "no code of a scope"),
    ],
)
def test_anything_else_is_refused_in_words(text, words):
    with pytest.raises(ScopeError, match=words):
        read(text)


def test_the_code_of_parts_is_a_chain():
    scope = Scope(start="2026-03-10T08:00Z", dstport=5432) & Scope(dstport=[5432, 443], protocol="tcp")
    assert code(scope, "incident") == (
        "incident.narrow(start='2026-03-10T08:00:00Z', dstport=5432, protocol='tcp').narrow(dstport=[5432, 443])"
    )
