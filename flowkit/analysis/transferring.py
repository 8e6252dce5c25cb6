"""What data transfer costs: which conversations AWS asks money for, how much, and why."""

from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any, Final

import pandas as pd

from flowkit.analysis.caption import captioned
from flowkit.analysis.costing_text import DAYS
from flowkit.analysis.delivered import DAY
from flowkit.analysis.other import NOTHING, checked
from flowkit.analysis.tariffs import CAUSES, TARIFFS, Moved, Priced, Rate
from flowkit.analysis.transfer_charges import charged
from flowkit.analysis.transfer_ends import ends
from flowkit.analysis.transfer_text import assumptions, caption, counted_price, stand_in
from flowkit.flows import Flows

_COLUMNS: Final = (
    "cause", "client", "server", "server_port", "protocol", "bytes", "usd", "usd_low", "usd_high", "usd_per_month",
    "price", "assumption", "through", "avoidable", "first", "last",
)  # fmt: skip
_AMOUNTS: Final = ("usd", "usd_low", "usd_high")
_TOP: Final = 1_000


def data_transfer_cost(
    flows: Flows,
    *,
    by: str = "address",
    top: int = _TOP,
    region: str | None = None,
    prices: str | PathLike[str] | None = None,
) -> pd.DataFrame:
    """Say which conversations cost data-transfer money, how much, and why.

    Parameters
    ----------
    flows
        Records already scoped.
    by
        What client and server are told by: ``address``, or a grouping such as ``subnet``, ``name`` or ``tag:Team``.
    top
        How many rows at most, those with most USD; ``attrs["left_out"]`` counts the others.
    region
        Whose prices apply, such as ``eu-central-1``; by default those of the region that the log or the inventory
        names, else of us-east-1.
    prices
        A file of prices, see `flowkit.aws.prices`; by default the one that FLOWKIT_PRICES names, or the one that ships.

    Returns
    -------
    DataFrame
        Most USD first, a row per cause, way and conversation: `cause` (``nat_gateway``, ``internet_egress``,
        ``cross_zone``, ``cross_region``, ``peering``, ``transit_gateway``, ``interface_endpoint``, ``unknown``; free
        are ``gateway_endpoint``, ``regional_service``, ``same_zone``), `client`, `server`, `server_port`, `protocol`
        (IANA number), `bytes` (B, that are charged for this cause, counted once), `usd` (USD, of these bytes),
        `usd_low` and `usd_high` (USD, between which it lies where the way cannot be told or a side may be free),
        `usd_per_month` (USD for 30.44 days like those logged), `price` (text: bytes times price), `assumption` (text:
        what is known or assumed of the way), `through` (text: the NAT gateway, or its interface, where that is known),
        `avoidable` (whether it goes to S3 or DynamoDB through a NAT gateway, which a gateway endpoint would carry for
        nothing, the way to it included), `first`, `last` (UTC).

        In ``attrs``: ``totals`` (a mapping per cause of all rows, also of those left out: ``bytes``, ``usd``,
        ``usd_low``, ``usd_high``, ``usd_per_month``, ``low_per_month``, ``high_per_month``), ``saving`` (USD a month
        that gateway endpoints would save), ``saving_low``, ``saving_high``, ``assumptions``, ``prices`` (sentences),
        ``stand_in`` (whose prices stand in for those the table lacks, or ""),
        ``home`` (the region that is logged, or ""), ``days`` (that were logged), ``left_out`` (rows).

    Raises
    ------
    MissingFieldError
        If the log has no addresses, bytes, ``start`` or ``end``.
    ScopeError
        If *top* is less than one, or there is no such grouping.
    PriceError
        If the prices cannot be read, are not sound or lack one.

    Notes
    -----
    Accepted bytes only, each counted once; the same bytes may cost for several causes, such as the way to a NAT gateway
    in another zone, its processing, and the internet beyond. The way is told, in this order, by the gateway's own
    records (packet addresses beside those of the interface), ``traffic-path`` and the next hop of the sender, the
    routes of the inventory, and the ends' zones, VPCs, kinds and AWS's ranges. What none of them tells has a range, and
    in its middle `usd`, unless one way is far likelier.
    Tiers of a price begin at zero with the month's total of all that is likely charged by it, and rows share them by
    their bytes. A month is 30.44 days with as much traffic as in the minutes of which any line tells.
    Without packet addresses, what unlogged hosts send through a NAT gateway is left out where logged hosts use one.
    Hours of gateways and endpoints, discounts, free tiers and taxes are not in it; bytes are those of flow logs, which
    need not be those of the bill.
    Sources: the price list with its dates, in ``attrs``; "Flow log records", Amazon VPC User Guide.
    """
    flows = flows.at_hand
    for name in ("srcaddr", "dstaddr", "bytes", "start", "end"):
        flows.field(name, "telling what data transfer costs")
    known, days = ends(flows), len(flows.minutes) / DAY
    moving = charged(flows, known)
    amounts = moving.amounts(known.home, region)
    priced = Priced([one for _number, one in amounts], days / DAYS, prices)
    rates = {number: priced.rate(one) for number, one in amounts}
    rows, left_out = moving.most(flows, by, rates, checked(top))
    about = _totals(amounts, rates, days)
    told = assumptions(flows, priced.used, region, known.home, days, [one for _number, one in amounts])
    return captioned(
        _described(rows, rates, days), "data_transfer_cost", flows, caption(about["totals"], days, left_out),
        inventory=True, by=by, home=known.home, left_out=left_out, days=days, assumptions=told,
        prices=tuple(map(str, priced.used)), stand_in=stand_in(priced.used), **about,
    )  # fmt: skip


def _described(rows: pd.DataFrame, rates: Mapping[int, Rate], days: float) -> pd.DataFrame:
    """Put words and amounts in the place of ways, and the columns in order."""
    found = [rates[number] for number in rows.charge]
    tariffs = [TARIFFS[way] for way in rows.way]
    usd, low, high = (
        [float(size) * getattr(rate, name) for size, rate in zip(rows.bytes, found, strict=True)]
        for name in ("likely", "low", "high")
    )
    columns: dict[str, Any] = {
        "cause": [one.cause for one in tariffs], "client": rows.client.fillna(NOTHING),
        "server": rows.server.fillna(NOTHING), "server_port": rows.server_port, "protocol": rows.protocol,
        "bytes": rows.bytes, "usd": usd, "usd_low": low, "usd_high": high,
        "usd_per_month": [one / days * DAYS if days else 0.0 for one in usd],
        "price": [counted_price(*each) for each in zip(rows.bytes, tariffs, found, strict=True)],
        "assumption": [one.why for one in tariffs], "through": rows.through,
        "avoidable": [one.avoidable for one in tariffs],
        **{name: pd.to_datetime(rows[name], unit="s", utc=True) for name in ("first", "last")},
    }  # fmt: skip
    frame = pd.DataFrame(columns, columns=list(_COLUMNS)).reset_index(drop=True)
    for name in ("server_port", "protocol"):
        frame[name] = frame[name].astype("Int64").mask(lambda numbers: numbers < 0)
    texts = dict.fromkeys(("cause", "client", "server", "price", "assumption", "through"), "str")
    times = dict.fromkeys(("first", "last"), "datetime64[s, UTC]")
    return frame.astype(texts | times | dict.fromkeys((*_AMOUNTS, "usd_per_month"), "float64") | {"avoidable": "bool"})


def _totals(amounts: Iterable[tuple[int, Moved]], rates: Mapping[int, Rate], days: float) -> dict[str, Any]:
    """Return what each cause costs, and what gateway endpoints would save."""
    monthly = DAYS / days if days else 0.0
    totals = {cause: dict.fromkeys(("bytes", *_AMOUNTS), 0.0) for cause in CAUSES}
    saving = dict.fromkeys(("likely", "low", "high"), 0.0)
    for number, one in amounts:
        tariff, rate = TARIFFS[one.way], rates[number]
        sums = totals[tariff.cause]
        sums["bytes"] += one.bytes
        for name, part in (("usd", "likely"), ("usd_low", "low"), ("usd_high", "high")):
            sums[name] += one.bytes * getattr(rate, part)
            saving[part] += one.bytes * getattr(rate, part) * monthly if tariff.avoidable else 0.0
    for sums in totals.values():
        sums["bytes"] = int(sums["bytes"])
        sums |= {"usd_per_month": sums["usd"] * monthly, "low_per_month": sums["usd_low"] * monthly,
                 "high_per_month": sums["usd_high"] * monthly}  # fmt: skip
    named = {cause: sums for cause, sums in totals.items() if sums["bytes"]}
    return {
        "totals": named, "saving": saving["likely"], "saving_low": saving["low"], "saving_high": saving["high"],
    }  # fmt: skip
