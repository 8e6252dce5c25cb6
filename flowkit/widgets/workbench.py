"""The workbench: the scope picker above views that all show the same scope."""

from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter
from typing import Any, Final

import ipywidgets as ipw
import traitlets

from flowkit.errors import FlowkitError, ScopeError, StoppedError
from flowkit.flows import Flows
from flowkit.scope import Scope
from flowkit.showing import put
from flowkit.widgets.answer import AnswerBox
from flowkit.widgets.panel import Answer, Chosen, Control, Panel, Pick, registered
from flowkit.widgets.parts import Alert, text
from flowkit.widgets.picker import ScopePicker
from flowkit.widgets.running import Question, Runner

_VIEW: Final = "view"
_LAST: Final[dict[tuple[str, Scope], Scope]] = {}
"""What was picked last of flows that were loaded so, while the kernel lives: a cell that is run again goes on there."""
_MOST_KEPT: Final = 12
"""Answers: undo, redo and another view ask nothing again."""


class Workbench(ipw.VBox):  # type: ignore[misc] # it carries no types
    """Narrows flows by picking and brushing, and shows them.

    Parameters
    ----------
    flows
        Where to begin.
    scope
        What to pick at once: a `Scope`, or the text of one, as `code` and ``repr(scope)`` have it. By default what
        was picked last of these flows in this kernel; ``Scope()`` picks nothing.
    view
        The name of the view to open.
    runner
        Who works the answers out; by default one of its own.

    Attributes
    ----------
    flows, scope, code
        The narrowed flows, their scope, and the line that reproduces them.
    view
        The name of the view that is open. Only that one computes.
    panels
        The views by name, as they were registered when this was made.
    """

    view = traitlets.Unicode()

    def __init__(
        self, flows: Flows, *, scope: Scope | str | None = None, view: str | None = None, runner: Runner | None = None
    ) -> None:
        self.panels = registered()
        self._runner = runner or Runner()
        self._key = (flows.origin.code, flows.scope) if flows.origin.store else None  # tables are all loaded alike
        self._settings: dict[str, dict[str, ipw.Widget]] = {}
        self._shown: Sequence[Answer] = ()
        self._kept: dict[tuple[str, Scope, tuple[tuple[str, str], ...]], Sequence[Answer]] = {}
        self.picker = ScopePicker(
            flows, scope=scope if scope is not None or self._key is None else _LAST.get(self._key), runner=self._runner
        )
        self._views = ipw.ToggleButtons(options=list(self.panels), description="View", tooltip="What to show")
        self._views.style.button_width = "auto"
        self._controls = ipw.HBox(layout=ipw.Layout(flex_flow="row wrap"))
        self.status = ipw.HTML()
        self.cancel = ipw.Button(description="Cancel", icon="stop", tooltip="Stop this question")
        self.alert = Alert()
        self._body = ipw.VBox([AnswerBox(self._meant)])  # so that the page fetches plotly.js while the kernel works
        working = ipw.HBox([self.status, self.cancel], layout=ipw.Layout(align_items="center", min_height="34px"))
        super().__init__([self.picker, self._views, self._controls, working, self.alert, self._body])
        self.add_class("flowkit-workbench")
        self.cancel.on_click(lambda _button: self._runner.stop(_VIEW))
        self.picker.observe(lambda _change: self._renew(), "flows")
        self._views.observe(lambda change: setattr(self, "view", change["new"]), "value")
        self.view = view or next(iter(self.panels))

    @property
    def flows(self) -> Flows:
        """The flows in scope."""
        return self.picker.flows

    @property
    def scope(self) -> Scope:
        """The scope that all views show."""
        return self.picker.scope

    @property
    def code(self) -> str:
        """The line of Python that reproduces the scope from the flows given."""
        return self.picker.code

    @property
    def answers(self) -> Sequence[Answer]:
        """What the open view shows: its figures and tables."""
        return self._shown

    @property
    def boxes(self) -> Sequence[AnswerBox]:
        """The places of the answers, of which those that are shown come first."""
        return self._body.children  # type: ignore[no-any-return] # it carries no types

    def wait(self, timeout: float = 60) -> bool:
        """Wait until all that was asked is answered; return whether it is."""
        return self._runner.wait(timeout)

    def snapshot(self, *names: str, static: bool = True) -> None:
        """Put scope, code, figures and tables into the notebook as ordinary output, which stays without a kernel.

        Parameters
        ----------
        names
            Of the views; by default the open one.
        static
            Whether to add static pictures, as in `flowkit.show`.

        Raises
        ------
        ScopeError
            If there is no view of that name.
        FlowkitError
            If one of them cannot be answered, with the reason.
        """
        panels = map(self._panel, names or (self.view,))
        answers = [answer for panel in panels for answer in self._answered(panel, self.flows, self.chosen(panel.name))]
        items = [(answer.title, answer.figure, answer.frame) for answer in answers]
        put(items, scope=self.scope, code=self.code, static=static)

    def chosen(self, name: str | None = None) -> Chosen:
        """Return what stands in the controls of a view, by default of the open one."""
        return {control: widget.value for control, widget in self._widgets(self._panel(name or self.view)).items()}

    def choose(self, **chosen: str) -> None:
        """Set controls of the open view."""
        widgets = self._widgets(self._panel(self.view))
        for name, value in chosen.items():
            widgets[name].value = value

    @traitlets.validate("view")
    def _known_view(self, proposal: dict[str, Any]) -> str:
        return self._panel(proposal["value"]).name

    @traitlets.observe("view")
    def _open(self, _change: object) -> None:
        self._views.value = self.view
        widgets = self._widgets(self._panel(self.view))
        self._controls.children = list(widgets.values())
        self._renew()

    def _panel(self, name: str) -> Panel:
        if name not in self.panels:
            raise ScopeError(f"there is no view {name!r}. The views are: {', '.join(self.panels)}.")
        return self.panels[name]

    def _widgets(self, panel: Panel) -> dict[str, ipw.Widget]:
        if panel.name not in self._settings:
            made = {
                control.name: control.made(self.picker, self._ask) if control.made else _widget(control, self.flows)
                for control in panel.controls
            }
            for widget in made.values():
                widget.observe(lambda _change: self._renew(), "value")
            self._settings[panel.name] = made
        return self._settings[panel.name]

    def _renew(self) -> None:
        """Ask the open view about the flows in scope; a question still running is overtaken."""
        if self._key is not None:
            _LAST[self._key] = self.picker.picked
        panel, begun = self._panel(self.view), perf_counter()
        work = partial(self._answered, panel, self.flows, self.chosen())
        self._ask(work, lambda answers: self._show(answers, panel.name, begun))

    def _ask(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Have something worked out as the question of the open view."""
        name = self.view
        self._say(f"{name}: working…", working=True)
        self._body.add_class("flowkit-old")
        failed, saying = partial(self._failed, name), lambda words: self._say(f"{name}: {words}…", working=True)
        self._runner.ask(Question(_VIEW, work, done, failed, saying, urgent=True))

    def _answered(self, panel: Panel, flows: Flows, chosen: Chosen) -> Sequence[Answer]:
        """Return the answers of a panel, those of late without asking again."""
        key = (panel.name, flows.scope, tuple(sorted(chosen.items())))
        answers = self._kept.pop(key, None) or panel.ask(flows, chosen)
        self._kept[key] = answers
        while len(self._kept) > _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        return answers

    def _show(self, answers: Sequence[Answer], name: str, begun: float) -> None:
        boxes = list(self._body.children)
        boxes += [AnswerBox(self._meant) for _ in answers[len(boxes) :]]
        for box, answer in zip(boxes, answers, strict=False):
            box.show(answer)
        for box in boxes[len(answers) :]:
            box.clear()
        if len(boxes) > len(self._body.children):
            self._body.children = boxes
        self._shown = answers
        self._body.remove_class("flowkit-old")
        self._say(f"{name}: {perf_counter() - begun:.2f} s")

    def _failed(self, name: str, error: Exception) -> None:
        """Say what went wrong, and show nothing: an older answer would pass for one of this scope."""
        self._shown = ()
        for box in self._body.children:
            box.clear()
        words = "You stopped it" if isinstance(error, StoppedError) else "It could not be shown"
        self._say(f"{name}: not shown")
        self.alert.say(f"{name}: {words}: {_reason(error)}")

    def _meant(self, work: Callable[[], Pick]) -> None:
        """Do what a click means; what it cannot mean is said in words."""
        try:
            pick = work()
            if isinstance(pick, Scope):
                self.picker.narrow(pick)
            elif pick:
                self.choose(**pick)
        except Exception as error:  # noqa: BLE001 - whatever it is, the user is told
            self.alert.say(f"That click did nothing: {_reason(error)}")

    def _say(self, words: str, *, working: bool = False) -> None:
        self.alert.say("")
        self.status.value = f'<span role="status">{text(words)}</span>'
        self.cancel.layout.visibility = "visible" if working else "hidden"


def _reason(error: Exception) -> str:
    if isinstance(error, FlowkitError):
        return str(error)
    return f"{type(error).__name__}: {error}. This is a fault of flowkit; the scope stands, and other views still work."


def _widget(control: Control, flows: Flows) -> ipw.Widget:
    look = {"description": control.label, "style": {"description_width": "auto"}}
    if control.options is None:
        return ipw.Text(continuous_update=False, placeholder=control.hint, **look)
    return ipw.Dropdown(options=list(control.options(flows)), layout=ipw.Layout(width="auto"), **look)
