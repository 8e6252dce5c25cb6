"""Where a flow log's files lie in S3 and how they are written: what a table of them has to say."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from flowkit.errors import FormatError, SourceError
from flowkit.formats import LogFormat
from flowkit.inventory import FlowLog
from flowkit.inventory.text import brief
from flowkit.wording import several

FIRST_DAY: Final = date(2015, 6, 1)
"""Flow logs exist since June 2015."""
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX: Final = re.compile(r"[A-Za-z0-9!_.*()=,+@:/-]*")
"""The characters S3 calls safe, and usual ones, without the quote: none that SQL obeys, none that makes ``${…}``."""
_ACCOUNT: Final = re.compile(r"\d{12}", re.ASCII)
_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-\d{1,2}", re.ASCII)
_ARN: Final = re.compile(r"arn:aws[a-z-]*:s3:::(.+)")
_FILES: Final = ("plain-text", "parquet")


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """How a flow log is delivered to S3.

    Attributes
    ----------
    bucket, prefix
        Where; AWS puts its own folders, from ``AWSLogs`` on, below the prefix.
    log_format
        The fields of a record. In text their order is that of the table's columns.
    parquet
        Whether the files are Parquet; else text: gzip, a header line, fields parted by a blank.
    hive
        Whether the folders are Hive-compatible (``year=2026/month=03/…``).
    hourly
        Whether there is a folder for each hour.
    accounts, regions
        Those that deliver there. None named: a query must name them.
    since
        The first day with files.

    Raises
    ------
    SourceError
        If a bucket, prefix, account or region cannot be one.
    """

    bucket: str
    prefix: str = ""
    log_format: LogFormat
    parquet: bool = False
    hive: bool = False
    hourly: bool = False
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    since: date = FIRST_DAY

    def __post_init__(self) -> None:
        """Refuse what AWS has no such name for; nothing else becomes part of a statement."""
        _expect(_BUCKET, [self.bucket], "bucket", "my-flow-logs, as `aws s3 ls` lists them")
        _expect(_PREFIX, [self.prefix], "prefix", "network/prod, of letters, digits and !_.*()=,+@:/-")
        _expect(_ACCOUNT, self.accounts, "account", "123456789012: twelve digits")
        _expect(_REGION, self.regions, "region", "eu-central-1, as `aws ec2 describe-regions` lists them")
        if "AWSLogs" in self.prefix.split("/"):
            raise SourceError(
                f"the prefix {brief(self.prefix)!r} reaches below AWSLogs, where AWS's own folders begin. "
                "Name only what stands before it."
            )

    @property
    def root(self) -> str:
        """The folder in which AWS's own begin, with a slash at its end."""
        parts = [part for part in (self.bucket, *self.prefix.split("/"), "AWSLogs") if part]
        return f"s3://{'/'.join(parts)}/"

    @classmethod
    def of(
        cls,
        flow_log: FlowLog,
        *,
        accounts: Iterable[str] = (),
        regions: Iterable[str] = (),
        beside: Iterable[FlowLog] = (),
    ) -> Self:
        """Return how a flow log is delivered, as DescribeFlowLogs says it.

        Parameters
        ----------
        flow_log
            One that goes to S3.
        accounts, regions
            Those that deliver there: DescribeFlowLogs names neither.
        beside
            Other flow logs, of which some may go to the same place.

        Raises
        ------
        SourceError
            If it does not go to S3.
        FormatError
            If its format is not told; or it writes text, and another flow log writes there in another format:
            the columns of a text table are positions, and no table can have two orders.
        """
        bucket, prefix = _place(flow_log)
        if not flow_log.log_format:
            raise FormatError(f"{brief(flow_log.flow_log_id)} has no LogFormat in this answer. Give it as log_format=.")
        parquet = flow_log.file_format == "parquet"
        _refuse_mixed(flow_log, beside)
        return cls(
            bucket=bucket, prefix=prefix, log_format=LogFormat.parse(flow_log.log_format), parquet=parquet,
            hive=flow_log.hive, hourly=flow_log.hourly, accounts=tuple(accounts), regions=tuple(regions),
            since=flow_log.created.date() if flow_log.created else FIRST_DAY,
        )  # fmt: skip


def placed(location: str) -> tuple[str, str]:
    """Return bucket and prefix of ``s3://bucket/prefix``, with or without AWS's own folders, or of an ARN.

    Raises
    ------
    SourceError
        If it is neither.
    """
    arn = _ARN.fullmatch(location)
    place = arn[1] if arn else location.removeprefix("s3://")
    if not arn and place == location:
        raise SourceError(f"{brief(location)!r} is no place in S3. Write it as s3://bucket/prefix.")
    bucket, _, prefix = place.partition("/")
    return bucket, re.split(r"(?:^|/)AWSLogs(?:/|$)", prefix, maxsplit=1)[0].strip("/")


def chosen(flow_logs: Iterable[FlowLog], flow_log_id: str | None) -> FlowLog:
    """Return the flow log of that id, or the only one that goes to S3.

    Raises
    ------
    SourceError
        If there is none, or several and none is named.
    """
    every = list(flow_logs)
    to_s3 = [one for one in every if one.destination_type == "s3"]
    wanted = to_s3 if flow_log_id is None else [one for one in every if one.flow_log_id == flow_log_id]
    if len(wanted) == 1 or len({_table_of(one) for one in wanted}) == 1:
        return wanted[0]
    listed = ", ".join(sorted(f"{brief(one.flow_log_id)} to {brief(one.destination)}" for one in to_s3)) or "none"
    if flow_log_id is not None:
        raise SourceError(f"there is no flow log {brief(flow_log_id)!r} among them. Those that go to S3: {listed}.")
    if not to_s3:
        raise SourceError(
            f"none of {several(len(every), 'flow log')} goes to S3, and Athena reads S3 only. "
            "For those that go to CloudWatch Logs there is `flowkit insights`; else name the place with --location."
        )
    raise SourceError(f"there are {len(to_s3)} flow logs that go to S3 in different ways. Name one: {listed}.")


def alike(flow_log: FlowLog, every: Iterable[FlowLog]) -> list[FlowLog]:
    """Return the flow logs whose files one table holds, *flow_log* among them."""
    return [one for one in _together(flow_log, every) if _table_of(one) == _table_of(flow_log)]


def elsewhere(flow_log: FlowLog, every: Iterable[FlowLog]) -> list[FlowLog]:
    """Return the flow logs that deliver to the same place in other folders, which the table does not hold."""
    return [one for one in _together(flow_log, every) if (one.hive, one.hourly) != (flow_log.hive, flow_log.hourly)]


def _together(flow_log: FlowLog, every: Iterable[FlowLog]) -> Iterator[FlowLog]:
    """Give those that deliver to the same bucket and prefix."""
    place = _place(flow_log)
    for one in every:
        try:
            if _place(one) == place:
                yield one
        except SourceError:  # it goes somewhere else
            continue


def _table_of(flow_log: FlowLog) -> tuple[object, ...]:
    """Return what makes a table: flow logs alike in it share one."""
    return _place(flow_log), flow_log.log_format, flow_log.file_format, flow_log.hive, flow_log.hourly


def _place(flow_log: FlowLog) -> tuple[str, str]:
    if flow_log.destination_type != "s3":
        raise SourceError(
            f"{brief(flow_log.flow_log_id)} goes to {brief(flow_log.destination)} ({brief(flow_log.destination_type)}) "
            "and Athena reads S3 only. Choose one that goes there."
        )
    return placed(flow_log.destination)


def _refuse_mixed(flow_log: FlowLog, beside: Iterable[FlowLog]) -> None:
    there = list(_together(flow_log, (flow_log, *beside)))
    files = {one.file_format or _FILES[0] for one in there}
    orders = {one.log_format for one in there if one.log_format}
    if len(files) == 1 and ("parquet" in files or len(orders) == 1):
        return
    kind = (flow_log.file_format or _FILES[0], flow_log.log_format)
    others = {brief(one.flow_log_id) for one in there if (one.file_format or _FILES[0], one.log_format) != kind}
    bucket, prefix = _place(flow_log)
    place = f"s3://{bucket}/{prefix}".rstrip("/")
    raise FormatError(
        f"{', '.join(sorted(others))} delivers to the same place as {brief(flow_log.flow_log_id)} in another format, "
        "and a table has one: columns of text are positions, so other lines would be read wrong without a sign. Load "
        f"the files, whose headers are read, with fk.load({brief(place)!r}), or give each flow log a prefix of its own."
    )


def _expect(pattern: re.Pattern[str], values: Iterable[str], what: str, example: str) -> None:
    for value in _strange(pattern, values):
        raise SourceError(f"{brief(value)!r} is no {what}. Write it like {example}.")


def _strange(pattern: re.Pattern[str], values: Iterable[str]) -> Iterator[str]:
    return (value for value in values if not pattern.fullmatch(value))
