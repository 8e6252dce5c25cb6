"""The second look finds every kind of token, wherever it is packed, and knows an image from what is left."""

import zlib

import pytest

from flowkit.redaction.payloads import encoded
from flowkit.redaction.scanning import Scan, strings, tokens, views

FOUND = [
    ("10.0.1.5", ("address", "10.0.1.5")),
    ("10.0.0.0/16.", ("address", "10.0.0.0/16")),
    ("10.0.1.5.443", ("address", "10.0.1.5")),
    ("300.10.0.1.5/32", ("address", "10.0.1.5/32")),
    ("010.0.1.5:443", ("address", "10.0.1.5")),
    ("FD00:0::5", ("address", "fd00::5")),
    ("[2600::5%eth0]", ("address", "2600::5")),
    ("node:fd00::5", ("address", "fd00::5")),
    ("::ffff:a00:105", ("address", "::ffff:10.0.1.5")),
    ("ip-10-0-1-5.x", ("address", "10.0.1.5")),
    ("x_eni-03F201a7a6e84c978_", ("id", "03f201a7a6e84c978")),
    ("vpce-svc-deadbeef", ("id", "deadbeef")),
    ("a,111122223333,b", ("account", "111122223333")),
    ("arn:aws:iam::111122223333:role/x", ("account", "111122223333")),
    ("2026-03-10T08:00Z", ("day", "2026-03-10")),
    ("the web-1.", ("name", "web-1")),
    ("1773143100", ("epoch", "1773143100")),
]


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_tokens(text, expected):
    assert expected in tokens(text, {"web-1"}, (1_773_143_000, 1_773_144_000))


@pytest.mark.parametrize("text", ["08:00:00", "x[::2]", "web-10", "1773143100", "0.5", "10.0.0.300"])
def test_what_is_none(text):
    assert not tokens(text, {"web-1"})


LONG = "10.0.1.5 and more, so that it is long enough"
PACKED = [
    LONG,
    "10.0.1&#46;5",
    r"10.0.1\u002e5",
    r"x\n10.0.1.5",
    encoded(LONG.encode()),
    encoded(encoded(LONG.encode()).encode()),
    encoded(zlib.compress(LONG.encode() * 3)),
    encoded(b"\xff\x00" + LONG.encode()),
]


@pytest.mark.parametrize("text", PACKED)
def test_views_unpack(text):
    assert any("10.0.1.5" in view for view in views(text))


def test_json_is_read_with_its_keys():
    assert sorted(strings('{"a": ["b\\n", "c"], "d": {"e": 1, "f": ["g"]}}')) == ["a", "b\nc", "d", "e", "f", "g"]
    assert list(strings("no json")) == ["no json"]


IMAGES = {"10.0.1.5": "10.0.1.6", "10.0.1.6": "10.0.1.7", "10.0.1.9": "10.0.1.9"}
CASES = [
    ("10.0.1.6 10.0.1.7", []),
    ("10.0.1.6 10.0.1.9", []),
    ("10.0.1.5 10.0.1.7", ["address"]),
    ("10.0.1.6 10.0.1.6", ["address"]),
    ("nothing", []),
]


@pytest.mark.parametrize(("after", "left"), CASES)
def test_an_image_is_not_what_is_left(after, left):
    scan = Scan(lambda _kind, token: IMAGES[token])
    before = scan.learn(["10.0.1.5 10.0.1.6 10.0.1.9"])
    assert scan.survivors([after], before) == left


def test_a_file_that_the_original_had_not():
    scan = Scan(lambda _kind, token: IMAGES[token])
    scan.learn(["10.0.1.5"])
    assert scan.survivors(["10.0.1.6 10.0.1.6"], None) == []
    assert scan.survivors(["10.0.1.5"], None) == ["address"]
