"""Days of hosts' habits: the same for a seed, read without loss, and what a case claims is what its log shows."""

import gzip
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

import flowkit as fk
import flowkit.addresses
from flowkit.training.habits import KINDS, case, cases
from flowkit.training.habits.place import CLOUDFRONT, EC2, S3, service_of

FEW = ("call_home_20",)
UPLOADS = ("upload_fast", "upload_parallel", "upload_drip")


def rows(asked):
    """Return a case's records as dicts, numbers as numbers; lines without data are left out."""
    header, *lines = asked.log.splitlines()
    names = header.split()
    return [
        {name: int(value) if value.isdecimal() else value for name, value in zip(names, line.split(), strict=True)}
        for line in lines
        if " NODATA" not in line
    ]


def between(asked):
    """Return the records of the subject and one of its peers, each direction by itself."""
    subject, peers = asked.truth.subject, set(asked.truth.peers)
    records = rows(asked)
    out = [row for row in records if row["srcaddr"] == subject and row["dstaddr"] in peers]
    return out, [row for row in records if row["dstaddr"] == subject and row["srcaddr"] in peers]


@pytest.fixture(scope="module")
def calling():
    """Return some call-homes of each kind, without what goes on around them."""
    names = [name for name in KINDS if name.startswith("call_home")]
    return [case(name, seed, alone=True) for seed in range(3) for name in names]


def test_a_case_is_the_same_for_a_seed():
    first = list(cases(7, FEW))
    assert first == list(cases(7, FEW))
    assert all(case(kind, 8, alone=True).log != case(kind, 7, alone=True).log for kind in FEW)


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_is_of_a_size_to_work_with_and_about_hosts_that_are_logged(kind):
    asked = case(kind, 4, alone=True)
    header, *lines = asked.log.splitlines()
    assert 1_000 < len(lines) < 60_000
    assert {len(line.split()) for line in lines} == {len(header.split())}
    if asked.truth.subject:
        out, into = between(asked)
        assert out or into
    assert asked.truth.malicious == bool(asked.truth.kinds)


@pytest.mark.parametrize("kind", ["call_home_50", "benign_session", "benign_image_pulls", "syn_flood"])
def test_records_are_cut_at_the_interval(kind):
    asked = case(kind, 5, alone=True)
    window = asked.about["window_s"]
    records = rows(asked)
    assert all(0 <= row["end"] - row["start"] < window for row in records)
    assert all(row["start"] // window == row["end"] // window for row in records)
    assert all(row["packets"] > 0 and row["bytes"] >= 28 * row["packets"] for row in records)


def test_every_line_is_read(tmp_path):
    asked = [case("upload_parallel", 1), case("port_scan", 2, alone=True), case("call_home_50", 3, alone=True)]
    for one in asked:
        (tmp_path / f"{one.name.replace('/', '-')}.log").write_text(one.log)
    flows = fk.load(tmp_path, case=tmp_path / "kept")
    assert len(flows.refused) == 0
    assert flows.count() == sum(len(rows(one)) for one in asked)
    assert flows.ledger.nodata.sum() == sum(one.log.count(" NODATA") for one in asked)


def test_call_homes_from_fresh_ports_have_the_interval_and_the_jitter_that_they_claim(calling):
    found = [asked for asked in calling if asked.about["ports"] == "fresh"]
    assert len({asked.about["jitter"] for asked in found}) == 6
    assert {asked.about["version"] for asked in found} == {2, 3, 5}
    for asked in found:
        first = {}
        for row in between(asked)[0]:
            port = row["srcport"]
            first[port] = min(row["start"], first.get(port, row["start"]))
        times = sorted(first.values())
        gaps = [later - earlier for earlier, later in pairwise(times)]
        interval, jitter = asked.about["interval_s"], asked.about["jitter"] / 100
        assert len(times) == asked.about["events"]
        assert min(gaps) >= interval * (1 - jitter) - 1
        assert max(gaps) <= interval * (1 + jitter) + 1
        if jitter and len(gaps) > 20:
            assert max(gaps) - min(gaps) > interval * jitter
        assert asked.truth.detectable == (len(times) >= 20)


def test_call_homes_on_one_tuple_lose_their_times_unless_they_are_far_apart(calling):
    found = [asked for asked in calling if asked.about["ports"] != "fresh"]
    for asked in found:
        out = between(asked)[0]
        window = asked.about["window_s"]
        shown = asked.about["interval_s"] * (1 - asked.about["jitter"] / 100) >= window + 60
        assert asked.about["timing_shown"] == shown
        assert len({row["srcport"] for row in out}) == 1
        if not asked.about["jitter"] and asked.about["interval_s"] < window:
            assert all(row["start"] % window == 0 for row in sorted(out, key=lambda row: row["start"])[1:])
        if not shown:
            assert not asked.truth.detectable
    assert {asked.about["timing_shown"] for asked in found} == {True, False}


def test_what_is_blocked_gets_no_data(calling):
    found = [asked for asked in calling if asked.about["blocked"]]
    assert len({asked.about["blocked"] for asked in found}) > 1
    for asked in found:
        out, into = between(asked)
        assert {row["action"] for row in out} == {"REJECT" if asked.about["blocked"] == "rejected" else "ACCEPT"}
        assert all(row["packets"] <= 3 for row in out)
        assert bool(into) == (asked.about["blocked"] == "refused")


@pytest.mark.parametrize("kind", UPLOADS)
@pytest.mark.parametrize("seed", [1, 2])
def test_uploads_have_the_bytes_that_they_claim(kind, seed):
    asked = case(kind, seed, alone=True)
    out, into = between(asked)
    sent, got = (sum(row["bytes"] for row in some) for some in (out, into))
    assert asked.about["bytes"] <= sent <= 1.06 * asked.about["bytes"]
    assert got < sent / 10
    assert len({row["srcport"] for row in out}) == asked.about["conversations"]


def test_the_keep_alive_session_is_one_connection_all_day():
    asked = case("benign_session", 6, alone=True)
    out, into = between(asked)
    windows = 86_400 // asked.about["window_s"]
    assert len({row["srcport"] for row in out}) == 1
    assert windows - 1 <= len(out) <= windows
    assert sum(row["packets"] for row in out) == pytest.approx(86_400 / 45, abs=2)
    assert len(into) == len(out)


def test_addresses_said_to_be_of_aws_lie_in_published_blocks():
    with gzip.open(Path(flowkit.addresses.__file__).parent / "ip-ranges.csv.gz", "rt") as file:
        published = {tuple(line.strip().split(",")[::2]) for line in file}
    for service, blocks in (("S3", S3), ("EC2", EC2), ("CLOUDFRONT", CLOUDFRONT)):
        assert {(block, service) for block in blocks} <= published
    assert {service_of(peer) for peer in case("benign_backup", 6, alone=True).truth.peers} == {"S3"}


def test_everyday_life_is_there_in_each_case():
    records = rows(case("benign_day", 3))
    assert 10_000 < len(records) < 60_000
    by_port = Counter(row["dstport"] for row in records)
    assert min(by_port[port] for port in (443, 80, 53, 123, 5432, 8080)) > 20
    assert sum(row["action"] == "REJECT" for row in records) > 300
