"""The lock: one at a time, and free as soon as its holder is dead."""

import subprocess
import sys
from threading import Thread

import pytest

from flowkit.casefile.locking import LOCK, locked
from flowkit.errors import CaseError

HOLD = """
import fcntl, sys, time
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


def test_another_thread_waits(tmp_path):
    order = []

    def second():
        with locked(tmp_path):
            order.append("second")

    with locked(tmp_path):
        thread = Thread(target=second)
        thread.start()
        thread.join(0.1)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_live_process_is_waited_for_and_a_dead_one_is_not(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / LOCK)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    with pytest.raises(CaseError, match="another process is writing"), locked(tmp_path, wait=0.1):
        pass
    process.kill()
    process.wait()
    with locked(tmp_path, wait=0.1):
        assert (tmp_path / LOCK).read_bytes() == b""


def test_a_lock_file_that_was_left_is_taken_over(tmp_path):
    (tmp_path / LOCK).write_text("")
    with locked(tmp_path, wait=0.1):
        pass
