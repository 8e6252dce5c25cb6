r"""Filter patterns of CloudWatch Logs that let through at least what a scope keeps.

Two kinds are written. Where the columns of every record are known, one condition to a column
("space-delimited", in AWS's words)::

    [version, account_id, interface_id, srcaddr = 10.0.2.* || srcaddr = "-", …]

else, or for an address at either side, any of some words (``?"10.0.2.15" ?"NODATA" ?"SKIPDATA"``). Either lets
NODATA and SKIPDATA through as well: ``-`` stands in their columns. Nothing else of the syntax is relied on
("Filter pattern syntax for metric filters, subscription filters, filter log events, and Live Tail").

What is not written as a pattern is left to the scope: IPv6 (an address has several spellings), the direction
(it may have to be derived), and blocks that share no octet.
"""

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, ip_network
from typing import Any, Final

from flowkit.formats import LogFormat
from flowkit.scope import Scope

LONGEST: Final = 1_024
"""Characters that a pattern may have."""
_MOST_PARTS: Final = 16
"""Conditions that one block may become; a wider one covers it beyond."""
_BY_COLUMN: Final = (
    "srcaddr", "dstaddr", "instance_id", "interface_id", "dstport", "srcport", "action", "subnet_id", "vpc_id",
    "protocol",
)  # fmt: skip
"""Keys of a scope that are columns too, those that leave least first."""
_BY_WORD: Final = (
    "address", "srcaddr", "dstaddr", "instance_id", "interface_id", "port", "srcport", "dstport", "subnet_id",
    "vpc_id", "action",
)  # fmt: skip
"""Likewise, with those that match either side; a protocol's number stands in too many places."""
_STATUS: Final = ("NODATA", "SKIPDATA")
_ID: Final = re.compile(r"[A-Za-z0-9-]+")


def of_scope(scope: Scope, log_format: LogFormat | None) -> str:
    """Return a pattern for the records that *scope* keeps, or "" where none would leave much out.

    Parameters
    ----------
    scope
        What is wanted; its window is no part of a pattern.
    log_format
        The columns of every record, where they are certain.

    Examples
    --------
    >>> of_scope(Scope(address="10.0.2.15", action="REJECT"), None)
    '?"10.0.2.15" ?"NODATA" ?"SKIPDATA"'
    >>> of_scope(Scope(dstaddr="10.0.0.0/15", dstport=443), LogFormat(("dstport", "dstaddr", "log_status")))
    '[dstport = "443" || dstport = "-", dstaddr = 10.0.* || dstaddr = 10.1.* || dstaddr = "-", log_status]'
    """
    wanted = list(_restrictions(scope))
    words = _words(wanted)
    if words and any(key == "address" for key, _ in words):
        return words[0][1]
    return (_columns(wanted, log_format) if log_format else "") or (words[0][1] if words else "")


def shown(pattern: str) -> str:
    """Return a pattern as a sentence has room for it: without the columns it does not ask about.

    >>> shown('[version, account_id, srcport = "22" || srcport = "-", dstport]')
    '[…, srcport = "22" || srcport = "-", …]'
    """
    if not pattern.startswith("["):
        return pattern
    parts = [part if "=" in part else "…" for part in pattern[1:-1].split(", ")]
    return "[" + ", ".join(part for n, part in enumerate(parts) if part != "…" or parts[n - 1 : n] != ["…"]) + "]"


def _restrictions(scope: Scope) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield what must hold, in turn, of a scope and of those it is combined with."""
    for key in dict.fromkeys((*_BY_COLUMN, *_BY_WORD)):
        if values := getattr(scope, key):
            yield key, values
    if scope.also:
        yield from _restrictions(scope.also)


def _words(wanted: Iterable[tuple[str, tuple[Any, ...]]]) -> list[tuple[str, str]]:
    """Return the patterns that ask for words, by key, those that leave least first."""
    found = []
    for key, values in wanted:
        if key in _BY_WORD and "ACCEPT" not in values and (words := [_word(key, value) for value in values]):
            pattern = " ".join(f'?"{word}"' for word in (*words, *_STATUS))
            if all(words) and len(pattern) <= LONGEST:
                found.append((key, pattern))
    return sorted(found, key=lambda pair: _BY_WORD.index(pair[0]))


def _word(key: str, value: Any) -> str:  # noqa: ANN401 - of any key
    """Return how a value stands in a record, or "" if that is not certain."""
    if key.endswith("addr") or key == "address":
        network = ip_network(value)
        return str(value) if isinstance(network, IPv4Network) and network.num_addresses == 1 else ""
    return str(value) if _ID.fullmatch(str(value)) else ""


def _columns(wanted: Iterable[tuple[str, tuple[Any, ...]]], log_format: LogFormat) -> str:
    """Return the pattern that asks about columns: as many of them as there is room for."""
    conditions: dict[str, list[str]] = {}
    pattern = ""
    columns = [(key, values) for key, values in wanted if key in log_format.columns and key in _BY_COLUMN]
    for key, values in sorted(columns, key=lambda pair: _BY_COLUMN.index(pair[0])):
        parts = [_parts(key, value) for value in values]
        if key in conditions or not all(parts):
            continue
        longer = {**conditions, key: list(dict.fromkeys(part for some in parts for part in some))}
        if len(written := _written(longer, log_format)) <= LONGEST:
            conditions, pattern = longer, written
    return pattern


def _written(conditions: dict[str, list[str]], log_format: LogFormat) -> str:
    def write(other: list[str]) -> str:
        columns = (
            " || ".join(f"{column} = {part}" for part in (*conditions[column], '"-"'))
            if column in conditions
            else other[place]
            for place, column in enumerate(log_format.columns)
        )
        return f"[{', '.join(columns)}]"

    named = write([re.sub(r"\W", "_", column) for column in log_format.columns])
    return named if len(named) <= LONGEST else write([f"c{place}" for place in range(len(log_format.columns))])


def _parts(key: str, value: Any) -> list[str]:  # noqa: ANN401 - of any key
    """Return the conditions of which one holds where a column has a value; none if that cannot be said."""
    if not key.endswith("addr"):
        return [f'"{word}"'] if (word := _word(key, value)) else []
    network = ip_network(value)
    if not isinstance(network, IPv4Network):
        return []
    whole, bits = divmod(network.prefixlen, 8)
    octets = str(network.network_address).split(".")
    starts = [octets[:whole]]
    if bits and 2 ** (8 - bits) <= _MOST_PARTS:
        low = int(octets[whole])
        starts = [[*octets[:whole], str(octet)] for octet in range(low, low + 2 ** (8 - bits))]
    full = len(octets)
    return [f'"{".".join(start)}"' if len(start) == full else f"{'.'.join(start)}.*" for start in starts if start]
