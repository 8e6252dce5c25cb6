"""Findings as OCSF events: the required attributes, both ends of the traffic, the technique, times in milliseconds."""

import json
from datetime import UTC, datetime

import pytest

from flowkit.playbooks import Finding
from flowkit.playbooks.finding import SEVERITIES
from flowkit.playbooks.ocsf import event, lines
from flowkit.playbooks.passages import Section
from flowkit.playbooks.written import Document, Told

AT = datetime(2026, 3, 10, 8, 0, 0, 500_000, tzinfo=UTC)
REQUIRED = {
    "activity_id", "category_uid", "class_uid", "finding_info", "metadata", "severity_id", "time", "type_uid",
}  # fmt: skip
"""Of the class Detection Finding, without profiles."""


def told(more=None, **values):
    finding = Finding(**{"kind": "upload", "subject": "10.0.0.1", "summary": "Much\n left."} | values)
    return Told(finding=finding, told=AT, more=more or {})


def test_the_least_finding_has_all_that_is_required():
    found = event(told())
    assert set(found) >= REQUIRED
    assert (found["class_uid"], found["category_uid"], found["type_uid"], found["activity_id"]) == (2004, 2, 200401, 1)
    assert (found["time"], found["status_id"]) == (1773129600500, 1)
    assert set(found["metadata"]) >= {"version", "product"}
    assert set(found["metadata"]["product"]) == {"name", "vendor_name", "version"}
    assert set(found["finding_info"]) >= {"uid", "title"}
    assert not {"start_time", "end_time", "remediation", "resources", "comment"} & set(found)
    assert "attacks" not in found["finding_info"]


@pytest.mark.parametrize(("number", "severity"), list(enumerate(SEVERITIES, 1)))
def test_severities_have_their_numbers(number, severity):
    assert event(told(severity=severity))["severity_id"] == number


def test_both_ends_the_protocol_and_the_bytes_are_evidence():
    values = {"peer": "203.0.113.7", "port": 443, "protocol": "tcp", "first": AT, "bytes_out": 5}
    found = event(told(**values, supporting=("Seen.",)))
    (one,) = found["evidences"]
    assert one["src_endpoint"] == {"ip": "10.0.0.1"}
    assert one["dst_endpoint"] == {"ip": "203.0.113.7", "port": 443}
    assert one["connection_info"] == {"direction_id": 2, "protocol_name": "tcp", "protocol_num": 6}
    assert one["data"] == {"bytes_out": 5, "bytes_in": None, "caption": "Seen."}
    assert (found["start_time"], found["finding_info"]["first_seen_time"]) == (1773129600500, 1773129600500)


@pytest.mark.parametrize(
    ("kind", "peer", "ends"),
    [
        ("flood", "203.0.113.7", [("203.0.113.7", "10.0.0.1")]),
        ("port_scan", ["10.0.0.2", "10.0.0.3"], [("10.0.0.1", "10.0.0.2"), ("10.0.0.1", "10.0.0.3")]),
        ("background_noise", "", [(None, "10.0.0.1")]),
        ("upload", "", [("10.0.0.1", None)]),
    ],
)
def test_traffic_goes_where_it_went(kind, peer, ends):
    found = event(told(kind=kind, peer=peer, port=80))["evidences"]
    assert [(one.get("src_endpoint", {}).get("ip"), one.get("dst_endpoint", {}).get("ip")) for one in found] == ends


def test_what_is_no_address_is_a_name_and_a_resource():
    found = event(told(kind="gap", subject="eni-1"))
    assert found["resources"] == [{"uid": "eni-1"}]
    assert found["evidences"][0]["src_endpoint"] == {"name": "eni-1"}


@pytest.mark.parametrize(
    ("technique", "attack"),
    [
        ("T1048", {"technique": {"uid": "T1048"}}),
        ("T1595.001", {"technique": {"uid": "T1595"}, "sub_technique": {"uid": "T1595.001"}}),
    ],
)
def test_a_technique_is_told_from_a_sub_technique(technique, attack):
    assert event(told(technique=technique))["finding_info"]["attacks"] == [attack]


def test_a_withdrawn_finding_is_closed_with_its_reason():
    found = event(told({"withdrawn": "A backup.", "sha256": "ab"}))
    assert (found["activity_id"], found["type_uid"], found["status_id"], found["comment"]) == (
        3,
        200403,
        3,
        "A backup.",
    )
    assert found["finding_info"]["uid_alt"] == "ab"
    assert found["finding_info"]["uid"] == event(told())["finding_info"]["uid"]


def test_another_finding_has_another_id():
    ids = {event(told(**values))["finding_info"]["uid"] for values in ({}, {"port": 1}, {"peer": "10.0.0.2"})}
    assert len(ids) == 3


def test_each_line_is_an_event():
    written = lines(Document(section=Section("", ()), about={}, findings=(told(), told(port=1))))
    assert [json.loads(line)["message"] for line in written.splitlines()] == ["Much\n left."] * 2
    assert lines(Document(section=Section("", ()), about={}, findings=())) == ""
