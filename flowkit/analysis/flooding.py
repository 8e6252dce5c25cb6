"""Floods: more than a host can serve, sent at it to exhaust it."""

from types import SimpleNamespace
from typing import Final

import numpy as np
import pandas as pd

from flowkit.analysis import flooded
from flowkit.analysis.arriving import MINUTE, arrivals
from flowkit.analysis.calls import INSIDE
from flowkit.analysis.caption import captioned
from flowkit.analysis.other import checked
from flowkit.analysis.settings import Setting, tuned
from flowkit.analysis.weighing import rest
from flowkit.flows import Flows

SETTINGS: Final = (
    Setting("syn_rate", 5, "count/s", "unmet TCP packets per second from which a minute is looked at. A half-open "
            "connection is kept for about 63 s (Linux, five retries), so 5/s already hold 300 places of a backlog, "
            "of which small hosts have 128; the internet's own noise brings 0.05/s, guessing of passwords about 1/s"),
    Setting("udp_rate", 500, "count/s", "unanswered UDP packets per second: 6 Mbit/s of full packets, above what "
            "one-way logging and metrics of a host send"),
    Setting("icmp_rate", 100, "count/s", "ICMP packets per second: monitoring pings a host about once per second"),
    Setting("amplification_rate", 50, "count/s", "answers that nobody asked for, per second, of services that amplify: "
            "none is ordinary, so little is enough"),
    Setting("other_rate", 500, "count/s", "unanswered packets per second of any other protocol; reason as for UDP"),
    Setting("connections_rate", 20, "count/s", "completed TCP connections opened per second by clients that open many: "
            "held for 10 s each, 20/s take 200 workers, as many as servers have by default"),
    Setting("per_source", 10, "count/min", "connections a minute from which a client opens many: people and their "
            "browsers open fewer, so that a crowd is no flood"),
    Setting("times_usual", 5, "ratio", "how many times its usual rate a minute must have: a day's peak is 2 to 4 times "
            "the median"),
    Setting("deviations", 6, "count", "how many deviations (MAD, scaled as a standard deviation) above the median: "
            "3.5 is usual for outliers (Iglewicz and Hoaglin 1993), and rates have long tails"),
    Setting("quiet", 10, "min", "minutes below the floor from which they tell what is usual, where a flood fills most "
            "of the log"),
    Setting("steady", 60, "min", "length of a log without such minutes from which what is constant is a service"),
    Setting("gap", 2, "min", "pause up to which an episode goes on: times of records are off by up to a minute"),
    Setting("scan_ports", 50, "count", "ports in a minute from which few packets to each are a scan"),
    Setting("scan_packets", 4, "count", "packets per port below which it is: a scanner tries a port once or twice"),
    Setting("many_sources", 20, "count", "sources from which it is no scan, and no one sender's service"),
    Setting("unmet_share", 0.3, "share", "of all TCP to the target in an episode, calls or packets, that came to "
            "nothing: on busy sites 0.01 to 0.05 do"),
    Setting("packets_per_answer", 100, "count", "UDP packets that one answer accounts for: QUIC acknowledges each 2 to "
            "10, a receiver of video reports 10 times per second on about 1,000"),
    Setting("answers_per_question", 10, "count", "packets with which a service that amplifies may answer one question"),
    Setting("before", 60, "min", "how long before an episode other clients are counted for comparison"),
    Setting("full_rate", 30, "ratio", "times the floor at which `score_rate` is 1, by its logarithm"),
    Setting("full_rise", 100, "ratio", "times the usual rate at which `score_rise` is 1, by its logarithm"),
    Setting("full_sources", 1000, "count", "sources at which `score_sources` is 1, by its logarithm"),
    Setting("weight_rate", 3, "weight", "of `score_rate`: what exhausts is the rate"),
    Setting("weight_rise", 2, "weight", "of `score_rise`: what is always there is no attack"),
    Setting("weight_failed", 2, "weight", "of `score_failed`: a flood does not want to be served"),
    Setting("weight_sources", 1.5, "weight", "of `score_sources`: many at once are an attack or a crowd"),
    Setting("weight_others", 1, "weight", "of `score_others`: the effect; who bears a flood was flooded all the same"),
)  # fmt: skip
"""What `floods` goes by."""
_SCORES: Final = ("rate", "rise", "failed", "sources", "others")
_TYPES: Final = {
    "target": "str", "target_place": "str", "direction": "str", "kind": "str", "port": "Int64", "protocol": "Int64",
    "sources": "int64", "peer": "object", "packets": "int64", "packets_per_second": "float64",
    "peak_packets_per_second": "float64", "bytes": "Int64", "calls": "int64", "failed_share": "Float64",
    "first": "datetime64[us, UTC]", "last": "datetime64[us, UTC]", "others_before": "Float64",
    "others_during": "Float64", **{f"score_{name}": "Float64" for name in _SCORES}, "score": "float64",
}  # fmt: skip
_SERVED: Final = ("connections", "icmp")
"""Kinds that harm by being served."""
_SERVICES: Final = ("udp", "other")
"""Kinds that may be a service: one-way, and always there."""
_MAD: Final = 1.4826
"""What makes a median absolute deviation comparable to a standard deviation."""
_TOP: Final = 1000


def floods(flows: Flows, *, top: int = _TOP, **settings: float) -> pd.DataFrame:
    """Find floods: an address gets more per second than it is used to, of what comes to nothing or is not asked for.

    Parameters
    ----------
    flows
        Records already scoped; both directions should be in it, else nothing seems answered.
    top
        How many rows at most, the highest scores; ``attrs["left_out"]`` counts the others.
    settings
        What it goes by, each by default with its reason in ``flowkit.analysis.flooding.SETTINGS``.

    Returns
    -------
    DataFrame
        A row per flooded address, kind and episode of minutes in a row, highest score first: `target`, `target_place`
        (``inside``, ``outside``, ``unknown``), `direction` (``outbound`` from inside to elsewhere, else ``inbound``),
        `kind` (``syn``: TCP that came to nothing; ``udp``; ``icmp``; ``amplification``: unasked answers of services
        that answer with more than the question; ``connections``: of clients that open very many; ``other`` protocols),
        `port` (of the service, the one with most packets; of ``amplification`` the reflectors'; null without ports),
        `protocol` (IANA number), `sources` (how many), `peer` (list: up to 20 of them, most packets first),
        `packets` (count, of the flood), `packets_per_second` (count/s, mean of the episode), `peak_packets_per_second`
        (count/s, of its highest minute), `bytes` (B, of the flood; null where not logged), `calls` (conversations of
        the sources with the target), `failed_share` (0 to 1: of those calls what came to nothing; of ``syn`` of all TCP
        to the target, calls or packets, whichever is more), `first`, `last` (UTC: begin of the first and end of the
        last minute), `others_before`, `others_during` (completed calls per minute of other clients with an inside
        target, in the hour before and in the episode; null where unknown), `score_rate`, `score_rise`,
        `score_failed`, `score_sources`, `score_others` (0 to 1, null where unknown: see Notes), `score` (0 to 1, their
        mean by weight).

    Raises
    ------
    ScopeError
        If *top* is less than one, or a setting is unknown or negative.
    MissingFieldError
        If the log has no addresses, protocol, packets or times.

    Notes
    -----
    A record covers its whole window of up to 60 or 600 s. Its packets are spread evenly over the minutes it covers, so
    in logs of 600 s a shorter flood shows as up to ten minutes with a part of its rate. A call counts in the minute
    in which it opened.

    A minute is part of a flood where it exceeds the floor of its kind (``syn_rate`` and so on), and, where it is known
    what is usual for this target, by 5 times its median and 6 deviations (MAD), silent minutes included. Scans
    (many ports, few packets each), what is answered (video calls, downloads by QUIC, resolvers) and clients with few
    connections (crowds) do not count.

    `score_rate` is the peak against the floor, `score_rise` against the usual rate, `score_failed` is `failed_share`
    (null of ``connections`` and ``icmp``, which harm by being served), `score_sources` how many there are (null
    outbound, where one of ours is enough), `score_others` how much of other clients' service was lost.

    Not told from custom: floods of questions that are answered (DNS), many clients with few connections each, slow
    requests that hold connections. Harmless causes: load tests, retries of many clients after their server died,
    one-way video or logging that began. Echo requests and their answers look alike: of ICMP both ways the inside end
    counts as the one that was pinged.

    Sources: RFC 4987 (SYN floods), RFC 4732 (denial of service), CISA TA14-017A (amplification).
    """
    flows = flows.at_hand
    for name in ("srcaddr", "dstaddr", "protocol", "packets", "start", "end"):
        flows.field(name, "finding floods")
    chosen = tuned("floods", SETTINGS, settings)
    checked(top)
    found = _scored(_found(flows, chosen), chosen)
    found = found.sort_values(["score", "first", "target"], ascending=[False, True, True], ignore_index=True)
    shown = found.head(top).astype(_TYPES)[list(_TYPES)]
    sentence = (
        f"{len(shown):,} floods by address, kind and episode{rest(len(found) - len(shown))}; packets counted once."
    )
    return captioned(shown, "floods", flows, sentence, inventory=True, left_out=len(found) - len(shown))


def _found(flows: Flows, chosen: SimpleNamespace) -> pd.DataFrame:
    """Return the episodes with all that is known of them, without scores."""
    empty = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in (_TYPES | {"peak": "float64"}).items()})
    if flows.span is None:
        return empty.assign(usual=pd.Series(dtype="Float64"))
    arrived = arrivals(flows, chosen)
    span = [int(time.timestamp()) // MINUTE for time in flows.span]
    minutes = _hot(flooded.minutes(arrived, chosen), (span[0], span[1] + 1), chosen)
    if minutes.empty:
        return empty.assign(usual=pd.Series(dtype="Float64"))
    return flooded.described(flows, arrived, minutes, span[0], chosen)


def _hot(minutes: pd.DataFrame, span: tuple[int, int], chosen: SimpleNamespace) -> pd.DataFrame:
    """Return the minutes that are part of a flood, with `episode`, `peak` and `usual` (per second, null unknown)."""
    parts = []
    for (kind, _target), rows in minutes.groupby(["kind", "target"], sort=False):
        rate = rows.amount.to_numpy() / MINUTE
        floor = flooded.floor(str(kind), chosen)
        usual, spread = _usual(rate, span[1] - span[0], floor, str(kind), chosen)
        scan = (rows.ports >= chosen.scan_ports) & (rows.packets < chosen.scan_packets * rows.ports)
        high = (rate >= floor) & ~(scan & (rows.sources < chosen.many_sources)).to_numpy()
        if usual is not None:
            high &= (rate >= usual * chosen.times_usual) & (rate >= usual + chosen.deviations * _MAD * spread)
        elif kind == "connections":
            high &= False
        elif span[1] - span[0] >= chosen.steady and kind in _SERVICES:
            high &= (rows.sources >= chosen.many_sources).to_numpy()
        parts.append(rows.assign(rate=rate, usual=np.nan if usual is None else usual)[high])
    hot = pd.concat(parts) if parts else minutes.assign(rate=0.0, usual=np.nan)
    hot = hot.sort_values(["kind", "target", "minute"], ignore_index=True)
    same = (hot.kind == hot.kind.shift()) & (hot.target == hot.target.shift())
    hot["episode"] = (~same | (hot.minute.diff() > chosen.gap + 1)).cumsum()
    return hot


def _usual(
    rate: np.ndarray, minutes: int, floor: float, kind: str, chosen: SimpleNamespace
) -> tuple[float | None, float]:
    """Return median and deviation (MAD) of a target's rate, silent minutes included; None where they are not known.

    Where most minutes exceed the floor, the others tell what is usual; connections are custom then.
    """
    every = np.zeros(max(minutes, len(rate)))
    every[: len(rate)] = rate
    if np.median(every) >= floor and kind != "connections":
        every = every[every < floor]
    if len(every) < chosen.quiet:
        return None, 0.0
    middle = float(np.median(every))
    return middle, float(np.median(np.abs(every - middle)))


def _scored(found: pd.DataFrame, chosen: SimpleNamespace) -> pd.DataFrame:
    """Add the scores, and leave out TCP of which too little came to nothing."""
    found = found[(found.kind != "syn") | (found.failed_share.fillna(0) >= chosen.unmet_share)]
    floors = found.kind.map(lambda kind: flooded.floor(kind, chosen)).astype("float64")
    usual = found.usual.astype("Float64")
    outbound = (found.direction == "outbound") & (found.target_place != INSIDE)
    before, during = found.others_before.astype("Float64"), found.others_during.astype("Float64")
    scores = {
        "rate": _share_of(found.peak / floors, chosen.full_rate).astype("Float64"),
        "rise": _share_of(found.peak / usual.clip(lower=1 / MINUTE), chosen.full_rise).astype("Float64"),
        "failed": found.failed_share.astype("Float64").mask(found.kind.isin(_SERVED)),
        "sources": _share_of(found.sources, chosen.full_sources).astype("Float64").mask(outbound),
        "others": (1 - during / before.mask(before == 0)).clip(0, 1),
    }
    weights = {name: getattr(chosen, f"weight_{name}") * scores[name].notna() for name in _SCORES}
    total = sum(weights.values()).astype("float64")
    score = sum(scores[name].fillna(0).astype("float64") * weights[name] for name in _SCORES) / total.mask(total == 0)
    return found.assign(**{f"score_{name}": value for name, value in scores.items()}, score=score.fillna(0.0))


def _share_of(values: "pd.Series[float]", full: float) -> "pd.Series[float]":
    """Return the logarithm of values as a share of that of *full*, 0 to 1."""
    times = values.astype("float64").clip(1.0, max(full, 1.0))
    return np.log(times) / np.log(full) if full > 1 else (times > 0).astype("float64")
