"""Ranges of addresses and what holds in each: the one structure behind every fact.

Ranges may nest and overlap. They are cut once into pieces that do not, so that a lookup is a
binary search: the longest prefix, for any number of addresses at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np
import pyarrow as pa

from flowkit.addresses.parsed import IPV6_BYTES, Numbers, Parsed

_NONE: Final = -1


class _Pieces(NamedTuple):
    """Ranges of one family, cut: from `bounds[n]` to the next bound, row `rows[n]` holds."""

    bounds: Numbers
    rows: Numbers

    def find(self, keys: Numbers) -> Numbers:
        """Return the row of each key, -1 where none holds."""
        if not len(self.bounds):
            return np.full(len(keys), _NONE)
        at = np.searchsorted(self.bounds, keys, side="right") - 1
        found: Numbers = np.where(at < 0, _NONE, self.rows[at])
        return found


class _Cuts(NamedTuple):
    """Where ranges begin and end: range n covers the pieces from `start[n]` up to `stop[n]`."""

    bounds: Numbers
    start: Numbers
    stop: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class RangeTable:
    """Facts by address range, IPv4 and IPv6.

    Attributes
    ----------
    values
        The facts: a row per range (`of`), or per combination of ranges (`joining`).
    ipv4, ipv6
        The pieces, each with its row in `values`.
    """

    values: pa.Table
    ipv4: _Pieces
    ipv6: _Pieces

    @classmethod
    def of(cls, first: Sequence[bytes], last: Sequence[bytes], values: pa.Table, *, level: Sequence[int] = ()) -> Self:
        """Make a table in which of several ranges that hold an address the narrowest counts.

        Parameters
        ----------
        first, last
            The ends of each range, both included, as `parsed.packed` gives them.
        values
            The facts of each range.
        level
            If given, a range of a higher level counts before one of a lower, however narrow that is.

        Notes
        -----
        Of ranges that are equal, the one given last counts.
        """
        ranks = np.asarray(level, np.int64) if level else np.zeros(len(first), np.int64)

        def pieces(rows: Numbers, starts: Numbers, stops: Numbers, width: Numbers) -> _Pieces:
            cuts = _cut(starts, stops)
            spans = cuts.stop - cuts.start  # exact where widths, as floats, are not
            painted = np.full(len(cuts.bounds), _NONE, np.int32)
            order = np.lexsort((-spans, -width, ranks[rows]))
            if spans.max(initial=1) == 1:  # nothing nests; of equal ranges the last is written last
                painted[cuts.start[order]] = rows[order]
                return _Pieces(cuts.bounds, painted)
            for row, start, stop in zip(*(each[order].tolist() for each in (rows, cuts.start, cuts.stop)), strict=True):
                painted[start:stop] = row
            return _Pieces(cuts.bounds, painted)

        families = _families(first, last)
        return cls(values, pieces(*families[0]), pieces(*families[1]))

    @classmethod
    def joining(cls, column: str, first: Sequence[bytes], last: Sequence[bytes], texts: Sequence[str]) -> Self:
        """Make a table that gives the texts of all ranges that hold an address, the narrowest first."""
        rows: dict[tuple[str, ...], int] = {}

        def pieces(given: Numbers, starts: Numbers, stops: Numbers, width: Numbers) -> _Pieces:
            cuts = _cut(starts, stops)
            held: list[tuple[str, ...]] = [()] * len(cuts.bounds)
            order = np.lexsort((given, width))
            columns = (each[order].tolist() for each in (given, cuts.start, cuts.stop))
            for row, start, stop in zip(*columns, strict=True):
                text = texts[row]
                for piece in range(start, stop):
                    if text not in held[piece]:
                        held[piece] += (text,)
            found = [rows.setdefault(several, len(rows)) if several else _NONE for several in held]
            return _Pieces(cuts.bounds, np.array(found, np.int32))

        ipv4, ipv6 = (pieces(*family) for family in _families(first, last))
        return cls(pa.table({column: pa.array([", ".join(several) for several in rows], pa.string())}), ipv4, ipv6)

    def rows(self, addresses: Parsed) -> Numbers:
        """Return the row in `values` of each address, in the order given; -1 where no range holds it."""
        rows = np.full(addresses.count, _NONE, np.int64)
        rows[addresses.ipv4_at] = self.ipv4.find(addresses.ipv4.astype(np.uint64) * 2)
        rows[addresses.ipv6_at] = self.ipv6.find(addresses.ipv6)
        return rows

    def find(self, addresses: Parsed) -> pa.Table:
        """Return the facts of each address, in the order given; null where no range holds it."""
        rows = self.rows(addresses)
        return self.values.take(pa.array(rows, mask=rows < 0))

    def covers(self, addresses: Parsed) -> Numbers:
        """Tell of each address whether a range holds it."""
        covered: Numbers = self.rows(addresses) >= 0
        return covered


def _families(first: Sequence[bytes], last: Sequence[bytes]) -> tuple[tuple[Numbers, ...], tuple[Numbers, ...]]:
    """Return, for IPv4 and IPv6, the rows, the first keys, the keys after the last, and the widths.

    A key stands twice as far as its address (IPv6: a byte of 0 follows), so that the end of a range
    has a place between two addresses, and the last address of all can be in a range.
    """
    is_ipv6 = np.fromiter((len(address) == IPV6_BYTES for address in first), bool, len(first))
    rows4, rows6 = np.flatnonzero(~is_ipv6), np.flatnonzero(is_ipv6)
    some4, some6 = rows4.tolist(), rows6.tolist()
    low, high = (np.frombuffer(b"".join(ends[n] for n in some4), ">u4").astype(np.uint64) for ends in (first, last))
    low6, high6 = (np.frombuffer(b"".join(ends[n] for n in some6), "S16") for ends in (first, last))
    width = high.astype(float) - low
    return (rows4, low * 2, high * 2 + 1, width), (rows6, _bounds(low6, 0), _bounds(high6, 1), _width(low6, high6))


def _bounds(addresses: Numbers, after: int) -> Numbers:
    keys = np.full((len(addresses), IPV6_BYTES + 1), after, np.uint8)
    keys[:, :IPV6_BYTES] = addresses.view(np.uint8).reshape(-1, IPV6_BYTES)
    return keys.reshape(-1).view(f"S{IPV6_BYTES + 1}")


def _width(first: Numbers, last: Numbers) -> Numbers:
    """Return how many addresses lie between, to the precision of a float."""
    low, high = (ends.view(">u8").reshape(-1, 2).astype(np.uint64) for ends in (first, last))
    borrowed = high[:, 1] < low[:, 1]
    upper, lower = high[:, 0] - low[:, 0] - borrowed, high[:, 1] - low[:, 1]
    width: Numbers = upper * 2.0**64 + lower
    return width


def _cut(starts: Numbers, stops: Numbers) -> _Cuts:
    bounds = np.sort(np.concatenate([starts, stops]))  # np.unique takes several times as long
    bounds = bounds[np.append(True, bounds[1:] != bounds[:-1])] if len(bounds) else bounds
    return _Cuts(bounds, np.searchsorted(bounds, starts), np.searchsorted(bounds, stops))
