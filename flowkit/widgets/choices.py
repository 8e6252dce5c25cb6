"""One list to choose from: searched, counted, the best matches only."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import ipywidgets

from flowkit.inventory.text import shown
from flowkit.scope import Scope
from flowkit.widgets.parts import LABEL, Edit, Part, Turn

MOST: Final = 100
"""Choices listed at a time."""
_LONGEST: Final = 30
"""Characters of a name that are shown."""
_ROWS: Final = 6


@dataclass(frozen=True, slots=True)
class Choice:
    """A thing to choose.

    Attributes
    ----------
    id
        What is picked.
    name
        What an analyst calls it, from the inventory.
    records
        How many records choosing it would leave; None if that is not known.
    also
        What it is found by, beside its name and id.
    """

    id: str
    name: str = ""
    records: int | None = None
    also: str = ""

    def matches(self, words: Sequence[str]) -> bool:
        """Return whether each of *words* is in its name, its id or what it is also found by."""
        found = f"{self.name} {self.id} {self.also}".casefold()
        return all(word in found for word in words)


def best(choices: Collection[Choice], search: str, chosen: Collection[str]) -> tuple[list[Choice], int]:
    """Return the choices to list, most records first, and how many more match; chosen ones are always listed.

    Chosen ones keep their place, so that a list does not move under the hand that chooses from it.
    """
    words, wanted = search.casefold().split(), set(chosen)
    matching = sorted((c for c in choices if c.matches(words)), key=_rank)
    listed = matching[:MOST]
    wanted -= {c.id for c in listed}
    left_out = sorted((c for c in choices if c.id in wanted), key=_rank)
    more = len(matching) - len(listed) - sum(c.matches(words) for c in left_out)
    return listed + left_out, more


def labels(choices: Sequence[Choice]) -> list[str]:
    """Return a line for each choice: name, records, id; in columns, of plain text in which nothing can hide or move.

    The name comes first, as typing in a list goes by the first letters; the id last, where a narrow list cuts it.
    """
    first = [_cut(shown(choice.name or choice.id)) for choice in choices]
    counts = ["" if choice.records is None else f"{choice.records:,}" for choice in choices]
    wide, number = (max(map(len, column), default=0) for column in (first, counts))
    ids = [shown(choice.id) if choice.name else "" for choice in choices]
    lines = zip(first, counts, ids, strict=True)
    return [
        f"{name:{wide}}  {count:>{number}}  {id_}".rstrip().replace(" ", "\N{NO-BREAK SPACE}")
        for name, count, id_ in lines
    ]


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"


def _rank(choice: Choice) -> tuple[int, str, str]:
    return -(choice.records or 0), choice.name, choice.id


class ChoiceList(Part):
    """A search box above a list of choices that edits one key.

    Parameters
    ----------
    title
        What the things are: the visible label.
    key
        The key of the scope that choosing sets.
    choices
        Called for the choices with each scope.
    turn, edit
        As in `Part`.
    """

    def __init__(
        self, title: str, key: str, choices: Callable[[Scope], Collection[Choice]], turn: Turn, edit: Edit
    ) -> None:
        self.key, self._choices = key, choices
        self._all: Collection[Choice] = ()
        self._chosen: tuple[str, ...] = ()
        self.search = ipywidgets.Text(description=title, placeholder="search", style=LABEL, layout={"width": "auto"})
        self.list = ipywidgets.SelectMultiple(rows=_ROWS, description=f"{title} list", layout={"width": "auto"})
        self.list.add_class("flowkit-choices")
        self.note = ipywidgets.Label(layout={"margin": "0 2px"})
        place = {"flex": "1 1 220px", "min_width": "200px"}
        super().__init__((key,), (self.search, self.list, self.note), turn, edit, place)
        self.search.observe(self._searched, "value")
        self.list.observe(self._picked, "value")

    def _fill(self, scope: Scope, *, correcting: bool) -> None:  # noqa: ARG002 - nothing here is typed
        self._all = self._choices(scope)
        self._chosen = getattr(scope, self.key)
        self._list_best()

    def _list_best(self) -> None:
        listed, more = best(self._all, self.search.value, self._chosen)
        options = tuple(zip(labels(listed), (choice.id for choice in listed), strict=True))
        with self._turn.filling(), self.list.hold_sync():
            if options != self.list.options:
                self.list.options = options
            self.list.value = tuple(choice.id for choice in listed if choice.id in self._chosen)
            self.note.value = self._words(len(listed), more)
            self.note.layout.display = "" if self.note.value else "none"

    def _words(self, listed: int, more: int) -> str:
        if more:
            return f"… {more:,} more: type to find them"
        if listed:
            return "Ctrl+click for several, or none" if self._chosen else ""
        return "no match" if self._all else "no records in this scope"

    def _searched(self, _change: Any) -> None:  # noqa: ANN401 - traitlets' own
        if self._turn.is_users:
            self._list_best()

    def _picked(self, change: Any) -> None:  # noqa: ANN401 - traitlets' own
        if self._turn.is_users:
            offered = {choice.id for choice in self._all}
            kept = tuple(value for value in self._chosen if value not in offered)
            self._edit(self, {self.key: (*kept, *change["new"])})
