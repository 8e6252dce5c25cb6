"""The one place that joins the layers: load, show, the case, and the widgets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import ibis.expr.types as ir
import pandas as pd

from flowkit import addresses, origin
from flowkit import inventory as inventories
from flowkit.aws.connect import Access
from flowkit.errors import CaseError, InventoryError, SourceError
from flowkit.flows import HANDED_UP, Flows
from flowkit.formats import LogFormat
from flowkit.identity import Identities
from flowkit.inventory import Snapshot
from flowkit.loading import load as load_objects
from flowkit.planning import Plan, planned
from flowkit.scope import Scope
from flowkit.showing import show
from flowkit.sources import LogObject, sample
from flowkit.sources.places import Wanted, find
from flowkit.store import Store, cache_folder

if TYPE_CHECKING:
    from flowkit.aws.audited import Audit
    from flowkit.casefile import Case
    from flowkit.redaction import RedactionReport
    from flowkit.widgets.picker import ScopePicker
    from flowkit.widgets.workbench import Workbench

__all__ = ["audit", "case", "enriched", "load", "plan", "redact", "scope_picker", "show", "snapshot", "workbench"]

Source: TypeAlias = "str | PathLike[str] | Iterable[str | PathLike[str]] | ir.Table"


def load(  # noqa: PLR0913 - each is a thing to say of a load, by name
    source: Source,
    *,
    start: datetime | str | None = None,
    end: datetime | str | None = None,
    log_format: str | None = None,
    inventory: str | PathLike[str] | Snapshot | None = None,
    inside: str | Iterable[str] | None = None,
    case: "str | PathLike[str] | Case | None" = None,
    account: str | Iterable[str] = (),
    region: str | Iterable[str] = (),
    profile: str | None = None,
    **scope: Any,  # noqa: ANN401 - the keys of a scope, checked there
) -> Flows:
    """Load flow logs from wherever they lie.

    Text (plain, gzip, Zstandard; with a header, or headerless in the default or the given format),
    AWS's Parquet deliveries, and JSON or CSV out of CloudWatch Logs, in one folder if need be: what
    each object is, its first bytes tell. Records are typed and kept as Parquet below
    FLOWKIT_CACHE (else the user's cache folder), so loading the same objects again reads nothing again.

    From S3 only the objects that can hold the window are listed and read, of CloudWatch Logs only the events
    in it are asked for; `plan` says before what that takes. What became of each object stands in the ledger:
    one that went away, is archived or may not be read does not stop the rest, and an interrupted load goes on
    where it was.

    Parameters
    ----------
    source
        A file, folder, glob or a list of them; an Ibis table with AWS's Parquet column names;
        ``"s3://bucket/prefix"``, in either of AWS's layouts of folders or any other;
        ``"cloudwatch://region/log-group"``; or ``"sample"``, six hours of a small VPC that ships with flowkit.
    start, end
        Keep records whose ``start`` lies in [start, end); times need a zone. Files in S3 are named for the *end*
        of their records and may come late: those up to an hour after the window are read too.
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
        A case, or its folder, to keep the loaded records in instead of the cache; the load is entered in its journal,
        and the inventory copied. See `case`.
    account, region
        In S3 read only the logs of these accounts and regions, as the path has them.
    profile
        A profile of your AWS configuration; by default boto3's own choice (AWS_PROFILE, a role, …).
        AWS is only read.
    **scope
        Keep only these records: the keys of `Flows.narrow`. CloudWatch Logs is asked for no others.

    Returns
    -------
    Flows
        With `ledger`, which accounts for every line of every object, and `refused`.

    Raises
    ------
    SourceError, FormatError, AwsError
        If nothing could be read at all, or nothing that was read is a flow log; with AWS's own code.
    ScopeError
        If a time has no zone, or the window is empty.
    StoreError, CaseError
        If the loaded records cannot be kept.
    InventoryError, AddressError
        If the inventory cannot be read, or a block is none.

    Examples
    --------
    >>> flows = load("sample")
    >>> flows.count(), flows.narrow(srcaddr="10.0.2.0/24", action="REJECT").count()
    (55361, 346)
    """
    asked = {"start": start, "end": end, "account": account, "region": region, "profile": profile}
    options: dict[str, Any] = {"log_format": log_format, "inventory": inventory, "inside": inside, "case": case}
    return _load(source, options, asked, scope)


def _load(
    source: Source, options: dict[str, Any], asked: dict[str, Any], scope: dict[str, Any], *, keep_raw: bool = False
) -> Flows:
    """Load; *asked* and *scope*, of which the window decides what is read remotely, show in the code only then."""
    inside, log_format = options["inside"], options["log_format"]
    within = Scope.of(start=asked["start"], end=asked["end"], **scope)
    snapshot = _snapshot(options["inventory"])
    kept = None if options["case"] is None else case(options["case"])
    if isinstance(source, ir.Table):
        if kept is not None:
            raise CaseError("a table is not kept in a case: its records lie elsewhere. Load the objects themselves.")
        return _flows(origin.of_table(source), snapshot, inside=inside).within(within)
    given = LogFormat.parse(log_format) if log_format else None
    store = kept.store if kept else Store(cache_folder())
    wanted = _wanted(within, asked["account"], asked["region"], asked["profile"])
    found = find(source, replace(wanted, log_format=given))
    remote = any(log.remote for log in found.objects)
    code = _code(source, options | asked | scope if remote else options)

    def read(objects: Sequence[LogObject]) -> Flows:
        loaded = load_objects(objects, store, given)
        return _flows(origin.of_loaded(loaded, store, given, code, found.notes), snapshot, inside=inside).within(within)

    if kept is None:
        return read(found.objects)
    return kept.entered(read, found.objects, _told(options | asked | scope), given, keep_raw=keep_raw)


def _told(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was asked, as the journal of a case has it; which case it is, the case knows."""
    said = {name: value for name, value in options.items() if name != "case" and value not in (None, ())}
    return said | ({"inventory": said["inventory"].source} if isinstance(said.get("inventory"), Snapshot) else {})


def _load_into(source: Source, *, case: "Case", keep_raw: bool, **given: Any) -> Flows:  # noqa: ANN401 - as `load` takes
    options = {name: given.pop(name, None) for name in ("log_format", "inventory", "inside")}
    asked = {name: given.pop(name, None) for name in ("start", "end")}
    asked |= {name: given.pop(name, ()) for name in ("account", "region")} | {"profile": given.pop("profile", None)}
    return _load(source, options | {"case": case}, asked, given, keep_raw=keep_raw)


def plan(  # noqa: PLR0913 - as `load`
    source: Source,
    *,
    start: datetime | str | None = None,
    end: datetime | str | None = None,
    account: str | Iterable[str] = (),
    region: str | Iterable[str] = (),
    profile: str | None = None,
    case: str | PathLike[str] | None = None,
    rate: float | None = None,
    **scope: Any,  # noqa: ANN401 - the keys of a scope, checked there
) -> Plan:
    """Say what `load` would take: objects, bytes, requests, price, time and memory. No object is fetched.

    Parameters
    ----------
    source, start, end, account, region, profile, case, **scope
        As in `load`.
    rate
        The download rate to reckon with [B/s], by default 20 MB/s.

    Returns
    -------
    Plan
        It shows itself; ``to_frame()`` is the table.

    Raises
    ------
    SourceError, AwsError
        As `load`: where nothing is there, or AWS does not say.
    ScopeError
        If a time has no zone, or the window is empty.

    Examples
    --------
    >>> plan("sample").objects
    72
    """
    if isinstance(source, ir.Table):
        raise SourceError("a table is there already: nothing would be fetched. Give it to load().")
    wanted = _wanted(Scope.of(start=start, end=end, **scope), account, region, profile)
    found = find(source, wanted)
    options = {"start": start, "end": end, "account": account, "region": region, "profile": profile, "case": case}
    seen = Store(Path(case) if case else cache_folder()).index().seen
    of = next(iter(wanted.regions), None)
    return planned(_code(source, options | scope), found, seen, rate=rate, region=of)


def _wanted(scope: Scope, account: str | Iterable[str], region: str | Iterable[str], profile: str | None) -> Wanted:
    accounts = (account,) if isinstance(account, str) else tuple(account)
    regions = (region,) if isinstance(region, str) else tuple(region)
    rest = replace(scope, start=None, end=None)
    access = Access(profile=profile)
    return Wanted(scope.start, scope.end, accounts, regions, scope=rest, access=access)


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


def _code(source: object, options: Mapping[str, object]) -> str:
    shown = {name: value.source if isinstance(value, Snapshot) else value for name, value in options.items() if value}
    texts = [f", {name}={_argument(value)}" for name, value in shown.items()]
    return f"fk.load({_argument(source)}{''.join(texts)})"


def _argument(value: object) -> str:
    if isinstance(value, datetime):
        return repr(value.isoformat())
    return repr(fspath(value) if isinstance(value, PathLike) else value)


def _insights(flows: Flows, query: str) -> pd.DataFrame:
    from flowkit.insights.running import warned

    return warned(flows, query)


HANDED_UP["insights"] = _insights
HANDED_UP["known"] = _flows
HANDED_UP["load"] = _load_into


def case(path: "str | PathLike[str]") -> "Case":
    """Open a case, or begin one: a folder that holds an investigation and can be handed over.

    Parameters
    ----------
    path
        A folder, or a name such as ``INC-1234``: a folder of the working directory. It is made when it is first used,
        readable by you only.

    Returns
    -------
    Case
        ``load``, ``flows``, ``run``, ``keep``, ``findings``, ``timeline``, ``verify``, ``compare`` and more.

    Raises
    ------
    CaseError
        If it is no folder, cannot be written, or was written by a newer flowkit.

    Notes
    -----
    Its journal proves that nothing was changed afterwards only together with its last hash, written down elsewhere:
    whoever can write to the folder can write all of it anew.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> incident = case(f"{folder.name}/INC-1234")
    >>> flows = incident.load("sample", inventory="sample")
    >>> report = incident.run("connectivity", source="10.0.1.10", destination="10.0.2.20", port=5432)
    >>> identity = incident.keep(report.findings[0], note="the ACL since 08:14")
    >>> incident.findings[["kind", "severity", "comments"]].to_dict("records")
    [{'kind': 'connectivity', 'severity': 'high', 'comments': ['the ACL since 08:14']}]
    >>> incident.verify().ok
    True
    """
    from flowkit.casefile import opened

    return opened(path)


def redact(  # noqa: PLR0913 - each is a thing to say of a redaction, by name
    source: str | PathLike[str],
    target: str | PathLike[str],
    *,
    key: str | PathLike[str] | bytes,
    keep: str | Iterable[str] = (),
    shift: int | timedelta | None = None,
    names: Iterable[str] = (),
    inventory: str | PathLike[str] | None = None,
    inside: str | Iterable[str] | None = None,
    log_format: str | None = None,
) -> "RedactionReport":
    """Write a copy that tells nothing of whom it is about, and in which playbooks find the same.

    Parameters
    ----------
    source
        Flow logs, a folder of them, a case, a report, an executed notebook; or ``"sample"``.
    target
        Where to write; it must not be there.
    key
        A file that `flowkit.redaction.new_key` wrote. Who has it can undo the redaction.
    keep
        Blocks whose addresses stay as they are.
    shift
        By how many weeks times move; by default the key decides.
    names
        Words to rename everywhere, beside those of tags and ids that are found.
    inventory, inside, log_format
        As in `load`: an inventory's names are renamed, too.

    Returns
    -------
    RedactionReport
        What was replaced, by kind, and what was looked through for anything left.

    Raises
    ------
    RedactionError
        If the key is none, *target* is there, or anything of the original would be left; nothing is written then.

    Notes
    -----
    See `flowkit.redaction.redact` for what becomes of what. A lone report or notebook does not tell all names that it
    holds: give the inventory, or *names*.
    """
    from flowkit import redaction

    return redaction.redact(
        source, target, key=key, keep=keep, shift=shift, names=names, inventory=inventory,
        load=partial(load, inside=inside), log_format=log_format,
    )  # fmt: skip


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


def snapshot(
    folder: str | PathLike[str] | None = None,
    *,
    region: str | Iterable[str] | None = None,
    profile: str | Iterable[str] | None = None,
    role: str | Iterable[str] | None = None,
) -> Snapshot:
    """Ask AWS what a network looks like now, and keep the answers, so that the work can go on offline and later.

    Every describe call that `flowkit.inventory.read` uses is asked: interfaces, instances, subnets, VPCs, security
    groups, network ACLs, routes, gateways, endpoints, prefix lists, flow logs, load balancers, databases. AWS is only
    read; ``flowkit audit --policy`` prints the rights it takes.

    Parameters
    ----------
    folder
        Where to keep them: plain JSON as the AWS CLI prints it, below ``account/region/``, readable by you only, and a
        manifest.json that says when they were taken and which calls were refused. By default a folder in the working
        directory, named after the time (``snapshot-20260310T075500Z``). It appears when it is whole; one that holds
        anything is never written over.
    region
        One or several regions; ``"all"`` are those enabled in the account. By default the profile's own.
    profile
        One or several profiles of your AWS configuration; by default boto3's own choice.
    role
        The ARN of a role to take, or several, for other accounts; each is taken from each profile.

    Returns
    -------
    Snapshot
        As `flowkit.inventory.read` gives it of the folder. Calls that AWS refused stand in its ``problems``: what they
        would have told is unknown, and the rest is kept.

    Raises
    ------
    AwsError
        If nothing was answered at all: no credentials, no region, no rights.
    InventoryError
        If the folder is there already, or cannot be written.

    Examples
    --------
    >>> inventory = snapshot("shop-2026-03-10", region=["eu-central-1", "us-east-1"])  # doctest: +SKIP
    """
    from flowkit.aws.collecting import collected

    return collected(folder, region=region, profile=profile, role=role)


def audit(
    source: str | PathLike[str] | Snapshot | None = None,
    *,
    region: str | Iterable[str] | None = None,
    profile: str | Iterable[str] | None = None,
    role: str | Iterable[str] | None = None,
    start: datetime | str | None = None,
    end: datetime | str | None = None,
) -> "Audit":
    """Tell whether traffic was logged: which flow logs apply to what, and what is wrong with them.

    A VPC's flow log applies to its subnets and their interfaces, a subnet's to its interfaces ("Flow log basics",
    Amazon VPC User Guide). For each problem there is the command that would mend it; flowkit runs none.

    Parameters
    ----------
    source
        A folder that `snapshot` or the AWS CLI wrote, a `Snapshot`, or ``"sample"``. By default AWS is asked, live;
        only then is it tried whether you can read where the flow logs are delivered, by one small read of each.
    region, profile, role
        Whom to ask, as in `snapshot`.
    start, end
        The time that is asked about: flow logs made within or after it are told. Times need a zone.

    Returns
    -------
    Audit
        ``summary``, ``problems`` (a DataFrame, the gravest first), ``to_frame()`` (what is logged of each interface;
        ``per="subnet"``, ``"vpc"`` or ``"flow_log"`` of those) and ``snapshot``.

    Raises
    ------
    AwsError
        If AWS cannot be asked.
    InventoryError
        If *source* cannot be read, or both a snapshot and a region, profile or role are given.
    ScopeError
        If a time has no zone, or the window is empty.

    Notes
    -----
    It tells of the time the snapshot was taken. Flow logs that were deleted before leave no trace in it, those of a
    shared subnet are seen in its owner's account only, and a flow log that is active and delivers does not prove that
    no record was skipped: `flowkit.analysis.coverage` of the records tells that.

    Examples
    --------
    >>> print(audit("sample").summary)
    Every interface is covered: all traffic of 13 interfaces is logged. 1 problem: 1 info. \
Whether you can read where the flow logs are delivered was not checked: a snapshot cannot tell.
    """
    from flowkit.aws.auditing import audited, audited_live

    asked = Scope.of(start=start, end=end)
    if source is None:
        return audited_live(region=region, profile=profile, role=role, start=asked.start, end=asked.end)
    if region or profile or role:
        raise InventoryError("a snapshot is audited as it is. Name either it or a region, profile or role to ask.")
    found = _snapshot(source)
    assert found is not None  # noqa: S101 - of None only
    return audited(found, start=asked.start, end=asked.end)
