"""Answers that are right, as data: each holds what is accepted, and judges what somebody wrote."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple, Protocol

from flowkit.training.lessons import reading
from flowkit.training.network import Interface

State = Literal["right", "partly", "wrong", "open"]
_FAR: Final = 4.0
"""Times the tolerance within which a number or a time is partly right."""
_FARTHEST: Final = 0.8
"""Share of a number by which one that is partly right is off at most."""


class Judged(NamedTuple):
    """How right an answer is, and what to say of this very one beside the explanation; "" for nothing."""

    state: State
    remark: str = ""


class Answer(Protocol):
    """What is right: *shown* as text, *wanted* says which form is asked for, *key* is the same as data."""

    @property
    def shown(self) -> str:
        """The answer as text."""

    @property
    def wanted(self) -> str:
        """Which form an answer has."""

    @property
    def key(self) -> dict[str, object]:
        """The answer as data, as JSON has it."""

    def judge(self, given: object) -> Judged:
        """Say how right an answer is."""


@dataclass(frozen=True)
class OneOf:
    """A word: the first of *accepted* is how it is shown, the others are as right.

    *near* holds what is partly right, with the reason; *choices*, where there are any, all that can be said.
    """

    accepted: tuple[str, ...]
    form: str
    near: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The answer as text."""
        return self.accepted[0]

    @property
    def wanted(self) -> str:
        """Which form an answer has."""
        return f"{self.form}: {', '.join(self.choices)}" if self.choices else self.form

    @property
    def key(self) -> dict[str, object]:
        """The answer as data."""
        return {"answer": self.shown, "accepted": list(self.accepted), "partly": dict(self.near)}

    def judge(self, given: object) -> Judged:
        """Say how right an answer is."""
        said = reading.words(given) if isinstance(given, (list, tuple, set)) else [reading.word(given)]
        if len(said) == 1 and said[0] in map(reading.word, self.accepted):
            return Judged("right")
        near = {reading.word(name): why for name, why in self.near.items()}
        if len(said) == 1 and said[0] in near:
            return Judged("partly", near[said[0]])
        if self.choices and not set(said) & set(map(reading.word, self.choices)):
            return Judged("wrong", f"The answer is one of: {', '.join(self.choices)}.")
        return Judged("wrong", "One answer is wanted." if len(said) > 1 else "")


@dataclass(frozen=True)
class Several:
    """Several words, each with what is accepted for it; *ordered* where their order counts."""

    items: tuple[tuple[str, ...], ...]
    form: str
    ordered: bool = False

    @property
    def shown(self) -> str:
        """The answer as text."""
        return (" > " if self.ordered else ", ").join(item[0] for item in self.items)

    @property
    def wanted(self) -> str:
        """Which form an answer has."""
        return f"{self.form}, a list or text with commas; {'in order' if self.ordered else 'in any order'}"

    @property
    def key(self) -> dict[str, object]:
        """The answer as data."""
        return {"answer": [item[0] for item in self.items], "accepted": [list(item) for item in self.items],
                "ordered": self.ordered}  # fmt: skip

    def judge(self, given: object) -> Judged:
        """Say how right an answer is."""
        said = reading.words(given)
        places = {reading.word(name): place for place, item in enumerate(self.items) for name in item}
        found = list(dict.fromkeys(places[one] for one in said if one in places))
        strange = [one for one in said if one not in places]
        if not found:
            return Judged("wrong")
        if len(found) < len(self.items) or strange:
            parts = f"{len(found)} of {len(self.items)} are right"
            return Judged("partly", f"{parts}; {len(strange)} do not belong." if strange else f"{parts}.")
        if self.ordered and found != sorted(found):
            return Judged("partly", "All are right, but not in this order.")
        return Judged("right")


@dataclass(frozen=True)
class Amount:
    """A number of *unit* (``B``, ``s``, ``%`` or none), right within *tolerance*, a share of it."""

    value: float
    form: str
    unit: str = ""
    tolerance: float = 0.1

    @property
    def shown(self) -> str:
        """The answer as text."""
        return f"{self.value:,.10g} {self.unit}".strip()

    @property
    def wanted(self) -> str:
        """Which form an answer has."""
        units = {"B": 'B, or text with a unit ("1.5 GB")', "s": 's, or text with a unit ("5 min")', "%": "%"}
        unit = f" in {units[self.unit]}" if self.unit else ""
        return f"{self.form}{unit}; within {self.tolerance:.0%} is right"

    @property
    def key(self) -> dict[str, object]:
        """The answer as data."""
        return {"answer": self.value, "unit": self.unit, "tolerance": self.tolerance}

    def judge(self, given: object) -> Judged:
        """Say how right an answer is."""
        said = reading.number(given, self.unit)
        if said is None:
            return Judged("wrong", "That is no such number. " + self.wanted + ".")
        ways = (said, 100 * said) if self.unit == "%" and 0 < said <= 1 else (said,)  # reports give shares of 1
        off = min(abs(way - self.value) for way in ways) / (abs(self.value) or 1)
        if off <= self.tolerance:
            return Judged("right")
        far = min(_FAR * self.tolerance, _FARTHEST)
        return Judged("partly", f"Off by {off:.0%}.") if off <= far else Judged("wrong")


@dataclass(frozen=True)
class Moment:
    """A time, right within *tolerance* s; a clock time alone is taken for the last one before *end*."""

    at: datetime
    end: datetime
    form: str = "a time in UTC"
    tolerance: float = 300

    @property
    def shown(self) -> str:
        """The answer as text."""
        return f"{self.at:%Y-%m-%d %H:%M:%S}Z"

    @property
    def wanted(self) -> str:
        """Which form an answer has."""
        return f'{self.form}, such as "{self.end:%Y-%m-%d %H:%M}"; within {self.tolerance / 60:.0f} min is right'

    @property
    def key(self) -> dict[str, object]:
        """The answer as data."""
        return {"answer": f"{self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", "tolerance_s": self.tolerance}

    def judge(self, given: object) -> Judged:
        """Say how right an answer is."""
        said = reading.moment(given, self.end)
        if said is None:
            return Judged("wrong", "That is no time. " + self.wanted + ".")
        off = abs((said - self.at).total_seconds())
        if off <= self.tolerance:
            return Judged("right")
        return Judged("partly", f"Off by {off / 60:.0f} min.") if off <= _FAR * self.tolerance else Judged("wrong")


def names_of(interface: Interface) -> tuple[str, ...]:
    """Return every way to name a host, its address first."""
    ways = (interface.address, interface.name, interface.id, interface.instance_id, interface.public_ip)
    return tuple(filter(None, ways))


def host(interface: Interface, near: Mapping[str, str] | None = None) -> OneOf:
    """Return the answer that is one of our hosts."""
    return OneOf(names_of(interface), "one host: address, name, interface or instance id", near or {})


def peer(address: str) -> OneOf:
    """Return the answer that is an address outside."""
    return OneOf((address,), "one address outside")


def port(number: int) -> OneOf:
    """Return the answer that is a server's port."""
    return OneOf((str(number),), "the server's port, a number")


def yes(*, right: bool) -> OneOf:
    """Return the answer to a question that takes yes or no."""
    ways = (("yes", "y", "true", "1"), ("no", "n", "false", "0"))
    return OneOf(ways[0] if right else ways[1], "yes or no")
