"""egress_volume: accepted bytes from inside to peers that are not, each conversation once."""

import pytest

import flowkit
from flowkit.analysis import egress_volume
from flowkit.errors import MissingFieldError, ScopeError

V5 = """
version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status tcp-flags \
pkt-srcaddr pkt-dstaddr flow-direction
5 eni-a 10.0.0.1 8.8.8.8 40000 443 6 2 900 1773129600 1773129650 ACCEPT OK 3 10.0.0.1 8.8.8.8 egress
5 eni-n 10.0.0.1 10.0.0.9 40000 443 6 2 900 1773129600 1773129650 ACCEPT OK 3 10.0.0.1 8.8.8.8 ingress
5 eni-n 10.0.0.9 8.8.8.8 50000 443 6 2 900 1773129600 1773129650 ACCEPT OK 3 10.0.0.9 8.8.8.8 egress
5 eni-a 8.8.8.8 10.0.0.1 443 40000 6 1 300 1773133200 1773133250 ACCEPT OK 19 8.8.8.8 10.0.0.1 ingress
5 eni-a 10.0.0.1 8.8.8.8 40001 443 6 7 7000 1773129600 1773129650 REJECT OK 2 10.0.0.1 8.8.8.8 egress
5 eni-a 10.0.0.1 192.168.9.9 40002 22 6 1 50 1773129600 1773129650 ACCEPT OK 2 10.0.0.1 192.168.9.9 egress
5 eni-a 10.0.0.1 10.0.0.2 40003 22 6 1 60 1773129600 1773129650 ACCEPT OK 2 10.0.0.1 10.0.0.2 egress
5 eni-b 10.0.0.1 10.0.0.2 40003 22 6 1 60 1773129600 1773129650 ACCEPT OK 2 10.0.0.1 10.0.0.2 ingress
5 eni-a 198.51.100.7 10.0.0.1 40004 80 6 1 70 1773129600 1773129650 ACCEPT OK 2 198.51.100.7 10.0.0.1 ingress
"""


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(V5)


def rows(frame):
    return frame[["address", "peer", "place", "bytes_out", "bytes_in"]].to_numpy().tolist()


def test_once(flows):
    frame = egress_volume(flows)
    assert rows(frame) == [
        ["10.0.0.1", "8.8.8.8", "outside", 900, 300],
        ["10.0.0.1", "192.168.9.9", "unknown", 50, 0],
    ]
    first = frame.iloc[0]
    assert (first.ratio, first.conversations, first.active_hours, first.packets_out) == (3.0, 1, 2, 2)
    assert str(first["last"]) == "2026-03-10 09:00:50+00:00"
    assert frame.ratio.isna().tolist() == [False, True]
    assert "counted once" in frame.attrs["caption"]
    assert "1 peer is private without an interface" in frame.attrs["caption"]


def test_as_logged(flows):
    assert ["10.0.0.9", "8.8.8.8", "outside", 900, 0] in rows(egress_volume(flows, count="as_logged"))


def test_inside_is_what_is_said_to_be(flows):
    known = flowkit.enriched(flows, inside=["10.0.0.0/16", "192.168.0.0/16"])
    assert [peer for _, peer, *_ in rows(egress_volume(known))] == ["8.8.8.8"]


def test_the_rest_is_counted(flows):
    assert egress_volume(flows, top=1).attrs["left_out"] == 1


def test_what_is_missing_or_misspelt(flows, load_lines):
    with pytest.raises(ScopeError, match="count is 'once'"):
        egress_volume(flows, count="twice")
    with pytest.raises(MissingFieldError, match="bytes"):
        egress_volume(load_lines("srcaddr dstaddr start end\n10.0.0.1 10.0.0.2 1773129600 1773129650"))
