"""The training notebooks: one for each scenario, as they are generated, and they run with nothing answered yet."""

import json
import os
from pathlib import Path

import pytest

from flowkit.training.lessons import scenario, scenarios
from flowkit.training.lessons.notebooks import notebook

FOLDER = Path(__file__).parents[2] / "notebooks" / "training"
RUN = scenarios().names if os.environ.get("FLOWKIT_SOAK") else ("spinning_wheel",)


@pytest.mark.parametrize("outline", scenarios(), ids=lambda outline: outline.name)
def test_a_notebook_is_as_generated_and_without_output(outline):
    text = (FOLDER / f"{outline.name}.ipynb").read_text(encoding="utf-8")
    assert text == notebook(outline)
    cells = json.loads(text)["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert code[0]["metadata"]["tags"] == ["parameters"]
    assert len({cell["id"] for cell in cells}) == len(cells)


def test_there_is_a_notebook_for_each_scenario_and_none_besides():
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == set(scenarios().names)


@pytest.mark.slow
@pytest.mark.parametrize("name", RUN)
def test_a_notebook_runs_with_nothing_answered(name, tmp_path):
    import papermill

    parameters = {"seed": 2, "level": "easy", "end": "2026-03-10T18:00Z"}
    done = papermill.execute_notebook(
        FOLDER / f"{name}.ipynb", tmp_path / "done.ipynb", parameters=parameters, progress_bar=False, cwd=tmp_path
    )
    outputs = [output for cell in done.cells for output in cell.get("outputs", ())]
    assert not any(output.get("name") == "stderr" for output in outputs)
    texts = [output["data"].get("text/plain", "") for output in outputs if "data" in output]
    asked = scenario(name, **parameters)
    assert asked.story in "\n".join(texts)
    assert sum(text.count("not answered yet") for text in texts) == 2 * len(asked.steps)
    assert texts[-1].endswith(f"0 of {asked.points} points.")
