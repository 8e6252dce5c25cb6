"""What is said in a case: findings with their comments, notes, scopes; by several at once."""

import time
from concurrent.futures import ThreadPoolExecutor

import plotly.graph_objects as go
import pytest

import flowkit as fk
from flowkit.api import case as open_case
from flowkit.casefile.journal import Journal
from flowkit.casefile.recording import Recording
from flowkit.errors import CaseError


def test_findings_and_what_is_said_of_them(incident, finding):
    identity = incident.keep(finding, "first", [go.Figure(go.Bar(y=[1, 2]))])
    other = incident.keep(fk.playbooks.Finding(kind="gap", subject="", summary="A gap.", score=0.9))
    incident.star(identity)
    incident.comment(identity[:6], "second")
    incident.withdraw(other, "it was planned")
    assert incident.keep(finding, "third", [go.Figure()]) == identity
    frame = incident.findings
    assert frame[["id", "kind", "starred", "withdrawn"]].to_numpy().tolist() == [
        [identity, "upload", True, ""],
        [other, "gap", False, "it was planned"],
    ]
    assert frame.comments.tolist() == [["first", "second", "third"], []]
    assert list(frame.columns)[1:14] == list(fk.playbooks.Report.to_frame.__globals__["COLUMNS"])
    assert [len(figure.data) for figure in incident.figures(identity)] == [1, 0]
    incident.star(identity, starred=False)
    incident.keep(incident.finding(other))
    assert incident.findings.starred.tolist() == [False, False]
    assert incident.findings.withdrawn.tolist() == ["", ""]
    assert incident.verify().ok


@pytest.mark.parametrize(
    "say",
    [
        lambda case: case.star("0123"),
        lambda case: case.comment("", "text"),
        lambda case: case.withdraw("nothing", "text"),
        lambda case: case.finding("../../etc"),
        lambda case: case.figures("0"),
        lambda case: case.note("  "),
        lambda case: case.save_scope("", fk.Scope()),
    ],
)
def test_what_cannot_be_said(incident, say):
    before = incident.head
    with pytest.raises(CaseError):
        say(incident)
    assert incident.head == before


def test_scopes_and_notes(incident):
    incident.save_scope("database", fk.Scope(dstport=5432, action="REJECT"))
    incident.save_scope("database", incident.flows.narrow(dstport=5432))
    incident.save_scope("<b>", fk.Scope())
    incident.note("The owner says: a backup.\nOr not.")
    assert incident.scopes == {"database": fk.Scope(dstport=5432), "<b>": fk.Scope()}
    assert incident.flows.within(incident.scopes["database"]).count() == 12
    report = incident.report()
    assert [text for _time, text in report.notes] == ["The owner says: a backup.\nOr not."]
    assert (report.head, len(report.ledger), report.name) == (incident.head, 1, "INC-1234")


def test_the_case_in_a_notebook_is_escaped(tmp_path):
    case = open_case(tmp_path / "<script>")
    assert "&lt;script&gt;" in case._repr_html_()
    assert "<script>" not in case._repr_html_()
    assert str(case) == "Case <script>: 0 loads, 0 runs, 0 findings. Journal: 1 entry."


def test_what_was_recorded_is_read_without_flows(incident):
    incident.note("look")
    found = Recording(incident.folder, incident.said)
    assert (found.notes, found.name, found.verify().ok) == (incident.notes, "INC-1234", True)


def test_several_write_while_one_reads(incident):
    def write(name):
        for number in range(20):
            Journal(incident.folder).write("note", {"text": f"{name} {number}"})

    with ThreadPoolExecutor(2) as pool:  # the lock holds threads apart as it does processes
        writers = [pool.submit(write, name) for name in "ab"]
        checks = []
        while not all(writer.done() for writer in writers):
            checks.append(incident.verify())
            time.sleep(0.02)
    assert checks
    assert all(check.ok for check in checks)
    assert all(writer.result() is None for writer in writers)
    assert sorted(text for _time, text in incident.notes) == sorted(f"{n} {i}" for n in "ab" for i in range(20))
