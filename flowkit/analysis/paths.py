"""How one address is connected with another: a chain of conversations."""

from ipaddress import ip_address
from itertools import pairwise
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis.caption import COUNTED, captioned
from flowkit.errors import ScopeError
from flowkit.flows import Flows
from flowkit.meaning.ends import NONE

_MOST_FRONTIER: Final = 200_000
"""Addresses to go on from: more are hardly a chain that somebody would want to read."""
_PAIR: Final = ("lesser", "greater")
_SERVICE: Final = ("client", "server", "server_port", "protocol")
_SUMS: Final = ("bytes", "records", "accepted", "rejected")
_COLUMNS: Final = ("hop", *_SERVICE, *_SUMS, "first", "last")


def talker_path(flows: Flows, source: str, destination: str, *, longest: int = 6) -> pd.DataFrame:
    """Find a shortest chain of conversations from one address to another.

    Two addresses are neighbours if they talked, whichever was the client.

    Parameters
    ----------
    flows
        Records already scoped.
    source, destination
        The addresses at the ends of the chain (packet-level where logged), not blocks.
    longest
        How many hops at most.

    Returns
    -------
    DataFrame
        A row per hop, from *source* to *destination*: `hop` (from 1), `client`, `server`, `server_port`,
        `protocol` (IANA number) of what moved most bytes between the two; of all that they exchanged, counted
        once, `bytes` (B), `records` (count), `accepted` (count), `rejected` (count), `first`, `last` (UTC).
        No rows where there is no such chain; ``attrs["caption"]`` says why. ``attrs["path"]`` lists the
        addresses in order, as `talker_edges` names them. Null is what the log does not record.

    Raises
    ------
    ScopeError
        If an end is no single address, both are the same, or *longest* is less than one.
    MissingFieldError
        If the log has no addresses.

    Notes
    -----
    Of several shortest chains it is the one with most bytes in sum (records, where the log has no bytes). A
    chain is no proof that anything passed along it: each hop is a conversation of its own. It says nothing of
    the order in time either: the last hop may be the earliest, see `first` and `last`. A hop may have
    been rejected throughout, see `accepted`; narrow by ``action="ACCEPT"`` to leave such hops out.
    """
    flows = flows.at_hand
    ends = _checked(source, destination, longest)
    pairs = flows.kept("pairs of talkers", lambda _keep: _pairs(flows), "finding who talked to whom")
    numbers = [_numbers(flows, pairs, end) for end in ends]
    unseen = [end for end, found in zip(ends, numbers, strict=True) if not found]
    chain: list[int] = []
    words = f"{' and '.join(unseen)} {'was' if len(unseen) == 1 else 'were'} not seen talking to others"
    if not unseen:
        chain, words = _walk(pairs, numbers[0], numbers[1], longest)
    frame, path = _hops(flows, chain)
    hops = f"{len(frame)} {'hop' if len(frame) == 1 else 'hops'}"
    sentence = f"A shortest chain of conversations from {ends[0]} to {ends[1]}: {hops}, {COUNTED['once']}."
    none = f"No chain of conversations from {ends[0]} to {ends[1]}: {words}."
    told = sentence if chain else none
    return captioned(frame, "talker_path", flows, told, source=ends[0], destination=ends[1], path=path)


def _checked(source: str, destination: str, longest: int) -> tuple[str, str]:
    found = []
    for name, value in (("source", source), ("destination", destination)):
        try:
            found.append(str(ip_address(value.strip())))
        except (ValueError, AttributeError):
            raise ScopeError(
                f"{name} is one address such as 10.0.1.5, not {value!r}: a chain leads from one address to another."
            ) from None
    if found[0] == found[1]:
        raise ScopeError(f"source and destination are both {found[0]}. Name two addresses.")
    if longest < 1:
        raise ScopeError(f"longest is {longest}, but a chain has at least one hop. Try longest=6.")
    return found[0], found[1]


def _pairs(flows: Flows) -> ir.Table:
    """Return a row per two addresses that talked: their numbers, the `lesser` first, and how much they exchanged."""
    counted = flows.counted.filter(_.client != _.server)
    nobody = flows.ends.addresses.filter(_.address == NONE).id
    counted = counted.filter(counted.client.notin(nobody), counted.server.notin(nobody))
    size = counted.bytes.sum().fill_null(0) if "bytes" in flows.fields else counted.count()
    lesser, greater = ibis.least(counted.client, counted.server), ibis.greatest(counted.client, counted.server)
    return counted.group_by(lesser=lesser, greater=greater).agg(size=size.cast("int64"))


def _numbers(flows: Flows, pairs: ir.Table, address: str) -> list[int]:
    """Return the numbers of an address, several where several VPCs have it, that talked to others in scope."""
    ids = flows.ends.addresses.filter(_.address == address).select("id")
    talked = [ids.join(pairs, ids.id == pairs[side]).select("id") for side in _PAIR]
    return sorted(engine.frame(ibis.union(*talked, distinct=True)).id.tolist())


def _walk(pairs: ir.Table, sources: list[int], targets: list[int], longest: int) -> tuple[list[int], str]:
    """Go from the sources to their neighbours, and on, until a target is among them; else say why not.

    Each address keeps the best way to it: among the shortest that with most bytes. What is next to those
    reached in the step before is at most one step nearer, so only the last two steps need be left out.
    """
    reached = [pd.DataFrame({"id": sources, "size": 0, "via": -1})]
    for _hop in range(longest):
        found = _next(pairs, reached[-1], only=targets)
        if len(found):
            return _back(reached, found), ""
        if len(reached) == longest:
            break
        found = _next(pairs, reached[-1], but=reached[-2:])
        if found.empty:
            return [], "no chain of any length connects them in this scope"
        if len(found) > _MOST_FRONTIER:
            return [], (
                f"the search ended, since more than {_MOST_FRONTIER:,} addresses are {len(reached)} "
                f"{'hop' if len(reached) == 1 else 'hops'} away. Swap the ends, or narrow the flows first"
            )
        reached.append(found)
    return [], f"none has {longest} {'hop' if longest == 1 else 'hops'} or fewer"


def _next(
    pairs: ir.Table, frontier: pd.DataFrame, *, only: list[int] | None = None, but: list[pd.DataFrame] | None = None
) -> pd.DataFrame:
    """Return the neighbours of a frontier, each with its best way: `id`, `size` of the way, `via` whom."""
    here = ibis.memtable(frontier[["id", "size"]], schema={"id": "int64", "size": "int64"})
    ways = []
    for one, other in (_PAIR, _PAIR[::-1]):
        near = pairs.filter(pairs[other].isin(only)) if only else pairs
        joined = near.select(via=one, id=other, added="size").join(here.rename(via="id"), "via")
        ways.append(joined.select("id", "via", size=joined.added + joined.size))
    step = ibis.union(*ways)
    for known in but or []:
        step = step.anti_join(ibis.memtable(known[["id"]], schema={"id": "int64"}), "id")
    best = step.mutate(place=ibis.row_number().over(group_by="id", order_by=[ibis.desc("size"), "via"]))
    chosen = best.filter(_.place == 0).select("id", "size", "via")
    return engine.frame(chosen.order_by(ibis.desc("size"), "id").limit(_MOST_FRONTIER + 1))


def _back(reached: list[pd.DataFrame], found: pd.DataFrame) -> list[int]:
    """Return the addresses of the best way, from the source to the target first found."""
    chain = [int(found.id[0]), int(found.via[0])]
    for step in reached[:0:-1]:
        chain.append(int(step.loc[step.id == chain[-1], "via"].iloc[0]))
    return chain[::-1]


def _hops(flows: Flows, chain: list[int]) -> tuple[pd.DataFrame, list[str]]:
    """Return what each two neighbours of a chain exchanged, and what talkers call the addresses in it."""
    names = _names(flows, chain)
    steps = [(hop, min(two), max(two)) for hop, two in enumerate(pairwise(chain), 1)]
    between = ibis.memtable(
        pd.DataFrame(steps, columns=["hop", *_PAIR]), schema=dict.fromkeys(("hop", *_PAIR), "int64")
    )
    counted = flows.counted
    counted = counted.mutate(
        lesser=ibis.least(counted.client, counted.server), greater=ibis.greatest(counted.client, counted.server)
    )
    services = engine.frame(counted.join(between, list(_PAIR)).group_by("hop", *_SERVICE).agg(**_passed()))
    largest = services.sort_values(
        ["hop", "bytes", "records", *_SERVICE], ascending=[True, False, False, *[True] * len(_SERVICE)]
    ).drop_duplicates("hop")
    sums = services.groupby("hop")[list(_SUMS)].sum(min_count=1)
    times = services.groupby("hop").agg(first=("first", "min"), last=("last", "max"))
    frame = largest[["hop", *_SERVICE]].join(sums, "hop").join(times, "hop")
    told: dict[str, Any] = {end: frame[end].map(names).astype("str") for end in ("client", "server")}
    told |= {name: frame[name].astype("Int64").mask(frame[name] == -1) for name in ("server_port", "protocol")}
    told |= {name: pd.to_datetime(frame[name], unit="s", utc=True) for name in ("first", "last")}
    return frame.assign(**told).reset_index(drop=True)[list(_COLUMNS)], [names[number] for number in chain]


def _passed() -> dict[str, ir.Value]:
    return {
        "bytes": _.bytes.sum().cast("int64"),
        "records": _.count(),
        "accepted": (~_.rejected).cast("int64").sum().cast("int64"),
        "rejected": _.rejected.cast("int64").sum().cast("int64"),
        "first": _.start.min(),
        "last": _.end.max(),
    }


def _names(flows: Flows, chain: list[int]) -> dict[int, str]:
    """Return addresses by number; only where several VPCs have one is more to be asked than its text."""
    addresses = flows.ends.addresses
    same = addresses.mutate(several=_.count().over(ibis.window(group_by="address")) > 1)
    found = engine.frame(same.filter(same.id.isin(chain)).select("id", "address", "several"))
    names = dict(zip(found.id, found.address, strict=True))
    if found.several.any():
        labels = flows.identities.labels("address")
        more = engine.frame(labels.filter(labels.id.isin(chain)))
        names |= dict(zip(more.id, more.label, strict=True))
    return names
