"""One plotly figure on the page, redrawn in a single message, that tells what was clicked or brushed on it."""

import gzip
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import anywidget
import plotly.graph_objects as go
import traitlets
from plotly.offline import get_plotlyjs

Picked = dict[str, Any]
"""What was clicked: `on` is ``point`` (with `trace`, `number`, `id`, `x`, `y`), ``link`` or ``node`` (of a Sankey,
with `number`), or ``brush`` (with `from` and `to`, as the axis has them)."""
_HERE: Final = Path(__file__).parent


class FigureBox(anywidget.AnyWidget):
    """Shows the figure it is given.

    Plotly's own FigureWidget carries 5 MB of program in each widget, sends a change in many messages, and tells
    nothing of the links of a Sankey; this one sends a figure as one text, and the program once per page.

    Parameters
    ----------
    picked
        Told of each click and brush.
    """

    _esm = _HERE / "figure.js"
    _css = _HERE / "figure.css"
    figure = traitlets.Unicode("").tag(sync=True)
    label = traitlets.Unicode("").tag(sync=True)
    number = traitlets.Int(0).tag(sync=True)

    def __init__(self, picked: Callable[[Picked], None] = lambda _what: None) -> None:
        super().__init__()
        self._picked = picked
        self.on_msg(self.receive)

    def draw(self, figure: go.Figure | None) -> None:
        """Show *figure*; None shows nothing."""
        if figure is None and not self.figure:
            return
        with self.hold_sync():
            self.figure = figure.to_json() if figure is not None else ""
            self.label = _label(figure) if figure is not None else ""
            self.number += 1

    def receive(self, _widget: object, message: Picked, _buffers: object) -> None:
        """Take what the page says: that it lacks plotly.js, or what was clicked."""
        if message.get("kind") == "plotly":
            self.send({"kind": "plotly"}, buffers=[_packed()])
        elif message.get("kind") == "picked":
            self._picked({name: value for name, value in message.items() if name != "kind"})


@cache
def _packed() -> bytes:
    return gzip.compress(get_plotlyjs().encode(), compresslevel=1)  # a third of the size, at once


def _label(figure: go.Figure) -> str:
    """Return what a screen reader says of a figure: its title and caption."""
    title = figure.layout.title.text or ""
    caption = (figure.layout.meta or {}).get("caption", "")
    return f"{title}. {caption} The table below holds the same numbers."
