"""first_seen: who is new after a past, how rare, and that a short log calls nobody new."""

import pytest

from flowkit import analysis

HEADER = "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
START = 1773129600


def talk(host, peer, hour, *, answered=True):
    start, port = START + 3600 * hour, 40000 + hour
    out = f"2 eni-{host[-1]} {host} {peer} {port} 443 6 3 300 {start} {start + 5} ACCEPT OK"
    back = f"2 eni-{host[-1]} {peer} {host} 443 {port} 6 3 900 {start} {start + 5} ACCEPT OK"
    return [out, back] if answered else [out]


USUAL = [line for hour in range(0, 40, 2) for n in (1, 2, 3) for line in talk(f"10.0.0.{n}", "8.8.8.8", hour)]


@pytest.fixture(scope="module")
def found(load_lines):
    late = [*talk("10.0.0.1", "203.0.113.1", 30), *talk("10.0.0.1", "203.0.113.2", 6)]
    unanswered = talk("10.0.0.2", "203.0.113.3", 31, answered=False)
    return analysis.first_seen(load_lines("\n".join([HEADER, *USUAL, *late, *unanswered]))).set_index("peer")


def test_new_and_rare_comes_first(found):
    assert found.index[0] == "203.0.113.1"
    row = found.loc["203.0.113.1"]
    assert (row.host, row.hosts, row.history, row.score_new, row.score_rare) == ("10.0.0.1", 1, 30 * 3600, 1, 1)
    assert row.place == "outside"
    assert found.loc["203.0.113.2"].score_new == pytest.approx(0.25)
    assert set(found.loc["8.8.8.8"].score_rare) == {0}


def test_what_was_not_answered_is_no_acquaintance(found):
    assert "203.0.113.3" not in found.index


def test_a_short_log_calls_nobody_new(load_lines):
    frame = analysis.first_seen(load_lines("\n".join([HEADER, *talk("10.0.0.1", "203.0.113.1", 1)])))
    assert frame[["score_new", "score_rare", "score"]].isna().all(axis=None)
    assert "shorter than 24 h" in frame.attrs["caption"]
