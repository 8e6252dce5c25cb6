"""Attempts to connect: what became of each, told from the records of both ends."""

from collections.abc import Sequence
from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis import pairs, watching
from flowkit.analysis.asked import Asked, Side, understood
from flowkit.analysis.caption import captioned
from flowkit.analysis.outcomes import outcomes
from flowkit.analysis.pairs import CLIENT, SERVER
from flowkit.fields import PROTOCOLS
from flowkit.flows import Flows

QUIET: Final = 130
"""Seconds after which packets on the same tuple are no retry any more: clients retry after 1, 3, 7, … 127 s."""
MOST: Final = 200_000
_FIN, _SYN, _RST = 1, 2, 4
_KEYS: Final = ("client", "server", "client_port", "session")
_COUNTS: Final = ("packets_to_server", "packets_to_client", "bytes_to_server", "bytes_to_client")
COLUMNS: Final = (
    "client", "server", "client_port", "server_port", "protocol", "first", "last", "outcome", "stopped_at", "failed",
    "seen_at_client", "seen_at_server", "answer_at_server", "answer_at_client", *_COUNTS, "reset_by", "idle_before",
    "client_interface", "server_interface", "client_subnet", "server_subnet", "client_zone", "server_zone", "records",
    "flagged",
)  # fmt: skip


def connection_attempts(
    flows: Flows,
    *,
    clients: str | Sequence[str],
    servers: str | Sequence[str],
    port: int | None = None,
    protocol: str | int = "tcp",
) -> pd.DataFrame:
    """Tell of each attempt to connect whether it came about, and where it was stopped if it did not.

    Parameters
    ----------
    flows
        Records already scoped.
    clients, servers
        Addresses, CIDR blocks, interface or instance ids, or names of the inventory; one or several.
    port
        The servers' port; None for protocols without ports.
    protocol
        By name or IANA number.

    Returns
    -------
    DataFrame
        A row per attempt, by time, the first 200,000 (``attrs["left_out"]`` tells of more): `client`, `server`,
        `client_port` (null without ports), `server_port`, `protocol` (IANA number), `first`, `last` (UTC), `outcome`,
        `stopped_at`, `failed` (null where that is not known), `seen_at_client`, `seen_at_server`, `answer_at_server`,
        `answer_at_client` (whether the request or the reply was recorded there; null where that end was not logged),
        `packets_to_server` (count), `packets_to_client` (count), `bytes_to_server` (B), `bytes_to_client` (B; accepted,
        at the interface that saw most), `reset_by` (``client``, ``server``, ""), `idle_before` (s of quiet before what
        was rejected or reset, null without), `client_interface`, `server_interface`, `client_subnet`, `server_subnet`,
        `client_zone`, `server_zone` ("" unknown), `records` (count), `flagged` (whether the log has tcp-flags of it).

    Raises
    ------
    ScopeError
        If an end, the port or the protocol is none, or both ends are the same.
    MissingFieldError
        If the log lacks addresses, ports, the interface, times or the action.

    Notes
    -----
    A SYN with its retries is one attempt; what follows on the same tuple after more than 130 s of quiet, or after a
    close, with a SYN is another. `outcome` is ``established`` (answered, and the answer arrived; without tcp-flags:
    packets both ways), ``refused`` (RST and nothing else; without tcp-flags: replies as few and as small as RSTs are),
    ``reset`` (open, quiet for
    more than 130 s, then reset by the server or rejected: an idle time-out),
    ``rejected`` (a REJECT, `stopped_at` says where: ``source_egress``, ``destination_ingress``,
    ``destination_egress`` or ``source_ingress``, the last two of replies), ``unanswered`` (`stopped_at` is
    ``no_reply``, ``request_lost`` or ``reply_lost``), ``one_way`` (UDP that arrived and was not answered), ``late``
    (rejected after a close or long quiet: no attempt) or ``unknown`` (what decides was not logged).
    """
    asked = understood(flows, clients, servers, port, protocol)
    watches = watching.of(flows, asked)
    frame, left_out = told(flows, asked, *watches)
    sentence = f"Attempts to connect {asked}; a SYN and its retries are one."
    more = f" The first {MOST:,} of them." if left_out else ""
    return captioned(
        frame, "connection_attempts", flows, sentence + more, inventory=True, missing=True, left_out=left_out
    )


def told(flows: Flows, asked: Asked, source: watching.Watch, destination: watching.Watch) -> tuple[pd.DataFrame, bool]:
    """Return the attempts of a question, and whether there are more than `MOST`."""
    found = counted(flows, asked)
    left_out = len(found) > MOST
    found = found.head(MOST)
    judged = outcomes(found, asked.protocol, watching.logged(found, source, destination))
    return _framed(with_places(flows, judged, asked), asked, source, destination), left_out


def _framed(judged: pd.DataFrame, asked: Asked, source: watching.Watch, destination: watching.Watch) -> pd.DataFrame:
    frame = judged.assign(server_port=asked.port, protocol=asked.protocol)
    for name in ("first", "last"):
        frame[name] = pd.to_datetime(frame[name], unit="s", utc=True)
    for column, way, end, watch in (
        ("seen_at_client", "request", CLIENT, source), ("seen_at_server", "request", SERVER, destination),
        ("answer_at_server", "reply", SERVER, destination), ("answer_at_client", "reply", CLIENT, source),
    ):  # fmt: skip
        seen = (frame[f"{way}_accepted_{end}"] + frame[f"{way}_rejected_{end}"]) > 0
        frame[column] = seen.astype("boolean").mask(~seen & watch.dark)
    for column in _COUNTS:
        what, _to, side = column.split("_")
        way = "request" if side == "server" else "reply"
        frame[column] = frame[[f"{way}_{what}_{end}" for end in (CLIENT, SERVER, pairs.BETWEEN)]].max(axis=1)
    frame["reset_by"] = frame.reply_rst.map({True: "server"}).fillna(frame.request_rst.map({True: "client"})).fillna("")
    return frame[list(COLUMNS)].astype({"server_port": "Int64", "client_port": "Int64", "idle_before": "Float64"})


def with_places(flows: Flows, attempts: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    """Add interface, subnet and zone of each end: by the inventory, else by the log."""
    places = _places(flows, asked)
    placed = attempts.copy()
    for end, side in ((CLIENT, asked.source), (SERVER, asked.destination)):
        holder = {address: many[0] for address, many in side.interfaces.items()}
        seen = placed[f"{end}_interface"]
        ids = seen.where(seen.notna(), placed[end].map(holder)).fillna("").astype(str)
        placed[f"{end}_interface"] = ids
        for name, number in (("subnet", 0), ("zone", 1)):
            placed[f"{end}_{name}"] = [places.get(one, ("", ""))[number] for one in ids]
    return placed


def _places(flows: Flows, asked: Asked) -> dict[str, tuple[str, str]]:
    """Return subnet and zone of each interface of a question."""
    snapshot = flows.identities.snapshot
    interfaces = snapshot.interfaces if snapshot else ()
    found = {one.interface_id: (one.subnet_id, one.az_id) for one in interfaces}
    sides: tuple[Side, Side] = (asked.source, asked.destination)
    lacking = [one for side in sides for one in side.interface_ids if one not in found]
    stored = flows.surroundings.stored
    has = [name for name in ("subnet_id", "az_id") if name in stored.columns]
    if lacking and has:
        own = stored.filter(stored.interface_id.isin(lacking))
        rows = engine.frame(own.group_by("interface_id").agg(**{name: own[name].max() for name in has}))
        for row in rows.to_dict("records"):
            found[str(row["interface_id"])] = (str(row.get("subnet_id") or ""), str(row.get("az_id") or ""))
    return found


def sessions(records: ir.Table, protocol: int) -> ir.Table:
    """Add the number of its attempt to each record: a retry belongs to it, what comes after a close does not."""
    tuple_ = ["client", "server", "client_port"]
    order = [_.start, _.to_server.desc(), _.end, _.interface_id, _.rejected, _.packets, _.bytes]
    before = ibis.window(group_by=tuple_, order_by=order, preceding=(None, 1))
    flags = records.tcp_flags.fill_null(0)
    marked = records.mutate(
        quiet=_.start - _.end.max().over(before),
        closed=ibis.ifelse((flags & (_FIN | _RST)) > 0, 1, 0).max().over(before).fill_null(0) == 1,
        opens=(flags & _SYN > 0) & records.to_server,
    )
    flagged = records.tcp_flags.notnull() if protocol == PROTOCOLS["tcp"] else ibis.literal(False)
    fresh = (
        ((marked.quiet > QUIET) & (marked.opens | ~flagged))
        | (marked.opens & marked.closed & (marked.quiet > 1))
        | marked.quiet.isnull()
    )
    upto = ibis.window(group_by=tuple_, order_by=order, preceding=None, following=0)
    numbered = marked.mutate(fresh=ibis.ifelse(fresh, 1, 0)).mutate(session=_.fresh.sum().over(upto))
    within = ibis.window(group_by=[*tuple_, "session"], order_by=order, preceding=None, following=0)
    idle = (numbered.quiet > QUIET) & ~numbered.closed & ~numbered.opens
    return numbered.mutate(
        idle=ibis.ifelse(idle, numbered.quiet, ibis.null("int64")).max().over(within),
        ends_tuple=_.session == _.session.max().over(ibis.window(group_by=tuple_)),
    )


def _counted(numbered: ir.Table) -> ir.Table:
    """Return a row per attempt: records and flags of each way, at each end, accepted and rejected."""
    t = numbered
    flags = t.tcp_flags.fill_null(0)
    measures: dict[str, ir.Value] = {
        "first": t.start.min(), "last": t.end.max(), "records": t.count(), "flagged": t.tcp_flags.notnull().any(),
        "idle_before": t.idle.max(where=_broken(t)), "quiet_before": t.idle.max(where=t.ends_tuple),
        "client_interface": t.interface_id.min(where=t["at"] == CLIENT),
        "server_interface": t.interface_id.min(where=t["at"] == SERVER),
    }  # fmt: skip
    for way, forth in (("request", t.to_server), ("reply", ~t.to_server)):
        for end in (CLIENT, SERVER):
            here = forth & (t["at"] == end)
            for action, cond in (("accepted", ~t.rejected), ("rejected", t.rejected)):
                measures[f"{way}_{action}_{end}"] = t.packets.fill_null(1).sum(where=here & cond).fill_null(0)
        for bit, name in ((_SYN, "syn"), (_RST, "rst"), (_FIN, "fin")):
            measures[f"{way}_{name}"] = ((flags & bit) > 0).any(where=forth & ~t.rejected).fill_null(False)
        measures[f"{way}_rejected_syn"] = ((flags & _SYN) > 0).any(where=forth & t.rejected).fill_null(False)
        for name in ("packets", "bytes"):
            for end in (CLIENT, SERVER, pairs.BETWEEN):
                measures[f"{way}_{name}_{end}"] = t[name].sum(where=forth & ~t.rejected & (t["at"] == end)).fill_null(0)
    return t.group_by(*_KEYS).agg(**measures)


def _broken(numbered: ir.Table) -> ir.BooleanValue:
    """Tell which records end what was open: a reset by the server, or a request that is let through no more."""
    reset = ~numbered.to_server & ((numbered.tcp_flags.fill_null(0) & _RST) > 0)
    return reset | (numbered.to_server & numbered.rejected)


def counted(flows: Flows, asked: Asked) -> pd.DataFrame:
    """Return the attempts as counted, by time; one more than `MOST` where there are more."""
    ends = (asked.source.blocks, asked.destination.blocks)
    found = pairs.records(flows, *ends, asked.port, asked.protocol, asked.held)
    rows = _counted(sessions(found, asked.protocol))
    frame = engine.frame(rows.order_by("first", "client", "client_port", "server").limit(MOST + 1))
    return frame.assign(flagged=frame.flagged.fillna(False).astype(bool))
