"""The journal in words, and two cases side by side."""

import pytest

from flowkit.casefile import telling
from flowkit.casefile.entries import Head


def entries(*said):
    """Return entries of (kind, what)."""
    head, found = Head(), []
    for kind, what in said:
        found.append(head.next(kind, what, files={"a": {"sha256": "", "bytes": 1_500}}))
        head = head.after(found[-1])
    return found


FINDING = {"id": "1", "sha256": "1" * 64, "kind": "gap", "severity": "low", "summary": "A gap.", "text": "first"}
RUN = {
    "playbook": "flood", "parameters": {"by": "subnet", "end": None}, "scope": "Scope()", "verdict": "nothing_found",
    "summary": "Nothing.", "findings": [{"sha256": "2" * 64, "severity": "high", "summary": "Much.", "kind": "flood"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "what", "told"),
    [
        ("created", {"name": "INC-1"}, "Case INC-1 was begun"),
        ("adopted", {}, "Records that were here before were taken into the journal: 1 file (1,500 B)"),
        ("stored", {}, "Records were stored: 1 file (1,500 B)"),
        ("derived", {}, "What records mean was worked out: 1 file (1,500 B)"),
        ("inventory", {"source": "s"}, "The snapshot in s was copied: 1 file (1,500 B)"),
        ("raw", {}, "Objects were kept as they are: 1 file (1,500 B)"),
        ("loaded", {"code": "fk.load('x')", "totals": {"objects": 1, "records": 2, "refused": 0}},
         "fk.load('x'): 1 object, 2 records, 0 refused lines"),
        ("run", RUN, "flood(by=subnet) on Scope(): nothing found. Nothing."),
        ("kept", FINDING, "1 was kept: A gap."),
        ("figures", {"id": "1"}, "Figures of 1 were kept: 1 file (1,500 B)"),
        ("starred", {"id": "1", "starred": False}, "1 was starred no longer"),
        ("comment", {"id": "1", "text": "t"}, "1: t"),
        ("withdrawn", {"id": "1", "reason": "r"}, "1 was withdrawn: r"),
        ("note", {"text": "x" * 1000}, "x" * 300 + "…"),
        ("scope", {"name": "n", "scope": "Scope()"}, "Scope n: Scope()"),
        ("set_aside", {"bytes": 7}, "A write that was cut short was taken back (7 B)"),
        ("of a newer flowkit", {"a": 1, "b": ""}, "a 1"),
    ],
)  # fmt: skip
def test_timeline(kind, what, told):
    frame = telling.timeline(entries((kind, what)))
    assert (list(frame.columns), frame.what[0], frame.number[0]) == (list(telling.TIMELINE), told, 1)
    assert str(frame["time"].dtype).endswith("UTC]")


def test_kept():
    said = entries(
        ("kept", FINDING), ("comment", {"id": "1", "text": "second"}), ("comment", {"id": "2", "text": "of none"}),
        ("starred", {"id": "1", "starred": True}), ("withdrawn", {"id": "1", "reason": "no"}),
    )  # fmt: skip
    kept = telling.kept(said)["1"]
    assert (kept.comments, kept.starred, kept.withdrawn) == (("first", "second"), True, "no")
    again = telling.kept([*said, *entries(("kept", {**FINDING, "text": ""}))])["1"]
    assert (again.comments, again.starred, again.withdrawn, again.kept) == (("first", "second"), True, "", kept.kept)


def test_notes():
    assert [text for _, text in telling.notes(entries(("note", {"text": "a"}), ("kept", FINDING)))] == ["a"]


def test_findings_and_objects_by_their_hash():
    told = telling.findings_told(entries(("kept", FINDING), ("run", RUN)))
    assert told == {"1" * 64: "low: A gap.", "2" * 64: "high: Much."}
    objects = [{"sha256": "a", "name": "x.log"}, {"sha256": None, "name": "gone.log"}]
    assert telling.objects_told(objects) == {"a": "x.log"}


def test_compared():
    frame = telling.compared([{"1": "one", "2": "two"}, {}], [{"2": "two", "3": "three"}, {"a": "x.log"}])
    assert frame[["what", "where", "told"]].to_numpy().tolist() == [
        ["finding", "here", "one"],
        ["finding", "both", "two"],
        ["finding", "there", "three"],
        ["object", "there", "x.log"],
    ]
    assert frame.attrs["caption"] == (
        "1 finding in both; 1 finding only here; 1 finding only there; "
        "0 objects in both; 0 objects only here; 1 object only there."
    )
