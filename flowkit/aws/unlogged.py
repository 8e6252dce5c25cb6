"""What is not logged, not wholly, not all the time, or not known to be."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from flowkit.aws import mending
from flowkit.aws.applying import ALL, SHARED, records, traffic
from flowkit.aws.faults import Facts, Finder, Problem, count, grouped, home, ids, who


def _unlogged(facts: Facts) -> Iterator[Problem]:
    dark = [cover for cover in facts.covers if cover.covered == "no" and not any(map(records, cover.flow_logs))]
    for resource, members in grouped(dark, facts.covers):
        used = sum(one.used for one in members)
        account, region = home(facts.network, members[0])
        severity, what = ("high", "traffic there leaves no record") if used else ("low", "nothing uses them now")
        command = mending.create([resource], like=facts.like(account, region), account=account, region=region)
        subject = who(facts.network, resource, members, "is not logged", "are not logged")
        yield Problem(severity, "unlogged", resource, f"{subject}: {what}.", command)
    busy = {cover.vpc_id for cover in facts.covers}
    for cover in facts.within:
        if not cover.subnet_id and cover.vpc_id not in busy and not cover.flow_logs and cover.covered == "no":
            account, region = home(facts.network, cover)
            command = mending.create([cover.vpc_id], like=facts.like(account, region), account=account, region=region)
            name = facts.network.name(cover.vpc_id)
            said = f"{name} holds no interface and has no flow log: what is put there will not be logged."
            yield Problem("info", "unlogged", cover.vpc_id, said, command)


def _partly(facts: Facts) -> Iterator[Problem]:
    for kept, other, severity, lost in (
        ("REJECT", "ACCEPT", "high", "traffic that was admitted leaves no record"),
        ("ACCEPT", "REJECT", "medium", "blocked attempts leave no record"),
    ):
        half = [one for one in facts.covers if one.covered == "partly" and traffic(one.recording) == kept]
        for resource, members in grouped(half, facts.covers):
            like = members[0].recording[0]
            _, region = home(facts.network, members[0])
            command = mending.create([resource], traffic=other, like=like, region=region)
            subject = who(facts.network, resource, members, f"is logged for {kept} only", f"are logged for {kept} only")
            grave = severity if any(one.used for one in members) else "low"
            said = f"{subject} ({ids(members[0].recording)}): {lost}."
            yield Problem(grave, "partly_logged", resource, said, command)


def _unknown(facts: Facts) -> Iterator[Problem]:
    dim = [one for one in facts.covers if one.covered == "unknown"]
    by_reason = defaultdict(list)
    for one in dim:
        by_reason[one.reasons[-1]].append(one)
    for reason, members in by_reason.items():
        for resource, some in grouped(members, facts.covers):
            subject = who(facts.network, resource, some, "may or may not be logged", "may or may not be logged")
            _, region = home(facts.network, some[0])
            shared = SHARED in reason
            command = mending.describe("flow-logs", resource_id=some[0].vpc_id if shared else resource, region=region)
            where = " Run the command in the account that owns the VPC." if shared else ""
            yield Problem("medium", "unknown", resource, f"{subject}: {reason}.{where}", command)


def _orphaned(facts: Facts) -> Iterator[Problem]:
    asked = {"VPC": "Vpcs", "Subnet": "Subnets", "NetworkInterface": "NetworkInterfaces"}
    only = facts.network.only_region()
    refused = {one.call.removeprefix("ec2:Describe") for one in facts.network.snapshot.refused}
    for flow_log in facts.flow_logs:
        key = asked.get(mending.known_type(flow_log.resource_id))
        if (
            key in facts.network.snapshot.answered
            and not refused & {key, ""}
            and not facts.network.known(flow_log.resource_id)
        ):
            said = f"{facts.on(flow_log)} watches something that is not there any more."
            yield Problem("info", "orphaned", flow_log.flow_log_id, said, mending.delete(flow_log, only))


def _late(facts: Facts) -> Iterator[Problem]:
    """Flow logs made within or after the time asked about, where no older one records the same."""
    if facts.start is None and facts.end is None:
        return
    told = {}
    for cover in facts.covers:
        old = [one for one in cover.recording if one.created and facts.start and one.created <= facts.start]
        if traffic(old) != ALL:
            told.update({one.flow_log_id: one for one in cover.recording if one not in old and one.created})
    for flow_log in told.values():
        created = flow_log.created
        if created is None:
            continue
        after_all = facts.end is not None and created >= facts.end
        if after_all or (facts.start is not None and created > facts.start):
            when = "after" if after_all else "within"
            said = (
                f"{facts.on(flow_log)} was made {created:%Y-%m-%d %H:%MZ}, {when} the time asked about: "
                "it has no earlier record."
            )
            yield Problem("high" if after_all else "medium", "gap", flow_log.flow_log_id, said)


def _transit(facts: Facts) -> Iterator[Problem]:
    attached = defaultdict(list)
    for one in facts.network.snapshot.described.get("TransitGatewayAttachments", ()):
        attached[str(one.get("TransitGatewayId", ""))].append(one)
    for gateway, attachments in attached.items():
        attached_by = [str(one.get("TransitGatewayAttachmentId", "")) for one in attachments]
        logged = any(map(records, facts.network.on(gateway))) or all(
            any(map(records, facts.network.on(one))) for one in attached_by
        )
        if gateway and facts.network.asked and not logged:
            account = str(attachments[0].get("TransitGatewayOwnerId", ""))
            command = mending.create([gateway], account=account, region=facts.network.only_region())
            said = (
                f"{gateway} ({count(len(attached_by), 'attachment')}) has no flow log: what crosses it is seen at its "
                "ends only, and packets it drops for want of a route are counted nowhere. "
                f"The account that owns it{f', {account},' if account else ''} can log it."
            )
            yield Problem("low", "unlogged", gateway, said, command)


FINDERS: Final[tuple[Finder, ...]] = (_unlogged, _partly, _unknown, _orphaned, _late, _transit)
