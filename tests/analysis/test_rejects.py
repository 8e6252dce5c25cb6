"""reject_timeline: exact counts, an honest ``other``, and what is asked of the log."""

from datetime import timedelta

import pandas as pd
import pytest

from flowkit.analysis import reject_timeline
from flowkit.errors import MissingFieldError, ScopeError, UnknownFieldError

HOUR = timedelta(hours=1)
EIGHT = 1773129600  # 2026-03-10T08:00:00Z
V5 = """
version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status instance-id
5 eni-a 203.0.113.9 10.0.0.1 40001 22 6 1 40 1773129600 1773129650 REJECT OK i-1
5 eni-a 203.0.113.9 10.0.0.1 40002 22 6 2 80 1773129659 1773129700 REJECT OK i-1
5 eni-a 203.0.113.9 10.0.0.1 40003 22 6 4 160 1773129660 1773129700 REJECT OK -
5 eni-a 203.0.113.8 10.0.0.1 40004 3389 6 8 320 1773129661 1773129700 REJECT OK i-1
5 eni-a 203.0.113.8 10.0.0.1 40005 23 6 16 - 1773129662 1773129700 REJECT OK i-1
5 eni-b 203.0.113.7 10.0.0.2 - - 1 32 640 1773129720 1773129730 REJECT OK i-2
5 eni-b 10.0.0.9 10.0.0.2 50000 443 6 64 9999 1773129720 1773129730 ACCEPT OK i-2
5 eni-b - - - - - - - 1773129780 1773129839 - NODATA -
"""
# The default format, without a header; each line its own port.
V2 = "\n".join(
    f"2 111122223333 eni-a 203.0.113.9 10.0.0.1 40000 {port} 6 1 44 {EIGHT + port} {EIGHT + port + 9} REJECT OK"
    for port in range(1, 13)
)


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(V5)


def rows(frame):
    """Return a timeline as tuples, with the minutes since eight o'clock for the bucket."""
    minutes = (frame.bucket - pd.Timestamp(EIGHT, unit="s", tz="UTC")).dt.total_seconds() / 60
    return [(int(m), *row[1:]) for m, row in zip(minutes, frame.itertuples(index=False, name=None), strict=True)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            {},
            [
                (0, "22", 2, 3, 120),
                (1, "22", 1, 4, 160),
                (1, "23", 1, 16, 0),
                (1, "3389", 1, 8, 320),
                (2, "-", 1, 32, 640),
            ],
        ),
        (
            {"top": 1},
            [(0, "22", 2, 3, 120), (1, "22", 1, 4, 160), (1, "other", 2, 24, 320), (2, "other", 1, 32, 640)],
        ),
        # Ties go to the lesser text: "-", 23 and 3389 have one record each.
        (
            {"top": 2, "every": timedelta(minutes=3)},
            [(0, "-", 1, 32, 640), (0, "22", 3, 7, 280), (0, "other", 2, 24, 320)],
        ),
        (
            {"by": "instance-id", "every": timedelta(hours=1)},
            [(0, "-", 1, 4, 160), (0, "i-1", 4, 27, 440), (0, "i-2", 1, 32, 640)],
        ),
        (
            {"by": "srcAddr", "every": timedelta(hours=1), "top": 1},
            [(0, "203.0.113.9", 3, 7, 280), (0, "other", 3, 56, 960)],
        ),
    ],
)
def test_rows(flows, options, expected):
    counted = [tuple(0 if pd.isna(cell) else cell for cell in row) for row in rows(reject_timeline(flows, **options))]
    assert counted == expected


def test_a_narrowed_timeline_counts_what_is_left(flows):
    frame = reject_timeline(flows.narrow(srcaddr="203.0.113.8"))
    assert rows(frame)[-1] == (1, "3389", 1, 8, 320)
    assert int(frame.records.sum()) == 2
    assert "Scope: srcaddr 203.0.113.8." in frame.attrs["caption"]


@pytest.mark.parametrize("top", [1, 3, 8, 100])
def test_the_rows_add_up_whatever_is_named(flows, top):
    frame = reject_timeline(flows, top=top)
    rejected = flows.narrow(action="REJECT").to_pandas()
    assert frame.records.sum() == len(rejected)
    assert frame.packets.sum() == rejected.packets.sum()
    assert frame.bytes.sum() == rejected.bytes.sum()


def test_the_eight_commonest_values_are_named_and_the_rest_counted(load_lines):
    frame = reject_timeline(load_lines(V2), every=timedelta(minutes=1))
    assert sorted(frame.value) == ["1", "10", "11", "12", "2", "3", "4", "5", "other"]
    assert rows(frame)[-1] == (0, "other", 4, 4, 176)
    assert frame.attrs["left_out"] == 4


def test_the_caption_tells_scope_unit_and_what_was_left_out(flows):
    frame = reject_timeline(flows.narrow(protocol="tcp"), top=1)
    assert frame.attrs["caption"] == (
        "5 rejected flow records in buckets of 1 min, by dstport, 2 rarer ones together as other. "
        "No gap in the logging shows. Scope: tcp."
    )
    assert frame.attrs | {"caption": ""} == {
        "analysis": "reject_timeline",
        "caption": "",
        "by": "dstport",
        "every": 60,
        "gaps": [],
        "left_out": 2,
    }


def test_what_has_no_time_is_told_since_no_bucket_holds_it(load_lines):
    frame = reject_timeline(load_lines(V5.replace("1773129600 1773129650", "- -")))
    assert int(frame.records.sum()) == 5
    assert "without a time" in frame.attrs["caption"]


def test_a_value_called_other_is_not_taken_for_the_rest(load_lines):
    header = "version srcaddr dstaddr packets bytes start end action log-status instance-tag"
    lines = [f"11 10.0.0.1 10.0.0.2 1 40 {EIGHT} {EIGHT} REJECT OK {tag}" for tag in ("other", "other", "web", "db")]
    frame = reject_timeline(load_lines("\n".join([header, *lines])), by="instance-tag", top=1)
    assert len(frame) == 2  # the tag's own records, and those of the rest
    assert sorted(frame.records) == [2, 2]


def test_nothing_rejected_gives_the_columns_and_no_rows(flows):
    frame = reject_timeline(flows.narrow(action="ACCEPT"))
    assert list(frame.columns) == ["bucket", "value", "records", "packets", "bytes"]
    assert frame.empty
    assert frame.attrs["caption"].startswith("0 rejected flow records")


@pytest.mark.parametrize(
    ("lacking", "field"),
    [("action", "${action}"), ("start", "${start}"), ("dstport", "${dstport}")],
)
def test_a_missing_field_is_named_with_what_to_do(load_lines, lacking, field):
    flows = load_lines(without(V5, lacking))
    with pytest.raises(MissingFieldError) as caught:
        reject_timeline(flows)
    assert f"Add {field} to the flow log's format" in str(caught.value)


@pytest.mark.parametrize("lacking", ["bytes", "packets"])
def test_a_missing_measure_is_left_empty(load_lines, lacking):
    frame = reject_timeline(load_lines(without(V5, lacking)))
    assert frame[lacking].isna().all()
    assert frame.records.sum() == 6


def without(lines, name):
    """Return a log as if the field had not been asked for."""
    table = [line.split() for line in lines.strip().splitlines()]
    column = table[0].index(name)
    return "\n".join(" ".join(cells[:column] + cells[column + 1 :]) for cells in table)


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"by": "dstprt"}, UnknownFieldError, "did you mean 'dstport'"),
        ({"by": "vpc-id"}, MissingFieldError, "${vpc-id}"),
        ({"every": timedelta(milliseconds=999)}, ScopeError, "whole seconds"),
        ({"every": timedelta(0)}, ScopeError, "whole seconds"),
        ({"every": timedelta(seconds=-60)}, ScopeError, "whole seconds"),
        ({"every": timedelta(seconds=1.5)}, ScopeError, "whole seconds"),
        ({"top": 0}, ScopeError, "top"),
        ({"top": -1}, ScopeError, "top"),
    ],
)
def test_wrong_questions_are_refused(flows, options, error, told):
    with pytest.raises(error) as caught:
        reject_timeline(flows, **options)
    assert told in str(caught.value)
