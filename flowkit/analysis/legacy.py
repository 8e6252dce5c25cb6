"""Clear-text and legacy protocols: who offers and who uses what passes the network readable, told by its port."""

from dataclasses import asdict, dataclass
from typing import Final, Literal

import ibis
import ibis.expr.types as ir
import pandas as pd

from flowkit.analysis.calls import calls
from flowkit.analysis.caption import captioned
from flowkit.analysis.offering import OUTSIDE, TCP, UDP, accepted, added_up, answered, with_ends
from flowkit.analysis.weighing import ranked, rest, typed
from flowkit.flows import Flows
from flowkit.keeping import Keep
from flowkit.wording import several

_TOP: Final = 1000
_COLUMNS: Final = (
    "client", "server", "server_port", "protocol", "service", "exposes", "why", "source", "client_place",
    "server_place", "clients", "servers", "conversations", "established", "bytes_to_server", "bytes_to_client", "first",
    "last",
)  # fmt: skip
_KEYS: Final = ("host", "serves", "server_port", "protocol", "client_place", "server_place")


@dataclass(frozen=True, slots=True)
class Legacy:
    """A service that is clear text, or older than today's protection, on the port that is its own.

    Attributes
    ----------
    exposes
        What whoever reads along gets: ``credentials`` (passwords, keys, or command without any), else ``content``.
    one_way
        Whether nobody answers by design, so that what was accepted counts as used.
    """

    server_port: int
    protocol: int
    service: str
    exposes: Literal["credentials", "content"]
    why: str
    source: str
    one_way: bool = False


def _both(port: int, *about: str) -> tuple[Legacy, Legacy]:
    service, exposes, why, source = about
    return (
        Legacy(port, TCP, service, exposes, why, source),  # type: ignore[arg-type] # one of the two words
        Legacy(port, UDP, service, exposes, why, source),  # type: ignore[arg-type]
    )


LEGACY: Final = (
    Legacy(20, TCP, "FTP data", "content", "files pass in the clear", "RFC 959"),
    Legacy(21, TCP, "FTP", "credentials", "passwords and commands pass in the clear, unless TLS is agreed", "RFC 959"),
    Legacy(23, TCP, "Telnet", "credentials", "passwords and sessions pass in the clear", "RFC 854"),
    Legacy(25, TCP, "SMTP", "content", "mail passes in the clear, unless STARTTLS is agreed", "RFC 5321, RFC 3207"),
    Legacy(69, UDP, "TFTP", "content", "no login, and files pass in the clear", "RFC 1350"),
    Legacy(79, TCP, "Finger", "content", "tells who is logged in", "RFC 1288"),
    Legacy(80, TCP, "HTTP", "content", "pages and forms pass in the clear, or it only redirects to HTTPS", "RFC 9110"),
    Legacy(110, TCP, "POP3", "credentials", "passwords and mail pass in the clear, unless TLS is agreed", "RFC 1939"),
    *_both(111, "ONC RPC port mapper", "content", "lists services to anybody", "RFC 1833"),
    Legacy(119, TCP, "NNTP", "content", "passes in the clear", "RFC 3977"),
    Legacy(137, UDP, "NetBIOS name service", "content", "names without proof: anybody may answer", "RFC 1002"),
    Legacy(138, UDP, "NetBIOS datagrams", "content", "passes in the clear", "RFC 1002", one_way=True),
    Legacy(139, TCP, "NetBIOS session (SMB 1)", "content", "SMB before version 3 does not encrypt", "RFC 1002"),
    Legacy(143, TCP, "IMAP", "credentials", "passwords and mail pass in the clear, unless TLS is agreed", "RFC 9051"),
    Legacy(161, UDP, "SNMP", "credentials", "versions 1 and 2c send their community in the clear", "RFC 1157, 3411"),
    Legacy(162, UDP, "SNMP traps", "content", "versions 1 and 2c pass in the clear", "RFC 1157, 3411", one_way=True),
    *_both(389, "LDAP", "credentials", "simple binds pass in the clear, unless StartTLS is agreed", "RFC 4513"),
    Legacy(445, TCP, "SMB", "content", "version 3 may encrypt, those before it do not", "MS-SMB2"),
    Legacy(512, TCP, "rexec", "credentials", "passwords pass in the clear", "IANA exec"),
    Legacy(513, TCP, "rlogin", "credentials", "trusts addresses, and sessions pass in the clear", "RFC 1282"),
    Legacy(514, TCP, "rsh", "credentials", "trusts addresses, and commands pass in the clear", "IANA shell"),
    Legacy(514, UDP, "syslog", "content", "log lines pass in the clear, anybody may send", "RFC 5426", one_way=True),
    Legacy(873, TCP, "rsync", "content", "files pass in the clear", "IANA rsync"),
    Legacy(1812, UDP, "RADIUS", "credentials", "passwords are hidden by MD5 only", "RFC 2865"),
    Legacy(1883, TCP, "MQTT", "credentials", "passwords and messages in the clear; with TLS it is 8883", "IANA mqtt"),
    *_both(2049, "NFS", "content", "files pass in the clear, unless Kerberos encrypts", "RFC 7530"),
    Legacy(2375, TCP, "Docker without TLS", "credentials", "commands the host, without login", "IANA docker"),
    Legacy(3268, TCP, "LDAP global catalog", "credentials", "as LDAP; with TLS it is 3269", "IANA msft-gc"),
    Legacy(5060, UDP, "SIP", "content", "who calls whom passes in the clear", "RFC 3261"),
    Legacy(5672, TCP, "AMQP", "credentials", "passwords and messages in the clear; with TLS it is 5671", "IANA amqp"),
    *(Legacy(port, TCP, "VNC", "credentials", "screen and keys pass in the clear, the password nearly so", "RFC 6143")
      for port in range(5900, 5904)),
    Legacy(6000, TCP, "X11", "credentials", "screen and keys pass in the clear", "RFC 1013"),
    Legacy(6379, TCP, "Redis", "credentials", "passwords and data in the clear, unless TLS is set up", "IANA redis"),
    Legacy(8008, TCP, "HTTP (alternate)", "content", "pages and forms pass in the clear", "IANA http-alt"),
    Legacy(8080, TCP, "HTTP (alternate)", "content", "pages and forms pass in the clear", "IANA http-alt"),
    *_both(11211, "memcached", "content", "no login as a rule, and data pass in the clear", "IANA memcache"),
)  # fmt: skip
"""Ports whose usual service can be read on the way.

Left out: DNS (53) and NTP (123), which nearly every network has in the clear and nobody can do without; and databases
that agree on TLS within their own port (PostgreSQL, MySQL, SQL Server, MongoDB), of which a port tells nothing.
Source: IANA Service Name and Transport Protocol Port Number Registry; why, as each row says.
"""


def cleartext(flows: Flows, *, top: int = _TOP) -> pd.DataFrame:
    """List what passed on ports of clear-text or legacy protocols: a row per host, service and place of the other end.

    A port says what is likely, not what was spoken: flow logs have no payload. What is agreed within the port
    (STARTTLS, SMB 3's encryption, SNMP 3) looks the same.

    Parameters
    ----------
    flows
        Records already scoped.
    top
        How many rows at most, the first; ``attrs["left_out"]`` counts the others.

    Returns
    -------
    DataFrame
        What leaves or enters first, then by bytes: `client`, `server` (addresses; of several the one with most bytes),
        `server_port`, `protocol` (IANA number), `service`, `exposes` (``credentials`` or ``content``), `why`,
        `source` (of that), `client_place`, `server_place` (``inside``, ``outside`` or ``unknown``), `clients`,
        `servers` (count of different ones), `conversations` (count, accepted), `established` (count, of those: both
        ends spoke; of services that nobody answers, such as syslog, all), `bytes_to_server` (B), `bytes_to_client`
        (B), `first`, `last` (UTC).

    Raises
    ------
    ScopeError
        If *top* is less than one.
    MissingFieldError
        If the log has no addresses.

    Notes
    -----
    Each row is about one host: the server, or where that lies elsewhere the client inside. Accepted conversations,
    counted once; without ``action`` all count. What is `established` 0 was let through and not answered: nothing was
    exposed but the open port. Which ports, and why: `flowkit.analysis.legacy.LEGACY`.
    """
    flows = flows.at_hand
    table = flows.kept("clear text", lambda keep: _by_host(flows, keep), "looking for clear text")
    crosses = (table.client_place == OUTSIDE) | (table.server_place == OUTSIDE)
    within = (table.client_place == table.server_place).cast("int64")
    size = table.bytes_to_server + table.bytes_to_client
    order = [ibis.desc(crosses), within, ibis.desc(size), "first", "server_port", "protocol", "host", "serves"]
    shown, left_out = ranked(flows, table, top, order, "host", "peer")
    frame = _described(shown)
    answered_ones = int((frame.established > 0).sum())
    sentence = (
        f"{several(len(frame), 'host and service', 'hosts and services')} on ports of clear-text or legacy protocols, "
        f"{answered_ones:,} of them answered{rest(left_out, 'with fewer bytes')}; by port, so likely, not proven."
    )
    return captioned(frame, "cleartext", flows, sentence, inventory=True, left_out=left_out)


def _by_host(flows: Flows, keep: Keep) -> ir.Table:
    ports = pd.DataFrame([asdict(one) for one in LEGACY])[["server_port", "protocol", "one_way"]]
    known = ibis.memtable(ports.astype({"server_port": "int32", "protocol": "int32"}))
    table = calls(flows).filter(accepted).join(known, ["server_port", "protocol"])
    table = with_ends(table).mutate(held=answered(table) | table.one_way)
    return added_up(table, _KEYS, keep)


def _described(shown: pd.DataFrame) -> pd.DataFrame:
    """Put client and server in the place of host and other end, and say what each port is for."""
    serves = shown.serves.astype(bool)
    known = pd.DataFrame([asdict(one) for one in LEGACY]).drop(columns="one_way")
    frame = shown.assign(
        client=shown.peer.where(serves, shown.host), server=shown.host.where(serves, shown.peer),
        clients=shown.peers.where(serves, 1), servers=shown.peers.where(~serves, 1),
    ).merge(known, on=["server_port", "protocol"], how="left")  # fmt: skip
    return typed(frame, _COLUMNS).astype({"clients": "int64", "servers": "int64"})
