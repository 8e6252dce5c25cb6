"""From tables to findings: what costs how much, what is assumed, and what would make it less.

Severity says what an analyst should do, by USD a month: below 1 nothing (``info``: less than reading it costs), below
50 when there is time (``low``: no hour of work), below 500 this week (``medium``: a day of work pays within a month),
from there now (``high``); money alone is never ``critical``. Less than an hour of log says little of a month: none is
graver than ``low`` then. Within a severity the logarithm of USD ranks findings.
"""

import shlex
from collections.abc import Iterator, Mapping
from math import inf, log
from typing import Any, Final

import pandas as pd

from flowkit.analysis.other import NOTHING
from flowkit.analysis.transfer_text import money, summed_price
from flowkit.inventory.text import brief
from flowkit.playbooks.cost.case import Costs
from flowkit.playbooks.hunting import Suspicion, Taken, port_of, protocol_of

BANDS: Final = (("info", 0.01, 1.0), ("low", 1.0, 50.0), ("medium", 50.0, 500.0), ("high", 500.0, 50_000.0))
"""USD a month of each severity: from, to."""
_MOST: Final = 25
"""Findings of one kind: those with fewer USD stand in the tables."""
_CENT: Final = 0.01
_LEAST_DAYS: Final = 1 / 24
_LEAST: Final = 0.1
"""USD a month below which a pair stands in the tables only."""
_MOST_PEERS: Final = 50
_CHATTY: Final = "chatty"
_INNOCENT: Final = {
    "internet_egress": "What customers are served is meant to leave.",
    "nat_gateway": "Updates and calls of others' services have no other way.",
    "cross_zone": "What has to survive the loss of a zone has to cross zones.",
    "cross_region": "A copy in another region is meant to be far away.",
}  # fmt: skip


def suspicions(case: Costs, taken: Taken) -> Iterator[Suspicion]:
    """Yield all suspicions that the steps give."""
    yield from _avoidable(case, _addressed(taken["through_nat"].table))
    yield from _pairs(case)
    yield from _grown(_addressed(taken["grown"].table), case.days)
    yield from _interfaces(taken, case.days)


def _addressed(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave the VPC out behind addresses that several have, and rows without addresses."""
    ends = {end: frame[end].astype("str").str.split(" ").str[0] for end in ("client", "server")}
    told = frame.assign(**ends)
    return told[(told.client != NOTHING) & (told.server != NOTHING)]


def severity(usd: float, days: float = inf) -> tuple[str, float]:
    """Return how grave so many USD a month are, measured in so many days, and where in that severity they lie, 0 to 1.

    >>> severity(0.2)[0], severity(32.0)[0], severity(499.0)[0], severity(9_000.0)[0]
    ('info', 'low', 'medium', 'high')
    """
    bands = BANDS if days >= _LEAST_DAYS else BANDS[:2]
    name, low, high = next((band for band in reversed(bands) if usd >= band[1]), BANDS[0])
    return name, min(max(log(max(usd, low) / low) / log(high / low), 0.0), 1.0)


def _avoidable(case: Costs, frame: pd.DataFrame) -> Iterator[Suspicion]:
    """Yield a finding for each host that reaches S3 or DynamoDB through a NAT gateway."""
    hosts = frame.groupby("client", sort=False).usd_per_month.sum().nlargest(_MOST, keep="first")
    for host in hosts.index:
        rows = frame[frame.client == host]
        usd = float(rows.usd_per_month.sum())
        grave, sure = severity(usd, case.days)
        peers = list(dict.fromkeys(map(str, rows.server)))
        row = _summed(rows)
        yield Suspicion(
            kind="transfer_cost", subject=str(host), peer=peers[0] if len(peers) == 1 else peers, score=sure,
            severity=grave, what=f"S3 or DynamoDB through a NAT gateway, {money(usd)} USD a month that a gateway "
            f"endpoint saves ({_reckoned(row)})", row=row, port=port_of(row), protocol=protocol_of(row),
            for_it=(str(rows.assumption.iloc[0]), *_scaled(case)), against=_against(row),
            innocent=("A policy that wants all traffic to pass one point.", "An endpoint made since."),
            next_steps=_endpoint(case, rows),
        )  # fmt: skip


def _pairs(case: Costs) -> Iterator[Suspicion]:
    """Yield a finding for each pair of hosts, all its causes together, but what a gateway endpoint would save.

    What a host serves to many outside is one finding.
    """
    frame = _addressed(case.pairs[~case.pairs.avoidable & (case.pairs.usd_per_month > 0)])
    serves = ~frame.client.isin(case.inside) & frame.server.isin(case.inside)
    frame = frame.assign(subject=frame.client.mask(serves, frame.server), other=frame.server.mask(serves, ""))
    sums = frame.groupby(["subject", "other"], sort=False).usd_per_month.sum()
    most = sums[sums >= _LEAST].nlargest(_MOST, keep="first").index
    for subject, other in most:
        rows = frame[(frame.subject == subject) & (frame.other == other)]
        peers = [other] if other else list(dict.fromkeys(map(str, rows.client)))[:_MOST_PEERS]
        yield _pair(case, str(subject), peers, rows)


def _pair(case: Costs, subject: str, peers: list[str], rows: pd.DataFrame) -> Suspicion:
    usd = float(rows.usd_per_month.sum())
    grave, sure = severity(usd, case.days)
    row = _summed(rows)
    causes = [str(cause) for cause in dict.fromkeys(rows.cause)]
    named = ", ".join(
        f"{cause.replace('_', ' ')} {money(rows.usd_per_month[rows.cause == cause].sum())}" for cause in causes
    )
    return Suspicion(
        kind="transfer_cost", subject=subject, peer=peers[0] if len(peers) == 1 else peers, score=sure,
        severity=grave, what=f"{money(usd)} USD a month: {named} ({_reckoned(row)})", row=row, port=port_of(row),
        protocol=protocol_of(row), for_it=(*dict.fromkeys(map(str, rows.assumption)), *_scaled(case)),
        against=_against(row), innocent=tuple(_INNOCENT[cause] for cause in causes if cause in _INNOCENT),
        next_steps=tuple(dict.fromkeys(step for cause in causes for step in _steps(cause, subject))),
    )  # fmt: skip


def _summed(rows: pd.DataFrame) -> dict[str, Any]:
    """Return the rows of a finding as one: the first is the dearest, amounts are those of all."""
    first = dict(rows.iloc[0])
    sums = {name: float(rows[name].sum()) for name in ("usd", "usd_low", "usd_high", "usd_per_month")}
    size = int(rows.groupby("cause").bytes.sum().max())
    return {**first, **sums, "port": first["server_port"], "bytes": size,
            "price": summed_price(rows.bytes.tolist(), rows.price.tolist()),
            "first": rows["first"].min(), "last": rows["last"].max()}  # fmt: skip


def _reckoned(row: Mapping[Any, Any]) -> str:
    """Return bytes times price of what was logged, and by what that is multiplied to get a month."""
    months = f", times {row['usd_per_month'] / row['usd']:,.3g} to a month" if row["usd"] else ""
    return f"{row['price']}{months}"


def _scaled(case: Costs) -> tuple[str, ...]:
    return (f"A month is taken to be like the {case.days:.2g} days that were logged.",)


def _against(row: Mapping[Any, Any]) -> tuple[str, ...]:
    told = ("The prices are copies with a date, without discounts: compare them with the bill.",)
    if row["usd_high"] - row["usd_low"] > max(row["usd"], 0.0) * _CENT:
        months = row["usd_per_month"] / row["usd"] if row["usd"] else 0.0
        low, high = (money(row[name] * months) for name in ("usd_low", "usd_high"))
        return (f"By what is not known of its way it is {low} to {high} USD a month.", *told)
    return told


def _endpoint(case: Costs, rows: pd.DataFrame) -> tuple[str, ...]:
    """Return how to look for an endpoint and how to make one."""
    known = case.flows.identities.table
    held = known[known.address.isin(set(rows.client))].iloc[:1]
    vpc = str(held.vpc_id.iloc[0]) if len(held) and pd.notna(held.vpc_id.iloc[0]) else "VPC"
    services = set(known.aws_service[known.address.isin(set(rows.server))])
    region = shlex.quote(case.region or case.pairs.attrs["home"] or "REGION")
    vpc = shlex.quote(vpc)
    makes = tuple(
        f"aws ec2 create-vpc-endpoint --vpc-id {vpc} --service-name com.amazonaws.{region}.{name.lower()} "
        "--route-table-ids RTB  # to mend: a gateway endpoint in the route tables of these subnets"
        for name in ("S3", "DYNAMODB")
        if name in services
    )
    look = f"aws ec2 describe-vpc-endpoints --filters Name=vpc-id,Values={vpc}  # to look: which endpoints there are"
    return (look, *makes)


def _steps(cause: str, subject: str) -> tuple[str, ...]:
    """Return what to do about a cause."""
    address = shlex.quote(subject)
    told = {
        "internet_egress": "flowkit run exfiltration PATH  # to look: whether what leaves is meant to",
        "nat_gateway": "flowkit run cost PATH --by name  # to look: whose calls go through the NAT gateway",
        "cross_zone": "aws ec2 describe-network-interfaces --filters Name=addresses.private-ip-address,"
        f"Values={address}  # to look: whether client and server, or the NAT gateway, could share a zone",
        "peering": "aws ec2 describe-vpc-peering-connections  # to look: whether both ends could share a zone",
        "transit_gateway": "aws ec2 describe-transit-gateway-attachments  # to look: whether VPC peering would do, "
        "which is free within a zone",
        "interface_endpoint": "aws ec2 describe-vpc-endpoints  # to look: whether a gateway endpoint would do",
        "cross_region": "flowkit run cost PATH --by service  # to look: what is fetched from other regions",
        "unknown": "aws ec2 describe-flow-logs  # to look: whether traffic-path, pkt-dstaddr and az-id are logged",
    }
    return (told[cause],) if cause in told else ()


def _grown(frame: pd.DataFrame, days: float) -> Iterator[Suspicion]:
    for row in frame.head(_MOST).to_dict("records"):
        more = row["usd_after"] - row["usd_before"]
        grave, sure = severity(more, days)
        times = "new" if pd.isna(row["times"]) else f"{row['times']:,.1f} times what it was"
        yield Suspicion(
            kind="transfer_cost", subject=row["client"], peer=row["server"], score=sure, severity=grave,
            what=f"{row['cause'].replace('_', ' ')}, {money(more)} USD a month more than before, {times}", row=row,
            port=port_of({"port": row["server_port"]}), protocol=protocol_of(row),
            against=("Two stretches of time are compared: one large job in the later one looks like growth.",),
            innocent=("A release, a campaign, a backup that moved.",),
            next_steps=("flowkit run exfiltration PATH  # to look: whether what grew is meant to",),
        )  # fmt: skip


def _interfaces(taken: Taken, days: float) -> Iterator[Suspicion]:
    frame, costs = taken["interfaces"].table, taken["logging"].table
    frame = frame[frame.address != ""]
    whole = costs[(costs.traffic_type == "ALL") & (costs.destination == "cloudwatch")].usd_per_month
    logs = float(whole.iloc[0]) if len(whole) and pd.notna(whole.iloc[0]) else 0.0
    for row in frame[frame.state == "idle"].head(_MOST).to_dict("records"):
        yield _idle(row)
    for row in frame[frame.state == _CHATTY].head(_MOST).to_dict("records"):
        usd = logs * float(row["share_of_records"])
        grave, sure = severity(usd, days)
        yield Suspicion(
            kind="transfer_cost", subject=row["address"], peer="", score=sure, severity=grave,
            what=f"{row['share_of_records']:.0%} of all records, {row['bytes_per_record']:,.0f} B each; to log them "
            f"costs {money(usd)} USD a month in CloudWatch Logs", row=row,
            innocent=("A resolver, a load balancer's health checks, scanners at a public address.",),
            next_steps=("flowkit audit  # to look: whether it has to be logged in CloudWatch Logs, or S3 would do",),
        )  # fmt: skip


def _idle(row: Mapping[Any, Any]) -> Suspicion:
    grave, sure = severity(float(row["usd_per_month"]))
    name = brief(str(row["name"] or row["interface_id"]))
    kind = str(row["kind"]).replace("_", " ")
    look = {
        "nat_gateway": "aws ec2 describe-nat-gateways", "vpc_endpoint": "aws ec2 describe-vpc-endpoints",
        "transit_gateway": "aws ec2 describe-transit-gateway-attachments",
    }  # fmt: skip
    return Suspicion(
        kind="transfer_cost", subject=row["address"], peer="", score=sure, severity=grave,
        row=row,
        what=f"{kind} {name} carried {row['bytes']:,} B and its hours cost {money(row['usd_per_month'])} USD a month",
        against=("Only what was logged is known: it may be for another time or zone.",),
        innocent=("It stands by for another zone.", "It is new."),
        next_steps=(f"{look[str(row['kind'])]}  # to look: what still needs it, before it is deleted",),
    )  # fmt: skip
