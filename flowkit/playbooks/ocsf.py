"""Findings as OCSF Detection Findings, which SIEMs and Amazon Security Lake take.

Source: the class ``detection_finding`` (2004) of the Open Cybersecurity Schema Framework, version 1.6.0.
"""

import hashlib
import json
from datetime import datetime
from importlib.metadata import version
from ipaddress import ip_address
from typing import Any, Final

import pandas as pd

from flowkit.fields import PROTOCOLS
from flowkit.playbooks.exporting import values
from flowkit.playbooks.finding import SEVERITIES, Finding
from flowkit.playbooks.written import Document, Told

SCHEMA: Final = "1.6.0"
CLASS: Final = 2004
_CATEGORY: Final = 2
_CREATE, _CLOSE = 1, 3
_NEW, _SUPPRESSED = 1, 3
_BEHAVIORAL: Final = 2
"""The kind of analytic: what hosts did, not a signature."""
_UNKNOWN, _INBOUND, _OUTBOUND, _LATERAL = 0, 1, 2, 3
_DIRECTIONS: Final = dict.fromkeys(
    ("upload", "slow_upload", "beacon", "blocked_beacon", "tunnel", "listed_address", "direct_egress"), _OUTBOUND
) | {"lateral_movement": _LATERAL, "staging": _LATERAL, "background_noise": _INBOUND}  # fmt: skip
_AT_SUBJECT: Final = frozenset(("flood", "background_noise", "exposed_admin", "staging"))
"""Kinds in which the traffic goes to the subject; in all others it comes from there."""
_SEVERITY_IDS: Final = {name: number for number, name in enumerate(SEVERITIES, 1)}
_CAPTIONS: Final = {"info": "Informational"}
_MOST_PEERS: Final = 100
_LONGEST_TITLE: Final = 120


def lines(document: Document) -> str:
    """Return the findings of a document as JSON lines; one that was withdrawn is a finding closed."""
    return "".join(json.dumps(event(one), allow_nan=False) + "\n" for one in document.findings)


def event(told: Told) -> dict[str, Any]:
    """Return a finding as an event of the class Detection Finding."""
    finding = told.finding
    activity, status = (_CLOSE, _SUPPRESSED) if told.withdrawn else (_CREATE, _NEW)
    found = {
        "class_uid": CLASS, "class_name": "Detection Finding", "category_uid": _CATEGORY, "category_name": "Findings",
        "activity_id": activity, "activity_name": "Close" if told.withdrawn else "Create",
        "type_uid": CLASS * 100 + activity, "status_id": status,
        "status": "Suppressed" if told.withdrawn else "New",
        "severity_id": _SEVERITY_IDS[finding.severity],
        "severity": _CAPTIONS.get(finding.severity, finding.severity.capitalize()),
        "time": _milliseconds(told.told), "start_time": _milliseconds(finding.first),
        "end_time": _milliseconds(finding.last), "message": finding.summary,
        "risk_score": round(100 * finding.score),
        "metadata": {"version": SCHEMA, "product": _product(), "uid": _hashed(_about(finding), told.told)},
        "finding_info": _info(told), "evidences": _evidences(finding), "resources": _resources(finding),
        "remediation": {"desc": "\n".join(finding.next_steps)} if finding.next_steps else None,
        "comment": told.withdrawn or " | ".join(told.more.get("comments", ())) or None,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value not in (None, [])}


def _product() -> dict[str, str]:
    return {"name": "flowkit", "vendor_name": "flowkit", "version": version("vpc-flowkit")}


def _info(told: Told) -> dict[str, Any]:
    finding = told.finding
    kind = finding.kind.replace("_", " ").capitalize()
    title = f"{kind}: {finding.subject}"
    about = {
        "uid": _hashed(_about(finding)), "uid_alt": told.more.get("sha256"), "title": title[:_LONGEST_TITLE],
        "desc": finding.summary, "types": [finding.kind], "created_time": _milliseconds(told.told),
        "first_seen_time": _milliseconds(finding.first), "last_seen_time": _milliseconds(finding.last),
        "analytic": {"uid": finding.kind, "name": kind, "type_id": _BEHAVIORAL, "type": "Behavioral"},
        "attacks": _attacks(finding.technique), "data_sources": ["VPC Flow Logs"],
    }  # fmt: skip
    return {name: value for name, value in about.items() if value not in (None, [])}


def _attacks(technique: str) -> list[dict[str, Any]]:
    """Return an ATT&CK id as technique and, behind the dot, sub-technique."""
    if not technique:
        return []
    above = {"technique": {"uid": technique.partition(".")[0]}}
    return [above | ({"sub_technique": {"uid": technique}} if "." in technique else {})]


def _evidences(finding: Finding) -> list[dict[str, Any]]:
    """Return what was seen between the subject and each peer; without a peer, what was seen at the subject."""
    peers = finding.peer if isinstance(finding.peer, list) else [finding.peer]
    amounts = values({"bytes_out": finding.bytes_out, "bytes_in": finding.bytes_in, "caption": _caption(finding)})
    return [_between(finding, peer) | {"data": amounts} for peer in peers[:_MOST_PEERS]]


def _caption(finding: Finding) -> str:
    evidence = finding.supporting
    return str(evidence.attrs.get("caption", "")) if isinstance(evidence, pd.DataFrame) else " ".join(evidence)


def _between(finding: Finding, peer: str) -> dict[str, Any]:
    source, target = (peer, finding.subject) if finding.kind in _AT_SUBJECT else (finding.subject, peer)
    port = {} if pd.isna(finding.port) else {"port": int(finding.port)}
    ends = {"src_endpoint": _endpoint(source), "dst_endpoint": _endpoint(target) | (port if target else {})}
    connection: dict[str, Any] = {"direction_id": _DIRECTIONS.get(finding.kind, _UNKNOWN)}
    if finding.protocol:
        connection |= {"protocol_name": finding.protocol} | _number(finding.protocol)
    return {name: end for name, end in ends.items() if end} | {"connection_info": connection}


def _endpoint(host: str) -> dict[str, str]:
    return {"ip" if _is_address(host) else "name": host} if host else {}


def _number(protocol: str) -> dict[str, int]:
    return {"protocol_num": PROTOCOLS[protocol.lower()]} if protocol.lower() in PROTOCOLS else {}


def _resources(finding: Finding) -> list[dict[str, str]]:
    """Return the subject where it is no address: an interface, a VPC."""
    return [] if _is_address(finding.subject) or not finding.subject else [{"uid": finding.subject}]


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _milliseconds(time: datetime | None) -> int | None:
    return None if time is None or pd.isna(time) else round(time.timestamp() * 1000)


def _about(finding: Finding) -> list[Any]:
    """Return what makes a finding this one; a SIEM knows it again, whenever it is told and with what evidence."""
    names = ("kind", "subject", "peer", "port", "protocol", "first", "last", "technique")
    told: list[Any] = values([getattr(finding, name) for name in names])
    return told


def _hashed(*what: object) -> str:
    return hashlib.sha256(json.dumps(values(what)).encode()).hexdigest()
