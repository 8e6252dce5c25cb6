"""The embedded engine: what it may take."""

import ibis
import pytest

from flowkit import engine, keeping
from flowkit.errors import FlowkitError, QueryError


@pytest.mark.parametrize(("said", "allowed"), [("1.5GB", "1.3 GiB"), ("512 MiB", "512.0 MiB"), ("2GB", "1.8 GiB")])
def test_it_takes_no_more_memory_than_was_said(monkeypatch, said, allowed):
    monkeypatch.setenv(engine.MEMORY, said)
    (told,) = engine.connect().raw_sql("SELECT current_setting('memory_limit')").fetchone()
    assert told == allowed


@pytest.mark.parametrize("said", ["abc", "0", "-1GB", "2", "1GB'; ATTACH 'x"])
def test_what_is_no_amount_is_refused(monkeypatch, said):
    monkeypatch.setenv(engine.MEMORY, said)
    with pytest.raises(FlowkitError, match=r"no amount of memory\. Say it as 2GB"):
        engine.connect()


def test_half_of_the_memory_is_left_to_others(monkeypatch):
    monkeypatch.delenv(engine.MEMORY, raising=False)
    assert engine.memory() == "50%"


def test_too_little_memory_is_told_with_what_to_do(monkeypatch):
    monkeypatch.setenv(engine.MEMORY, "20MB")
    connection = engine.connect()
    connection.raw_sql("SET max_temp_directory_size = '1MB'")
    numbers = ibis.range(3_000_000).unnest().name("number").as_table()
    texts = numbers.mutate(text=numbers.number.hash().cast("string"))
    with pytest.raises(QueryError, match=r"out of memory or of room .* Narrow to a shorter time .* FLOWKIT_MEMORY"):
        keeping.keeper(connection)(texts)
