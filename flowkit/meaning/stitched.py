"""Where on one tuple a conversation ends and another begins.

Flow logs cut what lasts into windows of 60 or 600 s. A record continues its conversation, unless

- it is the first of its tuple (a fresh client port),
- the client sent a SYN again after its earlier one had been followed by anything else (a SYN after
  nothing but SYNs is the same attempt, tried again), or
- nothing was seen of the tuple for longer than the interval and the skew of two times, 60 s; not so
  for TCP whose flags are logged, since without a SYN it can only go on: a keep-alive is no call.
"""

from typing import Final

import ibis
import ibis.expr.types as ir

from flowkit.meaning.roles import KEYS, SYN, SYN_ACK

_CLOCKS: Final = 30
"""Seconds by which a SYN or its answer may seem earlier at another interface: their clocks differ."""
SLACK: Final = 60
"""Skew of a record's start (s), "Flow log records" in the Amazon VPC User Guide."""
HOW: Final = ("continued", "fresh_port", "syn", "gap")
"""How a record opened a conversation, if it did, by the number kept in `opens`."""
CONTINUED, FRESH, SYN_AGAIN, GAP = range(4)
_FLAGS: Final = 7
TCP: Final = 6


def stitched(table: ir.Table, intervals: ir.Table) -> ir.Table:
    """Add to the records of tuples with several: `opens` (a number of `HOW`), `event` (from 0 within the tuple).

    *intervals* are the aggregation intervals of the interfaces: `observer`, `interval`.
    """
    table = table.join(intervals, "observer")
    flags = table.tcp_flags.fill_null(0)
    is_syn = (flags & SYN) != 0
    asked_at = table.point.max(where=is_syn & table.to_server & table.counts)
    asked_at = asked_at.over(ibis.window(group_by=[table[k] for k in KEYS]))
    elsewhere = (is_syn & (table.point != asked_at)).fill_null(False)
    table = table.mutate(turn=table.start + ibis.ifelse(elsewhere, _CLOCKS, 0))
    order = _order(table)
    same_way = ibis.window(
        group_by=[*(table[k] for k in KEYS), table.to_server & table.counts],
        order_by=[table.start, table.end, table.observer],
    )
    table = table.mutate(
        earlier=table.counts.cast("int32").sum().over(_rows_before(table, order)),
        last_end=table.end.max().over(_rows_before(table, order)),
        flags_before=table.tcp_flags.lag().over(same_way),
    )
    is_first = table.earlier.fill_null(0) == 0
    flags = table.tcp_flags.fill_null(0)
    is_syn = table.to_server & ((flags & SYN_ACK) == SYN)
    tried = (table.flags_before & _FLAGS) == SYN
    syn_again = is_syn & table.flags_before.notnull() & ~tried
    silent = (table.start - table.last_end) > (table.interval + SLACK)
    goes_on = (table.protocol == TCP) & table.tcp_flags.notnull() & ~is_syn
    opens = ibis.cases(
        (~table.counts, CONTINUED), (is_first, FRESH), (syn_again, SYN_AGAIN), (silent & is_syn, SYN_AGAIN),
        (silent & ~goes_on, GAP),
        else_=CONTINUED,
    )  # fmt: skip
    table = table.mutate(opens=opens.cast("int8")).drop("earlier", "last_end", "flags_before", "interval")
    begun = (table.opens > CONTINUED).cast("int32")
    number = begun.sum().over(_rows_until(table, _order(table)))
    return table.mutate(event=ibis.greatest(number - 1, 0).cast("int32")).drop("turn")


def _order(table: ir.Table) -> list[ir.Value]:
    return [table.turn, ~table.to_server, ~table.counts, table.end, table.observer]


def _rows_before(table: ir.Table, order: list[ir.Value]) -> object:
    return ibis.window(group_by=[table[k] for k in KEYS], order_by=order, rows=(None, -1))


def _rows_until(table: ir.Table, order: list[ir.Value]) -> object:
    return ibis.window(group_by=[table[k] for k in KEYS], order_by=order, rows=(None, 0))


def alone(table: ir.Table) -> ir.Table:
    """Add the same to records that are alone on their tuple."""
    fresh = ibis.ifelse(table.counts, FRESH, CONTINUED)
    return table.mutate(opens=fresh.cast("int8"), event=ibis.literal(0, "int32"))
