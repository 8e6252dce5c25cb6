"""The notebooks that ship with flowkit and with playbooks of others, and copies of them to work in."""

import json
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal, TextIO

from flowkit.errors import FlowkitError
from flowkit.inventory.text import brief, shown

_SUFFIX: Final = ".ipynb"
_FIRST: Final = "investigation"
Kind = Literal["investigation", "playbook", "training"]


@dataclass(frozen=True)
class Notebook:
    """A notebook that is copied to work in.

    Attributes
    ----------
    name
        As `flowkit new` takes it, such as ``connectivity`` or ``training-flood``.
    kind
        ``investigation`` (to begin with nothing but logs), ``playbook`` or ``training``.
    path
        Where it lies; the copy is made from there.
    """

    name: str
    kind: Kind
    path: Path

    @property
    def label(self) -> str:
        """What the launcher's card says."""
        if self.kind == "investigation":
            return "New flow investigation"
        if self.kind == "training" and self.question:
            return self.question  # the name may give the answer away
        return shown(self.name.removeprefix("training-").replace("-", " ").replace("_", " ").capitalize())

    @property
    def question(self) -> str:
        """The notebook's first heading, "" if it has none or cannot be read."""
        try:
            cells = self.content()["cells"]
            lines = (line for cell in cells if cell["cell_type"] == "markdown" for line in _source(cell).splitlines())
            return shown(next((line[2:].strip() for line in lines if line.startswith("# ")), ""))
        except (FlowkitError, KeyError, TypeError, AttributeError):
            return ""

    def content(self) -> dict[str, Any]:
        """Return the notebook as it lies there.

        Raises
        ------
        FlowkitError
            If it cannot be read, or is no notebook.
        """
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise FlowkitError(f"the notebook {shown(str(self.path))} cannot be read: {error}. {_AGAIN}") from error
        if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
            raise FlowkitError(f"{shown(str(self.path))} is no notebook: it has no cells. {_AGAIN}")
        return content


_AGAIN: Final = "Install the package that brings it again."


def offered() -> list[Notebook]:
    """Return what can be copied: the notebook to begin with, the playbooks by name, the training.

    Other packages add to the playbooks by installing a notebook in ``share/flowkit/playbooks``.
    """
    found: dict[str, Notebook] = {}
    for notebook in _lying():
        found.setdefault(notebook.name, notebook)
    order = ("investigation", "playbook", "training")
    return sorted(found.values(), key=lambda one: (order.index(one.kind), one.name))


def find(name: str) -> Notebook:
    """Return a notebook by name.

    Raises
    ------
    FlowkitError
        If there is none of that name; it lists those there are.
    """
    known = {one.name: one for one in offered()}
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    there = ", ".join(known) or "none: install flowkit again, from its wheel or a whole checkout"
    raise FlowkitError(f"no notebook is called {brief(name)}.{hint} There are: {shown(there)}.")


def copied(name: str, target: str | PathLike[str] | None = None) -> Path:
    """Copy a notebook to work in, and return where the copy is.

    Parameters
    ----------
    name
        Such as ``connectivity``; `offered` lists them. A playbook of another package that brings no notebook gets a
        small one, with its parameters.
    target
        A new file, or a folder for it; by default ``NAME.ipynb`` in the working directory.

    Raises
    ------
    FlowkitError
        If there is no such notebook, or the file is there already or cannot be written.
    """
    text = json.dumps(_content(name), indent=1, ensure_ascii=False) + "\n"
    path = Path(target) if target is not None else Path()
    try:
        path = path / f"{name}{_SUFFIX}" if path.is_dir() else path
        path = path if path.suffix == _SUFFIX else path.with_name(path.name + _SUFFIX)
        with path.open("x", encoding="utf-8") as file:
            _write(path, file, text)
    except FileExistsError:
        raise FlowkitError(
            f"{shown(str(path))} is there already, and is never overwritten. "
            f"Name another file: flowkit new {name} FILE."
        ) from None
    except (OSError, ValueError) as error:  # ValueError: no name of a file
        why = error.strerror if isinstance(error, OSError) else error
        raise FlowkitError(f"{shown(str(path))} cannot be written: {why}. Name a file in a folder of yours.") from error
    return path


def _write(path: Path, file: TextIO, text: str) -> None:
    try:
        file.write(text)
        file.flush()
    except OSError:
        path.unlink(missing_ok=True)  # half a notebook is none
        raise


def _content(name: str) -> dict[str, Any]:
    if name in {one.name for one in offered()}:
        return find(name).content()
    from flowkit import playbooks  # it takes seconds

    if name not in playbooks.names():
        return find(name).content()  # which says that there is none
    from flowkit.jupyter.written import for_playbook

    return for_playbook(playbooks.get(name))


def _lying() -> Iterator[Notebook]:
    for folder in _folders():
        start = folder / "notebooks" / f"{_FIRST}{_SUFFIX}"
        if start.is_file():
            yield Notebook(_FIRST, "investigation", start)
        for path in sorted((folder / "playbooks").glob(f"*{_SUFFIX}")):
            yield Notebook(path.stem, "playbook", path)
        for path in sorted((folder / "notebooks" / "training").glob(f"*{_SUFFIX}")):
            yield Notebook(f"training-{path.stem}", "training", path)


def _folders() -> list[Path]:
    """Return where notebooks may lie: a checkout, beside the package (``pip --target``), where pip puts data."""
    around = Path(__file__).resolve().parents[2]  # beside the package
    checkout = [around] if (around / "pyproject.toml").is_file() else []
    user = sysconfig.get_preferred_scheme("user")
    bases = [around, Path(sysconfig.get_path("data")), Path(sysconfig.get_path("data", user))]
    return [*checkout, *dict.fromkeys(base / "share" / "flowkit" for base in bases)]


def _source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])
