"""One run of a hunt: its steps in order, with progress, and the report of what they make suspect."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from flowkit.playbooks.finding import Step
from flowkit.playbooks.hunting.hunt import Hunt
from flowkit.playbooks.hunting.ranking import Suspicion, report
from flowkit.playbooks.report import Report
from flowkit.progress import shown

Taken: TypeAlias = Mapping[str, Step]
"""The steps that were taken, by name."""
_Case = TypeVar("_Case", bound=Hunt)


def take(
    case: _Case,
    name: str,
    steps: Sequence[Callable[[_Case], Step]],
    suspicions: Callable[[_Case, Taken], Iterable[Suspicion]],
    *,
    parameters: Mapping[str, Any] | None = None,
    blind: str = "",
) -> Report:
    """Take the steps of the playbook *name* and rank what they make suspect; see `report`."""
    taken: dict[str, Step] = {}
    with shown(len(steps) + 1, what=f"{name}: {_words(steps[0])}", unit="step") as progress:
        for step, following in zip(steps, [*map(_words, steps[1:]), "the report"], strict=True):
            taken[step.__name__] = step(case)
            progress.step(f"{name}: {following}")
        told = report(
            case, name, suspicions(case, taken), tuple(taken.values()), parameters=parameters or {}, blind=blind
        )
        progress.step()
    return told


def _words(step: Callable[..., Step]) -> str:
    return step.__name__.replace("_", " ")
