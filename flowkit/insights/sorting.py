"""`sort`, `limit` and `dedup`: which rows come first, and which stay."""

from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Final

import ibis
import ibis.expr.types as ir

from flowkit.insights import syntax, values
from flowkit.insights.events import Events, Field
from flowkit.insights.state import Key, Order, State, held, ordered, turned
from flowkit.insights.translating import Asked, Translator
from flowkit.insights.values import Value
from flowkit.reading.columns import LINE
from flowkit.store import OBJECT

_MOST: Final = 2**31
_MOST_RANKED: Final = 2
"""Each ranking reads what came before twice."""


def latest_first(events: Events) -> Order:
    """Return CloudWatch's order where the query sorts by nothing; ties stand as in the log."""

    def order(table: ir.Table) -> list[Key]:
        return [*ordered(events.timestamp(table), descending=True), *_position(table)]

    return order


def _position(table: ir.Table) -> list[Key]:
    return [(table[name], False) for name in (OBJECT, LINE) if name in table.columns]


def in_order(state: State, command: syntax.Sort, asked: Asked) -> State:
    """Return the state in the order of a `sort`."""
    keys: list[tuple[Field, bool]] = []
    for key in command.keys:
        value = Translator(asked, state.table, state.named).value(key.expression)
        whole = not state.grouped and state.limited is None
        if value.kind == "text" and whole and state.ranked < _MOST_RANKED:
            state, read = _ranked(state, value)
        else:
            read = _reader(state, key, asked)
        keys.append((read, key.descending))

    def order(table: ir.Table) -> list[Key]:
        return [part for read, turn in keys for part in ordered(read(table), descending=turn)] + _position(table)

    return replace(state, order=order)


def _reader(state: State, key: syntax.Key, asked: Asked) -> Field:
    return lambda table: Translator(asked, table, state.named).value(key.expression)


def _ranked(state: State, value: Value) -> tuple[State, Field]:
    """Give each text its place among the different ones: to compare them is far more work than to join them."""
    text, rank = f"_value_{state.made}", f"_value_{state.made + 1}"
    table = state.table.mutate(**{text: value.column})
    different = table.select(text).distinct()
    place = ibis.row_number().over(order_by=turned(ordered(values.text(different[text]), descending=False)))
    ranks = different.select(_ranked=different[text], **{rank: place})
    joined = table.left_join(ranks, table[text] == ranks["_ranked"]).drop("_ranked", text)
    return replace(state, table=joined, made=state.made + 2, ranked=state.ranked + 1), held(
        rank, values.number(joined[rank])
    )


def limited(state: State, command: syntax.Limit, asked: Asked) -> State:
    """Return the first rows, or any."""
    if not 0 < command.count < _MOST:
        asked.refuse(command, "the limit is no number of rows.", "Write one from 1; CloudWatch takes up to 100000.")
    count = min(command.count, state.limited or command.count)
    return replace(state, table=state.table.limit(count) if command.any else first(state, count), limited=count)


def first(state: State, count: int) -> ir.Table:
    """Return the first rows in the order asked for."""
    keys = turned(state.order(state.table))
    return (state.table.order_by(keys) if keys else state.table).limit(count)


def once(state: State, command: syntax.Dedup, asked: Asked) -> State:
    """Keep the first row of each combination; where a field is missing, every row."""
    reader = Translator(asked, state.table, state.named)
    found = [reader.value(name).text for name in command.names]
    number = ibis.row_number().over(group_by=found, order_by=turned(state.order(state.table)))
    missing = reduce(or_, (text.isnull() for text in found))
    table = state.table.mutate(_number=number, _missing=missing)
    return replace(state, table=table.filter((table["_number"] == 0) | table["_missing"]).drop("_number", "_missing"))
