"""floods: what exhausts a host is told from what only is much."""

import pandas as pd
import pytest

from flowkit.analysis.flooding import SETTINGS, floods
from flowkit.errors import MissingFieldError, ScopeError

T = 1773129600  # 2026-03-10 08:00
HOUR = range(60)
FLOOD = (30, 31)


def line(host, flow, packets, size, minute, *, dur=50, action="ACCEPT"):
    """Return a record of the default format; *flow* is source, destination, ports and protocol."""
    start = T + round(60 * minute)
    return f"2 111122223333 eni-{host} {flow} {packets} {packets * size} {start} {start + dur} {action} OK"


def pair(host, flow, amounts, minute):
    """Return the records of both ways; *amounts* are packets and size there and back."""
    client, server, sport, dport, protocol = flow.split()
    there, size, back, back_size = amounts
    return [
        line(host, flow, there, size, minute, dur=5),
        line(host, f"{server} {client} {dport} {sport} {protocol}", back, back_size, minute, dur=5),
    ]


def web(host, server, minutes, clients, each, *, net="198.51.100"):
    """Return visits to a web server: of so many clients, so many each minute."""
    visits = [(minute, client, n) for minute in minutes for client in range(1, clients + 1) for n in range(each)]
    return [
        record
        for minute, client, n in visits
        for record in pair(
            host, f"{net}.{client} {server} {20000 + minute * 60 + n} 443 6", (8, 200, 6, 900), minute + n % 50 / 60
        )
    ]


def both_ways(host, flow, *amounts):
    """Return an exchange in the minutes of the floods."""
    return [record for minute in FLOOD for record in pair(host, flow, amounts, minute)]


FLOODS = [
    # Half-open TCP at a web server whose visitors stay away meanwhile.
    *web(1, "10.0.0.1", [m for m in HOUR if m not in FLOOD], 3, 1),
    *[
        line(1, f"203.0.113.{n} 10.0.0.1 {1024 + n} 443 6", 30, 40, minute, dur=20)
        for minute in FLOOD
        for n in range(1, 41)
    ],
    *[line(2, "203.0.113.7 10.0.0.2 5000 9000 17", 60_000, 1400, minute) for minute in FLOOD],
    *[line(3, f"203.0.113.{n} 10.0.0.3 11211 443 17", 6_000, 1400, m, action="REJECT") for m in FLOOD for n in (1, 2)],
    *both_ways(4, "10.0.0.4 203.0.113.4 0 0 1", 9_000, 84, 9_000, 84),
    *web(5, "10.0.0.5", FLOOD, 3, 50),
    *[line(6, "10.0.0.6 203.0.113.6 5000 80 17", 60_000, 900, minute) for minute in FLOOD],
    *[line(7, f"10.0.0.7 203.0.113.8 {p} 80 6", 60, 40, minute) for minute in FLOOD for p in range(2000, 2020)],
    *[line(8, f"2001:db8::{n} fd00::8 {2000 + n} 22 6", 20, 80, 30, action="REJECT") for n in range(1, 31)],
    *[line(9, "203.0.113.9 10.0.0.9 - - 47", 60_000, 700, minute) for minute in FLOOD],
]
HARMLESS = {
    "video_call": both_ways(11, "10.0.0.11 203.0.113.11 50000 3478 17", 60_000, 900, 58_000, 900),
    "download": both_ways(12, "10.0.0.12 203.0.113.12 50000 443 17", 3_000, 60, 60_000, 1250),
    "port_scan": [line(13, f"203.0.113.13 10.0.0.13 50000 {p} 6", 1, 44, 30, action="REJECT") for p in range(1, 500)],
    "log_collector": [line(14, "203.0.113.14 10.0.0.14 40000 514 17", 60_000, 300, minute) for minute in HOUR],
    "upload": both_ways(15, "10.0.0.15 203.0.113.15 50000 443 6", 90_000, 1400, 9_000, 52),
    "resolver": both_ways(16, "10.0.0.16 203.0.113.16 53000 53 17", 60_000, 60, 60_000, 200),
    "crowd": web(17, "10.0.0.17", FLOOD, 20, 9),
    "busy_server": web(18, "10.0.0.18", HOUR, 2, 60, net="192.0.2"),
    "noise": [line(19, f"198.18.0.{n} 10.0.0.19 4{n:03} 23 6", 1, 40, 30, action="REJECT") for n in range(1, 200)],
}
COLUMNS = ["target", "kind", "direction", "port", "protocol", "sources", "packets", "packets_per_second"]
EXPECTED = [
    ["10.0.0.1", "syn", "inbound", 443, 6, 40, 2400, 20.0],
    ["10.0.0.2", "udp", "inbound", 9000, 17, 1, 120_000, 1000.0],
    ["10.0.0.3", "amplification", "inbound", 11211, 17, 2, 24_000, 200.0],
    ["10.0.0.4", "icmp", "inbound", 0, 1, 1, 18_000, 150.0],
    ["10.0.0.5", "connections", "inbound", 443, 6, 3, 2400, 20.0],
    ["10.0.0.9", "other", "inbound", None, 47, 1, 120_000, 1000.0],
    ["203.0.113.6", "udp", "outbound", 80, 17, 1, 120_000, 1000.0],
    ["203.0.113.8", "syn", "outbound", 80, 6, 1, 2400, 20.0],
    ["fd00::8", "syn", "inbound", 22, 6, 30, 600, 10.0],
]


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines("\n".join([*FLOODS, *(record for records in HARMLESS.values() for record in records)]))


@pytest.fixture(scope="module")
def found(flows):
    return floods(flows, connections_rate=2)


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda row: f"{row[1]}-{row[0]}")
def test_a_flood(found, expected):
    row = found[(found.target == expected[0])][COLUMNS].astype(object)
    assert row.where(row.notna(), None).to_numpy().tolist() == [expected]


@pytest.mark.parametrize("name", HARMLESS)
def test_what_only_is_much(found, name):
    hosts = {record.split()[n] for record in HARMLESS[name] for n in (3, 4)}
    assert not hosts & set(found.target)
    assert len(found) == len(EXPECTED)


def test_an_episode_its_sources_and_its_effect(found):
    row = found.set_index("target").loc["10.0.0.1"]
    assert (str(row["first"]), str(row["last"])) == ("2026-03-10 08:30:00+00:00", "2026-03-10 08:32:00+00:00")
    assert (row.target_place, row.calls, row.failed_share) == ("inside", 40, 1.0)
    assert len(row.peer) == 20
    assert set(row.peer) <= {f"203.0.113.{n}" for n in range(1, 41)}
    assert (row.others_before, row.others_during, row.score_others) == (3.0, 0.0, 1.0)
    assert (row.score_rise, row.bytes) == (1.0, 96_000)


def test_scores(found):
    assert found.score.is_monotonic_decreasing
    scores = [name for name in found if name.startswith("score")]
    assert found[scores].astype("float64").apply(lambda column: column.dropna().between(0, 1).all()).all()
    by_target = found.set_index("target")
    assert by_target.loc["203.0.113.6"].isna()[["score_sources", "score_others", "others_before"]].all()
    assert pd.isna(by_target.loc["10.0.0.5"].score_failed)
    assert by_target.loc["10.0.0.1"].score > 0.7


def test_a_log_of_rejects_in_windows_of_ten_minutes(load_lines):
    """Its packets are spread over the minutes it covers; what is usual and what others did is not known."""
    lines = [line(1, f"203.0.113.{n} 10.0.0.1 {n} 80 6", 300, 40, 0, dur=599, action="REJECT") for n in range(1, 41)]
    (row,) = floods(load_lines("\n".join(lines))).itertuples()
    assert (row.kind, row.packets, row.packets_per_second, row.sources) == ("syn", 12_000, 20.0, 40)
    assert (str(row.first), str(row.last)) == ("2026-03-10 08:00:00+00:00", "2026-03-10 08:10:00+00:00")
    assert pd.isna([row.score_rise, row.others_before, row.others_during]).all()


def test_none_unless_by_its_setting(flows, found):
    scanned = flows.narrow(address="10.0.0.13")
    none = floods(scanned)
    assert none.empty
    assert none.dtypes.to_dict() == found.dtypes.to_dict()
    assert none.attrs["caption"].startswith("0 floods")
    (row,) = floods(scanned, scan_ports=1000).itertuples()
    assert (row.target, row.sources, row.packets) == ("10.0.0.13", 1, 499)


def test_no_records(flows, found):
    assert floods(flows.narrow(start="2030-01-01T00:00Z")).dtypes.to_dict() == found.dtypes.to_dict()


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"syn_rates": 1}, "Did you mean syn_rate"), ({"syn_rate": -1}, "0 or more"), ({"top": 0}, "at least one")],
)
def test_settings_that_cannot_be(flows, settings, message):
    with pytest.raises(ScopeError, match=message):
        floods(flows, **settings)


def test_a_log_without_packets(load_lines):
    with pytest.raises(MissingFieldError, match="packets"):
        floods(load_lines(f"srcaddr dstaddr protocol start end\n10.0.0.1 10.0.0.2 6 {T} {T}"))


def test_each_setting_has_unit_and_reason():
    assert all(one.unit and len(one.why) > 20 for one in SETTINGS)
    assert len({one.name for one in SETTINGS}) == len(SETTINGS)
