"""Conversations that stay open for long."""

from typing import Final

import ibis
import pandas as pd
from ibis import _

from flowkit.analysis.calls import calls
from flowkit.analysis.caption import captioned
from flowkit.analysis.conversing import STATES
from flowkit.analysis.settings import Setting, tuned
from flowkit.analysis.weighing import ranked, rest, typed
from flowkit.flows import Flows

SETTINGS: Final = (
    Setting("least_seconds", 3600, "s", "what people do by hand is over within the hour; RITA's lowest step, too"),
    Setting("most_seconds", 43_200, "s", "from half a day on, length alone says all it can: RITA's highest step"),
)  # fmt: skip
COLUMNS: Final = (
    "client", "server", "client_place", "server_place", "client_port", "server_port", "protocol", "state", "first",
    "last", "seconds", "bytes_to_server", "bytes_to_client", "hosts", "score_long", "score_rare", "score",
)  # fmt: skip
_TOP: Final = 1_000


def long_conversations(flows: Flows, *, top: int = _TOP, **settings: float) -> pd.DataFrame:
    """List conversations that stayed open for long: remote shells, tunnels, and what rightly does.

    Parameters
    ----------
    flows
        Records already scoped.
    top
        How many rows at most, the longest.
    settings
        Any of `SETTINGS`, see `fk.analysis.detector_settings`.

    Returns
    -------
    DataFrame
        The longest first: `client`, `server`, `client_place`, `server_place` (``inside``, ``outside``, ``unknown``),
        `client_port`, `server_port`, `protocol` (IANA number), `state` (see `conversations`), `first`, `last` (UTC),
        `seconds` (s), `bytes_to_server`, `bytes_to_client` (B), `hosts` (count, clients of this server and port),
        `score_long` (its length between the two settings), `score_rare` (1 for one client of it), `score` (their mean),
        0 to 1. ``attrs["left_out"]`` counts what is not shown.

    Raises
    ------
    ScopeError
        If *top* is less than one, or a setting is none.
    MissingFieldError
        If the log has no addresses.

    Notes
    -----
    As long as the log shows it: what was open before it begins or after it ends was longer. Many windows of one
    conversation are one row here, whatever their number.
    """
    flows = flows.at_hand
    tuning = tuned("long_conversations", SETTINGS, settings)
    table = calls(flows).mutate(seconds=_["last"] - _.first)
    service = ["server", "server_port"]
    long = table.filter(_.seconds >= tuning.least_seconds)
    hosts = table.semi_join(long, service).group_by(service).agg(hosts=_.client.nunique())
    long = long.join(hosts, service)
    order = [ibis.desc("seconds"), "first", ibis.desc("bytes_to_server"), "client", "server", "client_port"]
    shown, left_out = ranked(flows, long, top, [*order, "server_port"], "client", "server")
    frame = _scored(shown, tuning.least_seconds, tuning.most_seconds)
    others = rest(left_out, "shorter ones")
    sentence = f"Conversations open for {tuning.least_seconds / 3600:g} h or longer, as far as the log shows{others}."
    return captioned(frame, "long_conversations", flows, sentence, left_out=left_out)


def _scored(shown: pd.DataFrame, least: float, most: float) -> pd.DataFrame:
    share = (shown.seconds - least) / max(most - least, 1)
    long = share.clip(0, 1).astype("float64")
    rare = 1 / shown.hosts.clip(lower=1).astype("float64")
    frame = shown.assign(
        state=shown.state.map(dict(enumerate(STATES))), score_long=long, score_rare=rare, score=(long + rare) / 2
    )
    return typed(frame, COLUMNS).astype({"state": "str"})
