"""Flow log records: each column by its field, so that a number of bytes is never taken for a time or an account."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

from flowkit import fields, formats
from flowkit.errors import FormatError
from flowkit.fields import Field
from flowkit.formats import EVENT_TIME, LogFormat
from flowkit.redaction.texts import Texts

_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_NOTHING: Final = ("-", "")
_NAMES: Final = {"ecs_cluster_name", "ecs_service_name", "ecs_container_id", "ecs_second_container_id", "ecs_task_id",
                 "ecs_container_instance_id"}  # fmt: skip
_AS_IS: Final = {
    "version", "action", "log_status", "type", "region", "az_id", "sublocation_type", "pkt_src_aws_service",
    "pkt_dst_aws_service", "flow_direction", "reject_reason", "interface_type", "next_hop_interface_type",
    "next_hop_az_id", "tgw_src_az_id", "tgw_dst_az_id", "resource_type",
}  # fmt: skip
_ID: Final = re.compile(r"([a-z][a-z0-9-]*)-([0-9a-f]{17}|[0-9a-f]{8})")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]{1,30}")
_BLOCK: Final = 20_000
"""Lines whose columns are replaced at a time."""
Of = Callable[[str], str]
Column = tuple[Of, str]
"""What replaces a value, and as which kind it counts; "" where that counts for itself."""


class Records:
    """Redacts records, or undoes that; *names* are those met in their columns."""

    def __init__(self, texts: Texts, log_format: LogFormat | None = None, names: set[str] | None = None) -> None:
        self.texts = texts
        self.names: set[str] = set() if names is None else names
        self.given = log_format

    def lines(self, lines: Iterable[str]) -> Iterator[str]:
        """Yield lines of a log, without their ends; what is no record is redacted as text."""
        known = self.given
        columns = self._columns(known) if known else []
        held: list[list[str]] = []
        for line in lines:
            tokens = line.split(" ")
            if len(tokens) == len(columns) and tokens[0].isdigit():
                held.append(tokens)
                if len(held) < _BLOCK:
                    continue
            yield from self._block(held, columns)
            held = []
            if len(tokens) == len(columns) and tokens[0].isdigit():
                continue
            found = formats.of_header(tokens)
            if found is None and known is None:
                found = formats.of_record(tokens)
            if found:
                known, columns = found, self._columns(found)
            yield self._line(line, tokens, columns)
        yield from self._block(held, columns)

    def _line(self, line: str, tokens: list[str], columns: list[Column]) -> str:
        """Return a line that is a header, is stamped, or is no record."""
        if formats.of_header(tokens):
            return line
        stamped = len(tokens) == len(columns) + 1 and (tokens[0] == "-" or formats.is_export_time(tokens[0]))
        if not columns or len(tokens) - stamped != len(columns):
            return self.texts(line)
        before = [self.texts(tokens[0])] if stamped else []
        return " ".join([*before, *next(self._rows([tokens[stamped:]], columns))])

    def _block(self, rows: list[list[str]], columns: list[Column]) -> Iterator[str]:
        yield from map(" ".join, self._rows(rows, columns))

    def _rows(self, rows: list[list[str]], columns: list[Column]) -> Iterator[tuple[str, ...]]:
        """Yield rows with their values replaced, each different value of a column looked at once."""
        if not rows:
            return iter(())
        made = []
        for values, column in zip(zip(*rows, strict=True), columns, strict=True):
            mapped = self._mapped(Counter(values), column)
            made.append([mapped[value] for value in values])
        return zip(*made, strict=True)

    def _mapped(self, values: Mapping[str, int], column: Column) -> dict[str, str]:
        of, kind = column
        mapped = {value: of(value) for value in values}
        if kind:
            self.texts.counts[kind] += sum(count for value, count in values.items() if mapped[value] != value)
        return mapped

    def message(self, text: str, log_format: str = "") -> str:
        """Return one record as CloudWatch Logs has it."""
        try:
            given = LogFormat.parse(log_format) if log_format else self.given
        except FormatError:  # anybody may have written it
            return self.texts(text)
        one = Records(self.texts, given, self.names)
        return "\n".join(one.lines(text.split("\n")))

    def _columns(self, log_format: LogFormat) -> list[Column]:
        return [self.column(fields.of_column(name)) for name in log_format.columns if name != EVENT_TIME]

    def column(self, field: Field) -> Column:
        """Return what replaces a value of a field."""
        if field.kind == "address":
            return self._address, "address"
        if field.kind == "time":
            return self._time, "time"
        if field.kind == "tag" or field.column in _NAMES:
            return self._name, "name"
        if field.column.endswith("account_id"):
            return self._account, "account"
        if field.column in _AS_IS or field.kind == "integer":
            return self._plain, ""
        return self._id, "id"

    def _plain(self, value: str) -> str:
        """Return a number or a word of AWS's as it is, and what does not look like one as text."""
        return value if _PLAIN.fullmatch(value) else self.texts(value)

    def _address(self, value: str) -> str:
        return self.texts.maps.address(value) or self.texts(value)

    def _time(self, value: str) -> str:
        return str(self.texts.maps.epoch(int(value))) if value.isascii() and value.isdigit() else self.texts(value)

    def _name(self, value: str) -> str:
        if value in _NOTHING:
            return value
        if self.texts.maps.backward:
            return self.texts.maps.name(value)
        self.names.add(unquote(value))
        return self.texts.maps.name(unquote(value))

    def _account(self, value: str) -> str:
        return self.texts.maps.account(value) if _ACCOUNT.fullmatch(value) else self.texts(value)

    def _id(self, value: str) -> str:
        found = _ID.fullmatch(value)
        return f"{found[1]}-{self.texts.maps.hexadecimal(found[2])}" if found else self.texts(value)

    def table(self, table: pa.Table) -> pa.Table:
        """Return a table of records, or of anything, each column redacted; what a schema says beside is dropped."""
        arrays = [self._array(column, table.column_names[n]) for n, column in enumerate(table.columns)]
        names = [name if fields.known(name) else self.texts(name) for name in table.column_names]
        return pa.Table.from_arrays(arrays, names=names)

    def _array(self, column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:  # noqa: PLR0911 - a type each
        kind = column.type
        field = fields.of_column(name)
        if pa.types.is_dictionary(kind):
            return self._array(column.cast(kind.value_type), name)
        if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
            return self._texts_of(column, self.column(field))
        if pa.types.is_timestamp(kind):
            self.texts.counts["time"] += len(column) - column.null_count
            return pc.add(column, pa.scalar(self.texts.maps.seconds, pa.duration("s")))
        if pa.types.is_date(kind):
            return pc.add(column.cast(pa.timestamp("s")), pa.scalar(self.texts.maps.seconds, pa.duration("s"))).cast(
                kind
            )
        if field.kind == "time" and pa.types.is_integer(kind):
            return self._texts_of(column.cast(pa.string()), (self._time, "time")).cast(kind)
        if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            words = [None if value is None else self.texts(str(value)) for value in column.to_pylist()]
            return pa.chunked_array([pa.array(words, pa.string())])
        return column

    def _texts_of(self, column: pa.ChunkedArray, how: Column) -> pa.ChunkedArray:
        counted = pc.value_counts(column.cast(pa.string())).to_pylist()
        values = {one["values"]: one["counts"] for one in counted if one["values"] is not None}
        mapped = self._mapped(values, how)
        rows = pc.index_in(column.cast(pa.string()), value_set=pa.array(list(mapped), pa.string()))
        made = pa.chunked_array(
            [pa.array(list(mapped.values()), pa.string()).take(part) for part in rows.chunks], pa.string()
        )
        return made.cast(column.type)

    def csv(self, text: str) -> str:
        """Return CSV out of CloudWatch Logs, Athena or a spreadsheet, its columns by their names."""
        try:
            names, *rows = csv.reader(io.StringIO(text, newline=""))
        except (csv.Error, ValueError):  # no CSV after all
            return self.texts(text)
        columns = [self._of_csv(name) for name in names]
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([name if fields.known(name) else self.texts(name) for name in names])
        for row in rows:
            extra: list[Column] = [(self.texts, "")] * (len(row) - len(columns))
            hows = zip([*columns, *extra], row, strict=False)
            writer.writerow([self._mapped({value: 1}, how)[value] for how, value in hows])
        return out.getvalue()

    def _of_csv(self, name: str) -> Column:
        if name in ("@message", "message"):
            return self.message, ""
        if name == "@ptr":
            return (lambda _value: ""), ""  # opaque, and of no use outside the account
        field = fields.known(name)
        return self.column(field) if field else (self.texts, "")
