"""Lateral movement: from host to host inside, over ports by which hosts are administered, where nobody went before."""

from types import SimpleNamespace
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis.calls import INSIDE, calls, failed, named
from flowkit.analysis.caption import captioned
from flowkit.analysis.other import checked
from flowkit.analysis.probing import empty
from flowkit.analysis.settings import Setting, tuned
from flowkit.analysis.weighing import between, grown, rest
from flowkit.flows import Flows
from flowkit.meaning.stitched import TCP

ADMIN_PORTS: Final = {
    22: "SSH", 23: "Telnet", 135: "RPC (WMI, DCOM)", 445: "SMB", 3389: "RDP", 5900: "VNC", 5985: "WinRM",
    5986: "WinRM over TLS",
}  # fmt: skip
"""TCP ports by which a host is told what to do: those of the remote services of MITRE ATT&CK T1021."""
SETTINGS: Final[tuple[Setting, ...]] = (
    Setting("settling", 300, "s", "what is seen this soon after the log begins was there before: regular pairs talk "
            "every few minutes"),
    Setting("bare", 80, "B", "largest mean packet without data: an IPv6 and a TCP header with options (40 + 40); a "
            "conversation without data moved nobody"),
    Setting("common", 5, "count", "clients of a service from which on it is everybody's, as of a domain's controller"),
    Setting("common_share", 0.5, "share", "of the hosts inside: likewise, in a small network; at least two clients"),
    Setting("within", 86_400, "s", "a hop belongs to the one before it: intruders move on within hours, seldom a day"),
    Setting("half_new", 3600, "s", "log before a hop at which score_new is a half: an hour shows most regular pairs, a "
            "day (0.96) those that are daily"),
    Setting("little", 10_000, "B", "of a hop, score_data 0: a login and its refusal"),
    Setting("much", 1_000_000, "B", "score_data 1: a tool copied or a session worked in"),
    Setting("weight_rare", 0.2, "weight", "required in part already"),
    Setting("weight_new", 0.25, "weight", "without history everything is new"),
    Setting("weight_spread", 0.4, "weight", "one new pair happens every day; going on from host to host does not"),
    Setting("weight_data", 0.15, "weight", "little suffices to run a command"),
)  # fmt: skip
_TOP: Final = 1000
_NAMES: Final = ("rare", "new", "spread", "data")
_COLUMNS: Final = {
    "origin": "str", "hops": "object", "steps": "object", "ports": "object", "hosts": "int64", "depth": "int64",
    "calls": "int64", "bytes": "int64", "first": "datetime64[us, UTC]", "last": "datetime64[us, UTC]",
    "history": "int64", "score_rare": "float64", "score_new": "float64", "score_spread": "float64",
    "score_data": "float64", "score": "float64",
}  # fmt: skip


def lateral_movement(flows: Flows, *, top: int = _TOP, **settings: float) -> pd.DataFrame:
    """Find hosts from which somebody moved on inside: conversations on administration ports between new pairs.

    Parameters
    ----------
    flows
        Records already scoped.
    top
        How many rows at most, the highest scores; ``attrs["left_out"]`` counts the others.
    settings
        Any of `SETTINGS` of this module, by name; each tells its unit and why it is so by default.

    Returns
    -------
    DataFrame
        Highest score first, a row per origin and campaign: `origin` (address from which it began), `hops` (list of the
        addresses moved to, in the order of time), `steps` (list of text, who went where over which ports, likewise),
        `ports` (list, server ports), `hosts` (count, moved to), `depth` (count of hops of the longest chain), `calls`
        (count), `bytes` (B, both ways), `first`, `last` (UTC), `history` (s, of the log before the first hop),
        `score_rare` (few clients of the services used), `score_new` (how much log went before without the pairs),
        `score_spread` (hosts moved to and depth; 0 for a single hop), `score_data` (most bytes of a hop, by logarithm),
        `score` (weighted mean), each 0 to 1.

    Raises
    ------
    ScopeError
        If *top* is less than one, or a setting is none.
    MissingFieldError
        If the log has no addresses.

    Notes
    -----
    A hop is a pair of hosts inside that passed data over one of `ADMIN_PORTS`, first seen after the log had settled,
    with a service that few use. B to C follows A to B if it began later, and within a day; the origin is where no
    earlier hop led. It needs bytes.
    Limits: both ends must be known as inside: in the log of one host alone hardly any are, until ``inside=`` of
    `enriched` says so. A move by a pair that talked before, or to a service that many use, is not seen. Who
    administers many hosts for good reasons (a bastion, a configuration manager, a backup) looks the same when first
    seen: give a longer log, or set it aside by its address.
    Source: MITRE ATT&CK, T1021 "Remote Services".
    """
    flows = flows.at_hand
    go_by = tuned("lateral_movement", SETTINGS, settings)
    hops = _chained(engine.frame(_hops(flows, go_by)), go_by.within)
    found = _campaigns(hops, go_by)
    ordered = found.sort_values(["score", "first", "origin"], ascending=[False, True, True], ignore_index=True)
    frame = ordered.head(checked(top))
    left_out = len(ordered) - len(frame)
    sentence = (
        f"{len(frame):,} hosts from which others inside were first reached over administration ports "
        f"({', '.join(map(str, ADMIN_PORTS))}){rest(left_out)}."
    )
    return captioned(frame, "lateral_movement", flows, sentence, inventory=True, left_out=left_out)


def _hops(flows: Flows, go_by: SimpleNamespace) -> ir.Table:
    """Return the new pairs over administration ports that few use, a row per port, with their scores."""
    table = calls(flows)
    begun = table.aggregate(begun=table.first.min())
    own = table.filter((_.client_place == INSIDE) & (_.server_place == INSIDE) & (_.client != _.server))
    over = own.filter((_.protocol == TCP) & _.server_port.isin([*ADMIN_PORTS]))
    used = over.filter(~failed(over) & ~empty(over, go_by.bare) & (_.bytes_to_client > 0) & (_.bytes_to_server > 0))
    pairs = used.group_by("client", "server", "server_port").agg(
        calls=_.count(), first=_.first.min(), last=_["last"].max(),
        bytes=(_.bytes_to_server + _.bytes_to_client).sum().cast("int64"),
    )  # fmt: skip
    services = pairs.group_by("server", "server_port").agg(clients=_.client.nunique())
    joined = pairs.join(services, ["server", "server_port"]).select(*pairs.columns, "clients").cross_join(begun)
    common = max(2.0, min(go_by.common, go_by.common_share * _hosts_inside(table)))
    history = joined.first - joined.begun
    new = history / (history + (go_by.half_new or 1))
    scored = joined.mutate(
        history=history, new=new.cast("float64"), rare=between(joined.clients, common, 1),
        data=grown(joined.bytes, go_by.little, go_by.much),
    )  # fmt: skip
    found = scored.filter((_.clients < common) & (_.history >= go_by.settling)).drop("begun", "clients")
    found = found.mutate(client_id=found.client, server_id=found.server)
    return named(flows, found, "client", "server").order_by("first", "client", "server", "server_port")


def _hosts_inside(table: ir.Table) -> int:
    ends = [table.filter(table[f"{end}_place"] == INSIDE).select(host=end) for end in ("client", "server")]
    return int(engine.frame(ibis.union(*ends, distinct=True).aggregate(n=_.count())).n[0])


def _chained(hops: pd.DataFrame, within: float) -> pd.DataFrame:
    """Add where each hop began: `origin`, `origin_id`, and `depth`, from 1: the hops before it and itself."""
    hops = hops.assign(number=np.arange(len(hops)))
    pairs = hops.groupby(["client_id", "server_id"], as_index=False).agg(
        first=("first", "min"), number=("number", "min")
    )
    pairs = pairs.sort_values(["first", "number"], ignore_index=True)
    before = pairs[["server_id", "first"]].assign(parent=pairs.index)
    joined = pd.merge_asof(
        pairs, before, on="first", left_by="client_id", right_by="server_id", suffixes=("", "_before"),
        allow_exact_matches=False, tolerance=int(within),
    )  # fmt: skip
    own = np.arange(len(pairs))
    leads = joined.parent.notna().to_numpy()
    parent, depth = np.where(leads, joined.parent.fillna(0), own).astype(int), leads.astype(int)
    for _step in range(len(pairs).bit_length()):  # each step doubles how far back it looks
        depth, parent = depth + depth[parent], parent[parent]
    names = hops.drop_duplicates("client_id").set_index("client_id").client
    origin_id = pairs.client_id.to_numpy()[parent]
    pairs = pairs.assign(origin_id=origin_id, origin=names.reindex(origin_id).to_numpy(), depth=depth + 1)
    return hops.merge(pairs[["client_id", "server_id", "origin_id", "origin", "depth"]], on=["client_id", "server_id"])


def _campaigns(hops: pd.DataFrame, go_by: SimpleNamespace) -> pd.DataFrame:
    """Return a row per origin and campaign, with its scores."""
    hops = hops[hops.server_id != hops.origin_id].sort_values(["origin_id", "first", "number"], ignore_index=True)
    fresh = hops.groupby("origin_id")["first"].diff() > go_by.within
    hops["campaign"] = fresh.groupby(hops.origin_id).cumsum().astype("int64")
    hops["step"] = hops.client + " > " + hops.server + ":" + hops.server_port.astype("str")
    grouped = hops.groupby(["origin_id", "campaign"], sort=False)
    found = grouped.agg(
        origin=("origin", "first"), hosts=("server_id", "nunique"), depth=("depth", "max"), calls=("calls", "sum"),
        bytes=("bytes", "sum"), first=("first", "min"), last=("last", "max"), history=("history", "min"),
        hops=("server", _once), steps=("step", _once), ports=("server_port", _once), score_rare=("rare", "mean"),
        score_new=("new", "mean"), score_data=("data", "max"),
    )  # fmt: skip
    found["score_spread"] = 1 - 1 / (found.hosts + found.depth - 1)
    weights = {name: getattr(go_by, f"weight_{name}") for name in _NAMES}
    total = sum(weights.values()) or 1
    found["score"] = sum(found[f"score_{name}"] * weight / total for name, weight in weights.items())
    for name in ("first", "last"):
        found[name] = pd.to_datetime(found[name], unit="s", utc=True)
    return found.reset_index(drop=True)[[*_COLUMNS]].astype(_COLUMNS)


def _once(values: "pd.Series[Any]") -> list[Any]:
    return list(dict.fromkeys(values.tolist()))
