"""What is the matter in a case, and what an answer has to say of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from flowkit.training.dice import Dice
from flowkit.training.habits.day import DAY, Day
from flowkit.training.habits.place import RARE, RARE_IPV6, Host, Site, address_in

EXFILTRATION, INTRUSION, FLOOD = "exfiltration", "intrusion", "flood"
LONG_INTERVAL: Final = 600


@dataclass(frozen=True)
class Truth:
    """What is right.

    Attributes
    ----------
    kinds
        Kinds of finding of which one must be there; empty where none must.
    subject, peers
        The addresses it is about, as a finding has them; of *peers* one must be named.
    malicious
        Whether somebody means harm.
    severity_at_most
        The gravest that a finding about them may be.
    detectable
        Whether the log can show it: enough events, and their times not lost in the aggregation.
    """

    kinds: tuple[str, ...]
    subject: str
    peers: tuple[str, ...]
    malicious: bool
    severity_at_most: str = "critical"
    detectable: bool = True


@dataclass(frozen=True)
class Setting:
    """Where a case happens and how it is recorded: *usual* is the aggregation interval (s) of a log of one day."""

    dice: Dice
    site: Site
    usual: int
    ipv6: bool
    start: int

    def interval(self, span: float) -> int:
        """Return the aggregation interval of a log of so many seconds; those of days are coarse."""
        return self.usual if span <= DAY else LONG_INTERVAL

    def address(self, host: Host) -> str:
        """Return the host's address in the family that the case is about."""
        return host.ipv6 if self.ipv6 else host.address

    @cached_property
    def rare(self) -> str:
        """An outside address that nobody else visits."""
        return address_in(self.dice, RARE_IPV6 if self.ipv6 else RARE)

    def host(self, *roles: str) -> Host:
        """Return some host of these roles."""
        return self.dice.pick(self.site.of_role(*roles))


@dataclass(frozen=True)
class Situation:
    """What happens beside everyday life; *span* is how long the log is, s."""

    truth: Truth
    playbook: str
    happen: Callable[[Day], None]
    about: dict[str, object] = field(default_factory=dict)
    span: int = DAY


Kind = Callable[[Setting], Situation]
