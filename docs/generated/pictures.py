"""Draw the pictures of the hand-written pages, from the sample: ``python -m generated.pictures``."""

import sys
from collections.abc import Iterator
from pathlib import Path

import plotly.graph_objects as go

import flowkit as fk
from flowkit.pictures import drawn

__all__ = ["main"]

_FOLDER = Path(__file__).parents[1] / "pictures"


def main() -> None:
    """Draw them.

    Raises
    ------
    FlowkitError
        If there is nothing to draw with; it says what to install.
    """
    named = dict(_figures())
    pictures, why = drawn(list(named.values()))
    if why:
        raise fk.FlowkitError(f"the pictures cannot be drawn: {why}")
    for name, picture in zip(named, pictures, strict=True):
        (_FOLDER / f"{name}.svg").write_text(picture, encoding="utf-8")
        sys.stdout.write(f"{name}: {len(picture):,} B\n")


def _figures() -> Iterator[tuple[str, go.Figure]]:
    flows = fk.load("sample", inventory="sample")
    yield "sankey", fk.views.talker_sankey(fk.analysis.talker_edges(flows, by=("name", "service")))
    yield "coverage", fk.views.coverage(fk.analysis.coverage(flows))


if __name__ == "__main__":
    main()
