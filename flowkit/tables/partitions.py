"""The partitions of a table by time, account and region, and which of them can hold a window.

Files are put into folders by the time at which their records *end*, and may come late. A window is therefore looked
for from ten minutes before it to a day after it.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from typing import Final

import ibis
import ibis.expr.types as ir

from flowkit.errors import FormatError, ScopeError
from flowkit.inventory.text import brief

LATE: Final = timedelta(days=1)
"""AWS delivers some ten minutes after the interval, "best effort"; a day bounds what was seen to come late."""
EARLY: Final = timedelta(minutes=10)
"""A record may have ended a minute before it is said to have started, and files are named for five minutes."""
_ROLES: Final = {
    "year": {"year"},
    "month": {"month"},
    "day": {"day", "date", "dt", "eventday", "event_day"},
    "hour": {"hour"},
    "moment": {"datehour"},
    "account": {"aws_account_id", "aws-account-id", "accid", "accountid", "account_id"},
    "region": {"aws_region", "aws-region", "region"},
}
"""Names of partition columns: AWS's own, those of its examples for Athena, Security Lake's."""
_FIELDS_TOO: Final = {"account_id", "accountid", "region"}
"""Names that are fields as well: partitions only where the catalog says so, or the table has the field elsewhere."""
_WRITTEN: Final = {
    "%Y/%m/%d": r"\d{4}/\d\d/\d\d",
    "%Y-%m-%d": r"\d{4}-\d\d-\d\d",
    "%Y%m%d": r"\d{8}",
    "%Y/%m/%d/%H": r"\d{4}/\d\d/\d\d/\d\d",
    "%Y-%m-%d-%H": r"\d{4}-\d\d-\d\d-\d\d",
    "%Y%m%d%H": r"\d{10}",
}
"""How days and hours are written, in the order of time when sorted as text."""
_JAVA: Final = (("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"))
_DIGITS: Final = {"year": 4, "month": 2, "day": 2, "hour": 2}


@dataclass(frozen=True, slots=True)
class Catalog:
    """What the catalog of an engine says of a table.

    Attributes
    ----------
    keys
        The columns that are its partitions; None where it says nothing of them.
    formats
        How their values are written, by column, in the words of Java (``yyyy/MM/dd``).
    estimate
        Returns a sentence that says what a question without a window would scan.
    """

    keys: frozenset[str] | None = None
    formats: Mapping[str, str] = field(default_factory=dict)
    estimate: Callable[[], str] = lambda: "How much it would scan is not known here."


@dataclass(frozen=True, slots=True)
class Partitions:
    """Which columns of a table are its partitions.

    Attributes
    ----------
    columns
        By their roles: ``year``, ``month``, ``day``, ``hour``, ``moment`` (day and hour in one), ``account`` and
        ``region``.
    written
        How a day or a moment is written as text, in the words of ``strftime``.
    besides
        Those of them that are no field of a record.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    written: str = "%Y-%m-%d"
    besides: frozenset[str] = frozenset()

    @property
    def by_time(self) -> bool:
        """Whether a window can leave partitions out."""
        return bool({"year", "day", "moment"} & set(self.columns))

    def of_window(self, table: ir.Table, start: datetime | None, end: datetime | None) -> ir.Table:
        """Return the rows in the partitions that can hold records which start in [start, end).

        Without an end, up to a day from now; without a start, from the beginning.
        """
        if not self.by_time or not (start or end):
            return table
        first = (start - EARLY).astimezone(UTC) if start else None
        last = (end or datetime.now(UTC)).astimezone(UTC) + LATE
        return table.filter(*self._terms(table, first, last))

    def of_places(self, table: ir.Table, accounts: Collection[str], regions: Collection[str]) -> ir.Table:
        """Return the rows in the partitions of these accounts and regions; all, if none is named.

        Raises
        ------
        ScopeError
            If the table is not partitioned by what is named.
        """
        for role, values in (("account", accounts), ("region", regions)):
            if values and role not in self.columns:
                raise ScopeError(
                    f"{role}= chooses among partitions, and the table has none by {role}. Leave it out, and narrow "
                    'what is asked: flows.narrow(vpc_id="vpc-…").'
                )
            if values:
                column = table[self.columns[role]]
                table = table.filter(
                    (column.cast("string") if column.type().is_integer() else column).isin(list(values))
                )
        return table

    def _terms(self, table: ir.Table, first: datetime | None, last: datetime) -> Iterator[ir.BooleanValue]:
        if "moment" in self.columns:
            yield from _between(table[self.columns["moment"]], first, last, self.written)
            return
        if "year" in self.columns:
            yield from self._months(table, first, last)
        else:
            yield from _between(table[self.columns["day"]], first, last, self.written)
        if "hour" in self.columns:
            yield from self._hours(table, first, last)

    def _months(self, table: ir.Table, first: datetime | None, last: datetime) -> Iterator[ir.BooleanValue]:
        """Give one term: a choice of months, each as a folder is named, so that every column is restricted."""
        of = {role: table[self.columns[role]] for role in ("year", "month", "day") if role in self.columns}
        if first is None:
            yield of["year"] <= _part(of["year"], "year", last)
            return
        choices = []
        for month in _every_month(first, last):
            terms = [of[role] == _part(of[role], role, month) for role in ("year", "month") if role in of]
            if "day" in of and _same_month(month, first):
                terms.append(of["day"] >= _part(of["day"], "day", first))
            if "day" in of and _same_month(month, last):
                terms.append(of["day"] <= _part(of["day"], "day", last))
            choices.append(ibis.and_(*terms))
        yield ibis.or_(*choices)

    def _hours(self, table: ir.Table, first: datetime | None, last: datetime) -> Iterator[ir.BooleanValue]:
        """Leave out the hours of the first day before the window, and of the last day after it."""
        hour = table[self.columns["hour"]]
        if first is not None:
            yield ~self._is_day(table, first) | (hour >= _part(hour, "hour", first))
        yield ~self._is_day(table, last) | (hour <= _part(hour, "hour", last))

    def _is_day(self, table: ir.Table, time: datetime) -> ir.BooleanValue:
        if "year" not in self.columns:
            day = table[self.columns["day"]]
            return day == _value(day, time, self.written)
        columns = {role: table[self.columns[role]] for role in ("year", "month", "day") if role in self.columns}
        return ibis.and_(*(column == _part(column, role, time) for role, column in columns.items()))


def partitions(table: ir.Table, catalog: Catalog, sample: Callable[[ir.Table], str | None]) -> Partitions:
    """Return the partitions of a table, told by its catalog, else by the names of its columns.

    Parameters
    ----------
    table, catalog
        The table, and what is said of it.
    sample
        Returns one value of a table with one column, to see how a day is written that nothing else tells of.

    Raises
    ------
    FormatError
        If days are written in a way that is not understood: to leave the restriction out could scan all.
    """
    nested = "src_endpoint" in table.columns  # Security Lake, whose fields have no such names
    found: dict[str, str] = {}
    for column in table.columns:
        name = column.lower()
        told = column in catalog.keys if catalog.keys is not None else nested or name not in _FIELDS_TOO
        role = next((role for role, names in _ROLES.items() if name in names), None)
        if role and told and role not in found:
            found[role] = column
    if "year" not in found:
        found.pop("month", None)
    besides = frozenset(set(found.values()) - {"region"})  # a region's folder holds that region's records
    column = None if "year" in found else found.get("moment") or found.get("day")
    if column is None:
        return Partitions(found, besides=besides)
    return Partitions(found, _written(table, column, catalog.formats, sample), besides)


def _written(table: ir.Table, column: str, formats: Mapping[str, str], sample: Callable[[ir.Table], str | None]) -> str:
    dtype = table[column].type()
    if dtype.is_temporal():
        return ""
    if dtype.is_integer():
        return "%Y%m%d"
    if column in formats:
        said = reduce(lambda text, pair: text.replace(*pair), _JAVA, formats[column])
    else:
        said = sample(table.select(column)) or "%Y-%m-%d"  # a table without rows has none to leave out
        said = next((how for how, pattern in _WRITTEN.items() if re.fullmatch(pattern, said, re.ASCII)), said)
    if said in _WRITTEN:
        return said
    raise FormatError(
        f"the partition column {brief(column)} is written in a way that flowkit does not know: {brief(said)!r}. "
        f"Restrict it yourself, and hand over the rest: fk.load(connection.table(...).filter(...))."
    )


def _between(column: ir.Value, first: datetime | None, last: datetime, written: str) -> Iterator[ir.BooleanValue]:
    if first is not None:
        yield column >= _value(column, first, written)
    yield column <= _value(column, last, written)


def _value(column: ir.Value, time: datetime, written: str) -> ir.Value | str | int:
    if column.type().is_date():
        return ibis.literal(time.date())
    if column.type().is_temporal():
        return ibis.literal(time.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None))
    return int(time.strftime(written)) if column.type().is_integer() else time.strftime(written)


def _part(column: ir.Value, role: str, time: datetime | date) -> str | int:
    number: int = getattr(time, role)
    return number if column.type().is_integer() else f"{number:0{_DIGITS[role]}}"


def _every_month(first: datetime, last: datetime) -> Iterator[date]:
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield date(number // 12, number % 12 + 1, 1)


def _same_month(month: date, time: datetime) -> bool:
    return (month.year, month.month) == (time.year, time.month)
