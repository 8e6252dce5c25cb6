"""uploads: what is one-sided and large; at once or little by little; compared where there is something to compare."""

import pytest

from flowkit import analysis
from flowkit.analysis.uploading import COLUMNS
from flowkit.errors import MissingFieldError, ScopeError

HEADER = "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
START = 1773129600
MB = 10**6


def moved(host, peer, out, back, hour=0, port=40000):
    start, eni = START + 3600 * hour, f"eni-{host.rpartition('.')[2]}"
    return [
        f"2 {eni} {host} {peer} {port} 443 6 {out // 1400 + 1} {out} {start} {start + 59} ACCEPT OK",
        f"2 {eni} {peer} {host} 443 {port} 6 {back // 1400 + 1} {back} {start} {start + 59} ACCEPT OK",
    ]


USUAL = [line for h in range(12) for n in (1, 2, 3, 4, 5, 6) for line in
         moved(f"10.0.0.{n}", f"198.51.100.{n + h}", 40_000 + 1_000 * h, 400_000, h, 41000 + h)]  # fmt: skip
FAST = moved("10.0.0.1", "203.0.113.1", 80 * MB, MB, 7)
DRIP = [line for h in range(12) for line in moved("10.0.0.2", "203.0.113.2", 5 * MB, 200_000, h, 42000 + h)]
CALL = moved("10.0.0.3", "203.0.113.3", 500 * MB, 400 * MB, 3)
PULL = moved("10.0.0.4", "203.0.113.4", 20 * MB, 4_000 * MB, 3)
SMALL = moved("10.0.0.5", "203.0.113.5", 5 * MB, 1_000, 3)
STOPPED = [line.replace("ACCEPT", "REJECT") for line in moved("10.0.0.6", "203.0.113.6", 800 * MB, 1_000, 3)]


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines("\n".join([HEADER, *USUAL, *FAST, *DRIP, *CALL, *PULL, *SMALL, *STOPPED]))


@pytest.fixture(scope="module")
def found(flows):
    return analysis.uploads(flows)


def test_what_is_one_sided_and_large_and_nothing_else(found):
    assert dict(zip(found.host, found.kind, strict=True)) == {"10.0.0.1": "upload", "10.0.0.2": "slow_upload"}
    assert found.bytes_out.tolist() == [80 * MB, 60 * MB]


def test_headers_are_taken_off_for_the_least_that_left(found):
    row = found.iloc[0]
    assert row.bytes_least == 80 * MB - 40 * (80 * MB // 1400 + 1)
    assert (row.port, row.protocol, row.conversations, row.active_hours, row.hosts) == (443, 6, 1, 1, 1)


def test_it_stands_out_from_the_whole_and_from_the_hosts_own_past(found):
    row = found.set_index("host").loc["10.0.0.1"]
    assert row.score_whole == 1
    assert row.score_past == 1
    assert row.score_new == 1
    assert row.score_rare == 1
    assert row.score > 0.7


def test_without_a_past_a_score_steps_back(load_lines):
    frame = analysis.uploads(load_lines("\n".join([HEADER, *FAST])))
    lacking = [name for name in COLUMNS if name.startswith("score") and frame[name].isna().all()]
    assert lacking == ["score_whole", "score_past", "score_like", "score_rare", "score_new"]
    assert frame.score[0] > 0.5


def test_thresholds_are_tuned_and_groupings_checked(flows):
    assert "10.0.0.5" in set(analysis.uploads(flows, least_bytes=MB).host)
    assert "10.0.0.3" in set(analysis.uploads(flows, ratio=1).host)
    assert analysis.uploads(flows, top=1).attrs["left_out"] == 1
    with pytest.raises(ScopeError, match="no grouping"):
        analysis.uploads(flows, by="colour")
    with pytest.raises(ScopeError, match="has no setting"):
        analysis.uploads(flows, bytes=3)


def test_a_log_without_bytes_says_so(load_lines):
    with pytest.raises(MissingFieldError, match="bytes"):
        analysis.uploads(load_lines("version interface-id srcaddr dstaddr\n5 eni-a 10.0.0.1 8.8.8.8"))


def test_nothing_has_the_columns(load_lines):
    frame = analysis.uploads(load_lines("\n".join([HEADER, *SMALL])))
    assert (tuple(frame.columns), len(frame)) == (COLUMNS, 0)
