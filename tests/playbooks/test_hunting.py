"""The playbooks that look for the unknown: ranked, joined, allowed with a reason, and an answer in every log."""

import gzip
from datetime import date

import pytest

import flowkit
from flowkit import playbooks
from flowkit.errors import ScopeError, SourceError
from flowkit.playbooks import Finding
from flowkit.playbooks.hunting import Allowed, Suspicion, allowed, hunt, report
from tests.analysis.dialled import call, log
from tests.inventory.network import GROUPS, interface, rule, snapshot

HEADER = "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
START = 1773129600
HOST, PEER = "10.0.0.1", "203.0.113.1"


def moved(out=80_000_000, back=900_000, *, host=HOST, peer=PEER, second=0, port=40000, action="ACCEPT"):
    start = START + second
    return [
        f"2 eni-a {host} {peer} {port} 443 6 {out // 1400 + 1} {out} {start} {start + 59} {action} OK",
        f"2 eni-a {peer} {host} 443 {port} 6 {back // 1400 + 1} {back} {start} {start + 59} {action} OK",
    ]


CALLS = [line for n in range(24) for line in moved(600, 900, second=300 * n, port=41000 + n)]
SCAN = [f"2 eni-a {HOST} 10.0.0.9 {50000 + p} {p} 6 1 44 {START + p} {START + p} REJECT OK" for p in range(1, 60)]
UNSEEN = [f"2 eni-a - - - - - - - {START + 60 * n} {START + 60 * n + 59} - SKIPDATA" for n in range(121, 131)]


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines("\n".join([HEADER, *moved(), *CALLS, *SCAN, *UNSEEN]))


@pytest.fixture(scope="module")
def exfiltration(flows):
    return playbooks.run("exfiltration", flows)


def test_of_one_campaign_there_is_one_finding_that_names_the_others(exfiltration):
    (finding,) = [one for one in exfiltration.findings if one.peer == PEER]
    assert (finding.kind, finding.subject, finding.port, finding.protocol) == ("upload", HOST, 443, "tcp")
    assert "Also of this campaign: beacon" in finding.supporting.attrs["caption"]
    assert (exfiltration.verdict, finding.severity) == ("findings", "high")
    assert finding.summary in exfiltration.summary


def test_an_upload_has_a_lower_and_an_upper_bound(exfiltration):
    (finding,) = exfiltration.findings
    told = finding.supporting.attrs["caption"]
    assert "Between 77,727,720 B (without headers)" in told
    least, most = (int(told.partition(word)[2].split(" B")[0].replace(",", "")) for word in ("Between ", ") and "))
    assert least < finding.bytes_out < most  # minutes were lost to SKIPDATA


def test_a_caller_that_fetches_much_has_that_said_for_it(load_lines):
    fetching = [line for n in range(24) for line in moved(600, 900_000, second=300 * n, port=41000 + n)]
    (finding,) = playbooks.run("exfiltration", load_lines("\n".join([HEADER, *fetching]))).findings
    assert finding.kind == "beacon"
    assert "1,500 times as much comes in as leaves" in finding.contradicting[0]


def test_every_finding_says_what_to_do_and_what_it_may_be_instead(exfiltration):
    (finding,) = exfiltration.findings
    assert finding.innocent_explanations
    assert any("# to look" in step for step in finding.next_steps)
    assert finding.technique == "T1048"
    assert set(finding.scope.address) == {HOST, PEER}


def test_coverage_stands_beside_the_answer(exfiltration):
    assert "10 SKIPDATA lines" in exfiltration.coverage
    assert exfiltration.steps[0].name == "logged"
    assert all(step.question.endswith("?") and step.finding.endswith(".") for step in exfiltration.steps)


def test_a_host_inside_that_scans_is_grave(flows):
    told = playbooks.run("intrusion", flows)
    (finding,) = told.findings
    assert (finding.kind, finding.subject, finding.peer) == ("port_scan", HOST, ["10.0.0.9"])
    assert finding.severity in ("medium", "high")
    assert playbooks.run("flood", flows).verdict == "nothing_found"


def test_what_is_allowed_is_set_apart_with_its_reason(flows, tmp_path):
    file = tmp_path / "allowed.csv"
    file.write_text("address,reason,until,kind\n203.0.113.0/24,our backup,2999-12-31,\n10.0.0.0/8,old,2020-01-01,\n")
    told = playbooks.run("exfiltration", flows, allow=str(file))
    assert (told.findings, told.verdict) == ((), "nothing_found")
    allowed_note, over = told.notes[-2:]
    assert allowed_note.startswith("Allowed, 203.0.113.0/24 in every finding: our backup (until 2999-12-31): Upload")
    assert over.startswith("No longer allowed, its day is over: 10.0.0.0/8")


@pytest.mark.parametrize(
    ("entry", "covers"),
    [
        (Allowed("203.0.113.1", "x"), True),
        (Allowed("10.0.0.0/24", "x"), True),
        (Allowed("203.0.113.1", "x", kind="beacon"), False),
        (Allowed("198.51.100.0/24", "x"), False),
        (Allowed("2001:db8::/32", "x"), False),
    ],
)
def test_an_entry_is_of_the_subject_or_of_all_peers(entry, covers):
    assert entry.covers(Finding(kind="upload", subject=HOST, peer=[PEER], summary="")) is covers


def test_an_entry_holds_through_its_last_day():
    entry = Allowed("10.0.0.1", "x", date(2026, 3, 10))
    assert (entry.holds(date(2026, 3, 10)), entry.holds(date(2026, 3, 11))) == (True, False)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ([{"address": "10.0.0.1"}], ScopeError, "entry 1 of the allow-list needs an address and a reason"),
        ([{"address": "ten", "reason": "x"}], ScopeError, "ten is no address or block"),
        ([{"address": "10.0.0.1", "reason": "x", "until": "soon"}], ScopeError, "soon is no day"),
        ([3], ScopeError, "is no mapping"),
        ("no/such/file.csv", SourceError, "cannot be read"),
    ],
)
def test_a_bad_allow_list_is_refused_in_a_sentence(given, error, message):
    with pytest.raises(error, match=message):
        allowed(given)


def suspicion(severity, score, kind="beacon", **more):
    values = {"subject": HOST, "peer": f"203.0.113.{int(score * 100)}", "what": "x", "row": {"first": None}}
    return Suspicion(kind=kind, severity=severity, score=score, **values | more)


def test_rank_is_by_severity_and_then_by_score(flows):
    given = [suspicion("low", 0.99), suspicion("high", 0.1), suspicion("info", 1.0), suspicion("high", 0.5)]
    told = report(hunt(flows), "exfiltration", given, (), parameters={})
    assert [one.severity for one in told.findings] == ["high", "high", "low", "info"]
    assert told.to_frame().score.is_monotonic_decreasing
    assert told.summary.startswith("3 findings (2 high, 1 low).")


@pytest.mark.parametrize("name", ["exfiltration", "intrusion", "flood"])
@pytest.mark.parametrize(
    ("lines", "verdicts"),
    [
        ([line.replace("ACCEPT", "REJECT") for line in CALLS], {"cannot_tell", "nothing_found", "findings"}),
        (moved(600, 900, host="2001:db8::1", peer="2001:db9::1"), {"nothing_found"}),
        (UNSEEN, {"cannot_tell"}),
    ],
    ids=["rejects only", "IPv6", "no record"],
)
def test_every_log_gets_an_answer(load_lines, name, lines, verdicts):
    told = playbooks.run(name, load_lines("\n".join([HEADER, *lines])))
    assert told.verdict in verdicts
    assert told.summary.endswith(".")
    assert told.coverage
    assert len(told.to_frame()) == len(told.findings)


def test_of_rejects_alone_nobody_can_tell_what_left(load_lines):
    only = load_lines("\n".join([HEADER, *moved(action="REJECT")]))
    told = playbooks.run("exfiltration", only)
    assert told.verdict == "cannot_tell"
    assert "only what was rejected is logged" in told.summary.lower()


def test_what_could_not_be_read_stands_beside_the_answer(tmp_path):
    whole = gzip.compress("\n".join([HEADER, *moved(), *CALLS]).encode())
    (tmp_path / "cut.log.gz").write_bytes(whole[: len(whole) * 3 // 4])
    (tmp_path / "odd.log").write_text("\n".join([HEADER, *moved(600, 900), "2 eni-a nonsense"]), encoding="utf-8")
    flows = flowkit.load(tmp_path)
    for name, question in (("intrusion", {}), ("connectivity", {"source": HOST, "destination": PEER, "port": 443})):
        notes = playbooks.run(name, flows, **question).notes
        assert "Kept up to the damage only: 1 object (flows.ledger)." in notes
        assert any(note.startswith("Refused: ") for note in notes)


def test_in_a_report_what_can_wait_is_folded(flows):
    given = [suspicion("low", 0.9), suspicion("high", 0.5)]
    page = report(hunt(flows), "exfiltration", given, (), parameters={})._repr_html_()
    assert page.index('<details class="finding high" open>') < page.index('<details class="finding low">')


BAR = interface("10.0.1.20", "10.0.1.20", "subnet-a1", "sg-open")
GUESSED = log(
    *(call("198.51.100.7", "10.0.1.20", 22, 3 * n, there=(11, 2300 + 4 * (n % 5)), seconds=2) for n in range(40)),
    call("198.51.100.7", "10.0.1.20", 22, 150, there=(400, 60_000), back=(500, 900_000), seconds=300),
)  # fmt: skip


OPEN = (*GROUPS["sg-app"], rule("sg-open", protocol=6, first=22, rule_id="sgr-22"))


@pytest.mark.parametrize(
    ("inventory", "told"),
    [(snapshot(interfaces=(BAR,), rules=OPEN), "Let in by acl-a, sgr-22, by the snapshot."), (None, "")],
    ids=["with a snapshot", "without"],
)
def test_who_got_in_was_let_in_by_a_rule(load_lines, inventory, told):
    (finding,) = playbooks.run("intrusion", load_lines(GUESSED, inventory=inventory)).findings
    assert (finding.kind, finding.subject, finding.peer) == ("access_after_attempts", "198.51.100.7", "10.0.1.20")
    _shape, _, let_in = finding.supporting.attrs["caption"].partition("Let in by")
    assert (f"Let in by{let_in}" if let_in else "") == told
