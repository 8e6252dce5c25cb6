"""Guessed passwords: bursts of like, short conversations of one client with one service."""

from types import SimpleNamespace
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit.analysis.calls import calls, failed, median_of
from flowkit.analysis.caption import captioned
from flowkit.analysis.settings import Setting, tuned
from flowkit.analysis.weighing import between, grown, mixed, ranked, rest
from flowkit.flows import Flows
from flowkit.keeping import Keep

SETTINGS: Final[tuple[Setting, ...]] = (
    Setting("attempts", 10, "count", "fewest attempts of a burst: a person who mistypes gives up sooner; sshd ends a "
            "connection after six"),
    Setting("pace", 3, "per min", "least pace of a burst: a person types no faster"),
    Setting("pause", 600, "s", "a burst ends: tools that wait so as not to be locked out wait minutes"),
    Setting("packets", 4, "count", "least packets each way of an attempt: both must speak after the handshake"),
    Setting("small", 20_000, "B", "most bytes each way of an attempt: logins take 0.3 kB (FTP) to some kB (SSH, RDP)"),
    Setting("short", 120, "s", "longest attempt: sshd's LoginGraceTime, by which it must have logged in"),
    Setting("unlike", 0.1, "share", "largest median deviation from the median of bytes, each way: what a refused login "
            "says is always the same, save for the length of a name or a packet more to acknowledge it"),
    Setting("lopsided", 0.2, "share", "least ratio of bytes between the ways: a login is a dialogue; of pages, queries "
            "and uploads one way has most"),
    Setting("even", 0.5, "share", "ratio of bytes between the ways from which on score_balance is 1"),
    Setting("many", 50, "count", "attempts from which on more add nothing: the shortest lists of passwords"),
    Setting("fast", 60, "per min", "pace from which on more adds nothing: one attempt a second, when a refusal takes "
            "two and tools ask several times at once"),
    Setting("at_once", 1, "s", "an attempt that begins this soon after the end of those before follows at once; starts "
            "are whole seconds"),
    Setting("by_chance", 0.5, "share", "of attempts that follow at once: score_busy is 0; polls and beacons wait"),
    Setting("steady", 0.9, "share", "of the log's minutes: who calls in so many of them uses the service, unless the "
            "log is short"),
    Setting("history", 3600, "s", "a log shorter than this does not tell a burst from what goes on all the time"),
    Setting("unknown", 0.5, "score", "of score_burst and score_unusual where the log does not tell"),
    Setting("larger", 2, "times", "an attempt's bytes: from here on it is a conversation of another shape"),
    Setting("longer", 5, "times", "an attempt's length, and no fewer bytes: from here on it is one of another shape"),
    Setting("longer_s", 60, "s", "least length of a conversation that is of another shape by its length"),
    Setting("weight_attempts", 0.1, "weight", "the number required makes most of it"),
    Setting("weight_pace", 0.15, "weight", "people and polls are slower, but so are careful tools"),
    Setting("weight_like", 0.15, "weight", "most of it is required already"),
    Setting("weight_balance", 0.1, "weight", "likewise: dialogue, not download"),
    Setting("weight_busy", 0.2, "weight", "a tool asks again as soon as it is refused; who polls waits"),
    Setting("weight_burst", 0.2, "weight", "what goes on all the log long is a check, a poll or a database's client"),
    Setting("weight_unusual", 0.1, "weight", "what others do as often is the service's use; mostly unknown"),
)  # fmt: skip
COLUMNS: Final = (
    "attacker", "attacker_place", "target", "target_place", "port", "protocol", "attempts", "attempts_per_minute",
    "bytes_per_attempt", "first", "last", "access_after", "access_at", "access_bytes", "score_attempts", "score_pace",
    "score_like", "score_balance", "score_busy", "score_burst", "score_unusual", "score",
)  # fmt: skip
_TOP: Final = 1000
_SERVICE: Final = ("server", "server_port", "protocol")
_PAIR: Final = ("client", *_SERVICE)
_BURST: Final = (*_PAIR, "burst")
_MINUTE: Final = 60


def brute_force(flows: Flows, *, top: int = _TOP, **settings: float) -> pd.DataFrame:
    """Find bursts of like, short dialogues of one client with one service: passwords being guessed, on any port.

    Parameters
    ----------
    flows
        Records already scoped.
    top
        How many bursts at most, the highest scores; ``attrs["left_out"]`` counts the others.
    settings
        Any of `SETTINGS` of this module, by name; each tells its unit and why it is so by default.

    Returns
    -------
    DataFrame
        Highest score first, a row per burst: `attacker` (address), `attacker_place`, `target` (address),
        `target_place`, `port`, `protocol` (IANA number), `attempts` (count), `attempts_per_minute` (of at least one
        minute), `bytes_per_attempt` (B, median, both ways), `first`, `last` (UTC), `access_after` (whether since the
        burst began the same client had a conversation of another shape with the service: far more bytes, or far
        longer), `access_at` (UTC, the first of those; null without), `access_bytes` (B, of it, both ways; null
        without), `score_attempts` (by logarithm), `score_pace`, `score_like` (likeness of bytes each way),
        `score_balance` (of bytes between the ways), `score_busy` (share that follows at once), `score_burst` (share of
        the log's minutes without such calls of this client), `score_unusual` (how much more the client calls than
        others of the service), `score` (weighted mean), each 0 to 1.

    Raises
    ------
    ScopeError
        If *top* is less than one, or a setting is none.
    MissingFieldError
        If the log has no addresses.

    Notes
    -----
    An attempt was answered and is small and short, with packets of data both ways; what is refused is none, so a log of
    rejected records only has none. It needs bytes and packets.
    Limits: guesses slower than the pause are not joined; guesses that share a connection, or each take one packet
    (Kerberos, SNMP), are not seen; a web login whose page is large looks like browsing; an attack as long as the log
    looks like use. Where the log is shorter than an hour, or a job runs for part of it only, a client that connects
    for each of many like queries looks like guesses. Several targets or attackers are as many rows. A successful guess
    that ends at once looks like the others: without `access_after` there may have been access.
    """
    flows = flows.at_hand
    go_by = tuned("brute_force", SETTINGS, settings)
    found = flows.kept(f"bursts {vars(go_by)}", lambda keep: _bursts(flows, go_by, keep), "looking for guesses")
    table = found.rename(attacker="client", attacker_place="client_place", target="server", target_place="server_place")
    table = table.mutate(port=table.server_port.nullif(-1))
    order = [ibis.desc("score"), "first", ibis.desc("attempts"), "attacker", "target", "port"]
    frame, left_out = ranked(flows, table, top, order, "attacker", "target")
    frame["access_at"] = pd.to_datetime(frame.access_at, unit="s", utc=True)
    frame = frame.astype({"port": "Int64", "access_bytes": "Int64", "access_after": "bool"})
    accessed = int(frame.access_after.sum())
    sentence = (
        f"{len(frame):,} bursts of at least {go_by.attempts:g} like dialogues with one service{rest(left_out)}; "
        f"{accessed:,} with a conversation of another shape since."
    )
    return captioned(frame[[*COLUMNS]], "brute_force", flows, sentence, inventory=True, left_out=left_out)


def _bursts(flows: Flows, go_by: SimpleNamespace, keep: Keep) -> ir.Table:
    """Return the bursts that may be guesses, with their scores and what came after."""
    table = calls(flows)
    dialogues = keep(_attempts(table, go_by))
    numbered = keep(_by_pause(dialogues, go_by.pause))
    found = _measured(numbered, go_by.at_once)
    minutes = ibis.greatest(found.ended - found.first, _MINUTE) / _MINUTE
    found = found.mutate(attempts_per_minute=found.attempts / minutes)
    found = found.filter((_.attempts >= go_by.attempts) & (_.attempts_per_minute >= go_by.pace))
    found = keep(_with_likeness(found, numbered))
    low, high = (choose(found.bytes_there, found.bytes_back) for choose in (ibis.least, ibis.greatest))
    alike = (found.off_there <= go_by.unlike) & (found.off_back <= go_by.unlike)
    found = found.mutate(ratio=low / high).filter(alike & (low >= go_by.lopsided * high))
    found = keep(_with_habits(found, dialogues, table))
    found = found.filter((_.span < go_by.history) | (_.active < go_by.steady))
    return _with_access(found.mutate(**mixed(_scores(found, go_by), go_by)), table, go_by)


def _attempts(table: ir.Table, go_by: SimpleNamespace) -> ir.Table:
    spoken = (table.packets_to_server >= go_by.packets) & (table.packets_to_client >= go_by.packets)
    small = (table.bytes_to_server <= go_by.small) & (table.bytes_to_client <= go_by.small)
    seen = (table.bytes_to_server > 0) & (table.bytes_to_client > 0)
    short = (table["last"] - table.first) <= go_by.short
    return table.filter(spoken & small & seen & short & ~failed(table))


def _by_pause(table: ir.Table, pause: float) -> ir.Table:
    """Add `burst`, a number within each client and service, and `since`, how long nothing was going on (s)."""
    keys = [table[name] for name in _PAIR]
    order = [table.first, table.client_port, table.event]
    gap = table.first - table.first.lag().over(ibis.window(group_by=keys, order_by=order))
    before: Any = ibis.window(group_by=keys, order_by=order, rows=(None, -1))
    since = table.first - table["last"].max().over(before)
    table = table.mutate(fresh=(gap > pause).fill_null(False).cast("int64"), since=since)
    keys, order = [table[name] for name in _PAIR], [table.first, table.client_port, table.event]
    whole: Any = ibis.window(group_by=keys, order_by=order, rows=(None, 0))
    return table.mutate(burst=table.fresh.sum().over(whole).cast("int64"))


def _measured(numbered: ir.Table, at_once: float) -> ir.Table:
    follows = (numbered.since <= at_once).cast("float64")
    return numbered.group_by(*_BURST, "client_place", "server_place").agg(
        attempts=_.count(), first=_.first.min(), last=_["last"].max(), ended=_.first.max(),
        bytes_there=median_of(numbered.bytes_to_server), bytes_back=median_of(numbered.bytes_to_client),
        bytes_per_attempt=median_of(numbered.bytes_to_server + numbered.bytes_to_client),
        seconds=median_of(numbered["last"] - numbered.first), follow=follows.mean(),
    )  # fmt: skip


def _with_likeness(found: ir.Table, numbered: ir.Table) -> ir.Table:
    """Add how far the attempts' bytes lie off their medians each way: `off_there`, `off_back` (share of these)."""
    medians = found.select(*_BURST, "bytes_there", "bytes_back")
    each = numbered.join(medians, _BURST).select(
        *_BURST, "bytes_to_server", "bytes_to_client", "bytes_there", "bytes_back"
    )
    off_there = (each.bytes_to_server - each.bytes_there).abs() / each.bytes_there
    off_back = (each.bytes_to_client - each.bytes_back).abs() / each.bytes_back
    off = each.group_by(_BURST).agg(off_there=median_of(off_there), off_back=median_of(off_back))
    return found.join(off, _BURST).select(*found.columns, "off_there", "off_back")


def _with_habits(found: ir.Table, dialogues: ir.Table, table: ir.Table) -> ir.Table:
    """Add what is usual: `active` (share of the log's minutes with such calls), `span` (s, of the log), `others`.

    `number` is how many such calls the client had with the service, `others` the median of all other clients.
    """
    span = table.aggregate(span=table["last"].max() - table.first.min())
    each = dialogues.group_by(*_PAIR).agg(active=(_.first // _MINUTE).nunique(), number=_.count())
    pairs = found.select(*_PAIR).distinct()
    other = pairs.join(each.rename(other="client"), _SERVICE).filter(_.client != _.other)
    usual = other.group_by(_PAIR).agg(others=median_of(other.number))
    more = each.left_join(usual, _PAIR).select(*_PAIR, "active", "number", "others")
    joined = found.join(more, _PAIR).select(*found.columns, "active", "number", "others")
    joined = joined.cross_join(span)
    return joined.mutate(active=between(joined.active * _MINUTE / ibis.greatest(joined.span, _MINUTE), 0, 1))


def _scores(found: ir.Table, go_by: SimpleNamespace) -> dict[str, ir.NumericValue]:
    quiet = 1 - found.active
    short = found.span < go_by.history
    likeness = 1 - (found.off_there + found.off_back) / ((2 * go_by.unlike) or 1)
    return {
        "attempts": grown(found.attempts + 1, 1, go_by.many + 1),
        "pace": between(found.attempts_per_minute, go_by.pace, go_by.fast),
        "like": between(likeness, 0, 1),
        "balance": between(found.ratio, 0, go_by.even),
        "busy": between(found.follow, go_by.by_chance, 1),
        "burst": ibis.ifelse(short, ibis.greatest(quiet, go_by.unknown), quiet),
        "unusual": ibis.ifelse(
            found.others.isnull(), float(go_by.unknown), 1 - between(found.others / found.number, 0, 1)
        ),
    }


def _with_access(found: ir.Table, table: ir.Table, go_by: SimpleNamespace) -> ir.Table:
    """Add the first conversation of another shape since the burst began, of the same client with the same service."""
    table = table.filter(~failed(table)).select(
        *_PAIR, begun="first", lasted=table["last"] - table.first, size=table.bytes_to_server + table.bytes_to_client
    )
    each = found.select(*_BURST, "first", "bytes_per_attempt", "seconds").join(table, _PAIR)
    much = each["size"] >= go_by.larger * each.bytes_per_attempt
    long = (each.lasted >= ibis.greatest(go_by.longer * each.seconds, go_by.longer_s)) & (
        each["size"] >= each.bytes_per_attempt
    )
    each = each.filter((each.begun >= each.first) & (much | long))
    by_time = ibis.window(group_by=[each[name] for name in _BURST], order_by=[each.begun, ibis.desc(each["size"])])
    first = each.mutate(nth=ibis.row_number().over(by_time)).filter(_.nth == 0)
    first = first.select(*_BURST, access_at="begun", access_bytes="size")
    joined = found.left_join(first, _BURST).select(*found.columns, "access_at", "access_bytes")
    return joined.mutate(access_after=joined.access_at.notnull())
