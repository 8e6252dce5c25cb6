"""What moved between which ends, and the path that the log itself tells of it."""

from typing import Final

import ibis
import ibis.expr.types as ir
from ibis import _

from flowkit.flows import Flows
from flowkit.keeping import Keep
from flowkit.meaning.counted import BETWEEN
from flowkit.meaning.ends import EGRESS

SAME_VPC, EITHER, PRIVATE_GATEWAY, PEERING, PEERING_REGION, LOCAL_ZONE, ENDPOINT, INTERNET = range(1, 9)
"""Values of ``traffic-path`` ("Flow log records", Amazon VPC User Guide); `EITHER` is an internet gateway or a gateway
endpoint."""
NO_PATH: Final = 0
"""``traffic-path`` is logged, and none applies."""
UNTOLD: Final = -1
"""The path is not known."""
_NONE: Final = {"path": UNTOLD, "hop": ""}


def moved(flows: Flows, keep: Keep, split: int) -> ir.Table:
    """Add up what was accepted, counted once, by client, server, port, protocol, direction, and where it was seen.

    With `bytes` and `late` (B, of it from *split* on, s since 1970), `first`, `last`, and where they are logged `path`
    (of ``traffic-path``, `NO_PATH`, or `UNTOLD`) and `hop` (the type of the next hop's interface, else "").
    """
    counted = flows.counted.filter(~flows.counted.rejected.fill_null(False))
    by = ["client", "server", "server_port", "protocol", "to_server"]
    size = counted.bytes.fill_null(0)
    table = counted.mutate(bytes=size, late=ibis.ifelse(counted.start >= split, size, 0))
    sums = {name: table[name].sum().cast("int64") for name in ("bytes", "late")}
    sums |= {"first": table.start.min(), "last": table.end.max()}
    paths = _paths(flows)
    if paths is None:
        return table.group_by(*by).agg(**sums)
    from_own = (table.direction == EGRESS) == table.to_server
    at_end = (table.preference < BETWEEN) & table.direction.notnull()
    side = ibis.cases((at_end & from_own, 1), (at_end, 0), else_=UNTOLD)  # which end is far from where it was seen
    grouped = table.mutate(side=side).group_by(*by, "observer", "side").agg(**sums)
    far = ibis.cases((grouped.side == 1, grouped.server), (grouped.side == 0, grouped.client))
    joined = grouped.mutate(far=far).left_join(keep(paths), ["observer", "far"])
    known = {name: joined[name].fill_null(none) for name, none in _NONE.items() if name in joined.columns}
    return joined.mutate(**known).drop("observer", "side", "far", "observer_right", "far_right")


def _paths(flows: Flows) -> ir.Table | None:
    """Return, for each interface and what it sends to, the path and the next hop; None where neither is logged.

    That of most of its bytes decides: a route may have changed meanwhile.
    """
    records, has = flows.origin.records, set(flows.origin.records.columns)
    if "interface_id" not in has or not {"traffic_path", "next_hop_interface_type"} & has:
        return None
    told: dict[str, ir.Value] = {}
    if "traffic_path" in has:
        told["path"] = records.traffic_path.cast("int64")
    if "next_hop_interface_type" in has:
        told["hop"] = records.next_hop_interface_type
    leaves = ibis.or_(*(value.notnull() for value in told.values()))
    if "flow_direction" in has:
        leaves = records.flow_direction == "egress"
        told |= {"path": told["path"].fill_null(NO_PATH)} if "path" in told else {}
    far = records.pkt_dstaddr.coalesce(records.dstaddr) if "pkt_dstaddr" in has else records.dstaddr
    size = records.bytes.fill_null(0) if "bytes" in has else ibis.literal(1)
    sent = records.filter(leaves).select(interface=records.interface_id, address=far, size=size, **told)
    counted = sent.group_by("interface", "address", *told).agg(size=_["size"].sum())
    order = ibis.window(group_by=["interface", "address"], order_by=[ibis.desc("size"), *map(ibis.desc, told)])
    most = counted.mutate(place=ibis.row_number().over(order)).filter(_.place == 0)
    at = flows.ends.observers.select(observer="id", interface="observer")
    ends = flows.ends.addresses.select(far="id", address="address")
    return most.join(at, "interface").join(ends, "address").select("observer", "far", *told)
