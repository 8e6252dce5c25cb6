"""Frames as the analyses give them, made by hand."""

import pandas as pd
import pytest

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</b><b>bold",
    "%{y} of %{x}",
    "&lt;already&gt;",
    "arn:aws:ecs:eu-central-1:111122223333:task/" + "x" * 300,
]


@pytest.fixture
def hostile():
    """Return text that a log, a tag or a file name may hold to mislead whoever looks at it."""
    return HOSTILE


@pytest.fixture
def timeline():
    """Return a function that makes a timeline of *buckets* buckets, each with *values*."""

    def make(buckets, values, column="value", every=60, **attrs):
        starts = pd.date_range("2026-03-10T08:00Z", periods=buckets, freq=f"{every}s")
        rows = [(start, value, 1, 2, 40) for start in starts for value in values]
        frame = pd.DataFrame(rows, columns=["bucket", column, "records", "packets", "bytes"])
        frame = frame.astype({"bucket": "datetime64[us, UTC]"})
        frame.attrs |= {"caption": "What was counted. Scope: all records.", "every": every, "gaps": []} | attrs
        return frame

    return make


@pytest.fixture
def edges():
    """Return a function that makes edges from (source, destination, bytes)."""

    def make(*pairs, **attrs):
        rows = [(source, destination, 1, 2, size) for source, destination, size in pairs]
        frame = pd.DataFrame(rows, columns=["srcaddr", "dstaddr", "records", "packets", "bytes"])
        frame.attrs |= {"caption": "What was counted. Scope: all records.", "by": "bytes"} | attrs
        return frame

    return make
