"""The steps of the playbook: each a question, a finding, a table and where it says more a figure."""

from typing import Any, Final

import pandas as pd

from flowkit import engine, views
from flowkit.analysis import outcomes, pairs
from flowkit.analysis.caption import captioned
from flowkit.inventory.gates import passages
from flowkit.inventory.verdicts import DENIES
from flowkit.playbooks.connectivity import advice
from flowkit.playbooks.connectivity.case import Case
from flowkit.playbooks.connectivity.causes import candidates
from flowkit.playbooks.finding import Step
from flowkit.playbooks.patterns import Hypothesis, hypotheses
from flowkit.wording import sentence, several

_MOST_SHOWN: Final = 8
_MOST_PORTS: Final = 1_000


def logged(case: Case) -> Step:
    """Say whether either end was logged over the window."""
    ends = {"source": case.source, "destination": case.destination}
    said = "; ".join(f"the {name} ({getattr(case.asked, name).said}) is {one}" for name, one in ends.items())
    none = pd.DataFrame({"interface_id": [], "bucket": pd.to_datetime([], utc=True), "state": []})
    nobody = "Neither end has an interface in the log or the inventory."
    frame = captioned(none, "coverage", case.flows, nobody) if case.covered is None else case.covered
    figure = views.coverage(frame) if len(frame) else None
    return Step("logged", "Is either end logged, throughout?", sentence(said), frame, figure, _dark(case))


def _dark(case: Case) -> str:
    dark = [name for name, one in (("source", case.source), ("destination", case.destination)) if one.dark]
    return f"Of the {' and the '.join(dark)} nothing is logged: that no record is there means nothing." if dark else ""


def seen(case: Case) -> Step:
    """Say what there is between both ends at all: on this port, on others, and in the other direction."""
    asked, table = case.asked, case.flows.table
    forth = pairs.among(table.srcaddr, asked.source.blocks) & pairs.among(table.dstaddr, asked.destination.blocks)
    back = pairs.among(table.srcaddr, asked.destination.blocks) & pairs.among(table.dstaddr, asked.source.blocks)
    ways = {"way": forth.ifelse("to the destination", "to the source")}
    if "dstport" in table.columns and "srcport" in table.columns:
        ways["destinations_port"] = forth.ifelse(table.dstport, table.srcport)
    keys = [*ways, "protocol", "action"]
    both = table.filter(forth | back).mutate(**ways)
    grouped = both.group_by(keys).agg(records=both.count())
    grouped = grouped.mutate(total=grouped.records.sum().over())
    frame = engine.frame(grouped.order_by(grouped.records.desc(), *keys).limit(_MOST_PORTS))
    total = int(frame.pop("total").max()) if len(frame) else 0
    frame = captioned(frame, "seen", case.flows, f"Records between {asked.source.said} and {asked.destination.said}.")
    own = len(case.attempts)
    said = f"{several(own, 'attempt')} {asked}; {several(total, 'record')} between the two in all"
    return Step("seen", "Does anything go from one to the other?", sentence(said), frame, None, _dark(case))


def path(case: Case) -> Step:
    """Follow the packets from interface to interface, and the replies back: accepted and rejected, as recorded."""
    frame = captioned(_places(case), "path", case.flows, f"Packets {case.asked}, by the interface that recorded them.")
    stopped = frame[frame.attempts_rejected > 0]
    said = (
        "Rejected at: "
        + "; ".join(
            f"{place} ({several(int(count), 'attempt')})"
            for place, count in zip(stopped.place, stopped.attempts_rejected, strict=True)
        )
        if len(stopped)
        else "No REJECT at either end"
    )
    return Step("path", "How far do the packets come, and their replies?", sentence(said), frame, None, _dark(case))


def _places(case: Case) -> pd.DataFrame:
    at = {
        "source, leaving": ("seen_at_client", outcomes.SOURCE_EGRESS),
        "destination, arriving": ("seen_at_server", outcomes.DESTINATION_INGRESS),
        "destination, reply leaving": ("answer_at_server", outcomes.DESTINATION_EGRESS),
        "source, reply arriving": ("answer_at_client", outcomes.SOURCE_INGRESS),
    }
    rows = []
    for place, (column, stop) in at.items():
        recorded = case.attempts[column]
        rejected = int((case.attempts.stopped_at == stop).sum())
        rows.append((place, int(recorded.fillna(value=False).sum()), rejected, bool(recorded.isna().any())))
    return pd.DataFrame(rows, columns=["place", "attempts_recorded", "attempts_rejected", "not_logged"])


def reply(case: Case) -> Step:
    """Say what came back: an answer, an RST, or nothing."""
    frame = (
        case.attempts.groupby(["outcome", "stopped_at", "reset_by"], dropna=False)
        .size()
        .rename("attempts")
        .reset_index()
    )
    frame = captioned(frame, "reply", case.flows, f"What came back to attempts {case.asked}.")
    counted = case.attempts.outcome.value_counts()
    said = ", ".join(f"{count:,} {name}" for name, count in counted.items()) or "no attempt at all"
    flags = "" if case.attempts.flagged.any() or not len(case.attempts) else (
        " The log has no tcp-flags: with them refused (RST) and half-open connections could be told for certain."
    )  # fmt: skip
    return Step("reply", "What comes back?", sentence(said) + flags, frame, None, _dark(case))


def outcomes_over_time(case: Case) -> Step:
    """Count what became of the attempts, over time."""
    ok, bad = len(case.worked), len(case.failed)
    share = f"; {bad / (ok + bad):.1%} fail" if ok + bad else ""
    said = f"{several(ok, 'attempt')} came about, {bad:,} did not{share}"
    figure = views.connection_attempts(case.attempts)
    question = "When do attempts work, and when do they fail?"
    return Step("outcomes_over_time", question, sentence(said), case.attempts, figure, _dark(case))


def separated(case: Case) -> Step:
    """Say what separates the attempts that fail from those that work."""
    found = patterns(case)
    rows = [(one.pattern, one.says, one.separates, one.chance) for one in found]
    frame = pd.DataFrame(rows, columns=["pattern", "says", "separates", "chance"])
    frame = captioned(
        frame, "patterns", case.flows, "What separates failed attempts from others, and how likely chance would."
    )
    said = found[0].says if found else _alike(case)
    return Step("separated", "What separates failures from successes?", sentence(said), frame)


def _alike(case: Case) -> str:
    if len(case.failed) and len(case.worked):
        return "Nothing that separates what fails from what works, beyond chance"
    if len(case.failed) or len(case.worked):
        return f"All attempts {'fail' if len(case.failed) else 'work'}: there is nothing to separate"
    return "Of no attempt it is known whether it came about: there is nothing to separate"


def patterns(case: Case) -> list[Hypothesis]:
    """Return what may explain why some attempts fail, best first."""
    if not len(case.failed) or not len(case.worked):
        return []
    first, last = case.flows.surroundings.span or (None, None)
    taken = case.snapshot.taken if case.snapshot else None
    return hypotheses(case.attempts, case.snapshot, start=first, end=last, taken=taken)


def rules(case: Case) -> Step:
    """Ask the snapshot, gate by gate, of the attempts that fail, else of those that work."""
    snapshot = case.snapshot
    if snapshot is None:
        empty = pd.DataFrame({"gate": [], "verdict": [], "rule": [], "entry": [], "why": []})
        frame = captioned(empty, "rules", case.flows, "No inventory.")
        return Step(
            "rules", "Which rule is it?", "No inventory: load the flows with inventory= to name the rule.", frame
        )
    rows: list[dict[str, Any]] = []
    chosen = case.failed if len(case.failed) else case.worked
    ends = chosen.groupby(["client", "server"]).size().sort_values(ascending=False, kind="stable").head(_MOST_SHOWN)
    pairs_asked = list(ends.index) or [
        (a, b) for a in list(case.asked.source.interfaces)[:2] for b in list(case.asked.destination.interfaces)[:2]
    ]
    for client, server in pairs_asked:
        for passage in passages(snapshot, client, server, port=case.asked.port, protocol=case.asked.protocol)[:1]:
            rows += [
                {"client": client, "server": server, "gate": gate.name, "verdict": gate.verdict,
                 "rule": ", ".join(gate.rules), "entry": gate.entry, "why": gate.why}
                for gate in passage.gates
            ]  # fmt: skip
    columns = ["client", "server", "gate", "verdict", "rule", "entry", "why"]
    frame = pd.DataFrame(rows, columns=columns).astype({"entry": "Int64"})
    frame = captioned(
        frame, "rules", case.flows, "What the snapshot's rules say of client ports 1024 to 65535.", inventory=True
    )
    found = candidates(case.attempts, case.asked, snapshot)
    fitting = [one.words for one in found if not one.contradicted_by]
    said = f"What fits: {'; '.join(fitting[:3])}" if fitting else "No rule explains what is recorded"
    if not len(case.failed):
        said = "Nothing fails: these are the gates it passes" if len(case.worked) else _unasked(frame)
    return Step("rules", "Which rule is it?", sentence(said), frame, None, case.snapshot_age)


def _unasked(gates: pd.DataFrame) -> str:
    """Say what the rules would do to attempts, where none is known."""
    stop = gates[gates.verdict == DENIES]
    known = "Of no attempt it is known whether it came about"
    if len(stop):
        return f"{known}; by the rules it would be denied at {', '.join(dict.fromkeys(stop.gate))}"
    return f"{known}; what the rules say of one stands in the table" if len(gates) else f"{known}, nor are there rules"


def innocent(case: Case) -> Step:
    """List what else would look the same, and what speaks for it here."""
    rows = advice.innocent(case)
    frame = captioned(
        pd.DataFrame(rows, columns=["explanation", "here"]), "innocent", case.flows, "Other explanations."
    )
    said = f"{several(len(rows), 'other explanation')} to keep in mind" if rows else "Nothing else looks like this"
    return Step("innocent", "What else could it be?", sentence(said), frame)


def next_steps(case: Case) -> Step:
    """List the commands that look further, or mend; none is ever run by flowkit."""
    rows = advice.next_steps(case, candidates(case.attempts, case.asked, case.snapshot))
    frame = pd.DataFrame([(one.kind, one.why, one.command) for one in rows], columns=["kind", "why", "command"])
    frame = captioned(frame, "next_steps", case.flows, "For you to run: what looks reads only, what mends changes.")
    kinds = [one.kind for one in rows]
    said = f"{kinds.count('look')} to look and {kinds.count('mend')} to mend; none of them was run"
    return Step("next_steps", "What to do next?", sentence(said if rows else "Nothing is left to do"), frame)


STEPS: Final = (logged, seen, path, reply, outcomes_over_time, separated, rules, innocent, next_steps)
