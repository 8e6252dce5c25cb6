"""The playbooks, each from its own code: question, parameters, steps, kinds of finding."""

import ast
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from flowkit import playbooks
from flowkit.playbooks import Parameter, Playbook
from flowkit.playbooks.finding import CAUSES
from flowkit.playbooks.playbook import KINDS
from generated.markdown import cell, code, fenced, first_sentence, one_colon, table

__all__ = ["finding_kinds", "pages", "steps"]

_INDEX = """# Playbooks

A playbook takes a question through all its steps and returns a [report](../reference/playbooks.md): a verdict, findings
ranked by what to do first, what speaks for and against each, what the log could not show, and what to run next. flowkit
never runs it.

```python
import flowkit as fk

flows = fk.load("sample", inventory="sample")
report = fk.playbooks.run("exfiltration", flows)
print(report.verdict)
```

In a terminal `flowkit run NAME PATH`, in a notebook `%playbook NAME`. `start=` and `end=` narrow the window, of any of
them. Each step is a function, too, to stop at, change and go on from.
"""


def pages() -> dict[str, str]:
    """Return a page per playbook, and the one that lists them."""
    ours = [playbooks.get(name) for name in playbooks.names() if hasattr(playbooks, name)]
    rows = [(f"[{one.title}]({one.name}.md)", cell(_question(one))) for one in ours]
    index = f"{_INDEX}\n{table(('Playbook', 'Answers'), rows)}\n"
    return {"playbooks/index.md": index} | {f"playbooks/{one.name}.md": _page(one) for one in ours}


def _question(playbook: Playbook) -> str:
    return playbook.question[:1].upper() + playbook.question[1:]


def _page(playbook: Playbook) -> str:
    module = getattr(playbooks, playbook.name)
    parameters = table(("Parameter", "Meaning", "Default"), map(_parameter, playbook.parameters))
    taken = table(("Step", "What it asks"), ((code(one.__name__), cell(_told(one))) for one in steps(module)))
    parts = [
        f"# {playbook.title}\n\n{one_colon(inspect.cleandoc(module.__doc__ or ''))}",
        f"{fenced(_call(playbook), 'python')}\n\n{fenced(_command(playbook), 'sh')}",
        f"## Parameters\n\n{parameters}\n\nBeside these any takes `start` and `end`.",
        f"## Steps\n\n{taken}\n\nEach returns a [step](../reference/playbooks.md) with a table, often a figure.",
        _found(playbook),
    ]
    notebook = f"The [tutorial](../tutorials/{playbook.name}.md) takes its steps one by one on the sample."
    return "\n\n".join((*parts, notebook))


def _parameter(one: Parameter) -> tuple[str, str, str]:
    default = "must be given" if one.required else ("" if one.default is None else code(str(one.default)))
    return code(one.name), cell(one.meaning), default


def _call(playbook: Playbook) -> str:
    given = "".join(f", {one.name}=…" for one in playbook.parameters if one.required)
    return f'report = fk.playbooks.run("{playbook.name}", flows{given})'


def _command(playbook: Playbook) -> str:
    options = "".join(
        f" --{one.name.replace('_', '-')} {one.name.upper()}" for one in playbook.parameters if one.required
    )
    return f"flowkit run {playbook.name} PATH{options} --html report.html"


def _told(step: Callable[..., Any]) -> str:
    return first_sentence(step.__doc__)


def steps(module: ModuleType) -> list[Callable[..., Any]]:
    """Return the steps of a playbook in their order: those it lists, else its public functions that return one."""
    listed = list(getattr(module, "STEPS", ()))
    public = [getattr(module, name) for name in module.__all__]
    others = [one for one in public if inspect.isfunction(one) and _returns_step(one) and one not in listed]
    return listed + sorted(others, key=lambda one: (one.__module__ == module.__name__, one.__name__))


def _returns_step(function: Callable[..., Any]) -> bool:
    returned = function.__annotations__.get("return")
    return getattr(returned, "__name__", returned) == "Step"


def finding_kinds(name: str) -> list[str]:
    """Return the kinds of finding that a playbook's modules name, its steps aside: they read what detectors told."""
    folder = Path(inspect.getfile(getattr(playbooks, name))).parent
    modules = [path for path in sorted(folder.glob("*.py")) if path.stem != "steps"]
    return sorted({text for path in modules for text in _texts(path) if text in KINDS})


def _texts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _found(playbook: Playbook) -> str:
    if playbook.name == "connectivity":
        causes = table(("Cause", "In words"), ((code(name), cell(words)) for name, words in CAUSES.items()))
        return f"## Causes\n\n{causes}\n\nHow a pattern among failures is found: [methods](../methods/connectivity.md)."
    kinds = ", ".join(code(kind) for kind in finding_kinds(playbook.name))
    return f"## Kinds of finding\n\n{kinds}\n\nWhat severity and score mean: [methods](../methods/scores.md)."
