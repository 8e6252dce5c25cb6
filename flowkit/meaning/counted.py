"""Of the same traffic seen at several interfaces, which record counts.

The observation points of one way of a conversation, in the order in which they are preferred:

1. the receiver's interface, where it logged more bytes than the sender's over several records: the
   sender's is logged in part only, since nothing arrives that was not sent
2. the sender's interface
3. the receiver's
4. one of those between: a NAT gateway, a transit gateway, a firewall, or an interface whose own
   address cannot be told

Set aside for good are copies (the same record delivered by another flow log or source) and what a NAT
gateway sends on under its own address and port: the same packets once more.
"""

from typing import Final

import ibis
import ibis.expr.types as ir
from ibis import _

from flowkit.engine import frame
from flowkit.meaning.ends import EGRESS, Ends
from flowkit.meaning.roles import KEYS

FULLER_RECEIVER, SENDER, RECEIVER, BETWEEN = 0, 1, 2, 4
SET_ASIDE: Final = 1 << 40
"""From here on, copies and repeats: they never count."""
REPEAT: Final = SET_ASIDE
COPY: Final = SET_ASIDE + 1
_ALONE: Final = 2
"""Up to so many records, one each, a receiver that logged more is not taken for the fuller one."""
_MORE: Final = 1.1
"""Share of the bytes before a NAT gateway that those behind it may reach: windows are cut at the log's ends."""
_SAME: Final = ("point", "srcaddr", "dstaddr", "start", "end", "packets", "bytes", "rejected", "direction")


def with_preference(table: ir.Table, found: Ends, *, translated: bool) -> ir.Table:
    """Add `preference`: the lower, the better is this interface as the point where the traffic is counted.

    *translated* says whether any packet had other addresses than the record.
    """
    table = _with_own_end(table, found, translated=translated)
    between = BETWEEN + table.point.cast("int64") * 2 + table.direction.fill_null(EGRESS).cast("int64")
    preference = ibis.cases(
        (table.between | table.direction.isnull(), between), (table.direction == EGRESS, SENDER), else_=RECEIVER
    )
    return table.mutate(preference=preference.cast("int64")).drop("between")


def _with_own_end(table: ir.Table, found: Ends, *, translated: bool) -> ir.Table:
    """Add `between`: whether the packets' own end at this interface is somebody else.

    That is so at a NAT or transit gateway, by their name; and where the packet's address is not
    that of the record and is public or another interface's. Else it is one of the interface's further
    addresses, as of a pod.
    """
    ways = found.observers.filter(_.observer.startswith("nat-") | _.observer.startswith("tgw-")).select("id")
    gateway = table.observer.isin(ways.id)
    if not translated:
        return table.mutate(between=gateway)
    own, logged = (
        ibis.ifelse(table.direction == EGRESS, table[s], table[d]) for s, d in (("src", "dst"), ("srcaddr", "dstaddr"))
    )
    table = table.mutate(own=own, own_logged=logged)
    held = table.filter((_.own == _.own_logged) & _.direction.notnull()).select(own="own", holder="observer").distinct()
    holders = held.group_by("own").agg(holders=_.count())
    known = table.left_join(holders, "own").drop("own_right")
    public = found.addresses.filter(~_.private).select("id")
    foreign = (known.own != known.own_logged) & (known.holders.notnull() | known.own.isin(public.id))
    return known.mutate(between=gateway | foreign).drop("own", "own_logged", "holders")


def repeats(table: ir.Table, found: Ends) -> ir.Table:
    """Return what NAT gateways sent on under their own address: `point`, `far`, `port`, `protocol`.

    A gateway sees each packet twice: to or from the host behind it, and to or from the far end under its own
    address and another port. The latter is a repeat if, for a far end, its port and protocol, it moved
    no more bytes than the former. In the former the far end stands in the place of the gateway's own
    address, packet-level; a regional gateway, which rewrites nothing, has a private end in it.
    """
    keys = ("point", "far", "port", "protocol")
    regional = _before_regional(table, found)
    inner = [
        table.filter((table[end] != table[logged]) | regional).select("point", "protocol", "bytes", far=end, port=port)
        for end, logged, port in (("src", "srcaddr", "srcport"), ("dst", "dstaddr", "dstport"))
    ]
    before = ibis.union(*inner).group_by(*keys).agg(before=_.bytes.sum())
    outer = with_far_end(table.filter(_may_be_sent_on(table, found)))
    beyond = outer.group_by(*keys).agg(beyond=_.bytes.sum())
    both = beyond.join(before, keys)
    return both.filter(both.beyond <= both.before * _MORE).select(*keys)


def has_gateways(found: Ends) -> bool:
    """Return whether regional NAT gateways are among the observers."""
    return bool(len(frame(_regional(found).limit(1))))


def _regional(found: Ends) -> ir.Table:
    return found.observers.filter(_.observer.startswith("nat-")).select("id")


def _before_regional(table: ir.Table, found: Ends) -> ir.BooleanValue:
    """Tell the records of regional NAT gateways that have a private end: before their own address takes its place."""
    private = found.addresses.filter(_.private).select("id")
    has_private = table.src.isin(private.id) | table.dst.isin(private.id)
    return table.observer.isin(_regional(found).id) & has_private


def _may_be_sent_on(table: ir.Table, found: Ends) -> ir.BooleanValue:
    return (table.src == table.srcaddr) & (table.dst == table.dstaddr) & ~_before_regional(table, found)


def with_far_end(table: ir.Table) -> ir.Table:
    """Add the end that is not the interface's own: `far`, `port`."""
    leaves = table.direction == EGRESS
    return table.mutate(
        far=ibis.ifelse(leaves, table.dst, table.src), port=ibis.ifelse(leaves, table.dstport, table.srcport)
    )


def without_repeats(table: ir.Table, repeated: ir.Table, found: Ends) -> ir.Table:
    """Set aside the records that `repeats` found."""
    keys = ["point", "far", "port", "protocol"]
    table = table.mutate(plain=_may_be_sent_on(table, found))
    marked = with_far_end(table).left_join(repeated.mutate(repeated=True), keys).drop(*(f"{k}_right" for k in keys))
    sent_on = (marked.repeated & marked.plain).fill_null(False)
    preference = ibis.ifelse(sent_on, REPEAT, marked.preference)
    return marked.mutate(preference=preference).drop("far", "port", "repeated", "plain")


def has_copies(table: ir.Table) -> bool:
    """Return whether equal records came from several objects."""
    same = table.group_by(*KEYS, *_SAME).agg(first=_.object.min(), last=_.object.max())
    return bool(len(frame(same.filter(_.first != _.last).limit(1))))


def without_copies(table: ir.Table) -> ir.Table:
    """Set aside all but one of equal records from different objects: one with tcp-flags counts, if there is one.

    Equal records within one object are as many records: the n-th of one object is a copy of the n-th of another.
    """
    equal = [table[name] for name in (*KEYS, *_SAME)]
    number = ibis.row_number().over(ibis.window(group_by=[*equal, table.object]))
    table = table.mutate(number=number)
    same = [*(table[name] for name in (*KEYS, *_SAME)), table.number]
    again = ibis.row_number().over(ibis.window(group_by=same, order_by=[table.tcp_flags.isnull(), table.object]))
    table = table.mutate(again=again)
    return table.mutate(preference=ibis.ifelse(table.again > 0, COPY, table.preference)).drop("number", "again")


def best(table: ir.Table) -> dict[str, ir.Value]:
    """Return, for `aggregate` by tuple, the best point each way and by how much the receiver saw more there (B)."""
    kept = table.preference < SET_ASIDE
    extra = ibis.cases((table.preference == SENDER, -table.bytes), (table.preference == RECEIVER, table.bytes))
    return {
        "best_forth": table.preference.min(where=table.forth & kept),
        "best_back": table.preference.min(where=~table.forth & kept),
        "extra_forth": extra.sum(where=table.forth & kept),
        "extra_back": extra.sum(where=~table.forth & kept),
    }


def with_counts(table: ir.Table) -> ir.Table:
    """Add `counts`: whether the record counts; put a fuller receiver first in `preference`."""
    chosen = ibis.ifelse(table.forth, table.best_forth, table.best_back)
    extra = ibis.ifelse(table.forth, table.extra_forth, table.extra_back)
    fuller = (chosen == SENDER) & (extra > 0) & (table.records > _ALONE)
    table = table.mutate(
        chosen=ibis.ifelse(fuller, FULLER_RECEIVER, chosen),
        preference=ibis.ifelse(fuller & (table.preference == RECEIVER), FULLER_RECEIVER, table.preference),
    )
    return table.mutate(counts=(table.preference == table.chosen).fill_null(False)).drop("chosen")
