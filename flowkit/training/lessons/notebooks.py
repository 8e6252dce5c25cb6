"""The training notebooks, one for each scenario and all alike: the question first, then the data, then the checks.

Make them anew with ``python -m flowkit.training.lessons.notebooks FOLDER``.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from flowkit.training.lessons import Outline, scenario, scenarios

Cell = dict[str, Any]
_FIRST_LOOKS: Final = {
    "connectivity": (
        ("What was rejected, by ends and ports?", "fk.analysis.rejected_tuples(flows).head(10)"),
        ("Whose interface was watched, and when?", "fk.show(fk.analysis.coverage(flows), static=False)"),
    ),
    "exfiltration": (
        ("Who sends how much to the outside?", "fk.analysis.egress_volume(flows).head(10)"),
        ("What does the day look like?", "fk.show(fk.analysis.traffic_timeline(flows), static=False)"),
    ),
    "intrusion": (
        ("Who opens connections to whom?", "fk.analysis.conversations(flows).head(10)"),
        ("What was rejected over the day?", "fk.show(fk.analysis.reject_timeline(flows), static=False)"),
    ),
    "flood": (
        ("What does the day look like?", "fk.show(fk.analysis.traffic_timeline(flows), static=False)"),
        ("Who talks most?", "fk.analysis.top_talkers(flows).head(10)"),
    ),
}
"""What a notebook shows to begin with, by the playbook that answers it; the rest is the learner's."""


def notebook(outline: Outline) -> str:
    """Return the notebook of a scenario as JSON text, without any output."""
    cells = list(_cells(outline))
    for number, cell in enumerate(cells):
        cell["id"] = f"{outline.name.replace('_', '-')}-{number:02}"
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    told = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def write(folder: Path) -> None:
    """Write the notebook of each scenario into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for outline in scenarios():
        (folder / f"{outline.name}.ipynb").write_text(notebook(outline), encoding="utf-8")


def _cells(outline: Outline) -> Iterator[Cell]:
    lesson = scenario(outline.name, end="2026-03-10T18:00Z")
    yield _text(
        f"# {outline.title}",
        "",
        f"Training, some {outline.minutes} minutes. It practises: {outline.practises}. The data is generated, of "
        "today, and different for each seed; the answers are checked below.",
    )
    yield _code(
        "seed = 1  # your instructor's number: it decides hosts, addresses, times and amounts",
        'level = "normal"  # "easy", "normal" or "hard"',
        'end = None  # when the log ends, such as "2026-03-10T18:00Z"; None: now',
        tags=["parameters"],
    )
    yield _text("## The question")
    yield _code(
        "%load_ext flowkit",
        "from pathlib import Path",
        "from tempfile import mkdtemp",
        "",
        "import flowkit as fk",
        "from flowkit.training.lessons import scenario",
        "",
        f'lesson = scenario("{outline.name}", seed=seed, level=level, end=end)',
        "lesson",
    )
    yield _text("## The data", "", "Twelve hours of flow logs and a snapshot of the network, written to a new folder.")
    yield _code(
        "folder = Path(mkdtemp())",
        "written = lesson.write(folder)",
        "flows = fk.load(written.logs, inventory=written.snapshot)",
        "flows",
    )
    yield _text(
        "## Your investigation", "", "Two looks to begin with. Add cells as you need them; `fk.workbench(flows)` works."
    )
    for question, line in _FIRST_LOOKS[lesson.plot.playbook]:
        yield _text(f"**{question}**")
        yield _code(line)
    yield _code("# your own look: flows.narrow(...), fk.analysis.NAME(flows), fk.playbooks.run(NAME, flows)")
    yield _text(
        "## Your answers",
        "",
        "Put an answer in place of `None` and run the cell: it is marked, and says how to see it in the data. "
        "`lesson.hint(STEP, 1)` to `lesson.hint(STEP, 3)` help, each a bit more.",
    )
    yield _code("answers = {}")
    for step in lesson.steps:
        yield _code(f'answers["{step.name}"] = None', f'lesson.check("{step.name}", answers["{step.name}"])')
    yield _text("## All in all")
    yield _code("lesson.check(answers)")


def _text(*lines: str) -> Cell:
    return {"cell_type": "markdown", "id": "", "metadata": {}, "source": _source(lines)}


def _code(*lines: str, tags: list[str] | None = None) -> Cell:
    metadata = {"tags": tags} if tags else {}
    empty: Cell = {"execution_count": None, "outputs": []}
    return {"cell_type": "code", "id": "", "metadata": metadata, "source": _source(lines), **empty}


def _source(lines: tuple[str, ...]) -> list[str]:
    return [*(f"{line}\n" for line in lines[:-1]), *lines[-1:]]


if __name__ == "__main__":
    write(Path(sys.argv[1]))
