"""summary: a row per fact, and for each absent field what cannot be answered."""

from datetime import UTC, datetime

import pytest

from flowkit import fields
from flowkit.analysis import summary

V5 = """
version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status vpc-id
5 eni-a 10.0.0.1 10.0.0.2 40001 443 6 1 1000 1773129600 1773129659 ACCEPT OK vpc-1
5 eni-b 10.0.0.1 10.0.0.2 40001 443 6 2 1000 1773129610 1773129669 REJECT OK vpc-1
5 eni-b - - - - - - - 1773129660 1773129719 - NODATA vpc-1
5 eni-b - - - - - - - 1773129720 1773129779 - SKIPDATA vpc-1
this is no flow record
"""
V2 = "2 111122223333 eni-a 10.0.0.1 10.0.0.2 40001 443 6 1 1000 1773129600 1773130190 ACCEPT OK"


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(V5)


def facts(flows):
    frame = summary(flows)
    return dict(zip(zip(frame.topic, frame.name, strict=True), frame.value, strict=True))


def test_facts(flows):
    told = facts(flows)
    expected = {
        ("traffic", "records"): 2,
        ("traffic", "accepted"): 1,
        ("traffic", "rejected"): 1,
        ("traffic", "bytes"): 2000,
        ("traffic", "packets"): 3,
        ("time", "first start"): datetime(2026, 3, 10, 8, 0, tzinfo=UTC),
        ("time", "last end"): datetime(2026, 3, 10, 8, 1, 9, tzinfo=UTC),
        ("time", "aggregation interval"): 60,
        ("where", "VPCs"): 1,
        ("where", "interfaces"): 2,
        ("logging", "SKIPDATA"): 1,
        ("logging", "NODATA"): 1,
        ("source", "objects"): 1,
        ("source", "lines"): 6,
        ("source", "refused lines"): 1,
        ("source", "duplicates"): 0,
        ("source", "damaged"): 0,
        ("format", "version 3"): 14,
    }
    assert {key: told[key] for key in expected} == expected


def test_the_fields_the_log_has_and_lacks(flows):
    told = facts(flows)
    assert [name for topic, name in told if topic == "field"] == V5.split("\n")[1].split()
    assert told["field", "vpc-id"] == 3
    assert told["absent field", "tcp-flags"] == 3
    frame = summary(flows).set_index(["topic", "name"])
    assert frame.meaning["absent field", "tcp-flags"] == (
        "without it: who opened a connection, whether it was established, refused or reset"
    )
    assert frame.meaning["field", "bytes"] == fields.find("bytes").meaning


def test_a_default_log_says_what_it_cannot_tell(load_lines):
    told = facts(load_lines(V2))
    assert told["time", "aggregation interval"] == 600
    lacking = {name for topic, name in told if topic == "absent field"}
    assert {"vpc-id", "tcp-flags", "pkt-srcaddr", "flow-direction"} <= lacking
    assert not lacking & set(fields.DEFAULT_FORMAT)


def test_a_log_without_times_and_status_says_so(load_lines):
    frame = summary(load_lines("version srcaddr dstaddr bytes\n2 10.0.0.1 10.0.0.2 40")).set_index(["topic", "name"])
    assert frame.value["time", "first start"] is None
    assert frame.meaning["time", "first start"] == "the log has no start and end"
    assert frame.meaning["logging", "gaps"] == "the log has no log-status, so gaps cannot be told from silence"
    assert frame.meaning["absent field", "start"] == "without it: when: every timeline and every time window"


def test_traffic_is_that_in_scope_and_sources_are_all(flows):
    narrowed = flows.narrow(interface_id="eni-a")
    told = facts(narrowed)
    assert told["traffic", "records"] == 1
    assert told["logging", "SKIPDATA"] == 0
    assert told["source", "lines"] == 6
    assert summary(narrowed).attrs["caption"] == (
        "What was loaded: 14 fields present, "
        f"{len(fields.absent(flows.fields))} absent ones matter to some answer. Scope: eni-a."
    )


def test_an_empty_scope_is_told_as_zero(flows):
    told = facts(flows.narrow(dstport=1))
    assert told["traffic", "records"] == 0
    assert told["traffic", "bytes"] == 0
    assert told["time", "first start"] is None
    assert ("time", "aggregation interval") not in told


def test_a_field_flowkit_does_not_know_is_listed(load_lines):
    frame = summary(load_lines("version srcaddr dstaddr bytes brand-new-field\n12 10.0.0.1 10.0.0.2 40 x"))
    row = frame.set_index("name").loc["brand-new-field"]
    assert (row.topic, row.value, row.meaning) == ("field", None, "unknown to this version of flowkit")
