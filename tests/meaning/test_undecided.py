"""Pairs of addresses one of which is ours, not said which: they are told, and who calls is looked at."""

import pytest

import flowkit as fk
from flowkit import playbooks

V3 = "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action tcp-flags log-status"
V5 = f"{V3} flow-direction"
HOST, PEER = "2001:db8:85:2::68", "2001:db8:bad::1"
START = 1773129600


def call(number, host=HOST, peer=PEER, eni="eni-a", ways=("", "")):
    """Return both records of a call, five minutes after the one before."""
    at = START + 300 * number
    when = f"{at} {at + 2} ACCEPT"
    return [
        f"5 {eni} {host} {peer} {40000 + number} 443 6 9 9000 {when} 3 OK {ways[0]}".strip(),
        f"5 {eni} {peer} {host} 443 {40000 + number} 6 5 500 {when} 19 OK {ways[1]}".strip(),
    ]


HOURS = [line for number in range(40) for line in call(number)]
CASES = {
    "one peer, no direction": (V3, HOURS, {HOST, PEER}),
    "two peers: the own address is in all records": (V3, [*HOURS, *call(41, peer="2001:db8:bad::2")], set()),
    "IPv4 beside it tells nothing of IPv6": (V3, [*HOURS, *call(41, "10.0.0.1", "8.8.8.8")], {HOST, PEER}),
    "one of the two is private": (V3, call(1, "10.0.0.1", "8.8.8.8"), set()),
    "the direction is logged": (V5, call(1, ways=("egress", "ingress")), set()),
    "it is logged of some": (V5, [*call(1, ways=("-", "-")), *call(2, ways=("egress", "ingress"))], set()),
    "no interface is named": (
        V3.replace("interface-id ", ""), [line.replace("eni-a ", "") for line in call(1)], set(),
    ),
}  # fmt: skip


def told(flows):
    known = flows.identities
    assert {known.table.address[number] for number in known.undecided} == known.undecided_addresses
    return known.undecided_addresses


@pytest.mark.parametrize("case", CASES)
def test_which_pairs_are_undecided(load_lines, case):
    header, lines, expected = CASES[case]
    assert told(load_lines("\n".join([header, *lines]))) == expected


def test_what_lies_inside_decides(load_lines):
    flows = load_lines("\n".join([V3, *HOURS]))
    assert told(fk.enriched(flows, inside=["2001:db8:85::/48"])) == set()


def test_the_caller_is_taken_to_be_ours_and_that_is_said(load_lines):
    flows = load_lines("\n".join([V3, *HOURS]))
    (beacon,) = fk.analysis.beacons(flows).to_dict("records")
    assert (beacon["host"], beacon["peer"], beacon["kind"]) == (HOST, PEER, "beacon")
    for name in ("beacons", "egress_volume", "first_seen", "tunnels", "uploads"):
        frame = getattr(fk.analysis, name)(flows)
        reading = "Of 1 row it cannot be told which end is ours: the caller is taken to be."
        assert (reading in frame.attrs["caption"]) == (len(frame) == 1), name
    (left,) = fk.analysis.egress_volume(flows).to_dict("records")
    assert (left["address"], left["bytes_out"], left["bytes_in"]) == (HOST, 360_000, 20_000)
    report = playbooks.run("exfiltration", flows)
    assert "Of 2 addresses it cannot be told whether they are ours" in report.coverage
    found = next(one for one in report.findings if one.kind == "beacon")
    assert "the caller is taken to be" in found.contradicting[0]
