"""What CloudWatch Logs and EC2 tell of a log group: whether it is there, since when, its streams and its events."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any, Final

from flowkit.aws.connect import Access
from flowkit.aws.refusals import answered
from flowkit.errors import AwsError, FormatError
from flowkit.formats import LogFormat
from flowkit.inventory.text import brief
from flowkit.sources.pace import Pace, filter_log_events

MOST_STREAMS: Final = 100
"""How many streams one request may name."""
CONNECTIONS: Final = 16
_GRANTED: Final = ("AccessDenied",)

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LogGroup:
    """A log group, as far as it may be described.

    Attributes
    ----------
    name, region
        What it is called, and where it lies.
    identity
        Its ARN and when it was made: another group by the same name has another one.
    created
        When it was made; None if that may not be asked.
    retention
        How long it keeps events; None for ever, or unknown.
    """

    name: str
    region: str
    identity: str
    created: datetime | None = None
    retention: timedelta | None = None

    def __str__(self) -> str:
        """Return how to address it in `flowkit.load`."""
        return f"cloudwatch://{self.region}/{self.name}"


@dataclass(frozen=True, slots=True)
class Logs:
    """CloudWatch Logs of one region.

    Attributes
    ----------
    access
        As whom to ask.
    client
        Shared by the threads that read.
    pace
        Shared likewise.
    """

    access: Access
    client: Any
    pace: Pace

    @classmethod
    def of(cls, access: Access) -> "Logs":
        """Return the logs of the region that *access* names.

        Raises
        ------
        AwsError
            If there are no credentials, or no region.
        """
        client = access.client("logs", connections=CONNECTIONS)
        region = str(client.meta.region_name)
        return cls(access.within(region), client, Pace(filter_log_events(region)))

    @property
    def region(self) -> str:
        """Which region is asked."""
        return str(self.access.region)

    def group(self, names: Sequence[str]) -> tuple[LogGroup, str]:
        """Return the first log group of *names* that is there, and what could not be told of it.

        Raises
        ------
        AwsError
            If there is none, or AWS cannot be asked.
        """
        try:
            for name in names:
                found = [g for g in self._groups(name) if g["logGroupName"] == name]
                if found:
                    return _group(found[0], self.region), ""
            nearest = _nearest(names[0], [g["logGroupName"] for g in self._groups("")])
        except AwsError as error:
            if error.kind not in _GRANTED:
                raise
            identity = f"{self.access.account()}:{self.region}:{names[0]}"
            told = f"Since when, and for how long, the log group keeps records is not known: {error}"
            return LogGroup(names[0], self.region, identity), told
        raise _missing(names[0], self.region, nearest)

    def _groups(self, prefix: str) -> list[Any]:
        options = {"logGroupNamePrefix": prefix} if prefix else {}
        with answered(f"for the log group {brief(prefix)} in {self.region} (logs:DescribeLogGroups)"):
            answer = self.client.describe_log_groups(**options)
            return list(answer["logGroups"])

    def streams(self, group: LogGroup, prefix: str) -> list[str]:
        """Return the names of the streams that begin with *prefix*.

        Raises
        ------
        AwsError
            If AWS refuses.
        """
        with answered(f"for the log streams of {brief(group.name)} (logs:DescribeLogStreams)"):
            pages = self.client.get_paginator("describe_log_streams").paginate(
                logGroupName=group.name, logStreamNamePrefix=prefix
            )
            return sorted(str(stream["logStreamName"]) for page in pages for stream in page["logStreams"])

    def latest(self, group: LogGroup) -> datetime | None:
        """Return the time of about the latest event of a group, or None if it has none or that may not be asked."""
        times = self._times(group, "lastEventTimestamp", orderBy="LastEventTime", descending=True, limit=1)
        return max(times, default=None)

    def earliest(self, group: LogGroup) -> datetime | None:
        """Return the time of the earliest event in some fifty streams of a group, likewise."""
        return min(self._times(group, "firstEventTimestamp", limit=50), default=None)

    def _times(self, group: LogGroup, name: str, **options: Any) -> list[datetime]:  # noqa: ANN401 - AWS's own
        try:
            with answered(f"for the log streams of {brief(group.name)} (logs:DescribeLogStreams)"):
                found = self.client.describe_log_streams(logGroupName=group.name, **options)["logStreams"]
        except AwsError:
            return []
        return [datetime.fromtimestamp(stream[name] / 1000, UTC) for stream in found if name in stream]

    def formats(self, group: LogGroup) -> tuple[list[LogFormat], str]:
        """Return the formats of the flow logs that deliver to a group, and why they are not known, if so."""
        asked = {"Filters": [{"Name": "log-group-name", "Values": [group.name]}]}
        try:
            client = self.access.client("ec2")
            with answered(f"for the format of the flow logs in {brief(group.name)} (ec2:DescribeFlowLogs)"):
                pages = client.get_paginator("describe_flow_logs").paginate(**asked)
                texts = [str(flow_log.get("LogFormat") or "") for page in pages for flow_log in page["FlowLogs"]]
        except AwsError as error:
            return [], f"The format of the records is taken from their text: {error}"
        return list(dict.fromkeys(_parsed(text) for text in texts if text)), ""

    def pages(
        self, group: LogGroup, start: int, end: int, *, streams: Sequence[str] = (), pattern: str = ""
    ) -> Iterator[list[Event]]:
        """Yield the pages of events with a time stamp in [start, end), in epoch milliseconds; some are empty.

        Raises
        ------
        AwsError
            If AWS refuses, or cannot be reached.
        """
        asked = _asked(group, start, end, streams, pattern)
        while True:
            events, token = self.page(group, asked)
            yield events
            if not token or token == asked.get("nextToken"):
                return
            asked["nextToken"] = token

    def looked_at(
        self, group: LogGroup, start: int, end: int, *, streams: Sequence[str] = (), most: int
    ) -> tuple[list[Event], bool]:
        """Return the first events in [start, end), and whether those are all; empty after *most* empty pages.

        Raises
        ------
        AwsError
            If AWS refuses, or cannot be reached.
        """
        asked = _asked(group, start, end, streams, "")
        for _ in range(most):
            events, token = self.page(group, asked)
            if events or not token:
                return events, not token
            asked["nextToken"] = token
        return [], False

    def page(self, group: LogGroup, asked: Mapping[str, Any]) -> tuple[list[Event], str]:
        """Return one page of events, in turn, and the token of the next one, "" after the last."""
        self.pace.wait()
        with answered(f"for the events of {brief(group.name)} in {self.region} (logs:FilterLogEvents)"):
            page = self.client.filter_log_events(**asked)
        return page.get("events", []), str(page.get("nextToken") or "")


def _asked(group: LogGroup, start: int, end: int, streams: Sequence[str], pattern: str) -> dict[str, Any]:
    asked: dict[str, Any] = {"logGroupName": group.name, "startTime": start, "endTime": end - 1}  # both inclusive
    if streams:
        asked["logStreamNames"] = list(streams)
    if pattern:
        asked["filterPattern"] = pattern
    return asked


def _group(told: Any, region: str) -> LogGroup:  # noqa: ANN401 - an answer of AWS
    made = told.get("creationTime")
    days = told.get("retentionInDays")
    return LogGroup(
        told["logGroupName"],
        region,
        f"{told.get('arn')}:{made}",
        datetime.fromtimestamp(made / 1000, UTC) if made else None,
        timedelta(days=days) if days else None,
    )


def _parsed(text: str) -> LogFormat:
    try:
        return LogFormat.parse(text)
    except FormatError as error:
        raise FormatError(f"EC2 tells a log format that is not understood: {error}") from error


def _nearest(name: str, names: Sequence[str]) -> str:
    close = get_close_matches(name, names, n=1)
    return f"; did you mean {brief(close[0])}?" if close else "."


def _missing(name: str, region: str, nearest: str) -> AwsError:
    error = AwsError(
        f"there is no log group {brief(name)} in {region}{nearest} Check name and region: "
        f"`aws logs describe-log-groups --region {region}` lists those of a region, and a group comes into being "
        "only some 10 minutes after the first traffic."
    )
    error.code, error.kind = "ResourceNotFoundException", "LogGroup"
    return error
