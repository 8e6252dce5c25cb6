"""Cases in which one thing stops every attempt, or nothing does, or nobody can tell."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from flowkit.training.connectivity.place import OPEN, acl_id, block, group_ids, subnet_of
from flowkit.training.connectivity.situation import Setting, Situation, Truth
from flowkit.training.network import resource_id
from flowkit.training.rules import TCP, AclEntry, Direction, Ports

Kind = Callable[[Setting], Situation]


def _between_two(setting: Setting, truth: Truth, **more: object) -> Situation:
    given = {"rules": setting.rules, "attempts": setting.dice.whole(20, 160), **more}
    return Situation(truth=truth, clients=(setting.client,), servers=(setting.server,), **given)  # type: ignore[arg-type]


def denying(setting: Setting, direction: Direction, ports: Ports, peer: str) -> tuple[tuple[AclEntry, ...], int]:
    """Return the entries of an ACL that denies, by an entry of its own or by none that admits, and that entry's number.

    Entries that decide about other packets stand around it.
    """
    dice = setting.dice
    others = tuple(
        AclEntry(
            number, dice.pick(("ingress", "egress")), Ports(TCP, 22, 22), "10.40.240.0/24", dice.pick(("allow", "deny"))
        )
        for number in (10, 20)
    )
    if dice.chance(0.5):
        number = dice.whole(30, 99)
        return (*others, AclEntry(number, direction, ports, peer, "deny"), *OPEN), number
    kept = tuple(entry for entry in OPEN if entry.direction != direction)
    admits = AclEntry(90, direction, Ports(TCP, 22, 22), peer)
    return (*others, *kept, admits), 32768 if setting.ipv6 else 32767


def _by_acl(setting: Setting, cause: str) -> Situation:
    asking = cause in ("source_nacl_outbound", "destination_nacl_inbound")
    own, peer = (setting.client, setting.server) if cause.startswith("source") else (setting.server, setting.client)
    direction: Direction = "egress" if cause.endswith("outbound") else "ingress"
    wide = Ports(setting.protocol, 1024, 65535) if setting.port else Ports(setting.protocol)
    ports = Ports(setting.protocol, setting.port, setting.port) if asking and setting.port else wide
    entries, number = denying(setting, direction, ports, block(subnet_of(peer), ipv6=setting.ipv6))
    rules = setting.rules.with_acl(subnet_of(own), *entries)
    return _between_two(setting, Truth("blocked", cause, acl_id(subnet_of(own)), number), rules=rules)


def source_nacl_outbound(setting: Setting) -> Situation:
    """Stop requests at the ACL of the client's subnet."""
    return _by_acl(setting, "source_nacl_outbound")


def source_nacl_inbound(setting: Setting) -> Situation:
    """Stop replies at the ACL of the client's subnet."""
    return _by_acl(setting, "source_nacl_inbound")


def destination_nacl_inbound(setting: Setting) -> Situation:
    """Stop requests at the ACL of the server's subnet."""
    return _by_acl(setting, "destination_nacl_inbound")


def destination_nacl_outbound(setting: Setting) -> Situation:
    """Stop replies at the ACL of the server's subnet."""
    return _by_acl(setting, "destination_nacl_outbound")


def source_security_group(setting: Setting) -> Situation:
    """Let the client's groups not admit it."""
    rules = setting.rules.with_groups(setting.client, "web-only", "common")
    if setting.port == 80:  # noqa: PLR2004 - what these groups do admit
        rules = setting.rules.with_groups(setting.client, "common")
    truth = Truth("blocked", "source_security_group", group_ids(rules, setting.client))
    return _between_two(setting, truth, rules=rules)


def destination_security_group(setting: Setting) -> Situation:
    """Let the server's groups not admit it."""
    rules = setting.rules.with_groups(setting.server, *setting.dice.pick((("next-port", "common"), ("common",))))
    truth = Truth("blocked", "destination_security_group", group_ids(rules, setting.server))
    return _between_two(setting, truth, rules=rules)


def no_listener(setting: Setting) -> Situation:
    """Let nothing listen."""
    return _between_two(setting, Truth("failing", "no_listener"), answer=lambda *_: "refuses")


def no_reply(setting: Setting) -> Situation:
    """Let the server say nothing."""
    return _between_two(setting, Truth("failing", "no_reply"), answer=lambda *_: "silent")


def request_lost(setting: Setting) -> Situation:
    """Lose requests to a route that leads nowhere."""
    return _lost(setting, setting.client, setting.server)


def reply_lost(setting: Setting) -> Situation:
    """Lose replies to a route that leads nowhere."""
    return _lost(setting, setting.server, setting.client)


def _lost(setting: Setting, sender: str, receiver: str) -> Situation:
    gone = (subnet_of(sender), block(subnet_of(receiver), ipv6=setting.ipv6))
    lost = replace(setting.rules, blackholes=(gone,))
    return _between_two(setting, Truth("failing", "path_lost", resource_id("rtb", subnet_of(sender))), rules=lost)


def reachable(setting: Setting) -> Situation:
    """Let everything be well; now and then a late packet is rejected."""
    return _between_two(setting, Truth("reachable"))


def a_few_fail(setting: Setting) -> Situation:
    """Lose a very few of many attempts, at random."""
    few = {setting.dice.whole(0, 700) for _ in range(3)}
    counted = iter(range(100_000))
    return _between_two(
        setting, Truth("reachable"), attempts=700, answer=lambda *_: "silent" if next(counted) in few else "yes"
    )


def not_seen(setting: Setting) -> Situation:
    """Log both ends, between which nothing of the kind happens."""
    return _between_two(setting, Truth("not_seen"), attempts=0)


def far_end_dark(setting: Setting) -> Situation:
    """Stop requests at the server's groups, of which nothing is logged."""
    rules = setting.rules.with_groups(setting.server, "common")
    return _between_two(setting, Truth("cannot_tell", "not_logged"), rules=rules, dark=(setting.server,))


def far_end_skipped(setting: Setting) -> Situation:
    """Lose all records of the server's interface to SKIPDATA, while it says nothing."""
    truth = Truth("cannot_tell", "not_logged")
    return _between_two(setting, truth, answer=lambda *_: "silent", skipped=(setting.server,))


def rejects_not_logged(setting: Setting) -> Situation:
    """Stop requests at the server's groups, while only what is accepted is logged there."""
    rules = setting.rules.with_groups(setting.server, "common")
    return _between_two(setting, Truth("cannot_tell", "not_logged"), rules=rules, accepted_only=(setting.server,))


def near_end_decides(setting: Setting) -> Situation:
    """Log one end only, where whole conversations are seen."""
    return _between_two(setting, Truth("reachable"), dark=(setting.dice.pick((setting.client, setting.server)),))


ANY_PROTOCOL: Final[tuple[Kind, ...]] = (
    source_security_group, source_nacl_outbound, destination_nacl_inbound, destination_security_group,
    destination_nacl_outbound, source_nacl_inbound, request_lost, reachable, not_seen, far_end_dark, rejects_not_logged,
)  # fmt: skip
TCP_ONLY: Final[tuple[Kind, ...]] = (
    no_listener, no_reply, reply_lost, a_few_fail, far_end_skipped, near_end_decides,
)  # fmt: skip
