"""The functions of a query that work on one event: text, numbers, times and addresses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from time import time
from typing import Final, TypeAlias

import ibis
import ibis.expr.types as ir

from flowkit.cidr import in_block
from flowkit.insights.syntax import Period
from flowkit.insights.values import Value, number, text, truth

Argument: TypeAlias = "Value | Period"


class ArgumentError(Exception):
    """An argument that its function cannot take: what is wrong, and what to write."""

    def __init__(self, problem: str, step: str) -> None:
        super().__init__(problem)
        self.problem, self.step = problem, step


@dataclass(frozen=True)
class Function:
    """A function: how it is written, how many arguments it takes, and what it gives."""

    usage: str
    least: int
    most: int
    give: Callable[..., Value]

    @property
    def name(self) -> str:
        """Its name as AWS spells it."""
        return self.usage.partition("(")[0]


_OCTET: Final = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4: Final = rf"{_OCTET}(\.{_OCTET}){{3}}"
_GROUP: Final = "[0-9a-fA-F]{1,4}"
_IPV6: Final = "|".join(
    [f"({_GROUP}:){{7}}{_GROUP}"]
    + [f"({_GROUP}:){{1,{n}}}(:{_GROUP}){{1,{7 - n}}}" for n in range(1, 7)]
    + [f"({_GROUP}:){{1,7}}:", f":((:{_GROUP}){{1,7}}|:)", f"::(ffff(:0{{1,4}})?:)?{_IPV4}", f"({_GROUP}:){{6}}{_IPV4}"]
)
_FIXED: Final = {
    "millisecond": 1,
    "second": 1000,
    "minute": 60_000,
    "hour": 3_600_000,
    "day": 86_400_000,
    "week": 604_800_000,
}
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_MONTH: Final = 31 * 86_400_000
_LONGEST: Final = 12_000 * _MONTH
_YEARS: Final = (-62_135_596_800_000, 253_402_300_799_999)
"""The years 1 to 9999: other times are none."""
_MONDAY: Final = 4 * 86_400_000
"""1970-01-05 was a Monday."""


def floor(moment: ir.IntegerValue, period: Period) -> ir.IntegerValue:
    """Return the beginning of the period that a time lies in, UTC; weeks begin on Monday."""
    if period.unit in _MONTHS:
        return _calendar(moment, period.count * _MONTHS[period.unit], 0)
    step, shift = period.count * _FIXED[period.unit], _MONDAY if period.unit == "week" else 0
    return ((moment - shift) - (moment - shift) % step + shift).cast("int64")


def _ceiling(moment: ir.IntegerValue, period: Period) -> ir.IntegerValue:
    """Return the end of the period that a time lies in, or the time itself where one begins."""
    begin = floor(moment, period)
    if period.unit in _MONTHS:
        end = _calendar(moment, period.count * _MONTHS[period.unit], 1)
    else:
        end = begin + period.count * _FIXED[period.unit]
    return ibis.ifelse(begin == moment, moment, end)


def _calendar(moment: ir.IntegerValue, months: int, ahead: int) -> ir.IntegerValue:
    day = (moment // 1000).cast("int64").as_timestamp("s")
    count = day.year().cast("int64") * 12 + day.month().cast("int64") - 1
    first = count - count % months + ahead * months
    begin = ibis.date((first // 12).cast("int32"), (first % 12 + 1).cast("int32"), ibis.literal(1, "int32"))
    return begin.cast("timestamp").epoch_seconds().cast("int64") * 1000


def _period(given: Argument) -> Period:
    if not isinstance(given, Period):
        raise ArgumentError("a period is missing here.", "Write a number and a unit, such as 5m or 1h.")
    length = given.count * (_FIXED.get(given.unit) or _MONTHS[given.unit] * _MONTH)
    if not 0 < length <= _LONGEST:
        raise ArgumentError("this is no period from 1ms to 1000y.", "Write a number and a unit, such as 5m.")
    return given


def _moment(given: Value) -> ir.IntegerValue:
    return given.column if given.kind == "time" else given.number.cast("float64").floor().try_cast("int64")


def _time(moment: ir.IntegerValue) -> Value:
    return Value("time", ibis.cases((moment.between(*_YEARS), moment)))


def _characters(given: Value | None) -> str:
    """Return the class of the characters to trim."""
    if given is None:
        return r"\s"
    if not isinstance(given.literal, str) or not given.literal:
        raise ArgumentError("the characters to remove are not a string.", 'Write them in quotes, such as "xyz".')
    return "[" + "".join("\\" + c if c in r"\^]-[" else c for c in given.literal) + "]"


def _trimmed(given: Value, characters: Value | None, *, left: bool, right: bool) -> Value:
    found, result = _characters(characters), given.text
    if left:
        result = result.re_replace(f"^{found}+", "")
    return text(result.re_replace(f"{found}+$", "") if right else result)


def _cut(given: Value, start: Value, length: Value | None = None) -> Value:
    begin = start.number.floor().cast("int64")
    begin = ibis.greatest(begin, 0)
    if length is None:
        return text(given.text.substr(begin))
    return text(given.text.substr(begin, ibis.greatest(length.number.floor().cast("int64"), 0)))


def _concat(*given: Value) -> Value:
    parts = [part.text.fill_null("") for part in given]
    return text(ibis.literal("").join(parts))


def _coalesce(*given: Value) -> Value:
    kinds = {value.kind for value in given}
    if len(kinds) == 1 and all(value.spelt is None for value in given):
        kind = given[0].kind
        return Value(kind, ibis.coalesce(*(value.column for value in given)), whole=all(v.whole for v in given))
    return text(ibis.coalesce(*(value.text for value in given)))


def _chosen(choose: Callable[..., ir.Value]) -> Callable[..., Value]:
    def give(*given: Value) -> Value:
        return number(choose(*(value.number for value in given)), whole=all(value.whole for value in given))

    return give


def _matches(pattern: str) -> Callable[[Value], Value]:
    return lambda given: truth(given.text.re_search(f"^({pattern})$"))


def _in_subnet(*versions: int) -> Callable[[Value, Value], Value]:
    def give(given: Value, subnet: Value) -> Value:
        try:
            block = ip_network(str(subnet.literal), strict=False)
        except ValueError:
            block = None
        if block is None or block.version not in versions or not isinstance(subnet.literal, str):
            wanted = " or ".join(f'"{("192.0.2.0/24", "2001:db8::/32")[v == 6]}"' for v in versions)  # noqa: PLR2004 - IPv6
            raise ArgumentError(
                "the subnet is not a block of addresses.", f"Write it in quotes in CIDR notation, such as {wanted}."
            )
        valid = given.text.re_search(f"^({_IPV4 if block.version == 4 else _IPV6})$")  # noqa: PLR2004 - IPv4
        if not block.prefixlen:
            return truth(valid)
        return truth(ibis.cases((valid, in_block(given.text, str(block))), (given.text.notnull(), False)))

    return give


def _logarithm(given: Value) -> Value:
    return number(ibis.cases((given.number > 0, given.number.cast("float64").ln())))


def _root(given: Value) -> Value:
    return number(ibis.cases((given.number >= 0, given.number.cast("float64").sqrt())))


_MANY: Final = 1000
_ALL: Final = (
    Function("abs(a)", 1, 1, lambda a: number(a.number.abs(), whole=a.whole)),
    Function("ceil(a)", 1, 1, lambda a: number(a.number.cast("float64").ceil(), whole=True)),
    Function("floor(a)", 1, 1, lambda a: number(a.number.cast("float64").floor(), whole=True)),
    Function("sqrt(a)", 1, 1, _root),
    Function("log(a)", 1, 1, _logarithm),
    Function("greatest(a, b, …)", 1, _MANY, _chosen(ibis.greatest)),
    Function("least(a, b, …)", 1, _MANY, _chosen(ibis.least)),
    Function("bin(period)", 1, 1, lambda moment, period: _time(floor(_moment(moment), _period(period)))),
    Function("datefloor(time, period)", 2, 2, lambda a, period: _time(floor(_moment(a), _period(period)))),
    Function("dateceil(time, period)", 2, 2, lambda a, period: _time(_ceiling(_moment(a), _period(period)))),
    Function("fromMillis(a)", 1, 1, lambda a: _time(_moment(a))),
    Function("toMillis(time)", 1, 1, lambda a: number(_moment(a), whole=True)),
    Function("now()", 0, 0, lambda: number(ibis.literal(int(time())), whole=True)),
    Function("isPresent(field)", 1, 1, lambda a: truth(a.text.notnull())),
    Function("coalesce(a, b, …)", 1, _MANY, _coalesce),
    Function("isEmpty(a)", 1, 1, lambda a: truth(a.text.fill_null("") == "")),
    Function("isBlank(a)", 1, 1, lambda a: truth(a.text.fill_null("").re_search(r"^\s*$"))),
    Function("concat(a, b, …)", 1, _MANY, _concat),
    Function("trim(a, characters)", 1, 2, lambda a, c=None: _trimmed(a, c, left=True, right=True)),
    Function("ltrim(a, characters)", 1, 2, lambda a, c=None: _trimmed(a, c, left=True, right=False)),
    Function("rtrim(a, characters)", 1, 2, lambda a, c=None: _trimmed(a, c, left=False, right=True)),
    Function("strlen(a)", 1, 1, lambda a: number(a.text.length().cast("int64"), whole=True)),
    Function("toupper(a)", 1, 1, lambda a: text(a.text.upper())),
    Function("tolower(a)", 1, 1, lambda a: text(a.text.lower())),
    Function("substr(a, start, length)", 2, 3, _cut),
    Function("replace(a, old, new)", 3, 3, lambda a, old, new: text(a.text.replace(old.text, new.text))),
    Function("strcontains(a, b)", 2, 2, lambda a, b: truth(a.text.contains(b.text))),
    Function("isValidIp(a)", 1, 1, _matches(f"{_IPV4}|{_IPV6}")),
    Function("isValidIpV4(a)", 1, 1, _matches(_IPV4)),
    Function("isValidIpV6(a)", 1, 1, _matches(_IPV6)),
    Function("isIpInSubnet(a, subnet)", 2, 2, _in_subnet(4, 6)),
    Function("isIpv4InSubnet(a, subnet)", 2, 2, _in_subnet(4)),
    Function("isIpv6InSubnet(a, subnet)", 2, 2, _in_subnet(6)),
)  # fmt: skip
FUNCTIONS: Final = {function.name.lower(): function for function in _ALL}
"""The functions by their names in lower case; Logs Insights does not tell cases apart."""

NOT_HERE: Final = {
    "jsonparse": "a flow log record is no JSON",
    "jsonstringify": "a flow log record is no JSON",
    "if": "filter, or compute it in pandas",
    "case": "filter, or compute it in pandas",
    "len": "the function is strlen",
    "length": "the function is strlen",
    "upper": "the function is toupper",
    "lower": "the function is tolower",
    "contains": "the function is strcontains",
    "percentile": "the function is pct",
    "distinct": "use count_distinct, or stats count(*) by field",
    "average": "the function is avg",
    "mean": "the function is avg",
    "round": "use floor(a + 0.5)",
}
"""What CloudWatch or other languages have by another name, and what to do instead."""


def arguments_of(function: Function, given: Sequence[Argument]) -> Sequence[Argument]:
    """Return the arguments, or say how the function is written."""
    if not function.least <= len(given) <= function.most:
        count = f"{len(given)} argument{'s' * (len(given) != 1)}"
        raise ArgumentError(f"{function.name} does not take {count}.", f"Write {function.usage}.")
    periods = {"bin": 0, "datefloor": 1, "dateceil": 1}
    wanted = periods.get(function.name)
    for index, argument in enumerate(given):
        if isinstance(argument, Period) and index != wanted:
            raise ArgumentError(f"{function.name} takes no period there.", f"Write {function.usage}.")
        if index == wanted:
            _period(argument)
    return given
