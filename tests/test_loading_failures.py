"""A load in which something fails: what is whole is kept, and the next load goes on from there."""

import errno
import io
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from flowkit import loading, origin, store
from flowkit.errors import SourceError, StoreError
from flowkit.flows import Flows
from flowkit.scope import Scope
from flowkit.sources import LogObject
from flowkit.store import SegmentWriter, Store

HEADER = "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
A, B, C = (
    f"{HEADER}\n5 eni-{name} 10.0.0.1 10.0.0.2 40001 443 6 1 {size} 1773129600 1773129650 ACCEPT OK\n".encode()
    for name, size in (("a", 1000), ("b", 2000), ("c", 300000))
)
DENIED = PermissionError(errno.EACCES, "Permission denied")


class Bucket:
    """Objects by name, which remember how often they were opened and fail on request."""

    def __init__(self, **contents):
        self.contents = contents
        self.opened = []
        self.failing = set()

    def objects(self, *names):
        return [self._object(name, self.contents[name]) for name in names or self.contents]

    def _object(self, name, content):
        def opened():
            self.opened.append(name)
            if name in self.failing:
                raise DENIED
            return io.BytesIO(content)

        return LogObject(name, len(content), f"{name}:{hash(content)}", opened)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "store"


def load(objects, folder):
    kept = Store(folder)
    return Flows(Scope(), origin.of_loaded(loading.load(objects, kept), kept, None, ""))


def sizes(flows):
    """Return the bytes of each record: they tell the records of these tests apart."""
    return sorted(flows.to_pandas().bytes)


def leftovers(folder):
    return list(folder.glob("flows-v*/tmp-*"))


@pytest.mark.parametrize("sized_alike", [False, True])
def test_an_unreadable_object_among_good_ones(folder, sized_alike):
    bucket = Bucket(a=A, locked=B if sized_alike else C)
    bucket.failing = {"locked"}
    flows = load(bucket.objects(), folder)
    assert sizes(flows) == [1000]
    assert flows.ledger.note.str.startswith("cannot be read: Permission denied").tolist() == [False, True]
    assert flows.ledger.loc[1, ["lines", "headers", "records", "nodata", "skipdata", "refused"]].sum() == 0
    bucket.failing.clear()
    assert len(sizes(load(bucket.objects(), folder))) == 2  # nothing wrong with it was remembered


@pytest.mark.parametrize("names", [["one"], ["one", "two"]])
def test_nothing_readable_at_all_is_an_error_that_says_what_to_do(folder, names):
    bucket = Bucket(one=A, two=C)
    bucket.failing = set(names)
    with pytest.raises(SourceError, match=r"one: cannot be read: Permission denied. Check .*\.$"):
        load(bucket.objects(*names), folder)
    assert leftovers(folder) == []


def test_a_copy_of_an_object_that_went_away_meanwhile(folder):
    bucket = Bucket(a=A, copy=A)
    original, copy = bucket.objects()
    openings = iter([io.BytesIO(A)])  # once, for its hash

    def once():
        if opened := next(openings, None):
            return opened
        raise DENIED

    with suppress(SourceError):
        load([LogObject("a", len(A), "a", once), copy], folder)
    assert sizes(load([original, copy], folder)) == [1000]


def test_a_read_error_in_the_middle_is_damage_and_is_tried_again(folder):
    class Failing(io.BytesIO):
        def read(self, size=-1):
            if self.tell():
                raise OSError(errno.EIO, "Input/output error")
            return super().read(min(size, len(A) + 30))

    content = A + A.splitlines(keepends=True)[1]
    broken = LogObject("a", len(content), "same", lambda: Failing(content))
    whole = LogObject("a", len(content), "same", lambda: io.BytesIO(content))
    ledger = load([Bucket(c=C).objects()[0], broken], folder).ledger
    assert ledger.loc[1, ["records", "refused", "damaged_at"]].tolist() == [1, 1, len(A) + 30]
    assert load([whole], folder).count() == 2


def _full(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_leaves_what_was_there(folder, monkeypatch):
    bucket = Bucket(a=A, c=C)
    load(bucket.objects("a"), folder)
    with monkeypatch.context() as patch:
        patch.setattr(SegmentWriter, "write", _full)
        with pytest.raises(StoreError, match=r"No space left on device.*FLOWKIT_CACHE"):
            load(bucket.objects(), folder)
        assert sizes(load(bucket.objects("a"), folder)) == [1000]
    assert leftovers(folder) == []
    assert sizes(load(bucket.objects(), folder)) == [1000, 300000]


def test_a_disk_too_full_even_to_close_files(folder, monkeypatch):
    monkeypatch.setattr(store.pq.ParquetWriter, "close", _full)
    with pytest.raises(StoreError, match="No space left on device"):
        load(Bucket(a=A).objects(), folder)
    assert leftovers(folder) == []


def test_a_full_disk_does_not_matter_where_nothing_is_new(folder, monkeypatch):
    bucket = Bucket(a=A, copy=A)
    load(bucket.objects("a"), folder)
    monkeypatch.setattr(SegmentWriter, "commit", _full)
    assert sizes(load(bucket.objects("copy"), folder)) == [1000]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="a limit on the size of files is POSIX's")
def test_files_that_may_not_grow(tmp_path):
    line = "5 eni-a 10.0.{}.{} 10.9.9.9 {} 443 6 1 {} 1773129600 1773129650 ACCEPT OK\n"
    path = tmp_path / "flows.log"
    path.write_text(HEADER + "\n" + "".join(line.format(n >> 8, n & 255, n, n) for n in range(5_000)))
    code = (
        "import resource, sys, flowkit as fk\n"
        "free = resource.RLIM_INFINITY\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, free))\n"
        "try: fk.load(sys.argv[1])\n"
        "except fk.errors.StoreError as error: print(error)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (free, free))\n"
        "print(fk.load(sys.argv[1]).count())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], env=os.environ | {"FLOWKIT_CACHE": str(tmp_path / "cache")},
        stdout=subprocess.PIPE, text=True, check=True, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    told, count = done.stdout.splitlines()
    assert "File too large" in told
    assert count == "5000"
    assert leftovers(tmp_path / "cache") == []


def test_an_interrupted_load_is_continued(folder, monkeypatch):
    monkeypatch.setattr(store, "_SEGMENT_RECORDS", 1)  # a segment per object
    names = [f"o{number}" for number in range(12)]
    bucket = Bucket(**{name: A.replace(b" 1000 ", b" %d " % 10**n) for n, name in enumerate(names)})
    objects = bucket.objects()
    reached, released = threading.Event(), threading.Event()

    def slow():
        reached.set()
        released.wait(0.2)
        return objects[5].open()

    def interrupted(_):
        reached.wait()
        raise KeyboardInterrupt

    held = LogObject(objects[5].name, objects[5].size, objects[5].identity, slow)
    with monkeypatch.context() as patch:
        patch.setattr(loading, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            load([*objects[:5], held, *objects[6:]], folder)
    assert leftovers(folder) == []
    kept = set(Store(folder).index().seen)
    bucket.opened.clear()
    assert sizes(load(objects, folder)) == [10**n for n in range(12)]
    assert {log.name for log in objects if log.identity in kept}.isdisjoint(bucket.opened)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_folder_that_was_there_keeps_its_mode(folder):
    folder.mkdir(mode=0o755)
    load(Bucket(a=A).objects(), folder)
    assert [path.stat().st_mode & 0o777 for path in (folder, folder / "flows-v1")] == [0o755, 0o700]


@pytest.mark.skipif(os.name != "posix", reason="symbolic links are POSIX's")
def test_a_leftover_that_goes_away_meanwhile_is_none(folder):
    Store(folder)
    (folder / "flows-v1" / "tmp-gone").symlink_to(folder / "nowhere")  # stat fails as after a rename
    Store(folder)


@pytest.mark.parametrize("ledger", ["", "{", "[]", '{"contents": [{}], "seen": {}}'])
def test_a_broken_ledger_is_named(folder, ledger):
    load(Bucket(a=A).objects(), folder)
    (path,) = folder.rglob("ledger.json")
    path.write_text(ledger)
    with pytest.raises(StoreError, match=f"{path.parent.name}.*Remove that folder"):
        load(Bucket(a=A).objects(), folder)
