"""What is packed into text: base64, typed arrays, pictures."""

import gzip
import struct
import zlib
from collections import Counter

import pytest

from flowkit.redaction.payloads import PIXEL, data_address, decoded, encoded, shifted_numbers, typed_array, unpacked

EPOCHS = (1_420_070_400, 2_051_222_400)


@pytest.mark.parametrize("content", [b"", b"x", bytes(range(256))])
def test_base64_goes_back(content):
    assert decoded(encoded(content)) == content


def test_what_is_no_base64():
    assert decoded("no base64!") is None


@pytest.mark.parametrize("packed", [gzip.compress(b"10.0.1.5", mtime=0), zlib.compress(b"10.0.1.5"), b"10.0.1.5"])
def test_unpacked(packed):
    assert unpacked(packed) == b"10.0.1.5"
    assert unpacked(packed[:5])  # broken: as it is


SHIFTS = [
    ([1_773_143_100, 1_773_143_160], [1_773_143_000, 1_773_143_060]),
    ([1_773_143_100_000.0, 1_773_143_160_000.0], [1_773_143_000_000.0, 1_773_143_060_000.0]),
    ([1_773_143_100, 5], None),
    ([1_773_143_100], None),
    ([], None),
]


@pytest.mark.parametrize(("numbers", "expected"), SHIFTS)
def test_numbers_that_all_are_times(numbers, expected):
    assert shifted_numbers(numbers, EPOCHS, -100) == expected


def test_typed_arrays():
    times = {"dtype": "f8", "bdata": encoded(struct.pack("<2d", 1_773_143_100_000.0, 1_773_143_160_000.0))}
    made = typed_array(times, EPOCHS, -100)
    assert struct.unpack("<2d", decoded(made["bdata"])) == (1_773_143_000_000.0, 1_773_143_060_000.0)
    for other in ({"dtype": "i4", "bdata": encoded(struct.pack("<2i", 1, 2))}, {"dtype": "x", "bdata": "§"}):
        assert typed_array(other, EPOCHS, -100) == other


def test_data_addresses():
    left_out = Counter()
    text = data_address(
        "data:image/svg+xml;base64," + encoded(b"<b>10.0.1.5</b>"), lambda _kind, text: text.upper(), left_out
    )
    assert decoded(text.partition(",")[2]) == b"<B>10.0.1.5</B>"
    assert (
        data_address("data:font/woff2;base64,AAAA", lambda _kind, _text: "", left_out) == "data:font/woff2;base64,AAAA"
    )
    assert not left_out
    assert data_address("data:image/png;base64,AAAA", lambda _kind, _text: "", left_out).endswith(PIXEL)
    assert left_out == {"pictures and other data (image/png)": 1}
