"""What a policy says of each conversation: worked out in the engine, by numbers.

Records are placed between segments and summed up by the questions that they raise - from which segment to which, which
protocol, which port. These are far fewer than records, and are joined with the rules; only what is not allowed is then
summed up by service.
"""

from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit.flows import Flows
from flowkit.keeping import Keep
from flowkit.meaning.counted import BETWEEN, SET_ASIDE
from flowkit.meaning.ends import INGRESS
from flowkit.meaning.roles import RULES
from flowkit.meaning.within import CONVERSATION
from flowkit.policy.answering import (
    ALLOWED,
    EXCEPTED,
    FORBIDDEN,
    KNOWN,
    QUESTION,
    STOPPED,
    UNDECIDED,
    UNSURE,
    answers,
    classes_of,
)
from flowkit.policy.placing import Placed, placed
from flowkit.policy.terms import PORTED
from flowkit.policy.values import Policy
from flowkit.scope import Scope

GUESSED: Final = next(number for number, (_rule, sure) in enumerate(RULES) if sure == "low")
"""From here on, rules only guess which end is the client."""
PAIR: Final = ("client_segment", "server_segment")
_SERVICE: Final = ("client", "server", "server_port", "protocol")
_ASKED: Final = (*PAIR, "protocol", "ports", "guessed_ports", "portless")


@dataclass(frozen=True, eq=False)
class Decided:
    """What was decided.

    Attributes
    ----------
    sums
        A row per pair of segments and verdict: `PAIR` (places in `Policy.places`), `verdict` (place in `VERDICTS`),
        `rows` (services that it is about, 0 for what is allowed), `conversations`, `records`, `bytes` (B, both ways).
    services
        A row per service that is not allowed, and what decided it: `client`, `server` (numbers), `server_port`,
        `protocol`, `PAIR`, `verdict`, `rule` (place in `Policy.ordered`; null where none fits), `exempt` (place in
        `Policy.exceptions`, else null), `turned` (whether it is the way from server to client that is forbidden),
        `bytes_to_server`, `bytes_to_client` (B), `conversations`, `records`, `accepted`, `first`, `last` (s since
        1970), `opened_by`.
    placed
        Where addresses lie.
    """

    sums: ir.Table
    services: ir.Table
    placed: Placed


def decided(flows: Flows, policy: Policy) -> Decided:
    """Hold flows against a policy whose parts fit each other; the engine keeps the answer for these flows."""
    where, name = placed(flows, policy), f"policy {policy.digest}"
    classes = flows.kept(f"{name} ports", lambda _keep: ibis.memtable(classes_of(policy)), "reading the policy")
    told = _classed(between_segments(flows, labels_of(flows, policy, where)), classes)
    asked = flows.kept(
        f"{name} questions", lambda _keep: told.group_by(*_ASKED).agg(**_added_up(told)), "checking the policy"
    )
    verdicts = flows.kept(f"{name} answers", lambda keep: _verdicts(asked, policy, keep), "checking the policy")
    services = flows.kept(name, lambda _keep: _services(told, verdicts), "checking the policy")
    sums = flows.kept(f"{name} sums", lambda _keep: _summed(asked, verdicts, services), "checking the policy")
    return Decided(sums, services, where)


def labels_of(flows: Flows, policy: Policy, where: Placed | None = None) -> ir.Table:
    """Return the segment of each address, by number: `id`, `segment` (place in `Policy.places`), kept by the engine."""
    segments = (where or placed(flows, policy)).segments
    frame = pd.DataFrame({"id": segments.index, "segment": segments.to_numpy()}).astype("int32")
    return flows.kept(f"policy {policy.digest} segments", lambda _keep: ibis.memtable(frame), "placing addresses")


def between_segments(flows: Flows, labels: ir.Table) -> ir.Table:
    """Return the facts of conversations, each between segments.

    `guess` is the client's port where it is a guess who is the client: then the server may have asked there. Where
    other conversations with the same service are sure, these are, too.
    """
    table = flows.facts.filter(_.preference < SET_ASIDE)
    for end in ("client", "server"):
        table = table.join(labels.select(**{end: "id", f"{end}_segment": "segment"}), end)
    sure = flows.kept("sure services", lambda keep: _sure(table, keep), "telling who asked")
    table = table.left_join(sure, list(_SERVICE)).drop(*(f"{key}_right" for key in _SERVICE))
    guess = ibis.ifelse((table.opened_by >= GUESSED) & table.sure.isnull(), table.client_port, KNOWN)
    there, sizes = table.to_server, ibis.ifelse(table.counts, table.bytes.fill_null(0), 0)
    return table.mutate(
        guess=guess.cast("int32"),
        bytes_to_server=ibis.ifelse(there, sizes, 0),
        bytes_to_client=ibis.ifelse(there, 0, sizes),
        accepted=(~table.rejected.fill_null(False)).cast("int32"),
        opened=_opened(flows, table).cast("int32"),
    )


def _classed(told: ir.Table, classes: ir.Table) -> ir.Table:
    """Add the class of the server's port, `ports`; `guessed_ports`, that of the client's where it may be the server."""
    for port, name in (("server_port", "ports"), ("guess", "guessed_ports")):
        told = told.join(classes.select(**{port: "port", name: "ports"}), port)
    return told.mutate(portless=told.server_port < 0)


def _opened(flows: Flows, table: ir.Table) -> ir.BooleanValue:
    """Tell one record of each conversation: which opened it, or the first, where the scope may leave that out."""
    if flows.scope == Scope():
        return table.opens > 0
    whole = ibis.window(group_by=[table[key] for key in CONVERSATION], order_by=[table.start, table["end"]])
    return ibis.row_number().over(whole) == 0


def _sure(table: ir.Table, keep: Keep) -> ir.Table:
    """Return the services with conversations of both sorts."""
    guessed = keep(table.filter(table.opened_by >= GUESSED).select(*_SERVICE).distinct())
    return guessed.semi_join(table.filter(table.opened_by < GUESSED), list(_SERVICE)).mutate(sure=True)


def _added_up(table: ir.Table) -> dict[str, ir.Value]:
    """Return what to add up of what passed."""
    sums = {name: table[name].sum().cast("int64") for name in ("bytes_to_server", "bytes_to_client", "accepted")}
    return {**sums, "conversations": table.opened.sum().cast("int64"), "records": table.count()}


def _verdicts(asked: ir.Table, policy: Policy, keep: Keep) -> ir.Table:
    """Return each question with `verdict`, and the `rule` and `exempt` that decide it; see `Decided`."""
    back = asked.filter(asked.guessed_ports != KNOWN).select(
        client_segment="server_segment", server_segment="client_segment", protocol="protocol", ports="guessed_ports"
    )
    found = keep(answers(policy, keep(ibis.union(asked.select(*QUESTION), back, distinct=True)), keep))
    this = found.select(*QUESTION, "permits", "rule", "exempt")
    other = found.select(
        client_segment="server_segment", server_segment="client_segment", protocol="protocol", guessed_ports="ports",
        permits_back="permits", rule_back="rule",
    )  # fmt: skip
    back_keys = (*QUESTION[:3], "guessed_ports")
    whole = asked.select(*_ASKED).left_join(this, QUESTION).drop(*(f"{key}_right" for key in QUESTION))
    whole = whole.left_join(other, back_keys).drop(*(f"{key}_right" for key in back_keys))
    return _with_verdict(whole, _undecidable(whole, policy))


def _undecidable(table: ir.Table, policy: Policy) -> ir.BooleanValue:
    """Tell what was logged without an address, or without the port or protocol that some rule asks for."""
    nowhere = (table.client_segment < 0) | (table.server_segment < 0)
    if not any(service.ports or service.protocols for service in policy.services):
        return nowhere
    return nowhere | (table.protocol < 0) | (table.protocol.isin(PORTED) & table.portless)


def _with_verdict(whole: ir.Table, undecidable: ir.BooleanValue) -> ir.Table:
    forbidden, forbidden_back = whole.permits == FORBIDDEN, whole.permits_back == FORBIDDEN
    unsure = (whole.guessed_ports != KNOWN) & (forbidden != forbidden_back)
    verdict = ibis.cases((undecidable, UNDECIDED), (unsure, UNSURE), else_=whole.permits)
    turned = (unsure & forbidden_back).fill_null(False)
    rule = ibis.ifelse(turned, whole.rule_back, whole.rule)
    exempt = ibis.ifelse(whole.permits == EXCEPTED, whole.exempt, ibis.null("int32"))
    decision = ibis.dense_rank().over(ibis.window(order_by=[verdict, turned, rule, exempt]))
    return whole.select(
        *_ASKED, verdict=verdict.cast("int32"), rule=rule, exempt=exempt, turned=turned, decision=decision.cast("int32")
    )


def _services(told: ir.Table, verdicts: ir.Table) -> ir.Table:
    """Return a row per service that is not allowed; `STOPPED` are those forbidden of which nothing got through.

    Something got through if it was seen as it arrived, was answered, or was sent and not seen to be stopped at the
    server.
    """
    noted = verdicts.filter(~verdicts.verdict.isin((ALLOWED, UNDECIDED)))
    table = told.join(noted.select(*_ASKED, "decision"), list(_ASKED))
    there, passed = table.to_server, table.accepted == 1
    at_server = (there & (table.direction == INGRESS) & (table.preference < BETWEEN)).fill_null(False)
    signs = {"arrived": passed & (~there | at_server), "sent": passed & there, "held": ~passed & at_server}
    table = table.mutate(**{name: sign.cast("int8") for name, sign in signs.items()})
    grouped = table.group_by(*_SERVICE, "decision").agg(
        **_added_up(table), **{name: table[name].max() for name in (*signs, *PAIR)},
        first=table.start.min(), last=table["end"].max(), opened_by=table.opened_by.min(),
    )  # fmt: skip
    found = grouped.join(noted.select("decision", "verdict", "rule", "exempt", "turned").distinct(), "decision")
    got_through = (found.arrived == 1) | ((found.sent == 1) & (found.held == 0))
    stopped = (found.verdict == FORBIDDEN) & ~got_through
    return found.mutate(verdict=ibis.ifelse(stopped, STOPPED, found.verdict).cast("int32")).drop("decision", *signs)


def _summed(asked: ir.Table, verdicts: ir.Table, services: ir.Table) -> ir.Table:
    """Return what passed by pair of segments and verdict: the allowed by question, what was told by service."""
    rest = verdicts.filter(verdicts.verdict.isin((ALLOWED, UNDECIDED)))
    plain = asked.join(rest, list(_ASKED)).mutate(rows=ibis.literal(0, "int64"))
    told = services.mutate(rows=ibis.literal(1, "int64"))
    parts = [
        part.select(
            *PAIR, "verdict", "rows", "conversations", "records", bytes=part.bytes_to_server + part.bytes_to_client
        )
        for part in (plain, told)
    ]
    whole = ibis.union(*parts)
    sums = {name: whole[name].sum().cast("int64") for name in ("rows", "conversations", "records", "bytes")}
    return whole.group_by(*PAIR, "verdict").agg(**sums)
