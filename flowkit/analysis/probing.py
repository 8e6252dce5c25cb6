"""Probes: services that a client tried a few times and got nothing from, by the campaigns they belong to."""

from types import SimpleNamespace
from typing import Any, Final

import ibis
import ibis.expr.types as ir
from ibis import _

from flowkit.analysis.calls import ONE_WAY, UNANSWERED, failed
from flowkit.meaning.stitched import TCP

UDP: Final = 17
SERVICE: Final = ("client", "server", "server_port", "protocol")
CAMPAIGN: Final = ("client", "campaign")
_REFUSAL: Final = 40
"""Bytes of a TCP RST that answers a SYN, over IPv4: two headers without options; a SYN-ACK has the MSS option."""
_TRACEROUTE: Final = (33_434, 33_534)
"""UDP ports by which traceroute counts its hops, upwards from 33434: traceroute(8)."""
_HALF: Final = 0.5


def vain(calls: ir.Table, go_by: SimpleNamespace) -> ir.BooleanValue:
    """Tell which calls came to nothing: failed, refused by the size of the answer, or without TCP never answered.

    Who sent data, or more than a probe takes, was answered where the log does not look.
    """
    silent = (calls.packets_to_client == 0) & (calls.bytes_to_client == 0)
    is_tcp, unanswered = calls.protocol == TCP, calls.state.isin((UNANSWERED, ONE_WAY))
    data = is_tcp & (calls.bytes_to_server > go_by.bare * calls.packets_to_server)
    sent_more = unanswered & (calls.accepted > 0) & (data | (calls.packets_to_server > go_by.probe_packets))
    refused = is_tcp & (calls.bytes_to_client == _REFUSAL * calls.packets_to_client) & ~silent
    asked = (calls.state == ONE_WAY) & ~is_tcp & silent
    return ((failed(calls) | asked) & ~sent_more) | refused


def empty(calls: ir.Table, bare: float) -> ir.BooleanValue:
    """Tell which TCP calls were answered, but passed no data: packets no larger than *bare* (B) either way."""
    there = calls.bytes_to_server <= bare * calls.packets_to_server
    back = (calls.bytes_to_client > 0) & (calls.bytes_to_client <= bare * calls.packets_to_client)
    return (calls.protocol == TCP) & there & back


def with_outcome(calls: ir.Table, go_by: SimpleNamespace) -> ir.Table:
    """Add `vain` (0 or 1), `used` (whether the call passed data) and `spoke` (whether its client is seen to ask).

    Where only the server was seen to speak, the client is who it answers, or the roles are wrong.
    """
    is_vain = vain(calls, go_by)
    asked = (calls.packets_to_server + calls.bytes_to_server) > 0
    spoke = asked | ((calls.packets_to_client + calls.bytes_to_client) == 0)
    return calls.mutate(vain=is_vain.cast("int64"), used=~is_vain & ~empty(calls, go_by.bare), spoke=spoke)


def probes(table: ir.Table, go_by: SimpleNamespace) -> ir.Table:
    """Return a row per campaign and service that was tried a few times and never passed data.

    *table* is of calls `with_outcome`. Columns: `CAMPAIGN`, `SERVICE`, the places, `tries`, `vain` (count),
    `nothing` (1 where it never answered, 0.5 where it answered without data), `first`, `last`.
    """
    hops = (table.protocol == UDP) & table.server_port.between(*_TRACEROUTE)
    tried = _by_silence(table.filter(~table.used & table.spoke & ~hops), go_by.silence)
    found = tried.group_by(*CAMPAIGN, *SERVICE[1:], "client_place", "server_place").agg(
        tries=_.count(), vain=_.vain.sum(), first=_.first.min(), last=_["last"].max()
    )
    hours = 1 + (found["last"] - found.first) / (go_by.silence or 1)
    few = (found.vain <= go_by.tries * hours) & (found.tries - found.vain <= go_by.answered_tries)
    nothing = ibis.ifelse(found.vain == found.tries, 1.0, _HALF)
    return found.mutate(nothing=nothing).filter(few).anti_join(table.filter(table.used), SERVICE)


def _by_silence(table: ir.Table, silence: float) -> ir.Table:
    """Add `campaign`, a number within each client: a new one begins after a silence."""
    order = [table[name] for name in ("first", *SERVICE[1:], "client_port", "event")]
    gap = table.first - table.first.lag().over(ibis.window(group_by=table.client, order_by=order))
    table = table.mutate(fresh=(gap > silence).fill_null(False).cast("int64"))
    order = [table[name] for name in ("first", *SERVICE[1:], "client_port", "event")]
    whole: Any = ibis.window(group_by=table.client, order_by=order, rows=(None, 0))
    return table.mutate(campaign=table.fresh.sum().over(whole).cast("int64"))


def used_services(table: ir.Table) -> ir.Table:
    """Return a row per service that passed data to a client: `SERVICE`, `used_first`, `used_last`."""
    used = table.filter(table.used)
    return used.group_by(*SERVICE).agg(used_first=used.first.min(), used_last=used["last"].max())


def tried_by(found: ir.Table, used: ir.Table, key: tuple[str, ...], silence: float) -> ir.Table:
    """Return how wide each campaign went per *key* (the server, or the port): a row per campaign and key.

    Columns: `breadth` (probes), `nothing`, `worked` (services of the same key that it used at the time).
    """
    during = found.group_by(*CAMPAIGN).agg(begun=_.first.min(), ended=_["last"].max())
    keyed = found.group_by(*CAMPAIGN, *key).agg(breadth=_.count(), nothing=_.nothing.sum())
    about = keyed.join(during, CAMPAIGN).select(*CAMPAIGN, *key, "begun", "ended")
    at_the_time = about.join(used, ["client", *key]).filter(
        (_.used_first <= _.ended + silence) & (_.used_last >= _.begun - silence)
    )
    worked = at_the_time.group_by(*CAMPAIGN, *key).agg(worked=_.count())
    joined = keyed.left_join(worked, [*CAMPAIGN, *key]).select(*keyed.columns, "worked")
    return joined.mutate(worked=joined.worked.fill_null(0))
