"""From an expression of a query to a value of each row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

import ibis.expr.types as ir

from flowkit.errors import InsightsError, QueryError
from flowkit.insights import syntax, values
from flowkit.insights.aggregates import AGGREGATES
from flowkit.insights.events import Field
from flowkit.insights.functions import FUNCTIONS, NOT_HERE, Argument, ArgumentError, Function, arguments_of
from flowkit.insights.patterns import groups, refusal
from flowkit.insights.syntax import Expression, Node, Span
from flowkit.insights.values import Value
from flowkit.inventory.text import shown


@dataclass
class Asked:
    """The text of a query, and the names in it: asked for before it made them, known to no event, made by it.

    *matches* asks the engine whether it takes a regular expression, and raises `QueryError` if not.
    """

    text: str
    matches: Callable[[str], object]
    names: dict[str, None] = field(default_factory=dict)
    unknown: dict[str, None] = field(default_factory=dict)
    made: dict[str, None] = field(default_factory=dict)

    def refuse(self, node: Node, problem: str, step: str) -> NoReturn:
        """Say what is wrong where."""
        raise InsightsError.at(self.text, node.at.start, node.at.end, problem, step)

    def own_text(self, node: Node) -> str:
        """Return an expression as it was written, which is the name of its column."""
        return " ".join(self.text[node.at.start : node.at.end].split())


@dataclass(frozen=True)
class Translator:
    """Translates expressions over a table in which the names of *named* can be read.

    Attributes
    ----------
    closed
        Whether no other name can be meant: beside aggregates, where a field has no one value.
    aggregates
        The aggregates that are columns by now, by where they stand.
    """

    asked: Asked
    table: ir.Table
    named: Mapping[str, Field]
    closed: bool = False
    aggregates: Mapping[Span, Field] = field(default_factory=dict)

    def truth(self, node: Expression) -> ir.BooleanValue:
        """Return whether a condition holds."""
        return self.value(node).truth

    def value(self, node: Expression) -> Value:
        """Return what an expression stands for."""
        match node:
            case syntax.Name():
                return self._name(node)
            case syntax.Text(held) | syntax.Number(held):
                return values.literal(held)
            case syntax.Minus(of):
                return values.arithmetic("-", values.literal(0), self.value(of))
            case syntax.Binary(operator, left, right) if operator in values.ARITHMETIC:
                return values.arithmetic(operator, self.value(left), self.value(right))
            case syntax.Call():
                return self._call(node)
        return values.truth(self._condition(node))

    def _condition(self, node: Expression) -> ir.BooleanValue:
        match node:
            case syntax.Not(of):
                return ~self.truth(of)
            case syntax.Logic(operator, terms):
                return values.joined(operator, [self.truth(term) for term in terms])
            case syntax.Binary(operator, left, right):
                return values.compare(operator, self.value(left), self.value(right))
            case syntax.Like():
                return self._like(node)
            case syntax.In(tested, members):
                return values.is_one_of(self.value(tested), [self.value(member) for member in members])
        step = "Write it in bin(5m) or datefloor(@timestamp, 5m)."
        return self.asked.refuse(node, "a period stands for no value here.", step)

    def _name(self, node: syntax.Name) -> Value:
        if found := self.named.get(node.name):
            if node.name not in self.asked.made:
                self.asked.names[node.name] = None
            return found(self.table)
        if self.closed:
            step = f"Write {node.name} behind by, or ask for one of its values, as in latest({node.name})."
            self.asked.refuse(node, f"{node.name} has many values in a group.", step)
        self.asked.unknown[node.name] = None
        return values.missing()

    def _like(self, node: syntax.Like) -> ir.BooleanValue:
        text = self.value(node.value).text
        if isinstance(node.pattern, syntax.Text):
            return text.contains(node.pattern.text)
        return text.re_search(self.regex(node.pattern)[0])

    def regex(self, node: syntax.Regex) -> tuple[str, dict[str, str]]:
        """Return a regular expression as the engine takes it, and one for each named group."""
        if why := refusal(node.pattern):
            step = "Write it without; several filters or parses, one after the other, often do the same."
            self.asked.refuse(node, f"this regular expression {why}, which cannot be run here.", step)
        plain, parts = groups(node.pattern)
        try:
            self.asked.matches(plain)
        except QueryError as error:
            why = shown(str(error).rpartition("Error: ")[2])
            self.asked.refuse(node, f"this regular expression is not one: {why}.", "Mend it; its syntax is RE2's.")
        return plain, parts

    def _call(self, node: syntax.Call) -> Value:
        if aggregate := self.aggregates.get(node.at):
            return aggregate(self.table)
        if found := self.named.get(self.asked.own_text(node)):  # a column of an earlier command, by its text
            return found(self.table)
        function = FUNCTIONS.get(node.function)
        if function is None:
            return self._no_function(node)
        given = self.arguments(node, function)
        if function.name == "bin":
            given = [self._timestamp(node), *given]
        try:
            return function.give(*given)
        except ArgumentError as error:
            return self.asked.refuse(node, error.problem, error.step)

    def _timestamp(self, node: Node) -> Value:
        if found := self.named.get("@timestamp"):
            return found(self.table)
        step = "Give the first stats the bin and an alias, as in by bin(5m) as t, and use t here."
        return self.asked.refuse(node, "@timestamp is gone after stats.", step)

    def arguments(self, node: syntax.Call, function: Function) -> list[Argument]:
        """Return the arguments of a function, if it takes as many."""
        try:
            given = [a if isinstance(a, syntax.Period) else self.value(a) for a in node.arguments]
            return list(arguments_of(function, given))
        except ArgumentError as error:
            return self.asked.refuse(node, error.problem, error.step)

    def _no_function(self, node: syntax.Call) -> Value:
        written = self.asked.text[node.at.start : node.at.end].partition("(")[0].strip()
        if node.function in AGGREGATES:
            problem = f"{written} works on many events."
            return self.asked.refuse(node, problem, "Write it in stats, and not inside another function of stats.")
        if instead := NOT_HERE.get(node.function):
            return self.asked.refuse(node, f"there is no function {written} here.", f"Instead: {instead}.")
        names = [function.name for function in (*FUNCTIONS.values(), *AGGREGATES.values())]
        raise InsightsError.unknown(self.asked.text, node.at.start, written, "function", names)
