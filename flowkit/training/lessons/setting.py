"""Where and when a scenario happens, and what it consists of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from flowkit.training.dice import Dice
from flowkit.training.lessons.answers import Moment
from flowkit.training.lessons.level import Level
from flowkit.training.lessons.place import World
from flowkit.training.lessons.step import Step
from flowkit.training.network import Interface, Network
from flowkit.training.scene import Scene

MINUTE, HOUR = 60, 3_600
MEGABYTE: Final = 1_000_000


@dataclass(frozen=True)
class Setting:
    """A world, a level, and the time that is logged: *start* to *end*, s since 1970."""

    dice: Dice
    world: World
    level: Level
    start: int
    end: int

    def between(self, hard: float, easy: float) -> float:
        """Return what lies between the hardest value and the easiest, by how clear the level's signal is."""
        return hard + (easy - hard) * self.level.clear

    def moment(self, low: float, high: float) -> float:
        """Return a time in a part of the log, *low* to *high* as shares of it."""
        return self.start + (self.end - self.start) * self.dice.between(low, high)

    def pick(self, *roles: str) -> Interface:
        """Return some host of these roles."""
        return self.world.pick(self.dice, *roles)

    def when(self, at: float, form: str = "a time in UTC", tolerance: float = 300) -> Moment:
        """Return the answer that is a time."""
        return Moment(datetime.fromtimestamp(int(at), UTC), datetime.fromtimestamp(self.end, UTC), form, tolerance)


@dataclass(frozen=True)
class Plot:
    """What a scenario consists of.

    Attributes
    ----------
    story
        The question as an analyst gets it.
    steps
        What is asked, in order.
    happen
        What happens beside everyday life.
    playbook, asked
        What answers it: a playbook by name, and what it takes; host names and addresses.
    network
        The network where it differs from the world's.
    dark
        Names of interfaces that no flow log covers; None for those of the level.
    load
        How busy everyday life is at a moment, 0 to 1.
    """

    story: str
    steps: tuple[Step, ...]
    happen: Callable[[Scene], None]
    playbook: str
    asked: Mapping[str, object] = field(default_factory=dict)
    network: Network | None = None
    dark: tuple[str, ...] | None = None
    load: Callable[[float], float] = lambda _: 1.0


Kind = Callable[[Setting], Plot]
