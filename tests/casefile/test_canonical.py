"""Values as JSON: one form on every machine."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flowkit.casefile.canonical import digest, plain, sha256, text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(5), 5),
        (np.float64("nan"), None),
        (float("inf"), "inf"),
        (pd.NA, None),
        (pd.NaT, None),
        (np.array([1, 2]), [1, 2]),
        ({2, 1}, [1, 2]),
        ((True, "x"), [True, "x"]),
        (pd.Timestamp("2026-03-10T09:00", tz="Europe/Berlin"), "2026-03-10T08:00:00Z"),
        (datetime(2026, 3, 10, 8, tzinfo=UTC), "2026-03-10T08:00:00Z"),
        (timedelta(minutes=2), 120.0),
        (Path("a") / "b", "a/b"),
        ({1: {"a": None}}, {"1": {"a": None}}),
    ],
)
def test_plain(value, expected):
    assert plain(value) == expected


def test_text_has_one_form():
    assert text({"b": "ü\ud800", "a": 1}) == '{"a":1,"b":"\\u00fc\\ud800"}'


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (0.1 + 0.2, 0.3, True),
        (0.1234561, 0.1234572, False),
        (123_456_789, 123_456_788, False),  # whole numbers count to the last
        (datetime(2026, 3, 10, 8, tzinfo=UTC), datetime(2026, 3, 10, 9, tzinfo=timezone(timedelta(hours=1))), True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ("1", 1, False),
        (None, "", False),
    ],
)
def test_digest(one, other, same):
    assert (digest(one) == digest(other)) is same


def test_sha256():
    assert sha256(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
