"""`flowkit new` and what it copies: where notebooks lie, by which names, and what is never done to a file."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flowkit import playbooks
from flowkit.cli.new_command import new
from flowkit.errors import FlowkitError
from flowkit.jupyter import notebooks
from flowkit.jupyter.notebooks import copied, find, offered
from flowkit.jupyter.written import for_playbook
from flowkit.playbooks import Parameter, Playbook

ROOT = Path(__file__).parents[1]
ESCAPE = "\x1b[2J\u202e"


def tags(content):
    return [tag for cell in content["cells"] for tag in cell["metadata"].get("tags", ())]


def command(*arguments):
    """Return the exit code of the function behind ``flowkit new`` (0 where it returns nothing)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("playbook", nargs="?")
    parser.add_argument("file", nargs="?")
    parser.add_argument("--json", action="store_true")
    new(parser.parse_args(arguments))


def test_the_notebook_to_begin_with_comes_first_then_the_playbooks():
    found = offered()
    assert (found[0].name, found[0].label) == ("investigation", "New flow investigation")
    names = [one.name for one in found if one.kind == "playbook"]
    assert names == sorted(path.stem for path in (ROOT / "playbooks").glob("*.ipynb"))


@pytest.mark.parametrize("name", ["compliance", "connectivity", "exfiltration", "flood", "intrusion"])
def test_a_playbooks_notebook_is_offered_with_its_question(name):
    assert find(name).label == name.capitalize()
    assert find(name).question.endswith("?")


@pytest.mark.parametrize("notebook", offered(), ids=lambda one: one.name)
def test_each_has_one_parameters_cell_and_a_heading(notebook):
    assert tags(notebook.content()).count("parameters") == 1
    assert notebook.question


def test_a_copy_lies_in_the_working_directory_under_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert copied("connectivity") == Path("connectivity.ipynb")
    assert json.loads((tmp_path / "connectivity.ipynb").read_text(encoding="utf-8")) == find("connectivity").content()


@pytest.mark.parametrize(
    ("target", "file"),
    [("case.ipynb", "case.ipynb"), ("case", "case.ipynb"), ("INC-1.2", "INC-1.2.ipynb"), (".", "flood.ipynb")],
)
def test_where_a_copy_lies(tmp_path, target, file):
    assert copied("flood", tmp_path / target) == tmp_path / file
    assert tags(json.loads((tmp_path / file).read_text(encoding="utf-8"))) == ["parameters"]


def test_no_file_is_overwritten(tmp_path):
    mine = tmp_path / "flood.ipynb"
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(FlowkitError, match=r"flood\.ipynb is there already, and is never overwritten"):
        copied("flood", tmp_path)
    dangling = tmp_path / "link.ipynb"
    dangling.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FlowkitError, match="never overwritten"):
        copied("flood", dangling)
    assert mine.read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("target", ["no/such/folder/a.ipynb", "a\0b.ipynb", "x" * 300])
def test_where_nothing_can_be_written(tmp_path, target):
    with pytest.raises(FlowkitError, match="cannot be written"):
        copied("flood", tmp_path / target)


def test_a_full_disk_leaves_no_half_notebook(tmp_path):
    code = (
        "import resource, signal; from flowkit.jupyter.notebooks import copied\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "copied('flood')"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "flood.ipynb cannot be written: File too large." in run.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("conectivity", "Did you mean connectivity"),
        ("", "There are: investigation, compliance"),
        ("../../etc/passwd", "no notebook is called"),
        (ESCAPE, r"\\x1b\[2J\\u202e"),
    ],
)
def test_an_unknown_name_lists_what_there_is(tmp_path, name, told):
    with pytest.raises(FlowkitError, match=told):
        copied(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 5}', "\udcff"])
def test_a_damaged_notebook_is_told_when_it_is_copied_and_listed_all_the_same(tmp_path, monkeypatch, text):
    damaged = tmp_path / "playbooks" / "damaged.ipynb"
    damaged.parent.mkdir()
    damaged.write_bytes(text.encode("utf-8", "surrogateescape"))
    monkeypatch.setattr(notebooks, "_folders", lambda: [ROOT, tmp_path])
    assert find("damaged").question == ""
    with pytest.raises(FlowkitError, match=r"damaged\.ipynb (cannot be read|is no notebook)"):
        copied("damaged", tmp_path)
    assert find("flood").question


def test_names_of_files_and_headings_are_made_fit_to_show(tmp_path, monkeypatch):
    path = tmp_path / "playbooks" / f"{ESCAPE}.ipynb"
    path.parent.mkdir()
    cell = {"cell_type": "markdown", "metadata": {}, "source": ["text\n", f"# A {ESCAPE} question\n"]}
    path.write_text(json.dumps({"cells": [cell]}), encoding="utf-8")
    monkeypatch.setattr(notebooks, "_folders", lambda: [tmp_path])
    (one,) = offered()
    assert one.question == r"A \x1b[2J\u202e question"
    assert one.label.isprintable()


def test_training_notebooks_have_names_of_their_own(tmp_path, monkeypatch):
    path = tmp_path / "notebooks" / "training" / "flood.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text((ROOT / "playbooks" / "flood.ipynb").read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(notebooks, "_folders", lambda: [tmp_path])
    (one,) = offered()
    assert (one.name, one.kind) == ("training-flood", "training")
    assert one.label == "Is somebody flooded, and does it hurt?"  # the name may give the answer away


PLAYBOOK = Playbook(
    "night-shift",
    "Night shift",
    "Who talks while nobody works?",
    (Parameter("after", "The hour.\nUTC.", default=22, kind=int), Parameter("source", "The host.")),
    run=lambda _flows, **_: None,
)


def test_a_playbook_without_a_notebook_gets_one():
    import nbformat

    content = for_playbook(PLAYBOOK)
    nbformat.validate(nbformat.from_dict(content))
    assert tags(content) == ["parameters"]
    parameters, run = content["cells"][1]["source"], content["cells"][3]["source"]
    assert r"after = 22  # The hour.\nUTC." in parameters.splitlines()
    assert "fk.playbooks.run('night-shift', flows, after=after, source=source_host)" in run
    compile(parameters, "parameters", "exec")


def test_it_is_copied_like_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(playbooks, "names", lambda: ["night-shift"])
    monkeypatch.setattr(playbooks, "get", lambda _: PLAYBOOK)
    path = copied("night-shift", tmp_path)
    assert "Who talks while nobody works?" in path.read_text(encoding="utf-8")


def test_the_command_says_where_the_copy_is(tmp_path, capsys):
    command("intrusion", str(tmp_path))
    assert f"The notebook is in {tmp_path / 'intrusion.ipynb'}." in capsys.readouterr().out
    command("intrusion", str(tmp_path / "b"), "--json")
    assert json.loads(capsys.readouterr().out) == {"notebook": "intrusion", "file": str(tmp_path / "b.ipynb")}


def test_the_command_alone_lists_what_there_is(capsys):
    command()
    out = capsys.readouterr().out
    assert "To copy one: flowkit new NAME [FILE]" in out
    assert "investigation" in out
    command("--json")
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == [one.name for one in offered()]


def test_an_installed_copy_finds_its_notebooks_beside_it(tmp_path):
    """As ``pip install --target`` lays it: the package, and share/ beside it."""
    (tmp_path / "share" / "flowkit").mkdir(parents=True)
    (tmp_path / "share" / "flowkit" / "playbooks").symlink_to(ROOT / "playbooks")
    for path in (ROOT / "flowkit").rglob("*.py"):
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    code = "from flowkit.jupyter.notebooks import find; print(find('flood').path)"
    run = [sys.executable, "-c", code]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    told = subprocess.run(run, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True).stdout
    assert Path(told.strip()) == tmp_path / "share" / "flowkit" / "playbooks" / "flood.ipynb"
