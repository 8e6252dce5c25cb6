"""How hard a scenario is: how much goes on beside it, how clear its signal is, what the log lacks."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Level:
    """One level.

    Attributes
    ----------
    name
        ``easy``, ``normal`` or ``hard``.
    life
        How much everyday traffic there is, of 1 at ``normal``.
    clear
        How clear the signal is, 0 to 1: scenarios turn it into bytes, shares or counts of their own.
    columns
        How many of the columns of `logfiles.COLUMNS` the log has: 29 is version 5, 21 is version 3, which lacks the
        direction, the path and AWS's services.
    dark
        Roles of interfaces that no flow log covers, where the scenario does not say otherwise.
    """

    name: str
    life: float
    clear: float
    columns: int
    dark: tuple[str, ...] = ()

    @property
    def version(self) -> int:
        """The log's record version."""
        return 5 if self.columns > _OF_VERSION_3 else 3


_OF_VERSION_3: Final = 21
LEVELS: Final = {
    level.name: level
    for level in (
        Level("easy", 0.5, 1.0, 29),
        Level("normal", 1.0, 0.5, 29),
        Level("hard", 1.6, 0.15, _OF_VERSION_3, ("nat",)),
    )
}
"""The levels by name, easiest first."""
