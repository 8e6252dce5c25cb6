"""Facts in a scope, and which of them count there."""

from collections.abc import Sequence
from functools import reduce
from math import ceil
from operator import or_
from typing import Any, Final

import ibis
import ibis.expr.types as ir
from ibis import _

from flowkit.cidr import in_block
from flowkit.meaning.counted import SET_ASIDE
from flowkit.meaning.ends import EGRESS, INGRESS
from flowkit.meaning.facts import Facts
from flowkit.scope import Scope

CONVERSATION: Final = ("client", "client_port", "server", "server_port", "protocol", "event")
"""What tells one conversation from all others."""
_ONE_WAY: Final = ("client", "client_port", "server", "server_port", "protocol", "to_server")
_RESOURCES: Final = ("vpc_id", "subnet_id", "interface_id", "instance_id")
_SIDES: Final = {
    "address": ("srcaddr", "dstaddr"), "srcaddr": ("srcaddr",), "dstaddr": ("dstaddr",),
    "port": ("srcport", "dstport"), "srcport": ("srcport",), "dstport": ("dstport",),
}  # fmt: skip


def within(facts: Facts, scope: Scope) -> ir.Table:
    """Return the facts of the records in *scope*."""
    table = facts.table
    terms = []
    if scope.start:
        terms.append(table.start >= ceil(scope.start.timestamp()))  # records have whole seconds
    if scope.end:
        terms.append(table.start < ceil(scope.end.timestamp()))
    chosen = {key: values for key in (*_RESOURCES, *_SIDES) if (values := getattr(scope, key))}
    terms += [_predicate(facts, key, values) for key, values in chosen.items()]
    if scope.protocol:
        terms.append(table.protocol.isin(scope.protocol))
    if scope.action:
        terms.append(table.rejected.isin([action == "REJECT" for action in scope.action]))
    if scope.direction:
        terms.append(table.direction.isin([EGRESS if way == "egress" else INGRESS for way in scope.direction]))
    found = table.filter(*terms) if terms else table
    return within(Facts(found, facts.ends), scope.also) if scope.also else found


def _predicate(facts: Facts, key: str, values: Sequence[Any]) -> ir.BooleanValue:
    table = facts.table
    if key in _RESOURCES:
        observers = facts.ends.observers
        column = observers.observer if key == "interface_id" else observers[key]
        return table.observer.isin(observers.filter(column.isin(values)).id)
    if "port" in key:
        return reduce(or_, (port(table, side).isin(values) for side in _SIDES[key]))
    addresses = facts.ends.addresses
    wanted = addresses.filter(reduce(or_, (in_block(addresses.address, block) for block in values))).id
    return reduce(or_, (table[side].isin(wanted) for side in _SIDES[key]))


def port(table: ir.Table, side: str) -> ir.IntegerValue:
    """Return the ``srcport`` or ``dstport`` of facts, -1 where a record has none."""
    sent = table.to_server if side == "srcport" else ~table.to_server
    return ibis.ifelse(sent, table.client_port, table.server_port)


def set_back(table: ir.Table) -> ir.Table:
    """Return the facts that could count in a scope and do not in all records."""
    return table.filter(~_.counts & (_.preference < SET_ASIDE))


def best_points(table: ir.Table) -> ir.Table:
    """Return the best point each way of the conversations that have records in a scope, but none that counts."""
    sure = table.filter(_.counts)
    rest = set_back(table).anti_join(sure, _ONE_WAY)
    return rest.group_by(_ONE_WAY).agg(best=_.preference.min())


def recounted(table: ir.Table, best: ir.Table) -> ir.Table:
    """Return facts in a scope with `counts` as it is there: each conversation each way at one point.

    Where the scope leaves out the point at which all records together are counted (another
    interface's, what was rejected, what arrived), the *best* of those that it leaves counts.
    """
    joined = table.left_join(best, _ONE_WAY)
    counts = joined.counts | (joined.preference == joined.best).fill_null(False)
    return joined.mutate(counts=counts).select(table.columns)


def chooses_points(scope: Scope) -> bool:
    """Return whether a scope may leave out the point at which traffic is counted."""
    keys = (*_RESOURCES, *_SIDES, "action", "direction")
    here = any(getattr(scope, key) for key in keys)
    return here or bool(scope.also and chooses_points(scope.also))
