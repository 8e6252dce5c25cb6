"""A log group of flow logs, in the stand-in for AWS and out of one's hand."""

import boto3
import pytest

from flowkit.sources import log_groups
from tests.sources.log_events import LogEvents

REGION, GROUP = "us-east-1", "/vpc/shop"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    """Ask as often as one likes; test_pace.py shows that the pace is kept."""
    monkeypatch.setattr(log_groups, "filter_log_events", lambda _: 1e6)
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.001)


@pytest.fixture
def log_group(aws):
    """Return a function that makes a log group of events, whose FilterLogEvents pages as told."""

    def make(events=(), *, group=GROUP, log_format=None, **paging):
        logs = boto3.client("logs", region_name=REGION)
        logs.create_log_group(logGroupName=group)
        for stream in sorted({event["logStreamName"] for event in events}):
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
        for text in [log_format] if isinstance(log_format, str) else log_format or ():
            flow_log(group, text)
        served = LogEvents(list(events), **paging)
        aws.on("FilterLogEvents", served)
        return served

    return make


def flow_log(group, log_format):
    """Let a flow log of a VPC deliver to a log group."""
    ec2 = boto3.client("ec2", region_name=REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.create_flow_logs(
        ResourceType="VPC", ResourceIds=[vpc], TrafficType="ALL", LogGroupName=group, LogFormat=log_format,
        DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/flow-logs",
    )  # fmt: skip
