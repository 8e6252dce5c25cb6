"""The training scenarios there are."""

from flowkit import training
from generated.markdown import cell, code, table

__all__ = ["pages"]

_HEAD = """# Training

Each scenario is a small network whose traffic passes real rules and ends up in real flow logs: with a question, graded
steps, hints and an answer key. Data and answers differ for each seed, and each can be had easy, normal or hard.

```sh
flowkit train                              # list them
flowkit train no_peak --out exercise     # write one to work on
flowkit new training-no_peak             # its notebook
```
"""


def pages() -> dict[str, str]:
    """Return the page."""
    rows = [(code(one.name), cell(one.title), str(one.minutes), cell(one.practises)) for one in training.scenarios()]
    return {"tutorials/training.md": f"{_HEAD}\n{table(('Scenario', 'Title', 'Minutes', 'Practises'), rows)}\n"}
