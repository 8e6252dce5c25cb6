"""What the controls of the scope picker have in common: their turn, their words of refusal, how they wrap."""

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any, Final, TypeAlias

import ipywidgets

from flowkit.inventory.text import shown
from flowkit.scope import Scope

LABEL: Final = {"description_width": "68px"}
"""The style of a field with its label to the left."""
_LONGEST: Final = 400
Edit: TypeAlias = Callable[["Part", Mapping[str, Any]], None]
"""Told which keys of the scope a control wants to hold which values."""


class Turn:
    """Tells what the user changed from what the program filled in, possibly from another thread."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._filling = 0

    @contextmanager
    def filling(self) -> Iterator[None]:
        """Fill controls; what changes meanwhile in this thread is not the user's doing."""
        with self._lock:
            self._filling += 1
            try:
                yield
            finally:
                self._filling -= 1

    @property
    def is_users(self) -> bool:
        """Whether a change told of in this thread is the user's; waits until what is being filled is full."""
        with self._lock:
            return not self._filling


class Alert(ipywidgets.HTML):  # type: ignore[misc] # it carries no types
    """Words on what went wrong, which a screen reader tells at once; takes no room without any."""

    def __init__(self) -> None:
        super().__init__(layout={"display": "none", "margin": "0 2px 4px"})
        self.words = ""

    def say(self, words: str) -> None:
        """Show *words*; none takes away what is shown."""
        self.words = words
        style = "border-left:3px solid var(--jp-error-color1,#d32f2f);padding:0 6px;overflow-wrap:anywhere"
        self.value = f'<div role="alert" style="{style};line-height:1.4">{text(words)}</div>' if words else ""
        self.layout.display = "" if words else "none"


class Part(ipywidgets.VBox):  # type: ignore[misc] # it carries no types
    """A control that edits some keys of a scope, with room below for what is wrong with them.

    Parameters
    ----------
    keys
        What it edits.
    children
        The widgets.
    turn
        The picker's.
    edit
        Told of each edit.
    layout
        How it takes its place in a row.

    Attributes
    ----------
    alert
        The words below it.
    """

    def __init__(
        self, keys: Sequence[str], children: Sequence[ipywidgets.Widget], turn: Turn, edit: Edit, layout: dict[str, str]
    ) -> None:
        self.alert = Alert()
        self._turn, self._edit = turn, edit
        self._keys, self._shown = tuple(keys), tuple[Any, ...]()
        super().__init__((*children, self.alert), layout={"overflow": "visible", **layout})

    @property
    def message(self) -> str:
        """The words shown."""
        return str(self.alert.words)

    def say(self, words: str) -> None:
        """Show *words* under the control."""
        self.alert.say(words)

    def show(self, scope: Scope) -> None:
        """Show what *scope* says of the keys; what was refused stays for correction, until something else is picked."""
        values = tuple(getattr(scope, key) for key in self._keys)
        if values != self._shown:
            self.say("")
        self._shown = values
        with self._turn.filling():
            self._fill(scope, correcting=bool(self.message))

    def _fill(self, scope: Scope, *, correcting: bool) -> None:
        """Fill the controls from *scope*; while *correcting*, leave what was typed."""
        raise NotImplementedError


def text(words: str) -> str:
    """Return *words* fit for HTML, whatever a log or an inventory put into them."""
    return html.escape(shown(words))


def cut(words: str) -> str:
    """Return the beginning of long words; the code of the scope has it all."""
    return words if len(words) <= _LONGEST else words[:_LONGEST] + " …"


def row(*children: ipywidgets.Widget, **layout: str) -> ipywidgets.HBox:
    """Return widgets side by side that wrap where there is no room."""
    return ipywidgets.HBox(children, layout={"flex_flow": "row wrap", "overflow": "visible", **layout})
