"""The statement that makes a table of a flow log's files in Athena, with partition projection.

Where AWS's published statements mislead, this one differs, and says why at the place.
Sources: "Query Amazon VPC flow logs", "CREATE TABLE" and "Use partition projection", Amazon Athena User Guide;
"Flow log files", Amazon VPC User Guide.
"""

import re
from collections.abc import Iterator
from typing import Final

from flowkit import fields
from flowkit.athena.delivery import Delivery
from flowkit.errors import SourceError
from flowkit.inventory.text import brief

ACCOUNT, REGION, DAY, HOUR = "aws_account_id", "aws_region", "day", "hour"
"""Partition columns. No field of a flow log has these names, as AWS's ``region`` is one: a text table that leaves the
field out because a partition is called so has every later column shifted by one."""
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,254}")
_INT_MAX: Final = 2**31 - 1
_LAST_YEAR: Final = 2099
"""Projected years need an end, and a table must not fall silent at it. What a query does not ask for costs nothing."""
_NULL: Final = "-"


def ddl(delivery: Delivery, *, table: str = "vpc_flow_logs", database: str | None = None) -> str:
    r"""Return the ``CREATE EXTERNAL TABLE`` statement for a flow log that is delivered to S3.

    Nothing is asked of AWS. Run the statement in Athena yourself: flowkit only reads.

    Parameters
    ----------
    delivery
        Where and how the files lie; ``Delivery.of`` makes it of a flow log in a snapshot.
    table, database
        What the table is to be called, and where it is made; by default where the statement is run.

    Returns
    -------
    str
        One statement, without a semicolon.

    Raises
    ------
    SourceError
        If a name is none that Athena takes unquoted everywhere: lower-case letters, digits and underscores.

    Notes
    -----
    Columns are the fields of the log's own format, by their Parquet names, in its own order: those of a text table
    are positions. 32-bit fields are ``int``, ``protocol`` too (AWS's statements say bigint, which readers of Parquet
    that mind types refuse); packets, bytes and times are ``bigint``; fields flowkit does not know are ``string``.
    Every name is quoted, since ``end``, ``start`` and others are words of SQL.

    A ``-`` in text means that there is no value. ``NULL DEFINED AS '-'`` makes it null in every column, numbers too.
    Even where a reader passes that over, a number is null, since LazySimpleSerDe gives null for what is no number.

    Partitions are projected, so none has to be added: account and region (enumerated where they are known, else
    injected: then each query must name them), and day, or year, month and day where the folders are Hive-compatible,
    since a projected date is one folder name or several whole ones, never parts of ``year=…/month=…``. Files are
    named for the time at which records *end* and may come late: look one day further than the window.

    Examples
    --------
    >>> from flowkit.formats import LogFormat
    >>> some = Delivery(bucket="logs", log_format=LogFormat.parse("${srcaddr} ${bytes} ${end}"), accounts=("123456789012",))
    >>> print(ddl(some, table="flows").partition("PARTITIONED")[0])
    CREATE EXTERNAL TABLE IF NOT EXISTS `flows` (
      `srcaddr` string,
      `bytes` bigint,
      `end` bigint
    )
    <BLANKLINE>
    """  # noqa: E501 - a line of an example
    name = ".".join(f"`{_named(part)}`" for part in (database, table) if part is not None)
    columns = [f"`{_named(column)}` {_type(column)}" for column in delivery.log_format.columns]
    partitions = [f"`{one}` string" for one in _partitions(delivery)]
    properties = [f"'{key}' = '{value}'" for key, value in _properties(delivery)]
    return (
        f"CREATE EXTERNAL TABLE IF NOT EXISTS {name} ({_lines(columns)})\n"
        f"PARTITIONED BY ({_lines(partitions)})\n{_files(delivery)}\nLOCATION '{delivery.root}'\n"
        f"TBLPROPERTIES ({_lines(properties)})"
    )


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise SourceError(
            f"{brief(name)!r} is no name that Athena takes. Use lower-case letters, digits and underscores."
        )
    return name


def _lines(items: list[str]) -> str:
    return "\n  " + ",\n  ".join(items) + "\n"


def _type(column: str) -> str:
    field = fields.of_column(column)
    if field.kind == "time":
        return "bigint"
    if field.kind == "integer":
        return "int" if field.most <= _INT_MAX else "bigint"
    return "string"


def _partitions(delivery: Delivery) -> tuple[str, ...]:
    days = ("year", "month", DAY) if delivery.hive else (DAY,)
    return (ACCOUNT, REGION, *days, *((HOUR,) if delivery.hourly else ()))


def _files(delivery: Delivery) -> str:
    if delivery.parquet:
        return "STORED AS PARQUET"
    return f"ROW FORMAT DELIMITED FIELDS TERMINATED BY ' ' NULL DEFINED AS '{_NULL}'\nSTORED AS TEXTFILE"


def _properties(delivery: Delivery) -> Iterator[tuple[str, str]]:
    if not delivery.parquet:  # AWS's statement for Parquet has it too, which has no header
        yield "skip.header.line.count", "1"
    yield "projection.enabled", "true"
    for column, values in ((ACCOUNT, delivery.accounts), (REGION, delivery.regions)):
        yield f"projection.{column}.type", "enum" if values else "injected"
        if values:
            yield f"projection.{column}.values", ",".join(values)
    yield from _days(delivery)
    if delivery.hourly:
        yield from _integers(HOUR, 0, 23, 2)
    yield "storage.location.template", delivery.root + _template(delivery)


def _days(delivery: Delivery) -> Iterator[tuple[str, str]]:
    if delivery.hive:
        yield from _integers("year", delivery.since.year, _LAST_YEAR, 4)
        yield from _integers("month", 1, 12, 2)
        yield from _integers(DAY, 1, 31, 2)
        return
    yield f"projection.{DAY}.type", "date"
    yield f"projection.{DAY}.format", "yyyy/MM/dd"
    yield f"projection.{DAY}.range", f"{delivery.since:%Y/%m/%d},NOW"
    yield f"projection.{DAY}.interval", "1"
    yield f"projection.{DAY}.interval.unit", "DAYS"


def _integers(column: str, first: int, last: int, digits: int) -> Iterator[tuple[str, str]]:
    yield f"projection.{column}.type", "integer"
    yield f"projection.{column}.range", f"{first},{last}"
    yield f"projection.{column}.digits", str(digits)


def _template(delivery: Delivery) -> str:
    hour = "hour=${hour}/" if delivery.hive else "${hour}/"
    if delivery.hive:
        days = f"aws-account-id=${{{ACCOUNT}}}/aws-service=vpcflowlogs/aws-region=${{{REGION}}}/"
        days += "year=${year}/month=${month}/day=${day}/"
    else:
        days = f"${{{ACCOUNT}}}/vpcflowlogs/${{{REGION}}}/${{{DAY}}}/"
    return days + (hour if delivery.hourly else "")
