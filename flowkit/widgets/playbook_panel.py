"""The playbooks view of the workbench: a form that runs one when asked to, and its report."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any, Final

import ipywidgets
import traitlets

from flowkit import playbooks
from flowkit.errors import ScopeError
from flowkit.fields import PROTOCOLS
from flowkit.flows import Flows
from flowkit.inventory.text import brief
from flowkit.progress import shown
from flowkit.scope import KEYS, Scope
from flowkit.scope_code import parts
from flowkit.widgets.panel import Answer, Chosen, Control, Offer, Panel, Work
from flowkit.widgets.parts import cut, row, text
from flowkit.widgets.picker import ScopePicker

_EMPTY: Final = "Choose a playbook, say who and where, and press Run."
_MOST_OFFERED: Final = 3
"""Findings with a button above the report; the others are narrowed to from the table."""
_LABEL: Final = {"description_width": "112px"}
_NAMES: Final = {number: name for name, number in PROTOCOLS.items()}


@dataclass(frozen=True, eq=False)
class Told:
    """A report, the scope it was asked in, and how long it took (s)."""

    report: playbooks.Report
    scope: Scope
    seconds: float


class PlaybookForm(ipywidgets.VBox):  # type: ignore[misc] # it carries no types
    """Chooses a playbook, fills its parameters from the scope, and runs it when asked to.

    What was typed stays, whatever the scope; what was filled in follows it.

    Parameters
    ----------
    picker
        Whose flows it runs on.
    work
        Works the report out beside the user's hand.

    Attributes
    ----------
    value
        The last report as `Told`; None while there is none.
    choice, fields, run, line, unfinished
        The playbook, its parameters by name, the button, the code, and which run was not finished.
    """

    value = traitlets.Instance(Told, allow_none=True)

    def __init__(self, picker: ScopePicker, work: Work) -> None:
        self._picker, self._work = picker, work
        self._made: dict[str, dict[str, ipywidgets.Text]] = {}
        self._filled: dict[ipywidgets.Text, str] = {}
        choices = [(playbooks.get(name).title, name) for name in playbooks.names()]
        self.choice = ipywidgets.Dropdown(
            options=choices, description="Playbook", style=_LABEL, tooltip="What is to be investigated"
        )
        self.run = ipywidgets.Button(
            description="Run", icon="play", button_style="primary", tooltip="Run this playbook on the flows in scope"
        )
        self._question, self.line, self.unfinished = ipywidgets.HTML(), ipywidgets.HTML(), ipywidgets.HTML()
        self._begun = ""
        self._rows = row()
        super().__init__(
            [
                row(self.choice, self._question, align_items="center"),
                self._rows,
                row(self.run),
                self.unfinished,
                self.line,
            ],
            layout={"width": "100%", "overflow": "visible"},
        )
        self.choice.observe(lambda _change: self._open(), "value")
        self.run.on_click(lambda _button: self.start())
        picker.observe(lambda _change: self._follow(), "flows")
        self._open()

    @property
    def fields(self) -> Mapping[str, ipywidgets.Text]:
        """The fields of the chosen playbook, by parameter."""
        name = self.choice.value
        if name not in self._made:
            self._made[name] = {one.name: self._field(one) for one in playbooks.get(name).parameters}
        return self._made[name]

    @property
    def code(self) -> str:
        """The line of Python that gives the same report."""
        said = "".join(f", {name}={value!r}" for name, value in self._said(_as_typed).items())
        return f"fk.playbooks.run({self.choice.value!r}, {self._picker.code}{said})"

    def start(self) -> None:
        """Run the playbook on the flows in scope; no older report stays meanwhile."""
        self.value, self.unfinished.value = None, ""
        self._begun = self.choice.label
        name, flows, said = self.choice.value, self._picker.flows, self._said(lambda _parameter, words: words)
        self._work(partial(_told, name, flows, said), self._tell)

    def _tell(self, told: Told) -> None:
        self._begun = ""
        self.value = told

    def _said(self, read: Callable[[playbooks.Parameter, str], Any]) -> dict[str, Any]:
        """Return what stands in the fields, but for what would be so anyway."""
        typed = {one: self.fields[one.name].value.strip() for one in playbooks.get(self.choice.value).parameters}
        return {one.name: read(one, words) for one, words in typed.items() if words not in ("", _default(one))}

    def _open(self) -> None:
        chosen = playbooks.get(self.choice.value)
        self._question.value = f'<div class="flowkit-offer">{text(chosen.question.capitalize())}</div>'
        self._rows.children = list(self.fields.values())
        self._fill()

    def _field(self, parameter: playbooks.Parameter) -> ipywidgets.Text:
        field = ipywidgets.Text(
            description=parameter.name.replace("_", " ").capitalize(), placeholder=parameter.meaning,
            tooltip=parameter.meaning + (" (needed)" if parameter.required else ""), style=_LABEL,
            layout={"flex": "1 1 440px", "width": "auto"},
        )  # fmt: skip
        self._filled[field] = ""
        field.observe(lambda _change: self._show_code(), "value")
        return field

    def _follow(self) -> None:
        if self._begun:
            words = f"The run of {self._begun} was not finished when the scope changed. Press Run for the scope above."
            self.unfinished.value = f'<p class="flowkit-other-scope" role="note">{text(words)}</p>'
        self._fill()

    def _fill(self) -> None:
        """Fill the fields from the scope, but for those the user has changed."""
        found = filled(self._picker.scope)
        for parameter in playbooks.get(self.choice.value).parameters:
            field = self.fields[parameter.name]
            if field.value == self._filled[field]:
                self._filled[field] = found.get(parameter.name, _default(parameter))
                field.value = self._filled[field]
        self._show_code()

    def _show_code(self) -> None:
        self.line.value = f'<code class="flowkit-line">{text(self.code)}</code>'


def filled(scope: Scope) -> dict[str, str]:
    """Return what a scope says of the parameters of a playbook: where it names one thing, or two ends."""
    every = {key: list(dict.fromkeys(v for part in parts(scope) for v in _values(part, key))) for key in KEYS}
    found = {key: str(values[0]) for key, values in every.items() if len(values) == 1}
    ends = {"source": found.get("srcaddr"), "destination": found.get("dstaddr")}
    others = [address for address in every["address"] if address not in ends.values()]
    if len(others) + sum(map(bool, ends.values())) == len(ends):
        ends = {name: end or others.pop(0) for name, end in ends.items()}
    if "dstport" in found:
        found["port"] = found["dstport"]
    if "protocol" in found:
        found["protocol"] = _NAMES.get(int(found["protocol"]), found["protocol"])
    return found | {name: end for name, end in ends.items() if end}


def _values(scope: Scope, key: str) -> Sequence[Any]:
    value = getattr(scope, key)
    return value if isinstance(value, tuple) else ()  # a window is the scope's own


def _default(parameter: playbooks.Parameter) -> str:
    return "" if parameter.default is None else str(parameter.default)


def _as_typed(parameter: playbooks.Parameter, words: str) -> Any:  # noqa: ANN401 - of the parameter's kind
    """Return what a field says as a value, where it can be one; else as text, which a run refuses."""
    try:
        return parameter.kind(words)
    except ValueError:
        return words


def _told(name: str, flows: Flows, said: Mapping[str, str]) -> Told:
    begun = perf_counter()
    kinds = {one.name: one for one in playbooks.get(name).parameters}
    given = {key: _as_typed(kinds[key], words) for key, words in said.items()}
    for key, value in given.items():
        if not isinstance(value, kinds[key].kind):
            raise ScopeError(f"{key} is a number, not {brief(value)}: {kinds[key].meaning}.")
    with shown(1, what=f"running {name}", unit="step"):
        report = playbooks.run(name, flows, **given)
    return Told(report, flows.scope, perf_counter() - begun)


def _answers(flows: Flows, chosen: Chosen) -> Sequence[Answer]:
    told: Told | None = chosen["told"]
    if told is None:
        return [Answer("Findings", html=f'<p class="flowkit-offer">{text(_EMPTY)}</p>')]
    report = told.report
    scopes = {one.summary: one.scope for one in report.findings}
    frame = report.to_frame()
    frame.attrs = {"analysis": "findings", "caption": f"Findings of {report.title}. Scope: {told.scope}."}
    findings = Answer(
        "Findings", frame=frame, html=_of(told, flows.scope) + report._repr_html_(),
        cells={"summary": lambda finding: scopes.get(finding["summary"])}, offers=_offers(report),
    )  # fmt: skip
    return [findings, *(Answer(step.question, step.figure, step.table) for step in report.steps if step.figure)]


def _offers(report: playbooks.Report) -> tuple[Offer, ...]:
    return tuple(
        Offer(f"{one.severity}: {cut(one.summary)}", "Narrow to this finding", one.scope)
        for one in report.findings[:_MOST_OFFERED]
        if one.scope != Scope()
    )


def _of(told: Told, scope: Scope) -> str:
    """Return which scope a report is of, said loudly where it is not the present one."""
    if told.scope == scope:
        return f'<p class="flowkit-offer">Of the scope above, in {told.seconds:.1f} s.</p>'
    words = f"This report is of the scope: {cut(str(told.scope))}. Press Run for one of the scope above."
    return f'<p class="flowkit-other-scope" role="note">{text(words)}</p>'


PLAYBOOKS: Final = Panel("Playbooks", _answers, (Control("told", "Report", made=PlaybookForm),))
