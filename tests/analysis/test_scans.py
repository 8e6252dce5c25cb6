"""port_scans, sweeps, background_noise: who tries what is not there; not who has many servers."""

import os
from pathlib import Path

import pytest

import flowkit
from flowkit.analysis.scans import SETTINGS, background_noise, port_scans, sweeps
from flowkit.errors import MissingFieldError, ScopeError
from tests.analysis.dialled import call, log, plain, refusal, rejection

SCANNER, BROWSER, MONITOR, OPEN, TRACER = "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"
PROBER, TARGET = "198.51.100.9", "10.9.9.9"
BARE = {"there": (3, 164), "back": (1, 60), "asked": 7, "answered": 18}
LOG = log(
    call(SCANNER, TARGET, 22, 0, **BARE),
    *(refusal(SCANNER, TARGET, 1000 + n, n) for n in range(39)),
    *(rejection(SCANNER, f"10.9.3.{n}", 445, 60 + n // 10) for n in range(1, 31)),
    *(refusal(SCANNER, TARGET, 1000 + n, 12_000 + n) for n in range(12)),  # hours later: another campaign
    *(call(BROWSER, f"203.0.113.{n}", 443, n, back=(20, 20_000)) for n in range(1, 138)),
    *(rejection(BROWSER, f"203.0.113.{n}", 443, 200 + n) for n in range(1, 13)),
    *(rejection(BROWSER, f"192.0.2.{n}", 443, 200 + n) for n in range(1, 13)),  # of 149 servers 12 never answer
    *(call(MONITOR, f"10.9.4.{n}", 9100, 30 * k, **BARE) for n in range(12) for k in range(8)),
    *(rejection(f"203.0.113.{n}", OPEN, port, 60 * n) for n in range(100, 115) for port in (23, 8080)),
    *(rejection(PROBER, OPEN, port, port) for port in range(100, 112)),
    call("203.0.113.200", OPEN, 443, 50),  # not noise: it was answered
    *(rejection(TRACER, TARGET, 33_434 + n, n // 10, 17) for n in range(90)),
    call(OPEN, "203.0.113.1", 443, 20_000),
)  # fmt: skip
SCAN_ROWS = [
    # scanner, place, targets, scanned, ports, calls, failed, answered, order
    [SCANNER, "inside", 31, 1, 41, 70, 69, 1, 1.0],
    [SCANNER, "inside", 1, 1, 12, 12, 12, 0, 1.0],
    [PROBER, "outside", 1, 1, 12, 12, 12, 0, 1.0],
]
SHOWN = ["scanner", "scanner_place", "targets", "scanned", "ports", "calls", "failed", "answered", "order"]


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(LOG)


@pytest.fixture(scope="module")
def default_fields(load_lines):
    return load_lines(plain(LOG))


def test_a_row_per_campaign(flows):
    frame = port_scans(flows)
    assert frame[SHOWN].to_numpy().tolist() == SCAN_ROWS
    assert frame.peer.map(len).tolist() == [20, 1, 1]
    assert frame.peer[0][0] == TARGET
    assert frame.target_places.tolist() == ["unknown", "unknown", "inside"]
    assert str(frame["first"][0]) == "2026-03-10 08:00:00+00:00"
    assert frame.score[0] > 0.9
    assert frame.score[2] < 0.6
    assert frame.score_reach.tolist() == [1, 1, 0]
    assert "3 campaigns that tried at least 10 ports of a server, 1 of them not from inside" in frame.attrs["caption"]


def test_one_port_of_many_hosts(flows):
    frame = sweeps(flows)
    shown = frame[["scanner", "port", "protocol", "hosts", "ports", "calls", "failed", "answered"]]
    assert shown.to_numpy().tolist() == [[SCANNER, 445, 6, 30, 1, 30, 30, 0]]
    assert frame.score[0] > 0.9


def test_noise_is_a_row_per_host(flows):
    frame = background_noise(flows)
    assert frame.drop(columns=["first", "last"]).to_numpy().tolist() == [[OPEN, 16, 42, 14, 42 * 60]]


def test_default_fields_tell_the_same(default_fields):
    assert port_scans(default_fields)[SHOWN].to_numpy().tolist() == SCAN_ROWS
    assert sweeps(default_fields).scanner.tolist() == [SCANNER]
    assert background_noise(default_fields).sources.tolist() == [16]


def test_what_was_rejected_tells_alone(flows):
    rejected = flows.narrow(action="REJECT")
    assert port_scans(rejected).scanner.tolist() == [PROBER]
    # With nothing but rejections, 24 servers that a client may not reach are a sweep of theirs.
    assert sweeps(rejected)[["scanner", "hosts"]].to_numpy().tolist() == [[SCANNER, 30], [BROWSER, 24]]
    assert background_noise(rejected).sources.tolist() == [16]


def test_settings(flows):
    first = port_scans(flows, ports=12, top=1)
    assert (first.scanner.tolist(), first.attrs["left_out"]) == ([SCANNER], 2)
    assert set(sweeps(flows, nothing=0.05, answered_tries=8).scanner) == {SCANNER, BROWSER, MONITOR}
    with pytest.raises(ScopeError, match=r"port_scans has no setting 'port'. Did you mean ports"):
        port_scans(flows, port=3)
    with pytest.raises(ScopeError, match="top is 0"):
        sweeps(flows, top=0)
    assert all(setting.unit and setting.why for setting in SETTINGS)


def test_nothing_is_an_empty_frame_of_the_same_types(flows):
    nothing = flows.narrow(address="192.0.2.250")
    for detector in (port_scans, sweeps, background_noise):
        empty = detector(nothing)
        assert len(empty) == 0
        assert empty.dtypes.to_dict() == detector(flows).dtypes.to_dict()


def test_addresses_are_needed(load_lines):
    with pytest.raises(MissingFieldError, match="srcaddr"):
        port_scans(load_lines("interface-id start end\neni-a 1773129600 1773129650"))


# Who scans, and how many rows of at least 0.6 there are of both kinds.
KNOWN = [
    ("nmap-internal-scan", "172.16.1.11", 2),
    ("outbound-scan-small", "192.168.1.9", 1),
    ("public-host-24h-a", "104.156.155.13", 1),
]


@pytest.mark.reference_data
@pytest.mark.parametrize(("name", "scanner", "rows"), KNOWN, ids=[name for name, *_ in KNOWN])
def test_real_scans(name, scanner, rows):
    flows = flowkit.load(Path(os.environ["FLOWKIT_REFERENCE_DATA"]) / "traffic" / f"{name}.log.gz")
    scans, swept = port_scans(flows), sweeps(flows)
    assert int((scans.score >= 0.6).sum() + (swept.score >= 0.6).sum()) == rows
    assert scans.scanner[0] == scanner
    assert len(background_noise(flows)) == name.startswith("public-host")
