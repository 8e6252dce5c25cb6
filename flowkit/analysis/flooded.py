"""Episodes of floods: from minutes to who flooded whom, with how much, and what became of others."""

from types import SimpleNamespace
from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis.arriving import KINDS, MINUTE, TCP, completed, unmet
from flowkit.analysis.calls import INSIDE, calls, failed, named
from flowkit.flows import Flows

_PEERS: Final = 20
_KEYS: Final = ("kind", "target", "minute")


def floor(kind: str, chosen: SimpleNamespace) -> float:
    """Return the rate (count/s) from which a minute is looked at."""
    return float(getattr(chosen, f"{kind}_rate"))


def minutes(arrived: ir.Table, chosen: SimpleNamespace) -> pd.DataFrame:
    """Return the minutes of all targets that have one above the floor of a kind."""
    summed = arrived.group_by(*_KEYS).agg(
        amount=_.amount.sum(), packets=_.packets.sum(), sources=_.source.nunique(), ports=_.port.nunique()
    )
    floors = ibis.cases(*((summed.kind == kind, floor(kind, chosen) * MINUTE) for kind in KINDS))
    high = summed.filter(summed.amount >= floors).select("kind", "target").distinct()
    return engine.frame(summed.semi_join(high, ["kind", "target"]).order_by(*_KEYS))


def described(flows: Flows, arrived: ir.Table, hot: pd.DataFrame, begin: int, chosen: SimpleNamespace) -> pd.DataFrame:
    """Return a row per episode with all but the scores, from its *hot* minutes; *begin* is the log's first minute."""
    by = hot.groupby("episode")
    found = by.agg(
        kind=("kind", "first"), target=("target", "first"), begun=("minute", "min"), until=("minute", "max"),
        peak=("rate", "max"), peak_packets_per_second=("packets", "max"), usual=("usual", "first"),
    )  # fmt: skip
    found["peak_packets_per_second"] /= MINUTE
    numbers = ibis.memtable(hot[["episode", *_KEYS]].astype({"target": "int32"}))
    inside = flows.identities.labels("place").filter(_.label == INSIDE)
    part = arrived.join(numbers, _KEYS).mutate(ours=_.source.isin(inside.id))
    episodes = found.reset_index()[["episode", "kind", "target", "begun", "until"]].astype({"target": "int32"})
    found = found.join([_totals(part), _ports(part), _peers(flows, part)])
    found = found.join([_calls(flows, part, episodes), _others(flows, part, episodes, begin, chosen)])
    found = _shares(flows, found, episodes)
    length = (found.until - found.begun + 1) * MINUTE
    places = engine.frame(flows.identities.labels("place").filter(_.id.isin(sorted(set(found.target)))))
    names = engine.frame(flows.identities.labels("address").filter(_.id.isin(sorted(set(found.target)))))
    found["target_place"] = found.target.map(places.set_index("id").label)
    found["direction"] = "inbound"
    away = (found.target_place != INSIDE) & (found.ours * 2 >= found.packets)
    found.loc[away, "direction"] = "outbound"
    inside_target = found.target_place == INSIDE
    found[["others_before", "others_during"]] = found[["others_before", "others_during"]].where(inside_target)
    return found.assign(
        target=found.target.map(names.set_index("id").label),
        packets_per_second=found.packets / length,
        packets=found.packets.round(),
        bytes=found.bytes.round() if "bytes" in flows.fields else None,
        port=found.port.where(found.port >= 0),
        protocol=found.protocol.where(found.protocol >= 0),
        first=pd.to_datetime(found.begun * MINUTE, unit="s", utc=True),
        last=pd.to_datetime((found.until + 1) * MINUTE, unit="s", utc=True),
    )


def _totals(part: ir.Table) -> pd.DataFrame:
    sums = {"packets": _.packets.sum(), "bytes": _.bytes.sum(), "sources": _.source.nunique()}
    ours = ibis.ifelse(part.ours, part.packets, 0.0).sum()
    return engine.frame(part.group_by("episode").agg(**sums, ours=ours)).set_index("episode")


def _ports(part: ir.Table) -> pd.DataFrame:
    summed = part.group_by("episode", "port", "protocol").agg(packets=_.packets.sum())
    return _ranked(summed, "port", 1).set_index("episode")[["port", "protocol"]]


def _peers(flows: Flows, part: ir.Table) -> pd.DataFrame:
    summed = part.group_by("episode", "source").agg(packets=_.packets.sum())
    first = named(flows, _first(summed, "source", _PEERS), "source")
    rows = engine.frame(first).sort_values(["episode", "place"])
    return rows.groupby("episode").source.agg(list).to_frame("peer")


def _first(summed: ir.Table, key: str, most: int) -> ir.Table:
    order = ibis.window(group_by="episode", order_by=[ibis.desc("packets"), key])
    return summed.mutate(place=ibis.row_number().over(order)).filter(_.place < most)


def _ranked(summed: ir.Table, key: str, most: int) -> pd.DataFrame:
    return engine.frame(_first(summed, key, most))


def _calls(flows: Flows, part: ir.Table, episodes: pd.DataFrame) -> pd.DataFrame:
    """Count the calls of an episode's sources with its target while it lasted, and those that came to nothing."""
    who = part.select("episode", "target", "source", "protocol").distinct()
    times = ibis.memtable(episodes[["episode", "begun", "until"]])
    who = who.join(times, "episode")
    one_way = (_.packets_to_server == 0) | (_.packets_to_client == 0)
    table = calls(flows).mutate(lost=one_way | failed(_).fill_null(False) | unmet(_))
    met = []
    for target, source in (("server", "client"), ("client", "server")):
        here = who.rename({target: "target", source: "source"})
        both = table.join(here, [target, source, "protocol"])
        met.append(_within(both).select("episode", "lost"))
    counted = ibis.union(*met).group_by("episode").agg(calls=_.count(), lost=_.lost.cast("int64").sum())
    return engine.frame(counted).set_index("episode")


def _within(table: ir.Table) -> ir.Table:
    """Return the calls that go on during the episode joined to them."""
    return table.filter(table.first < (table.until + 1) * MINUTE, table["last"] >= table.begun * MINUTE)


def _shares(flows: Flows, found: pd.DataFrame, episodes: pd.DataFrame) -> pd.DataFrame:
    """Add `failed_share`."""
    found["calls"] = found.calls.fillna(0)
    found["failed_share"] = (found.lost / found.calls.mask(found.calls == 0)).astype("Float64")
    syn = episodes[episodes.kind == "syn"].merge(found.reset_index()[["episode", "port"]], on="episode")
    if syn.empty:
        return found
    targets = ibis.memtable(syn[["episode", "target", "begun", "until"]])
    table = calls(flows).filter(_.protocol == TCP).mutate(nothing=unmet(_))
    both = _within(table.join(targets.rename(server="target"), "server"))
    sums = both.group_by("episode").agg(
        every=_.count(), nothing=_.nothing.cast("int64").sum(), packets_to=_.packets_to_server.sum(),
        packets_lost=ibis.ifelse(both.nothing, both.packets_to_server, 0).sum(),
    )  # fmt: skip
    rows = engine.frame(sums).set_index("episode")
    share = (rows.nothing / rows.every).combine(rows.packets_lost / rows.packets_to.clip(lower=1), max)
    found.loc[share.index, "failed_share"] = share
    return found


def _others(flows: Flows, part: ir.Table, episodes: pd.DataFrame, begin: int, chosen: SimpleNamespace) -> pd.DataFrame:
    """Return how many completed calls per minute others made to the target before and in each episode."""
    before = (episodes.begun - begin).clip(upper=int(chosen.before))
    lengths = episodes.assign(since=episodes.begun - before)[["episode", "target", "begun", "until", "since"]]
    who = part.select("episode", client="source").distinct()
    made = calls(flows).filter(completed).select("client", "server", minute=_.first // MINUTE)
    near = made.join(ibis.memtable(lengths).rename(server="target"), "server")
    near = near.filter(near.minute >= near.since, near.minute <= near.until).anti_join(who, ["episode", "client"])
    during = (near.minute >= near.begun).cast("int64")
    counts = engine.frame(near.group_by("episode").agg(during=during.sum(), every=_.count())).set_index("episode")
    index = episodes.set_index("episode").index
    counts = counts.reindex(index, fill_value=0)
    seen = bool(engine.frame(calls(flows).filter(completed).limit(1).aggregate(n=_.count())).n[0])
    length = (episodes.until - episodes.begun + 1).set_axis(index)
    earlier = before.set_axis(index)
    told = {
        "others_before": (counts.every - counts.during) / earlier.mask(earlier == 0),
        "others_during": counts.during / length,
    }
    frame = pd.DataFrame(told, index=index).astype("Float64")
    return frame if seen else frame.mask(frame.notna())
