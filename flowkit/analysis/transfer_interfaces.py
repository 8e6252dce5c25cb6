"""What is paid by the hour whatever it carries, what carries nothing, and what fills the log for little."""

from os import PathLike
from typing import Final

import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis.caption import captioned
from flowkit.analysis.costing_text import DAYS
from flowkit.analysis.delivered import DAY
from flowkit.analysis.tariffs import in_unit
from flowkit.analysis.transfer_ends import ends
from flowkit.flows import Flows

COLUMNS: Final = (
    "interface_id", "address", "name", "kind", "records", "bytes", "bytes_per_record", "share_of_records",
    "usd_per_month", "state",
)  # fmt: skip
IDLE_BYTES: Final = 10 * 2**20
"""Bytes a day below which a gateway or endpoint carries as good as nothing: one host's updates are more."""
CHATTY_BYTES: Final = 200
"""Bytes of a record below which a record tells of a few small packets: a health check, a question, a probe."""
CHATTY_SHARE: Final = 0.1
"""Share of all records from which an interface is worth a filter of its own."""
_PAID: Final = {
    "nat_gateway": "nat_gateway_hours", "vpc_endpoint": "interface_endpoint_hours",
    "transit_gateway": "transit_gateway_hours",
}  # fmt: skip
_HOURS: Final = DAYS * 24


def transfer_interfaces(
    flows: Flows, watched: frozenset[str], *, region: str | None = None, prices: str | PathLike[str] | None = None
) -> pd.DataFrame:
    """Return the interfaces that were logged, and what the inventory has of those that are paid by the hour.

    *watched* are the interfaces that some line tells of; *region* and *prices* are as in `data_transfer_cost`.

    Columns: `interface_id`, `address`, `name`, `kind` (of the inventory; "" without), `records` (count: all),
    `bytes` (B, accepted, as logged), `bytes_per_record` (B), `share_of_records`, `usd_per_month` (USD for its hours;
    null where there are none), `state`: ``idle`` (paid by the hour, watched, below 10 MiB a day), ``chatty`` (a tenth
    of all records or more, of less than 200 B each), ``not_logged`` (paid by the hour, but not watched) or "".
    An attachment of a transit gateway is paid once, whatever interfaces it has: they share it.
    """
    known = ends(flows)
    facts = flows.facts
    accepted = facts.bytes.sum(where=~facts.rejected.fill_null(False)).fill_null(0).cast("int64")
    sums = facts.group_by("observer").agg(records=facts.count(), bytes=accepted)
    named = sums.join(flows.ends.observers.select(observer="id", interface_id="observer"), "observer")
    seen = engine.frame(named.group_by("interface_id").agg(records=_.records.sum(), bytes=_.bytes.sum()))
    snapshot = flows.identities.snapshot
    held = {one.interface_id: one for one in (snapshot.interfaces if snapshot else ())}
    paid = [one.interface_id for one in held.values() if one.kind in _PAID]
    frame = seen.set_index("interface_id").reindex(sorted({*seen.interface_id, *paid})).fillna(0).astype("int64")
    frame = frame.reset_index(names="interface_id")
    table = flows.identities.table
    own = dict(zip(table.interface_id, table.address, strict=True))
    frame["address"] = [held[one].address if one in held else own.get(one, "") for one in frame.interface_id]
    for column in ("name", "kind"):
        frame[column] = [getattr(held[one], column) if one in held else "" for one in frame.interface_id]
    total = max(int(frame.records.sum()), 1)
    frame["bytes_per_record"] = frame.bytes / frame.records.clip(lower=1)
    frame["share_of_records"] = frame.records / total
    frame["usd_per_month"] = _hours(frame, region or known.home or None, prices)
    frame["state"] = _states(frame, watched, len(flows.minutes) / DAY)
    shown = frame.sort_values(["state", "records"], ascending=[False, False], kind="stable", ignore_index=True)
    sentence = f"{len(frame):,} interfaces: records (count), accepted bytes (B) as logged, USD a month for their hours."
    return captioned(shown[list(COLUMNS)], "transfer_interfaces", flows, sentence, inventory=True)


def _hours(frame: pd.DataFrame, region: str | None, prices: str | PathLike[str] | None) -> "pd.Series[float]":
    each = {
        kind: in_unit(name, "hour", region, prices).usd * _HOURS
        for kind, name in _PAID.items()
        if (frame.kind == kind).any()
    }
    attachments = frame[frame.kind == "transit_gateway"].groupby("name").interface_id.transform("count")
    return frame.kind.map(each).astype("float64") / attachments.reindex(frame.index).fillna(1)


def _states(frame: pd.DataFrame, watched: frozenset[str], days: float) -> "pd.Series[str]":
    hourly = frame.usd_per_month.notna()
    seen = frame.interface_id.isin(watched) | (frame.records > 0)
    quiet = frame.bytes <= IDLE_BYTES * max(days, 1 / DAY)
    chatty = (frame.share_of_records >= CHATTY_SHARE) & (frame.bytes_per_record < CHATTY_BYTES)
    states = pd.Series("", index=frame.index, dtype="str").mask(chatty, "chatty")
    return states.mask(hourly & seen & quiet, "idle").mask(hourly & ~seen, "not_logged")
