"""A case as somebody meets it: a flow log; with it, what is right to say of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from flowkit.training.dice import Dice
from flowkit.training.habits.background import everyday
from flowkit.training.habits.calling import CALLING
from flowkit.training.habits.day import DAY, Day
from flowkit.training.habits.flooding import FLOODING
from flowkit.training.habits.harmless import HARMLESS
from flowkit.training.habits.intruding import INTRUDING
from flowkit.training.habits.leaving import LEAVING
from flowkit.training.habits.place import Site
from flowkit.training.habits.recording import Recording
from flowkit.training.habits.situation import Setting, Truth

FIRST: Final = 1_773_100_800
"""2026-03-10 00:00 UTC; a case begins then or some days later."""
KINDS: Final = {kind.__name__: kind for kind in (*CALLING, *LEAVING, *HARMLESS, *INTRUDING, *FLOODING)}


@dataclass(frozen=True)
class Case:
    """A log of a day or a few, and the right answer.

    Attributes
    ----------
    name
        The kind and the seed.
    log
        The flow log's text, with its header.
    truth
        What must be found, or must not.
    playbook
        Which playbook answers it.
    about
        Format version, aggregation interval [s], family and what the kind chose, for reading results.
    """

    name: str
    log: str
    truth: Truth
    playbook: str
    about: dict[str, object] = field(default_factory=dict)


def cases(seed: int | str, kinds: tuple[str, ...] = tuple(KINDS)) -> Iterator[Case]:
    """Yield a case of each kind, always the same for a seed.

    >>> next(cases(1, ("upload_fast",))).truth.kinds
    ('upload',)
    """
    for name in kinds:
        yield case(name, seed)


def case(name: str, seed: int | str, *, alone: bool = False) -> Case:
    """Return a case of a kind: what happens, amid everyday life or *alone*."""
    dice = Dice(f"{seed}/{name}")
    site = Site.of(dice)
    usual, version, ipv6 = dice.pick((60, 60, 600)), dice.pick((2, 3, 5, 5)), dice.chance(0.2)
    start = FIRST + DAY * dice.whole(0, 27)
    situation = KINDS[name](Setting(dice, site, usual, ipv6, start))
    interval = usual if situation.span <= DAY else 600
    day = Day(site, dice, start, start + situation.span, Recording(site.by_address, interval), ipv6)
    situation.happen(day)
    if not alone:
        everyday(day)
    about: dict[str, object] = {
        "version": version, "window_s": interval, "ipv6": ipv6, "span_s": situation.span, **situation.about,
    }  # fmt: skip
    log = "\n".join((*day.recording.lines(version, day.start, day.end), ""))
    return Case(f"{name}/{seed}", log, situation.truth, situation.playbook, about)
