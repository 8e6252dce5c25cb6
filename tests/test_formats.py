"""Which columns a log has: from a header, a ${...} format, names, or the default."""

import pytest

from flowkit import formats
from flowkit.errors import FormatError
from flowkit.formats import DEFAULT, LogFormat

DEFAULT_HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
RECORD = "2 123456789010 eni-1 10.0.0.1 10.0.0.2 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK"
STAMP = "2014-12-14T04:06:50.000Z"


@pytest.mark.parametrize(
    "text",
    [
        "${version} ${vpc-id} ${pkt-srcaddr}",
        "version vpc-id pkt-srcaddr",
        "version,vpc_id,pkt_srcaddr",
        "  ${version}\t${vpc-id}\n${pkt-srcaddr} ",
    ],
)
def test_a_format_is_read_however_it_was_copied(text):
    assert LogFormat.parse(text).columns == ("version", "vpc_id", "pkt_srcaddr")


def test_a_format_prints_as_aws_writes_it():
    text = "${version} ${vpc-id} ${pkt-srcaddr}"
    assert str(LogFormat.parse(text)) == text
    assert LogFormat.parse(str(DEFAULT)) == DEFAULT


def test_fields_newer_than_flowkit_are_columns_too():
    assert LogFormat.parse("${srcaddr} ${quantum-status}").columns == ("srcaddr", "quantum_status")
    assert formats.of_header(["srcaddr", "dstaddr", "quantum-status"]) == LogFormat(
        ("srcaddr", "dstaddr", "quantum_status")
    )


@pytest.mark.parametrize("text", [" ", "${}", "${version}${srcaddr}", "version; drop table", "1 2 3", RECORD])
def test_what_is_no_format_is_refused_with_an_example(text):
    with pytest.raises(FormatError, match=r"describe-flow-logs"):
        LogFormat.parse(text)


@pytest.mark.parametrize("text", ["${srcaddr} ${srcaddr}", "vpc-id vpc_id"])
def test_a_field_named_twice_is_refused(text):
    with pytest.raises(FormatError, match="twice"):
        LogFormat.parse(text)


@pytest.mark.parametrize(
    ("line", "is_header"),
    [
        (DEFAULT_HEADER, True),
        ("interface-id", True),
        ("srcaddr dstaddr", True),
        ("start end bytes", True),
        ("srcaddr dstaddr new-field newer-field", True),
        ("srcaddr new-field newer-field", False),  # most of it is unknown
        ("srcaddr srcaddr", False),
        ("start starttime srcaddr", False),  # the same field in two spellings
        ("end of file", False),
        ("end of", False),  # prose
        ("start", False),
        ("Version Srcaddr", False),
        (RECORD, False),
        ("- - -", False),
        ("", False),
    ],
)
def test_what_a_header_is(line, is_header):
    found = formats.of_header(line.split())
    assert (found is not None) == is_header


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (RECORD, DEFAULT),
        (f"{STAMP} {RECORD}", LogFormat(DEFAULT.columns, stamped=True)),
        (f"- {RECORD}", LogFormat(DEFAULT.columns, stamped=True)),
        ("3" + RECORD[1:], None),  # 14 columns of a custom format
        (RECORD + " vpc-1", None),
        (f"x {RECORD}", None),
        (RECORD.removesuffix(" OK"), None),
    ],
)
def test_only_the_default_format_is_told_from_a_record(line, expected):
    assert formats.of_record(line.split()) == expected


def test_a_stamped_format_is_one_column_wider():
    assert (DEFAULT.width, LogFormat(DEFAULT.columns, stamped=True).width) == (14, 15)


@pytest.mark.parametrize(
    ("token", "is_time"),
    [(STAMP, True), ("2014-12-14T04:06:50Z", True), ("2014-12-14", False), ("2", False), ("-", False)],
)
def test_what_an_export_puts_before_a_record(token, is_time):
    assert formats.is_export_time(token) == is_time


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["srcaddr", "interface_id", "end"], ("srcaddr", "interface_id", "end")),
        (["srcAddr", "startTime", "logStatus"], ("srcaddr", "start", "log_status")),
        (["srcaddr", "dstaddr", "Quantum Status"], ("srcaddr", "dstaddr", "quantum_status")),
        (["srcaddr", "dstaddr", "_line"], ("srcaddr", "dstaddr", "line")),  # _line is flowkit's own
        (["vpc_id", "start", "end"], None),  # of any table
        (["name", "price", "srcaddr"], None),
        ([], None),
    ],
)
def test_named_columns(names, expected):
    found = formats.of_names(names)
    assert (found.columns if found else None) == expected


def test_named_columns_that_are_the_same_field_are_refused():
    with pytest.raises(FormatError, match="srcaddr twice"):
        formats.of_names(["srcaddr", "srcAddr", "dstaddr"])
