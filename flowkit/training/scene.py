"""How hosts behave on a network: they connect, talk, retry, give up, come back late."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from flowkit.training.dice import Dice
from flowkit.training.rules import TCP, UDP
from flowkit.training.wire import FIN, RST, SYN, SYN_ACK, Connection, Packets, Wire

LINUX_PORTS: Final = (32768, 60999)
"""Client ports of a Linux host (``net.ipv4.ip_local_port_range``)."""

SYN_RETRIES: Final = (1, 3, 7)
"""When an unanswered SYN is sent again, s after the first."""

REPLY_RETRIES: Final = (15, 31)
"""When a server that hears nothing repeats its SYN-ACK after the client has given up, s."""

PATIENCE: Final = 10
"""After which time a client gives up, s."""

_SEGMENT: Final = 1448
_HEADERS: Final = 52


@dataclass
class Scene:
    """A wire, the period that is logged, and the chance by which one thing happens on it."""

    wire: Wire
    dice: Dice
    start: float
    end: float
    load: Callable[[float], float]
    used: set[tuple[str, str, int, int]] = field(default_factory=set)

    def times(self, count: int) -> list[float]:
        """Return *count* moments of the period, more of them when there is more to do."""
        return self.dice.times(self.start, self.end, count, self.load)

    def dial(self, client: str, server: str, port: int, protocol: int = TCP) -> Connection:
        """Return a connection from client ports that were not used before towards that server."""
        nat = self.wire.network.nat.address
        return Connection(
            client,
            server,
            self._fresh_port(client, server, port, *LINUX_PORTS),
            port,
            protocol,
            self._fresh_port(nat, server, port, 1024, 65535),
        )

    def _fresh_port(self, client: str, server: str, port: int, low: int, high: int) -> int:
        while True:
            chosen = self.dice.whole(low, high)
            if (client, server, port, chosen) not in self.used:
                self.used.add((client, server, port, chosen))
                return chosen

    def open(self, connection: Connection, at: float) -> bool:
        """Shake hands, with retries; return whether the client heard an answer."""
        if not self._knock(connection, at):
            return False
        if self._answer(connection, at):
            self.wire.send(connection, Packets(at, at, 1, _HEADERS))
            return True
        for wait in SYN_RETRIES:
            self._knock(connection, at + wait)
        for wait in (*SYN_RETRIES, *REPLY_RETRIES):
            self._answer(connection, at + wait)
        return False

    def _knock(self, connection: Connection, at: float) -> bool:
        return self.wire.send(connection, Packets(at, at, 1, 60, SYN), tracked=False)

    def _answer(self, connection: Connection, at: float) -> bool:
        return self.wire.send(connection, Packets(at, at, 1, 60, SYN_ACK), back=True)

    def connect(self, client: str, server: str, port: int, at: float) -> tuple[Connection, float]:
        """Connect, from another port each time it fails; return the connection and since when it stands."""
        while not self.open(connection := self.dial(client, server, port), at):
            at += PATIENCE + self.dice.between(0.1, 2)
        return connection, at

    def talk(self, connection: Connection, at: float, seconds: float, up: int, down: int) -> None:
        """Carry *up* bytes to the server and *down* to the client, acknowledged, within *seconds*."""
        segments_up, segments_down = -(-up // _SEGMENT), -(-down // _SEGMENT)
        for payload, own, other, back in (
            (up, segments_up, segments_down, False),
            (down, segments_down, segments_up, True),
        ):
            count = own + (other + 1) // 2
            packets = Packets(at, at + seconds, count, payload + count * _HEADERS)
            if count:
                self.wire.send(connection, packets, back=back)

    def close(self, connection: Connection, at: float) -> None:
        """Close from both sides; now and then a packet of the server comes too late."""
        for back in (False, True):
            self.wire.send(connection, Packets(at, at, 1, _HEADERS, FIN), back=back)
        if self.dice.chance(0.02):
            later = at + self.dice.between(3, 40)
            flags = self.dice.pick((0, FIN, RST))
            self.wire.send(connection, Packets(later, later, 1, _HEADERS, flags), back=True, tracked=False)

    def converse(self, client: str, server: str, port: int, at: float, seconds: float, up: int, down: int) -> None:
        """Hold one whole TCP conversation."""
        connection, since = self.connect(client, server, port, at)
        self.talk(connection, since, seconds, up, down)
        self.close(connection, since + seconds)

    def ask(self, client: str, server: str, port: int, at: float, up: int, down: int) -> None:
        """Send one datagram and get one back."""
        connection = self.dial(client, server, port, UDP)
        self.wire.send(connection, Packets(at, at, 1, up), tracked=False)
        self.wire.send(connection, Packets(at, at, 1, down), back=True)
