"""A case as somebody meets it: a log, a snapshot and a question; with it, what is right."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from flowkit.training.connectivity import attempts as trying
from flowkit.training.connectivity.causes import ANY_PROTOCOL, TCP_ONLY, Kind
from flowkit.training.connectivity.patterns import PATTERNS
from flowkit.training.connectivity.place import CLIENTS, SERVERS, address, network
from flowkit.training.connectivity.situation import Setting, Situation, Truth
from flowkit.training.describe import snapshot
from flowkit.training.dice import Dice
from flowkit.training.logfiles import COLUMNS, Period, lines_of
from flowkit.training.network import Network, resource_id
from flowkit.training.rules import ICMP, TCP, UDP
from flowkit.training.wire import SYN, Connection, Packets, RecordKey, Tally, Wire

START: Final = 1_773_129_600
"""2026-03-10 08:00 UTC."""
KINDS: Final = {kind.__name__: kind for kind in (*ANY_PROTOCOL, *TCP_ONLY, *PATTERNS)}
_FORMATS: Final = {2: 14, 3: 21, 5: 29}
"""How many of the columns a log of each version has."""
_TAKEN: Final = "2026-03-10T18:00:00Z"
_FLOW_LOG: Final = resource_id("fl", "connectivity")


@dataclass(frozen=True)
class Case:
    """A question about a log, and the right answer.

    Attributes
    ----------
    name
        The kind and the seed.
    log
        The flow log's text, with its header.
    snapshot
        Files of a snapshot, name to content; empty where none was taken.
    question
        What `fk.playbooks.run("connectivity", flows, …)` takes.
    truth
        What the answer has to say; without a snapshot no rule can be told.
    about
        Format version, aggregation interval [s], protocol and family, for reading results.
    """

    name: str
    log: str
    snapshot: dict[str, bytes]
    question: dict[str, object]
    truth: Truth
    about: dict[str, object] = field(default_factory=dict)


def cases(seed: int | str, kinds: tuple[str, ...] = tuple(KINDS)) -> Iterator[Case]:
    """Yield a case of each kind, always the same for a seed.

    >>> next(cases(1, ("no_listener",))).truth.cause
    'no_listener'
    """
    for name in kinds:
        yield case(name, seed)


def case(name: str, seed: int | str, *, background: int = 0) -> Case:
    """Return a case of a kind, with so many records of other conversations beside it."""
    dice = Dice(f"{seed}/{name}")
    kind = KINDS[name]
    setting = _setting(dice, kind)
    situation = kind(setting)
    version, known = dice.pick((2, 3, 5, 5)), dice.chance(0.9)
    wire = _happened(setting, situation)
    described = _described(network(situation.rules), situation, setting) if known else {}
    log = "\n".join([*_lines(wire, setting, situation, version), *_background(dice, setting, background, version), ""])
    about: dict[str, object] = {
        "version": version, "interval": setting.interval, "protocol": setting.protocol, "ipv6": setting.ipv6,
        "snapshot": known,
    }  # fmt: skip
    return Case(f"{name}/{seed}", log, described, _question(setting, situation, known=known), situation.truth, about)


def _setting(dice: Dice, kind: Kind) -> Setting:
    other = kind in ANY_PROTOCOL and kind.__name__ != "rejects_not_logged"
    protocol = dice.pick((TCP, TCP, TCP, TCP, TCP, UDP, ICMP)) if other else TCP
    interval = dice.pick((60, 60, 600))
    length = 7_200 if interval == 60 else 14_400  # noqa: PLR2004 - the short of the two intervals there are
    ipv6 = dice.chance(0.3) and protocol != ICMP
    return Setting(dice, protocol, ipv6, interval, START, START + length)


def _happened(setting: Setting, situation: Situation) -> Wire:
    """Let everything happen, in order of time, and return the wire that saw it."""
    dice = setting.dice
    now, then = network(situation.rules), network(situation.before or situation.rules)
    wire = Wire(then, interval=setting.interval)
    used: set[tuple[str, str, int]] = set()
    moments = [dice.between(setting.start + 60, setting.end - 700) for _ in range(situation.attempts)]
    for at in sorted([*moments, *situation.bursts]):
        wire.network = now if at >= situation.changes_at else then
        trying.make(wire, dice, _attempt(setting, situation, at, used))
    wire.network = now
    if situation.noise:
        _noise(wire, setting)
    return wire


def _attempt(setting: Setting, situation: Situation, at: float, used: set[tuple[str, str, int]]) -> trying.Attempt:
    dice = setting.dice
    client, server = dice.pick(situation.clients), dice.pick(situation.servers)
    port = dice.whole(*situation.client_ports) if setting.port else 0
    while setting.port and (client, server, port) in used:
        port = dice.whole(*situation.client_ports)
    used.add((client, server, port))
    ends = (address(client, ipv6=setting.ipv6), address(server, ipv6=setting.ipv6))
    quiet, answer = 0.0, situation.answer(client, server, at)
    if situation.quiets:
        longest, shortest = situation.quiets
        forgets = dice.chance(0.25)
        quiet = dice.between(shortest, shortest + 200) if forgets else dice.between(0, longest)
        answer = "forgets" if forgets else "yes"
    size = (dice.whole(100, 3_000), int(dice.often_small(200, 90_000)))
    return trying.Attempt(Connection(*ends, port, setting.port, setting.protocol), at, answer, size, quiet)


def _noise(wire: Wire, setting: Setting) -> None:
    """Let harmless things happen: other hosts, other ports, the other direction, scanners that are rejected."""
    dice = setting.dice
    for name in (*CLIENTS, *SERVERS):
        own = address(name, ipv6=False)
        for _ in range(12):
            at = dice.between(setting.start, setting.end - 60)
            outside = Connection(own, f"203.0.113.{dice.whole(1, 250)}", dice.whole(1024, 65535), 443, TCP, 2048)
            trying.make(wire, dice, trying.Attempt(outside, at))
            scanner = Connection(f"198.18.{dice.whole(0, 9)}.{dice.whole(1, 250)}", own, dice.whole(1024, 65535), 23)
            wire.send(scanner, Packets(at, at, 1, 44, SYN), tracked=False)
    ends = [address(name, ipv6=setting.ipv6) for name in (setting.server, setting.client)]
    for _ in range(20):
        at = dice.between(setting.start, setting.end - 60)
        backwards = Connection(ends[0], ends[1], dice.whole(20_000, 30_000), 9100)
        trying.make(wire, dice, trying.Attempt(backwards, at))


def _lines(wire: Wire, setting: Setting, situation: Situation, version: int) -> Iterator[str]:
    """Yield header and lines, in the columns of a version."""
    names = COLUMNS.split()
    width = _FORMATS[version]
    yield " ".join(names[:width])
    action, status = names.index("action"), names.index("log-status")
    period = Period(setting.start, setting.end, "", range(0), setting.interval)
    ids = {name: resource_id("eni", name) for name in (*CLIENTS, *SERVERS)}
    dark, skipped, accepted = ({ids[one] for one in many} for many in _unlogged(situation))
    lost: set[tuple[str, int]] = set()
    for end, line in lines_of(wire.network, _known(wire.records, wire.network), period):
        interface = line[2]
        window = (end - setting.start) // setting.interval
        if interface in dark or (interface in accepted and line[action] == "REJECT"):
            continue
        if interface in skipped:
            if (interface, window) not in lost:
                lost.add((interface, window))
                yield " ".join(_skipped(line, setting, window, status)[:width])
            continue
        yield " ".join((str(version), *line[1:width]))


def _unlogged(situation: Situation) -> tuple[tuple[str, ...], ...]:
    return situation.dark, situation.skipped, situation.accepted_only


def _known(records: dict[RecordKey, Tally], whole: Network) -> dict[RecordKey, Tally]:
    """Return the records with interfaces as they are now, so that a change of groups leaves them one."""
    found: dict[RecordKey, Tally] = {}
    for key, tally in records.items():
        now = key._replace(leg=key.leg._replace(interface=whole.named(key.leg.interface.name)))
        if now in found:
            found[now].add(Packets(tally.start, tally.end, tally.packets, tally.bytes, tally.flags))
        else:
            found[now] = tally
    return found


def _skipped(line: tuple[str, ...], setting: Setting, window: int, status: int) -> list[str]:
    begins = setting.start + window * setting.interval
    told = {0: line[0], 1: line[1], 2: line[2], 10: str(begins), 11: str(begins + setting.interval - 1)}
    return [("SKIPDATA" if n == status else told.get(n, "-")) for n in range(len(line))]


def _described(whole: Network, situation: Situation, setting: Setting) -> dict[str, bytes]:
    """Return the snapshot, with the flow logs there are."""
    files = snapshot(whole, taken=_TAKEN, flow_log=_FLOW_LOG, bucket="logs-111122223333")
    name = "describe-flow-logs.json"
    whole_vpc = json.loads(files[name])["FlowLogs"][0] | {"MaxAggregationInterval": setting.interval}
    special = {*situation.dark, *situation.accepted_only}
    logs = [whole_vpc]
    if special:
        logs = [
            whole_vpc | {
                "ResourceId": one.id, "FlowLogId": resource_id("fl", one.name),
                "TrafficType": "ACCEPT" if one.name in situation.accepted_only else "ALL",
            }
            for one in whole.interfaces if one.name not in situation.dark
        ]  # fmt: skip
    return {**files, name: json.dumps({"FlowLogs": logs}).encode()}


def _question(setting: Setting, situation: Situation, *, known: bool) -> dict[str, object]:
    return {
        "source": _asked(setting, situation.clients, known=known),
        "destination": _asked(setting, situation.servers, known=known),
        "port": setting.port or None,
        "protocol": {TCP: "tcp", UDP: "udp", ICMP: "icmp"}[setting.protocol],
    }


def _asked(setting: Setting, names: tuple[str, ...], *, known: bool) -> object:
    """Return ends in one of the ways people name them."""
    dice = setting.dice
    ways = [address(one, ipv6=setting.ipv6) for one in names]
    if known and dice.chance(0.4):
        ways = [dice.pick((one, resource_id("eni", one), resource_id("i", one))) for one in names]
    return ways[0] if len(ways) == 1 else ways


def _background(dice: Dice, setting: Setting, count: int, version: int) -> Iterator[str]:
    """Yield records of other hosts' conversations, as an afternoon's log has them by the million."""
    for number in range(count):
        at = setting.start + number * (setting.end - setting.start) // max(count, 1)
        eni, peer, port = number * 7919 % 500, number * 104_729 % 4_000, 1024 + number * 31 % 60_000
        ends = f"10.41.{eni % 250}.{eni // 250 + 4} 10.42.{peer % 250}.{peer // 250}"
        start = f"{version} 111122223333 eni-0bb{eni:014x} {ends}"
        place = " vpc-0bb subnet-0bb -" if version > 2 else ""  # noqa: PLR2004 - what version 3 adds
        flags = f" 3 IPv4 {ends}" if place else ""
        more = " eu-central-1 euc1-az2 - - - - egress 1" if version > 3 else ""  # noqa: PLR2004
        size = dice.whole(60, 9_000)
        yield f"{start} {port} 443 6 9 {size} {at} {at + 20} ACCEPT OK{place}{flags}{more}"
