"""Spilled files: in a private folder for each engine, gone with it, and with a process that was killed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flowkit import engine, spill

FILLING = """
from flowkit import engine
connection = engine.connect()
connection.raw_sql("SET memory_limit = '60MB'")
connection.raw_sql("SET threads = 1")
connection.raw_sql("CREATE TEMP TABLE t AS SELECT hash(i)::VARCHAR || hash(i + 1)::VARCHAR s FROM range(3000000) r(i)")
print("full", flush=True)
"""
LEFT = "import time; time.sleep(600)"


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Let this process, and those begun by it, keep temporary files in a folder of the test's."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    spill.of_process.cache_clear()
    yield tmp_path
    spill.of_process.cache_clear()


def spilled(folder):
    return sorted(path for path in folder.glob(f"{spill.PREFIX}*/*") if path.name != "lock")


def test_each_engine_has_a_folder_of_its_own_that_goes_with_it(temporary):
    made = [engine.connect(), engine.connect()]
    folders = {Path(one.con.sql("SELECT current_setting('temp_directory')").fetchall()[0][0]) for one in made}
    assert len(folders) == 2
    (above,) = {folder.parent for folder in folders}
    assert (above.parent, above.stat().st_mode & 0o777) == (temporary, 0o700)
    for folder in folders:
        folder.mkdir()
    made.clear()
    assert spilled(temporary) == []


@pytest.mark.parametrize(("ending", "left"), [("", 0), (LEFT, 1)], ids=["ended", "killed"])
def test_the_next_process_deletes_what_a_killed_one_left(temporary, ending, left):
    with subprocess.Popen([sys.executable, "-c", FILLING + ending], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"full\n"
        if ending:
            (there,) = spilled(temporary)
            spill.folder()  # another process that begins meanwhile
            assert there.exists()
            process.send_signal(signal.SIGKILL)
        process.wait()
    assert len(spilled(temporary)) == left
    spill.of_process.cache_clear()
    spill.folder()
    assert spilled(temporary) == []


def test_what_is_no_folder_of_ours_is_left_alone(temporary):
    other = temporary / "other"
    other.mkdir()
    (other / "lock").touch()
    (temporary / f"{spill.PREFIX}link").symlink_to(other)
    (temporary / f"{spill.PREFIX}new").mkdir()
    spill.folder()
    assert (other / "lock").exists()
    assert (temporary / f"{spill.PREFIX}new").exists()
