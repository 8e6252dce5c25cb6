"""Administration from outside: who reaches ports by which hosts, clusters and databases are told what to do."""

from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit.analysis.calls import INSIDE, calls
from flowkit.analysis.caption import captioned
from flowkit.analysis.lateral import ADMIN_PORTS
from flowkit.analysis.offering import OUTSIDE, TCP, UDP, accepted, added_up, answered
from flowkit.analysis.ruling import conversation_rules
from flowkit.analysis.rulings import ADMITTED
from flowkit.analysis.weighing import ranked, rest, typed
from flowkit.flows import Flows
from flowkit.keeping import Keep
from flowkit.wording import several

_TOP: Final = 1000
_MOST_RULED: Final = 200
"""Servers whose rules are asked for, the first: each is a question to the engine and the rule book."""
_COLUMNS: Final = (
    "server", "server_port", "protocol", "service", "kind", "client", "clients", "conversations", "established",
    "bytes_to_server", "bytes_to_client", "rule", "first", "last",
)  # fmt: skip
_REMOTE, _CONTROL, _DATA = "remote access", "control plane", "database"
ADMINISTRATION: Final = (
    *((port, TCP, name, _REMOTE) for port, name in ADMIN_PORTS.items()),
    (512, TCP, "rexec", _REMOTE), (513, TCP, "rlogin", _REMOTE), (514, TCP, "rsh", _REMOTE),
    (623, UDP, "IPMI", _REMOTE), (3389, UDP, "RDP", _REMOTE), (5901, TCP, "VNC", _REMOTE),
    (2375, TCP, "Docker", _CONTROL), (2376, TCP, "Docker over TLS", _CONTROL), (2379, TCP, "etcd", _CONTROL),
    (2380, TCP, "etcd peers", _CONTROL), (6443, TCP, "Kubernetes API", _CONTROL), (8200, TCP, "Vault", _CONTROL),
    (10250, TCP, "kubelet", _CONTROL), (1433, TCP, "SQL Server", _DATA), (1521, TCP, "Oracle", _DATA),
    (3306, TCP, "MySQL", _DATA), (5432, TCP, "PostgreSQL", _DATA), (6379, TCP, "Redis", _DATA),
    (9042, TCP, "Cassandra", _DATA), (9200, TCP, "Elasticsearch", _DATA), (11211, TCP, "memcached", _DATA),
    (27017, TCP, "MongoDB", _DATA),
)  # fmt: skip
"""Port, protocol (IANA number), service and kind. Source: MITRE ATT&CK T1021 (remote services), IANA's registry, and
the products' own manuals for those that IANA does not list."""


def exposed_admin(flows: Flows, *, top: int = _TOP) -> pd.DataFrame:
    """List administration ports inside that were reached from outside: a row per server and port.

    Parameters
    ----------
    flows
        Records already scoped.
    top
        How many rows at most, the first; ``attrs["left_out"]`` counts the others.

    Returns
    -------
    DataFrame
        What was answered first, then by bytes: `server` (address, inside), `server_port`, `protocol` (IANA number),
        `service`, `kind` (``remote access``, ``control plane`` or ``database``), `client` (address, outside; the one
        with most bytes), `clients` (count), `conversations` (count, accepted), `established` (count, of those: both
        ends spoke), `bytes_to_server` (B), `bytes_to_client` (B), `rule` (ids of the security group rules that
        admitted them by the snapshot, joined by commas; "" without one), `first`, `last` (UTC).

    Raises
    ------
    ScopeError
        If *top* is less than one.
    MissingFieldError
        If the log has no addresses.

    Notes
    -----
    Accepted means that groups and ACLs let it in; `established` that the host answered too, which is still no login.
    Outside is what is public; a private address without an interface in the log may be an office behind a VPN, and does
    not count. A client behind a load balancer or proxy shows as that. Counted once. Which ports:
    `flowkit.analysis.admin.ADMINISTRATION`.
    """
    flows = flows.at_hand
    table = flows.kept("exposed administration", lambda keep: _by_server(flows, keep), "looking for administration")
    size = table.bytes_to_server + table.bytes_to_client
    order = [ibis.desc(table.established > 0), ibis.desc(size), "first", "server_port", "protocol", "server"]
    shown, left_out = ranked(flows, table, top, order, "server", "peer")
    known = pd.DataFrame(ADMINISTRATION, columns=["server_port", "protocol", "service", "kind"])
    frame = shown.rename(columns={"peer": "client", "peers": "clients"})
    frame = frame.merge(known, on=["server_port", "protocol"], how="left")
    frame = typed(frame.assign(rule=_rules(flows, frame)), _COLUMNS)
    held = int((frame.established > 0).sum())
    sentence = (
        f"{several(len(frame), 'administration port')} inside let in traffic from outside, {held:,} of them answered"
        f"{rest(left_out, 'with fewer bytes')}."
    )
    return captioned(frame, "exposed_admin", flows, sentence, inventory=True, left_out=left_out)


def _by_server(flows: Flows, keep: Keep) -> ir.Table:
    ports = pd.DataFrame(ADMINISTRATION, columns=["server_port", "protocol", "service", "kind"])
    known = ibis.memtable(ports[["server_port", "protocol"]].astype("int32"))
    table = calls(flows).filter(accepted, _.client_place == OUTSIDE, _.server_place == INSIDE)
    table = table.join(known, ["server_port", "protocol"])
    table = table.mutate(peer=table.client, held=answered(table))
    return added_up(table, ("server", "server_port", "protocol"), keep)


def _rules(flows: Flows, frame: pd.DataFrame) -> "pd.Series[str]":
    """Return which group rules admitted what came from outside to each server and port, "" where it is not known."""
    snapshot, asked = flows.identities.snapshot, frame.head(_MOST_RULED)
    if snapshot is None or not len(frame) or not {"action", "srcaddr", "dstaddr"} <= set(flows.fields):
        return pd.Series("", index=frame.index, dtype="str")
    servers = [one for one in dict.fromkeys(asked.server) if " " not in one]  # of namesakes nobody can tell the rule
    ports = sorted({int(port) for port in asked.server_port})
    told = conversation_rules(flows.narrow(address=servers, port=ports)) if servers else pd.DataFrame()
    if not len(told):
        return pd.Series("", index=frame.index, dtype="str")
    known = flows.identities.table
    outside = set(known.address[known.place == OUTSIDE])
    own = told[(told.effect == ADMITTED) & (told.gate == "destination_security_group") & told.client.isin(outside)]
    keys = zip(own.server, own.server_port.astype("int64"), own.protocol.astype("int64"), strict=True)
    ids: dict[tuple[str, int, int], dict[str, None]] = {}
    for key, rule in zip(keys, own.rule, strict=True):
        ids.setdefault(key, {}).update(dict.fromkeys(str(rule).split(", ")))
    rows = zip(frame.server, frame.server_port, frame.protocol, strict=True)
    return pd.Series([", ".join(ids.get(row, ())) for row in rows], index=frame.index, dtype="str")
