"""One object, whatever it is: told by its first bytes, hashed, read to its end or to its damage."""

# ruff: noqa: E501 - a record is a long line

import gzip
import hashlib
import json
import os
from io import BytesIO
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

import flowkit as fk
from flowkit.errors import SourceError
from flowkit.reading.columns import Addresses
from flowkit.reading.objects import Reading, read
from flowkit.sources import LogObject

HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
OK = "2 123456789010 eni-1 10.0.0.1 10.0.0.2 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK"
TEXT = (HEADER + "\n" + (OK + "\n") * 9000).encode()


def numbered(count: int) -> list[str]:
    """Return records whose bytes count up from 0."""
    return [OK.replace(" 4249 ", f" {n} ").replace("20641", str(n * 7919 % 65536)) for n in range(count)]


def zstd(text: bytes) -> bytes:
    return pa.Codec("zstd").compress(text, asbytes=True)


@pytest.mark.parametrize(
    "content",
    [TEXT, gzip.compress(TEXT), zstd(TEXT), gzip.compress(TEXT[:70]) + gzip.compress(b"") + gzip.compress(TEXT[70:]), gzip.compress(b"") + gzip.compress(TEXT)],
    ids=["plain", "gzip", "zstd", "members that break a line", "an empty member first"],
)  # fmt: skip
def test_text_in_any_packing_is_the_same_and_hashed_as_stored(read, content):
    found = read(content)
    assert (found.reading.lines, found.headers, len(found.records)) == (9001, 1, 9000)
    assert (found.reading.sha256, found.reading.bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (found.reading.damaged_at, found.reading.note) == (None, "")


@pytest.mark.parametrize("pack", [gzip.compress, zstd], ids=["gzip", "zstd"])
def test_of_a_truncated_object_the_whole_lines_are_kept_and_the_last_is_refused(read, pack):
    lines = numbered(20_000)
    stored = pack("\n".join([HEADER, *lines, ""]).encode())
    cut = len(stored) * 4 // 5
    found = read(stored[:cut])
    assert found.reading.damaged_at == cut
    assert found.reading.sha256 == hashlib.sha256(stored[:cut]).hexdigest()
    assert [row["bytes"] for row in found.records] == list(range(len(found.records)))
    assert len(found.records) > 10_000
    assert [(refused.line, refused.reason) for refused in found.refused] in (
        [],
        [(len(found.records) + 2, "cut off by the damage to the object")],
    )


def test_of_a_corrupt_gzip_the_lines_before_the_damage_are_kept(read):
    lines = numbered(2000)
    stored = bytearray(gzip.compress("\n".join([HEADER, *lines, ""]).encode()))
    place = len(stored) // 2
    stored[place : place + 20] = b"\xff" * 20
    found = read(bytes(stored))
    assert [row["bytes"] for row in found.records[:500]] == list(range(500))
    assert place <= found.reading.damaged_at <= len(stored)
    assert found.reading.sha256 == hashlib.sha256(stored).hexdigest()


@pytest.mark.parametrize("content", [b"", b"\n", gzip.compress(b"", mtime=0), b"\n\n \n"])
def test_an_empty_object_is_read_and_holds_nothing(read, content):
    found = read(content)
    assert (found.records, found.status, found.reading.unknown_format) == ([], [], False)


@pytest.mark.parametrize(
    "content",
    [b"just words\nand more", b"\x89PNG\r\n\x1a\n\0\0\0", b"<html><body></body></html>", b'{"Version": "2012-10-17"}'],
)
def test_what_is_no_flow_log_is_told(read, content):
    found = read(content)
    assert (found.records, found.reading.unknown_format) == ([], True)
    assert found.reading.note


def test_of_a_small_object_that_is_truncated_the_lines_are_kept_too(read):
    stored = gzip.compress("\n".join([HEADER, *numbered(20), ""]).encode())
    found = read(stored[:-12])
    assert len(found.records) >= 15
    assert found.reading.damaged_at == len(stored) - 12


def test_an_object_that_cannot_be_opened():
    def refuse():
        raise PermissionError(13, "Permission denied")

    with pytest.raises(SourceError, match="cannot be read: Permission denied"):
        list(read(LogObject("a", 1, "a", refuse), Reading(), Addresses()))


def test_an_object_that_cannot_be_read_to_its_end_is_damaged():
    class Failing(BytesIO):
        def read(self, _=-1):
            return super().read(300) if self.tell() < 300 else self._fail()

        def _fail(self):
            raise OSError(5, "Input/output error")

    reading = Reading()
    pieces = list(read(LogObject("a", 1, "a", lambda: Failing(TEXT)), reading, Addresses()))
    assert sum(piece.records.num_rows for piece in pieces if piece.records) == 2
    assert (reading.damaged_at, reading.lines) == (300, 4)


CASES = Path(os.environ.get("FLOWKIT_REFERENCE_DATA", "")) / "parser" / "cases.jsonl"


@pytest.mark.reference_data
def test_the_public_parsers_cases(tmp_path):
    cases = [json.loads(line) for line in CASES.read_text().splitlines()]
    assert len(cases) == 18
    for case in cases:
        log = tmp_path / f"{case['id']}.log"
        log.write_text(case["line"] + "\n")
        flows = fk.load(
            log, log_format=" ".join(f"${{{name}}}" for name in case["format"].split()), case=tmp_path / "case"
        )
        rows = [*flows.to_pandas().to_dict("records"), *flows.status_records.to_pandas().to_dict("records")]
        accepted = not case.get("expect_error") and len(case["line"].split()) == len(case["format"].split())
        assert len(rows) == accepted, case["id"]
        assert len(flows.refused) == (not accepted), case["id"]
        for name, value in (case.get("expect") or {}).items() if accepted else ():
            found = rows[0][name.replace("-", "_")]
            found = None if pd.isna(found) else int(found.timestamp()) if name in ("start", "end") else found
            assert found == value, (case["id"], name)
