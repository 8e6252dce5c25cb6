"""Text records: each version as AWS documents it, each delivery, and what bad lines get."""

# ruff: noqa: E501 - a record is a long line

import os
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit import fields
from flowkit.formats import DEFAULT, LogFormat
from flowkit.reading.columns import Addresses
from flowkit.reading.lines import BLOCK, LONGEST, Broken, LineReader, whole_lines
from flowkit.reading.unpack import DamagedError

V2 = " ".join(fields.DEFAULT_FORMAT)
V3 = f"{V2} vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr"
V4 = f"{V3} region az-id sublocation-type sublocation-id"
V5 = f"{V4} pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path"
ECS = (
    "ecs-cluster-arn ecs-cluster-name ecs-container-instance-arn ecs-container-instance-id ecs-container-id "
    "ecs-second-container-id ecs-service-name ecs-task-definition-arn ecs-task-arn ecs-task-id"
)
V11 = (
    "instance-tag instance-tag-2 interface-tag interface-tag-2 asg-tag asg-tag-2 interface-type "
    "next-hop-interface-id next-hop-subnet-id next-hop-az-id next-hop-vpc-id next-hop-interface-type"
)
FLOW = (
    "123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK"
)
OK = f"2 {FLOW}"
NODATA = "2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA"
SKIPDATA = "2 123456789010 eni-11111111aaaaaaaaa - - - - - - - 1431280876 1431280934 - SKIPDATA"
IDS = "vpc-0abc subnet-0abc i-0abc"
FIVE = f"{IDS} 19 IPv4 52.213.180.42 10.0.0.62 eu-west-1 euw1-az1 wavelength wlz-1 S3 - egress 8"
TASK = (
    "arn:aws:ecs:eu-west-1:123456789010:cluster/shop shop - - 0123abcd - web "
    "arn:aws:ecs:eu-west-1:123456789010:task-definition/web:1 arn:aws:ecs:eu-west-1:123456789010:task/shop/9f 9f"
)

FIRST = datetime(2014, 12, 14, 4, 6, 50, tzinfo=UTC)
LAST = datetime(2014, 12, 14, 4, 7, 50, tzinfo=UTC)
FLOW_VALUES = {
    "account_id": "123456789010", "interface_id": "eni-1235b8ca123456789", "srcaddr": "172.31.16.139",
    "dstaddr": "172.31.16.21", "srcport": 20641, "dstport": 22, "protocol": 6, "packets": 20, "bytes": 4249,
    "start": FIRST, "end": LAST, "action": "ACCEPT", "log_status": "OK",
}  # fmt: skip
FIVE_VALUES = {
    "vpc_id": "vpc-0abc", "subnet_id": "subnet-0abc", "instance_id": "i-0abc", "tcp_flags": 19, "type": "IPv4",
    "pkt_srcaddr": "52.213.180.42", "pkt_dstaddr": "10.0.0.62", "region": "eu-west-1", "az_id": "euw1-az1",
    "sublocation_type": "wavelength", "sublocation_id": "wlz-1", "pkt_src_aws_service": "S3",
    "pkt_dst_aws_service": None, "flow_direction": "egress", "traffic_path": 8,
}  # fmt: skip
TGW = (
    "6 TransitGateway 123456789010 tgw-0a tgw-attach-0a 111111111111 222222222222 vpc-a vpc-b subnet-a subnet-b eni-a "
    "eni-b euw1-az1 euw1-az2 tgw-attach-0b 10.0.0.1 10.1.0.1 40000 443 6 5 840 1418530010 1418530070 OK IPv4 0 1 2 3 18 "
    "eu-west-1 egress - S3"
)

SAMPLES = {
    "2": (V2, OK, {"version": 2, **FLOW_VALUES}),
    "3": (V3, f"3 {FLOW} {' '.join(FIVE.split()[:7])}", {"version": 3, "tcp_flags": 19, "pkt_srcaddr": "52.213.180.42"}),
    "4": (V4, f"4 {FLOW} {' '.join(FIVE.split()[:11])}", {"version": 4, "az_id": "euw1-az1", "sublocation_id": "wlz-1"}),
    "5": (V5, f"5 {FLOW} {FIVE}", {"version": 5, **FLOW_VALUES, **FIVE_VALUES}),
    "7": (
        f"{V5} {ECS}",
        f"7 {FLOW} {FIVE} {TASK}",
        {"version": 7, "ecs_cluster_name": "shop", "ecs_container_instance_id": None, "ecs_service_name": "web", "ecs_task_id": "9f"},
    ),
    "8": (f"{V2} reject-reason", f"8 {FLOW.replace('ACCEPT', 'REJECT')} BPA", {"action": "REJECT", "reject_reason": "BPA"}),
    "9, a regional NAT gateway": (
        f"{V2} resource-id",
        f"9 {FLOW.replace('eni-1235b8ca123456789', '-')} nat-0abc",
        {"interface_id": None, "resource_id": "nat-0abc"},
    ),
    "10": (f"{V2} encryption-status", f"10 {FLOW} 3", {"version": 10, "encryption_status": 3}),
    "11": (
        f"{V2} {V11}",
        f"11 {FLOW} web%20server caf%C3%A9 %2D - a%2Fb 100%25 nat_gateway eni-2 subnet-2 euw1-az2 vpc-2 transit_gateway",
        {
            "instance_tag": "web server", "instance_tag_2": "café", "interface_tag": "-", "interface_tag_2": None,
            "asg_tag": "a/b", "asg_tag_2": "100%", "interface_type": "nat_gateway", "next_hop_az_id": "euw1-az2",
            "next_hop_interface_type": "transit_gateway",
        },
    ),
    "6, a transit gateway": (
        " ".join(fields.TGW_DEFAULT_FORMAT),
        TGW,
        {
            "version": 6, "resource_type": "TransitGateway", "tgw_attachment_id": "tgw-attach-0a", "srcaddr": "10.0.0.1",
            "packets_lost_no_route": 0, "packets_lost_ttl_expired": 3, "tcp_flags": 18, "pkt_dst_aws_service": "S3",
        },
    ),
    "2, IPv6": (
        V2,
        "2 123456789010 eni-1 2001:0DB8:0:0:0:0:0:1 fd00:0:0:1::2 34892 22 6 54 8855 1477913708 1477913820 ACCEPT OK",
        {"srcaddr": "2001:db8::1", "dstaddr": "fd00:0:0:1::2"},
    ),
    "2, the owner unknown": (V2, OK.replace("123456789010", "unknown"), {"account_id": "unknown"}),
    "2, an account with leading zeros": (V2, OK.replace("123456789010", "000456789010"), {"account_id": "000456789010"}),
    "2, milliseconds": (V2, OK.replace("1418530010 1418530070", "1418530010123 1418530070999"), {"start": FIRST, "end": LAST}),
    "newer than flowkit": (f"{V2} quantum-status", f"12 {FLOW} entangled", {"version": 12, "quantum_status": "entangled"}),
    "3, no flags that are valid": ("srcaddr tcp-flags", "10.0.0.1 -", {"srcaddr": "10.0.0.1", "tcp_flags": None}),
}  # fmt: skip


def lines(*texts: str) -> bytes:
    return "".join(text + "\n" for text in texts).encode()


@pytest.mark.parametrize(("header", "line", "expected"), SAMPLES.values(), ids=SAMPLES)
def test_a_record_of_each_version(read, header, line, expected):
    for found in (read(lines(header, line)), read(lines(line), header)):
        (record,) = found.records
        assert {name: record[name] for name in expected} == expected
        assert set(record) == {name.replace("-", "_") for name in header.split()} | {"_line"}
        assert not found.refused


@pytest.mark.parametrize(("header", "line", "expected"), SAMPLES.values(), ids=SAMPLES)
def test_the_same_line_by_line(read, header, line, expected):
    """A bad line beside it takes the block off the fast path; the record stays what it is."""
    found = read(lines(header, line, "bogus!"))
    (record,) = found.records
    assert {name: record[name] for name in expected} == expected
    assert [refused.line for refused in found.refused] == [3]


def test_all_54_fields_in_one_line(read):
    extra = "- - - - - - - - - - - -"
    found = read(
        lines(f"{V5} {ECS} reject-reason resource-id encryption-status {V11}", f"11 {FLOW} {FIVE} {TASK} - - 0 {extra}")
    )
    assert len(found.records[0]) == 54 + 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (f"{V2}\n{OK}\n", [2]),
        (f"{OK}\n", [1]),
        (OK, [1]),
        (f"{V2}\r\n{OK}\r\n{OK}\r\n", [2, 3]),
        (f"{V2}\n{OK.replace(' ', '  ')}\n  {OK}\t\n{OK.replace(' ', chr(9))}\n", [2, 3, 4]),
        (f"\ufeff{V2}\n{OK}\n", [2]),
        (f"\ufeff{OK}\n", [1]),
        (f"2014-12-14T04:06:50.000Z {OK}\n", [1]),
        (f"- {OK}\n2014-12-14T04:06:50Z {OK}\n", [1, 2]),
    ],
)
def test_deliveries_as_text(read, content, expected):
    found = read(content.encode())
    assert [row["_line"] for row in found.records] == expected
    assert all({name: row[name] for name in FLOW_VALUES} == FLOW_VALUES for row in found.records)
    assert not found.refused


def test_the_time_stamp_of_an_export_to_s3_is_kept(read):
    found = read(lines(f"2014-12-14T04:06:51.250Z {OK}", f"- {OK}"))
    assert [row["_time"] for row in found.records] == [FIRST.replace(second=51, microsecond=250_000), None]
    given = read(lines("2014-12-14T04:06:51.250Z 172.31.16.139 22"), "${srcaddr} ${dstport}")
    assert [(row["_time"].microsecond, row["dstport"]) for row in given.records] == [(250_000, 22)]


def test_a_header_in_the_middle_starts_another_format(read):
    found = read(lines(V2, OK, "srcaddr dstaddr bytes", "10.0.0.1 10.0.0.2 7", "10.0.0.1 10.0.0.3 8", V2, OK))
    assert (found.headers, [row["_line"] for row in found.records]) == (3, [2, 4, 5, 7])
    assert [row["bytes"] for row in found.records] == [4249, 7, 8, 4249]
    assert [f.columns for f in found.reading.formats] == [DEFAULT.columns, ("srcaddr", "dstaddr", "bytes")]


def test_a_header_wins_over_the_format_given(read):
    found = read(lines("10.0.0.9 1", V2, OK), "${dstaddr} ${bytes}")
    assert [row["dstaddr"] for row in found.records] == ["10.0.0.9", "172.31.16.21"]


def test_nodata_and_skipdata_are_no_records_and_do_not_vanish(read):
    found = read(lines(V2, OK, NODATA, SKIPDATA, OK))
    assert [row["_line"] for row in found.records] == [2, 5]
    assert [(row["_line"], row["log_status"], row["srcaddr"], row["action"]) for row in found.status] == [
        (3, "NODATA", None, None),
        (4, "SKIPDATA", None, None),
    ]


def test_without_a_log_status_a_line_with_an_address_is_a_record(read):
    found = read(lines("srcaddr bytes start", "10.0.0.1 5 1418530010", "- - 1418530010"))
    assert [row["_line"] for row in found.records] == [2]
    assert [(line.line, line.reason[:28]) for line in found.refused] == [(3, "neither an address nor a log")]


BAD = {
    "too few columns": (OK.removesuffix(" OK"), "13 columns, the format has 14"),
    "too many columns": (f"{OK} vpc-1", "15 columns, the format has 14"),
    "a word": ("bogus!", "1 columns, the format has 14"),
    "blank": ("", "blank"),
    "only blanks": (" \t ", "blank"),
    "no number": (OK.replace("4249", "many"), "bytes: not a number"),
    "a fraction": (OK.replace("4249", "42.5"), "bytes: not a number"),
    "a plus": (OK.replace("4249", "+4249"), "bytes: not a number"),
    "digits of another script": (OK.replace("4249", "٤٢٤٩"), "bytes: not a number"),
    "a negative number": (OK.replace("4249", "-1"), "bytes: not between 0 and 1125899906842624"),
    "beyond 64 bits": (OK.replace("4249", "9223372036854775808"), "bytes: not between 0 and 1125899906842624"),
    "an impossible port": (OK.replace("20641", "65536"), "srcport: not between 0 and 65535"),
    "an impossible protocol": (OK.replace(" 6 20", " 256 20"), "protocol: not between 0 and 255"),
    "an impossible address": (OK.replace("172.31.16.21 ", "172.31.16.256 "), "dstaddr: not an address"),
    "a name for an address": (OK.replace("172.31.16.21 ", "db.internal "), "dstaddr: not an address"),
    "an address with a zone": (OK.replace("172.31.16.21 ", "fe80::1%eth0 "), "dstaddr: not an address"),
    "an address with leading zeros": (OK.replace("172.31.16.21 ", "172.031.16.21 "), "dstaddr: not an address"),
    "an impossible time": (OK.replace("1418530010", "99999999999999"), "start: an impossible time"),
    "a negative time": (OK.replace("1418530010", "-5"), "start: an impossible time"),
    "the end long before the start": (OK.replace("1418530070", "1418520070"), "end: more than 120 s before start"),
    "another action": (OK.replace("ACCEPT", "DROP"), "action: neither ACCEPT nor REJECT"),
    "another status": (OK.replace(" OK", " Ok"), "log-status: not OK, NODATA or SKIPDATA"),
    "not UTF-8": (OK.replace("eni-", "eni-\udcff"), "not UTF-8"),
    "very long": ("x" * (LONGEST + 1), f"longer than {LONGEST:,} bytes"),
    "long": ("x" * 20_000, "1 columns, the format has 14"),
}


@pytest.mark.parametrize(("line", "reason"), BAD.values(), ids=BAD)
def test_a_bad_line_is_refused_with_its_reason_and_number_and_no_other(read, line, reason):
    good = (OK + "\n") * 3
    content = f"{V2}\n{good}".encode() + line.encode(errors="surrogateescape") + f"\n{good}".encode()
    found = read(content)
    assert [(refused.line, refused.reason) for refused in found.refused] == [(5, reason)]
    assert found.refused[0].text == line[:200].replace("\udcff", "\ufffd")
    assert [row["_line"] for row in found.records] == [2, 3, 4, 6, 7, 8]


def test_bad_lines_in_a_large_file_are_found_by_number(read):
    texts = [OK] * 20_000
    wrong = {1: "", 17: "bogus!", 9_999: OK + " x", 10_000: OK.replace("4249", "x"), 19_999: "y" * 9_000}
    for index, text in wrong.items():
        texts[index] = text
    texts[15_000] = NODATA
    found = read(lines(*texts))
    assert [refused.line - 1 for refused in found.refused] == list(wrong)
    assert [row["_line"] for row in found.status] == [15_001]
    assert len(found.records) == 20_000 - 6


def test_headerless_lines_of_another_format_are_refused_and_the_object_says_how_to_give_it(read):
    found = read(lines("3 eni-1 10.0.0.1", "3 eni-1 10.0.0.2"))
    assert found.reading.unknown_format
    assert "'3 eni-1 10.0.0.1'" in found.reading.note
    assert "log_format=" in found.reading.note
    assert [refused.reason for refused in found.refused] == ["3 columns and no header before it says which"] * 2


def test_lines_before_the_first_header_are_refused_and_those_after_read(read):
    found = read(lines("# exported yesterday", "", V2, OK))
    assert ([refused.line for refused in found.refused], len(found.records)) == ([1, 2], 1)
    assert not found.reading.unknown_format


def test_a_long_log_of_something_else_is_refused_line_by_line(read):
    found = read(b"GET /index.html HTTP/1.1\n" * 40_000)
    assert (found.reading.lines, found.reading.unknown_format) == (40_000, True)


# Every line is accounted for, whatever the bytes.

TOKENS = st.one_of(
    st.sampled_from(OK.split() + FIVE.split() + V2.split()),
    st.sampled_from(
        ["-", "", "+5", "-1", "-0", "0x1F", "0X1f", "1_000", "007", "0" * 30 + "7", "65535", "65536", "2147483647",
         "2147483648", "9223372036854775807", "9223372036854775808", "1e3", "1.0", "nan", '"', '"-"', '"5"', "'", "\t", "\r",
         "\0", "\u0661", "\ufeff", "\u00a0", "\u2028", "true", "null", "NULL", "NA", "#N/A", "10.0.0.1", "10.0.0.01",
         "::", "::1", "::ffff:10.0.0.1", "1:2:3:4:5:6:7:8:9", "2001:DB8::1", "fe80::1%e", "10.0.0.1/8", "ACCEPT", "accept",
         "OK", "NODATA", "SKIPDATA", "Ok", "%2D", "%zz", "2014-12-14T04:06:50Z", "2014-12-14T04:06:50.123Z",
         "2014-12-14T04:06:50.123456Z", "2014-12-14T04:06:50", "2014-12-14T04:06:50+01:00", "0001-01-01T00:00:00+23:59",
         "2014-12-14", "x" * 300, "srcaddr", "bytes", "log-status", "vpc-id"]
    ),
    st.text(max_size=6),
    st.integers(-(2**65), 2**65).map(str),
)  # fmt: skip
LINES = st.one_of(
    st.just(OK),
    st.just(f"5 {FLOW} {FIVE}"),
    st.just(NODATA),
    st.sampled_from([V2, V5, "srcaddr dstaddr bytes", "start starttime", "end", "10.0.0.1 10.0.0.2 5"]),
    st.lists(TOKENS, max_size=16).map(" ".join),
    st.builds(
        lambda place, token: " ".join([*OK.split()[:place], token, *OK.split()[place + 1 :]]), st.integers(0, 13), TOKENS
    ),
).map(str.encode)  # fmt: skip
ENDS = st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\r\r\n", b"\n\n", b"\r", b" \n", b"\0\n", b""])
MIXED = st.lists(st.one_of(st.tuples(LINES, ENDS).map(b"".join), st.binary(max_size=40)), max_size=12).map(b"".join)
FORMATS = st.sampled_from(
    [None, DEFAULT, LogFormat.parse(V5), LogFormat.parse("${srcaddr}"), LogFormat.parse("${vpc-id}")]
)


def count(content: bytes) -> int:
    """Lines end at LF, and what stands after the last one is a line too."""
    return content.count(b"\n") + (content != b"" and not content.endswith(b"\n"))


def accounted(blocks, reader: LineReader) -> list[int]:
    """Return the numbers of all lines that a reader accounts for, headers as the gaps they leave."""
    pieces = [piece for block in blocks for piece in reader.read(block)]
    tables = [table for piece in pieces for table in (piece.records, piece.status) if table is not None]
    numbers = [n for table in tables for n in table.column("_line").to_pylist()]
    numbers += [refused.line for piece in pieces for refused in piece.refused]
    headers = sum(piece.headers for piece in pieces)
    missing = set(range(1, reader.lines + 1)) - set(numbers)
    assert len(missing) == headers
    assert len(set(numbers)) == len(numbers)
    return sorted(numbers + list(missing))


def pieces_of(content: bytes, size: int):
    return iter([content[start : start + size] for start in range(0, len(content), size)])


@given(MIXED, FORMATS, st.integers(1, 100))
def test_lines_in_are_lines_accounted_for(content, log_format, size):
    reader = LineReader(Addresses(), log_format)
    assert accounted(whole_lines(pieces_of(content, size)), reader) == list(range(1, count(content) + 1))


@given(st.binary(max_size=300), FORMATS)
def test_lines_in_are_lines_accounted_for_in_any_bytes(content, log_format):
    reader = LineReader(Addresses(), log_format)
    assert accounted(whole_lines(iter([content])), reader) == list(range(1, count(content) + 1))


@given(MIXED, st.sampled_from([9_000, 70_000, 300_000, LONGEST + 1]), st.integers(0, 2), FORMATS)
def test_lines_in_are_lines_accounted_for_beside_very_long_ones(content, length, where, log_format):
    long = b"x" * length
    content = [long + content, content + long, content + b"\n" + long + b"\n" + content][where]
    reader = LineReader(Addresses(), log_format)
    assert accounted(whole_lines(iter([content])), reader) == list(range(1, count(content) + 1))


@given(MIXED)
def test_every_object_adds_up(read, content):
    """Whatever the first bytes make of it: `read` holds the account to the lines counted."""
    read(content)
    found = read(V2.encode() + b"\n" + content)
    assert found.reading.lines == 1 + count(content)


# The two ways of reading agree.

BASE = dict(
    zip(
        f"{V5} reject-reason encryption-status instance-tag tgw-id packets-lost-blackhole".split(),
        f"5 {FLOW} {FIVE} - 1 a%20b tgw-1 4".split(),
        strict=True,
    )
)


def at_once(line: bytes, log_format: LogFormat):
    reader = LineReader(Addresses(), log_format)
    piece = reader._at_once(line + b"\n")  # noqa: SLF001 - the fast way by itself
    return None if piece is None else rows(piece)


def singly(line: bytes, log_format: LogFormat):
    reader = LineReader(Addresses(), log_format)
    return [row for piece in reader._singly(line + b"\n") for row in rows(piece)]  # noqa: SLF001 - the slow way by itself


def rows(piece):
    tables = [("record", piece.records), ("status", piece.status)]
    found = [(kind, piece.format, row) for kind, table in tables if table is not None for row in table.to_pylist()]
    return found + [("refused", refused.line) for refused in piece.refused] + ["header"] * piece.headers


def assert_agreed(line: bytes, log_format: LogFormat):
    """What the fast path takes, the slow one reads alike; and the whole way gives what the slow one gives."""
    slow = singly(line, log_format)
    fast = at_once(line, log_format)
    assert fast is None or fast == slow
    reader = LineReader(Addresses(), log_format)
    assert [row for piece in reader.read(line + b"\n") for row in rows(piece)] == slow


@pytest.mark.parametrize("stamped", [False, True])
@given(data=st.data())
def test_both_ways_agree_on_any_token_in_any_column(stamped, data):
    name = data.draw(st.sampled_from([*BASE, "_time"] if stamped else list(BASE)))
    token = data.draw(TOKENS.filter(lambda text: "\n" not in text))
    tokens = {"_time": "2014-12-14T04:06:50.000Z", **BASE} if stamped else BASE
    line = " ".join((tokens | {name: token}).values()).encode()
    assert_agreed(line, LogFormat(tuple(n.replace("-", "_") for n in BASE), stamped))


@given(st.sampled_from(list(BASE)), TOKENS.filter(lambda text: "\n" not in text))
def test_both_ways_agree_on_a_format_of_one_column(name, token):
    assert_agreed(token.encode(), LogFormat.parse(name))


@given(MIXED.filter(lambda content: b"\n" not in content))
def test_both_ways_agree_on_any_line(line):
    assert_agreed(line, DEFAULT)


# Blocks of whole lines, in bounded memory.


def test_blocks_end_at_line_ends():
    line = lines(OK) * 1000
    blocks = list(whole_lines(iter([line] * (2 * BLOCK // len(line) + 2))))
    assert len(blocks) == 3
    assert all(block.endswith(b"\n") for block in blocks)
    assert sum(map(len, blocks)) == len(line) * (2 * BLOCK // len(line) + 2)


def test_a_line_longer_than_a_block_is_refused_as_one_and_never_held():
    size = (100 if os.environ.get("FLOWKIT_SOAK") else 30) << 20
    content = (b"x" * (1 << 16) for _ in range(size >> 16))
    blocks = list(whole_lines(chain_of([lines(OK)], content, [b"\n" + lines(OK, OK)])))
    assert [type(block) for block in blocks] == [bytes, Broken, bytes]
    assert (blocks[0], blocks[2]) == (lines(OK), lines(OK, OK))
    assert len(blocks[1].text) <= LONGEST


def chain_of(*parts):
    for part in parts:
        yield from part


def test_a_line_cut_off_by_damage_is_refused():
    def damaged():
        yield lines(OK) + b"2 1234"
        raise DamagedError(77, "gone")

    blocks = whole_lines(damaged())
    assert next(blocks) == lines(OK)
    assert next(blocks) == Broken("cut off by the damage to the object", b"2 1234")
    with pytest.raises(DamagedError):
        next(blocks)
