"""The compliance playbook: findings grouped and graded, what they support, and an answer in every log."""

import csv
import json
from dataclasses import replace

import pytest

from flowkit import playbooks
from flowkit.cli import main
from flowkit.errors import PolicyError, ScopeError
from flowkit.inventory.resources import FlowLog
from flowkit.playbooks import compliance
from flowkit.playbooks.compliance.answer import answered
from flowkit.playbooks.compliance.controls import NEVER
from flowkit.playbooks.compliance.lapses import lapses
from tests.analysis.dialled import START, call, log, plain, rejection
from tests.inventory.network import GROUPS, interface, rule, snapshot

APP, APP2, DB = "10.0.1.10", "10.0.1.11", "10.0.2.20"
WORLD, S3, ADMIN = "203.0.113.9", "52.218.0.1", "198.51.100.7"
POLICY = """
version: 1
name: test
segments:
  app: {cidr: [10.0.1.0/24]}
  db: {cidr: [10.0.2.0/24]}
rules:
  - {allow: app, to: db, ports: [5432]}
  - {allow: internet, to: app, ports: [443, 3389]}
  - {deny: db, to: internet}
exceptions:
  - {from: app, to: internet, ports: [443], owner: Jo, until: 2999-12-31, why: payments}
"""
NAME = "<script>alert(1)</script>"
NETWORK = snapshot(
    interfaces=(
        interface(APP, APP, "subnet-a1", "sg-app"), interface(APP2, APP2, "subnet-a1", "sg-app"),
        replace(interface(DB, DB, "subnet-a2", "sg-extra", "sg-db"), name=NAME),
        interface("idle", "10.0.1.99", "subnet-a1", "sg-app", status="in-use"),
        interface("dark", "10.1.1.5", "subnet-b1", "sg-peer", vpc="vpc-b", status="in-use"),
    ),
    acls=(),
    rules=(
        *(one for rules in GROUPS.values() for one in rules),
        *(rule("sg-app", protocol=6, first=port, rule_id=f"sgr-{port}") for port in (22, 23)),
        rule("sg-app", "198.51.100.0/24", 6, 3389, rule_id="sgr-3389"),
        *(rule(group, direction="egress") for group in ("sg-db", "sg-extra")),
    ),
    flow_logs=(
        FlowLog(flow_log_id="fl-a", resource_id="vpc-a", traffic_type="ALL", status="ACTIVE", interval=60,
                destination="arn:aws:s3:::logs'; rm -rf /", destination_type="s3"),
    ),
    answered=("NetworkInterfaces", "SecurityGroups", "RouteTables", "FlowLogs", "Vpcs", "Subnets"),
)  # fmt: skip
PLAIN = log(
    call(APP, DB, 5432, 0),
    call(APP, DB, 5433, 10),
    call(APP2, DB, 5433, 15),
    call(DB, WORLD, 443, 20, there=(90, 90_000)),
    call(DB, S3, 443, 30),
    call(APP, WORLD, 443, 40),
    call(ADMIN, APP, 22, 50),
    call(ADMIN, APP, 23, 60),
    call(ADMIN, APP, 3389, 65),
    call(APP, APP2, 6379, 70),
    call(APP, APP2, 21, 80),
    call(APP, APP2, 8080, 90),
    rejection(ADMIN, DB, 5432, 100),
)
HEADER = PLAIN.splitlines()[0]
TALK = "\n".join(
    f"{line} {'encryption-status' if line == HEADER else 0 if ' 5432 ' in line else '-'}" for line in PLAIN.splitlines()
)


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(TALK, inventory=NETWORK)


@pytest.fixture(scope="module")
def report(flows):
    return playbooks.run("compliance", flows, policy=POLICY)


def of(report, kind, **about):
    """Return the one finding of a kind with these attributes."""
    (found,) = [
        one for one in report.findings if one.kind == kind and all(getattr(one, k) == v for k, v in about.items())
    ]
    return found


@pytest.mark.parametrize(
    ("kind", "about", "severity", "words"),
    [
        ("segmentation", {"subject": DB, "port": 5433}, "medium", "app to db, tcp 5433: forbidden by default deny"),
        ("segmentation", {"subject": APP, "port": 22}, "high", "internet to app, tcp 22: forbidden by default deny"),
        ("segmentation", {"subject": DB, "port": 5432}, "info", "and stopped: the control held"),
        ("segmentation", {"subject": APP, "port": 443}, "info", "Jo answers for it until 2999-12-31 (line 12"),
        (
            "direct_egress",
            {"subject": DB, "peer": WORLD},
            "high",
            "db to the internet, 1 address: forbidden by deny",
        ),
        ("direct_egress", {"subject": DB, "peer": S3}, "low", "addresses of AWS S3: forbidden by deny db"),
        ("exposed_admin", {"port": 22}, "high", "let in by sgr-22 (open to everybody)"),
        ("exposed_admin", {"port": 3389}, "info", "let in by sgr-3389 (limited to what the rule names)"),
        ("cleartext", {"port": 23}, "high", "Telnet (tcp 23), 1 client"),
        ("cleartext", {"port": 21}, "medium", "FTP (tcp 21)"),
        ("cleartext", {"port": 6379}, "low", "Redis (tcp 6379)"),
        ("cleartext", {"port": 8080}, "info", "HTTP (alternate)"),
        ("unencrypted", {"subject": DB, "port": 5432}, "medium", "tcp 5432 with 1 client, 4,600 B not encrypted"),
        ("unlogged", {"subject": "eni-dark"}, "high", "not logged: traffic there leaves no record"),
        ("unlogged", {"subject": "vpc-a"}, "medium", "1 interface in use by the snapshot, covered by a flow log"),
    ],
)
def test_what_is_found_is_graded_by_what_to_do(report, kind, about, severity, words):
    if about.get("subject") == "eni-dark":
        about = {"severity": "high"}
    found = of(report, kind, **about)
    assert (found.severity, words in found.summary) == (severity, True), found.summary


def test_what_got_through_names_the_rule_and_all_its_rows(report):
    found = of(report, "segmentation", port=5433)
    rows = found.supporting
    assert set(rows.client) == {APP, APP2}
    assert set(rows.admitted_by) == {"sg-extra"}
    assert " let through by sg-extra" in found.summary
    assert set(rows.supports) == {compliance.supports("segmented")}


def test_every_finding_tells_which_controls_it_supports_and_never_judges(report):
    assert NEVER in report.notes
    for finding in report.findings:
        assert "PCI DSS v4.0.1" in finding.supporting.attrs["caption"]
        assert NEVER in finding.supporting.attrs["caption"]
    told = " ".join([report.summary, *report.notes, *(one.summary for one in report.findings)])
    assert "compliant" not in told.lower()


def test_findings_are_ranked_and_counted(report):
    assert report.verdict == "findings"
    assert report.to_frame().score.is_monotonic_decreasing
    assert report.summary.startswith(f"{sum(one.severity != 'info' for one in report.findings)} findings (")
    assert [step.name for step in report.steps] == [step.__name__ for step in compliance.STEPS]


def test_the_report_tells_which_policy_and_escapes_what_names_bring(report, tmp_path):
    assert report.parameters["policy"].startswith("test (the policy, sha256 ")
    page = report.to_html(tmp_path / "report.html").read_text(encoding="utf-8")
    assert NAME not in page
    assert "&lt;script&gt;" in page
    with report.to_csv(tmp_path / "report.csv").open(encoding="utf-8", newline="") as lines:
        assert not [cell for row in csv.reader(lines) for cell in row if cell.startswith(("=", "+", "@"))]
    (look,) = next(step for step in report.steps if step.name == "kept").table.look
    assert look == """aws s3api get-bucket-lifecycle-configuration --bucket 'logs'"'"'; rm -rf '"""


ARN = "arn:aws:logs:us-east-1:123456789010:log-group:flow-logs"


@pytest.mark.parametrize(
    ("days", "retention", "told"),
    [
        (30, "30 days", "1 destination of 1 keep less than that; of 0 destinations"),
        (400, "400 days", "0 destinations of 1 keep less"),
        (None, "for ever", "0 destinations of 1 keep less"),
        ("30", "not known", "of 1 destination the retention is not known: no describe-log-groups"),
    ],
)
def test_retention_is_that_of_the_log_group_the_snapshot_describes(tmp_path, load_lines, days, retention, told):
    logged = {"FlowLogId": "fl-0a", "ResourceId": "vpc-0a", "LogDestination": ARN, "TrafficType": "ALL"}
    group = {"arn": f"{ARN}:*", "logGroupName": "flow-logs"} | ({} if days is None else {"retentionInDays": days})
    answers = {"FlowLogs": [logged], "logGroups": [group], "Vpcs": [{"VpcId": "vpc-0a"}]}
    for name, items in answers.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({name: items}))
    line = "2 123456789010 eni-0a 10.0.0.1 10.0.0.2 1 2 6 1 40 1773129600 1773129659 ACCEPT OK"
    flows = load_lines(line, inventory=tmp_path)
    assert flows.identities.snapshot.problems == ()
    step = compliance.kept(compliance.review(flows))
    assert step.table.retention.tolist() == [retention]
    assert told in step.finding


def test_controls_are_told_once_for_every_check():
    frame = compliance.controls_frame()
    assert set(frame.check) == {step.__name__ for step in compliance.STEPS} - {"mapped"}
    assert not frame.duplicated(["check", "standard", "control"]).any()
    assert (frame != "").all(axis=None)


def test_what_is_allowed_is_set_apart(flows, report):
    allow = [
        {"address": S3, "reason": "our backup", "kind": "direct_egress"},
        {"address": DB, "reason": "old", "until": "2020-01-01"},
    ]
    told = answered(compliance.review(flows, POLICY, allow=allow), report.findings, report.steps, {})
    assert not [one for one in told.findings if one.peer == S3]
    assert [note.split(":")[0] for note in told.notes if "llowed" in note] == [
        f"Allowed, {S3} direct_egress", "No longer allowed, its day is over",
    ]  # fmt: skip


def minutes(*missing, status="NODATA", lost=()):
    told = [n for n in range(180) if n not in missing and n not in lost]
    return [
        f"5 {eni} - - - - - - - {START + 60 * n} {START + 60 * n + 59} - {status if n in told else 'SKIPDATA'} - -"
        for eni in ("eni-a", "eni-b")
        for n in (*told, *lost)
        if not (eni == "eni-b" and n in lost)
    ]


HOUR = range(60, 130)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (minutes(), []),
        (minutes(*HOUR), [("medium", "every interface", "70 minutes without any line")]),
        (minutes(7, 8, 9), [("low", "every interface", "3 minutes without any line")]),
        (minutes(lost=range(20, 30)), [("low", "eni-a", "10 minutes lost records to SKIPDATA"),
                                       ("low", "eni-b", "10 minutes without any line")]),
        ([line for line in minutes() if " eni-b" not in line or f" {START + 60 * 9}" < line.split(" - ")[-4]], []),
    ],
    ids=["none", "an hour", "minutes", "lost", "later begun"],
)  # fmt: skip
def test_gaps_are_one_finding_for_all_that_have_the_same(load_lines, lines, told):
    case = compliance.review(load_lines("\n".join([HEADER, *call(APP, APP2, 443, 0), *lines])))
    found = lapses(case, {"intact": compliance.intact(case)})
    gaps = [(one.severity, one.subject, one.summary) for one in found]
    assert [(severity, subject) for severity, subject, _text in gaps] == [one[:2] for one in told]
    assert all(words in text for (_s, _a, text), (_b, _c, words) in zip(gaps, told, strict=True))


ONE_SIDED = [line for line in call(ADMIN, APP, 22, 0) if " egress" in line]
IPV6 = [
    f"5 eni-a 2001:500::9 2600:1f18::1 40000 22 6 5 500 {START} {START + 5} ACCEPT OK 3 ingress",
    f"5 eni-a 2600:1f18::1 2001:500::9 22 40000 6 5 900 {START} {START + 5} ACCEPT OK 19 egress",
]


@pytest.mark.parametrize(
    ("lines", "verdict", "words"),
    [
        (plain(PLAIN), "findings", "No snapshot is loaded"),
        (log(rejection(ADMIN, APP, 22, 0)), "cannot_tell", "Only what was rejected is logged"),
        ("\n".join([HEADER, *ONE_SIDED]), "findings", "no policy is given"),
        ("\n".join([HEADER, *IPV6]), "findings", "no policy is given"),
        (log(call(APP, APP2, 443, 0)), "nothing_found", "Encryption was not checked"),
        ("\n".join(" ".join(w for n, w in enumerate(line.split()) if n != 11) for line in PLAIN.splitlines()
                   if "REJECT" not in line), "findings", "does not record action"),
    ],
    ids=["version 2", "rejects only", "one-sided", "IPv6", "benign", "no action"],
)  # fmt: skip
def test_every_log_gets_an_answer_that_says_what_was_not_checked(load_lines, lines, verdict, words):
    told = playbooks.run("compliance", load_lines(lines))
    assert told.verdict == verdict
    assert words in " ".join([told.summary, *told.notes])
    assert told.coverage
    assert all(step.question.endswith("?") and step.finding.endswith(".") for step in told.steps)


def test_an_empty_scope_cannot_tell(flows):
    told = playbooks.run("compliance", flows, policy=POLICY, start="2020-01-01T00:00Z", end="2020-01-02T00:00Z")
    assert not [one for one in told.findings if one.kind not in ("unlogged", "gap")]
    assert told.summary.endswith(".")


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"policy": POLICY.replace("db, ports: [5432]", "dbs, ports: [5432]")}, PolicyError, "line 8"),
        ({"policy": "no/such/policy.yaml"}, PolicyError, "no such file"),
        ({"policy": POLICY, "as_of": "3000-01-01"}, PolicyError, "line 12"),
        ({"retention_days": 0}, ScopeError, "kept for a day at least"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_next_step(flows, given, error, message):
    with pytest.raises(error, match=message):
        playbooks.run("compliance", flows, **given)


def test_on_the_command_line_a_bad_policy_is_bad_input(tmp_path, capsys):
    (tmp_path / "bad.yaml").write_text(POLICY.replace("deny: db", "dney: db"), encoding="utf-8")
    (tmp_path / "flows.log").write_text(PLAIN + "\n", encoding="utf-8")
    assert main(["run", "compliance", str(tmp_path / "flows.log"), "--policy", str(tmp_path / "bad.yaml")]) == 2
    assert "line 10" in capsys.readouterr().err
