"""The calls a snapshot is made of, and the places (account and region) they are asked in."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from botocore import xform_name
from botocore.parsers import ResponseParserError

from flowkit.aws.connect import Access
from flowkit.aws.refusals import answered, unreached
from flowkit.errors import AwsError
from flowkit.inventory.text import shown

_PAGE: Final = 1_000
_REGION: Final = re.compile(r"[a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Call:
    """A describe call; *paged* ones are asked in pages of a thousand, without which AWS times out on large accounts."""

    service: str
    operation: str
    key: str
    paged: bool = False

    @property
    def name(self) -> str:
        """As IAM and CloudTrail write it."""
        return f"{self.service}:{self.operation}"

    @property
    def file(self) -> str:
        """The name of the file its answer is kept in: the AWS CLI's command."""
        command = xform_name(self.operation, "-")
        return f"{command}.json" if self.service == "ec2" else f"{self.service}-{command}.json"

    def ask(self, client: Any, **options: object) -> dict[str, Any]:  # noqa: ANN401 - boto3 makes its clients at run time
        """Return the whole answer, pages put together, as the AWS CLI prints it.

        Raises
        ------
        AwsError
            If AWS refuses, or cannot be reached.
        """
        method = xform_name(self.operation)
        what = f"for {self.key} ({self.name})"
        with answered(what), _parsed(what):
            if client.can_paginate(method):
                config = {"PageSize": _PAGE} if self.paged else {}
                answer = client.get_paginator(method).paginate(**options, PaginationConfig=config).build_full_result()
            else:
                answer = getattr(client, method)(**options)
        return {self.key: [], **{name: value for name, value in answer.items() if name != "ResponseMetadata"}}


NEEDED: Final = (
    Call("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", paged=True),
    Call("ec2", "DescribeInstances", "Reservations", paged=True),
    Call("ec2", "DescribeSubnets", "Subnets", paged=True),
    Call("ec2", "DescribeVpcs", "Vpcs"),
    Call("ec2", "DescribeFlowLogs", "FlowLogs", paged=True),
    Call("ec2", "DescribeNatGateways", "NatGateways"),
    Call("ec2", "DescribeTransitGatewayAttachments", "TransitGatewayAttachments"),
    Call("ec2", "DescribeVpcEndpoints", "VpcEndpoints"),
)
"""What the question "was it logged?" takes."""
PREFIX_LISTS: Final = Call("ec2", "DescribeManagedPrefixLists", "PrefixLists")
ENTRIES: Final = Call("ec2", "GetManagedPrefixListEntries", "Entries")
EVERYTHING: Final = (
    *NEEDED,
    Call("ec2", "DescribeAddresses", "Addresses"),
    Call("ec2", "DescribeAvailabilityZones", "AvailabilityZones"),
    Call("ec2", "DescribeEgressOnlyInternetGateways", "EgressOnlyInternetGateways"),
    Call("ec2", "DescribeInternetGateways", "InternetGateways"),
    Call("ec2", "DescribeNetworkAcls", "NetworkAcls"),
    Call("ec2", "DescribePrefixLists", "PrefixLists"),
    Call("ec2", "DescribeRouteTables", "RouteTables"),
    Call("ec2", "DescribeSecurityGroupRules", "SecurityGroupRules", paged=True),
    Call("ec2", "DescribeSecurityGroups", "SecurityGroups", paged=True),
    Call("ec2", "DescribeTransitGatewayVpcAttachments", "TransitGatewayVpcAttachments"),
    Call("ec2", "DescribeVpcPeeringConnections", "VpcPeeringConnections"),
    Call("elb", "DescribeLoadBalancers", "LoadBalancerDescriptions"),
    Call("elbv2", "DescribeLoadBalancers", "LoadBalancers"),
    Call("rds", "DescribeDBInstances", "DBInstances"),
    Call("logs", "DescribeLogGroups", "logGroups"),
    PREFIX_LISTS,
)
"""Every answer that `flowkit.inventory.read` uses; the entries of each prefix list are asked for after these."""


@dataclass(frozen=True, slots=True)
class Place:
    """An account and a region, and the access to them."""

    account: str
    region: str
    access: Access

    def __str__(self) -> str:
        """Return both, as a sentence has them."""
        return f"{self.account} {self.region}"


@dataclass(frozen=True, slots=True)
class Closed:
    """An access that leads nowhere, and why."""

    access: Access
    error: AwsError


def accesses(
    region: str | Iterable[str] | None, profile: str | Iterable[str] | None, role: str | Iterable[str] | None
) -> list[tuple[Access, tuple[str, ...]]]:
    """Return each access that is meant, with the regions to ask there; none named is boto3's own choice.

    Roles are taken from each profile.
    """
    regions = _listed(region)
    first = next((one for one in regions if one and one != "all"), None)
    return [
        (Access(profile=one, region=first, role=taken), tuple(str(name) for name in regions if name))
        for one in _listed(profile)
        for taken in _listed(role)
    ]


def places(access: Access, regions: Iterable[str]) -> Iterator[Place]:
    """Return the places an access is for; ``"all"`` is each region that is enabled in the account.

    Raises
    ------
    AwsError
        If the credentials are not accepted, or there is no region.
    """
    ec2 = access.client("ec2")
    asked = tuple(regions) or (str(ec2.meta.region_name),)
    account = access.account()
    if "all" in asked:
        with answered("which regions are enabled (ec2:DescribeRegions)"):
            asked = tuple(sorted(one["RegionName"] for one in ec2.describe_regions()["Regions"]))
    for region in dict.fromkeys(asked):
        if not _REGION.fullmatch(region):
            raise AwsError(f"{shown(region)!r} is no region. Name one such as eu-central-1, or all.")
        yield Place(account if account.isdigit() else "unknown", region, access.within(region))


@contextmanager
def _parsed(what: str) -> Iterator[None]:
    """Turn an answer that is no XML, which botocore calls no error of AWS, into one."""
    try:
        yield
    except ResponseParserError as error:
        raise unreached(what, error) from error


def _listed(given: str | Iterable[str] | None) -> list[str | None]:
    if given is None or isinstance(given, str):
        return [given or None]
    return list(dict.fromkeys(given)) or [None]
