"""The Insights language, run on loaded records: a query, and the rows it gives."""

# ruff: noqa: E501, ISC004 - a query is a long line

import pandas as pd
import pytest

from flowkit.errors import InsightsError

V2 = """
2 111122223333 eni-a 10.0.1.10 10.0.2.20 40001 443 6 10 1000 1773129600 1773129650 ACCEPT OK
2 111122223333 eni-a 10.0.1.10 10.0.2.20 40002 22 6 1 40 1773129660 1773129700 REJECT OK
2 111122223333 eni-b 10.0.2.20 10.0.1.10 443 40001 6 8 9000 1773129605 1773129655 ACCEPT OK
2 111122223333 eni-b 192.0.2.7 10.0.2.20 53 40003 17 2 200 1773133200 1773133250 ACCEPT OK
2 111122223333 eni-b 2001:db8::1 2001:db8:0:1::5 0 0 58 1 64 1773133260 1773133290 ACCEPT OK
2 111122223333 eni-a - - - - - - - 1773136800 1773136860 - NODATA
2 111122223333 eni-b - - - - - - - 1773136860 1773136900 - SKIPDATA
"""
REJECTED = "2 111122223333 eni-a 10.0.1.10 10.0.2.20 40002 22 6 1 40 1773129660 1773129700 REJECT OK"
T = "2026-03-10 "
ALL = "* * * * * * * * * * * * * *"
NAMES = "version, accountId, interfaceId, src, dst, sport, dport, protocol, packets, bytes, start, end, action, status"
PARSED = f'parse @message "{ALL}" as {NAMES}'


def rows(frame):
    """Return the rows as plain values; times as CloudWatch writes them, null as None."""

    def plain(value):
        if pd.isna(value):
            return None
        return value.strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, pd.Timestamp) else value

    return [tuple(map(plain, row)) for row in frame.itertuples(index=False, name=None)]


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(V2)


CASES = [
    # the two of the incident, on the default format
    (
        'fields @timestamp, @message | filter action = "REJECT" | filter srcAddr = "10.0.1.10" and dstAddr = "10.0.2.20" '
        "| sort @timestamp desc | limit 20",
        [(T + "08:01:00", REJECTED)],
    ),
    # fields, display
    ("fields srcPort, bytes | limit 2", [(None, None), (None, None)]),
    ("fields srcPort | filter action = 'ACCEPT' | sort @timestamp", [(40001,), (443,), (53,), (0,)]),
    ("fields action | fields dstPort | filter bytes = 40", [("REJECT", 22)]),
    ("fields action, bytes | display bytes | filter bytes = 40", [(40,)]),
    ("fields action | display dstPort | display bytes, action | filter bytes = 40", [(40, "REJECT")]),
    ("fields bytes / packets as size | filter packets > 1 | sort size", [(100.0,), (100.0,), (1125.0,)]),
    ("fields bytes as b | filter b = 9000", [(9000,)]),
    ("fields nothing | filter bytes = 40", [(None,)]),
    ("fields @message | filter bytes = 40", [(REJECTED,)]),
    ("filter bytes = 40", [(T + "08:01:00", REJECTED)]),
    ("fields `srcPort`, bytes as `my bytes` | filter bytes=40", [(40002, 40)]),
    ("FIELDS dstPort | Filter bytes = 40 | LIMIT 1", [(22,)]),
    ("# what was stopped\nfields dstPort # the port\n  # | filter bytes = 1\n| filter action = 'REJECT'", [(22,)]),
    ("fields @logStream, @log, @ingestionTime, @ptr | filter bytes = 40", [("eni-a-all", None, None, None)]),
    ("fields startTime, endTime, logStatus, accountId, version | filter bytes = 40",
     [(1773129660, 1773129700, "OK", "111122223333", 2)]),
    # filter
    ("fields dstPort | filter bytes > 1000", [(40001,)]),
    ("fields dstPort | filter bytes >= 1000 | sort dstPort", [(443,), (40001,)]),
    ("fields dstPort | filter bytes < 64", [(22,)]),
    ("fields dstPort | filter 64 >= bytes | sort dstPort", [(0,), (22,)]),
    ("fields bytes | filter action != 'ACCEPT' and logStatus = 'OK'", [(40,)]),
    ("fields bytes | filter dstPort = '22'", [(40,)]),
    ("fields bytes | filter dstPort = 22.0", [(40,)]),
    ("fields bytes | filter action = 'reject'", []),
    ("fields bytes | filter Action = 'REJECT'", []),
    ("fields bytes | filter action = REJECT", []),
    ("stats count(*) | filter nothing != 'x'", []),
    ("fields bytes | filter nothing != 'x'", []),
    ("fields bytes | filter not (nothing = 'x')", []),
    ("stats count(*) as n | filter n > 100", []),
    ("fields logStatus | filter srcPort != 22 and logStatus != 'OK' | sort logStatus", [("NODATA",), ("SKIPDATA",)]),
    ("fields logStatus | filter not srcPort = 22 and logStatus != 'OK' | sort logStatus", [("NODATA",), ("SKIPDATA",)]),
    ("fields bytes | filter dstPort in [22, 443] | sort bytes", [(40,), (1000,)]),
    ("fields bytes | filter dstPort in ['22']", [(40,)]),
    ("fields bytes | filter dstPort in ['22', 'x', packets + 7, 443.0] | sort bytes", [(40,), (1000,)]),
    ("fields bytes | filter nothing in ['22', 22] or not nothing in ['x', 1]", []),
    ("fields bytes | filter action not in ['ACCEPT', '-']", [(40,)]),
    ("fields bytes | filter @message like 'REJECT'", [(40,)]),
    ("fields bytes | filter @message like /(?i)reject/", [(40,)]),
    ("fields bytes | filter srcAddr like '192.0.'", [(200,)]),
    ("fields bytes | filter srcAddr like /^10\\.0\\.1\\./ | sort bytes", [(40,), (1000,)]),
    ("fields bytes | filter srcAddr =~ /^10\\.0\\.2\\./", [(9000,)]),
    ("fields bytes | filter srcAddr =~ '0.2.7'", [(200,)]),
    ("fields bytes | filter srcAddr not like /^10|-/ | sort bytes", [(64,), (200,)]),
    ("fields bytes | filter (dstPort = 22 or dstPort = 443) and not action = 'REJECT'", [(1000,)]),
    ("fields bytes | filter dstPort = 22 or dstPort = 443 and bytes > 5000", [(40,)]),
    ("fields bytes | filter isIpv4InSubnet(srcAddr, '10.0.1.0/24') | sort bytes", [(40,), (1000,)]),
    ("fields bytes | filter isIpv4InSubnet(srcAddr, '10.0.2.16/28')", [(9000,)]),
    ("fields bytes | filter isIpv6InSubnet(srcAddr, '2001:db8::/32')", [(64,)]),
    ("fields bytes | filter isIpInSubnet(dstAddr, '2001:db8:0:1::/64')", [(64,)]),
    ("fields logStatus | filter not isIpInSubnet(srcAddr, '0.0.0.0/0') and not isValidIp(srcAddr) | sort logStatus",
     [("NODATA",), ("SKIPDATA",)]),
    ("fields bytes | filter isValidIpV6(srcAddr)", [(64,)]),
    ("stats count(*) as n by isValidIpv4(srcAddr) as four", [(0, 3), (1, 4)]),
    ("stats count(*) as n | filter ispresent(n)", [(7,)]),
    ("filter isPresent(vpcId) | stats count(*)", [(0,)]),
    ("filter isEmpty(vpcId) and isBlank(vpcId) and not isEmpty(srcAddr) | stats count(*)", [(7,)]),
    ("filter strcontains(@message, 'REJECT') | stats count(*)", [(1,)]),
    # parse
    (f"{PARSED} | filter bytes = 40 | display src, dport, status", [("10.0.1.10", 22, "OK")]),
    (f"fields @timestamp | {PARSED} | filter status = 'NODATA' | display src, bytes", [("-", "-")]),
    ("parse @message '* * eni-* *' as a, b, eni, rest | filter bytes = 40 | display a, eni, rest",
     [(2, "a", "10.0.1.10 10.0.2.20 40002 22 6 1 40 1773129660 1773129700 REJECT OK")]),
    ("parse srcAddr '*.*.*.*' as a, b, c, d | filter bytes in [200, 64] | sort bytes | display a, b, c, d",
     [(None, None, None, None), (192, 0, 2, 7)]),
    ("parse @message /(?<eni>eni-[a-z]) (?<addr>[^ ]+)/ | filter bytes = 40 | display eni, addr", [("eni-a", "10.0.1.10")]),
    ("parse /(?<eni>eni-.*?) / | stats count(*) as n by eni | sort eni", [("eni-a", 3), ("eni-b", 4)]),
    ("parse @message /(?<port>nowhere)/ | filter bytes = 40 | display port", [(None,)]),
    ("parse @message '* * *' as a, b, c | parse c '* *' as eni, rest | filter bytes = 40 | display eni", [("eni-a",)]),
    ("parse @message '* *' as @first, rest | stats sum(@first) as s", [(14,)]),
    ("filter bytes = 40 | parse srcAddr '10.*.10' as middle | display middle", [("0.1",)]),
    ("filter bytes = 40 | parse action '*' as all | display all", [("REJECT",)]),
    ("filter bytes = 40 | parse dstPort '*2*' as a, b | display a, b", [("", 2)]),
    ("filter bytes = 40 | parse @message '* * * * * * * * * * * * * * *' as a,b,c,d,e,f,g,h,i,j,k,l,m,n,o | display a, o",
     [(None, None)]),
    # stats
    ("stats count(*)", [(7,)]),
    ("stats count() as n, count(bytes) as b, count(vpcId) as v", [(7, 7, 0)]),
    ("stats sum(bytes), avg(packets), min(bytes), max(bytes)", [(10304, 4.4, 40, 9000)]),
    ("stats pct(bytes, 50) as p, median(bytes) as m, stddev(packets) as s | fields floor(s * 100) as t | display p, m, t",
     [(200.0, 200.0, 427)]),
    ("stats count_distinct(srcAddr) as n", [(5,)]),
    ("stats sum(action) as s, avg(nothing) as a", [(None, None)]),
    ("stats sum(bytes) / sum(packets) as size, sum(bytes) as total, total * 2 as twice", [(10304 / 22, 10304, 20608)]),
    ("stats sum(bytes * 2) as t", [(20608,)]),
    ("stats sum(bytes > 100) as large", [(3,)]),
    ("stats count(*) as n by action | sort n desc", [("ACCEPT", 4), ("-", 2), ("REJECT", 1)]),
    ("stats count(*) by logStatus | sort logStatus", [("NODATA", 1), ("OK", 5), ("SKIPDATA", 1)]),
    ("stats count(*) as n by vpcId", [(None, 7)]),
    ("stats count(*) as n by bin(1h)", [(T + "10:00:00", 2), (T + "09:00:00", 2), (T + "08:00:00", 3)]),
    ("stats count(*) as n by bin(1h) as t | sort t", [(T + "08:00:00", 3), (T + "09:00:00", 2), (T + "10:00:00", 2)]),
    ("stats sum(bytes) as b by bin(1m), action | filter b > 0 | sort b desc | limit 1", [(T + "08:00:00", "ACCEPT", 10000)]),
    ("stats count(*) as n by bin(30s) as t | sort t | limit 2", [(T + "08:00:00", 2), (T + "08:01:00", 1)]),
    ("stats count(*) by bin(1d)", [(T + "00:00:00", 7)]),
    ("stats count(*) by bin(1w)", [("2026-03-09 00:00:00", 7)]),
    ("stats count(*) by bin(1mo)", [("2026-03-01 00:00:00", 7)]),
    ("stats count(*) by bin(1q)", [("2026-01-01 00:00:00", 7)]),
    ("stats count(*) by bin(2years)", [("2026-01-01 00:00:00", 7)]),
    ("stats earliest(srcAddr) as e, latest(srcAddr) as l, min(@timestamp) as a, max(@timestamp) as b",
     [("10.0.1.10", "-", T + "08:00:00", T + "10:01:00")]),
    ("filter bytes > 0 | stats earliest(bytes) as e, latest(bytes) as l by protocol | sort protocol",
     [(6, 1000, 40), (17, 200, 200), (58, 64, 64)]),
    ("stats sortsFirst(dstPort) as f, sortsLast(dstPort) as l", [(0, 40003)]),
    ("stats sortsFirst(srcAddr) as f, sortsLast(srcAddr) as l", [("-", "2001:db8::1")]),
    ("stats sum(bytes) as b by srcAddr | stats max(b) as most, count(*) as sources", [(9000, 5)]),
    ("stats count(*) as n by bin(1h) as t | stats avg(n) as m", [(7 / 3,)]),
    ("stats count(*) as n by action | sort `action` desc | limit 1", [("REJECT", 1)]),
    ("stats count(*) by action | sort count(*) desc | limit 1", [("ACCEPT", 4)]),
    ("stats count(*) by action | filter `count(*)` = 1", [("REJECT", 1)]),
    ("stats count(*) as n by concat(srcAddr, ' > ', dstAddr) as pair | sort n desc, pair | limit 1",
     [("- > -", 2)]),
    ("stats avg (bytes) by action | filter action = 'REJECT'", [("REJECT", 40.0)]),
    # sort, limit, dedup
    ("fields bytes | filter ispresent(bytes) | sort bytes desc | limit 2", [(9000,), (1000,)]),
    ("fields bytes | filter bytes > 0 | sort action desc, bytes asc", [(40,), (64,), (200,), (1000,), (9000,)]),
    ("fields srcAddr | dedup srcAddr | sort srcAddr",
     [("-",), ("10.0.1.10",), ("10.0.2.20",), ("192.0.2.7",), ("2001:db8::1",)]),
    ("fields dstAddr | filter bytes > 0 | order by dstAddr | limit 2", [("10.0.1.10",), ("10.0.2.20",)]),
    ("fields bytes | sort @timestamp asc | limit 1", [(1000,)]),
    ("fields bytes | filter bytes > 0 | limit 1", [(64,)]),
    ("stats count(*) as n by action | limit any 3 | stats sum(n) as s", [(7,)]),
    ("fields bytes | filter bytes > 0 | sort bytes | limit 3 | limit 99", [(40,), (64,), (200,)]),
    ("fields bytes, srcAddr | filter bytes > 0 | sort bytes desc | dedup srcAddr",
     [(9000, "10.0.2.20"), (1000, "10.0.1.10"), (200, "192.0.2.7"), (64, "2001:db8::1")]),
    ("fields bytes | filter bytes > 0 and bytes != 200 | dedup protocol", [(64,), (40,)]),
    ("fields bytes | dedup vpcId | filter bytes > 0 | sort bytes | limit 1", [(40,)]),
    # arithmetic and functions
    ("filter bytes = 40 | fields 1 + 2 * 3 as a, (1 + 2) * 3 as b, 2 ^ 3 ^ 2 as c, 10 % 3 as d, -2 ^ 2 as e, 7 / 2 as f, 1 - -1 as g | "
     "display a, b, c, d, e, f, g", [(7, 9, 512.0, 1, -4.0, 3.5, 2)]),
    ("filter bytes = 40 | fields bytes / 0 as a, bytes % 0 as b, sqrt(-1) as c, log(0) as d | display a, b, c, d", [(None,) * 4]),
    ("filter bytes = 40 | fields abs(-bytes) as a, ceil(1.2) as b, floor(-1.2) as c, sqrt(16) as d, log(1) as e, "
     "greatest(1, bytes, 3) as f, least(1, bytes) as g | display a, b, c, d, e, f, g", [(40, 2, -2, 4.0, 0.0, 40, 1)]),
    ("filter bytes = 40 | fields strlen(srcAddr) as a, toupper('é') as b, tolower(action) as c, trim('  x ') as d, "
     "ltrim('xyZfooxyZ', 'xyZ') as e, rtrim('xyZfooxyZ', 'xyZ') as f, trim('xyZfooxyZ', 'xyZ') as g | display a, b, c, d, e, f, g",
     [(9, "É", "reject", "x", "fooxyZ", "xyZfoo", "foo")]),
    ("filter bytes = 40 | fields substr('xyZfooxyZ', 3, 3) as a, substr('abc', 1) as b, replace('foo', 'o', '0') as c, "
     "strcontains('abc', 'b') as d, concat('a', 1, nothing, 'b') as e, coalesce(nothing, action) as f | display a, b, c, d, e, f",
     [("foo", "bc", "f00", 1, "a1b", "REJECT")]),
    ("filter bytes = 40 | fields datefloor(@timestamp, 1h) as a, dateceil(@timestamp, 1h) as b, dateceil(@timestamp, 1m) as c, "
     "fromMillis(0) as d, toMillis(@timestamp) as e, dateceil(@timestamp, 1mo) as f | display a, b, c, d, e, f",
     [(T + "08:00:00", T + "09:00:00", T + "08:01:00", "1970-01-01 00:00:00", 1773129660000, "2026-04-01 00:00:00")]),
    ("filter bytes = 40 | fields isPresent(srcAddr) as a, isPresent(vpcId) as b, bytes = 40 as c | display a, b, c", [(1, 0, 1)]),
    ("filter bytes = 40 | fields fromMillis(bytes ^ 9) as a, fromMillis(1e17) as b, fromMillis(action) as c | display a, b, c", [(None,) * 3]),
    ("filter now() > 1773129600 | stats count(*)", [(7,)]),
    ("filter @timestamp >= 1773136800000 | stats count(*)", [(2,)]),
    ("filter @timestamp < '2026-03-10 09:00:00.000' | stats count(*)", [(3,)]),
    ("filter bytes = 40 | fields concat('at ', @timestamp) as a | display a", [("at 2026-03-10 08:01:00.000",)]),
    ("filter bytes = 40 | fields 'it\\'s' as a, \"say \\\"x\\\"\" as b, 'a # b | c' as c | display a, b, c", [("it's", 'say "x"', "a # b | c")]),
    # what AWS publishes for VPC flow logs
    ("stats sum(packets) as packetsTransferred by srcAddr, dstAddr | sort packetsTransferred desc | limit 15",
     [("10.0.1.10", "10.0.2.20", 11), ("10.0.2.20", "10.0.1.10", 8), ("192.0.2.7", "10.0.2.20", 2),
      ("2001:db8::1", "2001:db8:0:1::5", 1), ("-", "-", None)]),
    ('filter isIpv4InSubnet(srcAddr, "10.0.1.0/24") | stats sum(bytes) as bytesTransferred by dstAddr '
     "| sort bytesTransferred desc | limit 15", [("10.0.2.20", 1040)]),
    ("filter protocol=17 | stats count(*) by srcAddr", [("192.0.2.7", 1)]),
    ('filter logStatus="SKIPDATA" | stats count(*) by bin(1h) as t | sort t', [(T + "10:00:00", 1)]),
    ("fields @timestamp, srcAddr, dstAddr, srcPort, dstPort, protocol, bytes | sort @timestamp desc "
     "| dedup srcAddr, dstAddr, srcPort, dstPort, protocol | limit 2",
     [(T + "10:01:00", "-", "-", None, None, None, None),
      (T + "09:01:00", "2001:db8::1", "2001:db8:0:1::5", 0, 0, 58, 64)]),
    ("filter (dstAddr like '10.0.2.' and srcAddr like '10.0.1.') | stats sum(bytes) as bytesTransferred by srcAddr, dstAddr "
     "| sort bytesTransferred desc | limit 10", [("10.0.1.10", "10.0.2.20", 1040)]),
    ("stats count(*) as records by interfaceId, logStatus | sort interfaceId, logStatus",
     [("eni-a", "NODATA", 1), ("eni-a", "OK", 2), ("eni-b", "OK", 3), ("eni-b", "SKIPDATA", 1)]),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::flowkit.insights.InsightsWarning")
@pytest.mark.parametrize(("query", "expected"), CASES, ids=[query[:80] for query, _ in CASES])
def test_a_query_gives_these_rows(flows, query, expected):
    assert rows(flows.insights(query)) == expected


def test_there_are_cases_enough():
    assert len({query for query, _ in CASES}) > 120


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("fields bytes, srcAddr as source", ["bytes", "source"]),
        ("filter bytes = 40", ["@timestamp", "@message"]),
        ("parse srcAddr '*.*' as a, b", ["@timestamp", "@message", "a", "b"]),
        ("fields bytes | parse srcAddr '*.*' as a, b", ["bytes", "a", "b"]),
        ("stats sum(bytes) as total, count( * ) by dstAddr, bin(5m)", ["dstAddr", "bin(5m)", "total", "count( * )"]),
        ("stats count(*) as n by action | fields n * 2", ["action", "n", "n * 2"]),
        ("fields bytes, bytes, bytes as b", ["bytes", "b"]),
        ("fields srcAddr, srcaddr", ["srcAddr", "srcaddr"]),
    ],
)
@pytest.mark.filterwarnings("ignore::flowkit.insights.InsightsWarning")
def test_columns_stand_in_the_order_in_which_they_were_named(flows, query, columns):
    assert list(flows.insights(query)) == columns


def test_columns_are_typed(flows):
    frame = flows.insights(f"{PARSED} | filter bytes > 0 | display @timestamp, bytes, accountId, src, dport, srcPort")
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == {
        "@timestamp": "datetime64[us, UTC]", "bytes": "int64", "accountId": "str", "src": "str", "dport": "int64",
        "srcPort": "int64",
    }  # fmt: skip


REFUSED = [
    ("", 1, 1, "the query is empty"),
    ("  # nothing\n ", 1, 12, "a command is missing"),
    ("filtre bytes = 1", 1, 1, "there is no command 'filtre'; did you mean 'filter'?"),
    ("fields bytes\n| patern @message", 2, 3, "there is no command 'patern'"),
    ("fields bytes\n| pattern @message", 2, 3, "the command pattern is not among those that run on loaded records"),
    ("diff", 1, 1, "the command diff"),
    ("anomaly", 1, 1, "the command anomaly"),
    ("filterIndex bytes = 1", 1, 1, "the command filterIndex"),
    ("SOURCE logGroups()", 1, 1, "the command SOURCE"),
    ("fields a | unmask @message", 1, 12, "the command unmask"),
    ("fields a | join b", 1, 12, "the command join"),
    ("fields a | lookup b", 1, 12, "the command lookup"),
    ("fields a | unnest b", 1, 12, "the command unnest"),
    ("fields a | head 3", 1, 12, "the command head"),
    ("SELECT * FROM flows", 1, 1, "this is SQL|flows.sql"),
    ("fields bytes |", 1, 15, "a command is missing"),
    ("| fields bytes", 1, 1, "a command is missing"),
    ("fields", 1, 7, "ends too early"),
    ("fields bytes packets", 1, 14, "'packets' is not understood here"),
    ("fields bytes,", 1, 14, "ends too early"),
    ("filter bytes == 1", 1, 15, "written with one sign"),
    ("filter bytes <> 1", 1, 15, "Write != instead"),
    ("filter a = 1 && b = 2", 1, 14, "Write and instead"),
    ("filter !a", 1, 8, "Write not instead"),
    ("filter a is null", 1, 10, "isPresent"),
    ("filter a between 1 and 2", 1, 10, "two comparisons"),
    ('filter a = "x', 1, 12, "this string is not closed"),
    ("filter a = “x”", 1, 12, "typographic"),
    ("fields `a", 1, 8, "this name is not closed"),
    ("filter a like /x", 1, 15, "this regular expression is not closed"),
    ("filter (a = 1", 1, 14, "ends too early"),
    ("filter a = 1)", 1, 13, "is not understood here"),
    ("filter srcAddr = 10.0.0.1", 1, 18, "is not understood here"),
    ("filter a in []", 1, 14, "is not understood here"),
    ("filter sum(bytes) > 1", 1, 8, "works on many events"),
    ("stats sum(max(bytes))", 1, 11, "works on many events"),
    ("stats bytes by srcAddr", 1, 7, "stats needs a function of many events"),
    ("stats average(bytes) by srcAddr", 1, 7, "there is no function average here"),
    ("stats cuont(*) by srcAddr", 1, 7, "there is no function 'cuont'; did you mean 'count'?"),
    ("stats strlen(srcAddr)", 1, 7, "stats needs a function of many events"),
    ("stats sum(bytes) + packets by srcAddr", 1, 20, "packets has many values in a group"),
    ("stats count(*) | stats count(*) | stats count(*)", 1, 35, "at most 2 stats"),
    ("stats count(*) | stats count(*) by bin(1h)", 1, 36, "@timestamp is gone after stats"),
    ("stats count(*) as n | stats latest(n)", 1, 29, "@timestamp is gone after stats"),
    ("fields strlenn(a)", 1, 8, "there is no function 'strlenn'; did you mean 'strlen'?"),
    ("fields jsonParse(a)", 1, 8, "there is no function jsonParse here"),
    ("fields strlen()", 1, 8, "strlen does not take 0 arguments"),
    ("fields substr(a)", 1, 8, r"Write substr\(a, start, length\)"),
    ("stats pct(bytes)", 1, 7, "pct does not take 1 argument"),
    ("stats pct(bytes, 101)", 1, 7, "no number from 0 to 100"),
    ("stats count(*) by bin(bytes)", 1, 19, "a period is missing"),
    ("stats count(*) by bin(0m)", 1, 19, "this is no period from 1ms to 1000y"),
    ("stats count(*) by bin(1001y)", 1, 19, "this is no period"),
    ("fields strlen(5m)", 1, 8, "takes no period there"),
    ("fields 5m", 1, 8, "a period stands for no value"),
    ("fields trim(a, b)", 1, 8, "the characters to remove are not a string"),
    ("filter isIpv4InSubnet(srcAddr, '10.0.0.0/33')", 1, 8, "not a block of addresses"),
    ("filter isIpv4InSubnet(srcAddr, '2001:db8::/32')", 1, 8, 'such as "192.0.2.0/24"'),
    ("filter isIpv6InSubnet(srcAddr, 7)", 1, 8, 'such as "2001:db8::/32"'),
    ("parse @message '* *' as a", 1, 16, "the pattern has 2 stars, and as names 1 field"),
    ("parse @message 'x' as a", 1, 16, "the pattern has 0 stars"),
    ("parse @message '* *'", 1, 21, "ends too early"),
    ("parse @message /a.*b/", 1, 16, "names no field"),
    ("parse @message /(?<a>b)/ as c", 1, 26, "'as' is not understood here"),
    ("filter a like /(?=b)/", 1, 15, "looks around itself"),
    ("filter a like /(?<!b)c/", 1, 15, "looks around itself"),
    ("filter a like /(?>b)/", 1, 15, "atomic group"),
    ("filter a like /b++/", 1, 15, "possessive"),
    (r"filter a like /(b)\1/", 1, 15, "refers back"),
    ("filter a like /[a-z&&[^b]]/", 1, 15, "joins character classes"),
    ("filter a like /(b/", 1, 15, "regular expression"),
    ("filter a like /b{2000}/", 1, 15, "regular expression"),
    ("limit x", 1, 7, "is not understood here"),
    ("limit 0", 1, 1, "no number of rows"),
    ("limit 99999999999999999999", 1, 1, "no number of rows"),
    ("limit -1", 1, 7, "is not understood here"),
    ("sort by bytes", 1, 9, "is not understood here"),
    ("dedup bytes + 1", 1, 13, "is not understood here"),
    ("fields " + "(" * 300 + "bytes" + ")" * 300 + " + )", 1, 616, "is not understood here"),
    ("fields " + "-(" * 300 + "bytes" + ")" * 300, 1, 86, "more than 40 deep"),
    ("filter " + "not " * 2000 + "a", 1, 168, "more than 40 deep"),
    ("fields " + " + ".join(["a"] * 2000), 1, 7852, "more than 40 deep"),
    ("fields " + "strlen(" * 7 + "a" + ")" * 7, 1, 50, "more than 6 functions and comparisons deep"),
    ("filter " + "a=(" * 7 + "a" + ")" * 7, 1, 26, "more than 6 functions and comparisons deep"),
    (" | ".join(["limit 5"] * 51), 1, 501, "the query has more than 50 commands"),
    ("fields a" + " " * 10_000, 1, 10_001, "the query has 10,008 characters, and CloudWatch takes 10,000"),
    ("fields bytes \0", 1, 14, "is not understood here"),
]


@pytest.mark.filterwarnings("ignore::flowkit.insights.InsightsWarning")
@pytest.mark.parametrize(("query", "line", "column", "told"), REFUSED, ids=[repr(case[0])[:60] for case in REFUSED])
def test_what_is_not_understood_is_told_with_its_place(flows, query, line, column, told):
    with pytest.raises(InsightsError, match=told) as caught:
        flows.insights(query)
    assert (caught.value.line, caught.value.column) == (line, column)
    message = str(caught.value)
    assert message.startswith(f"line {line}, column {column}: ")
    assert set(message.split("\n")[2].strip()) == {"^"}
    assert message.endswith((".", ")"))
