"""Conversations: both directions of a flow joined, stitched over the log's windows, counted once."""

from typing import Any, Final, Literal

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis.caption import COUNTED, captioned
from flowkit.analysis.other import NOTHING, checked
from flowkit.errors import ScopeError
from flowkit.flows import Flows
from flowkit.keeping import Keep
from flowkit.meaning.counted import SET_ASIDE
from flowkit.meaning.roles import RULES, SYN, SYN_ACK
from flowkit.meaning.stitched import HOW, TCP
from flowkit.meaning.within import CONVERSATION

STATES: Final = ("established", "refused", "reset", "unanswered", "one_way", "continuing")
_ESTABLISHED, _REFUSED, _RESET, _UNANSWERED, _ONE_WAY, _CONTINUING = range(6)
_RST: Final = 4
_SERVICE: Final = ("client", "server", "server_port", "protocol")
_MEASURES: Final = ("bytes_to_server", "bytes_to_client", "packets_to_server", "packets_to_client")
_COUNTS: Final = ("records", "accepted", "rejected")
_AMOUNTS: Final = ("bytes", "packets")
_TOP: Final = 20_000


def conversations(flows: Flows, per: Literal["service", "client_port"] = "service", *, top: int = _TOP) -> pd.DataFrame:
    """Join both directions of each flow, and count what passed each way once.

    Parameters
    ----------
    flows
        Records already scoped.
    per
        ``service``: a row per client, server, server port and protocol, all its client ports together;
        ``client_port``: a row per client port as well.
    top
        How many rows at most, those with most bytes; ``attrs["left_out"]`` counts the others.

    Returns
    -------
    DataFrame
        Most bytes first: `client`, `server` (addresses, packet-level where logged), `server_port`, `protocol`
        (IANA number), with ``per="client_port"`` also `client_port`; `bytes_to_server` (B),
        `bytes_to_client` (B), `packets_to_server` (count), `packets_to_client` (count), counted once;
        `conversations` (count), `records`, `accepted`, `rejected` (count: of every interface in scope, copies
        left out), `first`, `last` (UTC), `state` (of the latest), `opened_by` (the rule that told client
        from server), `opened_by_confidence` (``high``, ``medium``, ``low``), `observed_at` (the interfaces
        counted), `client_vpc`, `server_vpc` (only of an address that several VPCs have). Null is what the
        log does not record; the port of a protocol without ports is 0 or null, as logged.

    Raises
    ------
    ScopeError
        If *per* is neither, or *top* less than one.
    MissingFieldError
        If the log has no addresses.

    Notes
    -----
    States, from the tcp-flags of both ways: ``established`` (a SYN-ACK, or any accepted answer to a SYN;
    without flags, accepted records both ways), ``refused`` (a RST answers the SYN), ``reset`` (a RST
    after both had spoken), ``unanswered`` (a SYN, or without flags any TCP, without an accepted answer; what
    was asked was rejected, or the answer was), ``one_way`` (seen in one direction only, without a SYN; or from
    the server only), ``continuing`` (both ways, opened before the log begins). Without tcp-flags a refusal
    looks like an answer.
    A conversation ends where a new SYN follows, or after a silence longer than the aggregation interval
    and 60 s; TCP whose flags are logged only ends by a new SYN.
    """
    flows = flows.at_hand
    if per not in ("service", "client_port"):
        raise ScopeError(f"per is 'service' or 'client_port', not {per!r}.")
    keys = list(_SERVICE) if per == "service" else [*_SERVICE[:2], "client_port", *_SERVICE[2:]]
    name = f"{max(checked(top), _TOP)} conversations per {per}"
    kept = flows.kept(name, lambda keep: _most(flows, keys, max(top, _TOP), keep), "joining conversations")
    shown = engine.frame(_named(flows, kept.filter(_.place < top)).order_by("place"))
    left_out = int(shown.rows.max()) - len(shown) if len(shown) else 0
    frame = _described(shown, keys)
    rest = f"; {left_out:,} with fewer bytes are not shown" if left_out else ""
    unit = "client, server, server port and protocol" if per == "service" else "client and server port each"
    sentence = f"{len(frame):,} rows, one per {unit}{rest}; bytes (B) {COUNTED['once']}."
    return captioned(frame, "conversations", flows, sentence, per=per, left_out=left_out)


def events(flows: Flows, *, top: int = _TOP) -> pd.DataFrame:
    """List conversations by the time they opened: what detectors of regularity look at.

    A record is one window of a conversation, so records are regular whatever the traffic does. An
    event is a new conversation: a fresh client port, a SYN, or traffic after a silence longer than the
    aggregation interval and 60 s.

    Parameters
    ----------
    flows
        Records already scoped.
    top
        How many at most, the first; ``attrs["left_out"]`` counts the others.

    Returns
    -------
    DataFrame
        In the order of time: `first`, `last` (UTC), `client`, `client_port`, `server`, `server_port`, `protocol`
        (IANA number), `opened` (``fresh_port``, ``syn``, ``gap``; ``continued`` where the scope cuts off its
        beginning), `state` (see `conversations`), `bytes_to_server` (B), `bytes_to_client` (B),
        `packets_to_server` (count), `packets_to_client` (count), `records`, `accepted`, `rejected` (count).

    Raises
    ------
    ScopeError
        If *top* is less than one.
    MissingFieldError
        If the log has no addresses.
    """
    flows = flows.at_hand
    found = flows.kept(
        f"{max(checked(top), _TOP)} events",
        lambda keep: _numbered(keep(event_table(flows)), ["first", *CONVERSATION], max(top, _TOP)),
        "joining conversations",
    )
    shown = engine.frame(_named(flows, found.filter(_.place < top)).order_by("place"))
    left_out = int(shown.rows.max()) - len(shown) if len(shown) else 0
    shown["opened"] = shown.pop("opens").map(dict(enumerate(HOW)))
    shown["state"] = shown["state"].map(dict(enumerate(STATES)))
    columns = ["first", "last", *CONVERSATION[:5], "opened", "state", *_MEASURES, *_COUNTS]
    frame = _times(shown)[columns]
    rest = f"; {left_out:,} later ones are not shown" if left_out else ""
    sentence = f"{len(frame):,} conversations by the time they opened{rest}; bytes (B) {COUNTED['once']}."
    return captioned(frame, "events", flows, sentence, left_out=left_out)


def event_table(flows: Flows) -> ir.Table:
    """Return a row per conversation: its key, what passed, `state` (number of `STATES`), `opens` (number of `HOW`)."""
    return _events(_seen(flows))


def _seen(flows: Flows) -> ir.Table:
    """Return the facts of conversations: all but copies and repeats; the amounts of what does not count are 0."""
    seen = flows.facts.filter(_.preference < SET_ASIDE)
    amounts = {name: ibis.ifelse(seen.counts, seen[name].fill_null(0), 0) for name in _AMOUNTS if name in flows.fields}
    return seen.mutate(**amounts)


def _events(seen: ir.Table) -> ir.Table:
    seen = seen.mutate(signs=_signs(seen))
    grouped = seen.group_by(CONVERSATION).agg(**_passed(seen))
    return grouped.mutate(state=_state(grouped)).drop("signs")


def _passed(seen: ir.Table) -> dict[str, ir.Value]:
    """Return what to sum: each way what counts, and of all that was seen when, how often and where."""
    there, back = seen.to_server, ~seen.to_server
    ways = {"to_server": there, "to_client": back}
    return {
        **{
            f"{name}_{way}": ibis.ifelse(went, seen[name], seen[name] * 0).sum().cast("int64")
            for name in _AMOUNTS
            for way, went in ways.items()
        },
        "records": seen.count(),
        "accepted": (~seen.rejected).cast("int64").sum().cast("int64"),
        "rejected": seen.rejected.cast("int64").sum().cast("int64"),
        "first": seen.start.min(),
        "last": seen.end.max(),
        "opens": seen.opens.max(),
        "opened_by": seen.opened_by.min(),
        "signs": seen.signs.bit_or(),
    }


_ASKED, _ANSWERED, _PASSED, _SYN_SENT, _RST_SENT, _ACKED, _RST_CAME, _ANSWER_STOPPED, _FLAGGED, _REPLY_STOPPED = (
    1 << n for n in range(10)
)


def _signs(seen: ir.Table) -> ir.IntegerValue:
    """Return what a record tells of the state of its conversation, as bits."""
    accepted = ~seen.rejected.fill_null(False)
    flags, there, back = seen.tcp_flags.fill_null(0), seen.to_server, ~seen.to_server
    is_syn_ack, is_rst = (flags & SYN_ACK) == SYN_ACK, (flags & _RST) != 0
    told = (
        (there, _ASKED), (back & accepted, _ANSWERED), (accepted, _PASSED), (there & ((flags & SYN) != 0), _SYN_SENT),
        (there & is_rst, _RST_SENT), (back & accepted & is_syn_ack, _ACKED), (back & accepted & is_rst, _RST_CAME),
        (back & ~accepted & is_syn_ack, _ANSWER_STOPPED), (seen.tcp_flags >= 0, _FLAGGED),
        (back & ~accepted, _REPLY_STOPPED),
    )  # fmt: skip
    return sum((ibis.ifelse(sign, bit, 0) for sign, bit in told), ibis.literal(0)).cast("int32")


def _state(seen: ir.Table) -> ir.IntegerValue:
    """Tell the state; the rules stand in the notes of `conversations`."""

    def has(sign: int) -> ir.BooleanValue:
        return (seen.signs & sign) != 0

    is_tcp = seen.protocol == TCP
    flagged = is_tcp & has(_FLAGGED)
    answered = has(_ANSWERED) & ~has(_ANSWER_STOPPED)
    reset = has(_RST_CAME) | has(_RST_SENT)
    acked = has(_ACKED) & ~has(_ANSWER_STOPPED)
    return ibis.cases(
        (~has(_ASKED), _ONE_WAY),
        (flagged & acked & reset, _RESET),
        (flagged & acked, _ESTABLISHED),
        (flagged & has(_SYN_SENT) & answered & has(_RST_CAME), _REFUSED),
        (flagged & has(_SYN_SENT) & answered, _ESTABLISHED),
        (flagged & has(_SYN_SENT), _UNANSWERED),
        (flagged & answered & reset, _RESET),
        (flagged & answered, _CONTINUING),
        (answered, _ESTABLISHED),
        (~has(_PASSED) | (is_tcp & ~flagged) | has(_REPLY_STOPPED), _UNANSWERED),
        else_=_ONE_WAY,
    ).cast("int8")


def _most(flows: Flows, keys: list[str], most: int, keep: Keep) -> ir.Table:
    """Return the first *most* rows by bytes, each with its `place` and the interfaces counted.

    Two steps: what ranks the rows is little and quick to add up; the rest is worked out of those shown only.
    """
    seen = _seen(flows)
    ranked = keep(seen.group_by(keys).agg(total=seen.bytes.sum().fill_null(0).cast("int64"), records=seen.count()))
    order = [ibis.desc("total"), ibis.desc("records"), *keys]
    first = keep(_numbered(ranked, order, most).drop("total", "records"))
    shown = keep(seen.join(first.select("place", *keys), keys).select(*_NEEDED))
    return _grouped(shown, keys).join(first, keys).left_join(_observed_at(flows, shown), "place").drop("place_right")


_NEEDED: Final = (
    "place", *CONVERSATION, "to_server", "rejected", "tcp_flags", "start", "end", "opens", "opened_by", *_AMOUNTS,
    "counts", "observer",
)  # fmt: skip


def _grouped(seen: ir.Table, keys: list[str]) -> ir.Table:
    """Return a row per *keys*; `state` is that of the latest conversation."""
    found = _events(seen)
    sums = {name: found[name].sum().cast("int64") for name in (*_MEASURES, *_COUNTS)}
    latest = (found["last"].fill_null(0) * len(STATES) + found.state).max()
    grouped = found.group_by(keys).agg(
        conversations=found.count(), first=found.first.min(), last=found["last"].max(), latest=latest,
        opened_by=found.opened_by.min(), **sums,
    )  # fmt: skip
    return grouped.mutate(state=grouped.latest % len(STATES)).drop("latest")


def _numbered(whole: ir.Table, order: list[Any], most: int) -> ir.Table:
    """Return the first *most* rows, numbered by *order* in `place`; `rows` is how many there are."""
    rows = int(engine.frame(whole.aggregate(n=_.count())).n[0])
    first = whole.order_by(order).limit(most)
    place = ibis.row_number().over(ibis.window(order_by=order))
    return first.mutate(place=place, rows=ibis.literal(rows, "int64"))


def _named(flows: Flows, table: ir.Table) -> ir.Table:
    """Put addresses in the place of their numbers, and null in that of a missing port."""
    keys = [name for name in CONVERSATION if name in table.columns]
    for end in ("client", "server"):
        named = flows.ends.addresses.select(**{end: "id", f"{end}_address": "address", f"{end}_vpc": "vpc_id"})
        table = table.join(named, end).drop(end).rename(**{end: f"{end}_address"})
    ports = {name: table[name].nullif(-1) for name in keys if name.endswith("_port") or name == "protocol"}
    return table.mutate(**ports)


def _observed_at(flows: Flows, shown: ir.Table) -> ir.Table:
    """Return the interfaces counted, as text, by the place of the row that they belong to."""
    pairs = shown.filter(_.counts).select("place", "observer").distinct()
    named = pairs.join(flows.ends.observers.select(observer="id", at="observer"), "observer").select("place", "at")
    return named.distinct().group_by("place").agg(observed_at=_["at"].collect().sort().join(", "))


def _described(shown: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Put words in the place of the remaining numbers, and the columns in order."""
    shown["observed_at"] = shown.observed_at.fillna(NOTHING)
    rule, confidence = ({n: r[part] for n, r in enumerate(RULES)} for part in (0, 1))
    shown["opened_by_confidence"] = shown["opened_by"].map(confidence)
    shown["opened_by"] = shown["opened_by"].map(rule)
    shown["state"] = shown["state"].map(dict(enumerate(STATES)))
    order = [*keys, *_MEASURES, "conversations", *_COUNTS, "first", "last", "state"]
    more = ["opened_by", "opened_by_confidence", "observed_at", "client_vpc", "server_vpc"]
    return _times(shown)[order + more]


def _times(shown: pd.DataFrame) -> pd.DataFrame:
    return shown.assign(**{name: pd.to_datetime(shown[name], unit="s", utc=True) for name in ("first", "last")})
