"""How far the interfaces that saw the same traffic agree, and what was set aside."""

from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis.caption import captioned
from flowkit.analysis.other import checked
from flowkit.flows import Flows
from flowkit.meaning.counted import BETWEEN, COPY, FULLER_RECEIVER, RECEIVER, REPEAT, SENDER, SET_ASIDE

_KEYS: Final = ("client", "server", "server_port", "protocol", "to_server")
_WAYS: Final = {True: "to_server", False: "to_client"}
_SKEW: Final = 120
"""Seconds by which two ends may differ in when they saw traffic first or last: the skew of a record's times, twice."""
_TOP: Final = 1000


def observations(flows: Flows, *, top: int = _TOP) -> pd.DataFrame:
    """Compare what the sender's, the receiver's and other interfaces saw of the same traffic.

    Parameters
    ----------
    flows
        Records already scoped; interfaces outside the scope are not compared.
    top
        How many rows at most, the largest differences; ``attrs["left_out"]`` counts the others.

    Returns
    -------
    DataFrame
        Largest difference first: `client`, `server`, `server_port`, `protocol`, `way` (``to_server`` or
        ``to_client``), `bytes_at_sender` (B), `bytes_at_receiver` (B), `bytes_between` (B, at gateways; null where
        not seen there), `bytes_stopped` (B: rejected where they arrived), `difference` (B, sent less received; null
        unless both ends are logged), `found`, `records` (count). Accepted bytes, but for those stopped.
        ``attrs["copies"]`` and ``attrs["repeats"]`` count records set aside: delivered twice, and sent on by a
        NAT gateway.

    Raises
    ------
    MissingFieldError
        If the log has no addresses or no bytes.
    ScopeError
        If *top* is less than one.

    Notes
    -----
    `found` is ``agree`` (both ends, the same bytes), ``stopped`` (what did not arrive was rejected there),
    ``loss`` (less arrived than was sent), ``gap`` (one end was
    logged for a shorter time, or lost records (SKIPDATA), or sent less than arrived), ``half_logged`` (one
    end only, although interfaces of the other are logged at other times or to others), ``one_end`` (the
    other end is not logged at all) or ``between`` (neither end, only a gateway).
    Loss and late records look alike: flow logs are best effort.
    """
    flows = flows.at_hand
    for name in ("srcaddr", "dstaddr", "bytes"):
        flows.field(name, "comparing observations")
    found = _compared(flows)
    order = [ibis.desc("size"), *_KEYS]
    rows = engine.frame(_named(flows, found.order_by(order).limit(checked(top))))
    total = engine.frame(found.group_by("found").agg(n=_.count()))
    counts = dict(zip(total.found, total.n, strict=True))
    aside = _set_aside(flows)
    rows = rows.sort_values(["size", "client", "server"], ascending=[False, True, True], ignore_index=True)
    rows["way"] = rows.pop("to_server").map(_WAYS)
    columns = [
        *_KEYS[:4],
        "way",
        "bytes_at_sender",
        "bytes_at_receiver",
        "bytes_between",
        "bytes_stopped",
        "difference",
        "found",
        "records",
    ]
    told = ", ".join(f"{n:,} {name}" for name, n in sorted(counts.items())) or "nothing to compare"
    left_out = sum(counts.values()) - len(rows)
    rest = f" The {left_out:,} with the smallest differences are not shown." if left_out else ""
    sentence = (
        f"Each way of each service, by how far its observations differ: {told}. Set aside: {aside[COPY]:,} records "
        f"delivered twice, {aside[REPEAT]:,} sent on by NAT gateways.{rest}"
    )
    more: dict[str, Any] = {"counts": counts, "copies": aside[COPY], "repeats": aside[REPEAT], "left_out": left_out}
    return captioned(rows[columns], "observations", flows, sentence, **more)


def _compared(flows: Flows) -> ir.Table:
    seen = flows.facts.filter(_.preference < SET_ASIDE)
    passed = ~seen.rejected.fill_null(False)
    at = {
        "sender": (seen.preference == SENDER) & passed,
        "receiver": seen.preference.isin([RECEIVER, FULLER_RECEIVER]) & passed,
        "between": (seen.preference >= BETWEEN) & passed,
    }
    sums = {f"bytes_at_{end}": seen.bytes.sum(where=mask).cast("int64") for end, mask in at.items()}
    fuller = (seen.preference == FULLER_RECEIVER).any()
    stopped = seen.bytes.sum(where=seen.rejected & (seen.preference != SENDER)).fill_null(0).cast("int64")
    grouped = seen.group_by(*_KEYS).agg(
        **sums, **_times(seen, at), bytes_stopped=stopped, fuller=fuller, records=seen.count()
    )
    grouped = grouped.rename(bytes_between="bytes_at_between")
    difference = grouped.bytes_at_sender - grouped.bytes_at_receiver
    return _judged(flows, grouped.mutate(difference=difference, size=difference.abs().fill_null(-1)))


def _times(seen: ir.Table, at: dict[str, ir.BooleanValue]) -> dict[str, ir.IntegerValue]:
    """Return when each end saw it first and last."""
    ends = ("sender", "receiver")
    first = {f"first_{end}": seen.start.min(where=at[end]) for end in ends}
    return first | {f"last_{end}": seen.end.max(where=at[end]) for end in ends}


def _judged(flows: Flows, rows: ir.Table) -> ir.Table:
    """Add `found`: what the difference between the ends is."""
    logged = _numbers(flows, flows.identities.holders.observer)
    skipped = _numbers(flows, _skipping(flows))
    unseen = ibis.ifelse(rows.bytes_at_sender.isnull() == rows.to_server, rows.client, rows.server)
    extents = [(rows[f"{name}_sender"] - rows[f"{name}_receiver"]).abs() > _SKEW for name in ("first", "last")]
    partly = rows.fuller | ibis.or_(*extents) | rows.client.isin(skipped.id) | rows.server.isin(skipped.id)
    one, differs = rows["difference"].isnull(), rows["difference"]
    neither = rows.bytes_at_sender.isnull() & rows.bytes_at_receiver.isnull()
    found = ibis.cases(
        (neither & rows.bytes_between.isnull(), "stopped"), (neither, "between"),
        (one & unseen.isin(logged.id), "half_logged"), (one, "one_end"), (differs == 0, "agree"),
        (differs == rows.bytes_stopped, "stopped"), (partly, "gap"), (differs > 0, "loss"), else_="gap",
    )  # fmt: skip
    return rows.mutate(found=found)


def _skipping(flows: Flows) -> "pd.Series[str]":
    """Return the interfaces that lost records in scope."""
    status = flows.status_records
    if not {"log_status", "interface_id"} <= set(status.columns):
        return pd.Series([], dtype="str")
    lost = status.filter(status.log_status == "SKIPDATA").select("interface_id").distinct()
    return engine.frame(lost).interface_id


def _numbers(flows: Flows, observers: "pd.Series[str]") -> ir.Table:
    """Return the numbers of the addresses that these interfaces hold."""
    held = flows.identities.holders
    numbers = sorted(set(held.id[held.observer.isin(observers)]))
    return ibis.memtable({"id": numbers}, schema=ibis.schema({"id": "int32"}))


def _set_aside(flows: Flows) -> dict[int, int]:
    counted = flows.facts.filter(_.preference >= SET_ASIDE).group_by("preference").agg(n=_.count())
    found = engine.frame(counted)
    return {COPY: 0, REPEAT: 0} | dict(zip(found.preference, found.n, strict=True))


def _named(flows: Flows, rows: ir.Table) -> ir.Table:
    labels = flows.identities.labels("address")
    for end in ("client", "server"):
        rows = rows.join(labels.rename(**{end: "id", f"{end}_label": "label"}), end).drop(end)
        rows = rows.rename(**{end: f"{end}_label"})
    return rows.mutate(server_port=rows.server_port.nullif(-1), protocol=rows.protocol.nullif(-1))
