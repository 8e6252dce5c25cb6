"""`encryption_statuses`, `unencrypted`: what AWS says was encrypted in transit, each hop once."""

import pytest

from flowkit import analysis
from flowkit.errors import MissingFieldError, ScopeError
from tests.analysis.dialled import START, call, log

HEADER = (
    "interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status encryption-status"
)
A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"


def record(interface, source, destination, ports, size, status, action="ACCEPT"):
    times = f"{START} {START + 59}"
    return f"{interface} {source} {destination} {ports} 6 9 {size} {times} {action} OK {status}"


LINES = "\n".join(
    [
        HEADER,
        record("eni-a", A, B, "40000 5432", 1000, 0),
        record("eni-b", A, B, "40000 5432", 1000, 0),  # the same hop, seen at its other end
        record("eni-b", B, A, "5432 40000", 300, 0),
        record("eni-a", A, B, "40001 5432", 50, 0),
        record("eni-a", A, C, "40002 443", 7000, 1),
        record("eni-a", A, C, "40003 443", 20, 3),
        record("eni-a", A, C, "40004 443", 600, "-"),
        record("eni-a", A, C, "40005 443", 9, 0, action="REJECT"),
        record("eni-a", A, C, "40006 443", 5, 7),
    ]
)


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(LINES)


def test_bytes_by_status_each_hop_once(flows):
    frame = analysis.encryption_statuses(flows)
    told = {str(row.status): (row.meaning, row.bytes, row.records) for row in frame.itertuples()}
    assert told == {
        "1": ("encrypted by Nitro hardware", 7000, 1),
        "0": ("not encrypted", 1350, 4),
        "<NA>": ("not known", 600, 1),
        "3": ("encrypted by both", 20, 1),
        "7": ("not known", 5, 1),
    }
    assert "1,350 B were not encrypted in transit, of 600 B it is not known" in frame.attrs["caption"]


def test_pairs_with_status_0_and_both_directions_as_one(flows):
    frame = analysis.unencrypted(flows)
    assert frame[["client", "server", "server_port", "bytes", "records"]].to_numpy().tolist() == [[A, B, 5432, 1350, 4]]


def test_unknown_is_not_unencrypted(load_lines):
    flows = load_lines("\n".join([HEADER, record("eni-a", A, B, "40000 443", 10, "-")]))
    assert len(analysis.unencrypted(flows)) == 0
    assert analysis.encryption_statuses(flows).status.isna().all()


def test_what_is_not_shown_is_counted(load_lines):
    lines = [record("eni-a", A, f"10.0.0.{n}", "40000 443", n, 0) for n in range(2, 6)]
    flows = load_lines("\n".join([HEADER, *lines]))
    frame = analysis.unencrypted(flows, top=1)
    assert (frame.server.tolist(), frame.attrs["left_out"]) == (["10.0.0.5"], 3)
    with pytest.raises(ScopeError, match="at least one"):
        analysis.unencrypted(flows, top=0)


@pytest.mark.parametrize("ask", [analysis.encryption_statuses, analysis.unencrypted])
def test_a_log_without_the_field_is_told_how_to_have_it(load_lines, ask):
    with pytest.raises(MissingFieldError, match=r"\$\{encryption-status\}"):
        ask(load_lines(log(call(A, B, 22, 0))))
