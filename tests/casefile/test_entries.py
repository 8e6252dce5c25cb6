"""Lines of a journal: read only as they were written, to the byte."""

import json

import pytest

from flowkit.casefile.entries import NOTHING, Entry, Head

ENTRY = Head().next("note", {"text": "ü <b>"}, files={"a": {"sha256": "0", "bytes": 1}}, staged="tmp-1", place=".")
LINE = ENTRY.line()[:-1]


def again(**values):
    """Return an entry's line with other values, its hash made anew."""
    return Entry(**{**json.loads(LINE), **values}).hashed().line()[:-1]


def test_an_entry_comes_back():
    assert Entry.read(LINE) == ENTRY == ENTRY.hashed()
    assert (ENTRY.number, ENTRY.previous, ENTRY.what, ENTRY.time[-1]) == (1, NOTHING, {"text": "ü <b>"}, "Z")


def test_the_next_entry_follows():
    head = Head().after(ENTRY)
    assert (head.number, head.sha256, head.end) == (1, ENTRY.sha256, len(LINE) + 1)
    assert (head.next("note", {}).number, head.next("note", {}).previous) == (2, ENTRY.sha256)


@pytest.mark.parametrize("place", range(len(LINE)))
def test_every_byte_of_a_line_counts(place):
    altered = bytearray(LINE)
    altered[place] ^= 1 << place % 8
    with pytest.raises(ValueError, match=r"."):
        Entry.read(bytes(altered))


@pytest.mark.parametrize(
    "line",
    [
        b"", b"{}", b"[]", b"1", b"null", b"\xff", b"[" * 100_000, LINE + b" ", b" " + LINE, LINE.replace(b":", b": "),
        again(files=[]), again(files={"a": 1}), again(what="text"), LINE[:-1] + b',"more":1}',
    ],
    ids=range(14),
)  # fmt: skip
def test_what_is_no_entry(line):
    with pytest.raises(ValueError, match=r"."):
        Entry.read(line)


def test_a_head_comes_back():
    head = Head().after(ENTRY)
    assert Head.read(head.content()) == head


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", Head().content()[:-1], Head().content() + b"\n", b'{"end":-1,"number":0,"sha256":""}\n',
     b'{"end":"1","number":0,"sha256":""}\n'],
)  # fmt: skip
def test_what_is_no_head(content):
    with pytest.raises(ValueError, match=r"."):
        Head.read(content)
