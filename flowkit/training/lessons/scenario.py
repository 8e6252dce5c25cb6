"""A scenario: a question about logs that it writes, steps that it marks, and the answer key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Final, NamedTuple

from flowkit.errors import FlowkitError
from flowkit.training.dice import Dice
from flowkit.training.lessons.level import Level
from flowkit.training.lessons.life import everyday
from flowkit.training.lessons.place import World, role_of
from flowkit.training.lessons.printed import html_table, plain
from flowkit.training.lessons.setting import Kind, Plot, Setting
from flowkit.training.lessons.step import Mark, Marks, Step
from flowkit.training.lessons.written import described, logs
from flowkit.training.network import Network
from flowkit.training.scene import Scene
from flowkit.training.wire import RecordKey, Tally, Wire

SPAN: Final = 12 * 3_600
"""How much is logged, s."""
ROUND: Final = 300
"""To which the end is rounded down, s."""
_LONGEST_NAME: Final = 60


class ScenarioError(FlowkitError, ValueError):
    """A scenario that there is none of, or a folder that it cannot be written to."""


class Written(NamedTuple):
    """Where a scenario's files are: `fk.load(written.logs, inventory=written.snapshot)`."""

    logs: Path
    snapshot: Path


@dataclass(frozen=True)
class Scenario:
    """A question, the data that it is about, and what is right; the same for a name, seed, level and end.

    Attributes
    ----------
    name
        By which `scenario` finds it.
    title
        The same for people.
    minutes
        How long a learner takes, about.
    seed
        What hosts, addresses, times, ports and amounts hang on.
    level
        How hard it is.
    end
        When the log ends, UTC; it holds the twelve hours before.
    plot
        What happens in it.
    """

    name: str
    title: str
    minutes: int
    practises: str
    seed: str
    level: Level
    end: datetime
    setting: Setting
    plot: Plot

    @property
    def story(self) -> str:
        """The question as an analyst gets it; it gives nothing away."""
        return self.plot.story

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is asked, in order; each has `name`, `question`, `wanted` and `points`."""
        return self.plot.steps

    @property
    def points(self) -> int:
        """Points there are."""
        return sum(step.points for step in self.steps)

    def step(self, name: str | int) -> Step:
        """Return a step by its name, or by its number from 1.

        Raises
        ------
        ScenarioError
            If there is none.
        """
        found = self._step(name)
        if found is None:
            raise ScenarioError(self._no_step(name))
        return found

    def hint(self, step: str | int, n: int = 1) -> str:
        """Return the nth hint of a step, from a nudge to almost the answer.

        Raises
        ------
        ScenarioError
            If there is no such step.
        """
        hints = self.step(step).hints
        if not isinstance(n, int) or not 1 <= n <= len(hints):
            return f"There are {len(hints)} hints to this step: ask for 1 to {len(hints)}."
        return f"Hint {n} of {len(hints)}: {hints[n - 1]}"

    def check(self, answers: object, given: object = None) -> Marks:
        """Mark answers, each with an explanation of why, and how to see it in the data.

        Parameters
        ----------
        answers
            A mapping of steps (name, or number from 1) to answers; or one step, whose answer is *given*.
        given
            The answer; None is one not given yet. Hosts may be named by address, name, interface or instance id;
            several things as a list or as text with commas; amounts with a unit; times as text, as datetime or as a
            clock time in UTC.

        Returns
        -------
        Marks
            One for each step asked about, in their order. Whatever is given, it is marked: nonsense is wrong.
        """
        asked = dict(answers) if isinstance(answers, Mapping) else {answers: given} if _named(answers) else {}
        found: dict[str, object] = {}
        notes = [] if asked or isinstance(answers, Mapping) else [self._no_step(answers)]
        for name, answer in asked.items():
            step = self._step(name)
            if step is None:
                notes.append(self._no_step(name))
            else:
                found[step.name] = answer
        marks: tuple[Mark, ...] = tuple(step.judge(found[step.name]) for step in self.steps if step.name in found)
        return Marks(marks, tuple(notes))

    def _step(self, name: object) -> Step | None:
        if isinstance(name, int) and not isinstance(name, bool):
            return self.steps[name - 1] if 1 <= name <= len(self.steps) else None
        return next((step for step in self.steps if step.name == name), None)

    def _no_step(self, name: object) -> str:
        try:
            called = repr(name)[:_LONGEST_NAME]
        except Exception:  # noqa: BLE001 - whatever was given as a name may raise when shown
            called = "that"
        return f"There is no step {called}. The steps are: {', '.join(step.name for step in self.steps)}."

    @property
    def answer_key(self) -> dict[str, object]:
        """All that an instructor needs, as JSON has it: story, questions, answers, what is accepted, why and where."""
        about = {"name": self.name, "title": self.title, "seed": self.seed, "level": self.level.name}
        times = {"start": f"{datetime.fromtimestamp(self.setting.start, UTC):%Y-%m-%dT%H:%M:%SZ}",
                 "end": f"{self.end:%Y-%m-%dT%H:%M:%SZ}"}  # fmt: skip
        answered_by = {"playbook": self.plot.playbook, "parameters": dict(self.plot.asked)}
        steps = [step.key | {"hints": list(step.hints)} for step in self.steps]
        return {**about, **times, "story": self.story, "points": self.points, **answered_by, "steps": steps}

    @property
    def reference(self) -> dict[str, object]:
        """The answers alone, step by step: `check(reference)` gets all points."""
        return {step.name: step.answer.key["answer"] for step in self.steps}

    def write(self, folder: str | PathLike[str]) -> Written:
        """Write logs and snapshot into a folder, and return where they are.

        Parameters
        ----------
        folder
            A new folder, or one that holds this very scenario already.

        Returns
        -------
        Written
            `logs`, gzipped text in AWS's folders and names, and `snapshot`, JSON as ``aws ec2 describe-…`` prints it.

        Raises
        ------
        ScenarioError
            If the folder holds other files, which would be read as part of the scenario, or cannot be written.
        """
        target = Path(folder)
        if target.exists() and not target.is_dir():
            raise ScenarioError(f"{target} is no folder. Name another folder.")
        files = self._files
        try:
            self._refuse_others(target, files)
            for path, content in files.items():
                file = target / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
        except OSError as error:
            reason = error.strerror or error
            raise ScenarioError(f"{target} cannot be written: {reason}. Name another folder, or make room.") from error
        return Written(target / "logs", target / "snapshot")

    @staticmethod
    def _refuse_others(target: Path, files: Mapping[str, bytes]) -> None:
        for part in ("logs", "snapshot"):
            there = (path for path in sorted((target / part).rglob("*")) if path.is_file())
            other = next((path for path in there if path.relative_to(target).as_posix() not in files), None)
            if other is not None:
                raise ScenarioError(f"{target} holds other files, such as {other.name}. Name an empty folder.")

    @cached_property
    def _files(self) -> dict[str, bytes]:
        """The files, by their path below the folder that they are written to."""
        network, span = self._network, (self.setting.start, self.setting.end)
        files = {
            f"logs/{path}": content for path, content in logs(network, self._records(), span, self.level, self.dark)
        }
        taken = described(network, self.setting.end, self.level, self.dark)
        return files | {f"snapshot/{path}": content for path, content in taken.items()}

    @property
    def _network(self) -> Network:
        return self.plot.network or self.setting.world.network

    @cached_property
    def dark(self) -> frozenset[str]:
        """Names of the interfaces that no flow log covers."""
        if self.plot.dark is not None:
            return frozenset(self.plot.dark)
        return frozenset(one.name for one in self.setting.world.network.interfaces if role_of(one) in self.level.dark)

    def _records(self) -> dict[RecordKey, Tally]:
        """Let everything happen, what is amiss by dice of its own, and return what interfaces counted."""
        wire, setting = Wire(self._network), self.setting
        used: set[tuple[str, str, int, int]] = set()
        for name, load in (("life", self.plot.load), ("plot", lambda _: 1.0)):
            dice = Dice(f"{setting.world.site}/{self.level.name}/{name}")
            scene = Scene(wire, dice, setting.start, setting.end, load, used)
            if name == "life":
                everyday(scene, setting.world, self.level.life)
            else:
                self.plot.happen(scene)
        return wire.records

    def __str__(self) -> str:
        lines = [f"{self.title} ({self.level.name}, some {self.minutes} min, {self.points} points)", "", self.story, ""]
        lines += [f"{n}. {step.name}: {step.question} [{step.points}]" for n, step in enumerate(self.steps, 1)]
        return plain("\n".join(lines))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = [(n, s.name, s.question, s.wanted, s.points) for n, s in enumerate(self.steps, 1)]
        about = f"{self.title}. {self.story}"
        return html_table(("", "step", "question", "wanted", "points"), rows, about)


def _named(name: object) -> bool:
    return isinstance(name, (str, int))


@dataclass(frozen=True)
class Outline:
    """What is known of a scenario before it is made: a row of `scenarios`."""

    name: str
    title: str
    minutes: int
    practises: str
    kind: Kind = field(repr=False)

    def made(self, seed: int | str, level: Level, end: datetime) -> Scenario:
        """Return the scenario of a seed and a level whose log ends then."""
        last = int(end.timestamp()) // ROUND * ROUND
        text = f"{seed}/{self.kind.__name__}"  # which the learner does not see: it says what happened
        dice = Dice(text)
        setting = Setting(dice, World.of(dice, text), level, last - SPAN, last)
        about = (self.name, self.title, self.minutes, self.practises, str(seed), level)
        return Scenario(*about, datetime.fromtimestamp(last, UTC), setting, self.kind(setting))
