"""rule_effects, conversation_rules: what rules did to what was recorded, and where records and rules disagree."""

from dataclasses import replace
from ipaddress import ip_address, ip_network

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.analysis import conversation_rules, rule_effects
from flowkit.analysis.narrowing import Use, narrower
from flowkit.errors import InventoryError, MissingFieldError, ScopeError
from flowkit.inventory import Snapshot
from flowkit.inventory.packets import ANY
from tests.inventory.network import SNAPSHOT, acl, entry, rule, snapshot

HEADER = (
    "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action tcp-flags "
    "flow-direction log-status"
)
# A connection to the database as both interfaces saw it; one from a port to which the ACL lets no answer out;
# one to a port that no entry allows; one that the group refuses; a late packet; somebody on the internet.
LINES = """
5 eni-app 10.0.1.10 10.0.2.20 40001 5432 6 9 900 1773129600 1773129650 ACCEPT 3 egress OK
5 eni-app 10.0.2.20 10.0.1.10 5432 40001 6 8 800 1773129600 1773129650 ACCEPT 19 ingress OK
5 eni-db 10.0.1.10 10.0.2.20 40001 5432 6 9 900 1773129600 1773129650 ACCEPT 3 ingress OK
5 eni-db 10.0.2.20 10.0.1.10 5432 40001 6 8 800 1773129600 1773129650 ACCEPT 19 egress OK
5 eni-app 10.0.1.10 10.0.2.20 62001 5432 6 1 60 1773129660 1773129661 ACCEPT 2 egress OK
5 eni-db 10.0.1.10 10.0.2.20 62001 5432 6 1 60 1773129660 1773129661 ACCEPT 2 ingress OK
5 eni-db 10.0.2.20 10.0.1.10 5432 62001 6 1 60 1773129660 1773129661 REJECT 18 egress OK
5 eni-app 10.0.1.10 10.0.2.20 40002 5999 6 1 60 1773129700 1773129701 ACCEPT 2 egress OK
5 eni-db 10.0.1.10 10.0.2.20 40002 5999 6 1 60 1773129700 1773129701 REJECT 2 ingress OK
5 eni-app 203.0.113.9 10.0.1.10 50001 22 6 1 60 1773129720 1773129721 REJECT 2 ingress OK
5 eni-app 203.0.113.9 10.0.1.10 50002 23 6 1 60 1773129720 1773129721 REJECT 2 ingress OK
5 eni-app 10.0.2.20 10.0.1.10 5432 40001 6 1 52 1773129840 1773129841 REJECT 17 ingress OK
"""
V5 = HEADER + LINES


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(V5, inventory=snapshot())


def effects(frame):
    """Return what is said of each rule that did something: its conversations and records."""
    done = frame[frame.effect != "unused"]
    entries = ["" if pd.isna(number) else f" {number}" for number in done.entry]
    keys = [
        f"{one.rule}{number} {one.direction} {one.effect}"
        for one, number in zip(done.itertuples(), entries, strict=True)
    ]
    return dict(zip(keys, zip(done.conversations, done.records, strict=True), strict=True))


def test_what_each_rule_did(flows):
    assert effects(rule_effects(flows)) == {
        "sg-app egress admitted": (3, 3),
        "acl-a 100 egress admitted": (3, 3),
        "acl-a 100 ingress admitted": (1, 1),  # of what was rejected only the gate that did is told
        "acl-db 100 ingress admitted": (2, 2),
        "sgr-db ingress admitted": (2, 2),
        "acl-db 90 egress admitted": (1, 1),
        "acl-db 32767 egress refused": (1, 1),
        "acl-db 32767 ingress refused": (1, 1),
        "sg-app ingress refused": (2, 2),
        "acl-a ingress late": (1, 1),
    }


def row(frame, rule, effect, direction="ingress"):
    (found,) = frame[(frame.rule == rule) & (frame.effect == effect) & (frame.direction == direction)].to_dict(
        "records"
    )
    return found


def test_a_row_tells_when_how_much_and_an_example(flows):
    found = row(rule_effects(flows), "sgr-db", "admitted")
    assert found | {"entry": None} == {
        "rule": "sgr-db", "entry": None, "kind": "security_group", "direction": "ingress",
        "scope": "TCP port 5432 from sg-app", "effect": "admitted", "conversations": 2, "alone": 2, "records": 2,
        "bytes": 960, "first": pd.Timestamp("2026-03-10T08:00Z"), "last": pd.Timestamp("2026-03-10T08:01:01Z"),
        "example": "10.0.1.10 to 10.0.2.20:5432/tcp", "suggested": "",
    }  # fmt: skip


def test_rules_never_used_are_told_of_interfaces_that_are_logged(flows):
    frame = rule_effects(flows)
    unused = frame[frame.effect == "unused"]
    assert set(unused.rule + " " + unused.scope) == {
        "sg-app TCP port 8080 from 10.0.0.0/8", "sg-extra TCP port 5433 from 10.0.1.0/24",
    }  # fmt: skip
    assert (unused.records == 0).all()
    assert unused["first"].isna().all()


@pytest.mark.parametrize(
    ("rule_id", "direction", "suggested"),
    [
        ("sg-app", "egress", "TCP port 5432 to 10.0.2.20/32; TCP port 5999 to 10.0.2.20/32"),
        ("acl-db", "ingress", "TCP port 5432 from 10.0.1.10/32"),
        ("acl-db", "egress", "TCP ports 32768-61000 to 10.0.1.10/32"),  # ports of clients are not narrowed
    ],
)
def test_a_rule_wider_than_its_use_has_a_narrower_one(flows, rule_id, direction, suggested):
    assert row(rule_effects(flows), rule_id, "admitted", direction)["suggested"] == suggested


def test_the_rules_of_one_conversation(flows):
    one = flows.narrow(srcaddr="10.0.1.10", dstaddr="10.0.2.20", dstport=5432)
    found = conversation_rules(one)
    assert set(found.gate + " " + found.rule) == {
        "source_security_group sg-app", "source_nacl_outbound acl-a", "destination_nacl_inbound acl-db",
        "destination_security_group sgr-db",
    }  # fmt: skip
    assert set(found.effect) == {"admitted"}
    assert set(found.interface_id) == {"eni-app", "eni-db"}


def test_the_rule_that_refused(flows):
    found = conversation_rules(flows.narrow(action="REJECT"))
    told = {(one.server_port, one.gate, one.rule, one.effect) for one in found.itertuples()}
    assert told == {
        (5432, "destination_nacl_outbound", "acl-db", "refused"),
        (5999, "destination_nacl_inbound", "acl-db", "refused"),
        (22, "destination_security_group", "sg-app", "refused"),
        (23, "destination_security_group", "sg-app", "refused"),
        (5432, "source_nacl_inbound", "acl-a", "late"),
    }
    entries = found[found.effect == "refused"].set_index("server_port").entry
    assert entries.dropna().to_dict() == {5432: 32767, 5999: 32767}
    assert "no entry allows TCP port 62001 to 10.0.1.10, so entry 32767 denies" in " ".join(found.why)


CLOSED = acl("acl-a", entry(100, False), entry(100, True, direction="egress"), default=True)
REFERS = tuple(one for one in SNAPSHOT["rules"] if one.group_id != "sg-db")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"acls": (CLOSED, *SNAPSHOT["acls"][1:])}, ("acl-a", "accepted, though no rule admits")),
        ({"rules": REFERS}, ("sg-db, sg-extra", "accepted, though no rule admits")),
    ],
)
def test_where_the_snapshot_contradicts_the_records_it_is_said(flows, changed, told):
    frame = rule_effects(flows, snapshot(**changed))
    assert told in {(one.rule, one.scope) for one in frame[frame.effect == "contradicted"].itertuples()}
    assert frame.effect[0] == "contradicted", "that comes first"
    whys = conversation_rules(flows, snapshot(**changed))
    assert whys[whys.effect == "contradicted"].why.str.startswith("accepted, though the snapshot denies it: ").all()


def test_without_flags_what_no_rule_denies_is_a_contradiction_that_may_be_late(load_lines):
    lines = [line.split() for line in V5.splitlines()]
    column = lines[0].index("tcp-flags")
    bare = load_lines("\n".join(" ".join(cells[:column] + cells[column + 1 :]) for cells in lines))
    found = conversation_rules(bare, snapshot())
    (why,) = set(found[found.effect == "contradicted"].why)
    assert why == "rejected, though no rule of the snapshot denies it: a rule of that time did, or it came late."


@pytest.mark.parametrize(
    ("changed", "effect"),
    [({"acls": ()}, "cannot_tell"), ({"groups": (), "rules": ()}, "cannot_tell")],
)
def test_what_the_snapshot_lacks_cannot_be_told(flows, changed, effect):
    frame = rule_effects(flows, snapshot(**changed))
    assert effect in set(frame.effect)
    assert "contradicted" not in set(frame.effect)


def test_interfaces_of_neither_end_are_left_aside_and_counted(flows):
    gone = tuple(one for one in SNAPSHOT["interfaces"] if one.name != "db")
    frame = rule_effects(flows, snapshot(interfaces=gone))
    assert frame.attrs["elsewhere"] == 5  # what eni-db recorded
    assert "5 records of interfaces that are neither end are left aside" in frame.attrs["caption"]


def test_a_snapshot_of_something_else_is_told(flows):
    caption = rule_effects(flows, Snapshot()).attrs["caption"]
    assert "the snapshot has none of the interfaces recorded, so check that it is of this account." in caption


def test_several_rules_that_admit_the_same_are_all_used_and_none_is_needed_alone(load_lines):
    rules = (*SNAPSHOT["rules"], rule("sg-extra", "10.0.0.0/16", 6, 5400, 5500, rule_id="sgr-wide"))
    frame = rule_effects(load_lines(V5), snapshot(rules=rules))
    assert (row(frame, "sgr-db", "admitted")["alone"], row(frame, "sgr-wide", "admitted")["alone"]) == (0, 0)
    assert row(frame, "sgr-wide", "admitted")["suggested"] == "TCP port 5432 from 10.0.1.10/32"


def test_what_is_left_out_is_counted(flows):
    frame = conversation_rules(flows, most=1)
    assert frame.attrs["left_out"] == 11
    assert "11 more distinct tuples were not asked about" in frame.attrs["caption"]


def test_icmp_has_no_types_in_records_so_nothing_is_contradicted(load_lines):
    log = load_lines(HEADER + "\n5 eni-db 10.0.1.10 10.0.2.20 0 0 1 1 84 1773129600 1773129601 ACCEPT 0 ingress OK\n")
    assert set(conversation_rules(log, snapshot()).effect) == {"cannot_tell"}


def test_the_same_question_has_the_same_answer(flows, load_lines):
    lines = LINES.strip().splitlines()
    again = load_lines("\n".join([HEADER, *reversed(lines)]), inventory=snapshot())
    pd.testing.assert_frame_equal(rule_effects(flows), rule_effects(again))


def test_the_age_of_the_rules_is_told(flows):
    assert "Inventory of an unknown time" in rule_effects(flows).attrs["caption"]
    assert "Rules: Snapshot of an unknown time" in rule_effects(flows, snapshot(acls=())).attrs["caption"]


def test_an_empty_answer_has_the_columns_and_types_of_a_full_one(flows):
    for analysis in (rule_effects, conversation_rules):
        empty = analysis(flows.narrow(port=1), Snapshot())
        assert len(empty) == 0
        assert dict(empty.dtypes.astype(str))["records"] == "int64"
        assert list(empty.columns) == list(analysis(flows).columns)


def test_questions_refused(load_lines, flows):
    with pytest.raises(InventoryError, match=r"there is no EC2 snapshot.*fk\.load\(\.\.\., inventory=FOLDER\)"):
        rule_effects(load_lines(V5))
    with pytest.raises(ScopeError):
        rule_effects(flows, most=0)
    bare = load_lines("version srcaddr dstaddr\n5 10.0.0.1 10.0.0.2")
    with pytest.raises(MissingFieldError, match="action"):
        rule_effects(bare, snapshot())


@pytest.mark.parametrize(
    ("wide", "uses", "scopes"),
    [
        (rule("sg-a", "10.0.0.0/8", 6, 0, 65535), [("10.0.1.1", 6, 443)], ["TCP port 443 from 10.0.1.1/32"]),
        (
            rule("sg-a", "10.0.0.0/8", ANY),
            [("10.0.1.1", 6, 443), ("10.0.1.2", 6, 444), ("10.0.1.3", 17, 53)],
            ["TCP ports 443-444 from 10.0.1.0/30", "UDP port 53 from 10.0.1.0/30"],
        ),
        (rule("sg-a", "sg-app", 6, 0, 1023), [("10.0.1.1", 6, 22)], ["TCP port 22 from sg-app"]),
        (rule("sg-a", "10.0.1.1/32", 6, 22), [("10.0.1.1", 6, 22)], []),
        (rule("sg-a", "0.0.0.0/0", 6, 443), [("10.0.1.1", 6, 443), ("203.0.113.1", 6, 443)], []),
        (rule("sg-a", "0.0.0.0/0", 1, 8, -1), [("10.0.1.1", 1, None)], ["ICMP type 8 from 10.0.1.1/32"]),
        (
            rule("sg-a", "10.0.0.0/8", 6, 0, 65535),
            [("10.0.1.1", 6, port) for port in (1, 3, 5, 7, 9)],
            ["TCP ports 1-9 from 10.0.1.1/32"],
        ),
        (
            rule("sg-a", "::/0", 6, 443),
            [("2001:db8::1", 6, 443), ("2001:db8::2", 6, 443)],
            ["TCP port 443 from 2001:db8::/126"],
        ),
    ],
)
def test_the_narrower_rule(wide, uses, scopes):
    assert [one.scope for one in narrower(wide, [Use(*use) for use in uses])] == scopes


USES = st.builds(
    Use,
    st.integers(0, 255).map(lambda last: f"10.0.{last % 3}.{last}"),
    st.sampled_from([6, 17, 47]),
    st.one_of(st.integers(0, 20), st.none()),
)


@given(st.lists(USES, min_size=1, max_size=8))
def test_narrower_rules_admit_whatever_was_used(uses):
    uses = [use if use.protocol != 47 else use._replace(port=None) for use in uses]
    wide = rule("sg-a", "10.0.0.0/8", ANY)
    found = narrower(wide, uses) or (wide,)

    def admits(one, use):
        first, last = one.span
        held = ip_address(use.peer) in ip_network(one.cidr)
        return one.protocol in (ANY, use.protocol) and held and (use.port is None or first <= use.port <= last)

    assert all(any(admits(one, use) for one in found) for use in uses)
    assert all(ip_network(one.cidr).subnet_of(ip_network(wide.cidr)) for one in found)


def test_an_interface_in_two_groups_is_refused_by_both_together(load_lines):
    both = tuple(
        replace(one, group_ids=("sg-extra", "sg-db")) if one.name == "db" else one for one in SNAPSHOT["interfaces"]
    )
    line = "5 eni-db 10.0.1.10 10.0.2.20 40002 6000 6 1 60 1773129700 1773129701 REJECT 2 ingress OK"
    found = rule_effects(load_lines(f"{HEADER}\n{line}\n"), snapshot(interfaces=both, acls=(SNAPSHOT["acls"][0],)))
    assert row(found, "sg-db, sg-extra", "refused")["scope"] == "no rule admits"
