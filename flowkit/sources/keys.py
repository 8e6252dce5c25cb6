"""How AWS names delivered flow log files in S3: the folders, and the time in a file's name.

``AWSLogs/{account}/vpcflowlogs/{region}/{yyyy}/{mm}/{dd}/[{hh}/]``, or the same as ``aws-account-id={account}/
aws-service=vpcflowlogs/aws-region={region}/year={yyyy}/month={mm}/day={dd}/[hour={hh}/]``; transit gateways
write ``service=``. A file is ``{account}_vpcflowlogs_{region}_{fl-id}_{yyyymmdd}T{hhmm}Z_{hash}.log.gz``, where the
time, UTC, is that of the five minutes in which its records *end* ("Flow log files", Amazon VPC User Guide).
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Self

ROOT: Final = "AWSLogs"
EARLIEST: Final = datetime(2015, 6, 1, tzinfo=UTC)
"""Flow logs have existed since June 2015: a window without a start begins here."""
_SERVICE: Final = "vpcflowlogs"
_EVERY: Final = timedelta(minutes=5)
_LONGEST: Final = timedelta(minutes=12)
"""The longest aggregation interval, 10 minutes, and the minute by which start and end may be off, twice."""
LATE: Final = timedelta(hours=1)
"""How long after the end of a record its file is still looked for; AWS says some 10 minutes, "best effort"."""
_LEVELS: Final = (
    ("account", re.compile(r"(?:aws-account-id=)?(\d{12})")),
    ("service", re.compile(r"(?:(?:aws-)?service=)?(\w+)")),
    ("region", re.compile(r"(?:aws-region=)?([a-z]{2}(?:-[a-z]+)+-\d+)")),
    ("year", re.compile(r"(?:year=)?(\d{4})")),
    ("month", re.compile(r"(?:month=)?(\d\d)")),
    ("day", re.compile(r"(?:day=)?(\d\d)")),
    ("hour", re.compile(r"(?:hour=)?(\d\d)")),
)
_FILE: Final = re.compile(
    r"(?P<account>\d{12})_vpcflowlogs_(?P<region>[a-z0-9-]+)_(?P<flow_log>fl-\w+)_(?P<time>\d{8}T\d{4})Z_.*"
)


@dataclass(frozen=True, slots=True)
class Window:
    """The times for which records are wanted: starts in [start, end)."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, start: datetime | None, end: datetime | None) -> Self:
        """Return the window; without an end it reaches to the end of tomorrow."""
        return cls((start or EARLIEST).astimezone(UTC), (end or datetime.now(UTC) + timedelta(days=1)).astimezone(UTC))

    def may_lie_in(self, first: datetime, last: datetime) -> bool:
        """Tell whether a file named for a time in [first, last) can hold a record of the window.

        A record that starts in the window ends in it or up to the longest interval later; its file may come late.
        """
        return first < self.end + _LONGEST + LATE and last > self.start - _EVERY

    @property
    def days(self) -> list[datetime]:
        """The days whose folders can hold records of the window."""
        first = (self.start - _EVERY).replace(hour=0, minute=0, second=0, microsecond=0)
        last = self.end + _LONGEST + LATE
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]


@dataclass(frozen=True, slots=True)
class Folder:
    """What the path of a folder below ``AWSLogs/`` tells; "" for levels it does not reach.

    Attributes
    ----------
    hive
        Whether its levels are written ``name=value``.
    odd
        Whether a level is none of AWS's.
    """

    account: str = ""
    service: str = ""
    region: str = ""
    year: str = ""
    month: str = ""
    day: str = ""
    hour: str = ""
    hive: bool = False
    odd: bool = False

    @classmethod
    def of(cls, path: str) -> Self | None:
        """Read the path of a folder; None if no ``AWSLogs`` is in it."""
        parts = path.strip("/").split("/")
        if ROOT not in parts:
            return None
        below = parts[parts.index(ROOT) + 1 :]
        folder = cls(hive=any("=" in part for part in below), odd=len(below) > len(_LEVELS))
        for (level, pattern), part in zip(_LEVELS, below, strict=False):
            found = pattern.fullmatch(part)
            if found is None:
                return replace(folder, odd=True)
            folder = replace(folder, **{level: found[1]})  # type: ignore[arg-type] # a level of text
        return folder

    @property
    def is_other(self) -> bool:
        """Whether it belongs to another AWS service."""
        return self.service not in ("", _SERVICE)

    def span(self) -> tuple[datetime, datetime] | None:
        """Return the times its files are named for, as far as it tells; None without a year."""
        if not self.year:
            return None
        try:
            first = datetime(int(self.year), int(self.month or 1), int(self.day or 1), int(self.hour or 0), tzinfo=UTC)
        except ValueError:
            return None
        if self.hour:
            return first, first + timedelta(hours=1)
        if self.day:
            return first, first + timedelta(days=1)
        if self.month:
            return first, (first + timedelta(days=31)).replace(day=1)
        return first, first.replace(year=first.year + 1)

    def day_folder(self, day: datetime) -> str:
        """Return the path of a day below this folder of a region."""
        return f"{day:year=%Y/month=%m/day=%d/}" if self.hive else f"{day:%Y/%m/%d/}"


@dataclass(frozen=True, slots=True)
class FileName:
    """What the name of a delivered file tells."""

    account: str
    region: str
    flow_log: str
    time: datetime

    @classmethod
    def of(cls, key: str) -> Self | None:
        """Read the name at the end of a key; None if it is none of AWS's."""
        found = _FILE.fullmatch(key.rpartition("/")[2])
        if found is None:
            return None
        try:
            time = datetime.strptime(found["time"], "%Y%m%dT%H%M").replace(tzinfo=UTC)
        except ValueError:
            return None
        return cls(found["account"], found["region"], found["flow_log"], time)

    def in_window(self, window: Window) -> bool:
        """Tell whether the file can hold a record of *window*."""
        return window.may_lie_in(self.time, self.time + _EVERY)
