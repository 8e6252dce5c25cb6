"""The command that writes the report of a case."""

import argparse
import json

import pytest

from flowkit.api import case as open_case
from flowkit.cli.report_command import FORMS, add_to, report
from flowkit.errors import CaseError, StoreError
from flowkit.playbooks import Finding

LOG = """
version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
5 eni-a 10.0.0.1 10.0.0.2 40001 443 6 4 4000 1773129600 1773129650 ACCEPT OK
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = open_case(tmp_path_factory.mktemp("cases") / "INC-9")
    log = tmp_path_factory.mktemp("logs") / "flows.log"
    log.write_text(LOG.strip() + "\n")
    made.load(log)
    made.keep(Finding(kind="upload", subject="10.0.0.1", severity="high", summary="Much\x1b[31m left."))
    return made.folder


def run(*arguments):
    reader = argparse.ArgumentParser()
    reader.add_argument("--json", action="store_true")
    add_to(reader)
    report(reader.parse_args(list(map(str, arguments))))


def test_without_a_file_the_summary_is_printed(folder, capsys):
    run(folder)
    told = capsys.readouterr().out
    for title in ("Case INC-9", "What was found", "How sure", "What was not seen", "What to do next"):
        assert f"\n{title}\n" in f"\n{told}"
    assert "High: Much\\x1b[31m left." in told


def test_each_form_is_written_where_it_was_asked_for(folder, tmp_path, capsys):
    run(folder, *(word for form in FORMS for word in (f"--{form}", tmp_path / form)))
    assert capsys.readouterr().out.splitlines() == [f"The report is in {tmp_path / form}." for form in FORMS]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FORMS)
    assert json.loads((tmp_path / "ocsf").read_text())["class_uid"] == 2004


def test_machines_get_all_of_it(folder, capsys):
    run(folder, "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["case"], told["findings"][0]["kind"], len(told["head"])) == ("INC-9", "upload", 64)


@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [(["missing"], CaseError, "there is no case"), (["{case}", "--html", "/missing/x"], StoreError, "/missing/x")],
)
def test_what_cannot_be_is_refused(folder, tmp_path, monkeypatch, arguments, error, told):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=told):
        run(*(word.format(case=folder) for word in arguments))
    assert not list(tmp_path.iterdir())
