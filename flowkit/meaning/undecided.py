"""Interfaces that logged two addresses of a family and no direction: which of the two is theirs cannot be told."""

import ibis
import ibis.expr.types as ir
from ibis import _

from flowkit.meaning.facts import Facts


def undecided(facts: Facts) -> ir.Table:
    """Return the pairs of addresses one of which an interface holds, the log does not say which.

    A single peer of a family, as IPv6 often has, and no flow-direction: `ends.own_addresses` has nothing to go by.

    Returns
    -------
    Table
        A row per interface and family: `observer`, `low`, `high` (numbers).
    """
    interfaces = facts.ends.observers.filter(_.observer.startswith("eni-")).select(observer="id")
    families = facts.ends.addresses.select(address="id", v6=_.address.contains(":"))
    silent = facts.table.filter(_.direction.isnull()).semi_join(interfaces, "observer")
    sides = ibis.union(*(silent.select("observer", address=silent[side]) for side in ("srcaddr", "dstaddr")))
    seen = sides.distinct().join(families, "address").group_by("observer", "v6")
    pairs = seen.agg(low=_.address.min(), high=_.address.max(), addresses=_.count())
    pairs = pairs.filter(_.addresses == 2)  # noqa: PLR2004 - of more, it is the one in most records
    told = facts.table.filter(_.direction.notnull()).semi_join(pairs, "observer")
    sure = told.select("observer", address="srcaddr").distinct().join(families, "address")
    return pairs.anti_join(sure, ["observer", "v6"]).select("observer", "low", "high")
