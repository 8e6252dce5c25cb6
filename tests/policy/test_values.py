"""What is written is read as the same policy, whatever its texts."""

from datetime import date

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from flowkit.errors import PolicyError
from flowkit.policy import Exemption, Policy, Rule, Segment, read
from flowkit.policy.consistency import problems
from flowkit.policy.writing import scalar

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20).filter(str.strip)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,8}", fullmatch=True).filter(lambda name: name != "internet")
PORTS = st.tuples(st.integers(1, 65_535), st.integers(1, 65_535)).map(lambda pair: (min(pair), max(pair)))
MANY = {"max_size": 3, "unique": True}


@st.composite
def policies(draw):
    """Draw a policy of which each part is sound; whether they fit each other is another matter."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    segments = tuple(draw(_segment(name, number)) for number, name in enumerate(names))
    places = st.lists(st.sampled_from([*names, "internet", "elsewhere"]), min_size=1, **MANY).map(tuple)
    services = st.one_of(
        st.tuples(st.lists(PORTS, min_size=1, **MANY), st.lists(st.sampled_from((6, 17)), min_size=1, **MANY)),
        st.tuples(st.just([]), st.lists(st.integers(0, 255), **MANY)),
    )
    rules, exceptions = [], []
    for _number in range(draw(st.integers(0, 3))):
        ports, protocols = draw(services)
        ends = {"clients": draw(places), "servers": draw(places), "ports": tuple(ports), "protocols": tuple(protocols)}
        why = draw(TEXTS)
        if draw(st.booleans()):
            rules.append(Rule(action=draw(st.sampled_from(("allow", "deny"))), why=why, note=draw(TEXTS), **ends))
        else:
            until = draw(st.dates(date(2100, 1, 1)))
            exceptions.append(Exemption(owner=draw(TEXTS), until=until, why=why, **ends))
    default = draw(st.sampled_from(("allow", "deny")))
    return Policy(
        name=draw(TEXTS), default=default, segments=segments, rules=tuple(rules), exceptions=tuple(exceptions)
    )


@st.composite
def _segment(draw, name, number):
    texts = st.lists(TEXTS.map(str.strip), **MANY).map(tuple)
    tags = st.dictionaries(TEXTS, st.lists(TEXTS.map(str.strip), min_size=1, **MANY).map(tuple), max_size=2)
    return Segment(
        name=name,
        cidr=(f"10.{number}.0.0/16", f"2001:db8:{number + 1}::/48"),
        subnet=draw(texts),
        group=draw(texts),
        tag=tuple(draw(tags).items()),
        within=draw(st.sampled_from(("allow", "deny"))),
        about=draw(st.one_of(st.just(""), TEXTS)),
    )


@given(policies())
def test_what_is_written_is_read_as_the_same(policy):
    if list(problems(policy)):
        with pytest.raises(PolicyError):
            read(policy.to_yaml())
    else:
        assert read(policy.to_yaml()) == policy
        assert read(str(policy)).to_yaml() != ""


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=30))
def test_other_readers_take_a_text_for_the_same_text(text):
    read_back = yaml.safe_load(f"{{key: {scalar(text)}}}")["key"]
    assert str(read_back) == (str(int(text)) if isinstance(read_back, int) else text)


def test_a_note_stays_a_comment():
    segment = Segment(name="a", cidr=("10.0.0.0/8",), note="one\nrules: []\x1b")
    policy = Policy(name="x", segments=(segment,), note="\x85two\u2028segments: {}")
    assert read(policy.to_yaml()) == policy
    assert "\x1b" not in policy.to_yaml()


def test_rules_in_words():
    rule = Rule(action="deny", clients=("a", "b"), servers=("c",), ports=((53, 53), (80, 90)), protocols=(6, 17))
    assert str(rule) == "deny a, b to c, tcp/udp 53, 80-90"
    assert str(Rule(action="allow", clients=("a",), servers=("c",), protocols=(1,))) == "allow a to c, icmp"


PARTS = {"clients": ("a",), "servers": ("a",)}
A = Segment(name="a", cidr=("10.0.0.0/8",))
UNSOUND = [
    (Policy(name="x"), "has no segments"),
    (Policy(name="", segments=(A,)), "has no name"),
    (Policy(name="x", segments=(A, A)), "'a' stands there twice"),
    (Policy(name="x", segments=(A,), rules=(Rule(action="deny", clients=(), servers=("a",)),)), "names no client"),
    (Policy(name="x", segments=(A,), rules=(Rule(action="deny", ports=((9, 1),), protocols=(6,), **PARTS),)), "from 1"),
    (Policy(name="x", segments=(A,), rules=(Rule(action="deny", ports=((1, 9),), **PARTS),)), "a protocol that has"),
    (
        Policy(name="x", segments=(A,), exceptions=(Exemption(owner="", until=date(2100, 1, 1), **PARTS),)),
        "needs an owner and a reason",
    ),
]


@pytest.mark.parametrize(("policy", "told"), UNSOUND)
def test_a_policy_put_together_in_code_is_held_to_the_same(policy, told):
    assert any(told in text for _, text in problems(policy))
