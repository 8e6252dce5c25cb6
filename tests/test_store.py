"""The store: whole segments only, in a private folder, with what each record's line was."""

import json
import os
import stat
import sys

import pyarrow.parquet as pq
import pytest

import flowkit as fk
from flowkit.errors import StoreError
from flowkit.store import Store, cache_folder

OK = "2 123456789010 eni-1 10.0.0.1 10.0.0.2 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK"


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"FLOWKIT_CACHE": "/a/b"}, "/a/b"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/flowkit"),
        ({"HOME": "/home/me"}, "/home/me/.cache/flowkit"),
        ({"FLOWKIT_CACHE": "~/kept", "HOME": "/home/me"}, "/home/me/kept"),
    ],
)
def test_where_the_cache_is(monkeypatch, environment, folder):
    for name in ("FLOWKIT_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert str(cache_folder()) == folder


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX")
def test_the_folder_is_private(tmp_path):
    Store(tmp_path / "new" / "cache")
    assert stat.S_IMODE((tmp_path / "new" / "cache").stat().st_mode) == 0o700


def test_a_record_keeps_its_object_line_format_and_time(tmp_path):
    log = tmp_path / "a.log"
    log.write_text(f"srcaddr bytes log-status\n10.0.0.1 5 OK\n{'version ' + 'srcaddr'}\n2 10.0.0.2\n")
    flows = fk.load(log, case=tmp_path / "case")
    rows = flows.stored.to_pandas().sort_values("_line").to_dict("records")
    content = next(iter(Store(tmp_path / "case").index().contents.values()))
    assert [(row["_line"], row["_format"], row["_object"]) for row in rows] == [
        (2, 0, content.key),
        (4, 1, content.key),
    ]
    assert [f.columns for f in content.formats] == [("srcaddr", "bytes", "log_status"), ("version", "srcaddr")]
    assert "_time" in flows.stored.columns


def test_the_line_can_be_rebuilt(tmp_path):
    header = "version srcaddr bytes start instance-tag action log-status"
    line = "11 10.0.0.1 - 1418530010 web%20server ACCEPT OK"
    log = tmp_path / "a.log"
    log.write_text(f"{header}\n{line.replace(' ', '  ')}\n")
    assert fk.load(log, case=tmp_path / "case").messages().message.tolist() == [line]


def test_the_index_survives(tmp_path):
    log = tmp_path / "a.log"
    log.write_text(OK)
    fk.load(log, case=tmp_path / "case")
    first, again = Store(tmp_path / "case").index(), Store(tmp_path / "case").index()
    assert first == again
    assert [(content.records, content.lines) for content in first.contents.values()] == [(1, 1)]


def test_a_folder_half_written_is_no_segment_and_a_stale_one_goes(tmp_path):
    store = Store(tmp_path)
    fresh, stale = (store.folder / f"tmp-{name}" for name in ("fresh", "stale"))
    for folder in (fresh, stale):
        folder.mkdir()
        (folder / "ledger.json").write_text("{")
    os.utime(stale, (0, 0))
    assert Store(tmp_path).index().contents == {}
    assert (fresh.exists(), stale.exists()) == (True, False)


def test_a_broken_ledger_is_told(tmp_path):
    log = tmp_path / "a.log"
    log.write_text(OK)
    fk.load(log, case=tmp_path / "case")
    (ledger,) = (tmp_path / "case").glob("**/ledger.json")
    ledger.write_text(ledger.read_text()[:-9])
    with pytest.raises(StoreError, match=ledger.parent.name):
        fk.load(log, case=tmp_path / "case")


@pytest.mark.parametrize("what", ["write_table", "close"])
def test_a_full_disk_is_told_and_what_was_loaded_stands(tmp_path, monkeypatch, what):
    one, two = tmp_path / "a.log", tmp_path / "b.log"
    one.write_text(OK)
    two.write_text(OK.replace("20641", "20642"))
    assert fk.load(one, case=tmp_path / "case").count() == 1

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(pq.ParquetWriter, what, full)
        with pytest.raises(StoreError, match=r"No space left on device.*FLOWKIT_CACHE") as error:
            fk.load([one, two], case=tmp_path / "case")
    assert str(tmp_path / "case") in str(error.value)
    flows = fk.load([one, two], case=tmp_path / "case")
    assert (flows.count(), flows.ledger.records.tolist()) == (2, [1, 1])


@pytest.mark.skipif(sys.platform == "win32", reason="a file where a folder belongs is another error there")
def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    log = tmp_path / "a.log"
    log.write_text(OK)
    with pytest.raises(StoreError, match="case="):
        fk.load(log, case=tmp_path / "file" / "case")


def test_the_ledger_is_plain_json(tmp_path):
    log = tmp_path / "a.log"
    log.write_text(OK)
    fk.load(log, case=tmp_path / "case")
    (ledger,) = (tmp_path / "case").glob("**/ledger.json")
    assert json.loads(ledger.read_text())["contents"][0]["records"] == 1
