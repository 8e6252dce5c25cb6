"""What queries scan, and what that costs: told before from the sizes of files, and after by Athena."""

import html
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import pandas as pd

from flowkit.athena.asking import Asked
from flowkit.athena.catalog import Described
from flowkit.aws.connect import Access
from flowkit.aws.prices import GB, price
from flowkit.errors import AwsError, PriceError, SourceError
from flowkit.overview import size
from flowkit.sources import s3

LEAST: Final = 10 * 2**20
"""Bytes charged for a query at least. Source: Amazon Athena pricing."""
_ROOT: Final = "/AWSLogs/"
_DAY: Final = timedelta(days=1)
_UNTOLD: Final = "How much that is cannot be told without listing all files: they do not lie in AWS's own folders."
_PARQUET: Final = (
    "Of text a question scans all of this, of Parquet the columns it reads. Folders are read up to a day after the "
    "window, since files may come late."
)


def usd(scanned: int, region: str | None) -> float | None:
    """Return what scanning costs, at least that of 10 MB; None where the prices do not tell. Nothing for nothing."""
    try:
        return price("athena_scanned", region).cost(max(scanned, LEAST) / GB) if scanned else 0.0
    except PriceError:
        return None


def priced(scanned: int, region: str | None) -> str:
    """Return an amount of bytes and what scanning it costs, in words."""
    cost = usd(scanned, region)
    return f"{size(scanned)} ({'price unknown' if cost is None else f'about {cost:,.4f} USD'})"


@dataclass(frozen=True, slots=True)
class Estimate:
    """What each question about a table would scan at most.

    Attributes
    ----------
    source
        The table.
    objects, bytes
        The files that can hold the window, and their size as stored [B]; None where that cannot be told.
    usd
        What scanning costs, from the least that is charged to all of the files [USD]; None likewise.
    notes
        What else to know.
    """

    source: str
    objects: int | None
    bytes: int | None
    usd: tuple[float | None, float | None]
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return it as a table: `what`, `value` (text with its unit), `meaning`."""
        told = self.bytes is not None
        least, most = ("unknown" if cost is None else f"{cost:,.5f}" for cost in self.usd)
        rows = [
            ("objects", f"{self.objects:,}" if told else "unknown", "that can hold the window"),
            (
                "bytes",
                size(self.bytes) if self.bytes is not None else "unknown",
                "as stored: each question scans at most these",
            ),
            ("price", f"{least} to {most} USD", "of each question: from the least that is charged to all of them"),
        ]
        return pd.DataFrame(rows, columns=["what", "value", "meaning"])

    def __str__(self) -> str:
        """Return it in words."""
        lines = [f"{row.what:9} {row.value}: {row.meaning}" for row in self.to_frame().itertuples()]
        return "\n".join([f"Estimate for {self.source}", *lines, *self.notes])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        table = self.to_frame().to_html(index=False, escape=True, border=0)
        return f"<p>Estimate for <code>{html.escape(self.source)}</code></p>{table}{notes}"


def estimate(source: str, described: Described, access: Access, start: datetime, end: datetime | None) -> Estimate:
    """Return what a question about a window would scan, by the sizes of its files.

    Where the table does not lie in AWS's own folders (``…/AWSLogs/``), that cannot be told without listing all of it.

    Raises
    ------
    AwsError
        If the bucket may not be listed.
    """
    least = usd(1, described.region)
    if _ROOT not in described.location:
        return Estimate(source, None, None, (least, None), (_UNTOLD,))
    root = described.location.partition(_ROOT)[0] + _ROOT
    try:
        sizes = [
            log.size for log in s3.search(root, access, start=start, end=(end or datetime.now(UTC)) + _DAY).objects
        ]
    except AwsError:
        raise
    except SourceError:  # nothing is there
        sizes = []
    return Estimate(source, len(sizes), sum(sizes), (least, usd(sum(sizes) or 1, described.region)), (_PARQUET,))


def a_day(described: Described, access: Access, now: datetime) -> str:
    """Return a sentence that says what a question about the day before would scan, as a measure of all."""
    found = estimate("", described, access, now - _DAY, now).bytes
    if found is None:
        return _UNTOLD
    return f"A question about the last 24 hours alone would scan up to {priced(found, described.region)}."


def frame(asked: list[Asked], region: str | None) -> pd.DataFrame:
    """Return a row per query; see `flowkit.athena.queries`."""
    rows = [(one.scanned, usd(one.scanned, region), one.seconds, one.kept, one.query) for one in asked]
    found = pd.DataFrame(rows, columns=["scanned", "usd", "seconds", "kept", "query"])
    return found.astype({"scanned": "int64", "usd": "float64", "seconds": "float64", "kept": "bool", "query": "str"})
