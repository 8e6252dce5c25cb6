"""Attempts to connect as hosts make them: a SYN with its retries, an answer, data, a close; or a datagram."""

from dataclasses import dataclass
from typing import Final, Literal

from flowkit.training.dice import Dice
from flowkit.training.rules import ICMP, TCP
from flowkit.training.wire import FIN, RST, SYN, SYN_ACK, Connection, Packets, Wire

Answer = Literal["yes", "refuses", "silent", "forgets"]
"""What a server does with a request; one that forgets answers, and resets what comes after a long quiet."""
RETRIES: Final = (1, 3, 7)
"""When an unanswered packet is sent again, s after the first."""
_BARE: Final = 52


@dataclass(frozen=True)
class Attempt:
    """What a client tries: *size* in bytes each way, *quiet* s of silence in the middle of the connection."""

    connection: Connection
    at: float
    answer: Answer = "yes"
    size: tuple[int, int] = (600, 4_000)
    quiet: float = 0.0


def make(wire: Wire, dice: Dice, attempt: Attempt) -> None:
    """Let an attempt happen on a wire."""
    if attempt.connection.protocol == TCP:
        _tcp(wire, dice, attempt)
    else:
        _datagrams(wire, attempt)


def _datagrams(wire: Wire, attempt: Attempt) -> None:
    count = 3 if attempt.connection.protocol == ICMP else 1
    packets = Packets(attempt.at, attempt.at + count - 1, count, 84 * count)
    if wire.send(attempt.connection, packets, tracked=False) and attempt.answer == "yes":
        wire.send(attempt.connection, packets, back=True)


def _tcp(wire: Wire, dice: Dice, attempt: Attempt) -> None:
    connection, at = attempt.connection, attempt.at
    knocks = (0, *RETRIES)
    arrived = [_send(wire, connection, at + wait, SYN, first=True) for wait in knocks[:1]]
    if arrived[0] and attempt.answer == "refuses":
        _send(wire, connection, at, RST, back=True, size=_bare(connection))
        return
    if arrived[0] and attempt.answer != "silent" and _send(wire, connection, at, SYN_ACK, back=True):
        _connected(wire, dice, attempt)
        return
    for wait in RETRIES:
        heard = _send(wire, connection, at + wait, SYN, first=True)
        if heard and attempt.answer != "silent":
            _send(wire, connection, at + wait, SYN_ACK, back=True)


def _connected(wire: Wire, dice: Dice, attempt: Attempt) -> None:
    connection, at = attempt.connection, attempt.at + 0.01
    seconds = dice.between(0.1, 3)
    _talk(wire, attempt, at, seconds)
    at += seconds
    if attempt.quiet:
        at += attempt.quiet
        if attempt.answer == "forgets":
            _send(wire, connection, at, 0, size=_bare(connection) + 200)
            _send(wire, connection, at, RST, back=True, size=_bare(connection))
            return
        _talk(wire, attempt, at, seconds)
        at += seconds
    for back in (False, True):
        _send(wire, connection, at, FIN, back=back)
    if dice.chance(0.03):
        _send(wire, connection, at + dice.between(3, 40), dice.pick((0, FIN, RST)), back=True, first=True)


def _talk(wire: Wire, attempt: Attempt, at: float, seconds: float) -> None:
    for size, back in zip(attempt.size, (False, True), strict=True):
        count = 2 + size // 1448
        wire.send(attempt.connection, Packets(at, at + seconds, count, size + count * _BARE), back=back)


def _bare(connection: Connection) -> int:
    return 60 if ":" in connection.server else 40


def _send(
    wire: Wire, connection: Connection, at: float, flags: int, *, back: bool = False, first: bool = False, size: int = 0
) -> bool:
    """Send a packet without data; the *first* of a connection, or one after its end, no group has let in before."""
    options = 20 if flags & SYN else 12
    packet = Packets(at, at, 1, size or _bare(connection) + options, flags)
    return wire.send(connection, packet, back=back, tracked=not first)
