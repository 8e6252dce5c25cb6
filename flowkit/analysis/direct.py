"""Who inside opens conversations to outside, by which way, and where to: what egress rules are held against."""

from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis import recognising
from flowkit.analysis.calls import INSIDE, calls
from flowkit.analysis.caption import captioned
from flowkit.analysis.offering import OUTSIDE, accepted, added_up, answered
from flowkit.analysis.weighing import ranked, rest, typed
from flowkit.flows import Flows
from flowkit.keeping import Keep
from flowkit.wording import several

_TOP: Final = 1000
_COLUMNS: Final = (
    "host", "server_port", "protocol", "service", "reason", "peer", "peers", "path", "via", "conversations",
    "established", "bytes_out", "bytes_in", "first", "last",
)  # fmt: skip
_KEYS: Final = ("host", "server_port", "protocol", "service")
TRANSLATED, OWN, UNKNOWN = "translated", "public address", "unknown"


def direct_egress(flows: Flows, *, top: int = _TOP) -> pd.DataFrame:
    """List conversations that inside hosts opened to outside: a row per host, port and AWS service.

    Narrow the flows, or the rows, to the hosts that must not: ``flows.narrow(subnet_id=...)``.

    Parameters
    ----------
    flows
        Records already scoped.
    top
        How many rows at most, the first; ``attrs["left_out"]`` counts the others.

    Returns
    -------
    DataFrame
        Most bytes out first: `host` (address, inside), `server_port`, `protocol` (IANA number), `service` (the AWS
        service that all peers of the row are addresses of; "" for anybody else's), `reason` (why the peer is a known
        one, such as an AWS service or NTP; "" where nothing is known), `peer` (address, outside; the one with most
        bytes), `peers` (count), `path` (``translated``: the host's packets passed another interface under its address,
        as at a NAT gateway; ``public address``: the host has one itself; ``unknown``), `via` (that interface, with its
        name where there is a snapshot; "" else), `conversations` (count, accepted), `established` (count, of those:
        both ends spoke), `bytes_out` (B), `bytes_in` (B), `first`, `last` (UTC).

    Raises
    ------
    ScopeError
        If *top* is less than one.
    MissingFieldError
        If the log has no addresses.

    Notes
    -----
    Accepted conversations that the inside end opened, counted once between the true ends. A translation is seen only
    where packet addresses are logged at the interface that translates; the public address of an interface only in a
    snapshot, or where the host's own address is public, as with IPv6. A reason is known of the row's first peer; whose
    data lies in an AWS service cannot be told from an address. What goes through a proxy inside is the proxy's.
    """
    flows = flows.at_hand
    table = flows.kept("direct egress", lambda keep: _by_host(flows, keep), "looking for egress")
    order = [ibis.desc("bytes_to_server"), ibis.desc("conversations"), "first", "server_port", "protocol", "host"]
    numbered, left_out = ranked(flows, table.mutate(number=table.host), top, [*order, "service"], "host", "peer")
    frame = numbered.rename(columns={"bytes_to_server": "bytes_out", "bytes_to_client": "bytes_in"})
    about = frame.rename(columns={"server_port": "port", "conversations": "calls"}).assign(place=OUTSIDE)
    frame["reason"] = recognising.reasons(flows, about.assign(packets_out=about.packets_to_server))
    frame = _with_paths(flows, frame)
    shown = typed(frame, _COLUMNS).astype(dict.fromkeys(("service", "reason", "path", "via"), "str"))
    others = int((shown.service == "").sum())
    sentence = (
        f"{several(shown.host.nunique(), 'host')} inside opened conversations to outside, {others:,} of the "
        f"{several(len(shown), 'row')} to addresses that are no AWS service's{rest(left_out, 'with fewer bytes')}."
    )
    return captioned(shown, "direct_egress", flows, sentence, inventory=True, left_out=left_out)


def _outward(flows: Flows) -> ir.Table:
    return calls(flows).filter(accepted, _.client_place == INSIDE, _.server_place == OUTSIDE)


def _by_host(flows: Flows, keep: Keep) -> ir.Table:
    services = flows.identities.labels("service").rename(server="id", named="label")
    places = flows.identities.labels("place").rename(server="id", at="label")
    services = services.join(places, "server")  # what no service has bears its place instead
    services = services.mutate(service=ibis.ifelse(_.named == _.at, "", _.named)).select("server", "service")
    table = _outward(flows).join(services, "server")
    return added_up(table.mutate(host=table.client, peer=table.server, held=answered(table)), _KEYS, keep)


def _with_paths(flows: Flows, frame: pd.DataFrame) -> pd.DataFrame:
    """Add by which way each host left."""
    translated = _translations(flows, frame)
    known = flows.identities.table
    snapshot = flows.identities.snapshot
    public = {one.interface_id for one in (snapshot.interfaces if snapshot else ()) if one.public_addresses}
    own = known.kind.eq("public") | known.interface_id.isin(public)
    open_hosts = set(known.index[own])
    via = frame.number.map(translated).fillna("")
    path = pd.Series(UNKNOWN, index=frame.index).mask(frame.number.isin(open_hosts), OWN).mask(via != "", TRANSLATED)
    return frame.assign(path=path, via=via)


def _translations(flows: Flows, frame: pd.DataFrame) -> dict[int, str]:
    """Return, by the host's number, the interface that its packets passed under another address than either end's."""
    hosts = sorted({int(one) for one in frame.number})
    if not hosts:
        return {}
    outside = flows.identities.labels("place").filter(_.label == OUTSIDE)
    between = (_.srcaddr != _.client) | (_.dstaddr != _.server)
    facts = flows.facts.filter(_.to_server, between, _.client.isin(hosts))
    seen = facts.semi_join(outside.rename(server="id"), "server").select("client", "observer").distinct()
    observers = flows.ends.observers.select(observer="id", interface="observer")
    rows = engine.frame(seen.join(observers, "observer").select("client", "interface").distinct())
    snapshot = flows.identities.snapshot
    names = {one.interface_id: one.name for one in (snapshot.interfaces if snapshot else ())}
    said = rows.interface.map(lambda one: " ".join(filter(None, (one, names.get(one, "")))))
    return dict(said.groupby(rows.client).agg(lambda each: ", ".join(sorted(set(each)))))
