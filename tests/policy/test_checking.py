"""Flows held against a policy: each verdict, what decided it, and what is only counted."""

import pytest

import flowkit as fk
from flowkit.errors import MissingFieldError, PolicyError, ScopeError
from flowkit.policy import Policy, Rule, Segment, check, matrix, read
from flowkit.policy.checking import _COLUMNS

HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
    "log-status tcp-flags flow-direction"
)
T = 1_772_000_000
HOSTS = {"10.0.1.1": "eni-a1", "10.0.1.2": "eni-a2", "10.0.2.1": "eni-b1", "2001:db8:1::1": "eni-a1"}
SYN, SYN_ACK, ON = 2, 18, 16
POLICY = """version: 1
name: two segments
default: deny
segments:
  a: {cidr: [10.0.1.0/24, 2001:db8:1::/64], within: deny}
  b: {cidr: [10.0.2.0/24]}
rules:
  - {allow: a, to: b, ports: [5432, 8000-8100], why: orders}
  - {deny: a, to: b, ports: [8100], why: retired}
  - {allow: internet, to: a, ports: [443], why: customers}
  - {allow: a, to: internet, protocol: udp, why: names}
exceptions:
  - {from: b, to: internet, ports: [443], owner: "Jane\\e[2J Doe", until: 2999-01-31, why: ticket 4711}
"""


def passed(source, destination, ports, flags=0, *, protocol=6, stop="", size=100, hosts=HOSTS, at=T):  # noqa: PLR0913
    """Return the records of some packets at both ends, or as far as they came."""
    lines = []
    for host, way in ((source, "egress"), (destination, "ingress")):
        action = "REJECT" if stop == way else "ACCEPT"
        tuple_ = f"{source} {destination} {ports[0]} {ports[1]} {protocol}"
        if host in hosts:
            amounts = f"1 {size} {at} {at + 9} {action} OK {flags} {way}"
            lines.append(f"5 1 {hosts[host]} {tuple_} {amounts}")
        if stop == way:
            break
    return lines


def talked(client, server, port, *, client_port=50_001, begun=False, **more):
    """Return the records of a conversation with an answer."""
    ports = (client_port, port)
    forth = passed(client, server, ports, ON if begun else SYN, **more)
    return forth + passed(server, client, ports[::-1], ON if begun else SYN_ACK, **more)


@pytest.fixture
def checked(load_lines):
    def check_lines(lines, policy=POLICY, header=HEADER, **options):
        flows = load_lines("\n".join([header, *lines]))
        return check(flows, read(policy) if isinstance(policy, str) else policy, **options)

    return check_lines


A1, A2, B1, NET, MORE = "10.0.1.1", "10.0.1.2", "10.0.2.1", "198.51.100.7", "10.9.9.9"
UDP = {"protocol": 17}
CASES = {
    "an allowed port": (talked(A1, B1, 5432), None),
    "the first of a range": (talked(A1, B1, 8000), None),
    "before a range": (talked(A1, B1, 7999), ("forbidden", "default deny", 3)),
    "after a range": (talked(A1, B1, 8101), ("forbidden", "default deny", 3)),
    "denied within what is allowed": (talked(A1, B1, 8100), ("forbidden", "deny a to b, tcp 8100", 9)),
    "another protocol": (talked(A1, B1, 5432, protocol=17), ("forbidden", "default deny", 3)),
    "the reverse of what is allowed": (talked(B1, A1, 5432), ("forbidden", "default deny", 3)),
    "within a closed segment": (talked(A1, A2, 22), ("forbidden", "deny within a", 5)),
    "an exception": (talked(B1, NET, 443), ("excepted", "exception b to internet, tcp 443", 13)),
    "no longer the exception": (talked(B1, NET, 444), ("forbidden", "default deny", 3)),
    "from the internet": (talked(NET, A1, 443), None),
    "IPv6": (talked("2001:4860::1", "2001:db8:1::1", 443), None),
    "forbidden IPv6": (talked("2001:4860::1", "2001:db8:1::1", 22), ("forbidden", "default deny", 3)),
    "elsewhere": (talked(MORE, A1, 443), ("forbidden", "default deny", 3)),
    "between what is in no segment": (talked(MORE, NET, 443, hosts={MORE: "eni-m"}), None),
    "one way": (passed(B1, A1, (50_001, 53), **UDP), ("forbidden", "default deny", 3)),
    "begun before the log": (talked(A1, B1, 5432, begun=True), None),
    "begun before the log, forbidden": (talked(A1, B1, 22, begun=True), ("forbidden", "default deny", 3)),
    "stopped at the client": (passed(A1, B1, (50_001, 22), SYN, stop="egress"), ("stopped", "default deny", 3)),
    "stopped at the server": (passed(A1, B1, (50_001, 22), SYN, stop="ingress"), ("stopped", "default deny", 3)),
    "stopped on the way back": (
        passed(A1, B1, (50_001, 22), SYN) + passed(B1, A1, (22, 50_001), SYN_ACK, stop="egress"),
        ("forbidden", "default deny", 3),
    ),
    "allowed and stopped": (passed(A1, B1, (50_001, 5432), SYN, stop="ingress"), None),
    "excepted and stopped": (
        passed(B1, NET, (50_001, 443), SYN, stop="egress"), ("excepted", "exception b to internet, tcp 443", 13)
    ),
    "a guess that decides": (
        talked(A1, B1, 8050, client_port=7000, begun=True), ("unsure", "default deny", 3)
    ),
    "a guess that does not": (
        talked(A1, B1, 9998, client_port=9999, begun=True), ("forbidden", "default deny", 3)
    ),
    "a guess that others settle": (
        talked(A1, B1, 8050, client_port=9050, begun=True) + talked(A1, B1, 8050, client_port=9051), None
    ),
    "ICMP": (talked(A1, NET, 0, client_port=0, protocol=1), ("forbidden", "default deny", 3)),
}  # fmt: skip


@pytest.fixture(scope="module")
def flows(load_lines):
    """Return flows of which the policy allows one conversation, forbids three services and stops one."""
    lines = talked(A1, B1, 5432) + talked(A1, B1, 22) + talked(A1, B1, 8100, size=101) + talked(A1, A2, 9, size=102)
    return load_lines("\n".join([HEADER, *lines, *passed(B1, A1, (50_001, 23), SYN, stop="ingress")]))


def elsewhere(line, number):
    """Return a record with ends of its own: one log then holds all cases, and is asked once."""
    hosts = {A1: f"10.0.1.{number}", A2: f"10.0.1.{100 + number}", B1: f"10.0.2.{number}", MORE: f"10.9.9.{number}"}
    hosts |= {NET: f"198.51.100.{number}", "2001:4860::1": f"2001:4860::{number}"}
    hosts |= {"2001:db8:1::1": f"2001:db8:1::{number}"}
    words = [hosts.get(word, f"{word}-{number}" if word.startswith("eni-") else word) for word in line.split(" ")]
    return " ".join(words)


def test_verdicts(load_lines):
    numbered = dict(enumerate(CASES, 1))
    lines = [elsewhere(line, number) for number, name in numbered.items() for line in CASES[name][0]]
    frame = check(load_lines("\n".join([HEADER, *lines])), read(POLICY))
    told = {}
    for row in frame.itertuples():
        number = int(row.client.replace("::", ".").rpartition(".")[2]) % 100
        told.setdefault(numbered[number], []).append((row.verdict, row.rule, row.line))
    assert told == {name: [expected] for name, (_, expected) in CASES.items() if expected}
    allowed = sum(len(lines) for lines, expected in CASES.values() if not expected)
    assert frame.attrs["allowed"]["records"] == allowed
    assert frame.attrs["checked"]["records"] == len(lines)


def test_the_columns_and_the_account(checked):
    lines = talked(B1, NET, 443, size=700) + talked(A1, B1, 22, client_port=50_002) + talked(A1, B1, 5432)
    lines += talked(A1, B1, 22, client_port=50_003, at=T + 120)
    frame = checked(lines)
    assert tuple(frame.columns) == _COLUMNS
    assert all(f"`{name}`" in check.__doc__ for name in _COLUMNS)
    first, second = frame.to_dict("records")
    told = {key: first[key] for key in ("client", "server", "server_port", "protocol", "conversations", "records")}
    assert told == {"client": A1, "server": B1, "server_port": 22, "protocol": 6, "conversations": 2, "records": 8}
    assert (first["client_segment"], first["server_segment"]) == ("a", "b")
    assert (first["accepted"], first["rejected"], first["opened_by_confidence"]) == (8, 0, "high")
    assert (first["bytes_to_server"], first["bytes_to_client"]) == (200, 200)  # both interfaces logged it: once
    assert (first["last"] - first["first"]).total_seconds() == 129
    assert (second["verdict"], second["until"]) == ("excepted", "2999-01-31")
    assert second["owner"] == r"Jane\x1b[2J Doe"
    assert frame.attrs["conversations"]["forbidden"] == 2
    assert frame.attrs["allowed"] == {"conversations": 1, "records": 4, "bytes": 200}
    assert frame.attrs["checked"] == {"conversations": 4, "records": 14, "bytes": 2000}
    assert "the policy forbids 2, excepts 1 and allows 1" in frame.attrs["caption"]


def test_nothing_to_tell(checked):
    frame = checked(["5 1 eni-a1 - - - - - - - 1772000000 1772000059 - NODATA - -", *talked(A1, B1, 5432)])
    assert (len(frame), tuple(frame.columns)) == (0, _COLUMNS)
    assert frame.attrs["checked"]["conversations"] == 1


def test_what_cannot_be_decided_is_counted(checked):
    lines = ["5 1 eni-a1 - - - - - 1 100 1772000000 1772000009 ACCEPT OK - egress"]
    lines += [f"5 1 eni-a1 {A1} {B1} - - 6 1 100 1772000000 1772000009 ACCEPT OK 2 egress"]
    frame = checked(lines)
    assert (len(frame), frame.attrs["undecided"]["records"]) == (0, 2)
    assert "cannot be decided" in frame.attrs["caption"]


def test_a_log_without_action_counts_as_accepted(checked):
    header, lines = HEADER.replace(" action", ""), passed(A1, B1, (50_001, 22), SYN, stop="egress")
    frame = checked([line.replace(" REJECT", "") for line in lines], header=header)
    assert list(frame.verdict) == ["forbidden"]
    assert "does not record action" in frame.attrs["caption"]


def test_a_log_without_ports_needs_a_policy_without_them(checked):
    header = "interface-id srcaddr dstaddr bytes packets start end action"
    lines = [f"eni-a1 {A1} {B1} 100 1 {T} {T + 9} ACCEPT"]
    with pytest.raises(
        MissingFieldError, match="the policy's rule 'allow a to b, tcp 5432, 8000-8100' needs the field"
    ):
        checked(lines, header=header)
    plain = read("version: 1\nname: x\nsegments:\n  a: {cidr: [10.0.1.0/24]}\n  b: {cidr: [10.0.2.0/24]}\n")
    frame = checked(lines, policy=plain, header=header)
    assert set(frame.client_segment) | set(frame.server_segment) == {"a", "b"}


def test_a_narrowed_scope(load_lines):
    lines = talked(A1, B1, 22) + talked(A1, B1, 22, at=T + 60, begun=True) + talked(A2, B1, 22, at=T + 60)
    flows = load_lines("\n".join([HEADER, *lines]))
    narrow = flows.narrow(start="2026-02-25T06:14:00Z", interface_id="eni-b1")
    frame = check(narrow, read(POLICY))
    assert sorted(zip(frame.client, frame.conversations, frame.records, strict=True)) == [(A1, 1, 2), (A2, 1, 2)]


def test_the_shipped_example_says_something_true_of_the_sample():
    frame = check(fk.load("sample"), read(fk.policy.examples()["three-tier"]))
    forbidden = frame[frame.verdict == "forbidden"]
    assert forbidden[["client", "server", "server_port"]].values.tolist() == [["10.0.11.10", "203.0.113.77", 443]]
    assert set(frame.server_segment[frame.verdict == "stopped"]) == {"edge", "bastion"}


def test_the_rest_is_counted(flows):
    frame = check(flows, read(POLICY), top=2)
    assert (list(frame.server_port), frame.attrs["left_out"]) == ([9, 8100], 2)
    assert "2 rows are not shown" in frame.attrs["caption"]
    assert (frame.attrs["conversations"]["forbidden"], frame.attrs["conversations"]["stopped"]) == (3, 1)


def test_a_default_that_allows_and_a_segment_nobody_is_in(flows):
    policy = POLICY.replace("default: deny", "default: allow").replace(
        "rules:", "  c: {cidr: [10.7.0.0/24]}\nrules:", 1
    )
    frame = check(flows, read(policy))
    assert list(frame.rule) == ["deny within a", "deny a to b, tcp 8100"]
    assert frame.attrs["empty_segments"] == ["c"]
    assert "In c lies nothing" in frame.attrs["caption"]


def test_a_policy_of_code_has_no_lines(flows):
    segments = (Segment(name="a", cidr=("10.0.1.0/24",)), Segment(name="b", cidr=("10.0.2.0/24",)))
    rule = Rule(action="deny", clients=("a",), servers=("b",), ports=((22, 22),), protocols=(6,))
    frame = check(flows, Policy(name="x", segments=segments, rules=(rule,)))
    assert list(frame.rule) == ["default deny", "deny a to b, tcp 22", "default deny", "default deny"]
    assert frame.line.isna().all()


def test_what_is_asked_wrongly_is_refused(flows):
    with pytest.raises(ScopeError, match="top is 0"):
        check(flows, read(POLICY), top=0)
    with pytest.raises(PolicyError, match="has no segments"):
        check(flows, Policy(name="x"))


def test_a_matrix(flows):
    frame = matrix(flows, read(POLICY))
    assert frame[["client_segment", "server_segment", "conversations", "bytes"]].to_numpy().tolist() == [
        ["a", "a", 1, 204], ["a", "b", 3, 602], ["b", "a", 1, 100],
    ]  # fmt: skip
    assert frame[["allowed", "forbidden", "stopped", "excepted", "unsure"]].to_numpy().tolist() == [
        [0, 1, 0, 0, 0], [1, 2, 0, 0, 0], [0, 0, 1, 0, 0],
    ]  # fmt: skip
    assert all(f"`{name}`" in matrix.__doc__ for name in frame.columns)
