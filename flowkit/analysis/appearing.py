"""Who was first seen when: pairs of host and peer that have no past in the log."""

from typing import Final

import ibis
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis.calls import outward
from flowkit.analysis.caption import captioned
from flowkit.analysis.settings import Setting, tuned
from flowkit.analysis.weighing import ranked, rest, typed
from flowkit.flows import Flows

SETTINGS: Final = (
    Setting("history", 86_400, "s", "a day: a shorter past does not show what a host does once a day"),
    Setting("answered", 1, "count", "of calls that came about: an attempt alone is no new acquaintance"),
)  # fmt: skip
COLUMNS: Final = (
    "host", "peer", "place", "port", "protocol", "first", "last", "history", "calls", "answered", "bytes_out",
    "bytes_in", "hosts", "score_new", "score_rare", "score",
)  # fmt: skip
_TOP: Final = 1_000


def first_seen(flows: Flows, *, top: int = _TOP, **settings: float) -> pd.DataFrame:
    """Say when each host inside first talked to each peer elsewhere, and how rare the peer is among hosts.

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
        A row per host, peer, port and protocol, the newest and rarest first: `host` (inside), `peer`, `place`, `port`,
        `protocol` (IANA number), `first`, `last` (UTC), `history` (s of log before `first`), `calls`, `answered`
        (count), `bytes_out`, `bytes_in` (B), `hosts` (count, that talk to this peer), `score_new` (1 after the history
        that is asked for; null where the whole log is shorter), `score_rare` (1 for one host of many; null where one
        host alone is logged), `score` (their mean, null without either), 0 to 1.

    Raises
    ------
    ScopeError
        If *top* is less than one, or a setting is none.
    MissingFieldError
        If the log has no addresses.

    Notes
    -----
    First seen in this log, in this scope: what was before it is not known. Where the log is shorter than `history`,
    nothing is called new.
    """
    flows = flows.at_hand
    tuning = tuned("first_seen", SETTINGS, settings)
    table = outward(flows)
    whole = engine.frame(table.aggregate(first=_.first.min(), last=_["last"].max(), hosts=_.host.nunique())).iloc[0]
    begun = int(whole["first"]) if pd.notna(whole["first"]) else 0
    long_enough = pd.notna(whole["last"]) and whole["last"] - begun >= tuning.history
    hosts = table.group_by("peer").agg(hosts=_.host.nunique())
    came = ((table.accepted > 0) & (table.packets_to_client > 0)).cast("int64").sum()
    grouped = table.group_by("host", "peer", "place", "server_port", "protocol").agg(
        first=_.first.min(), last=_["last"].max(), calls=_.count(), answered=came.cast("int64"),
        bytes_out=_.bytes_to_server.sum(), bytes_in=_.bytes_to_client.sum(),
    )  # fmt: skip
    rows = grouped.filter(_.answered >= tuning.answered).join(hosts, "peer").mutate(history=_.first - begun)
    nothing = ibis.null("float64")
    new = ibis.least(rows.history / max(tuning.history, 1), 1.0) if long_enough else nothing
    many = int(whole["hosts"] or 0)
    rare = 1 - (rows.hosts - 1) / (many - 1) if many > 1 else nothing
    known = [one for one, there in ((new, long_enough), (rare, many > 1)) if there]
    score = sum(known, ibis.literal(0.0)) / max(len(known), 1) if known else nothing
    scored = rows.mutate(score_new=new, score_rare=rare, score=score).rename(port="server_port")
    order = [ibis.desc(_.score.fill_null(0.0)), ibis.desc("first"), ibis.desc("bytes_out"), "host", "peer", "port"]
    shown, left_out = ranked(flows, scored, top, [*order, "protocol"], "host", "peer")
    short = (
        "" if long_enough else f" The log is shorter than {tuning.history / 3600:g} h: nothing in it can be called new."
    )
    sentence = f"Pairs of host and peer by when they first talked in this log{rest(left_out)}.{short}"
    return captioned(
        typed(shown, COLUMNS), "first_seen", flows, sentence, inventory=True, ends=("host", "peer"), left_out=left_out
    )
