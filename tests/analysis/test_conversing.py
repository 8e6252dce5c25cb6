"""conversations, events: what a conversation came to, what passed each way once, and what the log cannot tell."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flowkit
from flowkit.analysis import conversations, events
from flowkit.errors import MissingFieldError, ScopeError

NAMES = (
    "interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action tcp-flags flow-direction "
    "pkt-srcaddr pkt-dstaddr vpc-id"
)
BASE = 1773129600
EIGHT = pd.Timestamp("2026-03-10T08:00Z")

# Client 10.0.0.1 at eni-c, server 10.0.0.2 at eni-s. The two times count from 8:00; what a line leaves out is "-".
ASKS = "eni-c 10.0.0.1 10.0.0.2 40001 443 6"
ASKED = "eni-s 10.0.0.1 10.0.0.2 40001 443 6"
ANSWERS = "eni-s 10.0.0.2 10.0.0.1 443 40001 6"
ANSWERED = "eni-c 10.0.0.2 10.0.0.1 443 40001 6"
OUT, IN = "egress", "ingress"


def written(*lines, names=NAMES):
    """Return short lines as a log that has the fields *names*, all of them full records."""
    rows = []
    for line in lines:
        values = line.split()
        values[8:10] = [value if value == "-" else str(BASE + int(value)) for value in values[8:10]]
        full = dict(zip(NAMES.split(), [*values, *"-" * 16], strict=False))
        rows.append(" ".join(["5", *(full[name] for name in names.split())]))
    return "\n".join([f"version {names}", *rows])


def without(*lacking):
    return " ".join(name for name in NAMES.split() if name not in lacking)


@pytest.fixture(scope="module")
def load(load_lines):
    return lambda *lines, names=NAMES: load_lines(written(*lines, names=names))


def plain(frame):
    """Return rows as dictionaries with None for what is not told."""
    shown = frame.astype("object")
    return shown.where(shown.notna(), None).to_dict("records")


FLAGGED = [
    ("established", [f"{ASKS} 5 500 0 50 ACCEPT 3 {OUT}", f"{ANSWERED} 4 4000 0 50 ACCEPT 19 {IN}"]),
    ("established", [f"{ASKS} 5 500 0 50 ACCEPT 2 {OUT}", f"{ANSWERED} 4 4000 0 50 ACCEPT 0 {IN}"]),
    ("established", [f"{ASKS} 5 500 0 50 ACCEPT 0 {OUT}", f"{ANSWERED} 4 4000 0 50 ACCEPT 18 {IN}"]),
    ("refused", [f"{ASKS} 1 60 0 1 ACCEPT 2 {OUT}", f"{ANSWERED} 1 40 0 1 ACCEPT 4 {IN}"]),
    ("refused", [f"{ASKED} 1 60 0 1 ACCEPT 2 {IN}", f"{ANSWERS} 1 40 0 1 ACCEPT 20 {OUT}"]),
    ("reset", [f"{ASKS} 5 500 0 50 ACCEPT 6 {OUT}", f"{ANSWERED} 4 4000 0 50 ACCEPT 18 {IN}"]),
    ("reset", [f"{ASKS} 5 500 0 50 ACCEPT 2 {OUT}", f"{ANSWERED} 4 4000 0 50 ACCEPT 22 {IN}"]),
    ("reset", [f"{ASKS} 5 500 0 50 ACCEPT 0 {OUT}", f"{ANSWERED} 4 4000 0 50 ACCEPT 4 {IN}"]),
    (
        "reset",  # told a window later
        [
            f"{ASKS} 5 500 0 50 ACCEPT 2 {OUT}", f"{ANSWERED} 4 4000 0 50 ACCEPT 18 {IN}",
            f"{ASKS} 1 40 60 61 ACCEPT 4 {OUT}",
        ],
    ),
    ("unanswered", [f"{ASKS} 3 180 0 9 ACCEPT 2 {OUT}"]),
    ("unanswered", [f"{ASKED} 3 180 0 9 ACCEPT 2 {IN}"]),
    ("unanswered", [f"{ASKED} 1 60 0 1 REJECT 2 {IN}"]),
    ("unanswered", [f"{ASKED} 1 60 0 1 REJECT 0 {IN}"]),
    ("unanswered", [f"{ASKS} 1 60 0 1 ACCEPT 2 {OUT}", f"{ASKED} 1 60 0 1 REJECT 2 {IN}"]),
    ("unanswered", [f"{ASKED} 1 60 0 1 ACCEPT 2 {IN}", f"{ANSWERS} 1 60 0 1 REJECT 18 {OUT}"]),
    (
        "unanswered",  # the answer left the server and was stopped on its way in
        [
            f"{ASKS} 1 60 0 1 ACCEPT 2 {OUT}", f"{ASKED} 1 60 0 1 ACCEPT 2 {IN}",
            f"{ANSWERS} 1 60 0 1 ACCEPT 18 {OUT}", f"{ANSWERED} 1 60 0 1 REJECT 18 {IN}",
        ],
    ),
    ("one_way", [f"{ASKS} 5 500 0 50 ACCEPT 0 {OUT}"]),
    ("one_way", [f"{ANSWERED} 5 500 0 50 ACCEPT 0 {IN}"]),
    ("one_way", [f"{ANSWERED} 1 60 0 50 ACCEPT 18 {IN}"]),
    ("continuing", [f"{ASKS} 5 500 0 50 ACCEPT 0 {OUT}", f"{ANSWERED} 4 4000 0 50 ACCEPT 0 {IN}"]),
    ("continuing", [f"{ASKS} 5 500 0 50 ACCEPT 1 {OUT}", f"{ANSWERED} 4 4000 0 50 ACCEPT 1 {IN}"]),
]  # fmt: skip
UNFLAGGED = [
    ("established", [f"{ASKS} 5 500 0 50 ACCEPT - {OUT}", f"{ANSWERED} 4 4000 0 50 ACCEPT - {IN}"]),
    ("unanswered", [f"{ASKS} 5 500 0 50 ACCEPT - {OUT}"]),
    ("unanswered", [f"{ASKED} 1 60 0 1 REJECT - {IN}"]),
    ("unanswered", [f"{ASKED} 1 60 0 1 ACCEPT - {IN}", f"{ANSWERS} 1 60 0 1 REJECT - {OUT}"]),
    ("one_way", [f"{ANSWERED} 5 500 0 50 ACCEPT - {IN}"]),
]


@pytest.mark.parametrize(("state", "lines"), [*FLAGGED, *UNFLAGGED])
def test_states_of_tcp(load, state, lines):
    (row,) = plain(conversations(load(*lines)))
    assert (row["client"], row["server"], row["server_port"]) == ("10.0.0.1", "10.0.0.2", 443)
    assert row["state"] == state


@pytest.mark.parametrize(("state", "lines"), UNFLAGGED)
def test_a_log_without_the_field_tells_as_much_as_one_without_its_values(load, state, lines):
    assert conversations(load(*lines, names=without("tcp-flags"))).state.tolist() == [state]


@pytest.mark.parametrize(
    ("state", "lines"),
    [
        ("established", [f"{OUT} 10.0.0.1 10.0.0.2 40001 53 17 ACCEPT", f"{IN} 10.0.0.2 10.0.0.1 53 40001 17 ACCEPT"]),
        ("one_way", [f"{OUT} 10.0.0.1 10.0.0.2 40001 53 17 ACCEPT"]),
        ("one_way", [f"{IN} 10.0.0.2 10.0.0.1 53 40001 17 ACCEPT"]),
        ("unanswered", [f"{OUT} 10.0.0.1 10.0.0.2 40001 53 17 REJECT"]),
        ("unanswered", [f"{OUT} 10.0.0.1 10.0.0.2 40001 53 17 ACCEPT", f"{IN} 10.0.0.2 10.0.0.1 53 40001 17 REJECT"]),
        ("established", [f"{IN} 10.0.0.1 10.0.0.2 0 0 1 ACCEPT", f"{OUT} 10.0.0.2 10.0.0.1 0 0 1 ACCEPT"]),
        ("unanswered", [f"{IN} 10.0.0.1 10.0.0.2 0 0 1 ACCEPT", f"{OUT} 10.0.0.2 10.0.0.1 0 0 1 REJECT"]),
        ("one_way", [f"{IN} 10.0.0.1 10.0.0.2 0 0 1 ACCEPT"]),
        ("unanswered", [f"{IN} 10.0.0.1 10.0.0.2 0 0 1 REJECT"]),
    ],
)
def test_states_of_udp_and_icmp(load, state, lines):
    parts = [line.split() for line in lines]
    given = [
        f"eni-a {' '.join(part[1:6])} 1 60 {second} {second} {part[6]} - {part[0]}" for second, part in enumerate(parts)
    ]
    (row,) = plain(conversations(load(*given)))
    assert (row["client"], row["state"]) == ("10.0.0.1", state)


BOTH = [
    f"{ASKS} 5 500 0 50 ACCEPT 2 {OUT}", f"{ASKED} 5 500 0 50 ACCEPT 2 {IN}",
    f"{ANSWERS} 9 9000 1 50 ACCEPT 18 {OUT}", f"{ANSWERED} 8 8000 1 50 ACCEPT 18 {IN}",
    f"{ASKS} 1 40 60 110 ACCEPT 1 {OUT}", f"{ASKED} 1 40 60 110 ACCEPT 1 {IN}",
    "eni-c 10.0.0.1 10.0.0.2 40002 443 6 1 60 200 210 ACCEPT 2 egress",
    "eni-s 10.0.0.1 10.0.0.2 40002 443 6 1 60 200 210 REJECT 2 ingress",
]  # fmt: skip


def test_a_row_per_service_has_all_client_ports_together(load):
    frame = conversations(load(*BOTH))
    assert plain(frame) == [
        {
            "client": "10.0.0.1", "server": "10.0.0.2", "server_port": 443, "protocol": 6, "bytes_to_server": 600,
            "bytes_to_client": 9000, "packets_to_server": 7, "packets_to_client": 9, "conversations": 2, "records": 8,
            "accepted": 7, "rejected": 1, "first": EIGHT, "last": EIGHT + pd.Timedelta(seconds=210),
            "state": "unanswered", "opened_by": "syn", "opened_by_confidence": "high", "observed_at": "eni-c, eni-s",
            "client_vpc": None, "server_vpc": None,
        }
    ]  # fmt: skip
    assert frame.attrs["caption"] == (
        "1 rows, one per client, server, server port and protocol; bytes (B) each conversation counted once, "
        "at the sender's interface where that is logged. Scope: all records."
    )
    assert frame.attrs["left_out"] == 0


def test_a_row_per_client_port(load):
    frame = conversations(load(*BOTH), per="client_port")
    columns = ["client_port", "bytes_to_server", "bytes_to_client", "conversations", "records", "rejected", "state"]
    assert frame[columns].to_numpy().tolist() == [
        [40001, 540, 9000, 1, 6, 0, "established"],
        [40002, 60, 0, 1, 2, 1, "unanswered"],
    ]
    assert list(frame.columns[:5]) == ["client", "server", "client_port", "server_port", "protocol"]
    assert frame.observed_at.tolist() == ["eni-c, eni-s", "eni-c"]


@pytest.mark.parametrize(
    ("at", "passed", "state"),
    [("eni-c", (600, 8000), "unanswered"), ("eni-s", (600, 9000), "unanswered")],
)
def test_narrowed_to_one_interface_it_counts_what_that_saw(load, at, passed, state):
    (row,) = plain(conversations(load(*BOTH).narrow(interface_id=at)))
    assert (row["bytes_to_server"], row["bytes_to_client"], row["state"]) == (*passed, state)
    assert (row["observed_at"], row["records"]) == (at, 4)


def test_the_order_is_that_of_bytes_and_the_rest_is_counted(load):
    lines = [f"eni-c 10.0.0.1 10.0.0.{n} 40001 443 6 1 {100 * n} 0 9 ACCEPT 2 egress" for n in (2, 5, 3, 4)]
    flows = load(*lines)
    assert conversations(flows).server.tolist() == [f"10.0.0.{n}" for n in (5, 4, 3, 2)]
    frame = conversations(flows, top=1)
    assert (frame.server.tolist(), frame.attrs["left_out"]) == (["10.0.0.5"], 3)
    assert "; 3 with fewer bytes are not shown; bytes (B)" in frame.attrs["caption"]


NAT = [
    "eni-i 10.0.1.5 203.0.113.9 40001 443 6 5 500 0 50 ACCEPT 2 egress 10.0.1.5 203.0.113.9",
    "eni-n 10.0.1.5 10.0.0.220 40001 443 6 5 500 0 50 ACCEPT 2 ingress 10.0.1.5 203.0.113.9",
    "eni-n 10.0.0.220 203.0.113.9 55001 443 6 5 500 0 50 ACCEPT 2 egress 10.0.0.220 203.0.113.9",
    "eni-n 203.0.113.9 10.0.0.220 443 55001 6 4 4000 1 50 ACCEPT 18 ingress 203.0.113.9 10.0.0.220",
    "eni-n 10.0.0.220 10.0.1.5 443 40001 6 4 4000 1 50 ACCEPT 18 egress 203.0.113.9 10.0.1.5",
    "eni-i 203.0.113.9 10.0.1.5 443 40001 6 4 4000 1 50 ACCEPT 18 ingress 203.0.113.9 10.0.1.5",
]


@pytest.mark.parametrize(("lines", "at"), [(NAT, "eni-i"), (NAT[1:5], "eni-n")])
def test_behind_a_nat_gateway_the_true_ends_talk_once(load, lines, at):
    (row,) = plain(conversations(load(*lines)))
    assert (row["client"], row["server"], row["server_port"]) == ("10.0.1.5", "203.0.113.9", 443)
    assert (row["bytes_to_server"], row["bytes_to_client"]) == (500, 4000)
    assert (row["conversations"], row["state"], row["observed_at"]) == (1, "established", at)


def test_the_interfaces_counted_are_all_named(load):
    lines = [f"eni-{n} 10.0.0.{n} 10.0.0.9 4000{n} 443 6 1 60 {60 * n} {60 * n} ACCEPT 2 egress" for n in (1, 2, 3)]
    moved = [line.replace(f"10.0.0.{n} ", "10.0.0.1 ") for n, line in enumerate(lines, 1)]
    assert conversations(load(*moved)).observed_at.tolist() == ["eni-1, eni-2, eni-3"]


BUSY = [(1, 2, 40001, 40009), (2, 1, 40009, 40001), (3, 2, 40001, 40009), (2, 3, 40009, 40001)]


@pytest.mark.parametrize(
    ("lines", "client", "told"),
    [
        (["1 2 40001 443 6 ACCEPT 2"], 1, ("syn", "high")),
        (["1 2 443 40001 6 ACCEPT 18"], 2, ("syn", "high")),
        (["1 2 443 40001 6 ACCEPT 2"], 1, ("syn", "high")),
        (["1 2 443 40001 6 ACCEPT -", "2 1 40001 443 6 REJECT -"], 1, ("reply", "medium")),
        (["1 2 40001 443 6 ACCEPT -"], 1, ("ports", "medium")),
        (["1 2 5432 40001 6 ACCEPT -"], 2, ("ports", "medium")),
        (["1 2 40001 40002 17 ACCEPT -"], 1, ("reply", "low")),
        (["2 1 40002 40001 17 ACCEPT -", "1 2 40001 40002 17 ACCEPT -"], 2, ("ports", "low")),
        ([f"{a} {b} {p} {q} 17 ACCEPT -" for a, b, p, q in BUSY], 1, ("ports", "low")),
        (["2 1 123 123 17 ACCEPT -", "1 2 123 123 17 ACCEPT -"], 2, ("order", "low")),
        (["2 1 0 0 1 ACCEPT -"], 2, ("order", "low")),
    ],
)
def test_who_opened_it_and_how_sure_that_is(load, lines, client, told):
    rows = []
    for second, line in enumerate(lines):
        source, destination, *rest, action, flags = line.split()
        ends = f"eni-a 10.0.0.{source} 10.0.0.{destination} {' '.join(rest)}"
        rows.append(f"{ends} 1 60 {second} {second} {action} {flags} {OUT if source == '1' else IN}")
    found = {row["client"]: row for row in plain(conversations(load(*rows)))}
    row = found[f"10.0.0.{client}"]
    assert (row["opened_by"], row["opened_by_confidence"]) == told


def test_an_empty_scope_gives_the_columns_and_no_rows(load):
    flows = load(*BOTH)
    nobody = flows.narrow(dstport=1)
    for question, options in ((conversations, {}), (conversations, {"per": "client_port"}), (events, {})):
        frame, full = question(nobody, **options), question(flows, **options)
        assert frame.empty
        assert list(frame.columns) == list(full.columns)
        assert frame.attrs["left_out"] == 0
        assert str(frame["first"].dtype) == str(full["first"].dtype)


@pytest.mark.parametrize(
    ("lacking", "expected"),
    [
        (("srcport", "dstport"), {"server_port": None, "bytes_to_server": 600}),
        (("protocol",), {"protocol": None, "server_port": 443}),
        (("bytes",), {"bytes_to_server": None, "bytes_to_client": None, "packets_to_server": 7}),
        (("packets",), {"packets_to_server": None, "packets_to_client": None, "bytes_to_server": 600}),
        (("action",), {"accepted": None, "rejected": None, "records": 8}),
        (("start", "end"), {"first": None, "last": None, "bytes_to_server": 600}),
        (("end",), {"first": EIGHT, "last": None}),
        (("interface-id",), {"observed_at": "-", "records": 8}),
        (("flow-direction",), {"bytes_to_server": 600, "records": 8}),
    ],
)
def test_a_field_the_log_lacks_is_null_and_the_rest_is_told(load, lacking, expected):
    (row,) = plain(conversations(load(*BOTH, names=without(*lacking))))
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize("names", [NAMES, without("flow-direction"), without("tcp-flags", "start", "end")])
def test_a_log_of_nothing_but_silence_has_no_conversations(load_lines, names):
    names = f"{names} log-status"
    silent = " ".join({"interface-id": "eni-a", "log-status": "NODATA"}.get(name, "-") for name in names.split())
    flows = load_lines(f"version {names}\n5 {silent}")
    assert (len(flows.status_records.to_pandas()), len(conversations(flows)), len(events(flows))) == (1, 0, 0)


def test_what_is_neither_accepted_nor_rejected_is_neither(load):
    (row,) = plain(conversations(load(f"{ASKS} 5 500 0 50 - 2 {OUT}", f"{ASKS} 5 500 60 90 ACCEPT 0 {OUT}")))
    assert (row["records"], row["accepted"], row["rejected"]) == (2, 1, 0)


TWINS = [
    "eni-a 10.0.0.1 203.0.113.9 40001 443 6 1 100 0 9 ACCEPT 2 egress - - vpc-a",
    "eni-b 10.0.0.1 203.0.113.9 40002 443 6 1 300 0 9 ACCEPT 2 egress - - vpc-b",
]


def test_an_address_of_two_vpcs_is_two_clients(load):
    frame = conversations(load(*TWINS))
    assert frame[["client", "client_vpc", "bytes_to_server"]].to_numpy().tolist() == [
        ["10.0.0.1", "vpc-b", 300],
        ["10.0.0.1", "vpc-a", 100],
    ]
    assert frame.server_vpc.isna().all()


@pytest.mark.parametrize(
    ("question", "options", "told"),
    [
        (conversations, {"per": "port"}, "per is 'service' or 'client_port', not 'port'"),
        (conversations, {"per": "clientport"}, "client_port"),
        (conversations, {"top": 0}, "top is 0"),
        (events, {"top": -1}, "top is -1"),
    ],
)
def test_wrong_questions_are_refused(load, question, options, told):
    with pytest.raises(ScopeError, match=told):
        question(load(*BOTH), **options)


@pytest.mark.parametrize("question", [conversations, events])
def test_without_addresses_nobody_talked(load, question):
    with pytest.raises(MissingFieldError, match=r"Add \$\{dstaddr\}"):
        question(load(*BOTH, names=without("dstaddr")))


EVENTS = [
    # a fresh port, its next window, a new SYN on the same port; then UDP that falls silent for ten minutes
    f"{ASKS} 5 500 0 50 ACCEPT 3 {OUT}", f"{ANSWERED} 4 4000 0 50 ACCEPT 19 {IN}",
    f"{ASKS} 1 40 60 61 ACCEPT 1 {OUT}",
    f"{ASKS} 5 700 90 95 ACCEPT 2 {OUT}",
    "eni-c 10.0.0.1 10.0.0.3 40001 53 17 1 60 30 31 ACCEPT - egress",
    "eni-c 10.0.0.1 10.0.0.3 40001 53 17 1 60 120 121 ACCEPT - egress",
    "eni-c 10.0.0.1 10.0.0.3 40001 53 17 1 61 721 722 REJECT - egress",
]  # fmt: skip


def opened(frame):
    seconds = (frame["first"] - EIGHT).dt.total_seconds().astype(int)
    columns = [frame[name] for name in ("server", "opened", "state", "bytes_to_server", "records", "rejected")]
    return list(zip(seconds, *columns, strict=True))


EXPECTED = [
    (0, "10.0.0.2", "fresh_port", "established", 540, 3, 0),
    (30, "10.0.0.3", "fresh_port", "one_way", 120, 2, 0),
    (90, "10.0.0.2", "syn", "unanswered", 700, 1, 0),
    (721, "10.0.0.3", "gap", "unanswered", 61, 1, 1),
]


def test_events_in_the_order_of_time(load):
    frame = events(load(*reversed(EVENTS)))
    assert opened(frame) == EXPECTED
    assert list(frame.columns) == [
        "first", "last", "client", "client_port", "server", "server_port", "protocol", "opened", "state",
        "bytes_to_server", "bytes_to_client", "packets_to_server", "packets_to_client", "records", "accepted",
        "rejected",
    ]  # fmt: skip
    assert frame.bytes_to_client.tolist() == [4000, 0, 0, 0]
    assert frame["last"].tolist()[0] == EIGHT + pd.Timedelta(seconds=61)
    assert frame.attrs["caption"].startswith("4 conversations by the time they opened; bytes (B) each conversation")


def test_the_first_events_and_how_many_are_later(load):
    frame = events(load(*EVENTS), top=3)
    assert opened(frame) == EXPECTED[:3]
    assert frame.attrs["left_out"] == 1
    assert "; 1 later ones are not shown; " in frame.attrs["caption"]


def test_what_the_scope_cuts_off_is_continued(load):
    frame = events(load(*EVENTS).narrow(start="2026-03-10T08:01Z"))
    assert opened(frame) == [
        (60, "10.0.0.2", "continued", "one_way", 40, 1, 0),
        (90, "10.0.0.2", "syn", "unanswered", 700, 1, 0),
        (120, "10.0.0.3", "continued", "one_way", 60, 1, 0),
        EXPECTED[3],
    ]


@pytest.mark.parametrize(
    ("lines", "how"),
    [
        # a SYN after nothing but SYNs is the same attempt; after an answer or data it is another
        ([f"{ASKS} 1 60 0 0 ACCEPT 2 {OUT}", f"{ASKS} 1 60 60 60 ACCEPT 2 {OUT}"], ["fresh_port"]),
        ([f"{ASKS} 2 90 0 9 ACCEPT 3 {OUT}", f"{ASKS} 1 60 60 60 ACCEPT 2 {OUT}"], ["fresh_port", "syn"]),
        ([f"{ASKS} 1 60 0 0 ACCEPT 2 {OUT}", f"{ASKS} 1 60 900 900 ACCEPT 2 {OUT}"], ["fresh_port", "syn"]),
        # without a SYN, TCP goes on after any silence; without flags nobody knows
        ([f"{ASKS} 1 60 0 0 ACCEPT 0 {OUT}", f"{ASKS} 1 60 900 900 ACCEPT 0 {OUT}"], ["fresh_port"]),
        ([f"{ASKS} 1 60 0 0 ACCEPT - {OUT}", f"{ASKS} 1 60 900 900 ACCEPT - {OUT}"], ["fresh_port", "gap"]),
        ([f"{ASKS} 1 60 0 0 ACCEPT - {OUT}", f"{ASKS} 1 60 120 120 ACCEPT - {OUT}"], ["fresh_port"]),
        ([f"{ASKS} 1 60 0 0 ACCEPT - {OUT}", f"{ASKS} 1 60 121 121 ACCEPT - {OUT}"], ["fresh_port", "gap"]),
        # the same at both ends is one event
        ([f"{ASKS} 1 60 0 0 ACCEPT 2 {OUT}", f"{ASKED} 1 60 0 0 ACCEPT 2 {IN}"], ["fresh_port"]),
    ],
)
def test_what_opens_a_conversation(load, lines, how):
    assert events(load(*lines)).opened.tolist() == how


def test_without_times_events_are_still_counted(load):
    frame = events(load(*EVENTS, names=without("start", "end")))
    assert frame["first"].isna().all()
    assert int(frame.records.sum()) == len(EVENTS)


def test_text_of_a_log_arrives_as_it_is(load):
    hostile = "<script>alert(1)</script>"
    assert conversations(load(f"{ASKS.replace('eni-c', hostile)} 1 60 0 9 ACCEPT 2 {OUT}")).observed_at[0] == hostile


# Few values, so that tuples meet; an interface of one's own, so that every record counts once.
addresses = st.sampled_from(["10.0.0.1", "10.0.0.2", "192.0.2.1", "2001:db8::1"])
ports = st.sampled_from([0, 22, 443, 40001, None])
amounts = st.sampled_from([None, 0, 1, 1500])
seconds = st.sampled_from([0, 30, 60, 700])
lines = st.tuples(
    st.sampled_from(["eni-a", "eni-b"]), addresses, addresses, ports, ports, st.sampled_from([6, 17, None]), amounts,
    amounts, seconds, seconds, st.sampled_from(["ACCEPT", "REJECT", None]), st.sampled_from([None, 0, 2, 4, 18]),
    st.sampled_from(["ingress", "egress", None]),
)  # fmt: skip
KEYS = ["client", "server", "server_port", "protocol"]
SUMS = ["bytes_to_server", "bytes_to_client", "packets_to_server", "packets_to_client", "records"]


def flows_of(rows, folder):
    """Return flows of *rows*, loaded from a file; a log of which no line is a record has a silent one."""
    texts = [["-" if value is None else str(value) for value in row] for row in rows]
    for text, row in zip(texts, rows, strict=True):
        text[8:10] = map(str, sorted(row[8:10]))
    lines = written(*map(" ".join, texts)).split("\n")
    named = [f"{lines[0]} log-status", *(f"{line} OK" for line in lines[1:])]
    Path(folder, "flows.log").write_text("\n".join([*named, *([] if rows else [f"5 {'- ' * 16}NODATA"]), ""]))
    return flowkit.load(Path(folder, "flows.log"), case=Path(folder, "case"))


def summed(frame, keys):
    return frame.groupby(keys, dropna=False)[SUMS].sum().astype("int64").sort_index()


@pytest.mark.slow
@settings(max_examples=settings.default.max_examples // 5)
@given(st.lists(lines, max_size=10))
def test_services_are_client_ports_are_events_added_up(rows):
    with TemporaryDirectory() as folder:
        flows = flows_of(rows, folder)
        services, single, opened = conversations(flows), conversations(flows, per="client_port"), events(flows)
    pd.testing.assert_frame_equal(summed(services, KEYS), summed(single, KEYS), check_index_type=False)
    pd.testing.assert_frame_equal(summed(services, KEYS), summed(opened, KEYS), check_index_type=False)
    assert services.conversations.sum() == single.conversations.sum() == len(opened)
    assert services.records.sum() == len(rows)


@pytest.mark.slow
@settings(max_examples=settings.default.max_examples // 5)
@given(st.lists(lines.map(lambda row: ("eni-a", *row[1:12], "egress")), max_size=10))
def test_at_one_interface_every_byte_counts_once(rows):
    with TemporaryDirectory() as folder:
        frame = conversations(flows_of(rows, folder))
    passed = frame.bytes_to_server + frame.bytes_to_client
    found = {}
    for client, server, size in zip(frame.client, frame.server, passed, strict=True):
        found[frozenset((client, server))] = found.get(frozenset((client, server)), 0) + size
    expected = {}
    for row in rows:
        expected[frozenset(row[1:3])] = expected.get(frozenset(row[1:3]), 0) + (row[7] or 0)
    assert found == expected
