"""Records in JSON and CSV, as CloudWatch Logs, its subscriptions and Firehose wrap them."""

# ruff: noqa: E501 - a record is a long line

import base64
import gzip
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.reading.lines import LONGEST

OK = "2 123456789010 eni-1 10.0.0.1 10.0.0.2 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK"
NODATA = "2 123456789010 eni-1 - - - - - - - 1431280876 1431280934 - NODATA"
STAMP, MILLISECONDS = "2014-12-14 04:06:50.000", 1418530010000
TIME = datetime(2014, 12, 14, 4, 6, 50, tzinfo=UTC)
EVENTS = [
    {"logStreamName": "eni-1-all", "timestamp": MILLISECONDS, "message": OK, "ingestionTime": 1, "eventId": "1"},
    {"logStreamName": "eni-1-all", "timestamp": 1431280876000, "message": NODATA, "ingestionTime": 1, "eventId": "2"},
]
SUBSCRIPTION = {
    "messageType": "DATA_MESSAGE",
    "owner": "123456789010",
    "logGroup": "flows",
    "logStream": "eni-1-all",
    "subscriptionFilters": ["all"],
    "logEvents": [
        {"id": "1", "timestamp": MILLISECONDS, "message": OK, "extractedFields": {"srcaddr": "10.0.0.1", "dstaddr": "10.0.0.2", "start": "1418530010"}},
        {"id": "2", "timestamp": 1431280876000, "message": NODATA},
    ],
}  # fmt: skip


def cells(**values):
    return [{"field": name.replace("at_", "@"), "value": value} for name, value in values.items()]


def packed(document) -> str:
    return base64.b64encode(gzip.compress(json.dumps(document).encode())).decode()


FIREHOSE = json.dumps({"message": OK}) + json.dumps({"message": NODATA})

DELIVERIES = {
    "filter-log-events": json.dumps({"events": EVENTS, "searchedLogStreams": []}, indent=4),
    "get-log-events": json.dumps({"events": [{k: e[k] for k in ("timestamp", "message", "ingestionTime")} for e in EVENTS], "nextForwardToken": "f/1", "nextBackwardToken": "b/1"}),
    "pages one after the other": json.dumps({"events": EVENTS[:1]}) + "\n" + json.dumps({"events": EVENTS[1:]}),
    "events as an array": json.dumps(EVENTS),
    "get-query-results": json.dumps({"results": [cells(at_timestamp=STAMP, at_message=OK, at_ptr="Cm"), cells(at_timestamp="2015-05-10 18:01:16.000", at_message=NODATA, at_ptr="Cn")], "statistics": {"recordsMatched": 2.0}, "status": "Complete"}),
    "Insights console, JSON": json.dumps([{"@timestamp": STAMP, "@message": OK}, {"@timestamp": "2015-05-10 18:01:16.000", "@message": NODATA}]),
    "Insights console, CSV": f"@timestamp,@message\n{STAMP},{OK}\n2015-05-10 18:01:16.000,{NODATA}\n",
    "CSV with quotes, CRLF and a byte order mark": f'\ufeff"@timestamp","@message"\r\n"{STAMP}","{OK}"\r\n"2015-05-10 18:01:16.000","{NODATA}"',
    "log group console, CSV": f"timestamp,message\n{MILLISECONDS},{OK}\n1431280876000,{NODATA}\n",
    "DATA_MESSAGE": json.dumps(SUBSCRIPTION),
    "DATA_MESSAGE, run together": json.dumps(SUBSCRIPTION | {"logEvents": SUBSCRIPTION["logEvents"][:1]}) + json.dumps(SUBSCRIPTION | {"logEvents": SUBSCRIPTION["logEvents"][1:]}),
    "a Lambda event": json.dumps({"awslogs": {"data": packed(SUBSCRIPTION)}}),
    "a Kinesis event": json.dumps({"Records": [{"eventID": "1", "kinesis": {"data": packed(SUBSCRIPTION)}}]}),
    "a Firehose event": json.dumps({"records": [{"recordId": "1", "data": base64.b64encode(FIREHOSE.encode()).decode()}]}),
    "Firehose, run together": FIREHOSE,
    "Firehose, on lines": FIREHOSE.replace("}{", "}\n{") + "\n",
    "Firehose, line ends inside": json.dumps({"message": OK + "\n"}) + json.dumps({"message": NODATA + "\r\n"}),
    "blanks before": " \r\n\t" + FIREHOSE,
}  # fmt: skip


UNSTAMPED = {
    "a Firehose event",
    "Firehose, run together",
    "Firehose, on lines",
    "Firehose, line ends inside",
    "blanks before",
}


@pytest.mark.parametrize("name", DELIVERIES)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda content: gzip.compress(gzip.compress(content))], ids=["plain", "gzip", "gzip twice"])  # fmt: skip
def test_messages_are_found_whatever_wraps_them(read, name, pack):
    found = read(pack(DELIVERIES[name].encode()))
    (record,), (status,) = found.records, found.status
    assert (record["srcaddr"], record["dstport"], record["bytes"], record["start"]) == ("10.0.0.1", 22, 4249, TIME)
    assert (status["log_status"], status["srcaddr"]) == ("NODATA", None)
    assert record["_time"] == (None if name in UNSTAMPED else TIME)
    assert not found.refused


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"results": [cells(at_timestamp=STAMP, srcAddr="10.0.0.1", dstPort="22", at_ptr="C")]}),
        json.dumps([{"@timestamp": STAMP, "srcAddr": "10.0.0.1", "dstPort": 22}]),
        f"@timestamp,srcAddr,dstPort\n{STAMP},10.0.0.1,22\n",
        json.dumps({"results": [cells(startTime="1418530010", srcAddr="10.0.0.1", dstPort="22")]}),
    ],
)
def test_rows_of_insights_that_name_fields(read, text):
    found = read(text.encode())
    (record,) = found.records
    assert (record["srcaddr"], record["dstport"]) == ("10.0.0.1", 22)
    assert record["_time"] == TIME or record["start"] == TIME


def test_rows_with_other_fields_are_other_formats(read):
    rows = [
        cells(at_timestamp=STAMP, srcAddr="10.0.0.1"),
        cells(at_timestamp=STAMP, srcAddr="10.0.0.2", bytes="5"),
        cells(at_timestamp=STAMP, at_message=OK),
    ]
    found = read(json.dumps({"results": rows}).encode())
    assert [row["srcaddr"] for row in found.records] == ["10.0.0.1", "10.0.0.2", "10.0.0.1"]
    assert [row.get("bytes") for row in found.records] == [None, 5, 4249]


def test_a_custom_format_is_given(read):
    message = "3 eni-1 10.0.0.1 REJECT"
    content = json.dumps({"events": [{"timestamp": MILLISECONDS, "message": message}]}).encode()
    (record,) = read(content, "${version} ${interface-id} ${srcaddr} ${action}").records
    assert (record["srcaddr"], record["action"], record["_time"]) == ("10.0.0.1", "REJECT", TIME)
    unknown = read(content)
    assert (unknown.reading.unknown_format, len(unknown.refused)) == (True, 1)
    assert f"4 columns and no header says which: '{message}'" in unknown.reading.note


def event(message):
    return {"timestamp": MILLISECONDS, "message": message}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (event("bogus!"), "1 columns, the format has 14"),
        (event(OK + " x"), "15 columns, the format has 14"),
        (event(OK.replace("4249", "x")), "bytes: not a number"),
        (event(""), "blank"),
        (event(" \n"), "blank"),
        (event(f"{OK}\n{OK}"), "a line break inside the message"),
        (event("x" * (LONGEST + 1)), f"longer than {LONGEST:,} bytes"),
        (event("\ud800 x"), "2 columns, the format has 14"),
        ({"messageType": "CONTROL_MESSAGE", "logEvents": [event("CWL CONTROL MESSAGE: Checking health")]}, "a control message of CloudWatch Logs, no record"),
        ({"data": base64.b64encode(gzip.compress(FIREHOSE.encode())[:20]).decode()}, "the packed data in it is damaged"),
        ({"srcAddr": "10.0.0.1", "sum(bytes)": "5"}, "a row of query results, no record: it has no time"),
        ({"startTime": "1418530010", "srcAddr": "10.0.0.1", "interfaceId": "eni 1"}, "a blank inside a value"),
    ],
)  # fmt: skip
def test_a_bad_message_is_refused_by_number_and_no_other(read, wrong, reason):
    found = read(json.dumps([event(OK), wrong, event(OK)]).encode())
    assert [(refused.line, refused.reason) for refused in found.refused] == [(2, reason)]
    assert [row["_line"] for row in found.records] == [1, 3]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"{STAMP},bogus!", "1 columns, the format has 14"),
        (STAMP, "1 columns, the header has 2"),
        (f"{STAMP},{OK},more", "3 columns, the header has 2"),
        ("", "blank"),
        (f"{STAMP},", "blank"),
        (f"{STAMP},a\rb", "no CSV: new-line character seen in unquoted field"),
        (f"{STAMP},{'x' * 200_000}", "no CSV: field larger than field limit (131072)"),
        ("x" * (LONGEST + 1), "no CSV: field larger than field limit (131072)"),
    ],
)
def test_a_bad_line_of_csv_is_refused_by_number_and_no_other(read, line, reason):
    found = read(f"@timestamp,@message\n{STAMP},{OK}\n{line}\n{STAMP},{OK}\n".encode())
    assert [(refused.line, refused.reason[: len(reason)]) for refused in found.refused] == [(3, reason)]
    assert [row["_line"] for row in found.records] == [2, 4]
    assert found.headers == 1


CUT = json.dumps({"events": [event(OK)] * 300}).encode()


@pytest.mark.parametrize(
    ("content", "records", "cut_off"),
    [
        (CUT[: CUT.rindex(b'"message"') + 30], 299, 1),  # in the midst of the last message
        (CUT[: CUT.rindex(b'"timestamp"') + 15], 299, 1),
        (CUT[: CUT.rindex(b"{")], 299, 0),
        (CUT[:-2], 300, 0),
        (CUT[:-1], 300, 0),
        (b'{"message": "%b"}' % OK.encode() * 3 + b'{"message": "2 12', 3, 1),
        (b'{"message": "%b"}' % OK.encode() * 3 + b"]", 3, 0),
        (CUT.replace(b"}]}", b"} x ]}"), 300, 0),
        (json.dumps({"results": [cells(at_timestamp=STAMP, at_message=OK)] * 2}).encode()[:-20], 1, 1),
    ],
)
def test_of_broken_json_what_stands_before_is_kept(read, content, records, cut_off):
    for pack in (bytes, gzip.compress):
        found = read(pack(content))
        assert len(found.records) == records
        assert [refused.reason for refused in found.refused] == ["cut off by the damage to the object"] * cut_off
        assert found.reading.damaged_at is not None
        assert "JSON" in found.reading.note


@pytest.mark.parametrize(
    "text", [CUT.decode(), "@timestamp,@message\n" + f"{STAMP},{OK}\n" * 3000], ids=["JSON", "CSV"]
)
def test_of_a_truncated_gzip_the_messages_before_are_kept_and_the_last_is_refused(read, text):
    stored = gzip.compress(text.encode())
    found = read(stored[:-20])
    assert found.reading.damaged_at == len(stored) - 20
    assert len(found.records) > 100
    assert [refused.reason for refused in found.refused] == ["cut off by the damage to the object"]


@pytest.mark.parametrize(
    "text", ['{"a": 1}', "[]", "{}", '[{"message_id": 5}]', '{"Reservations": [{"Instances": []}]}']
)
def test_json_without_messages_says_so(read, text):
    found = read(text.encode())
    assert (found.reading.lines, found.reading.unknown_format) == (0, True)
    assert "no flow log messages" in found.reading.note


FORMAT = "${interface-id} ${srcaddr} ${action}"


@pytest.mark.parametrize(
    ("document", "rows", "refused"),
    [
        ({"logFormat": FORMAT, "events": ["eni-1 10.0.0.1 REJECT"]}, [("eni-1", "10.0.0.1", "REJECT")], []),
        ({"logFormat": FORMAT, "events": ["eni-1 REJECT"]}, [], ["2 columns, the format has 3"]),
        ({"logFormat": "!!", "events": [OK]}, [("eni-1", "10.0.0.1", "ACCEPT")], []),
        ({"logGroup": "/vpc/shop", "nothing": True}, [], []),
    ],
    ids=["it fits", "it does not fit", "it is not understood", "there are none"],
)
def test_a_document_may_tell_the_format_of_its_messages_or_that_there_are_none(read, document, rows, refused):
    events = [{"timestamp": MILLISECONDS, "message": text} for text in document.get("events", [])]
    found = read(json.dumps({**document, "events": events} if events else document).encode())
    assert [(row["interface_id"], row["srcaddr"], row["action"]) for row in found.records] == rows
    assert [one.reason for one in found.refused] == refused
    assert (found.reading.note, found.reading.unknown_format) == ("", False)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.sampled_from([OK, NODATA, STAMP, MILLISECONDS, packed(SUBSCRIPTION)]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["message", "@message", "timestamp", "field", "value", "data", "srcAddr", "start", "logEvents", "logFormat", "logGroup", "nothing", "messageType", "x"]), inner, max_size=4
    ),
    max_leaves=20,
)  # fmt: skip


@given(st.lists(JSON, max_size=4), st.integers(0, 200), st.binary(max_size=3))
def test_any_json_and_any_broken_json_adds_up(read, documents, cut, noise):
    text = "".join(json.dumps(document) for document in documents).encode()
    read(b"[" + text)
    read(b"{" + text[:cut] + noise + text[cut:])
    read(b"[" + b",".join(json.dumps(document).encode() for document in documents) + b"]")


@given(st.text(alphabet=st.sampled_from('a1,"\n\r\0 -'), max_size=60))
def test_any_csv_adds_up(read, text):
    found = read(f"@timestamp,@message\n{STAMP},{OK}\n{text}".encode())
    assert found.records[0]["_line"] == 2
