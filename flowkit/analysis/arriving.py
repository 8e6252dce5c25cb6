"""What arrived at an address without being asked for, or without coming to anything: the traffic that floods are of."""

from types import SimpleNamespace
from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit.analysis.calls import ESTABLISHED, INSIDE, ONE_WAY, REFUSED, RESET, UNANSWERED, calls
from flowkit.flows import Flows
from flowkit.keeping import Keep
from flowkit.meaning.within import CONVERSATION

MINUTE: Final = 60
TCP, UDP = 6, 17
ICMP: Final = (1, 58)
KINDS: Final = ("syn", "udp", "icmp", "amplification", "connections", "other")
AMPLIFIERS: Final = (
    17, 19, 53, 69, 111, 123, 137, 161, 389, 520, 1900, 3283, 3702, 5353, 5683, 10001, 11211, 27960, 37810,
)  # fmt: skip
"""UDP ports whose services answer with more than they are asked: quote of the day, chargen, DNS, TFTP, portmap, NTP,
NetBIOS, SNMP, CLDAP, RIP, SSDP, Apple Remote Desktop, WS-Discovery, mDNS, CoAP, Ubiquiti's discovery, memcached,
Quake, DHCPDiscover.
Source: CISA, UDP-Based Amplification Attacks (TA14-017A)."""
_COLUMNS: Final = ("kind", "target", "source", "port", "protocol", "minute", "amount", "packets", "bytes")
_LONGEST: Final = 11
"""Minutes that a record touches at most: an interval is at most ten, and need not begin with a minute."""
_HANDSHAKE: Final = 2
"""Packets of a client that only asked: a SYN, and the RST of one who never did. A handshake and a request are more."""
_BARE: Final = 120
"""Bytes (B) per packet up to which packets carry no more than headers and options, of IPv6 too."""
_EMPTY: Final = 60
"""Bytes (B) per packet up to which, both ways and on average, nothing was said: a SYN has 40 to 60, in IPv6 20 more."""


def arrivals(flows: Flows, chosen: SimpleNamespace) -> ir.Table:
    """Return what may be part of a flood, by the minute and by who sent it; kept in the engine.

    Returns
    -------
    Table
        `kind` (of `KINDS`), `target`, `source` (numbers), `port` (of the service), `protocol`, `minute` (since 1970),
        `amount` (what is held against the floor: packets, of ``connections`` how many), `packets`, `bytes` (B).
    """
    name = f"what arrived unasked {sorted(vars(chosen).items())}"
    return flows.kept(name, lambda keep: _arrivals(flows, chosen, keep), "looking for floods")


def _arrivals(flows: Flows, chosen: SimpleNamespace, keep: Keep) -> ir.Table:
    parts = [_one_sided(flows, chosen, keep), _unmet(flows, chosen, keep), _connected(flows, chosen)]
    return ibis.union(*(part.select(*_COLUMNS) for part in parts))


def unmet(table: ir.Table) -> ir.BooleanValue:
    """Tell which calls are TCP that was begun and came to nothing: half open, refused, rejected or never answered.

    A client that completes the handshake and asks for something sends at least three packets, and one of them has
    more than headers. What is unanswered and has more than headers is not counted: of a log of one direction only, that
    is an upload.
    """
    there, back = ((table[f"bytes_{way}"], table[f"packets_{way}"] * _EMPTY) for way in ("to_server", "to_client"))
    silent = (there[0] > 0) & (there[0] <= there[1]) & (back[0] <= back[1])
    few = table.state.isin((ESTABLISHED, RESET)) & ((table.packets_to_server <= _HANDSHAKE) | silent)
    bare = table.bytes_to_server <= table.packets_to_server * _BARE
    alone = table.state.isin((UNANSWERED, REFUSED, ONE_WAY)) & bare
    rejected = (table.accepted == 0).fill_null(False)
    return (table.protocol == TCP) & (table.packets_to_server > 0) & (rejected | few | alone)


def completed(table: ir.Table) -> ir.BooleanValue:
    """Tell which calls were answered and used."""
    return table.state.isin((ESTABLISHED, RESET)) & ~unmet(table)


def _by_minute(records: ir.Table) -> ir.Table:
    """Spread what each record has evenly over the minutes that it covers: `minute`, `packets`, `bytes`."""
    end = ibis.least(ibis.greatest(records.start, records.end), records.start + (_LONGEST - 1) * MINUTE)
    table = records.mutate(until=end + 1, span=end // MINUTE - records.start // MINUTE + 1)
    steps = pd.DataFrame([(span, step) for span in range(1, _LONGEST + 1) for step in range(span)])
    spans = ibis.memtable(steps.set_axis(["span", "step"], axis=1))
    table = table.join(spans, "span").mutate(minute=_.start // MINUTE + _.step)
    begins, ends = table.minute * MINUTE, (table.minute + 1) * MINUTE
    share = (ibis.least(table.until, ends) - ibis.greatest(table.start, begins)) / (table.until - table.start)
    return table.mutate(
        packets=table.packets * share, bytes=table.bytes.fill_null(0) * share, minute=table.minute.cast("int64")
    )


def _unmet(flows: Flows, chosen: SimpleNamespace, keep: Keep) -> ir.Table:
    """Return the TCP packets to servers that came to nothing, of servers that got enough of them for one minute."""
    failed = calls(flows).filter(unmet)
    asked = failed.group_by("server").agg(packets=_.packets_to_server.sum())
    enough = asked.filter(asked.packets >= chosen.syn_rate * MINUTE)
    wanted = keep(failed.semi_join(enough, "server").select(*CONVERSATION))
    table = _by_minute(flows.counted.filter(_.to_server).semi_join(wanted, CONVERSATION))
    keys = {"target": table.server, "source": table.client, "port": table.server_port}
    summed = table.group_by("protocol", "minute", **keys).agg(packets=_.packets.sum(), bytes=_.bytes.sum())
    return summed.mutate(kind=ibis.literal("syn"), amount=summed.packets)


def _connected(flows: Flows, chosen: SimpleNamespace) -> ir.Table:
    """Return the connections of clients that opened many in a minute."""
    made = calls(flows).filter((_.protocol == TCP) & completed(_)).mutate(minute=(_.first // MINUTE).cast("int64"))
    summed = made.group_by("protocol", "minute", target="server", source="client", port="server_port").agg(
        amount=_.count().cast("float64"),
        packets=_.packets_to_server.sum().cast("float64"),
        bytes=_.bytes_to_server.sum().cast("float64"),
    )
    return summed.filter(_.amount >= chosen.per_source).mutate(kind=ibis.literal("connections"))


def _one_sided(flows: Flows, chosen: SimpleNamespace, keep: Keep) -> ir.Table:
    """Return what is no TCP and was answered, or asked for, by too little to be an exchange."""
    table = _by_minute(flows.counted.filter(_.protocol != TCP, _.packets > 0))
    amplifier = (table.protocol == UDP) & table.client_port.isin(AMPLIFIERS)
    table = table.mutate(client_port=ibis.ifelse(amplifier, table.client_port, -1))
    ways = {"there": table.to_server, "back": ~table.to_server}
    sums = {
        f"{name}_{way}": ibis.ifelse(went, table[name], 0.0).sum()
        for name in ("packets", "bytes")
        for way, went in ways.items()
    }
    keys = ("client", "client_port", "server", "server_port", "protocol", "minute")
    pairs = keep(table.group_by(*keys).agg(**sums))
    both = ibis.union(_received(pairs, at_server=True), _received(pairs, at_server=False)).filter(_.sent > 0)
    same = ibis.window(group_by=[both.target, both.source, both.protocol, both.minute])
    both = both.mutate(all_sent=both.sent.sum().over(same), all_answered=both.answered.sum().over(same))
    kind = ibis.cases(
        (both.amplifies, "amplification"), (both.protocol == UDP, "udp"), (both.protocol.isin(ICMP), "icmp"),
        else_="other",
    )  # fmt: skip
    return _surplus(flows, both.mutate(kind=kind), chosen)


def _received(pairs: ir.Table, *, at_server: bool) -> ir.Table:
    """Return what arrived at one end of each pair, and what that end sent to the other."""
    target, source, came, went = (
        ("server", "client", "there", "back") if at_server else ("client", "server", "back", "there")
    )
    sender_port = pairs.client_port if at_server else pairs.server_port
    amplifies = (pairs.protocol == UDP) & sender_port.isin(AMPLIFIERS)
    return pairs.select(
        "protocol", "minute", target=target, source=source, port=ibis.ifelse(amplifies, sender_port, _.server_port),
        amplifies=amplifies, at_server=ibis.literal(at_server), sent=pairs[f"packets_{came}"],
        bytes=pairs[f"bytes_{came}"], answered=pairs[f"packets_{went}"],
    )  # fmt: skip


def _surplus(flows: Flows, table: ir.Table, chosen: SimpleNamespace) -> ir.Table:
    """Keep of what arrived the part for which nothing was sent back."""
    times = ibis.cases(
        (table.kind == "amplification", chosen.answers_per_question),
        (table.kind == "icmp", ibis.ifelse(_pinged(flows, table), 0.0, 1.0)),
        else_=chosen.packets_per_answer,
    )
    left = ibis.greatest(table.all_sent - table.all_answered * times, 0.0) / table.all_sent
    table = table.mutate(packets=table.sent * left, bytes=table.bytes * left)
    keys = ("kind", "target", "source", "port", "protocol", "minute")
    summed = table.filter(_.packets > 0).group_by(*keys).agg(packets=_.packets.sum(), bytes=_.bytes.sum())
    return summed.mutate(amount=summed.packets)


def _pinged(flows: Flows, table: ir.Table) -> ir.BooleanValue:
    """Tell at which end echo requests arrived: echoes look like them, so the inside end, else who was seen second."""
    inside = flows.identities.labels("place").filter(_.label == INSIDE)
    ours, theirs = table.target.isin(inside.id), table.source.isin(inside.id)
    return ibis.cases((ours & ~theirs, True), (theirs & ~ours, False), else_=table.at_server)
