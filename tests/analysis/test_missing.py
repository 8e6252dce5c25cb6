"""`logging_gaps`: minutes of which no line tells, told from silence and from what may not have existed."""

import pytest

from flowkit import analysis
from flowkit.errors import ScopeError

START = 1773129600
HEADER = "interface-id srcaddr dstaddr start end action log-status"


def line(interface, minute, status="OK", length=59):
    start = START + 60 * minute
    ends = "10.0.0.1 10.0.0.2" if status == "OK" else "- -"
    return f"{interface} {ends} {start} {start + length} {'ACCEPT' if status == 'OK' else '-'} {status}"


def lines(*missing, lost=(), first=0, last=20):
    told = [n for n in range(first, last) if n not in missing and n not in lost]
    return [
        *(line("eni-a", n, "OK" if n % 2 else "NODATA") for n in told),
        *(line("eni-a", n, "SKIPDATA") for n in lost),
        *(line("eni-z", n) for n in range(20)),
    ]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (lines(), []),
        (lines(7), []),  # shorter than two intervals
        (lines(7, 8, 9), [("no line", "between", 3)]),
        (lines(lost=[5]), [("SKIPDATA", "between", 1)]),
        (lines(3, 4, lost=[5]), [("no line", "between", 2), ("SKIPDATA", "between", 1)]),
        (lines(first=4, last=15), [("no line", "after", 5), ("no line", "before", 4)]),
    ],
    ids=["none", "short", "silent", "lost", "both", "ends"],
)
def test_gaps_with_cause_place_and_length(load_lines, given, told):
    frame = analysis.logging_gaps(load_lines("\n".join([HEADER, *given])))
    assert list(zip(frame.cause, frame.position, frame.minutes, strict=True)) == told
    assert set(frame.interface_id) <= {"eni-a"}
    assert ((frame["last"] - frame["first"]).dt.total_seconds() == 60 * frame.minutes).all()


def test_without_log_status_no_gap_can_be_told(load_lines):
    given = [text.rpartition(" ")[0] for text in (HEADER, *lines(7, 8, 9)) if "- -" not in text]
    frame = analysis.logging_gaps(load_lines("\n".join(given)))
    assert (len(frame), frame.attrs["can_tell"]) == (0, False)
    assert "no gap can be told" in frame.attrs["caption"]


def test_what_is_not_shown_is_counted(load_lines):
    flows = load_lines("\n".join([HEADER, *lines(3, 4, 9, 10, 11)]))
    frame = analysis.logging_gaps(flows, top=1)
    assert (frame.minutes.tolist(), frame.attrs["left_out"]) == ([3], 1)
    with pytest.raises(ScopeError, match="at least one"):
        analysis.logging_gaps(flows, top=0)
