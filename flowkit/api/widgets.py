"""The widgets; ipywidgets is imported when one is shown."""

from typing import TYPE_CHECKING

from flowkit.flows import Flows
from flowkit.scope import Scope

if TYPE_CHECKING:
    from flowkit.widgets.picker import ScopePicker
    from flowkit.widgets.workbench import Workbench


def scope_picker(flows: Flows, *, scope: Scope | str | None = None) -> "ScopePicker":
    """Show a widget that narrows flows by clicking and typing.

    Parameters
    ----------
    flows
        What to choose from.
    scope
        What is picked to begin with: a `Scope`, or its text, as `code` has it.

    Returns
    -------
    ScopePicker
        `flows`, `scope` and `code`: the narrowed flows, their scope, and the line that makes them.

    Raises
    ------
    ScopeError, MissingFieldError
        If *scope* is not understood, or cannot hold in these flows.
    """
    from flowkit.widgets.picker import ScopePicker

    return ScopePicker(flows, scope=scope)


def workbench(flows: Flows, *, scope: Scope | str | None = None, view: str | None = None) -> "Workbench":
    """Show the workbench: pick and brush, see the same scope in every view, take the line of code with you.

    Parameters
    ----------
    flows
        What to choose from.
    scope
        What is picked to begin with: a `Scope`, or its text, as `code` has it. By default what was picked last of
        flows that were loaded like these, while the kernel lives; ``Scope()`` picks nothing.
    view
        The view to open, by default the first.

    Returns
    -------
    Workbench
        `flows`, `scope`, `code` and `view`; its ``snapshot()`` puts what it shows into the notebook for good.

    Raises
    ------
    ScopeError, MissingFieldError
        If *scope* is not understood, or cannot hold in these flows, or there is no such view.
    """
    from flowkit.widgets.workbench import Workbench

    return Workbench(flows, scope=scope, view=view)
