"""What a query says, as a tree: commands, and the expressions in them."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Span:
    """Where something stands in the text of a query: from its first character to the one after its last."""

    start: int
    end: int


NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything that stands in a query; where it stands does not make two of them differ."""

    at: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A field, discovered or made by the query; ``@timestamp``, ``srcAddr``, ```a field```."""

    name: str


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A string in quotes."""

    text: str


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number; whole ones are integers."""

    number: int | float


@dataclass(frozen=True, slots=True)
class Regex(Node):
    """A regular expression between slashes, as written there."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Period(Node):
    """A length of time such as ``5m``: a count of a unit, by its full name."""

    count: int
    unit: str


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function, by its name in lower case; ``count(*)`` has no arguments."""

    function: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Arithmetic or a comparison of two."""

    operator: Literal["+", "-", "*", "/", "%", "^", "=", "!=", "<", "<=", ">", ">="]
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Minus(Node):
    """A number with its sign turned."""

    of: "Expression"


@dataclass(frozen=True, slots=True)
class Not(Node):
    """What holds where the other does not."""

    of: "Expression"


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """Several conditions of which all must hold, or any."""

    operator: Literal["and", "or"]
    terms: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Like(Node):
    """Text that contains a string, or in which a regular expression is found."""

    value: "Expression"
    pattern: Text | Regex


@dataclass(frozen=True, slots=True)
class In(Node):
    """A value that is one of a list."""

    value: "Expression"
    members: tuple["Expression", ...]


Expression: TypeAlias = Name | Text | Number | Period | Call | Binary | Minus | Not | Logic | Like | In


@dataclass(frozen=True, slots=True)
class Item(Node):
    """An expression and the column it becomes: its alias, or its own text."""

    expression: Expression
    column: str


@dataclass(frozen=True, slots=True)
class Fields(Node):
    """``fields``: columns to show and to use."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Display(Node):
    """``display``: the only columns to show."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """``filter``: the events to keep."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class Parse(Node):
    """``parse``: new fields out of an old one; the names of a regular expression stand in it."""

    source: Name
    pattern: Text | Regex
    names: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Stats(Node):
    """``stats``: a row per group."""

    measures: tuple[Item, ...]
    by: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Key(Node):
    """What to sort by, and which way."""

    expression: Expression
    descending: bool


@dataclass(frozen=True, slots=True)
class Sort(Node):
    """``sort``: the order of the rows."""

    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Limit(Node):
    """``limit``: how many rows; *any* of them where the order does not matter."""

    count: int
    any: bool = False


@dataclass(frozen=True, slots=True)
class Dedup(Node):
    """``dedup``: the first row of each combination of values."""

    names: tuple[Name, ...]


Command: TypeAlias = Fields | Display | Filter | Parse | Stats | Sort | Limit | Dedup


@dataclass(frozen=True, slots=True)
class Query:
    """A query: its text and its commands in order."""

    text: str
    commands: tuple[Command, ...]
