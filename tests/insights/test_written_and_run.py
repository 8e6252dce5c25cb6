"""A written query, run by the language itself on every record, finds what the scope and the analysis find."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowkit import Scope, analysis
from flowkit.insights import query

V5 = """
vpc-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status flow-direction
vpc-1 eni-a 10.0.0.1 10.0.0.2 40001 443 6 1 1000 1773129600 1773129650 ACCEPT OK egress
vpc-1 eni-b 10.0.0.1 10.0.0.2 40001 443 6 1 1000 1773129600 1773129651 ACCEPT OK ingress
vpc-1 eni-b 10.0.0.2 10.0.0.1 443 40001 6 4 4000 1773129660 1773129719 ACCEPT OK egress
vpc-2 eni-c 192.0.2.7 10.0.1.9 50000 22 6 2 80 1773129700 1773129719 REJECT OK ingress
vpc-2 eni-c 192.0.2.7 10.0.1.9 50001 22 6 3 120 1773129899 1773129900 REJECT OK ingress
vpc-2 eni-c 192.0.2.8 10.0.1.9 50001 3389 6 3 120 1773129900 1773129960 REJECT OK ingress
vpc-2 eni-c 2001:db8::7 2001:db8:1::9 50001 53 17 5 500 1773129961 1773129970 ACCEPT OK ingress
vpc-2 eni-c 10.0.1.9 192.0.2.7 0 0 1 1 84 1773130000 1773130010 ACCEPT OK egress
vpc-2 eni-c 198.51.100.1 10.0.1.9 50009 80 6 1 - 1773130020 1773130030 REJECT OK ingress
vpc-1 eni-a - - - - - - - 1773129660 1773129719 - NODATA -
vpc-2 eni-c - - - - - - - 1773129720 1773129779 - SKIPDATA -
"""
V2 = """
2 111122223333 eni-a 10.0.0.1 10.0.0.2 40001 443 6 1 1000 1773129600 1773129650 ACCEPT OK
2 111122223333 eni-b 192.0.2.7 10.0.0.2 40002 22 6 2 500 1773129660 1773129700 REJECT OK
2 111122223333 eni-b 192.0.2.7 10.0.0.2 40003 22 6 2 500 1773129960 1773129999 REJECT OK
2 111122223333 eni-b 2001:db8::7 2001:db8:1::9 40002 22 17 2 500 1773129660 1773129700 ACCEPT OK
2 111122223333 eni-a - - - - - - - 1773129600 1773129659 - NODATA
"""
BARE = """
version srcaddr dstaddr srcport dstport protocol packets bytes start end action
5 10.0.0.1 10.0.0.2 40001 443 6 1 1000 1773129600 1773129650 ACCEPT
5 192.0.2.7 10.0.0.2 40002 22 6 2 500 1773129660 1773129700 REJECT
5 - - - - - - - 1773129600 1773129659 -
"""
LOGS = {"custom": V5, "default": V2, "without a status": BARE}
SCOPES = [
    {},
    {"start": "2026-03-10T08:01Z"},
    {"end": "2026-03-10T08:01Z"},
    {"start": "2026-03-10T08:01Z", "end": "2026-03-10T08:05Z"},
    {"address": "10.0.0.1"},
    {"address": ["10.0.1.9", "192.0.2.8"]},
    {"srcaddr": "192.0.2.0/24"},
    {"srcaddr": ["192.0.2.0/29", "10.0.0.0/24", "2001:db8::/32"]},
    {"dstaddr": "2001:0db8:1::0009"},
    {"address": "0.0.0.0/0"},
    {"address": "::/0"},
    {"address": "203.0.113.9"},
    {"port": 443},
    {"port": [22, 443]},
    {"srcport": list(range(40000, 40005))},
    {"dstport": 0},
    {"protocol": ["udp", "icmp"]},
    {"action": "REJECT"},
    {"action": ["ACCEPT", "REJECT"], "protocol": "tcp", "address": "10.0.0.0/8"},
]
OF_THE_CUSTOM = [
    {"vpc_id": "vpc-2"},
    {"vpc_id": ["vpc-1", "vpc-2"], "direction": "ingress"},
    {"interface_id": "eni-b", "direction": "egress"},
    {"interface_id": "eni-none"},
]


@pytest.fixture(scope="module")
def logs(load_lines):
    return {name: load_lines(lines) for name, lines in LOGS.items()}


@pytest.fixture(scope="module")
def custom(logs):
    return logs["custom"]


def found(flows, scope):
    """Return how often each message is found by the written query, and by the scope."""
    narrowed = flows.within(scope)
    by_query = flows.insights(query(narrowed, limit="all"))
    return Counter(by_query["@message"] if len(by_query) else []), Counter(narrowed.messages().message)


@pytest.mark.parametrize("name", LOGS)
@pytest.mark.parametrize("keys", SCOPES, ids=repr)
def test_it_finds_the_records_in_scope(logs, name, keys):
    by_query, by_scope = found(logs[name], Scope(**keys))
    assert by_query == by_scope


@pytest.mark.parametrize("keys", OF_THE_CUSTOM, ids=repr)
def test_it_finds_the_records_of_resources(custom, keys):
    by_query, by_scope = found(custom, Scope(**keys))
    assert by_query == by_scope


def test_what_is_asked_twice_holds_twice(custom):
    scope = Scope(address="10.0.0.1", port=443) & Scope(address="10.0.0.0/30") & Scope(port=40001, srcport=443)
    by_query, by_scope = found(custom, scope)
    assert sum(by_query.values()) == 1
    assert by_query == by_scope


addresses = st.sampled_from(
    ["10.0.0.1", "10.0.0.2", "10.0.1.9", "192.0.2.7", "2001:db8::7", "10.0.0.0/31", "10.0.0.0/23", "::/0", "8.8.8.8"]
)
ports = st.one_of(st.sampled_from([0, 22, 53, 443, 3389, 40001, 50000, 50001]), st.integers(0, 65535))
times = st.integers(1773129598, 1773130002).map(lambda second: datetime.fromtimestamp(second, UTC))


def some(values):
    return st.lists(values, min_size=1, max_size=4)


@st.composite
def scopes(draw):
    keys = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "address": some(addresses),
                "srcaddr": some(addresses),
                "dstaddr": some(addresses),
                "port": some(ports),
                "srcport": some(ports),
                "dstport": some(ports),
                "protocol": some(st.sampled_from([1, 6, 17, 58])),
                "action": some(st.sampled_from(["ACCEPT", "REJECT"])),
                "direction": some(st.sampled_from(["ingress", "egress"])),
                "vpc_id": some(st.sampled_from(["vpc-1", "vpc-2", "vpc-'#|/"])),
            },
        )
    )
    ends = sorted(draw(st.lists(times, max_size=2, unique=True)))
    return Scope(**keys, **dict(zip(("start", "end"), ends, strict=False)))


@settings(max_examples=settings().max_examples // 2)
@given(scope=scopes(), another=st.none() | scopes())
def test_it_finds_the_records_of_any_scope(custom, scope, another):
    if another is not None and not (
        (scope.end and another.start and another.start >= scope.end)
        or (another.end and scope.start and scope.start >= another.end)
    ):
        scope &= another
    by_query, by_scope = found(custom, scope)
    assert by_query == by_scope


FEW = [{}, {"address": "10.0.0.2"}, {"start": "2026-03-10T08:01Z", "dstport": [22, 443]}, {"action": "REJECT"}]


def summed(frame):
    """Return the sum of nothing, which is null in a query and in some analyses, as 0."""
    sums = {"totalBytes", "totalPackets", "bytes", "packets"} & set(frame)
    return frame.fillna(dict.fromkeys(sums, 0))


def answers(flows, keys, name, **options):
    narrowed = flows.within(Scope(**keys))
    return summed(flows.insights(query(narrowed, analysis=name, **options))), narrowed


@pytest.mark.parametrize("name", LOGS)
@pytest.mark.parametrize("keys", FEW, ids=repr)
def test_top_talkers(logs, name, keys):
    told, narrowed = answers(logs[name], keys, "top_talkers")
    frame = analysis.top_talkers(narrowed, count="as_logged")
    sent = frame[frame.records_sent > 0]
    columns = ("address", "bytes_sent", "packets_sent", "records_sent")
    expected = set(zip(*(sent[column] for column in columns), strict=True))
    assert set(zip(told.srcAddr, told.totalBytes, told.totalPackets, told.records, strict=True)) == expected
    assert told.totalBytes.is_monotonic_decreasing


@pytest.mark.parametrize("name", LOGS)
@pytest.mark.parametrize("keys", FEW, ids=repr)
def test_talker_edges(logs, name, keys):
    told, narrowed = answers(logs[name], keys, "talker_edges")
    edges = analysis.talker_edges(narrowed, count="as_logged")
    expected, sums = Counter(), Counter()
    for row in edges.itertuples():
        expected[frozenset((row.client, row.server))] += row.bytes
    for row in told.itertuples():
        sums[frozenset((row.srcAddr, row.dstAddr))] += row.totalBytes
    assert sums == expected


@pytest.mark.parametrize("name", LOGS)
@pytest.mark.parametrize("keys", FEW, ids=repr)
@pytest.mark.parametrize("every", [timedelta(minutes=5), timedelta(seconds=30), timedelta(hours=1)], ids=str)
def test_traffic_timeline(logs, name, keys, every):
    told, narrowed = answers(logs[name], keys, "traffic_timeline", every=every)
    frame = summed(analysis.traffic_timeline(narrowed, every=every, count="as_logged"))
    expected = set(zip(frame.bucket, frame.action, frame.records, frame.packets, frame.bytes, strict=True))
    columns = ("bucket", "action", "records", "totalPackets", "totalBytes")
    assert set(zip(*(told[column] for column in columns), strict=True)) == expected
    assert told.bucket.is_monotonic_increasing


@pytest.mark.parametrize("name", LOGS)
@pytest.mark.parametrize("keys", FEW, ids=repr)
@pytest.mark.parametrize("by", ["dstport", "srcaddr"])
def test_reject_timeline(logs, name, keys, by):
    every = timedelta(minutes=1)
    told, narrowed = answers(logs[name], keys, "reject_timeline", every=every, by=by)
    frame = summed(analysis.reject_timeline(narrowed, every=every, by=by))
    expected = set(zip(frame.bucket, frame.value, frame.records, frame.packets, frame.bytes, strict=True))
    value = told[{"dstport": "dstPort", "srcaddr": "srcAddr"}[by]].astype("str") if len(told) else []
    rows = zip(told.bucket, value, told.records, told.totalPackets, told.totalBytes, strict=True) if len(told) else []
    assert set(rows) == expected


@pytest.mark.parametrize("name", ["custom", "default"])
@pytest.mark.parametrize("keys", FEW, ids=repr)
def test_rejected_tuples(logs, name, keys):
    told, narrowed = answers(logs[name], keys, "rejected_tuples")
    frame = summed(analysis.rejected_tuples(narrowed))
    tuples = ("interface_id", "srcaddr", "dstaddr", "dstport", "protocol", "records", "packets", "bytes", "srcports")
    expected = {
        (*row[:-2], row[-2].timestamp(), row[-1].timestamp())
        for row in zip(*(frame[column] for column in (*tuples, "first", "last")), strict=True)
    }
    names = ("interfaceId", "srcAddr", "dstAddr", "dstPort", "protocol", "records", "totalPackets", "totalBytes")
    rows = zip(*(told[column] for column in (*names, "srcPorts", "firstStart", "lastEnd")), strict=True)
    assert set(rows if len(told) else []) == expected


@pytest.mark.parametrize("name", LOGS)
@pytest.mark.parametrize("keys", [*FEW, {"end": "2026-03-10T08:01:30Z"}], ids=repr)
def test_summary(logs, name, keys):
    told, narrowed = answers(logs[name], keys, "summary")
    if "log_status" not in narrowed.fields:
        assert told.records.sum() == narrowed.count()
        return
    status = narrowed.status_records.to_pandas().log_status.value_counts().to_dict()
    expected = status | ({"OK": narrowed.count()} if narrowed.count() else {})
    assert dict(zip(told.logStatus, told.records, strict=True)) == expected
