"""One flipped byte anywhere in a case is found, and so is any file that is gone or should not be there."""

import os
import random
import shutil

import pandas as pd
import plotly.graph_objects as go
import pytest

from flowkit.api import case as open_case
from flowkit.casefile import files, journal
from flowkit.casefile.journal import HEAD, NAME
from flowkit.casefile.locking import LOCK
from flowkit.errors import CaseError
from flowkit.playbooks import Finding

FLIPS = 400 if os.environ.get("FLOWKIT_SOAK") else 12
"""Bytes that are flipped in each file; of a line of the journal, test_entries.py flips each."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory, log):
    """Return the folder of a case with a file of every kind."""
    inventory = tmp_path_factory.mktemp("snapshot")
    (inventory / "vpcs.json").write_text('{"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}]}')
    case = open_case(tmp_path_factory.mktemp("case") / "INC-1")
    case.load(log, inventory=inventory, keep_raw=True)
    found = Finding(kind="gap", subject="", summary="", supporting=pd.DataFrame({"minute": [1]}))
    case.keep(found, "look", [go.Figure(go.Bar(y=[1]))])
    case.note("done")
    assert case.flows.facts is not None
    return case.folder


def flipped():
    return random.Random(7)  # noqa: S311 - no secret


def test_a_case_as_it_was_written(whole):
    found = open_case(whole).verify()
    assert (found.ok, found.problems, len(found.to_frame())) == (True, (), 0)
    kinds = {name.split("/")[0] for name in files.below(whole)} - {NAME, HEAD, LOCK}
    assert kinds == {"case.json", "findings", "flows-v1", "inventory", "loads", "raw"}
    assert found.checked["files"] == len(files.below(whole)) - 3
    assert str(found).startswith(f"Verified: {found.checked['entries']} entries of the journal and ")
    assert found.head in str(found)
    assert open_case(whole).verify(head=found.head).ok


def test_one_flipped_byte_anywhere_is_found(whole, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(whole, copy)
    dice, missed = flipped(), []
    for name in files.below(copy):
        path = copy / name
        content = path.read_bytes()
        places = range(len(content))
        if len(content) > FLIPS:
            places = sorted({0, len(content) - 1, *dice.sample(places, FLIPS - 2)})
        for place in places:
            altered = bytearray(content)
            altered[place] ^= 1 << dice.randrange(8)
            path.write_bytes(altered)
            if not found_in(copy, name):
                missed.append((name, place))
        path.write_bytes(content)
    assert missed == []
    assert open_case(copy).verify().ok


def found_in(folder, name):
    """Tell whether checking a case names the file that was altered; of the journal and its head either."""
    try:
        found = open_case(folder).verify()
    except CaseError as error:
        return name in str(error)
    named = found.problems[0].where if found.problems else ""
    return named.split(",")[0] in ((NAME, HEAD) if name in (NAME, HEAD) else (name,))


def gone(folder):
    path = next((folder / "findings").rglob("*.parquet"))
    path.unlink()
    return path.relative_to(folder).as_posix(), "No such file"


def added(folder):
    (folder / "raw" / "more").write_text("")
    return "raw/more", "one that the journal does not know"


def replaced_by_a_link(folder):
    path = next((folder / "raw").iterdir())
    path.rename(folder.parent / "elsewhere")
    path.symlink_to(folder.parent / "elsewhere")
    return path.relative_to(folder).as_posix(), "outside"


def replaced_by_a_pipe(folder):
    path = next((folder / "raw").iterdir())
    path.unlink()
    os.mkfifo(path)
    return path.relative_to(folder).as_posix(), "no file"


def without_journal(folder):
    (folder / NAME).unlink()
    return NAME, "0"


def without_head(folder):
    (folder / HEAD).unlink()
    return HEAD, "gone"


def without_about(folder):
    (folder / "case.json").unlink()
    return "case.json", "No such file"


def journal_cut(folder):
    lines = (folder / NAME).read_bytes().splitlines(keepends=True)
    (folder / NAME).write_bytes(b"".join(lines[:-1]))
    return NAME, ""


def entry_left_out(folder):
    lines = (folder / NAME).read_bytes().splitlines(keepends=True)
    (folder / NAME).write_bytes(b"".join([*lines[:3], *lines[4:]]))
    return NAME, ""


def more_in_the_journal(folder):
    with (folder / NAME).open("ab") as file:
        file.write(b"{}\n")
    return NAME, "altered"


def something_in_the_lock(folder):
    (folder / LOCK).write_text("x")
    return LOCK, "1 B"


@pytest.mark.parametrize(
    "alter",
    [gone, added, replaced_by_a_link, replaced_by_a_pipe, without_journal, without_head, without_about, journal_cut,
     entry_left_out, more_in_the_journal, something_in_the_lock],
)  # fmt: skip
def test_what_was_altered_is_named(whole, tmp_path, alter):
    copy = tmp_path / "copy"
    shutil.copytree(whole, copy)
    where, found = alter(copy)
    answer = open_case(copy).verify()
    assert not answer.ok
    first = answer.problems[0]
    assert (first.where.split(",")[0], found in first.found) == (where, True)
    assert str(answer).startswith("Altered: ")
    assert len(answer.to_frame()) == len(answer.problems)
    assert str(first) in answer.to_frame().assign(text=str(first)).text[0]


def test_a_journal_written_anew_does_not_have_the_hash_that_was_written_down(whole, tmp_path, log):
    before = open_case(whole).head
    anew = open_case(tmp_path / "INC-1")
    anew.load(log)
    assert anew.verify().ok
    (problem,) = anew.verify(head=before).problems
    assert (problem.where, problem.found) == (NAME, "none")


def test_what_is_being_written_is_no_part_of_the_case(whole, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(whole, copy)
    for name in ("tmp-1/a", "flows-v1/tmp-2/records-0.parquet"):
        (copy / name).parent.mkdir()
        (copy / name).write_text("x")
    assert open_case(copy).verify().ok
    (copy / "raw" / "tmp-3").write_text("x")
    assert not open_case(copy).verify().ok


def test_a_write_that_was_cut_short_where_nothing_can_be_written_is_told(whole, tmp_path, monkeypatch):
    copy = tmp_path / "copy"
    shutil.copytree(whole, copy)
    case = open_case(copy)
    with (copy / NAME).open("ab") as file:
        file.write(b'{"fl')

    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(journal, "locked", refuse)
        (problem,) = case.verify().problems
        assert (problem.where, "cut short (Read-only" in problem.found) == (NAME, True)
        assert case.flows.count() == 20
        assert case.notes[-1][1] == "done"
    assert case.verify().ok
    assert case.timeline.kind.iloc[-1] == "set_aside"


def test_the_answer_in_a_notebook_is_escaped(whole, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(whole, copy)
    (copy / "<img src=x>").write_text("")
    shown = open_case(copy).verify()._repr_html_()
    assert "&lt;img src=x&gt;" in shown
    assert "<img" not in shown
