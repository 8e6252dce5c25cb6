"""A case from its beginning to its handing over."""

import json
import os
import shutil
import stat

import ibis
import pytest

import flowkit as fk
from flowkit.api import case as open_case
from flowkit.casefile import findings, investigation
from flowkit.casefile.investigation import opened
from flowkit.errors import CaseError, ScopeError, SourceError, StoreError
from flowkit.store import Store

ASKED = {"source": "10.0.1.10", "destination": "10.0.2.20", "port": 5432}


@pytest.fixture(scope="module")
def asked(tmp_path_factory, log):
    """Return a case in which a playbook was run, and its report."""
    made = open_case(tmp_path_factory.mktemp("asked") / "INC-7")
    made.load(log)
    return made, made.run("connectivity", **ASKED)


def kinds(case):
    return case.timeline.kind.tolist()


def test_a_case_is_begun_when_it_is_first_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    case = open_case("INC-1")
    assert json.loads((tmp_path / "INC-1" / "case.json").read_text()) == case.about
    assert (case.name, case.about["layout"], kinds(case)) == ("INC-1", 1, ["created"])
    assert repr(case) == "fk.case('INC-1')"
    again = open_case(case)
    assert (again.head, again.about) == (case.head, case.about)
    monkeypatch.chdir("/")
    assert kinds(case) == ["created"]
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "INC-1").stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["", " ", "file", "file/INC-1", "a\0b", "x" * 300])
def test_what_can_be_no_case_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(CaseError):
        open_case(name)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_case_that_is_not_there_is_not_begun_to_read_it(tmp_path, incident):
    with pytest.raises(CaseError, match="no case"):
        incident.compare(tmp_path / "other")
    with pytest.raises(CaseError, match="no case"):
        opened(tmp_path / "other", create=False)
    assert not (tmp_path / "other").exists()


def test_a_newer_layout_is_refused_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(investigation, "LAYOUT", 2)
    open_case(tmp_path / "INC-1")
    monkeypatch.undo()
    with pytest.raises(CaseError, match="layout 2, written by flowkit"):
        open_case(tmp_path / "INC-1")


def test_records_from_before_are_taken_in(tmp_path, log):
    Store(tmp_path / "INC-1")
    (tmp_path / "INC-1" / "flows-v1" / "segments" / "1").mkdir()
    (tmp_path / "INC-1" / "flows-v1" / "segments" / "1" / "ledger.json").write_text('{"contents": [], "seen": {}}')
    case = open_case(tmp_path / "INC-1")
    case.load(log)
    assert kinds(case)[:2] == ["created", "adopted"]
    assert case.verify().ok


def test_loading_is_entered(incident, log):
    assert kinds(incident) == ["created", "stored", "loaded"]
    (load,) = incident.loads
    assert (load.code, load.parameters) == (f"fk.load('{log}', case='{incident.said}')", {})
    assert load.totals["records"] == incident.flows.count() == 20
    assert load.objects[0]["sha256"] == incident.ledger.sha256[0]
    assert incident.timeline.what[2].endswith("1 object, 20 records, 1 refused line")


def test_load_and_a_case_of_ones_own_are_the_same(tmp_path, incident, log):
    flows = fk.load(log, case=tmp_path / "other")
    assert incident.compare(tmp_path / "other")["where"].tolist() == ["both"]
    assert flows.count() == open_case(tmp_path / "other").flows.count()
    assert fk.load(log, case=incident).origin.code == f"fk.load('{log}', case='{incident.said}')"


@pytest.mark.parametrize(
    ("source", "options", "error"),
    [("no-such.log", {}, SourceError), ("sample", {"port": "x"}, ScopeError), ("sample", {"colour": 1}, ScopeError)],
)
def test_what_cannot_be_loaded_is_not_entered(incident, source, options, error):
    with pytest.raises(error):
        incident.load(source, **options)
    assert kinds(incident)[-1] == "loaded"
    assert incident.verify().ok


def test_a_table_is_refused(incident):
    with pytest.raises(CaseError, match="table"):
        incident.load(ibis.memtable({"srcaddr": ["10.0.0.1"], "dstaddr": ["10.0.0.2"]}))


def test_nothing_loaded(tmp_path):
    case = open_case(tmp_path / "INC-1")
    for ask in (lambda: case.flows, lambda: case.ledger, lambda: case.run("flood")):
        with pytest.raises(CaseError, match="nothing has been loaded"):
            ask()
    assert (len(case.findings), case.scopes, case.report().ledger) == (0, {}, None)


def test_runs_are_entered_whoever_runs_them(asked):
    case, report = asked
    fk.playbooks.run("connectivity", case.flows.narrow(port=5432), **ASKED)
    runs = [entry.what for entry in case.journal.entries() if entry.kind == "run"]
    assert [run["scope"] for run in runs] == ["Scope()", "Scope(port=5432)"]
    assert {run["playbook"]: run["parameters"] for run in runs} == {"connectivity": ASKED}
    assert runs[0]["verdict"] == report.verdict
    assert [one["sha256"] for one in runs[0]["findings"]] == [findings.digest(one) for one in report.findings]
    assert "connectivity(destination=10.0.2.20, port=5432" in case.timeline.what[3]


def test_a_case_goes_to_another_computer(asked, tmp_path, monkeypatch):
    case, report = asked
    identity = case.keep(report.findings[0], "look")
    shutil.copytree(case.folder, tmp_path / "moved")
    monkeypatch.setenv("FLOWKIT_CACHE", str(tmp_path / "none"))
    moved = open_case(tmp_path / "moved")
    assert (moved.name, moved.verify().ok, moved.flows.count()) == ("INC-7", True, 20)
    sha256 = findings.digest(report.findings[0])
    assert moved.keep(sha256[:8]) == identity  # by running the playbook again
    assert [entry.what["findings"][0]["sha256"] for entry in moved.journal.entries() if entry.kind == "run"] == [
        sha256
    ] * (kinds(case).count("run") + 1)
    assert moved.finding(identity).summary == report.findings[0].summary
    assert not (tmp_path / "none").exists()


def test_the_report_has_everything(incident, finding):
    incident.withdraw(incident.keep(finding), "no")
    again = incident.keep(fk.playbooks.Finding(kind="gap", subject="", summary="A gap."), "look")
    report = incident.report()
    assert [(kept.id, kept.comments, one.kind) for kept, one in report.findings] == [(again, ("look",), "gap")]
    assert [kept.withdrawn for kept, _ in report.withdrawn] == ["no"]
    assert len(report.timeline) == len(incident.journal.entries())


def test_two_cases_side_by_side(asked, tmp_path, log):
    case, report = asked
    other = open_case(tmp_path / "INC-8")
    more = tmp_path / "more.log"
    more.write_text(log.read_text() + "5 eni-x 10.0.0.9 10.0.0.8 1 2 6 1 1 1773129600 1773129659 ACCEPT 2 egress OK\n")
    other.load([log, more])
    other.keep(fk.playbooks.Finding(kind="gap", subject="", summary="A gap."))
    rows = case.compare(other)
    assert rows[["what", "where", "told"]].to_numpy().tolist() == [
        ["finding", "here", f"{report.findings[0].severity}: {report.findings[0].summary}"],
        ["finding", "there", "info: A gap."],
        ["object", "both", str(log)],
        ["object", "there", str(more)],
    ]
    assert rows.attrs["caption"].startswith("0 findings in both; 1 finding only here; 1 finding only there; ")
    assert set(case.compare(case)["where"]) == {"both"}


def full(*_, **__):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("where", "do"),
    [
        ("os.write", lambda case, _finding, _log: case.note("x")),
        ("os.fsync", lambda case, finding, _log: case.keep(finding)),
        ("os.write", lambda case, finding, _log: case.keep(finding)),
        ("os.write", lambda case, _finding, log: case.load(log)),
        ("os.fsync", lambda case, _finding, log: case.load(log.parent, log_format="${version} ${srcaddr}")),
        ("pathlib.Path.mkdir", lambda case, finding, _log: case.keep(finding)),
    ],
)
def test_a_full_disk_is_told_and_the_case_stays_whole(incident, finding, log, monkeypatch, where, do):
    before = incident.head
    with monkeypatch.context() as patch:
        patch.setattr(where, full)
        with pytest.raises(StoreError, match=r"No space left on device.*case="):
            do(incident, finding, log)
    assert (incident.head, incident.verify().ok) == (before, True)
    do(incident, finding, log)
    assert incident.verify().ok


def test_a_run_that_cannot_be_entered_is_told_and_stops_nothing(incident, monkeypatch):
    report = fk.playbooks.Report(name="flood", title="", verdict="nothing_found", summary="Nothing.")
    with monkeypatch.context() as patch:
        patch.setattr("os.write", full)
        with pytest.warns(fk.casefile.CaseWarning, match="not entered"):
            incident.flows.origin.record("flood", {}, report)
    assert "run" not in kinds(incident)
    incident.flows.origin.record("flood", {"by": "subnet"}, report)
    assert incident.timeline.what.iloc[-1] == "flood(by=subnet) on Scope(): nothing found. Nothing."


def test_nothing_is_written_to_an_altered_case(incident, finding):
    path = incident.folder / "journal.jsonl"
    path.write_bytes(path.read_bytes()[:-9])
    for write in (lambda: incident.note("x"), lambda: incident.keep(finding), lambda: incident.flows):
        with pytest.raises(CaseError, match="verify"):
            write()
    assert not open_case(incident.folder).verify().ok
