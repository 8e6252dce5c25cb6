"""The flow log fields: every one AWS documents, a row each, in AWS's own order.

Parsers, column types, pickers, `flowkit fields` and the documentation are made from this
table; no other module keeps a list of its own.
Source: "Flow log records" in the Amazon VPC User Guide (versions 2 to 11, as of June 2026)
and "Transit Gateway Flow Logs" in the Amazon VPC Transit Gateways guide.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from flowkit.errors import UnknownFieldError

Kind = Literal["text", "tag", "address", "integer", "time"]
Logs = Literal["vpc", "tgw", "both"]

_PORT_MAX, _BYTE_MAX, _INT_MAX, _LONG_MAX = 65_535, 255, 2**31 - 1, 2**50
EPOCH_SECONDS_MAX: Final = 2**31 - 1
"""Larger times are milliseconds: no flow log was written after 2038-01-19."""
INTERVALS: Final = (60, 600)
"""The two maximum aggregation intervals that AWS has, s."""
LONG: Final = 75
"""Seconds above which a record is not of a 60 s interval: that, and the skew of its two times."""
LONG_SHARE: Final = 0.001
"""Share of longer records above which an interval is 600 s: a few odd ones are skew."""


@dataclass(frozen=True, slots=True)
class Field:
    """A flow log field.

    Attributes
    ----------
    name
        AWS's name in text records (``pkt-srcaddr``).
    since
        The record version that introduced it.
    kind
        How its values are read: text, tag (percent-encoded text), address, integer or time.
    meaning
        What it says, in a sentence.
    unit
        Of an integer or a time.
    most
        The largest integer it can hold; 32-bit fields are narrower in the store. For bytes and
        packets 2**50, a thousand times what an interface moves in an interval of ten minutes.
    values
        Allowed values and what they mean, where AWS lists them; more may come.
    answers
        What cannot be answered where the log lacks it.
    logs
        Which kind of flow log has it: VPC, transit gateway or both.
    """

    name: str
    since: int
    kind: Kind
    meaning: str
    unit: str = ""
    most: int = _LONG_MAX
    values: Mapping[str, str] = field(default_factory=dict)
    answers: str = ""
    logs: Logs = "vpc"

    @property
    def column(self) -> str:
        """The name in Parquet deliveries, in Athena and in flowkit's tables (``pkt_srcaddr``)."""
        return column_name(self.name)

    @property
    def insights(self) -> str:
        """The name CloudWatch Logs Insights discovers (``srcAddr``, ``startTime``)."""
        return _INSIGHTS.get(self.name) or re.sub(r"-(\w)", lambda m: m[1].upper(), self.name)


_INSIGHTS: Final = {
    "srcaddr": "srcAddr",
    "dstaddr": "dstAddr",
    "srcport": "srcPort",
    "dstport": "dstPort",
    "start": "startTime",
    "end": "endTime",
    "pkt-srcaddr": "pktSrcAddr",
    "pkt-dstaddr": "pktDstAddr",
}

PROTOCOLS: Final = {
    "icmp": 1, "igmp": 2, "ipip": 4, "tcp": 6, "egp": 8, "udp": 17, "dccp": 33, "ipv6": 41, "rsvp": 46,
    "gre": 47, "esp": 50, "ah": 51, "icmpv6": 58, "eigrp": 88, "ospf": 89, "pim": 103, "vrrp": 112,
    "l2tp": 115, "sctp": 132, "udplite": 136,
}  # fmt: skip
"""IANA protocol numbers by their usual names. Source: IANA, Assigned Internet Protocol Numbers."""

TCP_FLAGS: Final = {
    "1": "FIN", "2": "SYN", "4": "RST", "18": "SYN-ACK",
}  # fmt: skip
_TRAFFIC_PATH: Final = {
    "1": "another resource in the same VPC",
    "2": "internet gateway or gateway VPC endpoint",
    "3": "virtual private gateway",
    "4": "VPC peering in the region",
    "5": "VPC peering to another region",
    "6": "Local Zone or Wavelength Zone",
    "7": "gateway VPC endpoint",
    "8": "internet gateway",
}
_ENCRYPTION: Final = {
    "0": "not encrypted",
    "1": "encrypted by Nitro hardware",
    "2": "encrypted in the application layer",
    "3": "encrypted by both",
}
_INTERFACE_TYPES: Final = {
    "nat_gateway": "NAT gateway",
    "network_load_balancer": "Network Load Balancer",
    "regional_nat_gateway": "regional NAT gateway",
    "transit_gateway": "transit gateway",
    "vpc_endpoint": "VPC endpoint",
}
_DIRECTION: Final = {"ingress": "into the interface", "egress": "out of the interface"}
_TYPE: Final = {"IPv4": "", "IPv6": "", "EFA": "Elastic Fabric Adapter"}
_STATUS: Final = {
    "OK": "logged normally",
    "NODATA": "no traffic in the interval",
    "SKIPDATA": "records were skipped in the interval",
}
_ACTION: Final = {
    "ACCEPT": "admitted by security groups and network ACLs",
    "REJECT": "stopped by a security group or a network ACL, or came after the connection was closed",
}
_REJECT_REASON: Final = {"BPA": "VPC Block Public Access", "EC": "VPC encryption controls"}
_WHO: Final = "which VPC, subnet or instance a record belongs to, without an inventory"
_TRUE_ENDS: Final = "the true ends of traffic that crosses a NAT gateway, load balancer or transit gateway"
_SERVICE: Final = "which AWS service the other end is, without a list of AWS's address ranges"
_TASK: Final = "which container task the traffic belongs to"
_NEXT: Final = "where the traffic went next or came from"
_TAGS: Final = "grouping by tag, without an inventory"

FIELDS: Final[tuple[Field, ...]] = (
    # version 2, the default format
    Field("version", 2, "integer", "highest field version among those the flow log was set to record", most=_INT_MAX, logs="both"),
    Field("account-id", 2, "text", "AWS account that owns the interface; may be the word unknown", logs="both"),
    Field("interface-id", 2, "text", "network interface that saw the traffic", answers="which interface saw the traffic, coverage by interface, counting bytes once"),
    Field("srcaddr", 2, "address", "source; on egress the interface's own private address", answers="who talked", logs="both"),
    Field("dstaddr", 2, "address", "destination; on ingress the interface's own private address", answers="to whom", logs="both"),
    Field("srcport", 2, "integer", "source port; 0 for ICMP", most=_PORT_MAX, answers="which side opened a connection; failures tied to client ports", logs="both"),
    Field("dstport", 2, "integer", "destination port; 0 for ICMP", most=_PORT_MAX, answers="which service was asked for", logs="both"),
    Field("protocol", 2, "integer", "IANA protocol number", most=_BYTE_MAX, answers="TCP, UDP and ICMP told apart", logs="both"),
    Field("packets", 2, "integer", "packets in the interval", unit="packets", answers="packet counts", logs="both"),
    Field("bytes", 2, "integer", "bytes in the interval; absent where Block Public Access rejected", unit="B", answers="volumes: how much moved, what it cost", logs="both"),
    Field("start", 2, "time", "first packet of the flow in the interval", unit="s since 1970-01-01 UTC", answers="when: every timeline and every time window", logs="both"),
    Field("end", 2, "time", "last packet of the flow in the interval", unit="s since 1970-01-01 UTC", answers="how long a flow lasted", logs="both"),
    Field("action", 2, "text", "whether the packets were admitted", values=_ACTION, answers="what was rejected"),
    Field("log-status", 2, "text", "whether logging worked in the interval", values=_STATUS, answers="gaps in the logging (SKIPDATA) told from silence (NODATA)", logs="both"),
    # version 3
    Field("vpc-id", 3, "text", "VPC of the interface", answers=_WHO),
    Field("subnet-id", 3, "text", "subnet of the interface", answers=_WHO),
    Field("instance-id", 3, "text", "instance of the interface, where it is your own", answers=_WHO),
    Field("tcp-flags", 3, "integer", "TCP flags seen in the interval, OR-ed; ACK counts only in SYN-ACK", unit="bit mask", most=_BYTE_MAX, values=TCP_FLAGS, answers="who opened a connection, whether it was established, refused or reset", logs="both"),
    Field("type", 3, "text", "address family of the traffic", values=_TYPE, logs="both"),
    Field("pkt-srcaddr", 3, "address", "source in the packet, before any rewriting on the way", answers=_TRUE_ENDS),
    Field("pkt-dstaddr", 3, "address", "destination in the packet, before any rewriting on the way", answers=_TRUE_ENDS),
    # version 4
    Field("region", 4, "text", "AWS region of the interface", logs="both"),
    Field("az-id", 4, "text", "availability zone id of the interface", answers="traffic between zones, without an inventory"),
    Field("sublocation-type", 4, "text", "wavelength, outpost or localzone", values={"wavelength": "", "outpost": "", "localzone": ""}),
    Field("sublocation-id", 4, "text", "id of the sublocation"),
    # version 5
    Field("pkt-src-aws-service", 5, "text", "AWS service that holds the packet's source address", answers=_SERVICE, logs="both"),
    Field("pkt-dst-aws-service", 5, "text", "AWS service that holds the packet's destination address", answers=_SERVICE, logs="both"),
    Field("flow-direction", 5, "text", "direction as seen from the interface", values=_DIRECTION, answers="direction where it cannot be derived from the interface's own address", logs="both"),
    Field("traffic-path", 5, "integer", "way egress traffic leaves by", most=_INT_MAX, values=_TRAFFIC_PATH, answers="which gateway the traffic left by"),
    # version 7 (version 6 belongs to transit gateways)
    Field("ecs-cluster-arn", 7, "text", "ECS cluster", answers=_TASK),
    Field("ecs-cluster-name", 7, "text", "ECS cluster's name", answers=_TASK),
    Field("ecs-container-instance-arn", 7, "text", "ECS container instance; none on Fargate", answers=_TASK),
    Field("ecs-container-instance-id", 7, "text", "ECS container instance's id; none on Fargate", answers=_TASK),
    Field("ecs-container-id", 7, "text", "runtime id of the task's first container", answers=_TASK),
    Field("ecs-second-container-id", 7, "text", "runtime id of the task's second container", answers=_TASK),
    Field("ecs-service-name", 7, "text", "ECS service that started the task", answers=_TASK),
    Field("ecs-task-definition-arn", 7, "text", "ECS task definition", answers=_TASK),
    Field("ecs-task-arn", 7, "text", "ECS task", answers=_TASK),
    Field("ecs-task-id", 7, "text", "ECS task's id", answers=_TASK),
    # version 8
    Field("reject-reason", 8, "text", "why it was rejected, where neither group nor ACL did", values=_REJECT_REASON, answers="rejects by Block Public Access or encryption controls told apart"),
    # version 9
    Field("resource-id", 9, "text", "regional NAT gateway that saw the traffic"),
    # version 10
    Field("encryption-status", 10, "integer", "whether the traffic was encrypted in transit", most=_INT_MAX, values=_ENCRYPTION, answers="unencrypted traffic"),
    # version 11
    Field("instance-tag", 11, "tag", "value of the first configured instance tag", answers=_TAGS),
    Field("instance-tag-2", 11, "tag", "value of the second configured instance tag", answers=_TAGS),
    Field("interface-tag", 11, "tag", "value of the first configured interface tag", answers=_TAGS),
    Field("interface-tag-2", 11, "tag", "value of the second configured interface tag", answers=_TAGS),
    Field("asg-tag", 11, "tag", "value of the first configured Auto Scaling group tag", answers=_TAGS),
    Field("asg-tag-2", 11, "tag", "value of the second configured Auto Scaling group tag", answers=_TAGS),
    Field("interface-type", 11, "text", "what kind of interface saw the traffic", values=_INTERFACE_TYPES),
    Field("next-hop-interface-id", 11, "text", "interface the traffic went to (egress) or came from (ingress)", answers=_NEXT),
    Field("next-hop-subnet-id", 11, "text", "subnet of the next hop", answers=_NEXT),
    Field("next-hop-az-id", 11, "text", "availability zone id of the next hop", answers=_NEXT),
    Field("next-hop-vpc-id", 11, "text", "VPC of the next hop", answers=_NEXT),
    Field("next-hop-interface-type", 11, "text", "what kind of interface the next hop is", values=_INTERFACE_TYPES, answers=_NEXT),
    # transit gateway fields, version 6
    Field("resource-type", 6, "text", "always TransitGateway", values={"TransitGateway": ""}, logs="tgw"),
    Field("tgw-id", 6, "text", "transit gateway", logs="tgw"),
    Field("tgw-attachment-id", 6, "text", "attachment that saw the traffic", logs="tgw"),
    Field("tgw-src-vpc-account-id", 6, "text", "account of the source VPC", logs="tgw"),
    Field("tgw-dst-vpc-account-id", 6, "text", "account of the destination VPC", logs="tgw"),
    Field("tgw-src-vpc-id", 6, "text", "source VPC", logs="tgw"),
    Field("tgw-dst-vpc-id", 6, "text", "destination VPC", logs="tgw"),
    Field("tgw-src-subnet-id", 6, "text", "subnet of the source attachment interface", logs="tgw"),
    Field("tgw-dst-subnet-id", 6, "text", "subnet of the destination attachment interface", logs="tgw"),
    Field("tgw-src-eni", 6, "text", "attachment interface on the source side", logs="tgw"),
    Field("tgw-dst-eni", 6, "text", "attachment interface on the destination side", logs="tgw"),
    Field("tgw-src-az-id", 6, "text", "availability zone id of the source attachment interface", logs="tgw"),
    Field("tgw-dst-az-id", 6, "text", "availability zone id of the destination attachment interface", logs="tgw"),
    Field("tgw-pair-attachment-id", 6, "text", "the attachment at the other side", logs="tgw"),
    Field("packets-lost-no-route", 6, "integer", "packets lost for want of a route", unit="packets", logs="tgw"),
    Field("packets-lost-blackhole", 6, "integer", "packets lost to a blackhole route", unit="packets", logs="tgw"),
    Field("packets-lost-mtu-exceeded", 6, "integer", "packets lost for being larger than the MTU", unit="packets", logs="tgw"),
    Field("packets-lost-ttl-expired", 6, "integer", "packets lost for their time to live", unit="packets", logs="tgw"),
)  # fmt: skip

DEFAULT_FORMAT: Final = tuple(f.name for f in FIELDS if f.since == 2)  # noqa: PLR2004 - version 2
"""The default VPC flow log format: the 14 fields of version 2, in order."""

TGW_DEFAULT_FORMAT: Final = (
    "version", "resource-type", "account-id", "tgw-id", "tgw-attachment-id", "tgw-src-vpc-account-id",
    "tgw-dst-vpc-account-id", "tgw-src-vpc-id", "tgw-dst-vpc-id", "tgw-src-subnet-id", "tgw-dst-subnet-id",
    "tgw-src-eni", "tgw-dst-eni", "tgw-src-az-id", "tgw-dst-az-id", "tgw-pair-attachment-id", "srcaddr",
    "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end", "log-status", "type",
    "packets-lost-no-route", "packets-lost-blackhole", "packets-lost-mtu-exceeded",
    "packets-lost-ttl-expired", "tcp-flags", "region", "flow-direction", "pkt-src-aws-service",
    "pkt-dst-aws-service",
)  # fmt: skip
"""The default transit gateway flow log format: all fields of versions 2 to 6, in order."""


def column_name(name: str) -> str:
    """Return the column that a text field name has in Parquet deliveries."""
    return name.replace("-", "_")


def _spellings() -> Iterator[tuple[str, Field]]:
    for item in FIELDS:
        for spelling in (item.name, item.column, item.insights):
            yield spelling.lower(), item


_BY_SPELLING: Final = dict(_spellings())


def known(name: str) -> Field | None:
    """Return the field of that name in any of its spellings, or None."""
    return _BY_SPELLING.get(name.lower())


def find(name: str) -> Field:
    """Return the field of that name in any of its spellings.

    >>> find("tcp_flags").since, find("srcAddr").name, find("pkt-dstaddr").column
    (3, 'srcaddr', 'pkt_dstaddr')

    Raises
    ------
    UnknownFieldError
        If no field has that name.
    """
    if item := known(name):
        return item
    raise UnknownFieldError.named(name, [f.name for f in FIELDS])


def of_column(column: str) -> Field:
    """Return the field of a column; one that AWS added since is text that flowkit knows no more of."""
    return known(column) or Field(
        column.replace("_", "-"), 0, "text", "unknown to this version of flowkit", logs="both"
    )


def absent(present: Iterable[str]) -> list[Field]:
    """Return the VPC fields that matter to an answer and are not among the *present* columns."""
    has = set(present)
    return [f for f in FIELDS if f.logs != "tgw" and f.answers and f.column not in has]
