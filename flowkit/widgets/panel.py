"""What the workbench can show: a panel asks a question of the flows in scope, and says what a click means."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import ipywidgets
import pandas as pd
import plotly.graph_objects as go

from flowkit.errors import ScopeError
from flowkit.flows import Flows
from flowkit.scope import Scope
from flowkit.widgets.figure import Picked
from flowkit.widgets.picker import ScopePicker

Chosen: TypeAlias = Mapping[str, Any]
"""What stands in the controls of a panel, by name: text, or what a control of its own has."""
Pick: TypeAlias = Scope | Chosen | None
"""What a click means: narrow to a scope, set controls of the panel, or nothing."""
Row: TypeAlias = Mapping[str, Any]
Work: TypeAlias = Callable[[Callable[[], Any], Callable[[Any], None]], None]
"""Has something worked out as the question of the open view, with its progress and its Cancel, and tells the answer;
what goes wrong is said there in words."""


@dataclass(frozen=True, eq=False)
class Control:
    """One choice above a panel.

    Attributes
    ----------
    name, label
        Its key in what is chosen, and what stands beside it.
    options
        Gives its choices for flows, the first by default: (words, value). None for a field to type in.
    hint
        What stands in an empty field.
    made
        Makes a widget of its own, once for each workbench. The panel is asked anew whenever its `value` changes.
    """

    name: str
    label: str
    options: Callable[[Flows], Sequence[tuple[str, str]]] | None = None
    hint: str = ""
    made: Callable[[ScopePicker, Work], ipywidgets.Widget] | None = None


@dataclass(frozen=True, eq=False)
class Offer:
    """Words with a button beside them.

    Attributes
    ----------
    words, button
        What is offered, and what stands on the button.
    pick
        What pressing it means.
    """

    words: str
    button: str
    pick: Pick


@dataclass(frozen=True, eq=False)
class Answer:
    """Words, a figure and its table; each may be missing.

    Attributes
    ----------
    title
        Of the table; a figure has its own.
    figure, frame
        What is shown.
    picked
        Says what a click or brush on the figure means.
    cells
        By column of the frame, what a click on a cell means, given its row.
    opened
        Whether the table is open at once.
    html, offers
        What is read above them, escaped by whoever writes it, and what can be pressed there.
    """

    title: str
    figure: go.Figure | None = None
    frame: pd.DataFrame | None = None
    picked: Callable[[Picked], Pick] = lambda _what: None
    cells: Mapping[str, Callable[[Row], Pick]] = field(default_factory=dict)
    opened: bool = False
    html: str = ""
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True, eq=False)
class Panel:
    """A view of the workbench.

    Attributes
    ----------
    name
        What it is called there.
    ask
        Works its answers out, beside the user's hand: given the flows in scope and what is chosen.
    controls
        Its choices.
    """

    name: str
    ask: Callable[[Flows, Chosen], Sequence[Answer]]
    controls: tuple[Control, ...] = ()


_PANELS: Final[dict[str, Panel]] = {}


def register(panel: Panel) -> Panel:
    """Add *panel* to every workbench made from now on; those of other packages, too.

    Raises
    ------
    ScopeError
        If another panel has that name.
    """
    if panel.name in _PANELS:
        raise ScopeError(f"a view of the workbench is called {panel.name!r} already. Give this one another name.")
    _PANELS[panel.name] = panel
    return panel


def registered() -> dict[str, Panel]:
    """Return the panels by name, in the order of their registration."""
    return dict(_PANELS)
