"""The commands that would mend a problem: lines for a shell, quoted, with checked names; flowkit runs none of them."""

import json
import re
import shlex
from collections.abc import Iterable
from typing import Final

from flowkit.aws.fields_needed import RECOMMENDED
from flowkit.inventory import FlowLog

S3, LOGS, FIREHOSE = "s3", "cloud-watch-logs", "kinesis-data-firehose"
_TYPES: Final = {
    "tgw-attach": "TransitGatewayAttachment",
    "tgw": "TransitGateway",
    "vpc": "VPC",
    "subnet": "Subnet",
    "eni": "NetworkInterface",
    "nat": "RegionalNatGateway",
}
_ID: Final = re.compile(r"(tgw-attach|tgw|vpc|subnet|eni|nat|fl)-[0-9a-zA-Z]{1,40}")
_ARN: Final = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:[\w+=,.@/:*#-]{1,600}")
_GROUP: Final = re.compile(r"[\w./#-]{1,512}")
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION: Final = re.compile(r"[a-z0-9-]+")
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_FORMAT: Final = re.compile(r"(\$\{[a-z0-9-]+\} ?)+")
_DELIVERY: Final = "delivery.logs.amazonaws.com"
_MOST_IDS: Final = 300
"""Resources that one call may name."""


def known_type(resource_id: str) -> str:
    """Return what a flow log's resource is, by its id; "" where it is no such id.

    >>> known_type("tgw-attach-0a1b"), known_type("eni-0a1b"), known_type("x; rm")
    ('TransitGatewayAttachment', 'NetworkInterface', '')
    """
    found = _ID.fullmatch(resource_id)
    return _TYPES.get(found[1], "") if found else ""


def bucket_of(destination: str) -> tuple[str, str]:
    """Return the bucket and the prefix of an S3 destination, the latter with its last slash.

    >>> bucket_of("arn:aws:s3:::b/flows/"), bucket_of("arn:aws:s3:::b")
    (('b', 'flows/'), ('b', ''))
    """
    bucket, _, prefix = destination.rpartition(":")[2].partition("/")
    return bucket, f"{prefix.strip('/')}/" if prefix.strip("/") else ""


def group_of(destination: str) -> str:
    """Return the log group of a CloudWatch Logs destination, a name or an ARN.

    >>> group_of("arn:aws:logs:eu-central-1:111122223333:log-group:/vpc/a:*"), group_of("/vpc/a")
    ('/vpc/a', '/vpc/a')
    """
    _, found, rest = destination.partition(":log-group:")
    return rest.split(":")[0] if found else destination


def create(
    ids: Iterable[str], *, traffic: str = "ALL", like: FlowLog | None = None, log_format: str = "",
    account: str = "", region: str = "",
) -> str:  # fmt: skip
    """Return the command that creates flow logs on resources of one type, to where *like* delivers.

    Without *like* it is a bucket of its own, which the first of two lines makes.
    """
    listed = sorted(set(ids))
    kind = known_type(listed[0]) if listed else ""
    if not kind or any(known_type(one) != kind for one in listed):
        return ""
    before, to = _destination(like, account, region)
    if not to:
        return ""
    wanted = [] if kind.startswith("TransitGateway") else ["--traffic-type", traffic]
    shares_group = like is not None and like.destination_type == LOGS  # whose lines tell no format: let all have one
    recorded = log_format or (like.log_format if like and shares_group else "") or str(RECOMMENDED)
    recorded = recorded if _FORMAT.fullmatch(recorded) else str(RECOMMENDED)
    form = [] if kind.startswith("TransitGateway") else ["--log-format", recorded]
    lines = [
        _line(
            "aws ec2 create-flow-logs", *_in(region), "--resource-type", kind, "--resource-ids",
            *listed[first : first + _MOST_IDS], *wanted, *to, "--max-aggregation-interval", "60", *form,
        )
        for first in range(0, len(listed), _MOST_IDS)
    ]  # fmt: skip
    return "\n".join([*before, *lines])


def can_share(flow_log: FlowLog) -> bool:
    """Tell whether another flow log can be made to deliver where this one does."""
    return bool(_destination(flow_log, "", "")[1])


def delete(flow_log: FlowLog, region: str = "") -> str:
    """Return the command that deletes a flow log; its records stay where they are."""
    if not _ID.fullmatch(flow_log.flow_log_id):
        return ""
    return _line("aws ec2 delete-flow-logs", *_in(region), "--flow-log-ids", flow_log.flow_log_id)


def replaced(flow_log: FlowLog, *, log_format: str = "", region: str = "") -> str:
    """Return the commands that put another flow log in a flow log's place: an existing one cannot be changed."""
    made = create(
        [flow_log.resource_id], traffic=flow_log.traffic_type or "ALL", like=flow_log, log_format=log_format,
        region=region,
    )  # fmt: skip
    return f"{made}\n{later(flow_log, region)}" if made and delete(flow_log) else ""


def later(flow_log: FlowLog, region: str = "") -> str:
    """Return the deletion as a comment: pasted with the line before, it must not run unless that one did."""
    return f"# once the new one delivers: {delete(flow_log, region)}"


def let_deliver_to_bucket(flow_log: FlowLog, account: str, region: str) -> str:
    """Return the commands that let AWS deliver to a bucket; its policy is edited, for putting one replaces it whole."""
    bucket, prefix = bucket_of(flow_log.destination)
    if not (_BUCKET.fullmatch(bucket) and _ACCOUNT.fullmatch(account) and _REGION.fullmatch(region)):
        return ""
    source = {
        "StringEquals": {"aws:SourceAccount": account},
        "ArnLike": {"aws:SourceArn": f"arn:{_partition(region)}:logs:{region}:{account}:*"},
    }
    whole = f"arn:{_partition(region)}:s3:::{bucket}"
    write = {**source, "StringEquals": {**source["StringEquals"], "s3:x-amz-acl": "bucket-owner-full-control"}}
    policy = _policy(
        _statement("AWSLogDeliveryWrite", ["s3:PutObject"], write, f"{whole}/{prefix}AWSLogs/{account}/*"),
        _statement("AWSLogDeliveryCheck", ["s3:GetBucketAcl", "s3:ListBucket"], source, whole),
    )
    now = _line("aws s3api get-bucket-policy", "--bucket", bucket, "--query", "Policy", "--output", "text")
    put = _line("aws s3api put-bucket-policy", "--bucket", bucket, "--policy", "file://bucket-policy.json")
    return f"{now} > bucket-policy.json\n# add to it: {policy}\n{put}"


def let_deliver_to_group(flow_log: FlowLog) -> str:
    """Return the commands that give a flow log's role what it takes to write to CloudWatch Logs."""
    role = flow_log.role.rpartition("/")[2]
    if not _ARN.fullmatch(flow_log.role) or not role:
        return ""
    trust = _policy(
        {"Effect": "Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole"}
    )
    actions = ["CreateLogGroup", "CreateLogStream", "PutLogEvents", "DescribeLogGroups", "DescribeLogStreams"]
    rights = _policy({"Effect": "Allow", "Action": [f"logs:{name}" for name in actions], "Resource": "*"})
    named = ("--role-name", role)
    now = _line("aws iam get-role", *named, "--query", "Role.AssumeRolePolicyDocument")
    return "\n".join(
        [
            _line("aws iam put-role-policy", *named, "--policy-name", "flow-logs", "--policy-document", rights),
            f"{now} > trust-policy.json",
            f"# add to it: {trust}",
            _line("aws iam update-assume-role-policy", *named, "--policy-document", "file://trust-policy.json"),
        ]
    )


def make_bucket(destination: str, region: str) -> str:
    """Return the command that makes a bucket."""
    bucket, _ = bucket_of(destination)
    return _line("aws s3 mb", f"s3://{bucket}", *_in(region)) if _BUCKET.fullmatch(bucket) else ""


def make_group(destination: str, region: str) -> str:
    """Return the command that makes a log group."""
    group = group_of(destination)
    if not _GROUP.fullmatch(group):
        return ""
    return _line("aws logs create-log-group", *_in(region), "--log-group-name", group)


def let_read() -> str:
    """Return the commands that make a policy of the rights flowkit takes."""
    return (
        "flowkit audit --policy > flowkit-policy.json\n"
        "aws iam create-policy --policy-name flowkit --policy-document file://flowkit-policy.json"
    )


def describe(service: str, *, resource_id: str = "", region: str = "") -> str:
    """Return the command that lists what could not be seen: flow logs of a resource, or transit gateways."""
    if service == "flow-logs" and known_type(resource_id):
        chosen = f"Name=resource-id,Values={resource_id}"
        return _line("aws ec2 describe-flow-logs", *_in(region), "--filter", chosen)
    return ""


def _destination(like: FlowLog | None, account: str, region: str) -> tuple[list[str], list[str]]:
    """Return the lines to run before, and the options that say where to deliver; no options where none can be told."""
    if like is None:
        if not _ACCOUNT.fullmatch(account) or not _REGION.fullmatch(region):
            return [], []
        arn = f"arn:{_partition(region)}:s3:::flow-logs-{account}-{region}"
        return [make_bucket(arn, region)], ["--log-destination-type", S3, "--log-destination", arn]
    if like.destination_type == LOGS:
        group = group_of(like.destination)
        if not _GROUP.fullmatch(group) or not _ARN.fullmatch(like.role):
            return [], []
        return [], [
            "--log-destination-type", LOGS, "--log-group-name", group, "--deliver-logs-permission-arn", like.role,
        ]  # fmt: skip
    if not _ARN.fullmatch(like.destination):
        return [], []
    options = ["--log-destination-type", like.destination_type, "--log-destination", like.destination]
    if like.destination_type == S3 and (like.file_format == "parquet" or like.hive or like.hourly):
        options += ["--destination-options", _options(like)]
    return [], options


def _partition(region: str) -> str:
    """Return what ARNs of a region begin with: China and GovCloud are AWS of their own."""
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rsplit("-", 2)[0], "aws")


def _options(like: FlowLog) -> str:
    form = "parquet" if like.file_format == "parquet" else "plain-text"
    flags = {"HiveCompatiblePartitions": like.hive, "PerHourPartition": like.hourly}
    return ",".join([f"FileFormat={form}", *(f"{name}={str(flag).lower()}" for name, flag in flags.items())])


def _statement(name: str, actions: list[str], condition: dict[str, dict[str, str]], resource: str) -> dict[str, object]:
    return {
        "Sid": name,
        "Effect": "Allow",
        "Principal": {"Service": _DELIVERY},
        "Action": actions,
        "Resource": resource,
        "Condition": condition,
    }


def _policy(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _in(region: str) -> tuple[str, ...]:
    return ("--region", region) if _REGION.fullmatch(region) else ()


def _line(command: str, *arguments: str) -> str:
    return f"{command} {shlex.join(arguments)}"
