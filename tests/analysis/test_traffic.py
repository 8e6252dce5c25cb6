"""traffic_timeline: exact counts by action, and a log that does not tell the action."""

from datetime import timedelta

import pandas as pd
import pytest

from flowkit.analysis import traffic_timeline
from flowkit.errors import MissingFieldError, ScopeError

EIGHT = pd.Timestamp("2026-03-10T08:00Z")
V5 = """
version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
5 eni-a 10.0.0.9 10.0.0.1 40001 443 6 1 40 1773129600 1773129650 ACCEPT OK
5 eni-a 10.0.0.9 10.0.0.1 40002 443 6 2 80 1773129659 1773129700 ACCEPT OK
5 eni-a 203.0.113.9 10.0.0.1 40003 22 6 4 160 1773129601 1773129700 REJECT OK
5 eni-a 10.0.0.9 10.0.0.1 40004 443 6 8 320 1773129660 1773129700 ACCEPT OK
5 eni-a 10.0.0.9 10.0.0.1 40004 443 6 16 640 1773129720 1773129900 - OK
5 eni-b - - - - - - - 1773129780 1773129839 - NODATA
"""
V2 = """
2 111122223333 eni-a 10.0.0.9 10.0.0.1 40001 443 6 3 120 1773129600 1773129650 ACCEPT OK
2 111122223333 eni-a 203.0.113.9 10.0.0.1 40003 22 6 4 160 1773129601 1773129700 REJECT OK
"""


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(V5)


def rows(frame):
    minutes = (frame.bucket - EIGHT).dt.total_seconds() / 60
    return [(int(m), *row[1:]) for m, row in zip(minutes, frame.itertuples(index=False, name=None), strict=True)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            {},
            [(0, "ACCEPT", 2, 3, 120), (0, "REJECT", 1, 4, 160), (1, "ACCEPT", 1, 8, 320), (2, "-", 1, 16, 640)],
        ),
        (
            {"every": timedelta(minutes=10)},
            [(0, "-", 1, 16, 640), (0, "ACCEPT", 3, 11, 440), (0, "REJECT", 1, 4, 160)],
        ),
    ],
)
def test_rows(flows, options, expected):
    assert rows(traffic_timeline(flows, **options)) == expected


def test_the_default_format_is_enough(load_lines):
    assert rows(traffic_timeline(load_lines(V2))) == [(0, "ACCEPT", 1, 3, 120), (0, "REJECT", 1, 4, 160)]


def test_a_narrowed_timeline_counts_what_is_left(flows):
    narrowed = flows.narrow(start="2026-03-10T08:00Z", end="2026-03-10T08:01Z", dstport=443)
    frame = traffic_timeline(narrowed)
    assert rows(frame) == [(0, "ACCEPT", 2, 3, 120)]
    assert frame.attrs["caption"] == (
        "2 flow records in buckets of 1 min, accepted and rejected, as logged (what two interfaces saw counts twice). "
        "No gap in the logging shows. Scope: 2026-03-10 08:00Z to 08:01Z, dstport 443."
    )


def test_the_rows_add_up(flows):
    frame, records = traffic_timeline(flows), flows.to_pandas()
    assert frame.records.sum() == flows.count()
    assert frame.packets.sum() == records.packets.sum()
    assert frame.bytes.sum() == records.bytes.sum()


def test_without_action_all_is_told_as_unknown(load_lines):
    lines = "\n".join(line.rsplit(" ", 2)[0] for line in V5.strip().splitlines()[:5])
    assert rows(traffic_timeline(load_lines(lines))) == [(0, "-", 3, 7, 280), (1, "-", 1, 8, 320)]


def test_what_has_no_time_is_told_since_no_bucket_holds_it(load_lines):
    frame = traffic_timeline(load_lines(V5.replace("1773129600 1773129650", "- -")))
    assert int(frame.records.sum()) == 4
    assert "without a time" in frame.attrs["caption"]


def test_an_empty_scope_gives_the_columns_and_no_rows(flows):
    frame = traffic_timeline(flows.narrow(dstport=1))
    assert list(frame.columns) == ["bucket", "action", "records", "packets", "bytes"]
    assert frame.empty


def test_without_start_there_is_no_timeline(load_lines):
    header = "version srcaddr dstaddr packets bytes end action log-status"
    flows = load_lines(f"{header}\n5 10.0.0.9 10.0.0.1 1 40 1773129650 ACCEPT OK")
    with pytest.raises(MissingFieldError, match=r"Add \$\{start\} to the flow log's format"):
        traffic_timeline(flows)


@pytest.mark.parametrize("every", [timedelta(0), timedelta(milliseconds=500), timedelta(seconds=-1)])
def test_a_bucket_takes_at_least_a_second(flows, every):
    with pytest.raises(ScopeError, match="whole seconds"):
        traffic_timeline(flows, every=every)
