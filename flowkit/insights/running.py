"""A query run on loaded records, command by command, as one question to the engine."""

from dataclasses import replace
from warnings import warn

import ibis.expr.types as ir
import pandas as pd

from flowkit import engine
from flowkit.flows import Flows
from flowkit.insights import syntax
from flowkit.insights.columns import typed
from flowkit.insights.events import Events, of_flows
from flowkit.insights.extracting import extracted
from flowkit.insights.grouping import grouped
from flowkit.insights.mapping import corrected, misnamed
from flowkit.insights.notes import MOST_ROWS, InsightsWarning, notes
from flowkit.insights.parsing import parse
from flowkit.insights.sorting import first, in_order, latest_first, limited, once
from flowkit.insights.state import State, turned
from flowkit.insights.syntax import Command, Item
from flowkit.insights.translating import Asked, Translator
from flowkit.insights.values import Value, missing
from flowkit.inventory.text import shown


def answer(flows: Flows, query: str) -> pd.DataFrame:
    """Run a query of the CloudWatch Logs Insights language on the records in scope; see `Flows.insights`."""
    tree = parse(query)
    events = of_flows(flows)
    asked = Asked(query, events.matches)
    state = State(events.table, events.named, latest_first(events))
    for command in tree.commands:
        after = _after(state, command, events, asked)
        asked.made |= dict.fromkeys(n for n, field in after.named.items() if state.named.get(n) != field)
        state = after
    frame, cut = _frame(state)
    orders = [layout.columns for layout in events.layouts]
    wrong = any(misnamed(c, orders) for c in tree.commands if isinstance(c, syntax.Parse))
    frame.attrs["warnings"] = notes(tree, asked, events, cut=cut)
    frame.attrs["corrected"] = corrected(tree, orders[0]) if wrong else None
    frame.attrs["caption"] = (
        f"Logs Insights, run on loaded records ({events.searched}): {shown(' '.join(query.split()))}"
    )
    return frame


def warned(flows: Flows, query: str) -> pd.DataFrame:
    """Run a query as `answer` does, and issue what a reader must know as warnings where `Flows.insights` was called."""
    frame = answer(flows, query)
    for note in frame.attrs["warnings"]:
        warn(note, InsightsWarning, stacklevel=4)
    if frame.attrs["corrected"]:
        warn(f"with the log's own columns the query reads:\n{frame.attrs['corrected']}", InsightsWarning, stacklevel=4)
    return frame


def _after(state: State, command: Command, events: Events, asked: Asked) -> State:
    """Return what a command leaves of what the commands before it left."""
    match command:
        case syntax.Parse():
            return extracted(state, command, events, asked)
        case syntax.Stats():
            return grouped(state, command, asked)
        case syntax.Sort():
            return in_order(state, command, asked)
        case syntax.Limit():
            return limited(state, command, asked)
        case syntax.Dedup():
            return once(state, command, asked)
    return _of_rows(state, command, asked)


def _of_rows(state: State, command: syntax.Fields | syntax.Display | syntax.Filter, asked: Asked) -> State:
    if isinstance(command, syntax.Filter):
        kept = Translator(asked, state.table, state.named).truth(command.condition)
        return replace(state, table=state.table.filter(kept))
    names = [item.column for item in command.items]
    computed = _computed(state, command.items, asked)
    return replace(computed, displayed=tuple(names)) if isinstance(command, syntax.Display) else computed.showing(names)


def _computed(state: State, items: tuple[Item, ...], asked: Asked) -> State:
    """Make the columns that are more than a field by its own name."""
    for item in items:
        expression, own = item.expression, asked.own_text(item.expression)
        reader = Translator(asked, state.table, state.named)
        if isinstance(expression, syntax.Name):
            _ = reader.value(expression)  # what there is not is noted
            state = state.reading({item.column: state.named.get(expression.name, _missing)})
        elif item.column not in state.named or item.column != own:
            state = state.holding({item.column: reader.value(expression)})
    return state


def _missing(_table: ir.Table) -> Value:
    return missing()


def _frame(state: State) -> tuple[pd.DataFrame, bool]:
    """Ask the engine; return the rows, and whether there were more than CloudWatch gives."""
    names = list(dict.fromkeys(state.displayed or state.chosen))
    table = state.table
    if state.limited is None:  # before the columns are made, which may be long lines
        table = first(state, MOST_ROWS + 1)
    values = [state.named[name](table) for name in names]
    keys = state.order(table)
    columns = {f"c{n}": value.shown for n, value in enumerate(values)}
    rows = table.select(**columns, **{f"s{n}": key for n, (key, _) in enumerate(keys)})
    if keys:
        rows = rows.order_by(turned((rows[f"s{n}"], descending) for n, (_, descending) in enumerate(keys)))
    frame = engine.frame(rows)
    cut = state.limited is None and len(frame) > MOST_ROWS
    kept = frame.iloc[:MOST_ROWS] if cut else frame
    made = {name: typed(kept[f"c{n}"], name, value) for n, (name, value) in enumerate(zip(names, values, strict=True))}
    return pd.DataFrame(made), cut
