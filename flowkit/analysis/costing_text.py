"""What a figure of `logging_cost` stands on, in sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from flowkit.analysis.rates import Rates
from flowkit.aws.prices import Price

DAYS: Final = 30.44
"""Days of a month: 365.25 / 12."""
RECORD_BYTES: Final = (98.0, 115.0, 256.0)
"""Of a record as text, line end included: the shortest and the usual one in the default format, and one of 29 fields
(measured on the lines in "Flow log record examples", Amazon VPC User Guide)."""
_WEEK: Final = 7
_UNITS: Final = (
    "A GB is 2**30 B, a month 30.44 days. Tiers start at zero: what else the account delivers is not counted. "
    "Free tier, discounts and taxes are not applied."
)
_METERED: Final = (
    "Delivery to S3 and Firehose is taken to be metered before compression, and Parquet by its input: AWS does not say."
)
_EVENTS: Final = (
    "CloudWatch Logs counts 26 B more for each event in a batch; whether it bills them is not documented, so they are "
    "in the high end only."
)
_STORED: Final = (
    "S3 keeps gzip, or Parquet, which AWS says takes 20 percent less. CloudWatch Logs compresses what it keeps, by how "
    "much is not told: likely as gzip did the objects loaded, else to 15 percent as AWS's calculator assumed in 2021; "
    "the high end is uncompressed."
)
_STATUS: Final = (
    "NODATA and SKIPDATA lines are delivered and paid, too. Whether a flow log of REJECT or ACCEPT only has them is "
    "not documented: the low end has none, the high end one for each interface and interval."
)
_NOT: Final = (
    "Firehose asks more than delivery, and what it writes to does too: neither is in it, so it has no high end.",
    "Not in it: requests, keys, queries and what is read later.",
)


@dataclass(frozen=True, slots=True)
class Basis:
    """What was measured or given: rates by traffic type, over how many days, at which interval [s].

    `packed` is what gzip made of a byte of the text, `unknown` the actions of which no record tells, `others` the
    interfaces of an inventory that were not measured, `partly` how many measured ones do not record an action.
    """

    rates: Rates
    days: float
    measured: str
    interval: int
    packed: float | None = None
    unknown: frozenset[str] = frozenset()
    others: int = 0
    partly: Mapping[str, int] = field(default_factory=dict)


def assumptions(
    basis: Basis, used: Sequence[Price], retention_days: float, interval: int, region: str | None
) -> tuple[str, ...]:
    """Return each assumption as a sentence."""
    gzip = f" Metered after gzip, S3 would be {basis.packed:.0%} of it." if basis.packed else ""
    stored = f"Stored for {retention_days:g} days. {_STORED}"
    return (*_of_prices(used, region), _UNITS, *_of_rates(basis, interval), f"{_METERED}{gzip}", _EVENTS, stored, *_NOT)


def _of_prices(used: Sequence[Price], region: str | None) -> list[str]:
    named: dict[str, list[str]] = {}
    for item in used:
        source, _, what = item.source.partition(" (")
        named.setdefault(source, []).append(what.rstrip(")") or item.name)
    sources = [f"{source} ({', '.join(each)})" for source, each in named.items()]
    told = [f"Prices: {'; '.join(sources)}."]
    if not all(item.checked for item in used):
        told.append("The prices are second-hand copies: compare them with AWS's price list before you decide on them.")
    if assumed := [item.name for item in used if item.assumed_from]:
        what = "price" if len(assumed) == len(used) else f"price for {', '.join(assumed)}"
        told.append(f"The table has no {what} of {region}: those of us-east-1 are used, and may be lower.")
    if region is None:
        told.append("No region was given: prices are those of us-east-1. Others differ, some by half as much again.")
    return told


def _of_rates(basis: Basis, interval: int) -> list[str]:
    told = [
        "Records that two flow logs deliver count twice, for they are paid twice.",
        _STATUS,
    ]
    if 0 < basis.days < _WEEK and basis.measured.startswith("Measured"):
        told.append(f"{basis.days:.3g} days are no whole week: busier hours and days may not be in them.")
    if interval != basis.interval:
        told.append(
            f"Observed at {basis.interval} s, asked for {interval} s: on Nitro instances both deliver the same, "
            "elsewhere 60 s up to ten times as much."
        )
    else:
        told.append(f"At the aggregation interval of {interval} s; another changes nothing on Nitro instances.")
    if basis.others:
        told.append(
            f"{basis.others:,} interfaces of the inventory are not in the flows: taken for the median of those that "
            "are; the low end takes them for silent, the high end for as busy as the busiest."
        )
    for action, count in sorted(basis.partly.items()):
        told.append(
            f"By the inventory, flow logs of {count:,} of the interfaces measured do not record {action}: {action} and "
            "ALL are at least this, and have no high end."
        )
    for action in sorted(basis.unknown):
        kept = "REJECT" if action == "ACCEPT" else "ACCEPT"
        told.append(
            f"No {action} record was loaded: how many there are is not known, and neither is the cost of {action} or "
            f"ALL. Perhaps the flow log records {kept} only; log one interface with ALL for a day to learn it."
        )
    return told
