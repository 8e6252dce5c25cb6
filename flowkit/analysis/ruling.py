"""Which rules admitted and refused what was recorded, which were never used, which are wider than their use."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from flowkit.analysis.caption import captioned, inventory_text
from flowkit.analysis.narrowing import Use, narrower
from flowkit.analysis.other import checked
from flowkit.analysis.recorded import cuts, tuples, watched
from flowkit.analysis.rulings import ADMITTED, CONTRADICTED, LATE, REFUSED, UNSURE, UNUSED, Judge, Ruling
from flowkit.errors import InventoryError
from flowkit.fields import PROTOCOLS
from flowkit.flows import Flows
from flowkit.inventory import Snapshot
from flowkit.inventory.packets import WITH_PORTS
from flowkit.inventory.rules import LAST_ENTRY, AclEntry, GroupRule
from flowkit.meaning.ends import NONE

_MOST: Final = 20_000
_COLUMNS: Final = (
    "rule", "entry", "kind", "direction", "scope", "effect", "conversations", "alone", "records", "bytes", "first",
    "last", "example", "suggested",
)  # fmt: skip
_EACH: Final = (
    "client", "server", "server_port", "protocol", "action", "interface_id", "gate", "rule", "entry", "effect", "why",
    "conversations", "records", "bytes", "first", "last",
)  # fmt: skip
_ORDER: Final = (CONTRADICTED, REFUSED, ADMITTED, LATE, UNSURE, UNUSED)
_NAMES: Final = {number: name for name, number in PROTOCOLS.items()}
Key = tuple[str, int | None, str, str, str, str]
"""What a row is about: its rule, entry, kind, direction, scope and effect."""


def rule_effects(flows: Flows, snapshot: Snapshot | None = None, *, most: int = _MOST) -> pd.DataFrame:
    """Tell what each rule did: what it admitted, what it refused, and whether it was used at all.

    Parameters
    ----------
    flows
        Records already scoped.
    snapshot
        The state of the network; by default the inventory that the flows were loaded with.
    most
        How many distinct things recorded (client, server, server's port, protocol, interface, way, action) to ask
        the rules about, those with most records first; ``attrs["left_out"]`` counts the others.

    Returns
    -------
    DataFrame
        Contradictions first, then by records: `rule` (id: of a group rule where it is known, else the group; the ACL;
        where no group admits, all groups of the interface), `entry` (of an ACL; null else), `kind`
        (``security_group`` or ``network_acl``), `direction` (``ingress`` or ``egress``), `scope` (what the rule
        says), `effect` (``admitted``, ``refused``, ``late``, ``unused``, ``contradicted``, ``cannot_tell``),
        `conversations` (count), `alone` (count of conversations that no other rule of the groups admits; null for
        ACLs), `records` (count), `bytes` (B, as logged at that interface, copies left out), `first`, `last` (UTC),
        `example` (the conversation with most records), `suggested` (the narrower rules that would have admitted the
        same; "" where the rule is no wider than its use, or admitted nothing).

    Raises
    ------
    InventoryError
        If there is no snapshot.
    MissingFieldError
        If the log has no addresses or no ``action``.
    ScopeError
        If *most* is less than one.

    Notes
    -----
    Only what the interface of an end recorded is held against that end's gates; ``attrs["elsewhere"]`` counts
    records of other interfaces, such as NAT gateways, and those whose direction is not known. Replies pass groups
    unasked, so a group's rule is only used by what opens a connection.
    ``late``: rejected though no rule denies it, TCP that opens no connection: packets after a close, which are no
    sign of a rule. ``contradicted``: the records say otherwise than the snapshot, so rules changed in between; in
    logs without tcp-flags it may be late packets too. ``unused``: nothing recorded in this scope needed that rule,
    at an interface that is logged; keep what is needed rarely. A suggestion covers what was seen, not what is
    needed: look at it before use.
    """
    flows = flows.at_hand
    judged = _judged(flows, snapshot, most)
    found: dict[Key, _Effect] = defaultdict(_Effect)
    for row, ruling in judged.pairs:
        for key, by in _keys(ruling):
            found[key].add(row, ruling, by)
    rows = [_row(key, effect) for key, effect in found.items()]
    used = {(key[0], key[1], key[3], key[4]) for key in found}
    rows += [_row(key, _Effect()) for key in _unused(judged) if (key[0], key[1], key[3], key[4]) not in used]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    frame = _typed(frame, "alone")
    rank = frame.effect.map({effect: place for place, effect in enumerate(_ORDER)})
    frame = frame.assign(rank=rank).sort_values(
        ["rank", "records", "rule", "entry", "direction", "scope"], ascending=[True, False, True, True, True, True],
        ignore_index=True,
    ).drop(columns="rank")  # fmt: skip
    kept = frame.effect.value_counts()
    parts = [f"{int(kept[effect]):,} {effect.replace('_', ' ')}" for effect in _ORDER if effect in kept]
    sentence = f"{len(frame):,} effects of rules ({', '.join(parts) or 'none'}){judged.rest}."
    return _captioned(frame, "rule_effects", flows, judged, sentence)


def conversation_rules(flows: Flows, snapshot: Snapshot | None = None, *, most: int = _MOST) -> pd.DataFrame:
    """Tell of each conversation which rule let it in, or refused it, at each gate where it was recorded.

    Narrow the flows to ask about one: ``flows.narrow(srcaddr=..., dstaddr=..., port=...)``.

    Parameters
    ----------
    flows
        Records already scoped.
    snapshot, most
        As in `rule_effects`.

    Returns
    -------
    DataFrame
        Most records first: `client`, `server` (addresses), `server_port`, `protocol` (IANA number), `action`
        (``ACCEPT`` or ``REJECT``), `interface_id` (where it was recorded), `gate` (as in
        `flowkit.inventory.explain`), `rule` (ids, joined by commas), `entry` (of an ACL), `effect` (as in
        `rule_effects`), `why`, `conversations` (count), `records` (count), `bytes` (B), `first`, `last` (UTC).

    Raises
    ------
    InventoryError
        If there is no snapshot.
    MissingFieldError
        If the log has no addresses or no ``action``.
    ScopeError
        If *most* is less than one.
    """
    flows = flows.at_hand
    judged = _judged(flows, snapshot, most)
    rows = []
    for row, ruling in judged.pairs:
        entry = next((one.number for one in ruling.by if isinstance(one, AclEntry)), None)
        ids = [one.rule_id or one.group_id for one in ruling.by if isinstance(one, GroupRule)]
        rule = ", ".join(dict.fromkeys(ids or ruling.rules))
        action = "REJECT" if row.rejected else "ACCEPT"
        rows.append((
            row.client, row.server, row.server_port, row.protocol, action, row.observer, ruling.gate, rule, entry,
            ruling.effect, ruling.why, row.conversations, row.records, row.bytes, row.first, row.last,
        ))  # fmt: skip
    frame = _typed(pd.DataFrame(rows, columns=list(_EACH)), "server_port", "protocol")
    frame["server_port"] = frame.server_port.mask(frame.server_port < 0)
    sentence = f"{len(frame):,} rulings of gates on what was recorded there{judged.rest}."
    return _captioned(frame, "conversation_rules", flows, judged, sentence)


@dataclass(frozen=True)
class _Judged:
    """What was asked of the rules, and what they said."""

    snapshot: Snapshot
    pairs: list[tuple[Any, Ruling]]
    left_out: int
    elsewhere: int
    watched: frozenset[str]

    @property
    def rest(self) -> str:
        left = f"; {self.left_out:,} more distinct tuples were not asked about" if self.left_out else ""
        other = f"; {self.elsewhere:,} records of interfaces that are neither end are left aside"
        return f"{left}{other if self.elsewhere else ''}{self._foreign}"

    @property
    def _foreign(self) -> str:
        known = any(one.interface_id in self.watched for one in self.snapshot.interfaces)
        named = self.watched - {NONE}
        return (
            ""
            if known or not named
            else "; the snapshot has none of the interfaces recorded, so check that it is of this account"
        )


@dataclass
class _Effect:
    """What adds up for one rule and effect."""

    conversations: dict[tuple[Any, ...], int] = field(default_factory=dict)
    alone: dict[tuple[Any, ...], int] = field(default_factory=dict)
    uses: set[Use] = field(default_factory=set)
    by: AclEntry | GroupRule | None = None
    records: int = 0
    bytes: int = 0
    first: float | None = None
    last: float | None = None
    best: Any = None

    def add(self, row: Any, ruling: Ruling, by: AclEntry | GroupRule | None) -> None:  # noqa: ANN401 - a row
        """Add what was recorded."""
        key = (row.client, row.server, row.server_port, row.protocol, row.ports)
        self.conversations[key] = max(self.conversations.get(key, 0), row.conversations)
        if len(ruling.by) == 1:
            self.alone[key] = self.conversations[key]
        self.by = by
        if by is not None and ruling.effect == ADMITTED and ruling.peer:
            port = row.server_port if row.to_server and row.protocol in WITH_PORTS else None
            self.uses.add(Use(ruling.peer, row.protocol, port))
        self.records += row.records
        self.bytes += row.bytes
        self.first = row.first if self.first is None else min(self.first, row.first)
        self.last = row.last if self.last is None else max(self.last, row.last)
        self.best = row if self.best is None or row.records > self.best.records else self.best


def _judged(flows: Flows, snapshot: Snapshot | None, most: int) -> _Judged:
    for needed in ("action", "srcaddr", "dstaddr"):
        flows.field(needed, "telling what rules did")
    known = snapshot or flows.identities.snapshot
    if known is None:
        raise InventoryError(
            "there is no EC2 snapshot, and rules are known from one only. Load with one: "
            "fk.load(..., inventory=FOLDER), or give it as snapshot=flowkit.inventory.read(FOLDER)."
        )
    rows, left_out = tuples(flows, cuts(known), checked(most))
    judge, elsewhere = Judge(known), 0
    pairs: list[tuple[Any, Ruling]] = []
    listed: list[Any] = list(rows.itertuples(index=False))
    for row in listed:
        rulings = judge.rulings(row) if row.direction >= 0 else []
        pairs += [(row, ruling) for ruling in rulings]
        elsewhere += 0 if rulings else row.records
    return _Judged(known, pairs, left_out, elsewhere, frozenset(watched(flows)))


def _keys(ruling: Ruling) -> Iterator[tuple[Key, AclEntry | GroupRule | None]]:
    """Return the rows that a ruling belongs to, each with its rule."""
    kind = "security_group" if "group" in ruling.gate else "network_acl"
    ingress = ruling.gate in ("destination_security_group", "destination_nacl_inbound", "source_nacl_inbound")
    direction = "ingress" if ingress else "egress"
    for by in ruling.by:
        yield _key(by, ruling.effect, ruling.rules[0] if ruling.rules else ""), by
    if not ruling.by:
        scope = "no rule admits" if ruling.effect == REFUSED else _reason(ruling)
        yield (", ".join(sorted(set(ruling.rules))), None, kind, direction, scope, ruling.effect), None


def _reason(ruling: Ruling) -> str:
    if ruling.effect not in (CONTRADICTED, LATE):
        return "the snapshot cannot tell"
    return "accepted, though no rule admits" if ruling.why.startswith("accepted") else "rejected, though none denies"


def _key(by: AclEntry | GroupRule, effect: str, acl_id: str) -> Key:
    if isinstance(by, GroupRule):
        return (by.rule_id or by.group_id, None, "security_group", by.direction, by.scope, effect)
    verb = "allows" if by.allows else "denies"
    return (acl_id, by.number, "network_acl", by.direction, f"{verb} {by.scope}", effect)


def _unused(judged: _Judged) -> Iterator[Key]:
    """Return a row for each rule that stands before an interface that is logged."""
    snapshot = judged.snapshot
    watched = [one for one in snapshot.interfaces if one.interface_id in judged.watched]
    groups = {group for one in watched for group in one.group_ids}
    subnets, vpcs = {one.subnet_id for one in watched}, {one.vpc_id for one in watched}
    taken = {subnet for acl in snapshot.acls for subnet in acl.subnet_ids}
    yield from dict.fromkeys(_key(rule, UNUSED, "") for rule in snapshot.rules if rule.group_id in groups)
    for acl in snapshot.acls:
        by_default = acl.default and acl.vpc_id in vpcs and bool(subnets - taken)
        if by_default or subnets & set(acl.subnet_ids):
            yield from (_key(one, UNUSED, acl.acl_id) for one in acl.entries if one.number not in LAST_ENTRY.values())


def _row(key: Key, effect: _Effect) -> tuple[Any, ...]:
    rule, entry, kind, direction, scope, what = key
    best, by = effect.best, effect.by
    suggested = narrower(by, effect.uses) if by is not None and what == ADMITTED and effect.uses else ()
    alone = sum(effect.alone.values()) if kind == "security_group" and what in (ADMITTED, UNUSED) else None
    return (
        rule, entry, kind, direction, scope, what, sum(effect.conversations.values()), alone, effect.records,
        effect.bytes, effect.first, effect.last, "" if best is None else _called(best),
        "; ".join(one.scope for one in suggested),
    )  # fmt: skip


def _called(row: Any) -> str:  # noqa: ANN401 - a row of the frame of tuples
    server = f"[{row.server}]" if ":" in row.server else row.server
    port = f":{row.server_port}" if row.server_port >= 0 else ""
    return f"{row.client} to {server}{port}/{_NAMES.get(row.protocol, row.protocol)}"


def _typed(frame: pd.DataFrame, *numbers: str) -> pd.DataFrame:
    counts = dict.fromkeys(("conversations", "records", "bytes"), "int64")
    frame = frame.astype({"entry": "Int64", **dict.fromkeys(numbers, "Int64"), **counts})
    return frame.assign(**{name: pd.to_datetime(frame[name], unit="s", utc=True) for name in ("first", "last")})


def _captioned(frame: pd.DataFrame, name: str, flows: Flows, judged: _Judged, sentence: str) -> pd.DataFrame:
    own = judged.snapshot is flows.identities.snapshot
    text = sentence if own or not inventory_text(flows) else f"{sentence} Rules: {judged.snapshot}."
    return captioned(frame, name, flows, text, inventory=own, left_out=judged.left_out, elsewhere=judged.elsewhere)
