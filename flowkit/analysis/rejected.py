"""What was rejected most: the tuples to look at first."""

from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis.caption import captioned
from flowkit.analysis.other import checked
from flowkit.flows import Flows
from flowkit.meaning.ends import EGRESS, INGRESS, NONE
from flowkit.meaning.within import within

_KEYS: Final = ("observer", "direction", "srcaddr", "dstaddr", "dstport", "protocol")
_COLUMNS: Final = (
    "interface_id", *_KEYS[1:], "records", "packets", "bytes", "srcports", "first", "last",
)  # fmt: skip
_UNTOLD: Final = -1


def rejected_tuples(flows: Flows, *, top: int = 50) -> pd.DataFrame:
    """Rank what was rejected: from whom, to whom, to which port, at which interface.

    Parameters
    ----------
    flows
        Records already scoped.
    top
        How many tuples to list; ``attrs["left_out"]`` counts the others.

    Returns
    -------
    DataFrame
        Most records first: `interface_id`, `direction` (``ingress`` or ``egress``; derived where it is not
        logged and can be), `srcaddr`, `dstaddr`, `dstport`, `protocol` (IANA number), `records` (count),
        `packets` (count), `bytes` (B), `srcports` (how many distinct source ports), `first`, `last` (UTC).
        Null is what the log does not record.

    Raises
    ------
    ScopeError
        If *top* is less than one.
    MissingFieldError
        If the log has no addresses or no ``action``.

    Notes
    -----
    A record is one flow on one interface in one interval, so records are not attempts: one source port
    that keeps trying has a record for each interval. REJECT is also what comes late, after a connection
    was closed: look whether the same ends have accepted records too. Records count as logged, as in
    `reject_timeline`: what two interfaces or two flow logs saw counts twice.
    Source: "Flow log records" in the Amazon VPC User Guide.
    """
    flows = flows.at_hand
    for needed in ("action", "srcaddr", "dstaddr"):
        flows.field(needed, "ranking what was rejected")
    rejected = _rejected(flows)
    first = engine.frame(
        rejected.group_by(_KEYS)
        .agg(
            records=_.count(), packets=_.packets.sum().cast("int64"), bytes=_.bytes.sum().cast("int64"),
            first=_.start.min(), last=_.end.max(),
        )
        .mutate(tuples=_.count().over(ibis.window()), all_records=_.records.sum().over(ibis.window()))
        .order_by(ibis.desc("records"), *_KEYS)
        .limit(checked(top))
    )  # fmt: skip
    left_out = int(first.tuples.max()) - len(first) if len(first) else 0
    every = int(first.all_records.max()) if len(first) else 0
    frame = _described(flows, first.merge(_source_ports(rejected, first), "left", list(_KEYS)))
    rest = f"; {left_out:,} more tuples are not shown" if left_out else ""
    sentence = (
        f"The {len(frame):,} tuples of interface, addresses, port and protocol with most rejected flow records, "
        f"as logged ({int(frame.records.sum()):,} of {every:,}){rest}."
    )
    return captioned(frame, "rejected_tuples", flows, sentence, left_out=left_out)


def _rejected(flows: Flows) -> ir.Table:
    """Return the rejected records by numbers: one for each interface and each address, whatever else is known of it."""
    facts = within(flows.origin.facts, flows.scope).filter(_.rejected)
    points = flows.ends.observers.select("point", observer="id")
    if flows.origin.remembered("namesakes", lambda: _has_namesakes(flows)):
        facts = _by_address(facts, flows.ends.addresses)
    port, srcport = (
        ibis.ifelse(facts.to_server, *ports)
        for ports in ((facts.server_port, facts.client_port), (facts.client_port, facts.server_port))
    )
    facts = facts.mutate(dstport=port, srcport=srcport, direction=facts.direction.fill_null(_UNTOLD))
    joined = facts.join(points, "observer").drop("observer").rename(observer="point")
    return joined.select(*_KEYS, "srcport", "packets", "bytes", "start", "end")


def _has_namesakes(flows: Flows) -> bool:
    addresses = flows.ends.addresses
    return bool(len(engine.frame(addresses.filter(addresses.vpc_id.notnull()).limit(1))))


def _by_address(facts: ir.Table, addresses: ir.Table) -> ir.Table:
    """Give addresses that several VPCs have one number each: a record does not say more."""
    plain = addresses.select("id", plain=addresses.id.min().over(ibis.window(group_by="address")))
    for end in ("srcaddr", "dstaddr"):
        facts = facts.join(plain.rename(**{end: "id"}), end).drop(end).rename(**{end: "plain"})
    return facts


def _source_ports(rejected: ir.Table, first: pd.DataFrame) -> pd.DataFrame:
    """Return how many source ports each of the first tuples has: counting those of all takes long after a flood."""
    names = list(_KEYS)
    keys = ibis.memtable(first[names], schema=dict.fromkeys(_KEYS, "int64"))
    ports = rejected.join(keys, names).mutate(srcport=_.srcport.nullif(_UNTOLD))
    return engine.frame(ports.group_by(names).agg(srcports=_.srcport.nunique().nullif(0)))


def _described(flows: Flows, rows: pd.DataFrame) -> pd.DataFrame:
    """Put texts in the place of numbers, and null in that of what the log does not tell."""
    observers, addresses = flows.ends.observers, flows.ends.addresses
    interfaces = _texts(observers.filter(observers.id.isin(rows.observer.tolist())).select("id", text="observer"))
    used = {*rows.srcaddr, *rows.dstaddr}
    texts = _texts(addresses.filter(addresses.id.isin(list(used))).select("id", text="address"))
    told: dict[str, Any] = {
        "interface_id": rows.observer.map(interfaces).replace(NONE, None),
        "direction": rows.direction.map({EGRESS: "egress", INGRESS: "ingress"}),
        **{end: rows[end].map(texts) for end in ("srcaddr", "dstaddr")},
        **{name: rows[name].astype("Int64").mask(rows[name] == _UNTOLD) for name in ("dstport", "protocol")},
        **{name: pd.to_datetime(rows[name], unit="s", utc=True) for name in ("first", "last")},
    }
    return rows.assign(**told)[list(_COLUMNS)]


def _texts(table: ir.Table) -> dict[int, str]:
    found = engine.frame(table)
    return dict(zip(found.id, found.text, strict=True))
