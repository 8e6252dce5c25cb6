"""The rules, asked: whether who is in one segment may talk to who is in another, by a protocol on a port.

Of a port only that matters which rules tell apart: `classes_of` puts into one class all ports that every rule treats
alike, so that there are few questions however many ports are in use.
"""

from bisect import bisect_right
from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit.keeping import Keep
from flowkit.policy.values import Exemption, Policy, Rule

VERDICTS: Final = ("forbidden", "unsure", "excepted", "stopped", "allowed", "undecided")
FORBIDDEN, UNSURE, EXCEPTED, STOPPED, ALLOWED, UNDECIDED = range(6)
QUESTION: Final = ("client_segment", "server_segment", "protocol", "ports")
KNOWN: Final = -2
"""In the place of a port that nobody asks for; of its class, too."""
_ALL: Final = -1
_NONE, _HIGHEST = -1, 65_535
"""The port of what has none, and the last one."""
_TERMS: Final = ("from_segment", "to_segment", "of", "low", "high", "rank", "exemption")


def classes_of(policy: Policy) -> pd.DataFrame:
    """Return the class of each port: `port`, `ports` (its class's number)."""
    borders, every = _borders(policy), range(_NONE, _HIGHEST + 1)
    rows = [(KNOWN, KNOWN), *((port, _class(port, borders)) for port in every)]
    return pd.DataFrame(rows, columns=["port", "ports"]).astype("int32")


def _borders(policy: Policy) -> list[int]:
    """Return the ports at which what rules say may change."""
    ranges = {ports for service in policy.services for ports in service.ports}
    return sorted({border for low, high in ranges for border in (low, high + 1)})


def _class(port: int, borders: list[int]) -> int:
    return bisect_right(borders, port)


def answers(policy: Policy, questions: ir.Table, keep: Keep) -> ir.Table:
    """Return each of *questions* (`QUESTION`, distinct; ports by their class) with its answer.

    `permits` (`FORBIDDEN`, `EXCEPTED` or `ALLOWED`, places in `VERDICTS`), `rule` (place in `Policy.ordered`) and
    `exempt` (place in `Policy.exceptions`): the first that fits, null where none does.
    """
    terms = keep(ibis.memtable(_terms(policy)))
    fits = [
        questions.client_segment == terms.from_segment,
        questions.server_segment == terms.to_segment,
        (terms.of == _ALL) | (questions.protocol == terms.of),
        questions.ports >= terms.low,
        questions.ports <= terms.high,
    ]
    found = questions.join(terms, fits).group_by(*QUESTION).agg(rule=_.rank.min(), exempt=_.exemption.min())
    joined = questions.left_join(found, QUESTION).drop(*(f"{key}_right" for key in QUESTION))
    denials = sum(rule.action == "deny" for rule in policy.rules)
    forbidden = ibis.ifelse(joined.rule.notnull(), joined.rule < denials, ~_default(joined, policy))
    permits = ibis.cases((~forbidden, ALLOWED), (joined.exempt.notnull(), EXCEPTED), else_=FORBIDDEN)
    return joined.mutate(permits=permits.cast("int32"))


def _default(table: ir.Table, policy: Policy) -> ir.BooleanValue:
    """Tell what is allowed where no rule fits."""
    ours = len(policy.segments)
    closed = [place for place, segment in enumerate(policy.segments) if segment.within == "deny"]
    within = ~table.client_segment.isin(closed) if closed else ibis.literal(value=True)
    beyond = (table.client_segment >= ours) & (table.server_segment >= ours)
    between = beyond | (policy.default == "allow")
    return ibis.ifelse(table.client_segment == table.server_segment, within, between)


def _terms(policy: Policy) -> pd.DataFrame:
    """Return rules and exceptions spread out: a row per pair of segments, protocol and range of classes."""
    places, borders = {name: place for place, name in enumerate(policy.places)}, _borders(policy)
    rows = [
        (places[client], places[server], protocol, _class(low, borders), _class(high, borders), rank, exemption)
        for service, rank, exemption in _ranked(policy)
        for client in service.clients
        for server in service.servers
        for protocol in service.protocols or (_ALL,)
        for low, high in service.ports or ((_NONE, _HIGHEST),)
    ]
    frame = pd.DataFrame(rows, columns=list(_TERMS))
    return frame.astype(dict.fromkeys(_TERMS[:5], "int32") | dict.fromkeys(_TERMS[5:], "Int32"))


def _ranked(policy: Policy) -> list[tuple[Rule | Exemption, int | None, int | None]]:
    rules: list[tuple[Rule | Exemption, int | None, int | None]] = [(r, n, None) for n, r in enumerate(policy.ordered)]
    return rules + [(exemption, None, n) for n, exemption in enumerate(policy.exceptions)]
