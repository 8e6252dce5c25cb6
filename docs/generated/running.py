"""Run notebooks, and keep what they showed for the tutorials: ``python -m generated.running [NAME…]``."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from generated import notebooks, shown

__all__ = ["main"]


def main(names: Sequence[str]) -> None:
    """Run the named notebooks, or all that tutorials are made of."""
    import nbformat
    from nbclient import NotebookClient

    for path in notebooks.paths():
        if names and path.stem not in names:
            continue
        with TemporaryDirectory() as folder:
            os.environ["FLOWKIT_CACHE"] = str(Path(folder, "cache"))
            book = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)  # type: ignore[no-untyped-call]
            NotebookClient(book, timeout=600, resources={"metadata": {"path": folder}}).execute()
        written = nbformat.writes(book).replace(f"{gettempdir()}/", "")  # type: ignore[no-untyped-call]
        cells = json.loads(written)["cells"]
        for cell in cells:
            for output in cell.get("outputs", ()):
                _join(output)
        count = shown.keep(path.stem, cells)
        sys.stdout.write(f"{path.stem}: {count} cells show something\n")


def _join(output: dict[str, object]) -> None:
    """Join the lines that a notebook's file has as lists."""
    data = output.get("data", output)
    if isinstance(data, dict):
        for name, value in data.items():
            if isinstance(value, list) and name != "traceback":
                data[name] = "".join(value)


if __name__ == "__main__":
    main(sys.argv[1:])
