"""What a figure of `data_transfer_cost` stands on, in words."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flowkit.analysis.costing_text import DAYS
from flowkit.analysis.tariffs import TARIFFS, Moved, Rate, Tariff
from flowkit.aws.prices import ELSEWHERE, GB, Price
from flowkit.flows import Flows
from flowkit.inventory.text import brief

_CENT: Final = 0.01
_WEEK: Final = 7
_MOST: Final = 3
_UNITS: Final = (
    "A GB is 2**30 B, a month 30.44 days. Tiers start at zero with what is in these flows: what else the account sends "
    "is not counted. Free tier, discounts and taxes are not applied."
)
_BYTES: Final = (
    "Bytes are those of flow logs, accepted and counted once; what Amazon's resolver, its time and metadata services "
    "and hosts that are not logged exchange is not in them. The bill may count other headers."
)
_HOURS: Final = "Hours of gateways, attachments, endpoints and public addresses are not in it."
_WANTED: Final = {
    "traffic_path": "traffic-path", "pkt_dstaddr": "pkt-dstaddr", "az_id": "az-id",
    "pkt_dst_aws_service": "pkt-dst-aws-service",
}  # fmt: skip


def assumptions(
    flows: Flows, used: Sequence[Price], region: str | None, home: str, days: float, amounts: Sequence[Moved]
) -> tuple[str, ...]:
    """Return each assumption as a sentence."""
    told = [*_of_prices(used, region, home), _UNITS, _BYTES, _HOURS]
    if 0 < days < _WEEK:
        told.append(f"{days:.3g} days are no whole week: busier hours and days may not be in them.")
    missing = [words for field, words in _WANTED.items() if field not in flows.fields]
    lacking = [f"the log has no {', '.join(missing)}"] if missing else []
    lacking += ["there is no inventory"] if flows.identities.snapshot is None else []
    if lacking and any(TARIFFS[one.way].low != TARIFFS[one.way].high for one in amounts):
        told.append(f"Ranges would be narrower with what is missing: {' and '.join(lacking)}.")
    return tuple(told)


def _of_prices(used: Sequence[Price], region: str | None, home: str) -> list[str]:
    if not used:
        return ["Nothing in these flows has a price."]
    dated = sorted({one.dated for one in used})
    sources = "; ".join(dict.fromkeys(one.source for one in used))
    told = [f"Prices as of {' to '.join(map(str, dict.fromkeys((dated[0], dated[-1]))))}: {sources}."]
    if not all(one.checked for one in used):
        told.append("The prices are second-hand copies: compare them with AWS's price list before you decide on them.")
    if assumed := stand_in(used):
        told.append(assumed)
    if region is None and home:
        told.append(f"Prices are taken for {brief(home)}, the region that the log or the inventory names.")
    if region is None and not home:
        told.append("No region was given and none is logged: prices are those of us-east-1.")
    return told


def stand_in(used: Sequence[Price]) -> str:
    """Say whose prices stand in for those that the table does not have; "" where it has all."""
    lacking = sorted({brief(one.region) for one in used if one.assumed_from})
    if not lacking:
        return ""
    return f"The table has not all prices of {', '.join(lacking)}: those of {ELSEWHERE} stand in, and may be lower."


def counted_price(size: int, tariff: Tariff, rate: Rate) -> str:
    """Return bytes times price in words, such as ``1.2 GB x 2 x 0.01 USD``."""
    amount = _amount(size)
    if not tariff.price:
        return f"{amount}, free"
    each = f"{rate.each:.4g} USD"
    if tariff.likely is None:
        return f"{amount} x {tariff.low:g} to {rate.high * GB / (rate.each or 1):.3g} x {each}"
    times = "" if rate.times == 1 else f"{rate.times:g} x "
    return f"{amount} x {times}{each}"


def summed_price(sizes: Sequence[int], prices: Sequence[str]) -> str:
    """Return the prices of several rows, their bytes added up, such as ``1.2 GB x 0.09 USD + 3 GB x 2 x 0.01 USD``."""
    sums: dict[str, int] = {}
    for size, text in zip(sizes, prices, strict=True):
        times = text.partition(" x ")[2]
        sums[times] = sums.get(times, 0) + int(size) if times else 0
    return " + ".join(f"{_amount(size)} x {times}" for times, size in sums.items() if times) or "free"


def _amount(size: int) -> str:
    return f"{size / GB:,.3g} GB" if size >= GB * _CENT else f"{size:,} B"


def money(amount: float) -> str:
    """Return USD with its cents, or that it is below one."""
    return "below 0.01" if 0 < amount < _CENT else f"{amount:,.2f}"


def caption(totals: Mapping[str, Mapping[str, Any]], days: float, left_out: int) -> str:
    """Return the sentence under the picture: the sum, its range, the dearest causes."""
    if not totals:
        return "What data transfer costs: no accepted bytes in this scope."
    sums = {name: sum(one[name] for one in totals.values()) for name in ("usd_per_month", "low_per_month",
                                                                        "high_per_month")}  # fmt: skip
    first = sorted(totals, key=lambda cause: -totals[cause]["usd_per_month"])[:_MOST]
    causes = ", ".join(f"{name.replace('_', ' ')} {money(totals[name]['usd_per_month'])}" for name in first)
    rest = f" {left_out:,} rows with less are not shown." if left_out else ""
    scale = f"measured in {days:,.3g} days, times {DAYS / days:,.3g}" if days else "no time was logged"
    return (
        f"USD a month for data transfer: {money(sums['usd_per_month'])} ({money(sums['low_per_month'])} to "
        f"{money(sums['high_per_month'])}), of it {causes}; {scale}. Accepted bytes (B), counted once.{rest}"
    )
