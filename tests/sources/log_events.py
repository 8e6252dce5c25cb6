"""FilterLogEvents as AWS documents it, where the stand-in does not go: pages, empty ones, and filter patterns."""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.faulty import Answer

DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)
"""Some days ago, as no log group takes older events than of 14 days."""
START = int(DAY.timestamp())
FIELD = re.compile(r'(\w+)(?: = ("[\w.-]+"|[\w.]+\*?)(?: \|\| \1 = ("[\w.-]+"|[\w.]+\*?))*)?')


def record(
    second=0, *, interface="eni-1", srcaddr="10.0.0.1", dstaddr="10.0.0.2", dstport=22, action="ACCEPT", count=20
):
    """Return a record in the default format that starts some seconds into `DAY`."""
    start = START + second
    ends = f"{start} {start + 60} {action} OK"
    return f"2 123456789010 {interface} {srcaddr} {dstaddr} 20641 {dstport} 6 {count} 4249 {ends}"


def nodata(second=0, interface="eni-1", status="NODATA"):
    return f"2 123456789010 {interface} - - - - - - - {START + second} {START + second + 60} - {status}"


def event(second, message=None, *, stream="eni-1-all", number=0):
    """Return an event as FilterLogEvents gives it; *second* may have a fraction."""
    stamp = round((START + second) * 1000)
    message = record(int(second)) if message is None else message
    return {
        "timestamp": stamp, "message": message, "logStreamName": stream, "ingestionTime": stamp + 60_000,
        "eventId": f"{stamp:020}{stream}{number:08}",
    }  # fmt: skip


def matches(pattern, message):
    """Tell whether a filter pattern lets a message through; syntax that flowkit need not write is an error."""
    assert len(pattern) <= 1024
    if not pattern:
        return True
    if not pattern.startswith("["):
        words = re.findall(r'\?"([\w.-]+)"', pattern)
        assert " ".join(f'?"{word}"' for word in words) == pattern
        return not set(words).isdisjoint(message.split())
    columns = pattern.removeprefix("[").removesuffix("]").split(", ")
    assert all(map(FIELD.fullmatch, columns)), pattern
    assert len({column.split()[0] for column in columns}) == len(columns)
    values = message.split()
    return len(values) == len(columns) and all(map(_holds, columns, values))


def _holds(column, value):
    if "=" not in column:
        return True
    wanted = [condition.split(" = ")[1] for condition in column.split(" || ")]
    return any(
        value.startswith(one.removesuffix("*")) if one.endswith("*") else value == one.strip('"') for one in wanted
    )


@dataclass
class LogEvents:
    """A log group's events.

    `page` is how many stand on one; `empty` of them, with a token, come between two; the first `again` of a page
    are the last ones of the page before; `last_empty` has a token after the last event, and nothing behind it.
    """

    events: list = field(default_factory=list)
    page: int = 10_000
    empty: int = 0
    again: int = 0
    last_empty: bool = False
    asked: list = field(default_factory=list)

    def filter_log_events(self, **asked):
        self.asked.append(asked)
        assert asked["startTime"] <= asked["endTime"]
        assert len(asked.get("logStreamNames", ["one"])) in range(1, 101)
        found = [one for one in sorted(self.events, key=lambda e: e["timestamp"]) if self._wanted(one, asked)]
        at, blank = map(int, asked.get("nextToken", "0-0").split("-"))
        if blank:
            return {"events": [], "searchedLogStreams": [], "nextToken": f"{at}-{blank - 1}"}
        page = found[max(at - self.again, 0) : at + self.page]
        more = at + self.page < len(found) or (self.last_empty and page)
        token = {"nextToken": f"{at + self.page}-{self.empty}"} if more else {}
        return {"events": page, "searchedLogStreams": [], **token}

    def _wanted(self, one, asked):
        return (
            asked["startTime"] <= one["timestamp"] <= asked["endTime"]  # both inclusive
            and one["logStreamName"] in asked.get("logStreamNames", [one["logStreamName"]])
            and matches(asked.get("filterPattern", ""), one["message"])
        )

    def __call__(self, asked, _):
        """Answer through the proxy."""
        body = json.dumps(self.filter_log_events(**asked.json)).encode()
        return Answer(200, [("Content-Type", "application/x-amz-json-1.1")], body)
