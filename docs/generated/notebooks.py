"""The notebooks as tutorials: their prose and their code, with what a run of them showed where that is kept."""

import json
import re
from pathlib import Path
from typing import Any

from generated import shown
from generated.markdown import fenced

__all__ = ["pages", "paths"]

_ROOT = Path(__file__).parents[2]
_ORDER = (
    "notebooks/tour", "notebooks/workbench", "notebooks/meaning", "playbooks/connectivity", "playbooks/exfiltration",
    "playbooks/intrusion", "playbooks/flood", "playbooks/compliance", "playbooks/cost", "notebooks/from-aws",
    "notebooks/sharing", "notebooks/investigation",
)  # fmt: skip
_LANGUAGES = {"%%flowsql": "sql", "%%insights": "text", "%%bash": "sh", "!": "sh"}


def pages() -> dict[str, str]:
    """Return a page per notebook; one that is not there has none."""
    return {f"tutorials/{path.stem}.md": _page(path) for path in paths()}


def paths() -> list[Path]:
    """Return the notebooks in the order in which they are told."""
    return [path for name in _ORDER if (path := _ROOT / f"{name}.ipynb").is_file()]


def _page(path: Path) -> str:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    kept = shown.read(path.stem)
    head, *rest = [part for cell in cells for part in _parts(cell, kept)]
    return "\n\n".join((head, _note(path), *rest)) + "\n"


def _note(path: Path) -> str:
    place = path.relative_to(_ROOT).as_posix()
    how = (
        f"`flowkit new {path.stem}` copies it to work in" if path.parent.name == "playbooks" else "`make lab` opens it"
    )
    return f'!!! note ""\n    This page is the notebook `{place}`; {how}.'


def _parts(cell: dict[str, Any], kept: dict[str, str]) -> list[str]:
    """Return a cell, and what a run of it showed."""
    return [_cell(cell), *filter(None, [kept.get(shown.code_hash("".join(cell["source"])))])]


def _cell(cell: dict[str, Any]) -> str:
    text = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        return re.sub(r"\]\((?:\.\./)?(?:\w+/)?([\w-]+)\.ipynb\)", r"](\1.md)", text)
    return fenced(text, next((language for sign, language in _LANGUAGES.items() if text.startswith(sign)), "python"))
