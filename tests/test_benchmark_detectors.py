"""The benchmark of the detectors, with a playbook whose answers are known: it counts what is right and what is not."""

import gzip
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import flowkit as fk
from flowkit.playbooks import Finding, Playbook, Report
from flowkit.training.habits import case

ROOT = Path(__file__).parents[1]
RECORD = "2 111122223333 eni-0a {} {} {} 22 6 3 180 1773100800 1773100801 ACCEPT OK"
ATTACKER, HOST = "203.0.113.9", "10.0.0.5"

pytestmark = pytest.mark.skipif(not (ROOT / "benchmarks").exists(), reason="the benchmarks are not part of the package")
NO_FLOWS = SimpleNamespace(ledger=None, origin=SimpleNamespace(record=None), at_hand=None)


@pytest.fixture
def benchmark(monkeypatch):
    """Return the benchmark's module."""
    monkeypatch.syspath_prepend(ROOT)
    from benchmarks import detectors

    yield detectors
    for name in [name for name in sys.modules if name.partition(".")[0] == "benchmarks"]:
        del sys.modules[name]


@pytest.fixture
def say(monkeypatch):
    """Return what lets a playbook of a name find this, and none of the others be there."""
    from flowkit.playbooks import playbook

    monkeypatch.setattr(playbook, "_REGISTERED", {})

    def say(name, *findings):
        def run(_flows):
            return Report(name=name, title=name, verdict="findings", summary="", findings=findings)

        fk.playbooks.register(Playbook(name, name, "?", (), run))

    return say


def found(kind, score=0.9, severity="high", subject=ATTACKER, peer=HOST, port=22):
    return Finding(kind=kind, subject=subject, peer=peer, port=port, score=score, severity=severity, summary="")


def test_findings_are_ranked_across_playbooks_by_score(benchmark, say):
    say("intrusion", found("brute_force", 0.8), found("sweep", 0.3))
    say("flood", found("flood", 0.5))
    assert benchmark.detecting.missing() == ["exfiltration"]
    rows = benchmark.detecting.findings(NO_FLOWS)
    assert [(row["kind"], row["playbook"]) for row in rows] == [
        ("brute_force", "intrusion"), ("flood", "flood"), ("sweep", "intrusion"),
    ]  # fmt: skip
    assert [line.split()[1] for line in benchmark.detecting.shown(rows, top=2)] == ["brute_force", "flood"]


def test_a_finding_is_right_by_kind_and_ends(benchmark, say):
    asked = case("ssh_guessing", 1, alone=True)
    subject, peer = asked.truth.subject, asked.truth.peers[0]
    wrong = [
        found("brute_force", subject="198.51.100.250"),
        found("beacon", subject=subject, peer=peer),
        found("brute_force", subject=subject, peer=["10.99.0.1"]),
    ]
    say("intrusion", *wrong, found("brute_force", subject=subject, peer=["10.99.0.1", peer]))
    told = benchmark.judge(asked, benchmark.detecting.findings(NO_FLOWS))
    assert (told.found, told.rank, told.false) == (True, 4, 1)
    say("intrusion", *wrong)
    assert benchmark.judge(asked, benchmark.detecting.findings(NO_FLOWS)).found is False


def test_access_may_be_told_from_either_end(benchmark, say):
    asked = case("ssh_guessing_access", 1, alone=True)
    say("intrusion", found("access_after_attempts", subject=asked.truth.peers[0], peer=asked.truth.subject))
    assert benchmark.judge(asked, benchmark.detecting.findings(NO_FLOWS)).rank == 1


def test_in_a_harmless_case_what_is_graver_than_allowed_counts_against(benchmark, say):
    asked = case("benign_session", 1, alone=True)
    own = {"subject": asked.truth.subject, "peer": asked.truth.peers[0]}
    say("exfiltration", found("long_session", severity="medium", **own), found("beacon", severity="high", **own))
    told = benchmark.judge(asked, benchmark.detecting.findings(NO_FLOWS))
    assert (told.found, told.rank, told.false) == (None, 0, 1)


def test_cases_are_run_and_tables_printed(benchmark, say, capsys):
    asked = case("call_home_10", "a")
    say("exfiltration", found("beacon", subject=asked.truth.subject, peer=asked.truth.peers[0]))
    assert benchmark.main(["a", "--kinds=call_home_10"]) == 0
    out = capsys.readouterr().out
    assert "no playbook is called intrusion" in out
    assert [line.split() for line in out.splitlines() if line.startswith("call_home_10")] == [
        ["call_home_10", "1", "0", "100%", "100%", "100%", "0", "in", "0"]
    ]
    assert "fresh" in out


def write_capture(folder, name, records, truth):
    header = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end"
    lines = [f"{header} action log-status", *records, ""]
    (folder / f"{name}.log.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    (folder / f"{name}.truth.json").write_text(json.dumps(truth))
    labels = ["line,label,kind,detail", *(f"{n},malicious,c2_beacon," for n in range(1, len(records) + 1)), ""]
    (folder / f"{name}.labels.csv.gz").write_bytes(gzip.compress("\n".join(labels).encode()))


def test_real_captures_are_held_against_what_must_hold(benchmark, say, capsys, tmp_path):
    truth = {"enis": {HOST: {}}, "first": 1773100800, "last": 1773100900}
    guessed = truth | {"malicious": {"brute_force": {"sources": {"top": {ATTACKER: 67}}}}}
    write_capture(tmp_path, "ssh-bruteforce-pcap", [RECORD.format(ATTACKER, HOST, 4_000)], guessed)
    write_capture(tmp_path, "njrat-c2", [RECORD.format(HOST, ATTACKER, 4_000 + n) for n in range(12)], truth)
    say("intrusion", found("brute_force", port=902), found("beacon", subject=HOST, peer=ATTACKER))
    assert benchmark.main(["--real", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert f"ok  {HOST} calls {ATTACKER} (12 conversations)" in out
    assert f"ok  brute_force by {ATTACKER} on port 902 first" in out
    assert out.count(f"not in {tmp_path}") == 6
    say("intrusion", found("brute_force", port=22))
    assert benchmark.main(["--real", str(tmp_path)]) == 2
    assert benchmark.main(["--real", str(tmp_path / "empty")]) == 8  # nothing was held against anything


def test_cases_of_a_playbook_that_is_not_there_are_left_out(benchmark, say, capsys):
    say("exfiltration")
    assert benchmark.measure(["a"], ("syn_flood",)) == []
    assert benchmark.main(["a", "--kinds=outbound"]) == 0
    assert "0 cases" in capsys.readouterr().out
