"""The field table holds what AWS documents, and finds a field by any of its spellings."""

from collections import Counter

import pytest

from flowkit import fields
from flowkit.errors import UnknownFieldError
from flowkit.fields import DEFAULT_FORMAT, FIELDS, PROTOCOLS, TGW_DEFAULT_FORMAT

VPC = [field for field in FIELDS if field.logs != "tgw"]


def test_there_are_54_vpc_fields_as_many_in_each_version_as_aws_has():
    since = Counter(field.since for field in VPC)
    assert [since[version] for version in range(2, 12)] == [14, 7, 4, 4, 0, 10, 1, 1, 1, 12]
    assert len(VPC) == 54


def test_the_default_format_is_version_2_in_order():
    assert " ".join(DEFAULT_FORMAT) == (
        "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
        "log-status"
    )


def test_the_transit_gateway_default_has_36_fields_all_of_them_known_to_such_logs():
    assert len(set(TGW_DEFAULT_FORMAT)) == 36
    assert all(fields.find(name).logs in ("tgw", "both") for name in TGW_DEFAULT_FORMAT)
    assert {field.name for field in FIELDS if field.logs == "tgw"} <= set(TGW_DEFAULT_FORMAT)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_spelling_of_a_field_finds_it(field):
    for spelling in (field.name, field.column, field.insights, field.name.upper()):
        assert fields.find(spelling) is field
    assert field.meaning


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("srcAddr", "srcaddr"),
        ("startTime", "start"),
        ("endTime", "end"),
        ("logStatus", "log-status"),
        ("interfaceId", "interface-id"),
        ("pkt_src_aws_service", "pkt-src-aws-service"),
        ("nextHopAzId", "next-hop-az-id"),
    ],
)
def test_the_spellings_of_logs_insights_and_parquet(spelling, name):
    assert fields.find(spelling).name == name


def test_no_two_fields_share_a_spelling():
    spellings = Counter(s.lower() for f in FIELDS for s in {f.name, f.column, f.insights.lower()})
    assert {spelling for spelling, count in spellings.items() if count > 1} == set()


@pytest.mark.parametrize(
    ("wrong", "meant"), [("scraddr", "srcaddr"), ("dst-port", "dstport"), ("tcp_flag", "tcp-flags")]
)
def test_an_unknown_name_is_refused_with_the_closest_one(wrong, meant):
    with pytest.raises(UnknownFieldError, match=f"did you mean '{meant}'") as error:
        fields.find(wrong)
    assert "flowkit fields" in str(error.value)


def test_a_column_aws_added_since_is_text():
    field = fields.of_column("quantum_status")
    assert (field.name, field.kind, field.since) == ("quantum-status", "text", 0)


def test_allowed_values_are_those_aws_lists():
    values = {field.name: set(field.values) for field in FIELDS}
    assert values["traffic-path"] == set("12345678")
    assert values["tcp-flags"] == {"1", "2", "4", "18"}
    assert values["reject-reason"] == {"BPA", "EC"}
    assert values["encryption-status"] == set("0123")
    assert values["log-status"] == {"OK", "NODATA", "SKIPDATA"}


def test_what_is_absent_is_told_only_where_an_answer_is_lost():
    lost = {field.name for field in fields.absent(fields.column_name(name) for name in DEFAULT_FORMAT)}
    assert {"vpc-id", "tcp-flags", "flow-direction", "pkt-srcaddr"} <= lost
    assert not lost & ({"sublocation-id", "region", "tgw-id"} | set(DEFAULT_FORMAT))


def test_protocol_numbers():
    assert {PROTOCOLS[name] for name in ("icmp", "tcp", "udp", "icmpv6")} == {1, 6, 17, 58}
