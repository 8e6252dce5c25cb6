"""What a playbook is, and the playbooks there are: flowkit's own and those of other packages.

A package adds one through the entry-point group ``flowkit.playbooks``: its name there is the playbook's, and what it
points to is a `Playbook`. ``tests/plugins/example`` is such a package.
"""

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from flowkit.errors import FlowkitError, ScopeError
from flowkit.flows import Flows
from flowkit.inventory.text import brief
from flowkit.playbooks.report import Report

GROUP: Final = "flowkit.playbooks"
KINDS: Final = frozenset(
    (
        "upload", "slow_upload", "beacon", "long_session", "new_destination", "tunnel", "listed_address", "port_scan",
        "sweep", "brute_force", "access_after_attempts", "lateral_movement", "flood", "blocked_beacon", "unlogged",
        "gap", "segmentation", "cleartext", "unencrypted", "exposed_admin", "direct_egress", "staging",
        "background_noise", "transfer_cost", "connectivity",
    )
)  # fmt: skip
"""The kinds of finding that every playbook may use; a further one begins with the name of its playbook."""


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
    """Return the names of the playbooks there are, those of other packages among them."""
    return sorted({*_REGISTERED, *_installed()[0]})


def unusable() -> tuple[str, ...]:
    """Return which playbooks of other packages cannot be used, and why, a sentence each."""
    return tuple(_installed()[1].values())


def get(name: str) -> Playbook:
    """Return a playbook.

    Raises
    ------
    ScopeError
        If none is called so.
    """
    if name in _REGISTERED:
        return _REGISTERED[name]
    installed, broken = _installed()
    if name in installed:
        return installed[name]
    if name in broken:
        raise ScopeError(broken[name])
    near = get_close_matches(name, names(), n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise ScopeError(f"no playbook is called {brief(name)}.{hint} There are: {', '.join(names())}.")


@cache
def _installed() -> tuple[dict[str, Playbook], dict[str, str]]:
    """Return the playbooks of other packages, and why some cannot be used, by name; each of the latter warns once."""
    found: dict[str, Playbook] = {}
    broken: dict[str, str] = {}
    for point in entry_points(group=GROUP):
        try:
            found[point.name] = _loaded(point, taken={*_REGISTERED, *found})
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever another's module does when it is imported
            package = point.dist.name if point.dist else point.value
            told = f"the playbook {brief(point.name)} of {brief(package)} cannot be used"
            why = brief(f"{type(error).__name__}: {error}")
            message = f"{told} ({why}). Mend or remove that package; the other playbooks work."
            broken.setdefault(point.name, message)
            warnings.warn(message, stacklevel=2)
    return found, broken


def _loaded(point: EntryPoint, taken: set[str]) -> Playbook:
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", point.name):
        raise ValueError("its name may have small letters, digits, - and _ only")
    if point.name in taken:
        raise ValueError("flowkit or another package has one of that name")
    playbook = point.load()
    if not isinstance(playbook, Playbook):
        raise TypeError(f"{point.value} is no flowkit.playbooks.Playbook")
    if playbook.name != point.name:
        raise ValueError(f"it calls itself {playbook.name}")
    return playbook


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
        It displays itself in a notebook. On flows of a case, what was asked and found is entered in its journal.

    Raises
    ------
    ScopeError
        If there is no such playbook, or a parameter is missing, unknown or cannot be.
    FlowkitError
        If a playbook of another package fails, or a finding is of a kind that is neither known nor its own.
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
    asked = dict(parameters)
    window = {key: parameters.pop(key) for key in ("start", "end") if parameters.get(key) is not None}
    flows = flows.narrow(**window) if window else flows
    report = _report(playbook, flows.at_hand, parameters)
    report = replace(report, ledger=flows.ledger)
    if flows.origin.record:
        flows.origin.record(name, asked, report)
    return report


def _report(playbook: Playbook, flows: Flows, given: dict[str, Any]) -> Report:
    """Run a playbook, and hold what another's returns to what a report may be."""
    try:
        report = playbook.run(flows, **given)
    except FlowkitError:
        raise
    except Exception as error:
        if playbook.name in _REGISTERED:
            raise
        why = brief(f"{type(error).__name__}: {error}")
        raise FlowkitError(f"the playbook {playbook.name} failed ({why}). Tell whoever wrote it.") from error
    if not isinstance(report, Report):
        raise FlowkitError(f"the playbook {playbook.name} returned no report. Tell whoever wrote it.")
    own = (f"{playbook.name}_", f"{playbook.name.replace('-', '_')}_")
    for kind in (finding.kind for finding in report.findings):
        if kind not in KINDS and not kind.startswith(own):
            raise FlowkitError(
                f"the playbook {playbook.name} reports {brief(kind)}, which is no known kind of finding. "
                f"Call it {own[1]}{brief(kind)}."
            )
    return report
