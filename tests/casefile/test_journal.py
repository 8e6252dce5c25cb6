"""The journal: what is entered stays, and what a kill cut short is finished or taken back."""

import os

import pytest

from flowkit.casefile import files, journal
from flowkit.casefile.entries import NOTHING, Head
from flowkit.casefile.journal import HEAD, NAME, Journal
from flowkit.errors import CaseError


@pytest.fixture
def kept(tmp_path):
    """Return a journal with two notes."""
    found = Journal(tmp_path)
    for text in ("one", "two"):
        found.write("note", {"text": text})
    return found


def staged(folder, name="a", content="content"):
    place = folder / "tmp-1"
    place.mkdir()
    (place / name).write_text(content)
    return place


def told(found):
    return [(entry.number, entry.kind, entry.what.get("text")) for entry in found.entries()]


def test_an_empty_journal(tmp_path):
    found = Journal(tmp_path)
    assert (found.entries(), found.head(), found.size(), found.unsettled) == ((), Head(), 0, False)


def test_entries_are_chained(kept):
    one, two = kept.entries()
    assert (one.previous, two.previous) == (NOTHING, one.sha256)
    assert kept.head() == Head(2, two.sha256, kept.size())
    assert told(kept) == [(1, "note", "one"), (2, "note", "two")]


def test_files_are_entered_with_their_hashes(kept, tmp_path):
    entry = kept.write("kept", {}, staged=staged(tmp_path), place=tmp_path / "findings" / "1")
    assert entry.files == {"findings/1/a": files.hashed(tmp_path / "findings" / "1" / "a")}
    assert not (tmp_path / "tmp-1").exists()


def test_a_file_that_is_there_is_not_replaced(kept, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a").write_text("before")
    with pytest.raises(FileExistsError):
        kept.write("kept", {}, staged=staged(tmp_path), place=tmp_path / "there")
    assert ((tmp_path / "there" / "a").read_text(), len(told(kept))) == ("before", 2)


def test_files_from_before_are_adopted(kept, tmp_path):
    (tmp_path / "old").write_text("")
    assert list(kept.adopt(["old"]).files) == ["old"]
    assert kept.entries()[-1].kind == "adopted"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda line: line.replace(b"two", b"2wo"), "entry 2"),
        (lambda line: line.replace(b'"what"', b' "what"'), "entry 2"),
        (lambda line: line[:-1] + b" ", "entry 2"),
        (lambda line: b"[]" + line[2:], "entry 2"),
        (lambda _: b"", "does not end as"),
    ],
)
def test_an_altered_entry_is_refused(kept, change, problem):
    one, two = kept.path.read_bytes().splitlines(keepends=True)
    kept.path.write_bytes(one + change(two))
    with pytest.raises(CaseError, match=problem):
        kept.entries()


def test_entries_in_another_order_are_refused(kept):
    kept.path.write_bytes(b"".join(reversed(kept.path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(CaseError, match="does not follow"):
        kept.entries()


@pytest.mark.parametrize("head", [b"{}", b"[1]\n", b'{"end": 1, "number": 1, "sha256": ""}\n', b"\xff", None])
def test_an_altered_head_is_refused(kept, tmp_path, head):
    (tmp_path / HEAD).unlink() if head is None else (tmp_path / HEAD).write_bytes(head)
    with pytest.raises(CaseError, match=HEAD):
        kept.write("note", {})


def before_the_last(found):
    """Let the last entry be beyond the head, as a kill leaves it."""
    one = found.entries()[0]
    (found.folder / HEAD).write_bytes(Head().after(one).content())


def test_an_entry_that_is_whole_is_finished(kept):
    before_the_last(kept)
    assert (kept.unsettled, len(kept.entries())) == (True, 1)
    kept.settle()
    assert (kept.unsettled, told(kept)) == (False, [(1, "note", "one"), (2, "note", "two")])


def test_a_torn_line_is_set_aside_and_told(kept):
    whole = kept.path.read_bytes()
    kept.path.write_bytes(whole + b'{"flowkit":"0.1.0","ki')
    kept.write("note", {"text": "three"})
    assert [entry.kind for entry in kept.entries()] == ["note", "note", "set_aside", "note"]
    assert kept.entries()[2].what["text"] == '{"flowkit":"0.1.0","ki'


@pytest.mark.parametrize("moved", ["not yet", "already", "never"])
def test_files_of_the_last_entry_are_moved_or_it_is_taken_back(kept, tmp_path, moved):
    place = staged(tmp_path)
    kept.write("kept", {}, staged=place, place=tmp_path / "new")
    entries = kept.entries()
    (tmp_path / HEAD).write_bytes(Head(2, entries[1].sha256, kept.size() - len(entries[2].line())).content())
    if moved == "not yet":
        (tmp_path / "new").rename(place)
    elif moved == "never":
        (tmp_path / "new" / "a").unlink()
    kept.settle()
    assert (tmp_path / "new" / "a").exists() is (moved != "never")
    assert kept.entries()[-1].kind == ("set_aside" if moved == "never" else "kept")


@pytest.mark.parametrize("line", [b"{}\n", b"no entry\n"])
def test_a_whole_line_that_is_no_entry_is_no_accident(kept, line):
    with kept.path.open("ab") as file:
        file.write(line)
    with pytest.raises(CaseError, match="entry 3"):
        kept.write("note", {})


def test_a_journal_that_was_cut_is_refused(kept):
    os.truncate(kept.path, kept.size() - 5)
    with pytest.raises(CaseError, match="bytes and had"):
        kept.write("note", {})


def test_a_journal_cannot_move_files_out_of_its_case(kept, tmp_path):
    target = tmp_path.parent / "elsewhere"
    entry = kept.head().next("kept", {}, files={"../elsewhere/a": {"sha256": "", "bytes": 0}}, staged="x", place="..")
    with kept.path.open("ab") as file:
        file.write(entry.line())
    with pytest.raises(CaseError, match="outside"):
        kept.settle()
    assert not target.exists()


def full(*_, **__):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(("module", "name"), [("os", "write"), ("os", "fsync"), ("files", "move")])
def test_on_a_full_disk_nothing_is_entered(kept, tmp_path, monkeypatch, module, name):
    place = staged(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os if module == "os" else journal.files, name, full)
        with pytest.raises(OSError, match="No space"):
            kept.write("kept", {}, staged=place, place=tmp_path / "new")
    assert (len(told(kept)), kept.unsettled, (tmp_path / "new").exists()) == (2, False, False)
    kept.write("kept", {}, staged=place, place=tmp_path / "new")
    assert len(told(kept)) == 3


def test_a_disk_that_is_full_at_the_last_moment_costs_nothing(kept, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "_set_head", full)
        with pytest.raises(OSError, match="No space"):
            kept.write("kept", {}, staged=staged(tmp_path), place=tmp_path / "new")
    kept.settle()
    assert [entry.kind for entry in kept.entries()] == ["note", "note", "kept"]


def test_lines_are_where_they_are_said_to_be(kept):
    assert kept.path.name == NAME
    assert kept.path.read_bytes() == b"".join(entry.line() for entry in kept.entries())
