"""The network as AWS tells of it: a snapshot, and whether traffic was logged."""

from collections.abc import Iterable
from datetime import datetime
from os import PathLike
from typing import TYPE_CHECKING

from flowkit.api.flows import snapshot_of
from flowkit.errors import InventoryError
from flowkit.inventory import Snapshot
from flowkit.scope import Scope

if TYPE_CHECKING:
    from flowkit.aws.audited import Audit


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
    found = snapshot_of(source)
    assert found is not None  # noqa: S101 - of None only
    return audited(found, start=asked.start, end=asked.end)
