"""The report of a case: a page for whoever decides first, then all that the case holds."""

import json
from dataclasses import replace

import plotly.graph_objects as go
import pytest

from flowkit.api import case as open_case
from flowkit.casefile.page import document
from flowkit.errors import CaseError
from flowkit.playbooks.passages import Section

EVIL = "<script>alert(1)</script> | `x`"


@pytest.fixture
def told(incident, finding):
    """Return a case with two findings that hold and one that does not, a note, a scope and a run."""
    figure = go.Figure(go.Bar(x=[1], y=[2]), {"meta": {"caption": f"Bars of {EVIL}"}})
    first = incident.keep(finding, EVIL, [figure])
    incident.star(first)
    incident.keep(replace(finding, summary=f"Grave {EVIL} 2048 B out.", severity="critical", score=0.1))
    incident.withdraw(incident.keep(replace(finding, port=22, summary="Only a backup.")), f"Agreed {EVIL}")
    incident.note(EVIL)
    incident.save_scope(EVIL, incident.flows.narrow(port=5432))
    incident.run("connectivity", source="10.0.1.10", destination="10.0.2.20", port=5432)
    return incident


def section(made, title):
    return next(one for one in made.section.passages if isinstance(one, Section) and one.title == title)


def test_the_summary_answers_what_how_sure_what_not_and_what_next(told):
    summary = section(document(told), "Summary")
    assert summary.first
    assert [one.title for one in summary.passages[1:]] == [
        "What was found", "How sure", "What was not seen", "What to do next",
    ]  # fmt: skip
    answer, found, sure, unseen, steps = summary.passages
    assert (answer.verdict, answer.severity) == ("2 findings hold", "critical")
    assert "1 critical, 1 high" in answer.text
    assert "20 records of 1 object; 1 playbook run is" in answer.text
    assert found.passages[0].marks == ("critical", "high")
    assert "2,048 B (2.0 KiB) out" in found.passages[0].items[0]
    assert EVIL in found.passages[0].items[1]
    assert "1 finding did not hold; the reason stands below." in sure.passages[0].items
    assert "1 line could not be read and was set aside." in unseen.passages[0].items
    assert steps.passages[0].items == ("whois 203.0.113.7  # to look",)


def test_all_that_the_case_holds_is_told(told):
    titles = [one.title for one in document(told).section.passages]
    assert titles == [
        "Summary", "2 findings", "1 finding withdrawn", "What was asked", "Notes", "Scopes",
        "What was watched, and when", "Ledger", "Method and versions", "Time line and journal",
    ]  # fmt: skip


def test_every_text_is_escaped_on_the_page(told, tmp_path):
    page = told.to_html(tmp_path / "case.html").read_text(encoding="utf-8")
    assert EVIL not in page
    assert page.count("&lt;script&gt;") >= 12
    assert page.count("Plotly.newPlot(") >= 2
    assert told.head in page
    assert len(page) < 8_000_000


def test_machines_get_every_finding_with_what_was_said_of_it(told, tmp_path):
    values = json.loads(told.to_json(tmp_path / "case.json").read_text())
    events = [json.loads(line) for line in told.to_ocsf(tmp_path / "case.ocsf").read_text().splitlines()]
    rows = told.to_csv(tmp_path / "case.csv").read_text().splitlines()
    assert [one["severity"] for one in values["findings"]] == ["critical", "high", "high"]
    assert values["head"] == told.head
    assert [event["activity_id"] for event in events] == [1, 1, 3]
    assert [event["finding_info"]["uid_alt"] for event in events] == [one["sha256"] for one in values["findings"]]
    assert rows[0].endswith("id,sha256,starred,comments,withdrawn")
    assert told.to_markdown(tmp_path / "case.md").read_text().startswith("# Case INC-1234\n")


def test_an_empty_case_says_what_that_means(tmp_path):
    made = document(open_case(tmp_path / "INC-0"))
    summary = section(made, "Summary")
    assert (summary.passages[0].verdict, summary.passages[0].severity) == ("nothing was loaded", "")
    assert "not proof that nothing happened" in summary.passages[1].passages[0].text
    assert summary.passages[3].passages[0].items == ("Everything: no flow log is in this case.",)
    assert made.findings == ()


def test_a_case_without_findings_tells_what_was_not_seen(incident):
    summary = section(document(incident), "Summary")
    assert summary.passages[0].verdict == "no finding"
    assert any("DHCP" in text for text in summary.passages[3].passages[0].items)


def test_writing_a_report_changes_nothing_in_the_case(told, tmp_path):
    before = told.head
    told.to_html(tmp_path / "case.html")
    assert told.head == before
    assert told.verify(head=before).ok


def test_a_case_that_was_altered_is_not_reported(told, tmp_path):
    next((told.folder / "findings").glob("*/finding.json")).write_text("{}")
    with pytest.raises(CaseError, match="altered"):
        told.to_html(tmp_path / "case.html")
    assert not (tmp_path / "case.html").exists()
