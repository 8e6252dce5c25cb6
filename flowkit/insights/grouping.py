"""`stats`: a row per group."""

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Final

import ibis
import ibis.expr.types as ir

from flowkit.insights import syntax
from flowkit.insights.aggregates import AGGREGATES, Rows
from flowkit.insights.events import Field
from flowkit.insights.functions import Argument, ArgumentError
from flowkit.insights.state import Key, Order, State, held, ordered
from flowkit.insights.syntax import Node
from flowkit.insights.translating import Asked, Translator
from flowkit.insights.values import Value

_MOST: Final = 2


def grouped(state: State, command: syntax.Stats, asked: Asked) -> State:
    """Return a row per combination of what stands behind `by`, or one row where nothing does."""
    if state.grouped == _MOST:
        asked.refuse(
            command, f"CloudWatch runs at most {_MOST} stats in a query.", "Leave one out, or go on in pandas."
        )
    keys = Translator(asked, state.table, state.named)
    by = {f"_key_{n}": keys.value(item.expression) for n, item in enumerate(command.by)}
    table = state.table.mutate(**{name: value.column for name, value in by.items()}) if by else state.table
    inner = Translator(asked, table, state.named)
    calls = {call.at: call for item in command.measures for call in _aggregates(item)}
    found = {at: _aggregate(inner, call) for at, call in calls.items()}
    columns = {at: f"_measure_{n}" for n, at in enumerate(found)}
    measures = {columns[at]: value.column for at, value in found.items()}
    if not measures:
        for item in command.measures:
            if isinstance(item.expression, syntax.Call):
                inner.value(item.expression)  # a function that there is not is the likelier mistake
        asked.refuse(
            command.measures[0], "stats needs a function of many events.", "Write one, such as count(*) or sum(bytes)."
        )
    result = table.group_by(list(by)).aggregate(**measures) if by else table.aggregate(**measures)
    named: dict[str, Field] = {}
    for item, (column, value) in zip(command.by, by.items(), strict=True):
        for name in {item.column, asked.own_text(item.expression)}:
            named[name] = held(column, value)
    aggregates = {at: held(columns[at], value) for at, value in found.items()}
    after = State(result, named, _by_group(command, named), (), grouped=state.grouped + 1, made=state.made)
    return _measured(after, command, aggregates, asked)


def _measured(state: State, command: syntax.Stats, aggregates: dict[syntax.Span, Field], asked: Asked) -> State:
    """Work out what stands around the aggregates; each measure may use those before it."""
    for item in command.measures:
        if found := aggregates.get(item.expression.at):
            state = state.reading({item.column: found})
            continue
        outer = Translator(asked, state.table, state.named, closed=True, aggregates=aggregates)
        state = state.holding({item.column: outer.value(item.expression)})
    return state.showing([item.column for item in (*command.by, *command.measures)])


def _by_group(command: syntax.Stats, named: dict[str, Field]) -> Order:
    """Return the order of groups where none is asked for: times latest first, then the rest ascending."""

    def order(table: ir.Table) -> list[Key]:
        found = [named[item.column](table) for item in command.by]
        times = [key for value in found if value.kind == "time" for key in ordered(value, descending=True)]
        return times + [key for value in found if value.kind != "time" for key in ordered(value, descending=False)]

    return order


def _aggregates(node: Node) -> Iterator[syntax.Call]:
    """Give the calls of aggregates in an expression, the outermost."""
    if isinstance(node, syntax.Call) and node.function in AGGREGATES:
        yield node
        return
    for item in fields(node):
        value = getattr(node, item.name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Node):
                yield from _aggregates(part)


def _per_row(value: Argument, table: ir.Table) -> Argument:
    """Return a value that is the same for all rows as a column, which is what an aggregate takes."""
    if not isinstance(value, Value) or not isinstance(value.column, ir.Scalar):
        return value
    return replace(value, column=ibis.ifelse(table[table.columns[0]].isnull(), value.column, value.column))


def _aggregate(inner: Translator, call: syntax.Call) -> Value:
    function = AGGREGATES[call.function]
    given = [_per_row(value, inner.table) for value in inner.arguments(call, function)]
    time = inner.named.get("@timestamp")
    if time is None and function.name in ("earliest", "latest"):
        inner.asked.refuse(call, "@timestamp is gone after stats.", "Use it in the first stats, or min and max here.")
    rows = Rows(inner.table, lambda: time(inner.table).column)  # type: ignore[misc] # not called where it is None
    try:
        return function.give(rows, *given)
    except ArgumentError as error:
        return inner.asked.refuse(call, error.problem, error.step)
