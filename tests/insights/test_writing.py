"""Queries written for a scope or an analysis: the text itself, and that it finds what flowkit finds."""

import pickle
import re
from datetime import UTC, datetime, timedelta

import pytest

from flowkit import Scope
from flowkit.errors import FormatError, MissingFieldError, ScopeError
from flowkit.fields import DEFAULT_FORMAT, FIELDS, TGW_DEFAULT_FORMAT
from flowkit.insights import Query, query

V2 = """
2 111122223333 eni-a 10.0.0.1 10.0.0.2 40001 443 6 1 1000 1773129600 1773129650 ACCEPT OK
2 111122223333 eni-b 10.0.1.9 10.0.0.2 40002 22 6 2 500 1773129660 1773129700 REJECT OK
2 111122223333 eni-a - - - - - - - 1773129600 1773129659 - NODATA
"""
FORMAT = "${version} ${vpc-id} ${srcaddr} ${dstaddr} ${dstport} ${start} ${end} ${bytes} ${action} ${flow-direction}"
PARSED = (
    '| parse @message "* * * * * * * * * *" as version, vpcId, srcAddr, dstAddr, dstPort, startTime, endTime, '
    "bytes, action, flowDirection"
)


def filters(text):
    return [line[len("| filter ") :] for line in text.splitlines() if line.startswith("| filter ")]


def commands(text):
    return [line for line in text.splitlines() if not line.startswith("# ")]


def test_the_query_of_the_default_format_uses_what_insights_discovers():
    written = query(Scope(srcaddr="10.0.1.10", dstaddr="10.0.2.20", action="REJECT"), limit=20)
    assert str(written) == (
        "# Flow records: srcaddr 10.0.1.10, dstaddr 10.0.2.20, REJECT\n"
        "fields @timestamp, @message\n"
        '| filter logStatus = "OK"\n'
        '| filter srcAddr = "10.0.1.10"\n'
        '| filter dstAddr = "10.0.2.20"\n'
        '| filter action = "REJECT"\n'
        "| sort @timestamp desc\n"
        "| limit 20"
    )


def test_any_other_format_is_parsed_column_by_column():
    written = query(Scope(vpc_id="vpc-1", direction="egress"), log_format=FORMAT)
    assert commands(written) == [
        "fields @timestamp, @message",
        PARSED,
        '| filter (srcAddr != "-" or dstAddr != "-")',
        '| filter vpcId = "vpc-1"',
        '| filter flowDirection = "egress"',
        "| sort @timestamp desc",
        "| limit 1000",
    ]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, []),
        ({"interface_id": "eni-1"}, ['interfaceId = "eni-1"']),
        ({"interface_id": ["eni-1", "eni-2"]}, ['interfaceId in ["eni-1", "eni-2"]']),
        ({"address": "10.0.0.1"}, ['(srcAddr = "10.0.0.1" or dstAddr = "10.0.0.1")']),
        ({"srcaddr": "10.0.0.0/16"}, ['isIpv4InSubnet(srcAddr, "10.0.0.0/16")']),
        ({"dstaddr": "2001:db8::/32"}, ['isIpv6InSubnet(dstAddr, "2001:db8::/32")']),
        ({"dstaddr": "2001:DB8:0::1"}, ['isIpv6InSubnet(dstAddr, "2001:db8::1/128")']),
        (
            {"srcaddr": ["10.0.0.1", "10.0.0.2", "10.1.0.0/16"]},
            ['(srcAddr in ["10.0.0.1", "10.0.0.2"] or isIpv4InSubnet(srcAddr, "10.1.0.0/16"))'],
        ),
        ({"port": 443}, ["(srcPort = 443 or dstPort = 443)"]),
        ({"srcport": [443, 80]}, ["(srcPort = 80 or srcPort = 443)"]),
        ({"dstport": [82, 80, 81, 22]}, ["(dstPort = 22 or (dstPort >= 80 and dstPort <= 82))"]),
        ({"protocol": "tcp"}, ["protocol = 6"]),
        ({"action": ["ACCEPT", "REJECT"]}, ['action in ["ACCEPT", "REJECT"]']),
        ({"start": "2026-03-10T08:00Z"}, ["startTime >= 1773129600"]),
        ({"end": "2026-03-10T08:00:00.5Z"}, ["startTime < 1773129601"]),
        (
            {"start": "2026-03-10T09:00+01:00", "end": "2026-03-10T09:00Z"},
            ["startTime >= 1773129600 and startTime < 1773133200"],
        ),
    ],
)
def test_each_key_of_a_scope(keys, expected):
    assert filters(query(Scope(**keys))) == ['logStatus = "OK"', *expected]


def test_a_key_named_twice_holds_twice():
    scope = Scope(address="10.0.0.1", port=443) & Scope(address="10.0.0.2") & Scope(address="10.0.0.0/8")
    assert filters(query(scope))[1:] == [
        '(srcAddr = "10.0.0.1" or dstAddr = "10.0.0.1")',
        "(srcPort = 443 or dstPort = 443)",
        '(srcAddr = "10.0.0.2" or dstAddr = "10.0.0.2")',
        '(isIpv4InSubnet(srcAddr, "10.0.0.0/8") or isIpv4InSubnet(dstAddr, "10.0.0.0/8"))',
    ]


def test_the_window_is_beside_the_text_too():
    written = query(Scope(start="2026-03-10T08:00Z", end="2026-03-10T09:00Z"))
    assert (written.start, written.end) == (datetime(2026, 3, 10, 8, tzinfo=UTC), datetime(2026, 3, 10, 9, tzinfo=UTC))
    assert "# Time range to choose beside it: 2026-03-10T08:00:00Z to 2026-03-10T09:00:00Z" in written
    assert (query(Scope()).start, query(Scope()).end) == (None, None)
    assert "to open" in query(Scope(start="2026-03-10T08:00Z"))


def test_a_query_is_its_text_and_shows_as_it():
    written = query(Scope())
    assert isinstance(written, str)
    assert isinstance(written, Query)
    assert repr(written) == str(written)
    assert pickle.loads(pickle.dumps(written)).log_format == written.log_format  # noqa: S301 - our own
    assert (Query("fields @message").start, written.start) == (None, None)


def test_every_field_has_a_name_of_its_own_that_needs_no_quotes():
    names = [field.insights for field in FIELDS]
    assert len({name.lower() for name in names}) == len(FIELDS)
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", name) for name in names)


def test_a_default_format_that_is_written_out_is_not_parsed():
    fields = " ".join(f"${{{name}}}" for name in DEFAULT_FORMAT)
    assert "parse" not in query(Scope(), log_format=fields)
    assert "parse" in query(Scope(), log_format=f"{fields} ${{vpc-id}}")
    assert "| parse" in query(Scope(), log_format=" ".join(TGW_DEFAULT_FORMAT))


STATS = "count(*) as records, sum(packets) as totalPackets, sum(bytes) as totalBytes"
ENDS = "min(startTime) as firstStart, max(endTime) as lastEnd"
TUPLE = "interfaceId, srcAddr, dstAddr, dstPort, protocol"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"analysis": "top_talkers"}, [
            "| stats sum(bytes) as totalBytes, count(*) as records, sum(packets) as totalPackets by srcAddr",
            "| sort totalBytes desc", "| limit 20",
        ]),
        ({"analysis": "top_talkers", "by": "records", "limit": 5}, [
            f"| stats {STATS} by srcAddr", "| sort records desc", "| limit 5",
        ]),
        ({"analysis": "talker_edges", "by": "packets"}, [
            "| stats sum(packets) as totalPackets, count(*) as records, sum(bytes) as totalBytes by srcAddr, dstAddr",
            "| sort totalPackets desc", "| limit 50",
        ]),
        ({"analysis": "reject_timeline"}, [
            '| filter action = "REJECT"', f"| stats {STATS} by bin(5m) as bucket, dstPort", "| sort bucket asc",
            "| limit 10000",
        ]),
        ({"analysis": "reject_timeline", "by": "srcaddr", "every": timedelta(hours=1), "limit": "all"}, [
            '| filter action = "REJECT"', f"| stats {STATS} by bin(1h) as bucket, srcAddr", "| sort bucket asc",
        ]),
        ({"analysis": "traffic_timeline", "every": timedelta(seconds=90)}, [
            f"| stats {STATS} by bin(90s) as bucket, action", "| sort bucket asc", "| limit 10000",
        ]),
        ({"analysis": "traffic_timeline", "by": "action"}, [
            f"| stats {STATS} by bin(5m) as bucket, action", "| sort bucket asc", "| limit 10000",
        ]),
        ({"analysis": "rejected_tuples"}, [
            '| filter action = "REJECT"',
            f"| stats {STATS}, count_distinct(srcPort) as srcPorts, {ENDS} by {TUPLE}",
            "| sort records desc", "| limit 50",
        ]),
    ],
)  # fmt: skip
def test_each_analysis(options, expected):
    assert commands(query(Scope(), **options)) == ['filter logStatus = "OK"', *expected]


def test_a_summary_asks_for_every_status():
    stats = f"stats {STATS}, {ENDS}, count_distinct(interfaceId)"
    assert commands(query(Scope(), analysis="summary"))[0].startswith(stats)
    scope = Scope(end="2026-03-10T08:00Z", interface_id="eni-a", dstport=443)
    assert commands(query(scope, analysis="summary"))[0] == (
        'filter (logStatus = "OK" and startTime < 1773129600 and interfaceId = "eni-a" and dstPort = 443) '
        'or (logStatus != "OK" and startTime < 1773129600 and interfaceId = "eni-a")'
    )


def test_an_analysis_says_that_it_counts_as_logged():
    assert "\n# Counted as logged: " in query(Scope(), analysis="top_talkers")
    assert "Counted" not in query(Scope())


def test_a_measure_that_the_log_lacks_is_left_out():
    written = query(Scope(), analysis="talker_edges", log_format="${srcaddr} ${dstaddr} ${bytes}")
    assert "| stats sum(bytes) as totalBytes, count(*) as records by srcAddr, dstAddr" in written


@pytest.mark.parametrize(
    ("scope", "options", "error", "says"),
    [
        (Scope(), {"analysis": "beacons"}, ScopeError, r"cannot answer 'beacons'. It can: reject_timeline.*fk.load"),
        (Scope(), {"analysis": "top_talkers", "by": "srcport"}, ScopeError, "bytes, packets, records, not 'srcport'"),
        (Scope(), {"limit": 0}, ScopeError, "limit is a number from 1 to 100000, or 'all', not 0"),
        (Scope(), {"limit": True}, ScopeError, "limit is"),
        (Scope(), {"limit": "many"}, ScopeError, "limit is"),
        (Scope(), {"limit": 100_001}, ScopeError, "limit is"),
        (Scope(), {"analysis": "traffic_timeline", "every": 300}, ScopeError, "whole seconds"),
        (Scope(), {"analysis": "traffic_timeline", "every": timedelta(0)}, ScopeError, "whole seconds"),
        (Scope(vpc_id="vpc-1"), {}, MissingFieldError, r"narrowing by vpc_id needs the field vpc-id.*\$\{vpc-id\}"),
        (Scope(direction="egress"), {}, MissingFieldError, "needs the field flow-direction"),
        (Scope(port=1), {"log_format": FORMAT}, MissingFieldError, "needs the field srcport"),
        (Scope(), {"log_format": "${srcaddr} ${bytes}", "analysis": "rejected_tuples"}, MissingFieldError, "dstaddr"),
        (Scope(), {"log_format": FORMAT, "analysis": "top_talkers", "by": "packets"}, MissingFieldError, "packets"),
        (Scope(), {"analysis": "reject_timeline", "by": "vpc-id"}, MissingFieldError, "vpc-id"),
        (Scope(), {"log_format": "${srcaddr} ${srcaddr}"}, FormatError, "twice"),
        (Scope(), {"log_format": '${srcaddr} "x'}, FormatError, "not a list of fields"),
        (Scope(srcaddr=[f"10.0.{n // 250}.{n % 250 + 1}" for n in range(900)]), {}, ScopeError, "takes 10,000.*blocks"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_the_next_step(scope, options, error, says):
    with pytest.raises(error, match=says):
        query(scope, **options)


@pytest.mark.parametrize(
    "value", ['eni-" or "" = "', "eni-\\", "eni-a\n| stats count(*)", "eni-\x1b[2J", "eni-\u202e", "eni-\x00"]
)
def test_no_value_can_end_its_string_or_the_comment(value):
    with pytest.raises(ScopeError, match="No id of AWS has one"):
        query(Scope(interface_id=value))


@pytest.mark.parametrize("value", ["eni-#x", "eni-|x", "eni-'x", "eni-/x/", "eni-`x", "eni-ä", "*"])
def test_other_characters_are_held_by_the_string(value):
    assert filters(query(Scope(interface_id=value)))[1] == f'interfaceId = "{value}"'


def test_the_format_is_that_of_the_flows(load_lines):
    header = FORMAT.replace("${", "").replace("}", "")
    custom = load_lines(f"{header}\n5 vpc-1 10.0.0.1 10.0.0.2 443 1773129600 1773129650 1000 ACCEPT egress")
    assert PARSED in query(custom.narrow(vpc_id="vpc-1"))
    default = load_lines(V2).narrow(dstport=443)
    assert filters(query(default)) == ['logStatus = "OK"', "dstPort = 443"]
    assert default.scope == Scope(dstport=443)
    assert "parse" in query(default, log_format=FORMAT)


def test_flows_of_several_formats_need_one_named(load_lines):
    header = FORMAT.replace("${", "").replace("}", "")
    both = load_lines(f"{V2.strip()}\n{header}\n5 vpc-1 10.0.0.1 10.0.0.2 443 1773129600 1773129650 1000 ACCEPT egress")
    with pytest.raises(FormatError, match=r"2 formats.*log_format=: \$\{version\} \$\{account-id\}.*flow-direction"):
        query(both)
    assert PARSED in query(both, log_format=FORMAT)


def test_a_table_has_no_order_of_columns(load_lines):
    import ibis

    from flowkit import load

    rows = load_lines(V2).to_pandas()
    assert "parse" not in query(load(ibis.memtable(rows)))
    with pytest.raises(FormatError, match="does not say in which order"):
        query(load(ibis.memtable(rows.drop(columns="version"))))
