"""What is the matter in a case, and what an answer has to say of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from flowkit.training.connectivity.attempts import Answer
from flowkit.training.connectivity.place import CLIENTS, SERVERS, Rules
from flowkit.training.dice import Dice
from flowkit.training.rules import TCP

PORTS: Final = {6: (5432, 3306, 443, 8080, 6379), 17: (53, 514, 8125), 1: (0,)}
"""Ports of servers by protocol."""
LINUX, ANY_PORT = (32768, 60999), (1024, 65535)

Always = Callable[[str, str, float], Answer]


def yes(_client: str, _server: str, _at: float) -> Answer:
    """Answer every request."""
    return "yes"


@dataclass(frozen=True)
class Truth:
    """What is right: as in `ConnectivityReport`; of groups, *rule* holds the ids of all of the interface."""

    verdict: str
    cause: str | None = None
    rule: str | frozenset[str] | None = None
    entry: int | None = None
    pattern: str | None = None


@dataclass(frozen=True)
class Setting:
    """When and how a case happens: *start*, *end* s since 1970, *interval* s of aggregation."""

    dice: Dice
    protocol: int
    ipv6: bool
    interval: int
    start: int
    end: int

    @cached_property
    def port(self) -> int:
        """The servers' port, 0 for ICMP."""
        return self.dice.pick(PORTS[self.protocol])

    @cached_property
    def rules(self) -> Rules:
        """Rules that admit what clients ask of servers."""
        return Rules(self.port, self.protocol)

    @property
    def tcp(self) -> bool:
        """Whether the protocol is TCP."""
        return self.protocol == TCP

    @cached_property
    def client(self) -> str:
        """Some client."""
        return self.dice.pick(CLIENTS)

    @cached_property
    def server(self) -> str:
        """Some server."""
        return self.dice.pick(SERVERS)

    def moment(self) -> float:
        """Return a time well within the case."""
        return self.start + (self.end - self.start) * self.dice.between(0.3, 0.7)


@dataclass(frozen=True)
class Situation:
    """A case: who tries what under which rules, and what is logged of it.

    *before* are the rules until *changes_at*; of the interfaces named *dark* nothing is logged, of those *skipped* only
    SKIPDATA, of those in *accepted_only* no REJECT.
    """

    truth: Truth
    rules: Rules
    clients: tuple[str, ...]
    servers: tuple[str, ...]
    before: Rules | None = None
    changes_at: float = 0.0
    answer: Always = yes
    forgets_after: float = 0.0
    quiets: tuple[float, float] | None = None
    client_ports: tuple[int, int] = LINUX
    attempts: int = 150
    bursts: tuple[float, ...] = ()
    dark: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    accepted_only: tuple[str, ...] = ()
    noise: bool = field(default=True)
