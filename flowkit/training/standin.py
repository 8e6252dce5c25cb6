"""A stand-in for AWS on this machine, for training and tests: moto's server, on loopback only.

`running` starts it and points boto3 at it; `fill` puts the sample there: its files into S3, the records of its
first hour into CloudWatch Logs, and a VPC with flow logs. Nothing leaves the machine, and the credentials are
made up. It takes the extra ``demo`` (``pip install "vpc-flowkit[demo]"``).
"""

import gzip
import logging
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

REGION: Final = "eu-central-1"
BUCKET: Final = "shop-flow-logs"
LOG_GROUP: Final = "/vpc/shop"
_SETTINGS: Final = {
    "AWS_ACCESS_KEY_ID": "made-up",
    "AWS_SECRET_ACCESS_KEY": "made-up",
    "AWS_SESSION_TOKEN": "made-up",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
_NONE_OF_IT: Final = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy")
_SAMPLE: Final = Path(__file__).parent.parent / "sample" / "flow-logs"
_FIRST_HOUR: Final = "T08"
_ACCOUNT: Final = "123456789012"
_BEFORE: Final = timedelta(days=1)


@contextmanager
def running() -> Iterator[str]:
    """Run the stand-in, point boto3 at it by environment variables, and give its address.

    >>> with running() as address:
    ...     address.startswith("http://127.0.0.1:")
    True
    """
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # else a line for each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        address = "http://{}:{}".format(*server.get_host_and_port())
        with pointed_at(address):
            yield address
    finally:
        server.stop()


@contextmanager
def pointed_at(address: str) -> Iterator[None]:
    """Let boto3 in here ask *address* only, with made-up credentials, whatever the user has set up."""
    before = dict(os.environ)
    for name in _NONE_OF_IT:
        os.environ.pop(name, None)
    os.environ.update(_SETTINGS, AWS_ENDPOINT_URL=address)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def fill() -> None:
    """Put the sample where `flowkit.load` would look for it in AWS.

    Afterwards there are ``s3://shop-flow-logs/AWSLogs/…``, six hours in files of five minutes;
    ``cloudwatch://eu-central-1//vpc/shop``, a stream for each interface with the records of the first hour;
    and a VPC with an instance in each of three subnets: one logs all traffic, one what is rejected, one nothing.
    """
    import boto3

    s3, logs, ec2 = (boto3.client(name, region_name=REGION) for name in ("s3", "logs", "ec2"))
    _fill_bucket(s3)
    header = _fill_log_group(logs)
    _fill_network(ec2, header)


def _fill_bucket(s3: Any) -> None:  # noqa: ANN401 - boto3 makes its clients at run time
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for file in sorted(_SAMPLE.rglob("*.log.gz")):
        s3.put_object(Bucket=BUCKET, Key=file.relative_to(_SAMPLE).as_posix(), Body=file.read_bytes())


def _fill_log_group(logs: Any) -> list[str]:  # noqa: ANN401
    """Put the records of the first hour into a stream for each interface; return the fields of a record."""
    header: list[str] = []
    streams: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for file in sorted(path for path in _SAMPLE.rglob("*.log.gz") if _FIRST_HOUR in path.name):
        first, *lines = gzip.decompress(file.read_bytes()).decode().splitlines()
        header = first.split()
        interface, start = header.index("interface-id"), header.index("start")
        for line in lines:
            values = line.split()
            streams[f"{values[interface]}-all"].append({"timestamp": int(values[start]) * 1000, "message": line})
    logs.create_log_group(logGroupName=LOG_GROUP)
    for name in streams:
        logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName=name)
    _put_events(streams)
    return header


def _put_events(streams: dict[str, list[dict[str, Any]]]) -> None:
    """Put events of long ago into the log group, as they came then: PutLogEvents takes none older than two weeks."""
    from moto.logs.models import logs_backends

    group = logs_backends[_ACCOUNT][REGION].groups[LOG_GROUP]
    for name, events in streams.items():
        group.put_log_events(name, sorted(events, key=lambda event: event["timestamp"]))
    first = min(event["timestamp"] for events in streams.values() for event in events)
    group.creation_time = datetime(1970, 1, 1) + timedelta(milliseconds=first) - _BEFORE  # noqa: DTZ001 - as moto has it


def _fill_network(ec2: Any, header: list[str]) -> None:  # noqa: ANN401
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = []
    for number in range(3):
        subnets.append(ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"])
        ec2.run_instances(ImageId="ami-12c6146b", SubnetId=subnets[-1], MinCount=1, MaxCount=1)
    ec2.create_flow_logs(
        ResourceType="Subnet", ResourceIds=subnets[:1], TrafficType="ALL", LogGroupName=LOG_GROUP,
        LogFormat=" ".join(f"${{{name}}}" for name in header),
        DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/flow-logs",
    )  # fmt: skip
    ec2.create_flow_logs(
        ResourceType="Subnet", ResourceIds=subnets[1:2], TrafficType="REJECT", LogDestinationType="s3",
        LogDestination=f"arn:aws:s3:::{BUCKET}",
    )  # fmt: skip
