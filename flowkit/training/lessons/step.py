"""Steps of a scenario, and how answers to them were marked."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flowkit.training.lessons.answers import Answer, Judged, State
from flowkit.training.lessons.printed import html_table, plain

_MARKS: Final = {"right": "✓ right", "partly": "◐ partly", "wrong": "✗ wrong", "open": "· not answered yet"}
_SHARE: Final[dict[State, float]] = {"right": 1.0, "partly": 0.5, "wrong": 0.0, "open": 0.0}


@dataclass(frozen=True)
class Step:
    """A question of a scenario.

    Attributes
    ----------
    name
        By which it is checked.
    question
        What is asked.
    answer
        What is right.
    points
        What it counts; partly right is half of it.
    see
        The line of Python that shows it, with `flows` and `report` as in the notebook.
    why
        Why the answer is right.
    hints
        From a nudge to almost the answer.
    """

    name: str
    question: str
    answer: Answer
    points: int
    see: str
    why: str
    hints: tuple[str, ...]

    @property
    def wanted(self) -> str:
        """Which form an answer has."""
        return self.answer.wanted

    def judge(self, given: object) -> "Mark":
        """Mark an answer; None is one not given yet."""
        if given is None:
            return Mark(self, Judged("open"))
        try:
            return Mark(self, self.answer.judge(given))
        except Exception:  # noqa: BLE001 - an answer may be any object, and raise whatever it likes when read
            return Mark(self, Judged("wrong", f"That could not be read. {self.wanted}."))

    @property
    def key(self) -> dict[str, object]:
        """Question and answer as data."""
        about = {"name": self.name, "question": self.question, "wanted": self.wanted, "points": self.points}
        return {**about, **self.answer.key, "why": self.why, "see": self.see}


@dataclass(frozen=True)
class Mark:
    """How right the answer to a step is."""

    step: Step
    judged: Judged

    @property
    def state(self) -> State:
        """``right``, ``partly``, ``wrong`` or ``open``."""
        return self.judged.state

    @property
    def points(self) -> float:
        """Points got."""
        return self.step.points * _SHARE[self.state]

    @property
    def explanation(self) -> str:
        """Why, and how to see it in the data; of a wrong answer no more than where to look."""
        if self.state == "open":
            return f"{self.step.question} Wanted: {self.step.wanted}."
        if self.state == "right":
            return f"{self.step.why} Shown by: {self.step.see}"
        start = "Not quite." if self.state == "partly" else "No."
        remark = f"{self.judged.remark} " if self.judged.remark else ""
        return f"{start} {remark}{self.step.hints[0]} Look at: {self.step.see}"


@dataclass(frozen=True)
class Marks:
    """Marks of several steps; it displays itself in a notebook.

    Attributes
    ----------
    marks
        One for each step that was asked about, in the order of the steps.
    notes
        What else to say: answers to steps that there are none of.
    """

    marks: tuple[Mark, ...]
    notes: tuple[str, ...] = ()

    @property
    def points(self) -> float:
        """Points got."""
        return sum(mark.points for mark in self.marks)

    @property
    def of(self) -> int:
        """Points there are."""
        return sum(mark.step.points for mark in self.marks)

    @property
    def states(self) -> dict[str, State]:
        """The state of each step, by its name."""
        return {mark.step.name: mark.state for mark in self.marks}

    @property
    def _caption(self) -> str:
        return " ".join((f"{self.points:g} of {self.of} points.", *self.notes))

    def _rows(self) -> Iterable[tuple[str, str, str, str]]:
        for mark in self.marks:
            yield mark.step.name, _MARKS[mark.state], f"{mark.points:g} of {mark.step.points}", mark.explanation

    def __str__(self) -> str:
        lines = [f"{name}: {mark} ({points}). {text}" for name, mark, points, text in self._rows()]
        return plain("\n".join((*lines, self._caption)))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(("step", "mark", "points", "explanation"), self._rows(), self._caption)
