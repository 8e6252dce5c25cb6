"""The one place that joins the layers: load, show."""

import html
from collections.abc import Iterable
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Final, TypeAlias

import ibis.expr.types as ir
import pandas as pd

from flowkit import origin
from flowkit.errors import FlowkitError, SourceError
from flowkit.flows import Flows
from flowkit.formats import LogFormat
from flowkit.loading import load as load_objects
from flowkit.scope import Scope
from flowkit.sources import LogObject, local, sample
from flowkit.store import Store, cache_folder

Source: TypeAlias = "str | PathLike[str] | Iterable[str | PathLike[str]] | ir.Table"


def load(
    source: Source,
    *,
    start: datetime | str | None = None,
    end: datetime | str | None = None,
    log_format: str | None = None,
    case: str | PathLike[str] | None = None,
) -> Flows:
    """Load flow logs from wherever they lie.

    Text (plain, gzip, Zstandard; with a header, or headerless in the default or the given format),
    AWS's Parquet deliveries, and JSON or CSV out of CloudWatch Logs, in one folder if need be: what
    each object is, its first bytes tell. Records are typed and kept as Parquet below
    FLOWKIT_CACHE (else the user's cache folder), so loading the same objects again reads nothing again.

    Parameters
    ----------
    source
        A file, folder, glob or a list of them; an Ibis table with AWS's Parquet column names;
        or ``"sample"``, six hours of a small VPC that ships with flowkit.
    start, end
        Keep records whose ``start`` lies in [start, end); times need a zone.
    log_format
        The format of headerless lines, as `aws ec2 describe-flow-logs` prints it in LogFormat
        (``${version} ${account-id} …``). A header in a file wins over it.
    case
        A folder to keep the loaded records in, instead of the cache.

    Returns
    -------
    Flows
        With `ledger`, which accounts for every line of every object, and `refused`.

    Raises
    ------
    SourceError, FormatError
        If nothing could be read at all, or nothing that was read is a flow log.
    ScopeError
        If a time has no zone, or the window is empty.
    StoreError
        If the loaded records cannot be kept.

    Examples
    --------
    >>> flows = load("sample")
    >>> flows.count(), flows.narrow(srcaddr="10.0.2.0/24", action="REJECT").count()
    (55361, 346)
    """
    scope = Scope.of(start=start, end=end)
    if isinstance(source, ir.Table):
        return Flows(Scope(), origin.of_table(source)).within(scope)
    given = LogFormat.parse(log_format) if log_format else None
    store = Store(Path(case) if case else cache_folder())
    loaded = load_objects(_objects(source), store, given)
    return Flows(Scope(), origin.of_loaded(loaded, store, given, _code(source, log_format, case))).within(scope)


def _objects(source: str | PathLike[str] | Iterable[str | PathLike[str]]) -> list[LogObject]:
    if source == "sample":
        return sample.objects()
    paths = [source] if isinstance(source, (str, PathLike)) else list(source)
    if not paths:
        raise SourceError("the list of paths is empty: there is nothing to load.")
    for path in map(str, paths):
        if "://" in path:
            raise SourceError(
                f"{path}: this version reads files and folders only. "
                "Copy the objects here first (`aws s3 sync`, `aws logs filter-log-events`) and load the folder."
            )
    return local.objects(map(str, paths))


def _code(source: object, log_format: str | None, case: object) -> str:
    shown = str(source) if isinstance(source, PathLike) else source
    options = "".join(
        f", {name}={str(value)!r}" for name, value in (("log_format", log_format), ("case", case)) if value
    )
    return f"fk.load({shown!r}{options})"


_VIEWS: Final = {"talker_edges": "talker_sankey"}
"""The view that `show` takes for an analysis where its name differs."""
_MOST_ROWS: Final = 200


def show(frame: pd.DataFrame, *, view: str | None = None) -> None:
    """Display an analysis in a notebook: its picture, its caption and its table.

    Picture and table are ordinary output: they stay when the notebook is reopened or exported.

    Parameters
    ----------
    frame
        What an analysis returned.
    view
        The view to draw it with, by name; by default the one of the same name. For
        `talker_edges` that is ``talker_sankey``, and ``talker_graph`` the other.

    Raises
    ------
    FlowkitError
        If no view of that name draws such a frame.

    Notes
    -----
    The table shows the first 200 rows; the frame itself has all of them.
    """
    from IPython.display import HTML, display

    from flowkit import views

    analysis = str(frame.attrs.get("analysis", ""))
    name = view or _VIEWS.get(analysis, analysis)
    if name in views.__all__:
        display(getattr(views, name)(frame))  # type: ignore[no-untyped-call]
    elif view or not analysis:
        raise FlowkitError(f"no view {name!r} draws this frame. The views are: {', '.join(views.__all__)}.")
    display(HTML(_table(frame, with_figure=name in views.__all__)))  # type: ignore[no-untyped-call]


def _table(frame: pd.DataFrame, *, with_figure: bool) -> str:
    with pd.option_context("display.max_colwidth", None):
        rows = frame.head(_MOST_ROWS).to_html(escape=True, index=False, na_rep="-", border=0, justify="left")
    cut = f" (the first {_MOST_ROWS} shown)" if len(frame) > _MOST_ROWS else ""
    caption = html.escape(str(frame.attrs.get("caption", "")))
    opened = "" if with_figure else " open"
    return f"<details{opened}><summary>Table: {len(frame):,} rows{cut}. {caption}</summary>{rows}</details>"
