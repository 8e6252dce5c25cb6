"""Intermediate results: kept in the engine, or in files beside it, and let go of."""

import gc
from threading import Thread

import ibis
import pandas as pd
import pytest

import flowkit as fk
from flowkit import engine, keeping
from flowkit.errors import QueryError

ROWS = {"address": ["10.0.0.1", None, "x'; DROP TABLE y; --"], "bytes": [1, None, 3]}


@pytest.fixture
def connection():
    return engine.connect()


def rows(table):
    return engine.frame(table.order_by("bytes"))


@pytest.mark.parametrize("in_files", [False, True])
def test_what_is_kept_is_the_same_and_can_be_let_go_of(connection, in_files):
    made = ibis.memtable(ROWS).mutate(twice=ibis._["bytes"] * 2)
    kept = keeping.keeper(connection, in_files=in_files)(made)
    pd.testing.assert_frame_equal(rows(kept), rows(made))
    assert [*engine.folder(connection).glob("kept.duckdb")] == [engine.folder(connection) / "kept.duckdb"] * in_files
    keeping.drop(connection, kept)
    with pytest.raises(QueryError):
        engine.frame(kept)


@pytest.mark.parametrize("in_files", [False, True])
def test_what_is_kept_meanwhile_is_let_go_of_though_it_failed(connection, in_files):
    held = []

    def work():
        with keeping.meanwhile(connection, in_files=in_files) as keep:
            held.append(keep(ibis.memtable(ROWS)))
            assert len(engine.frame(held[0])) == 3
            raise KeyError

    with pytest.raises(KeyError):
        work()
    with pytest.raises(QueryError):
        engine.frame(held[0])


@pytest.mark.parametrize(("memory", "outgrows"), [("8GB", False), ("20MB", True)])
def test_a_log_that_outgrows_the_memory_is_answered_the_same_from_files(monkeypatch, memory, outgrows):
    usual = fk.load("sample")
    monkeypatch.setenv(engine.MEMORY, memory)
    flows = fk.load("sample")
    assert flows.origin.outgrows is outgrows
    if outgrows:  # so little would not do for anything
        flows.origin.connection.raw_sql("SET memory_limit = '1GB'")
    for ask in (fk.analysis.conversations, fk.analysis.beacons):
        pd.testing.assert_frame_equal(ask(flows), ask(usual))
    assert (engine.folder(flows.origin.connection) / "kept.duckdb").exists() is outgrows


@pytest.mark.parametrize(("said", "bytes_"), [("1GiB", 1 << 30), ("512MiB", 512 << 20), ("900KiB", 900 << 10)])
def test_how_much_memory_an_engine_may_take(connection, said, bytes_):
    connection.raw_sql(f"SET memory_limit = '{said}'")
    assert engine.allowed(connection) == bytes_


def test_what_flows_kept_goes_after_them_but_never_amid_a_question():
    flows = fk.load("sample")
    held = [flows.narrow(protocol=6)]
    table = held[0].kept("rows", lambda _keep: ibis.memtable(ROWS), "keeping rows")
    collector = Thread(target=lambda: (held.clear(), gc.collect()), daemon=True)
    with engine.TURN:  # as while a question is asked
        collector.start()
        collector.join(30)
        assert not collector.is_alive()
        assert len(engine.frame(table)) == 3
    flows.kept("others", lambda _keep: ibis.memtable(ROWS), "keeping others")
    with pytest.raises(QueryError):
        engine.frame(table)
