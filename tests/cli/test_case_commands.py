"""``flowkit case``: what it prints, and its exit codes; no terminal gets a command from a case."""

import argparse
import json

import pytest

from flowkit.api import case as open_case
from flowkit.cli import case_commands
from flowkit.errors import CaseError
from flowkit.playbooks import Finding

LINE = "2 1 eni-1 10.0.0.1 10.0.0.2 40000 443 6 1 5 1773129600 1773129659 ACCEPT OK\n"


@pytest.fixture
def incident(tmp_path, monkeypatch):
    """Return a case with a load, a finding and a note, each with a terminal's own command in it."""
    monkeypatch.setenv("COLUMNS", "240")
    (tmp_path / "a.log").write_text(LINE)
    made = open_case(tmp_path / "INC-1")
    made.load(tmp_path / "a.log")
    made.keep(Finding(kind="gap", subject="10.0.0.1", summary="A \x1b[2Jgap.", severity="high"), "look")
    made.note("a \x1b[2J note")
    return made


def told(capsys, *arguments):
    """Run a command; return its exit code and what it printed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    case_commands.add_to(parser)
    code = case_commands.case(parser.parse_args(list(map(str, arguments))))
    return code, capsys.readouterr().out


def test_show(incident, capsys):
    code, out = told(capsys, incident.folder)
    assert (code, "\x1b[2J" in out, "\\x1b[2Jgap." in out, "\\x1b[2J note" in out) == (0, False, True, True)
    assert "1 objects, 1 records" not in out
    assert f"Case INC-1: 1 load, 0 runs, 1 finding. Journal: 5 entries. Last hash: {incident.head}" in out
    _, out = told(capsys, incident.folder, "show", "--json")
    shown = json.loads(out)
    assert (shown["name"], shown["head"], shown["findings"][0]["comments"]) == ("INC-1", incident.head, ["look"])


def test_verify(incident, capsys):
    code, out = told(capsys, incident.folder, "verify", "--head", incident.head)
    assert (code, out.startswith("Verified: ")) == (0, True)
    assert told(capsys, incident.folder, "verify", "--head", "0123")[0] == 1
    next((incident.folder / "loads").iterdir()).write_text("{}")
    (incident.folder / "more").write_text("")
    code, out = told(capsys, incident.folder, "verify")
    assert (code, out.startswith("Altered: 2 mismatches"), "no such file" in out) == (1, True, True)
    assert json.loads(told(capsys, incident.folder, "verify", "--json")[1])["problems"][0]["where"].startswith("loads/")


def test_timeline(incident, capsys):
    code, out = told(capsys, incident.folder, "timeline")
    assert (code, "Case INC-1 was begun" in out, "\x1b[2J" in out) == (0, True, False)
    assert len(json.loads(told(capsys, incident.folder, "timeline", "--json")[1])["timeline"]) == 5


def test_compare(incident, capsys, tmp_path):
    open_case(tmp_path / "INC-2").load(tmp_path / "a.log")
    code, out = told(capsys, incident.folder, "compare", tmp_path / "INC-2")
    assert (code, "1 finding only here" in out, "a.log" in out) == (1, True, False)
    assert told(capsys, incident.folder, "compare", incident.folder, "--json")[0] == 0


def test_saying(incident, capsys):
    identity = incident.findings.id[0]
    for arguments in (["star", identity], ["comment", identity, "of", "mine"], ["withdraw", identity, "planned"]):
        assert told(capsys, incident.folder, *arguments) == (0, f"Entered: {incident.head}\n")
    code, out = told(capsys, incident.folder, "note", "so", "it", "is", "--json")
    assert (code, json.loads(out), incident.notes[-1][1]) == (0, {"note": incident.head}, "so it is")
    assert incident.findings[["starred", "comments", "withdrawn"]].to_numpy().tolist() == [
        [True, ["look", "of mine"], "planned"]
    ]
    with pytest.raises(CaseError, match="no one finding"):
        told(capsys, incident.folder, "keep", "0123456789ab")


@pytest.mark.parametrize(
    "arguments",
    [["compare"], ["verify", "more"], ["star"], ["star", "1", "2"], ["comment", "1"], ["note"], ["keep"]],
)
def test_bad_usage(incident, capsys, arguments):
    with pytest.raises(CaseError, match=f"flowkit case CASE {arguments[0]}"):
        told(capsys, incident.folder, *arguments)


def test_only_a_note_begins_a_case(tmp_path, capsys):
    for action in ("show", "verify", "timeline"):
        with pytest.raises(CaseError, match="no case"):
            told(capsys, tmp_path / "INC-3", action)
    assert not (tmp_path / "INC-3").exists()
    assert told(capsys, tmp_path / "INC-3", "note", "begun")[0] == 0
