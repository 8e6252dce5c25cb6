"""What records mean is worked out once for each set of objects, in parts if need be, and then read."""

import os
import shutil
from itertools import chain
from pathlib import Path

import ibis
import pytest

import flowkit as fk
from flowkit import engine, keeping
from flowkit.errors import StoreError
from flowkit.meaning import kept
from flowkit.meaning.facts import COLUMNS, steps

LINE = "2 123456789010 eni-a 10.0.0.1 10.0.0.{} 40000 443 6 20 4249 1418530010 1418530070 ACCEPT OK\n"
NUMBERS = ["client", "server", "srcaddr", "dstaddr", "observer"]


@pytest.fixture
def log(tmp_path):
    folder = tmp_path / "log"
    folder.mkdir()
    for name in "ab":
        (folder / f"{name}.log").write_text(LINE.format(ord(name)))
    return folder


@pytest.fixture
def case(tmp_path):
    return tmp_path / "case"


def stored(case):
    """Return what tells one state of the stored facts from another."""
    folder = case / "flows-v1" / "meaning"
    return {
        str(file.relative_to(folder)): (file.stat().st_ino, file.stat().st_mtime_ns)
        for file in folder.rglob("*.parquet")
    }


def test_a_second_load_reads_them(log, case, monkeypatch):
    first = fk.load(log, case=case).facts.to_pandas()
    before = stored(case)
    monkeypatch.setattr(kept, "_write", lambda *_: pytest.fail("worked out again"))
    again = fk.load(log, case=case)
    assert again.facts.to_pandas().equals(first)
    assert again.ends.addresses.count().to_pandas() == 3
    assert (stored(case), len(before)) == (before, 3)


def test_other_objects_have_facts_of_their_own(log, case):
    counts = []
    for source in (log, log / "a.log", log / "b.log", log):
        flows = fk.load(source, case=case)
        counts.append((flows.facts.count().to_pandas(), len({Path(name).parts[0] for name in stored(case)})))
    assert counts == [(2, 1), (1, 2), (1, 3), (2, 3)]


def test_what_a_kill_left_does_no_harm(log, case):
    expected = fk.load(log, case=case).facts.to_pandas()
    shutil.rmtree(case / "flows-v1" / "meaning")
    file = case / "flows-v1" / "tmp-0123" / "facts-0.parquet"
    file.parent.mkdir()
    file.write_bytes(b"PAR1, cut o")
    assert fk.load(log, case=case).facts.to_pandas().equals(expected)
    assert [path.name for path in (case / "flows-v1").glob("tmp-*")] == ["tmp-0123"]  # another load may be at it
    os.utime(file.parent, (0, 0))
    assert fk.load(log, case=case).facts.to_pandas().equals(expected)
    assert not list((case / "flows-v1").glob("tmp-*"))


def test_a_failure_leaves_nothing(log, case, monkeypatch):
    def fail(*_):
        raise KeyboardInterrupt

    flows = fk.load(log, case=case)
    with monkeypatch.context() as patch:
        patch.setattr(engine, "write_parquet", fail)
        with pytest.raises(KeyboardInterrupt):
            _ = flows.facts
    assert not list((case / "flows-v1").glob("tmp-*"))
    assert stored(case) == {}
    assert fk.load(log, case=case).facts.count().to_pandas() == 2


def a_file_in_the_way(folder):
    (folder / "meaning").write_text("")


def gone(folder):
    shutil.rmtree(folder)


@pytest.mark.parametrize("spoil", [a_file_in_the_way, gone])
def test_a_store_that_cannot_be_written_says_so(log, case, spoil):
    flows = fk.load(log, case=case)
    spoil(case / "flows-v1")
    with pytest.raises(StoreError):
        _ = flows.facts


def test_a_read_only_store_is_left_as_it_is(log, case, monkeypatch):
    fk.load(log, case=case)
    monkeypatch.setattr("flowkit.store.Store.read_only", True)
    flows = fk.load(log, case=case)
    assert len(engine.frame(flows.facts)) == 2
    assert stored(case) == {}


def test_a_store_that_vanishes_meanwhile_says_so(log, case, monkeypatch):
    write = kept._write  # noqa: SLF001 - the moment that matters lies within

    def vanish(records, connection, folder, objects):
        shutil.rmtree(folder)
        write(records, connection, folder, objects)

    monkeypatch.setattr(kept, "_write", vanish)
    flows = fk.load(log, case=case)
    with pytest.raises(StoreError):
        _ = flows.facts


def rows(table, found):
    """Return facts as sorted rows, with the names for which their numbers stand."""
    frame = table.to_pandas()[list(COLUMNS)]
    addresses = found.addresses.to_pandas().set_index("id").address
    for name in NUMBERS[:-1]:
        frame[name] = frame[name].map(addresses)
    frame["observer"] = frame.observer.map(found.observers.to_pandas().set_index("id").observer)
    return sorted(map(str, frame.astype("float64", errors="ignore").itertuples(index=False, name=None)))


def test_parts_have_no_influence(simulated):
    with simulated(range(8), "v5") as (_, flows):
        origin = flows.origin
        work = steps(origin.records, keeping.keeper(origin.connection), parts=3, objects=len(origin.contents))
        found = [rows(work.part(number, 3), work.ends) for number in range(3)]
        assert all(found)
        assert sorted(chain(*found)) == rows(flows.facts, flows.ends)


def test_a_table_means_the_same(simulated):
    with simulated(range(8), "v5", copies=False) as (_, flows):
        table = fk.load(ibis.memtable(flows.to_pandas()))
        assert rows(table.facts, table.ends) == rows(flows.facts, flows.ends)
