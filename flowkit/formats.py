"""Which columns a log has: told by a header line, a ``${...}`` format, a schema or a default.

The version number in a record does not tell: it is the highest version among the fields
asked for, and says nothing of their order ("Flow log records", Amazon VPC User Guide).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from flowkit import fields
from flowkit.errors import FormatError

EVENT_TIME: Final = "_time"
"""Column of the time stamp that CloudWatch Logs adds to a record (epoch milliseconds)."""

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_EXPORT_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_MOST_COLUMNS: Final = 1_000
_TELLING: Final = {
    "interface_id", "srcaddr", "dstaddr", "srcport", "dstport", "pkt_srcaddr", "pkt_dstaddr", "log_status",
    "tcp_flags", "flow_direction", "tgw_attachment_id",
}  # fmt: skip
"""Fields that tables of other things do not have by the same name, unlike ``start`` or ``vpc_id``."""


@dataclass(frozen=True, slots=True)
class LogFormat:
    """The columns of a log, in its own order.

    Attributes
    ----------
    columns
        Field names as flowkit's tables spell them (``pkt_srcaddr``).
    stamped
        Whether CloudWatch Logs' time stamp stands before each record.
    """

    columns: tuple[str, ...]
    stamped: bool = False

    @property
    def width(self) -> int:
        """How many columns a line has."""
        return len(self.columns) + self.stamped

    def __str__(self) -> str:
        """Return AWS's spelling, as `log_format` and `describe-flow-logs` have it."""
        return " ".join("${" + column.replace("_", "-") + "}" for column in self.columns)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a format as AWS writes it (``${version} ${account-id} …``), or bare names.

        Raises
        ------
        FormatError
            If it names no field, names one twice, or is not of that form.
        """
        names = [name.strip("${}") for name in re.split(r"[\s,]+", text.strip()) if name]
        wrong = [name for name in names if not _NAME.fullmatch(name.replace("_", "-"))]
        if wrong or not names:
            raise FormatError(
                f"log_format is not a list of fields: {(wrong or [text])[0]!r}. Copy LogFormat from "
                '`aws ec2 describe-flow-logs`, such as "${version} ${account-id} ${interface-id}".'
            )
        return cls._of(names)

    @classmethod
    def _of(cls, names: Sequence[str], *, stamped: bool = False) -> Self:
        columns = tuple(fields.of_column(fields.column_name(name)).column for name in names)
        if len(set(columns)) < len(columns):
            twice = next(c for c in columns if columns.count(c) > 1)
            raise FormatError(f"the format names {twice.replace('_', '-')} twice. Remove one of the two.")
        return cls(columns, stamped)


DEFAULT: Final = LogFormat(tuple(map(fields.column_name, fields.DEFAULT_FORMAT)))


def of_header(tokens: Sequence[str]) -> LogFormat | None:
    """Return the format a header line states, or None if the line is no header.

    A header names fields only, each once. At least half of them are known (newer ones may be among
    them), and a word of prose such as "end" does not make one.
    """
    if not 0 < len(tokens) <= _MOST_COLUMNS or not all(map(_NAME.fullmatch, tokens)):
        return None
    columns = tuple(fields.of_column(fields.column_name(token)).column for token in tokens)
    known = sum(fields.known(token) is not None for token in tokens)
    if known * 2 < len(tokens) or len(set(columns)) < len(columns):
        return None
    telling = not _TELLING.isdisjoint(columns) or (known == len(tokens) > 1)
    return LogFormat(columns) if telling else None


def of_record(tokens: Sequence[str]) -> LogFormat | None:
    """Return the format of a headerless record where that can be told: only the default one can.

    An export from CloudWatch Logs to S3 has a time stamp before each record, or ``-`` for none.
    """
    stamped = len(tokens) == DEFAULT.width + 1 and (tokens[0] == "-" or is_export_time(tokens[0]))
    rest = tokens[1:] if stamped else tokens
    if len(rest) == DEFAULT.width and rest[0] == "2":
        return LogFormat(DEFAULT.columns, stamped)
    return None


def is_export_time(token: str) -> bool:
    """Tell the time stamp that an export to S3 puts before a record."""
    return _EXPORT_TIME.fullmatch(token) is not None


def of_names(names: Sequence[str]) -> LogFormat | None:
    """Return the format of named columns (Parquet, Logs Insights), or None for a table of something else.

    Raises
    ------
    FormatError
        If two of them are the same field.
    """
    found = [known for name in names if (known := fields.known(name))]
    if not any(f.column in _TELLING for f in found) or len(found) * 2 < len(names):
        return None
    return LogFormat._of([name if fields.known(name) else _plain(name) for name in names])  # noqa: SLF001 - of this module


def _plain(name: str) -> str:
    """Return the name of a column that AWS does not have, so that it is none of flowkit's own (``_line``) either."""
    return re.sub(r"\W+|_+", "_", name.lower()).strip("_") or "unnamed"
