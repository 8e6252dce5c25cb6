"""A session of Spark that is asked: tagged while it is, interrupted, patient with a silent server, and told of."""

from threading import Event

import pytest

from flowkit import spark, stopping
from flowkit.progress import WaitingWarning, told_to
from flowkit.stopping import Stop, stoppable


class Tags:
    def __init__(self):
        self.tags, self.interrupted = [], []


class Context(Tags):
    """The context of a session in this process."""

    def addJobTag(self, tag):  # noqa: N802 - Spark's own names
        self.tags.append(tag)

    def removeJobTag(self, tag):  # noqa: N802
        self.tags.remove(tag)

    def cancelJobsWithTag(self, tag):  # noqa: N802
        self.interrupted.append(tag)


class Session:
    """A session in this process."""

    def __init__(self):
        self.sparkContext = Context()


class State:
    """How far Spark's own policy is: so many waits, of so many ms."""

    name = "DefaultPolicy"

    def __init__(self, waits):
        self.waits = list(waits)

    def can_retry(self, error):
        return isinstance(error, ConnectionError)

    def next_attempt(self, _error=None):
        return self.waits.pop(0) if self.waits else None


class Policy:
    def __init__(self, *waits):
        self.waits = waits

    def to_state(self):
        return State(self.waits)


class Client:
    def __init__(self, *policies):
        self.policies = list(policies)

    def get_retry_policies(self):
        return list(self.policies)

    def set_retry_policies(self, policies):
        self.policies = list(policies)


class Remote(Tags):
    """A session by Spark Connect."""

    __module__ = "pyspark.sql.connect.session"

    def __init__(self, *waits):
        super().__init__()
        self.client = Client(Policy(*waits))

    def addTag(self, tag):  # noqa: N802
        self.tags.append(tag)

    def removeTag(self, tag):  # noqa: N802
        self.tags.remove(tag)

    def interruptTag(self, tag):  # noqa: N802
        self.interrupted.append(tag)


def sessions():
    """Return one of each kind, with what keeps its tags."""
    here, there = Session(), Remote()
    return [(here, here.sparkContext), (there, there)]


@pytest.fixture
def slept(monkeypatch):
    seconds = []
    monkeypatch.setattr(spark, "sleep", seconds.append)
    return seconds


def tries(session):
    """Try again until the policy says that it is enough; return what its attempts gave."""
    (policy,) = session.client.get_retry_policies()
    state = policy.to_state()
    assert (state.name, state.can_retry(ConnectionError()), state.can_retry(KeyError())) == (
        "DefaultPolicy", True, False,
    )  # fmt: skip
    return [*iter(lambda: state.next_attempt(ConnectionError()), None)]


@pytest.mark.parametrize(("session", "kept"), sessions())
def test_what_is_asked_is_tagged_and_interrupted_by_its_tag_alone(session, kept):
    with spark.asking(session) as interrupt:
        (tag,) = kept.tags
        interrupt()
    assert kept.interrupted == [tag]
    assert not kept.tags


@pytest.mark.parametrize(("session", "kept"), sessions())
def test_the_users_interruption_stops_it_in_spark_too(session, kept):
    with pytest.raises(KeyboardInterrupt), spark.asking(session):
        raise KeyboardInterrupt
    (tag,) = kept.interrupted
    assert tag.startswith("flowkit-")
    assert not kept.tags


def test_an_interruption_does_not_wait_for_a_server_that_is_gone(monkeypatch):
    monkeypatch.setattr(stopping, "_PROMPT", 0.01)
    session, back = Remote(), Event()
    session.interruptTag = lambda tag: (session.interrupted.append(tag), back.wait(60))
    with spark.asking(session) as interrupt:
        interrupt()
        interrupt()
    assert len(session.interrupted) == 1
    back.set()


def test_an_interruption_that_fails_is_not_what_is_raised():
    session = Remote()
    session.interruptTag = lambda _tag: 1 / 0
    with spark.asking(session) as interrupt:
        interrupt()
    assert not session.tags


@pytest.mark.parametrize(
    ("waits", "told"),
    [
        ((50, 200, 800), []),
        ((1000,) * 6, ["Spark's server has not answered for 4 s."]),
        ((50, 200, 800, 3200, 12_800, 51_200), ["Spark's server has not answered for 4 s."]),
    ],
)
def test_a_server_that_is_silent_for_long_is_told_of_once(waits, told, slept):
    session, sentences = Remote(*waits), []
    before = session.client.get_retry_policies()
    with told_to(sentences.append), spark.asking(session):
        assert tries(session) == [0] * len(waits)
    assert sum(slept) == pytest.approx(sum(waits) / 1000)
    assert [sentence.partition(" It is")[0] for sentence in sentences] == told
    assert session.client.get_retry_policies() == before


@pytest.mark.usefixtures("slept")
def test_without_a_widget_it_is_a_warning():
    session = Remote(5000, 5000)
    with pytest.warns(WaitingWarning, match="connect again"), spark.asking(session):
        tries(session)


def test_a_wait_ends_when_the_user_stops_it(monkeypatch):
    session, stop, slept = Remote(60_000, 60_000), Stop(), []
    monkeypatch.setattr(spark, "sleep", lambda seconds: (slept.append(seconds), len(slept) == 3 and stop()))
    with stoppable(stop), told_to(lambda _: None), spark.asking(session):
        assert tries(session) == []
        assert tries(session) == []
    assert len(slept) == 3
