"""AWS's Parquet deliveries: columns by name, whatever their integer width, ``-`` or null for nothing."""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flowkit import fields, formats
from flowkit.errors import FormatError
from flowkit.formats import LogFormat
from flowkit.reading import columns
from flowkit.reading.columns import Addresses, Row
from flowkit.reading.pieces import Piece, Refused, of_table, shown
from flowkit.reading.unpack import DamagedError

MAGIC: Final = b"PAR1"
_ROWS, _SINGLY = 65_536, 256


def pieces(file: BinaryIO, addresses: Addresses) -> Iterator[Piece]:
    """Yield the rows of a Parquet file, numbered from 1.

    Raises
    ------
    FormatError
        If it is no Parquet file after all, or one of something else.
    DamagedError
        Where a part of it cannot be read, after what stands before it.
    """
    try:
        parquet = pq.ParquetFile(file, page_checksum_verification=True)  # where the writer left sums
        names = parquet.schema_arrow.names
    except (pa.ArrowException, OSError, ValueError) as error:
        told = f"this is not a whole Parquet file ({error}). Fetch it again and compare its size."
        raise FormatError(told) from error
    log_format = formats.of_names(names)
    if log_format is None:
        raise FormatError(
            f"this is a Parquet file of something else: its columns are {', '.join(names[:8])}. "
            "Flow logs have columns such as srcaddr, dstaddr and interface_id."
        )
    done = 0
    for batch in _batches(parquet):
        yield from _checked(_as_read(batch, log_format), done, log_format, addresses)
        done += batch.num_rows


def _batches(parquet: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    for group in range(parquet.num_row_groups):
        try:
            for batch in parquet.iter_batches(_ROWS, row_groups=[group]):
                batch.validate(full=True)  # a damaged page can hold text that is none
                yield batch
        except (pa.ArrowException, OSError, ValueError) as error:
            offset = parquet.metadata.row_group(group).column(0).data_page_offset
            raise DamagedError(offset, f"row group {group} of the Parquet file is corrupt: {error}") from error


def _as_read(batch: pa.RecordBatch, log_format: LogFormat) -> pa.Table:
    """Return the columns in the types of their fields; one that does not convert as text, to be checked row by row."""
    converted = [_converted(column, name) for column, name in zip(batch.columns, log_format.columns, strict=True)]
    return pa.table(converted, list(log_format.columns))


def _converted(column: pa.Array, name: str) -> pa.Array:
    try:
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if pa.types.is_timestamp(column.type) and fields.of_column(name).kind == "time":
            column = column.cast(pa.timestamp("ms"), safe=False).cast(pa.int64())
        if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
            column = column.cast(pa.string())
        if pa.types.is_string(column.type):
            column = pc.if_else(pc.is_in(column, pa.array(["-", ""])), None, column)
        return _cast(column, columns.arrow_type(name))
    except pa.ArrowException as error:
        raise FormatError(
            f"the column {name} of this Parquet file is of the type {column.type}, which no flow log has there. "
            "Leave the file out, or write it again with AWS's types."
        ) from error


def _cast(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    try:
        return column.cast(wanted)
    except pa.ArrowInvalid:  # some value of it
        text = pa.large_binary() if pa.types.is_binary(column.type) else pa.string()
        return column.cast(text)


def _checked(table: pa.Table, before: int, log_format: LogFormat, addresses: Addresses) -> Iterator[Piece]:
    """Yield the rows as one piece if all are sound, else in smaller and smaller ones."""
    if table.schema == columns.schema(log_format) and columns.sound(table, addresses):
        numbers = pa.array(np.arange(before + 1, before + table.num_rows + 1))
        yield of_table(table, numbers, log_format, addresses)
    elif table.num_rows <= _SINGLY:
        yield from _singly(table, before, log_format, addresses)
    else:
        half = table.num_rows // 2
        yield from _checked(table.slice(0, half), before, log_format, addresses)
        yield from _checked(table.slice(half), before + half, log_format, addresses)


def _singly(table: pa.Table, before: int, log_format: LogFormat, addresses: Addresses) -> Iterator[Piece]:
    row, refused = Row(log_format, addresses), []
    kept: list[list[Any]] = []
    numbers: list[int] = []
    for number, values in enumerate(zip(*(c.to_pylist() for c in table.columns), strict=True), before + 1):
        try:
            tokens = [_token(value) for value in values]
            found = row.values(tokens)
        except UnicodeDecodeError:
            tokens = [str(value) for value in values]
            found = "not UTF-8"
        if isinstance(found, str):
            text = " ".join("-" if token is None else token for token in tokens)
            refused.append(Refused(number, found, shown(text)))
        else:
            kept.append(found)
            numbers.append(number)
    yield Piece(refused=refused)
    if kept:
        good = _typed(kept, columns.schema(log_format))
        yield of_table(good, pa.array(numbers, pa.int64()), log_format, addresses)


def _token(value: Any) -> str | None:  # noqa: ANN401 - a value of any column
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.decode()
    return str(value)


def _typed(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    by_column = zip(*rows, strict=True)
    return pa.table([pa.array(values, f.type) for values, f in zip(by_column, schema, strict=True)], schema=schema)
