"""A scope as the conditions of an Insights query, by the names that a log's own format gives its fields."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, ip_network
from itertools import pairwise
from math import ceil
from typing import Any, Final

from flowkit import fields
from flowkit.errors import MissingFieldError, ScopeError
from flowkit.formats import DEFAULT, LogFormat
from flowkit.inventory.text import brief
from flowkit.scope import Scope
from flowkit.scope_code import parts

_ADDRESSES: Final = ("srcaddr", "dstaddr", "pkt_srcaddr", "pkt_dstaddr")
_RESOURCES: Final = ("vpc_id", "subnet_id", "interface_id", "instance_id")
_SIDES: Final = {"address": ("srcaddr", "dstaddr"), "port": ("srcport", "dstport")}
_KEYS: Final = (
    *_RESOURCES, "address", "srcaddr", "dstaddr", "port", "srcport", "dstport", "protocol", "action", "direction",
)  # fmt: skip
_RUN: Final = 3
"""Numbers in a row from which on a range is shorter than naming each."""


@dataclass(frozen=True, slots=True)
class Names:
    """What a query calls the fields of a log: in AWS's default format as Insights discovers them, else as parsed."""

    log_format: LogFormat

    @property
    def columns(self) -> tuple[str, ...]:
        """The fields the log has, by their Parquet names."""
        return self.log_format.columns

    @property
    def discovered(self) -> bool:
        """Whether Insights knows the fields by itself."""
        return self.columns == DEFAULT.columns

    def of(self, column: str, purpose: str) -> str:
        """Return what a field is called.

        Raises
        ------
        MissingFieldError
            If the log does not have it.
        """
        if column not in self.columns:
            raise MissingFieldError.absent(fields.of_column(column).name, purpose, self.columns)
        return fields.of_column(column).insights

    def present(self, columns: Iterable[str]) -> list[str]:
        """Return what those of the fields that the log has are called."""
        return [fields.of_column(column).insights for column in columns if column in self.columns]

    def parse(self) -> list[str]:
        """Return the command that names the fields, none where Insights discovers them."""
        if self.discovered:
            return []
        stars = " ".join("*" for _ in self.columns)
        return [f'parse @message "{stars}" as {", ".join(self.present(self.columns))}']


def conditions(scope: Scope, names: Names) -> list[str]:
    """Return a condition for each restriction of *scope*; all must hold.

    Raises
    ------
    MissingFieldError
        If the log lacks a field that the scope restricts.
    ScopeError
        If an id holds a character that no string of a query can be trusted with.
    """
    found = []
    for part in parts(scope):
        found += _window(part, names)
        found += [_condition(key, values, names) for key in _KEYS if (values := getattr(part, key))]
    return found


def status_conditions(scope: Scope, names: Names) -> list[str]:
    """Return what of *scope* a NODATA or SKIPDATA record can answer: resources, and an overlapping window."""
    found = []
    for part in parts(scope):
        for time, column, sign in ((part.end, "start", "<"), (part.start, "end", ">=")):
            if time and column in names.columns:
                found.append(f"{names.of(column, 'a window')} {sign} {_seconds(time)}")
        chosen = [(key, getattr(part, key)) for key in _RESOURCES if key in names.columns]
        found += [_condition(key, values, names) for key, values in chosen if values]
    return found


def is_record(names: Names) -> str | None:
    """Return the condition that tells records from NODATA and SKIPDATA, or None where nothing does."""
    if "log_status" in names.columns:
        return f'{names.of("log_status", "telling records")} = "OK"'
    addresses = names.present(_ADDRESSES)
    return _any([f'{name} != "-"' for name in addresses]) if addresses else None


def quoted(value: str) -> str:
    """Return text as a string of the query language.

    How a quotation mark is escaped in it AWS does not document, so what would need that is refused.

    >>> quoted("eni-0123456789abcdef0")
    '"eni-0123456789abcdef0"'

    Raises
    ------
    ScopeError
        If it holds a quotation mark, a backslash or a character that does not print.
    """
    if not value.isprintable() or {'"', "\\"} & set(value):
        raise ScopeError(
            f"{brief(value)!r} holds a quotation mark, a backslash or a control character, with which an Insights "
            "query cannot be trusted. No id of AWS has one: leave it out, or narrow by something else."
        )
    return f'"{value}"'


def _window(part: Scope, names: Names) -> list[str]:
    """Restrict ``start``, exactly; a log without it has only the query's time range, which is as exact there."""
    if "start" not in names.columns:
        return []
    start = names.of("start", "a time window")
    terms = [(part.start, ">="), (part.end, "<")]
    both = [f"{start} {sign} {_seconds(time)}" for time, sign in terms if time]
    return [" and ".join(both)] if both else []


def _seconds(time: datetime) -> int:
    """Return epoch seconds: records have whole ones, so that rounding up moves none across the edge."""
    return ceil(time.timestamp())


def _condition(key: str, values: Sequence[Any], names: Names) -> str:
    columns = ("flow_direction",) if key == "direction" else _SIDES.get(key, (key,))
    sides = [names.of(column, f"narrowing by {key}") for column in columns]
    return _any([term for side in sides for term in _one_of(side, key, values)])


def _one_of(name: str, key: str, values: Sequence[Any]) -> list[str]:
    """Return terms of which one must hold."""
    if "addr" in key:
        return _addresses(name, values)
    return _numbers(name, values) if isinstance(values[0], int) else _texts(name, values)


def _addresses(name: str, values: Sequence[str]) -> list[str]:
    """Compare IPv4 addresses as text; blocks and IPv6, which has several spellings, by Insights' own functions."""
    networks = [ip_network(value) for value in values]
    single = [str(n.network_address) for n in networks if isinstance(n, IPv4Network) and n.num_addresses == 1]
    blocks = [n for n in networks if not isinstance(n, IPv4Network) or n.num_addresses > 1]
    return _texts(name, single) + [f'isIpv{n.version}InSubnet({name}, "{n}")' for n in blocks]


def _texts(name: str, values: Sequence[str]) -> list[str]:
    if len(values) < 2:  # noqa: PLR2004 - one needs no list
        return [f"{name} = {quoted(value)}" for value in values]
    return [f"{name} in [{', '.join(map(quoted, values))}]"]


def _numbers(name: str, values: Sequence[int]) -> list[str]:
    """Compare one by one, and runs as ranges: AWS documents ``in`` for strings."""
    ordered = sorted(values)
    ends = [0, *(n for n, (a, b) in enumerate(pairwise(ordered), 1) if b != a + 1), len(ordered)]
    runs = [ordered[first:last] for first, last in pairwise(ends)]
    ranges = [f"({name} >= {run[0]} and {name} <= {run[-1]})" for run in runs if len(run) >= _RUN]
    return [f"{name} = {value}" for run in runs if len(run) < _RUN for value in run] + ranges


def _any(terms: Sequence[str]) -> str:
    return terms[0] if len(terms) == 1 else f"({' or '.join(terms)})"
