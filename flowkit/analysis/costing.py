"""What logging costs, by traffic type and destination, and what each choice leaves unseen."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from os import PathLike
from typing import Any, Final, Protocol

import pandas as pd

from flowkit.analysis import logged, rates
from flowkit.analysis.caption import captioned
from flowkit.analysis.costing_text import DAYS, RECORD_BYTES, Basis, assumptions
from flowkit.analysis.delivered import Delivered, delivered
from flowkit.analysis.rates import Range, Volume
from flowkit.aws.blinded import TRAFFIC_TYPES, blinded_text
from flowkit.aws.prices import GB, Price, price
from flowkit.errors import ScopeError
from flowkit.fields import INTERVALS
from flowkit.flows import Flows
from flowkit.inventory import Snapshot

_COLUMNS: Final = {
    "traffic_type": "str", "destination": "str", "records_per_day": "float64", "gb_per_day": "float64",
    "usd_per_day": "float64", "usd_per_month": "float64", "storage_usd_per_month": "float64", "low": "float64",
    "high": "float64", "blinds": "str",
}  # fmt: skip
_EVENT: Final = 26
"""Bytes that CloudWatch Logs counts for each event on top of its text, in a batch ("PutLogEvents", API Reference)."""
_ARCHIVED: Final = 0.15
"""What CloudWatch Logs keeps of a byte, as AWS's own price calculator assumed (2021)."""
_GZIP: Final = (0.06, 0.52)
"""Bytes of gzip for a byte of text, between large objects of much alike records and a small folder of real ones."""
_CENT: Final = 0.01
_PARQUET: Final = 0.8
"""Parquet against gzip text ("Flow log files", Amazon VPC User Guide: 20 percent less)."""


@dataclass(frozen=True, slots=True)
class _Destination:
    name: str
    delivery: tuple[str, ...]
    storage: str = ""
    event: int = 0
    compressed: float = 1.0


_DESTINATIONS: Final = (
    _Destination("cloudwatch", ("vended_cloudwatch",), "cloudwatch_storage", event=_EVENT),
    _Destination("cloudwatch_ia", ("vended_cloudwatch_ia",), "cloudwatch_storage", event=_EVENT),
    _Destination("s3_text", ("vended_s3",), "s3_storage"),
    _Destination("s3_parquet", ("vended_s3", "parquet_conversion"), "s3_storage", compressed=_PARQUET),
    _Destination("firehose", ("vended_firehose",)),
)


class _Audited(Protocol):
    """Whatever was audited: it has the snapshot it was told from."""

    @property
    def snapshot(self) -> Snapshot: ...


def logging_cost(  # noqa: PLR0913 - each is a choice of its own
    what: "Flows | Snapshot | _Audited",
    *,
    flows: Flows | None = None,
    region: str | None = None,
    retention_days: float = 30,
    interval: int | None = None,
    records_per_day: float | None = None,
    bytes_per_record: float | None = None,
    prices: str | PathLike[str] | None = None,
) -> pd.DataFrame:
    """Say what flow logs cost by what they record and where they go, and what each choice would leave unseen.

    Parameters
    ----------
    what
        Flows, whose lines are counted and measured; or an audit or snapshot, whose interfaces are taken.
    flows
        Beside an audit or snapshot: what its interfaces deliver is measured in these. An interface that is not in
        them is taken for one like the median of those that are, at most like the busiest.
    region
        Whose prices apply, such as ``eu-central-1``; by default us-east-1.
    retention_days
        How long records are kept, for the price of storing them.
    interval
        The longest aggregation interval of the flow log [s], 60 or 600; by default the one observed. Another one
        widens the range: on Nitro instances both deliver the same, elsewhere 60 s up to ten times as many records.
    records_per_day
        Beside an audit or snapshot without *flows*: records of an interface in a day.
    bytes_per_record
        With *records_per_day*: length of a record as text [B]; by default 98 to 256, the formats of AWS's examples.
    prices
        A file of prices, see `flowkit.aws.prices`; by default the one that FLOWKIT_PRICES names, or the one that ships.

    Returns
    -------
    DataFrame
        A row per choice: `traffic_type` (``ALL``, ``REJECT``, ``ACCEPT``), `destination` (``cloudwatch``,
        ``cloudwatch_ia``: infrequent access, ``s3_text``, ``s3_parquet``, ``firehose``), `records_per_day` (count per
        day, NODATA and SKIPDATA lines among them), `gb_per_day` (GB per day as metered; of 2**30 B), `usd_per_day`
        (USD), `usd_per_month` (USD for 30.44 days, delivery alone), `storage_usd_per_month` (USD, once *retention_days*
        have been stored), `low` and `high` (USD per month, delivery and storage together, between which it lies by
        the assumptions), `blinds` (text: the playbooks that such a log leaves blind). Null is not known.

        In ``attrs``: ``assumptions`` (sentences), ``measured`` (sentence: which time, how much of it was logged),
        ``days`` (days that were measured), ``scale`` (what was multiplied to get a day), ``prices`` (a sentence each).

    Raises
    ------
    ScopeError
        If nothing tells how much the interfaces deliver, or an argument is none that can be.
    MissingFieldError
        If the log has no ``start`` or ``end``.
    PriceError
        If the prices cannot be read, are not sound or lack one.

    Notes
    -----
    Of the scope its window and its resources count, no address, port or action. Lines are measured at the length
    they have in their own format, and only the minutes count of which some line tells: a gap in the log is no
    silence. Records that two flow logs deliver are paid twice, and counted twice. Requests, keys, queries and
    what Firehose itself asks are not in it, nor are free tiers, discounts and taxes.
    Sources: the price list with its date, in ``attrs``; "Publish flow logs to CloudWatch Logs", "… to Amazon S3",
    "… to Amazon Data Firehose" in the Amazon VPC User Guide.
    """
    _check(retention_days, interval, records_per_day, bytes_per_record)
    snapshot = None if isinstance(what, Flows) else _snapshot(what)
    measuring = what if isinstance(what, Flows) else flows
    if measuring is not None and (records_per_day is not None or (flows is not None and measuring is not flows)):
        raise ScopeError("one thing tells how much is delivered: flows, or records_per_day= of an audit or snapshot.")
    basis = (
        _measured(measuring, snapshot)
        if measuring is not None
        else _assumed(snapshot, records_per_day, bytes_per_record)
    )
    known = {d.name: [price(n, region, file=prices) for n in (*d.delivery, d.storage) if n] for d in _DESTINATIONS}
    wanted = interval or basis.interval
    rows = [
        _row(kind, d, basis.rates[kind].at(wanted, basis.interval), known[d.name], basis.packed, retention_days)
        for kind in TRAFFIC_TYPES
        for d in _DESTINATIONS
        if basis.days
    ]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_COLUMNS)
    used = list({item.name: item for items in known.values() for item in items}.values())
    told = assumptions(basis, used, retention_days, wanted, region)
    about: dict[str, Any] = {
        "assumptions": told, "measured": basis.measured, "days": basis.days, "prices": tuple(map(str, used)),
        "scale": 1 / basis.days if basis.days else nan, "retention_days": retention_days,
    }  # fmt: skip
    sentence = _sentence(frame, basis, used)
    if measuring is not None:
        return captioned(frame, "logging_cost", measuring, sentence, **about)
    frame.attrs.update({"analysis": "logging_cost", "caption": sentence, **about})
    return frame


def _check(retention_days: float, interval: int | None, records: float | None, size: float | None) -> None:
    given = {"retention_days": retention_days, "records_per_day": records, "bytes_per_record": size}
    for name, value in given.items():
        if value is not None and not (isfinite(value) and value >= 0):
            raise ScopeError(f"{name} is zero or more, not {value}.")
    if interval is not None and interval not in INTERVALS:
        raise ScopeError(f"interval is 60 or 600 (seconds; AWS has no other), not {interval}.")


def _snapshot(what: "Snapshot | _Audited") -> Snapshot:
    found = what if isinstance(what, Snapshot) else getattr(what, "snapshot", None)
    if not isinstance(found, Snapshot):
        raise ScopeError(
            f"logging_cost takes flows, an audit or a snapshot, not {type(what).__name__}. "
            'Try fk.logging_cost(fk.load("sample")).'
        )
    return found


def _measured(flows: Flows, snapshot: Snapshot | None) -> Basis:
    found = delivered(flows)
    if not found.logged:
        return Basis({}, 0.0, "No line of any interface lies in this scope: no rate can be measured.", found.interval)
    recording = _recording(found, snapshot or flows.identities.snapshot)
    missing = _unknown(flows, found, recording)
    lacking = Counter(action for each in recording for action in {"ACCEPT", "REJECT"} - each if each)
    partly = {action: count for action, count in lacking.items() if action not in missing}
    got = rates.measured(found, missing, partly)
    others = {item.interface_id for item in snapshot.interfaces} - found.watched.keys() if snapshot else set()
    if others:
        more = rates.unseen(found, len(others), missing)
        got = {kind: got[kind] + more[kind] for kind in got}
    return Basis(got, found.days, _window_text(found), found.interval, found.packed, missing, len(others), partly)


def _recording(found: Delivered, snapshot: Snapshot | None) -> list[frozenset[str]]:
    """Return the actions that the flow logs set up record, of each interface that was measured and is known."""
    known = [item for item in snapshot.interfaces if item.interface_id in found.watched] if snapshot else []
    return [logged.recorded(snapshot.flow_logs_of(item)) for item in known] if snapshot else []


def _unknown(flows: Flows, found: Delivered, recording: Sequence[frozenset[str]]) -> frozenset[str]:
    """Return the actions of which no record tells, unless the flow logs set up say that they are recorded."""
    seen = set(found.lines[found.lines.status == "OK"].action)
    recorded = frozenset.intersection(*recording) if recording and "action" in flows.fields else frozenset()
    return frozenset({"ACCEPT", "REJECT"} - seen - recorded)


def _window_text(found: Delivered) -> str:
    first, end = (pd.Timestamp(minute * 60, unit="s", tz="UTC") for minute in found.window or (0, 0))
    total = (end - first).total_seconds() / 60 * len(found.watched)
    share = sum(found.watched.values()) / total if total else 0
    lines, text = int(found.lines.lines.sum()), int(found.lines.text.sum())
    return (
        f"Measured: {lines:,} lines of {text / lines:,.0f} B from {first:%Y-%m-%d %H:%M}Z to {end:%Y-%m-%d %H:%M}Z, of "
        f"which {found.days:,.3g} days were logged (times {1 / found.days:,.3g} is a day); of the minutes of its "
        f"{_interfaces(len(found.watched))} {share:.0%} were watched."
    )


def _interfaces(count: int) -> str:
    return f"{count:,} interface{'s' * (count != 1)}"


def _assumed(snapshot: Snapshot | None, records: float | None, size: float | None) -> Basis:
    count = len(snapshot.interfaces) if snapshot else 0
    if records is None:
        raise ScopeError(
            "nothing tells how much these interfaces deliver. Give flows= with what some of them logged, "
            "or records_per_day= of an interface: an idle one has 144 lines a day at 600 s, a busy server millions."
        )
    sizes = (size, size, size) if size is not None else RECORD_BYTES
    between = f"{size:,.0f}" if size is not None else f"{RECORD_BYTES[0]:.0f} to {RECORD_BYTES[2]:.0f}"
    text = (
        f"Not measured: {_interfaces(count)} at {records:,.0f} records a day each, as given, and {between} B a record; "
        "how many of them are rejected is not known."
    )
    return Basis(rates.assumed(count, records, sizes), 1.0, text, INTERVALS[1])


def _row(
    kind: str, to: _Destination, rate: Range, costs: Sequence[Price], packed: float | None, days: float
) -> list[Any]:
    delivery, storage = costs[: len(to.delivery)], costs[len(to.delivery) :]
    kept = _kept(to, packed)
    parts = []
    for volume, overhead, ratio in zip((rate.low, rate.likely, rate.high), (0, 0, to.event), kept, strict=True):
        gb = _gb(to, volume, overhead) if volume else nan
        paid = sum(item.cost(gb * DAYS) for item in delivery) if volume else nan
        stored = storage[0].cost(gb * days * ratio) if storage and volume else nan
        parts.append((gb, paid, stored))
    (_, low, low_stored), (gb, paid, stored), (_, high, high_stored) = parts
    lines = rate.likely.lines if rate.likely else nan
    least = low + (low_stored if storage else 0) if rate.likely or rate.low.lines else nan
    # Firehose asks more than the delivery, which is not in the table: there is no upper end.
    return [
        kind, to.name, lines, gb, paid / DAYS, paid, stored, least, high + high_stored, blinded_text(kind),
    ]  # fmt: skip


def _gb(to: _Destination, volume: Volume, overhead: int) -> float:
    """Return what is metered in a day: an event has no line end, in an object each line has one."""
    return (volume.text + volume.lines * (overhead - 1 if to.event else 0)) / GB


def _kept(to: _Destination, packed: float | None) -> tuple[float, float, float]:
    """Return what is stored of a byte: at least, likely, at most."""
    if to.event:
        return min(packed or _ARCHIVED, _ARCHIVED), packed or _ARCHIVED, 1.0
    low, high = (packed, packed) if packed else _GZIP
    return low * to.compressed, high * to.compressed, high * to.compressed


def _sentence(frame: pd.DataFrame, basis: Basis, used: Sequence[Price]) -> str:
    if not len(frame):
        return f"What logging costs: {basis.measured}"
    dated = min(item.dated for item in used)
    parts = [_amount(row) for row in frame[frame.destination == "cloudwatch"].to_dict("records")]
    return (
        f"USD a month with delivery and storage, to CloudWatch Logs: {'; '.join(parts)}. {basis.measured} "
        f"Prices as of {dated}, {used[0].assumed_from or used[0].region}; ranges by the assumptions, which attrs has."
    )


def _amount(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["usd_per_month"]):
        return f"{row['traffic_type']} not known"
    low = f"{row['low']:,.2f}" if row["low"] >= _CENT or not row["low"] else "below 0.01"
    if pd.isna(row["high"]):
        return f"{row['traffic_type']} at least {low}"
    return f"{row['traffic_type']} {low} to {row['high']:,.2f}"
