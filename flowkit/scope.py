"""Which traffic an investigation looks at: the value every question starts from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import reduce
from ipaddress import ip_network
from operator import or_
from typing import Any, Final, Self

import ibis
import ibis.expr.types as ir

from flowkit.cidr import in_block
from flowkit.errors import MissingFieldError, ScopeError
from flowkit.fields import PROTOCOLS

_BOTH_SIDES: Final = {"address": ("srcaddr", "dstaddr"), "port": ("srcport", "dstport")}
_RESOURCES: Final = ("vpc_id", "subnet_id", "interface_id", "instance_id")
_ACTIONS: Final = {"ACCEPT", "REJECT"}
_DIRECTIONS: Final = {"ingress", "egress"}
_PORT_MAX, _PROTOCOL_MAX = 65_535, 255
_PROTOCOL_NAMES: Final = {number: name for name, number in PROTOCOLS.items()}
OWN_ADDRESS: Final = "_own"
"""Column a table may have for logs without flow-direction: the interface's own address."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Flow records whose ``start`` lies in [start, end), narrowed by what is named.

    Each key takes one value or several, of which one must hold; all keys must hold. Windows that
    touch never share a record. Being hashable, a scope can key a cache, title a figure and
    head a report; ``repr`` is the code that makes it, ``str`` its caption.

    Parameters
    ----------
    start, end
        The window, with a time zone: ``datetime`` or ISO 8601 text (``2026-03-10T08:00Z``).
    vpc_id, subnet_id, interface_id, instance_id
        Ids of resources.
    address, srcaddr, dstaddr
        Addresses or CIDR blocks, IPv4 or IPv6; `address` matches either side.
    port, srcport, dstport
        Port numbers; `port` matches either side.
    protocol
        Names (``tcp``) or IANA numbers.
    action
        ``ACCEPT`` or ``REJECT``.
    direction
        ``ingress`` or ``egress``, as seen from the interface. Where a record lacks flow-direction it
        is derived from the interface's own address; a record for which that cannot be told is in neither.

    Raises
    ------
    ScopeError
        If a time has no zone, the window is empty, or a value cannot be one of its key.

    Examples
    --------
    >>> scope = Scope(start="2026-03-10T08:00Z", end="2026-03-10T09:00Z", dstport=5432, protocol="tcp")
    >>> print(scope)
    2026-03-10 08:00Z to 09:00Z, dstport 5432, tcp
    >>> scope & Scope(action="REJECT", address="10.0.2.0/24")
    Scope(start='2026-03-10T08:00:00Z', end='2026-03-10T09:00:00Z', address='10.0.2.0/24', dstport=5432, protocol='tcp', action='REJECT')
    """  # noqa: E501 - a line of output

    start: datetime | None = None
    end: datetime | None = None
    vpc_id: tuple[str, ...] = ()
    subnet_id: tuple[str, ...] = ()
    interface_id: tuple[str, ...] = ()
    instance_id: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    srcaddr: tuple[str, ...] = ()
    dstaddr: tuple[str, ...] = ()
    port: tuple[int, ...] = ()
    srcport: tuple[int, ...] = ()
    dstport: tuple[int, ...] = ()
    protocol: tuple[int, ...] = ()
    action: tuple[str, ...] = ()
    direction: tuple[str, ...] = ()
    also: "Scope | None" = None

    def __post_init__(self) -> None:
        """Bring every value to its one form, or refuse it."""
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name != "also":
                object.__setattr__(self, item.name, _normal(item.name, value))
        if self.start and self.end and self.start >= self.end:
            raise ScopeError(f"the window is empty: {_iso(self.start)} is not before {_iso(self.end)}.")

    @classmethod
    def of(cls, **keys: Any) -> Self:  # noqa: ANN401 - refused by name and by value below
        """Make a scope from keywords, naming the nearest key to a misspelt one."""
        for key in keys:
            if key not in KEYS:
                raise ScopeError.unknown_key(key, KEYS)
        return cls(**keys)

    def __and__(self, other: "Scope") -> "Scope":
        """Return what lies in both scopes; the same key named twice must hold twice."""
        start = max(filter(None, (self.start, other.start)), default=None)
        end = min(filter(None, (self.end, other.end)), default=None)
        twice = {key: getattr(other, key) for key in _LISTS if getattr(self, key) and getattr(other, key)}
        clash = {key: value for key, value in twice.items() if value != getattr(self, key)}
        once = {key: getattr(self, key) or getattr(other, key) for key in _LISTS}
        also = _both(self.also, other.also)
        return replace(self, **once, start=start, end=end, also=_both(also, Scope(**clash) if clash else None))

    def filters(self, records: ir.Table) -> list[ir.BooleanValue]:
        """Return one predicate per restriction; values travel as literals, never as SQL text.

        Raises
        ------
        MissingFieldError
            If the log lacks a field that the scope restricts.
        """
        terms: list[ir.BooleanValue] = []
        if self.start or self.end:
            _require(records, "start", "a time window")
        if self.start:
            terms.append(records.start >= ibis.literal(self.start))
        if self.end:
            terms.append(records.start < ibis.literal(self.end))
        chosen = {key: values for key in _LISTS if (values := getattr(self, key))}
        terms += [_predicate(records, key, values) for key, values in chosen.items()]
        return terms + (self.also.filters(records) if self.also else [])

    def status_filters(self, status: ir.Table) -> list[ir.BooleanValue]:
        """Return the predicates that a NODATA or SKIPDATA record can answer: resources, and an overlapping window."""
        terms: list[ir.BooleanValue] = []
        if self.end and "start" in status.columns:
            terms.append(status.start < ibis.literal(self.end))
        if self.start and "end" in status.columns:
            terms.append(status.end >= ibis.literal(self.start))
        chosen = {key: values for key in _RESOURCES if (values := getattr(self, key)) and key in status.columns}
        terms += [status[key].isin(values) for key, values in chosen.items()]
        return terms + (self.also.status_filters(status) if self.also else [])

    @property
    def needs_direction(self) -> bool:
        """Whether the scope restricts direction."""
        return bool(self.direction) or bool(self.also and self.also.needs_direction)

    @property
    def surroundings(self) -> "Scope":
        """The same window and resources, without any other restriction."""
        also = self.also.surroundings if self.also else None
        return replace(
            Scope(),
            start=self.start,
            end=self.end,
            also=also,
            **{key: getattr(self, key) for key in _RESOURCES},
        )

    def arguments(self) -> list[str]:
        """Return the restrictions as ``key=value`` in Python, `also` left out."""
        times = [f"{key}={_iso(t)!r}" for key in ("start", "end") if (t := getattr(self, key))]
        return times + [f"{key}={_code(key, chosen)}" for key in _LISTS if (chosen := getattr(self, key))]

    def __repr__(self) -> str:
        """Return the code that makes the scope."""
        own = f"Scope({', '.join(self.arguments())})"
        return f"{own} & {self.also!r}" if self.also else own

    def __str__(self) -> str:
        """Return the scope as a caption."""
        parts = [_window(self.start, self.end), *(_words(key, getattr(self, key)) for key in _LISTS)]
        text = ", ".join(filter(None, parts))
        if self.also:
            text = f"{text} and {self.also}"
        return text or "all records"


KEYS: Final = tuple(f.name for f in fields(Scope) if f.name != "also")
_LISTS: Final = KEYS[2:]


def _both(one: Scope | None, other: Scope | None) -> Scope | None:
    return one & other if one and other else one or other


def _normal(key: str, value: Any) -> Any:  # noqa: ANN401 - whatever the user gave
    if key in ("start", "end"):
        return None if value is None else _time(key, value)
    if value is None:
        return ()
    several = isinstance(value, Iterable) and not isinstance(value, str)
    chosen = list(value) if several else [value]
    if several and not chosen and not isinstance(value, tuple):
        raise ScopeError(f"{key} is empty: nothing would be left. Leave it out to take every {key}.")
    return tuple(dict.fromkeys(_one(key, item) for item in chosen))


def _time(key: str, value: Any) -> datetime:  # noqa: ANN401 - whatever the user gave
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ScopeError(f"{key} is no time: {value!r}. Write it like 2026-03-10T08:00Z.") from None
    if not isinstance(time, datetime):
        raise ScopeError(f"{key} is no time: {value!r}. Give a datetime, or text like 2026-03-10T08:00Z.")
    if time.tzinfo is None or time.utcoffset() is None:
        raise ScopeError(f"{key} has no time zone: {value!r}. Write 2026-03-10T08:00Z, or datetime(..., tzinfo=UTC).")
    return datetime.fromtimestamp(time.timestamp(), UTC)


def _one(key: str, value: Any) -> str | int:  # noqa: ANN401 - whatever the user gave
    if key in ("address", "srcaddr", "dstaddr"):
        return _network(key, value)
    if key in ("port", "srcport", "dstport"):
        return _number(key, value, _PORT_MAX)
    if key == "protocol":
        return _protocol(value)
    if key in ("action", "direction"):
        allowed = _ACTIONS if key == "action" else _DIRECTIONS
        found = next((a for a in allowed if a.lower() == str(value).lower()), None)
        if found is None:
            raise ScopeError(f"{key} is one of {' and '.join(sorted(allowed))}, not {value!r}.")
        return found
    if not isinstance(value, str) or not value:
        raise ScopeError(f"{key} is an id such as {key.split('_', maxsplit=1)[0]}-0123456789abcdef0, not {value!r}.")
    return value


def _network(key: str, value: Any) -> str:  # noqa: ANN401 - whatever the user gave
    try:
        if "%" in str(value):
            raise ValueError("a zone")  # noqa: TRY301 - logs have none, and no comparison would find it
        network = ip_network(str(value).strip())
    except ValueError as error:
        hint = str(error)
        if "host bits" in hint:
            wider = ip_network(str(value).strip(), strict=False)
            raise ScopeError(f"{key} {value} names a host and a block at once. Did you mean {wider}?") from None
        raise ScopeError(f"{key} is an address or a CIDR block such as 10.0.1.0/24, not {value!r}.") from None
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def _number(key: str, value: Any, most: int) -> int:  # noqa: ANN401 - whatever the user gave
    try:
        number = int(str(value))
    except ValueError:
        raise ScopeError(f"{key} is a number from 0 to {most}, not {value!r}.") from None
    if not 0 <= number <= most:
        raise ScopeError(f"{key} is a number from 0 to {most}, not {number}.")
    return number


def _protocol(value: Any) -> int:  # noqa: ANN401 - whatever the user gave
    name = str(value).lower()
    if name in PROTOCOLS:
        return PROTOCOLS[name]
    if not name.isdigit():
        raise ScopeError(f"no protocol is called {value!r}. Give its IANA number, or one of {', '.join(PROTOCOLS)}.")
    return _number("protocol", value, _PROTOCOL_MAX)


def _require(records: ir.Table, column: str, purpose: str) -> None:
    if column not in records.columns:
        present = [c for c in records.columns if not c.startswith("_")]
        raise MissingFieldError.absent(column.replace("_", "-"), f"narrowing by {purpose}", present)


def _predicate(records: ir.Table, key: str, chosen: Sequence[Any]) -> ir.BooleanValue:
    if key == "direction":
        return _direction(records, chosen)
    sides = _BOTH_SIDES.get(key, (key,))
    for side in sides:
        _require(records, side, key)
    if "addr" in key:
        return reduce(or_, (in_block(records[side], network) for side in sides for network in chosen))
    return reduce(or_, (records[side].isin(chosen) for side in sides))


def _direction(records: ir.Table, chosen: Sequence[str]) -> ir.BooleanValue:
    if OWN_ADDRESS not in records.columns:
        _require(records, "flow_direction", "direction")
        return records.flow_direction.isin(chosen)
    own = {"egress": records.srcaddr, "ingress": records.dstaddr}
    derived = reduce(or_, (records[OWN_ADDRESS] == own[side] for side in chosen))
    if "flow_direction" not in records.columns:
        return derived
    return ibis.ifelse(records.flow_direction.notnull(), records.flow_direction.isin(chosen), derived)


def _iso(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def _code(key: str, chosen: Sequence[Any]) -> str:
    named = [_PROTOCOL_NAMES.get(value, value) for value in chosen] if key == "protocol" else list(chosen)
    return repr(named[0]) if len(named) == 1 else repr(named)


def _window(start: datetime | None, end: datetime | None) -> str:
    if start and end:
        same_day = start.date() == end.date()
        return (
            f"{_clock(start)} to {end:%H:%MZ}"
            if same_day and not (start.second or end.second)
            else f"{_clock(start)} to {_clock(end)}"
        )
    return f"from {_clock(start)}" if start else f"before {_clock(end)}" if end else ""


def _clock(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%SZ}" if time.second or time.microsecond else f"{time:%Y-%m-%d %H:%MZ}"


def _words(key: str, chosen: Sequence[Any]) -> str:
    if not chosen:
        return ""
    named = " or ".join(str(_PROTOCOL_NAMES.get(v, v)) if key == "protocol" else str(v) for v in chosen)
    return named if key in ("protocol", "action", "direction", *_RESOURCES) else f"{key} {named}"
