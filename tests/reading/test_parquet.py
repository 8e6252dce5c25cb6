"""AWS's Parquet deliveries: by name, of either integer width, with ``-`` or null; and files of something else."""

# ruff: noqa: E501 - a record is a long line

from datetime import UTC, datetime
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

FLOW = {
    "version": 2, "account_id": "123456789010", "interface_id": "eni-1", "srcaddr": "10.0.0.1", "dstaddr": "2001:DB8::0:1",
    "srcport": 20641, "dstport": 22, "protocol": 6, "packets": 20, "bytes": 4249, "start": 1418530010, "end": 1418530070,
    "action": "ACCEPT", "log_status": "OK",
}  # fmt: skip
NODATA = (
    FLOW
    | dict.fromkeys(["srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes", "action"])
    | {"log_status": "NODATA"}
)
TIME = datetime(2014, 12, 14, 4, 6, 50, tzinfo=UTC)


def written(rows=None, *, table: pa.Table | None = None, codec="gzip", **options) -> bytes:
    table = pa.Table.from_pylist(rows) if table is None else table
    file = BytesIO()
    pq.write_table(table, file, compression=codec, **options)
    return file.getvalue()


def with_integers(kind: pa.DataType) -> pa.Table:
    table = pa.Table.from_pylist([FLOW, NODATA])
    fields = [(f.name, kind if pa.types.is_integer(f.type) else f.type) for f in table.schema]
    return table.cast(pa.schema(fields))


def retyped(**types) -> pa.Table:
    table = pa.Table.from_pylist([FLOW, NODATA])
    return table.cast(pa.schema([(f.name, types.get(f.name, f.type)) for f in table.schema]))


@pytest.mark.parametrize(
    "table",
    [
        with_integers(pa.int32()),
        with_integers(pa.int64()),
        with_integers(pa.uint64()),
        with_integers(pa.float64()),
        with_integers(pa.string()),
        retyped(action=pa.large_string(), srcaddr=pa.dictionary(pa.int32(), pa.string()), interface_id=pa.binary()),
        retyped(start=pa.timestamp("ms", tz="UTC"), end=pa.timestamp("ns"))
        .set_column(10, "start", pa.array([TIME, TIME], pa.timestamp("us", tz="UTC")))
        .set_column(11, "end", pa.array([TIME.replace(minute=7, microsecond=1)] * 2, pa.timestamp("us"))),
        pa.Table.from_pylist([FLOW, NODATA]).select(sorted(FLOW, reverse=True)),
        pa.Table.from_pylist([FLOW, NODATA | dict.fromkeys(("srcaddr", "dstaddr", "action"), "-")]),
        pa.Table.from_pylist([FLOW, NODATA | dict.fromkeys(("srcaddr", "dstaddr", "action"), "")]),
        pa.Table.from_pylist([FLOW, NODATA]).rename_columns([name.replace("_", "-") for name in FLOW]),
    ],
    ids=["int32", "int64", "uint64", "float", "text", "other texts", "timestamps", "another order", "-", "empty", "hyphens"],
)  # fmt: skip
def test_columns_are_found_by_name_whatever_their_type(read, table):
    found = read(written(table=table))
    (record,), (status,) = found.records, found.status
    assert {name: record[name] for name in ("srcaddr", "dstaddr", "dstport", "bytes", "start", "interface_id", "_line")} == {
        "srcaddr": "10.0.0.1", "dstaddr": "2001:db8::1", "dstport": 22, "bytes": 4249, "start": TIME, "interface_id": "eni-1", "_line": 1,
    }  # fmt: skip
    assert (status["srcaddr"], status["dstport"], status["action"], status["_line"]) == (None, None, None, 2)


def test_tags_are_decoded_and_newer_columns_kept(read):
    rows = [FLOW | {"instance_tag": "web%20server", "asg_tag": "%2D", "quantum_status": "entangled"}]
    (record,) = read(written(rows)).records
    assert [record[name] for name in ("instance_tag", "asg_tag", "quantum_status")] == ["web server", "-", "entangled"]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"srcaddr": "db.internal"}, "srcaddr: not an address"),
        ({"srcport": 65536}, "srcport: not between 0 and 65535"),
        ({"srcport": 2**40}, "srcport: not between 0 and 65535"),
        ({"bytes": -1}, "bytes: not between 0 and 1125899906842624"),
        ({"start": 2**62}, "start: an impossible time"),
        ({"action": "DROP"}, "action: neither ACCEPT nor REJECT"),
        ({"log_status": "ok"}, "log-status: not OK, NODATA or SKIPDATA"),
    ],
)
def test_a_bad_row_is_refused_by_number_and_no_other(read, wrong, reason):
    rows = [FLOW] * 700
    rows[600] = FLOW | wrong
    found = read(written(rows))
    assert [(refused.line, refused.reason) for refused in found.refused] == [(601, reason)]
    assert [row["_line"] for row in found.records] == [*range(1, 601), *range(602, 701)]


@pytest.mark.parametrize(
    ("column", "values", "reason"),
    [
        ("bytes", ["4249", "many", None, "-"], "bytes: not a number"),
        ("bytes", [4249.0, 0.5, None, 7.0], "bytes: not a number"),
        ("bytes", [4249.0, float("nan"), None, 7.0], "bytes: not a number"),
        ("interface_id", [b"eni-1", b"\xff", None, b"eni-2"], "not UTF-8"),
    ],
)
def test_a_value_that_does_not_convert_is_refused_row_by_row(read, column, values, reason):
    table = pa.Table.from_pylist([FLOW] * 4)
    table = table.set_column(table.column_names.index(column), column, pa.array(values))
    found = read(written(table=table))
    assert [(refused.line, refused.reason) for refused in found.refused] == [(2, reason)]
    assert [row["_line"] for row in found.records] == [1, 3, 4]


@pytest.mark.parametrize("values", [[[1], [2]], [{"a": 1}, {"a": 2}], [datetime(2014, 12, 14, tzinfo=UTC).date()] * 2])
def test_a_column_that_can_be_no_field_is_told_by_name(read, values):
    table = pa.Table.from_pylist([FLOW] * 2)
    found = read(written(table=table.set_column(9, "bytes", pa.array(values))))
    assert found.reading.unknown_format
    assert "the column bytes" in found.reading.note


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"city": ["Paris"], "population": [2_100_000]}),
        pa.table({"start": [1], "end": [2], "vpc_id": ["vpc-1"]}),
        pa.table({"srcaddr": ["10.0.0.1"], "a": [1], "b": [1]}),
    ],
)
def test_a_parquet_file_of_something_else_says_what_it_has(read, table):
    found = read(written(table=table))
    assert (found.reading.lines, found.reading.unknown_format) == (0, True)
    assert table.column_names[0] in found.reading.note


def test_an_empty_parquet_file_is_no_error(read):
    found = read(written(table=pa.Table.from_pylist([FLOW]).slice(0, 0)))
    assert (found.reading.lines, found.reading.unknown_format, found.reading.damaged_at) == (0, False, None)


@pytest.mark.parametrize("share", [0.001, 0.5, 0.99])
def test_a_truncated_parquet_file_says_so(read, share):
    content = written([FLOW] * 5000)
    found = read(content[: max(int(len(content) * share), 5)])
    assert found.reading.unknown_format
    assert "not a whole Parquet file" in found.reading.note


def test_rows_before_a_corrupt_page_are_kept(read):
    rows = [FLOW | {"srcport": n * 7919 % 65536, "bytes": n * 104729 % 999983} for n in range(6000)]
    content = bytearray(written(rows, row_group_size=2000, use_dictionary=False))
    group = pq.ParquetFile(BytesIO(bytes(content))).metadata.row_group(2)
    place = group.column(5).data_page_offset
    content[place + 40 : place + 200] = bytes(160)
    found = read(bytes(content))
    assert len(found.records) == 4000
    assert group.column(0).data_page_offset - 100 <= found.reading.damaged_at <= place
    assert "Parquet" in found.reading.note


def test_a_page_that_its_checksum_denies_is_corrupt_though_it_can_be_read(read):
    content = bytearray(written([FLOW] * 100, codec="none", use_dictionary=False, write_page_checksum=True))
    place = content.index(b"\x08\x00\x00\x0010.0.0.1") + 4  # a value with its length, not the statistics
    content[place : place + 8] = b"10.0.0.9"
    found = read(bytes(content))
    assert len(found.records) == 0
    assert "checksum" in found.reading.note.lower()


@settings(max_examples=30)
@given(st.integers(4, 3000), st.binary(min_size=1, max_size=4))
def test_a_corrupt_parquet_file_never_ends_in_another_error(read, place, noise):
    content = bytearray(written([FLOW, NODATA] * 20))
    place %= len(content) - 200  # the footer's lengths apart, which Arrow checks itself
    content[place : place + len(noise)] = noise
    read(bytes(content))
