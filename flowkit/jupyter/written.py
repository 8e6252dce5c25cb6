"""A notebook for a playbook that brings none."""

from typing import Any

from flowkit.inventory.text import shown
from flowkit.playbooks import Playbook

_LOAD = """%load_ext flowkit
import flowkit as fk

flows = fk.load(source, inventory=inventory).narrow(start=start, end=end)
flows"""


def for_playbook(playbook: Playbook) -> dict[str, Any]:
    """Return a notebook that loads flows, runs a playbook on them, and names its parameters in a tagged cell."""
    own = [one for one in playbook.parameters if one.name not in ("start", "end")]
    lines = ['source, inventory = "sample", None  # logs, and the answers of `aws ec2 describe-...`, or None']
    lines += ['start, end = None, None  # such as "2026-03-10T09:00Z"; None: all that is loaded']
    lines += [f"{_variable(one.name)} = {one.default!r}  # {shown(one.meaning)}" for one in own]
    given = "".join(f", {one.name}={_variable(one.name)}" for one in own)
    return {
        "cells": [
            _cell("question", "markdown", f"# {shown(playbook.question)}\n\nThe playbook *{shown(playbook.title)}*."),
            _cell("parameters", "code", "\n".join(lines), tags=["parameters"]),
            _cell("flows", "code", _LOAD),
            _cell("report", "code", f"report = fk.playbooks.run({playbook.name!r}, flows{given})\nreport"),
            _cell("findings", "code", "report.to_frame()"),
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _variable(name: str) -> str:
    """Return the notebook's variable of a parameter: `source` and `inventory` are those of the logs."""
    return f"{name}_host" if name in ("source", "inventory") else name


def _cell(name: str, kind: str, source: str, **metadata: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    made = {"cell_type": kind, "id": name, "metadata": metadata, "source": source}
    return made | ({"execution_count": None, "outputs": []} if kind == "code" else {})
