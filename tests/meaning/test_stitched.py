"""Where one conversation ends and another begins on the same tuple: windows of 60 and 600 s."""

from collections import defaultdict

import pytest

from flowkit.meaning.stitched import HOW

HEADER = (
    "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
    " tcp-flags flow-direction"
)

# Records as `whose interface`, way, protocol, flags, start-end (s), then how it opened (`.` continues) and its event.
# `c >`: seen by the client's interface, to the server; `s <`: seen by the server's interface, to the client.
CASES = {
    "one record": "c > tcp 3 0-5 fresh_port 0",
    "windows of 60 s": "c > tcp 2 0-59 fresh_port 0 | c > tcp 0 60-119 . 0 | c > tcp 1 120-130 . 0",
    "windows of 600 s": "c > tcp 2 0-599 fresh_port 0 | c > tcp 0 600-1199 . 0 | c > tcp 1 1200-1300 . 0",
    "both ways": (
        "c > tcp 2 0-59 fresh_port 0 | c < tcp 18 0-59 . 0 | c > tcp 0 60-119 . 0 | c < tcp 0 60-119 . 0"
        " | c > tcp 1 120-121 . 0 | c < tcp 1 120-121 . 0"
    ),
    "SYN again": "c > tcp 3 0-5 fresh_port 0 | c > tcp 3 60-65 syn 1 | c > tcp 3 120-125 syn 2",
    "SYN again, answered": (
        "c > tcp 3 0-5 fresh_port 0 | c < tcp 19 0-5 . 0 | c > tcp 3 60-65 syn 1 | c < tcp 19 60-65 . 1"
    ),
    "SYN again after it stood": "c > tcp 2 0-59 fresh_port 0 | c > tcp 0 60-119 . 0 | c > tcp 2 121-125 syn 1",
    "SYN tried again": "c > tcp 2 58-59 fresh_port 0 | c > tcp 2 61-65 . 0",
    "SYN tried again, SYN-ACK too": (
        "c > tcp 2 58-59 fresh_port 0 | c < tcp 18 58-59 . 0 | c > tcp 2 61-65 . 0 | c < tcp 18 61-73 . 0"
    ),
    "SYN tried again, then it stood": "c > tcp 2 58-59 fresh_port 0 | c > tcp 2 61-110 . 0 | c > tcp 1 130-131 . 0",
    "SYN refused, tried at once": (
        "c > tcp 2 59-59 fresh_port 0 | c < tcp 4 59-59 . 0 | c > tcp 2 60-60 . 0 | c < tcp 4 60-60 . 0"
    ),
    "SYN and RST, SYN again": "c > tcp 6 0-5 fresh_port 0 | c > tcp 2 60-65 syn 1",
    "only SYN, an hour later only SYN": "c > tcp 2 0-3 fresh_port 0 | c > tcp 2 3600-3603 syn 1",
    "a client port used again": "c > tcp 3 0-5 fresh_port 0 | c > tcp 3 7200-7205 syn 1",
    "TCP idle for an hour": (
        "c > tcp 2 0-59 fresh_port 0 | c < tcp 18 0-59 . 0 | c > tcp 0 3600-3610 . 0 | c < tcp 0 3600-3610 . 0"
    ),
    "TCP begun before the log, idle": "c > tcp 0 0-59 fresh_port 0 | c > tcp 0 3600-3610 . 0",
    "TCP without flags, idle": "c > tcp - 0-59 fresh_port 0 | c > tcp - 200-210 gap 1",
    "TCP without flags, not long idle": "c > tcp - 0-59 fresh_port 0 | c > tcp - 170-175 . 0",
    "UDP": "c > udp 0 0-5 fresh_port 0 | c < udp 0 0-5 . 0 | c > udp 0 70-75 . 0",
    "UDP silent for 120 s": "c > udp 0 0-5 fresh_port 0 | c > udp 0 125-126 . 0",
    "UDP silent for 121 s": "c > udp 0 0-5 fresh_port 0 | c > udp 0 126-127 gap 1",
    "UDP silent, windows of 600 s": (
        "c > udp 0 0-500 fresh_port 0 | c > udp 0 1160-1170 . 0 | c > udp 0 1831-1832 gap 1"
    ),
    "UDP silent both ways": "c > udp 0 0-5 fresh_port 0 | c < udp 0 80-85 . 0 | c > udp 0 190-195 . 0",
    "the server spoke last": "c > udp 0 0-5 fresh_port 0 | c < udp 0 300-305 gap 1 | c > udp 0 310-311 . 1",
    "ICMP": "c > icmp 0 0-5 fresh_port 0 | c > icmp 0 900-905 gap 1",
    "the reply seems earlier": "c > tcp 3 2-5 fresh_port 0 | s < tcp 19 0-5 . 0",
    "the second reply seems earlier": (
        "c > tcp 3 2-5 fresh_port 0 | s < tcp 19 2-5 . 0 | c > tcp 3 62-65 syn 1 | s < tcp 19 60-65 . 1"
    ),
    "both ends logged": (
        "c > tcp 2 0-59 fresh_port 0 | s > tcp 2 0-59 . 0 | c < tcp 18 0-59 . 0 | s < tcp 18 0-59 . 0"
        " | c > tcp 1 60-61 . 0 | s > tcp 1 60-61 . 0 | c < tcp 1 60-61 . 0 | s < tcp 1 60-61 . 0"
    ),
    "both ends logged, SYN again": (
        "c > tcp 3 0-5 fresh_port 0 | s > tcp 3 0-5 . 0 | c < tcp 19 0-5 . 0 | s < tcp 19 0-5 . 0"
        " | c > tcp 3 60-65 syn 1 | s > tcp 3 60-65 . 1 | c < tcp 19 60-65 . 1 | s < tcp 19 60-65 . 1"
    ),
    "both ends logged, the server's clock ahead": (
        "c > tcp 3 10-15 fresh_port 0 | s > tcp 3 8-13 . 0 | c < tcp 19 10-15 . 0 | s < tcp 19 8-13 . 0"
        " | c > tcp 3 70-75 syn 1 | s > tcp 3 68-73 . 1 | c < tcp 19 70-75 . 1 | s < tcp 19 68-73 . 1"
    ),
    "both ends logged, the server's clock behind": (
        "c > tcp 3 10-15 fresh_port 0 | s > tcp 3 12-17 . 0 | c < tcp 19 10-15 . 0 | s < tcp 19 12-17 . 0"
        " | c > tcp 3 70-75 syn 1 | s > tcp 3 72-77 . 1 | c < tcp 19 70-75 . 1 | s < tcp 19 72-77 . 1"
    ),
    "only the server's replies, its clock 2 s ahead, a client port used again": (
        "c > tcp 2 10-59 fresh_port 0 | s < tcp 18 8-57 . 0 | c > tcp 1 60-70 . 0 | s < tcp 1 58-68 . 0"
        " | c > tcp 3 120-125 syn 1 | s < tcp 19 118-123 . 1"
    ),
    "the server's clock 30 s ahead": "c > tcp 3 40-45 fresh_port 0 | s < tcp 19 10-15 . 0",
    "both ends logged, windows of 60 and 600 s": (
        "c > tcp 2 0-59 fresh_port 0 | c > tcp 0 60-119 . 0 | c > tcp 1 120-130 . 0 | s > tcp 3 0-130 . 0"
    ),
}
NUMBERS = {"tcp": 6, "udp": 17, "icmp": 1}


def line(number, index, record):
    """Write a record of the case *number*; its packets tell it from the others."""
    who, way, protocol, flags, times, *_ = record.split()
    client, server = f"10.{number}.0.1", f"10.{number}.0.2"
    ports = ["0", "0"] if protocol == "icmp" else ["40000", "443"]
    ends = [client, server, *ports] if way == ">" else [server, client, *ports[::-1]]
    start, end = (1_773_129_600 + int(second) for second in times.split("-"))
    return (
        f"5 eni-{number}-{who} {' '.join(ends)} {NUMBERS[protocol]} {index} 900 {start} {end} ACCEPT OK {flags}"
        f" {'egress' if (who == 'c') == (way == '>') else 'ingress'}"
    )


@pytest.fixture(scope="module")
def events(load_lines, resolved):
    lines = [HEADER]
    for number, case in enumerate(CASES.values()):
        lines += [line(number, index, record) for index, record in enumerate(case.split(" | "), 1)]
    flows = load_lines("\n".join(lines))
    found = defaultdict(dict)
    for row in resolved(flows, flows.facts).itertuples():
        how = "." if HOW[row.opens] == "continued" else HOW[row.opens]
        found[int(row.client.split(".")[1])][row.packets] = f"{how} {row.event}"
    return found


@pytest.mark.parametrize(("number", "case"), list(enumerate(CASES)), ids=CASES)
def test_a_record_opens_or_continues(events, number, case):
    expected = [" ".join(record.split()[-2:]) for record in CASES[case].split(" | ")]
    assert [events[number][index] for index in range(1, len(expected) + 1)] == expected


def test_a_reply_belongs_to_the_syn_before_it_though_the_port_is_soon_used_again(load_lines, resolved):
    case = "c > tcp 3 50-55 | c < tcp 19 50-55 | c > tcp 3 61-65 | c < tcp 19 61-65"
    records = [line(0, index, record) for index, record in enumerate(case.split(" | "), 1)]
    flows = load_lines("\n".join([HEADER, *records]))
    assert resolved(flows, flows.facts).sort_values("packets").event.tolist() == [0, 0, 1, 1]
