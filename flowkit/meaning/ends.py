"""The ends of a record: who really talked, at which interface it was seen, which way it went.

Addresses and interfaces become numbers, since numbers join and group several times faster than text.
"""

from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.types as ir
from ibis import _

from flowkit.cidr import in_block
from flowkit.engine import frame
from flowkit.fields import INTERVALS, LONG, LONG_SHARE
from flowkit.keeping import Keep

NONE: Final = "-"
"""Text for what a record does not say."""
EGRESS: Final = 0
INGRESS: Final = 1
_OBSERVER: Final = ("interface_id", "resource_id", "tgw_attachment_id")
PLACES: Final = ("vpc_id", "subnet_id", "instance_id", "az_id", "account_id")
PACKET_ADDRESSES: Final = ("pkt_srcaddr", "pkt_dstaddr")
_ADDRESSES: Final = ("srcaddr", "dstaddr", *PACKET_ADDRESSES)
_NOT_PUBLIC: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7")


@dataclass(frozen=True, eq=False)
class Ends:
    """What the numbers stand for.

    Attributes
    ----------
    addresses
        A row per address, and per VPC where interfaces of several hold it: `id`, `address`, `vpc_id`
        (null unless needed to tell it from its namesakes), `private`.
    observers
        A row per interface (else NAT gateway, else attachment) and what the records say of it: `id`,
        `observer` (its id as text), `point` (the same number for all rows of one interface), `interval`
        (s, as observed), and the columns of `PLACES`.
    """

    addresses: ir.Table
    observers: ir.Table


def ends(records: ir.Table, keep: Keep) -> Ends:
    """Return the numbers of all addresses and interfaces in *records*."""
    observers = keep(_observers(records))
    plain = keep(_addresses(records))
    shared = _shared(records, plain, observers)
    return Ends(plain if shared is None else keep(_with_namesakes(plain, shared)), observers)


def _addresses(records: ir.Table) -> ir.Table:
    seen = [records.select(address=_text(records, name)).distinct() for name in _ADDRESSES if name in records.columns]
    texts = ibis.union(*seen, distinct=True) if len(seen) > 1 else seen[0]
    private = ibis.or_(*(in_block(texts.address, block) for block in _NOT_PUBLIC))
    number = ibis.row_number().over(ibis.window(order_by=texts.address))
    return texts.select(id=number.cast("int32"), address="address", vpc_id=ibis.null("string"), private=private)


def _observers(records: ir.Table) -> ir.Table:
    """Group by what may change of an interface; where an interface lies never does.

    The first number goes to the interface with most bytes: of several points between, the fuller is preferred.
    """
    has = set(records.columns)
    fixed = {name: records[name].arbitrary() for name in PLACES if name in has and name != "instance_id"}
    long: ir.Value = ibis.literal(0.0)
    if {"start", "end"} <= has:
        length = seconds(records, "end") - seconds(records, "start")
        long = (length > LONG).cast("float64").mean().fill_null(0.0)
    size = records.bytes.sum().fill_null(0) if "bytes" in has else ibis.literal(0)
    found = records.group_by(observer=observer(records), **_variants(records)).agg(long=long, size=size, **fixed)
    found = found.rename(instance_id="at_instance") if "at_instance" in found.columns else found
    places = {name: found[name].fill_null(NONE) if name in found.columns else ibis.literal(NONE) for name in PLACES}
    variants = [name for name in _VARIANTS if name in found.columns]
    interval = ibis.ifelse(found.long > LONG_SHARE, INTERVALS[1], INTERVALS[0])
    order = [found["size"].desc(), found.observer, places["instance_id"], *(found[name] for name in variants)]
    number = ibis.row_number().over(ibis.window(order_by=order)).cast("int32")
    rows = found.select(
        id=number, observer="observer", interval=interval, **places, **{name: found[name] for name in variants}
    )
    return rows.mutate(point=rows.id.min().over(ibis.window(group_by="observer")))


_VARIANTS: Final = ("with_vpc", "with_subnet")


def _variants(records: ir.Table) -> dict[str, ir.Value]:
    """Return what may differ between records of one interface: its instance, and what a log of another format lacks."""
    has = set(records.columns)
    texts = {"at_instance": _text(records, "instance_id")} if "instance_id" in has else {}
    pairs = zip(_VARIANTS, ("vpc_id", "subnet_id"), strict=True)
    return texts | {variant: records[name].notnull() for variant, name in pairs if name in has}


def _shared(records: ir.Table, addresses: ir.Table, observers: ir.Table) -> ir.Table | None:
    """Return the addresses that interfaces of several VPCs hold, a row per VPC; None if there is none."""
    if "vpc_id" not in records.columns or "interface_id" not in records.columns:
        return None
    if int(frame(observers.aggregate(n=_.vpc_id.nunique())).n[0]) < 2:  # noqa: PLR2004 - several
        return None
    held = own_addresses(records).join(addresses.filter(_.private).select("address"), "address")
    by_vpc = held.join(observers.select("observer", "vpc_id").distinct(), "observer").filter(_.vpc_id != NONE)
    pairs = by_vpc.select("address", "vpc_id").distinct()
    several = pairs.group_by("address").agg(vpcs=_.vpc_id.nunique()).filter(_.vpcs > 1)
    found = pairs.semi_join(several, "address")
    return found if len(frame(found.limit(1))) else None


def _with_namesakes(addresses: ir.Table, shared: ir.Table) -> ir.Table:
    """Add a row per address and VPC that holds it; the row without VPC stands for `which, cannot be told`."""
    more = shared.join(addresses.drop("id", "vpc_id"), "address")
    rows = ibis.union(addresses.drop("id"), more.select("address", "vpc_id", "private"))
    number = ibis.row_number().over(ibis.window(order_by=[rows.address, rows.vpc_id.fill_null("")]))
    return rows.select(number.cast("int32").name("id"), "address", "vpc_id", "private")


def own_addresses(records: ir.Table) -> ir.Table:
    """Return which address each interface holds: `observer`, `address`, `v6`, one of each family.

    It is the source of what leaves the interface and the destination of what arrives. Where
    flow-direction is not logged, it is the address in most of the interface's records, as AWS logs its
    private one in all; of two in all of them (a single peer) the private one, else that which no
    other interface is sure to hold, else it cannot be told.
    """
    if "flow_direction" not in records.columns:
        return _in_most_records(records)
    sure = _by_direction(records)
    rest = records.filter(records.flow_direction.isnull())
    return ibis.union(sure, _in_most_records(rest).anti_join(sure, ["observer", "v6"]))


def _by_direction(records: ir.Table) -> ir.Table:
    directed = records.filter(records.flow_direction.notnull())
    own = ibis.ifelse(directed.flow_direction == "egress", directed.srcaddr, directed.dstaddr)
    counted = directed.group_by(observer=observer(directed), address=own).agg(n=_.count())
    return _first(counted, "observer", "v6")


def _first(counted: ir.Table, *keys: str) -> ir.Table:
    """Return the address with the highest `n` for each of *keys*."""
    counted = counted.filter(_.address.notnull()).mutate(v6=_.address.contains(":"))
    order = ibis.window(group_by=list(keys), order_by=[ibis.desc("n"), "address"])
    ranked = counted.mutate(place=ibis.row_number().over(order))
    return ranked.filter(_.place == 0).select("observer", "address", "v6")


def _in_most_records(records: ir.Table) -> ir.Table:
    sides = [records.select(observer=observer(records), address=records[side]) for side in ("srcaddr", "dstaddr")]
    counted = ibis.union(*sides).group_by("observer", "address").agg(n=_.count())
    counted = counted.filter(_.address.notnull()).mutate(v6=_.address.contains(":"))
    private = ibis.or_(*(in_block(counted.address, block) for block in _NOT_PUBLIC))
    every = ibis.window(group_by=["observer", "v6"])
    most = counted.mutate(private=private, most=_.n.max().over(every)).filter(_.n == _.most)
    rivals = most.mutate(ties=_.count().over(every), privates=_.private.sum().over(every))
    likely = rivals.filter((_.ties == 1) | (_.private & (_.privates == 1)))
    sure = likely.select("observer", "address", "v6")
    open_ties = rivals.anti_join(sure, ["observer", "v6"]).anti_join(sure.select("address"), "address")
    alone = ibis.window(group_by=["observer", "v6"])
    left = open_ties.mutate(left=_.count().over(alone)).filter(_.left == 1).select("observer", "address", "v6")
    return ibis.union(sure, left)


def observed(records: ir.Table, found: Ends) -> ir.Table:
    """Return each record by numbers: a row per record, see `columns` in the body; null is -1 for ports and protocol."""
    table = _numbered(_plain(records), records, found)
    if "flow_direction" not in records.columns or _any_undirected(records):
        table = _with_direction(table, records, found)
    return table


def _plain(records: ir.Table) -> ir.Table:
    columns: dict[str, ir.Value] = {name: _text(records, name) for name in _ADDRESSES if name in records.columns}
    has = set(records.columns)
    columns |= {name: _number(records, name) for name in ("srcport", "dstport", "protocol")}
    columns |= {name: seconds(records, name) for name in ("start", "end")}
    columns |= {
        name: records[name].cast("int64") if name in has else ibis.null("int64") for name in ("bytes", "packets")
    }
    columns["tcp_flags"] = records.tcp_flags.cast("int32") if "tcp_flags" in has else ibis.null("int32")
    columns["rejected"] = records.action == "REJECT" if "action" in has else ibis.null("boolean")
    columns["direction"] = _direction(records)
    columns["object"] = records["_object"] if "_object" in has else ibis.literal(0, "int64")
    columns["observer_text"] = observer(records)
    columns |= _variants(records)
    return records.select(**columns)


def _direction(records: ir.Table) -> ir.IntegerValue:
    if "flow_direction" not in records.columns:
        return ibis.null("int8")
    way = records.flow_direction
    return ibis.cases((way == "egress", EGRESS), (way == "ingress", INGRESS)).cast("int8")


def _numbered(table: ir.Table, records: ir.Table, found: Ends) -> ir.Table:
    table = _with_observer(table, found.observers)
    plain = found.addresses.filter(_.vpc_id.isnull())
    for name in _ADDRESSES:
        if name in records.columns:
            table = table.join(plain.select(**{f"{name}_id": "id", name: "address"}), name)
    logged = {"srcaddr": table.srcaddr_id, "dstaddr": table.dstaddr_id}
    true = {
        end: _true_end(table, f"pkt_{name}", name) if f"pkt_{name}" in records.columns else table[f"{name}_id"]
        for end, name in (("src", "srcaddr"), ("dst", "dstaddr"))
    }
    numbers = table.select(
        "object", "observer", "point", "direction", "srcport", "dstport", "protocol", "start", "end", "bytes",
        "packets", "tcp_flags", "rejected", **logged, **true,
    )  # fmt: skip
    return _with_vpcs(numbers, found)


def _true_end(table: ir.Table, packet: str, logged: str) -> ir.IntegerValue:
    return ibis.ifelse(table[packet] == NONE, table[f"{logged}_id"], table[f"{packet}_id"])


def _with_observer(table: ir.Table, observers: ir.Table) -> ir.Table:
    keys = {"observer_text": "observer"}
    if int(frame(observers.aggregate(n=_.count() - _.observer.nunique())).n[0]):  # one moved to another instance
        keys |= {"at_instance": "instance_id"} if "at_instance" in table.columns else {}
        keys |= {name: name for name in _VARIANTS if name in table.columns}
    return table.join(observers.select("point", observer="id", **keys), list(keys))


def _with_vpcs(table: ir.Table, found: Ends) -> ir.Table:
    """Tell apart addresses that several VPCs have: at an interface of one of them, it is that one's."""
    named = found.addresses.filter(_.vpc_id.notnull())
    if not len(frame(named.limit(1))):
        return table
    vpcs = found.observers.select(observer="id", at_vpc="vpc_id")
    table = table.join(vpcs, "observer")
    plain = found.addresses.filter(_.vpc_id.isnull()).select("address", plain="id")
    map_to = named.join(plain, "address").select("plain", at_vpc="vpc_id", own="id")
    for side in ("srcaddr", "dstaddr", "src", "dst"):
        here = map_to.select(**{side: "plain", "at_vpc": "at_vpc", "own": "own"})
        table = table.left_join(here, [side, "at_vpc"]).drop(f"{side}_right", "at_vpc_right")
        table = table.mutate(**{side: table.own.fill_null(table[side])}).drop("own")
    return table.drop("at_vpc")


def _any_undirected(records: ir.Table) -> bool:
    return bool(frame(records.aggregate(n=_.flow_direction.isnull().sum().fill_null(0))).n[0])


def _with_direction(table: ir.Table, records: ir.Table, found: Ends) -> ir.Table:
    """Derive the direction from the interface's own address where it is not logged."""
    own = own_addresses(records)
    numbers = own.join(found.addresses.select("address", own="id"), "address")
    numbers = numbers.join(found.observers.select("observer", at="id"), "observer").select("own", observer="at")
    out = numbers.select("observer", srcaddr="own", leaves=True)
    into = numbers.select("observer", dstaddr="own", arrives=True)
    table = table.left_join(out, ["observer", "srcaddr"]).drop("observer_right", "srcaddr_right")
    table = table.left_join(into, ["observer", "dstaddr"]).drop("observer_right", "dstaddr_right")
    derived = ibis.cases(  # what AWS rewrites is the interface's own end
        (table.src != table.srcaddr, EGRESS), (table.dst != table.dstaddr, INGRESS),
        (table.leaves, EGRESS), (table.arrives, INGRESS),
    ).cast("int8")  # fmt: skip
    return table.mutate(direction=table.direction.fill_null(derived)).drop("leaves", "arrives")


def observer(records: ir.Table) -> ir.StringValue:
    """Return the id of what saw the record: its interface, else NAT gateway, else attachment, else ``-``."""
    known = [records[name] for name in _OBSERVER if name in records.columns]
    return ibis.coalesce(*known, NONE) if known else ibis.literal(NONE)


def seconds(records: ir.Table, name: str) -> ir.IntegerValue:
    """Return a time as seconds since 1970, null where the record has none."""
    if name not in records.columns:
        return ibis.null("int64")
    return records[name].epoch_seconds().cast("int64")


def _text(records: ir.Table, name: str) -> ir.StringValue:
    return records[name].fill_null(NONE)


def _number(records: ir.Table, name: str) -> ir.IntegerValue:
    if name not in records.columns:
        return ibis.literal(-1, "int32")
    return records[name].cast("int32").fill_null(-1)
