"""What an expression of a query stands for: text that may be a number, a number, a time, or a truth.

Logs Insights has no types: text that looks like a number compares and adds as one, and what is missing is null.
Here a value knows both of its readings, so that a column of integers is never turned into text to add it up.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any, Final, Literal

import ibis
import ibis.expr.types as ir

NUMBER: Final = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
"""Text that is a number."""
ARITHMETIC: Final = ("+", "-", "*", "/", "%", "^")
_DIGITS: Final = 20
_OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


@dataclass(frozen=True)
class Value:
    """A value of each row.

    Attributes
    ----------
    kind
        How it is shown: a time is milliseconds since 1970-01-01 UTC, a truth 1 or 0.
    column
        Its expression: a string, a number, an integer or a boolean.
    spelt
        The text of a number where that is more than its digits: ``-`` in a record.
    counted
        The number of a text where that is at hand.
    whole
        Whether whole numbers went in and only what keeps them whole was done.
    literal
        What stands in the query itself, else None.
    """

    kind: Literal["text", "number", "time", "truth"]
    column: ir.Value
    spelt: ir.StringValue | None = None
    counted: ir.NumericValue | None = None
    whole: bool = False
    literal: str | float | None = None

    @property
    def text(self) -> ir.StringValue:
        """The value as text."""
        if self.kind == "text":
            return self.column
        if self.spelt is not None:
            return self.spelt
        if self.kind == "time":
            return written(self.column)
        if self.kind == "truth" or self.column.type().is_integer():
            return self.column.cast("int64").cast("string")
        return self.column.cast("string").re_replace(r"\.0$", "")

    @property
    def number(self) -> ir.NumericValue:
        """The value as a number, null where it is none."""
        if self.kind == "text":
            if self.counted is not None:
                return self.counted
            return self.column.re_extract(NUMBER, 0).try_cast("float64")  # where there is none, of ""
        return self.column.cast("int64") if self.kind == "truth" else self.column

    @property
    def truth(self) -> ir.BooleanValue:
        """Whether it holds; a number does unless it is 0."""
        return self.column if self.kind == "truth" else self.number != 0

    @property
    def shown(self) -> ir.Value:
        """The value as a column of the answer; a time still in milliseconds."""
        return self.column.cast("int64") if self.kind == "truth" else self.column

    @property
    def whole_or_read(self) -> bool:
        """Whether it is whole, or text of the log, which may be."""
        return self.whole or self.kind != "number"

    @property
    def keys(self) -> tuple[ir.Value, ...]:
        """What it sorts by: text before numbers, and digits in a text by their number ("sort", AWS)."""
        if self.kind != "text":
            return (self.shown,)
        number = self.number
        return number.notnull(), number, natural(self.column), self.column


def natural(text: ir.StringValue) -> ir.StringValue:
    """Return text that sorts by the numbers in it: each run of digits is filled up to 20."""
    filled = text.re_replace("([0-9]+)", "0" * _DIGITS + r"\1")
    return filled.re_replace(f"[0-9]*([0-9]{{{_DIGITS}}})", r"\1")


def written(milliseconds: ir.IntegerValue) -> ir.StringValue:
    """Return a time as CloudWatch writes it: ``2026-03-10 08:00:00.000``, UTC."""
    seconds = (milliseconds // 1000).cast("int64").as_timestamp("s").strftime("%Y-%m-%d %H:%M:%S")
    rest = (milliseconds % 1000).cast("int64").cast("string").lpad(3, "0")
    return seconds.concat(".", rest)


def text(column: ir.Value) -> Value:
    """Return text that the query makes."""
    return Value("text", column)


def number(column: ir.Value, *, whole: bool = False) -> Value:
    """Return a number that the query makes."""
    return Value("number", column, whole=whole)


def truth(column: ir.Value) -> Value:
    """Return a condition."""
    return Value("truth", column)


def literal(value: str | float) -> Value:
    """Return what stands in the query itself."""
    if isinstance(value, str):
        return Value("text", ibis.literal(value, "string"), literal=value)
    held = value if isinstance(value, int) and abs(value) < 2**63 else float(value)
    return Value("number", ibis.literal(held), whole=isinstance(value, int), literal=value)


def missing() -> Value:
    """Return what no event has."""
    return Value("text", ibis.literal("").nullif(""))  # Ibis reads a comparison with a literal null as IS NULL


def compare(operator: str, left: Value, right: Value) -> ir.BooleanValue:
    """Compare as numbers where both are, else as text; null where one is missing."""
    if operator == "!=":
        return ~compare("=", left, right)
    if left.literal is not None and right.literal is None:
        turned = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
        return compare(turned.get(operator, operator), right, left)
    hold = _OPERATORS[operator]
    if right.literal is not None:
        return _against(hold, operator, left, right)
    if left.kind != "text" and right.kind != "text" and left.spelt is None and right.spelt is None:
        return hold(left.number, right.number)
    both = left.number.notnull() & right.number.notnull()
    return ibis.ifelse(both, hold(left.number, right.number), hold(left.text, right.text))


def is_one_of(value: Value, members: Sequence[Value]) -> ir.BooleanValue:
    """Tell whether a value equals one of others."""
    known = [member.literal for member in members if member.literal is not None]
    texts = [str(literal) for literal in known if not _is_number(literal)]
    numbers = [_number(literal) for literal in known if _is_number(literal)]
    terms = [compare("=", value, member) for member in members if member.literal is None]
    if texts:
        terms.append(value.text.isin(texts))
    if numbers:
        terms.append(ibis.cases((value.text.notnull(), value.number.isin(numbers).fill_null(False))))
    return joined("or", terms)


def _against(hold: Callable[[Any, Any], Any], operator: str, left: Value, right: Value) -> ir.BooleanValue:
    """Compare with what stands in the query."""
    if left.kind == "time" and isinstance(right.literal, str) and not _is_number(right.literal):
        return hold(left.text, right.text)
    if not _is_number(right.literal):
        return hold(left.text, right.text)
    held = ibis.literal(_number(right.literal))
    if operator == "=":  # what is there and no number is not equal: that is known, not missing
        known = hold(left.number, held).fill_null(False)
        return (
            ibis.cases((left.text.notnull(), known))
            if left.kind == "text" or left.spelt is not None
            else hold(left.number, held)
        )
    if isinstance(right.literal, str) and left.kind == "text":
        return ibis.ifelse(left.number.notnull(), hold(left.number, held), hold(left.text, right.text))
    return hold(left.number, held)


def _is_number(literal: str | float | None) -> bool:
    return not isinstance(literal, str) or re.fullmatch(NUMBER, literal) is not None


def _number(literal: str | float | None) -> int | float:
    value = float(literal or 0)
    return int(literal or 0) if re.fullmatch(r"[+-]?\d{1,18}", str(literal)) else value


def arithmetic(operator: str, left: Value, right: Value) -> Value:
    """Return the result of arithmetic in double precision, null where it has none."""
    a, b = left.number.cast("float64"), right.number.cast("float64")
    whole = left.whole and right.whole and operator in "+-*%"
    if operator in "/%":
        b = b.nullif(0.0)
    results: dict[str, Callable[[], ir.Value]] = {
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "/": lambda: a / b,
        "%": lambda: a % b,
        "^": lambda: ibis.cases(((a >= 0) | (b == b.floor()), a**b)),
    }
    return number(results[operator](), whole=whole)


def joined(operator: Literal["and", "or"], terms: Sequence[ir.BooleanValue]) -> ir.BooleanValue:
    """Join conditions pairwise, so that a thousand of them are nested ten deep."""
    join = and_ if operator == "and" else or_
    rows = list(terms)
    while len(rows) > 1:
        rows = [reduce(join, rows[n : n + 2]) for n in range(0, len(rows), 2)]
    return rows[0]
