"""What is wrong with flow logs: delivery, what they record, and that it is paid for twice."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from flowkit.aws import mending
from flowkit.aws.applying import ALL, fails, records
from flowkit.aws.faults import Facts, Finder, Problem
from flowkit.aws.fields_needed import columns, missing, widened
from flowkit.inventory import FlowLog

_COARSE: Final = 600
_FIRST: Final = timedelta(hours=1)
"""Within which the first records arrive: an interval of ten minutes and a delivery of as much, and then some."""


def _undelivered(facts: Facts) -> Iterator[Problem]:
    for flow_log in facts.flow_logs:
        account, region = facts.network.home(flow_log)
        if not records(flow_log):
            said = f"{facts.on(flow_log)} is {flow_log.status}, not ACTIVE: it records nothing."
            again = mending.replaced(flow_log, region=region)
            yield Problem("high", "inactive", flow_log.flow_log_id, said, again)
        elif fails(flow_log):
            severity, why, command = _failure(flow_log, account, region)
            said = f"{facts.on(flow_log)} fails to deliver to {flow_log.destination} ({flow_log.deliver_error}): {why}"
            yield Problem(severity, "undelivered", flow_log.flow_log_id, said, command)


def _failure(flow_log: FlowLog, account: str, region: str) -> tuple[str, str, str]:
    """Return what a failed delivery comes to, what it means, and what mends it."""
    error = flow_log.deliver_error.lower()
    if "access error" in error and flow_log.destination_type == mending.S3:
        return "critical", (
            "the bucket's policy, or its key's, does not let AWS's log delivery write, so nothing arrives. "
            "Its owner has to add two statements to the policy it has."
        ), mending.let_deliver_to_bucket(flow_log, account, region)  # fmt: skip
    if "access error" in error:
        return "critical", (
            f"the role {flow_log.role or '(none)'} may not write there, or AWS's flow logs may not take it, so nothing "
            "arrives."
        ), mending.let_deliver_to_group(flow_log)  # fmt: skip
    if "rate limited" in error:
        made = mending.create(
            [flow_log.resource_id], traffic=flow_log.traffic_type or ALL, log_format=flow_log.log_format,
            account=account, region=region,
        )  # fmt: skip
        return "high", (
            "CloudWatch Logs throttles it, or the quota of log groups is reached, and what is not taken is lost. "
            "S3 has no such limit."
        ), f"{made}\n{mending.later(flow_log, region)}" if made else ""  # fmt: skip
    return "high", (
        "this is AWS's own error, and how much arrives is not known. If it lasts, put another flow log in its place."
    ), mending.replaced(flow_log, region=region)  # fmt: skip


def _doubled(facts: Facts) -> Iterator[Problem]:
    for one in facts.doubled:
        _, region = facts.network.home(one.spare)
        command = mending.delete(one.spare, region) if one.safe else ""
        yield Problem("low", "logged_twice", one.spare.flow_log_id, one.sentence, command)


def _reach(facts: Facts) -> Iterator[Problem]:
    for flow_log in facts.flow_logs:
        found = facts.reach.get(flow_log.flow_log_id)
        if found is None:
            continue
        at, (_, region) = f"{facts.on(flow_log)} delivers to {flow_log.destination}", facts.network.home(flow_log)
        bucket = flow_log.destination_type == mending.S3
        if found.state == "no":
            said = f"{at}, which you cannot read ({found.why}): ask its owner, or give your role the policy."
            yield Problem("high", "unreadable", flow_log.flow_log_id, said, mending.let_read())
        elif found.state == "missing":
            what, make = ("bucket", mending.make_bucket) if bucket else ("log group", mending.make_group)
            late = "" if bucket else " yet; it is made with the first record"
            said = f"{at}, and there is no such {what}{late}: nothing can be read."
            yield Problem("high" if bucket else "medium", "unreadable", flow_log.flow_log_id, said,
                          make(flow_log.destination, region))  # fmt: skip
        elif found.state == "empty" and not _new(flow_log, facts):
            said = f"{at}, and nothing is there: no traffic yet, records that expired, or a delivery that never worked."
            yield Problem("medium", "nothing_delivered", flow_log.flow_log_id, said)


def _elsewhere(facts: Facts) -> Iterator[Problem]:
    for flow_log in facts.flow_logs:
        account, _ = facts.network.home(flow_log)
        owner = (flow_log.destination.split(":") + [""] * 5)[4]  # of an ARN; that of a bucket names none
        found = facts.reach.get(flow_log.flow_log_id)
        if (found and found.elsewhere) or (owner and account and owner != account):
            whose = f"account {owner}" if owner else "another account"
            said = (
                f"{facts.on(flow_log)} delivers to {flow_log.destination}, which is of {whose}: who may read these "
                "records, and how long they are kept, is decided there."
            )
            yield Problem("info", "other_account", flow_log.flow_log_id, said)


def _new(flow_log: FlowLog, facts: Facts) -> bool:
    """Tell whether a flow log is so young that nothing need have arrived."""
    taken = facts.network.snapshot.taken
    return bool(flow_log.created and taken and taken - flow_log.created < _FIRST)


def _fields(facts: Facts) -> Iterator[Problem]:
    for flow_log in facts.kept:
        if mending.known_type(flow_log.resource_id).startswith("TransitGateway"):
            continue
        present = columns(flow_log.log_format)
        lacking = missing(present) if present else []
        if lacking:
            _, region = facts.network.home(flow_log)
            without = "; ".join(f"{', '.join(need.names)} ({need.without})" for need in lacking)
            playbooks = ", ".join(sorted({name for need in lacking for name in need.playbooks}))
            said = f"{facts.on(flow_log)} does not record {without}. Playbooks that tell less without: {playbooks}."
            if flow_log.destination_type == mending.LOGS:
                said += " Lines in a log group do not tell their format: name another group for the new one."
            command = mending.replaced(flow_log, log_format=str(widened(present)), region=region)
            yield Problem(lacking[0].severity, "missing_fields", flow_log.flow_log_id, said, command)


def _coarse(facts: Facts) -> Iterator[Problem]:
    for flow_log in facts.kept:
        if flow_log.interval == _COARSE:
            _, region = facts.network.home(flow_log)
            said = (
                f"{facts.on(flow_log)} sums up as much as 10 minutes in a record: beacons and short attempts blur. "
                "Nitro instances never take more than one minute; for others 60 s means more records to pay for."
            )
            yield Problem("low", "long_interval", flow_log.flow_log_id, said, mending.replaced(flow_log, region=region))


FINDERS: Final[tuple[Finder, ...]] = (_undelivered, _doubled, _reach, _elsewhere, _fields, _coarse)
