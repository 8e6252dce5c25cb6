"""How to admit what a rule denies, as commands: no wider than what was asked, and with a rule number that is free."""

import shlex
from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from typing import Final

from flowkit.inventory import Snapshot
from flowkit.inventory.gates import CLIENT_PORTS
from flowkit.inventory.packets import ANY, ICMP, ICMPV6, WITH_PORTS, Span
from flowkit.inventory.rules import AclEntry, NetworkAcl
from flowkit.playbooks.connectivity.case import Case
from flowkit.playbooks.finding import Candidate, NextStep

_LAST_OWN: Final = 32_766
"""The highest number an entry of one's own may have."""
_FIRST, _STEP = 100, 10
_MOST: Final = 3
_REPLIES: Final = ("destination_nacl_outbound", "source_nacl_inbound")


def commands(candidate: Candidate, case: Case) -> Iterator[NextStep]:
    """Yield what would admit what an ACL or groups deny; nothing where the rule is not known."""
    peer = case.asked.source if candidate.cause.startswith("destination") else case.asked.destination
    blocks = [str(ip_network(one)) for one in peer.blocks]
    if len(blocks) > _MOST:
        yield NextStep("mend", f"the same for {len(blocks) - _MOST:,} more addresses, or for a block that holds them")
    for block in blocks[:_MOST]:
        if "nacl" in candidate.cause and isinstance(candidate.rule, str):
            yield from _acl(candidate, case, block)
        elif "security_group" in candidate.cause and isinstance(candidate.rule, list) and candidate.rule:
            yield NextStep("mend", "admit it, if it is wanted", _group(candidate.cause, candidate.rule[0], case, block))


def _acl(candidate: Candidate, case: Case, block: str) -> Iterator[NextStep]:
    acl = _named(case.snapshot, str(candidate.rule))
    if acl is None:
        return
    egress = candidate.cause.endswith("outbound")
    entries = [one for one in acl.entries if one.direction == ("egress" if egress else "ingress")]
    port = case.asked.port if case.asked.port is not None else 0
    protocol = ICMPV6 if case.asked.protocol == ICMP and ":" in block else case.asked.protocol
    span = CLIENT_PORTS if candidate.cause in _REPLIES else (port, port)
    denying = candidate.entry if candidate.entry is not None and candidate.entry <= _LAST_OWN else None
    option = f"--network-acl-id {shlex.quote(acl.acl_id)} {'--egress' if egress else '--ingress'}"
    narrow = _too_narrow(entries, protocol, span, block, denying)
    if narrow:
        wider = (min(narrow.first or 0, span[0]), max(narrow.last or 0, span[1]))
        why = f"widen entry {narrow.number} to ports {wider[0]} to {wider[1]}, if it is wanted"
        yield NextStep(
            "mend",
            why,
            f"aws ec2 replace-network-acl-entry {option} {_entry(narrow.number, protocol, wider, narrow.cidr)}",
        )
        return
    number = free_number([one.number for one in entries], denying)
    if number is None:
        yield NextStep("mend", f"no number before entry {denying} of {acl.acl_id} is free: change that entry itself")
        return
    before = f"before entry {denying}" if denying else "where no entry admits it"
    why = f"admit it {before}, if it is wanted"
    yield NextStep("mend", why, f"aws ec2 create-network-acl-entry {option} {_entry(number, protocol, span, block)}")


def _named(snapshot: Snapshot | None, acl_id: str) -> NetworkAcl | None:
    return next((one for one in snapshot.acls if one.acl_id == acl_id), None) if snapshot else None


def _too_narrow(
    entries: Sequence[AclEntry], protocol: int, span: Span, block: str, denying: int | None
) -> AclEntry | None:
    """Return an entry that admits some of the ports, and would decide if it admitted all."""
    for one in sorted(entries, key=lambda entry: entry.number):
        decides = one.allows and one.protocol == protocol and (denying is None or one.number < denying)
        if not decides or protocol not in WITH_PORTS or one.first is None or one.last is None:
            continue
        if _holds(one.cidr, block) and one.first <= span[1] and span[0] <= one.last:
            return one
    return None


def _holds(cidr: str, block: str) -> bool:
    outer, inner = ip_network(cidr, strict=False), ip_network(block)
    return outer.version == inner.version and inner.subnet_of(outer)  # type: ignore[arg-type] # the versions are equal


def free_number(taken: Sequence[int], denying: int | None) -> int | None:
    """Return a free rule number: the highest before the entry that denies, else one behind all; None if none is free.

    >>> free_number([10, 99, 100], 100), free_number([100, 200], None), free_number([1], 1), free_number([], None)
    (98, 210, None, 100)
    """
    own = {one for one in taken if one <= _LAST_OWN}
    if denying is None and (not own or max(own) + _STEP <= _LAST_OWN):
        return max(own) // _STEP * _STEP + _STEP if own else _FIRST
    return next((one for one in range((denying or _LAST_OWN + 1) - 1, 0, -1) if one not in own), None)


def _entry(number: int, protocol: int, span: Span, block: str) -> str:
    option = "--ipv6-cidr-block" if ":" in block else "--cidr-block"
    of_icmp = {ICMP, ICMPV6}
    ports = f" --port-range From={span[0]},To={span[1]}" if protocol in WITH_PORTS else ""
    ports = " --icmp-type-code Code=-1,Type=-1" if protocol in of_icmp else ports
    return f"--rule-number {number} --protocol {protocol}{ports} {option} {shlex.quote(block)} --rule-action allow"


def _group(cause: str, group: str, case: Case, block: str) -> str:
    way = "egress" if cause.startswith("source") else "ingress"
    ranges = f"Ipv6Ranges=[{{CidrIpv6={block}}}]" if ":" in block else f"IpRanges=[{{CidrIp={block}}}]"
    name = case.asked.protocol_name
    protocol = "icmpv6" if name == "icmp" and ":" in block else name
    port = case.asked.port if case.asked.port is not None else ANY
    permission = f"IpProtocol={protocol},FromPort={port},ToPort={port},{ranges}"
    command = f"aws ec2 authorize-security-group-{way} --group-id {shlex.quote(group)}"
    return f"{command} --ip-permissions {shlex.quote(permission)}"
