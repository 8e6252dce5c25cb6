"""Flows from wherever logs lie: loaded, planned, and with more known of their addresses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, TypeAlias

import ibis.expr.types as ir
import pandas as pd

from flowkit import addresses, origin
from flowkit import inventory as inventories
from flowkit.aws.connect import Access
from flowkit.errors import CaseError, SourceError
from flowkit.flows import HANDED_UP, Flows
from flowkit.formats import LogFormat
from flowkit.identity import Identities
from flowkit.inventory import Snapshot
from flowkit.loading import load as load_objects
from flowkit.scope import Scope
from flowkit.sources import LogObject, sample
from flowkit.sources.places import Found, Wanted, find
from flowkit.store import Store, cache_folder

if TYPE_CHECKING:
    from flowkit.casefile import Case

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
    workgroup: str | None = None,
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
        ``"cloudwatch://region/log-group"``; ``"athena://database/table"``, whose records stay where they are (see
        `connect`): each question is a query there; or ``"sample"``, six hours of a small VPC that ships with flowkit.
    start, end
        Keep records whose ``start`` lies in [start, end); times need a zone. Files in S3 are named for the *end*
        of their records and may come late: those up to an hour after the window are read too, in Athena the folders
        of a day more.
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
        and the inventory copied. See `case`. Of a table in Athena it keeps the answers.
    account, region
        In S3 read only the logs of these accounts and regions, as the path has them; in Athena, the accounts of the
        partitions to read, and the region in which the table lies.
    profile
        A profile of your AWS configuration; by default boto3's own choice (AWS_PROFILE, a role, …).
        AWS is only read.
    workgroup
        Of Athena: where queries are run, which sets their limits and the place for results; by default ``primary``.
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
    asked["workgroup"] = workgroup
    options: dict[str, Any] = {"log_format": log_format, "inventory": inventory, "inside": inside, "case": case}
    return _load(source, options, asked, scope)


def _load(
    source: "Source | LogObject",
    options: dict[str, Any],
    asked: dict[str, Any],
    scope: dict[str, Any],
    *,
    keep_raw: bool = False,
) -> Flows:
    """Load; *asked* and *scope*, of which the window decides what is read remotely, show in the code only then."""
    inside, log_format = options["inside"], options["log_format"]
    within = Scope.of(start=asked["start"], end=asked["end"], **scope)
    snapshot = snapshot_of(options["inventory"])
    kept = None if options["case"] is None else _opened(options["case"])
    if isinstance(source, ir.Table):
        if kept is not None:
            raise CaseError(
                "a table is not kept in a case: its records lie elsewhere. Load it without, and bring what matters: "
                "case.bring(fk.load(table))."
            )
        return of_origin(origin.of_table(source), snapshot, inside=inside).within(within)
    if in_athena(source):
        from flowkit.api.tables import from_athena

        return from_athena(str(source), options | {"inventory": snapshot}, asked, within, kept.store if kept else None)
    if asked["workgroup"]:
        raise SourceError("workgroup= is Athena's, and the logs are not there. Leave it out.")
    given = LogFormat.parse(log_format) if log_format else None
    store = kept.store if kept else Store(cache_folder())
    wanted = wanted_of(within, asked["account"], asked["region"], asked["profile"])
    found = _found(source, replace(wanted, log_format=given))
    remote = any(log.remote for log in found.objects)
    code = _code(source, options | asked | scope if remote else options)

    def read(objects: Sequence[LogObject]) -> Flows:
        loaded = load_objects(objects, store, given)
        return of_origin(origin.of_loaded(loaded, store, given, code, found.notes), snapshot, inside=inside).within(
            within
        )

    if kept is None:
        return read(found.objects)
    return kept.entered(read, found.objects, _told(options | asked | scope), given, keep_raw=keep_raw)


def _found(source: "Source | LogObject", wanted: Wanted) -> Found:
    return Found((source,)) if isinstance(source, LogObject) else find(source, wanted)


def in_athena(source: "Source | LogObject") -> bool:
    """Tell whether a source is a table in Athena."""
    return isinstance(source, str) and source.startswith("athena://")


def _opened(case: "str | PathLike[str] | Case") -> "Case":
    from flowkit.casefile import opened

    return opened(case)


def _told(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was asked, as the journal of a case has it; which case it is, the case knows."""
    said = {name: value for name, value in options.items() if name != "case" and value not in (None, ())}
    return said | ({"inventory": said["inventory"].source} if isinstance(said.get("inventory"), Snapshot) else {})


def _load_into(source: Source, *, case: "Case", keep_raw: bool, **given: Any) -> Flows:  # noqa: ANN401 - as `load` takes
    options = {name: given.pop(name, None) for name in ("log_format", "inventory", "inside")}
    asked = {name: given.pop(name, None) for name in ("start", "end")}
    asked |= {name: given.pop(name, ()) for name in ("account", "region")} | {"profile": given.pop("profile", None)}
    asked["workgroup"] = given.pop("workgroup", None)
    return _load(source, options | {"case": case}, asked, given, keep_raw=keep_raw)


def wanted_of(scope: Scope, account: str | Iterable[str], region: str | Iterable[str], profile: str | None) -> Wanted:
    """Return which objects of a place are wanted."""
    rest = replace(scope, start=None, end=None)
    access = Access(profile=profile)
    return Wanted(scope.start, scope.end, named(account), named(region), scope=rest, access=access)


def named(values: str | Iterable[str]) -> tuple[str, ...]:
    """Return one name or several as a tuple."""
    return (values,) if isinstance(values, str) else tuple(values)


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
    snapshot = snapshot_of(inventory) or before.snapshot
    known = (before.knowledge.inside or None) if inside is None else inside
    files = {"lists": lists or before.knowledge.lists, "databases": databases or before.knowledge.databases}
    found = of_origin(flows.origin, snapshot, inside=known, **files)
    return found.within(flows.scope)


def snapshot_of(given: str | PathLike[str] | Snapshot | None) -> Snapshot | None:
    """Return the snapshot that was given, or read it from the folder that was named."""
    if given is None or isinstance(given, Snapshot):
        return given
    return inventories.read(sample.folder() / "snapshot" if given == "sample" else given)


def of_origin(found: origin.Origin, snapshot: Snapshot | None, **known: Any) -> Flows:  # noqa: ANN401 - as `knowledge` takes
    """Return all flows of an origin, with what is known of their addresses."""
    vpcs, subnets = (snapshot.vpcs, snapshot.subnets) if snapshot else ((), ())
    about = addresses.knowledge(
        vpc_cidrs=[(vpc.vpc_id, cidr) for vpc in vpcs for cidr in vpc.cidrs],
        subnet_cidrs=[(subnet.subnet_id, cidr) for subnet in subnets for cidr in subnet.cidrs],
        **known,
    )
    return Flows(Scope(), found, Identities(found, about, snapshot))


def _code(source: object, options: Mapping[str, object]) -> str:
    return code_of("fk.load(", source, options)


def code_of(begin: str, source: object, options: Mapping[str, object]) -> str:
    """Return the code that asks for a source with what was said."""
    shown = {name: value.source if isinstance(value, Snapshot) else value for name, value in options.items() if value}
    texts = [f", {name}={_argument(value)}" for name, value in shown.items()]
    return f"{begin}{_argument(source)}{''.join(texts)})"


def _argument(value: object) -> str:
    if isinstance(value, datetime):
        return repr(value.isoformat())
    if isinstance(value, LogObject):
        return repr(value.name)
    return repr(fspath(value) if isinstance(value, PathLike) else value)


def _insights(flows: Flows, query: str) -> pd.DataFrame:
    from flowkit.insights.running import warned

    return warned(flows, query)


HANDED_UP["insights"] = _insights
HANDED_UP["known"] = of_origin
HANDED_UP["load"] = _load_into
