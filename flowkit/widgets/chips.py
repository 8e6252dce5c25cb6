"""What must hold besides, as a button each that takes it away."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import ipywidgets

from flowkit.scope import KEYS, Scope
from flowkit.scope_code import joined, parts
from flowkit.widgets.parts import cut


class Chips(ipywidgets.HBox):  # type: ignore[misc] # it carries no types
    """Shows the further parts of a scope: what its first part names otherwise already.

    Parameters
    ----------
    left
        Told of the scope that is left when a button is pressed.
    """

    def __init__(self, left: Callable[[Scope], None]) -> None:
        super().__init__(layout={"flex_flow": "row wrap", "overflow": "visible", "display": "none"})
        self._left, self._scope = left, Scope()
        self._shown: list[ipywidgets.Button] = []

    def show(self, scope: Scope) -> None:
        """Show a button for each key of each part of *scope* but the first."""
        if scope.also != self._scope.also:
            old, self._shown = self._shown, self._chips(scope)
            self.children = self._shown
            self.layout.display = "" if self._shown else "none"
            for chip in old:
                chip.close()
        self._scope = scope

    def _chips(self, scope: Scope) -> list[ipywidgets.Button]:
        further = list(enumerate(parts(scope)))[1:]
        return [self._chip(number, key, part) for number, part in further for key in KEYS if getattr(part, key)]

    def _chip(self, number: int, key: str, part: Scope) -> ipywidgets.Button:
        words = cut(str(Scope(**{key: getattr(part, key)})))
        button = ipywidgets.Button(
            description=f"and {words} \N{MULTIPLICATION SIGN}", tooltip=f"no longer: {words}", layout={"width": "auto"}
        )
        button.on_click(lambda _button: self._left(self._without(number, key)))
        return button

    def _without(self, number: int, key: str) -> Scope:
        none: Any = None if key in ("start", "end") else ()
        return joined(
            replace(part, **{key: none}) if n == number else part for n, part in enumerate(parts(self._scope))
        )
