"""Who the addresses are, and who held each when."""

from typing import Final

import ibis
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis.caption import captioned
from flowkit.analysis.other import checked
from flowkit.flows import Flows

_FACTS: Final = (
    "kind", "place", "provided", "interface_id", "interface_kind", "name", "vpc_id", "subnet_id", "az_id",
    "instance_id", "groups", "reused", "aws_service", "aws_region", "country", "asn", "as_name", "labels", "listed",
)  # fmt: skip
_TOP: Final = 20_000


def address_facts(flows: Flows, *, top: int = _TOP) -> pd.DataFrame:
    """Say of each address what is known of it: what it is, where it lies, who held it. Nothing is looked up.

    Parameters
    ----------
    flows
        Records already scoped.
    top
        How many addresses at most, those in most records; ``attrs["left_out"]`` counts the others.

    Returns
    -------
    DataFrame
        In most records first: `address`, `records` (count: as either end, every interface's), `kind`
        (``private``, ``public``, ``shared``, ``link_local``, ``multicast``, ``documentation``…), `place` (``inside``,
        ``outside``, ``unknown``), `provided` (what Amazon has there: resolver, metadata, time…), `interface_id`,
        `interface_kind`, `name`, `vpc_id`, `subnet_id`, `az_id`, `instance_id`, `groups` (security groups; of all
        holders), `reused` (bool: several interfaces held it), `aws_service`, `aws_region`, `country`, `asn`
        (number), `as_name`, `labels` and `listed` (the user's lists). Null is what is not known.

    Raises
    ------
    MissingFieldError
        If the log has no addresses.
    ScopeError
        If *top* is less than one.

    Notes
    -----
    Inside is what lies in ``inside=``; else in the inventory's VPCs, or holds an interface in the log.
    Outside is public; unknown is private without an interface: a neighbour that is not logged, or
    somebody else's network. AWS services are the log's own word, else by AWS's published ranges.
    """
    flows = flows.at_hand
    facts = flows.facts
    ends = ibis.union(*(facts.select(id=facts[end]) for end in ("client", "server")))
    counted = flows.kept("records by address", lambda _keep: ends.group_by("id").agg(records=_.count()), "addresses")
    counts = engine.frame(counted.order_by(ibis.desc("records"), "id").limit(checked(top)))
    left_out = int(engine.frame(counted.aggregate(n=_.count())).n[0]) - len(counts)
    rows = counts.join(flows.identities.table, on="id")[["address", "records", *_FACTS]]
    rest = f", {left_out:,} in fewer records not shown" if left_out else ""
    reused = int(rows.reused.sum())
    moved = f" {reused:,} were held by several interfaces." if reused else ""
    sentence = f"{len(rows):,} addresses{rest}, and what is known of each without asking anybody.{moved}"
    return captioned(rows.reset_index(drop=True), "address_facts", flows, sentence, inventory=True, left_out=left_out)


def holders(flows: Flows) -> pd.DataFrame:
    """Say which interface held which address when, by the records and by the inventory.

    Parameters
    ----------
    flows
        Any flows; all that was loaded is looked at, whatever the scope.

    Returns
    -------
    DataFrame
        By address and time: `address`, `interface_id` (else NAT gateway or attachment), `first`, `last` (UTC: of its
        records, or when the inventory was taken), `records` (count), `vpc_id`, `subnet_id`, `az_id`, `instance_id`,
        `reused` (bool: another interface held the address too), `by` (``records``, or ``inventory`` where only
        that says so).

    Raises
    ------
    MissingFieldError
        If the log has no addresses.

    Notes
    -----
    An interface's address is the source of what leaves it and the destination of what arrives; packet-level
    addresses count where logged, so secondary addresses and those of pods are theirs too.
    """
    flows = flows.at_hand
    for name in ("srcaddr", "dstaddr"):
        flows.field(name, "telling who held an address")
    known = flows.identities
    seen = known.holders.join(known.table[["address"]], on="id").rename(columns={"observer": "interface_id"})
    times = {name: pd.to_datetime(seen[name], unit="s", utc=True).dt.as_unit("us") for name in ("first", "last")}
    rows = pd.concat([seen.assign(**times, by="records"), _described(flows, seen)], ignore_index=True)
    reused = rows.groupby("address").interface_id.transform("nunique") > 1
    columns = ["address", "interface_id", "first", "last", "records", "vpc_id", "subnet_id", "az_id", "instance_id"]
    rows = rows.assign(reused=reused)[[*columns, "reused", "by"]]
    rows = rows.sort_values(["address", "first", "interface_id"], ignore_index=True)
    again = int(rows[rows.reused].address.nunique())
    sentence = f"{len(rows):,} addresses at interfaces; {again:,} were held by several interfaces."
    return captioned(rows, "holders", flows, sentence, inventory=True)


def _described(flows: Flows, seen: pd.DataFrame) -> pd.DataFrame:
    """Return the holders that the inventory knows of and no record shows."""
    snapshot = flows.identities.snapshot
    if snapshot is None:
        return seen.head(0).assign(by="")
    told = snapshot.addresses()
    pairs = set(zip(seen.address, seen.interface_id, strict=True))
    new = [pair not in pairs for pair in zip(told.address, told.interface_id, strict=True)]
    places = ["address", "interface_id", "vpc_id", "subnet_id", "az_id", "instance_id"]
    rows = told[new][places].replace("", None)
    taken = pd.Series(snapshot.taken, index=rows.index, dtype="datetime64[us, UTC]")
    return rows.assign(first=taken, last=taken, records=0, by="inventory")
