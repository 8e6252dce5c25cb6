"""rejected_tuples: what was rejected most, at which interface, and what the log does not tell of it."""

import pandas as pd
import pytest

from flowkit.analysis import reject_timeline, rejected_tuples
from flowkit.errors import MissingFieldError, ScopeError

EIGHT = pd.Timestamp("2026-03-10T08:00Z")  # 1773129600
V5 = """
version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action flow-direction log-status
5 eni-a 203.0.113.9 10.0.0.1 40001 22 6 1 40 1773129600 1773129650 REJECT ingress OK
5 eni-a 203.0.113.9 10.0.0.1 40001 22 6 2 80 1773129660 1773129700 REJECT ingress OK
5 eni-a 203.0.113.9 10.0.0.1 40002 22 6 4 160 1773129720 1773129730 REJECT ingress OK
5 eni-a 203.0.113.9 10.0.0.1 40003 22 6 9 999 1773129720 1773129730 ACCEPT ingress OK
5 eni-a 10.0.0.1 203.0.113.9 22 40002 6 8 320 1773129720 1773129731 REJECT egress OK
5 eni-b 203.0.113.9 10.0.0.1 40001 22 6 16 640 1773129600 1773129650 REJECT ingress OK
5 eni-b 203.0.113.8 10.0.0.2 - - 1 32 - 1773129600 1773129650 REJECT ingress OK
5 eni-b - - - - - - - 1773129780 1773129839 - - NODATA
"""
NAMES = ["interface_id", "direction", "srcaddr", "dstaddr", "dstport", "protocol", "records", "packets", "bytes"]
NAMES += ["srcports", "first", "last"]
A, B, IN, OUT = "eni-a", "eni-b", "ingress", "egress"
FIRST = (A, IN, "203.0.113.9", "10.0.0.1", 22, 6, 3, 7, 280, 2, 0, 130)
TIED = {
    (A, OUT, "10.0.0.1", "203.0.113.9", 40002, 6, 1, 8, 320, 1, 120, 131),
    (B, IN, "203.0.113.9", "10.0.0.1", 22, 6, 1, 16, 640, 1, 0, 50),
    (B, IN, "203.0.113.8", "10.0.0.2", None, 1, 1, 32, None, None, 0, 50),
}


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(V5)


def rows(frame):
    """Return tuples with None for null, and seconds since eight o'clock for times."""
    times = {name: (frame[name] - EIGHT).dt.total_seconds() for name in ("first", "last")}
    plain = frame.assign(**times).astype("object")
    return [tuple(row) for row in plain.where(plain.notna(), None).itertuples(index=False, name=None)]


def without(*lacking):
    """Return the log as if fields had not been asked for."""
    table = [line.split() for line in V5.strip().splitlines()]
    kept = [number for number, name in enumerate(table[0]) if name not in lacking]
    return "\n".join(" ".join(cells[number] for number in kept) for cells in table)


def test_rows(flows):
    first, *others = rows(rejected_tuples(flows))
    assert first == FIRST
    assert set(others) == TIED


def test_the_same_question_has_the_same_answer(flows, load_lines):
    shuffled = V5.strip().splitlines()
    again = load_lines("\n".join([shuffled[0], *reversed(shuffled[1:])]))
    pd.testing.assert_frame_equal(rejected_tuples(flows), rejected_tuples(again))


def test_what_is_left_out_is_counted(flows):
    frame = rejected_tuples(flows, top=1)
    assert rows(frame) == [FIRST]
    assert frame.attrs["left_out"] == 3
    assert frame.attrs["caption"] == (
        "The 1 tuples of interface, addresses, port and protocol with most rejected flow records, as logged (3 of 6); "
        "3 more tuples are not shown. Scope: all records."
    )


def test_the_rows_add_up_to_the_timeline(flows):
    frame, timeline = rejected_tuples(flows), reject_timeline(flows)
    for name in ("records", "packets", "bytes"):
        assert frame[name].sum() == timeline[name].sum()


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({"interface_id": B}, [B, B]),
        ({"dstport": 22}, [A, B]),
        ({"direction": OUT}, [A]),
        ({"action": "ACCEPT"}, []),
    ],
)
def test_a_scope_narrows(flows, scope, expected):
    frame = rejected_tuples(flows.narrow(**scope))
    assert sorted(frame.interface_id) == expected
    assert list(frame.columns) == NAMES


def test_a_direction_that_is_not_logged_is_derived(load_lines):
    frame = rejected_tuples(load_lines(without("flow-direction")))
    assert rows(frame)[0] == FIRST
    assert set(frame.direction.dropna()) == {IN, OUT}


@pytest.mark.parametrize(
    ("field", "columns"),
    [
        ("interface-id", ["interface_id"]),
        ("srcport", ["srcports"]),
        ("dstport", ["dstport"]),
        ("protocol", ["protocol"]),
        ("bytes", ["bytes"]),
        ("packets", ["packets"]),
        ("start", ["first"]),
        ("end", ["last"]),
    ],
)
def test_what_the_log_lacks_is_null(load_lines, field, columns):
    frame = rejected_tuples(load_lines(without(field)))
    assert list(frame.columns) == NAMES
    assert frame[columns].isna().all(axis=None)
    assert frame.records.sum() == 6


def test_one_interface_is_one_whatever_else_the_log_says_of_it(load_lines):
    table = [line.split() for line in V5.strip().splitlines()[:4]]
    lines = [[*table[0], "instance-id"], *([*cells, name] for cells, name in zip(table[1:], "ij-", strict=True))]
    assert rows(rejected_tuples(load_lines("\n".join(map(" ".join, lines))))) == [FIRST]


@pytest.mark.parametrize(("lacking", "named"), [("action", "${action}"), ("srcaddr", "${srcaddr}")])
def test_a_missing_field_is_named(load_lines, lacking, named):
    with pytest.raises(MissingFieldError) as caught:
        rejected_tuples(load_lines(without(lacking)))
    assert named in str(caught.value)


def test_a_tuple_at_least_is_asked_for(flows):
    with pytest.raises(ScopeError, match="top is 0"):
        rejected_tuples(flows, top=0)
