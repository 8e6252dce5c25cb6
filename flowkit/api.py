"""The one place that joins the layers: load, show, and the widgets."""

from collections.abc import Iterable
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import ibis.expr.types as ir

from flowkit import addresses, origin
from flowkit import inventory as inventories
from flowkit.errors import SourceError
from flowkit.flows import Flows
from flowkit.formats import LogFormat
from flowkit.identity import Identities
from flowkit.inventory import Snapshot
from flowkit.loading import load as load_objects
from flowkit.scope import Scope
from flowkit.showing import show
from flowkit.sources import LogObject, local, sample
from flowkit.store import Store, cache_folder

if TYPE_CHECKING:
    from flowkit.widgets.picker import ScopePicker
    from flowkit.widgets.workbench import Workbench

__all__ = ["enriched", "load", "scope_picker", "show", "workbench"]

Source: TypeAlias = "str | PathLike[str] | Iterable[str | PathLike[str]] | ir.Table"


def load(
    source: Source,
    *,
    start: datetime | str | None = None,
    end: datetime | str | None = None,
    log_format: str | None = None,
    inventory: str | PathLike[str] | Snapshot | None = None,
    inside: str | Iterable[str] | None = None,
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
    inventory
        A folder of `aws ec2 describe-…` answers (JSON), or a `Snapshot` that was read from one: names,
        tags, security groups, subnets and flow logs of the interfaces. ``"sample"`` is the sample's.
    inside
        CIDR blocks that are inside. By default those are the inventory's VPCs, and addresses that hold
        an interface in the log.
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
    InventoryError, AddressError
        If the inventory cannot be read, or a block is none.

    Examples
    --------
    >>> flows = load("sample")
    >>> flows.count(), flows.narrow(srcaddr="10.0.2.0/24", action="REJECT").count()
    (55361, 346)
    """
    scope = Scope.of(start=start, end=end)
    snapshot = _snapshot(inventory)
    if isinstance(source, ir.Table):
        return _flows(origin.of_table(source), snapshot, inside=inside).within(scope)
    given = LogFormat.parse(log_format) if log_format else None
    store = Store(Path(case) if case else cache_folder())
    loaded = load_objects(_objects(source), store, given)
    found = origin.of_loaded(
        loaded, store, given, _code(source, log_format=log_format, inventory=inventory, inside=inside, case=case)
    )
    return _flows(found, snapshot, inside=inside).within(scope)


def enriched(
    flows: Flows,
    *,
    inventory: str | PathLike[str] | Snapshot | None = None,
    inside: str | Iterable[str] | None = None,
    lists: Iterable[str | PathLike[str]] = (),
    databases: Iterable[str | PathLike[str]] = (),
) -> Flows:
    """Return the same flows with more known of their addresses; all from files, nothing is looked up.

    Parameters
    ----------
    flows
        Flows of which to know more; nothing is loaded again.
    inventory, inside
        As in `load`; by default what these flows have.
    lists
        Files of labels (CSV: ``label,cidr``), of bad addresses (one to a line), or STIX 2.1 indicators.
    databases
        Files of country or autonomous system by address: MaxMind's ``.mmdb`` or CSV of ranges.

    Raises
    ------
    InventoryError, AddressError
        If a file cannot be read or understood.

    Examples
    --------
    >>> flows = enriched(load("sample"), inside=["10.0.0.0/16"])
    """
    before = flows.identities
    snapshot = _snapshot(inventory) or before.snapshot
    known = (before.knowledge.inside or None) if inside is None else inside
    files = {"lists": lists or before.knowledge.lists, "databases": databases or before.knowledge.databases}
    found = _flows(flows.origin, snapshot, inside=known, **files)
    return found.within(flows.scope)


def _snapshot(given: str | PathLike[str] | Snapshot | None) -> Snapshot | None:
    if given is None or isinstance(given, Snapshot):
        return given
    return inventories.read(sample.folder() / "snapshot" if given == "sample" else given)


def _flows(found: origin.Origin, snapshot: Snapshot | None, **known: Any) -> Flows:  # noqa: ANN401 - as `knowledge` takes
    vpcs, subnets = (snapshot.vpcs, snapshot.subnets) if snapshot else ((), ())
    about = addresses.knowledge(
        vpc_cidrs=[(vpc.vpc_id, cidr) for vpc in vpcs for cidr in vpc.cidrs],
        subnet_cidrs=[(subnet.subnet_id, cidr) for subnet in subnets for cidr in subnet.cidrs],
        **known,
    )
    return Flows(Scope(), found, Identities(found, about, snapshot))


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


def _code(source: object, **options: object) -> str:
    shown = {name: value.source if isinstance(value, Snapshot) else value for name, value in options.items() if value}
    texts = [f", {name}={_argument(value)}" for name, value in shown.items()]
    return f"fk.load({_argument(source)}{''.join(texts)})"


def _argument(value: object) -> str:
    return repr(str(value) if isinstance(value, PathLike) else value)


def scope_picker(flows: Flows, *, scope: Scope | str | None = None) -> "ScopePicker":
    """Show a widget that narrows flows by clicking and typing.

    Parameters
    ----------
    flows
        What to choose from.
    scope
        What is picked to begin with: a `Scope`, or its text, as `code` has it.

    Returns
    -------
    ScopePicker
        `flows`, `scope` and `code`: the narrowed flows, their scope, and the line that makes them.

    Raises
    ------
    ScopeError, MissingFieldError
        If *scope* is not understood, or cannot hold in these flows.
    """
    from flowkit.widgets.picker import ScopePicker

    return ScopePicker(flows, scope=scope)


def workbench(flows: Flows, *, scope: Scope | str | None = None, view: str | None = None) -> "Workbench":
    """Show the workbench: pick and brush, see the same scope in every view, take the line of code with you.

    Parameters
    ----------
    flows
        What to choose from.
    scope
        What is picked to begin with: a `Scope`, or its text, as `code` has it. By default what was picked last of
        flows that were loaded like these, while the kernel lives; ``Scope()`` picks nothing.
    view
        The view to open, by default the first.

    Returns
    -------
    Workbench
        `flows`, `scope`, `code` and `view`; its ``snapshot()`` puts what it shows into the notebook for good.

    Raises
    ------
    ScopeError, MissingFieldError
        If *scope* is not understood, or cannot hold in these flows, or there is no such view.
    """
    from flowkit.widgets.workbench import Workbench

    return Workbench(flows, scope=scope, view=view)
