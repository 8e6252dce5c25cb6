"""Tunnels: data that leaves in what should carry little of it."""

from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit.analysis.calls import outward
from flowkit.analysis.caption import captioned
from flowkit.analysis.recognising import DNS, DNS_TLS
from flowkit.analysis.settings import Setting, tuned
from flowkit.analysis.weighing import ranked, rest, typed, unit
from flowkit.flows import Flows

SETTINGS: Final = (
    Setting("dns_packet", 130, "B", "mean packet out of a DNS client from which it carries more than questions: a name "
            "is 255 B at most, a usual question below 60 B, headers 28 or 48 B"),
    Setting("least_bytes", 2**20, "B", "out, in DNS or ICMP: a host's questions of a day stay below"),
    Setting("icmp_packet", 128, "B", "mean packet of ICMP out from which it carries more than a ping of 84 or 104 B"),
    Setting("reversed_ratio", 3, "ratio", "bytes out to in from which the one that asks is rather the one that serves"),
    Setting("reversed_seconds", 600, "s", "how long such a conversation lasts at least: a person at work in a shell"),
    Setting("reversed_calls", 2, "count", "of such conversations at most: a service on a high port is called often"),
    Setting("registered", 1024, "port", "ports below are of well-known services"),
)  # fmt: skip
COLUMNS: Final = (
    "host", "peer", "place", "port", "protocol", "kind", "why", "calls", "bytes_out", "bytes_in", "packets_out",
    "bytes_per_packet", "longest", "first", "last", "score_carries", "score_volume", "score",
)  # fmt: skip
_TOP: Final = 1_000
_TCP, _UDP, _ICMP, _ICMPV6 = 6, 17, 1, 58
_USUAL: Final = (_TCP, _UDP, _ICMP, _ICMPV6)
_MUCH: Final = 100
"""Times the least bytes from which the volume alone says all it can."""
_WHY: Final = {
    "dns": "its DNS packets carry more than questions do",
    "icmp": "its ICMP packets carry more than a ping does",
    "protocol": "neither TCP, UDP nor ICMP leaves a network as a rule: a tunnel by its protocol",
    "reversed": "it asks on a high port, for long, and sends more than it gets: the roles of a shell turned round",
}


def tunnels(flows: Flows, *, top: int = _TOP, **settings: float) -> pd.DataFrame:
    """Find what carries data where little should pass: DNS, ICMP, odd protocols, shells that call out.

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
        A row per host, peer, port and protocol, highest score first: `host` (inside), `peer`, `place`, `port`,
        `protocol` (IANA number), `kind` (``dns``, ``icmp``, ``protocol``, ``reversed``), `why`, `calls` (count),
        `bytes_out`, `bytes_in` (B), `packets_out` (count), `bytes_per_packet` (B out), `longest` (s, of one
        conversation), `first`, `last` (UTC), `score_carries` (how far above what should be), `score_volume`
        (by the logarithm of bytes out), `score` (their mean), 0 to 1.

    Raises
    ------
    ScopeError
        If *top* is less than one, or a setting is none.
    MissingFieldError
        If the log has no addresses, bytes or packets.

    Notes
    -----
    Sizes are of whole packets, with IP and transport headers. The VPC's own resolver is not in flow logs: a tunnel
    through it is not seen here, but in its query logs. DNS over HTTPS looks like any HTTPS.
    """
    flows = flows.at_hand
    for name in ("srcaddr", "dstaddr", "bytes", "packets"):
        flows.field(name, "telling what packets carry")
    tuning = tuned("tunnels", SETTINGS, settings)
    table = outward(flows).filter(_.accepted > 0)
    grouped = table.group_by("host", "peer", "place", "server_port", "protocol").agg(
        calls=_.count(), bytes_out=_.bytes_to_server.sum(), bytes_in=_.bytes_to_client.sum(),
        packets_out=_.packets_to_server.sum(), longest=(_["last"] - _.first).max(), first=_.first.min(),
        last=_["last"].max(),
    )  # fmt: skip
    sized = grouped.mutate(bytes_per_packet=grouped.bytes_out / ibis.greatest(grouped.packets_out, 1))
    kinds = _kinds(sized, vars(tuning))
    kind = ibis.cases(*((there, name) for name, there, _score in kinds), else_=ibis.null("string"))
    carries = ibis.cases(*((there, score) for _name, there, score in kinds), else_=0.0)
    found = sized.mutate(kind=kind, score_carries=unit(carries)).filter(_.kind.notnull())
    volume = unit((ibis.greatest(found.bytes_out, 1) / max(tuning.least_bytes, 1)).ln() / ibis.literal(_MUCH).ln())
    scored = found.mutate(score_volume=volume, score=(found.score_carries + volume) / 2)
    order = [ibis.desc("score"), "first", ibis.desc("bytes_out"), "host", "peer", "port", "protocol"]
    shown, left_out = ranked(flows, scored.rename(port="server_port"), top, order, "host", "peer")
    frame = typed(shown.assign(why=shown.kind.map(_WHY)), COLUMNS).astype({"kind": "str", "why": "str"})
    sentence = f"Pairs of host and peer whose packets carry more than their kind should{rest(left_out)}."
    return captioned(frame, "tunnels", flows, sentence, inventory=True, ends=("host", "peer"), left_out=left_out)


def _kinds(sized: ir.Table, by: dict[str, float]) -> list[tuple[str, ir.BooleanValue, ir.NumericValue]]:
    """Return the kinds in the order in which they are tried: name, whether it is one, and how far above."""
    size, enough = sized.bytes_per_packet, sized.bytes_out >= by["least_bytes"]
    is_dns = (sized.server_port == DNS) & sized.protocol.isin((_TCP, _UDP)) | (sized.server_port == DNS_TLS)
    is_icmp = sized.protocol.isin((_ICMP, _ICMPV6))
    high = (sized.server_port >= by["registered"]) & (sized.protocol == _TCP)
    turned = (sized.bytes_out >= by["reversed_ratio"] * ibis.greatest(sized.bytes_in, 1)) & (sized.bytes_in > 0)
    ratio = sized.bytes_out / ibis.greatest(sized.bytes_in, 1)
    return [
        ("dns", is_dns & enough & (size >= by["dns_packet"]), (size - by["dns_packet"]) / by["dns_packet"] + 0.5),
        ("icmp", is_icmp & enough & (size >= by["icmp_packet"]), (size - by["icmp_packet"]) / by["icmp_packet"] + 0.5),
        ("protocol", ~sized.protocol.isin(_USUAL) & enough, ibis.literal(0.7)),
        (
            "reversed",
            high & turned & (sized.longest >= by["reversed_seconds"]) & (sized.calls <= by["reversed_calls"]),
            ratio / by["reversed_ratio"] / 10 + 0.3,
        ),
    ]  # fmt: skip
