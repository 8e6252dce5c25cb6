"""What a load would take, before a byte of it is fetched: objects, requests, money, time, memory."""

import html
import os
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import pandas as pd

from flowkit.aws.prices import GB, price
from flowkit.overview import size
from flowkit.sources.places import Found

_PARSED: Final = 20_000_000
"""Stored bytes read a second on one core: measured 22 MB/s with gzipped text of 29 columns."""
_FETCHED: Final = 20_000_000
"""Bytes fetched a second, unless told otherwise: 160 Mbit/s."""
_BASE, _READER = 250_000_000, 130_000_000
"""Memory taken anyway, and by each reader: measured 580 MB with two of them, whatever the number of objects."""
_MOST_READERS: Final = 8
_SECONDS_A_MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Plan:
    """What loading would take.

    Attributes
    ----------
    source
        What would be loaded, as the code that loads it.
    objects, bytes
        Objects that can hold what is wanted, and their size as stored [B]; for CloudWatch Logs estimated.
    loaded
        How many of them are in the store already and would not be fetched again.
    requests
        Requests to AWS, those made for this plan among them.
    usd
        What AWS would ask, from least to most [USD]: requests, and transfer, which is free within the region
        and costs most to the internet.
    seconds
        How long it would take [s], at `rate`, on this machine.
    memory
        How much memory it would take at most [B]; it does not grow with the number of objects.
    rate
        The download rate assumed [B/s].
    notes
        What else to know: what is archived, assumed or was left out.
    """

    source: str
    objects: int
    bytes: int
    loaded: int
    requests: int
    usd: tuple[float, float]
    seconds: float
    memory: int
    rate: float
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return the plan as a table: `what`, `value` (text with its unit), `meaning`."""
        rows = [
            ("objects", f"{self.objects:,}", f"that can hold the window; {self.loaded:,} of them are loaded already"),
            ("bytes", size(self.bytes), "as stored, still to be fetched"),
            ("requests", f"{self.requests:,}", "listings, and one for each object (for each page of log events)"),
            ("price", _dollars(self.usd), "requests and transfer: least within the region, most to the internet"),
            ("time", _duration(self.seconds), f"at {self.rate / 1e6:,.0f} MB/s, the larger of fetching and reading"),
            ("memory", size(self.memory), "at most, whatever the number of objects"),
        ]
        return pd.DataFrame(rows, columns=["what", "value", "meaning"])

    def __str__(self) -> str:
        """Return the plan in words."""
        table = self.to_frame()
        lines = [f"{row.what:9} {row.value}: {row.meaning}" for row in table.itertuples()]
        return "\n".join([f"Plan of {self.source}", *lines, *self.notes])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        table = self.to_frame().to_html(index=False, escape=True, border=0)
        return f"<p>Plan of <code>{html.escape(self.source)}</code></p>{table}{notes}"


def planned(source: str, found: Found, seen: Collection[str], *, rate: float | None, region: str | None) -> Plan:
    """Return what loading *found* takes, where the identities *seen* are loaded already."""
    rate = rate or _FETCHED
    todo = [log for log in found.objects if log.identity not in seen]
    remote = [log for log in todo if log.remote]
    fetched = sum(log.size for log in remote)
    readers = min(os.cpu_count() or 1, _MOST_READERS)
    seconds = max(fetched / rate, sum(log.size for log in todo) / (_PARSED * readers), found.seconds if remote else 0)
    requests = found.requests - (sum(log.remote for log in found.objects) - len(remote) if found.listings else 0)
    notes = list(found.notes)
    if found.archived:
        notes.append(f"{found.archived:,} objects lie in an archive (Glacier): restore them before they are read.")
    if remote:
        asked = ("s3_get_requests", "transfer_out_internet") if found.listings else ("transfer_out_internet",)
        notes.append(f"Prices: {'; '.join(str(price(name, region)) for name in asked)}.")
    return Plan(
        source, len(found.objects), sum(log.size for log in todo), len(found.objects) - len(todo), requests,
        _price(found, len(remote), fetched, region), seconds, _BASE + readers * _READER, rate, tuple(notes),
    )  # fmt: skip


def _price(found: Found, objects: int, fetched: int, region: str | None) -> tuple[float, float]:
    """Return least and most: CloudWatch Logs asks nothing for reading events, S3 for each request."""
    requests = 0.0
    if found.listings:
        requests = found.listings * price("s3_list_requests", region).usd
        requests += objects * price("s3_get_requests", region).usd
    return requests, requests + price("transfer_out_internet", region).cost(fetched / GB)


def _dollars(usd: tuple[float, float]) -> str:
    least, most = (f"{value:,.2f}" if value >= 0.01 or not value else f"{value:.5f}" for value in usd)  # noqa: PLR2004
    return f"{least} USD" if least == most else f"{least} to {most} USD"


def _duration(seconds: float) -> str:
    if seconds < _SECONDS_A_MINUTE:
        return f"{max(round(seconds), 1)} s"
    minutes, rest = divmod(round(seconds), _SECONDS_A_MINUTE)
    hours, minutes = divmod(minutes, _SECONDS_A_MINUTE)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
