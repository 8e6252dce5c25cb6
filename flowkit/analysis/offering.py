"""Services by host: conversations added up for each host and service, with the other end that moved most."""

from collections.abc import Sequence
from typing import Final

import ibis
import ibis.expr.types as ir
from ibis import _

from flowkit.analysis.calls import CONTINUING, ESTABLISHED, INSIDE, RESET
from flowkit.keeping import Keep

OUTSIDE: Final = "outside"
TCP, UDP = 6, 17
_HELD: Final = (ESTABLISHED, RESET, CONTINUING)
"""States in which both ends spoke."""
_AMOUNTS: Final = ("packets_to_server", "bytes_to_server", "bytes_to_client")


def accepted(table: ir.Table) -> ir.BooleanValue:
    """Tell which calls a record accepted; where no action is logged, all."""
    return (table.accepted > 0).fill_null(True)


def answered(table: ir.Table) -> ir.BooleanValue:
    """Tell in which calls both ends spoke."""
    return table.state.isin(_HELD)


def with_ends(table: ir.Table) -> ir.Table:
    """Add `host`, the inside end that a row is about, `peer`, the other, and `serves`: whether the host is the server.

    The server, unless it lies elsewhere and its client inside: of what is used elsewhere the user is the one to ask.
    """
    serves = (table.server_place == INSIDE) | (table.client_place != INSIDE)
    return table.mutate(
        serves=serves,
        host=ibis.ifelse(serves, table.server, table.client),
        peer=ibis.ifelse(serves, table.client, table.server),
    )


def added_up(table: ir.Table, keys: Sequence[str], keep: Keep) -> ir.Table:
    """Add up calls by *keys*.

    Parameters
    ----------
    table
        Calls with `peer` and `held`, whether they count as established.
    keys
        Columns without nulls.
    keep
        Keeps what is asked for more than once.

    Returns
    -------
    Table
        The keys, `peer` (with most bytes), `peers`, `conversations`, `established`, `packets_to_server` (count),
        `bytes_to_server`, `bytes_to_client` (B), `first`, `last` (s since 1970).
    """
    amounts = {name: table[name].sum().cast("int64") for name in _AMOUNTS}
    times = {"first": table.first.min(), "last": table["last"].max()}
    held = table.held.cast("int64").sum().cast("int64")
    each = keep(table.group_by([*keys, "peer"]).agg(conversations=_.count(), established=held, **amounts, **times))
    order = [ibis.desc(each.bytes_to_server + each.bytes_to_client), ibis.desc(each.conversations), each.first]
    most = ibis.row_number().over(ibis.window(group_by=list(keys), order_by=[*order, each.peer]))
    best = each.mutate(place=most).filter(_.place == 0).select(*keys, "peer")
    sums = {name: each[name].sum().cast("int64") for name in ("conversations", "established", *_AMOUNTS)}
    whole = each.group_by(list(keys)).agg(peers=each.count(), first=each.first.min(), last=each["last"].max(), **sums)
    return whole.join(best, list(keys))
