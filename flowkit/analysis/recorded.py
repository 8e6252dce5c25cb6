"""What was recorded, each distinct thing once: who asked whom, at which interface, which way, and whether it passed."""

from collections.abc import Iterator
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.flows import Flows
from flowkit.inventory import Snapshot
from flowkit.inventory.packets import LAST_PORT, WITH_PORTS
from flowkit.meaning.counted import SET_ASIDE
from flowkit.meaning.roles import SYN
from flowkit.meaning.within import CONVERSATION

_MOST_CUTS: Final = 200
_TUPLE: Final = (
    "client", "server", "server_port", "protocol", "ports", "observer", "to_server", "direction", "rejected",
)  # fmt: skip


def cuts(snapshot: Snapshot) -> list[int]:
    """Return the client ports at which an ACL's answer to a reply may change."""
    entries = (one for acl in snapshot.acls for one in acl.entries if one.protocol in WITH_PORTS)
    spans = [(one.first, one.last) for one in entries if one.first is not None and one.last is not None]
    return sorted({cut for first, last in spans for cut in (first, last + 1) if 0 < cut <= LAST_PORT})[:_MOST_CUTS]


def tuples(flows: Flows, at: list[int], most: int) -> tuple[pd.DataFrame, int]:
    """Return the distinct things recorded, those with most records, and how many more there are."""
    facts = flows.facts.filter(_.preference < SET_ASIDE, _.rejected.notnull())
    ports: Any = ibis.literal(0, "int32")
    for cut in at:
        ports = ports + ibis.ifelse(facts.client_port >= cut, 1, 0)
    syn = ibis.ifelse((facts.tcp_flags.fill_null(SYN) & SYN) != 0, 1, 0)  # of what has no flags, it may be one
    facts = facts.mutate(ports=ports.cast("int32"), direction=facts.direction.fill_null(-1), syn=syn)
    each = facts.group_by(list(dict.fromkeys((*_TUPLE, *CONVERSATION)))).agg(
        records=_.count(), bytes=_.bytes.sum().fill_null(0).cast("int64"), first=_.start.min(), last=_.end.max(),
        opened_by=_.opened_by.max(), syns=_.syn.sum(),
    )  # fmt: skip
    grouped = each.group_by(list(_TUPLE)).agg(
        conversations=_.count(), records=_.records.sum().cast("int64"), bytes=_.bytes.sum().cast("int64"),
        first=_["first"].min(), last=_["last"].max(), opened_by=_.opened_by.max(), syns=_.syns.sum().cast("int64"),
        client_port=_.client_port.min(),
    )  # fmt: skip
    ordered = grouped.mutate(rows=_.count().over(ibis.window())).order_by(ibis.desc("records"), *_TUPLE).limit(most)
    frame = engine.frame(_named(flows, ordered))
    frame = frame.sort_values(["records", *_TUPLE], ascending=[False, *[True] * len(_TUPLE)], ignore_index=True)
    return frame, int(frame["rows"].max()) - len(frame) if len(frame) else 0


def _named(flows: Flows, table: ir.Table) -> ir.Table:
    """Put addresses and interfaces in the place of their numbers."""
    for end in ("client", "server"):
        named = flows.ends.addresses.select(**{end: "id", f"{end}_address": "address"})
        table = table.join(named, end).drop(end).rename(**{end: f"{end}_address"})
    observers = flows.ends.observers.select(observer="id", interface="observer")
    return table.join(observers, "observer").drop("observer").rename(observer="interface")


def watched(flows: Flows) -> Iterator[str]:
    """Return the interfaces that have records in scope, or are said to have had no traffic."""
    observers, seen = flows.ends.observers, flows.facts.select("observer").distinct()
    yield from engine.frame(observers.filter(observers.id.isin(seen.observer)).select("observer").distinct()).observer
    if "interface_id" in flows.status_records.columns:
        yield from engine.frame(flows.status_records.select("interface_id").distinct()).interface_id.dropna()
