"""What becomes of an attempt to connect, told from the records of both ends."""

import pytest

from flowkit.analysis import connection_attempts
from flowkit.errors import MissingFieldError, ScopeError
from tests.analysis.pair import ENI, PLAIN, PORT, C, S, lines, silence, whole


@pytest.fixture(scope="module")
def attempts(load_lines):
    def ask(records, *, logged="CS", clients=C, servers=S, port=PORT, protocol="tcp", **options):
        text = lines(*records, protocol={"tcp": 6, "udp": 17, "icmp": 1}[protocol], **options)
        more = silence(ends=logged, **({"header": options["header"]} if "header" in options else {}))
        flows = load_lines("\n".join([text, *more]))
        return connection_attempts(flows, clients=clients, servers=servers, port=port, protocol=protocol)

    return ask


SENT, CAME, BACK, HOME = "C > A 40000 0", "S > A 40000 0", "S < A 40000 0", "C < A 40000 0"
QUIET = "C > A 40000 400 0 1 90"
CASES = {
    "a whole conversation": (whole(40000, 0), "established", ""),
    "a handshake without data": ([f"{SENT} 2 2 112", f"{CAME} 2 2 112", BACK, HOME], "established", ""),
    "what began before the log": (
        [f"{SENT} 0 5 400", f"{CAME} 0 5 400", f"{BACK} 0 5 900", f"{HOME} 0 5 900"], "established", "",
    ),
    "retries of one SYN": ([f"{SENT} 2 4 240", "S > R 40000 0 2 4 240"], "rejected", "destination_ingress"),
    "retries in two windows": (["C > R 40000 0 2 3 180", "C > R 40000 62"], "rejected", "source_egress"),
    "rejected as it leaves": (["C > R 40000 0"], "rejected", "source_egress"),
    "rejected as it arrives": ([SENT, "S > R 40000 0"], "rejected", "destination_ingress"),
    "the reply rejected as it leaves": ([SENT, CAME, "S < R 40000 0"], "rejected", "destination_egress"),
    "the reply rejected as it arrives": ([SENT, CAME, BACK, "C < R 40000 0"], "rejected", "source_ingress"),
    "an RST and nothing else": ([SENT, CAME, f"{BACK} 4 1 40", f"{HOME} 4 1 40"], "refused", ""),
    "an RST with an ACK": ([SENT, CAME, f"{BACK} 20 1 40", f"{HOME} 20 1 40"], "refused", ""),
    "no answer": ([f"{SENT} 2 4 240", f"{CAME} 2 4 240"], "unanswered", "no_reply"),
    "lost on the way": ([SENT, *whole(50000, 900)], "unanswered", "request_lost"),
    "the answer lost on the way": ([SENT, CAME, BACK], "unanswered", "reply_lost"),
    "a late packet": (["C < R 40000 0 1 1 40"], "late", ""),
    "a late packet to the server": (["S > R 40000 0 4 1 40"], "late", ""),
    "ended by the server's RST": (whole(40000, 0, "6"), "established", ""),
    "reset after long quiet": ([*whole(40000, 0, "2"), QUIET, "C < A 40000 400 4 1 40"], "reset", ""),
    "rejected after long quiet": ([*whole(40000, 0, "2"), QUIET, "S > R 40000 400 0 1 90"], "reset", ""),
    "rejected after a close and quiet": ([*whole(40000, 0), "S > R 40000 400 0 1 90"], "established", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_became_of_an_attempt(attempts, name):
    records, outcome, stopped_at = CASES[name]
    row = attempts(records).to_dict("records")[0]
    assert (row["outcome"], row["stopped_at"]) == (outcome, stopped_at)
    assert row["failed"] == {"established": False, "late": None}.get(outcome, True) or outcome == "late"
    assert (row["client"], row["server"], row["server_port"]) == (C, S, PORT)


PROBE, ARRIVED = "C > A 40000 0 - 4 240", "S > A 40000 0 - 4 240"


@pytest.mark.parametrize(
    ("records", "outcome"),
    [
        (whole(40000, 0), "established"),
        ([PROBE, "S > R 40000 0 - 4 240"], "rejected"),
        ([f"{SENT} - 1 60", f"{CAME} - 1 60", f"{BACK} - 1 40", f"{HOME} - 1 40"], "refused"),
        ([f"{SENT} - 3 180", f"{CAME} - 3 180", f"{BACK} - 1 60", f"{HOME} - 1 60"], "established"),
        ([PROBE, ARRIVED], "unanswered"),
    ],
)
def test_without_tcp_flags_and_direction_counts_and_sizes_tell(attempts, records, outcome):
    (row,) = attempts(records, header=PLAIN).to_dict("records")
    assert (row["outcome"], row["flagged"]) == (outcome, False)
    assert (row["client_interface"], row["server_interface"]) == (ENI["C"], ENI["S"] if len(records) > 1 else "")


@pytest.mark.parametrize(
    ("records", "logged", "outcome"),
    [
        (["C > A 40000 0"], "C", "unknown"),
        (["S > A 40000 0"], "S", "unanswered"),
        (["C > A 40000 0 3 9 4000", "C < A 40000 0 19 9 4000"], "C", "established"),
        (["S > A 40000 0 3 9 4000", "S < A 40000 0 19 9 4000"], "S", "established"),
        (["S > A 40000 0 2 4 240", "S < A 40000 0 18 4 240"], "S", "unknown"),
        (["S > R 40000 0"], "S", "rejected"),
        (["C > R 40000 0"], "C", "rejected"),
    ],
)
def test_what_is_not_logged_hides_only_what_it_would_show(attempts, records, logged, outcome):
    assert list(attempts(records, logged=logged).outcome) == [outcome]


@pytest.mark.parametrize(
    ("protocol", "records", "outcome"),
    [
        ("udp", ["C > A 40000 0", "S > A 40000 0", "S < A 40000 0", "C < A 40000 0"], "established"),
        ("udp", ["C > A 40000 0", "S > A 40000 0"], "one_way"),
        ("udp", ["C > A 40000 0", "S > R 40000 0"], "rejected"),
        ("udp", ["C > A 40000 0", "S > A 50000 900"], "unanswered"),
        ("icmp", ["C > A 0 0", "S > A 0 0", "S < A 0 0", "C < A 0 0"], "established"),
        ("icmp", ["C > A 0 0", "S > R 0 0"], "rejected"),
        ("icmp", ["C > A 0 0", "S > A 0 0"], "unanswered"),
    ],
)
def test_other_protocols(attempts, protocol, records, outcome):
    frame = attempts(records, protocol=protocol, port=None if protocol == "icmp" else PORT)
    assert frame.outcome[0] == outcome
    assert list(frame.client_port[:1].isna()) == [protocol == "icmp"]


@pytest.mark.parametrize(
    ("records", "count"),
    [
        (whole(40000, 0) + whole(40001, 0), 2),
        (whole(40000, 0) + whole(40000, 300), 2),  # the port is used again
        (whole(40000, 0) + whole(40000, 30), 2),  # after a close
        (["C > A 40000 0 2 9 4000", "C > A 40000 400 0 9 4000"], 1),  # quiet, and no new SYN
        (["C > R 40000 0", "C > R 40000 100"], 1),  # a late retry
        (["C > R 40000 0", "C > R 40000 200"], 2),
    ],
)
def test_one_attempt_is_a_syn_with_its_retries(attempts, records, count):
    assert len(attempts(records)) == count


def test_quiet_before_a_reset_is_told(attempts):
    records = [*whole(40000, 0, "2"), QUIET, "S < A 40000 400 4 1 40", "C < A 40000 400 4 1 40"]
    (row,) = attempts(records).to_dict("records")
    assert (row["idle_before"], row["reset_by"]) == (398, "server")


@pytest.mark.parametrize(
    ("after", "outcomes"),
    [
        (["C > A 40000 400 - 1 240", "C < A 40000 400 - 1 40"], ["established", "reset"]),
        (["C > A 40000 400 - 1 240", "C < A 40000 400 - 1 90"], ["established", "established"]),
        (["C > A 40000 400 - 1 41", "C < A 40000 400 - 1 40"], ["established", "refused"]),
    ],
)
def test_without_tcp_flags_one_bare_packet_after_quiet_and_data_is_a_reset(attempts, after, outcomes):
    told = attempts(["C > A 40000 0 - 9 4000", "C < A 40000 0 - 9 4000", *after], header=PLAIN, logged="C")
    assert told.outcome.tolist() == outcomes


def test_other_ports_and_the_other_direction_are_other_questions(attempts):
    frame = attempts(whole(40000, 0), port=22)
    assert frame.empty
    assert attempts(whole(40000, 0), clients=S, servers=C).empty


def test_what_was_counted_adds_up(attempts):
    (row,) = attempts(whole(40000, 0)).to_dict("records")
    assert (row["packets_to_server"], row["bytes_to_server"], row["records"]) == (9, 4000, 4)
    assert (row["seen_at_client"], row["answer_at_client"]) == (True, True)


def test_none_is_an_empty_frame_that_says_what_was_asked(attempts):
    frame = attempts([], logged="CS")
    assert frame.empty
    assert frame.attrs["caption"].startswith(f"Attempts to connect from {C} to {S}, tcp port {PORT}")


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"servers": C}, "source and destination are the same"),
        ({"port": None}, "which port of the destination is meant"),
        ({"port": 70_000}, "ports are 0 to 65535"),
        ({"protocol": "tpc"}, "tpc is no protocol"),
        ({"protocol": "icmp", "port": 3}, "has no ports"),
        ({"servers": "db-1"}, "db-1 is no address.*no inventory was given"),
        ({"servers": []}, "an end of the question is empty"),
    ],
)
def test_a_bad_question_is_refused_in_a_sentence(load_lines, question, message):
    flows = load_lines(lines(*whole(40000, 0)))
    asked = {"clients": C, "servers": S, "port": PORT, "protocol": "tcp"} | question
    with pytest.raises(ScopeError, match=message):
        connection_attempts(flows, **asked)


def test_a_log_without_ports_says_what_is_missing(load_lines):
    header = "version interface-id srcaddr dstaddr protocol start end action"
    flows = load_lines(f"{header}\n5 eni-a 10.0.1.10 10.0.2.20 6 1773129600 1773129650 ACCEPT")
    with pytest.raises(MissingFieldError, match="srcport"):
        connection_attempts(flows, clients=C, servers=S, port=PORT)


@pytest.mark.parametrize("said", [C, f"{C}/32", "10.0.1.0/24", "eni-app", ["192.0.2.1", C]])
def test_an_end_may_be_said_in_several_ways(attempts, said):
    assert list(attempts(whole(40000, 0), clients=said).client) == [C]


def test_ipv6_is_known_in_any_spelling(attempts):
    logged = {"client": "2001:db8::10", "server": "2001:db8::20"}
    frame = attempts(whole(40000, 0), clients="2001:db8:0:0::10", servers="2001:0db8::20", **logged)
    assert list(frame.outcome) == ["established"]
