"""What a notebook keeps: figures, static pictures and tables as ordinary output, readable without a kernel."""

import html
import os
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from weakref import WeakKeyDictionary

import pandas as pd

from flowkit.errors import FlowkitError

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from plotly.io.base_renderers import NotebookRenderer

Item: TypeAlias = "tuple[str, go.Figure | None, pd.DataFrame | None]"
"""A title, and a figure, a table or both."""

_VIEWS: Final = {"talker_edges": "talker_sankey"} | dict.fromkeys(
    ("beacons", "brute_force", "floods", "lateral_movement", "long_conversations", "port_scans", "sweeps", "tunnels",
     "uploads"), "suspects",
)  # fmt: skip
"""The view that `show` takes for an analysis where its name differs."""
_MOST_ROWS: Final = 200
_RENDERER: Final = "plotly_mimetype+notebook"
"""For JupyterLab and VS Code the data, for HTML exports a script that needs no network."""
_DATA: Final = {"plotly_mimetype", "jupyterlab", "nteract", "vscode"}
"""plotly's names of the renderer that gives the data."""


def show(frame: pd.DataFrame, *, view: str | None = None, static: bool = True) -> None:
    """Display an analysis in a notebook: its picture, its caption and its table.

    Picture and table are ordinary output: they stay when the notebook is reopened or exported.

    Parameters
    ----------
    frame
        What an analysis returned.
    view
        The view to draw it with, by name; by default the one of the same name. For
        `talker_edges` that is ``talker_sankey``, and ``talker_graph`` the other.
    static
        Whether to add a static picture for viewers without plotly or scripts. It takes kaleido and a browser;
        the first takes some 4 s, each further one below 1 s. Where they are missing, a line says what to install.

    Raises
    ------
    FlowkitError
        If no view of that name draws such a frame.

    Notes
    -----
    The table shows the first 200 rows; the frame itself has all of them.
    """
    from flowkit import views

    analysis = str(frame.attrs.get("analysis", ""))
    name = view or _VIEWS.get(analysis, analysis)
    if name in views.__all__:
        _put([("", getattr(views, name)(frame), frame)], static=static)
    elif view:
        raise FlowkitError(f"no view {name!r} draws this frame. The views are: {', '.join(views.__all__)}.")
    else:
        _put([("", None, frame)], static=static)


def put(items: Iterable[Item], *, scope: object, code: str, note: str = "", static: bool = True) -> None:
    """Display what was looked at, so that it can be read and repeated without a kernel.

    Parameters
    ----------
    items
        A title, and a figure, a table or both, of each.
    scope
        The restriction they share; its caption is the heading.
    code
        The line of code that leads here.
    note
        What else to say, in words.
    static
        As in `show`.
    """
    _display(_heading(str(scope), code, note))
    _put(list(items), static=static)


def interleave(parts: "Iterable[str | go.Figure]", *, static: bool = True) -> None:
    """Display HTML and figures, one after the other.

    Parameters
    ----------
    parts
        HTML that is escaped already, or figures.
    static
        As in `show`.
    """
    for part in parts:
        if isinstance(part, str):
            _display(part)
        else:
            _put([("", part, None)], static=static)


def bundle(figure: "go.Figure", frame: pd.DataFrame | None = None, *, static: bool = True) -> dict[str, Any]:
    """Return a figure in each form that a viewer of notebooks may know.

    Parameters
    ----------
    figure
        The figure.
    frame
        What it was drawn from, for its caption if the figure has none.
    static
        As in `show`.

    Returns
    -------
    dict
        By media type: plotly's data, for JupyterLab and VS Code; HTML that draws it where plotly.js is embedded in the
        page and shows the picture where not; the picture as SVG, if there is a browser to draw it; title and caption.
        SVG, since beside a PNG plotly's JupyterLab extension draws nothing until the mouse is over it.
    """
    from flowkit.pictures import drawn

    pictures, _why = drawn([figure]) if static else ([], "")
    return _bundle(figure, frame, "".join(pictures), {*_DATA, "notebook"})


def show_figures_offline() -> None:
    """Have plotly put figures into notebooks so that every front end and export shows them, and asks no server."""
    import plotly.io as pio

    os.environ.setdefault("PLOTLY_RENDERER", _RENDERER)
    pio.renderers["notebook"] = _renderer()()
    pio.renderers.default = os.environ["PLOTLY_RENDERER"]


def _put(items: Sequence[Item], *, static: bool) -> None:
    import plotly.io as pio

    from flowkit.pictures import drawn

    if "PLOTLY_RENDERER" not in os.environ and pio.renderers.default == "plotly_mimetype":
        show_figures_offline()  # plotly's own choice in a kernel, of which an HTML export shows nothing
    chosen = set(str(pio.renderers.default).split("+"))
    ours = chosen <= {*_DATA, "notebook"}
    figures = [figure for _title, figure, _frame in items if figure is not None]
    pictures, why = drawn(figures) if static and ours else ([], "")
    left = iter(pictures)
    for title, figure, frame in items:
        if title and (figure is None or title != _words(figure, frame)[0]):
            _display(f"<h4>{html.escape(title)}</h4>")
        if figure is not None and ours:
            _display_bundle(_bundle(figure, frame, next(left, ""), chosen), plotly="notebook" in chosen)
        elif figure is not None:
            pio.show(figure.to_dict())
        told = f"<p><small>No static picture: {html.escape(why)}</small></p>" if why and figure is not None else ""
        if frame is not None or told:
            _display((_table(frame, with_figure=figure is not None) if frame is not None else "") + told)


def _display(text: str) -> None:
    from IPython.display import HTML, display

    display(HTML(text))  # type: ignore[no-untyped-call]


def _display_bundle(shown: dict[str, Any], *, plotly: bool) -> None:
    from IPython.display import display

    if plotly:
        _embed_plotly()
    display(shown, raw=True)  # type: ignore[no-untyped-call]


def _bundle(figure: "go.Figure", frame: pd.DataFrame | None, picture: str, chosen: set[str]) -> dict[str, Any]:
    from plotly.io.base_renderers import PlotlyRenderer

    title, caption = _words(figure, frame)
    shown: dict[str, Any] = {}
    if chosen & _DATA:
        shown |= PlotlyRenderer().to_mimebundle(figure.to_dict())
    if "notebook" in chosen:
        renderer = _renderer()(label=f"{title}. {caption}", picture=picture)
        shown |= renderer.to_mimebundle(figure.to_dict())
    if picture:
        shown["image/svg+xml"] = picture
    return shown | {"text/plain": f"{title}\n{caption}"}


def _words(figure: "go.Figure", frame: pd.DataFrame | None) -> tuple[str, str]:
    """Return a figure's title and caption as plain text; the title is HTML, as plotly takes it."""
    title = re.sub(r"<[^>]*>", " ", str(figure.layout.title.text or "Figure"))
    kept = figure.layout.meta if isinstance(figure.layout.meta, dict) else {}
    caption = kept.get("caption") or ("" if frame is None else frame.attrs.get("caption", ""))
    return html.unescape(title).strip(), str(caption)


_MATHJAX: Final = re.compile(r"""<script\b[^>]*\bsrc=["']https?://[^>]*></script>""")
_EMPTY: Final = re.compile(r'(class="plotly-graph-div"[^>]*)></div>')
_PICTURE: Final = "flowkit-picture"


@cache
def _renderer() -> type["NotebookRenderer"]:
    from plotly.io.base_renderers import NotebookRenderer

    class Renderer(NotebookRenderer):  # type: ignore[misc]
        """plotly's own, but for the script that fetches MathJax whenever an export is opened; no figure needs it.

        The figure's place holds its picture until plotly.js has drawn it, and for ever where scripts do not run.
        """

        def __init__(self, label: str = "", picture: str = "") -> None:
            place = f"document.getElementById('{{plot_id}}').querySelector('.{_PICTURE}')"
            super().__init__(post_script=f"{place}?.remove()" if picture else None)
            self.label, self.picture = label, picture

        def embed(self) -> None:
            super().activate()

        def activate(self) -> None:
            _embed_plotly()

        def to_mimebundle(self, fig_dict: dict[str, Any]) -> dict[str, str]:
            drawn = {mime: _MATHJAX.sub("", text) for mime, text in super().to_mimebundle(fig_dict).items()}
            label = html.escape(self.label)
            image = f'<img class="{_PICTURE}" alt="{label}" style="max-width:100%" src="{_address(self.picture)}">'
            place = f' role="img" aria-label="{label}">{image if self.picture else ""}</div>'
            if self.label:
                drawn["text/html"] = _EMPTY.sub(lambda found: found[1] + place, drawn["text/html"], count=1)
            return drawn

    return Renderer


def _address(picture: str) -> str:
    return f"data:image/svg+xml;base64,{b64encode(picture.encode()).decode()}"


_embedded: Final["WeakKeyDictionary[Any, tuple[str, str]]"] = WeakKeyDictionary()
"""The cell and the run of it whose output holds plotly.js, by shell."""


def _embed_plotly() -> None:
    """Put plotly.js (5 MB) into the notebook once: again only if the cell that held it is run again or deleted."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return
    parent = getattr(shell, "parent_header", None) or {}
    metadata = parent.get("metadata", {})
    cell, run = str(metadata.get("cellId", "")), str(parent.get("header", {}).get("msg_id", ""))
    if shell in _embedded:
        held, during = _embedded[shell]
        lost = (held == cell and during != run) or held in metadata.get("deletedCells", ())
        if not held or not lost:
            return
    _embedded[shell] = cell, run
    _renderer()().embed()


def _heading(scope: str, code: str, note: str) -> str:
    made = f"flowkit {version('vpc-flowkit')}, {datetime.now(UTC):%Y-%m-%d %H:%M:%SZ}. {note}".strip()
    return (
        f"<h3>{html.escape(scope)}</h3><pre><code>{html.escape(code)}</code></pre>"
        f"<p><small>{html.escape(made)}</small></p>"
    )


_AMOUNTS: Final = ("bytes", "packets", "records", "accepted", "rejected", "conversations")


def _amount(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else html.escape(str(value))


def _table(frame: pd.DataFrame, *, with_figure: bool) -> str:
    shown = frame.head(_MOST_ROWS).astype("object")
    amounts = {name: _amount for name in frame.columns if str(name).startswith(_AMOUNTS)}
    with pd.option_context("display.max_colwidth", None):
        rows = shown.where(shown.notna(), "-").to_html(
            escape=True, index=False, border=0, justify="left", formatters=amounts
        )
    rows = rows.replace("<td>", "<td style='text-align:left'>")
    cut = f" (the first {_MOST_ROWS} shown)" if len(frame) > _MOST_ROWS else ""
    caption = html.escape(str(frame.attrs.get("caption", "")))
    opened = "" if with_figure else " open"
    return f"<details{opened}><summary>Table: {len(frame):,} rows{cut}. {caption}</summary>{rows}</details>"
