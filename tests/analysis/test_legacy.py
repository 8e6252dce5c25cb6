"""`cleartext`: what passes readable, told by its port; a row per host and service."""

import pytest

from flowkit import analysis
from flowkit.analysis.legacy import LEGACY
from flowkit.errors import ScopeError
from tests.analysis.dialled import START, call, log, plain, refusal, rejection

OUT, HOST, OTHER, SERVER = "203.0.113.9", "10.0.0.1", "10.0.0.2", "10.0.0.9"


def datagram(client, server, port, second=0, action="ACCEPT"):
    """Return the line of a datagram that nobody answers, at the server's interface."""
    times = f"{START + second} {START + second}"
    return [f"5 eni-{server} {client} {server} 40000 {port} 17 1 500 {times} {action} OK 0 ingress"]


def row(frame, **about):
    (found,) = [one for one in frame.to_dict("records") if all(one[name] == value for name, value in about.items())]
    return found


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(
        log(
            *(call(f"203.0.113.{n}", SERVER, 23, n, there=(10, 1000 + n)) for n in range(1, 4)),
            call(HOST, SERVER, 21, 10),
            *(call(HOST, f"198.51.100.{n}", 80, 20 + n) for n in range(1, 6)),
            refusal(OUT, OTHER, 5900, 40),
            rejection(OUT, OTHER, 513, 50),
            call(HOST, SERVER, 443, 60),
            datagram(HOST, SERVER, 514, 70),
            datagram(HOST, SERVER, 161, 80),
        )
    )


@pytest.fixture(scope="module")
def frame(flows):
    return analysis.cleartext(flows)


@pytest.mark.parametrize(
    ("port", "told"),
    [
        (23, {"server": SERVER, "client": "203.0.113.3", "clients": 3, "servers": 1, "exposes": "credentials"}),
        (21, {"server": SERVER, "client": HOST, "client_place": "inside", "conversations": 1, "established": 1}),
        (80, {"client": HOST, "clients": 1, "servers": 5, "server_place": "outside", "conversations": 5}),
        (5900, {"server": OTHER, "conversations": 1, "established": 0}),
        (514, {"service": "syslog", "protocol": 17, "established": 1}),
        (161, {"service": "SNMP", "protocol": 17, "established": 0}),
    ],
)
def test_a_row_is_of_one_host_and_service(frame, port, told):
    found = row(frame, server_port=port)
    assert {name: found[name] for name in told} == told


def test_what_was_rejected_or_is_encrypted_is_none(frame):
    assert not {513, 443} & set(frame.server_port)


def test_what_leaves_or_enters_comes_first(frame):
    crosses = (frame.client_place == "outside") | (frame.server_place == "outside")
    assert crosses.tolist() == sorted(crosses, reverse=True)
    assert 0 < crosses.sum() < len(frame)


def test_what_is_not_shown_is_counted(flows):
    frame = analysis.cleartext(flows, top=2)
    assert (len(frame), frame.attrs["left_out"]) == (2, 4)
    with pytest.raises(ScopeError, match="at least one"):
        analysis.cleartext(flows, top=0)


def test_ipv6_and_a_plain_log(load_lines):
    lines = [
        f"2 eni-a 2001:db8::1 2001:db8::2 40000 23 6 5 500 {START} {START + 5} ACCEPT OK",
        f"2 eni-a 2001:db8::2 2001:db8::1 23 40000 6 5 900 {START} {START + 5} ACCEPT OK",
    ]
    found = row(analysis.cleartext(load_lines(plain(log(lines)))), server_port=23)
    assert (found["client"], found["server"], found["established"]) == ("2001:db8::1", "2001:db8::2", 1)


def test_each_port_is_listed_once_with_its_reason_and_source():
    keys = [(one.server_port, one.protocol) for one in LEGACY]
    assert len(keys) == len(set(keys))
    assert all(one.why and one.source and one.exposes in ("credentials", "content") for one in LEGACY)
