"""AWS's Parquet deliveries: columns by name, whatever their integer width, ``-`` or null for nothing."""

from collections.abc import Iterator
from typing import BinaryIO

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

MAGIC = b"PAR1"
_ROWS, _SINGLY = 65_536, 256


def pieces(file: BinaryIO, addresses: Addresses) -> Iterator[Piece]:
    """Yield the rows of a Parquet file, numbered from 1.

    Raises
    ------
    FormatError
        If it is no Parquet file after all, or one of something else.
    """
    try:
        parquet = pq.ParquetFile(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise FormatError(
            f"this is not a whole Parquet file ({error}). Fetch it again and compare its size."
        ) from error
    names = parquet.schema_arrow.names
    log_format = formats.of_names(names)
    if log_format is None:
        raise FormatError(
            f"this is a Parquet file of something else: its columns are {', '.join(names[:8])}. "
            "Flow logs have columns such as srcaddr, dstaddr and interface_id."
        )
    done = 0
    for batch in parquet.iter_batches(_ROWS):
        table = pa.table(
            [_as_read(column, field) for column, field in zip(batch, log_format.columns, strict=True)],
            columns.schema(log_format),
        )
        yield from _checked(table, done, log_format, addresses)
        done += batch.num_rows


def _as_read(column: pa.Array, name: str) -> pa.Array:
    """Return a column in the type of its field; what does not convert stays text and is refused row by row."""
    wanted = columns.arrow_type(name)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(column.type) and fields.of_column(name).kind == "time":
        column = column.cast(pa.timestamp("ms")).cast(pa.int64())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.if_else(pc.equal(column, "-"), None, column)
    return column.cast(wanted)


def _checked(table: pa.Table, before: int, log_format: LogFormat, addresses: Addresses) -> Iterator[Piece]:
    """Yield the rows as one piece if all are sound, else in smaller and smaller ones."""
    if columns.sound(table, addresses):
        numbers = pa.array(np.arange(before + 1, before + table.num_rows + 1))
        yield of_table(table, numbers, log_format, addresses)
    elif table.num_rows <= _SINGLY:
        yield from _singly(table, before, log_format, addresses)
    else:
        half = table.num_rows // 2
        yield from _checked(table.slice(0, half), before, log_format, addresses)
        yield from _checked(table.slice(half), before + half, log_format, addresses)


def _singly(table: pa.Table, before: int, log_format: LogFormat, addresses: Addresses) -> Iterator[Piece]:
    row, refused, kept = Row(log_format, addresses), [], []
    for index, values in enumerate(zip(*(c.to_pylist() for c in table.columns), strict=True)):
        tokens = ["" if value == "" else None if value is None else str(value) for value in values]
        problem = row.values(tokens)
        if isinstance(problem, str):
            text = " ".join("-" if token is None else token for token in tokens)
            refused.append(Refused(before + index + 1, problem, shown(text)))
        else:
            kept.append(index)
    yield Piece(refused=refused)
    if kept:
        good = pa.array(kept, pa.int64())
        yield of_table(table.take(good), pc.add(good, before + 1), log_format, addresses)
