"""Findings in a case: found by the beginning of their id, and never where there is no one."""

import pytest

from flowkit.casefile import findings, keeping
from flowkit.casefile.telling import Kept
from flowkit.errors import CaseError
from flowkit.playbooks import Report

IDS = ["0123456789ab", "0123ffffffff", "abcdefabcdef"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("abcd", "abcdefabcdef"),
        ("abcdefabcdef", "abcdefabcdef"),
        ("abcdefabcdef" + "0" * 52, "abcdefabcdef"),  # the whole hash
        ("01234", "0123456789ab"),
        ("0123", None),  # two begin so
        ("abc", None),
        ("", None),
        ("../..", None),
    ],
)
def test_identity(given, expected):
    if expected:
        assert keeping.identity(given, IDS) == expected
    else:
        with pytest.raises(CaseError, match="Its findings: 0123456789ab"):
            keeping.identity(given, IDS)


def test_a_run_as_values(finding):
    report = Report(name="flood", title="", verdict="findings", summary="One.", findings=(finding,))
    assert keeping.run("flood", {"end": None}, report) == {
        "playbook": "flood", "parameters": {"end": None}, "scope": "Scope()", "verdict": "findings", "summary": "One.",
        "findings": [
            {"sha256": findings.digest(finding), "kind": "upload", "severity": "high", "summary": "<b>Much</b> left."}
        ],
    }  # fmt: skip


def test_kept_twice_is_kept_once(incident, finding):
    first = keeping.keep(finding, "", [], incident.journal)
    assert keeping.keep(finding, "again", [], incident.journal) == first
    assert [path.name for path in (incident.folder / keeping.FOLDER).iterdir()] == [first]
    assert keeping.finding(incident.folder, first, incident.journal.entries()).summary == finding.summary
    assert keeping.figures(incident.folder, first, incident.journal.entries()) == []


def test_the_frame(incident, finding):
    identity = keeping.keep(finding, "", [], incident.journal)
    kept = Kept(identity, findings.digest(finding), "2026-03-10T08:00:00Z", starred=True, comments=("a", "b"))
    frame = keeping.frame([kept], incident.folder, incident.journal.entries())
    assert frame[["id", "score", "starred", "comments", "withdrawn"]].to_numpy().tolist() == [
        [identity, 0.7, True, ["a", "b"], ""]
    ]
    assert list(keeping.frame([], incident.folder, []).columns) == list(frame.columns)


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_text('{"finding": {}}')])
def test_files_that_were_altered(incident, finding, spoil):
    identity = keeping.keep(finding, "", [], incident.journal)
    spoil(incident.folder / keeping.FOLDER / identity / findings.FILE)
    with pytest.raises(CaseError, match=f"findings/{identity} cannot be read"):
        keeping.finding(incident.folder, identity, incident.journal.entries())


def test_one_flipped_bit_of_the_evidence_is_no_evidence(incident, finding):
    identity = keeping.keep(finding, "", [], incident.journal)
    path = max((incident.folder / keeping.FOLDER / identity).iterdir())
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(CaseError, match="is not as it was kept"):
        keeping.figures(incident.folder, identity, incident.journal.entries())


def test_a_finding_that_no_run_gave(incident):
    with pytest.raises(CaseError, match="none yet"):
        keeping.again("0123456789ab", incident.journal, incident)
