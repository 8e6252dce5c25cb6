"""Records split by one field: its commonest values by name, the rest as ``other``."""

from typing import Final

import ibis
import ibis.expr.types as ir
from ibis import _

from flowkit import engine
from flowkit.analysis.other import OTHER, as_text, checked
from flowkit.flows import Flows
from flowkit.meaning.ends import NONE
from flowkit.meaning.within import port

_AMOUNTS: Final = ("packets", "bytes")
_ADDRESSES: Final = ("srcaddr", "dstaddr")
_PORTS: Final = ("srcport", "dstport")
_PLACES: Final = {
    "interface_id": "observer",
    "vpc_id": "vpc_id",
    "subnet_id": "subnet_id",
    "instance_id": "instance_id",
}
_OTHER_OBSERVERS: Final = {"resource_id", "tgw_attachment_id"}


def by_record(flows: Flows, column: str | None) -> ir.Table:
    """Return the records in scope: `time` (s since 1970), `action`, `packets`, `bytes`; of a field the text in `value`.

    Read from numbers where those are at hand and tell the field, which takes a fraction of the time.
    """
    if flows.numbers is not None and tells(flows, column):
        return by_number(flows, flows.numbers, column)
    table, has = flows.table, flows.fields
    amounts = {name: table[name] if name in has else ibis.null("int64") for name in _AMOUNTS}
    action = table.action if "action" in has else ibis.null("string")
    time = table.start.epoch_seconds().cast("int64")
    value = {"value": as_text(table[column])} if column else {}
    return table.select(time=time, action=action, **amounts, **value)


def tells(flows: Flows, column: str | None) -> bool:
    """Return whether facts tell the values of a field, if any is asked for, just as the records do."""
    if column == "interface_id":
        return not _OTHER_OBSERVERS & set(flows.fields)
    return column in (None, *_ADDRESSES, *_PORTS, "protocol", "tcp_flags", *_PLACES)


def by_number(flows: Flows, facts: ir.Table, column: str | None) -> ir.Table:
    """Return facts as `by_record` returns records, of a field that they tell."""
    action = ibis.cases((facts.rejected, "REJECT"), (~facts.rejected, "ACCEPT"))
    facts = facts.mutate(action=action, time=facts.start)
    if column is None:
        return facts.select("time", "action", "packets", "bytes")
    if column in _ADDRESSES:
        facts = facts.join(flows.ends.addresses.select(value="address", **{column: "id"}), column)
    elif column in _PLACES:
        facts = facts.join(flows.ends.observers.select(value=_PLACES[column], observer="id"), "observer")
    else:
        facts = facts.mutate(value=port(facts, column) if column in _PORTS else facts[column])
    value = facts.value.nullif(NONE if facts.value.type().is_string() else -1)
    return facts.select("time", "action", "packets", "bytes", value=as_text(value))


def commonest(table: ir.Table, top: int) -> tuple[ir.Table, int]:
    """Return a table whose rarer texts in `value` are ``other``, and how many those are.

    Those in most rows keep their names, at most *top*; of equally common ones the first by name.

    Raises
    ------
    ScopeError
        If *top* is less than one.
    """
    counts = table.group_by("value").agg(n=_.count()).mutate(values=_.count().over(ibis.window()))
    named = engine.frame(counts.order_by(ibis.desc("n"), "value").limit(checked(top)))
    left_out = int(named["values"].max()) - len(named) if len(named) else 0
    if not left_out:
        return table, 0
    return table.mutate(value=ibis.ifelse(table.value.isin(named["value"].tolist()), table.value, OTHER)), left_out


def rest_text(left_out: int) -> str:
    """Return what to say, amid a sentence, of the values that `commonest` put together."""
    return f", {left_out} rarer ones together as other" if left_out else ""
