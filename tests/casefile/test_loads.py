"""What was loaded: kept as JSON, and joined to one list of objects."""

import json

import pytest

import flowkit as fk
from flowkit.casefile import loads
from flowkit.casefile.loads import Load
from flowkit.errors import CaseError
from flowkit.loading import Loaded
from flowkit.store import Content


def told(name, sha256, **more):
    """Return an object of a load of 10 lines."""
    counts = dict.fromkeys(("bytes", "lines", "headers", "records", "nodata", "skipdata", "refused"), 10)
    about = {"read_as": "", "duplicate_of": None, "note": "", "etag": "", "version_id": ""}
    return {"name": name, "sha256": sha256, **counts, **about, **more}


def load(*objects, **more):
    return Load(code="fk.load('x')", objects=objects, **more)


CONTENTS = {(sha256, ""): Content(key, sha256) for key, sha256 in enumerate("abc")}


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        ([load(told("1", "a"), told("2", "b"))], [("1", "a", None), ("2", "b", None)]),
        ([load(told("1", "a")), load(told("1", "b"))], [("1", "b", None)]),
        ([load(told("1", "a")), load(told("2", "a"))], [("1", "a", None), ("2", "a", "1")]),
        ([load(told("1", "a")), load(told("1", None, note="gone"))], [("1", "a", None)]),
        ([load(told("1", None, note="gone")), load(told("1", "c"))], [("1", "c", None)]),
        ([load(told("1", None, note="gone"))], [("1", None, None)]),
        ([load(told("1", "a"), told("2", "a", duplicate_of="1")), load(told("1", "b"))],
         [("1", "b", None), ("2", "a", None)]),
    ],
)  # fmt: skip
def test_joined(done, expected, tmp_path):
    found = loads.joined(done, CONTENTS, tmp_path)
    assert [(i.name, i.content.sha256 if i.content else None, i.duplicate_of) for i in found] == expected


def test_records_that_are_gone(tmp_path):
    with pytest.raises(CaseError, match="its records of 1 are gone"):
        loads.joined([load(told("1", "z"))], CONTENTS, tmp_path)


def test_totals_count_a_copy_once():
    totals = load(told("1", "a"), told("2", "a", duplicate_of="1"), told("3", "b")).totals
    assert (totals["objects"], totals["records"]) == (3, 20)


def test_described():
    items = [Loaded("1", Content(1, "a", records=5), etag="e"), Loaded("2", note="gone")]
    first, second = loads.described(items)
    assert (first["sha256"], first["records"], first["etag"]) == ("a", 5, "e")
    assert (second["sha256"], second["records"], second["note"]) == (None, 0, "gone")


def test_a_load_comes_back(tmp_path):
    path = tmp_path / "loads" / "1.json"
    path.parent.mkdir()
    one = load(told("1", "a"), inside=("10.0.0.0/8",), notes=("A note.",))
    path.write_text(json.dumps(vars(one)))
    assert Load.read(path) == one


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"inside": [], "notes": [], "objects": [], "more": 1}'])
def test_what_is_no_load(tmp_path, content):
    (tmp_path / "loads").mkdir()
    (tmp_path / "loads" / "1.json").write_text(content)
    with pytest.raises(CaseError, match=r"loads/1\.json"):
        Load.read(tmp_path / "loads" / "1.json")


def test_notes_and_scope():
    done = [load(told("1", "a"), notes=("n",), scope="Scope(port=1)"), load(told("1", "b"), notes=("n",))]
    assert loads.notes(done)[:2] == ["n", "Loaded in more than one state: 1 object; the latest counts."]
    assert (loads.scope_of(done), loads.scope_of(done[:1])) == ("Scope()", "Scope(port=1)")


def test_latest():
    done = [load(inventory="a", log_format="f"), load(inventory="b")]
    assert (loads.latest(done, "inventory"), loads.latest(done, "log_format"), loads.latest(done, "inside")) == (
        "b", "f", (),
    )  # fmt: skip


def test_asked(log):
    flows = fk.load(log, inside="10.0.0.0/8", dstport=5432)
    assert loads.asked(flows) == ("Scope(dstport=5432)", ("10.0.0.0/8",))
