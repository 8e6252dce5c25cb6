"""What else would look the same, and what to do next: commands to look or to mend, printed and never run."""

import shlex
from collections.abc import Iterator, Sequence
from typing import Final

from flowkit.analysis import outcomes
from flowkit.fields import PROTOCOLS
from flowkit.playbooks.connectivity import mending
from flowkit.playbooks.connectivity.case import Case
from flowkit.playbooks.finding import Candidate, NextStep

_NEVER_TRIED: Final = (
    ("The client may never try: its settings name another host or port, or it waits for something else.",
     "look at the source whether it opens a connection at all"),
    ("The name may lead to another address: an old DNS answer, a load balancer, the public address instead.",
     "only the addresses above were asked about; give others as a list"),
)  # fmt: skip
_UDP: Final = PROTOCOLS["udp"]


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
    if not len(case.attempts):
        found += _NEVER_TRIED
    return found


def next_steps(case: Case, candidates: Sequence[Candidate]) -> list[NextStep]:
    """Return what to look at first, and behind it what would mend."""
    steps = [step for one in candidates for step in _of(one, case)]
    if not len(case.attempts):
        steps += _never_tried(case)
    for name, watch, side in (
        ("source", case.source, case.asked.source), ("destination", case.destination, case.asked.destination),
    ):  # fmt: skip
        ids = side.interface_ids
        if (watch.dark or not (watch.accepts and watch.rejects)) and ids:
            steps.append(NextStep("mend", f"the {name} is {watch}: log it", _log_it(ids)))
        elif watch.dark:
            steps.append(NextStep("look", f"whose is the {name}? It is {watch}", _find_it(side.blocks)))
    if case.snapshot is None:
        steps.append(NextStep("look", "no rules are known: keep what EC2 says of them", "flowkit snapshot FOLDER"))
    return sorted(dict.fromkeys(steps), key=lambda step: step.kind)


def _never_tried(case: Case) -> Iterator[NextStep]:
    address = case.asked.destination.blocks[0].partition("/")[0]
    if case.asked.port is None:
        yield NextStep("look", "on the source: does it come about now?", f"ping -c 3 {address}")
        return
    udp = "-u " if case.asked.protocol == _UDP else ""
    yield NextStep("look", "on the source: does it come about now?", f"nc -vz {udp}-w 5 {address} {case.asked.port}")
    yield NextStep("look", "on the source: whom does it try to reach instead?", "ss -tunp state syn-sent")


def _log_it(ids: Sequence[str]) -> str:
    return (
        f"aws ec2 create-flow-logs --resource-type NetworkInterface --resource-ids {shlex.join(ids)} "
        "--traffic-type ALL --log-destination-type s3 --log-destination arn:aws:s3:::BUCKET"
    )


def _find_it(blocks: Sequence[str]) -> str:
    named = f"Name=addresses.private-ip-address,Values={','.join(blocks)}"
    return f"aws ec2 describe-network-interfaces --filters {shlex.quote(named)}"


def _of(candidate: Candidate, case: Case) -> Iterator[NextStep]:
    if candidate.contradicted_by:
        return
    cause, rule, port = candidate.cause, candidate.rule, case.asked.port
    if "nacl" in cause:
        table = f" --network-acl-ids {shlex.quote(rule)}" if isinstance(rule, str) else ""
        yield NextStep("look", "the entries as they are now", f"aws ec2 describe-network-acls{table}")
    elif "security_group" in cause:
        ids = ",".join(rule) if isinstance(rule, list) else "GROUP"
        told = f"aws ec2 describe-security-group-rules --filters {shlex.quote(f'Name=group-id,Values={ids}')}"
        yield NextStep("look", "the rules as they are now", told)
    elif cause == "no_listener":
        kind = "-lunp" if case.asked.protocol == _UDP else "-ltnp"
        yield NextStep("look", "on the destination: does anything listen?", f"ss {kind} 'sport = :{port}'")
    elif cause == "no_reply":
        kept = f"port {port}" if port is not None else case.asked.protocol_name
        yield NextStep("look", "on the destination: does it arrive?", f"tcpdump -ni any '{kept}'")
        yield NextStep("look", "on the destination: does a firewall of its own stop it?", "nft list ruleset")
    elif cause == "path_lost":
        table = f" --route-table-ids {shlex.quote(rule)}" if isinstance(rule, str) else ""
        yield NextStep("look", "the routes as they are now", f"aws ec2 describe-route-tables{table}")
    yield from mending.commands(candidate, case)
