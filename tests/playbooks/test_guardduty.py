"""GuardDuty findings: what is read of them, what is refused, and what flow logs answer."""

import gzip
import json
from datetime import timedelta

import pytest

from flowkit.errors import ScopeError, SourceError
from flowkit.playbooks import Parameter, Playbook, Report, playbook
from flowkit.playbooks.guardduty import from_guardduty
from flowkit.playbooks.guardduty_types import FLOW_LOG_TYPES, known

T = 1773129600  # 2026-03-10 08:00
C2 = "Backdoor:EC2/C&CActivity.B"
DEEP = "[" * 100_000
RECORDS = [
    *[
        f"2 1 {eni} {own} 198.51.100.9 {40000 + m} 80 6 5 500 {T + 60 * m} {T + 60 * m + 50} ACCEPT OK"
        for eni, own, minutes in (("eni-a", "10.0.1.10", 60), ("eni-b", "10.0.1.20", 30))
        for m in range(minutes)
    ],
    f"2 1 eni-a 10.0.1.10 203.0.113.5 50000 443 6 10 4000 {T + 600} {T + 650} ACCEPT OK",
    f"2 1 eni-a 203.0.113.5 10.0.1.10 443 50000 6 8 3000 {T + 600} {T + 650} ACCEPT OK",
]


def finding(kind=C2, *, local="10.0.1.10", remote="203.0.113.5", port=443, eni="eni-a", last="08:20", **action):
    """Return a finding as the API has it."""
    connection = {
        "ConnectionDirection": "OUTBOUND",
        "RemotePortDetails": {"Port": port},
        "LocalPortDetails": {"Port": 50000},
        "RemoteIpDetails": {"IpAddressV4": remote},
        **action,
    }
    return {
        "Type": kind,
        "Title": "EC2 instance i-1 talks to a <b>C&C</b> server.",
        "Severity": 8,
        "Resource": {
            "InstanceDetails": {
                "InstanceId": "i-1",
                "NetworkInterfaces": [{"NetworkInterfaceId": eni, "PrivateIpAddress": local, "PublicIp": "3.3.3.3"}],
            }
        },
        "Service": {
            "Action": {"ActionType": "NETWORK_CONNECTION", "NetworkConnectionAction": connection},
            "EventFirstSeen": "2026-03-10T08:05:00.123Z",
            "EventLastSeen": f"2026-03-10T{last}:00Z",
        },
    }


def lower(value):
    """Return the same as EventBridge spells it."""
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: lower(part) for key, part in value.items()}
    return [lower(part) for part in value] if isinstance(value, list) else value


PROBE = finding("Recon:EC2/PortProbeUnprotectedPort") | {
    "Service": {
        "Action": {
            "PortProbeAction": {
                "Blocked": False,
                "PortProbeDetails": [
                    {"LocalPortDetails": {"Port": 80}, "RemoteIpDetails": {"IpAddressV4": address}}
                    for address in ("198.51.100.9", "2001:DB8::9")
                ],
            }
        },
        "EventFirstSeen": "2026-03-10T08:05:00Z",
    }
}


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines("\n".join(RECORDS))


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    """Let one playbook be registered, which tells on what it was run."""

    def run(narrowed):
        if narrowed.scope.interface_id == ("eni-z",):
            raise ScopeError("not so.")
        return Report(name="exfiltration", title="", verdict="findings", summary=str(narrowed.scope))

    monkeypatch.setattr(playbook, "_REGISTERED", {})
    playbook.register(Playbook("exfiltration", "", "", (Parameter("days", ""),), run))


def test_what_a_finding_says():
    case = from_guardduty(finding())
    assert (case.type, case.severity, case.instance_id, case.interface_ids) == (C2, 8.0, "i-1", ("eni-a",))
    assert (case.local_addresses, case.remote_addresses, case.port) == (("10.0.1.10",), ("203.0.113.5",), 443)
    assert str(case.scope) == "2026-03-10 07:50:00Z to 08:35Z, eni-a"
    assert (case.playbook, case.rests_on_flow_logs, case.blocked) == ("exfiltration", True, False)


def test_probes_and_their_many_addresses():
    case = from_guardduty(PROBE)
    assert (case.remote_addresses, case.port) == (("198.51.100.9", "2001:db8::9"), 80)
    assert case.first == case.last


@pytest.mark.parametrize(
    "given",
    [
        json.dumps(finding()),
        "\ufeff " + json.dumps(lower(finding())),
        {"detail-type": "GuardDuty Finding", "detail": lower(finding())},
        {"Findings": [finding()]},
        [{"detail": finding()}],
        finding(LocalIpDetails={"IpAddressV4": "10.0.1.10"}),
    ],
    ids=["text", "lower", "event", "answer", "list", "local"],
)
def test_each_form_is_the_same_case(given):
    assert from_guardduty(given) == from_guardduty(finding())


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_and_lines_of_it(tmp_path, packed):
    path = tmp_path / "findings.jsonl"
    content = f"{json.dumps(finding())}\n{json.dumps(PROBE)}\n".encode()
    path.write_bytes(gzip.compress(content) if packed else content)
    assert [case.type for case in from_guardduty(path)] == [C2, PROBE["Type"]]
    assert from_guardduty(str(path)) == from_guardduty(path)


def test_inbound_the_local_port_counts():
    assert from_guardduty(finding(ConnectionDirection="INBOUND")).port == 50000
    assert from_guardduty(finding("Recon:EC2/Portscan")).port is None


def test_22_types_rest_on_flow_logs():
    assert len(FLOW_LOG_TYPES) == 22
    assert {one.playbook for one in FLOW_LOG_TYPES.values()} == {"exfiltration", "intrusion", "flood"}


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("Backdoor:EC2/C&CActivity.B!DNS", "DNS logs"),
        ("Trojan:EC2/DNSDataExfiltration", "DNS logs"),
        ("Impact:EC2/MaliciousDomainRequest.Reputation", "DNS logs"),
        ("UnauthorizedAccess:IAMUser/ConsoleLogin", "CloudTrail events"),
        ("Execution:Runtime/ReverseShell", "the runtime agent on the host"),
        ("Execution:EC2/MaliciousFile", "a malware scan of the volumes"),
        ("DefenseEvasion:EC2/UnusualDNSResolver", "a source that flowkit does not know"),
        ("nonsense", "a source that flowkit does not know"),
    ],
)
def test_others_rest_on_something_else(kind, source):
    assert known(kind).rests_on == source
    assert not from_guardduty(finding(kind)).rests_on_flow_logs


ANSWERS = [
    ("supported", finding(), "1 conversation (7,000 B) on port 443"),
    ("contradicted", finding(port=22), "On other ports it has 1 conversation"),
    ("contradicted", finding("Recon:EC2/Portscan", remote="203.0.113.77"), "covers the time of the finding"),
    ("not_seen", finding(local="10.0.1.20", eni="eni-b", last="08:50"), "does not cover all"),
    ("cannot_tell", finding(local="10.0.9.9", eni="eni-z"), "cannot show traffic"),
    ("cannot_tell", finding(remote=""), "names no remote address"),
    ("cannot_tell", finding(remote="203.0.113.77", Blocked=True), "cannot show traffic"),
    ("cannot_tell", finding(f"{C2}!DNS"), "rests on DNS logs, not on flow logs"),
]


@pytest.mark.parametrize(("verdict", "given", "words"), ANSWERS)
def test_what_flow_logs_answer(flows, verdict, given, words):
    case = from_guardduty(given)
    answer = case.run(flows)
    assert answer.verdict == verdict, str(answer)
    assert words in answer.summary
    assert "server_port" in answer.evidence
    if "eni-z" in case.interface_ids:
        assert answer.coverage.endswith("The playbook exfiltration could not be run: not so.")
    else:
        assert (answer.report and answer.report.summary) == (
            str(case.scope) if case.playbook == "exfiltration" else None
        )


def test_of_another_time_nothing_is_told(flows):
    answer = from_guardduty(finding()).run(flows.narrow(end="2026-03-10T07:00Z"))
    assert (answer.verdict, len(answer.evidence)) == ("cannot_tell", 0)
    assert "narrowed to before 2026-03-10 07:00Z" in str(answer)


BAD = {
    "nothing": ([], "no GuardDuty finding"),
    "number": (7, "a finding is a dict, JSON text or the path"),
    "bytes": (b"{}", "not bytes"),
    "number_in_list": ([7], "JSON object"),
    "empty": ({}, "Type"),
    "broken": ('{"Type": ', "no JSON"),
    "deep": (DEEP, "no JSON|nested too deeply"),
    "no_file": ("no/such/file.json", "cannot be read"),
    "no_path": ("a\0b", "cannot be read"),
    "long_path": ("x" * 100_000, "cannot be read"),
    "many": ([finding()] * 1001, "more than 1,000"),
    "type": (finding("<script>"), "none of GuardDuty's"),
    "type_is_a_list": (finding() | {"Type": []}, "none of GuardDuty's"),
    "no_service": (finding() | {"Service": None}, "when it was seen"),
    "address": (finding(remote="evil.example"), "which is none"),
    "zone": (finding(remote="fe80::1%eth0"), "which is none"),
    "port": (finding(port="443"), "port '443'"),
    "port_is_a_dict": (finding(port={}), "port a dict"),
    "huge_port": (finding(port=10**5000), "port a int"),
    "interface": (finding(eni="eni-a'; DROP TABLE flows"), "no id of AWS"),
    "time": (finding(last="25:00"), "no time"),
    "interfaces": (
        finding() | {"Resource": {"InstanceDetails": {"NetworkInterfaces": [{}] * 101}}},
        "no instance has so many",
    ),
    "long": (
        finding() | {"Service": {"EventFirstSeen": "0001-01-01T00:00:00Z", "EventLastSeen": "9999-01-01T00:00:00Z"}},
        "which no finding was",
    ),
}


@pytest.mark.parametrize(("given", "message"), BAD.values(), ids=BAD)
def test_what_is_refused(given, message):
    with pytest.raises(SourceError, match=message):
        from_guardduty(given)


@pytest.mark.parametrize("margin", [timedelta(minutes=-1), timedelta.max, 5])
def test_a_margin_that_cannot_be(margin):
    with pytest.raises(ScopeError, match="margin is"):
        from_guardduty(finding(), margin=margin)
