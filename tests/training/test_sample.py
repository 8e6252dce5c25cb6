"""The shipped sample is what the generator makes, and holds what it promises."""

import gzip
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from flowkit.training.sample import FOLDER, generate, write

APPLICATION, DATABASE, BASTION = "10.0.1.10", "10.0.2.20", "10.0.0.30"
FIN, SYN, SYN_ACK = 1, 2, 18

Record = dict[str, str]


def texts(files: dict[str, bytes]) -> dict[str, str]:
    """Return each file's text: gzip bytes differ between zlib builds, what they say does not."""
    return {
        path: (gzip.decompress(content) if path.endswith(".gz") else content).decode()
        for path, content in files.items()
    }


def contents(folder: Path) -> dict[str, bytes]:
    """Return what lies below a folder: path to bytes."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@cache
def records() -> list[Record]:
    """Return every line of the shipped logs, by column name."""
    found: list[Record] = []
    for path, text in texts(contents(FOLDER)).items():
        if path.endswith(".log.gz"):
            header, *lines = text.splitlines()
            found += [dict(zip(header.split(), line.split(), strict=True)) for line in lines]
    return found


def flows() -> list[Record]:
    return [record for record in records() if record["log-status"] == "OK"]


def five_tuple(record: Record) -> tuple[str, ...]:
    return tuple(record[name] for name in ("srcaddr", "dstaddr", "srcport", "dstport", "protocol"))


def described(command: str) -> Any:
    return json.loads((FOLDER / "snapshot" / f"{command}.json").read_bytes())


def answered_ports() -> tuple[int, int]:
    """Return the client ports that entry 100 outbound of the database's ACL lets replies go to."""
    subnets = described("describe-subnets")["Subnets"]
    subnet = next(subnet["SubnetId"] for subnet in subnets if subnet["CidrBlock"] == "10.0.2.0/24")
    for acl in described("describe-network-acls")["NetworkAcls"]:
        if any(association["SubnetId"] == subnet for association in acl["Associations"]):
            entries = [entry for entry in acl["Entries"] if entry["Egress"] and entry["RuleNumber"] == 100]
            return entries[0]["PortRange"]["From"], entries[0]["PortRange"]["To"]
    raise AssertionError("the database's subnet has no ACL")


def test_generating_twice_gives_the_same_and_it_is_what_is_shipped(tmp_path: Path) -> None:
    write(tmp_path)
    files = generate()
    assert contents(tmp_path) == files
    assert texts(files) == texts(contents(FOLDER))


def test_it_is_small_and_knows_nothing_of_the_machine() -> None:
    assert sum(map(len, contents(FOLDER).values())) < 2_000_000
    for path, content in contents(FOLDER).items():
        assert not path.endswith(".gz") or content[3:8] == bytes(5), "gzip header: no name, no time"
    assert not re.search(r"/home|/root|/tmp|/work|\\", "".join(texts(contents(FOLDER)).values()))


def test_files_hold_the_records_that_end_in_their_five_minutes() -> None:
    logs = {path: text for path, text in texts(contents(FOLDER)).items() if path.endswith(".log.gz")}
    assert len(logs) == 72
    first = 1_773_129_600
    for number, path in enumerate(sorted(logs)):
        assert f"20260310T{8 + number // 12:02}{number % 12 * 5:02}Z" in path
        ends = {int(line.split()[11]) for line in logs[path].splitlines()[1:]}
        assert ends <= set(range(first + 300 * number, first + 300 * (number + 1)))


def test_every_line_has_its_29_columns_and_possible_values() -> None:
    assert {len(record) for record in records()} == {29}
    assert Counter(record["log-status"] for record in records()).keys() == {"OK", "NODATA", "SKIPDATA"}
    interfaces = described("describe-network-interfaces")["NetworkInterfaces"]
    addresses = {i["NetworkInterfaceId"]: i["PrivateIpAddress"] for i in interfaces}
    for record in flows():
        own = record["srcaddr" if record["flow-direction"] == "egress" else "dstaddr"]
        assert addresses[record["interface-id"]] == own
        assert 0 <= int(record["end"]) - int(record["start"]) < 60
        assert 20 * int(record["packets"]) <= int(record["bytes"]) <= 1500 * int(record["packets"])
        assert (record["traffic-path"] == "-") == (record["flow-direction"] == "ingress")


def test_lines_without_data_have_eight_dashes_and_the_gap_has_no_records() -> None:
    without = [record for record in records() if record["log-status"] != "OK"]
    for record in without:
        assert [value for _, value in list(record.items())[3:10]] == ["-"] * 7
        assert record["action"] == "-"
    skipped = [record for record in without if record["log-status"] == "SKIPDATA"]
    gap = range(min(int(r["start"]) for r in skipped), max(int(r["end"]) for r in skipped) + 1)
    assert len(gap) == 12 * 60
    assert not [r for r in flows() if r["interface-id"] == skipped[0]["interface-id"] and int(r["end"]) in gap]


def test_both_ends_see_the_same_bytes() -> None:
    gap = {record["interface-id"] for record in records() if record["log-status"] == "SKIPDATA"}
    interfaces = described("describe-network-interfaces")["NetworkInterfaces"]
    inside = {i["PrivateIpAddress"] for i in interfaces if i["NetworkInterfaceId"] not in gap}
    between = [r for r in flows() if {r["srcaddr"], r["dstaddr"], r["pkt-srcaddr"], r["pkt-dstaddr"]} <= inside]
    left, arrived = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    for r in between:
        if r["flow-direction"] == "ingress":
            arrived[five_tuple(r)] += int(r["bytes"])
        elif r["action"] == "ACCEPT":
            left[five_tuple(r)] += int(r["bytes"])
    assert left == arrived
    assert len(left) > 5_000


def test_the_database_connections_that_fail_have_ports_the_acl_leaves_out() -> None:
    low, high = answered_ports()
    tried = {
        int(record["srcport"])
        for record in flows()
        if (record["srcaddr"], record["dstaddr"]) == (APPLICATION, DATABASE)
        and record["flow-direction"] == "egress"
        and int(record["tcp-flags"]) & SYN
    }
    answered = {
        int(record["dstport"])
        for record in flows()
        if (record["srcaddr"], record["dstaddr"]) == (DATABASE, APPLICATION)
        and record["flow-direction"] == "ingress"
        and int(record["tcp-flags"]) & SYN_ACK == SYN_ACK
    }
    failed = tried - answered
    assert all(port > high for port in failed)
    assert all(low <= port <= high for port in answered)
    assert 0.05 < len(failed) / len(tried) < 0.20


def test_every_reject_has_its_reason() -> None:
    low, high = answered_ports()
    ended = {
        (r["interface-id"], frozenset([(r["srcaddr"], r["srcport"]), (r["dstaddr"], r["dstport"])]))
        for r in flows()
        if r["action"] == "ACCEPT" and int(r["tcp-flags"]) & FIN
    }
    reasons: Counter[str] = Counter()
    for r in flows():
        connection = frozenset([(r["srcaddr"], r["srcport"]), (r["dstaddr"], r["dstport"])])
        if r["action"] == "ACCEPT":
            continue
        if (r["interface-id"], connection) in ended:
            reasons["late packet"] += 1
        elif r["srcaddr"] == DATABASE and not low <= int(r["dstport"]) <= high:
            reasons["unanswered port"] += 1
        elif r["srcaddr"].startswith("198.19.66."):
            reasons["blocked range"] += 1
        elif r["srcaddr"].startswith("198.19.") and (r["dstport"] != "443" or r["dstaddr"] == BASTION):
            reasons["closed port"] += 1
        else:
            pytest.fail(f"no rule refuses {r}")
    assert set(reasons) == {"late packet", "unanswered port", "blocked range", "closed port"}


@pytest.mark.parametrize(
    ("service", "peer", "least"),
    [("S3", None, 7_000_000_000), ("-", "203.0.113.77", 600_000_000)],
    ids=["S3 through the NAT gateway", "the unusual address"],
)
def test_what_leaves_through_the_nat_gateway(service: str, peer: str | None, least: int) -> None:
    gateway = described("describe-nat-gateways")["NatGateways"][0]["NatGatewayAddresses"][0]
    sent = [
        record
        for record in flows()
        if record["interface-id"] == gateway["NetworkInterfaceId"]
        and record["flow-direction"] == "ingress"
        and record["pkt-dst-aws-service"] == service
        and (peer is None or record["pkt-dstaddr"] == peer)
    ]
    assert {record["dstaddr"] for record in sent} == {gateway["PrivateIp"]}
    assert sum(int(record["bytes"]) for record in sent) > least
    if peer:
        assert {record["srcaddr"] for record in sent} == {"10.0.11.10"}
