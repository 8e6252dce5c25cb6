"""What the audit trail lacks: interfaces that are not logged, minutes that were not watched, objects that are damaged.

Severity says what to do: ``high`` now, since it goes on being lost; ``medium`` today; ``low`` when there is time.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from flowkit.analysis.missing import EVERY, LOST
from flowkit.inventory.text import brief
from flowkit.playbooks.compliance.found import found
from flowkit.playbooks.compliance.review import Review
from flowkit.playbooks.compliance.trail import unseen_of
from flowkit.playbooks.finding import Finding, Step
from flowkit.scope import Scope
from flowkit.wording import several

_LAPSES: Final = {
    "unlogged": "unlogged", "partly_logged": "unlogged", "inactive": "unlogged", "undelivered": "unlogged",
    "unknown": "unlogged", "gap": "gap",
}  # fmt: skip
"""The problems of an audit that are lapses of the trail, and the kinds of finding they are."""
_LONG: Final = 60
"""Minutes from which a gap is worth a look today: what people do by hand fits into an hour."""
_MOST: Final = 25
"""Groups of interfaces with the same gaps that are told one by one, the longest gaps first."""
_MOST_NAMED: Final = 50
_SKIPPED: Final = ("AWS was short of capacity, or the interface too busy: SKIPDATA cannot be helped afterwards.",)
_IDLE: Final = "There is no NODATA line in the whole log, so an idle interface may look like a gap."


def lapses(case: Review, taken: dict[str, Step]) -> Iterator[Finding]:
    """Yield what the trail lacks."""
    yield from _set_up(case)
    yield from _unseen(case)
    yield from _gaps(case)
    yield from _damaged(taken["intact"].table)


def _set_up(case: Review) -> Iterator[Finding]:
    """Yield the lapses that the audit of the snapshot knows, one per resource, as it groups them."""
    for problem in case.audit.found if case.audit else ():
        kind = _LAPSES.get(problem.kind)
        if kind is None:
            continue
        rows = pd.DataFrame([{"resource": problem.resource, "problem": problem.kind, "told": problem.sentence}])
        steps = tuple(f"{line}  # to mend: {problem.kind}" for line in problem.command.splitlines() if line)
        yield found(
            "set_up", kind, problem.severity, problem.resource, problem.sentence.rstrip("."), rows, next_steps=steps,
            scope=Scope(),
        )  # fmt: skip


def _unseen(case: Review) -> Iterator[Finding]:
    """Yield, per VPC, the interfaces in use that a flow log covers and that never appear."""
    unseen = unseen_of(case)
    by_vpc: dict[str, list[Any]] = defaultdict(list)
    for cover in case.audit.facts.covers if case.audit else ():
        if cover.resource_id in unseen:
            by_vpc[cover.vpc_id].append(cover)
    for vpc, covers in by_vpc.items():
        rows = pd.DataFrame(
            [
                {"interface_id": one.resource_id, "flow_logs": ", ".join(log.flow_log_id for log in one.flow_logs)}
                for one in covers
            ]
        )
        what = f"{several(len(covers), 'interface')} in use by the snapshot, covered by a flow log, without a line here"
        yield found(
            "set_up", "unlogged", "medium", vpc or rows.interface_id[0], what, rows, scope=Scope(),
            peers=rows.interface_id,
            innocent_explanations=(
                "Their flow log delivers to a place that was not loaded.",
                "They were made after these records, or are gone since the snapshot.",
            ),
        )  # fmt: skip


def _gaps(case: Review) -> Iterator[Finding]:
    """Yield the gaps, one finding for all interfaces that have the same; beyond the longest, one for all others."""
    groups = sorted(_same(case), key=lambda rows: -_longest(rows))
    rest = groups[_MOST:]
    for rows in [*groups[:_MOST], *([pd.concat(rest)] if rest else [])]:
        minutes, interfaces = _longest(rows), [str(one) for one in rows.interface_id.unique()]
        lost = bool((rows.cause == LOST).all())
        severity = "medium" if minutes >= _LONG and not lost else "low"
        up_to = "up to " if len(rows.groupby("interface_id").minutes.sum().unique()) > 1 else ""
        many = f" of each of {several(len(interfaces), 'interface')}" if len(interfaces) > 1 else ""
        told = "lost records to SKIPDATA" if lost else "without any line"
        named = () if interfaces == [EVERY] else tuple(interfaces[:_MOST_NAMED])
        yield found(
            "logged", "gap", severity, interfaces[0], f"{up_to}{several(minutes, 'minute')}{many} {told}", rows,
            peers=interfaces[1:], scope=Scope(interface_id=named),
            contradicting=() if lost or case.sees_idle else (_IDLE,),
            innocent_explanations=_SKIPPED if lost else ("Objects of that time were not loaded.",),
            next_steps=("aws ec2 describe-flow-logs  # to look: whether delivery failed (DeliverLogsStatus)",),
        )  # fmt: skip


def _longest(rows: pd.DataFrame) -> int:
    return int(rows.groupby("interface_id").minutes.sum().max())


def _same(case: Review) -> Iterator[pd.DataFrame]:
    """Yield the gaps that count, together those of all interfaces with the same cause, beginnings and ends.

    Before its first and after its last line an interface may not have existed: those count only where no interface has
    a line. What lies within such a gap is told by it. Where the log has no NODATA, one interface may just be idle, and
    all of them only for less than an hour; of a log of rejects alone silence says nothing.
    """
    gaps = case.gaps
    if not len(gaps):
        return
    every = gaps[(gaps.interface_id == EVERY) & case.sees_accepted & (case.sees_idle | (gaps.minutes >= _LONG))]
    own = gaps[(gaps.interface_id != EVERY) & (gaps.position == "between")]
    own = own[(own.cause == LOST) | (case.sees_accepted & case.sees_idle)]
    for outage in every.itertuples():
        own = own[~((own["first"] >= outage.first) & (own["last"] <= outage.last))]
    told = pd.concat([every, own]).sort_values(["interface_id", "first"])
    profiles: dict[tuple[str, object], list[str]] = defaultdict(list)
    for (name, cause), rows in told.groupby(["interface_id", "cause"]):
        profiles[str(cause), tuple(zip(rows["first"], rows["last"], strict=True))].append(str(name))
    for (cause, _spans), names in profiles.items():
        yield told[told.interface_id.isin(names) & (told.cause == cause)]


def _damaged(ledger: pd.DataFrame) -> Iterator[Finding]:
    """Yield what of the objects could not be read: one finding, its rows the objects."""
    if "damaged_at" not in ledger:
        return
    unread = ledger.sha256.isna() & ledger.duplicate_of.fillna("").eq("")
    rows = ledger[ledger.damaged_at.notna() | (ledger.refused > 0) | unread]
    if not len(rows):
        return
    damaged, refused = int(rows.damaged_at.notna().sum()), int(rows.refused.sum())
    what = (
        f"{several(len(rows), 'object')} not read whole: {damaged:,} damaged, {int(unread.sum()):,} not read at all, "
        f"{several(refused, 'line')} refused"
    )
    yield found(
        "intact", "gap", "medium" if damaged or unread.any() else "low", brief(str(rows.object.iloc[0])), what,
        rows[["object", "sha256", "lines", "records", "refused", "damaged_at", "note"]], scope=Scope(),
        innocent_explanations=("A copy that was cut short; the original may be whole.",),
        next_steps=("flowkit load PATH  # to look: flows.ledger and flows.refused name each, with the reason",),
    )  # fmt: skip
