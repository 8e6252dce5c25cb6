"""Records back as the lines they were, in the format of the object they came from."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest

import flowkit as fk
from flowkit import fields

V2 = " ".join(fields.DEFAULT_FORMAT)
FLOW = "2 123456789010 eni-a 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK"
FIRST = datetime(2014, 12, 14, 4, 6, 50, tzinfo=UTC)
V5 = f"{V2} vpc-id tcp-flags pkt-srcaddr pkt-dst-aws-service flow-direction traffic-path"


@pytest.mark.parametrize(
    ("header", "line", "message"),
    [
        (V2, FLOW, FLOW),
        (V5, f"5{FLOW[1:]} vpc-1 19 10.0.0.9 S3 egress 8", None),
        (V5, f"5{FLOW[1:]} - - - - - -", None),
        ("bytes srcaddr start interface-id", "40 10.0.0.1 1418530010 eni-a", None),  # its own order
        ("srcaddr dstaddr instance-tag asg-tag", "10.0.0.1 10.0.0.2 web%20tier%2F1%25 -", None),
        ("srcaddr instance-tag interface-tag", "10.0.0.1 %2D caf%C3%A9", None),  # a tag that is a dash
        ("srcaddr start end", "10.0.0.1 1418530010999 1418530070001", "10.0.0.1 1418530010 1418530070"),
        ("srcaddr dstaddr bytes", "  10.0.0.1 \t 10.0.0.2   40 ", "10.0.0.1 10.0.0.2 40"),
        ("srcaddr dstaddr", "2001:db8:0:0::1 2001:DB8::2", "2001:db8::1 2001:db8::2"),
        ("srcaddr quantum-status", "10.0.0.1 entangled", None),  # a field newer than flowkit
        ("srcaddr start end", "10.0.0.1 - -", None),
    ],
)
def test_a_record_is_the_line_it_was(load_lines, header, line, message):
    (row,) = load_lines(f"{header}\n{line}").messages().to_dict("records")
    assert row["message"] == (message or line)
    assert row["line"] == 2


def test_object_line_and_time(tmp_path):
    path = tmp_path / "flows.log"
    path.write_text(f"{V2}\nno record\n{FLOW}\n")
    (row,) = fk.load(path).messages().to_dict("records")
    assert row == {"object": str(path), "line": 3, "timestamp": FIRST, "message": FLOW}


def test_formats_of_one_folder_are_told_apart(tmp_path):
    lines = {
        "a": (V2, FLOW),
        "b": (V5, f"5{FLOW[1:]} vpc-1 19 10.0.0.9 S3 egress 8"),
        "c": ("bytes srcaddr", "4 10.0.0.1"),
    }
    for name, (header, line) in lines.items():
        (tmp_path / name).write_text(f"{header}\n{line}\n")
    found = fk.load(tmp_path).messages()
    assert dict(zip(found.object.str[-1], found.message, strict=True)) == {
        name: line for name, (_, line) in lines.items()
    }


def test_formats_of_one_object_are_told_apart(load_lines):
    flows = load_lines(f"{V2}\n{FLOW}\nbytes srcaddr\n4 10.0.0.1\n{V2}\n{FLOW}")
    found = flows.messages().sort_values("line")
    assert list(zip(found.line, found.message, strict=True)) == [(2, FLOW), (4, "4 10.0.0.1"), (6, FLOW)]


def test_a_given_format_is_the_order_of_its_lines(load_lines):
    flows = load_lines("40 10.0.0.1 eni-a", log_format="${bytes} ${srcaddr} ${interface-id}")
    assert list(flows.messages().message) == ["40 10.0.0.1 eni-a"]


STAMP = FIRST + timedelta(seconds=95, milliseconds=250)
MILLIS = int(STAMP.timestamp() * 1000)
EVENT = {"timestamp": MILLIS, "message": FLOW}


@pytest.mark.parametrize(
    "content",
    [
        f"2014-12-14T04:08:25.250Z {FLOW}\n",  # CloudWatch's export to S3
        json.dumps({"events": [EVENT | {"logStreamName": "eni-a-all", "eventId": "1"}]}),  # filter-log-events
        json.dumps({"messageType": "DATA_MESSAGE", "logEvents": [EVENT | {"id": "1"}]}),  # a subscription
        f'@timestamp,@message\n2014-12-14 04:08:25.250,"{FLOW}"\n',  # Insights, exported
        json.dumps(
            {
                "results": [
                    [{"field": "@timestamp", "value": "2014-12-14 04:08:25.250"}, {"field": "@message", "value": FLOW}]
                ]
            }
        ),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_the_event_time_is_the_sources(tmp_path, content, packed):
    path = tmp_path / "export"
    path.write_bytes(gzip.compress(content.encode()) if packed else content.encode())
    (row,) = fk.load(path).messages().to_dict("records")
    assert (row["timestamp"], row["message"]) == (STAMP, FLOW)


def test_without_an_event_time_it_is_start_or_nothing(load_lines):
    found = load_lines(f"{V2}\n{FLOW}").messages()
    assert found.timestamp[0] == FIRST
    assert str(found.timestamp.dtype) == "datetime64[us, UTC]"
    assert load_lines("srcaddr dstaddr\n10.0.0.1 10.0.0.2").messages().timestamp.isna().all()


def test_messages_keep_to_scope_order_and_limit(load_lines):
    times = (1418530300, 1418530010, 1418530130)
    flows = load_lines("srcaddr start\n" + "\n".join(f"10.0.0.{n} {time}" for n, time in enumerate(times)))
    assert list(flows.messages().line) == [3, 4, 2]
    assert list(flows.messages(limit=2).line) == [3, 4]
    assert list(flows.narrow(srcaddr="10.0.0.2").messages().line) == [4]
    empty = flows.narrow(srcaddr="10.9.9.9").messages()
    assert (len(empty), empty.columns.tolist()) == (0, ["object", "line", "timestamp", "message"])


def test_the_rebuilt_lines_load_again_as_the_same_records(tmp_path):
    sample = fk.load("sample")
    sample = sample.narrow(end=sample.span[0] + timedelta(minutes=5))
    rebuilt = sample.messages(limit=100_000)
    path = tmp_path / "rebuilt.log"
    (header,) = {" ".join(f.columns).replace("_", "-") for c in sample.origin.contents.values() for f in c.formats}
    path.write_text("\n".join([header, *rebuilt.message]) + "\n")
    again = fk.load(path)
    order = sample.fields
    one, other = (f.to_pandas().astype(str).sort_values(order, ignore_index=True) for f in (sample, again))
    assert len(one) > 0
    assert one.equals(other)
