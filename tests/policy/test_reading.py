"""Policy files: what they say, and that whatever is wrong with one is told with its line and the fix."""

import os
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import flowkit as fk
from flowkit.errors import PolicyError
from flowkit.policy import Exemption, Policy, Rule, Segment, examples, read

AS_OF = "2026-03-10"
TEXT = """version: 1
name: Card-data environment
default: deny            # what no rule names
segments:
  cde:   {cidr: [10.20.0.0/24], about: card data, within: deny}
  app:   {subnet: subnet-0abc}
  db:    {group: [sg-0123]}
  admin: {tag: {Role: bastion, Env: [prod, test]}}
rules:
  - {allow: app, to: db, ports: [5432, 8000-8100], why: "orders: kept there"}
  - deny: [cde, db]
    to: internet
exceptions:
  - {from: app, to: internet, ports: https, owner: Jane Doe, until: 2027-01-31, why: ticket 4711}
"""
HEAD = "version: 1\nname: x\nsegments:\n  a: {cidr: [10.0.0.0/24]}\n  b: {cidr: [10.0.1.0/24]}\n"
RULES, EXCEPTIONS = f"{HEAD}rules:\n", f"{HEAD}exceptions:\n"
HELD = "owner: Jo, until: 2027-01-31, why: y"


def test_a_policy():
    assert read(TEXT, as_of=AS_OF) == Policy(
        name="Card-data environment",
        segments=(
            Segment(name="cde", cidr=("10.20.0.0/24",), about="card data", within="deny"),
            Segment(name="app", subnet=("subnet-0abc",)),
            Segment(name="db", group=("sg-0123",)),
            Segment(name="admin", tag=(("Role", ("bastion",)), ("Env", ("prod", "test")))),
        ),
        rules=(
            Rule(action="allow", clients=("app",), servers=("db",), ports=((5432, 5432), (8000, 8100)),
                 protocols=(6,), why="orders: kept there"),
            Rule(action="deny", clients=("cde", "db"), servers=("internet",)),
        ),
        exceptions=(
            Exemption(clients=("app",), servers=("internet",), ports=((443, 443),), protocols=(6,), owner="Jane Doe",
                      until=date(2027, 1, 31), why="ticket 4711"),
        ),
    )  # fmt: skip


def test_each_part_knows_its_line():
    policy = read(TEXT, as_of=AS_OF)
    assert [one.line for one in (policy, *policy.segments, *policy.services)] == [3, 5, 6, 7, 8, 10, 11, 14]


def test_words_stay_text():
    text = HEAD.replace("name: x", "name: no").replace("a:", "on:").replace("24]}", "24], about: 2026-01-01}")
    policy = read(text)
    assert (policy.name, policy.segments[0].name, policy.segments[0].about) == ("no", "on", "2026-01-01")


REFUSED = [
    ("\n", "line 1: this is no policy"),
    ("- a\n- b\n", "line 1: this is no policy"),
    ("version: 1\nname: x\n", "line 1: a policy needs 'segments'. Add it."),
    (HEAD.replace("version: 1", "version: 2"), "line 1: version '2' is not known to this flowkit. Write 1."),
    (f"{HEAD}rule: []\n", "line 6: a policy has no 'rule'; did you mean 'rules'?"),
    (f"{HEAD}name: y\n", "line 6: 'name' stands here twice; the first is on line 2"),
    (f"{HEAD}default: drop\n", "line 6: 'default' is allow or deny, not 'drop'"),
    (f"{HEAD}  a: {{cidr: [10.9.0.0/24]}}\n", "line 6: 'a' stands here twice"),
    (f"{HEAD}  c: {{cdir: [10.9.0.0/24]}}\n", "line 6: the segment 'c' has no 'cdir'; did you mean 'cidr'?"),
    (f"{HEAD}  c: {{about: empty}}\n", "line 6: the segment 'c' is empty"),
    (f"{HEAD}  c: {{cidr: []}}\n", "line 6: 'cidr' is one text or a list of texts, none empty"),
    (f"{HEAD}  c:\n", "line 6: the segment 'c' does not say what belongs to it"),
    (f"{HEAD}  internet: {{cidr: [10.9.0.0/24]}}\n", "line 6: 'internet' is predefined"),
    (f"{HEAD}  'c d': {{cidr: [10.9.0.0/24]}}\n", "line 6: 'c d' is no name of a segment"),
    (f"{HEAD}  c: {{cidr: [10.0.1.128/25]}}\n", "line 6: 10.0.1.128/25 of 'c' overlaps 10.0.1.0/24 of 'b' (line 5)"),
    (f"{HEAD}  c: {{cidr: [0.0.0.0/0]}}\n", "10.0.0.0/24 of 'a' overlaps 0.0.0.0/0 of 'c' (line 6)"),
    (f"{HEAD}  c: {{subnet: [s]}}\n  d: {{subnet: [s]}}\n", "line 7: the subnet 's' stands in 'd' and in 'c' (line 6)"),
    (f"{HEAD}  c: {{tag: Role}}\n", "line 6: 'tag' is a key with its value"),
    (f"{HEAD}  c: {{cidr: [10.9.0.0/24], within: maybe}}\n", "line 6: 'within' is allow or deny"),
    (f"{RULES}  - {{allow: a, to: c}}\n", "line 7: no segment is called 'c'"),
    (f"{RULES}  - {{allow: a, to: intrenet}}\n", "no segment is called 'intrenet'; did you mean 'internet'?"),
    (f"{RULES}  - {{allow: a}}\n", "line 7: a rule needs 'to'. Add it."),
    (f"{RULES}  - {{to: a}}\n", "line 7: a rule needs 'allow' or 'deny'"),
    (f"{RULES}  - {{allow: a, deny: a, to: b}}\n", "line 7: a rule both allows and denies the same"),
    (f"{RULES}  - {{allow: a, to: b, ports: [5432o]}}\n", "line 7: '5432o' is no port; did you mean 5432?"),
    (f"{RULES}  - {{allow: a, to: b, ports: []}}\n", "line 7: 'ports' is one text or a list of texts"),
    (
        f"{RULES}  - {{allow: a, to: b, ports: [1], protocol: icmp}}\n",
        "line 7: 'ports' stands with a protocol that has",
    ),
    (f"{RULES}  - {{allow: a, to: b, protocol: tpc}}\n", "line 7: no protocol is called 'tpc'"),
    (f"{RULES}  - allow everything\n", "line 7: 'rules' has an item that is no mapping"),
    (f"{HEAD}rules: {{allow: a, to: b}}\n", "line 6: 'rules' is a list"),
    (
        f"{RULES}  - {{deny: a, to: [b, internet]}}\n  - {{allow: a, to: b, ports: [22]}}\n",
        "line 8: this rule can never decide: the one on line 7 denies all of it already; what denies comes before",
    ),
    (
        f"{RULES}  - {{allow: a, to: b, ports: [1-99], why: x}}\n  - {{allow: a, to: b, ports: [22]}}\n",
        "line 8: this rule can never decide: the one on line 7 allows all of it already. Remove one",
    ),
    (f"{EXCEPTIONS}  - {{from: a, to: b, until: 2027-01-31, why: x}}\n", "line 7: an exception needs 'owner'"),
    (f"{EXCEPTIONS}  - {{from: a, to: b, owner: Jo, why: x}}\n", "line 7: an exception needs 'until'"),
    (f"{EXCEPTIONS}  - {{from: a, to: b, owner: Jo, until: 2027-01-31}}\n", "line 7: an exception needs 'why'"),
    (
        f"{EXCEPTIONS}  - {{from: a, to: b, owner: Jo, until: 2026-03-09, why: x}}\n",
        "line 7: the exception ended on 2026-03-09, before 2026-03-10, as of which",
    ),
    (f"{EXCEPTIONS}  - {{from: a, to: b, owner: Jo, until: soon, why: x}}\n", "line 7: 'soon' is no date"),
    (f"{HEAD}  c: &x {{cidr: [10.9.0.0/24]}}\n", "line 6: anchors and aliases"),
    (f"{HEAD}  c: *x\n", "line 6: "),
    (f"{HEAD}  c: !!python/object {{cidr: [10.9.0.0/24]}}\n", "line 6: the YAML tag"),
    (f"{HEAD}---\nversion: 1\n", "line 6: a second document begins"),
    (f"{HEAD}  c: {{cidr: [10.9.0.0/24]\n", "line 7: this is no YAML"),
    (f"{HEAD}\tc: d\n", "this is no YAML"),
    (f"{HEAD}? [a]\n: b\n", "line 6: a key is a list or a mapping"),
    (f"{HEAD}x: {'[' * 500}\n", "line 6: more than 8 levels deep"),
    (f"{HEAD}x: \x00\n", "characters that YAML does not allow"),
    (f"{HEAD}x: \ud800\n", "characters that YAML does not allow"),
    (HEAD + "#" * 2**20, "larger than 1 MiB"),
]


@pytest.mark.parametrize(("text", "told"), REFUSED, ids=[told[:50] for _, told in REFUSED])
def test_what_is_wrong_is_refused_with_line_and_fix(text, told):
    with pytest.raises(PolicyError) as caught:
        read(text, as_of=AS_OF)
    assert told in str(caught.value)
    assert str(caught.value).endswith((".", ")", "again."))


def test_several_problems_are_told_together_by_line():
    rules = "".join(f"  - {{allow: a, to: b, ports: [{number}x]}}\n" for number in range(100, 112))
    with pytest.raises(PolicyError) as caught:
        read(RULES + rules + "rule: []\n")
    told = str(caught.value).splitlines()
    assert told[0] == "the policy has 13 problems:"
    assert [line.split(":")[0] for line in told[1:11]] == [f"  line {line}" for line in range(7, 17)]
    assert told[11:] == ["and 3 more", "Mend them there, and read it again."]


def test_a_name_cannot_write_to_the_terminal():
    with pytest.raises(PolicyError) as caught:
        read(f'{HEAD}  "c\\e[2J": {{cidr: [10.9.0.0/24]}}\n')
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("as_of", [None, date(2026, 3, 10), datetime(2026, 3, 10, tzinfo=UTC), AS_OF])
def test_as_of_is_a_day(as_of):
    assert read(EXCEPTIONS + "  - {from: a, to: b, owner: Jo, until: 9999-12-31, why: x}\n", as_of=as_of).exceptions


def test_an_exception_holds_on_its_last_day():
    text = EXCEPTIONS + "  - {from: a, to: b, owner: Jo, until: 2026-03-10, why: x}\n"
    assert read(text, as_of=AS_OF).exceptions
    with pytest.raises(PolicyError, match="as_of: 'soon' is no date"):
        read(text, as_of="soon")


def test_a_file(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text(f"\ufeff{TEXT}", encoding="utf-8")
    assert read(path, as_of=AS_OF) == read(str(path), as_of=AS_OF) == read(TEXT, as_of=AS_OF)
    path.write_bytes(TEXT.encode() + b"# caf\xe9\n")
    with pytest.raises(PolicyError, match="line 15 is not UTF-8 text"):
        read(path)
    path.write_bytes(b"#" * (2**20 + 1))
    with pytest.raises(PolicyError, match="larger than 1 MiB"):
        read(path)


@pytest.mark.parametrize(
    ("path", "told"), [("missing.yaml", "no such file"), ("", "it is no file"), ("nul\0byte", ""), ("x" * 5000, "")]
)
def test_a_path_that_is_none(path, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PolicyError, match=f"cannot be read: .*{told}.*fk.policy.examples"):
        read(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX's")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PolicyError, match="it is no file"):
        read(tmp_path / "pipe")


@pytest.mark.parametrize("name", examples())
def test_what_is_shipped_can_be_read(name):
    assert fk.policy.read(examples()[name]).rules


@given(st.text(alphabet="ab:-,[]{}#&*!|>'\"%@ \n\t0.5?~\\", max_size=60))
def test_any_text_is_read_or_refused(text):
    with pytest.raises(PolicyError):
        read(f"{text}\n")


@given(st.lists(st.tuples(st.integers(0, len(TEXT) - 1), st.characters()), max_size=3))
def test_a_spoilt_file_is_read_or_refused(changes):
    text = TEXT
    for place, character in changes:
        text = text[:place] + character + text[place + 1 :]
    try:
        assert read(text, as_of=AS_OF).segments
    except PolicyError as error:
        assert str(error)  # noqa: PT017 - either is fine; anything else is not
