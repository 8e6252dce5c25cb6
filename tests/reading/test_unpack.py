"""Compressed objects: whole, in several members, nested, damaged, or made to burst."""

# ruff: noqa: E501 - a record is a long line

import gzip
import hashlib
import os
import subprocess
import sys
import textwrap
import zlib
from io import BytesIO

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.reading.unpack import DamagedError, Intake, unpack

TEXT = b"".join(b"2 123456789010 eni-%d 10.0.%d.%d 10.0.0.2 %d 443 6 20 4249 1418530010 1418530070 ACCEPT OK\n" % (n, n % 251, n * 7 % 256, n * 7919 % 65536) for n in range(6_000))  # fmt: skip


def zstd(text: bytes) -> bytes:
    return pa.Codec("zstd").compress(text, asbytes=True)


def unpacked(stored: bytes, size: int = 128 << 10) -> tuple[bytes, DamagedError | None]:
    """Return what can be read of *stored*, and the damage that ended it."""
    got = []

    def blocks():
        return iter([stored[start : start + size] for start in range(0, len(stored), size)])

    try:
        for piece in unpack(blocks(), blocks):
            got.append(piece)  # noqa: PERF402 - what came before the damage stays
    except DamagedError as damage:
        return b"".join(got), damage
    return b"".join(got), None


WHOLE = {
    "plain": TEXT,
    "gzip": gzip.compress(TEXT),
    "gzip, several members": gzip.compress(TEXT[:1000]) + gzip.compress(b"") + gzip.compress(TEXT[1000:]),
    "gzip, a member per 100 bytes": b"".join(gzip.compress(TEXT[n : n + 100]) for n in range(0, len(TEXT), 100)),
    "gzip, padded with zeros": gzip.compress(TEXT) + b"\0" * 600,
    "gzip within gzip": gzip.compress(gzip.compress(TEXT)),
    "gzip, stored": gzip.compress(TEXT, compresslevel=0),
    "zstd": zstd(TEXT),
    "zstd, several frames": zstd(TEXT[:1000]) + zstd(TEXT[1000:]),
    "zstd within gzip": gzip.compress(zstd(TEXT)),
}


@pytest.mark.parametrize("stored", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("size", [1, 4096, 1 << 20])
def test_what_was_written_comes_out(stored, size):
    assert unpacked(stored, size if len(stored) < 100_000 else max(size, 100)) == (TEXT, None)


@given(st.binary(max_size=200))
def test_bytes_that_are_not_packed_pass_as_they_are(content):
    if not content.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd")):
        assert unpacked(content, 3) == (content, None)


@given(st.integers(1, 2_000_000), st.binary(min_size=1, max_size=30))
def test_any_size_comes_out_whole(size, pattern):
    text = b"t" + (pattern * (size // len(pattern) + 1))[:size]
    assert unpacked(gzip.compress(text, compresslevel=1), 100_000) == (text, None)


@pytest.mark.parametrize("pack", [gzip.compress, zstd], ids=["gzip", "zstd"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_of_a_truncated_object_all_that_can_be_read_is(pack, share):
    stored = pack(TEXT)
    cut = int(len(stored) * share)
    got, damage = unpacked(stored[:cut])
    assert TEXT.startswith(got)
    assert damage is not None
    assert damage.offset == cut
    assert "too early" in damage.why
    assert len(got) + 8 >= readable(stored[:cut], pack)  # ISA-L looks some bits ahead


def readable(stored: bytes, pack) -> int:
    """Return how many bytes another reader gets of a truncated object (a zstd block is read whole or not at all)."""
    return (
        max(0, int(len(TEXT) * len(stored) / len(zstd(TEXT))) - 300_000)
        if pack is zstd
        else len(zlib.decompressobj(31).decompress(stored))
    )


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_of_a_corrupt_gzip_all_before_the_damage_is_kept(share):
    stored = bytearray(gzip.compress(TEXT))
    place = int(len(stored) * share)
    stored[place : place + 40] = bytes(255 - byte for byte in stored[place : place + 40])
    got, damage = unpacked(bytes(stored))
    assert damage is not None
    assert "corrupt" in damage.why
    assert place <= damage.offset <= len(stored)
    sound = zlib.decompressobj(31).decompress(bytes(stored[:place]))
    assert got.startswith(sound)
    assert len(sound) > 20_000


def test_a_wrong_checksum_is_damage_at_the_end():
    stored = bytearray(gzip.compress(TEXT))
    stored[-6] ^= 1
    got, damage = unpacked(bytes(stored))
    assert (got == TEXT, damage is not None) == (True, True)


def test_a_corrupt_zstd_keeps_the_blocks_before_the_damage():
    stored = bytearray(zstd(TEXT))
    place = int(len(stored) * 0.9)
    stored[place : place + 40] = bytes(255 - byte for byte in stored[place : place + 40])
    got, damage = unpacked(bytes(stored))
    assert damage is not None
    assert TEXT[: 128 << 10] == got[: 128 << 10]


@pytest.mark.parametrize("stored", [b"\x1f\x8b", b"\x1f\x8bnonsense", b"\x28\xb5\x2f\xfd", b"\x28\xb5\x2f\xfdnonsense"])
def test_a_damaged_beginning_gives_nothing(stored):
    got, damage = unpacked(stored)
    assert (got, damage is not None) == (b"", True)


def test_what_follows_the_gzip_data_is_damage_at_its_offset():
    stored = gzip.compress(TEXT)
    got, damage = unpacked(stored + b"\0\0something else")
    assert (got, damage.offset) == (TEXT, len(stored) + 2)


@given(st.binary(max_size=400), st.sampled_from([b"\x1f\x8b\x08\0\0\0\0\0\0\xff", b"\x28\xb5\x2f\xfd", b""]))
def test_arbitrary_bytes_end_or_are_damaged(content, start):
    unpacked(start + content, 16)


def test_bytes_are_hashed_and_counted_once():
    passed = []
    intake = Intake(BytesIO(b"a" * 300_000), passed.append)
    next(iter(intake))
    intake.drain()
    assert intake.bytes == sum(passed) == 300_000
    assert intake.sha256 == hashlib.sha256(b"a" * 300_000).hexdigest()


def test_a_disk_that_fails_is_damage():
    class Failing(BytesIO):
        def read(self, size=-1):
            if self.tell() >= 10:
                raise OSError(5, "Input/output error")
            return super().read(min(size, 10))

    got, damage = [], None
    try:
        got += list(Intake(Failing(b"x" * 50), lambda _: None))
    except DamagedError as error:
        damage = error
    assert damage.offset == 10
    assert "Input/output error" in damage.why


BOMBS = {  # chunk, and how many of them
    "one line that never ends": (b"\0" * (1 << 20), 200),
    "short bad lines": (b"x y z\n" * (1 << 17), 1),
    "blank lines": (b"\n" * (1 << 18), 1),
}


@pytest.mark.slow
@pytest.mark.parametrize(("chunk", "times"), BOMBS.values(), ids=BOMBS)
def test_a_gzip_bomb_does_not_fill_memory(tmp_path, chunk, times):
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    with (tmp_path / "bomb.log.gz").open("wb") as bomb:
        bomb.write(squeeze.compress(b"2 1 eni-1 10.0.0.1 10.0.0.2 1 2 6 1 1 1418530010 1418530070 ACCEPT OK\n"))
        for _ in range(times * (10 if os.environ.get("FLOWKIT_SOAK") else 1)):
            bomb.write(squeeze.compress(chunk))
        bomb.write(squeeze.flush())
    program = """
        import resource
        import flowkit as fk
        fk.load("sample", case="before")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        flows = fk.load("bomb.log.gz", case="case")
        assert flows.count() == 1, flows.count()
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 150, "MB more than loading the sample takes"
