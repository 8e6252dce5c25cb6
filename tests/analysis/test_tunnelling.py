"""tunnels: what carries more than its kind should, and what does not; and who is recognised, with the reason."""

import pandas as pd
import pytest

from flowkit import analysis
from flowkit.analysis.recognising import reasons
from flowkit.errors import MissingFieldError

HEADER = "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
START = 1773129600
MB = 2**20


def moved(n, protocol, port, packets, size, *, back=1000, minute=0):
    start, host, peer = START + 60 * minute, f"10.0.0.{n}", f"203.0.113.{n}"
    rest = f"{start} {start + 59} ACCEPT OK"
    sport, dport = (40000, port) if protocol in (6, 17) else (0, 0)
    return [
        f"2 eni-{n} {host} {peer} {sport} {dport} {protocol} {packets} {packets * size} {rest}",
        f"2 eni-{n} {peer} {host} {dport} {sport} {protocol} {packets} {back} {rest}",
    ]


CASES = {
    "10.0.0.1": (moved(1, 17, 53, 20_000, 250), "dns"),
    "10.0.0.2": (moved(2, 17, 53, 20_000, 70), None),
    "10.0.0.3": (moved(3, 17, 53, 20, 250), None),
    "10.0.0.4": (moved(4, 1, 0, 5_000, 1_000), "icmp"),
    "10.0.0.5": (moved(5, 1, 0, 30_000, 84), None),
    "10.0.0.6": (moved(6, 47, 0, 5_000, 1_000), "protocol"),
    "10.0.0.7": (
        [line for minute in range(15) for line in moved(7, 6, 4444, 50, 400, back=2_000, minute=minute)], "reversed",
    ),
    "10.0.0.8": (moved(8, 6, 8443, 50, 400), None),
}  # fmt: skip


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines("\n".join([HEADER, *(line for lines, _kind in CASES.values() for line in lines)]))


@pytest.fixture(scope="module")
def found(flows):
    return analysis.tunnels(flows).set_index("host")


@pytest.mark.parametrize("host", CASES)
def test_it_is_told_by_what_its_packets_carry(found, host):
    kind = CASES[host][1]
    assert (found.kind[host] if host in found.index else None) == kind


def test_a_row_says_why_and_how_much(found):
    row = found.loc["10.0.0.1"]
    assert (row.port, row.bytes_out, row.packets_out, row.bytes_per_packet) == (53, 5_000_000, 20_000, 250)
    assert row.why == "its DNS packets carry more than questions do"
    assert 0 < row.score_volume < row.score_carries == 1


def test_a_log_without_packets_says_so(load_lines):
    with pytest.raises(MissingFieldError, match="packets"):
        analysis.tunnels(load_lines("version interface-id srcaddr dstaddr bytes\n5 eni-a 10.0.0.1 8.8.8.8 4"))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"peer": "52.216.0.9"}, "52.216.0.9 is an address of AWS S3"),
        ({"peer": "203.0.113.9", "port": 123, "protocol": 17, "bytes_out": 760, "packets_out": 10}, "time by NTP"),
        ({"peer": "203.0.113.9", "port": 123, "protocol": 17, "bytes_out": 76_000, "packets_out": 10}, ""),
        ({"peer": "192.168.9.9", "place": "unknown", "port": 53, "calls": 4, "bytes_out": 280}, "a private resolver"),
        ({"peer": "192.168.9.9", "place": "outside", "port": 53, "calls": 4, "bytes_out": 280}, ""),
        ({"peer": "203.0.113.9", "port": 443}, ""),
    ],
)
def test_what_is_recognised_says_by_what(load_lines, row, reason):
    flows = load_lines(f"{HEADER}\n2 eni-a 10.0.0.1 52.216.0.9 40000 443 6 1 60 {START} {START + 9} ACCEPT OK")
    told = reasons(flows, pd.DataFrame([row]))[0]
    assert reason in told
    assert bool(told) == bool(reason)
