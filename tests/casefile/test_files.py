"""Files of a case: moved all or none, and never outside of it."""

import os

import pytest

from flowkit.casefile import files
from flowkit.errors import CaseError


def test_hashed(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert files.hashed(tmp_path / "a", through=True) == {"sha256": empty, "bytes": 0}


def test_below_names_links_and_does_not_follow_them(tmp_path):
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "b" / "c" / "d").write_text("")
    (tmp_path / "a").symlink_to(tmp_path / "b")
    assert files.below(tmp_path) == ["a", "b/c/d"]


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/passwd", "link/x"])
def test_a_path_outside_is_refused(tmp_path, name):
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "link").symlink_to(tmp_path)
    with pytest.raises(CaseError, match="outside"):
        files.inside(tmp_path / "case", name)
    assert files.inside(tmp_path / "case", "a/b") == tmp_path / "case" / "a" / "b"


def staged(folder, *names):
    with files.staging(folder) as place:
        for name in names:
            (place / name).write_text(name)
        yield place


def test_a_new_place_appears_at_once(tmp_path):
    for place in staged(tmp_path, "a", "b"):
        files.move(place, tmp_path / "new" / "place", ["a", "b"])
    assert files.below(tmp_path) == ["new/place/a", "new/place/b"]


def test_files_join_those_that_are_there(tmp_path):
    (tmp_path / "there").mkdir()
    for place in staged(tmp_path, "a"):
        files.move(place, tmp_path / "there", ["a"])
    assert files.below(tmp_path) == ["there/a"]


def test_a_move_that_fails_moves_nothing(tmp_path):
    (tmp_path / "there" / "b").mkdir(parents=True)
    (tmp_path / "there" / "b" / "full").write_text("")
    for place in staged(tmp_path, "a", "b"):
        with pytest.raises(OSError, match="b"):
            files.move(place, tmp_path / "there", ["a", "b"])
        assert files.below(tmp_path / "there") == ["b/full"]


@pytest.mark.parametrize(("content", "resumed"), [("a", True), ("A", False), (None, False)])
def test_only_what_was_staged_is_resumed(tmp_path, content, resumed):
    place = tmp_path / "tmp-1"
    place.mkdir()
    (place / "a").write_text("a")
    about = {"a": files.hashed(place / "a")}
    if content is None:
        (place / "a").unlink()
    else:
        (place / "a").write_text(content)
    assert files.resume(place, tmp_path / "there", about) is resumed
    assert (tmp_path / "there" / "a").exists() is resumed
    assert files.resume(place, tmp_path / "there", about) is resumed


def test_only_stale_folders_are_swept(tmp_path):
    for name in ("tmp-new", "tmp-old", "kept"):
        (tmp_path / name).mkdir()
    os.utime(tmp_path / "tmp-old", (0, 0))
    os.utime(tmp_path / "kept", (0, 0))
    files.sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "tmp-new"]


def test_through_does_without_a_folder(tmp_path):
    files.through(tmp_path / "gone")
