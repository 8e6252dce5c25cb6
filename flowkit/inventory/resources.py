"""Instances, subnets, VPCs, security groups and flow logs, with the attributes an investigation asks for."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from flowkit.inventory.item import Item, Tags, distinct, name_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Instance:
    """An EC2 instance; `launched` is its latest start, in UTC."""

    instance_id: str
    name: str = ""
    vpc_id: str = ""
    subnet_id: str = ""
    state: str = ""
    launched: datetime | None = None
    group_ids: tuple[str, ...] = ()
    tags: Tags = ()

    @classmethod
    def of(cls, item: Item) -> Self:
        """Read one of `describe-instances`."""
        tags = item.tags()
        return cls(
            instance_id=item.text("InstanceId"),
            name=name_of(tags),
            vpc_id=item.text("VpcId"),
            subnet_id=item.text("SubnetId"),
            state=item.part("State").text("Name"),
            launched=item.time("LaunchTime"),
            group_ids=distinct([group.text("GroupId") for group in item.parts("SecurityGroups")]),
            tags=tags,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Subnet:
    """A subnet; `cidrs` are its IPv4 and IPv6 blocks."""

    subnet_id: str
    name: str = ""
    vpc_id: str = ""
    cidrs: tuple[str, ...] = ()
    az: str = ""
    az_id: str = ""
    account_id: str = ""
    tags: Tags = ()

    @classmethod
    def of(cls, item: Item) -> Self:
        """Read one of `describe-subnets`."""
        tags = item.tags()
        return cls(
            subnet_id=item.text("SubnetId"),
            name=name_of(tags),
            vpc_id=item.text("VpcId"),
            cidrs=item.blocks("CidrBlockAssociationSet"),
            az=item.text("AvailabilityZone"),
            az_id=item.text("AvailabilityZoneId"),
            account_id=item.text("OwnerId"),
            tags=tags,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Vpc:
    """A VPC; `cidrs` are all its IPv4 and IPv6 blocks."""

    vpc_id: str
    name: str = ""
    cidrs: tuple[str, ...] = ()
    account_id: str = ""
    tags: Tags = ()

    @classmethod
    def of(cls, item: Item) -> Self:
        """Read one of `describe-vpcs`."""
        tags = item.tags()
        return cls(
            vpc_id=item.text("VpcId"),
            name=name_of(tags),
            cidrs=item.blocks("CidrBlockAssociationSet"),
            account_id=item.text("OwnerId"),
            tags=tags,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class SecurityGroup:
    """A security group with its rules as AWS describes them (``IpPermissions``, ``IpPermissionsEgress``)."""

    group_id: str
    name: str = ""
    vpc_id: str = ""
    permissions: tuple[dict[str, Any], ...] = field(default=(), hash=False)
    permissions_egress: tuple[dict[str, Any], ...] = field(default=(), hash=False)

    @classmethod
    def of(cls, item: Item) -> Self:
        """Read one of `describe-security-groups`."""
        return cls(
            group_id=item.text("GroupId"),
            name=item.text("GroupName"),
            vpc_id=item.text("VpcId"),
            permissions=tuple(dict(rule.raw) for rule in item.parts("IpPermissions")),
            permissions_egress=tuple(dict(rule.raw) for rule in item.parts("IpPermissionsEgress")),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class FlowLog:
    """A flow log: which resource it watches, and whether its records are delivered.

    Attributes
    ----------
    resource_id
        The interface, subnet, VPC or transit gateway it watches.
    traffic_type
        ``ALL``, ``ACCEPT`` or ``REJECT``.
    status
        ``ACTIVE``, else it records nothing.
    deliver_status, deliver_error
        ``SUCCESS`` or ``FAILED``, and why.
    destination
        The ARN of the bucket or stream, or the name of the log group.
    interval
        The longest aggregation interval [s].
    created
        When it was made, in UTC: there are no records from before.
    destination_type
        ``s3``, ``cloud-watch-logs`` or ``kinesis-data-firehose``.
    file_format, hive, hourly
        In S3: ``plain-text`` or ``parquet``; Hive-compatible folders; a folder for each hour.
    role
        The ARN of the role that delivers to CloudWatch Logs.
    """

    flow_log_id: str
    resource_id: str = ""
    traffic_type: str = ""
    status: str = ""
    deliver_status: str = ""
    deliver_error: str = ""
    destination: str = ""
    log_format: str = ""
    interval: int | None = None
    created: datetime | None = None
    destination_type: str = ""
    file_format: str = ""
    hive: bool = False
    hourly: bool = False
    role: str = ""
    tags: Tags = ()

    @classmethod
    def of(cls, item: Item) -> Self:
        """Read one of `describe-flow-logs`."""
        options = item.part("DestinationOptions")
        return cls(
            flow_log_id=item.text("FlowLogId"),
            resource_id=item.text("ResourceId"),
            traffic_type=item.text("TrafficType"),
            status=item.text("FlowLogStatus"),
            deliver_status=item.text("DeliverLogsStatus"),
            deliver_error=item.text("DeliverLogsErrorMessage"),
            destination=item.text("LogDestination") or item.text("LogGroupName"),
            log_format=item.text("LogFormat"),
            interval=item.number("MaxAggregationInterval"),
            created=item.time("CreationTime"),
            destination_type=item.text("LogDestinationType") or _destination_type(item.text("LogDestination")),
            file_format=options.text("FileFormat"),
            hive=options.flag("HiveCompatiblePartitions"),
            hourly=options.flag("PerHourPartition"),
            role=item.text("DeliverLogsPermissionArn"),
            tags=item.tags(),
        )

    def __str__(self) -> str:
        """Return what it records, its id and its interval, and what keeps it from recording."""
        interval = f"{self.interval} s" if self.interval else ""
        trouble = [self.status] if self.status not in ("", "ACTIVE") else []
        trouble += [f"delivery {self.deliver_status}"] if self.deliver_status not in ("", "SUCCESS") else []
        words = (self.traffic_type, self.flow_log_id, interval, f"({', '.join(trouble)})" if trouble else "")
        return " ".join(filter(None, words))


def _destination_type(arn: str) -> str:
    """Return what an answer leaves out: CloudWatch Logs, which is AWS's default, is told by a name only."""
    service = arn.split(":")[2] if arn.count(":") > 1 else ""
    return {"s3": "s3", "firehose": "kinesis-data-firehose"}.get(service, "cloud-watch-logs")
