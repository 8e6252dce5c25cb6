"""Cases in which some attempts fail, and something separates them from the others."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from flowkit.training.connectivity.attempts import Answer
from flowkit.training.connectivity.causes import Kind, denying
from flowkit.training.connectivity.place import CLIENTS, OPEN, SERVERS, acl_id, block, group_ids, subnet_of
from flowkit.training.connectivity.situation import ANY_PORT, LINUX, Always, Setting, Situation, Truth
from flowkit.training.rules import AclEntry, Direction, Ports

_MINUTE: Final = 60
_BURST: Final = 40
_BEARS: Final = 12
_EDGES: Final = (40_000, 45_000, 49_151, 50_000, 57_343)


def client_ports(setting: Setting) -> Situation:
    """Admit replies to part of the ephemeral ports only."""
    dice, last = setting.dice, setting.dice.pick(_EDGES)
    cause = dice.pick(("destination_nacl_outbound", "source_nacl_inbound"))
    own = setting.server if cause.startswith("destination") else setting.client
    direction: Direction = "egress" if own == setting.server else "ingress"
    other = tuple(entry for entry in OPEN if entry.direction != direction)
    narrow = tuple(
        AclEntry(100 + n, direction, Ports(setting.protocol, 1024, last), one)
        for n, one in enumerate(("0.0.0.0/0", "::/0"))
    )
    rules = setting.rules.with_acl(subnet_of(own), *other, *narrow)
    number = 32768 if setting.ipv6 else 32767
    truth = Truth("intermittent", cause, acl_id(subnet_of(own)), number, "client_ports")
    ports = LINUX if dice.chance(0.6) else ANY_PORT
    return _of(setting, truth, rules=rules, client_ports=ports, attempts=dice.whole(150, 500))


def change_point(setting: Setting) -> Situation:
    """Change a rule, or stop or start a service, once; the snapshot is of the time after."""
    dice, at = setting.dice, setting.moment()
    since = dice.chance(0.6)
    if dice.chance(0.3):
        answer = _when(lambda moment: (moment >= at) == since, "refuses")
        return _of(setting, Truth("intermittent", "no_listener", pattern="change_point"), answer=answer)
    if dice.chance(0.5):
        bad, cause = setting.rules.with_groups(setting.server, "next-port", "common"), "destination_security_group"
        rule: str | frozenset[str] = group_ids(bad, setting.server)
        number = None
    else:
        asked = Ports(setting.protocol, setting.port, setting.port)
        entries, number = denying(setting, "ingress", asked, block(subnet_of(setting.client), ipv6=setting.ipv6))
        bad, cause = setting.rules.with_acl(subnet_of(setting.server), *entries), "destination_nacl_inbound"
        rule = acl_id(subnet_of(setting.server))
    if since:
        truth = Truth("intermittent", cause, rule, number, "change_point")
        return _of(setting, truth, rules=bad, before=setting.rules, changes_at=at)
    truth = Truth("intermittent", cause, pattern="change_point")
    return _of(setting, truth, rules=setting.rules, before=bad, changes_at=at)


def server(setting: Setting) -> Situation:
    """Let one of several servers refuse, or have other groups."""
    servers = _some(setting, SERVERS, 3)
    bad = servers[0]
    if setting.dice.chance(0.5):
        answer: Always = lambda _client, asked, _at: "refuses" if asked == bad else "yes"  # noqa: E731 - a case is a function
        return _of(setting, Truth("intermittent", "no_listener", pattern="server"), servers=servers, answer=answer)
    rules = setting.rules.with_groups(bad, "next-port", "common")
    truth = Truth("intermittent", "destination_security_group", group_ids(rules, bad), pattern="server")
    return _of(setting, truth, rules=rules, servers=servers)


def client(setting: Setting) -> Situation:
    """Let one of several clients have other groups."""
    clients = _some(setting, CLIENTS, 3)
    rules = setting.rules.with_groups(clients[0], "web-only", "common")
    truth = Truth("intermittent", "source_security_group", group_ids(rules, clients[0]), pattern="client")
    return _of(setting, truth, rules=rules, clients=clients)


def subnet(setting: Setting) -> Situation:
    """Let the ACL of one of several subnets of servers deny."""
    bad = subnet_of(setting.server)
    servers = tuple(one for one in SERVERS if subnet_of(one) == bad or one.endswith("1"))
    asked = Ports(setting.protocol, setting.port, setting.port)
    entries, number = denying(setting, "ingress", asked, block(subnet_of(setting.client), ipv6=setting.ipv6))
    rules = setting.rules.with_acl(bad, *entries)
    truth = Truth("intermittent", "destination_nacl_inbound", acl_id(bad), number, "subnet")
    return _of(setting, truth, rules=rules, servers=servers, attempts=300)


def zone(setting: Setting) -> Situation:
    """Let the servers of one zone say nothing."""
    letter = setting.dice.pick("ab")
    answer: Always = lambda _client, asked, _at: "silent" if f"-{letter}" in asked else "yes"  # noqa: E731
    truth = Truth("intermittent", "no_reply", pattern="zone")
    return _of(setting, truth, servers=SERVERS, answer=answer, attempts=300)


def windows(setting: Setting) -> Situation:
    """Let the server say nothing for some minutes, now and then."""
    spans = _spans(setting, (180, 420))
    answer = _when(lambda at: any(first <= at < last for first, last in spans), "silent")
    return _of(setting, Truth("intermittent", "no_reply", pattern="windows"), answer=answer, attempts=400)


def restarts(setting: Setting) -> Situation:
    """Restart the server some times: it refuses for a minute or two."""
    spans = _spans(setting, (70, 150))
    answer = _when(lambda at: any(first <= at < last for first, last in spans), "refuses")
    return _of(setting, Truth("intermittent", "no_listener", pattern="restarts"), answer=answer, attempts=600)


def idle(setting: Setting) -> Situation:
    """Forget connections that are quiet for longer than 350 s."""
    longest = 340.0 if setting.interval == _MINUTE else 300.0
    shortest = 400.0 if setting.interval == _MINUTE else 1_300.0
    return _of(setting, Truth("intermittent", pattern="idle"), forgets_after=350.0, quiets=(longest, shortest))


def rate(setting: Setting) -> Situation:
    """Answer so many attempts per minute and no more; there are busy minutes."""
    dice = setting.dice
    minutes = range(int(setting.start) // _MINUTE + 5, int(setting.end) // _MINUTE - 5)
    bursts = sorted({dice.pick(minutes) for _ in range(7)})
    counted: Counter[int] = Counter()

    def answer(_client: str, _server: str, at: float) -> Answer:
        counted[int(at) // _MINUTE] += 1
        return "silent" if counted[int(at) // _MINUTE] > _BEARS else "yes"

    times = tuple(_MINUTE * minute + dice.between(0, _MINUTE - 1) for minute in bursts for _ in range(_BURST))
    return _of(setting, Truth("intermittent", "no_reply", pattern="rate"), answer=answer, bursts=times, attempts=200)


def _of(setting: Setting, truth: Truth, **more: object) -> Situation:
    given = {
        "rules": setting.rules,
        "clients": (setting.client,),
        "servers": (setting.server,),
        "attempts": 200,
        **more,
    }
    return Situation(truth=truth, **given)  # type: ignore[arg-type]


def _when(fails: Callable[[float], bool], how: Answer) -> Always:
    return lambda _client, _server, at: how if fails(at) else "yes"


def _some(setting: Setting, names: Sequence[str], count: int) -> tuple[str, ...]:
    """Return some of these, in different subnets where there are so many."""
    begins = setting.dice.whole(0, len(names) - 1)
    return tuple(names[(begins + step * (len(names) // count)) % len(names)] for step in range(count))


def _spans(setting: Setting, lengths: tuple[int, int]) -> list[tuple[float, float]]:
    """Return two or three spans of the case, apart from each other and from its ends."""
    count = setting.dice.whole(2, 3)
    room = (setting.end - setting.start) / count
    spans = []
    for number in range(count):
        length = setting.dice.between(*lengths)
        begins = setting.start + room * number + setting.dice.between(0.1 * room, 0.9 * room - length)
        spans.append((begins, begins + length))
    return spans


PATTERNS: Final[tuple[Kind, ...]] = (
    client_ports, change_point, server, client, subnet, zone, windows, restarts, idle, rate,
)  # fmt: skip
