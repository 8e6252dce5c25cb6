"""What may have stopped the attempts that failed: by the records, and by the snapshot's rules."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from flowkit.analysis import outcomes
from flowkit.analysis.asked import Asked
from flowkit.inventory import Snapshot
from flowkit.inventory.gates import CLIENT_PORTS, Gate, passages
from flowkit.inventory.packets import Span
from flowkit.inventory.verdicts import ADMITS, DENIES, NOT_ASKED
from flowkit.playbooks.finding import Candidate, Rule

GATES: Final = {
    outcomes.SOURCE_EGRESS: ("source_security_group", "source_nacl_outbound"),
    outcomes.DESTINATION_INGRESS: ("destination_nacl_inbound", "destination_security_group"),
    outcomes.DESTINATION_EGRESS: ("destination_nacl_outbound",),
    outcomes.SOURCE_INGRESS: ("source_nacl_inbound",),
}
"""The gates at the place where a REJECT was recorded, in the order in which packets meet them."""
_ROUTES: Final = {outcomes.REQUEST_LOST: "source_route", outcomes.REPLY_LOST: "destination_route"}
_WORDS: Final = {
    outcomes.SOURCE_EGRESS: "rejected as they left the source",
    outcomes.DESTINATION_INGRESS: "rejected as they arrived at the destination",
    outcomes.DESTINATION_EGRESS: "let in, and their replies rejected as they left the destination",
    outcomes.SOURCE_INGRESS: "answered, and the replies rejected as they arrived at the source",
    outcomes.REQUEST_LOST: "accepted at the source and never seen at the destination, which is logged",
    outcomes.REPLY_LOST: "answered, and the replies never seen at the source, which is logged",
    outcomes.NO_REPLY: "accepted at the destination, which sent nothing back",
}
_MOST_ASKED: Final = 3_000
_NEARLY_ALL: Final = 0.9


@dataclass(frozen=True)
class _Said:
    """What the snapshot says of one gate, of attempts that failed and of those that did not."""

    failed: Counter[str] = field(default_factory=Counter)
    worked: Counter[str] = field(default_factory=Counter)
    denying: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    ports: defaultdict[tuple[Any, ...], set[int]] = field(default_factory=lambda: defaultdict(set))

    @property
    def denies(self) -> bool:
        """Whether it denies nearly all of what failed."""
        return self.failed[DENIES] >= _NEARLY_ALL * max(sum(self.failed.values()), 1)

    @property
    def admits(self) -> bool:
        """Whether it admits nearly all of what failed."""
        fine = self.failed[ADMITS] + self.failed[NOT_ASKED]
        return fine >= _NEARLY_ALL * max(sum(self.failed.values()), 1)


def candidates(attempts: pd.DataFrame, asked: Asked, snapshot: Snapshot | None) -> list[Candidate]:
    """Return the causes that fit what failed, likeliest first; those contradicted by records come last."""
    failed = attempts[attempts.failed.fillna(value=False).astype(bool)]
    found: list[Candidate] = []
    places = failed.groupby(["outcome", "stopped_at"]).size().sort_values(ascending=False)
    for (outcome, place), count in zip(places.index.tolist(), places.tolist(), strict=True):
        if count >= (1 - _NEARLY_ALL) * len(failed):
            part = failed[(failed.outcome == outcome) & (failed.stopped_at == place)]
            found += _of_place(part, attempts, str(outcome), str(place), asked, snapshot)
    return sorted(found, key=lambda one: bool(one.contradicted_by))


def _of_place(
    part: pd.DataFrame, attempts: pd.DataFrame, outcome: str, place: str, asked: Asked, snapshot: Snapshot | None
) -> Iterator[Candidate]:
    what = f"{len(part):,} of {int(attempts.failed.notna().sum()):,} attempts were {_WORDS.get(place, outcome)}"
    if outcome == outcomes.REFUSED:
        flags = "" if part.flagged.any() else " (told by their size alone: with tcp-flags it would be certain)"
        yield Candidate("no_listener", why=f"{what}: the destination answers with RST and nothing else{flags}.")
    elif place == outcomes.NO_REPLY:
        yield Candidate("no_reply", why=f"{what}: a host's own firewall, a process that is dead or too busy.")
    elif place in _ROUTES:
        yield _lost(part, what, place, asked, snapshot)
    elif place in GATES:
        during = attempts["first"].between(part["first"].min(), part["first"].max())
        worked = attempts[during & (attempts.failed == False).fillna(value=False)]  # noqa: E712 - null is neither
        yield from _stopped(part, worked, what, place, asked, snapshot)


def _lost(part: pd.DataFrame, what: str, place: str, asked: Asked, snapshot: Snapshot | None) -> Candidate:
    name = _ROUTES[place]
    said = _asked(part, part.iloc[:0], (name,), asked, snapshot)[name]
    rule, _, why = _rule(said, name, asked, snapshot) if said.denies else (None, None, "")
    return Candidate("path_lost", rule[0] if isinstance(rule, list) else rule, None, f"{what}. {why}".strip())


def _stopped(
    part: pd.DataFrame, worked: pd.DataFrame, what: str, place: str, asked: Asked, snapshot: Snapshot | None
) -> Iterator[Candidate]:
    names = [name for name in GATES[place] if not (name in _OF_ACL and _one_subnet(part))]
    said = _asked(part, worked, names, asked, snapshot)
    for name in names:
        one = said[name]
        against = []
        if snapshot is not None and one.admits:
            against.append(
                "the snapshot's rules admit these packets: it was not so, or the snapshot is of another time"
            )
        if len(worked) and one.worked[DENIES] > _NEARLY_ALL * sum(one.worked.values()):
            against.append("the snapshot's rules deny what worked, too")
        rule, entry, why = _rule(one, name, asked, snapshot) if one.denies else (None, None, "")
        yield Candidate(name, rule, entry, " ".join(filter(None, (f"{what}.", why))), tuple(against))


_OF_ACL: Final = frozenset(name for names in GATES.values() for name in names if "nacl" in name)


def _one_subnet(part: pd.DataFrame) -> bool:
    known = part[(part.client_subnet != "") & (part.server_subnet != "")]
    return bool(len(known)) and bool((known.client_subnet == known.server_subnet).all())


def _rule(said: _Said, name: str, asked: Asked, snapshot: Snapshot | None) -> tuple[Rule, int | None, str]:
    """Return what denies most of the failed attempts, and what it says of their client ports."""
    (client, server, rules, entry), _ = said.denying.most_common(1)[0]
    denied = said.ports[client, server, rules, entry]
    span = (min(denied), max(denied)) if denied else CLIENT_PORTS
    gates = _gates(snapshot, client, server, span, asked, (name,)) if snapshot else ()
    why = next((gate.why for gate in gates), "")
    return (list(rules) if "group" in name else rules[0]), entry, why


def _asked(
    failed: pd.DataFrame, worked: pd.DataFrame, names: Sequence[str], asked: Asked, snapshot: Snapshot | None
) -> dict[str, _Said]:
    """Ask the snapshot about each gate and attempt."""
    said = {name: _Said() for name in names}
    if snapshot is None:
        return said
    for which, rows in (("failed", failed), ("worked", worked)):
        tuples = rows.groupby(["client", "server", "client_port"], dropna=False).size()
        tuples = tuples.sort_values(ascending=False, kind="stable")
        asked_about = tuples.head(_MOST_ASKED)
        for (client, server, port), count in zip(asked_about.index.tolist(), asked_about.tolist(), strict=True):
            span = CLIENT_PORTS if pd.isna(port) else (int(port), int(port))
            for gate in _gates(snapshot, str(client), str(server), span, asked, names):
                getattr(said[gate.name], which)[gate.verdict] += count
                if which == "failed" and gate.verdict == DENIES:
                    by = (client, server, gate.rules, gate.entry)
                    said[gate.name].denying[by] += count
                    said[gate.name].ports[by].update(() if pd.isna(port) else (int(port),))
    return said


def _gates(
    snapshot: Snapshot, client: str, server: str, client_ports: Span, asked: Asked, names: Iterable[str]
) -> Iterator[Gate]:
    found = passages(
        snapshot, client, server, port=asked.port, protocol=asked.protocol, client_ports=client_ports
    )  # of several VPCs the first
    for passage in found[:1]:
        yield from (gate for name in names if (gate := passage.gate(name)))
