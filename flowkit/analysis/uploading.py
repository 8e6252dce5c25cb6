"""Uploads: what a host inside sent to a peer elsewhere, scored against its own past, its like and the whole."""

from types import SimpleNamespace
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis.caption import captioned
from flowkit.analysis.egress import crossing, each_way
from flowkit.analysis.other import checked
from flowkit.analysis.settings import Setting, tuned
from flowkit.analysis.weighing import rest, typed
from flowkit.flows import Flows
from flowkit.keeping import Keep

SETTINGS: Final = (
    Setting("least_bytes", 10 * 2**20, "B", "a day's telemetry and posted forms of one host to one peer stay below"),
    Setting("most_bytes", 10 * 2**30, "B", "from here on size alone says all it can"),
    Setting("ratio", 3, "ratio", "least bytes out to in: calls, meetings and browsing send no more than they get"),
    Setting("slow_hours", 6, "h", "an upload that goes on in so many hours, none with half of it, is a slow one"),
    Setting("slow_share", 0.5, "share", "of the bytes in the busiest hour, at most, for a slow upload"),
    Setting("past_hours", 6, "h", "fewer hours of a host's own make no past"),
    Setting("like_hosts", 5, "count", "fewer hosts make no crowd to compare with"),
    Setting("whole_pairs", 20, "count", "fewer pairs make no distribution"),
    Setting("new_after", 0.25, "share", "of the log's span: a peer that comes later is new"),
    Setting("new_span", 21_600, "s", "a shorter log shows no past in which a peer could have been seen"),
    Setting("weight_asymmetry", 0.25, "weight", "an upload is one-sided"),
    Setting("weight_size", 0.25, "weight", "what left counts, whatever is usual"),
    Setting("weight_whole", 0.15, "weight", "beside all pairs of host and peer"),
    Setting("weight_past", 0.1, "weight", "beside the host's own other hours"),
    Setting("weight_like", 0.05, "weight", "beside hosts of its subnet, or the group chosen"),
    Setting("weight_rare", 0.1, "weight", "few hosts know this peer"),
    Setting("weight_new", 0.1, "weight", "the peer was not seen before"),
)  # fmt: skip
SCORES: Final = ("asymmetry", "size", "whole", "past", "like", "rare", "new")
COLUMNS: Final = (
    "host", "peer", "place", "kind", "port", "protocol", "bytes_out", "bytes_least", "bytes_in", "ratio",
    "bytes_per_conversation", "conversations", "active_hours", "busiest_hour", "first", "last", "hosts",
    *(f"score_{name}" for name in SCORES), "score",
)  # fmt: skip
_TOP: Final = 1_000
_HOUR: Final = 3600
_MOST: Final = 5_000
_HEADERS: Final = 40
"""Bytes of IPv4 and TCP headers of a packet, at least: what left of the payload is less by that."""
_WIDTH: Final = 1.4826
"""Median absolute deviation to standard deviation, of a normal distribution."""
_FLOOR: Final = 0.15
"""Least spread of log10 of bytes: less than a factor of 1.4 is no difference."""
_FAR: Final = 4.0
"""Robust deviations at which a score is 1."""


def uploads(flows: Flows, *, by: str = "subnet", top: int = _TOP, **settings: float) -> pd.DataFrame:
    """Find what hosts inside sent elsewhere, at once or little by little, and how much it stands out.

    Parameters
    ----------
    flows
        Records already scoped.
    by
        Which hosts are alike, for `score_like`: a grouping such as ``subnet``, ``group`` or ``tag:Role``.
    top
        How many rows at most, the highest scores.
    settings
        Any of `SETTINGS`, see `fk.analysis.detector_settings`.

    Returns
    -------
    DataFrame
        A row per host and peer with enough bytes out, far more than in, highest score first: `host` (inside), `peer`,
        `place`, `kind` (``upload`` or ``slow_upload``), `port` (the server's, with most of it), `protocol` (IANA
        number), `bytes_out` (B, counted once), `bytes_least` (B, without headers), `bytes_in` (B), `ratio`,
        `bytes_per_conversation` (B out), `conversations`, `active_hours` (count), `busiest_hour` (share of bytes out),
        `first`, `last` (UTC), `hosts` (count, that talk to this peer); `score_asymmetry`, `score_size`, `score_whole`,
        `score_past`, `score_like`, `score_rare`, `score_new` and `score`, their weighted mean, 0 to 1. A score is null
        where the log is too short or too small to tell, and then does not weigh.

    Raises
    ------
    ScopeError
        If *top* is less than one, a setting is none, or there is no such grouping.
    MissingFieldError
        If the log has no addresses or no bytes.

    Notes
    -----
    Accepted bytes only. Deviations are of the logarithm of bytes, by median and median absolute deviation (Hampel, The
    Influence Curve and Its Role in Robust Estimation, JASA 69, 1974), which work on hours of data and are not moved by
    what is looked for. Uploads through another host inside are the other host's.
    """
    flows = flows.at_hand
    for name in ("srcaddr", "dstaddr", "bytes"):
        flows.field(name, "telling what left")
    tuning = tuned("uploads", SETTINGS, settings)
    hourly = flows.kept("hours of egress", lambda _keep: _hourly(flows), "adding up what left")
    candidates = flows.kept(f"uploads {sorted(settings.items())}", lambda keep: _pairs(hourly, tuning, keep),
                            "adding up what left")  # fmt: skip
    rows = engine.frame(candidates.order_by(ibis.desc("bytes_out"), "first", "own", "other").limit(_MOST))
    frame = _scored(rows, flows, hourly, tuning, by).sort_values(
        ["score", "first", "bytes_out", "own", "other"], ascending=[False, True, False, True, True], ignore_index=True
    )
    shown = _named(flows, frame.head(checked(top)))
    left_out = len(frame) - len(shown)
    sentence = (
        f"Pairs of host and peer with {tuning.least_bytes / 2**20:,.0f} MiB or more out, {tuning.ratio:g} times what "
        f"came in or more{rest(left_out)}; accepted bytes (B), counted once."
    )
    return captioned(shown, "uploads", flows, sentence, inventory=True, ends=("host", "peer"), left_out=left_out)


def _hourly(flows: Flows) -> ir.Table:
    table = crossing(flows)
    table = table.mutate(hour=table.start // _HOUR)
    return table.group_by("own", "other", "place", "hour").agg(
        **each_way(table), conversations=(table.opens > 0).sum(), first=table.start.min(), last=table.end.max()
    )


def _pairs(hourly: ir.Table, tuning: SimpleNamespace, keep: Keep) -> ir.Table:
    names = ("bytes_out", "bytes_in", "packets_out", "conversations")
    pairs = keep(
        hourly.group_by("own", "other", "place").agg(
            **{name: hourly[name].sum().cast("int64") for name in names}, active_hours=hourly.hour.nunique(),
            busiest=hourly.bytes_out.max(), first=hourly.first.min(), last=hourly["last"].max(),
        )
    )  # fmt: skip
    hosts = pairs.group_by("other").agg(hosts=_.own.nunique())
    large = pairs.filter((_.bytes_out >= tuning.least_bytes) & (_.bytes_out >= tuning.ratio * _.bytes_in))
    return large.join(hosts, "other")


def _scored(rows: pd.DataFrame, flows: Flows, hourly: ir.Table, tuning: SimpleNamespace, by: str) -> pd.DataFrame:
    size: pd.Series[float] = pd.Series(np.log10(rows.bytes_out.clip(lower=1).to_numpy(float)), index=rows.index)
    whole = hourly.aggregate(first=_.first.min(), last=_["last"].max(), hosts=_.own.nunique())
    span = engine.frame(whole).iloc[0]
    spanned = float(span["last"] - span["first"]) if len(rows) else 0.0
    new = ((rows["first"] - span["first"]) >= tuning.new_after * spanned).astype(float) if len(rows) else 0.0
    low, high = np.log10(tuning.least_bytes), np.log10(max(tuning.most_bytes, tuning.least_bytes * 2))
    share = (rows.bytes_out - rows.bytes_in) / (rows.bytes_out + rows.bytes_in).clip(lower=1)
    many = int(span["hosts"] or 0)
    scores = {
        "asymmetry": (share / 0.9).clip(0, 1),
        "size": ((size - low) / (high - low)).clip(0, 1),
        "whole": _beside_all(size, hourly, tuning),
        "past": _beside_past(rows, hourly, tuning),
        "like": _beside_like(rows, flows, hourly, tuning, by),
        "rare": 1 - (rows.hosts - 1) / (many - 1) if many > 1 else np.nan,
        "new": new if spanned >= tuning.new_span else np.nan,
    }
    table = pd.DataFrame({f"score_{name}": scores[name] for name in SCORES}, index=rows.index, dtype=float)
    weights = np.array([getattr(tuning, f"weight_{name}") for name in SCORES])
    known = table.notna().to_numpy()
    total = np.where(known, table.fillna(0).to_numpy() * weights, 0).sum(axis=1)
    score = total / np.maximum((known * weights).sum(axis=1), 1e-9)
    busiest = rows.busiest / rows.bytes_out.clip(lower=1)
    slow = (rows.active_hours >= tuning.slow_hours) & (busiest <= tuning.slow_share)
    kind = np.where(slow, "slow_upload", "upload")
    return rows.assign(**table, score=score, kind=kind, busiest_hour=busiest)


def deviations(values: "pd.Series[float]", middle: float, spread: float) -> "pd.Series[float]":
    """Return how far values lie above the middle of others, as a score: 1 at four robust deviations."""
    return ((values - middle) / max(spread * _WIDTH, _FLOOR) / _FAR).clip(0, 1)


def _beside_all(size: "pd.Series[float]", hourly: ir.Table, tuning: SimpleNamespace) -> "pd.Series[float]":
    pairs = hourly.group_by("own", "other").agg(out=_.bytes_out.sum()).filter(_.out > 0).mutate(size=_.out.log10())
    told = engine.frame(pairs.aggregate(n=_.count(), middle=_["size"].quantile(0.5))).iloc[0]
    if told.n < tuning.whole_pairs:
        return size * np.nan
    off = pairs.mutate(off=(pairs["size"] - float(told.middle)).abs())
    spread = float(engine.frame(off.aggregate(spread=_.off.quantile(0.5))).spread[0])
    return deviations(size, float(told.middle), spread)


def _beside_past(rows: pd.DataFrame, hourly: ir.Table, tuning: SimpleNamespace) -> "pd.Series[float]":
    """Compare a pair's busiest hour with the hours of its host in which it was not at work."""
    chosen = hourly.filter(hourly.own.isin(sorted({int(one) for one in rows.own}))) if len(rows) else hourly.limit(0)
    hours = engine.frame(chosen.group_by("own", "hour").agg(out=_.bytes_out.sum()))
    busy = engine.frame(chosen.filter(_.bytes_out > 0).select("own", "other", "hour"))
    found = []
    for own, other, busiest in zip(rows.own, rows.other, rows.busiest, strict=True):
        at_work = set(busy.hour[(busy.own == own) & (busy.other == other)])
        rest = hours[(hours.own == own) & ~hours.hour.isin(at_work) & (hours.out > 0)]
        if len(rest) < tuning.past_hours:
            found.append(np.nan)
            continue
        usual = pd.Series(np.log10(rest.out.to_numpy(float)))
        middle = float(usual.median())
        one = pd.Series([np.log10(max(busiest, 1))])
        found.append(float(deviations(one, middle, float((usual - middle).abs().median()))[0]))
    return pd.Series(found, index=rows.index, dtype=float)


def _beside_like(
    rows: pd.DataFrame, flows: Flows, hourly: ir.Table, tuning: SimpleNamespace, by: str
) -> "pd.Series[float]":
    """Compare a host with those of its group, by all that left."""
    labels = flows.identities.labels(by)
    totals = hourly.group_by("own").agg(out=_.bytes_out.sum()).filter(_.out > 0).join(labels.rename(own="id"), "own")
    frame = engine.frame(totals)
    sizes = pd.Series(np.log10(frame.out.to_numpy(float)), index=frame.own)
    groups = pd.Series(frame.label.fillna("").to_numpy(), index=frame.own)
    found = []
    for own in rows.own:
        alike = sizes[(groups == groups.get(own)) & (sizes.index != own)]
        if len(alike) < tuning.like_hosts - 1:
            found.append(np.nan)
            continue
        middle = float(alike.median())
        spread = float((alike - middle).abs().median())
        found.append(float(deviations(pd.Series([sizes[own]]), middle, spread)[0]))
    return pd.Series(found, index=rows.index, dtype=float)


def _named(flows: Flows, rows: pd.DataFrame) -> pd.DataFrame:
    """Put addresses in the place of numbers, add the port with most bytes, and the columns in order."""
    table = crossing(flows)
    ids = sorted({int(one) for one in rows.other})
    by_port = table.filter(table.left & table.other.isin(ids)) if ids else table.limit(0)
    ports = engine.frame(by_port.group_by("own", "other", "server_port", "protocol").agg(out=_.bytes.sum()))
    most = (
        ports.sort_values(["out", "server_port", "protocol"], ascending=[False, True, True])
        .drop_duplicates(["own", "other"])
        .drop(columns="out")
    )
    frame = rows.merge(most, on=["own", "other"], how="left").rename(columns={"server_port": "port"})
    ends = sorted({*ids, *(int(one) for one in rows.own)})
    labels = flows.identities.labels("address")
    told = engine.frame(labels.filter(labels.id.isin(ends)) if ends else labels.limit(0))
    names = dict(zip(told.id, told.label, strict=True))
    frame["host"], frame["peer"] = frame.own.map(names), frame.other.map(names)
    frame["ratio"] = frame.bytes_out / frame.bytes_in.where(frame.bytes_in > 0)
    frame["bytes_least"] = (frame.bytes_out - _HEADERS * frame.packets_out).clip(lower=0)
    frame["bytes_per_conversation"] = (frame.bytes_out / frame.conversations.clip(lower=1)).round().astype("int64")
    floats = {"protocol": "Int64", "ratio": "Float64", "busiest_hour": "Float64"}
    return typed(frame, COLUMNS).astype(floats)
