"""observations: sender, receiver and gateways of the same traffic side by side."""

import pandas as pd
import pytest

import flowkit
from flowkit.analysis import observations
from flowkit.errors import MissingFieldError, ScopeError

HEADER = (
    "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status tcp-flags "
    "pkt-srcaddr pkt-dstaddr flow-direction"
)
T = 1773129600


def line(interface, source, destination, way, size=100, at=0, *, pkt=None, length=50):  # noqa: PLR0913 - a record
    (src, sport), (dst, dport) = source, destination
    pkt_src, pkt_dst = pkt or (src, dst)
    fields = [5, interface, src, dst, sport, dport, 6, 1, size, T + at, T + at + length, "ACCEPT", "OK", 2, pkt_src]
    return " ".join(map(str, [*fields, pkt_dst, way]))


def log(*lines):
    return "\n".join([HEADER, *lines])


A, B, C = ("10.0.0.1", 40000), ("10.0.0.2", 443), ("10.0.0.3", 40000)
FAR = ("203.0.113.9", 443)
SENT, CAME = line("eni-a", A, B, "egress"), line("eni-b", A, B, "ingress")
B_TO_C = line("eni-b", B, C, "egress")
SKIPPED = f"5 eni-b - - - - - - - {T + 300} {T + 359} - SKIPDATA - - - -"

CASES = {
    "both ends agree": ([SENT, CAME], ("agree", 100, 100, 0)),
    "less arrived": ([SENT, line("eni-b", A, B, "ingress", 90)], ("loss", 100, 90, 10)),
    "the receiver lost records": ([SENT, line("eni-b", A, B, "ingress", 90), SKIPPED], ("gap", 100, 90, 10)),
    "the receiver was logged for a shorter time": (
        [SENT, line("eni-a", A, B, "egress", at=600), CAME],
        ("gap", 200, 100, 100),
    ),
    "the sender logged less": (
        [SENT, CAME, line("eni-b", A, B, "ingress", at=60)],
        ("gap", 100, 200, -100),
    ),
    "one end is logged, the other speaks elsewhere": ([SENT, B_TO_C], ("half_logged", 100, None, None)),
    "the other end has no interface": ([line("eni-a", A, FAR, "egress")], ("one_end", 100, None, None)),
}


@pytest.mark.parametrize(("lines", "expected"), CASES.values(), ids=CASES)
def test_found(load_lines, lines, expected):
    frame = observations(load_lines(log(*lines)))
    row = frame[(frame.client == "10.0.0.1") & (frame.way == "to_server")].iloc[0]
    measured = (row.bytes_at_sender, row.bytes_at_receiver, row.difference)
    assert (row.found, *(None if pd.isna(value) else int(value) for value in measured)) == expected


def test_largest_differences_come_first_and_the_rest_is_counted(load_lines):
    lines = [SENT, line("eni-b", A, B, "ingress", 90), line("eni-a", A, ("10.0.0.2", 80), "egress", 500)]
    lines.append(line("eni-b", A, ("10.0.0.2", 80), "ingress", 100))
    frame = observations(load_lines(log(*lines)), top=1)
    assert frame.server_port.tolist() == [80]
    assert frame.attrs["left_out"] == 1
    assert frame.attrs["counts"] == {"loss": 2}
    assert "2 loss" in frame.attrs["caption"]


def test_copies_and_repeats_are_counted(tmp_path):
    gateway = ("10.0.0.9", 443)
    nat = [
        line("eni-n", A, gateway, "ingress", pkt=("10.0.0.1", "203.0.113.9")),
        line("eni-n", ("10.0.0.9", 50000), FAR, "egress"),
    ]
    for name in ("one.log", "two.log"):
        (tmp_path / name).write_text(log(*nat, f"# {name}") + "\n", encoding="utf-8")
    frame = observations(flowkit.load(tmp_path))
    assert (frame.attrs["copies"], frame.attrs["repeats"]) == (2, 1)
    assert frame[["client", "server", "found", "bytes_between"]].to_dict("list") == {
        "client": ["10.0.0.1"],
        "server": ["203.0.113.9"],
        "found": ["between"],
        "bytes_between": [100],
    }


def test_the_empty_scope(load_lines):
    frame = observations(load_lines(log(SENT)).narrow(dstport=1))
    assert len(frame) == 0
    assert "nothing to compare" in frame.attrs["caption"]


def test_bytes_are_needed(load_lines):
    with pytest.raises(MissingFieldError, match="bytes"):
        observations(load_lines("srcaddr dstaddr start end\n10.0.0.1 10.0.0.2 1773129600 1773129650"))


def test_top_is_at_least_one(load_lines):
    with pytest.raises(ScopeError, match="top is 0"):
        observations(load_lines(log(SENT)), top=0)
