"""traffic_timeline: exact counts by action, and a log that does not tell the action."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flowkit
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
        "2 flow records in buckets of 1 min, accepted and rejected, each conversation counted once, at the sender's "
        "interface where that is logged. No gap in the logging shows. Scope: 2026-03-10 08:00Z to 08:01Z, dstport 443."
    )


TWICE = """
version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action flow-direction log-status
5 eni-a 10.0.0.1 10.0.0.2 40001 443 6 5 500 1773129600 1773129650 ACCEPT egress OK
5 eni-b 10.0.0.1 10.0.0.2 40001 443 6 5 500 1773129602 1773129650 ACCEPT ingress OK
5 eni-b 10.0.0.2 10.0.0.1 443 40001 6 7 7000 1773129660 1773129710 ACCEPT egress OK
5 eni-a 10.0.0.1 10.0.0.2 40002 22 6 1 60 1773129660 1773129661 ACCEPT egress OK
5 eni-b 10.0.0.1 10.0.0.2 40002 22 6 1 60 1773129660 1773129661 REJECT ingress OK
"""


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [(0, "ACCEPT", 1, 5, 500), (1, "ACCEPT", 2, 8, 7060)]),
        (
            {"count": "as_logged"},
            [(0, "ACCEPT", 2, 10, 1000), (1, "ACCEPT", 2, 8, 7060), (1, "REJECT", 1, 1, 60)],
        ),
    ],
)
def test_what_two_interfaces_saw_counts_once_unless_asked(load_lines, options, expected):
    frame = traffic_timeline(load_lines(TWICE), **options)
    assert rows(frame) == expected
    assert frame.attrs["count"] == options.get("count", "once")
    told = "as logged (what two interfaces saw counts twice)." if options else "each conversation counted once, "
    assert told in frame.attrs["caption"]


def test_narrowed_to_one_interface_it_counts_what_that_saw(load_lines):
    frame = traffic_timeline(load_lines(TWICE).narrow(interface_id="eni-b"))
    assert rows(frame) == [(0, "ACCEPT", 1, 5, 500), (1, "ACCEPT", 1, 7, 7000), (1, "REJECT", 1, 1, 60)]


def test_a_log_without_addresses_is_counted_as_logged(load_lines):
    header = "version interface-id packets bytes start end action log-status"
    line = "5 eni-a 1 40 1773129600 1773129650 ACCEPT OK"
    frame = traffic_timeline(load_lines(f"{header}\n{line}\n{line}"))
    assert rows(frame) == [(0, "ACCEPT", 2, 2, 80)]
    assert frame.attrs["count"] == "as_logged"
    assert "as logged (what two interfaces saw counts twice)" in frame.attrs["caption"]


@pytest.mark.parametrize("lacking", ["packets", "bytes"])
@pytest.mark.parametrize("count", ["once", "as_logged"])
def test_a_measure_the_log_lacks_is_left_empty(load_lines, lacking, count):
    other = ({"packets", "bytes"} - {lacking}).pop()
    header = f"version srcaddr dstaddr start {other} log-status"
    frame = traffic_timeline(load_lines(f"{header}\n5 10.0.0.1 10.0.0.2 1773129600 40 OK"), count=count)
    assert frame[lacking].isna().all()
    assert frame[other].tolist() == [40]


ADDRESSES = st.sampled_from(["10.0.0.1", "10.0.0.2", None])
AMOUNTS = st.sampled_from([None, 0, 1500])
COLUMNS = "interface-id srcaddr dstaddr packets bytes start action flow-direction log-status"
RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["eni-a", "eni-b"]), ADDRESSES, ADDRESSES, AMOUNTS, AMOUNTS,
        st.sampled_from([1773129600, 1773129659, 1773129660]), st.sampled_from(["ACCEPT", "REJECT", None]),
        st.sampled_from(["ingress", "egress", None]),
    ),
    max_size=10,
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=settings.default.max_examples // 5)
@given(RECORDS, st.sampled_from(["once", "as_logged"]))
def test_the_rows_are_those_of_plain_grouping(given_rows, count):
    lines = [" ".join("-" if value is None else str(value) for value in row) + " OK" for row in given_rows]
    with TemporaryDirectory() as folder:
        Path(folder, "flows.log").write_text("\n".join([COLUMNS, *(lines or [f"{'- ' * 8}NODATA"]), ""]))
        flows = flowkit.load(Path(folder, "flows.log"), case=Path(folder, "case"))
        frame = traffic_timeline(flows, every=timedelta(minutes=1), count=count)
        facts = (flows.counted if count == "once" else flows.facts).to_pandas()
    words = ["-" if pd.isna(rejected) else "REJECT" if rejected else "ACCEPT" for rejected in facts.rejected]
    expected = Counter()
    for start, action, packets, size in zip(facts.start, words, facts.packets, facts.bytes, strict=True):
        added = {"records": 1, "packets": packets, "bytes": size}
        for name, amount in added.items():
            expected[int(start - 1773129600) // 60, action, name] += 0 if pd.isna(amount) else int(amount)
    found = {
        (row[0], row[1], name): 0 if pd.isna(row[n]) else int(row[n])
        for row in rows(frame)
        for n, name in enumerate(("records", "packets", "bytes"), 2)
    }
    assert found == dict(expected)
    assert count == "once" or frame.records.sum() == len(given_rows)


@pytest.mark.parametrize("count", ["once", "as_logged"])
def test_the_rows_add_up(flows, count):
    frame, records = traffic_timeline(flows, count=count), flows.to_pandas()
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


def test_another_way_of_counting_is_refused(flows):
    with pytest.raises(ScopeError, match="count is 'once' or 'as_logged', not 'twice'"):
        traffic_timeline(flows, count="twice")
