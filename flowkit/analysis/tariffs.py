"""What each way that bytes can take costs: the cause, what AWS asks for a GB, and what is assumed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Final

from flowkit.aws.prices import GB, Price, price, prices
from flowkit.errors import PriceError

CAUSES: Final = (
    "nat_gateway", "internet_egress", "cross_zone", "cross_region", "peering", "transit_gateway", "interface_endpoint",
    "unknown", "gateway_endpoint", "regional_service", "same_zone",
)  # fmt: skip
"""Why bytes cost, and the last three why they do not."""
_REGION: Final = "transfer_out_region"
_ZONE: Final = "transfer_zone"
_OUT: Final = "transfer_out_internet"
_NAT: Final = "nat_gateway_data"
_TRANSIT: Final = "transit_gateway_data"


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a way costs.

    Attributes
    ----------
    cause
        One of `CAUSES`.
    why
        What is known or assumed of the way, a sentence.
    price
        One of `flowkit.aws.prices.NAMES`; "" where it is free.
    low, high
        How often that price is paid, at least and at most: twice where both ends pay.
    likely
        How often it is most likely paid; None: nothing tells, and the middle of the range stands for it.
    dearer
        Other prices that a way which cannot be told may have, with how often they are paid.
    avoidable
        Whether a gateway endpoint would carry it for nothing.
    """

    cause: str
    why: str
    price: str = ""
    low: float = 0
    high: float = 0
    likely: float | None = None
    dearer: tuple[tuple[str, float], ...] = ()
    avoidable: bool = False


def _free(cause: str, why: str) -> Tariff:
    return Tariff(cause, why, likely=0)


def _sure(cause: str, price_name: str, why: str, times: float = 1, *, avoidable: bool = False) -> Tariff:
    return Tariff(cause, why, price_name, times, times, times, avoidable=avoidable)


_ENDPOINT: Final = "A gateway endpoint in the route table would carry it for nothing."
_NAT_SURE: Final = "Goes through a NAT gateway, which processes it both ways."
_NAT_LIKELY: Final = "Leaves through a resource of the VPC: most likely a NAT gateway; by a NAT instance it is free."
_NAT_UNKNOWN: Final = "Whether it goes through a NAT gateway is not known."
TARIFFS: Final[Mapping[str, Tariff]] = {
    "same_zone": _free("same_zone", "Within one availability zone and VPC: free."),
    "same_zone_unsure": Tariff(
        "same_zone", "Within one zone and VPC: free, unless an end is an interface endpoint, which no inventory tells.",
        "interface_endpoint_data", 0, 1, 0,
    ),
    "zone": _sure("cross_zone", _ZONE, "Between availability zones: the sender and the receiver pay.", 2),
    "zone_balancer": _free(
        "cross_zone", "An Application or Classic Load Balancer and its target: free between zones, too."
    ),
    "zone_managed": Tariff(
        "cross_zone", "Between zones, one end managed by AWS, whose side may be free.", _ZONE, 1, 2
    ),
    "zone_unsure": Tariff(
        "cross_zone", "Between zones; free if a load balancer sends it on to its target, which no inventory tells.",
        _ZONE, 0, 2, 2,
    ),
    "zone_unknown": Tariff("unknown", "In which zones its ends are is not known: free within one.", _ZONE, 0, 2),
    "zone_public": Tariff(
        "cross_zone", "A public address of EC2 in this region costs as another zone does; its holder pays the other "
        "side.", _ZONE, 1, 2, 1,
    ),
    "zone_nat": _sure("cross_zone", _ZONE, "The NAT gateway lies in another zone than the host.", 2),
    "zone_nat_endpoint": _sure(
        "cross_zone", _ZONE, f"The NAT gateway lies in another zone than the host. {_ENDPOINT}", 2, avoidable=True
    ),
    "zone_nat_unknown": Tariff(
        "cross_zone", "Whether a NAT gateway of another zone is on its way is not known.", _ZONE, 0, 2, 0
    ),
    "nat": _sure("nat_gateway", _NAT, _NAT_SURE),
    "nat_endpoint": _sure("nat_gateway", _NAT, f"{_NAT_SURE} {_ENDPOINT}", avoidable=True),
    "nat_likely": Tariff("nat_gateway", _NAT_LIKELY, _NAT, 0, 1, 1),
    "nat_likely_endpoint": Tariff("nat_gateway", f"{_NAT_LIKELY} {_ENDPOINT}", _NAT, 0, 1, 1, avoidable=True),
    "nat_unknown": Tariff("nat_gateway", _NAT_UNKNOWN, _NAT, 0, 1),
    "nat_unknown_endpoint": Tariff("nat_gateway", f"{_NAT_UNKNOWN} {_ENDPOINT}", _NAT, 0, 1, avoidable=True),
    "internet": _sure("internet_egress", _OUT, "Leaves for the internet; what comes in is free."),
    "internet_edge": Tariff(
        "internet_egress", "Leaves for an edge of AWS: free to CloudFront as its origin, else as to the internet.",
        _OUT, 0, 1, 0,
    ),
    "internet_aws": Tariff(
        "unknown", "Leaves for an address of AWS; in which region it or the sender lies is not known.", _OUT, 0, 1
    ),
    "service": _free("regional_service", "An AWS service of the same region: free but for what is on the way."),
    "service_unsure": Tariff(
        "regional_service", "An AWS service, taken to be of the same region, where it is free; else between regions.",
        _REGION, 0, 1, 0,
    ),
    "gateway": _free("gateway_endpoint", "Through a gateway endpoint: free."),
    "region": _sure("cross_region", _REGION, "Between regions: the sending one is charged."),
    "region_in": Tariff(
        "cross_region", "Between regions: charged where it was sent, to whoever holds that end.", _REGION, 0, 1, 0
    ),
    "peering": _free("peering", "Over VPC peering within one zone: free."),
    "peering_zone": _sure("peering", _ZONE, "Over VPC peering between zones: the sender and the receiver pay.", 2),
    "peering_unknown": Tariff("peering", "Over VPC peering: free within one zone, which is not known.", _ZONE, 0, 2),
    "transit": _sure("transit_gateway", _TRANSIT, "Sent into a transit gateway, which processes it; zones are free."),
    "transit_likely": Tariff(
        "transit_gateway", "Between VPCs by none of the paths that the log has a code for: most likely a transit "
        "gateway.", _TRANSIT, 0, 1, 1, ((_ZONE, 2), (_REGION, 1)),
    ),
    "endpoint": _sure("interface_endpoint", "interface_endpoint_data", "Processed by an interface endpoint."),
    "between": Tariff(
        "unknown", "By which way it goes from VPC to VPC is not known.", _TRANSIT, 0, 1, None,
        ((_ZONE, 2), (_REGION, 1)),
    ),
    "beyond": Tariff(
        "unknown", "Leaves for a network that is neither logged nor public: another VPC, or a line to a site.",
        _OUT, 0, 1, None, ((_ZONE, 2),),
    ),
    "line": Tariff(
        "unknown", "Leaves by a virtual private gateway: a VPN costs as the internet does, Direct Connect less.",
        _OUT, 0, 1,
    ),
    "line_in": _free("unknown", "Comes in by a virtual private gateway: free."),
}  # fmt: skip
"""The ways that `transfer_ways` tells apart."""


@dataclass(frozen=True, slots=True)
class Moved:
    """So many bytes of one way (one of `TARIFFS`), from one region to another ("": not known)."""

    way: str
    origin: str
    destination: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Rate:
    """USD for a byte of some `Moved`: at least, likely, at most; and the price that is likely paid, in words."""

    low: float
    likely: float
    high: float
    each: float
    times: float


class Priced:
    """What amounts of bytes cost, with the tiers of a month.

    Parameters
    ----------
    moved
        All that moved: the cheaper tiers of a price begin where all of it together does, and are shared in proportion.
    months
        How many months the bytes are of.
    file
        A table of prices, see `flowkit.aws.prices`.

    Raises
    ------
    PriceError
        If the prices cannot be read, are not sound or lack one.
    """

    def __init__(self, moved: Iterable[Moved], months: float, file: str | PathLike[str] | None = None) -> None:
        self._months, self._file = months, file
        self._amounts: dict[tuple[str, str], float] = {}
        self._prices: dict[tuple[str, str], Price] = {}
        for one in moved:
            tariff = TARIFFS[one.way]
            if tariff.price and tariff.likely != 0:
                key = (tariff.price, self._place(tariff.price, one))
                self._amounts[key] = self._amounts.get(key, 0.0) + one.bytes / GB

    @property
    def used(self) -> tuple[Price, ...]:
        """The prices that were taken, in the order of their names."""
        return tuple(self._prices[key] for key in sorted(self._prices))

    def rate(self, one: Moved) -> Rate:
        """Return what a byte of it costs."""
        tariff = TARIFFS[one.way]
        each = self._each(tariff.price, one) if tariff.price else 0.0
        dearer = [self._each(name, one) * times for name, times in tariff.dearer]
        low, high = each * tariff.low, max([each * tariff.high, *dearer])
        likely = (low + high) / 2 if tariff.likely is None else each * tariff.likely
        times = likely / each if each else 0.0
        return Rate(low / GB, likely / GB, high / GB, each, times)

    def _place(self, name: str, one: Moved) -> str:
        pair = f"{one.origin} to {one.destination}"
        return pair if name == _REGION and (name, pair) in prices(self._file) else one.origin

    def _each(self, name: str, one: Moved) -> float:
        """Return USD for a GB: of what a month like this would cost, the mean."""
        key = (name, self._place(name, one))
        if key not in self._prices:
            self._prices[key] = in_unit(name, "GB", key[1] or None, self._file)
        found, amount = self._prices[key], self._amounts.get(key, 0.0) / self._months if self._months else 0.0
        return found.cost(amount) / amount if amount else found.usd


def in_unit(name: str, unit: str, region: str | None, file: str | PathLike[str] | None) -> Price:
    """Return a price that is asked for a certain unit.

    Raises
    ------
    PriceError
        As `Priced`; or if the table has it for another unit.
    """
    found = price(name, region, file=file)
    if found.unit != unit:
        raise PriceError(f"{name} is a price per {unit}, but the table has it per {found.unit}. Mend that entry.")
    return found
