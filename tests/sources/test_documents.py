"""Pages of events become documents: each event once, whatever the pages, and all that came before an error."""

import json

import pytest

from flowkit.errors import AwsError
from flowkit.formats import DEFAULT, LogFormat
from flowkit.sources.documents import opened
from tests.sources.log_events import event, record

ABOUT = {"logGroup": "/vpc/shop"}
SHORT = LogFormat(("srcaddr", "action"))


def documents(pages, formats=()):
    """Return the documents, and the error that ended them."""
    text, error = b"", None
    with opened(pages, ABOUT, formats) as file:
        try:
            while block := file.read(100):
                text += block
        except AwsError as caught:
            error = caught
    return [json.loads(line) for line in text.splitlines()], error


def events(found):
    return [(one["timestamp"] // 1000, one["logStreamName"]) for one in found["events"]]


def test_a_document_says_where_its_events_are_of():
    (found,), _ = documents([[event(0)]])
    assert (found["logGroup"], found["events"][0]["message"]) == ("/vpc/shop", record(0))
    assert "eventId" not in found["events"][0]


@pytest.mark.parametrize(
    "pages",
    [
        [[event(0), event(1)]],
        [[event(0)], [], [event(1)], []],
        [[event(0)], [event(0), event(1)], [event(1)]],
    ],
)
def test_the_same_events_are_the_same_bytes(pages):
    assert opened(pages, ABOUT, ()).read() == opened([[event(0), event(1)]], ABOUT, ()).read()


def test_events_of_one_moment_are_ordered_by_stream():
    pages = [[event(0, stream="b")], [event(0, stream="a"), event(1, stream="a")]]
    (found,), _ = documents(pages)
    assert [stream for _, stream in events(found)] == ["a", "b", "a"]


def test_two_events_may_say_the_same():
    (found,), _ = documents([[event(0, number=1), event(0, number=2)]])
    assert len(found["events"]) == 2


def test_a_window_without_events_says_so():
    assert documents([[], []]) == ([{"logGroup": "/vpc/shop", "nothing": True}], None)


@pytest.mark.parametrize(
    ("formats", "told"),
    [
        ((), {str(DEFAULT): 1, None: 2}),
        ((SHORT,), {str(DEFAULT): 1, str(SHORT): 2}),
        ((DEFAULT, SHORT), {str(DEFAULT): 2, str(SHORT): 1}),
    ],
    ids=["not known", "one", "two"],
)
def test_events_are_told_apart_by_format(formats, told):
    """What fits none has the likeliest, whose reader refuses it."""
    found, _ = documents([[event(0), event(1, "10.0.0.1 ACCEPT"), event(2, "one two three")]], formats)
    assert {one.get("logFormat"): len(one["events"]) for one in found} == told


def failing(*pages):
    yield from pages
    raise AwsError("throttled")


@pytest.mark.parametrize(
    ("pages", "kept"), [((), []), (([event(0)],), [0]), (([event(0), event(1)], [event(1, number=2)]), [0, 1, 1])]
)
def test_what_came_before_an_error_stands(pages, kept):
    found, error = documents(failing(*pages))
    assert str(error) == "throttled"
    assert [second for one in found for second, _ in events(one)] == [
        event(second)["timestamp"] // 1000 for second in kept
    ]
