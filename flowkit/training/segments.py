"""Networks cut into segments, a policy for each, and a log of which it is known what the policy says of it.

What makes checking hard is in it: ports at the edge of a range, denials within what is allowed, both interfaces logging
both ways, traffic stopped at either end, conversations begun before the log, ICMP, UDP one way, IPv6, old formats.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from flowkit.training.dice import Dice
from flowkit.training.network import resource_id

Verdict = Literal["allowed", "forbidden", "excepted", "stopped"]
START: Final = 1_772_000_000
_ACCOUNT: Final = "111122223333"
_LENGTH: Final = 3600
_TCP, _UDP, _ICMP, _ICMPV6 = 6, 17, 1, 58
_NAMES: Final = {_TCP: "tcp", _UDP: "udp", _ICMP: "icmp", _ICMPV6: "icmpv6"}
_SYN, _SYN_ACK, _ON = 2, 18, 16
_EPHEMERAL: Final = 32_768
_COLUMNS: Final = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
    " tcp-flags flow-direction"
)
_V2_COLUMNS: Final = 14


class Host(NamedTuple):
    """An end, its place (a segment, ``internet`` or ``elsewhere``), and its interface, if it has one that is logged."""

    place: str
    address: str
    interface: str


class Clause(NamedTuple):
    """A rule or an exception: what it does, between which two places, on which ports (all) of which protocol (all)."""

    does: Literal["allow", "deny", "except"]
    client: str
    server: str
    low: int
    high: int
    protocol: int

    def fits(self, client: str, server: str, protocol: int, port: int) -> bool:
        """Return whether it is about such a conversation."""
        ends = (self.client, self.server) == (client, server)
        return ends and self.protocol in (0, protocol) and (not self.low or self.low <= port <= self.high)

    def written(self) -> str:
        """Return it as a line of a policy."""
        ports = f", ports: [{self.low}{'' if self.low == self.high else f'-{self.high}'}]" if self.low else ""
        protocol = f", protocol: {_NAMES[self.protocol]}" if self.protocol else ""
        if self.does == "except":
            owned = "owner: Jane Doe, until: 2999-12-31, why: ticket 4711"
            return f"  - {{from: {self.client}, to: {self.server}{ports}{protocol}, {owned}}}"
        return f"  - {{{self.does}: {self.client}, to: {self.server}{ports}{protocol}, why: generated}}"


@dataclass(frozen=True)
class Plan:
    """A policy as its parts."""

    default: str
    blocks: dict[str, tuple[str, ...]]
    closed: frozenset[str]
    clauses: tuple[Clause, ...]

    def verdict(self, client: str, server: str, protocol: int, port: int) -> Verdict:
        """Return what it says of a conversation of which something gets through."""
        does = {clause.does for clause in self.clauses if clause.fits(client, server, protocol, port)}
        if "deny" in does or ("allow" not in does and not self._by_default(client, server)):
            return "excepted" if "except" in does else "forbidden"
        return "allowed"

    def _by_default(self, client: str, server: str) -> bool:
        if client == server:
            return client not in self.closed
        return self.default == "allow" or not {client, server} & set(self.blocks)

    def written(self) -> str:
        """Return it as a policy file."""
        segments = [
            f"  {name}: {{cidr: [{', '.join(blocks)}]{', within: deny' if name in self.closed else ''}}}"
            for name, blocks in self.blocks.items()
        ]
        rules = [clause.written() for clause in self.clauses if clause.does != "except"]
        exceptions = [clause.written() for clause in self.clauses if clause.does == "except"]
        lines = ["version: 1", "name: Generated", f"default: {self.default}", "segments:", *segments]
        lines += (["rules:", *rules] if rules else []) + (["exceptions:", *exceptions] if exceptions else [])
        return "\n".join([*lines, ""])


@dataclass(frozen=True)
class Talk:
    """What one client said to one service, and what the policy says of it; *sure*: whether a log tells who asked."""

    client: Host
    server: Host
    protocol: int
    port: int
    verdict: Verdict
    sure: bool


@dataclass(frozen=True)
class Segmented:
    """A case: the policy file, the log, and all that was said."""

    policy: str
    log: str
    talks: tuple[Talk, ...]


def segmented(seed: int) -> Segmented:
    """Return the case of a seed."""
    dice = Dice(f"segments/{seed}")
    plan = _plan(dice)
    version = dice.pick((2, 5, 5, 5))
    talks, log = [], _Log(dice)
    hosts = _hosts(dice, plan)
    for client, server, protocol, port in _asked(dice, plan, hosts):
        verdict = plan.verdict(client.place, server.place, protocol, port)
        begun, stopped = dice.chance(0.25), dice.chance(0.25)
        opened = version > _SYN and protocol == _TCP and not begun
        sure = protocol in (_TCP, _UDP) and (opened or port < _EPHEMERAL)
        told: Verdict = "stopped" if stopped and verdict == "forbidden" else verdict
        talks.append(Talk(client, server, protocol, port, told, sure))
        for _again in range(dice.whole(1, 3)):
            log.talk(talks[-1], begun=begun, stopped=stopped)
    return Segmented(plan.written(), log.text(version), tuple(talks))


def _plan(dice: Dice) -> Plan:
    names = [f"s{number}" for number in range(dice.whole(2, 5))]
    blocks: dict[str, tuple[str, ...]] = {}
    for number, name in enumerate(names):
        length = dice.whole(20, 28)
        blocks[name] = (f"10.{number}.{16 * dice.whole(0, 15)}.0/{length}", f"2001:db8:{number + 1}::/64")
    places = [*names, "internet", "elsewhere"]
    pairs = [(one, other) for one in places for other in places if one in names or other in names]
    clauses = tuple(clause for pair in pairs if dice.chance(0.6) for clause in _clauses(dice, *pair))
    closed = frozenset(name for name in names if dice.chance(0.3))
    return Plan(dice.pick(("deny", "deny", "allow")), blocks, closed, clauses)


def _clauses(dice: Dice, client: str, server: str) -> Iterator[Clause]:
    """Yield what is said of one pair: ports of one protocol, perhaps a denial within them, perhaps an exception."""
    low = dice.pick((22, 53, 443, 1000, 5432, 8000, 40_000))
    high = low + dice.pick((0, 0, 1, 100, 2000))
    protocol = dice.pick((_TCP, _TCP, _UDP))
    kind = dice.whole(0, 5)
    if kind == 0:
        yield Clause(dice.pick(("allow", "deny")), client, server, 0, 0, 0)
    elif kind == 1:
        yield Clause("allow", client, server, 0, 0, dice.pick((_ICMP, _ICMPV6, _UDP)))
    else:
        yield Clause("allow" if kind < 5 else "deny", client, server, low, high, protocol)  # noqa: PLR2004 - one in four
        if kind == 2 and high > low:  # noqa: PLR2004 - one in four
            yield Clause("deny", client, server, high, high, protocol)
    if dice.chance(0.3):
        yield Clause("except", client, server, high, high + 1, protocol)


def _hosts(dice: Dice, plan: Plan) -> dict[str, list[Host]]:
    hosts: dict[str, list[Host]] = {}
    for name, (v4, v6) in plan.blocks.items():
        prefix, last = v4.rpartition(".")[0], (1 << (32 - int(v4.partition("/")[2]))) - 2
        numbers = sorted({1, min(last, 254), dice.whole(2, min(last, 250))})
        hosts[name] = [_host(name, f"{prefix}.{number}", logged=dice.chance(0.85)) for number in numbers]
        hosts[name].append(_host(name, f"{v6.partition('/')[0]}{dice.whole(1, 9000):x}", logged=True))
    hosts["elsewhere"] = [_host("elsewhere", f"10.200.0.{n}", logged=n > 1) for n in range(1, 4)]
    hosts["elsewhere"].append(_host("elsewhere", "fd00::5", logged=True))
    hosts["internet"] = [Host("internet", f"203.0.113.{n}", "") for n in range(1, 9)]
    hosts["internet"].append(Host("internet", "2001:4860:4860::8888", ""))
    return hosts


def _host(place: str, address: str, *, logged: bool) -> Host:
    return Host(place, address, resource_id("eni", f"segments/{address}") if logged else "")


def _asked(dice: Dice, plan: Plan, hosts: dict[str, list[Host]]) -> Iterator[tuple[Host, Host, int, int]]:
    """Yield who asks whom for what, each once and never both ways: at the edges of what rules say, and elsewhere."""
    seen: set[frozenset[str]] = set()
    for one, clients in hosts.items():
        for other, servers in hosts.items():
            edges = [clause for clause in plan.clauses if (clause.client, clause.server) == (one, other)]
            for _number in range(dice.whole(2, 5)):
                client, server = dice.pick(clients), dice.pick(servers)
                protocol, port = _service(dice, edges, ":" in client.address)
                key = frozenset((f"{client.address}/{protocol}/{port}", f"{server.address}/{protocol}/{port}"))
                fits = (":" in client.address) == (":" in server.address) and client.address != server.address
                if fits and (client.interface or server.interface) and key not in seen:
                    seen.add(key)
                    yield client, server, protocol, port


def _service(dice: Dice, edges: list[Clause], ipv6: bool) -> tuple[int, int]:  # noqa: FBT001 - private
    ported = [clause for clause in edges if clause.low]
    if ported and dice.chance(0.6):
        edge = dice.pick(ported)
        port = dice.pick((edge.low - 1, edge.low, edge.high, edge.high + 1, (edge.low + edge.high) // 2))
        return (edge.protocol if dice.chance(0.9) else _TCP + _UDP - edge.protocol), port
    if dice.chance(0.15):
        return (_ICMPV6 if ipv6 else _ICMP), 0
    return dice.pick((_TCP, _UDP)), dice.pick((22, 80, 443, 3389, 5432, 8080, 41_000))


@dataclass
class _Log:
    """Writes what interfaces see; each conversation has a client port of its own."""

    dice: Dice
    rows: list[tuple[int, str]] = field(default_factory=list)
    port: int = 50_000

    def talk(self, talk: Talk, *, begun: bool, stopped: bool) -> None:
        """Log one conversation, at both ends where they are logged, in one window or several."""
        self.port += 1
        client_port = self.port if talk.port else 0
        at = START + self.dice.whole(0, _LENGTH - 300)
        silent = stopped or (talk.protocol == _UDP and self.dice.chance(0.3))
        stop = self._where(talk) if stopped else ""
        for window in range(1 if stopped else self.dice.whole(1, 3)):
            flags = 0 if talk.protocol != _TCP else _ON if begun or window else _SYN
            forth = (talk.client, talk.server, client_port, talk.port, talk.protocol)
            self._passes(forth, at + 60 * window, flags, stop)
            if not silent:
                back = (talk.server, talk.client, talk.port, client_port, talk.protocol)
                self._passes(back, at + 60 * window, _SYN_ACK if flags == _SYN else flags, "")

    def _where(self, talk: Talk) -> str:
        ends = [end for end, host in (("egress", talk.client), ("ingress", talk.server)) if host.interface]
        return self.dice.pick(ends)

    def _passes(self, flow: tuple[Host, Host, int, int, int], at: int, flags: int, stop: str) -> None:
        source, destination, source_port, port, protocol = flow
        count = self.dice.whole(1, 9)
        for host, way in ((source, "egress"), (destination, "ingress")):
            if host.interface:
                action = "REJECT" if way == stop else "ACCEPT"
                ends = f"{source.address} {destination.address} {source_port} {port} {protocol}"
                amounts = f"{count} {count * 100} {at} {at + 20} {action} OK {flags} {way}"
                self.rows.append((at, f"? {_ACCOUNT} {host.interface} {ends} {amounts}"))
            if way == stop:
                return

    def text(self, version: int) -> str:
        """Return the log in the order of time; version 2 has no tcp-flags and no flow-direction."""
        width = _V2_COLUMNS if version == 2 else len(_COLUMNS.split())  # noqa: PLR2004 - the version
        nodata = f"{version} {_ACCOUNT} {resource_id('eni', 'quiet')} - - - - - - - {START} {START + 59} - NODATA - -"
        lines = [line.replace("?", str(version), 1) for _, line in sorted(self.rows)]
        cut = (" ".join(line.split()[:width]) for line in (_COLUMNS, nodata, *lines))
        return "\n".join([*cut, ""])
