"""What is different after a time: who talks to whom, on which ports, how much, and what is rejected."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis import logged, minutes
from flowkit.analysis.caption import captioned
from flowkit.analysis.minutes import MINUTE, Window
from flowkit.analysis.other import checked
from flowkit.errors import ScopeError
from flowkit.flows import Flows
from flowkit.inventory import Snapshot
from flowkit.meaning.counted import SET_ASIDE
from flowkit.scope import Scope

_COMPARABLE: Final = 0.5
"""Share of each side's minutes that an interface was watched at least; with less, nothing is new or gone."""
_WHOLE: Final = 0.95
"""Share from which a side counts as covered; below, the row says how many minutes were."""
_ENOUGH: Final = 20
"""Records that a conversation has on each side at least before its volumes are compared."""
_NOTABLE: Final = 3.0
"""Times as much per minute, or a third as much, is told; less is how traffic is."""
_KEYS: Final = ("client", "server", "server_port", "protocol")
_LEVELS: Final = {"destination": ("server",), "port": ("server", "server_port", "protocol"), "conversation": _KEYS}
_ORDER: Final = (
    "new destination", "new port", "new conversation", "new rejects", "more",
    "gone destination", "gone port", "gone conversation", "gone rejects", "less",
)  # fmt: skip
_WATCHED: Final = ("before_minutes", "after_minutes", "comparable", "rejects_comparable")
_SIDES: Final = ("before", "after")
_SUMS: Final = ("before_bytes", "after_bytes", "before_records", "after_records")
_REJECTS: Final = ("before_rejected", "after_rejected")
_TYPES: Final = {
    "what": "str", "subject": "str", "peer": "str", "port": "Int64", "protocol": "Int64", "before_bytes": "Int64",
    "after_bytes": "Int64", "before_records": "int64", "after_records": "int64", "ratio": "float64", "covered": "str",
    "first_after": "datetime64[us, UTC]", "last_before": "datetime64[us, UTC]",
}  # fmt: skip


def what_changed(
    flows: Flows,
    *,
    at: datetime | str,
    window: timedelta | None = None,
    inventory: Snapshot | None = None,
    top: int = 200,
) -> pd.DataFrame:
    """Compare the traffic after a time with that before it.

    Parameters
    ----------
    flows
        Records already scoped.
    at
        The time, with its zone: a record that starts then is after it.
    window
        How long before and after to look; by default all that was loaded on each side.
    inventory
        Flow logs set up: where they leave out rejected traffic, rejects are not compared.
    top
        How many changes to name.

    Returns
    -------
    DataFrame
        A row per change: `what` (``new`` or ``gone`` with ``destination``, ``port``, ``conversation``
        or ``rejects``; ``more``, ``less``), `subject` (text: the client of a conversation, else the
        server), `peer` (text: the server of a conversation, else null), `port` (the server's),
        `protocol` (IANA number), `before_bytes` (B), `after_bytes` (B; each conversation counted once),
        `before_records` (count), `after_records` (count), `ratio` (after to before, bytes per covered
        minute; of ``more`` and ``less`` only), `covered` (``both``, or how many minutes were), `first_after`
        (UTC), `last_before` (UTC).

        Most notable first: the largest of each kind in turn. Of rejects, the records are the rejected
        ones. In ``attrs``: ``counts`` (changes by kind), ``left_out`` (changes not named),
        ``not_comparable`` (what would be a change, but was not watched on both sides).

    Raises
    ------
    ScopeError
        If *at* is no time with a zone or has nothing on one side, *window* is not positive, or *top*
        less than one.
    MissingFieldError
        If the log lacks addresses, ports, the protocol or times.

    Notes
    -----
    Something is new or gone only where an interface that saw it was watched for at least half of
    each side. Volumes are compared where each side has at least 20 records, and told from three
    times as much per minute, or a third. Which end is the server is guessed: the one with the lower port.
    Whoever comes new is no attacker for it: deployments, scaling and the time of day look the same.
    Source: "Flow log records" in the Amazon VPC User Guide.
    """
    flows = flows.at_hand
    for needed in ("srcaddr", "dstaddr", "srcport", "dstport", "protocol", "start", "end"):
        flows.field(needed, "telling what changed")
    time, scoped = _sides(flows, at, window)
    drawn = minutes.window(scoped.surroundings)
    cut = int(time.timestamp()) // MINUTE
    if drawn is None or not drawn[0] < cut < drawn[1]:
        raise ScopeError(f"nothing lies on one side of at, {time:%Y-%m-%d %H:%MZ}{_span(drawn)}")
    inventory = inventory or scoped.identities.snapshot
    conversations = _compared(scoped, time, ((drawn[0], cut), (cut, drawn[1])), inventory)
    changes = ibis.memtable(_changes(conversations).to_pyarrow())
    tally = engine.frame(changes.group_by("what", "comparable").agg(n=_.count()))
    frame = _named(_ranked(changes, checked(top)), (cut - drawn[0], drawn[1] - cut))
    counted = tally[tally.comparable].set_index("what").n
    counts = {what: int(counted[what]) for what in _ORDER if what in counted.index}
    left_out, unknown = sum(counts.values()) - len(frame), int(tally[~tally.comparable].n.sum())
    sentence = _sentence(counts, left_out, unknown, time, drawn)
    return captioned(
        frame, "what_changed", scoped, sentence,
        at=time, counts=counts, left_out=left_out, not_comparable=unknown,
    )  # fmt: skip


def _sides(flows: Flows, at: datetime | str, window: timedelta | None) -> tuple[datetime, Flows]:
    """Return the time, checked, and the flows of both sides."""
    try:
        time = Scope(start=at).start  # type: ignore[arg-type]  # text becomes a time there
    except ScopeError as error:
        raise ScopeError(str(error).replace("start", "at", 1)) from None
    if time is None:
        raise ScopeError("at is None, but a change has a time. Write it like 2026-03-10T08:00Z.")
    if window is None:
        return time, flows
    if not isinstance(window, timedelta) or window < timedelta(minutes=1):
        raise ScopeError(f"window is {window!r}, but it takes a timedelta of a minute or more. Try timedelta(hours=1).")
    return time, flows.narrow(start=time - window, end=time + window)


def _span(drawn: Window | None) -> str:
    if drawn is None:
        return ": nothing was loaded there. Take an earlier or a wider scope."
    first, end = (datetime.fromtimestamp(minute * MINUTE, UTC) for minute in drawn)
    return f". Choose a time between {first:%Y-%m-%d %H:%MZ} and {end:%Y-%m-%d %H:%MZ}."


def _observed(flows: Flows) -> ir.Table:
    """Return the records with client and server, by their numbers, and the bytes of each conversation once."""
    seen = flows.facts.filter((_.preference < SET_ASIDE) & _.start.notnull())
    observers = flows.ends.observers.select(observer="id", interface_id="observer")
    logged_bytes = ibis.ifelse(seen.counts, seen.bytes, 0) if "bytes" in flows.fields else ibis.null("int64")
    return seen.join(observers, "observer").select(
        "client", "server", "interface_id", "start", "observer",
        server_port=seen.server_port.nullif(-1).cast("int64"),
        protocol=seen.protocol.nullif(-1).cast("int64"),
        bytes=logged_bytes,
        records=ibis.literal(1, "int64"),
        rejected=seen.rejected.fill_null(False).cast("int64"),
    )  # fmt: skip


def _compared(flows: Flows, time: datetime, sides: tuple[Window, Window], inventory: Snapshot | None) -> ir.Table:
    """Return each conversation with what it had on each side, and how far its interfaces were watched there."""
    watched = ibis.memtable(_watched(flows, sides, inventory))
    observed = _observed(flows)
    records = observed.left_join(watched, observed.interface_id == watched.place)
    is_after = records.start >= int(time.timestamp())
    asked = {"first_after": records.start.min(where=is_after), "last_before": records.start.max(where=~is_after)}
    for name, side in product(("bytes", "records", "rejected"), _SIDES):
        total = records[name].sum(where=is_after if side == "after" else ~is_after).cast("int64")
        known = name != "bytes" or "bytes" in flows.fields
        asked[f"{side}_{name}"] = total.fill_null(0) if known else total
    asked |= {name: records[name].max().fill_null(0) for name in _WATCHED}
    grouped = records.group_by(*_KEYS).agg(**asked)
    times = {name: grouped[name].as_timestamp("s").cast("timestamp('UTC')") for name in ("first_after", "last_before")}
    return ibis.memtable(_with_addresses(flows, grouped.mutate(**times)).to_pyarrow())


def _with_addresses(flows: Flows, table: ir.Table) -> ir.Table:
    labels = flows.identities.labels("address")
    for end in ("client", "server"):
        named = labels.rename(**{end: "id", f"{end}_address": "label"})
        table = table.join(named, end).drop(end).rename(**{end: f"{end}_address"})
    return table


def _watched(flows: Flows, sides: tuple[Window, Window], inventory: Snapshot | None) -> pd.DataFrame:
    """Return how many minutes each interface was watched on each side, and what may be compared there."""
    telling = minutes.told(flows, (sides[0][0], sides[1][1]))
    blind = {
        item.interface_id
        for item in (inventory.interfaces if inventory else ())
        if inventory and "REJECT" not in logged.recorded(inventory.flow_logs_of(item))
    }
    rows = []
    for name, told in telling.interfaces.items():
        before, after = (told.covered(side).bit_count() for side in sides)
        enough = all(n >= _COMPARABLE * (end - start) for n, (start, end) in zip((before, after), sides, strict=True))
        rows.append((name, before, after, int(enough), int(enough and name not in blind)))
    kinds = {"place": "str"} | dict.fromkeys(_WATCHED, "int64")
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


def _changes(conversations: ir.Table) -> ir.Table:
    """Return all changes, also those that cannot be compared, in one form."""
    newer = [_new_or_gone(conversations, kind, keys) for kind, keys in _LEVELS.items()]
    return ibis.union(*newer, _rejects(conversations), _volumes(conversations))


def _new_or_gone(conversations: ir.Table, kind: str, keys: tuple[str, ...]) -> ir.Table:
    """Return what of a kind occurs on one side only."""
    sums: dict[str, ir.Value] = {name: _[name].sum().cast("int64") for name in _SUMS}
    sums |= {name: _[name].max() for name in ("before_minutes", "after_minutes", "comparable", "last_before")}
    level = conversations.group_by(*keys).agg(first_after=_.first_after.min(), **sums)
    before, after = level.before_records, level.after_records
    changed = level.filter((before == 0) | (after == 0))
    what = ibis.ifelse(changed.before_records == 0, f"new {kind}", f"gone {kind}")
    return _row(changed, what, size=_volume(changed, "before") + _volume(changed, "after"))


def _rejects(conversations: ir.Table) -> ir.Table:
    """Return the conversations rejected on one side only, counting rejected records."""
    before, after = (conversations[name] for name in _REJECTS)
    rejected = conversations.mutate(
        before_records=before, after_records=after, comparable=conversations.rejects_comparable
    )
    changed = rejected.filter((_.before_records == 0) != (_.after_records == 0))
    what = ibis.ifelse(changed.before_records == 0, "new rejects", "gone rejects")
    return _row(changed, what, size=changed.before_records + changed.after_records)


def _volumes(conversations: ir.Table) -> ir.Table:
    """Return the conversations on both sides whose bytes per covered minute differ notably."""
    both = conversations.filter((_.before_records >= _ENOUGH) & (_.after_records >= _ENOUGH))
    rates = [_volume(both, side) / ibis.greatest(both[f"{side}_minutes"], 1).cast("float64") for side in _SIDES]
    ratio = rates[1] / rates[0].nullif(0)
    more, less = ((rates[n] > 0) & (rates[n] >= _NOTABLE * rates[1 - n]) for n in (1, 0))
    changed = both.mutate(ratio=ratio, what=ibis.ifelse(more, "more", "less")).filter(more | less)
    return _row(changed, changed.what, size=(_volume(changed, "after") - _volume(changed, "before")).abs())


def _volume(table: ir.Table, side: str) -> ir.IntegerValue:
    """Return the bytes of a side; where the log has none, the records stand for them."""
    return ibis.coalesce(table[f"{side}_bytes"], table[f"{side}_records"], ibis.literal(0)).cast("int64")


def _row(changed: ir.Table, what: ir.StringValue, *, size: ir.IntegerValue) -> ir.Table:
    """Return changes in the one form: a conversation's client with its server as peer, else the server."""
    has = set(changed.columns)
    pair = "client" in has
    return changed.select(
        what=what,
        subject=changed.client if pair else changed.server,
        peer=changed.server if pair else ibis.null("string"),
        port=changed.server_port if "server_port" in has else ibis.null("int64"),
        protocol=changed.protocol if "protocol" in has else ibis.null("int64"),
        **{name: changed[name].cast("int64") for name in _SUMS},
        ratio=changed.ratio if "ratio" in has else ibis.null("float64"),
        first_after=changed.first_after,
        last_before=changed.last_before,
        before_minutes=changed.before_minutes,
        after_minutes=changed.after_minutes,
        comparable=changed.comparable == 1,
        size=size.cast("int64"),
    )


def _ranked(changes: ir.Table, top: int) -> pd.DataFrame:
    """Return the first comparable changes: the largest of each kind in turn."""
    comparable = changes.filter(changes.comparable)
    order = [ibis.desc("size"), "subject", "peer", "port", "protocol"]
    largest = [comparable.filter(comparable.what == what).order_by(order).limit(top) for what in _ORDER]
    frame = engine.frame(ibis.union(*largest))
    frame["number"] = frame["what"].map({what: n for n, what in enumerate(_ORDER)})
    frame = frame.sort_values(["number", "size", *order[1:]], ascending=[True, False, *[True] * 4], ignore_index=True)
    frame["place"] = frame.groupby("number").cumcount()
    return frame.sort_values(["place", "number"], ignore_index=True).head(top)


def _named(frame: pd.DataFrame, lengths: tuple[int, int]) -> pd.DataFrame:
    """Return the columns of the answer, saying how far each side was covered."""
    covered = []
    for minutes_of in zip(frame.before_minutes, frame.after_minutes, strict=True):
        sides = zip(_SIDES, minutes_of, lengths, strict=True)
        short = [f"{side} {n:,} of {length:,} min" for side, n, length in sides if n < _WHOLE * length]
        covered.append(", ".join(short) or "both")
    return frame.assign(covered=pd.Series(covered, dtype="str"))[list(_TYPES)].astype(_TYPES)


def _sentence(counts: dict[str, int], left_out: int, unknown: int, time: datetime, drawn: Window) -> str:
    first, end = (f"{datetime.fromtimestamp(minute * MINUTE, UTC):%Y-%m-%d %H:%MZ}" for minute in drawn)
    what = ", ".join(f"{n:,} {kind}" for kind, n in counts.items()) or "nothing"
    parts = [f"What changed at {time:%Y-%m-%d %H:%M:%SZ}, {first} to {end}: {what}."]
    if left_out:
        parts.append(f"Not named: the {left_out:,} lesser ones.")
    if unknown:
        parts.append(f"Not comparable, since not watched on both sides: {unknown:,}.")
    return " ".join(parts)
