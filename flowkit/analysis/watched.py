"""What the log can show: which interfaces were watched when, and whether silence between two means anything."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import pandas as pd
from ibis import _

from flowkit import engine, fields
from flowkit.analysis import ends, logged, minutes, timeline
from flowkit.analysis.caption import captioned, every_text
from flowkit.analysis.minutes import MINUTE, Window
from flowkit.errors import ScopeError
from flowkit.flows import Flows
from flowkit.inventory import Snapshot

_WIDTHS: Final = (1, 5, 10, 15, 30, 60, 180, 360, 720, 1440, 7 * 1440)
_MOST_BUCKETS: Final = 60
_MOST_ROWS: Final = 1_000_000
_COLUMNS: Final = (
    "interface_id", "bucket", "state", "records", "minutes_covered", "minutes", "skipped", "flow_logs",
)  # fmt: skip

_COUNTED: Final = {"state": "str", "records": "int64", "minutes_covered": "int64", "skipped": "int64"}


def coverage(flows: Flows, *, every: timedelta | None = None, inventory: Snapshot | None = None) -> pd.DataFrame:
    """Say for each interface and time bucket whether the log tells anything, and whether something was lost.

    Parameters
    ----------
    flows
        Records already scoped; of the scope its window and its resources count, no address, port or action.
    every
        Width of a bucket in whole minutes; by default the least round one that gives at most 60.
    inventory
        Interfaces that exist, so that those which never appear show too, and the flow logs set up.

    Returns
    -------
    DataFrame
        A row per interface and bucket of the window: `interface_id` (where a record names none the
        gateway or attachment that saw it, else ``-``), `bucket` (UTC), `state` (``records``: at least
        one; ``NODATA``: watched, silent; ``SKIPDATA``: records lost, whatever else there is;
        ``nothing``: unknown, not a single line), `records` (count), `minutes_covered` (min, watched),
        `minutes` (min, of the bucket in the window), `skipped` (count of SKIPDATA lines), `flow_logs`
        (text: what the inventory says is recorded; null without one).

        In ``attrs``: ``unseen`` (interfaces of the inventory that never appear), ``named`` (what it calls them),
        ``absent_fields`` (what the log lacks, and what cannot be answered without it), ``never_recorded``.

    Raises
    ------
    ScopeError
        If *every* is no whole number of minutes, or gives over a million rows.
    MissingFieldError
        If the log has no ``start`` or ``end``.

    Notes
    -----
    A record counts in each bucket that it touches, so `records` may add up to more than there are.
    Minutes are watched where a record or NODATA touches them. Where the interval is observed to be
    600 s, silence too short to hold a whole interval counts as watched. An interface that no
    inventory names and that has no line in the window does not show.
    Sources: "Flow log records" and "Flow log limitations" in the Amazon VPC User Guide.
    """
    _needs_times(flows, "coverage")
    drawn = minutes.window(flows.surroundings)
    width = _width(flows, every, drawn)
    telling = minutes.told(flows, drawn, width) if drawn else minutes.Telling({}, MINUTE, 0)
    inventory = inventory or flows.identities.snapshot
    known = {item.interface_id: item for item in logged.in_scope(inventory, flows.scope)}
    unseen = tuple(sorted(known.keys() - telling.interfaces.keys()))
    names = sorted({*telling.interfaces, *unseen})
    buckets = _buckets(drawn, width)
    if len(names) * len(buckets) > _MOST_ROWS:
        raise ScopeError(
            f"{len(names):,} interfaces in {len(buckets):,} buckets are more than {_MOST_ROWS:,} rows. "
            f"Take wider buckets, or narrow the time or the interfaces."
        )
    asked = ("coverage", flows.surroundings.scope, drawn, width, tuple(names))
    cells = flows.origin.remembered(asked, lambda: _cells(telling, names, buckets))
    logs = [
        logged.flow_logs_text(inventory.flow_logs_of(known[n])) if inventory and n in known else None for n in names
    ]
    frame = _framed(names, logs, buckets, width, cells)
    lacking = () if "tgw_id" in flows.fields else fields.absent(flows.fields)
    return captioned(
        frame, "coverage", flows, _told_text(flows, frame, telling, width, unseen), every=width * MINUTE,
        unseen=unseen, absent_fields=tuple((f.name, f.answers) for f in lacking),
        never_recorded=logged.NEVER_RECORDED, interval=telling.interval, inventory=True, missing=True,
        named={n: " ".join(filter(None, (item.name, *item.addresses[:1]))) for n, item in known.items()},
    )  # fmt: skip


def _needs_times(flows: Flows, purpose: str) -> None:
    for needed in ("start", "end"):
        flows.field(needed, purpose)


def _width(flows: Flows, every: timedelta | None, drawn: Window | None) -> int:
    """Return the width of a bucket in minutes."""
    if every is None:
        wanted = (drawn[1] - drawn[0]) / (_MOST_BUCKETS - 1) if drawn else 1
        return next((w for w in _WIDTHS if w >= wanted), -int(-wanted // 1440) * 1440)
    seconds = timeline.width(flows, every)
    if seconds % MINUTE:
        raise ScopeError(f"every is {every}, but coverage is told by the minute. Try timedelta(minutes=10).")
    return seconds // MINUTE


def _buckets(drawn: Window | None, width: int) -> dict[int, Window]:
    """Return the minutes of each bucket, by number, that lie in the window."""
    if drawn is None:
        return {}
    start, end = drawn
    numbers = range(start // width, -(-end // width))
    if len(numbers) > _MOST_ROWS:
        raise ScopeError(f"the window has {len(numbers):,} buckets. Take wider ones, or a narrower window.")
    return {n: (max(n * width, start), min((n + 1) * width, end)) for n in numbers}


def _cells(telling: minutes.Telling, names: list[str], buckets: dict[int, Window]) -> pd.DataFrame:
    """Return state, records, minutes covered and SKIPDATA lines of each interface in each bucket, in this order."""
    windows, none = list(buckets.values()), dict[int, int]()
    columns: dict[str, list[Any]] = {name: [] for name in _COUNTED}
    for name in names:
        told = telling.of(name)
        records, nodata, skipped = (told.lines.get(status, none) for status in minutes.STATUSES)
        counts, lost = ([lines.get(n, 0) for n in buckets] for lines in (records, skipped))
        covered = told.watched.counts(windows)
        columns["state"] += map(_state, lost, counts, covered, (n in nodata for n in buckets))
        columns["records"] += counts
        columns["minutes_covered"] += covered
        columns["skipped"] += lost
    return pd.DataFrame(columns).astype(_COUNTED)


def _state(lost: int, records: int, covered: int, nodata: bool) -> str:  # noqa: FBT001 - mapped over columns
    if lost:
        return "SKIPDATA"
    if records:
        return "records"
    return "NODATA" if nodata or covered else "nothing"


def _framed(
    names: list[str], logs: list[str | None], buckets: dict[int, Window], width: int, cells: pd.DataFrame
) -> pd.DataFrame:
    """Return the rows of all interfaces as one frame."""
    starts = pd.to_datetime([n * width * MINUTE for n in buckets], unit="s", utc=True).as_unit("us")
    lengths = pd.Series([end - start for start, end in buckets.values()], dtype="int64")
    interfaces = pd.DataFrame(
        {"interface_id": pd.Series(names, dtype="str"), "flow_logs": pd.Series(logs, dtype="str")}
    )
    frame = interfaces.merge(pd.DataFrame({"bucket": starts, "minutes": lengths}), how="cross")
    return frame.join(cells)[list(_COLUMNS)]


def _told_text(flows: Flows, frame: pd.DataFrame, telling: minutes.Telling, width: int, unseen: Sequence[str]) -> str:
    total, covered = int(frame.minutes.sum()), int(frame.minutes_covered.sum())
    interfaces = frame.interface_id.nunique()
    several = "s" * (interfaces != 1)
    parts = [f"What the lines of {interfaces:,} interface{several} tell in buckets of {every_text(width * MINUTE)}:"]
    parts.append(f"{covered:,} of {total:,} interface minutes watched." if total else "no line and no window.")
    if unseen:
        parts.append(f"{len(unseen):,} of the inventory's interfaces never appear.")
    if "log_status" not in flows.fields:
        parts.append("The log has no log-status, so NODATA and SKIPDATA cannot be told: silence shows as nothing.")
    if telling.untimed:
        parts.append(f"Not shown: {telling.untimed:,} records without a time.")
    return " ".join(parts)


def did_talk(
    flows: Flows,
    a: str,
    b: str,
    *,
    port: int | None = None,
    protocol: str | int | None = None,
    inventory: Snapshot | None = None,
) -> pd.DataFrame:
    """Say whether two ends exchanged a packet, and where none is recorded whether that means anything.

    Parameters
    ----------
    flows
        Records already scoped: the question is asked of this traffic and this window.
    a, b
        An address or CIDR block each. Records between the two count in either direction, by the
        addresses of the record or, where the log has them, of the packet.
    port, protocol
        The traffic in question, as in `Scope`.
    inventory
        Who holds which address, what is logged of it, and where Amazon's DNS servers are.

    Returns
    -------
    DataFrame
        One row: `answer` (``yes``; ``not seen, fully covered``; ``not seen, N minutes uncovered``;
        ``cannot be seen``), `reason` (text), `records` (count), `accepted` (count), `rejected`
        (count), `bytes` (B, as logged), `first` (UTC), `last` (UTC), `minutes_uncovered` (min of the
        window in which neither end was watched), `interfaces` (text: those that recorded it, else
        those that watched). Null where the log lacks the field.

    Raises
    ------
    ScopeError
        If the ends are the same or of two families, or there is no window to speak of.
    MissingFieldError
        If the log has no addresses or times.

    Notes
    -----
    A packet exchanged passes the interfaces of both ends, so a minute is covered where either end
    has a record or NODATA and no SKIPDATA (of a block: all its known interfaces). What an end sent
    that was stopped before it reached the other is seen at the sender only; the reason says where
    the sender was not watched. Which interface holds an address is known from records at any time
    loaded, and from the inventory.
    Source: "Flow log records" and "Flow log limitations" in the Amazon VPC User Guide.
    """
    for needed in ("srcaddr", "dstaddr", "start", "end"):
        flows.field(needed, "telling whether two talked")
    blocks = ends.checked(a, b)
    asked = flows.narrow(**{k: v for k, v in (("port", port), ("protocol", protocol)) if v is not None})
    drawn = minutes.window(flows.surroundings)
    if drawn is None:
        raise ScopeError("nothing was loaded in this scope, so there is no window to speak of. Give start and end.")
    seen = _seen(asked, blocks)
    inventory = inventory or flows.identities.snapshot
    two = ends.watched(flows, blocks, drawn, inventory)
    uncovered = drawn[1] - drawn[0] - (two[0].covered | two[1].covered).bit_count()
    impossible = ends.unseeable(two, inventory)
    if seen["records"]:
        answer, reason = "yes", _how_seen(seen, blocks)
    elif impossible:
        answer, reason = "cannot be seen", impossible
    else:
        answer = f"not seen, {uncovered} minute{'s' * (uncovered != 1)} uncovered" if uncovered else _SURE
        reason = ends.silence(two, drawn[1] - drawn[0])
    row = {"answer": answer, "reason": reason, **seen, "minutes_uncovered": uncovered}
    row["interfaces"] = row["interfaces"] or ends.named(name for end in two for name in end.watching)
    frame = pd.DataFrame({name: pd.Series([row[name]], dtype=kind) for name, kind in _TYPES.items()})
    sentence = f"Whether {blocks[0]} and {blocks[1]} talked: {answer}."
    return captioned(frame, "did_talk", asked, sentence, missing=True)


_SURE: Final = "not seen, fully covered"
_TYPES: Final = {
    "answer": "str", "reason": "str", "records": "int64", "accepted": "Int64", "rejected": "Int64", "bytes": "Int64",
    "first": "datetime64[us, UTC]", "last": "datetime64[us, UTC]", "minutes_uncovered": "int64", "interfaces": "str",
}  # fmt: skip


def _seen(flows: Flows, blocks: tuple[str, str]) -> dict[str, Any]:
    """Return what was recorded between two ends, as logged, and by which interfaces."""
    has = set(flows.fields)
    sums: dict[str, Any] = {"records": _.count(), "first": _.start.min(), "last": _.end.max()}
    if "action" in has:
        sums |= {"accepted": (_.action == "ACCEPT").sum(), "rejected": (_.action == "REJECT").sum()}
    if "bytes" in has:
        sums["bytes"] = _.bytes.sum()
    records = ends.between(flows.stored, *blocks)
    found = engine.frame(records.group_by(place=minutes.place(records)).agg(**sums))
    told = {n: int(found[n].sum()) if n in sums else None for n in ("records", "accepted", "rejected", "bytes")}
    first, last = (found[name].min() if name == "first" else found[name].max() for name in ("first", "last"))
    return {**told, "first": first, "last": last, "interfaces": ends.named(found.place.tolist())}


def _how_seen(seen: dict[str, Any], blocks: tuple[str, str]) -> str:
    actions = f" ({seen['accepted']:,} accepted, {seen['rejected']:,} rejected)" if seen["accepted"] is not None else ""
    stopped = seen["accepted"] == 0 and bool(seen["rejected"])
    only = " Every one was rejected: attempts, of which none got through there." if stopped else ""
    records = f"{seen['records']:,} record{'s' * (seen['records'] != 1)}"
    return f"{records}{actions} between {blocks[0]} and {blocks[1]}, as logged.{only}"
