"""The scope picker: every restriction of a scope as something to click or type, and the code that does the same."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import ipywidgets
import traitlets

from flowkit.errors import FlowkitError
from flowkit.flows import Flows
from flowkit.scope import Scope
from flowkit.scope_code import code, joined, read
from flowkit.widgets.chips import Chips
from flowkit.widgets.counts import Counts, narrowed, without_resources
from flowkit.widgets.history import History
from flowkit.widgets.parts import Alert, Part, Turn, cut, row, text
from flowkit.widgets.resources import Resources
from flowkit.widgets.running import Question, Runner
from flowkit.widgets.terms import CodeLine, Switch, Term
from flowkit.widgets.window import TimeWindow

_BOTH: Final = {"address": ("srcaddr", "dstaddr"), "port": ("srcport", "dstport")}
_SIDES: Final = ("srcaddr", "dstaddr", "srcport", "dstport")
_ACTIONS: Final = {"all": "", "accepted": "ACCEPT", "rejected": "REJECT"}
_DIRECTIONS: Final = {"both": "", "ingress": "ingress", "egress": "egress"}
_STYLE: Final = """<style>
.flowkit-choices select { font-family: var(--jp-code-font-family, monospace); font-size: 12px; overflow-x: auto; }
.flowkit-choices > label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.flowkit-code input { font-family: var(--jp-code-font-family, monospace); font-size: 12px; }
.flowkit-picker .widget-toggle-buttons { flex-flow: row nowrap; width: auto; height: auto; }
</style>"""


class ScopePicker(ipywidgets.VBox):  # type: ignore[misc] # it carries no types
    """Narrows flows by clicking and typing.

    What cannot hold is refused in words below the field concerned, and nothing changes; what the user types again
    is looked at anew. `narrow` and `pick` are what clicks elsewhere call, so they show what is wrong, too, and do
    not raise it.

    Parameters
    ----------
    flows
        What to choose from.
    scope
        What is picked to begin with: a `Scope`, or its code.
    runner
        Who works the counts out; by default one of its own.

    Attributes
    ----------
    flows
        The flows in what is picked; changes once with each pick. ``picker.observe(told, "flows")``.
    lists, window, terms, switches, chips, code_line, buttons
        The controls: of resources, of time (None without times), of what is typed and what is switched by key, of
        what must hold besides, of the code, of history.
    caption, alert
        How many records of how many in what scope; what is wrong with no control in particular.

    Raises
    ------
    ScopeError, MissingFieldError
        If *scope* is not understood, or cannot hold in these flows.
    """

    flows = traitlets.Instance(Flows, read_only=True)

    def __init__(self, flows: Flows, *, scope: Scope | str | None = None, runner: Runner | None = None) -> None:
        first = joined([read(scope) if isinstance(scope, str) else scope or Scope()])
        narrow = narrowed(flows, first)
        self._given, self._narrowed, self._runner = flows, narrow, runner or Runner()
        self._history, self._beginning = History(first), first
        self._resources = Resources(flows)
        self._turn = Turn()
        self._make_parts(set(flows.fields))
        self._make_around()
        super().__init__(self._arranged())
        self.add_class("flowkit-picker")
        self.set_trait("flows", narrow)
        self._show()
        self._ask()

    # What is picked

    @property
    def scope(self) -> Scope:
        """The scope of `flows`: what was given, and what is picked."""
        return self.flows.scope

    @property
    def picked(self) -> Scope:
        """What is picked beyond what was given."""
        return self._history.present

    @property
    def code(self) -> str:
        """The expression that narrows the given flows, called ``flows``, to what is picked."""
        return code(self.picked)

    @property
    def message(self) -> str:
        """What is wrong, as it stands under the fields and under the picker."""
        told = [part.message for part in self._parts]
        return "\n".join(filter(None, (*told, self.alert.words)))

    def narrow(self, scope: Scope) -> None:
        """Pick what lies in *scope*, too."""
        self._attempt(lambda: self._history.to(joined([self.picked, scope])))

    def pick(self, scope: Scope) -> None:
        """Pick *scope* instead of what is picked."""
        self._attempt(lambda: self._history.to(joined([scope])))

    def undo(self) -> None:
        """Take the last step back."""
        self._attempt(self._history.back)

    def redo(self) -> None:
        """Take the step again that was last taken back."""
        self._attempt(self._history.forward)

    def reset(self) -> None:
        """Pick what was picked to begin with."""
        self._attempt(lambda: self._history.to(self._beginning))

    def _attempt(self, step: Any, part: Part | None = None) -> None:  # noqa: ANN401 - a function
        """Take a step in history, or say in words why not: under *part*, whose edit it is, else under the picker."""
        try:
            history = step()
            flows = narrowed(self._given, history.present)
        except FlowkitError as error:
            self._refuse(str(error), part)
        except Exception as error:  # noqa: BLE001 - in a callback, what is not shown is lost
            self._refuse(f"{type(error).__name__}: {error}. Nothing was changed.", part)
        else:
            self._go(history, flows, part)

    def _refuse(self, words: str, part: Part | None) -> None:
        (part or self.alert).say(words)
        if part:
            part.show(self.picked)

    def _go(self, history: History[Scope], flows: Flows, part: Part | None) -> None:
        changed = history.present != self.picked
        self._history, self._narrowed = history, flows
        for control in [part] if part else self._parts:
            control.say("")
        self.alert.say("")
        self._show()
        if changed:
            self._ask()
            self._tell(flows)

    def _tell(self, flows: Flows) -> None:
        try:
            self.set_trait("flows", flows)
        except Exception as error:  # noqa: BLE001 - whoever observes it may fail
            self.alert.say(f"The scope has changed, but what follows it failed: {type(error).__name__}: {error}")

    def _edited(self, part: Part, keys: Mapping[str, Any]) -> None:
        """Take over an edit of the first part of what is picked: what must hold besides stands as chips."""
        own, also = replace(self.picked, also=None), self.picked.also or Scope()
        self._attempt(lambda: self._history.to(joined([replace(own, **keys), also])), part)

    def _pasted(self, part: Part, keys: Mapping[str, Any]) -> None:
        self._attempt(lambda: self._history.to(joined([read(keys["code"])])), part)

    # What is counted

    def _ask(self) -> None:
        if self._resources.know(self.picked):
            self._show_counts()
            return
        self.caption.value = self._captioned("counting …")
        ask = self._resources.question(self.picked)
        self._runner.ask(Question("counts", ask, self._counted, self._not_counted, self._saying))

    def _counted(self, counts: Counts) -> None:
        with self._turn.filling():  # from another thread, perhaps
            if counts.scope == without_resources(self.picked):  # else it has changed, and others are on their way
                self._resources.counts = counts
                self._show_counts()

    def _show_counts(self) -> None:
        for part in self.lists:
            part.show(self.picked)
        counts = self._resources.counts
        words = f"{counts.records(self.picked):,} of {counts.total or 0:,} records"
        self.caption.value = self._captioned(words)

    def _not_counted(self, error: Exception) -> None:
        said = str(error) if isinstance(error, FlowkitError) else f"{type(error).__name__}: {error}"
        self.caption.value = self._captioned("not counted")
        self.alert.say(f"The records were not counted: {said}")

    def _saying(self, words: str) -> None:
        self.caption.value = self._captioned(f"{words} …")

    # What is shown

    def _show(self) -> None:
        with self._turn.filling():
            for part in self._parts:
                part.show(self.picked)
            idle = {"undo": not self._history.past, "redo": not self._history.future}
            for name, disabled in (idle | {"reset": self.picked == self._beginning}).items():
                self.buttons[name].disabled = disabled
            self.chips.show(self.picked)

    def _captioned(self, words: str) -> str:
        scope = text(cut(str(self._narrowed.scope)))
        return (
            '<div role="status" style="line-height:1.4;overflow-wrap:anywhere">'
            f"<strong>{text(words)}</strong> · {scope}</div>"
        )

    # What it is made of

    def _make_parts(self, has: set[str]) -> None:
        turn, edit = self._turn, self._edited
        self.lists = self._resources.lists(turn, edit)
        span = self._given.span
        self.window = TimeWindow(*span, turn, edit) if span else None
        keys = ("protocol", "port", "address", *_SIDES)
        self.terms = {key: Term(key, turn, edit) for key in keys if set(_BOTH.get(key, (key,))) <= has}
        directed = "flow_direction" in has or {"interface_id", "srcaddr", "dstaddr"} <= has
        shown = {"action": (_ACTIONS, "action" in has), "direction": (_DIRECTIONS, directed)}
        self.switches = {key: Switch(key, values, turn, edit) for key, (values, here) in shown.items() if here}
        window = [self.window] if self.window else []
        self.code_line = CodeLine(turn, self._pasted)
        controls = (*self.switches.values(), *self.terms.values(), self.code_line)
        self._parts: list[Part] = [*self.lists, *window, *controls]

    def _make_around(self) -> None:
        tips = {"undo": "take the last step back", "redo": "take it again", "reset": "pick as to begin with"}
        self.buttons = {
            name: ipywidgets.Button(description=name, tooltip=tip, layout={"width": "auto"})
            for name, tip in tips.items()
        }
        for name, press in (("undo", self.undo), ("redo", self.redo), ("reset", self.reset)):
            self.buttons[name].on_click(lambda _button, press=press: press())
        self.caption = ipywidgets.HTML(layout={"flex": "1 1 260px", "min_width": "200px"})
        self.chips = Chips(lambda left: self._attempt(lambda: self._history.to(left)))
        self.alert = Alert()

    def _arranged(self) -> list[ipywidgets.Widget]:
        sides = [term for key, term in self.terms.items() if key in _SIDES]
        here = [term for key, term in self.terms.items() if key not in _SIDES]
        further = ipywidgets.Accordion([row(*sides)], titles=("source and destination",), layout={"width": "auto"})
        return [
            ipywidgets.HTML(_STYLE, layout={"display": "none"}),
            row(*self.buttons.values(), self.caption, align_items="center"),
            self.chips,
            *([row(*self.lists)] if self.lists else []),
            *([self.window] if self.window else []),
            row(*self.switches.values()),
            row(*here),
            *([further] if sides else []),
            self.alert,
            self.code_line,
        ]
