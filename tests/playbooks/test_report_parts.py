"""What a report says, and in which order: the answer before the evidence, what can wait behind."""

import pandas as pd
import pytest

from flowkit.playbooks import ConnectivityReport, Finding, Report
from flowkit.playbooks.passages import Answer, Facts, Items, Rows, Section, Text
from flowkit.playbooks.report_parts import NO_FINDING, next_steps, of_finding, of_ledger, of_report, sureness, whole

LEDGER = pd.DataFrame(
    {
        "object": ["a.log", "b.log"], "sha256": ["0" * 64, "1" * 64], "bytes": [10, 20], "lines": [5, 3],
        "headers": [1, 1], "records": [3, 2], "nodata": [0, 0], "skipdata": [0, 0], "refused": [1, 0],
        "duplicate_of": [None, None], "note": ["", ""],
    }
)  # fmt: skip


def found(severity="high", **more):
    return Finding(
        **{"kind": "upload", "subject": "10.0.0.1", "summary": f"{severity} it is.", "severity": severity} | more
    )


def report(*findings, **more):
    values = {"name": "exfiltration", "title": "Exfiltration", "verdict": "findings", "summary": "Some.", **more}
    return Report(findings=findings, **values)


def titles(section):
    return [one.title for one in section.passages if isinstance(one, Section)]


def test_a_page_answers_first_and_tells_how_last():
    findings = (found(next_steps=("whois x  # to look: who",)), found("info"))
    page = whole(report(*findings, ledger=LEDGER))
    assert page.passages[0] == Answer("findings", "Some.", "high")
    assert titles(page) == [
        "What to do next", "1 finding", "For the record: 1 finding of severity info", "Ledger", "Method and versions",
    ]  # fmt: skip


def test_a_part_of_a_notebook_has_no_ledger():
    assert titles(of_report(report(found()))) == ["1 finding"]


def test_without_findings_it_says_what_that_means():
    (section,) = [one for one in of_report(report()).passages if isinstance(one, Section)]
    assert (section.title, section.passages) == ("Findings", (Text(NO_FINDING),))
    assert "not proof" in NO_FINDING


def test_only_findings_of_severity_info_are_no_findings():
    _answer, _asked, findings, record = of_report(report(found("info"))).passages
    assert findings.passages == (Text(NO_FINDING),)
    assert (record.severity, record.unfolded, len(record.passages)) == ("info", False, 2)


def test_several_findings_are_listed_before_they_are_told():
    section = of_report(report(found(), found("low"))).passages[2]
    assert isinstance(section.passages[0], Rows)
    assert section.passages[0].frame.severity.tolist() == ["high", "low"]
    assert [one.unfolded for one in section.passages[1:]] == [True, False]


def test_the_only_finding_is_not_told_twice():
    only = found(summary="Some.")
    alone = ConnectivityReport(name="connectivity", title="C", verdict="blocked", summary="Some.", findings=(only,))
    assert titles(of_report(alone)) == ["Evidence"]


@pytest.mark.parametrize(
    ("peer", "told"),
    [("b", "b"), (["b", "c"], "b, c"), (list("bcde"), "b, c, d, e"), (list("bcdef"), "b, c, d and 2 more")],
)
def test_the_list_names_few_peers(peer, told):
    section = of_report(report(found(peer=peer), found("low"))).passages[2]
    assert section.passages[0].frame.peer[0] == told


def test_the_next_steps_of_an_only_finding_stand_once():
    one = found(summary="Some.", next_steps=("whois x  # to look: who",))
    page = whole(report(one))
    assert titles(page)[:2] == ["What to do next", "Evidence"]
    (evidence,) = [part for part in page.passages if isinstance(part, Section) and part.title == "Evidence"]
    assert titles(evidence) == []


def test_a_finding_tells_its_facts_and_what_is_known_beside():
    facts = of_finding(found(port=443, protocol="tcp", bytes_out=2048, technique="T1048"), [("comment", "Mine.")])[0]
    assert isinstance(facts, Facts)
    told = dict(facts.rows)
    assert (told["service"], told["bytes out"], told["comment"]) == ("tcp port 443", "2,048 B (2.0 KiB)", "Mine.")
    assert not {"peer", "seen", "bytes in"} & set(told)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({}, "nothing on record against it"),
        ({"contradicting": ("A backup.",)}, "1 thing against it"),
        ({"contradicting": pd.DataFrame({"a": [1, 2]})}, "2 rows against it"),
        ({"innocent_explanations": ("x",)}, "nothing on record against it; 1 innocent explanation to rule out"),
    ],
)
def test_how_sure_a_finding_is_names_what_speaks_against_it(more, text):
    assert sureness(found(score=0.5, **more)) == f"score 0.50 of 1 (how sure and how grave); {text}"


def test_few_next_steps_are_told_first_and_harmless_findings_ask_for_none():
    many = found(next_steps=tuple(f"step {number}" for number in range(9)))
    items, left = next_steps([many, many, found("info", next_steps=("other",))])
    assert isinstance(items, Items)
    assert items.items == tuple(f"step {number}" for number in range(6))
    assert left.text == "3 further steps with the findings below."
    assert next_steps([found("info", next_steps=("other",))]) == ()


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ([5, 3], "2 objects, 8 lines = 2 headers + 5 records + 0 nodata + 0 skipdata + 1 refused: the counts of each"),
        ([6, 3], "1 object do not add up"),
    ],
)
def test_the_ledger_says_whether_its_counts_add_up(lines, text):
    told, rows = of_ledger(LEDGER.assign(lines=lines)).passages
    assert text in told.text
    assert list(rows.frame.columns) == [
        "object", "bytes", "lines", "headers", "records", "nodata", "skipdata", "refused", "sha256",
    ]  # fmt: skip


@pytest.mark.parametrize("ledger", [None, LEDGER[:0]])
def test_a_ledger_that_is_not_at_hand_is_said(ledger):
    assert of_ledger(ledger).passages == (Text("No account of the objects read is at hand."),)
