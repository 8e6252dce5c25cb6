"""long_conversations: a row per conversation whatever its windows, the longest first."""

import pytest

from flowkit import analysis
from flowkit.errors import ScopeError

HEADER = (
    "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action tcp-flags log-status"
)
START = 1773129600


def session(host, peer, port, minutes):
    """Return the records of one conversation, a window each minute."""
    return [
        f"5 eni-a {src} {dst} {sport} {dport} 6 2 200 {START + 60 * n} {START + 60 * n + 59} ACCEPT {flags} OK"
        for n in range(minutes)
        for src, dst, sport, dport, flags in (
            (host, peer, port, 443, 2 if n == 0 else 0), (peer, host, 443, port, 18 if n == 0 else 0),
        )
    ]  # fmt: skip


@pytest.fixture(scope="module")
def flows(load_lines):
    every = [*session("10.0.0.1", "8.8.8.8", 40000, 720), *session("10.0.0.2", "8.8.8.8", 40001, 90),
             *session("10.0.0.1", "10.0.0.2", 40002, 65), *session("10.0.0.1", "9.9.9.9", 40003, 30)]  # fmt: skip
    return load_lines("\n".join([HEADER, *every]))


def test_many_windows_are_one_row_and_the_longest_stands_first(flows):
    frame = analysis.long_conversations(flows)
    assert frame[["client", "server", "seconds"]].to_numpy().tolist() == [
        ["10.0.0.1", "8.8.8.8", 43199], ["10.0.0.2", "8.8.8.8", 5399], ["10.0.0.1", "10.0.0.2", 3899],
    ]  # fmt: skip
    first = frame.iloc[0]
    assert (first.state, first.hosts, first.bytes_to_server) == ("established", 2, 720 * 200)
    assert first.score_long == pytest.approx(1, abs=0.001)
    assert first.score_rare == 0.5


def test_how_long_is_long_is_tuned(flows):
    assert len(analysis.long_conversations(flows, least_seconds=7200)) == 1
    assert analysis.long_conversations(flows, top=1).attrs["left_out"] == 2
    with pytest.raises(ScopeError, match="has no setting"):
        analysis.long_conversations(flows, seconds=3)
