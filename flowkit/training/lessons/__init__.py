"""Training scenarios: a question about logs with something amiss in them, steps that are marked, and an answer key.

>>> lesson = scenario("no_peak", seed=7, level="easy", end="2026-03-10T18:00Z")
>>> lesson.check("host", None).states
{'host': 'open'}
>>> lesson.check(lesson.reference).points == lesson.points
True
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Final

from flowkit.training.lessons.connecting import acl_ephemeral_range, missing_group_rule
from flowkit.training.lessons.flooding import syn_flood
from flowkit.training.lessons.intruding import brute_force_access, lateral_upload
from flowkit.training.lessons.leaving import beacon_jitter, bulk_exfiltration, slow_drip
from flowkit.training.lessons.level import LEVELS
from flowkit.training.lessons.printed import html_table, text_table
from flowkit.training.lessons.reading import moment
from flowkit.training.lessons.scenario import Outline, Scenario, ScenarioError, Written
from flowkit.training.lessons.step import Mark, Marks, Step
from flowkit.training.lessons.unseen import blind_spot, false_alarm

__all__ = [
    "LEVELS", "Mark", "Marks", "Outline", "Outlines", "Scenario", "ScenarioError", "Step", "Written", "scenario",
    "scenarios",
]  # fmt: skip

_HEAD: Final = ("name", "title", "minutes", "levels", "practises")
_OUTLINES: Final = (
    Outline("sometimes_database", "The database that answers sometimes", 30,
            "telling a stateless rule's failures from chance; client ports", acl_ephemeral_range),
    Outline("never_through", "The host that never got through", 20,
            "where a packet is rejected, and by which rule", missing_group_rule),
    Outline("full_line", "The line that was full", 25,
            "volumes by pair, counted once; backups told apart", bulk_exfiltration),
    Outline("no_peak", "The leak without a peak", 30, "sums over a whole day instead of peaks", slow_drip),
    Outline("bad_watch", "The caller with a bad watch", 30,
            "timing of conversations, jitter, clocks told apart", beacon_jitter),
    Outline("knocking", "Knocking, or inside?", 30, "scans, guesses, and the session that follows",
            brute_force_access),
    Outline("how_far", "How far did they get?", 45, "hops inside, staging, upload: one story from three finds",
            lateral_upload),
    Outline("spinning_wheel", "The spinning wheel", 20, "rates, floods, and whether they hurt", syn_flood),
    Outline("nobody_watched", "What nobody watched", 25, "coverage; saying what the data cannot show", blind_spot),
    Outline("four_alarms", "Four alarms", 20, "innocent explanations, and the courage to say no", false_alarm),
)  # fmt: skip


@dataclass(frozen=True)
class Outlines(Sequence[Outline]):
    """The scenarios that there are; it displays itself as a table.

    Each has `name`, `title`, `minutes` (how long a learner takes) and `practises`; any can be had at each of `LEVELS`.
    """

    rows: tuple[Outline, ...]

    def __getitem__(self, place):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204
        return self.rows[place]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Outline]:
        return iter(self.rows)

    @property
    def names(self) -> tuple[str, ...]:
        """What `scenario` takes."""
        return tuple(row.name for row in self.rows)

    def _cells(self) -> list[tuple[object, ...]]:
        return [(row.name, row.title, row.minutes, ", ".join(LEVELS), row.practises) for row in self.rows]

    def __str__(self) -> str:
        return text_table(_HEAD, self._cells())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(_HEAD, self._cells(), f"{len(self)} training scenarios: fk.training.scenario(NAME).")


def scenarios() -> Outlines:
    """Return the training scenarios, a row each.

    Returns
    -------
    Outlines
        `name`, `title`, `minutes` (min, how long a learner takes), `practises`.
    """
    return Outlines(_OUTLINES)


def scenario(name: str, *, seed: int | str = 1, level: str = "normal", end: str | datetime | None = None) -> Scenario:
    """Return a training scenario.

    Parameters
    ----------
    name
        One of `scenarios`.
    seed
        Hosts, addresses, ports, times and amounts hang on it: give each class its own. The same seed is the same
        scenario for everybody.
    level
        ``easy``, ``normal`` or ``hard``: how much goes on beside it, how small the signal is, and what the log lacks.
    end
        When the log ends, UTC; by default now, rounded down to 5 min, so that it is of today. Give it to have the very
        same times again.

    Returns
    -------
    Scenario
        Its story, steps, hints, marks and answer key; `write` writes its logs.

    Raises
    ------
    ScenarioError
        If there is no such scenario or level, or *end* is no time.
    """
    found = {row.name: row for row in _OUTLINES}
    if name not in found:
        close = get_close_matches(str(name), found, n=1)
        meant = f"; did you mean {close[0]!r}?" if close else "."
        raise ScenarioError(f"there is no scenario {name!r}{meant} They are: {', '.join(found)}.")
    if level not in LEVELS:
        raise ScenarioError(f"there is no level {level!r}. The levels are: {', '.join(LEVELS)}.")
    return found[name].made(seed, LEVELS[level], _end(end))


def _end(given: str | datetime | None) -> datetime:
    now = datetime.now(UTC)
    if given is None:
        return now
    end = moment(given, now)
    if end is None:
        raise ScenarioError(f'{given!r} is no time. Write it as in end="2026-03-10T18:00Z".')
    return end
