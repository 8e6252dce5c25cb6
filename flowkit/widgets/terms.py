"""Restrictions that are typed or switched: addresses, ports, protocols, action and direction."""

import re
from collections.abc import Mapping
from typing import Any, Final

import ipywidgets

from flowkit.fields import PROTOCOLS
from flowkit.scope import KEYS, Scope
from flowkit.scope_code import code
from flowkit.widgets.parts import LABEL, Edit, Part, Turn

_BETWEEN: Final = re.compile(r"[\s,;]+")
_HINTS: Final = {
    "protocol": ("tcp, udp …", "names or IANA numbers"),
    "port": ("443, 5432 …", "port numbers on either side"),
    "srcport": ("40000 …", "port numbers of the source"),
    "dstport": ("443 …", "port numbers of the destination"),
    "address": ("10.0.1.5, 10.0.2.0/24 …", "addresses or CIDR blocks, IPv4 or IPv6, on either side"),
    "srcaddr": ("10.0.1.5 …", "addresses or CIDR blocks of the source"),
    "dstaddr": ("10.0.2.0/24 …", "addresses or CIDR blocks of the destination"),
}
_NAMES: Final = {number: name for name, number in PROTOCOLS.items()}


class Term(Part):
    """A field for one key: several values with commas or blanks between them, refused in words if wrong."""

    def __init__(self, key: str, turn: Turn, edit: Edit) -> None:
        self.key = key
        placeholder, meaning = _HINTS[key]
        options = {
            "description": key, "placeholder": placeholder, "tooltip": f"{meaning}; several with commas between",
            "continuous_update": False, "style": LABEL, "layout": {"width": "auto"},
        }  # fmt: skip
        if key == "protocol":
            self.field = ipywidgets.Combobox(options=tuple(PROTOCOLS), ensure_option=False, **options)
        else:
            self.field = ipywidgets.Text(**options)
        super().__init__((key,), (self.field,), turn, edit, {"flex": "1 1 220px", "min_width": "200px"})
        self.field.observe(self._typed, "value")

    def _fill(self, scope: Scope, *, correcting: bool) -> None:
        if correcting:
            return
        values = getattr(scope, self.key)
        words = [_NAMES.get(value, value) for value in values] if self.key == "protocol" else values
        self.field.value = ", ".join(map(str, words))

    def _typed(self, change: Any) -> None:  # noqa: ANN401 - traitlets' own
        if self._turn.is_users:
            self._edit(self, {self.key: tuple(filter(None, _BETWEEN.split(change["new"])))})


class Switch(Part):
    """Buttons of which one is pressed, for a key with few values; the first leaves it unrestricted."""

    def __init__(self, key: str, values: Mapping[str, str], turn: Turn, edit: Edit) -> None:
        self.key = key
        first, *others = values
        tips = [f"whatever the {key}", *(f"{key} {values[name]} only" for name in others)]
        self.buttons = ipywidgets.ToggleButtons(
            description=key,
            options=[(first, ()), *((name, (values[name],)) for name in others)],
            tooltips=tips,
            style={"button_width": "auto", **LABEL},
        )
        super().__init__((key,), (self.buttons,), turn, edit, {"flex": "0 0 auto"})
        self.buttons.observe(self._pressed, "value")

    def _fill(self, scope: Scope, *, correcting: bool) -> None:  # noqa: ARG002 - nothing here is typed
        """Press the button for what *scope* has; none, if it has several values."""
        values = [value for _name, value in self.buttons.options]
        chosen = getattr(scope, self.key)
        self.buttons.index = values.index(chosen) if chosen in values else None

    def _pressed(self, change: Any) -> None:  # noqa: ANN401 - traitlets' own
        if self._turn.is_users:
            self._edit(self, {self.key: change["new"] or ()})


class CodeLine(Part):
    """The code of the scope, to copy; other code pasted in its place is read, never run."""

    def __init__(self, turn: Turn, edit: Edit) -> None:
        self.field = ipywidgets.Text(
            description="code",
            tooltip="copy it, or paste other code of a scope",
            continuous_update=False,
            style=LABEL,
            layout={"width": "auto"},
        )
        self.field.add_class("flowkit-code")
        super().__init__((*KEYS, "also"), (self.field,), turn, edit, {"width": "auto"})
        self.field.observe(self._typed, "value")

    def _fill(self, scope: Scope, *, correcting: bool) -> None:
        if not correcting:
            self.field.value = code(scope)

    def _typed(self, change: Any) -> None:  # noqa: ANN401 - traitlets' own
        if self._turn.is_users:
            self._edit(self, {"code": change["new"]})
