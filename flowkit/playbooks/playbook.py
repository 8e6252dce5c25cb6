"""What a playbook is, and the playbooks there are."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from flowkit.errors import ScopeError
from flowkit.flows import Flows
from flowkit.inventory.text import brief
from flowkit.playbooks.report import Report


@dataclass(frozen=True)
class Parameter:
    """Something to be said when a playbook is run.

    Attributes
    ----------
    name
        As it is called in `run`, and on the command line.
    meaning
        A sentence.
    default
        What it is when nothing is said; a parameter without one must be named.
    kind
        What its text becomes on the command line: ``str`` or ``int``.
    """

    name: str
    meaning: str
    default: Any = None
    required: bool = False
    kind: type = str


@dataclass(frozen=True)
class Playbook:
    """A canned investigation.

    Attributes
    ----------
    name, title, question
        As it is called, as a heading, and what it answers.
    parameters
        What it takes beside flows.
    run
        Takes flows and the parameters, returns a report.
    """

    name: str
    title: str
    question: str
    parameters: tuple[Parameter, ...]
    run: Callable[..., Report]


_REGISTERED: Final[dict[str, Playbook]] = {}


def register(playbook: Playbook) -> Playbook:
    """Add a playbook; one of the same name is replaced. Its new kinds of finding begin with its name."""
    _REGISTERED[playbook.name] = playbook
    return playbook


def names() -> list[str]:
    """Return the names of the playbooks there are."""
    return sorted(_REGISTERED)


def get(name: str) -> Playbook:
    """Return a playbook.

    Raises
    ------
    ScopeError
        If none is called so.
    """
    if name in _REGISTERED:
        return _REGISTERED[name]
    near = get_close_matches(name, names(), n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise ScopeError(f"no playbook is called {brief(name)}.{hint} There are: {', '.join(names())}.")


def run(name: str, flows: Flows, **parameters: Any) -> Report:  # noqa: ANN401 - the playbook's own
    """Run a playbook on flows.

    Parameters
    ----------
    name
        Such as ``connectivity``; `names` lists them.
    flows
        Records already scoped; with ``start=`` and ``end=`` they are narrowed further.
    parameters
        The playbook's own.

    Returns
    -------
    Report
        It displays itself in a notebook.

    Raises
    ------
    ScopeError
        If there is no such playbook, or a parameter is missing, unknown or cannot be.
    StoppedError
        If it was stopped.

    Examples
    --------
    >>> import flowkit as fk
    >>> flows = fk.load("sample")
    >>> fk.playbooks.run("connectivity", flows, source="10.0.1.10", destination="10.0.2.20", port=5432).verdict
    'intermittent'
    """
    playbook = get(name)
    known = {one.name for one in playbook.parameters}
    for given in parameters:
        if given not in known | {"start", "end"}:
            near = get_close_matches(given, sorted(known), n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise ScopeError(f"{name} takes no {brief(given)}.{hint} It takes: {', '.join(sorted(known))}, start, end.")
    missing = [one.name for one in playbook.parameters if one.required and parameters.get(one.name) in (None, "")]
    if missing:
        raise ScopeError(f"{name} needs {' and '.join(missing)}: {playbook.question}")
    window = {key: parameters.pop(key) for key in ("start", "end") if parameters.get(key) is not None}
    return playbook.run(
        flows.narrow(**window) if window else flows, **{k: v for k, v in parameters.items() if k in known}
    )
