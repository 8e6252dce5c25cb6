"""Hosts at work: they connect, talk, ask and are refused, in a span of time that is recorded."""

from dataclasses import dataclass, field
from typing import Final

from flowkit.training.dice import Dice
from flowkit.training.habits.place import Host, Site
from flowkit.training.habits.recording import Recording, Stop
from flowkit.training.rules import TCP, UDP, FiveTuple
from flowkit.training.wire import FIN, RST, SYN, SYN_ACK, Packets

MINUTE: Final = 60
HOUR: Final = 3_600
DAY: Final = 86_400
LINUX_PORTS: Final = (32_768, 60_999)
SEGMENT: Final = 1_448
"""Payload of a full TCP packet, B."""
RETRIES: Final = 3
_BARE: Final = 52


@dataclass
class Day:
    """A span that is recorded, *start* to *end* (s since 1970), and the chance by which one thing happens in it."""

    site: Site
    dice: Dice
    start: int
    end: int
    recording: Recording
    ipv6: bool = False
    used: set[tuple[str, str, int, int]] = field(default_factory=set)

    @property
    def days(self) -> float:
        """How long it is, in days."""
        return (self.end - self.start) / DAY

    def address(self, host: Host) -> str:
        """Return the host's address in the family that the case is about."""
        return host.ipv6 if self.ipv6 else host.address

    def dial(self, client: str, server: str, port: int, protocol: int = TCP) -> FiveTuple:
        """Return a tuple with a client port that was not used before towards that server."""
        while True:
            chosen = self.dice.whole(*LINUX_PORTS)
            if (client, server, port, chosen) not in self.used:
                self.used.add((client, server, port, chosen))
                return FiveTuple(client, server, chosen, port, protocol)

    def forth(self, flow: FiveTuple, packets: Packets, stop: Stop = "") -> None:
        """Send packets from client to server."""
        self.recording.send(flow, packets, stop)

    def back(self, flow: FiveTuple, packets: Packets, stop: Stop = "") -> None:
        """Send packets from server to client."""
        self.recording.send(turned(flow), packets, stop)

    def converse(self, flow: FiveTuple, at: float, seconds: float, up: int, down: int) -> None:
        """Hold a TCP conversation from handshake to close: *up* bytes of payload to the server, *down* from it."""
        own, other = -(-up // SEGMENT), -(-down // SEGMENT)
        sides = ((up, own + other // 2, SYN, False), (down, other + own // 2, SYN_ACK, True))
        for payload, count, opening, back in sides:
            send = self.back if back else self.forth
            size = payload + (count + 2) * _BARE
            if (at + seconds) // self.recording.interval == at // self.recording.interval:
                send(flow, Packets(at, at + seconds, count + 2, size, opening | FIN))
                continue
            send(flow, Packets(at, at, 1, _BARE, opening))
            if count:
                send(flow, Packets(at, at + seconds, count, size - 2 * _BARE))
            send(flow, Packets(at + seconds, at + seconds, 1, _BARE, FIN))

    def visit(self, client: str, server: str, port: int, at: float, seconds: float, up: int, down: int) -> None:
        """Hold a TCP conversation from a fresh client port."""
        self.converse(self.dial(client, server, port), at, seconds, up, down)

    def beat(self, flow: FiveTuple, at: float, up: int, down: int, *, opens: bool = False) -> None:
        """Exchange a packet each way on a tuple; the one that *opens* shakes hands before."""
        more = int(opens) if flow.protocol == TCP else 0
        flags = (SYN, SYN_ACK) if more else (0, 0)
        self.forth(flow, Packets(at, at + 0.1, 1 + more, up + _BARE * more, flags[0]))
        self.back(flow, Packets(at, at + 0.1, 1 + more, down + _BARE * more, flags[1]))

    def ask(self, client: str, server: str, port: int, at: float, up: int, down: int) -> None:
        """Send one datagram from a fresh port and get one back."""
        self.beat(self.dial(client, server, port, UDP), at, up, down)

    def knock(self, flow: FiveTuple, at: float, stop: Stop = "", *, tries: int = RETRIES) -> None:
        """Send a SYN that nobody answers, and repeat it after 1 and 3 s."""
        size = 80 if ":" in flow.srcaddr else 60
        for wait in (0, 1, 3)[:tries]:
            self.forth(flow, Packets(at + wait, at + wait, 1, size, SYN), stop)

    def refused(self, flow: FiveTuple, at: float) -> None:
        """Send a SYN that is answered with RST."""
        self.forth(flow, Packets(at, at, 1, 60, SYN))
        self.back(flow, Packets(at, at, 1, 40, RST))


def turned(flow: FiveTuple) -> FiveTuple:
    """Return the flow in the other direction."""
    return FiveTuple(flow.dstaddr, flow.srcaddr, flow.dstport, flow.srcport, flow.protocol)
