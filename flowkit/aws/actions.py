"""The calls flowkit may make, and the IAM action each of them needs; `connect` lets no other through.

The policy that ships beside this module grants exactly these (``flowkit audit --policy`` prints it).
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

_EC2: Final = (
    "DescribeAddresses",
    "DescribeAvailabilityZones",
    "DescribeEgressOnlyInternetGateways",
    "DescribeFlowLogs",
    "DescribeInstances",
    "DescribeInternetGateways",
    "DescribeManagedPrefixLists",
    "DescribeNatGateways",
    "DescribeNetworkAcls",
    "DescribeNetworkInterfaces",
    "DescribePrefixLists",
    "DescribeRegions",
    "DescribeRouteTables",
    "DescribeSecurityGroupRules",
    "DescribeSecurityGroups",
    "DescribeSubnets",
    "DescribeTransitGatewayAttachments",
    "DescribeTransitGatewayVpcAttachments",
    "DescribeVpcEndpoints",
    "DescribeVpcPeeringConnections",
    "DescribeVpcs",
    "GetManagedPrefixListEntries",
)
ACTIONS: Final[Mapping[tuple[str, str], str]] = {
    **{("ec2", name): f"ec2:{name}" for name in _EC2},
    ("elb", "DescribeLoadBalancers"): "elasticloadbalancing:DescribeLoadBalancers",
    ("elbv2", "DescribeLoadBalancers"): "elasticloadbalancing:DescribeLoadBalancers",
    ("rds", "DescribeDBInstances"): "rds:DescribeDBInstances",
    ("logs", "DescribeLogGroups"): "logs:DescribeLogGroups",
    ("logs", "DescribeLogStreams"): "logs:DescribeLogStreams",
    ("logs", "FilterLogEvents"): "logs:FilterLogEvents",
    ("logs", "StartQuery"): "logs:StartQuery",
    ("logs", "StopQuery"): "logs:StopQuery",
    ("logs", "GetQueryResults"): "logs:GetQueryResults",
    ("athena", "GetQueryExecution"): "athena:GetQueryExecution",
    ("athena", "GetQueryResults"): "athena:GetQueryResults",
    ("athena", "GetWorkGroup"): "athena:GetWorkGroup",
    ("athena", "StartQueryExecution"): "athena:StartQueryExecution",
    ("athena", "StopQueryExecution"): "athena:StopQueryExecution",
    ("glue", "GetDatabase"): "glue:GetDatabase",
    ("glue", "GetPartitions"): "glue:GetPartitions",
    ("glue", "GetTable"): "glue:GetTable",
    ("glue", "GetTables"): "glue:GetTables",
    ("s3", "GetObject"): "s3:GetObject",
    ("s3", "ListObjectsV2"): "s3:ListBucket",
    ("sts", "AssumeRole"): "sts:AssumeRole",
    ("sts", "GetCallerIdentity"): "sts:GetCallerIdentity",
}
"""IAM actions by service and operation. ``kms:Decrypt`` comes beside them where objects are encrypted. Athena asks the
catalog and the bucket in the user's name, and writes each answer to the workgroup's place for results: that takes
s3:PutObject and s3:GetBucketLocation there, which are not among these."""

_SCOPES: Final = (
    ("ReadObjects", ("s3:",), "arn:aws:s3:::*"),
    ("DecryptObjects", ("kms:",), "arn:aws:kms:*:*:key/*"),
    ("ReadLogGroups", ("logs:",), "*"),
    ("QueryTables", ("athena:", "glue:"), "*"),
    ("TakeRoles", ("sts:AssumeRole",), "arn:aws:iam::*:role/*"),
    ("Describe", ("ec2:", "elasticloadbalancing:", "rds:", "sts:Get"), "*"),
)


def policy() -> dict[str, Any]:
    """Return the IAM policy that grants what flowkit may call, and nothing else.

    Narrow the resources to your own buckets, keys, log groups and roles before it is attached.
    """
    granted = {*ACTIONS.values(), "kms:Decrypt"}
    return {"Version": "2012-10-17", "Statement": [_statement(name, of, on, granted) for name, of, on in _SCOPES]}


def _statement(name: str, prefixes: tuple[str, ...], resource: str, granted: Iterable[str]) -> dict[str, Any]:
    actions = sorted(action for action in granted if action.startswith(prefixes))
    return {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": resource}


def policy_text() -> str:
    """Return the policy as JSON text, as ``policy.json`` beside this module has it."""
    return json.dumps(policy(), indent=2) + "\n"
