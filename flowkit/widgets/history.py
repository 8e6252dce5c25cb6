"""Undo and redo, as a value."""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

_T = TypeVar("_T")
_MOST: Final = 500
"""Steps that can be taken back."""


@dataclass(frozen=True, slots=True)
class History(Generic[_T]):
    """What is, what was before it, latest last, and what was taken back, next first."""

    present: _T
    past: tuple[_T, ...] = ()
    future: tuple[_T, ...] = ()

    def to(self, present: _T) -> "History[_T]":
        """Return the history one step on; what was taken back is gone. The same again is no step."""
        if present == self.present:
            return self
        return History(present, (*self.past, self.present)[-_MOST:])

    def back(self) -> "History[_T]":
        """Return the history one step back; as it is, if there is no step."""
        if not self.past:
            return self
        return History(self.past[-1], self.past[:-1], (self.present, *self.future))

    def forward(self) -> "History[_T]":
        """Return the history with the step redone that was last taken back; as it is, if there is none."""
        if not self.future:
            return self
        return History(self.future[0], (*self.past, self.present), self.future[1:])
