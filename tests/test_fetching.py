"""Remote objects come in while others are read: bounded, whole or said not to be, and again from the start."""

import io
import threading

import pytest

from flowkit import fetching
from flowkit.errors import AwsError
from flowkit.fetching import Fetching, StoppedFetchError
from flowkit.sources import LogObject


class Body(io.BytesIO):
    version_id = "v1"


def log(name, body, *, remote=True):
    opened = body if callable(body) else lambda: Body(body)
    return LogObject(name, 0, name, opened, remote=remote)


@pytest.fixture
def fetch(tmp_path):
    return lambda *logs: Fetching(logs, tmp_path, threading.Event())


def content(near):
    with near.open() as file:
        return file.read()


def test_what_is_near_already_is_left_as_it_is(fetch, tmp_path):
    here = log("here", b"text", remote=False)
    with fetch(here) as fetching_:
        assert fetching_.near(here) is here
        assert list(tmp_path.iterdir()) == []


def test_objects_arrive_whole_and_may_be_read_again(fetch, tmp_path):
    logs = [log(str(n), bytes([n]) * 3_000_000) for n in range(12)]
    with fetch(*logs) as fetching_:
        for number, each in enumerate(logs):
            near = fetching_.near(each)
            assert content(near) == content(near) == bytes([number]) * 3_000_000
            fetching_.done(each)
    assert list(tmp_path.iterdir()) == []


def test_a_file_can_be_searched_from_its_end(fetch):
    each = log("a", b"0123456789")
    with fetch(each) as fetching_, fetching_.near(each).open() as file:
        assert (file.seek(-3, 2), file.read(), file.tell()) == (7, b"789", 10)
        assert (file.seek(2), file.read(3), file.seek(1, 1), file.read(1)) == (2, b"234", 6, b"6")
        assert file.version_id == "v1"


def test_reading_begins_before_all_is_there(fetch):
    there, more = threading.Event(), threading.Event()

    class Slow(Body):
        def read(self, _):
            if there.is_set():
                assert more.wait(10)
                return b""
            there.set()
            return b"first"

    each = log("a", Slow)
    with fetch(each) as fetching_, fetching_.near(each).open() as file:
        assert file.read(5) == b"first"
        assert not more.is_set()
        more.set()
        assert file.read(5) == b""


def test_an_object_that_cannot_be_opened_says_why(fetch):
    def refuse():
        raise AwsError("no")

    bad, good = log("bad", refuse), log("good", b"text")
    with fetch(bad, good) as fetching_:
        with pytest.raises(AwsError, match="no"):
            fetching_.near(bad).open()
        assert content(fetching_.near(good)) == b"text"


def test_an_object_that_breaks_off_is_read_up_to_there(fetch):
    class Broken(Body):
        def read(self, _):
            block = super().read(4)
            if not block:
                raise AwsError("the line is dead")
            return block

    each = log("a", lambda: Broken(b"01234567"))
    with fetch(each) as fetching_, fetching_.near(each).open() as file:
        assert file.read(4) + file.read(4) == b"01234567"
        with pytest.raises(AwsError, match="dead"):
            file.read(1)


def test_what_is_fetched_ahead_is_bounded(fetch, monkeypatch):
    monkeypatch.setattr(fetching, "AHEAD", 4)
    monkeypatch.setattr(fetching, "_BLOCK", 1)
    taken = []

    class Counted(Body):
        def read(self, _):
            taken.append(1)
            return super().read(1)

    logs = [log(str(n), lambda: Counted(b"x" * 100)) for n in range(3)]
    with fetch(*logs) as fetching_:
        threading.Event().wait(0.5)
        ahead = len(taken)
        assert [content(fetching_.near(each)) for each in logs] == [b"x" * 100] * 3
    assert ahead <= 4 + fetching.AT_A_TIME  # each of the threads may hold one block more
    assert len(taken) == 3 * 101


def test_stopping_ends_the_waiting_and_never_passes_a_part_for_the_whole(tmp_path):
    stop, waiting = threading.Event(), threading.Event()

    class Endless(Body):
        def read(self, _):
            waiting.set()
            return b"x"

    each = log("a", Endless)
    with Fetching([each], tmp_path, stop) as fetching_:
        file = fetching_.near(each).open()
        assert waiting.wait(10)
        stop.set()
        with pytest.raises(StoppedFetchError):
            all(iter(lambda: file.read(1 << 20), b""))
    assert list(tmp_path.iterdir()) == []
