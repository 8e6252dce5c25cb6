"""From the text of a query to its tree, or to the sentence that says what is wrong where."""

import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from typing import Any, Final

from lark import Lark, Token, v_args
from lark.exceptions import UnexpectedInput
from lark.tree import Meta
from lark.visitors import Transformer_NonRecursive

from flowkit.errors import InsightsError
from flowkit.insights import syntax
from flowkit.insights.grammar import GRAMMAR, UNITS
from flowkit.insights.misread import told
from flowkit.insights.syntax import Expression, Node, Query, Span

MOST_CHARACTERS: Final = 10_000
"""The longest query that CloudWatch takes ("StartQuery", CloudWatch Logs API Reference)."""
_MOST_COMMANDS: Final = 50
_MOST_INSIDE: Final = 6
"""Functions and comparisons within one another: each stands in the engine's query several times."""
_UNFOLDING: Final = (syntax.Call, syntax.Binary, syntax.Like, syntax.In)
_COMPARISONS: Final = ("=", "!=", "<", "<=", ">", ">=")
_DEEPEST: Final = 40
"""Levels of brackets and operators: more than anyone writes, less than the engine takes."""

_UNIT: Final = {short: name for name, shorts in UNITS.items() for short in (name, *shorts)}
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


def parse(text: str) -> Query:
    """Read a query.

    Raises
    ------
    InsightsError
        If it is not understood, with line and column.

    Examples
    --------
    >>> parse('filter action = "REJECT" | limit 20').commands[1]
    Limit(count=20, any=False)
    """
    if len(text) > MOST_CHARACTERS:
        problem = f"the query has {len(text):,} characters, and CloudWatch takes {MOST_CHARACTERS:,}."
        raise InsightsError.at(text, MOST_CHARACTERS, MOST_CHARACTERS + 1, problem, "Shorten it.")
    try:
        tree: Any = _Builder().transform(_parser().parse(text))
    except UnexpectedInput as error:
        raise told(text, error) from None
    query = Query(text, tuple(_titled(text, command) for command in tree))
    if len(query.commands) > _MOST_COMMANDS:
        at, problem = query.commands[_MOST_COMMANDS].at, f"the query has more than {_MOST_COMMANDS} commands."
        raise InsightsError.at(text, at.start, at.end, problem, "Join them: and joins conditions, a comma fields.")
    for command in query.commands:
        _hold_flat(text, command)
    return query


@cache
def _parser() -> Lark:
    return Lark(
        GRAMMAR,
        start="query",
        parser="lalr",
        lexer="contextual",
        maybe_placeholders=True,
        propagate_positions=True,
    )


def _titled(text: str, command: syntax.Command) -> syntax.Command:
    """Name the columns that have no alias by their own text."""

    def named(items: tuple[syntax.Item, ...]) -> tuple[syntax.Item, ...]:
        return tuple(
            item if item.column else syntax.Item(item.expression, _own_name(text, item.expression), at=item.at)
            for item in items
        )

    match command:
        case syntax.Fields(items=items):
            return syntax.Fields(named(items), at=command.at)
        case syntax.Display(items=items):
            return syntax.Display(named(items), at=command.at)
        case syntax.Stats(measures=measures, by=by):
            return syntax.Stats(named(measures), named(by), at=command.at)
    return command


def _own_name(text: str, expression: Expression) -> str:
    if isinstance(expression, syntax.Name):
        return expression.name
    return " ".join(text[expression.at.start : expression.at.end].split())


def _children(node: Node) -> Iterator[Node]:
    for item in fields(node):
        value = getattr(node, item.name)
        yield from (part for part in (value if isinstance(value, tuple) else (value,)) if isinstance(part, Node))


def _hold_flat(text: str, command: Node) -> None:
    """Refuse what is nested so deep that neither a person nor the engine could follow."""
    waiting = [(command, 0, 0)]
    while waiting:
        node, depth, inside = waiting.pop()
        inside += isinstance(node, _UNFOLDING) and getattr(node, "operator", "=") in _COMPARISONS
        if depth > _DEEPEST or inside > _MOST_INSIDE:
            what, most = ("", _DEEPEST) if depth > _DEEPEST else ("functions and comparisons ", _MOST_INSIDE)
            problem = f"this is nested more than {most} {what}deep."
            raise InsightsError.at(
                text, node.at.start, node.at.end, problem, "Split it with fields … as, step by step."
            )
        waiting += ((child, depth + 1, inside) for child in _children(node))


def _span(meta: Meta) -> Span:
    return NOWHERE if meta.empty else Span(meta.start_pos, meta.end_pos)


NOWHERE: Final = syntax.NOWHERE


@v_args(meta=True)
class _Builder(Transformer_NonRecursive[Token, Any]):
    """Builds the tree from lark's, from the leaves up."""

    def query(self, _meta: Meta, commands: list[Any]) -> list[Any]:
        return commands

    def fields(self, meta: Meta, items: list[Any]) -> Node:
        return syntax.Fields(tuple(items), at=_span(meta))

    def display(self, meta: Meta, items: list[Any]) -> Node:
        return syntax.Display(tuple(items), at=_span(meta))

    def filter(self, meta: Meta, parts: list[Any]) -> Node:
        return syntax.Filter(parts[0], at=_span(meta))

    def parse(self, meta: Meta, parts: list[Any]) -> Node:
        source, pattern, *names = parts
        found = self.regex(pattern) if isinstance(pattern, Token) else pattern
        return syntax.Parse(source or syntax.Name("@message"), found, tuple(names), at=_span(meta))

    def stats(self, meta: Meta, parts: list[Any]) -> Node:
        return syntax.Stats(tuple(parts[0]), tuple(parts[1] or ()), at=_span(meta))

    def measures(self, _meta: Meta, items: list[Any]) -> list[Any]:
        return items

    by = measures

    def sort(self, meta: Meta, keys: list[Any]) -> Node:
        return syntax.Sort(tuple(keys), at=_span(meta))

    def key(self, meta: Meta, parts: list[Any]) -> Node:
        return syntax.Key(parts[0], len(parts) > 1 and parts[1].type == "DESC", at=_span(meta))

    def limit(self, meta: Meta, parts: list[Any]) -> Node:
        return syntax.Limit(int(parts[1]), parts[0] is not None, at=_span(meta))

    def dedup(self, meta: Meta, names: list[Any]) -> Node:
        return syntax.Dedup(tuple(names), at=_span(meta))

    def item(self, meta: Meta, parts: list[Any]) -> Node:
        expression, alias = parts
        return syntax.Item(expression, alias.name if alias else "", at=_span(meta))

    def any_of(self, meta: Meta, terms: list[Any]) -> Node:
        return syntax.Logic("or", tuple(terms), at=_span(meta))

    def all_of(self, meta: Meta, terms: list[Any]) -> Node:
        return syntax.Logic("and", tuple(terms), at=_span(meta))

    def negated(self, meta: Meta, parts: list[Any]) -> Node:
        return syntax.Not(parts[1], at=_span(meta))

    def compared(self, meta: Meta, parts: list[Any]) -> Node:
        left, operator, right = parts
        return syntax.Binary(str(operator), left, right, at=_span(meta))  # type: ignore[arg-type] # as the grammar has it

    arithmetic = compared

    def like(self, meta: Meta, parts: list[Any]) -> Node:
        value, negated, pattern = parts
        found = syntax.Like(value, self.regex(pattern) if isinstance(pattern, Token) else pattern, at=_span(meta))
        return syntax.Not(found, at=_span(meta)) if negated else found

    def matches(self, meta: Meta, parts: list[Any]) -> Node:
        return self.like(meta, [parts[0], None, parts[1]])

    def member(self, meta: Meta, parts: list[Any]) -> Node:
        value, negated, *members = parts
        found = syntax.In(value, tuple(members), at=_span(meta))
        return syntax.Not(found, at=_span(meta)) if negated else found

    def signed(self, meta: Meta, parts: list[Any]) -> Node:
        of: Node = parts[1]
        if parts[0] == "+":
            return of
        if isinstance(of, syntax.Number):
            return syntax.Number(-of.number, at=_span(meta))
        return syntax.Minus(parts[1], at=_span(meta))

    def inside(self, _meta: Meta, parts: list[Any]) -> Node:
        of: Node = parts[0]
        return of

    def call(self, meta: Meta, parts: list[Any]) -> Node:
        name, *arguments = parts
        given: Any = tuple(a for a in arguments if isinstance(a, Node))
        return syntax.Call(str(name).lower(), given, at=_span(meta))

    def text(self, meta: Meta, parts: list[Any]) -> Node:
        return syntax.Text(_ESCAPED.sub(_unescaped, str(parts[0])[1:-1]), at=_span(meta))

    def name(self, meta: Meta, parts: list[Any]) -> Node:
        return syntax.Name(str(parts[0]).strip("`"), at=_span(meta))

    def whole(self, meta: Meta, parts: list[Any]) -> Node:
        return syntax.Number(int(parts[0]), at=_span(meta))

    def decimal(self, meta: Meta, parts: list[Any]) -> Node:
        return syntax.Number(float(parts[0]), at=_span(meta))

    def period(self, meta: Meta, parts: list[Any]) -> Node:
        count, unit = re.fullmatch(r"(\d+)(\D+)", str(parts[0])).groups()  # type: ignore[union-attr] # as the grammar has it
        short = unit.lower()
        return syntax.Period(int(count), _UNIT.get(short) or _UNIT[short.removesuffix("s")], at=_span(meta))

    def regex(self, token: Token) -> syntax.Regex:
        at = Span(token.start_pos or 0, token.end_pos or 0)
        return syntax.Regex(str(token)[1:-1].replace(r"\/", "/"), at=at)


def _unescaped(found: re.Match[str]) -> str:
    return found[1] if found[1] in "\"'\\" else found[0]
