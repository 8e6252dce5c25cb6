"""What AWS asks for logs, requests and transfer: a dated table in a file that can be replaced.

Nothing is fetched: the figures are as old as their dates, which every `Price` carries. Discounts, free tiers,
credits and taxes are not in them.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from itertools import pairwise
from math import inf, isfinite
from os import PathLike
from pathlib import Path
from typing import Any, Final, NoReturn

from flowkit.errors import PriceError

GB: Final = 2**30
"""Bytes in a GB of a bill: AWS's own worked examples take 10 TB for 10,995,116,277,760 bytes (Amazon S3 FAQs)."""
ELSEWHERE: Final = "us-east-1"
"""The region whose figures stand in for those of a region that has none."""
NAMES: Final = (
    "vended_cloudwatch", "vended_cloudwatch_ia", "vended_s3", "vended_firehose", "parquet_conversion",
    "cloudwatch_storage", "s3_storage", "insights_scanned", "s3_get_requests", "s3_list_requests",
    "transfer_out_internet", "transfer_out_region", "transfer_zone", "nat_gateway_data", "nat_gateway_hours",
    "transit_gateway_data", "transit_gateway_hours", "interface_endpoint_data", "interface_endpoint_hours",
    "kms_requests", "athena_scanned",
)  # fmt: skip
"""What has a price. Of CloudWatch Logs' two classes the infrequent one ends in ``_ia``; ``transfer_zone`` is what each
of two ends pays for what crosses availability zones, ``transfer_out_region`` what the sending region asks."""
SHIPPED: Final = Path(__file__).with_name("prices.json")
_VARIABLE: Final = "FLOWKIT_PRICES"
_UNITS: Final = ("GB", "GB-month", "request", "hour")
_STEP: Final = f"It has the form of {SHIPPED.name} beside flowkit/aws/prices.py; mend it, or unset {_VARIABLE}."

Tiers = tuple[tuple[float, float], ...]
"""(Up to this amount a month, USD) in rising order; the last amount is infinite."""


@dataclass(frozen=True, slots=True)
class Price:
    """What something costs.

    Attributes
    ----------
    name
        One of `NAMES`.
    usd
        USD for one `unit`, in the first tier of a month: more may be cheaper, see `tiers`.
    unit
        What is counted: ``GB`` (2**30 bytes), ``GB-month`` (a GB kept for a month), ``request`` or ``hour`` (of one
        gateway, attachment, or endpoint in one zone).
    region
        The region that was asked about; of what differs by where it goes, such as ``us-east-1 to us-east-2``.
    dated
        As of when.
    source
        Where the figure is from.
    checked
        Whether it was compared with AWS's own price list on that date; else it is second-hand.
    assumed_from
        The region whose figure this is, where the region asked about has none in the table; else empty.
    tiers
        (Up to this amount a month, USD for one unit), the last without an end.
    """

    name: str
    usd: float
    unit: str
    region: str
    dated: date
    source: str
    checked: bool
    assumed_from: str
    tiers: Tiers

    def cost(self, amount: float) -> float:
        """Return what an amount costs in a month in which nothing else was used, in USD."""
        steps = pairwise((0.0, *(end for end, _ in self.tiers)))
        return sum(
            max(min(amount, end) - start, 0.0) * usd for (start, end), (_, usd) in zip(steps, self.tiers, strict=True)
        )

    def __str__(self) -> str:
        """Say the price with its date, source and what is assumed."""
        first = f" (first {self.tiers[0][0]:,.0f} {self.unit} of a month)" if len(self.tiers) > 1 else ""
        other = f"; assumed for {self.region}, which the table does not have" if self.assumed_from else ""
        second = "" if self.checked else "; second-hand"
        return f"{self.name} {self.usd:.10g} USD per {self.unit}{first}: {self.source}{second}{other}"


def price(name: str, region: str | None = None, *, file: str | PathLike[str] | None = None) -> Price:
    """Return the price of something in a region.

    Parameters
    ----------
    name
        One of `NAMES`.
    region
        Such as ``eu-central-1``; by default us-east-1. A region without figures of its own is given those of
        us-east-1, and `Price.assumed_from` says so.
    file
        A table of prices instead of the one that FLOWKIT_PRICES names, or else of the one that ships with flowkit.

    Raises
    ------
    PriceError
        If the name is not in the table, or the table cannot be read or is not sound.

    Examples
    --------
    >>> price("vended_s3", "eu-central-1").assumed_from
    'us-east-1'
    """
    table = prices(file)
    found = table.get((name, region or ELSEWHERE))
    if found is None and (name, ELSEWHERE) in table:
        found = replace(table[name, ELSEWHERE], region=region or ELSEWHERE, assumed_from=ELSEWHERE)
    return found or _lacking(name, region or ELSEWHERE, table)


def _lacking(name: str, region: str, table: Mapping[tuple[str, str], Price]) -> NoReturn:
    known = sorted({each for each, _ in table})
    if name in known:
        places = _list(sorted(place for each, place in table if each == name))
        raise PriceError(f"the prices have {name} for {places}, not for {region}. Give region=, or add it to the file.")
    raise PriceError(f"nothing is called {name!r} in the prices{_closest(name, known)}. They are: {_list(known)}.")


def tiers(name: str, region: str | None = None, *, file: str | PathLike[str] | None = None) -> Tiers:
    """Return (up to this amount a month, USD for one unit) in rising order; the last has no end.

    Raises
    ------
    PriceError
        As `price`.
    """
    return price(name, region, file=file).tiers


def cost_of(amount: float, name: str, region: str | None = None, *, file: str | PathLike[str] | None = None) -> float:
    """Return what an amount costs in a month, in USD; tiers start at zero, free ones are not applied.

    Parameters
    ----------
    amount
        GB (2**30 bytes) or GB-months or requests, whichever the price's unit is.
    name, region, file
        As in `price`.

    Raises
    ------
    PriceError
        As `price`; or if the amount is negative or no number.

    Examples
    --------
    >>> cost_of(10240 + 100, "vended_s3"), cost_of(1_000_000, "s3_get_requests")
    (2575.0, 0.4)
    """
    if not (isfinite(amount) and amount >= 0):
        raise PriceError(f"an amount is zero or more, not {amount}. Give GB a month, or requests.")
    return round(price(name, region, file=file).cost(amount), 12)


def prices(file: str | PathLike[str] | None = None) -> Mapping[tuple[str, str], Price]:
    """Return the whole table, by name and region; *file* as in `price`.

    Raises
    ------
    PriceError
        If the table cannot be read or is not sound.
    """
    path = Path(file or os.environ.get(_VARIABLE) or SHIPPED).expanduser()
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise PriceError(f"the prices in {path} cannot be read: {error.strerror or error}. {_STEP}") from error


@lru_cache(maxsize=8)
def _read(path: Path, _changed: int) -> Mapping[tuple[str, str], Price]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise PriceError(f"{path} is not JSON ({error}). {_STEP}") from error
    entries = told.get("prices") if isinstance(told, dict) else None
    if not isinstance(entries, list) or not entries:
        raise PriceError(f'{path} has no list of "prices". {_STEP}')
    table: dict[tuple[str, str], Price] = {}
    for number, entry in enumerate(entries, 1):
        try:
            found = _entry(entry)
        except (KeyError, TypeError, ValueError) as error:
            what = f"has no {error}" if isinstance(error, KeyError) else f"is not sound: {error}"
            raise PriceError(f"price {number} in {path} {what}. {_STEP}") from error
        if (found.name, found.region) in table:
            raise PriceError(f"{path} has {found.name} in {found.region} twice. {_STEP}")
        table[found.name, found.region] = found
    return table


def _entry(entry: Any) -> Price:  # noqa: ANN401 - whatever JSON holds
    if not isinstance(entry, dict):
        raise TypeError(f"it is {entry!r}, not an object")
    name, unit, per, source = entry["name"], entry["unit"], entry.get("per", 1), entry["source"]
    if name not in NAMES:
        raise ValueError(f"nothing is called {name!r}{_closest(str(name), NAMES)}; names are {_list(NAMES)}")
    if unit not in _UNITS:
        raise ValueError(f"the unit of {name} is one of {_list(_UNITS)}, not {unit!r}")
    if not _is_amount(per) or per == 0:
        raise ValueError(f"`per` of {name} is a number above zero, not {per!r}")
    if not isinstance(source, str) or not source.strip():
        raise ValueError(f"{name} needs a source")
    steps = tuple((end, usd / per) for end, usd in _tiers(name, entry["tiers"]))
    dated = _dated(name, entry["dated"])
    checked = entry.get("checked", False) is True
    return Price(name, steps[0][1], unit, str(entry["region"]), dated, source.strip(), checked, "", steps)


def _dated(name: str, text: object) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise ValueError(f"the date of {name} is such as 2025-10-28, not {text!r}") from None


def _tiers(name: str, given: Any) -> Tiers:  # noqa: ANN401 - whatever JSON holds
    pairs = given if isinstance(given, list) else []
    if not pairs or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):  # noqa: PLR2004 - a pair
        raise ValueError(f"tiers of {name} are pairs of (up to this amount or null, USD)")
    ends = [inf if end is None else end for end, _ in pairs]
    if wrong := [usd for _, usd in pairs if not _is_amount(usd)]:
        raise ValueError(f"{name} costs zero or more USD, not {wrong[0]!r}")
    if not all(end == inf or _is_amount(end) for end in ends) or ends[-1] != inf:
        raise ValueError(f"the tiers of {name} end in amounts, the last in null")
    if any(one >= next_one for one, next_one in pairwise((0, *ends))):
        raise ValueError(f"the tiers of {name} are not in rising order")
    return tuple((float(end), float(usd)) for end, (_, usd) in zip(ends, pairs, strict=True))


def _is_amount(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value) and value >= 0


def _closest(name: str, names: Any) -> str:  # noqa: ANN401 - any names
    close = get_close_matches(name, list(names), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _list(names: Any) -> str:  # noqa: ANN401 - any names
    return ", ".join(names)
