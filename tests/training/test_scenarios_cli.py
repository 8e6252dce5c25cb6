"""``flowkit train``: lists scenarios, tells a question without its answers, writes files, prints the key on request."""

import argparse
import json

import pytest

import flowkit as fk
from flowkit.cli.train_command import add_to, train

END = ("--end", "2026-03-10T18:00Z")


@pytest.fixture
def told(capsys):
    """Return a function that runs the command and returns what it printed."""

    def run(*arguments):
        command = argparse.ArgumentParser()
        command.add_argument("--json", action="store_true")
        add_to(command)
        train(command.parse_args(arguments))
        return capsys.readouterr().out

    return run


def test_without_a_name_scenarios_are_listed(told):
    assert "no_peak" in told()
    assert told("list") == told()
    assert [row["minutes"] for row in json.loads(told("--json")) if row["name"] == "no_peak"] == [30]


def test_a_question_gives_no_answer_away(told):
    key = json.loads(told("no_peak", *END, "--answers"))
    for text in (told("no_peak", *END), told("no_peak", *END, "--json")):
        assert json.dumps(key["story"])[1:-1] in text
        assert key["steps"][0]["question"] in text
        assert not [step["name"] for step in key["steps"] if str(step["why"]) in text]
        assert "203.0.113.28" not in text


def test_files_are_written_and_how_to_go_on_is_said(told, tmp_path):
    text = told("no_peak", "--level", "easy", "--seed", "\x1b[31mred", *END, "--out", str(tmp_path))
    assert len(list((tmp_path / "logs").rglob("*.log.gz"))) == 48
    assert f"Logs: {tmp_path / 'logs'}" in text
    assert r"fk.training.scenario(" in text
    assert 'level="easy", end="2026-03-10T18:00Z"' in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("no_peek",), "did you mean 'no_peak'"),
        (("no_peak", "--level", "x"), "The levels are"),
        (("no_peak", "--end", "soon"), "is no time"),
        (("no_peak", "--out", "/dev/null"), "Name another folder"),
    ],
)
def test_what_cannot_be_is_refused_by_flowkits_own_error(told, arguments, message):
    with pytest.raises(fk.FlowkitError, match=message):
        told(*arguments)
