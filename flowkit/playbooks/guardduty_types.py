"""The types of GuardDuty findings: what each rests on, and which playbook asks the same of flow logs."""

from dataclasses import dataclass
from typing import Final, Literal

Playbook = Literal["exfiltration", "intrusion", "flood"]


@dataclass(frozen=True, slots=True)
class FindingType:
    """What is known of a type of finding.

    Attributes
    ----------
    playbook
        The name of the one that asks the same of flow logs.
    why
        What flow logs alone can show again, and what they cannot: a sentence.
    rests_on
        What GuardDuty looked at.
    one_port
        Whether the port of the finding is the only one that matters.
    """

    playbook: Playbook
    why: str
    rests_on: str = "flow logs"
    one_port: bool = True


_LISTED: Final = "Flow logs show who talked when and how much; that the address is {} is GuardDuty's own knowledge."
_VOLUME: Final = "Flow logs show packets, bytes and protocol by the minute, which is what the finding is about."
_ATTEMPTS: Final = "Flow logs show each connection to the port and how long it lasted, not what was typed."
_PROBED: Final = "Flow logs show the probes and whether they were answered; that the address is a scanner is on a list."
_BASELINE: Final = "Flow logs show the traffic; that it was never so before takes a log that goes back some days."


def _flood(detail: str = "") -> FindingType:
    return FindingType("flood", _VOLUME + detail, one_port=False)


FLOW_LOG_TYPES: Final = {
    "Backdoor:EC2/C&CActivity.B": FindingType("exfiltration", _LISTED.format("a command and control server")),
    "Backdoor:EC2/DenialOfService.Dns": _flood(" What the DNS packets asked is not in them."),
    "Backdoor:EC2/DenialOfService.Tcp": _flood(),
    "Backdoor:EC2/DenialOfService.Udp": _flood(),
    "Backdoor:EC2/DenialOfService.UdpOnTcpPorts": _flood(),
    "Backdoor:EC2/DenialOfService.UnusualProtocol": _flood(),
    "Backdoor:EC2/Spambot": FindingType("exfiltration", f"{_BASELINE} That it is mail is told by the port alone."),
    "Behavior:EC2/NetworkPortUnusual": FindingType("exfiltration", _BASELINE),
    "Behavior:EC2/TrafficVolumeUnusual": FindingType("exfiltration", _BASELINE, one_port=False),
    "CryptoCurrency:EC2/BitcoinTool.B": FindingType("exfiltration", _LISTED.format("tied to mining")),
    "Impact:EC2/PortSweep": FindingType(
        "intrusion", "Flow logs show how many addresses were tried at the port; the finding names one of them."
    ),
    "Impact:EC2/WinRMBruteForce": FindingType("intrusion", _ATTEMPTS),
    "Recon:EC2/PortProbeEMRUnprotectedPort": FindingType("intrusion", _PROBED),
    "Recon:EC2/PortProbeUnprotectedPort": FindingType("intrusion", _PROBED),
    "Recon:EC2/Portscan": FindingType(
        "intrusion", "Flow logs show which ports of the remote address were tried, and when.", one_port=False
    ),
    "Trojan:EC2/BlackholeTraffic": FindingType("exfiltration", _LISTED.format("a black hole")),
    "Trojan:EC2/DropPoint": FindingType("exfiltration", _LISTED.format("a store of stolen data")),
    "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom": FindingType(
        "exfiltration", _LISTED.format("on a list of yours")
    ),
    "UnauthorizedAccess:EC2/RDPBruteForce": FindingType("intrusion", _ATTEMPTS),
    "UnauthorizedAccess:EC2/SSHBruteForce": FindingType(
        "intrusion", f"{_ATTEMPTS} GuardDuty looks at port 22 only; flow logs show the others too."
    ),
    "UnauthorizedAccess:EC2/TorClient": FindingType("exfiltration", _LISTED.format("a Tor guard or authority")),
    "UnauthorizedAccess:EC2/TorRelay": FindingType(
        "exfiltration", "Flow logs show many peers in and out; that they are Tor's takes its list.", one_port=False
    ),
}
"""Those that rest on flow logs. Source: "GuardDuty EC2 finding types" in the Amazon GuardDuty User Guide."""

_DNS_NAMES: Final = ("DNS", "DGADomain", "DomainRequest", "MetadataDNSRebind", "DriveBySource", "PhishingDomain")
_BY_RESOURCE: Final = {
    "IAMUser": "CloudTrail events", "S3": "CloudTrail data events of S3", "Kubernetes": "EKS audit logs",
    "RDS": "login activity of RDS", "Runtime": "the runtime agent on the host", "Lambda": "network activity of Lambda",
    "ECS": "a malware scan of the volumes", "Container": "a malware scan of the volumes",
}  # fmt: skip
_UNKNOWN: Final = "a source that flowkit does not know"


def known(name: str) -> FindingType:
    """Return what is known of a type, whatever it is called.

    >>> known("Trojan:EC2/DNSDataExfiltration").rests_on
    'DNS logs'
    """
    if name in FLOW_LOG_TYPES:
        return FLOW_LOG_TYPES[name]
    rests_on = _source_of(name)
    playbook: Playbook = "exfiltration" if name.startswith(("Trojan:", "Backdoor:", "Exfiltration:")) else "intrusion"
    meanwhile = "flow logs can only show who talked meanwhile."
    why = f"The finding rests on {rests_on}, not on flow logs: {meanwhile}"
    if rests_on == _UNKNOWN:
        why = f"What this type of finding rests on is not known here: {meanwhile}"
    return FindingType(playbook, why, rests_on, one_port=False)


def _source_of(name: str) -> str:
    resource, _, threat = name.partition(":")[2].partition("/")
    if resource == "EC2" and (name.endswith("!DNS") or any(part in threat for part in _DNS_NAMES)):
        return "DNS logs" if not threat.startswith("UnusualDNS") else _UNKNOWN
    if resource == "EC2" and "Malicious" in threat and "File" in threat:
        return "a malware scan of the volumes"
    return _BY_RESOURCE.get(resource, _UNKNOWN)
