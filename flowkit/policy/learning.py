"""A policy proposed from what was seen: a draft to review, since what happens is not what should."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import ibis
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.errors import PolicyError, ScopeError
from flowkit.flows import Flows
from flowkit.meaning.roles import RULES
from flowkit.policy.answering import KNOWN
from flowkit.policy.consistency import MOST_SEGMENTS, checked
from flowkit.policy.deciding import PAIR, between_segments, labels_of
from flowkit.policy.proposing import segments
from flowkit.policy.terms import PORTED
from flowkit.policy.values import ELSEWHERE, INTERNET, Policy, Ports, Rule
from flowkit.wording import several

_ADMIN: Final = (22, 23, 3389, 5900, 5985, 5986)
"""Ports by which hosts are administered: SSH, Telnet, RDP, VNC, WinRM. Source: IANA's registry of ports."""
_MOST_RANGES: Final = 16
"""Separate ports that one rule lists; of more, those from 1024 on become one range: nobody reviews longer lists."""
_FIRST_UNRESERVED: Final = 1024
_WIDE: Final = 100
"""Ports from which on a range is worth a look: passive FTP and RPC are set up with some tens."""
_DAY: Final = "%Y-%m-%d"
_PAIR: Final = (*PAIR, "protocol")


def learn(flows: Flows, *, by: str = "subnet", least: int = 1) -> Policy:
    """Propose a policy that allows what was accepted between segments, and nothing else.

    Parameters
    ----------
    flows
        Records already scoped: a time that is known to be good, and long enough for what happens once a month.
    by
        What makes a segment: ``subnet`` (where none is known, the /24 or IPv6 /64 of the address), ``group`` (security
        group) or ``tag:KEY``, such as ``tag:Role``; both of the latter need an inventory.
    least
        From how many conversations on a service is allowed. 1, so that the policy forbids nothing of what it was
        learned from; a higher one leaves out what was rare, which is where to look for what should not be.

    Returns
    -------
    Policy
        ``str()`` of it, or `Policy.to_yaml`, is the file; comments say what to review: what the internet reaches or is
        reached by, ports of administration, long lists of ports. Each rule's `why` is its evidence.

    Raises
    ------
    PolicyError
        If *by* is none of these, needs an inventory that is not there, or nothing can be put in a segment.
    ScopeError
        If *least* is less than one.
    MissingFieldError
        If the log has no addresses, protocol or ports.

    Notes
    -----
    Left out and counted in the comments: what was rejected; conversations of which it is a guess who was the client.
    Where nothing can tell, as with ICMP and equal ports, both ways are allowed. Members of one segment may talk to each
    other. An address with several security groups is in the segment of the rarest of them; a group that shares an
    address with a rarer one makes no segment, so that no address lies in two. What is in none is `elsewhere`.
    """
    flows = flows.at_hand
    if least < 1:
        raise ScopeError(f"least is {least}, but a service that was never seen is not learned. Try least=1.")
    for name in ("protocol", "srcport", "dstport"):
        flows.field(name, "learning a policy")
    proposed = segments(flows, by)
    if not 0 < len(proposed.segments) <= MOST_SEGMENTS:
        raise PolicyError(
            f"by {by} the addresses of this log make {several(len(proposed.segments), 'segment')}, and a policy has 1 "
            f"to {MOST_SEGMENTS:,}. Learn by something else ('subnet', 'group', 'tag:Role'), or narrow the flows first."
        )
    draft = checked(Policy(name=f"Learned by {by}", segments=proposed.segments, source="the policy learned"))
    seen = _seen(flows, draft)
    sure = seen[seen.sure & (seen.conversations >= least)]
    notes = [*_header(flows, seen, len(sure), least), *proposed.notes]
    rules = sorted(_rules(sure, draft.places), key=lambda rule: (rule.clients, rule.servers, rule.protocols))
    return checked(Policy(name=draft.name, segments=draft.segments, rules=tuple(rules), note="\n".join(notes)))


def _seen(flows: Flows, draft: Policy) -> pd.DataFrame:
    """Return what got through between segments: a row per service.

    Where nothing tells the client and nothing can - no ports, or equal ones - both ways are there.
    """
    told = between_segments(flows, labels_of(flows, draft))
    ours = len(draft.segments)
    apart = (told.client_segment != told.server_segment) & (ibis.least(told.client_segment, told.server_segment) < ours)
    known = told.filter(apart & (told.client_segment >= 0) & (told.server_segment >= 0) & (told.accepted == 1))
    neither = ~known.protocol.isin(PORTED) | (known.opened_by == len(RULES) - 1)
    columns = (*_PAIR, "server_port", "client", "opened", "start", "end")
    sure = (known.guess == KNOWN) | neither
    known = known.mutate(sure=sure, both=sure & (known.guess != KNOWN))
    turned = known.filter(known.both).select(
        "protocol", "server_port", "opened", "start", "end", "sure",
        client="server", client_segment="server_segment", server_segment="client_segment",
    )  # fmt: skip
    seen = ibis.union(known.select(*columns, "sure"), turned.select(*columns, "sure"))
    found = seen.group_by(*_PAIR, "server_port").agg(
        conversations=_.opened.sum().cast("int64"), first=_.start.min(), last=_["end"].max(), sure=_.sure.any(),
    )  # fmt: skip
    hosts = seen.filter(seen.sure).group_by(*_PAIR).agg(hosts=_.client.nunique())
    rows = engine.frame(found.order_by([*_PAIR, "server_port"]))
    return rows.merge(engine.frame(hosts), how="left", on=list(_PAIR))


def _rules(sure: pd.DataFrame, places: tuple[str, ...]) -> Iterator[Rule]:
    """Yield a rule per clients that use the same ports of the same servers."""
    by_pair: dict[Any, pd.DataFrame] = dict(iter(sure.groupby(list(_PAIR))))
    alike: dict[tuple[int, int, Ports], list[pd.DataFrame]] = {}
    for (_client, server, protocol), rows in by_pair.items():
        ports = _merged(rows.server_port) if protocol in PORTED else ()
        alike.setdefault((server, protocol, ports), []).append(rows)
    for (server, protocol, ports), parts in alike.items():
        rows = pd.concat(parts)
        clients = tuple(places[place] for place in dict.fromkeys(rows.client_segment))
        service = Rule(action="allow", clients=clients, servers=(places[server],), ports=ports, protocols=(protocol,))
        yield Rule(
            action="allow", clients=clients, servers=service.servers, ports=ports, protocols=service.protocols,
            why=_evidence(rows), note=_to_review(service),
        )  # fmt: skip


def _merged(ports: Iterable[int]) -> Ports:
    """Return ports as ranges; of too many, all from 1024 on as one, and if need be all below as another."""
    ranges = _runs(ports)
    for low, high in ((_FIRST_UNRESERVED, 65_535), (1, _FIRST_UNRESERVED - 1)):
        within = [one for one in ranges if low <= one[0] <= one[1] <= high]
        if len(ranges) > _MOST_RANGES and within:
            ranges = [one for one in ranges if one not in within] + [(within[0][0], within[-1][1])]
    return tuple(sorted(ranges))


def _runs(ports: Iterable[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for port in sorted({port for port in ports if port > 0}):
        if runs and port == runs[-1][1] + 1 and port != _FIRST_UNRESERVED:
            runs[-1] = (runs[-1][0], port)
        else:
            runs.append((port, port))
    return runs


def _evidence(rows: pd.DataFrame) -> str:
    first, last = (pd.Timestamp(value, unit="s").strftime(_DAY) for value in (rows["first"].min(), rows["last"].max()))
    when = first if first == last else f"{first} to {last}"
    counted = several(int(rows.conversations.sum()), "conversation")
    hosts = int(rows.groupby("client_segment").hosts.first().sum())
    return f"{counted} of {several(hosts, 'host')}, {when}"


def _to_review(rule: Rule) -> str:
    """Return what to look at before a rule is taken over."""
    doubts = {
        "open to the internet": INTERNET in rule.clients,
        "to anywhere on the internet": INTERNET in rule.servers,
        "a port of administration": any(low <= port <= high for low, high in rule.ports for port in _ADMIN),
        "with addresses in no segment": ELSEWHERE in (*rule.clients, *rule.servers),
        "many ports were seen, and put in one range": any(high - low >= _WIDE for low, high in rule.ports),
    }
    found = ", ".join(doubt for doubt, holds in doubts.items() if holds)
    return f"review: {found}" if found else ""


def _header(flows: Flows, seen: pd.DataFrame, allowed: int, least: int) -> Iterator[str]:
    yield "Learned from flows: what was seen, not what should be. Review each rule, and give it a reason."
    yield f"From: {flows.scope}; {several(int(seen.conversations.sum()), 'accepted conversation')} between segments."
    guessed, rare = seen[~seen.sure], seen[seen.sure & (seen.conversations < least)]
    if len(guessed):
        told = several(int(guessed.conversations.sum()), "conversation")
        yield f"Left out: {told} of which it is a guess who was the client (begun before the log)."
    if len(rare):
        yield f"Left out: {several(len(rare), 'service')} with fewer than {least:,} conversations."
    if not allowed:
        yield "Nothing was seen between segments: this policy allows nothing."
