"""What else would look the same, and what to do next: commands to look or to mend, printed and never run."""

import shlex
from collections.abc import Iterator, Sequence

from flowkit.analysis import outcomes
from flowkit.playbooks.connectivity.case import Case
from flowkit.playbooks.finding import Candidate


def innocent(case: Case) -> list[tuple[str, str]]:
    """Return other explanations, each with what is seen of it here."""
    found = []
    late = int((case.attempts.outcome == outcomes.LATE).sum())
    if late:
        found.append(
            ("Packets that come after a close, or after long quiet, are rejected: that is no failed attempt.",
             f"{late:,} such tuples, not counted as attempts")
        )  # fmt: skip
    if len(case.failed):
        found.append(
            ("Clients that try again: a failed attempt may have been followed by one that came about.",
             f"{len(case.failed):,} attempts failed, {len(case.worked):,} did not")
        )  # fmt: skip
    if (case.failed.outcome == outcomes.UNANSWERED).any():
        found.append(
            ("Flow logs are best effort: a record may be missing without SKIPDATA.",
             f"{int((case.failed.outcome == outcomes.UNANSWERED).sum()):,} attempts have no reply on record")
        )  # fmt: skip
    if len(case.worked) and not len(case.failed):
        found.append(
            ("A connection that comes about may still carry errors of the application.", "not visible in flow logs")
        )
    return found


def next_steps(case: Case, candidates: Sequence[Candidate]) -> list[tuple[str, str]]:
    """Return why to run what."""
    steps = list(dict.fromkeys(step for one in candidates for step in _of(one, case)))
    for name, watch, side in (
        ("source", case.source, case.asked.source), ("destination", case.destination, case.asked.destination),
    ):  # fmt: skip
        if watch.dark or not (watch.accepts and watch.rejects):
            ids = side.interface_ids
            steps.append((f"the {name} is {watch}", _log_it(ids) if ids else _find_it(side.blocks)))
    if case.snapshot is None:
        steps.append(("no rules are known", "flowkit snapshot FOLDER"))
    return steps


def _log_it(ids: Sequence[str]) -> str:
    return (
        f"aws ec2 create-flow-logs --resource-type NetworkInterface --resource-ids {shlex.join(ids)} "
        "--traffic-type ALL --log-destination-type s3 --log-destination arn:aws:s3:::BUCKET"
    )


def _find_it(blocks: Sequence[str]) -> str:
    named = f"Name=addresses.private-ip-address,Values={','.join(blocks)}"
    return f"aws ec2 describe-network-interfaces --filters {shlex.quote(named)}"


def _of(candidate: Candidate, case: Case) -> Iterator[tuple[str, str]]:
    if candidate.contradicted_by:
        return
    cause, rule = candidate.cause, candidate.rule
    if "nacl" in cause:
        yield from _acl(cause, rule if isinstance(rule, str) else None, candidate.entry, case)
    elif "security_group" in cause:
        ids = shlex.join(rule) if isinstance(rule, list) else "GROUP"
        yield (
            "the rules as they are now",
            f"aws ec2 describe-security-group-rules --filters Name=group-id,Values={ids.replace(' ', ',')}",
        )
        if isinstance(rule, list) and rule:
            yield ("admit it, if it is wanted", _admit(cause, rule[0], case))
    elif cause == "no_listener":
        yield ("is anything listening? on the destination", f"ss -ltnp 'sport = :{case.asked.port}'")
    elif cause == "no_reply":
        yield ("does it arrive? on the destination", f"tcpdump -ni any 'port {case.asked.port}'")
        yield ("is a host firewall in the way? on the destination", "nft list ruleset")
    elif cause == "path_lost":
        table = f" --route-table-ids {shlex.quote(rule)}" if isinstance(rule, str) else ""
        yield ("the routes as they are now", f"aws ec2 describe-route-tables{table}")


def _acl(cause: str, rule: str | None, entry: int | None, case: Case) -> Iterator[tuple[str, str]]:
    table = f" --network-acl-ids {shlex.quote(rule)}" if rule else ""
    yield ("the entries as they are now", f"aws ec2 describe-network-acls{table}")
    if rule is None:
        return
    egress = "--egress" if cause.endswith("outbound") else "--ingress"
    reply = cause in ("destination_nacl_outbound", "source_nacl_inbound")
    peer = case.asked.source if cause.startswith("destination") else case.asked.destination
    ports = "From=1024,To=65535" if reply else f"From={case.asked.port},To={case.asked.port}"
    block = peer.blocks[0] if "/" in peer.blocks[0] else peer.blocks[0] + ("/128" if ":" in peer.blocks[0] else "/32")
    option = "--ipv6-cidr-block" if ":" in block else "--cidr-block"
    number = max((entry or 100) - 1, 1) if entry and entry < 32_767 else 90  # noqa: PLR2004 - the last entry
    command = (
        f"aws ec2 create-network-acl-entry --network-acl-id {shlex.quote(rule)} {egress} --rule-number {number} "
        f"--protocol {case.asked.protocol} --port-range {ports} {option} {block} --rule-action allow"
    )
    yield ("admit it, if it is wanted; choose a number below the entry that denies", command)


def _admit(cause: str, group: str, case: Case) -> str:
    way = "egress" if cause.startswith("source") else "ingress"
    peer = case.asked.destination if way == "egress" else case.asked.source
    block = peer.blocks[0] if "/" in peer.blocks[0] else peer.blocks[0] + ("/128" if ":" in peer.blocks[0] else "/32")
    ranges = f"Ipv6Ranges=[{{CidrIpv6={block}}}]" if ":" in block else f"IpRanges=[{{CidrIp={block}}}]"
    port = case.asked.port if case.asked.port is not None else -1
    permission = f"IpProtocol={case.asked.protocol_name},FromPort={port},ToPort={port},{ranges}"
    command = f"aws ec2 authorize-security-group-{way} --group-id {shlex.quote(group)}"
    return f"{command} --ip-permissions {shlex.quote(permission)}"
