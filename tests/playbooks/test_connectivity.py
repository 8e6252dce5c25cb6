"""The connectivity playbook: its verdict, its cause and the rule, on each row of the table of causes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from flowkit import playbooks
from flowkit.errors import ScopeError
from flowkit.inventory import FlowLog, Snapshot
from flowkit.inventory.paths import Route
from flowkit.playbooks import connectivity
from tests.analysis.pair import PLAIN, PORT, START, C, S, lines, silence, whole
from tests.inventory.network import DATABASE, GROUPS, OPEN, SNAPSHOT, acl, entry, rule, table

TAKEN = datetime.fromtimestamp(START + 7200, UTC)


def snapshot(**changes):
    return Snapshot(**{**SNAPSHOT, "taken": TAKEN, "taken_from": "manifest", **changes})


def acls(*entries, of="subnet-a2", name="acl-db"):
    """Return a snapshot in which an ACL has these entries; all others let everything through."""
    return snapshot(acls=(acl("acl-a", *OPEN, default=True), acl(name, *entries, subnets=(of,))))


def groups(**rules):
    return snapshot(
        rules=tuple(one for group in {**GROUPS, **rules}.values() for one in group),
        acls=(acl("acl-a", *OPEN, default=True),),
    )


def of_app(*entries):
    return acls(*entries, of="subnet-a1", name="acl-app")


OPENED = acls(*OPEN)
IN, OUT = entry(100, True), entry(100, True, direction="egress")
NO_APP = {"sg-app": (rule("sg-app", "10.9.0.0/16", 6, 22, direction="egress"),)}
NO_DB = {"sg-db": (rule("sg-db", "sg-app", 6, 22),)}


def each(*records, ports=range(40000, 40012)):
    """Return the records of attempts from many ports, a minute apart; ``P`` stands for port and second."""
    return [record.replace("P", f"{port} {60 * n}") for n, port in enumerate(ports) for record in records]


STOPPED_LEAVING = each("C > R P 2 4 240")
STOPPED_ARRIVING = each("C > A P 2 4 240", "S > R P 2 4 240")
REPLY_STOPPED_LEAVING = each("C > A P 2 4 240", "S > A P 2 4 240", "S < R P 18 4 240")
REPLY_STOPPED_ARRIVING = each("C > A P 2 4 240", "S > A P 2 4 240", "S < A P 18 4 240", "C < R P 18 4 240")
RESET = each("C > A P", "S > A P", "S < A P 20 1 40", "C < A P 20 1 40")
SILENT = each("C > A P 2 4 240", "S > A P 2 4 240")
LOST = each("C > A P 2 4 240")
REPLY_LOST = each("C > A P", "S > A P", "S < A P")
WORKING = [record.replace("40000 0", "P") for record in whole(40000, 0)]
FINE = each(*WORKING)
LATE = [*FINE, *each("C < R P 1 1 40", ports=range(41000, 41005))]

CASES = {
    "it works": (FINE, OPENED, "reachable", None, None, None),
    "the source's groups": (STOPPED_LEAVING, groups(**NO_APP), "blocked", "source_security_group", ["sg-app"], None),
    "the source's ACL": (
        STOPPED_LEAVING, of_app(IN, entry(50, False, "10.0.2.0/24", 6, PORT, direction="egress"), OUT), "blocked",
        "source_nacl_outbound", "acl-app", 50,
    ),
    "the destination's ACL": (
        STOPPED_ARRIVING, acls(entry(90, False, "10.0.1.0/24", 6, 5000, 6000), IN, OUT), "blocked",
        "destination_nacl_inbound", "acl-db", 90,
    ),
    "the destination's ACL, implicitly": (
        STOPPED_ARRIVING, acls(entry(100, True, "0.0.0.0/0", 6, 443), OUT), "blocked", "destination_nacl_inbound",
        "acl-db", 32767,
    ),
    "the destination's groups": (
        STOPPED_ARRIVING, groups(**NO_DB), "blocked", "destination_security_group", ["sg-extra", "sg-db"], None,
    ),
    "the destination's ACL stops the reply": (
        REPLY_STOPPED_LEAVING, acls(IN, entry(100, True, "0.0.0.0/0", 6, 443, direction="egress")), "blocked",
        "destination_nacl_outbound", "acl-db", 32767,
    ),
    "the source's ACL stops the reply": (
        REPLY_STOPPED_ARRIVING, of_app(entry(20, False, "10.0.0.0/8", 6, 1024, 65535), IN, OUT), "blocked",
        "source_nacl_inbound", "acl-app", 20,
    ),
    "nothing listens": (RESET, OPENED, "failing", "no_listener", None, None),
    "no answer": (SILENT, OPENED, "failing", "no_reply", None, None),
    "no route": (
        [*LOST, "S > A 41000 900 1 1 40"],
        snapshot(acls=OPENED.acls, route_tables=(
            table("rtb-app", Route(destination="10.0.2.0/24", target="pcx-9", blackhole=True), subnets=("subnet-a1",)),
            *SNAPSHOT["route_tables"],
        )),
        "failing", "path_lost", "rtb-app", None,
    ),
    "lost, and the routes are fine": ([*LOST, "S > A 41000 900 1 1 40"], OPENED, "failing", "path_lost", None, None),
    "the answer is lost": (REPLY_LOST, OPENED, "failing", "path_lost", None, None),
    "late packets only": (LATE, OPENED, "reachable", None, None, None),
    "a few of many fail": (
        [*each(*WORKING, ports=range(40000, 40100)), "C > A 50000 60 2 4 240", "S > A 50000 60 2 4 240"],
        OPENED, "reachable", None, None, None,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def ask(load_lines):
    def run(records, inventory=None, *, logged="CS", flags=True, **question):
        more = {} if flags else {"header": PLAIN}
        text = "\n".join([lines(*records, **more), *silence(ends=logged, **more)])
        flows = load_lines(text, **({"inventory": inventory} if inventory else {}))
        asked = {"source": C, "destination": S, "port": PORT} | question
        return playbooks.run("connectivity", flows, **asked)

    return run


@pytest.mark.parametrize("name", CASES)
def test_verdict_cause_and_rule(ask, name):
    records, inventory, verdict, cause, rule_id, number = CASES[name]
    report = ask(records, inventory)
    assert (report.verdict, report.cause) == (verdict, cause)
    if cause:
        best = report.candidates[0]
        assert (best.cause, best.rule, best.entry, best.contradicted_by) == (cause, rule_id, number, ())
    assert report.to_frame().kind.tolist() == ["connectivity"]


@pytest.mark.parametrize(
    ("records", "causes"),
    [
        (STOPPED_LEAVING, ["source_security_group", "source_nacl_outbound"]),
        (STOPPED_ARRIVING, ["destination_nacl_inbound", "destination_security_group"]),
    ],
)
def test_without_a_snapshot_both_gates_are_candidates_and_none_is_chosen(ask, records, causes):
    report = ask(records)
    assert (report.verdict, report.cause) == ("blocked", None)
    assert [one.cause for one in report.candidates] == causes
    assert "No inventory" in report.snapshot_age


def test_where_two_rules_deny_both_stand_and_none_is_chosen(ask):
    both = replace(groups(**NO_DB), acls=acls(entry(90, False, "0.0.0.0/0", 6, PORT), IN, OUT).acls)
    report = ask(STOPPED_ARRIVING, both)
    assert (report.verdict, report.cause) == ("blocked", None)
    found = [(one.cause, one.rule, one.entry) for one in report.candidates]
    assert found == [
        ("destination_nacl_inbound", "acl-db", 90), ("destination_security_group", ["sg-extra", "sg-db"], None),
    ]  # fmt: skip


def test_a_snapshot_that_contradicts_the_records_is_not_believed(ask):
    report = ask(STOPPED_ARRIVING, OPENED)
    assert (report.verdict, report.cause) == ("blocked", None)
    assert all("admit" in one.contradicted_by[0] for one in report.candidates)


def test_what_the_records_tell_alone_is_a_cause_even_where_the_snapshot_denies_nothing(ask):
    report = ask(REPLY_STOPPED_LEAVING, OPENED)
    assert (report.verdict, report.cause, report.candidates[0].rule) == ("blocked", "destination_nacl_outbound", None)
    assert report.candidates[0].contradicted_by


def test_an_acl_is_not_asked_within_a_subnet(load_lines):
    text = lines(*STOPPED_ARRIVING, server="10.0.1.11", enis={"S": "eni-app2"})
    denying = acls(entry(90, False, "0.0.0.0/0", 6, PORT), IN, OUT, of="subnet-a1", name="acl-app")
    report = playbooks.run(
        "connectivity", load_lines(text, inventory=denying), source="app", destination="app2", port=PORT
    )
    assert (report.verdict, report.cause) == ("blocked", "destination_security_group")
    assert report.candidates[0].rule == ["sg-app"]


@pytest.mark.parametrize(
    ("logged", "records", "verdict"),
    [
        ("C", LOST, "cannot_tell"),
        ("C", [r for r in FINE if r.startswith("C")], "reachable"),
        ("S", [r for r in STOPPED_ARRIVING if r.startswith("S")], "blocked"),
        ("C", [r for r in RESET if r.startswith("C")], "failing"),
    ],
)
def test_the_dark_hides_only_what_it_hides(ask, logged, records, verdict):
    assert ask(records, logged=logged).verdict == verdict


def test_nothing_between_two_that_are_logged_throughout_is_not_seen(ask):
    report = ask(each(*WORKING), OPENED, port=22)
    assert (report.verdict, report.cause, report.fraction_failing) == ("not_seen", None, None)
    told = {step.name: step.finding for step in report.steps}
    assert all(told[name].startswith("Of no attempt it is known") for name in ("separated", "rules"))


@pytest.mark.parametrize("kind", ["ACCEPT", "REJECT"])
def test_a_flow_log_of_one_action_hides_the_other(ask, kind):
    flow_log = FlowLog(flow_log_id="fl-1", resource_id="vpc-a", traffic_type=kind, status="ACTIVE")
    half = replace(OPENED, flow_logs=(flow_log,), answered=(*OPENED.answered, "FlowLogs"))
    records = LOST if kind == "ACCEPT" else ["C > R 50000 0"]
    report = ask([*records, *(["S > A 41000 900 1 1 40"] if kind == "ACCEPT" else [])], half)
    assert report.verdict == ("cannot_tell" if kind == "ACCEPT" else "blocked")


def test_a_range_of_client_ports_that_fails_is_named_with_its_entry(ask):
    good = each(*WORKING, ports=range(33000, 33050))
    bad = each("C > A P 2 4 240", "S > A P 2 4 240", "S < R P 18 4 240", ports=range(61500, 61540))
    report = ask([*good, *bad], snapshot())
    assert (report.verdict, report.cause, report.pattern) == (
        "intermittent",
        "destination_nacl_outbound",
        "client_ports",
    )
    assert (report.candidates[0].rule, report.candidates[0].entry) == ("acl-db", 32767)
    assert report.fraction_failing == pytest.approx(40 / 90)
    assert "client ports" in report.summary.lower()
    assert DATABASE[1].last == 61000


def test_a_change_is_found_and_a_rule_named_only_if_it_still_denies(ask):
    good = each(*WORKING, ports=range(40000, 40030))
    bad = [
        f"{end} > {act} {port} {1800 + 60 * n} 2 4 240"
        for n, port in enumerate(range(42000, 42025))
        for end, act in ("CA", "SR")
    ]
    denying = ask([*good, *bad], acls(entry(90, False, "0.0.0.0/0", 6, PORT), IN, OUT))
    assert (denying.verdict, denying.pattern, denying.cause) == (
        "intermittent",
        "change_point",
        "destination_nacl_inbound",
    )
    mended = ask([*good, *bad], OPENED)
    assert (mended.verdict, mended.pattern, mended.cause) == ("intermittent", "change_point", None)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"source": S}, "source and destination are the same"),
        ({"source": "app2x"}, "Did you mean app2"),
        ({"port": 70_000}, "ports are 0 to 65535"),
        ({"port": "http"}, "port http is none: ports are 0 to 65535"),
        ({"port": -1}, "port -1 is none"),
        ({"start": "2020-01-01T00:00Z", "end": "2020-01-02T00:00Z"}, "there is no record at all in 2020-01-01"),
        ({"sorce": C}, "connectivity takes no sorce. Did you mean source"),
        ({"source": None}, "connectivity needs source"),
    ],
)
def test_a_bad_question_is_refused_in_a_sentence(ask, question, message):
    with pytest.raises(ScopeError, match=message):
        ask(FINE, OPENED, **question)


@pytest.mark.parametrize("destination", ["203.0.113.9", "10.0.99.99", "10.0.99.0/24"])
def test_an_address_that_nobody_has_is_answered_as_far_as_it_goes(ask, destination):
    report = ask(FINE, OPENED, destination=destination)
    assert (report.verdict, report.cause) == ("cannot_tell", "not_logged")
    assert "not logged" in report.coverage


def test_names_and_ids_of_the_inventory_are_understood(ask):
    for source, destination in (("app", "db"), ("eni-app", "i-db"), ([C, "10.0.1.11"], "10.0.2.0/24")):
        assert ask(FINE, OPENED, source=source, destination=destination).verdict == "reachable"


def test_each_step_has_a_question_a_finding_and_a_table(ask):
    report = ask(REPLY_STOPPED_LEAVING, snapshot())
    assert [step.name for step in report.steps] == [step.__name__ for step in connectivity.STEPS]
    assert all(step.question.endswith("?") and step.finding.endswith(".") for step in report.steps)
    assert all("caption" in step.table.attrs for step in report.steps)
    assert {step.name for step in report.steps if step.figure is not None} == {"logged", "outcomes_over_time"}


def test_steps_can_be_taken_one_by_one(load_lines):
    flows = load_lines("\n".join([lines(*REPLY_STOPPED_LEAVING), *silence()]), inventory=snapshot())
    case = connectivity.case(flows, source="app", destination="db", port=PORT)
    assert "reply leaving (12 attempts)" in connectivity.path(case).finding
    assert connectivity.verdict(case).name == "blocked"


def test_commands_are_printed_for_the_entry_that_denies(ask):
    report = ask(REPLY_STOPPED_LEAVING, acls(IN, entry(100, True, "0.0.0.0/0", 6, 443, direction="egress")))
    (finding,) = report.findings
    look, mend = finding.next_steps
    assert look == "aws ec2 describe-network-acls --network-acl-ids acl-db  # to look: the entries as they are now"
    assert mend == (
        "aws ec2 create-network-acl-entry --network-acl-id acl-db --egress --rule-number 110 --protocol 6 --port-range "
        "From=1024,To=65535 --cidr-block 10.0.1.10/32 --rule-action allow  # to mend: admit it where no entry admits "
        "it, if it is wanted"
    )
    assert (finding.severity, finding.subject, finding.peer) == ("high", C, S)


def test_an_entry_that_admits_too_few_ports_is_widened(ask):
    narrow = entry(100, True, "0.0.0.0/0", 6, 1024, 30000, direction="egress")
    (finding,) = ask(REPLY_STOPPED_LEAVING, acls(IN, narrow)).findings
    assert finding.next_steps[1] == (
        "aws ec2 replace-network-acl-entry --network-acl-id acl-db --egress --rule-number 100 --protocol 6 "
        "--port-range From=1024,To=65535 --cidr-block 0.0.0.0/0 --rule-action allow  # to mend: widen entry 100 to "
        "ports 1024 to 65535, if it is wanted"
    )


def test_before_an_entry_that_denies_goes_one_with_a_free_number(ask):
    denying = (entry(40, False, "10.0.0.0/8", 6, direction="egress"), entry(39, True, "10.9.0.0/16", 6, 22,
               direction="egress"), entry(100, True, direction="egress"))  # fmt: skip
    (finding,) = ask(REPLY_STOPPED_LEAVING, acls(IN, *denying)).findings
    assert "--egress --rule-number 38 --protocol 6" in finding.next_steps[1]
    assert finding.next_steps[1].endswith("# to mend: admit it before entry 40, if it is wanted")


def test_what_groups_do_not_admit_is_admitted_as_narrowly_as_asked(ask):
    (finding,) = ask(STOPPED_ARRIVING, groups(**NO_DB)).findings
    assert finding.next_steps[1] == (
        "aws ec2 authorize-security-group-ingress --group-id sg-extra --ip-permissions "
        "'IpProtocol=tcp,FromPort=5432,ToPort=5432,IpRanges=[{CidrIp=10.0.1.10/32}]'  # to mend: admit it, if it is "
        "wanted"
    )


def test_where_nobody_tried_the_answer_says_what_else_to_look_at(ask):
    report = ask(["S > A 41000 900 1 1 40"], OPENED, port=PORT + 1)
    (finding,) = report.findings
    assert report.verdict == "not_seen"
    assert f"nc -vz -w 5 {S} {PORT + 1}  # to look: on the source: does it come about now?" in finding.next_steps
    assert any(text.startswith("The client may never try") for text in finding.innocent_explanations)


def test_without_flags_the_answer_says_what_they_would_add(ask):
    report = ask(SILENT, OPENED, flags=False)
    assert (report.verdict, report.cause) == ("failing", "no_reply")
    assert "no tcp-flags" in next(step.finding for step in report.steps if step.name == "reply")
