"""Flows held against a segmentation policy: what it forbids, and what passes between its segments."""

from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd

from flowkit import engine
from flowkit.analysis.caption import COUNTED, captioned
from flowkit.analysis.other import checked as checked_top
from flowkit.flows import Flows
from flowkit.inventory.text import shown
from flowkit.meaning.roles import RULES
from flowkit.policy.answering import ALLOWED, UNDECIDED, VERDICTS
from flowkit.policy.consistency import checked
from flowkit.policy.deciding import Decided, decided
from flowkit.policy.values import Policy
from flowkit.wording import several

_TOP: Final = 1000
_COLUMNS: Final = (
    "verdict", "client_segment", "server_segment", "client", "server", "server_port", "protocol", "rule", "line",
    "owner", "until", "conversations", "records", "accepted", "rejected", "bytes_to_server", "bytes_to_client", "first",
    "last", "opened_by_confidence", "client_vpc", "server_vpc",
)  # fmt: skip
_SHOWN_SEGMENTS: Final = 10


def check(flows: Flows, policy: Policy, *, top: int = _TOP) -> pd.DataFrame:
    """Find the conversations that a policy forbids or excepts.

    Parameters
    ----------
    flows
        Records already scoped.
    policy
        What `read` or `learn` gave.
    top
        How many rows at most, in the order below; ``attrs["left_out"]`` counts the others. A thousand rows are more
        than anybody reads; the sums in ``attrs`` are of all.

    Returns
    -------
    DataFrame
        A row per service (client, server, server port, protocol) and what decided it; by verdict, then most bytes
        first: `verdict`, `client_segment`, `server_segment`, `client`, `server` (addresses), `server_port`, `protocol`
        (IANA number), `rule` (what forbids or excepts it, as text; ``default deny``, ``deny within NAME``), `line` (of
        the policy's file; null where it came from none), `owner`, `until` (of an exception: who answers for it, and the
        last day as text; else null), `conversations` (count), `records`, `accepted`, `rejected` (count: of every
        interface in scope, copies left out), `bytes_to_server`, `bytes_to_client` (B, counted once), `first`, `last`
        (UTC), `opened_by_confidence` (how sure it is who was the client), `client_vpc`, `server_vpc` (only of an
        address that several VPCs have).

        Verdicts: ``forbidden`` (and something got through), ``unsure`` (which end was the client is a guess, and the
        policy allows one way and forbids the other: `rule` is what forbids), ``excepted``, ``stopped`` (forbidden, and
        the network let nothing through).

        ``attrs``: `checked`, `allowed`, `undecided` (dicts of `conversations`, `records` and `bytes`), `conversations`
        (by verdict), `empty_segments` (in which nothing lies that log or inventory tell of), `left_out`, `notes`.

    Raises
    ------
    PolicyError
        If the policy's parts do not fit each other, a segment needs an inventory that is not there, or an address lies
        in two segments.
    MissingFieldError
        If the log has no addresses; or no protocol or port, and a rule asks for them.
    ScopeError
        If *top* is less than one.

    Notes
    -----
    Replies belong to their conversation. Where a security group admits a request and a network ACL stops the reply,
    something got through. ``unsure`` is for conversations without a SYN in the log whose ports tell nothing, and for
    protocols without ports, such as ICMP, of which a record does not tell who asked. Undecided: records without
    addresses, or without the protocol or port that rules ask for. A log without ``action`` counts as accepted. A
    conversation with an address outside, seen at a NAT gateway under the gateway's own address only, is the gateway's.
    """
    flows = flows.at_hand
    _refuse_missing(flows, checked(policy))
    checked_top(top)
    found = decided(flows, policy)
    sums = _by_verdict(found.sums)
    size = (found.services.bytes_to_server + found.services.bytes_to_client).desc()
    keys = ("records", "client", "server", "server_port", "protocol", "rule")
    order = [found.services.verdict, size, ibis.desc("records"), *keys[1:]]
    rows = engine.frame(_named(flows, found.services.order_by(order).limit(top)))
    rows = rows.assign(size=rows.bytes_to_server + rows.bytes_to_client)
    rows = rows.sort_values(["verdict", "size", *keys], ascending=[True, False, False, True, True, True, True, True])
    frame = _described(rows.reset_index(drop=True), policy)
    left_out = int(sums.rows.sum()) - len(frame)
    return _told(frame, flows, found, sums, left_out)


def matrix(flows: Flows, policy: Policy) -> pd.DataFrame:
    """Sum up what passed from segment to segment, and what a policy says of it.

    Parameters
    ----------
    flows
        Records already scoped.
    policy
        What `read` or `learn` gave.

    Returns
    -------
    DataFrame
        A row per pair that talked, in the order of the policy, ``internet`` and ``elsewhere`` last: `client_segment`,
        `server_segment`, `conversations` (count), `bytes` (B, both ways, counted once), and of the conversations how
        many are `allowed`, `forbidden`, `excepted`, `stopped`, `unsure`, `undecided` (count; see `check`). Of what is
        undecided for want of an address, a segment is ``-``.

    Raises
    ------
    PolicyError, MissingFieldError
        As `check`.
    """
    flows = flows.at_hand
    _refuse_missing(flows, checked(policy))
    keys = ["client_segment", "server_segment"]
    grouped = engine.frame(decided(flows, policy).sums)
    wide = grouped.pivot_table("conversations", keys, "verdict", aggfunc="sum", fill_value=0)
    wide = wide.reindex(columns=range(len(VERDICTS)), fill_value=0).astype("int64")
    wide.columns = pd.Index(VERDICTS)
    totals = grouped.groupby(keys)[["conversations", "bytes"]].sum().join(wide)
    totals.index = totals.index.map(lambda pair: (pair[0] if pair[0] >= 0 else len(policy.places), pair[1]))
    frame = totals.sort_index().reset_index(names=keys)
    for key in keys:
        frame[key] = frame[key].map(dict(enumerate([*policy.places, "-"]))).fillna("-")
    columns = [*keys, "conversations", "bytes", "allowed", "forbidden", "excepted", "stopped", "unsure", "undecided"]
    sentence = f"Conversations between segments of {shown(policy.name)}, bytes (B) {COUNTED['once']}."
    return captioned(frame[columns], "matrix", flows, sentence, inventory=True)


def _refuse_missing(flows: Flows, policy: Policy) -> None:
    for service in policy.services:
        for name in (("protocol",) if service.protocols else ()) + (("dstport", "srcport") if service.ports else ()):
            flows.field(name, f"the policy's rule '{service}'")


def _by_verdict(table: ir.Table) -> pd.DataFrame:
    """Return rows, conversations, records and bytes by verdict; all verdicts are there."""
    names = ["rows", "conversations", "records", "bytes"]
    grouped = engine.frame(table).groupby("verdict")[names].sum()
    return grouped.reindex(range(len(VERDICTS)), fill_value=0)


def _named(flows: Flows, table: ir.Table) -> ir.Table:
    """Put addresses in the place of their numbers, and null in that of a missing port or protocol."""
    for end in ("client", "server"):
        named = flows.ends.addresses.select(**{end: "id", f"{end}_address": "address", f"{end}_vpc": "vpc_id"})
        table = table.join(named, end).drop(end).rename(**{end: f"{end}_address"})
    return table.mutate(server_port=table.server_port.nullif(-1), protocol=table.protocol.nullif(-1))


def _described(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Put words in the place of the remaining numbers, and the columns in order."""
    places = dict(enumerate(policy.places))
    texts, lines = zip(*(_deciding(row, policy) for row in rows.itertuples()), strict=True) if len(rows) else ((), ())
    exempt = dict(enumerate(policy.exceptions))
    owners = {place: shown(one.owner) for place, one in exempt.items()}
    frame = rows.assign(
        verdict=rows.verdict.map(dict(enumerate(VERDICTS))),
        client_segment=rows.client_segment.map(places),
        server_segment=rows.server_segment.map(places),
        rule=pd.Series(texts, rows.index, "str"),
        line=pd.Series(lines, rows.index, "Int64"),
        owner=rows.exempt.map(owners).astype("str"),
        until=rows.exempt.map({place: one.until.isoformat() for place, one in exempt.items()}).astype("str"),
        opened_by_confidence=rows.opened_by.map({n: confidence for n, (_by, confidence) in enumerate(RULES)}),
        rejected=rows.records - rows.accepted,
        **{name: pd.to_datetime(rows[name], unit="s", utc=True) for name in ("first", "last")},
    )
    return frame[list(_COLUMNS)]


def _deciding(row: Any, policy: Policy) -> tuple[str, int | None]:  # noqa: ANN401 - a row's type is made as it is read
    """Return the text and the line of what decided a row."""
    if not pd.isna(row.exempt):
        exemption = policy.exceptions[int(row.exempt)]
        return str(exemption), exemption.line
    if not pd.isna(row.rule):
        rule = policy.ordered[int(row.rule)]
        return str(rule), rule.line
    if row.client_segment == row.server_segment:
        segment = policy.segments[row.client_segment]
        return f"deny within {segment.name}", segment.line
    return f"default {policy.default}", policy.line


def _told(frame: pd.DataFrame, flows: Flows, found: Decided, sums: pd.DataFrame, left_out: int) -> pd.DataFrame:
    """Return the frame with its account: what was looked at, what is allowed, what could not be told."""
    several_of = {verdict: int(sums.conversations[place]) for place, verdict in enumerate(VERDICTS)}
    amounts = sums[["conversations", "records", "bytes"]]
    looked_at = several(int(amounts.conversations.sum()), "conversation")
    told = [
        f"Of {looked_at} the policy forbids {several_of['forbidden']:,}",
        f", excepts {several_of['excepted']:,} and allows {several_of['allowed']:,}; the network stopped ",
        f"{several_of['stopped']:,} that it forbids",
        f"; of {several_of['unsure']:,} the client is a guess that decides" if several_of["unsure"] else "",
        f"; {several_of['undecided']:,} cannot be decided" if several_of["undecided"] else "",
        f"; {left_out:,} rows are not shown" if left_out else "",
        f"; bytes (B) {COUNTED['once']}.",
    ]
    notes = _notes(flows, found)
    return captioned(
        frame, "check", flows, " ".join(["".join(told), *notes]), inventory=True, left_out=left_out, notes=notes,
        conversations=several_of, empty_segments=list(found.placed.empty),
        checked={name: int(amounts[name].sum()) for name in amounts},
        allowed={name: int(amounts[name][ALLOWED]) for name in amounts},
        undecided={name: int(amounts[name][UNDECIDED]) for name in amounts},
    )  # fmt: skip


def _notes(flows: Flows, found: Decided) -> list[str]:
    notes = []
    if "action" not in flows.fields:
        notes.append("The log does not record action: everything counts as accepted.")
    if empty := found.placed.empty:
        rest = f" and {len(empty) - _SHOWN_SEGMENTS} more" if len(empty) > _SHOWN_SEGMENTS else ""
        names = ", ".join(empty[:_SHOWN_SEGMENTS]) + rest
        notes.append(f"In {names} lies nothing that the log or the inventory tell of: see whether that is mistyped.")
    return notes
