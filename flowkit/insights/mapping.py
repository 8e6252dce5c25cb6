"""Whether the names of a `parse` are those of the columns they get."""

from collections.abc import Sequence
from typing import Final

from flowkit import fields
from flowkit.insights.patterns import stars
from flowkit.insights.syntax import Parse, Query, Text

_MOST: Final = 20


def misnamed(command: Parse, orders: Sequence[Sequence[str]]) -> list[str]:
    """Return in words which names get another column than they say, for each column order of the log."""
    count = stars(command.pattern.text) if isinstance(command.pattern, Text) else None
    if count is None or command.source.name != "@message":
        return []
    names = [name.name for name in command.names]
    return [told for order in orders if (told := _told(names, order))]


def _told(names: Sequence[str], order: Sequence[str]) -> str:
    has = f"the log's records have {len(order)}, from {_text(order[0])} to {_text(order[-1])}"
    if len(names) > len(order):
        return f"parse takes {len(names)} columns, and {has}: it matches none of them, so its fields are missing."
    got = [
        (name, _text(column))
        for name, column in zip(names, order, strict=False)
        if (field := fields.known(name)) and field.column != column
    ]
    if len(names) < len(order):
        rest = f"{_text(order[len(names) - 1])} and the {len(order) - len(names)} after it"
        got = [pair for pair in got if pair[0] != names[-1]] + [
            (name, rest) for name in names[-1:] if fields.known(name)
        ]
    if not got:
        return ""
    pairs = [f"{name} got {column}" for name, column in got]
    more = f" and {len(pairs) - _MOST} more" if len(pairs) > _MOST else ""
    absent = [f.name for name in names if (f := fields.known(name)) and f.column not in order]
    lacks = f" The log does not record {', '.join(absent)}." if absent else ""
    return f"parse takes {len(names)} columns, and {has}: {', '.join(pairs[:_MOST])}{more}.{lacks}"


def corrected(query: Query, order: Sequence[str]) -> str:
    """Return a query whose parses of whole messages have the columns of the log, named as they were where they were."""
    text = query.text
    for command in reversed([c for c in query.commands if isinstance(c, Parse) and misnamed(c, [order])]):
        begin, end = command.pattern.at.start, command.names[-1].at.end
        text = f"{text[:begin]}{_pattern(order, [name.name for name in command.names])}{text[end:]}"
    return text


def parse_of(order: Sequence[str]) -> str:
    """Return the command that names every column of the log as Logs Insights would."""
    return f"parse @message {_pattern(order, [])}"


def _pattern(order: Sequence[str], names: Sequence[str]) -> str:
    chosen = {field.column: name for name in names if (field := fields.known(name))}
    wanted = [chosen.get(column) or fields.of_column(column).insights for column in order]
    quoted = [name if name.replace("_", "").isalnum() else f"`{name}`" for name in wanted]
    return f'"{" ".join("*" * len(order))}" as {", ".join(quoted)}'


def _text(column: str) -> str:
    return fields.of_column(column).name
