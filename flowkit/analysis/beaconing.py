"""Calls home: conversations that one host opens with another at regular intervals."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine, keeping
from flowkit.analysis.calls import failed, outward
from flowkit.analysis.caption import captioned
from flowkit.analysis.settings import Setting, tuned
from flowkit.analysis.weighing import ranked, rest, typed, unit
from flowkit.flows import Flows
from flowkit.keeping import Keep
from flowkit.meaning.stitched import SLACK

SETTINGS: Final = (
    Setting("fewest_calls", 8, "count", "seven gaps: with fewer, independent calls seem regular too often"),
    Setting("together", 10, "s", "calls this close may be one call home that opens several connections; both readings "
            "are tried, and the more regular is taken"),
    Setting("near", 0.5, "share", "gaps within this share of their median count as near: call-home tools offer jitter "
            "of up to one half"),
    Setting("regular", 0.5, "score", "least score_regular of a beacon: of 3,000 simulated series of 8 independent "
            "calls 7 reach it, of 16 calls 1; with 30 % jitter 8 calls do in 99 %"),
    Setting("blocked", 0.9, "share", "of calls that came to nothing: from here on it is present, but blocked"),
    Setting("lasting", 3600, "s", "an open conversation this long may hide calls inside it: it cannot be told"),
    Setting("weight_regular", 0.5, "weight", "what the name means"),
    Setting("weight_size", 0.15, "weight", "calls with nothing to say are of like size; busy ones are not"),
    Setting("weight_persistent", 0.2, "weight", "a call home goes on for as long as the host runs"),
    Setting("weight_rare", 0.15, "weight", "what most hosts call is rather the network's own"),
)  # fmt: skip
COLUMNS: Final = (
    "host", "peer", "place", "port", "protocol", "kind", "why", "calls", "interval", "jitter", "failed", "bytes_out",
    "bytes_in", "first", "last", "hosts", "score_regular", "score_size", "score_persistent", "score_rare", "score",
)  # fmt: skip
_KEYS: Final = ("host", "peer", "place", "server_port", "protocol")
_TIES: Final = ("first", ibis.desc("bytes_out"), "host", "peer", "port", "protocol")
_TOP: Final = 1_000
_PART: Final = 1_000_000
"""Seconds with calls that are timed at once: some 400 MB, for their medians are taken in memory."""
_MEMORYLESS_SPREAD: Final = 0.694
"""Median absolute deviation over median of exponential gaps, which independent calls have: 0.4812 / 0.6931."""
_MEMORYLESS_NEAR: Final = 0.354
"""Share of exponential gaps within one half of their median: 2 ** -0.5 - 2 ** -1.5."""
_CONFIDENT: Final = 1.96
_RESOLUTION: Final = 1.0
"""Of a record's start (s): gaps between whole seconds spread by half of it though the calls be a clock's."""


def beacons(flows: Flows, *, top: int = _TOP, **settings: float) -> pd.DataFrame:
    """Find what hosts inside call at regular intervals elsewhere: new conversations, never records.

    Parameters
    ----------
    flows
        Records already scoped.
    top
        How many rows at most, the highest scores.
    settings
        Any of `SETTINGS`, see `fk.analysis.detector_settings`.

    Returns
    -------
    DataFrame
        A row per host, peer, port and protocol that called often enough, highest score first: `host` (inside), `peer`,
        `place` (the peer's: ``outside`` or ``unknown``), `port`, `protocol` (IANA number), `kind` (``beacon``,
        ``blocked_beacon``: present, but its calls came to nothing; ``cannot_tell``; ``irregular``), `why`,
        `calls` (count), `interval` (s, median), `jitter` (share of the interval, half-width), `failed` (count),
        `bytes_out`, `bytes_in` (B), `first`, `last` (UTC), `hosts` (count, that call this peer and port),
        `score_regular` (how much nearer their median gaps lie than those of independent calls, in spread and in the
        lower bound of the share of near ones), `score_size` (likeness of bytes sent), `score_persistent` (of the log's
        span in which it called without a break), `score_rare` (1 for one host among many; null where one host alone is
        logged), `score` (weighted mean), each 0 to 1.

    Raises
    ------
    ScopeError
        If *top* is less than one, or a setting is none.
    MissingFieldError
        If the log has no addresses.

    Notes
    -----
    Each gap is from the start of one conversation to that of the next; conversations on fresh client ports keep their
    own start in windows of any length. On a reused tuple a call is only seen after a silence longer than the window and
    60 s: what is closer together is one conversation here, and said to be ``cannot_tell`` if it lasts.
    Independent calls (a Poisson process) score 0 on average, a clock 1, uniform jitter of 30 % some 0.8. Gaps follow
    RITA (Active Countermeasures) in using robust statistics of times and sizes, without its histogram over records.
    Where an interface logged one public peer only and no direction, which end is ours cannot be told: the client is
    taken to be.
    Few calls lower the score: the share of near gaps counts by the lower end of its Wilson interval (1927).
    """
    flows = flows.at_hand
    tuning = tuned("beacons", SETTINGS, settings)
    kept = flows.kept(f"beacons {sorted(settings.items())}", lambda keep: _scored(flows, tuning, keep), "timing calls")
    rows, left_out = ranked(flows, kept, top, [ibis.desc("score"), *_TIES], "host", "peer")
    frame = pd.concat([rows, _open(flows, tuning, top)], ignore_index=True) if top > len(rows) else rows
    frame = _judged(frame, tuning)
    sentence = f"Pairs of host and peer that called {tuning.fewest_calls:.0f} times or more{rest(left_out)}."
    return captioned(frame, "beacons", flows, sentence, inventory=True, ends=("host", "peer"), left_out=left_out)


def _times(flows: Flows, tuning: SimpleNamespace, keep: Keep) -> ir.Table:
    """Return a row per second in which a pair that called often enough called."""
    begun = outward(flows).filter(_.opens > 0)
    many = begun.group_by(_KEYS).agg(n=_.count()).filter(_.n >= tuning.fewest_calls).drop("n")
    often = begun.semi_join(many, _KEYS)
    once = keep(
        often.group_by(*_KEYS, "first").agg(
            out=often.bytes_to_server.sum(), back=often.bytes_to_client.sum(), failed=failed(often).sum(),
            calls=often.count(), last=often["last"].max(),
        )
    )  # fmt: skip
    apart = once.group_by(_KEYS).agg(n=_.count()).filter(_.n >= tuning.fewest_calls).drop("n")
    return keep(once.semi_join(apart, _KEYS))


def _scored(flows: Flows, tuning: SimpleNamespace, keep: Keep) -> ir.Table:
    once = _times(flows, tuning, keep)
    told = ibis.union(*_readings(once, flows, tuning, keep))
    scored = _with_scores(told, flows, tuning)
    best = ibis.row_number().over(ibis.window(group_by=_KEYS, order_by=[ibis.desc("score"), "apart"]))
    chosen = scored.mutate(best=best).filter(_.best == 0).drop("best", "apart")
    return chosen.rename(port="server_port")


def _readings(once: ir.Table, flows: Flows, tuning: SimpleNamespace, keep: Keep) -> list[ir.Table]:
    """Return rows per pair and reading, of so many pairs at a time as the embedded engine's memory holds.

    It takes medians in memory; others share them among their workers.
    """
    connection = flows.origin.connection
    calls = 0 if connection is None else int(engine.frame(once.aggregate(n=_.count())).n[0])
    parts = max(1, -(-calls // _PART))
    sums = []
    for number in range(parts):
        with keeping.meanwhile(connection) as keep_part:
            pair = once.host.cast("int64") + 31 * once.peer.cast("int64")  # their numbers have 32 bits
            part = once.filter(pair % parts == number)
            beats = [_beats(part, apart, keep_part) for apart in (0.0, tuning.together)]
            sums.append(keep(_summed(keep_part(ibis.union(*beats)), tuning)))
    return sums


def _beats(once: ir.Table, apart: float, keep: Keep) -> ir.Table:
    """Return the calls with the gap before each; those less than *apart* s after another are one call with it."""
    w = ibis.window(group_by=_KEYS, order_by="first")
    lagged = once.mutate(gap=once.first - once.first.lag().over(w))
    if not apart:
        return lagged.mutate(apart=ibis.literal(0.0, "float64"))
    marked = lagged.mutate(begins=(lagged.gap.isnull() | (lagged.gap > apart)).cast("int64"))
    numbered = keep(
        marked.mutate(beat=marked.begins.sum().over(ibis.cumulative_window(group_by=_KEYS, order_by="first")))
    )
    beats = numbered.group_by(*_KEYS, "beat").agg(
        first=_.first.min(), out=_.out.sum(), back=_.back.sum(), failed=_.failed.sum(), calls=_.calls.sum(),
        last=_["last"].max(),
    )  # fmt: skip
    beats = beats.mutate(gap=beats.first - beats.first.lag().over(w), apart=ibis.literal(apart, "float64"))
    return beats.select(*lagged.columns, "apart")


def _summed(every: ir.Table, tuning: SimpleNamespace) -> ir.Table:
    keys = [*_KEYS, "apart"]
    middle = every.group_by(keys).agg(median=_.gap.quantile(0.5), usual=_.out.quantile(0.5))
    joined = every.join(middle, keys)
    apart = (joined.gap - joined["median"]).abs()
    deviating = joined.mutate(off=apart, near=(apart <= tuning.near * joined["median"]).cast("int64"),
                              other=(joined.out - joined.usual).abs())  # fmt: skip
    return deviating.group_by(keys).agg(
        calls=_.calls.sum(), beats=_.count(), interval=_["median"].max(), usual=_.usual.max(),
        spread=_.off.quantile(0.5), near=_.near.sum(), size_spread=_.other.quantile(0.5), failed=_.failed.sum(),
        bytes_out=_.out.sum(), bytes_in=_.back.sum(), first=_.first.min(), last=_["last"].max(),
        latest=_.first.max(),
    ).filter(_.beats >= tuning.fewest_calls)  # fmt: skip


def _with_scores(told: ir.Table, flows: Flows, tuning: SimpleNamespace) -> ir.Table:
    hosts = outward(flows).group_by("peer", "server_port").agg(hosts=_.host.nunique())
    told = told.join(hosts, ["peer", "server_port"])
    every = engine.frame(outward(flows).aggregate(hosts=_.host.nunique(), first=_.first.min(), last=_["last"].max()))
    many = int(every.hosts[0] or 0)
    span = max(float((every["last"] - every["first"]).fillna(0)[0]), 1.0)
    n, interval = (told.beats - 1).cast("float64"), ibis.greatest(told.interval, 1.0)
    blurred = ibis.greatest(told.spread - _RESOLUTION / 2, 0.0)
    spread = unit(1 - blurred / interval / _MEMORYLESS_SPREAD)
    near = unit((_at_least(told.near / n, n) - _MEMORYLESS_NEAR) / (1 - _MEMORYLESS_NEAR))
    during = (told.latest - told.first).cast("float64")
    unbroken = unit(n * interval / ibis.greatest(during, 1.0))
    scores = {
        "score_regular": (spread + near) / 2,
        "score_size": unit(1 - told.size_spread / ibis.greatest(told.usual, 1.0)),
        "score_persistent": unit(during / span) * unbroken,
        "score_rare": unit(1 - (told.hosts - 1) / (many - 1)) if many > 1 else ibis.null("float64"),
    }
    weights = {name: getattr(tuning, f"weight_{name.removeprefix('score_')}") for name in scores}
    used = {name: weight for name, weight in weights.items() if many > 1 or name != "score_rare"}
    total = sum((scores[name] * weight for name, weight in used.items()), ibis.literal(0.0))
    jitter = ibis.least(2 * blurred / interval, 1.0)
    return told.mutate(**scores, score=total / max(sum(used.values()), 1e-9), jitter=jitter).drop(
        "spread", "near", "size_spread", "usual", "beats", "latest"
    )


def _at_least(share: ir.NumericValue, n: ir.NumericValue) -> ir.NumericValue:
    """Return the lower end of the Wilson interval of a share of *n*, at 95 %."""
    z2 = _CONFIDENT**2
    middle = share + z2 / (2 * n)
    return (middle - _CONFIDENT * (share * (1 - share) / n + z2 / (4 * n * n)).sqrt()) / (1 + z2 / n)


def _open(flows: Flows, tuning: SimpleNamespace, top: int) -> pd.DataFrame:
    """Return pairs that called too seldom to be timed and kept a conversation open for long."""
    table = outward(flows)
    longest = (table["last"] - table.first).max()
    grouped = table.group_by(_KEYS).agg(
        calls=_.count(), failed=failed(table).sum(), bytes_out=_.bytes_to_server.sum(),
        bytes_in=_.bytes_to_client.sum(), first=_.first.min(), last=_["last"].max(), longest=longest,
    )  # fmt: skip
    found = grouped.filter((_.calls < tuning.fewest_calls) & (_.longest >= tuning.lasting))
    rows, _left_out = ranked(
        flows, found.rename(port="server_port"), top, [ibis.desc("longest"), *_TIES], "host", "peer"
    )
    return rows.assign(kind="cannot_tell")


def _judged(rows: pd.DataFrame, tuning: SimpleNamespace) -> pd.DataFrame:
    frame = rows.reindex(columns=[*COLUMNS, "longest"])
    open_ = frame.kind.eq("cannot_tell")
    sure = frame.score_regular >= tuning.regular
    blocked = frame.failed >= tuning.blocked * frame.calls
    frame["kind"] = "irregular"
    frame.loc[sure.fillna(False), "kind"] = "beacon"
    frame.loc[(sure & blocked).fillna(False), "kind"] = "blocked_beacon"
    frame.loc[open_, "kind"] = "cannot_tell"
    frame["why"] = [_why(row) for row in frame.to_dict("records")]
    counts = dict.fromkeys(("protocol", "calls", "failed", "hosts", "bytes_out", "bytes_in"), "Int64")
    other = {"interval": "Float64", "jitter": "Float64"} | dict.fromkeys(("host", "peer", "place"), "str")
    return typed(frame, COLUMNS).astype(counts | other)


def _why(row: Mapping[Any, Any]) -> str:
    if row["kind"] == "cannot_tell":
        return (
            f"one conversation stayed open for {row['longest'] / 3600:.1f} h: regular calls inside it, closer together "
            f"than the log's window and {SLACK} s, would not be seen"
        )
    return {
        "beacon": "regular", "blocked_beacon": "regular, and what it asks comes to nothing",
    }.get(str(row["kind"]), "no more regular than independent calls, or hardly")  # fmt: skip
