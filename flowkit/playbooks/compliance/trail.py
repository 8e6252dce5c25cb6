"""Is there a complete audit trail? What was watched, what is set up, how far back it goes, and whether it is whole."""

import shlex
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from flowkit import views
from flowkit.analysis.caption import captioned
from flowkit.inventory.text import brief
from flowkit.playbooks.compliance.controls import NEVER, controls_frame
from flowkit.playbooks.compliance.review import Review
from flowkit.playbooks.finding import Step
from flowkit.wording import sentence, several

_UNKNOWN: Final = "not known"


def mapped(case: Review) -> Step:
    """Say which controls each check supports, and what flow logs cannot show of them."""
    frame = controls_frame()
    frame.attrs |= {"analysis": "controls"}
    standards = ", ".join(dict.fromkeys(frame.standard))
    declared = "" if case.policy else " No policy is given, so nothing is held against a declaration."
    return Step(
        "mapped", "Which controls does each check support?", f"{standards}. {NEVER}{declared}", frame,
        coverage="Flow logs show who exchanged how much with whom; never what was sent, and never who a person was.",
    )  # fmt: skip


def logged(case: Review) -> Step:
    """Say for each interface and hour whether it was watched."""
    frame = case.covered if len(case.covered) else captioned(case.covered, "coverage", case.flows, "No interface.")
    figure = views.coverage(frame) if len(frame) else None
    gaps = str(case.gaps.attrs.get("caption", "")).partition(" Scope:")[0]
    return Step("logged", "Was every interface watched, hour by hour?", case.coverage, frame, figure, gaps)


def set_up(case: Review) -> Step:
    """Say which interfaces a flow log covers, by the snapshot, and which never appear in the log."""
    question = "Is every interface set up to be logged?"
    if case.audit is None:
        frame = pd.DataFrame({"interface_id": [], "covered": [], "reasons": []}).astype("str")
        told = "Not known: there is no snapshot that tells of flow logs. Load with one: fk.load(..., inventory=FOLDER)."
        return Step("set_up", question, told, captioned(frame, "set_up", case.flows, told))
    frame = case.audit.to_frame()
    unseen = unseen_of(case)
    frame["in_log"] = ["no" if one in unseen else "yes" for one in frame.interface_id]
    told = f"{case.audit.summary.rstrip()} {several(len(unseen), 'interface')} of them never appear in the log."
    return Step("set_up", question, told, captioned(frame, "set_up", case.flows, told, inventory=True))


def unseen_of(case: Review) -> frozenset[str]:
    """Return the interfaces in use that a flow log covers, and of which there is not a line."""
    if case.audit is None or not len(case.covered):
        return frozenset()
    covered = {one.resource_id for one in case.audit.facts.covers if one.covered == "yes" and one.used}
    return frozenset(case.covered.attrs.get("unseen", ())) & covered


def kept(case: Review) -> Step:
    """Say how far back the records go, and what is known of how long the destinations keep theirs."""
    groups = _log_groups(case)
    logs = [] if case.audit is None else case.audit.to_frame("flow_log").to_dict("records")
    columns = ["flow_log_id", "destination", "destination_type", "created", "retention", "look"]
    frame = pd.DataFrame([_destination(one, groups) for one in logs], columns=columns)
    frame["created"] = pd.to_datetime(frame.created, utc=True)
    span = case.flows.span
    days = (span[1] - span[0]).total_seconds() / 86_400 if span else 0.0
    loaded = f"The records loaded span {days:,.1f} days of the {case.retention_days:,} that are to be kept"
    told = f"{loaded}; {_told(frame, groups, case.retention_days)}"
    return Step(
        "kept", "Are the logs kept long enough?", sentence(told), captioned(frame, "kept", case.flows, sentence(told))
    )


def _log_groups(case: Review) -> dict[str, int | None]:
    """Return how many days each log group that the snapshot describes keeps its events, by ARN; None is for ever."""
    snapshot = case.flows.identities.snapshot
    told = snapshot.described.get("logGroups", ()) if snapshot else ()
    days = {str(one.get("arn")).removesuffix(":*"): one.get("retentionInDays") for one in told}
    return {arn: kept for arn, kept in days.items() if kept is None or isinstance(kept, int)}


def _told(frame: pd.DataFrame, groups: Mapping[str, int | None], wanted: int) -> str:
    """Return in words how long destinations keep logs."""
    kept = [groups[one] for one in frame.destination if one in groups]
    short = sum(days is not None and days < wanted for days in kept)
    unknown = len(frame) - len(kept)
    known = f"{several(short, 'destination')} of {len(kept):,} keep less than that; " if kept else ""
    why = "no describe-log-groups in the snapshot tells of them, and none tells of buckets"
    return known + f"of {several(unknown, 'destination')} the retention is {_UNKNOWN}" + (f": {why}" * bool(unknown))


def _destination(row: Mapping[Any, Any], groups: Mapping[str, int | None]) -> dict[str, object]:
    name, kind = str(row["destination"]), str(row["destination_type"])
    days = groups.get(name, 0)
    retention = "for ever" if days is None else several(days, "day") if days else _UNKNOWN
    return {
        "flow_log_id": row["flow_log_id"], "destination": name, "destination_type": kind, "created": row["created"],
        "retention": retention, "look": look_at(name, kind),
    }  # fmt: skip


def look_at(destination: str, kind: str) -> str:
    """Return the command that tells how long a destination keeps logs; "" where there is none."""
    if kind == "s3":
        bucket = shell_word(destination.rpartition(":::")[2].partition("/")[0])
        return f"aws s3api get-bucket-lifecycle-configuration --bucket {bucket}"
    if kind == "cloud-watch-logs":
        group = destination.partition(":log-group:")[2].partition(":")[0] or destination
        return f"aws logs describe-log-groups --log-group-name-prefix {shell_word(group)}"
    return ""


def shell_word(text: str) -> str:
    """Return text as one word of a shell, however it was written."""
    return shlex.quote(brief(text))


def intact(case: Review) -> Step:
    """Say whether what was read is whole: each object's hash, and what was damaged, refused or there twice."""
    ledger = case.flows.ledger
    if not len(ledger):
        frame = captioned(pd.DataFrame({"object": [], "sha256": []}), "intact", case.flows, "No object.")
        told = "Not known: these flows come from a table, of which there is no account of objects."
        return Step("intact", "Is what was read whole?", told, frame)
    counts = {
        "hashed": int(ledger.sha256.notna().sum()), "damaged": int(ledger.damaged_at.notna().sum()),
        "twice": int(ledger.duplicate_of.fillna("").ne("").sum()), "refused": int(ledger.refused.sum()),
    }  # fmt: skip
    adds = bool((ledger.lines == ledger[["headers", "records", "nodata", "skipdata", "refused"]].sum(axis=1)).all())
    told = (
        f"{counts['hashed']:,} of {several(len(ledger), 'object')} have a SHA-256, {counts['damaged']:,} are damaged, "
        f"{counts['twice']:,} are there twice (counted once), {several(counts['refused'], 'line')} were refused; the "
        f"lines of each object {'add up' if adds else 'do not add up'}. {_chain(case)}"
    )
    return Step("intact", "Is what was read whole?", told, captioned(ledger, "intact", case.flows, told))


def _chain(case: Review) -> str:
    if case.flows.origin.record is None:
        return "These flows are of no case, so no journal says that nothing was altered since they were read."
    return (
        "They are of a case, whose journal chains every load and run by hash: flowkit case CASE verify checks it, and "
        "every file, against it."
    )
