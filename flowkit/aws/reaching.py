"""Whether this caller can read where flow logs are delivered: one cheap read of each destination."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flowkit import progress
from flowkit.aws.applying import Network
from flowkit.aws.asking import Place
from flowkit.aws.mending import FIREHOSE, S3, bucket_of, group_of
from flowkit.aws.refusals import answered
from flowkit.errors import AwsError
from flowkit.inventory import FlowLog

NOT_CHECKED: Final = "not checked"
_MISSING: Final = {"NoSuchBucket", "LogGroup"}


@dataclass(frozen=True, slots=True)
class Reached:
    """What came of reading a flow log's destination.

    Attributes
    ----------
    state
        ``yes``, ``empty`` (readable, and nothing is there), ``missing`` (no such bucket or group), ``no``, or
        ``not checked``.
    why
        AWS's error code, or why it was not checked.
    elsewhere
        Whether the bucket belongs to another account.
    """

    state: str
    why: str = ""
    elsewhere: bool = False


def reached(network: Network, places: Sequence[Place]) -> Mapping[str, Reached]:
    """Return by flow log id whether its destination can be read; a destination is asked once for each account."""
    found: dict[str, Reached] = {}
    known: dict[tuple[str, str], Reached] = {}
    flow_logs = network.snapshot.flow_logs
    with progress.shown(len(flow_logs), what="Reading where flow logs are delivered", unit="flow log") as bar:
        for flow_log in flow_logs:
            place = _place(flow_log, network, places)
            if flow_log.destination_type == FIREHOSE:
                found[flow_log.flow_log_id] = Reached(NOT_CHECKED, "a Firehose stream cannot be read")
            elif place is None:
                found[flow_log.flow_log_id] = Reached(NOT_CHECKED, "its region and account were not asked")
            else:
                key = (flow_log.destination, str(place))
                if key not in known:
                    known[key] = (
                        _bucket(flow_log, place) if flow_log.destination_type == S3 else _group(flow_log, place)
                    )
                found[flow_log.flow_log_id] = known[key]
            bar.step()
    return found


def _place(flow_log: FlowLog, network: Network, places: Sequence[Place]) -> Place | None:
    """Return the place that a flow log is of: that of its resource, or the only one."""
    account, region = network.home(flow_log)
    fitting = [
        one for one in places if one.account in (account or one.account) and one.region == (region or one.region)
    ]
    return fitting[0] if fitting else None


def _bucket(flow_log: FlowLog, place: Place) -> Reached:
    bucket, prefix = bucket_of(flow_log.destination)
    below = f"{prefix}AWSLogs/{_folder(flow_log, place)}"
    client = place.access.client("s3", connections=1)
    try:
        with answered(f"for the objects of s3://{bucket}/{below}"):
            page = client.list_objects_v2(Bucket=bucket, Prefix=below, MaxKeys=1)
    except AwsError as error:
        return Reached("missing" if error.kind in _MISSING else "no", error.code)
    try:
        with answered(f"who owns s3://{bucket}"):
            client.list_objects_v2(Bucket=bucket, Prefix=below, MaxKeys=1, ExpectedBucketOwner=place.account)
        elsewhere = False
    except AwsError as error:
        elsewhere = error.kind == "AccessDenied"
    return Reached("yes" if page.get("KeyCount") else "empty", elsewhere=elsewhere)


def _folder(flow_log: FlowLog, place: Place) -> str:
    """Return the folder of an account's flow logs in a region, as AWS documents it."""
    if flow_log.hive:
        return f"aws-account-id={place.account}/aws-service=vpcflowlogs/aws-region={place.region}/"
    return f"{place.account}/vpcflowlogs/{place.region}/"


def _group(flow_log: FlowLog, place: Place) -> Reached:
    group = group_of(flow_log.destination)
    client = place.access.client("logs", connections=1)
    try:
        with answered(f"for a record of the log group {group}"):
            page = client.filter_log_events(logGroupName=group, limit=1)
    except AwsError as error:
        return Reached("missing" if error.kind in _MISSING else "no", error.code)
    return Reached("yes" if page.get("events") or page.get("nextToken") else "empty")
